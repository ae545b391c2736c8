"""One layer fitted to a lesson: what is kept, how weights are stored, what senses and posts add."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers import fitting, lore, model, rulebook
from classifiers.forum import Post
from classifiers.labelled import Labelled
from classifiers.lesson import Lesson, lesson
from classifiers.plain import gram, plain

BLAME = ("质量太差了", "起球掉色", "差评退货", "做工太差")
PRAISE = ("质量很好", "颜色好看", "做工不错", "很好看呀")


@pytest.fixture(autouse=True)
def few_senses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lore, "senses", lambda: {"neg": {gram("失望"): 1.0, gram("太差"): 1.0}})


def taught(posts: tuple[Post, ...] = ()) -> Lesson:
    rows = [Labelled(f"b{i}", text, None, (), 0, "quality", 1, (), "x") for i, text in enumerate(BLAME * 3)]
    rows += [Labelled(f"p{i}", text, None, (), 1, None, 0, (), "y") for i, text in enumerate(PRAISE * 3)]
    return lesson(rows, posts, rulebook.load())


def decided(weights: model.Weights, text: str, column: str) -> float:
    made = model.Model(weights, {"unknown": fitting.UNKNOWN, "codes": sorted(rulebook.load().codes)}, "")
    return float(made.decide(plain([text]), {})[0, model.COLUMNS.index(column)])


def test_blame_scores_above_praise() -> None:
    weights = fitting.fit(taught())
    assert decided(weights, "质量太差", "negative") > 0 > decided(weights, "颜色很好看", "negative")


def test_reviews_have_a_column_of_their_own() -> None:
    """What a review blames with is blame there, and what it praises with is none; rooms have not been asked."""
    rows = [
        Labelled(f"b{i}", text, None, (), 0, "quality", 1, (), "reviews-x")
        for i, text in enumerate(BLAME * 3)
    ]
    rows += [
        Labelled(f"p{i}", text, None, (), 0, None, 0, (), "reviews-x") for i, text in enumerate(PRAISE * 3)
    ]
    room = ("来了来了", "666", "主播好")
    rows += [Labelled(f"r{i}", text, None, (), 0, None, 0, (), "x") for i, text in enumerate(room)]
    weights = fitting.fit(lesson(rows, (), rulebook.load()))
    assert decided(weights, "质量太差", "displeased") > 0 > decided(weights, "颜色很好看", "displeased")
    assert decided(weights, "颜色很好看", "remark") > 0 > decided(weights, "来了来了", "remark")
    without = fitting.fit(taught())
    assert decided(without, "质量太差", "displeased") == decided(without, "质量太差", "remark") == -5


def test_a_sense_lends_its_weight_to_words_never_met() -> None:
    weights = fitting.fit(taught())
    assert decided(weights, "失望", "negative") > decided(weights, "芒果", "negative")


def test_equal_lessons_give_equal_weights_and_no_slot_is_shared() -> None:
    one, two = fitting.fit(taught()), fitting.fit(taught())
    for name in model.Weights.__slots__:
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    slots = one.keys & np.uint32(model.SLOTS - 1)
    assert len(np.unique(slots)) == len(slots)


def test_whole_steps_reach_but_never_pass_the_largest() -> None:
    weights = fitting.fit(taught())
    largest = np.abs(weights.steps.astype(int)).max(axis=1)
    assert largest.max() <= model.STEPS
    assert np.array_equal(weights.scale, weights.scale.astype(np.float16).astype(np.float32))


def test_posts_teach_abuse_and_by_sound_too() -> None:
    posts = tuple(Post(text, bad) for text, bad in (("你是笨猪头吧", True), ("今天天气不错", False))) * 6
    weights = fitting.fit(taught(posts))
    assert len(weights.narrow) > 0
    column = "kind:abuse"
    assert decided(weights, "笨猪头", column) > decided(weights, "天气不错", column)
    assert decided(weights, "笨朱头", column) > decided(weights, "芒果", column)
