"""Making a model from labelled comments. Only this file and calibration.py import scikit-learn.

Every column is a logistic regression over the same features: grams weighted by how rare they are, and the senses of
lore.py. The weights of the senses are then added to those of their grams, so that judging knows grams only.
What must not be flattered by the weights having seen a comment (calibration, thresholds, the scores on the card) is
taken from the DEVELOPMENT batches, by writers no weight has learnt from; where none is given, from held-out folds,
whole batches left out in turn. TEST batches are never read here. Forum posts (forum.py) teach the column of abuse only.
Equal data gives an equal model, byte for byte, with the same library versions.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression

from classifiers import forum, labelled, lore, model, rulebook
from classifiers.calibration import constants
from classifiers.errors import TrainingDataError
from classifiers.faq import never_asks
from classifiers.labelled import HELD_OUT, Labelled
from classifiers.lexicon import Lexicon
from classifiers.normalize import NORMALIZER
from classifiers.plain import Codes, Plain, grams, plain
from classifiers.rulebook import RuleBook
from classifiers.verdict import INTENTS, KINDS

_STRENGTH = {"faq": 100.0, "asks": 100.0, "purchase": 30.0, "negative": 30.0, "kind": 30.0, "severity": 4.0}
_SENSE_WEIGHT = 4.0
_TOLERANCE = 1e-3
_UNKNOWN = 20.0
"""What an unknown gram adds to the squared length of a comment's vector."""
_TWICE, _FORUM_POSTS = 2, 5
"""Comments, or forum posts, a gram must occur in to be kept."""
_FOLDS = 4
_SPREAD = ("chatter", "register", "extra", "reviews", "forum", "desk")
"""Batches of a kind that has no sibling: left out whole, their kind would be missing from the training folds."""

