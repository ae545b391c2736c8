"""The JSON of a verdict, field by field as the contract has it."""

from __future__ import annotations

from classifiers.verdict import KINDS, Asked, Faq, Hit, Negative, Purchase, Verdict, Versions
from classifiers.wire import to_wire


def test_all_fields() -> None:
    verdict = Verdict(
        Faq("price", 0.971234, (Asked("link", 0.61238),)),
        Purchase(1, 0.12345),
        Negative("quality", 2, 0.98765, {kind: 0.00004 for kind in KINDS}),
        (Hit("D01", 0, 3, "加薇❤", "加微信", "D01-0001"),),
        Versions("m", "r", "n"),
    )
    assert to_wire(verdict) == {
        "faq": {"intent": "price", "score": 0.9712, "also": [{"intent": "link", "score": 0.6124}]},
        "purchase": {"level": 1, "score": 0.1235},
        "negative": {"kind": "quality", "severity": 2, "score": 0.9877, "kinds": dict.fromkeys(KINDS, 0.0)},
        "banned": [
            {
                "category": "D01",
                "start": 0,
                "end": 3,
                "text": "加薇❤",
                "reading": "加微信",
                "rule": "D01-0001",
            }
        ],
        "versions": {"model": "m", "rulebook": "r", "normalizer": "n"},
    }


def test_nothing_found() -> None:
    wire = to_wire(Verdict(None, Purchase(), Negative(), (), Versions("m", "r", "n")))
    assert wire["faq"] is None
    assert wire["negative"]["kind"] is None
    assert wire["banned"] == []
