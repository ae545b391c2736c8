"""A room, its store and the processes at work in it, as a game: time goes on or jumps, people press, beacons are late
or wrong, processes and disks fail anywhere. `oracle.py` says what must hold whatever is played.

Each process has the memory of its own; the store is a real SQLite file. A history is a matter of order: what is handed
to a thread runs at once, but for what is played `meanwhile`.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import event

from bot.comment import Viewer
from bot.draws import Draws, Salts
from bot.draws.book import commitment_of
from bot.draws.claims import ClaimBook
from bot.draws.prize_desk import PrizeDesk
from bot.errors import ChangkongError, StoreError
from bot.policy import RoomState
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from bot.storage.values import DrawRow
from lottery.beacon import Beacon, practice_beacon, round_time_ms
from lottery.errors import BeaconError, LotteryError
from tests.bot.draws.oracle import Oracle, listen
from tests.bot.draws.stage import KINDS
from tests.bot.stores import commit
from tests.builders import NOON, ROOM, SHOP, comment, happening

REAL_ROUND = 31_089_008
REAL_START = round_time_ms(REAL_ROUND) - 135_000
"""A draw announced at this moment with `quick` times (30 s ahead, 60 s of entries, 45 s of delay) has a round whose
value is known."""

STEPS_TO_THE_END = 80
REFUSED = (ChangkongError, LotteryError, OSError)
WORDS = {"keyword": "好运", "quiz": "B", "guess": "猜 40", "rain": "红包一"}


class Killed(BaseException):
    """The process ends at once."""


class Inline(ThreadPoolExecutor):
    """Runs what is handed to a thread at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


@cache
def _empty_store() -> dict[str, bytes]:
    """The files of a store nobody has used yet, with the oracle's ear in it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        store = open_store(Path(place))
        listen(store)
        store.close()
        files = (file for file in sorted(Path(place).rglob("*")) if file.is_file())
        return {str(file.relative_to(place)): file.read_bytes() for file in files if file.suffix != ".lock"}


class Mortal(Journal):
    """A journal that lets the world do something before and after each transaction."""

    def __init__(self, world: World, *given: Any, **more: Any) -> None:
        self.world = world
        super().__init__(*given, **more)

    @contextmanager
    def deed(self) -> Iterator[Any]:
        self.world.point("before")
        with super().deed() as deed:
            yield deed
        self.world.point("after")


class Rehearsed(Draws):
    """Draws whose practice beacon has moods too."""

    world: World

    async def _beacon(self, row: DrawRow) -> Beacon | None:
        commitment = commitment_of(row).record
        if commitment.practice and "pasted_beacon" not in row.body:
            return await self.world.beacon(commitment.beacon.round, practice=True)
        return await super()._beacon(row)


class Process:
    """One assistant at work. What it remembers of the draws may be old."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.start()

    def start(self) -> None:
        """Begin with what is stored. Raises StoreError like any start."""
        world = self.world
        clock = (lambda: world.now) if world.live else None
        draws = Rehearsed(
            ROOM, world.journal, world.salts, world.folder / "draws", tell_room=world.told.append,
            beacons=world.beacon, clock=clock,
        )  # fmt: skip
        draws.world = world
        write = draws._kept.files.write

        def written(path: Path, content: bytes) -> None:
            world.point("before")
            write(path, content)
            world.point("after")

        draws._kept.files.write = written  # type: ignore[method-assign]
        self.draws = draws
        if world.book:
            draws.claims = ClaimBook(world.journal, refresh=draws.refresh)


