"""The three heads that read decision values: thresholds, margins, order; many comments at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.faq import AROUND, FURTHER, never_asks
from classifiers.heads import Heads
from classifiers.model import COLUMNS, PURCHASES, SEVERITIES, Floats
from classifiers.normalize import normalize
from classifiers.verdict import INTENTS, KINDS, Faq, Negative

PLAIN = (1.0, 0.0)
HELD = ("asks", "negative", *(f"kind:{kind}" for kind in KINDS), *SEVERITIES, *PURCHASES)
CARD: dict[str, Any] = {
    "faq": {
        "right": [1.0, 0.0, 1.0, *[0.0] * 7],
        "each": [1.0, 0.0],
        "threshold": 0.8,
        "margin": 0.5,
        "also": 0.6,
    },
    "calibration": dict.fromkeys(HELD, PLAIN),
    "thresholds": dict.fromkeys(HELD, 0.5),
    "blame": {"right": [1.0, *[0.0] * 9], "displeased": 1.0, "score": [1.0, 0.0]},
}


def row(**named: float) -> list[float]:
    """Decision values of one comment: those named (`price`, `asks`, `kind_abuse`, `purchase2`, ...), all others -9."""
    names = [column.removeprefix("faq:").replace(":", "_").replace(">=", "") for column in COLUMNS]
    assert set(named) <= set(names)
    return [named.get(name, -9.0) for name in names]


def values(*rows: list[float]) -> Floats:
    return np.array(rows, dtype=np.float32).reshape(len(rows), len(COLUMNS))


def with_faq(**constants: Any) -> dict[str, Any]:
    return {**CARD, "faq": {**CARD["faq"], **constants}}


def faq(normal: str, *, card: dict[str, Any] = CARD, **named: float) -> Faq | None:
    ((found,), _, _) = Heads(card).read([normal], values(row(**named)))
    return found


def test_faq_is_given_when_sure_and_clear() -> None:
    found = faq("多少钱", price=2.0, link=1.0, size=0.0, asks=1.0)
    assert found is not None
    assert found.intent == "price"
    assert found.score == pytest.approx(0.9526, abs=1e-4)
    assert [asked.intent for asked in found.also] == ["link"]
    assert found.also[0].score == pytest.approx(0.7311, abs=1e-4)


@pytest.mark.parametrize(
    ("normal", "named"),
    [
        ("多少钱", {"price": 0.5, "asks": 0.0}),
        ("多少钱", {"price": 2.0, "link": 1.8, "asks": 2.0}),
        ("多少钱", {"price": 2.0, "asks": -3.0}),
        ("", {"price": 9.0, "asks": 9.0}),
        ("加1", {"price": 9.0, "asks": 9.0}),
        ("抽我", {"price": 9.0, "asks": 9.0}),
    ],
    ids=["unsure", "not clear of the second", "asks nothing", "no words", "bare number", "set sentence"],
)
def test_faq_stays_silent(normal: str, named: dict[str, float]) -> None:
    assert faq(normal, **named) is None


def test_each_number_of_the_probability_counts() -> None:
    """Best value, distance to the second, then the columns of AROUND, then the constant."""
    sure = {"price": 1.0, "link": 0.0, "asks": 0.25, "purchase1": 0.5, "negative": -0.5, "purchase2": 0.375}
    sure |= {"purchase3": 0.125, "displeased": -0.25, "remark": -0.75}
    parts = (1.0, 1.0, 0.25, 0.5, -0.5, 0.375, 0.125, -0.25, -0.75, 1.0)
    for place, part in enumerate(parts):
        right = [0.0] * len(parts)
        right[place] = 2.0
        found = faq("多少钱", card=with_faq(right=right, threshold=0.0), **sure)
        assert found is not None
        assert found.score == pytest.approx(1 / (1 + np.exp(-2 * part)), abs=1e-5)
    assert len(AROUND) == len(parts) - 3


def test_further_intents_are_few_best_first_and_never_surer_than_the_main_one() -> None:
    many = {"link": 5.0, "size": 4.0, "stock": 3.0, "gift": 2.0, "draw": -1.0}
    found = faq("多少钱", card=with_faq(margin=0.0), price=5.0, asks=-3.0, **many)
    assert found is not None
    assert [asked.intent for asked in found.also] == ["link", "size", "stock"]
    assert len(found.also) == FURTHER
    assert all(asked.score <= found.score for asked in found.also)
    assert found.also[0].score == found.score


def test_the_threshold_is_told_to_others() -> None:
    assert Heads(CARD).threshold == 0.8


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.floats(-6, 6, width=32), min_size=len(INTENTS), max_size=len(INTENTS)),
    st.floats(-2, 2, width=32), st.floats(-4, 4, width=32), st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
)  # fmt: skip
def test_further_intents_are_all_that_are_likely(
    intents: list[float], slope: float, constant: float, also: float
) -> None:
    """No short cut leaves one out, whatever the calibration."""
    named = dict(zip(INTENTS, intents, strict=True))
    card = with_faq(each=[slope, constant], also=also, threshold=0.0, margin=0.0)
    found = faq("多少钱", card=card, asks=9.0, **named)
    assert found is not None
    chances = {name: 1 / (1 + np.exp(-(slope * value + constant))) for name, value in named.items()}
    sure = {name for name, chance in chances.items() if chance >= also + 1e-5}
    perhaps = {name for name, chance in chances.items() if chance >= also - 1e-5}
    given = {asked.intent for asked in found.also}
    assert given <= perhaps - {found.intent}
    assert min(FURTHER, len(sure - {found.intent})) <= len(given) <= FURTHER


def test_further_intents_have_a_calibration_of_their_own() -> None:
    for each, expected in (((2.0, 0.0), [0.8808]), ((1.0, 1.0), [0.8808]), ((0.0, 0.0), [])):
        found = faq("多少钱", card=with_faq(each=each), price=3.0, link=1.0, asks=1.0)
        assert found is not None
        assert [round(asked.score, 4) for asked in found.also] == expected


@pytest.mark.parametrize(
    "text", ["？？？", "???", "+1", "＋１", "1", "扣1", "111", "抽我", "我要中奖", "666", "！！", "😂", ""]
)
def test_what_never_asks(text: str) -> None:
    assert never_asks(normalize(text).text)


@pytest.mark.parametrize("text", ["多少钱", "几米", "价格", "1号多少"])
def test_what_may_ask(text: str) -> None:
    assert not never_asks(normalize(text).text)


@pytest.mark.parametrize(
    ("one", "two", "three", "level"),
    [(-3, -3, -3, 0), (3, -3, -3, 1), (3, 3, -3, 2), (3, 3, 3, 3), (-3, 3, -3, 2), (-3, -3, 3, 3)],
)
def test_purchase_levels_and_score_agree(one: float, two: float, three: float, level: int) -> None:
    _, (bought,), _ = Heads(CARD).read([""], values(row(purchase1=one, purchase2=two, purchase3=three)))
    assert bought.level == level
    assert (bought.score >= 0.5) == (level >= 2)
    assert bought.score == pytest.approx(1 / (1 + np.exp(-max(two, three))), abs=1e-6)


def test_each_purchase_column_has_its_own_threshold_and_calibration() -> None:
    thresholds = dict(zip(PURCHASES, (0.9, 0.6, 0.7), strict=True))
    calibration = dict(zip(PURCHASES, ((1.0, 0.0), (2.0, 0.0), (1.0, 1.0)), strict=True))
    given: dict[str, dict[str, Any]] = {"thresholds": thresholds, "calibration": calibration}
    heads = Heads({**CARD, **{name: {**CARD[name], **its} for name, its in given.items()}})
    _, found, _ = heads.read([""] * 5, values(
        row(purchase1=2.0, purchase2=-9, purchase3=-9), row(purchase1=2.5, purchase2=-9, purchase3=-9),
        row(purchase1=0, purchase2=0.25, purchase3=-0.5), row(purchase1=0, purchase2=0.15, purchase3=-9),
        row(purchase1=0, purchase2=0.15, purchase3=0.0),
    ))  # fmt: skip
    assert [bought.level for bought in found] == [0, 1, 2, 0, 3]


def negative(**named: float) -> Negative:
    _, _, (found,) = Heads(CARD).read([""], values(row(**named)))
    return found


def severe(two: float, three: float) -> dict[str, float]:
    return {"severity2": two, "severity3": three}


def test_negative_kind_and_severity() -> None:
    found = negative(negative=2.0, kind_quality=-1.0, kind_service=0.5, **severe(1.0, -1.0))
    assert (found.kind, found.severity) == ("service", 2)
    found = negative(negative=2.0, kind_abuse=0.0, **severe(-1.0, 3.0))
    assert (found.kind, found.severity) == ("abuse", 1)
    found = negative(negative=2.0, kind_abuse=0.0, **severe(1.0, 3.0))
    assert (found.kind, found.severity) == ("abuse", 3)
    assert found.score == pytest.approx(0.8808, abs=1e-3)


def with_blame(**constants: Any) -> dict[str, Any]:
    return {**CARD, "blame": {**CARD["blame"], **constants}}


def test_each_number_of_the_blame_counts() -> None:
    """The column itself, each kind, the strongest kind, then the constant."""
    kinds = {f"kind_{kind}": -0.5 - number / 10 for number, kind in enumerate(KINDS)}
    parts = (0.75, *kinds.values(), -0.5, 1.0)
    for place, part in enumerate(parts):
        right = [0.0] * len(parts)
        right[place] = 2.0
        _, _, (found,) = Heads(with_blame(right=right)).read([""], values(row(negative=0.75, **kinds)))
        assert found.score == pytest.approx(1 / (1 + np.exp(-2 * part)), abs=1e-3), place
        assert (found.kind is None) == (part < 0)


def test_the_score_of_a_remark_is_its_displeasure_and_the_verdict_is_not() -> None:
    for remark, score in ((9.0, 0.8808), (-9.0, 0.1192), (0.0, 0.5)):
        found = negative(negative=-2.0, displeased=2.0, remark=remark)
        assert (found.kind, found.severity) == (None, 0)
        assert found.score == pytest.approx(score, abs=1e-3)


def test_displeasure_and_the_score_have_constants_of_their_own() -> None:
    given = values(row(negative=-9.0, displeased=1.0, remark=9.0))
    for constants, expected in (({"displeased": 2.0}, 2.0), ({"score": [0.5, -1.0]}, -0.5)):
        _, _, (found,) = Heads(with_blame(**constants)).read([""], given)
        assert found.score == pytest.approx(1 / (1 + np.exp(-expected)), abs=1e-3)


def test_not_negative_has_no_kind_but_probabilities() -> None:
    found = negative(negative=-2.0, kind_abuse=3.0, **severe(3.0, 3.0))
    assert (found.kind, found.severity) == (None, 0)
    assert list(found.kinds) == list(KINDS)
    assert found.kinds["abuse"] == pytest.approx(0.9526, abs=1e-4)
    assert found.kinds["price"] < 0.001


def test_negative_columns_have_their_own_calibration() -> None:
    for kind in KINDS:
        card = {**CARD, "calibration": {**CARD["calibration"], f"kind:{kind}": (0.0, 1.0)}}
        _, _, (found,) = Heads(card).read([""], values(row(negative=3.0)))
        assert found.kind == kind


def test_no_comments_give_nothing() -> None:
    assert Heads(CARD).read([], values()) == ([], [], [])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.floats(-1e6, 1e6, width=32), min_size=len(COLUMNS), max_size=len(COLUMNS)), max_size=5
    )
)
def test_a_batch_is_its_comments_one_by_one(rows: list[list[float]]) -> None:
    whole = values(*rows)
    normals = [("多少钱", "", "加1")[number % 3] for number in range(len(rows))]
    heads = Heads(CARD)
    together = list(zip(*heads.read(normals, whole), strict=True))
    for number, normal in enumerate(normals):
        (one,) = zip(*heads.read([normal], whole[number : number + 1]), strict=True)
        assert one == together[number]
    for found, bought, mood in together:
        assert found is None or 0.8 <= found.score <= 1
        assert 0 <= bought.score <= 1
        assert 0 <= mood.score <= 1


def test_every_intent_can_be_given() -> None:
    rows = [row(**{intent: 3.0, "asks": 1.0}) for intent in INTENTS]
    found, _, _ = Heads(CARD).read(["多少"] * len(rows), values(*rows))
    assert [one and one.intent for one in found] == list(INTENTS)


def test_faq_value_has_no_also_by_default() -> None:
    assert Faq("price", 0.9).also == ()
