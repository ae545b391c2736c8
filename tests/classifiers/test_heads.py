"""The three heads that read decision values: thresholds, margins, order."""

from __future__ import annotations

import pytest

from classifiers.faq import FaqHead, never_asks
from classifiers.model import PURCHASES, SEVERITIES
from classifiers.negativity import NegativeHead
from classifiers.normalize import normalize
from classifiers.purchase import PurchaseHead
from classifiers.verdict import INTENTS, KINDS, Faq

FAQ = {
    "faq": {
        "right": [1.0, 0.0, 1.0, 0.0, 0.0, 0.0],
        "each": [1.0, 0.0],
        "threshold": 0.8,
        "margin": 0.5,
        "also": 0.6,
    }
}
PLAIN = (1.0, 0.0)


def intents(**values: float) -> list[float]:
    return [values.get(name, -9.0) for name in INTENTS]


def test_faq_is_given_when_sure_and_clear() -> None:
    faq = FaqHead(FAQ).read("多少钱", intents(price=2.0, link=1.0, size=0.0), [1.0, 0.0, 0.0])
    assert faq is not None
    assert faq.intent == "price"
    assert faq.score == pytest.approx(0.9526, abs=1e-4)
    assert [asked.intent for asked in faq.also] == ["link"]
    assert faq.also[0].score <= faq.score


@pytest.mark.parametrize(
    ("normal", "values", "asks"),
    [
        ("多少钱", {"price": 0.5}, 0.0),
        ("多少钱", {"price": 2.0, "link": 1.8}, 2.0),
        ("多少钱", {"price": 2.0}, -3.0),
        ("", {"price": 9.0}, 9.0),
    ],
    ids=["unsure", "not clear of the second", "asks nothing", "no words"],
)
def test_faq_stays_silent(normal: str, values: dict[str, float], asks: float) -> None:
    assert FaqHead(FAQ).read(normal, intents(**values), [asks, 0.0, 0.0]) is None


@pytest.mark.parametrize(
    "text", ["？？？", "???", "+1", "＋１", "1", "扣1", "111", "抽我", "我要中奖", "666", "！！", "😂", ""]
)
def test_what_never_asks(text: str) -> None:
    assert never_asks(normalize(text).text)


@pytest.mark.parametrize("text", ["多少钱", "几米", "价格", "1号多少"])
def test_what_may_ask(text: str) -> None:
    assert not never_asks(normalize(text).text)


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ([-3, -3, -3], 0),
        ([3, -3, -3], 1),
        ([3, 3, -3], 2),
        ([3, 3, 3], 3),
        ([-3, 3, -3], 2),
        ([-3, -3, 3], 3),
    ],
)
def test_purchase_levels_and_score_agree(values: list[float], level: int) -> None:
    card = {"calibration": dict.fromkeys(PURCHASES, PLAIN), "thresholds": dict.fromkeys(PURCHASES, 0.5)}
    purchase = PurchaseHead(card).read(values)
    assert purchase.level == level
    assert (purchase.score >= 0.5) == (level >= 2)


def negative(first: float, severities: tuple[float, float], **kinds: float) -> object:
    names = ("negative", *(f"kind:{kind}" for kind in KINDS), *SEVERITIES)
    card = {"calibration": dict.fromkeys(names, PLAIN), "thresholds": dict.fromkeys(names, 0.5)}
    return NegativeHead(card).read([first, *(kinds.get(kind, -9.0) for kind in KINDS), *severities])


def test_negative_kind_and_severity() -> None:
    found = negative(2.0, (1.0, -1.0), quality=-1.0, service=0.5)
    assert (found.kind, found.severity) == ("service", 2)  # type: ignore[attr-defined]
    found = negative(2.0, (-1.0, 3.0), abuse=0.0)
    assert (found.kind, found.severity) == ("abuse", 1)  # type: ignore[attr-defined]


def test_not_negative_has_no_kind_but_probabilities() -> None:
    found = negative(-2.0, (3.0, 3.0), abuse=3.0)
    assert (found.kind, found.severity) == (None, 0)  # type: ignore[attr-defined]
    assert set(found.kinds) == set(KINDS)  # type: ignore[attr-defined]


def test_faq_value_has_no_also_by_default() -> None:
    assert Faq("price", 0.9).also == ()
