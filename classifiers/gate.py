"""Whether a model may take another's place: label by label, on comments neither has learned from.

For each label the F1 of both models is taken on the same comments. How much of the difference is chance is told by the
paired bootstrap: comments are drawn anew with replacement, ROUNDS times, and both models are scored on each draw; the
spread of the differences is the standard error. A candidate is *worse on a label* when its loss is larger than POINT
and larger than ERRORS standard errors.

Why two errors: of the 38 labels about six fall by more than one through chance alone, so that a gate at one refuses
every model that was merely trained again (tried: six of six, from 95 % of the same comments). Why a point: on the
labels that most comments carry, differences nobody would notice are larger than chance. So small losses pass, and could
add up over many candidates: compare with the shipped model too, not only with the one before. Labels with fewer than
FEWEST comments in the split are not examined, but named. Banned spans are no label here: they are the rule book's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import labelled
from classifiers.cascade import Cascade
from classifiers.errors import TrainingDataError
from classifiers.labelled import Labelled
from classifiers.verdict import INTENTS, KINDS, Verdict

ROUNDS = 1000
POINT = 0.01
ERRORS = 2.0
FEWEST = 5
_SEED = 20_260_101
BATCH = 256

Marks = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Judged = tuple[str | None, int, str | None, int]
"""Intent, purchase level, kind of negativity and its severity, as labelled or as judged."""
Holds = Callable[[str | None, int, str | None, int], bool]


@dataclass(frozen=True, slots=True)
class Label:
    """One label's outcome: F1 of both models (0-1), the standard error of their difference, how many comments of the
    split carry the label, and whether the candidate is worse."""

    candidate: float
    against: float
    standard_error: float
    count: int
    worse: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """The outcome. `candidate`, `against`: versions; `split`: fingerprint of the files."""

    candidate: str
    against: str
    rows: int
    split: str
    labels: Mapping[str, Label]
    unexamined: tuple[str, ...]

    @property
    def worse(self) -> tuple[str, ...]:
        """Names of the labels on which the candidate is worse."""
        return tuple(name for name, label in self.labels.items() if label.worse)

    @property
    def passed(self) -> bool:
        """Whether the candidate is worse on none."""
        return not self.worse

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, the outcome first."""
        return {
            "passed": self.passed, "worse": list(self.worse), "candidate": self.candidate, "against": self.against,
            "rows": self.rows, "split": self.split, "unexamined": list(self.unexamined),
            "labels": {name: asdict(label) for name, label in self.labels.items()},
        }  # fmt: skip


def frozen_split() -> list[Path]:
    """The shipped batches that nothing is learnt from and no threshold is chosen on."""
    return [path for path in labelled.files([labelled.SHIPPED]) if path.stem in labelled.TEST]


def examine(candidate: Cascade, against: Cascade, files: Sequence[Path]) -> Gate:
    """Both models on every row of `files` (files or folders). Raises TrainingDataError for a broken file, and when one
    of the two has learned from a batch of it: then its score there would prove nothing."""
    paths = labelled.files(files)
    rows = [row for path in paths for row in labelled.read(path)]
    if not rows:
        raise TrainingDataError("The files hold no labelled comment. Name a split with comments in it.")
    for cascade in (candidate, against):
        learned = cascade.model.card.get("rows")
        known = sorted({row.batch for row in rows} & set(learned if isinstance(learned, dict) else ()))
        if known:
            raise TrainingDataError(
                f"The model {cascade.versions.model} has learned from the batch {known[0]}, so it cannot be examined "
                "with it. Name files that neither model was trained on."
            )
    texts = [row.text for row in rows]
    names, truth = list(LABELS), _columns(rows, _truth)
    own, other = (_columns(_judge(cascade, texts), _given) for cascade in (candidate, against))
    labels, few = compare(names, truth, own, other)
    return Gate(
        candidate.versions.model, against.versions.model, len(rows), labelled.fingerprint(paths), labels, few
    )


def compare(
    names: Sequence[str], truth: Marks, candidate: Marks, against: Marks
) -> tuple[dict[str, Label], tuple[str, ...]]:
    """Outcome by label, and the labels that are too rare to examine. Arrays: a row a comment, a column a label."""
    counts = truth.sum(axis=0)
    drawn = np.random.default_rng(_SEED).multinomial(
        len(truth), np.full(len(truth), 1 / len(truth)), size=ROUNDS
    )
    weights = np.vstack([np.ones(len(truth)), drawn])
    first, second = (_f1(weights, truth, given) for given in (candidate, against))
    spread = (first[1:] - second[1:]).std(axis=0, ddof=1)
    labels = {}
    for at, name in enumerate(names):
        if counts[at] < FEWEST:
            continue
        loss, error = float(second[0, at] - first[0, at]), float(spread[at])
        worse = loss > POINT and loss > ERRORS * error
        labels[name] = Label(
            round(float(first[0, at]), 4),
            round(float(second[0, at]), 4),
            round(error, 4),
            int(counts[at]),
            worse,
        )
    return labels, tuple(name for at, name in enumerate(names) if counts[at] < FEWEST)


def _f1(weights: Floats, truth: Marks, given: Marks) -> Floats:
    """F1 of each label under each weighting of the comments; 1 where there is nothing to find and nothing was found."""
    both = weights @ (truth & given).astype(np.float64)
    all_of_both = weights @ (truth.astype(np.float64) + given.astype(np.float64))
    scores: Floats = np.where(all_of_both > 0, 2 * both / np.maximum(all_of_both, 1), 1.0)
    return scores


def _judge(cascade: Cascade, texts: Sequence[str]) -> list[Verdict]:
    return [one for at in range(0, len(texts), BATCH) for one in cascade.judge(texts[at : at + BATCH])]


def _columns(things: Sequence[Any], ask: Callable[[Any], Judged]) -> Marks:
    return np.array([[holds(*ask(one)) for holds in LABELS.values()] for one in things], dtype=np.bool_)


def _truth(row: Labelled) -> Judged:
    return row.faq, row.purchase, row.negative, row.severity


def _given(verdict: Verdict) -> Judged:
    intent = verdict.faq.intent if verdict.faq else None
    return intent, verdict.purchase.level, verdict.negative.kind, verdict.negative.severity


def _is_intent(wanted: str | None) -> Holds:
    return lambda intent, level, kind, severity: intent == wanted


def _is_level(least: int) -> Holds:
    return lambda intent, level, kind, severity: level >= least


def _is_kind(wanted: str) -> Holds:
    return lambda intent, level, kind, severity: kind == wanted


def _is_severe(least: int) -> Holds:
    return lambda intent, level, kind, severity: kind is not None and severity >= least


LABELS: Mapping[str, Holds] = {
    "faq:none": _is_intent(None),
    **{f"faq:{intent}": _is_intent(intent) for intent in INTENTS},
    **{f"purchase>={least}": _is_level(least) for least in (1, 2, 3)},
    "negative": _is_severe(1),
    **{f"kind:{kind}": _is_kind(kind) for kind in KINDS},
    **{f"severity>={least}": _is_severe(least) for least in (2, 3)},
}
"""Every label that is examined, and when a comment carries it."""
