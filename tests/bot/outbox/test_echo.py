"""What comes back in the room."""

from __future__ import annotations

import pytest

from bot.comment import Comment, Viewer
from bot.outbox.echo import WAIT_MS, Echoes, ours, plain
from tests.builders import NOON, ROOM


def said(text: str, role: str = "bot", uid: str | None = None, mirrored: bool = False) -> Comment:
    return Comment(ROOM, Viewer(uid, role=role), text, NOON, NOON, mirrored=mirrored)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "shown", ["到手５９元", "到手 59 元", "@小红 到手59元", "到手59元\u200b", " 到手59元\n"]
)
def test_the_same_words_however_the_platform_shows_them(shown: str) -> None:
    assert plain(shown) == plain("到手59元")


def test_other_words_are_other_words() -> None:
    assert plain("到手49元") != plain("到手59元")
    assert plain("\ud800") == ""


def test_who_speaks_for_the_shop() -> None:
    assert [ours(said("x", role), None) for role in ("host", "staff", "bot", "viewer")] == [
        True,
        True,
        True,
        False,
    ]
    assert ours(said("x", "viewer", "u7"), "u7")
    assert not ours(said("x", "viewer", None), None)
    assert not ours(said("x", "host", mirrored=True), None)


def test_a_row_is_seen_when_all_its_parts_are() -> None:
    echoes = Echoes()
    echoes.expect(7, ["(1/2)甲", "(2/2)乙"], NOON)
    assert echoes.heard(said("(2/2)乙")) is None
    assert echoes.heard(said("(2/2)乙")) is None
    assert echoes.heard(said("(1/2)甲")) == 7
    assert echoes.missed(NOON + WAIT_MS) == []


def test_a_row_nobody_saw_is_told_once() -> None:
    echoes = Echoes()
    echoes.expect(7, ["甲"], NOON)
    echoes.expect(8, ["乙"], NOON)
    echoes.forget(8)
    assert echoes.next_due() == NOON + WAIT_MS
    assert echoes.missed(NOON + WAIT_MS - 1) == []
    assert echoes.missed(NOON + WAIT_MS) == [7]
    assert echoes.missed(NOON + WAIT_MS) == []
    assert echoes.next_due() is None
