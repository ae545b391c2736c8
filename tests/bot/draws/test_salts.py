"""Who an entrant is in a draw's list."""

from __future__ import annotations

import pytest

from bot.draws.salts import Salts
from lottery.entry import pseudonym_of


def test_an_entrant_is_who_the_protocol_says() -> None:
    salts = Salts()
    salts.keep("draw-1", b"s" * 32)
    _, name = salts.entrant("draw-1", "practice", "u1")
    assert name == pseudonym_of(b"s" * 32, "draw-1", "practice", "u1")
    with pytest.raises(KeyError):
        salts.entrant("draw-2", "practice", "u1")