Truth = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Read:
    """Comments as the layer sees them: their normal view, and what codes the rule book found in which of them."""

    plain: Plain
    hits: dict[int, frozenset[str]]

    def some(self, which: npt.NDArray[np.int64]) -> Read:
        """Only the comments with these numbers, in this order."""
        numbers = which.tolist()
        hits = {place: self.hits[number] for place, number in enumerate(numbers) if number in self.hits}
        return Read(self.plain.some(numbers), hits)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learnt from: comments and, for each column, whether it holds of them; forum posts, and which of them are
    offensive; the codes of the rule book. `moods`: comments whose feeling is nobody's fault; the column `negative`
    learns them neither as blame nor as none."""

    seen: Read
    truth: dict[str, Truth]
    moods: Truth
    told: Read
    offensive: Truth
    codes: list[str]

    def some(self, which: npt.NDArray[np.int64]) -> Lesson:
        """The same with these comments only; the forum posts stay."""
        truth = {name: values[which] for name, values in self.truth.items()}
        return Lesson(self.seen.some(which), truth, self.moods[which], self.told, self.offensive, self.codes)


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
    codes = sorted(book.codes)
    lesson = Lesson(
        _read([row.text for row in rows], book), {name: _truth(name, rows) for name in model.COLUMNS},
        np.array([row.vertical == "mood" for row in rows]),
        _read([post.text for post in posts], book), np.array([post.offensive for post in posts], dtype=np.bool_), codes,
    )  # fmt: skip
    say(f"learning from {len(rows)} comments and {len(posts)} forum posts")
    layer = fit(lesson)
    if unread:
        values = _decided(layer, _read([row.text for row in unread], book), codes)
    else:
        unread, values = rows, _folded(lesson, _folds([row.batch for row in rows]), say)
    card = {
        "format": model.FORMAT, "normalizer": NORMALIZER, "features": lore.FEATURES, "columns": list(model.COLUMNS),
        "unknown": _UNKNOWN, "codes": codes, "rulebook": book.version,
        "data_hash": labelled.fingerprint(paths), "rows": dict(sorted(Counter(row.batch for row in rows).items())),
        "forum_hash": labelled.fingerprint(posts_in) if posts_in else "", "forum_posts": len(posts),
        **constants(unread, _quiet(unread), {name: _truth(name, unread) for name in model.COLUMNS}, values),
    }  # fmt: skip
    model.save(out, layer, card)
    return card


def _truth(column: str, rows: Sequence[Labelled]) -> Truth:
    return np.array([holds(column, row) for row in rows], dtype=np.bool_)


def _quiet(rows: Sequence[Labelled]) -> Truth:
    return np.array([never_asks(normal) for normal in plain([row.text for row in rows]).normals], dtype=np.bool_)


def _decided(layer: model.Weights, seen: Read, codes: list[str]) -> Values:
    """Decision values with the weights as they are shipped."""
    values: Values = model.Model(layer, {"unknown": _UNKNOWN, "codes": codes}, "").decide(seen.plain, seen.hits)
    return values


def _folded(lesson: Lesson, folds: npt.NDArray[np.int64], say: Callable[[str], None]) -> Values:
    """Decision values of every comment by weights that have not seen its fold."""
    values = np.zeros((len(folds), len(model.COLUMNS)))
    for number in range(int(folds.max()) + 1):
        say(f"fold {number + 1} of {int(folds.max()) + 1}")
        inside, outside = np.flatnonzero(folds != number), np.flatnonzero(folds == number)
        values[outside] = _decided(fit(lesson.some(inside)), lesson.seen.some(outside), lesson.codes)
    return values


def _enough(rows: Sequence[Labelled]) -> None:
    counts = Counter(row.faq for row in rows)
    short = [intent for intent in INTENTS if counts[intent] < 2]
    short += [kind for kind in KINDS if sum(row.negative == kind for row in rows) < 2]
    if short or len({row.batch for row in rows}) < 2:
        what = f"fewer than two comments are labelled {short[0]}" if short else "there is only one batch"
        raise TrainingDataError(f"Too little to learn from: {what}. Add labelled comments.")


def holds(column: str, row: Labelled) -> bool:
    """The truth of one column of the model for one row."""
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
    """Number of the fold of each row: whole batches together, the folds about equally large; rows of _SPREAD batches
    in turn to all."""
    sizes = Counter(name for name in batches if not name.startswith(_SPREAD)) or Counter(batches)
    folds = max(2, min(_FOLDS, len(sizes)))
    load = [0] * folds
    number: dict[str, int] = {}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        number[name] = load.index(min(load))
        load[number[name]] += sizes[name]
    return np.array([number.get(name, row % folds) for row, name in enumerate(batches)])


def _read(texts: Sequence[str], book: RuleBook) -> Read:
    seen = plain(texts)
    found = Lexicon(book).find_all(texts, seen.normals)
    hits = {at: frozenset(hit.category for hit in these.hits) for at, these in enumerate(found) if these.hits}
    return Read(seen, hits)


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """Grams kept, ascending within each part: `wide` of comments and senses, `narrow` of forum posts only. `rarity`:
    the value of each as a feature, 0 for grams that only a sense knows; `size` what each adds to a squared length."""

    wide: Codes
    narrow: Codes
    rarity: Values
    size: Values
    senses: csr_matrix
    names: tuple[str, ...]

    @property
    def keys(self) -> Codes:
        return np.concatenate([self.wide, self.narrow])

    def rows(self, found: Codes) -> npt.NDArray[np.int64]:
        """The row of each gram, -1 where unknown."""
        out = np.full(len(found), -1, dtype=np.int64)
        first = 0
        for part in (self.wide, self.narrow):
            if len(part):
                at = np.minimum(np.searchsorted(part, found), len(part) - 1)
                hit = part[at] == found
                out[hit] = at[hit] + first
            first += len(part)
        return out


def _vocabulary(seen: Plain, told: Plain) -> _Vocabulary:
    common, counts = _occurring(seen, _TWICE)
    senses = lore.senses()
    known = np.unique(np.array([key for words in senses.values() for key in words], dtype=np.uint32))
    wide = np.union1d(common, known).astype(np.uint32)
    rarity = np.zeros(len(wide))
    rarity[np.searchsorted(wide, common)] = np.log((1 + len(seen.normals)) / (1 + counts)) + 1
    size = np.where(rarity > 0, rarity**2, _UNKNOWN)
    forum_common, forum_counts = _occurring(told, _FORUM_POSTS)
    new = ~np.isin(forum_common, wide)
    narrow = forum_common[new]
    rare = np.log((1 + len(told.normals)) / (1 + forum_counts[new])) + 1
    entries = [(int(np.searchsorted(wide, key)), column, strength)
               for column, words in enumerate(senses.values()) for key, strength in words.items()]  # fmt: skip
    at, columns, strengths = zip(*entries, strict=True)
    matrix = csr_matrix((strengths, (at, columns)), shape=(len(wide) + len(narrow), len(senses)))
    return _Vocabulary(wide, narrow, np.concatenate([rarity, rare]), np.concatenate([size, rare**2]), matrix,
                       tuple(senses))  # fmt: skip


def _occurring(seen: Plain, least: int) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Grams that stand in at least so many comments, ascending, and in how many."""
    found, owners = grams(seen.codes)
    pairs = np.unique((found.astype(np.uint64) << np.uint64(32)) | owners.astype(np.uint64))
    keys, counts = np.unique((pairs >> np.uint64(32)).astype(np.uint32), return_counts=True)
    return keys[counts >= least], counts[counts >= least]


