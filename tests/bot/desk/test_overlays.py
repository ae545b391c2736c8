from __future__ import annotations

import pytest

from bot.desk.overlays import MOST, Overlays
from bot.errors import NotAllowed
from tests.bot.desk.room import Room


async def test_a_token_opens_until_it_is_revoked_and_is_kept_as_a_hash_only() -> None:
    room = Room()
    overlays = Overlays(room.place)
    token = await overlays.make("主机", "mei")
    assert overlays.admits(token)
    assert not overlays.admits(token + "x")
    assert not overlays.admits(overlays.rows[0].hash)
    assert not overlays.admits("")
    assert token not in str(room.store.settings)
    again = Overlays(room.place)
    assert again.admits(token)
    await again.revoke(again.rows[0].mark, "mei")
    assert not again.admits(token)
    assert not Overlays(room.place).admits(token)


async def test_there_is_an_end_to_them() -> None:
    overlays = Overlays(Room().place)
    for n in range(MOST):
        await overlays.make(f"{n}", "mei")
    with pytest.raises(NotAllowed):
        await overlays.make("one more", "mei")
