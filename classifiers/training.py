"""Making a model from labelled comments. Of this package only fitting.py and calibration.py import scikit-learn.

What must not be flattered by the weights having seen a comment (calibration, thresholds, the scores on the card) is
taken from the DEVELOPMENT batches, by writers no weight has learnt from; where none is given, from held-out folds,
whole batches left out in turn, because comments of one batch resemble each other. TEST batches are never read here.
Forum posts (forum.py) teach the column of abuse only. Equal data gives an equal model, byte for byte, with the same
library versions; with forum posts the column of abuse was seen to differ slightly (docs/model-card.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers import forum, labelled, lesson, lore, model, rulebook
from classifiers.calibration import constants
from classifiers.errors import TrainingDataError
from classifiers.faq import never_asks
from classifiers.fitting import UNKNOWN, fit
from classifiers.labelled import Labelled
from classifiers.lesson import Lesson, Read
from classifiers.normalize import NORMALIZER
from classifiers.plain import Flags, plain
from classifiers.verdict import INTENTS, KINDS

_FOLDS = 4

Values = npt.NDArray[np.float64]


def train(
    data_dirs: Sequence[Path], out: Path, say: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Train on every labelled file in `data_dirs` (folders or files) but the held-out batches; write a model to `out`.

    Files with the header `text,label,…` and the labels offensive/safe are forum posts. Returns the card. Raises
    TrainingDataError when a file is wrong or there is too little to learn from.
    """
    posts_in, comments_in = forum.apart(labelled.files(data_dirs))
    paths = [path for path in comments_in if path.stem not in labelled.TEST]
    rows = [row for path in paths for row in labelled.read(path) if row.batch not in labelled.TEST]
    unread = [row for row in rows if row.batch in labelled.DEVELOPMENT]
    rows = [row for row in rows if row.batch not in labelled.DEVELOPMENT]
    _enough(rows)
    posts = [post for path in posts_in for post in forum.read(path)]
    book = rulebook.load()
    taught = lesson.lesson(rows, posts, book)
    say(f"learning from {len(rows)} comments and {len(posts)} forum posts")
    layer = fit(taught)
    if unread:
        values = _decided(layer, lesson.read([row.text for row in unread], book), taught.codes)
    else:
        unread, values = rows, _folded(taught, _folds([row.batch for row in rows]), say)
    found = constants(
        unread, _quiet(unread), {name: lesson.truth(name, unread) for name in model.COLUMNS}, values
    )
    if posts:
        # Forum posts lie evenly on both sides of nought; rooms, where abuse is rare, would move the middle.
        abuse = model.COLUMNS[model.ABUSE]
        found["calibration"][abuse] = (found["calibration"][abuse][0], 0.0)
    card = {
        "format": model.FORMAT, "normalizer": NORMALIZER, "features": lore.FEATURES, "columns": list(model.COLUMNS),
        "unknown": UNKNOWN, "codes": taught.codes, "rulebook": book.version,
        "data_hash": labelled.fingerprint(paths), "rows": dict(sorted(Counter(row.batch for row in rows).items())),
        "forum_hash": labelled.fingerprint(posts_in) if posts_in else "", "forum_posts": len(posts), **found,
    }  # fmt: skip
    model.save(out, layer, card)
    return card


def _quiet(rows: Sequence[Labelled]) -> Flags:
    return np.array(
        [never_asks(normal) for normal in plain([row.text for row in rows]).normals], dtype=np.bool_
    )


def _decided(layer: model.Weights, seen: Read, codes: list[str]) -> Values:
    """Decision values with the weights as they are shipped."""
    decided = model.Model(layer, {"unknown": UNKNOWN, "codes": codes}, "").decide(seen.plain, seen.hits)
    return decided.astype(np.float64)


def _folded(taught: Lesson, folds: npt.NDArray[np.int64], say: Callable[[str], None]) -> Values:
    """Decision values of every comment by weights that have not seen its fold."""
    values = np.zeros((len(folds), len(model.COLUMNS)))
    for number in range(int(folds.max()) + 1):
        say(f"fold {number + 1} of {int(folds.max()) + 1}")
        inside, outside = np.flatnonzero(folds != number), np.flatnonzero(folds == number)
        values[outside] = _decided(fit(taught.some(inside)), taught.seen.some(outside), taught.codes)
    return values


def _enough(rows: Sequence[Labelled]) -> None:
    counts = Counter(row.faq for row in rows)
    short = [intent for intent in INTENTS if counts[intent] < 2]
    short += [kind for kind in KINDS if sum(row.negative == kind for row in rows) < 2]
    if short or len({row.batch for row in rows}) < 2:
        what = f"fewer than two comments are labelled {short[0]}" if short else "there is only one batch"
        raise TrainingDataError(f"Too little to learn from: {what}. Add labelled comments.")


def _folds(batches: Sequence[str]) -> npt.NDArray[np.int64]:
    """Number of the fold of each row: whole batches together, the folds about equally large."""
    sizes = Counter(batches)
    load = [0] * max(2, min(_FOLDS, len(sizes)))
    number: dict[str, int] = {}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        number[name] = load.index(min(load))
        load[number[name]] += sizes[name]
    return np.array([number[name] for name in batches])
