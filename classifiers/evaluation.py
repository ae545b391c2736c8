"""Examining a model with labelled comments.

A banned hit counts as found when its code is right and its span overlaps the labelled one; `exact` tells how many of
those have the very same span. Scores over few comments are weak evidence: each comes with its count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifiers import labelled
from classifiers.cascade import Cascade
from classifiers.labelled import Labelled
from classifiers.training import is_chatter, macro_f1
from classifiers.verdict import INTENTS, KINDS, Verdict


def evaluate(model: Path | None, files: Sequence[Path], rulebook: Path | None = None) -> dict[str, Any]:
    """Judge every row of `files` (files or folders) and compare. Raises TrainingDataError, ModelError, RuleBookError.

    Returns a report: rows, versions, and one entry for each of faq, purchase, negative, banned; F1s are 0-1.
    """
    rows = [row for path in labelled.files(files) for row in labelled.read(path)]
    cascade = Cascade.load(model, rulebook)
    verdicts = cascade.judge([row.text for row in rows])
    return {
        "rows": len(rows),
        "versions": {"model": cascade.versions.model, "rulebook": cascade.versions.rulebook,
                     "normalizer": cascade.versions.normalizer},
        "faq": _faq(rows, verdicts),
        "purchase": _purchase(rows, verdicts),
        "negative": _negative(rows, verdicts),
        "banned": _banned(rows, verdicts),
    }  # fmt: skip


def binary(truth: Sequence[bool], given: Sequence[bool]) -> dict[str, float]:
    """F1, precision and recall of a yes/no judgement, and how many were yes; 0 where nothing can be said."""
    both = sum(t and g for t, g in zip(truth, given, strict=True))
    said, true = sum(given), sum(truth)
    return {
        "f1": _share(2 * both, said + true), "precision": _share(both, said), "recall": _share(both, true),
        "count": true,
    }  # fmt: skip


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0


def _faq(rows: Sequence[Labelled], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    given = [verdict.faq.intent if verdict.faq else None for verdict in verdicts]
    also = [{asked.intent for asked in verdict.faq.also} if verdict.faq else set() for verdict in verdicts]
    truth = [row.faq for row in rows]
    silent = [g for row, g in zip(rows, given, strict=True) if row.faq is None]
    chatter = [g for row, g in zip(rows, given, strict=True) if is_chatter(row)]
    present = [intent for intent in INTENTS if intent in truth]
    pairs = [(set(row.also), found) for row, found in zip(rows, also, strict=True)]
    both = sum(len(wanted & found) for wanted, found in pairs)
    return {
        "macro_f1": round(macro_f1(truth, given), 4),
        "false_answers": _share(sum(g is not None for g in silent), len(silent)),
        "false_answers_on_chatter": _share(sum(g is not None for g in chatter), len(chatter)),
        "chatter": len(chatter),
        "also_f1": _share(2 * both, sum(len(wanted) + len(found) for wanted, found in pairs)),
        "intents": {i: binary([t == i for t in truth], [g == i for g in given]) for i in present},
    }


def _purchase(rows: Sequence[Labelled], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    truth, given = [row.purchase for row in rows], [verdict.purchase.level for verdict in verdicts]
    return {
        "at_least_2": binary([t >= 2 for t in truth], [g >= 2 for g in given]),
        "accuracy": _share(sum(t == g for t, g in zip(truth, given, strict=True)), len(rows)),
    }


def _negative(rows: Sequence[Labelled], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    truth, given = [row.negative for row in rows], [verdict.negative.kind for verdict in verdicts]
    met = [
        (r.severity, v.negative.severity)
        for r, v in zip(rows, verdicts, strict=True)
        if r.negative and v.negative.kind
    ]
    return {
        "any": binary([t is not None for t in truth], [g is not None for g in given]),
        "kinds": {kind: binary([t == kind for t in truth], [g == kind for g in given]) for kind in KINDS},
        "severity_accuracy": _share(sum(t == g for t, g in met), len(met)),
    }


def _banned(rows: Sequence[Labelled], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    found: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    exact = 0
    for row, verdict in zip(rows, verdicts, strict=True):
        left = list(verdict.banned)
        for code, span in row.banned:
            at = row.text.find(span)
            match = next(
                (h for h in left if h.category == code and h.start < at + len(span) and at < h.end), None
            )
            if match is None:
                missed[code] += 1
                continue
            left.remove(match)
            found[code] += 1
            exact += match.text == span
        extra.update(hit.category for hit in left)
    codes = sorted({*found, *missed, *extra})
    all_found, all_missed, all_extra = found.total(), missed.total(), extra.total()
    return {
        "f1": _share(2 * all_found, 2 * all_found + all_missed + all_extra),
        "precision": _share(all_found, all_found + all_extra),
        "recall": _share(all_found, all_found + all_missed),
        "count": all_found + all_missed,
        "exact": _share(exact, all_found),
        "codes": {c: {"found": found[c], "missed": missed[c], "extra": extra[c]} for c in codes},
    }
