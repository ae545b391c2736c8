"""Making a model from labelled comments. Only this file imports scikit-learn.

Every column is a logistic regression over the same features. What must not be flattered by the weights having seen
a comment (calibration, thresholds, the scores on the card) is taken from held-out folds: whole batches are left
out in turn, because comments of one batch resemble each other. HELD_OUT batches are never read here.
Equal data gives an equal model, byte for byte, with the same library versions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from classifiers import labelled, model
from classifiers.errors import TrainingDataError
from classifiers.faq import AROUND
from classifiers.features import FEATURES, features
from classifiers.labelled import HELD_OUT, Labelled
from classifiers.normalize import NORMALIZER, normalize
from classifiers.verdict import INTENTS, KINDS

_STRENGTH = {"faq": 30.0, "asks": 8.0, "purchase": 8.0, "negative": 8.0, "kind": 15.0, "severity": 4.0}
_CUE_WEIGHT = 1.5
_UNKNOWN = 20.0
"""What an unknown feature adds to the squared length of a comment's vector."""
_FALSE_ON_CHATTER, _FALSE_ON_SILENT = 0.010, 0.025
"""Shares that may be answered when thresholds are chosen on the held-out folds: of comments that are mere chatter
(no question, no interest, not negative, nothing banned), and of all comments that ask nothing."""
_REACHED_BY_CHATTER = {"negative": 0.028, "purchase>=2": 0.016}
"""Share of chatter that may reach a column's threshold: a real room holds far more chatter than the labelled data."""
_SPREAD = ("chatter", "register", "extra")
"""Batches of a kind that has no sibling: left out whole, their kind would be missing from the training folds."""

Truth = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


