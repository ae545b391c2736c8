"""A running assistant: the house, its rooms, their ends and the console, started and stopped together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from bot.app.attachment import Attachment, instructed, lead
from bot.app.desking import Desking, said_by_hand
from bot.app.feeding import Cue, CueHandler, RoomAdapter, feed
from bot.app.hiding import Hiding
from bot.app.house import Assembly, House, open_house
from bot.app.packs import Reading
from bot.app.prizes import Prizes
from bot.app.seat import Seat
from bot.app.standing import standing
from bot.app.tally import Tally
from bot.app.tidings import GoodsTeller, tell_settled
from bot.clock import Clock, ShowClock, WallClock
from bot.comment import Happening, RoomKey
from bot.decision import Capabilities, Moderation, Speaker
from bot.draws import BeaconSource, Draws, no_network
from bot.errors import RoomError, StoreError
from bot.outbox import QueuedRow
from bot.pipeline import IDLE_MS, Batch
from bot.policy import SUGGESTION_MS, TIME_TO_LIVE_MS, Instruction
from bot.storage.values import Committed
from replies.facts import Shop

if TYPE_CHECKING:  # a headless run needs neither web server nor messenger
    from bot.app.consoling import Console
    from bot.app.public_site import PublicSite
    from bot.escalation.telegram import TelegramCards
    from bot.rooms.bridge import BridgeRoom

log = structlog.get_logger()

HOUSEKEEPING_S = 2.0
"""How often, in wall time, leases are looked at and the record is sealed when due."""


SWEEP_MS = 3_600_000
"""How often winners' addresses that are no longer needed are erased."""

ALIVE_S = 60.0
"""How often a quiet room's heartbeats are noted."""

NOTHING = Capabilities()
"""What a witness may do in a room: read."""

RETRY_LIMIT_S = 60.0
"""The longest wait before a failed room is tried again."""


