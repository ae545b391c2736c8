"""What goes into a draw when it is announced: every kind, its secrets, and who may not win."""

from __future__ import annotations

import dataclasses
import io
import json

import msgspec
import pytest

from bot.decision import Capabilities
from bot.draws.announcing import open_draw, untold, with_previous
from bot.draws.barred import Barred, BarredLists
from bot.draws.book import answer_of, commitment_of
from bot.errors import NotAllowed
from bot.room_state import OpenDraw
from lottery.command import verify_file
from lottery.contests import Guess, Quiz
from lottery.entry import list_hash
from lottery.errors import RuleError
from tests.bot.draws.stage import DUE, KINDS, LISTED, SHEET, Stage
from tests.builders import comment

SAID = {
    "keyword": {"a": "好运", "b": "好运", "c": "好运"},
    "quiz": {"a": "b", "b": "B", "c": "Ｂ", "wrong": "A"},
    "guess": {"a": "猜39.90", "b": "猜 40元", "c": "猜12.5", "far": "猜999999"},
}


def enter(stage: Stage, kind: str) -> None:
    """Three entrants a, b and c, as the kind wants them; whoever else is named there is refused."""
    if kind == "purchase":
        stage.order("a", "b", "c")
        stage.order("other", product="P2")
    elif kind == "rain":
        stage.hear(*(comment("红包一", uid=uid, at=35_000) for uid in ("a", "b", "a")))
        stage.hear(*(comment("红包二", uid=uid, at=65_000) for uid in ("a", "c")))
    else:
        stage.hear(*(comment(said, uid=uid, at=40_000) for uid, said in SAID[kind].items()))


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_is_drawn_and_verifies_with_its_list(stage: Stage, kind: str) -> None:
    draw_id = stage.announce(sheet=KINDS[kind])
    enter(stage, kind)
    await stage.until(LISTED)
    (closed,) = stage.row(draw_id).body["closed"]
    assert closed["record"]["entries"] == 3
    await stage.until(DUE)
    assert stage.stage_of(draw_id) == "claim"
    out = io.StringIO()
    files = (str(stage.draws.proof_path(draw_id)), str(stage.draws.list_path(draw_id)))
    assert verify_file(files[0], None, False, None, False, out, io.StringIO(), files[1]) == 0
    assert "failed" not in out.getvalue()


async def test_nothing_tells_the_answer_before_the_closing_and_then_it_is_published(stage: Stage) -> None:
    draw_id = stage.announce(sheet=KINDS["quiz"])
    enter(stage, "quiz")
    row = stage.row(draw_id)
    answer = answer_of(row)
    assert answer is not None
    assert answer.answers == ("b",)
    assert answer.salt not in json.dumps(row.body)
    assert stage.journal.entry_counts(draw_id) == (4, {}), "right and wrong count alike"
    await stage.until(LISTED)
    (closed,) = stage.row(draw_id).body["closed"]
    assert closed["record"]["answer"] == answer.to_json()
    assert closed["record"]["excluded"] == {"wrong_answer": 1}
    assert closed["record"]["excluded_viewers"] == 1


async def test_the_nearest_guess_wins(stage: Stage) -> None:
    draw_id = stage.announce(sheet=KINDS["guess"])
    enter(stage, "guess")
    await stage.until(DUE)
    row = stage.row(draw_id)
    pseudonyms = [bytes.fromhex(one["pseudonym"]) for one in row.body["chosen"]]
    assert [stage.journal.entry_at(draw_id, one)[0].uid for one in pseudonyms] == ["a", "b", "c"]
    assert row.body["closed"][0]["record"]["excluded"] == {"out_of_range": 1}


