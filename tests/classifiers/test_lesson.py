"""What a model is taught with."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers import rulebook
from classifiers.forum import Post
from classifiers.labelled import Labelled
from classifiers.lesson import holds, lesson, read, truth
from classifiers.normalize import syllables

ASKS = Labelled("1", "多少钱 有货吗", "price", ("stock",), 1, None, 0, (), "a-1")
ANGRY = Labelled("2", "骗子", None, (), 0, "deception", 2, (), "reviews-x")
SAD = Labelled("3", "今天好累", None, (), 0, None, 0, (), "forum-x", "mood")
GLAD = Labelled("4", "今天真开心", None, (), 0, None, 0, (), "mood-x", "chat")


@pytest.mark.parametrize(
    ("column", "row", "answer"),
    [
        ("faq:price", ASKS, True), ("faq:stock", ASKS, True), ("faq:size", ASKS, False), ("asks", ASKS, True),
        ("asks", ANGRY, False), ("purchase>=1", ASKS, True), ("purchase>=2", ASKS, False), ("negative", ANGRY, True),
        ("kind:deception", ANGRY, True), ("kind:abuse", ANGRY, False), ("severity>=2", ANGRY, True),
        ("severity>=3", ANGRY, False), ("displeased", ANGRY, True), ("displeased", SAD, True), ("negative", SAD, False),
        ("displeased", GLAD, False), ("remark", ASKS, False), ("remark", ANGRY, True), ("remark", SAD, True),
        ("remark", GLAD, True),
    ],
)  # fmt: skip
def test_what_holds_of_a_row(column: str, row: Labelled, answer: bool) -> None:
    assert holds(column, row) is answer
    assert truth(column, [row]).tolist() == [answer]


def test_rows_posts_and_registers() -> None:
    taught = lesson([ASKS, ANGRY, SAD, GLAD], [Post("你好", False), Post("滚", True)], rulebook.load())
    assert taught.reviews.tolist() == [False, True, True, False]
    assert taught.posts.tolist() == [False, False, True, False]
    assert taught.chat.tolist() == [False, False, False, True]
    assert taught.offensive.tolist() == [False, True]
    assert taught.seen.plain.normals == ["多少钱有货吗", "骗子", "今天好累", "今天真开心"]
    some = taught.some(np.array([2, 0]))
    assert some.seen.plain.normals == ["今天好累", "多少钱有货吗"]
    assert some.posts.tolist() == [True, False]
    assert some.truth["asks"].tolist() == [False, True]
    assert some.told is taught.told


def test_hits_go_with_their_comments() -> None:
    seen = read(["好看", "加薇信聊", "多少钱"], rulebook.load())
    assert list(seen.hits) == [1]
    assert "D01" in seen.hits[1]
    assert seen.some(np.array([1, 2])).hits == {0: seen.hits[1]}


def test_by_sound_keeps_nothing_but_syllables() -> None:
    seen = read(["你很好", "ok"], rulebook.load()).by_sound()
    assert seen.plain.normals == [syllables("你很好"), "ok"]
