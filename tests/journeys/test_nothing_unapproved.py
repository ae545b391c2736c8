"""The room hears nothing that was not approved, whatever happens to phrases, facts, rows, clocks and processes.

Histories are drawn from seeds and played over the real store and outbox; an oracle that does not know the gate hears
with the room (oracle.py). The short form runs with every test run, the long one (`-m slow`) plays 100,000. Each
guard is taken away in turn, and the oracle must then hear something it should not: a guard that could go without
being missed would be none, and an oracle that never cries out would prove nothing.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
import structlog

import replies.library
from bot.outbox import breaker, mouth, pacing, rules
from bot.storage import clearance, phrase_standing
from bot.storage.journal import Journal
from replies.library import Library
from replies.phrase import SAYABLE
from tests.journeys.histories import played
from tests.journeys.unapproved import World

gate = import_module("bot.outbox.gate")  # the package has a function of that name

SHORT = 250
LONG = int(os.environ.get("HISTORIES", "100000"))
AT_MOST = 2_500
"""Histories played in search of what a missing guard lets through, should the one known to show it not do so."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("histories"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Refusals and kills are what these stories are made of."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


def test_a_few_histories_leak_nothing(world: World) -> None:
    before = world.heard
    for seed in range(SHORT):
        assert played(world, seed) == [], f"history {seed}"
    assert world.heard - before > SHORT // 2, "silence proves nothing"


@pytest.mark.slow
def test_a_hundred_thousand_histories_leak_nothing(world: World) -> None:
    began, before = time.perf_counter(), world.heard
    for seed in range(LONG):
        assert played(world, seed) == [], f"history {seed}"
    took = time.perf_counter() - began
    print(
        f"{LONG} histories, {world.heard - before} messages heard, 0 leaks, {took:.0f} s, {LONG / took:.0f}/s"
    )


# Each guard taken away


def _reason_without(*parts: str) -> Callable[..., str | None]:
    """What the room's own library says of a phrase, without the parts named: state, dates, home."""

    def reason(
        phrase: Any, now_ms: int, practice: bool, room: str | None, merchant: str | None
    ) -> str | None:
        if "state" not in parts and phrase.state not in SAYABLE:
            return "not_approved"
        if "dates" not in parts:
            if phrase.valid_from_ms is not None and now_ms < phrase.valid_from_ms:
                return "not_yet"
            if phrase.valid_until_ms is not None and now_ms >= phrase.valid_until_ms:
                return "expired"
        if "home" not in parts and (
            phrase.room not in (None, "", room) or phrase.merchant not in (None, "", merchant)
        ):
            return "other_room"
        return None

    return reason


def _state(patch: pytest.MonkeyPatch) -> None:
    """Whether a version is live is believed as it was last read, whatever the store says."""
    patch.setattr(phrase_standing, "standing", lambda *rest: None)
    patch.setattr(clearance, "standing", lambda *rest: None)


def _digest(patch: pytest.MonkeyPatch) -> None:
    """A row that names another version than the one in use is taken for that one."""

    def check(self: Library, phrase_id: str, digest: str, *rest: Any, **more: Any) -> None:
        known = self.get(phrase_id)
        checked(self, phrase_id, digest if known is None else known.digest, *rest, **more)

    def cleared(self: Any, row: Any, now_ms: int) -> Any:
        known = self.gate.library().get(row.phrase_id)
        named = row if known is None else _Named(row, known.digest)
        return asked(self, named, now_ms)

    checked, asked = Library.check, mouth.Outbox._cleared
    patch.setattr(Library, "check", check)
    patch.setattr(mouth.Outbox, "_cleared", cleared)


class _Named:
    """A row with another digest."""

    def __init__(self, row: Any, digest: str) -> None:
        self._row, self.digest = row, digest

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def _approval(patch: pytest.MonkeyPatch) -> None:
    """A version that calls itself live needs no approval of its substance."""
    patch.setattr(phrase_standing, "_approved", lambda conn, row: True)


