"""The whole pipeline over recordings, as fast as it goes or at a multiple of its own time. Nothing leaves."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

from bot.app.attachment import Attachment, instructed, lead
from bot.app.house import Assembly, House, RecordingSink, open_house
from bot.app.tally import Tally
from bot.clock import ShowClock
from bot.comment import Comment, Event
from bot.decision import Capabilities
from bot.errors import RecordingError
from bot.rooms.recording import Recording, read
from bot.storage.audit import verify
from replies import practice as practice_pack

Progress = Callable[[int], None]
"""Told of events handed in so far, now and then."""


async def replay(
    files: Sequence[Path],
    *,
    format_name: str = "auto",
    speed: float | None = None,
    data: Path | None = None,
    url: str | None = None,
    limit: int | None = None,
    progress: Progress = lambda done: None,
) -> dict[str, object]:
    """Run the recordings through judging, policy, store and record; gives the summary of contract.md.

    `speed` None is as fast as it goes, else a multiple of the recording's time. Without `data` and `url` the store
    is a temporary one. Raises RecordingError at an unknown or broken file; what came before it stays in the store.
    """
    recordings = [read(file, format_name) for file in files]
    with _place(data, url) as folder:
        clock = ShowClock("replay")
        house = open_house(data=folder, url=url, now=_wall_ms, clock_source="replay")
        try:
            house.seed_practice()
            tally = Tally()
            received = 0
            left = limit
            for recording in recordings:
                taken = await _one(house, recording, clock, tally, speed, left, progress)
                received += taken.comments
                left = None if left is None else left - taken.events
            house.journal.checkpoint(force=True)
            report = await asyncio.to_thread(verify, house.store)
            formats = sorted({recording.format for recording in recordings})
            return tally.summary(
                files=[str(file) for file in files],
                format_name=",".join(formats),
                comments=received,
                dropped=0,
                records=report.records,
                verified=report.verified,
                versions=house.versions(),
            )
        finally:
            house.close()


class _Taken:
    """What was read of one recording."""

    def __init__(self) -> None:
        self.events = 0
        self.comments = 0


async def _one(
    house: House,
    recording: Recording,
    clock: ShowClock,
    tally: Tally,
    speed: float | None,
    limit: int | None,
    progress: Progress,
) -> _Taken:
    """One file is one session, from its first event to its last."""
    shop = practice_pack.shop().with_on_show(None)
    assembly = Assembly(
        house, recording.room, lambda: Capabilities(reply=recording.can_reply), RecordingSink(), clock,
        practice=True, shop=shop, lossless=True, idle_ms=None, resume=False, told=tally.outbox_told,
    )  # fmt: skip
    attachment = assembly.attachment
    attachment.after_commit.append(tally.after_commit)
    clock.restart(0)
    taken = _Taken()
    running = asyncio.create_task(attachment.run())
    feeding = asyncio.create_task(_feed(attachment, recording, taken, speed, limit, progress))
    try:
        # A full queue must not keep the feeder waiting for a room that has failed.
        await asyncio.wait({running, feeding}, return_when=asyncio.FIRST_EXCEPTION)
        await running
        await feeding
    finally:
        for task in (feeding, running):
            task.cancel()
        await asyncio.gather(feeding, running, return_exceptions=True)
    await lead(clock, attachment.ends, clock.now())
    return taken


async def _feed(
    attachment: Attachment,
    recording: Recording,
    taken: _Taken,
    speed: float | None,
    limit: int | None,
    progress: Progress,
) -> None:
    """Hand in the recording and its end. What stands before a broken line is committed all the same."""
    try:
        async for event in _timed(recording.events, speed):
            if limit is not None and taken.events >= limit:
                break
            await attachment.put(event)
            taken.events += 1
            taken.comments += isinstance(event, Comment)
            if taken.events % 256 == 0:
                progress(256)
    except RecordingError:
        await attachment.end()
        raise
    await attachment.put(instructed("end_session", "replay", reason="end_of_recording"))
    await attachment.end()


async def _timed(events: Iterator[Event], speed: float | None) -> AsyncIterator[Event]:
    """The events at `speed` times their own pace; None is without waiting."""
    loop = asyncio.get_running_loop()
    started, first = loop.time(), None
    for event in events:
        if speed is not None:
            first = event.at_ms if first is None else first
            wait = started + (event.at_ms - first) / 1000 / speed - loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
        yield event


@contextlib.contextmanager
def _place(data: Path | None, url: str | None) -> Iterator[Path | None]:
    """The folder to work in: the one given, or one that is gone afterwards."""
    if data is not None or url is not None:
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="changkong-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _wall_ms() -> int:
    import time

    return time.time_ns() // 1_000_000