def _matrix(seen: Read, vocabulary: _Vocabulary, codes: Sequence[str]) -> csr_matrix:
    """One row a comment: its grams, its senses, whether a question mark was typed, what the rule book found."""
    found, owners = grams(seen.plain.codes)
    rows = vocabulary.rows(found)
    known = rows >= 0
    shape = (len(seen.plain.normals), len(vocabulary.rarity))
    counts = csr_matrix((np.ones(int(known.sum())), (owners[known], rows[known])), shape=shape)
    square = counts @ vocabulary.size + np.bincount(owners[~known], minlength=shape[0]) * _UNKNOWN
    scale = csr_matrix((1 / (1 + np.sqrt(square)), (range(shape[0]), range(shape[0]))), shape=(shape[0], shape[0]))
    words = counts.multiply(vocabulary.rarity[None, :]).tocsr()
    senses = counts @ vocabulary.senses * _SENSE_WEIGHT
    asking = csr_matrix(seen.plain.asking.astype(np.float64)[:, None])
    places = [(number, codes.index(code)) for number, these in sorted(seen.hits.items()) for code in sorted(these)]
    hits = csr_matrix(
        (np.ones(len(places)), tuple(zip(*places, strict=True)) or ((), ())), shape=(shape[0], len(codes))
    )
    whole: csr_matrix = hstack([scale @ words, scale @ senses, asking, hits]).tocsr()
    return whole


def fit(lesson: Lesson) -> model.Weights:
    """All columns fitted, senses added to their grams, weights brought to whole steps."""
    truth, moods, codes = lesson.truth, lesson.moods, lesson.codes
    vocabulary = _vocabulary(lesson.seen.plain, lesson.told.plain)
    matrix = _matrix(lesson.seen, vocabulary, codes)
    forum_rows = _matrix(lesson.told, vocabulary, codes) if lesson.told.plain.normals else matrix[:0]
    every = len(vocabulary.rarity)
    weights = np.zeros((every, len(model.COLUMNS)))
    bias, asking = np.zeros(len(model.COLUMNS)), np.zeros(len(model.COLUMNS))
    hits = np.zeros((len(codes), len(model.COLUMNS)))
    ends = every + len(vocabulary.names)

    def learn(at: int) -> None:
        column = model.COLUMNS[at]
        part = np.arange(len(moods))
        if column.startswith("severity"):
            part = np.flatnonzero(truth["negative"])
        elif column == "negative":
            part = np.flatnonzero(~moods)
        answers, rows = truth[column][part], matrix[part]
        if at == model.ABUSE:
            answers, rows = np.concatenate([answers, lesson.offensive]), vstack([rows, forum_rows]).tocsr()
        if answers.all() or not answers.any():
            bias[at] = 5.0 if answers.all() else -5.0
            return
        slopes, bias[at] = _regression(rows, answers, column)
        weights[:, at] = slopes[:every] * vocabulary.rarity
        weights[:, at] += vocabulary.senses @ slopes[every:ends] * _SENSE_WEIGHT
        asking[at], hits[:, at] = slopes[ends], slopes[ends + 1 :]

    # Columns do not touch each other, and liblinear lets go of the interpreter: the result is the same in any order.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        list(workers.map(learn, sorted(range(len(model.COLUMNS)), key=lambda at: at != model.ABUSE)))
    return _stepped(vocabulary, weights, bias, asking, hits)


def _regression(rows: csr_matrix, answers: Truth, column: str) -> tuple[Values, float]:
    """Slopes and constant of one column."""
    strength = next(c for name, c in _STRENGTH.items() if column.startswith(name))
    regression = LogisticRegression(
        C=strength, solver="liblinear", class_weight="balanced", random_state=0, max_iter=300, tol=_TOLERANCE
    )
    regression.fit(rows, answers)
    return regression.coef_[0], float(regression.intercept_[0])


def _stepped(
    vocabulary: _Vocabulary, weights: Values, bias: Values, asking: Values, hits: Values
) -> model.Weights:
    """Weights as 8-bit steps: of its row's largest for a wide row, of the largest of all for the narrow ones."""
    wide = len(vocabulary.wide)
    largest = np.abs(weights[:wide]).max(axis=1)
    scale = (np.where(largest > 0, largest, 1.0) / model.STEPS).astype(np.float32)
    steps = np.rint(weights[:wide] / scale[:, None]).astype(np.int8)
    narrow = weights[wide:, model.ABUSE]
    narrow_scale = float(np.float32(max(float(np.abs(narrow).max(initial=0.0)), 1e-6) / model.STEPS))
    return model.Weights(
        keys=vocabulary.keys, steps=steps, scale=scale,
        narrow=np.rint(narrow / narrow_scale).astype(np.int8), narrow_scale=narrow_scale,
        size=vocabulary.size.astype(np.float32), bias=bias.astype(np.float32), asking=asking.astype(np.float32),
        hits=hits.astype(np.float32),
    )  # fmt: skip