class Station:
    """Build it with `open`, `take` rooms, `run`, and always `close`."""

    def __init__(self, house: House, data: Path, clock: Clock) -> None:
        self.house = house
        self.data = data
        self.clock = clock
        self.seats: dict[str, Seat] = {}
        self._loop = asyncio.get_running_loop()
        self.cards: TelegramCards | None = None
        self.console: Console | None = None
        self.public: PublicSite | None = None
        self.prizes = Prizes(house, self.clock_ms, refresh=self._draw_saved, changed=self._places_changed)
        self._sweep_at = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._goods = GoodsTeller(house, self._spawn)
        self._tasks.add(asyncio.create_task(self._keep_house(), name="housekeeping"))

    @classmethod
    async def open(
        cls,
        *,
        data: Path,
        url: str | None,
        clock: Clock,
        keys: Path | None = None,
        migrate_url: str | None = None,
        packs: Sequence[Path] = (),
        second_reader: bool = False,
    ) -> Station:
        """Open the store; rows left in `sending` become unknown and are never sent again."""
        wall = WallClock()
        house = await asyncio.to_thread(
            open_house,
            data=data,
            url=url,
            now=wall.now,
            clock_source=clock.source,
            keys=keys,
            migrate_url=migrate_url,
            packs=packs,
            second_reader=second_reader,
        )
        try:
            unknown = await asyncio.to_thread(house.journal.outbox_recover)
        except BaseException:
            house.close()
            raise
        if unknown:
            log.warning("answers of unknown fate after a stop", count=unknown)
        return cls(house, data, clock)

    def take(
        self,
        adapter: RoomAdapter,
        speaker: Speaker,
        clock: Clock,
        *,
        practice: bool,
        shop: Shop,
        lossless: bool = False,
        tally: Tally | None = None,
        beacons: BeaconSource = no_network,
        moderation: Moderation | None = None,
        lang: str = "zh",
        time_to_live_ms: int = TIME_TO_LIVE_MS,
        suggestion_ms: int = SUGGESTION_MS,
        merchant: str | None = None,
        satisfaction: bool = False,
        listening: bool = False,
    ) -> Seat:
        """Give a room its seat: pipeline, outbox and draws. `merchant` says whose phrases and goods are its own,
        `satisfaction` whether viewers are asked now and then if an answer helped. `listening`: a witness's room, in
        which nothing is said, hidden or drawn whatever the platform would let us do."""
        abilities = (lambda: NOTHING) if listening else lambda: adapter.capabilities

        def told(row: QueuedRow, state: str) -> None:
            if tally is not None:
                tally.outbox_told(row, state)
            if state == "by_hand":
                said_by_hand(desking.control, row)
            if desking.satisfaction is not None:
                desking.satisfaction.told(row.id, state)
            if self.console is not None:
                self.console.feed.broadcast.publish("answers", None, str(adapter.key))

        def desk_changed() -> None:
            if self.console is not None:
                self.console.feed.broadcast.publish("desk", None, str(adapter.key))

        assembly = Assembly(
            self.house, adapter.key, abilities, speaker, clock,
            practice=practice, shop=shop, lossless=lossless, lang=lang, time_to_live_ms=time_to_live_ms,
            suggestion_ms=suggestion_ms, merchant=merchant, told=told,
            alarmed=self._case_raised,
        )  # fmt: skip
        attachment = assembly.attachment
        if isinstance(clock, ShowClock) and assembly.resumed:
            clock.restart(attachment.state.now_ms)
        desking = Desking(
            self.house, assembly, abilities, desk_changed, practice=practice, merchant=merchant,
            satisfaction=satisfaction,
        )  # fmt: skip

        def tell_room(instruction: Instruction) -> None:
            self._loop.call_soon_threadsafe(lambda: self._spawn(attachment.put(instruction)))

        def shop_rooms() -> list[str]:
            """The rooms of the same shop on this platform: their accounts are numbered alike."""
            return [
                str(one.adapter.key)
                for one in self.seats.values()
                if one.merchant == merchant and one.adapter.key.platform == adapter.key.platform
            ]

        draws = Draws(
            adapter.key, self.house.journal, self.house.salts, self.data / "draws",
            tell_room=tell_room, beacons=beacons, changed=lambda draw_id: self._draw_changed(adapter.key, draw_id),
            merchant=merchant, abilities=lambda: adapter.capabilities, rooms=shop_rooms,
            clock=clock.now if clock.source == "live" else None, witness=listening,
            heard_out=attachment.settled,
        )  # fmt: skip
        draws.claims = self.prizes.book
        attachment.ends.append(draws)
        notices = None if listening else desking.tell_of(draws.rows, assembly.speaking)
        attachment.after_commit.append(self._tell_people)
        if moderation is not None and not listening:
            attachment.after_commit.append(Hiding(moderation, self.house.journal, self._spawn).after_commit)
        if tally is not None:
            attachment.after_commit.append(tally.after_commit)
        seat = Seat(adapter, assembly, attachment, draws, clock, practice, desking.control, merchant, notices)
        self.seats[str(adapter.key)] = seat
        return seat

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell_people(self, batch: Batch, committed: Committed, waits_ms: Sequence[float]) -> None:
        """After a commit: the pages, a card for every case that was opened, and the other rooms that sell the goods it
        told of. A show that ended leaves its own room told too: what a running show shares holds on."""
        ended = any(change.closed_ms is not None for change in batch.sessions)
        if batch.clock_source == "live" and (batch.facts or ended):
            self.shop_changed(besides=None if ended else batch.room)
        if self.console is not None:
            self.console.feed.announce(batch, committed.case_ids)
        if self.cards is not None:
            for case_id in committed.case_ids:
                await self.cards.case_opened(await asyncio.to_thread(self.house.journal.case, case_id))

    def _case_raised(self, case_id: int) -> None:
        """A case nobody's comment opened: its card, and the pages."""

        async def card() -> None:
            if self.cards is not None:
                await self.cards.case_opened(await asyncio.to_thread(self.house.journal.case, case_id))

        self._spawn(card())
        if self.console is not None:
            self.console.feed.broadcast.publish("cases", None, "")
            self.console.feed.broadcast.publish("status", None, "")

    def clock_ms(self) -> int:
        """The rooms' time: the show's in a rehearsal, else the wall's."""
        return self.clock.now()

    def shop_changed(self, besides: RoomKey | None = None) -> None:
        """Goods or facts were changed in the store: tell every room that sells them, but not the room `besides`. A room
        that has fallen out is told when it comes back."""
        for seat in self.seats.values():
            if not seat.practice and seat.failed is None and seat.attachment.room != besides:
                self._goods.tell(seat)

    def case_changed(self, case_id: int) -> None:
        """Somebody has acted on a case: tell its room, the group's card and the pages."""
        self._spawn(tell_settled(self.house, self.seats, case_id))
        if self.cards is not None:
            self._spawn(self.cards.case_changed(case_id))
        if self.console is not None:
            self.console.feed.broadcast.publish("cases", None, "")

    def _draw_changed(self, room: RoomKey, draw_id: str) -> None:
        if self.console is not None:
            self._loop.call_soon_threadsafe(self.console.feed.broadcast.publish, "draw", None, str(room))

    def _draw_saved(self, draw_id: str) -> None:
        """The claims book has saved a draw: its room reads it again."""
        for seat in self.seats.values():
            seat.draws.refresh(draw_id)

    def _places_changed(self, draw_id: str) -> None:
        if self.console is not None:
            self._loop.call_soon_threadsafe(self.console.feed.broadcast.publish, "draw", None, "")

    async def open_cards(self, cards: TelegramCards) -> None:
        """Start the moderators' cards; cases still open from an earlier run get theirs."""
        self.cards = cards
        await cards.start()
        for case in await asyncio.to_thread(self.house.readings.open_cases):
            await cards.case_opened(case)

    async def open_public(self, host: str, port: int, base_url: str | None = None) -> str:
        """Serve the public pages of draws; gives their address. Before the console, which links to them.

        Raises PortTaken.
        """
        from bot.app.public_site import PublicSite

        self.public = await PublicSite.open(self, host, port, base_url)
        return self.public.address

    async def open_console(
        self,
        host: str,
        port: int,
        *,
        public_url: str | None = None,
        bridges: Mapping[str, BridgeRoom] | None = None,
        logins: Sequence[str] = (),
    ) -> str:
        """Serve the console; gives what a person should read: its address with one-time login links.

        Raises PortTaken.
        """
        from bot.app.consoling import Console

        self.console = await Console.open(self, host, port, public_url, bridges or {})
        return await self.console.invitation(logins)

    async def run(
        self,
        seat: Seat,
        *,
        cues: Sequence[Cue] = (),
        on_cue: CueHandler | None = None,
        until_end: bool = False,
        end_session: bool = False,
    ) -> None:
        """Attach one room and work until it ends. With `end_session` a stop closes the session as well.

        Raises RoomError or StoreError when it cannot go on.
        """
        attachment = seat.attachment
        if seat.clock.source == "live" and _is_idle(seat, 0):
            # Before anything else: until then what was true of that show counts as true, and is shown so.
            await attachment.put(instructed("end_session", "idle", reason="idle"))
        for told in await asyncio.to_thread(standing, self.house.journal, seat.draws, attachment.state):
            await attachment.put(told)
        running = asyncio.create_task(attachment.run(), name=f"room {attachment.room}")
        feeding = asyncio.create_task(
            feed(
                seat.adapter, attachment, resumed=seat.assembly.resumed,
                until_end=until_end, cues=cues, on_cue=on_cue,
            ),
            name=f"feed {attachment.room}",
        )  # fmt: skip
        if seat.clock.source == "live":
            self.house.journal.running[str(attachment.room)] = lambda: attachment.state
            if not seat.practice:  # a practice room has goods of its own
                self._goods.tell(seat)
        try:
            await asyncio.wait({running, feeding}, return_when=asyncio.FIRST_COMPLETED)
            if feeding.done():
                await feeding
                await attachment.end()
            await running
        finally:
            await _cancelled(feeding)
            if not running.done():
                with contextlib.suppress(Exception):
                    await asyncio.wait_for(asyncio.shield(_wind_up(attachment, running, end_session)), 10)
            with contextlib.suppress(TimeoutError):  # a step of a draw that is under way is let finish
                await asyncio.wait_for(seat.draws.settled(), 10)
            self.house.journal.running.pop(str(attachment.room), None)
            await seat.adapter.aclose()
        if isinstance(seat.clock, ShowClock):
            await lead(seat.clock, attachment.ends, seat.clock.now())

    async def run_all(self) -> None:
        """Attach every room. A room that fails does not disturb the others; it is tried again ever more slowly."""
        watching = [asyncio.create_task(self._watch_frames(seat)) for seat in self.seats.values()]
        try:
            async with asyncio.TaskGroup() as rooms:
                for seat in self.seats.values():
                    rooms.create_task(self._supervised(seat))
        except ExceptionGroup as group:
            raise group.exceptions[0] from None  # the store is one for all: the first trouble tells
        finally:
            await _cancelled(*watching)

    async def _watch_frames(self, seat: Seat) -> None:
        """Live: heartbeats keep the session open though nobody talks; after 15 minutes of nothing at all it closes."""
        told = 0
        while True:
            await asyncio.sleep(ALIVE_S)
            room, state = seat.attachment.room, seat.attachment.state
            last = getattr(getattr(seat.adapter, "status", None), "last_frame_ms", None)
            if not state.session or state.closed or (last is None and seat.clock.source != "live"):
                continue
            if last is not None and last > told:
                told = last
                await seat.attachment.put(Happening(room, "alive", last, last))
            elif _is_idle(seat, last or 0):
                await seat.attachment.put(instructed("end_session", "idle", reason="idle"))

    async def _supervised(self, seat: Seat) -> None:
        wait = 1.0
        while True:
            try:
                seat.failed = None
                await self.run(seat)
                return
            except RoomError as error:
                seat.failed = str(error)
                log.error("room failed", room=str(seat.attachment.room), error=str(error), retry_s=wait)
            going_on = asyncio.create_task(_draws_go_on(seat), name=f"draws of {seat.attachment.room}")
            await asyncio.sleep(wait)
            await _cancelled(going_on)
            wait = min(wait * 2, RETRY_LIMIT_S)

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_S)
            try:
                for case_id in await asyncio.to_thread(self.house.journal.expire_leases, self.clock_ms()):
                    self.case_changed(case_id)
                if await asyncio.to_thread(self.house.advance_phrases, self.clock_ms()):
                    self._tell_phrases()
                await asyncio.to_thread(self.house.journal.checkpoint)
                if self.clock_ms() >= self._sweep_at:
                    self._sweep_at = self.clock_ms() + SWEEP_MS
                    await asyncio.to_thread(self.prizes.sweep)
                if found := await asyncio.to_thread(self.house.look_at_packs):
                    self._tell_rules(found)
            except StoreError as error:
                log.error("housekeeping failed; it is tried again", error=str(error))

    def _tell_phrases(self) -> None:
        log.info("phrases went live or ran out", library=self.house.library.digest)
        if self.console is not None:
            self.console.feed.broadcast.publish("status", None, "")

    def _tell_rules(self, found: Reading) -> None:
        if found.cascade is None:
            log.error("a rule-book pack is not sound; the old rule book goes on", trouble=found.trouble)
        else:
            log.info("rule book swapped", version=found.cascade.versions.rulebook)

    async def close(self) -> None:
        """Stop what still runs, seal the record, close the store."""
        if self.console is not None:
            await self.console.close()
        if self.public is not None:
            await self.public.close()
        if self.cards is not None:
            await self.cards.stop()
        await _cancelled(*self._tasks)
        await asyncio.to_thread(self.house.close)


async def _draws_go_on(seat: Seat) -> None:
    """Take a room's draws through their steps while the room itself is gone: their times are promised in public, and a
    list that is not out in time makes the draw void."""
    while seat.clock.source == "live" and (due := seat.draws.next_due()) is not None:
        await seat.clock.sleep_until(due)
        await seat.draws.step(seat.clock.now())


def _is_idle(seat: Seat, last_ms: int) -> bool:
    """Whether the room's session is open though 15 minutes have gone by since the last sign of it; `last_ms` is one."""
    state = seat.attachment.state
    running = bool(state.session) and not state.closed
    return running and seat.clock.now() - max(last_ms, state.now_ms) > IDLE_MS


async def _wind_up(attachment: Attachment, running: asyncio.Task[None], end_session: bool) -> None:
    """Commit what was received before the stop."""
    if end_session:
        await attachment.put(instructed("end_session", "operator", reason="operator"))
    await attachment.end()
    await running


async def _cancelled(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
