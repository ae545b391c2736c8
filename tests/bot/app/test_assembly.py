"""A room put together: what a commit brings goes to the mouth or to the hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app.assembly import Assembly, Queued, RecordingSink
from bot.app.house import House, open_house
from bot.clock import ShowClock
from bot.comment import RoomKey
from bot.decision import Capabilities, Priority
from replies import practice
from tests.builders import NOON, ROOM, comment


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = open_house(data=tmp_path, url=None, now=lambda: NOON, clock_source="practice")
    made.seed_practice()
    yield made
    made.close()


def assembled(
    house: House, *, source: str = "practice", reply: bool = False, room: RoomKey = ROOM
) -> Assembly:
    return Assembly(
        house, room, lambda: Capabilities(reply=reply), RecordingSink(), ShowClock(source),  # type: ignore[arg-type]
        practice=True, shop=practice.shop(), lossless=True,
    )  # fmt: skip


async def asked(assembly: Assembly) -> None:
    await assembly.attachment.put(comment("1号链接多少钱", uid="a"))
    await assembly.attachment.end()
    await assembly.attachment.run()


async def test_where_nobody_may_send_the_answer_lies_in_the_hand(house: House) -> None:
    assembly = assembled(house)
    await asked(assembly)
    (shown,) = assembly.hand.open()
    assert (shown.intent, shown.state, shown.comment_id is not None) == ("price", "suggested", True)
    assert shown.priority >= Priority.ANSWER
    assert assembly.outbox.counts == {}


async def test_where_it_may_be_sent_it_is(house: House) -> None:
    assembly = assembled(house, reply=True)
    await asked(assembly)
    assert assembly.outbox.counts == {"sent": 1}
    assert assembly.hand.open() == []


async def test_in_a_replay_nobody_sits_at_the_desk(house: House) -> None:
    assembly = assembled(house, source="replay")
    await asked(assembly)
    assert assembly.hand.open() == []


async def test_rooms_of_one_account_share_it(house: House) -> None:
    one, two = assembled(house), assembled(house, room=RoomKey("practice", "2"))
    assert one.outbox.account is not two.outbox.account
    assert assembled(house).outbox.account is one.outbox.account


def test_a_row_as_committed_says_how_it_is_to_be_said() -> None:
    row = Queued(1, "s", "p", "d", None, "x", NOON, NOON)
    assert (row.mode, row.state, row.priority) == ("send", "queued", None)
