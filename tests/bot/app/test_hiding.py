"""What the policy wants gone is deleted on the platform, and what became of it stands in the record."""

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.app.hiding import Hiding
from bot.comment import RoomKey
from bot.errors import RoomError
from bot.pipeline import Batch, fold
from bot.policy import RoomState
from bot.storage.journal import Journal
from bot.storage.readings import Readings
from tests.bot.stores import journal_in
from tests.builders import ROOM, comment, handbook, verdict


class Platform:
    """Deletes, or refuses to."""

    def __init__(self, refuse: bool = False) -> None:
        self.refuse = refuse
        self.deleted: list[str] = []

    async def delete(self, room: RoomKey, msg_id: str) -> None:
        if self.refuse:
            raise RoomError("The bot may not delete here. Make it an administrator.")
        self.deleted.append(msg_id)

    async def mute(self, room: RoomKey, uid: str, seconds: int) -> None:
        raise AssertionError("nobody is muted by the system")


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with journal_in(tmp_path) as journal:
        yield journal


def bad_batch() -> Batch:
    """Two comments with illegal content, one of which also complains, and a harmless one."""
    verdicts = [verdict(banned=("I03",)), verdict(banned=("I03",), kind="quality"), verdict()]
    comments = [comment("a", msg_id="m1"), comment("b", msg_id="m2"), comment("c", msg_id="m3")]
    return fold(
        RoomState(ROOM), comments, judge=lambda texts: verdicts, handbook=handbook(delete=True), new_id=lambda: "s1",
        clock_source="practice",
    )  # fmt: skip


async def hidden(journal: Journal, platform: Platform) -> list[dict[str, Any]]:
    tasks: list[asyncio.Task[None]] = []

    def spawn(work: Coroutine[object, object, None]) -> None:
        tasks.append(asyncio.create_task(work))  # type: ignore[arg-type]

    batch = bad_batch()
    committed = journal.commit(batch)
    await Hiding(platform, journal, spawn).after_commit(batch, committed, [])
    await asyncio.gather(*tasks)
    records = Readings(journal.store).records(str(ROOM), record_type="hide")
    return [record.body["data"] for record in records]


async def test_what_is_to_be_gone_is_deleted_and_a_complaint_never(journal: Journal) -> None:
    platform = Platform()
    records = await hidden(journal, platform)
    assert platform.deleted == ["m1"]
    assert [(one["code"], one["outcome"]) for one in records] == [("I03", "hidden")]


async def test_a_refusal_of_the_platform_stands_in_the_record(journal: Journal) -> None:
    records = await hidden(journal, Platform(refuse=True))
    assert [one["outcome"] for one in records] == ["refused"]