class World:
    """One room. `book`: claims are kept by the claims book, else by the signed records alone. `real`: the clock stands
    so that a draw with a genuine round can be announced first. `live`: processes ask the clock while they work."""

    def __init__(self, *, book: bool = True, real: bool = False, live: bool = False) -> None:
        self.exits = ExitStack()
        self.folder = Path(self.exits.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        for name, content in _empty_store().items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(content)
        self.now = REAL_START if real else NOON
        self.start, self.book, self.real, self.live = self.now, book, real, live
        self.mood, self.count, self.sessions, self.skew = "right", 0, 0, 0
        self.misled = False
        self.at_beacon: Callable[[], object] | None = None
        self.told: list[Any] = []
        self.loop = asyncio.new_event_loop()
        self.loop.set_default_executor(Inline(1))
        self.exits.callback(self.loop.close)
        self.fuse: tuple[int, str, Callable[[], None]] | None = None
        self.rivals: list[threading.Thread] = []
        self.open()
        self.processes = [Process(self), Process(self)]
        self.oracle = Oracle(self.folder)
        self.state = RoomState(ROOM, shop=SHOP)

    # The store and its processes

    def open(self) -> None:
        self.store = open_store(self.folder)
        event.listen(self.store.engine, "connect", _hasty)
        self.store.engine.dispose()
        self.salts = Salts()
        self.journal = Mortal(
            self, self.store, lambda: self.now, clock_source="practice", entrant=self.salts.entrant
        )

    def close(self) -> None:
        self.join()
        self.journal.close()
        self.store.close()
        self.exits.close()

    def restart(self, which: int = 0) -> None:
        """One process ends and starts on the same store."""
        self.processes[which % 2].start()

    def reboot(self) -> None:
        """The machine is switched off and on: nothing is remembered but what is in the files."""
        self.journal.close()
        self.store.close()
        self.open()
        for process in self.processes:
            process.start()
        self.forget()

    def forget(self) -> None:
        """The room begins anew: who has entered is known to the store alone."""
        self.state = RoomState(ROOM, shop=SHOP)
        self.told.clear()
        self.hear(*self.processes[0].draws.reopened())

    def point(self, when: str) -> None:
        """Called at each place where the world may come in between."""
        if self.fuse is None or threading.current_thread() is not threading.main_thread():
            return
        left, at, act = self.fuse
        if at != when:
            return
        self.fuse = None if left <= 1 else (left - 1, at, act)
        if left <= 1:
            act()

    def join(self) -> None:
        for rival in self.rivals:
            rival.join()
        self.rivals.clear()

    # What is played

    def announce(self, kind: str = "keyword", which: int = 0, preset: str = "practice") -> str | None:
        """The id of the new draw; None when it is refused."""
        if preset == "quick" and (not self.real or self.now != self.start):
            preset = "practice"
        draws = self.processes[which % 2].draws
        with suppress(*REFUSED):
            draw_id, opening = draws.announce(KINDS[kind], preset, self.now, by="amy", session="s1")
            self.hear(opening)
            return draw_id
        return None

    def hear(self, *inputs: Any) -> None:
        self.sessions += 1
        batch, _ = commit(self.journal, self.state, *inputs, session=f"s{self.sessions}")
        self.state = batch.state

    def speak(self, uid: str, text: str | None = None, lag: int = 0, prompt: bool = True) -> None:
        """A viewer types (None: the right words), `lag` ms ago. `prompt`: the room has heard what it was told."""
        if prompt:
            told, self.told[:] = list(self.told), []
            self.hear(*told)
        draw = self.state.draw
        self.count += 1
        said = WORDS.get("keyword" if draw is None else draw.kind, "好运") if text is None else text
        at = self.now - NOON - lag
        true = None if self.misled else self.now
        self.oracle.expects(uid, said, self.now - lag, self.state, self.rows(), true)
        self.hear(comment(said, uid=uid, at=at, msg_id=f"m{self.count}"))

    def order(self, uid: str) -> None:
        paid = happening("order", at=self.now - NOON, product="P1", state="paid")
        self.hear(msgspec.structs.replace(paid, viewer=Viewer(uid)))

    def step(self, which: int = 0) -> None:
        """The process takes every step that is due by its clock, which may be `skew` ms off."""
        draws = self.processes[which % 2].draws
        self.misled |= self.skew != 0
        try:
            self.loop.run_until_complete(self._stepped(draws))
        except Killed:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.restart(which)

    async def _stepped(self, draws: Draws) -> None:
        await draws.step(self.now + self.skew)
        await draws.settled()

    def wait(self, by: int, which: int = 0) -> None:
        self.now += by
        self.step(which)

    def to_the_next(self, which: int = 0) -> bool:
        """On to the moment for which the process has set its alarm; False when it has set none."""
        due = self.processes[which % 2].draws.next_due()
        if due is not None:
            self.now = max(self.now, due)
            self.step(which)
        return due is not None

    def until(self, state: str, which: int = 0) -> None:
        """On until the latest draw is there, in small steps so that no moment is passed by."""
        for _ in range(STEPS_TO_THE_END):
            if self.rows()[-1].state == state or not self.to_the_next(which):
                break
            self.check()
        assert self.rows()[-1].state == state, f"the draw stays {self.rows()[-1].state}"

    async def beacon(self, number: int, practice: bool = False) -> Beacon | None:
        """What the relays give just now; in practice the old rounds are at hand."""
        act, self.at_beacon = self.at_beacon, None
        if act is not None:
            act()
        if self.mood == "late":
            return None
        if self.mood == "broken":
            raise BeaconError("The relays' answer is broken.")
        if self.mood == "wrong":
            return practice_beacon(2 if number == 1 else 1)
        with suppress(*REFUSED):
            return practice_beacon(number) if practice or round_time_ms(number) <= self.now else None
        return None

    def paste(self, draw_id: str, number: int | None = None, which: int = 0) -> bool:
        """Somebody pastes a beacon (None: the right one); whether it was taken."""
        row = self.row(draw_id)
        beacon = practice_beacon(commitment_of(row).record.beacon.round if number is None else number)
        text = f'{{"round": {beacon.round}, "signature": "{beacon.signature.hex()}"}}'
        with suppress(*REFUSED):
            self.processes[which % 2].draws.paste_beacon(draw_id, text, by="amy")
            return True
        return False

    def void(self, draw_id: str, reason: str, which: int = 0) -> bool:
        """Somebody declares the draw void; whether that was taken."""
        with suppress(*REFUSED):
            self.processes[which % 2].draws.void(draw_id, reason, self.now + self.skew, by="amy")
            return True
        return False

    def settle(self, draw_id: str, place: int, drop: bool = False, which: int = 0) -> bool:
        """Somebody settles a place; whether that was taken."""
        draws, now = self.processes[which % 2].draws, self.now + self.skew
        with suppress(*REFUSED):
            if isinstance(draws.claims, ClaimBook):
                desk = PrizeDesk(draws.claims)
                if drop:
                    desk.drop(draw_id, place, "forfeited", "declined", "不要了", by="amy", now_ms=now)
                else:
                    desk.confirm(draw_id, place, "当面领取", by="amy", now_ms=now)
            else:
                said = ("forfeited", "declined") if drop else ("confirmed", "")
                draws.settle(draw_id, place, *said, now, by="amy")
            return True
        return False

    def kill(self, at: int, when: str = "before") -> None:
        """The process that comes to the `at`-th place next dies there."""

        def die() -> None:
            raise Killed

        self.fuse = (at, when, die)

    def fail(self, at: int, when: str = "before") -> None:
        """The store fails there; `after`: what it was asked to keep is kept all the same."""

        def refuse() -> None:
            raise StoreError("The store cannot be used just now.")

        self.fuse = (at, when, refuse)

    def meanwhile(self, at: int, act: Callable[[], object], when: str = "before") -> None:
        """Somebody else acts there, in a thread of their own."""

        def start() -> None:
            rival = threading.Thread(target=act)
            self.rivals.append(rival)
            rival.start()
            rival.join(0.1)  # one that waits for the lock of whoever works goes on afterwards

        self.fuse = (at, when, start)

    # Looking

    def rows(self) -> list[DrawRow]:
        return self.journal.load_draws()

    def row(self, draw_id: str) -> DrawRow:
        return next(row for row in self.rows() if row.id == draw_id)

    def check(self) -> None:
        """Whatever must hold holds."""
        self.fuse = None
        self.join()
        self.oracle.look(self.store, None if self.skew or not self.live else self.now)

    def finish(self) -> None:
        """With beacons at hand and time enough every draw comes to its end, and a stranger can check all of it."""
        self.fuse, self.mood, self.skew = None, "right", 0
        self.check()
        self.reboot()
        for _ in range(STEPS_TO_THE_END):
            if not self.to_the_next():
                break
            self.check()
        self.oracle.ended(self.store, self.rows())


def run(story: Callable[[World], object], **kind: Any) -> str | None:
    """What the oracle cries while `story` is played to its end; None when all is well."""
    world = World(**kind)
    try:
        story(world)
        world.finish()
    except Exception as error:  # an oracle that cries, or a game that breaks: nothing of that may be
        return str(error) or repr(error)
    finally:
        world.close()
    return None


def _hasty(connection: Any, record: Any) -> None:
    """No history cuts the power of this machine."""
    connection.execute("PRAGMA synchronous=OFF")
