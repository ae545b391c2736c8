"""A shop's own questions: silent rather than wrong, conditions first, the surer question in front."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import labelled, model
from classifiers.cascade import Cascade
from classifiers.faq import FaqHead
from classifiers.own import FEWEST, OwnQuestion, OwnQuestions
from classifiers.plain import plain
from classifiers.verdict import Asked, Faq

MODEL = model.load()
THRESHOLD = FaqHead(MODEL.card).threshold
ENGRAVE = OwnQuestion("engraving", ("手镯可以刻字吗", "能不能刻名字", "刻字要加钱吗", "可以刻字不"))
PARROT = OwnQuestion("parrot", ("鹦鹉今天来吗", "你家鹦鹉呢", "鹦鹉去哪了"))
BOTH = OwnQuestions([ENGRAVE, PARROT], MODEL)


def asked(
    text: str, questions: OwnQuestions = BOTH, found: Faq | None = None, threshold: float = THRESHOLD
) -> Faq | None:
    (faq,) = questions.read(plain([text]), [found], threshold)
    return faq


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("手镯可以刻字吗", "own:engraving"), ("可以刻字吗", "own:engraving"), ("刻字要加钱吗？", "own:engraving"),
        ("能 不 能 刻名字", "own:engraving"), ("鹦鹉去哪了", "own:parrot"), ("你家鹦鹉呢", "own:parrot"),
        ("今天鹦鹉来吗", "own:parrot"),
    ],
)  # fmt: skip
def test_what_resembles_a_sample_is_answered(text: str, slug: str) -> None:
    faq = asked(text)
    assert faq is not None
    assert (faq.intent, faq.also) == (slug, ())
    assert THRESHOLD <= faq.score <= 1


@pytest.mark.parametrize(
    "text",
    ["", "？？？", "666", "多少钱", "可以吗", "要钱吗", "今天下雨吗", "哪里去了", "能不能便宜点", "你家呢", "晚上好",
     "主播今天好美", "什么时候发货", "\ud800", "今天", "加", "名字好听", "字太小了看不清"],
)  # fmt: skip
def test_silent_rather_than_wrong(text: str) -> None:
    assert asked(text) is None


def test_hardly_a_comment_of_a_real_show_is_mistaken() -> None:
    """Comments of the development batches ask neither question; they share common words with the samples."""
    rows = [
        row
        for name in sorted(labelled.DEVELOPMENT)
        for row in labelled.read(labelled.SHIPPED / f"{name}.csv")
    ]
    texts = [row.text for row in rows if "刻" not in row.text and "鹦鹉" not in row.text]
    found = BOTH.read(plain(texts), [None] * len(texts), THRESHOLD)
    wrong = [text for text, faq in zip(texts, found, strict=True) if faq]
    assert len(texts) > 2000
    assert wrong == []


SAID = "".join((*ENGRAVE.asks, *PARROT.asks))
UNRELATED = st.text(
    st.characters(exclude_characters=SAID, min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=20
)


@settings(max_examples=150, deadline=None)
@given(UNRELATED)
def test_a_comment_that_shares_no_gram_is_never_answered(text: str) -> None:
    if not set(plain([text]).normals[0]) & set(SAID):
        assert asked(text, threshold=0.05) is None


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.text(st.one_of(st.characters(), st.sampled_from("刻字鹦鹉吗可以今天")), max_size=12), max_size=5
    )
)
def test_any_text_alone_and_in_company(texts: list[str]) -> None:
    together = BOTH.read(plain(texts), [None] * len(texts), THRESHOLD)
    assert together == [asked(text) for text in texts]
    assert all(faq is None or faq.intent in ("own:engraving", "own:parrot") for faq in together)


@pytest.mark.parametrize("text", ["要加钱吗", "今天来吗", "去哪了"])
def test_the_rest_of_a_sample_is_not_enough_where_a_word_must_be_there(text: str) -> None:
    engrave = OwnQuestion("engraving", ENGRAVE.asks, ("刻",))
    parrot = OwnQuestion("parrot", PARROT.asks, ("鹦鹉",))
    strict = OwnQuestions([engrave, parrot], MODEL)
    assert asked(text, strict, threshold=0.01) is None
    assert asked("可以刻字吗", strict) is not None
    assert asked("鹦鹉去哪了", strict) is not None


def test_must_and_must_not_decide_first() -> None:
    text = "手镯可以刻字吗"

    def given_words(must: Sequence[str] = (), must_not: Sequence[str] = ()) -> Faq | None:
        question = OwnQuestion("engraving", ENGRAVE.asks, tuple(must), tuple(must_not))
        return asked(text, OwnQuestions([question], MODEL))

    assert given_words() is not None
    assert given_words(must=["戒指"]) is None
    assert given_words(must=["戒指", "手镯"]) is not None, "one of them is enough"
    assert given_words(must_not=["手镯"]) is None
    assert given_words(must_not=["戒指"]) is not None
    assert given_words(must=["手镯"], must_not=["刻字"]) is None
    assert given_words(must=["手 镯"]) is not None, "words are read as comments are"
    assert given_words(must=["ＶＩＰ"]) is None
    assert given_words(must=["！"], must_not=["？"]) is not None, "a word of signs only says nothing"


@pytest.mark.parametrize(
    "asks",
    [
        (),
        ("刻字吗",),
        ("刻字吗", "能刻字吗"),
        ("刻字吗", "刻字吗？", "刻 字 吗"),
        ("刻字吗", "能刻吗", "？？"),
    ],
)
def test_at_least_three_different_asks(asks: tuple[str, ...]) -> None:
    with pytest.raises(
        ValueError, match=rf"own:engraving has \d different sample asks; give at least {FEWEST}"
    ):
        OwnQuestions([OwnQuestion("engraving", asks)], MODEL)


def test_three_asks_are_enough() -> None:
    assert asked("鹦鹉去哪了", OwnQuestions([PARROT], MODEL)) is not None


def test_without_own_questions_the_trained_answers_stand() -> None:
    found = [Faq("price", 0.95), None]
    assert OwnQuestions([], MODEL).read(plain(["多少钱", "666"]), found, THRESHOLD) == found


def test_a_comment_that_asks_nothing_of_ones_own_keeps_its_answer() -> None:
    trained = Faq("price", 0.95, (Asked("link", 0.7),))
    assert asked("多少钱", found=trained) == trained


def test_the_surer_question_is_the_main_one() -> None:
    own = asked("手镯可以刻字吗")
    assert own is not None
    less = asked("手镯可以刻字吗", found=Faq("price", own.score - 0.01, (Asked("link", 0.5),)))
    assert less == Faq("own:engraving", own.score, (Asked("price", own.score - 0.01), Asked("link", 0.5)))
    equal = asked("手镯可以刻字吗", found=Faq("price", own.score))
    assert equal == Faq("own:engraving", own.score, (Asked("price", own.score),))
    more = asked("手镯可以刻字吗", found=Faq("price", 1.0))
    assert more == Faq("price", 1.0, (Asked("own:engraving", own.score),))


def test_a_question_with_words_of_its_own_goes_before_a_surer_trained_one() -> None:
    worded = OwnQuestions([OwnQuestion("engraving", ENGRAVE.asks, ("刻字",))], MODEL)
    faq = asked("手镯可以刻字吗", worded, found=Faq("price", 1.0))
    assert faq is not None
    assert (faq.intent, [also.intent for also in faq.also]) == ("own:engraving", ["price"])
    assert asked("手镯多少钱", worded, found=Faq("price", 1.0)) == Faq("price", 1.0)


def test_with_a_word_that_must_be_there_a_looser_likeness_will_do() -> None:
    text = "这个刻字什么价格"
    loose = asked(
        text, OwnQuestions([OwnQuestion("engraving", ENGRAVE.asks, ("刻字",))], MODEL), threshold=0.0
    )
    strict = asked(text, OwnQuestions([ENGRAVE], MODEL), threshold=0.0)
    assert loose is not None
    assert strict is not None
    assert loose.score > strict.score


def test_two_own_questions_of_one_comment() -> None:
    twin = OwnQuestion("twin", ENGRAVE.asks)
    faq = asked("手镯可以刻字吗", OwnQuestions([twin, ENGRAVE], MODEL))
    assert faq is not None
    assert (faq.intent, [also.intent for also in faq.also]) == ("own:engraving", ["own:twin"]), (
        "equal: by name"
    )


def test_a_higher_threshold_keeps_silent() -> None:
    faq = asked("可以刻字吗")
    assert faq is not None
    assert asked("可以刻字吗", threshold=faq.score) == faq
    assert asked("可以刻字吗", threshold=min(1.0, faq.score + 1e-6)) is None


def test_each_comment_keeps_its_own_answer_in_a_batch() -> None:
    texts = ["多少钱", "可以刻字吗", "鹦鹉去哪了", ""]
    found = [Faq("price", 0.99), None, None, None]
    assert [faq and faq.intent for faq in BOTH.read(plain(texts), found, THRESHOLD)] == [
        "price", "own:engraving", "own:parrot", None,
    ]  # fmt: skip


def test_beside_the_trained_questions(shipped: Cascade) -> None:
    texts = ["多少钱", "手镯可以刻字吗"]
    trained = [verdict.faq for verdict in shipped.judge(texts)]
    first, second = BOTH.read(plain(texts), trained, THRESHOLD)
    assert first is not None
    assert first.intent == "price"
    assert second is not None
    assert "own:engraving" in (second.intent, *(also.intent for also in second.also))
