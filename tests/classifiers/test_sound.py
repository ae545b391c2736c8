"""How a comment sounds: classes of syllables, typed pinyin and its readings, and where each came from."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.normalize import normalize, syllable_names
from classifiers.sound import READINGS, kin, lettered, pinyin, readings, sounded, sounded_many, spoken


@pytest.mark.parametrize(
    ("one", "other"),
    [("zhi", "zi"), ("che", "ce"), ("shu", "su"), ("ni", "li"), ("fan", "fang"), ("men", "meng"), ("xin", "xing"),
     ("niang", "lian"), ("zhuang", "zuan")],
)  # fmt: skip
def test_syllables_that_are_not_told_apart_share_a_class(one: str, other: str) -> None:
    assert kin(one) == kin(other)


@pytest.mark.parametrize(("one", "other"), [("hui", "fei"), ("ren", "ben"), ("ji", "qi"), ("dong", "dun")])
def test_other_syllables_keep_apart(one: str, other: str) -> None:
    assert kin(one) != kin(other)


def test_every_class_is_named_after_one_of_its_own() -> None:
    assert all(kin(kin(name)) == kin(name) for name in syllable_names())


@pytest.mark.parametrize(
    ("typed", "cut"),
    [
        ("jiaweixin", (("jia", "wei", "xin"),)),
        ("xian", (("xian",), ("xi", "an"))),
        ("fangan", (("fang", "an"), ("fan", "gan"))),
        ("nv", (("nv",),)),
        ("a", (("a",),)),
        ("husband", ()),
        ("vx", ()),
        ("", ((),)),
    ],
)
def test_pinyin_is_cut_in_every_way(typed: str, cut: tuple[tuple[str, ...], ...]) -> None:
    assert pinyin(typed) == cut


def test_ways_to_cut_are_bounded() -> None:
    assert len(pinyin("xian" * 11)) == READINGS
    assert pinyin("xian" * 11 + "q") == ()
    assert lettered("xian" * 40) == []


def test_a_view_leads_back_to_the_normal_text() -> None:
    (view,) = lettered("加wei心8")
    assert view.text == sounded("加威心8")
    assert view.starts == (0, 1, 4, 5, 6)
    assert view.names == (None, "wei", None, None)
    assert spoken(view, "加wei心8") == "jia wei xin ba"


def test_spaces_say_where_syllables_end() -> None:
    assert [view.names for view in lettered("xian", [2])] == [("xi", "an"), ("xian",)]
    assert [view.names for view in lettered("okjiawei", [2, 5])] == [(None, None, "jia", "wei")]
    assert [view.names for view in lettered("weixin", [1, 2, 3, 4, 5])] == [("wei", "xin")]


def test_words_of_two_readings_are_looked_for_in_both() -> None:
    assert readings("最便宜") == (("zui", "bian", "yi"), ("zui", "pian", "yi"))
    assert readings("最好") == (("zui", "hao"),)


@settings(max_examples=200, deadline=None)
@given(st.text(st.one_of(st.characters(), st.sampled_from("xianweg加薇信4 ")), max_size=40))
def test_views_of_any_text(text: str) -> None:
    normal = normalize(text).text
    assert sounded_many(normal) == sounded(normal)
    assert len(sounded(normal)) == len(normal)
    for view in lettered(normal):
        assert len(view.starts) == len(view.text) + 1
        assert view.starts[0] == 0
        assert view.starts[-1] == len(normal)
        assert list(view.starts) == sorted(set(view.starts))
        for (start, end), name in zip(pairwise(view.starts), view.names, strict=True):
            assert name is None or normal[start:end] == name
