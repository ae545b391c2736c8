"""Both engines would have to agree on this much."""

from __future__ import annotations

from classifiers.automaton import Automaton


def test_overlapping_occurrences_with_code_points() -> None:
    found = Automaton(["微信", "加微信", "信"]).find("😀加微信")
    assert found == [(1, 4, 1), (2, 4, 0), (3, 4, 2)]


def test_nothing_to_find() -> None:
    assert Automaton([]).find("微信") == []
    assert Automaton(["微信"]).find("") == []
