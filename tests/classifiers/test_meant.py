"""Disguises undone for the model: harmless ones too, and nothing else touched."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.meant import meant
from classifiers.normalize import pictures, splits, syllables, undisguised
from classifiers.plain import grams, plain


def read(text: str) -> str:
    return meant([text], plain([text])).normals[0]


@pytest.mark.parametrize(
    "text", ["多少钱", "M码有吗", "iphone15", "666", "", "ok", "vip价格", "vx", "\ud800"]
)
def test_plain_comments_stay(text: str) -> None:
    seen = plain([text])
    assert meant([text], seen) is seen


@pytest.mark.parametrize(
    ("text", "hanzi"), [("zhe ge duo shao qian", "这个多少钱"), ("加 wei xin", "加微信"), ("SHA BI", "傻逼")]
)
def test_typed_pinyin_is_read_by_its_sound(text: str, hanzi: str) -> None:
    assert syllables(read(text)) == syllables(hanzi)


def test_pictures_and_split_characters_are_undone() -> None:
    assert read("薇❤") == "薇心"
    assert read("弓虽") == "强"


def test_every_split_character_and_picture_is_noticed() -> None:
    """What tells whether a comment may be disguised misses none, alone or in a batch."""
    texts = [*pictures(), *splits(), *(f"说{parts[0]} {parts[1:]}" for parts in splits())]
    expected = [view.text for view in map(undisguised, texts) if view]
    assert len(expected) == len(texts)
    assert meant(texts, plain(texts)).normals == expected
    assert list(map(read, texts)) == expected


def test_syllable_grams_of_pinyin_are_those_of_hanzi() -> None:
    typed, spoken = (set(grams(plain([text]).codes)[0].tolist()) for text in ("多少钱", "duo shao qian"))
    undone = set(grams(meant(["duo shao qian"], plain(["duo shao qian"])).codes)[0].tolist())
    assert not typed & spoken
    assert len(typed & undone) == 3


def test_others_of_the_batch_and_question_marks_stay() -> None:
    texts = ["多少钱?", "duo shao qian", "好看"]
    undone = meant(texts, plain(texts))
    assert undone.normals[0] == "多少钱"
    assert undone.normals[2] == "好看"
    assert np.array_equal(undone.asking, [True, False, False])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.text(st.one_of(st.characters(), st.sampled_from("zhangweixin弓虽❤ ")), max_size=30), max_size=5
    )
)
def test_any_text_alone_or_in_company(texts: list[str]) -> None:
    assert meant(texts, plain(texts)).normals == [read(text) for text in texts]
