"""Features: grams of the normal text, sounds, cues and signs."""

from __future__ import annotations

from classifiers.features import features
from classifiers.normalize import normalize


def of(text: str) -> set[str]:
    return features(text, normalize(text))


def test_grams_with_borders_and_folded_digits() -> None:
    assert {"^0号$", "0号", "号$", "0"} <= of("3号")
    assert "3号" not in of("3号")


def test_homophones_share_their_sounds() -> None:
    shared = of("加微信") & of("嘉威芯")
    assert [name for name in shared if name[0] >= "\ue000"]


def test_cues_and_signs() -> None:
    assert {"#price", "#end_ask_ma", "#!question"} <= of("多少钱吗？")
    assert "#!question" not in of("多少钱吗")


def test_nothing_but_signs() -> None:
    assert of("？？？") == {"#!question", "#blameless"}
    assert of("") == {"#blameless"}
    assert of("\ud800") == {"#blameless"}


def test_blameless_means_no_cue_of_blame() -> None:
    assert "#blameless" in of("昨天打到凌晨才睡")
    assert "#blameless" not in of("骗子")
    assert "#blameless" not in of("我要投诉")
