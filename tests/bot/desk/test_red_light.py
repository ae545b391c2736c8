from __future__ import annotations

import pytest

from bot.desk.red_light import RedLight
from bot.errors import NotAllowed
from tests.bot.desk.room import Room


async def test_red_silences_the_room_until_it_is_lifted() -> None:
    room = Room()
    light = RedLight(room.place)
    await light.on("价格说错了", "mei")
    assert light.reason == "价格说错了"
    assert room.state.silence == "red_light"
    await light.off("lin")
    assert light.reason is None
    assert room.state.silence is None
    assert room.changes == 2


@pytest.mark.parametrize("reason", ["", "x" * 41, "a\x07"])
async def test_it_needs_a_reason_a_person_can_read(reason: str) -> None:
    room = Room()
    with pytest.raises(NotAllowed):
        await RedLight(room.place).on(reason, "mei")
    assert room.state.silence is None
