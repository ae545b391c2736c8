"""The life of draws, checked as a model: whatever happens in whatever order, never two results, never a result without
a commitment and a closed list stored before it, no stage backwards, and never a draw that is stuck.

`model.py` is the game, `oracle.py` what must hold; here it is played at random. `test_guards.py` takes each guard away.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.storage.values import DrawRow
from lottery.record import VOID_REASONS
from tests.bot.draws.model import World
from tests.bot.draws.stage import KINDS

MINUTE, HOUR, WEEK = 60_000, 3_600_000, 7 * 86_400_000
WAITS = st.sampled_from([1_000, 3_000, 10_000, 31_000, 62_000, HOUR, WEEK])
WHICH = st.integers(0, 1)
KIND = st.sampled_from(["keyword", *sorted(KINDS)])
STAGE = st.sampled_from(["open", "challenge", "beacon", "claim", "claim", "archived"])
UIDS = st.sets(st.sampled_from("abcdef"), max_size=6)
WHERE, WHEN = st.integers(1, 4), st.sampled_from(["before", "after"])
TEXTS = st.sampled_from([None, None, "A", "猜 39.90", "猜 1000000", "红包二", "早上好", "查询 ABCD"])


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Refusals and kills are what these stories are made of."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


class Game(RuleBasedStateMachine):
    """One room with two processes on one store."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World | None = None

    @initialize(book=st.booleans(), real=st.booleans(), live=st.booleans(), kind=KIND, to=STAGE, uids=UIDS)
    def begin(self, book: bool, real: bool, live: bool, kind: str, to: str, uids: set[str]) -> None:
        self.world = World(book=book, real=real, live=live)
        self.a_draw_is_held(kind, to, uids, 0)

    @rule(kind=KIND, to=STAGE, uids=UIDS, which=WHICH)
    def a_draw_is_held(self, kind: str, to: str, uids: set[str], which: int) -> None:
        """All goes well for once, as far as that stage."""
        world = self.on
        if world.announce(kind, which, "quick") is None:
            return
        world.restart(1 - which)
        world.wait(31_000, which)
        for uid in sorted(uids):
            if kind == "purchase":
                world.order(uid)
            else:
                world.speak(uid)
        for _ in range(8):
            row = self.one(0)
            if row is None or row.state in (to, "void") or not world.to_the_next(which):
                break
            world.check()

    def teardown(self) -> None:
        if self.world is None:
            return
        try:
            self.world.finish()
        finally:
            self.world.close()

    @property
    def on(self) -> World:
        assert self.world is not None
        return self.world

    def one(self, which: int) -> DrawRow | None:
        """A draw, the latest for 0; None while there is none."""
        rows = self.on.rows()
        return rows[-1 - which % len(rows)] if rows else None

    @rule(kind=KIND, which=WHICH)
    def announce(self, kind: str, which: int) -> None:
        self.on.announce(kind, which, "quick")

    @rule(
        uid=st.sampled_from("abcdef"),
        text=TEXTS,
        lag=st.sampled_from([0, 0, 500, 5_000]),
        prompt=st.booleans(),
    )
    def speak(self, uid: str, text: str | None, lag: int, prompt: bool) -> None:
        self.on.speak(uid, text, lag, prompt)

    @rule(uids=st.sets(st.sampled_from("abcdef")))
    def many_speak(self, uids: set[str]) -> None:
        for uid in sorted(uids):
            self.on.speak(uid)

    @rule(uid=st.sampled_from("abc"))
    def order(self, uid: str) -> None:
        self.on.order(uid)

    @rule(by=WAITS, which=WHICH)
    def time_goes_on(self, by: int, which: int) -> None:
        self.on.wait(by, which)

    @rule(which=WHICH, steps=st.integers(1, 3))
    def the_alarm_rings(self, which: int, steps: int) -> None:
        for _ in range(steps):
            self.on.to_the_next(which)
            self.on.check()

    @rule(by=st.sampled_from([-WEEK, -MINUTE, -1_000, MINUTE, WEEK]), which=WHICH)
    def a_clock_is_wrong(self, by: int, which: int) -> None:
        self.on.skew = by
        self.on.step(which)
        self.on.check()
        self.on.skew = 0

    @rule(mood=st.sampled_from(["right", "right", "late", "wrong", "broken"]))
    def the_beacon_is(self, mood: str) -> None:
        self.on.mood = mood

    @rule(draw=st.integers(0, 2), number=st.sampled_from([None, None, 1, 1000]), which=WHICH)
    def somebody_pastes(self, draw: int, number: int | None, which: int) -> None:
        row = self.one(draw)
        if row is not None:
            self.on.paste(row.id, number, which)

    @rule(which=WHICH)
    def a_process_starts_again(self, which: int) -> None:
        self.on.restart(which)

    @rule()
    def the_machine_starts_again(self) -> None:
        self.on.reboot()

    @rule(at=WHERE, when=WHEN, by=WAITS, which=WHICH)
    def a_process_is_killed(self, at: int, when: str, by: int, which: int) -> None:
        self.on.kill(at, when)
        self.on.wait(by, which)

    @rule(at=WHERE, when=WHEN, by=WAITS, which=WHICH)
    def the_store_fails(self, at: int, when: str, by: int, which: int) -> None:
        self.on.fail(at, when)
        self.on.wait(by, which)

    @rule(draw=st.integers(0, 2), reason=st.sampled_from(VOID_REASONS), which=WHICH)
    def somebody_voids(self, draw: int, reason: str, which: int) -> None:
        row = self.one(draw)
        if row is not None:
            self.on.void(row.id, reason, which)

    @rule(draw=st.integers(0, 2), place=st.integers(1, 3), drop=st.booleans(), which=WHICH)
    def somebody_settles(self, draw: int, place: int, drop: bool, which: int) -> None:
        row = self.one(draw)
        if row is not None:
            self.on.settle(row.id, place, drop, which)

    @rule(by=WAITS, at=WHERE, when=WHEN, what=st.integers(0, 5), which=WHICH, same=st.booleans())
    def two_act_at_once(self, by: int, at: int, when: str, what: int, which: int, same: bool) -> None:
        """While one process steps, somebody presses in it or in the other, in a thread of their own."""
        world, other = self.on, which if same else 1 - which
        row = self.one(0)
        if row is None:
            return
        acts = (
            lambda: world.announce("keyword", other),
            lambda: world.void(row.id, "failure", other),
            lambda: world.paste(row.id, None, other),
            lambda: world.settle(row.id, 1, True, other),
            lambda: world.settle(row.id, 1, False, other),
            lambda: world.void(row.id, "closed_late", other),
        )
        world.meanwhile(at, acts[what], when)
        world.wait(by, which)

    @rule(by=WAITS)
    def both_step(self, by: int) -> None:
        self.on.wait(by, 0)
        self.on.check()
        self.on.step(1)

    @invariant()
    def sound(self) -> None:
        if self.world is not None:
            self.world.check()


SHORT = settings(
    max_examples=6, stateful_step_count=12, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)  # fmt: skip
LONG = settings(SHORT, max_examples=int(os.environ.get("HISTORIES", "400")), stateful_step_count=30)


class TestAFewGames(Game.TestCase):  # type: ignore[name-defined,misc]
    settings = SHORT


@pytest.mark.slow
class TestManyGames(Game.TestCase):  # type: ignore[name-defined,misc]
    settings = LONG
