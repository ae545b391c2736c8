from __future__ import annotations

import asyncio

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


async def test_tokens_made_and_revoked_at_once_are_all_kept_and_never_too_many() -> None:
    overlays = Overlays(Room().place)
    tokens = await asyncio.gather(*(overlays.make(f"{n}", "mei") for n in range(MOST)))
    assert all(overlays.admits(one) for one in tokens)
    mark = overlays.rows[0].mark
    made = await asyncio.gather(
        overlays.revoke(mark, "mei"),
        *(overlays.make("more", "lin") for _ in range(2)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, NotAllowed) for one in made) == 1
    assert len(overlays.rows) == MOST
    assert mark not in {one.mark for one in overlays.rows}
