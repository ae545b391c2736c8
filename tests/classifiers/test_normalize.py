"""The normaliser: what becomes what, where it came from, and that no text breaks it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.normalize import (
    NORMALIZER,
    fold_table,
    normal_text,
    normalize,
    private,
    spelled,
    syllables,
    undisguised,
)

ANY = st.text(
    st.one_of(st.characters(), st.sampled_from("加薇❤ＶＸ①②！？哈\ud800\udfff\u200b弓虽貝戈🇻力口丨莪🛰氵")),
    max_size=60,
)


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("加 薇 信", "加薇信"),
        ("ＶＸ１２３", "vx123"),
        ("這個多少錢", "这个多少钱"),
        ("哈哈哈哈哈", "哈哈"),
        ("138000000", "138000000"),
        ("①②❸", "123"),
        ("ⅴⅹ", "vx"),
        ("vх", "vx"),
        ("🇻🇽", "vx"),
        ("+1", "加1"),
        ("a\u200bb\u0301c", "abc"),
        ("？？？", ""),
        ("", ""),
        ("\ud800加\udfff", "加"),
        ("莪们 伱 泍 罘", "我们你本不"),
        ("加丨微", "加微"),
        ("苐弌", "第一"),
    ],
)
def test_becomes(typed: str, plain: str) -> None:
    assert normalize(typed).text == plain


@settings(max_examples=200, deadline=None)
@given(ANY)
def test_the_text_alone_is_that_of_the_view_with_its_map(text: str) -> None:
    assert normal_text(text) == normalize(text).text
    assert normal_text(text * 3) == normalize(text * 3).text


def test_every_folded_character_without_its_map() -> None:
    texts = [f"甲{chr(number) * count}乙" for number in fold_table() for count in (1, 3)]
    assert [normal_text(text) for text in texts] == [normalize(text).text for text in texts]


def test_span_leads_back_to_what_was_typed() -> None:
    typed = "想要的 加 薇~信 领"
    normal = normalize(typed)
    at = normal.text.index("加薇信")
    start, end = normal.span(at, at + 3)
    assert typed[start:end] == "加 薇~信"


def test_span_of_a_shortened_run_covers_the_run() -> None:
    normal = normalize("哈哈哈哈!")
    assert normal.span(0, 2) == (0, 4)
    assert normal.span(2, 2) == (5, 5)
    with pytest.raises(IndexError):
        normal.span(0, 3)


def test_undisguised_speaks_pictures_and_joins_parts() -> None:
    view = undisguised("加薇❤ 贝戋人")
    assert view is not None
    assert view.text == "加薇心贱人"
    assert view.span(3, 4) == (4, 6)
    assert undisguised("多少钱") is None


def test_parts_of_a_character_may_stand_one_space_apart() -> None:
    view = undisguised("弓 虽和扌口")
    assert view is not None
    assert view.text == "强和扣"
    assert [view.span(at, at + 1) for at in range(3)] == [(0, 3), (3, 4), (4, 6)]
    assert undisguised("弓  虽") is None
    for typed in ("弓/虽", "力·口", "氵 去", "贝-戋"):
        view = undisguised(typed)
        assert view is not None, typed
        assert view.span(0, 1) == (0, 3)
    view = undisguised("马叉 虫")
    assert view is not None
    assert view.text == "骚"


def test_tables_hold_no_ordinary_words() -> None:
    """Parts side by side that are a word of the dictionary would join in harmless talk."""
    from classifiers.normalize import splits
    from classifiers.segment import is_word

    made = splits()
    assert len(made) > 4000
    assert [parts for parts in made if is_word(parts) and parts not in KNOWN] == []
    assert all(normalize(parts).text == parts for parts in made)
    assert all(len(normalize(whole).text) == 1 for whole in made.values())


KNOWN = {"女马", "人言", "氵去", "亻尔", "彳亍", "火暴", "走召", "工力", "矢口", "门人"}
"""Listed by the dictionary, but nobody's words in a shop."""


def test_pictures_are_single_characters() -> None:
    from classifiers.normalize import pictures

    assert len(pictures()) > 200
    assert all(len(picture) == 1 for picture in pictures())


def test_syllables_keep_the_length() -> None:
    assert syllables("威信a") == private("wei") + private("xin") + "a"
    assert syllables("4") == private("si")
    assert spelled("薇") == "wei"
    assert spelled("a") is None


def test_version_is_a_hash() -> None:
    assert len(NORMALIZER) == 12
    int(NORMALIZER, 16)


@settings(max_examples=200, deadline=None)
@given(ANY)
def test_total_idempotent_and_spans_inside(text: str) -> None:
    for view in (normalize(text), undisguised(text)):
        if view is None:
            continue
        assert normalize(view.text).text == view.text
        for start in range(len(view.text)):
            first, last = view.span(start, start + 1)
            assert 0 <= first < last <= len(text)
        view.text.encode("utf-8")
        assert len(syllables(view.text)) == len(view.text)
