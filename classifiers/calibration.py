"""From decision values to probabilities, and from probabilities to decisions: the constants of a model's card.

Everything here is fitted on decision values of comments the weights had not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from classifiers.faq import AROUND
from classifiers.labelled import Labelled
from classifiers.model import COLUMNS, JUDGED
from classifiers.negativity import evidence, mixed
from classifiers.verdict import INTENTS

FALSE_ON_CHATTER, FALSE_ON_SILENT = 0.005, 0.010
"""Shares that may be answered when thresholds are chosen: of comments that are mere chatter (no question, no interest,
not negative, nothing banned), and of all comments that ask nothing."""
REACHED_BY_CHATTER = {"negative": 0.025, "purchase>=2": 0.005}
"""Share of chatter that may reach a column's threshold: a real room holds far more chatter than the labelled data."""
SHARPNESS = 2.5
"""What the column `displeased` is multiplied by to give a probability. Its fit is held down, for reviews by strangers,
so its values come out small; no batch of reviews is set apart to fit this on."""
SURE = {"faq": 0.88, "purchase>=2": 0.9}
"""Probability below which nothing is said whatever the labelled data allow: they hold too little chatter to tell rates
of a few in a thousand apart, and rooms that sell nothing showed more false alarms below."""

Truth = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


def constants(
    rows: Sequence[Labelled], quiet: Truth, truth: dict[str, Truth], unseen: Values
) -> dict[str, Any]:
    """Calibration, thresholds and scores. `quiet`: comments that are never answered whatever their values; `unseen`:
    decision values, a column for each of COLUMNS."""
    calibration: dict[str, Any] = {}
    thresholds: dict[str, float] = {}
    scores: dict[str, float] = {}
    chatter = np.array([is_chatter(row) for row in rows])
    for at, column in enumerate(JUDGED):
        if column.startswith("faq:"):
            continue
        part = np.flatnonzero(truth["negative"]) if column.startswith("severity") else np.arange(len(rows))
        values, answers = unseen[part, at], truth[column][part]
        calibration[column] = _platt(values, answers)
        chances = 1 / (1 + np.exp(-(calibration[column][0] * values + calibration[column][1])))
        limit = REACHED_BY_CHATTER.get(column, 1.0)
        least = SURE.get(column, 0.2)
        thresholds[column], scores[column] = _best_threshold(chances, answers, chatter[part], limit, least)
    blame, chances = _blame([row.batch for row in rows], truth["negative"], unseen)
    thresholds["negative"], scores["negative"] = _best_threshold(
        chances, truth["negative"], chatter, REACHED_BY_CHATTER["negative"], 0.2
    )
    faq, faq_scores = _faq_constants(rows, quiet, truth, unseen)
    return {"calibration": calibration, "thresholds": thresholds, "faq": faq, "blame": blame,
            "held_out": {name: round(value, 4) for name, value in {**scores, **faq_scores}.items()}}  # fmt: skip


def _blame(batches: Sequence[str], negative: Truth, unseen: Values) -> tuple[dict[str, Any], Values]:
    """How blame is told from several columns, and each comment's probability by weights fitted without its batch: where
    one writer's comments helped to fit them, a threshold chosen on these would flatter."""
    told = np.array([evidence(row) for row in unseen.tolist()])
    whole = _platt(told, negative)
    chances = _chances(told, whole)
    which = np.array(batches)
    for batch in sorted(set(batches)) if len(set(batches)) > 1 else ():
        others = which != batch
        chances[~others] = _chances(told[~others], _platt(told[others], negative[others]))
    found = {"right": whole, "displeased": SHARPNESS}
    score = np.array([mixed(row, chance, SHARPNESS) for row, chance in
                      zip(unseen.tolist(), _chances(told, whole).tolist(), strict=True)])  # fmt: skip
    return {**found, "score": _platt(score, negative)}, chances


def _chances(values: Values, constants: tuple[float, ...]) -> Values:
    """Probabilities by what `_platt` gave for such values."""
    chances: Values = 1 / (1 + np.exp(-(values @ np.array(constants[:-1]) + constants[-1])))
    return chances


def _platt(values: Values, answers: Truth) -> tuple[float, ...]:
    """Slopes and constant that turn decision values into probabilities; one slope for each column of `values`.

    Where all answers are the same nothing can be learnt: the slopes are 0 and the constant says so.
    """
    if not answers.any() or answers.all():
        slopes = 1 if values.ndim == 1 else values.shape[1]
        return (*(0.0,) * slopes, 5.0 if answers.any() else -5.0)
    regression = LogisticRegression(C=10.0, solver="lbfgs", max_iter=1000)
    regression.fit(values.reshape(len(answers), -1), answers)
    return (*(round(float(x), 4) for x in regression.coef_[0]), round(float(regression.intercept_[0]), 4))


