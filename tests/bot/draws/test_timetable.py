"""A room's draws, taken through their life on time."""

from __future__ import annotations

import dataclasses
import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.comment import RoomKey
from bot.draws import Salts
from bot.draws.clockwork import RETRY_MS
from bot.errors import NotAllowed, StoreFull
from bot.policy import GRACE_MS, Instruction
from bot.storage.values import EntryLists
from lottery.beacon import Beacon, practice_beacon
from lottery.command import verify_file
from lottery.errors import BeaconError, LifeError, RuleError
from tests.bot.draws.stage import (
    CLOSES,
    DUE,
    KINDS,
    LISTED,
    OPENS,
    SHEET,
    Stage,
    relay_text,
    staged,
)
from tests.builders import NOON, ROOM, comment


async def test_a_draw_goes_through_its_whole_life_on_time(stage: Stage) -> None:
    draw_id = stage.announce()
    seen = [stage.stage_of(draw_id)]
    stage.enter("a", "b", "c", "d")
    wakes = []
    while (due := stage.draws.next_due()) is not None and len(wakes) < 6:
        wakes.append(due)
        await stage.draws.step(due)
        seen.append(stage.stage_of(draw_id))
        if seen[-1] == "claim":
            for place in (1, 2):
                stage.draws.settle(draw_id, place, "confirmed", "", due + place, by="amy")
    assert seen == ["announced", "open", "challenge", "beacon", "claim", "archived"]
    claim_by = stage.row(draw_id).body["commitment"]["record"]["claim_by"]
    assert wakes[:2] == [OPENS, LISTED]
    assert wakes[-1] == claim_by
    assert stage.told[-1] == Instruction("draw_close", "draw", {"draw_id": draw_id})
    assert set(stage.changed) == {draw_id}
    proof = stage.draws.proof_path(draw_id)
    assert verify_file(str(proof), None, False, None, False, io.StringIO(), io.StringIO()) == 0
    assert not list(proof.parent.glob("*.part"))


async def test_nothing_is_done_before_its_time(stage: Stage) -> None:
    draw_id = stage.announce()
    await stage.draws.step(OPENS - 1)
    assert stage.stage_of(draw_id) == "announced"
    await stage.draws.step(LISTED - 1)
    assert stage.stage_of(draw_id) == "open"
    assert stage.told == []


async def test_the_list_holds_exactly_those_who_were_told_they_are_in(stage: Stage) -> None:
    draw_id = stage.announce(staff=("boss",))
    stage.enter("early", at=10_000)
    stage.enter("a", "b", "a", "boss")
    stage.hear(comment("好运", uid=None, at=41_000), comment("好运", uid="late", at=90_000))
    await stage.draws.step(LISTED)
    row = stage.draws.rows()[0]
    accepted = {entry.uid for entry in stage.journal.draw_entries(draw_id)}
    assert accepted == {"a", "b"}
    (closed,) = row.body["closed"]
    assert closed["record"]["entries"] == 2
    assert closed["record"]["excluded"] == {
        "duplicate": 1, "early": 1, "late": 1, "staff": 1, "unknown_viewer": 1,
    }  # fmt: skip


async def test_an_entry_still_on_its_way_at_the_close_is_in(stage: Stage) -> None:
    stage.announce()
    await stage.draws.step(CLOSES)
    stage.enter("a", at=59_900)
    await stage.draws.step(LISTED)
    (closed,) = stage.draws.rows()[0].body["closed"]
    assert closed["record"]["entries"] == 1


