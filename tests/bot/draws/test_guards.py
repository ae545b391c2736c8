"""Each guard of a draw is taken away in turn, and the oracle of the model must then cry; with it in place the same
story is played in peace. A guard that could go without being missed would be none.

Some stand one behind the other. Then the first are taken away to begin with (`beside`): the story must still be played
in peace, and only cry when the last one goes as well.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from lottery import claim, life
from tests.bot.draws import mutations, stories, test_claims, test_kept
from tests.bot.draws.model import World, run
from tests.bot.draws.mutations import Patch
from tests.bot.draws.prize_stage import prize_stage
from tests.bot.draws.stage import staged
from tests.bot.draws.stories import DAY, HOUR
from tests.lottery import test_claim, test_life, test_states


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Refusals and kills are what these stories are made of."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@dataclass(frozen=True)
class Guard:
    """`remove` is taken away beside those in `beside`; `story` shows it, in a world of the kind `how`, and this is what
    the oracle then cries (among other words)."""

    remove: Callable[[Patch], None]
    story: Callable[[World], None]
    cry: str
    beside: tuple[Callable[[Patch], None], ...] = ()
    how: tuple[str, ...] = ()


GUARDS = (
    Guard(mutations.compare, stories.two_ends, "changed or vanished"),
    Guard(mutations.compare_claims, stories.two_settle_one_place, "changed or vanished", how=("records",)),
    Guard(mutations.compare_pasted, stories.a_paste_in_another_process, "beacon pasted"),
    Guard(mutations.compare_state, stories.cancelled_when_shut, "was closed is void as cancelled"),
    Guard(mutations.one_number, stories.two_announce, "has number 1"),
    Guard(mutations.one_at_a_time, stories.announced_twice, "before the one before had ended"),
    Guard(
        mutations.one_after_the_other, stories.announced_before_the_result, "before the one before had ended"
    ),
    Guard(
        mutations.row_in_hand,
        stories.void_while_the_beacon_comes,
        "changed or vanished",
        (mutations.compare, mutations.still_there),
    ),
    Guard(mutations.shut_draws, stories.entry_after_the_list, "went on growing"),
    Guard(mutations.entered_twice, stories.entry_again_after_a_restart, "UNIQUE"),
    Guard(mutations.shut_before_listing, stories.entry_while_the_list_is_made, "but the list has"),
    Guard(mutations.grace, stories.entry_on_its_way, "in time is not in"),
    Guard(mutations.closing_time, stories.entry_in_the_middle, "in time is not in"),
    Guard(mutations.deadline, stories.the_clock_jumps_an_hour, "outside its time"),
    Guard(mutations.published_in_time, stories.a_slow_disk, "after the deadline", how=("live",)),
    Guard(
        mutations.void_stages, stories.void_at("beacon", "closed_late"), "was beacon is void as closed_late"
    ),
    Guard(
        mutations.one_way, stories.void_at("claim", "closed_late"), "two results", (mutations.void_stages,)
    ),
    Guard(mutations.truth_of("cancelled"), stories.void_at("open", "cancelled"), "void as cancelled"),
    Guard(
        mutations.truth_of("failure"),
        stories.void_at("challenge", "failure", after_ms=20_000),
        "void as failure",
    ),
    Guard(mutations.truth_of("closed_late"), stories.void_at("open", "closed_late"), "void as closed_late"),
    Guard(
        mutations.truth_of("beacon_stopped"),
        stories.void_at("beacon", "beacon_stopped", after_ms=DAY - HOUR),
        "void as beacon_stopped",
    ),
    Guard(mutations.truth_of("no_entries"), stories.void_at("beacon", "no_entries"), "void as no_entries"),
    Guard(mutations.truth_of("foul_play"), stories.void_at("challenge", "foul_play"), "void as foul_play"),
    Guard(mutations.paste_verified, stories.a_wrong_paste, "stuck"),
    Guard(
        mutations.beacon_verified,
        stories.a_wrong_beacon,
        "another beacon",
        (mutations.verified_when_finished,),
    ),
    Guard(mutations.proof_first, stories.killed_while_the_result_is_stored, "without a proof"),
    Guard(mutations.still_there, stories.overtaken_and_killed, "tells of another result"),
    Guard(mutations.proof_that_stands, stories.anothers_proof, "does not verify"),
    Guard(mutations.mended, stories.files_are_lost, "No such file"),
    Guard(mutations.read_again, stories.the_other_goes_on, "stays challenge"),
    Guard(mutations.tried_again, stories.a_disk_that_fails_once, "much too late"),
    Guard(mutations.turns, stories.reserve_first, "before its turn", how=("records",)),
    Guard(mutations.desk_turns, stories.reserve_first, "before its turn", (mutations.turns,)),
    Guard(
        mutations.archived_as_stored,
        stories.claims_behind_its_back,
        "changed or vanished",
        (mutations.compare,),
    ),
)


@pytest.mark.parametrize("guard", GUARDS, ids=[one.remove.__name__ for one in GUARDS])
def test_without_it_the_oracle_cries(guard: Guard) -> None:
    how = {"book": "records" not in guard.how, "live": "live" in guard.how}
    with pytest.MonkeyPatch.context() as patch:
        for one in guard.beside:
            one(patch)
        assert run(guard.story, **how) is None, "the story cries with the guard in its place"
        guard.remove(patch)
        heard = run(guard.story, **how)
        assert heard is not None, "nobody misses this guard"
        assert guard.cry in heard


# Guards that no story reaches while the others stand: a test of their own fails without them


def on_a_stage(test: Callable[..., Any]) -> Callable[[], None]:
    """A test that wants a stage, as a plain call."""

    def call() -> None:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, staged(Path(folder)) as stage:
            made = test(stage)
            if made is not None:
                asyncio.run(made)

    call.__name__ = test.__name__
    return call


def with_prizes(test: Callable[..., Any], coupons: bool = False) -> Callable[[], None]:
    """A test that wants a draw with winners, as a plain call."""

    def call() -> None:
        prizes = test_claims.COUPONS if coupons else test_claims.GOODS
        with (
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place,
            prize_stage(Path(place), prizes) as stage,
        ):
            if coupons:
                stage.book.coupons.add("十元券", ["AAA", "BBB"], by="amy")
            test(stage)

    call.__name__ = test.__name__
    return call


def pages_of_a_draw() -> None:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        test_claims.test_a_page_is_begun_only_while_claims_are_taken(Path(folder))


LATE = "now_ms >= announced.record.deadline_ms"
NAMED: tuple[tuple[Callable[[Patch], None], Callable[[], object]], ...] = (
    (mutations.one_way, test_states.test_every_other_step_is_refused),
    (mutations.without(life, "close", "now_ms < closed_at"), test_life.test_no_early_close),
    (mutations.without(life, "close", LATE), test_life.test_a_root_after_the_deadline_voids_the_draw),
    (mutations.without(life, "add_missing", LATE), test_life.test_revisions_only_add_and_only_in_time),
    (mutations.without(life, "add_missing", "closed.record.root != roster.root.hex()"),
     test_life.test_revisions_only_add_and_only_in_time),
    (mutations.without(life, "_closed", "commitment.equal_weights and roster.weight != len(roster)"),
     test_life.test_promised_equal_weights_are_kept),
    (mutations.without(life, "_closed", "latest_beacon is not None"), test_life.test_a_beacon_seen_must_be_genuine),
    (mutations.without(life, "finish", "last.root != roster.root.hex()"),
     test_life.test_finishing_needs_the_committed_beacon_the_closed_list_and_the_due_time),
    (mutations.without(life, "finish", "commitment.practice and now_ms < commitment.beacon.due_ms"),
     test_life.test_finishing_needs_the_committed_beacon_the_closed_list_and_the_due_time),
    (mutations.without(life, "finish", "not len(roster)"), test_life.test_nobody_entered),
    (mutations.without(life, "finish", "not report.ok"), test_life.test_a_draw_that_would_not_verify_is_not_published),
    (mutations.signing_key, test_life.test_another_key_cannot_go_on),
    (mutations.lists_of_its_kind, test_life.test_lists_of_another_kind_are_not_closed),
    (mutations.turns, test_claim.test_a_reserve_waits_for_its_turn_and_nobody_is_settled_twice),
    (mutations.without(claim, "settle", "any(claim.record.place == place for claim in settled)"),
     test_claim.test_a_reserve_waits_for_its_turn_and_nobody_is_settled_twice),
    (mutations.list_that_fits, on_a_stage(test_kept.test_a_list_that_contradicts_its_record_is_not_written)),
    (mutations.claimable, pages_of_a_draw),
    (mutations.coupons_left,
     with_prizes(test_claims.test_a_coupon_is_shown_once_and_to_the_same_page_ever_after, coupons=True)),
    (mutations.moving_up, with_prizes(test_claims.test_giving_a_prize_up_lets_the_next_reserve_have_it)),
    (mutations.compare, on_a_stage(test_kept.test_a_step_made_for_another_row_is_not_stored)),
)  # fmt: skip
"""Each with a test that fails when it is gone."""


@pytest.mark.parametrize(
    ("remove", "test"),
    NAMED,
    ids=[f"{remove.__name__}-{test.__name__.removeprefix('test_')}" for remove, test in NAMED],
)
def test_without_it_its_own_test_fails(
    remove: Callable[[Patch], None], test: Callable[[], object], monkeypatch: Patch
) -> None:
    test()
    remove(monkeypatch)
    with pytest.raises((Exception, pytest.fail.Exception)):  # whatever makes a test fail
        test()