def _validity(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(replies.library, "_reason", _reason_without("dates"))
    patch.setattr(phrase_standing, "run_out", lambda conn, row, now_ms: None)


def _rendering(patch: pytest.MonkeyPatch) -> None:
    """The words of a row are said as they stand in it."""
    patch.setattr(gate, "_filled", lambda phrase, shop, row, now_ms: gate.Passed(phrase, row.text, ""))


def _facts(patch: pytest.MonkeyPatch) -> None:
    """The room's own idea of a price counts, whatever the store has been told."""
    patch.setattr(gate, "_as_in_store", lambda *rest: None)


def _words(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gate, "_worded", lambda *rest: None)


def _home(patch: pytest.MonkeyPatch) -> None:
    """Whose phrase it is, for which room and platform, is not asked."""
    patch.setattr(replies.library, "_reason", _reason_without("home"))
    at_home = gate._at_home
    patch.setattr(gate, "_at_home", lambda phrase, shop, product, room: at_home(phrase, shop, product, None))


def _product(patch: pytest.MonkeyPatch) -> None:
    """A phrase about one product is filled with the facts of another."""
    patch.setattr(gate, "_at_home", lambda *rest: None)


def _time_to_live(patch: pytest.MonkeyPatch) -> None:
    def queue(self: Any, rows: Any) -> None:
        queued(self, [_Late(row) for row in rows])

    queued = mouth.Outbox.queue
    patch.setattr(mouth.Outbox, "queue", queue)


class _Late(_Named):
    """A row that never runs out."""

    def __init__(self, row: Any) -> None:
        super().__init__(row, row.digest)
        self.expires_ms = 2**53


def _begin(patch: pytest.MonkeyPatch) -> None:
    """Whoever has the row in memory may send it."""

    def begin(self: Journal, id: int, now_ms: int | None = None) -> bool:
        begun(self, id, now_ms)
        return True

    begun = Journal.outbox_begin
    patch.setattr(Journal, "outbox_begin", begin)
    patch.setattr(mouth.Outbox, "_finish", _forgiving(mouth.Outbox._finish))


def _forgiving(finish: Any) -> Any:
    async def finished(self: Any, row: Any, state: str, detail: str = "") -> str:
        await finish(self, row, state, detail)
        return state

    return finished


def _recover(patch: pytest.MonkeyPatch) -> None:
    """What was being sent when the process died is simply sent again."""

    def recover(self: Journal) -> int:
        with self.deed() as deed:
            deed.conn.exec_driver_sql("UPDATE outbox SET state = 'queued' WHERE state = 'sending'")
        return 0

    patch.setattr(Journal, "outbox_recover", recover)


def _second_look(patch: pytest.MonkeyPatch) -> None:
    """Once a row is marked as being sent, nobody looks at the store again."""

    patch.setattr(
        mouth.Outbox, "_taken",
        lambda self, row, before, now_ms: before if self._store.outbox_begin(row.id) else None,
    )  # fmt: skip


def _fuse(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(breaker.Breaker, "refused", lambda self, now_ms, detail: False)
    patch.setattr(breaker.Breaker, "warned", lambda self: False)


def _kept_fuse(patch: pytest.MonkeyPatch) -> None:
    """A restart makes the account speak again."""
    patch.setattr(Journal, "stop_account", lambda self, account, reason, *, room: None)


def _kill_switch(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mouth.Outbox, "_hush", lambda self: "breaker" if self.account.breaker.stopped else None)


def _pace(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pacing.Pace, "free_from", lambda self, parts=1: 0)


def _spacing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mouth.Outbox, "_free_of", lambda self, row: 0)


def _due(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(mouth.Waiting, "put", _at_once(mouth.Waiting.put))
    patch.setattr(mouth.Outbox, "_free_of", lambda self, row: self._said.get(row.text, -(10**9)) + 30_000)


def _at_once(put: Any) -> Any:
    return lambda self, row, at_ms=None: put(self, row, 0)


def _parting(patch: pytest.MonkeyPatch) -> None:
    """A long text is cut wherever it is full."""

    def cut(text: str, limit: int, **more: Any) -> tuple[str, ...]:
        if len(text) <= limit:
            return (text,)
        pieces = re.findall(f"(?s:.{{1,{limit - 5}}})", text)
        return tuple(f"({place}/{len(pieces)}){piece}" for place, piece in enumerate(pieces, 1))

    patch.setattr(rules, "split", cut)


GUARDS: dict[Callable[[pytest.MonkeyPatch], None], int] = {
    _state: 2, _digest: 4, _approval: 20, _validity: 173, _rendering: 6, _facts: 16, _words: 105, _home: 9, _product: 2,
    _time_to_live: 15, _begin: 4, _recover: 10, _second_look: 2, _fuse: 1, _kept_fuse: 59, _kill_switch: 5, _pace: 8,
    _spacing: 4, _due: 3, _parting: 75,
}  # fmt: skip
"""Each guard with a history that is known to slip through without it; should that one not, others are tried."""


@pytest.mark.parametrize("remove", list(GUARDS), ids=[one.__name__.strip("_") for one in GUARDS])
def test_without_it_the_room_hears_what_it_should_not(
    world: World, monkeypatch: pytest.MonkeyPatch, remove: Callable[[pytest.MonkeyPatch], None]
) -> None:
    remove(monkeypatch)
    for seed in (GUARDS[remove], *range(AT_MOST)):
        if played(world, seed):
            return
    pytest.fail(f"{AT_MOST} histories leak nothing without {remove.__name__}: a guard nobody would miss")