def train(
    data_dirs: Sequence[Path], out: Path, say: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Train on every labelled file in `data_dirs` (folders or files) but the held-out batches; write a model to `out`.

    Returns the card. Raises TrainingDataError when a file is wrong or there is too little to learn from.
    """
    paths = [path for path in labelled.files(data_dirs) if path.stem not in HELD_OUT]
    rows = [row for path in paths for row in labelled.read(path) if row.batch not in HELD_OUT]
    _enough(rows)
    found = [features(row.text, normalize(row.text)) for row in rows]
    truth = {name: np.array([_holds(name, row) for row in rows]) for name in model.COLUMNS}
    folds = _folds([row.batch for row in rows])
    unseen = np.zeros((len(rows), len(model.COLUMNS)))
    for number, test in enumerate(sorted(set(folds.tolist()))):
        say(f"fold {number + 1} of {len(set(folds.tolist()))}")
        inside, outside = np.flatnonzero(folds != test), np.flatnonzero(folds == test)
        layer = _fit([found[i] for i in inside], {name: values[inside] for name, values in truth.items()})
        unseen[outside] = layer.decide([found[i] for i in outside])
    say("all together")
    layer = _fit(found, truth)
    card = {
        "format": model.FORMAT, "normalizer": NORMALIZER, "features": FEATURES, "columns": list(model.COLUMNS),
        "unknown": _UNKNOWN,
        "data_hash": labelled.fingerprint(paths), "rows": dict(sorted(Counter(row.batch for row in rows).items())),
        **_constants(rows, truth, unseen),
    }  # fmt: skip
    words = sorted(layer.vocabulary, key=layer.vocabulary.__getitem__)
    model.save(out, words, layer.weights, layer.bias, card)
    return card


def _enough(rows: Sequence[Labelled]) -> None:
    counts = Counter(row.faq for row in rows)
    short = [intent for intent in INTENTS if counts[intent] < 2]
    short += [kind for kind in KINDS if sum(row.negative == kind for row in rows) < 2]
    if short or len({row.batch for row in rows}) < 2:
        what = f"fewer than two comments are labelled {short[0]}" if short else "there is only one batch"
        raise TrainingDataError(f"Too little to learn from: {what}. Add labelled comments.")


def _holds(column: str, row: Labelled) -> bool:
    """The truth of one column for one row."""
    name, _, value = column.partition(":")
    if name == "faq":
        return value == row.faq or value in row.also
    if name == "kind":
        return value == row.negative
    if column == "asks":
        return row.faq is not None
    if column == "negative":
        return row.negative is not None
    level = row.purchase if name.startswith("purchase") else row.severity
    return level >= int(column[-1])


def _folds(batches: Sequence[str]) -> npt.NDArray[np.int64]:
    """Number of the fold of each row: one fold a batch, at most eight; rows of _SPREAD batches in turn to all."""
    sizes = Counter(name for name in batches if not name.startswith(_SPREAD)) or Counter(batches)
    order = sorted(sizes, key=lambda name: (-sizes[name], name))
    number = {name: at % 8 for at, name in enumerate(order)}
    folds = max(2, min(8, len(order)))
    return np.array([number.get(name, row % folds) for row, name in enumerate(batches)])


def _fit(found: Sequence[set[str]], truth: dict[str, Truth]) -> model.Model:
    """One layer over the features that occur twice, all columns fitted."""
    counts = Counter(name for names in found for name in names)
    words = sorted(name for name, count in counts.items() if count > 1)
    vocabulary = {name: number for number, name in enumerate(words)}
    scale = np.array(
        [
            (math.log((1 + len(found)) / (1 + counts[w])) + 1) * (_CUE_WEIGHT if w[0] == "#" else 1)
            for w in words
        ]
    )
    matrix = _matrix(found, vocabulary, scale)
    weights = np.zeros((len(words), len(model.COLUMNS) + 1))
    weights[:, -1] = scale**2
    bias = np.zeros(len(model.COLUMNS))
    for at, column in enumerate(model.COLUMNS):
        part = np.flatnonzero(truth["negative"]) if column.startswith("severity") else np.arange(len(found))
        answers = truth[column][part]
        if answers.all() or not answers.any():
            bias[at] = 5.0 if answers.all() else -5.0
            continue
        strength = next(c for name, c in _STRENGTH.items() if column.startswith(name))
        regression = LogisticRegression(
            C=strength, solver="liblinear", class_weight="balanced", random_state=0, max_iter=300
        )
        regression.fit(matrix[part], answers)
        weights[:, at] = regression.coef_[0] * scale
        bias[at] = regression.intercept_[0]
    # Half precision is what is shipped, so held-out folds are scored with it too.
    shipped = weights.astype(np.float16).astype(np.float32)
    return model.Model(vocabulary, shipped, bias.astype(np.float32), {}, "", _UNKNOWN)


def _matrix(found: Sequence[set[str]], vocabulary: dict[str, int], scale: Values) -> csr_matrix:
    """One row a comment, scaled and brought to length one (less where features are unknown)."""
    indices: list[int] = []
    ends = [0]
    data: list[float] = []
    for names in found:
        numbers = sorted(vocabulary[name] for name in names if name in vocabulary)
        values = scale[numbers] if numbers else np.zeros(0)
        length = np.sqrt(np.sum(values**2) + _UNKNOWN * (len(names) - len(numbers)))
        indices.extend(numbers)
        data.extend((values / length).tolist() if numbers else [])
        ends.append(len(indices))
    return csr_matrix((data, indices, ends), shape=(len(found), len(vocabulary)))


def _platt(values: Values, answers: Truth) -> tuple[float, ...]:
    """Slopes and constant that turn decision values into probabilities; one slope for each column of `values`."""
    regression = LogisticRegression(C=10.0, solver="lbfgs", max_iter=1000)
    regression.fit(values.reshape(len(answers), -1), answers)
    return (*(round(float(x), 4) for x in regression.coef_[0]), round(float(regression.intercept_[0]), 4))


def _constants(rows: Sequence[Labelled], truth: dict[str, Truth], unseen: Values) -> dict[str, Any]:
    """Calibration, thresholds and scores, all from values of held-out comments."""
    calibration: dict[str, Any] = {}
    thresholds: dict[str, float] = {}
    scores: dict[str, float] = {}
    chatter = np.array([is_chatter(row) for row in rows])
    for at, column in enumerate(model.COLUMNS):
        if column.startswith("faq:"):
            continue
        part = np.flatnonzero(truth["negative"]) if column.startswith("severity") else np.arange(len(rows))
        values, answers = unseen[part, at], truth[column][part]
        calibration[column] = _platt(values, answers) if 0 < answers.sum() < len(answers) else (1.0, 0.0)
        chances = 1 / (1 + np.exp(-(calibration[column][0] * values + calibration[column][1])))
        limit = _REACHED_BY_CHATTER.get(column, 1.0)
        thresholds[column], scores[column] = _best_threshold(chances, answers, chatter[part], limit)
    faq, faq_scores = _faq_constants(rows, truth, unseen)
    return {"calibration": calibration, "thresholds": thresholds, "faq": faq,
            "held_out_folds": {name: round(value, 4) for name, value in {**scores, **faq_scores}.items()}}  # fmt: skip


def _best_threshold(chances: Values, answers: Truth, chatter: Truth, limit: float) -> tuple[float, float]:
    """The threshold of greatest F1 between 0.2 and 0.8, and that F1; at most `limit` of the chatter may reach it."""
    best = (0.5, 0.0)
    for threshold in np.arange(0.2, 0.81, 0.02):
        given = chances >= threshold
        f1 = 2 * float((given & answers).sum()) / max(1.0, float(given.sum() + answers.sum()))
        false = float((given & chatter).sum()) / max(1, int(chatter.sum()))
        if f1 > best[1] + 1e-9 and false <= limit:
            best = (round(float(threshold), 2), f1)
    return best


def _faq_constants(
    rows: Sequence[Labelled], truth: dict[str, Truth], unseen: Values
) -> tuple[dict[str, Any], dict[str, float]]:
    intents = unseen[:, : len(INTENTS)]
    best = intents.argmax(axis=1)
    ordered = np.sort(intents, axis=1)
    margins = ordered[:, -1] - ordered[:, -2]
    acceptable = np.array(
        [INTENTS[b] == row.faq or INTENTS[b] in row.also for b, row in zip(best, rows, strict=True)]
    )
    around = unseen[:, [model.COLUMNS.index(name) for name in AROUND]]
    evidence = np.column_stack([ordered[:, -1], margins, around])
    right = _platt(evidence, acceptable)
    chances = 1 / (1 + np.exp(-(evidence @ np.array(right[:-1]) + right[-1])))
    each_truth = np.column_stack([truth[f"faq:{intent}"] for intent in INTENTS])
    each = _platt(intents.ravel(), each_truth.ravel())
    silent = ~truth["asks"]
    chatter = np.array([is_chatter(row) for row in rows])
    chosen = (0.95, 0.0, -1.0, 0.0)
    for threshold in np.arange(0.2, 0.96, 0.02):
        for margin in (0.0, 0.1, 0.2, 0.3, 0.5):
            given = (chances >= threshold) & (margins >= margin)
            false = float((given & chatter).sum()) / max(1, int(chatter.sum()))
            rash = float((given & silent).sum()) / max(1, int(silent.sum()))
            score = macro_f1(
                [row.faq for row in rows],
                [INTENTS[b] if g else None for b, g in zip(best, given, strict=True)],
            )
            if false <= _FALSE_ON_CHATTER and rash <= _FALSE_ON_SILENT and score > chosen[2] + 1e-9:
                chosen = (round(float(threshold), 2), margin, score, false)
    constants = {"right": right, "each": each, "threshold": chosen[0], "margin": chosen[1], "also": 0.6}
    return constants, {"faq_macro_f1": chosen[2], "false_answers": chosen[3]}


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