def _best_threshold(
    chances: Values, answers: Truth, chatter: Truth, limit: float, least: float
) -> tuple[float, float]:
    """The threshold of greatest F1 from `least` on, and that F1; at most `limit` of the chatter may reach it.

    0.98 where none does.
    """
    best = (0.98, 0.0)
    for threshold in np.arange(least, 0.99, 0.02):
        given = chances >= threshold
        f1 = 2 * float((given & answers).sum()) / max(1.0, float(given.sum() + answers.sum()))
        false = float((given & chatter).sum()) / max(1, int(chatter.sum()))
        if f1 > best[1] + 1e-9 and false <= limit:
            best = (round(float(threshold), 2), f1)
    return best


def _faq_constants(
    rows: Sequence[Labelled], quiet: Truth, truth: dict[str, Truth], unseen: Values
) -> tuple[dict[str, Any], dict[str, float]]:
    intents = unseen[:, : len(INTENTS)]
    best = intents.argmax(axis=1)
    ordered = np.sort(intents, axis=1)
    margins = ordered[:, -1] - ordered[:, -2]
    acceptable = np.array(
        [INTENTS[b] == row.faq or INTENTS[b] in row.also for b, row in zip(best, rows, strict=True)]
    )
    around = unseen[:, [COLUMNS.index(name) for name in AROUND]]
    evidence = np.column_stack([ordered[:, -1], margins, around])
    right = _platt(evidence, acceptable)
    chances = 1 / (1 + np.exp(-(evidence @ np.array(right[:-1]) + right[-1])))
    each_truth = np.column_stack([truth[f"faq:{intent}"] for intent in INTENTS])
    each = _platt(intents.ravel(), each_truth.ravel())
    silent = ~truth["asks"]
    chatter = np.array([is_chatter(row) for row in rows])
    chosen = (0.99, 0.0, 0.0, 0.0)
    for threshold in np.arange(SURE["faq"], 0.995, 0.01):
        for margin in (0.0, 0.1, 0.2, 0.3, 0.5):
            given = (chances >= threshold) & (margins >= margin) & ~quiet
            false = float((given & chatter).sum()) / max(1, int(chatter.sum()))
            rash = float((given & silent).sum()) / max(1, int(silent.sum()))
            score = macro_f1(
                [row.faq for row in rows],
                [INTENTS[b] if g else None for b, g in zip(best, given, strict=True)],
            )
            if false <= FALSE_ON_CHATTER and rash <= FALSE_ON_SILENT and score > chosen[2] + 1e-9:
                chosen = (round(float(threshold), 2), margin, score, false)
    further = _also_threshold(rows, intents, best, chances >= chosen[0], each)
    found = {"right": right, "each": each, "threshold": chosen[0], "margin": chosen[1], "also": further}
    return found, {"faq_macro_f1": chosen[2], "false_answers": chosen[3]}


def _also_threshold(
    rows: Sequence[Labelled],
    intents: Values,
    best: npt.NDArray[np.int64],
    given: Truth,
    each: tuple[float, ...],
) -> float:
    """The probability from which a further intent of an answered comment is named: that of greatest F1."""
    wanted = np.zeros(intents.shape, dtype=np.bool_)
    for number, row in enumerate(rows):
        for name in (row.faq, *row.also):
            if name in INTENTS:
                wanted[number, INTENTS.index(name)] = True
    wanted[np.arange(len(rows)), best] = False
    chances = 1 / (1 + np.exp(-(each[0] * intents + each[1])))
    chances[np.arange(len(rows)), best] = 0.0
    chosen, top = 0.6, -1.0
    for threshold in np.arange(0.1, 0.91, 0.05):
        said = (chances >= threshold) & given[:, None]
        f1 = 2 * float((said & wanted).sum()) / max(1.0, float(said.sum() + wanted[given].sum()))
        if f1 > top + 1e-9:
            chosen, top = round(float(threshold), 2), f1
    return chosen


def is_chatter(row: Labelled) -> bool:
    """Whether a comment is mere chatter: no question, no interest, not negative, nothing banned."""
    return row.faq is None and row.purchase == 0 and row.negative is None and not row.banned


def macro_f1(truth: Sequence[str | None], given: Sequence[str | None]) -> float:
    """Mean F1 over the intents that occur in `truth`; None (asks nothing) is no class of its own."""
    scores = []
    for intent in sorted({name for name in truth if name}):
        both = sum(t == g == intent for t, g in zip(truth, given, strict=True))
        scores.append(2 * both / (sum(t == intent for t in truth) + sum(g == intent for g in given)))
    return sum(scores) / len(scores) if scores else 0.0
