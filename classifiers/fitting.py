"""One layer fitted to a lesson.

Every column is a logistic regression over the same features: grams weighted by how rare they are, and the senses of
lore.py. The weights of the senses are then added to those of their grams, so that judging knows grams only.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from classifiers import lore, model
from classifiers.lesson import Lesson, Read
from classifiers.plain import Codes, Plain, grams

_STRENGTH = {
    "faq": 100.0,
    "asks": 100.0,
    "purchase": 30.0,
    "negative": 40.0,
    "kind:abuse": 15.0,
    "kind": 30.0,
    "severity": 4.0,
    "displeased": 0.5,
    "remark": 0.5,
}
_SENSE_WEIGHT = 4.0
_TOLERANCE = 1e-3
UNKNOWN = 20.0
"""What an unknown gram adds to the squared length of a comment's vector."""
_ROOM_WEIGHT, _LINE_WEIGHT = 0.3, 0.4
"""What a room comment, and a line in the register of reviews and posts, count beside a forum post for the column of
abuse, where forum posts are given."""
_SOUND_WEIGHT = 0.3
"""What a forum post counts when it is read by its sound alone."""
_COMMENTS, _ANY, _FORUM_POSTS = 2, 4, 4
"""How often a gram must occur to be kept: in short comments, or in lines of any kind, or in forum posts."""
_REVIEW_WEIGHT = 0.3
"""What a line in the register of reviews counts for the column `negative`, which is for rooms: blame is told in other
words there. The column `displeased` learns from such lines alone."""
_POST_WEIGHT, _CHAT_WEIGHT = 0.3, 3.0
"""What a post, and a remark to a chat partner, counts for the column `displeased` beside a review: posts are about
people rather than goods; remarks are few and short, and their moods are told in words that reviews lack."""

Truth = npt.NDArray[np.bool_]
Values = npt.NDArray[np.float64]


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


def _vocabulary(seen: Plain, reviews: Truth, told: Plain) -> _Vocabulary:
    every, often = _occurring(seen, _COMMENTS)
    in_comments, _ = _occurring(seen.some(np.flatnonzero(~reviews).tolist()), _COMMENTS)
    kept = (often >= _ANY) | np.isin(every, in_comments)
    common, counts = every[kept], often[kept]
    senses = lore.senses()
    known = np.unique(np.array([key for words in senses.values() for key in words], dtype=np.uint32))
    posted, posts = _occurring(told, _FORUM_POSTS)
    # Commonest first, and what comments taught before what only a sense or a forum post knows.
    parts = ((common, counts), (known, np.zeros(len(known))), (posted, posts - len(told.normals) - 1))
    keys = np.concatenate([these for these, _ in parts])
    order = np.argsort(-np.concatenate([times for _, times in parts]), kind="stable")
    alone = _alone_in_slot(keys[order])
    wide = np.intersect1d(alone, np.union1d(common, known)).astype(np.uint32)
    narrow = np.setdiff1d(alone, wide).astype(np.uint32)
    rarity = np.concatenate([_rarity(wide, common, counts, len(seen.normals)),
                             _rarity(narrow, posted, posts, len(told.normals))])  # fmt: skip
    size = np.where(rarity > 0, rarity**2, UNKNOWN)
    places = {key: place for place, key in enumerate(wide.tolist())}
    entries = [(places[key], column, strength) for column, words in enumerate(senses.values())
               for key, strength in words.items() if key in places]  # fmt: skip
    at, columns, strengths = zip(*entries, strict=True)
    matrix = csr_matrix((strengths, (at, columns)), shape=(len(wide) + len(narrow), len(senses)))
    return _Vocabulary(wide, narrow, rarity, size, matrix, tuple(senses))


def _alone_in_slot(keys: Codes) -> Codes:
    """Of keys that share a slot of the model's index the first: the others could not be found when judging."""
    _, first = np.unique(keys & np.uint32(model.SLOTS - 1), return_index=True)
    return keys[first]


def _rarity(keys: Codes, counted: Codes, counts: npt.NDArray[np.int64], every: int) -> Values:
    """How rare each key is among `every` texts; 0 for keys that were not counted. Both ascending."""
    rarity = np.zeros(len(keys))
    at = np.searchsorted(counted, keys)
    met = np.flatnonzero(at < len(counted))
    met = met[counted[at[met]] == keys[met]]
    rarity[met] = np.log((1 + every) / (1 + counts[at[met]])) + 1
    return rarity


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
    square = counts @ vocabulary.size + np.bincount(owners[~known], minlength=shape[0]) * UNKNOWN
    scale = csr_matrix(
        (1 / (1 + np.sqrt(square)), (range(shape[0]), range(shape[0]))), shape=(shape[0], shape[0])
    )
    words = counts.multiply(vocabulary.rarity[None, :]).tocsr()
    senses = counts @ vocabulary.senses * _SENSE_WEIGHT
    asking = csr_matrix(seen.plain.asking.astype(np.float64)[:, None])
    places = [
        (number, codes.index(code)) for number, these in sorted(seen.hits.items()) for code in sorted(these)
    ]
    hits = csr_matrix(
        (np.ones(len(places)), tuple(zip(*places, strict=True)) or ((), ())), shape=(shape[0], len(codes))
    )
    whole: csr_matrix = hstack([scale @ words, scale @ senses, asking, hits]).tocsr()
    # In order before threads share it: scipy sorts a matrix in place when it is first read, two at once would spoil it.
    whole.sum_duplicates()
    return whole


