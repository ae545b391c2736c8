"""The JSON form of one verdict, as other systems read it (docs/contract.md, `classify`)."""

from __future__ import annotations

from typing import Any

from classifiers.verdict import Faq, Hit, Negative, Verdict


def to_wire(verdict: Verdict) -> dict[str, Any]:
    """The fields `faq`, `purchase`, `negative`, `banned`, `versions`; probabilities with four decimals."""
    return {
        "faq": _faq(verdict.faq),
        "purchase": {"level": verdict.purchase.level, "score": _number(verdict.purchase.score)},
        "negative": _negative(verdict.negative),
        "banned": [hit_to_wire(hit) for hit in verdict.banned],
        "versions": {
            "model": verdict.versions.model,
            "rulebook": verdict.versions.rulebook,
            "normalizer": verdict.versions.normalizer,
        },
    }


def hit_to_wire(hit: Hit) -> dict[str, Any]:
    """One place where the rule book matched; offsets in code points of the original text."""
    return {
        "category": hit.category, "start": hit.start, "end": hit.end,
        "text": hit.text, "reading": hit.reading, "rule": hit.rule,
    }  # fmt: skip


def _faq(faq: Faq | None) -> dict[str, Any] | None:
    if faq is None:
        return None
    also = [{"intent": asked.intent, "score": _number(asked.score)} for asked in faq.also]
    return {"intent": faq.intent, "score": _number(faq.score), "also": also}


def _negative(negative: Negative) -> dict[str, Any]:
    return {
        "kind": negative.kind,
        "severity": negative.severity,
        "score": _number(negative.score),
        "kinds": {kind: _number(chance) for kind, chance in negative.kinds.items()},
    }


def _number(value: float) -> float:
    return round(value, 4)
