"""The guards of draws, each taken away: functions that change the code under test for the length of a test."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from bot.draws import claims, clockwork, kept, prize_desk, steps, timetable
from bot.draws.book import moved
from bot.draws.clockwork import Clockwork
from bot.draws.kept import Kept
from bot.draws.lists import Shelf, lists_of
from bot.draws.turns import Turn
from bot.storage import drawbook, entries, settling
from bot.storage.drawbook import DrawRows
from lottery import beacon as drand
from lottery import claim, life, states
from lottery.report import Report
from lottery.states import State
from tests.bot.draws import test_steps
from tests.lottery import test_claim, test_life

DAY = 86_400_000
Patch = pytest.MonkeyPatch
NORMAL = {"take": Clockwork._take, "void": life.void, "alarm": states.alarm}


def compare(patch: Patch) -> None:
    """Whoever saves a draw is believed to have read it last."""
    patch.setattr(DrawRows, "require_unmoved", lambda *given: None)


def compare_claims(patch: Patch) -> None:
    patch.setattr(drawbook, "_standing", lambda body: (body.get("last_hash"), []))


def compare_pasted(patch: Patch) -> None:
    patch.setattr(drawbook, "_standing", lambda body: (body.get("last_hash"), body.get("claims") or []))


def compare_state(patch: Patch) -> None:
    checked = DrawRows.require_unmoved

    def require(self: DrawRows, deed: Any, draw_id: str, before: Any) -> None:
        stored = self.draw(draw_id)
        same = before is not None and stored is not None
        checked(self, deed, draw_id, moved_to(before, stored.state) if same and stored else before)

    patch.setattr(DrawRows, "require_unmoved", require)


def moved_to(row: Any, state: str) -> Any:
    return type(row)(
        row.id, row.room, row.session, row.sequence, state, row.body, row.secret, row.next_due_ms
    )


def one_number(patch: Patch) -> None:
    """A number may be given twice."""
    patch.setattr(DrawRows, "require_next", lambda *given: None)


def one_at_a_time(patch: Patch) -> None:
    patch.setattr(timetable, "TAKING", frozenset())
    patch.setattr(timetable, "UNDECIDED", frozenset())


def one_after_the_other(patch: Patch) -> None:
    patch.setattr(timetable, "UNDECIDED", frozenset())


def row_in_hand(patch: Patch) -> None:
    """A step is taken with the row for which it was found due, whatever has been made of it meanwhile."""

    def take(self: Clockwork, row: Any, *given: Any) -> None:
        self._kept._rows[row.id] = row
        NORMAL["take"](self, row, *given)

    patch.setattr(Clockwork, "_take", take)


def shut_draws(patch: Patch) -> None:
    patch.setattr(entries, "TAKING", tuple(State))


def entered_twice(patch: Patch) -> None:
    patch.setattr(entries, "_ENTERED", entries._ENTERED + " AND 1 = 0")


def shut_before_listing(patch: Patch) -> None:
    """The list is read while entries are still taken."""
    read: dict[str, Any] = {}
    listed = Shelf.of

    def take(self: Clockwork, row: Any, *given: Any) -> None:
        if row.state == "open":
            read[row.id] = lists_of(self._kept.journal, row)
        NORMAL["take"](self, row, *given)

    patch.setattr(Clockwork, "_take", take)
    patch.setattr(Shelf, "of", lambda self, row: read.get(row.id) or listed(self, row))


def grace(patch: Patch) -> None:
    patch.setattr(clockwork, "GRACE_MS", 0)


def closing_time(patch: Patch) -> None:
    """A draw is closed once somebody is in it."""
    patch.setattr(clockwork, "alarm", lambda state, record: NORMAL["alarm"](
        State.ANNOUNCED if state is State.OPEN else state, record
    ))  # fmt: skip


def deadline(patch: Patch) -> None:
    def close(
        announced: Any,
        roster: Any,
        exclusions: Any,
        now_ms: int,
        key: Any,
        latest: Any = None,
        *,
        answer: Any = None,
    ) -> Any:
        at = announced.record.terms.close_at
        return life._closed(announced, None, roster, exclusions, at, now_ms, key, latest, answer)

    patch.setattr(life, "close", close)


def published_in_time(patch: Patch) -> None:
    patch.setattr(life, "check_published", lambda *given: None)


def void_stages(patch: Patch) -> None:
    patch.setattr(life, "VOID_WHEN", dict.fromkeys(life.VOID_WHEN, frozenset(State)))


def one_way(patch: Patch) -> None:
    patch.setattr(states, "NEXT", dict.fromkeys(State, frozenset(State)))


def truth_of(reason: str) -> Callable[[Patch], None]:
    """Whether it is true when somebody says `reason` is not asked."""

    def remove(patch: Patch) -> None:
        def void(
            announced: Any, said: str, state: State, now_ms: int, key: Any, *rest: Any, **more: Any
        ) -> Any:
            if said != reason or state not in life.VOID_WHEN[said]:
                return NORMAL["void"](announced, said, state, now_ms, key, *rest, **more)
            prev = rest[1] if len(rest) > 1 else None
            return life._void_record(announced, prev or announced.hash, said, now_ms, key)

        patch.setattr(life, "void", void)

    remove.__name__ = f"truth_of_{reason}"
    return remove


def paste_verified(patch: Patch) -> None:
    patch.setattr(timetable, "verify", lambda *given: b"")


def beacon_verified(patch: Patch) -> None:
    patch.setattr(drand, "verify", lambda beacon, *rest: beacon.randomness)


def verified_when_finished(patch: Patch) -> None:
    patch.setattr(life, "verify_finished", lambda made, roster: Report((), None))


def proof_first(patch: Patch) -> None:
    """The result is stored before its proof is on the disk."""

    def finish(self: Clockwork, row: Any, beacon: Any, now_ms: int) -> None:
        step = steps.drawn(row, self._kept.shelf.of(row), beacon, now_ms)
        self._save(row, step)
        assert step.proof is not None
        self._kept.files.write(self._kept.files.proof(row.id), step.proof.to_bytes())

    patch.setattr(Clockwork, "_finish", finish)


def still_there(patch: Patch) -> None:
    """Whether somebody was quicker is asked after the files are written."""
    patch.setattr(Kept, "require_there", lambda *given: None)


def proof_that_stands(patch: Patch) -> None:
    """A file is a file."""
    patch.setattr(Kept, "_proof_stands", lambda self, row: self.files.proof(row.id).exists())


def mended(patch: Patch) -> None:
    patch.setattr(Kept, "mend", lambda *given: None)


def read_again(patch: Patch) -> None:
    """Who finds that a draw has moved on does not look."""
    patch.setattr(Kept, "refresh", lambda *given: None)


def tried_again(patch: Patch) -> None:
    patch.setattr(clockwork, "RETRY_MS", 365 * DAY)


def turns(patch: Patch) -> None:
    patch.setattr(
        claim, "open_places",
        lambda drawn, settled: tuple(range(1, len(drawn.winners) + len(drawn.reserves) + 1)),
    )  # fmt: skip


def desk_turns(patch: Patch) -> None:
    patch.setattr(prize_desk.PrizeDesk, "_waiting", lambda self, act, place: act.row(place))


def archived_as_stored(patch: Patch) -> None:
    """A draw is put away as it is remembered, not as it is stored."""

    def settle_due(self: Clockwork, row: Any, now_ms: int) -> None:
        if self.claims.next_due(row.id) is not None:
            due(self, row, now_ms)
            return
        self._save(row, steps.Step(moved(row, State.ARCHIVED)))

    due = Clockwork._settle_due
    patch.setattr(Clockwork, "_settle_due", settle_due)


def without(module: Any, name: str, condition: str) -> Callable[[Patch], None]:
    """Takes one `if` out of a function of `module`."""

    def remove(patch: Patch) -> None:
        whole = getattr(module, name)
        source = inspect.getsource(whole)
        assert source.count(f"if {condition}:") == 1, f"{name} has no such guard any more"
        made: dict[str, Any] = {}
        exec(source.replace(f"if {condition}:", "if False:"), vars(module), made)
        for place in (module, test_life, test_claim, test_steps):
            if getattr(place, name, None) is whole:
                patch.setattr(place, name, made[name])

    remove.__name__ = name
    return remove


def signing_key(patch: Patch) -> None:
    patch.setattr(life, "_check_key", lambda commitment, key: None)


def lists_of_its_kind(patch: Patch) -> None:
    patch.setattr(life, "_check_lists", lambda *given: None)


def list_that_fits(patch: Patch) -> None:
    patch.setattr(kept, "fits", lambda row, lists: True)


def claimable(patch: Patch) -> None:
    """Claims are taken in every stage."""
    patch.setattr(claims, "CLAIMABLE", frozenset(State))


def coupons_left(patch: Patch) -> None:
    """A coupon that somebody has is given once more."""
    patch.setattr(settling, "_FREE", text("SELECT id FROM coupon WHERE pool = :pool ORDER BY id LIMIT 1"))


def moving_up(patch: Patch) -> None:
    """Nobody follows whoever drops out."""
    patch.setattr(Turn, "_move_up", lambda self: None)