@pytest.mark.parametrize("kind", KINDS)
def test_the_room_is_told_the_committed_rule(stage: Stage, kind: str) -> None:
    _, told = stage.draws.announce(KINDS[kind], "practice", 0, by="amy", session="s1", staff=("boss",))
    (row,) = stage.draws.rows()
    opened = msgspec.convert(told.data["draw"], OpenDraw)
    assert opened == open_draw(row)
    rule = commitment_of(row).record.entry_rule(staff=frozenset({"boss"}))
    if isinstance(rule.contest, Quiz | Guess):  # what the room must not know, or need not, is not told to it
        rule = dataclasses.replace(
            rule, contest=dataclasses.replace(rule.contest, question="", answer_commit="")
        )
    assert opened.rule(stage.draws.room) == rule


def test_what_the_room_does_not_tell_cannot_be_a_condition() -> None:
    asked = dataclasses.replace(SHEET, follow=True, fan_level=3, account_level=5)
    assert [one.field for one in untold(asked, Capabilities())] == ["follow", "fan_level", "account_level"]
    assert [one.field for one in untold(KINDS["purchase"], Capabilities())] == ["kind"]
    told = Capabilities(tells_follow=True, tells_fan_level=True, tells_level=True, tells_orders=True)
    assert untold(asked, told) == untold(KINDS["purchase"], told) == ()
    assert untold(SHEET, Capabilities()) == ()


def test_such_a_sheet_is_not_announced(stage: Stage) -> None:
    draws = stage.new_draws(abilities=Capabilities)
    with pytest.raises(RuleError, match="does not tell who follows"):
        draws.announce(dataclasses.replace(SHEET, follow=True), "practice", 0, by="amy", session="s1")
    assert stage.journal.load_draws() == []


def test_a_rule_about_weights_that_no_room_keeps_is_not_announced(stage: Stage) -> None:
    weighted = dataclasses.replace(SHEET, weight_rule="老客十倍")
    with pytest.raises(RuleError, match="weighs the same"):
        stage.new_draws().announce(weighted, "practice", 0, by="amy", session="s1")
    assert stage.journal.load_draws() == []


def test_a_witness_announces_nothing(stage: Stage) -> None:
    with pytest.raises(NotAllowed, match="witness"):
        stage.new_draws(witness=True).announce(SHEET, "practice", 0, by="amy", session="s1")


def test_the_shops_lists_are_frozen_into_the_commitment(stage: Stage) -> None:
    lists = BarredLists(("practice:boss", "bilibili:other"), ("practice:cheat",))
    Barred(stage.journal).save(None, lists, by="amy")
    draw_id = stage.announce(staff=("host",))
    Barred(stage.journal).save(None, BarredLists(), by="amy")
    stage.enter("boss", "host", "cheat", "other", "a")
    accepted, refused = stage.journal.entry_counts(draw_id)
    assert (accepted, refused) == (2, {"staff": 2, "blacklisted": 1})
    row = stage.row(draw_id)
    record = commitment_of(row).record
    assert row.secret is not None
    salt = bytes.fromhex(row.secret["salt"])
    assert record.terms is not None
    assert record.terms.staff_hash == list_hash("staff", salt, ["boss", "host"])
    assert record.terms.blacklist_hash == list_hash("blacklist", salt, ["cheat"])
    assert "cheat" not in json.dumps(row.body)


async def test_who_has_won_lately_waits_and_the_rules_say_so(stage: Stage) -> None:
    first = stage.announce()
    stage.enter("a", "b", "c")
    await stage.until(DUE)
    winners = {
        stage.journal.entry_at(first, bytes.fromhex(one["pseudonym"]))[0].uid
        for one in stage.row(first).body["chosen"][:2]
    }
    later = dataclasses.replace(SHEET, exclude_previous_days=7)
    second = stage.announce(sheet=later, at_ms=DUE + 1000)
    at = DUE + 1000 + 35_000 - 1_755_000_000_000
    stage.enter("a", "b", "c", at=at)
    assert stage.journal.entry_counts(second) == (1, {"previous_winner": 2})
    row = stage.row(second)
    assert row.secret is not None
    assert set(row.secret["previous"]) == winners
    assert "近 7 日内" in commitment_of(row).record.to_json()["rules"]["entry_conditions"]
    assert with_previous(SHEET) is SHEET
