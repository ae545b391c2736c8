"""Several questions in one comment: all heard, the first asked is the main one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import several
from classifiers.cascade import Cascade
from classifiers.own import OwnQuestion
from classifiers.rulebook import load
from classifiers.verdict import Asked, Faq

CASCADE = Cascade.load()
PRICE, DRAW = Faq("price", 0.97), Faq("draw", 0.91)


@pytest.mark.parametrize(
    ("text", "main", "further"),
    [
        ("多少钱啊 有券没", "price", "discount"),
        ("有券没，多少钱啊", "discount", "price"),
        ("啥时候发货？发什么快递", "shipping_time", "courier"),
        ("发什么快递 啥时候发货", "courier", "shipping_time"),
    ],
)
def test_what_is_asked_first_is_the_main_question(text: str, main: str, further: str) -> None:
    faq = CASCADE.judge([text])[0].faq
    assert faq is not None
    assert (faq.intent, [one.intent for one in faq.also]) == (main, [further])


@pytest.mark.parametrize("text", ["多 少 钱", "多少钱 多少钱", "666 多少钱"])
def test_one_question_stays_one(text: str) -> None:
    faq = CASCADE.judge([text])[0].faq
    assert faq is not None
    assert (faq.intent, faq.also) == ("price", ())


def test_alone_and_in_company_the_same() -> None:
    texts = ["多少钱啊 有券没", "主播好", "有券没，多少钱啊", "多少钱"]
    assert CASCADE.judge(texts) == [CASCADE.judge([text])[0] for text in texts]


def test_a_shops_own_question_is_heard_beside_a_trained_one() -> None:
    own = OwnQuestion("engraving", ("可以刻字吗", "能刻名字不", "刻字要加钱不"))
    faq = Cascade(CASCADE.model, load(), [own]).judge(["多少钱啊 能刻字吗 有券没"])[0].faq
    assert faq is not None
    assert [faq.intent, *(one.intent for one in faq.also)] == ["price", "own:engraving", "discount"]


def heard(faq: Faq | None, *alone: Faq | None, likely: bool = True) -> Faq | None:
    """A comment of two parts that asks `faq` as a whole and `alone` part by part."""
    asked: list[Sequence[str]] = []

    def asking(texts: Sequence[str]) -> Sequence[Faq | None]:
        asked.append(texts)
        return alone

    found = several.heard(["这个多少 有没有抽奖"], [faq], asking, lambda number: likely)[0]
    assert asked == ([["这个多少", "有没有抽奖"]] if faq is not None and likely else [])
    return found


def test_both_parts_have_to_ask_something_of_their_own() -> None:
    assert heard(PRICE, DRAW, PRICE) == Faq("draw", 0.91, (Asked("price", 0.97),))
    assert heard(PRICE, DRAW, None) == PRICE
    assert heard(PRICE, DRAW, DRAW) == PRICE
    assert heard(PRICE, None, None) == PRICE


def test_a_comment_that_asks_nothing_is_not_taken_apart() -> None:
    assert heard(None, PRICE, DRAW) is None


def test_nor_one_whose_second_question_is_unlikely() -> None:
    assert heard(PRICE, DRAW, PRICE, likely=False) == PRICE


@given(st.text(max_size=60))
def test_parts_stand_in_the_text_in_their_order(text: str) -> None:
    found = several.parts(text)
    assert len(found) in (0, 2, 3, 4, 5)
    at = 0
    for part in found:
        at = text.index(part, at) + len(part)
        assert len(part) >= 2