async def test_a_draw_goes_on_after_a_restart(tmp_path: Path) -> None:
    with staged(tmp_path) as first:
        draw_id = first.announce()
        first.enter("a", "b", "c")
    with staged(tmp_path) as second:
        (opening,) = second.draws.reopened()
        assert opening.data["draw"]["draw_id"] == draw_id  # type: ignore[index]
        second.state = second.journal.load_state(ROOM) or second.state
        second.hear(opening, comment("好运", uid="a", at=50_000), comment("好运", uid="e", at=50_000))
        await second.draws.step(LISTED)
        assert second.stage_of(draw_id) == "challenge"
        (closed,) = second.draws.rows()[0].body["closed"]
        assert closed["record"]["entries"] == 4
        assert second.draws.reopened() == []
    with staged(tmp_path) as third:
        await third.draws.step(DUE)
        assert third.stage_of(draw_id) == "claim"
        assert third.draws.proof_path(draw_id).exists()


async def test_a_stop_between_the_list_and_the_rooms_word_leaves_no_draw_open_in_the_room(
    tmp_path: Path,
) -> None:
    with staged(tmp_path) as first:
        draw_id = first.announce(sheet=KINDS["quiz"])
        await first.draws.step(LISTED)
        assert first.told[-1].kind == "draw_close", "told, but the room never came to hear it"
    with staged(tmp_path) as second:
        second.state = second.journal.load_state(ROOM) or second.state
        assert second.state.draw is not None
        assert second.state.draw.reveals("anything with A in it"), "our answers would be held back for ever"
        told = second.draws.reopened(second.state.draw.draw_id)
        assert told == [Instruction("draw_close", "draw", {"draw_id": draw_id})]
        second.hear(*told)
        assert second.state.draw is None
        assert second.draws.reopened(None) == []


async def test_a_list_that_comes_too_late_makes_the_draw_void(stage: Stage) -> None:
    draw_id = stage.announce()
    stage.enter("a")
    await stage.draws.step(DUE)
    assert stage.stage_of(draw_id) == "void"
    assert stage.draws.rows()[0].body["void"]["record"]["reason"] == "closed_late"


async def test_a_draw_nobody_entered_is_void(stage: Stage) -> None:
    draw_id = stage.announce()
    for at in (LISTED, DUE):
        await stage.draws.step(at)
    assert stage.stage_of(draw_id) == "void"
    assert not stage.draws.proof_path(draw_id).exists()


async def test_draws_are_numbered_and_chained_and_one_at_a_time(stage: Stage) -> None:
    first = stage.announce()
    with pytest.raises(NotAllowed, match=r"still takes entries.*article 13"):
        stage.announce()
    stage.enter("a")
    await stage.draws.step(LISTED)
    with pytest.raises(NotAllowed, match="no result yet"):
        stage.announce()
    await stage.draws.step(DUE)
    second = stage.announce()
    one, two = stage.draws.rows()
    assert ((one.id, one.sequence), (two.id, two.sequence)) == ((first, 1), (second, 2))
    assert two.body["commitment"]["record"]["prev"] == one.body["last_hash"]
    assert one.secret is not None
    assert two.secret is not None
    assert one.secret["signer"] == two.secret["signer"]
    assert one.secret["salt"] != two.secret["salt"]


def test_an_incomplete_sheet_is_refused_and_nothing_is_stored(stage: Stage) -> None:
    bad = dataclasses.replace(SHEET, organiser="")
    with pytest.raises(RuleError):
        stage.draws.announce(bad, "practice", NOON, by="amy", session="s1")
    assert stage.draws.rows() == []
    assert stage.journal.load_draws(ROOM) == []


def test_another_rooms_draws_are_not_ours(stage: Stage) -> None:
    draw_id = stage.announce()
    other = stage.new_draws(RoomKey("practice", "2"))
    assert other.rows() == []
    assert other.next_due() is None
    for act in (
        lambda: other.proof_path(draw_id),
        lambda: other.paste_beacon(draw_id, "{}", by="amy"),
        lambda: other.void(draw_id, "cancelled", NOON, by="amy"),
        lambda: other.proof_path("../../etc/passwd"),
    ):
        with pytest.raises(NotAllowed, match="no draw"):
            act()


# Void


