"""Many comments at once: the same normal view as one by one, and grams that do not depend on their neighbours."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.normalize import fold_table, normalize, private, syllable_table
from classifiers.plain import BORDER, codes_of, gram, grams, hashes, plain, text_of

TEXT = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "加薇信多少钱哈哈0123456789１②⑩❤？?！ＶＸ\ud800\udfff\0\uffff\ufffe\ufeff\u200b㎏½ﬁ№🇻乐一〇"
        ),
    ),
    max_size=30,
)
TEXTS = st.lists(TEXT, max_size=8)
EDGE = chr(BORDER)


def of(text: str) -> Counter[int]:
    return Counter(grams(plain([text]).codes)[0].tolist())


def of_each(texts: list[str]) -> list[Counter[int]]:
    each: dict[int, Counter[int]] = defaultdict(Counter)
    found, owners = grams(plain(texts).codes)
    for hashed, owner in zip(found.tolist(), owners.tolist(), strict=True):
        each[owner][hashed] += 1
    assert set(each) <= set(range(len(texts)))
    return [each[number] for number in range(len(texts))]


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_the_normal_view_is_that_of_normalize(texts: list[str]) -> None:
    assert plain(texts).normals == [normalize(text).text for text in texts]


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_a_comment_is_the_same_alone_and_in_company(texts: list[str]) -> None:
    together = plain(texts)
    alone = [plain([text]) for text in texts]
    assert together.normals == [normal for one in alone for normal in one.normals]
    assert together.asking.tolist() == [asking for one in alone for asking in one.asking.tolist()]
    assert text_of(together.codes) == EDGE + "".join(normal + EDGE for normal in together.normals)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_grams_of_a_batch_are_those_of_its_comments(texts: list[str]) -> None:
    assert of_each(texts) == [of(text) for text in texts]


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_hashes_comment_by_comment(texts: list[str]) -> None:
    """Those of one comment stand together in the order they have when it is alone, known to be alone or not."""
    found, begins = hashes(plain(texts).codes)
    assert len(begins) == len(texts)
    parts = [part.tolist() for part in np.split(found, begins)[1:]]
    for text, part in zip(texts, parts, strict=True):
        codes = plain([text]).codes
        (alone, first), (known, known_first) = hashes(codes), hashes(codes, alone=True)
        assert alone.tolist() == known.tolist() == part
        assert first.tolist() == known_first.tolist() == [0]


def test_every_folded_character_alone_and_in_one_batch() -> None:
    """The whole fold table, characters that become several included, and what stands beside each range of it."""
    numbers = {n for number in fold_table() for n in (number - 1, number, number + 1) if 0 <= n < 0x110000}
    texts = [f"甲{chr(number)}乙" for number in sorted(numbers)]
    expected = [normalize(text).text for text in texts]
    assert plain(texts).normals == expected
    simple = [n for n, text in enumerate(texts) if len(fold_table().get(ord(text[1])) or "") < 2]
    assert plain([texts[n] for n in simple]).normals == [expected[n] for n in simple]


@pytest.mark.parametrize(
    "texts",
    [[], [""], ["", ""], ["\0", "\0\0"], ["\uffff"], ["\uffff\uffff", "多少钱"], ["\ud800", "\udfff加"], ["？？？", ""],
     ["哈" * 5000, "哈哈", "1" * 100]],
    ids=["none", "empty", "two empty", "NUL", "border", "borders and words", "surrogates", "signs", "long"],
)  # fmt: skip
def test_hostile_batches(texts: list[str]) -> None:
    seen = plain(texts)
    assert seen.normals == [normalize(text).text for text in texts]
    assert len(seen.asking) == len(texts)
    assert np.count_nonzero(seen.codes == BORDER) == len(texts) + 1
    assert of_each(texts) == [of(text) for text in texts]


def test_texts_without_words_have_no_grams() -> None:
    assert [len(found) for found in of_each(["", "？？", "\uffff", "\ud800"])] == [0, 0, 0, 0]


def test_which_grams_there_are() -> None:
    sounds = "".join(map(private, ("jia", "wei", "xin")))
    expected = ["加", "微", "信", f"{EDGE}加", "加微", "微信", f"信{EDGE}", f"{EDGE}加微", "加微信", f"微信{EDGE}",
                f"{EDGE}加微信", f"加微信{EDGE}", sounds[:2], sounds[1:], sounds]  # fmt: skip
    assert of("加微信") == Counter(map(gram, expected))


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("加微信多少钱吗不好abc"), min_size=1, max_size=12))
def test_gram_agrees_with_grams(text: str) -> None:
    normal = normalize(text).text
    bordered = EDGE + normal + EDGE
    expected: Counter[int] = Counter()
    for row, sizes in ((bordered, (1, 2, 3, 4)), (normal.translate(syllable_table()), (2, 3))):
        for size in sizes:
            windows = (row[at : at + size] for at in range(len(row) - size + 1))
            expected.update(gram(window) for window in windows if window != EDGE)
    assert of(text) == expected


def test_homophones_share_their_sounds() -> None:
    assert gram(private("jia") + private("wei") + private("xin")) in of("加微信") & of("嘉威芯")


def test_digits_count_as_one_digit_in_runs_of_five_at_most() -> None:
    assert of("3号") == of("8号")
    assert gram("0号") in of("3号")
    assert gram("3号") not in of("3号")
    assert of("12345号") == of("1234567890123号")
    assert of("1234号") != of("12345号")
    assert of_each(["123456", "1", "98765"]) == [of("11111"), of("2"), of("33333")]


def test_a_long_run_of_digits_moves_no_gram_to_another_comment() -> None:
    texts = ["138001380001", "多少钱", "订单99999999没发", "好"]
    assert of_each(texts) == [of(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "asks"),
    [("多少钱?", True), ("多少钱？", True), ("？", True), ("多少钱", False), ("", False), ("!", False)],
)
def test_a_question_mark_is_noticed(text: str, asks: bool) -> None:
    assert plain([text]).asking.tolist() == [asks]
    assert plain(["？", text, "666", "½？"]).asking.tolist() == [True, asks, False, True]


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.data())
def test_some_comments_of_a_batch(texts: list[str], data: st.DataObject) -> None:
    which = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=6)) if texts else []
    seen, again = plain(texts).some(which), plain([texts[number] for number in which])
    assert seen.normals == again.normals
    assert seen.codes.tolist() == again.codes.tolist()
    assert seen.asking.tolist() == again.asking.tolist()


@settings(max_examples=100, deadline=None)
@given(TEXT)
def test_code_points_there_and_back(text: str) -> None:
    assert text_of(codes_of(text)) == text