def fit(lesson: Lesson) -> model.Weights:
    """All columns fitted, senses added to their grams, weights brought to whole steps."""
    truth, codes = lesson.truth, lesson.codes
    vocabulary = _vocabulary(lesson.seen.plain, lesson.reviews, lesson.told.plain)
    matrix = _matrix(lesson.seen, vocabulary, codes)
    forum_rows = _matrix(lesson.told, vocabulary, codes) if lesson.told.plain.normals else matrix[:0]
    by_sound = _matrix(lesson.told.by_sound(), vocabulary, codes) if lesson.told.plain.normals else matrix[:0]
    every = len(vocabulary.rarity)
    weights = np.zeros((every, len(model.COLUMNS)))
    bias, asking = np.zeros(len(model.COLUMNS)), np.zeros(len(model.COLUMNS))
    hits = np.zeros((len(codes), len(model.COLUMNS)))
    ends = every + len(vocabulary.names)

    def learn(at: int) -> None:
        column = model.COLUMNS[at]
        answers, rows, weight = truth[column], matrix, None
        if column.startswith("severity"):
            answers, rows = answers[truth["negative"]], matrix[truth["negative"]]
        elif column == "negative":
            weight = np.where(lesson.reviews, _REVIEW_WEIGHT, 1.0)
        elif column == "displeased":
            here = truth["remark"]
            answers, rows = answers[here], matrix[here]
            weight = np.where(lesson.posts, _POST_WEIGHT, np.where(lesson.chat, _CHAT_WEIGHT, 1.0))[here]
        elif at == model.ABUSE:
            # Posts, offensive and safe alike, by their sound alone too: else homophones would hide the one, and a
            # disguise would itself count as offensive.
            answers = np.concatenate([answers, lesson.offensive, lesson.offensive])
            rows = vstack([rows, forum_rows, by_sound]).tocsr()
            posts = np.ones(len(lesson.offensive))
            weight = np.concatenate([
                np.where(lesson.reviews, _LINE_WEIGHT, _ROOM_WEIGHT), posts, posts * _SOUND_WEIGHT
            ])  # fmt: skip
        if answers.all() or not answers.any():
            bias[at] = 5.0 if answers.size and answers.all() else -5.0
            return
        balanced = column != "negative" and not (at == model.ABUSE and lesson.told.plain.normals)
        slopes, bias[at] = _regression(rows, answers, weight, _strength(column), balanced)
        weights[:, at] = slopes[:every] * vocabulary.rarity
        weights[:, at] += vocabulary.senses @ slopes[every:ends] * _SENSE_WEIGHT
        asking[at], hits[:, at] = slopes[ends], slopes[ends + 1 :]

    # Columns do not touch each other, and liblinear lets go of the interpreter: the result is the same in any order.
    # Sums that BLAS shares out over threads come out in another order each time, so it gets one thread.
    with threadpool_limits(1), ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        list(workers.map(learn, sorted(range(len(model.COLUMNS)), key=lambda at: at != model.ABUSE)))
    return _stepped(vocabulary, weights, bias, asking, hits)


def _strength(column: str) -> float:
    return next(strength for name, strength in _STRENGTH.items() if column.startswith(name))


def _regression(
    rows: csr_matrix, answers: Truth, weight: Values | None, strength: float, balanced: bool
) -> tuple[Values, float]:
    """Slopes and constant of one column. Forum posts are about half offensive, and of `negative` a probability is read
    rather than a side; all else is rare and `balanced`."""
    regression = LogisticRegression(
        C=strength, solver="liblinear", class_weight="balanced" if balanced else None,
        random_state=0, max_iter=300, tol=_TOLERANCE,
    )  # fmt: skip
    regression.fit(rows, answers, sample_weight=weight)
    return regression.coef_[0], float(regression.intercept_[0])


def _stepped(
    vocabulary: _Vocabulary, weights: Values, bias: Values, asking: Values, hits: Values
) -> model.Weights:
    """Weights as 8-bit steps: of its row's largest for a wide row, of the largest of all for the narrow ones."""
    wide = len(vocabulary.wide)
    largest = np.abs(weights[:wide]).max(axis=1)
    # Rounded as it will be stored, so that steps are counted in what is multiplied with them later.
    # Upwards, or the largest weight would need one step too many.
    exact = np.maximum(
        np.where(largest > 0, largest, 1.0) / model.STEPS, float(np.finfo(np.float16).smallest_normal)
    )
    half = exact.astype(np.float16)
    scale = np.where(half < exact, np.nextafter(half, np.float16(np.inf)), half).astype(np.float32)
    steps = np.clip(np.rint(weights[:wide] / scale[:, None]), -model.STEPS, model.STEPS).astype(np.int8)
    narrow = weights[wide:, model.ABUSE]
    narrow_scale = float(np.float32(max(float(np.abs(narrow).max(initial=0.0)), 1e-6) / model.STEPS))
    return model.Weights(
        keys=vocabulary.keys, steps=steps, scale=scale,
        narrow=np.rint(narrow / narrow_scale).astype(np.int8), narrow_scale=narrow_scale,
        size=vocabulary.size.astype(np.float16).astype(np.float32), bias=bias.astype(np.float32),
        asking=asking.astype(np.float32), hits=hits.astype(np.float32),
    )  # fmt: skip
