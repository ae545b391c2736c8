"""Examining a model with labelled comments.

A banned hit counts as found when its code is right and its span overlaps the labelled one; `exact` tells how many of
those have the very same span. Scores over few comments are weak evidence: each comes with its count and the middle
95 % of the same score over RESAMPLES drawings of the rows with replacement (Efron's bootstrap, fixed seed).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import labelled
from classifiers.calibration import is_chatter, macro_f1
from classifiers.cascade import Cascade
from classifiers.labelled import Labelled
from classifiers.second import beside
from classifiers.verdict import INTENTS, KINDS, Verdict

RESAMPLES = 400
WORST = 30
_BINS = 10
_SPEED_ROWS = 2000

Flags = npt.NDArray[np.bool_]


def evaluate(
    model: Path | None, files: Sequence[Path], rulebook: Path | None = None, *, second_reader: bool = False
) -> dict[str, Any]:
    """Judge every row of `files` (files or folders) and compare. Raises TrainingDataError, ModelError, RuleBookError.

    `second_reader`: read unsure rows again (classifiers/second.py), without a time limit.
    Returns a report: rows, versions, one entry for each of faq, purchase, negative, banned (F1s are 0-1), the
    calibration errors, the worst errors with their texts, and the speed on these rows.
    """
    rows = [row for path in labelled.files(files) for row in labelled.read(path)]
    cascade = Cascade.load(model, rulebook)
    if second_reader:
        cascade = cascade.with_second(beside(cascade.model, each_s=None))
    cascade.warm()
    return {**compare(rows, cascade), "speed": _speed([row.text for row in rows], cascade)}


def compare(rows: Sequence[Labelled], cascade: Cascade) -> dict[str, Any]:
    """The report of `evaluate` but for the speed: the same for the same rows and versions."""
    verdicts = cascade.judge([row.text for row in rows])
    return {
        "rows": len(rows),
        "versions": {"model": cascade.versions.model, "rulebook": cascade.versions.rulebook,
                     "normalizer": cascade.versions.normalizer},
        "faq": _faq(rows, verdicts),
        "purchase": _purchase(rows, verdicts),
        "negative": _negative(rows, verdicts),
        "banned": _banned(rows, verdicts),
        "calibration": _calibration(rows, verdicts),
        "worst": _worst(rows, verdicts),
    }  # fmt: skip


def binary(truth: Sequence[bool], given: Sequence[bool]) -> dict[str, Any]:
    """F1 with its interval, precision and recall of a yes/no judgement, and how many were yes; 0 where nothing can be
    said."""
    true, said = np.array(truth, dtype=np.bool_), np.array(given, dtype=np.bool_)
    both = int((true & said).sum())
    low, high = _interval(true, said)
    return {
        "f1": _share(2 * both, int(said.sum() + true.sum())), "low": low, "high": high,
        "precision": _share(both, int(said.sum())), "recall": _share(both, int(true.sum())), "count": int(true.sum()),
    }  # fmt: skip


def draws(count: int, resamples: int = RESAMPLES) -> npt.NDArray[np.float32]:
    """How often each of `count` rows is drawn in each of the resamples; always the same for the same count."""
    chances = np.full(max(count, 1), 1 / max(count, 1))
    return np.random.default_rng(0).multinomial(count, chances, size=resamples).astype(np.float32)


def resampled_f1(truth: Flags, given: Flags, drawn: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """F1 in each resample, 0 where a resample holds neither."""
    both = drawn @ (truth & given).astype(np.float32)
    sums = drawn @ (truth.astype(np.float32) + given.astype(np.float32))
    scores: npt.NDArray[np.float64] = np.divide(2 * both, sums, out=np.zeros(len(drawn)), where=sums > 0)
    return scores


def _interval(truth: Flags, given: Flags) -> tuple[float, float]:
    if not len(truth):
        return 0.0, 0.0
    low, high = np.quantile(resampled_f1(truth, given, draws(len(truth))), [0.025, 0.975])
    return round(float(low), 4), round(float(high), 4)


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
    answered = [(t, g) for t, g in zip(truth, given, strict=True) if g is not None]
    return {
        "macro_f1": round(macro_f1(truth, given), 4),
        "answer_precision": _share(sum(t == g for t, g in answered), len(answered)),
        "false_answers": _share(sum(g is not None for g in silent), len(silent)),
        "false_answers_on_chatter": _share(sum(g is not None for g in chatter), len(chatter)),
        "chatter": len(chatter),
        "also_f1": _share(2 * both, sum(len(wanted) + len(found) for wanted, found in pairs)),
        "intents": {i: binary([t == i for t in truth], [g == i for g in given]) for i in present},
        "confusion": _confusion(truth, given),
    }


def _confusion(truth: Sequence[str | None], given: Sequence[str | None]) -> list[list[Any]]:
    """[labelled, judged, how often] of every disagreement, commonest first; null is none."""
    pairs = Counter((t, g) for t, g in zip(truth, given, strict=True) if t != g)
    return [[t, g, n] for (t, g), n in sorted(pairs.items(), key=lambda item: (-item[1], str(item[0])))]


def _purchase(rows: Sequence[Labelled], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    truth, given = [row.purchase for row in rows], [verdict.purchase.level for verdict in verdicts]
    return {
        "at_least_2": binary([t >= 2 for t in truth], [g >= 2 for g in given]),
        "accuracy": _share(sum(t == g for t, g in zip(truth, given, strict=True)), len(rows)),
        "levels": [[sum(t == a and g == b for t, g in zip(truth, given, strict=True)) for b in range(4)]
                   for a in range(4)],
    }  # fmt: skip


def _negative(rows: Sequence[Labelled], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    truth, given = [row.negative for row in rows], [verdict.negative.kind for verdict in verdicts]
    kinds = {kind: binary([t == kind for t in truth], [g == kind for g in given]) for kind in KINDS}
    met = [
        (r.severity, v.negative.severity)
        for r, v in zip(rows, verdicts, strict=True)
        if r.negative and v.negative.kind
    ]
    present = [kinds[kind]["f1"] for kind in KINDS if kinds[kind]["count"]]
    return {
        "any": binary([t is not None for t in truth], [g is not None for g in given]),
        "kinds": kinds,
        "kinds_macro_f1": round(sum(present) / len(present), 4) if present else 0.0,
        "severity_accuracy": _share(sum(t == g for t, g in met), len(met)),
        "confusion": _confusion(truth, given),
    }


def _banned(rows: Sequence[Labelled], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    found: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    exact = harmless = flagged = 0
    for row, verdict in zip(rows, verdicts, strict=True):
        left = list(verdict.banned)
        harmless += not row.banned
        flagged += not row.banned and bool(left)
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
        "harmless_flagged": _share(flagged, harmless),
        "codes": {c: {"found": found[c], "missed": missed[c], "extra": extra[c]} for c in codes},
    }


def _calibration(rows: Sequence[Labelled], verdicts: Sequence[Verdict]) -> dict[str, float]:
    """Expected calibration error of each score over ten bins of equal width (Naeini et al., AAAI 2015)."""
    answered = [
        (v.faq.score, v.faq.intent in (r.faq, *r.also)) for r, v in zip(rows, verdicts, strict=True) if v.faq
    ]
    return {
        "faq": _ece([score for score, _ in answered], [right for _, right in answered]),
        "purchase": _ece([v.purchase.score for v in verdicts], [r.purchase >= 2 for r in rows]),
        "negative": _ece([v.negative.score for v in verdicts], [r.negative is not None for r in rows]),
    }


def _ece(scores: Sequence[float], truth: Sequence[bool]) -> float:
    if not scores:
        return 0.0
    given, right = np.array(scores), np.array(truth, dtype=np.float64)
    bins = np.minimum((given * _BINS).astype(int), _BINS - 1)
    gaps = [abs(float((given[bins == b] - right[bins == b]).sum())) for b in range(_BINS)]
    return round(sum(gaps) / len(given), 4)


def _worst(rows: Sequence[Labelled], verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The errors a judgement was surest of, worst first."""
    errors: list[tuple[float, str, dict[str, Any]]] = []
    for row, verdict in zip(rows, verdicts, strict=True):
        faq, buying, blame = verdict.faq, verdict.purchase, verdict.negative
        if faq and faq.intent != row.faq:
            errors.append((faq.score, row.id, {"label": "faq", "truth": row.faq, "given": faq.intent}))
        if (buying.level >= 2) != (row.purchase >= 2):
            sure = buying.score if buying.level >= 2 else 1 - buying.score
            errors.append((sure, row.id, {"label": "purchase", "truth": row.purchase, "given": buying.level}))
        if (blame.kind is None) != (row.negative is None):
            sure = blame.score if blame.kind else 1 - blame.score
            errors.append((sure, row.id, {"label": "negative", "truth": row.negative, "given": blame.kind}))
    texts = {row.id: row.text for row in rows}
    errors.sort(key=lambda error: (-error[0], error[1], error[2]["label"]))
    return [
        {"id": name, "text": texts[name], **what, "sure": round(sure, 4)}
        for sure, name, what in errors[:WORST]
    ]


def _speed(texts: Sequence[str], cascade: Cascade) -> dict[str, float]:
    """Comments a second on this machine, one at a time and 256 together, and the 99th percentile of one in ms."""
    some = list(texts[:_SPEED_ROWS])
    if not some:
        return {}
    took = []
    for text in some:
        began = time.perf_counter()
        cascade.judge([text])
        took.append(time.perf_counter() - began)
    began = time.perf_counter()
    for at in range(0, len(some), 256):
        cascade.judge(some[at : at + 256])
    together = time.perf_counter() - began
    return {
        "one_at_a_time": round(len(some) / sum(took)), "batches_of_256": round(len(some) / together),
        "p99_ms": round(float(np.quantile(took, 0.99)) * 1000, 3),
    }  # fmt: skip