def test_a_draw_without_entries_may_be_cancelled(stage: Stage) -> None:
    draw_id = stage.announce()
    stage.draws.void(draw_id, "cancelled", NOON + 5, by="amy")
    assert stage.stage_of(draw_id) == "void"
    assert stage.told == [Instruction("draw_close", "amy", {"draw_id": draw_id})]
    assert stage.draws.next_due() is None
    assert stage.announce() != draw_id


def test_a_draw_that_could_not_be_voided_goes_on_in_the_room(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_id = stage.announce()

    def full(*given: Any, **named: Any) -> None:
        raise StoreFull("The disk is full.")

    monkeypatch.setattr(stage.journal, "save_draw", full)
    with pytest.raises(StoreFull):
        stage.draws.void(draw_id, "cancelled", NOON + 5, by="amy")
    assert stage.stage_of(draw_id) == "announced"
    assert stage.told == []


def test_a_draw_with_entries_may_not_be_cancelled(stage: Stage) -> None:
    draw_id = stage.announce()
    stage.enter("a")
    with pytest.raises(LifeError):
        stage.draws.void(draw_id, "cancelled", NOON + 41_000, by="amy")
    assert stage.stage_of(draw_id) in ("announced", "open")
    assert stage.told == []


# Beacon: a real draw whose round is an old real one


REAL_ROUND = 31089008


@pytest.fixture
def real_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real draws wait for rounds of the future; here the clock is wound to one whose value is known."""
    from lottery.beacon import round_time_ms

    now = round_time_ms(REAL_ROUND) - 135_000
    monkeypatch.setattr("tests.bot.draws.test_timetable.NOON", now)
    monkeypatch.setattr("tests.bot.draws.stage.NOON", now)
    monkeypatch.setattr("tests.builders.NOON", now)


async def to_beacon(stage: Stage) -> tuple[str, int]:
    """A real draw at its beacon stage, and when the value is due."""
    draw_id = stage.announce("quick")
    stage.enter("a", "b", "c")
    for at in (NOON + 30_000, NOON + 90_000 + GRACE_MS):
        await stage.draws.step(at)
    assert stage.stage_of(draw_id) == "challenge"
    due = stage.draws.next_due()
    assert due is not None
    await stage.draws.step(due)
    assert stage.stage_of(draw_id) == "beacon"
    return draw_id, NOON + 135_000


@pytest.mark.usefixtures("real_round")
async def test_a_late_beacon_is_asked_for_again(tmp_path: Path) -> None:
    answers: list[Callable[[], Beacon | None]] = [lambda: None, lambda: practice_beacon(REAL_ROUND)]
    asked: list[int] = []

    async def source(number: int) -> Beacon | None:
        asked.append(number)
        return answers.pop(0)()

    with staged(tmp_path, source) as stage:
        draw_id, due = await to_beacon(stage)
        await stage.draws.step(due)
        assert stage.stage_of(draw_id) == "beacon"
        assert stage.draws.next_due() == due + RETRY_MS
        await stage.draws.step(due + RETRY_MS - 1)
        assert asked == [REAL_ROUND]
        await stage.draws.step(due + RETRY_MS)
        assert stage.stage_of(draw_id) == "claim"


@pytest.mark.usefixtures("real_round")
async def test_a_pasted_beacon_is_checked_and_then_as_good_as_any(stage: Stage) -> None:
    draw_id, due = await to_beacon(stage)
    for wrong in (relay_text(1000), "hello", relay_text(REAL_ROUND).replace("87b3", "87b4")):
        with pytest.raises(BeaconError):
            stage.draws.paste_beacon(draw_id, wrong, by="amy")
    stage.draws.paste_beacon(draw_id, relay_text(REAL_ROUND), by="amy")
    await stage.draws.step(due)
    assert stage.stage_of(draw_id) == "claim"


def test_a_beacon_nobody_waits_for_is_not_taken(stage: Stage) -> None:
    with pytest.raises(NotAllowed, match="does not wait"):
        stage.draws.paste_beacon(stage.announce(), relay_text(REAL_ROUND), by="amy")


# Trouble


@pytest.mark.usefixtures("real_round")
@pytest.mark.parametrize("trouble", [OSError("disk"), BeaconError("forged"), NotAllowed("no")])
async def test_a_step_that_fails_is_tried_again_and_disturbs_no_other(
    tmp_path: Path, trouble: Exception
) -> None:
    calls: list[int] = []

    async def source(number: int) -> Beacon | None:
        calls.append(number)
        if len(calls) == 1:
            raise trouble
        return practice_beacon(number)

    with staged(tmp_path, source) as stage:
        draw_id, due = await to_beacon(stage)
        await stage.draws.step(due)
        assert stage.stage_of(draw_id) == "beacon"
        assert stage.draws.next_due() == due + RETRY_MS
        await stage.draws.step(due + RETRY_MS)
        assert stage.stage_of(draw_id) == "claim"


def test_the_secret_is_never_in_what_is_told(stage: Stage) -> None:
    stage.announce(staff=("boss",))
    row = stage.draws.rows()[0]
    assert row.secret is not None
    shown = str(row.body)
    assert row.secret["salt"] not in shown
    assert row.secret["signer"] not in shown
    assert "boss" not in shown


def test_an_unknown_draw_has_no_entrants() -> None:
    with pytest.raises(KeyError):
        Salts().entrant("draw-9", "practice", "u1")


@pytest.mark.usefixtures("real_round")
async def test_an_unwelcome_result_cannot_be_called_foul_play(stage: Stage) -> None:
    draw_id, due = await to_beacon(stage)
    with pytest.raises(LifeError, match="contradict"):
        stage.draws.void(draw_id, "foul_play", due, by="amy")
    assert stage.stage_of(draw_id) == "beacon"


# Two at once


def test_two_announcing_at_once_get_one_draw(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    save, refused = stage.journal.save_draw, []

    def second() -> None:
        try:
            stage.draws.announce(SHEET, "practice", NOON, by="bea", session="s1")
        except NotAllowed as error:
            refused.append(error)

    rival = threading.Thread(target=second)

    def slow(*given: Any, **named: Any) -> None:
        if rival.ident is None:
            rival.start()
            rival.join(0.1)
        save(*given, **named)

    monkeypatch.setattr(stage.journal, "save_draw", slow)
    stage.announce()
    rival.join()
    assert len(refused) == 1
    assert len(stage.draws.rows()) == 1


async def test_a_press_during_a_step_sees_what_the_step_made(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_id = stage.announce()
    await stage.draws.step(OPENS)
    entries, refused = stage.journal.entry_lists, []

    def cancel() -> None:
        try:
            stage.draws.void(draw_id, "cancelled", LISTED, by="amy")
        except LifeError as error:
            refused.append(error)

    rival = threading.Thread(target=cancel)

    def slow(*given: Any, **named: Any) -> EntryLists:
        rival.start()
        rival.join(0.1)
        return entries(*given, **named)

    monkeypatch.setattr(stage.journal, "entry_lists", slow)
    await stage.draws.step(LISTED)
    rival.join()
    assert len(refused) == 1
    assert stage.stage_of(draw_id) == "challenge"


async def test_a_step_found_due_before_a_press_is_not_taken_after_it(stage: Stage) -> None:
    draw_id = stage.announce()
    steps: list[str] = []

    def void_then(call: Callable[..., None], *given: Any) -> None:
        if not steps:
            steps.append("void")
            stage.draws.void(draw_id, "cancelled", OPENS, by="amy")
        call(*given)

    async def in_turn(call: Callable[..., None], *given: Any) -> None:
        void_then(call, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.draws.clockwork.asyncio.to_thread", in_turn)
        await stage.draws.step(OPENS)
    assert stage.stage_of(draw_id) == "void"
