"""The two lists of a draw, made from what is stored."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from sqlalchemy import text

from bot.draws.book import commitment_of, key_of, salt_of
from bot.draws.lists import KEPT, Shelf, fits, lists_of
from lottery.entry import pseudonym_of
from lottery.signed import Signed
from tests.bot.draws.stage import DUE, KINDS, LISTED, Stage
from tests.builders import comment


async def test_the_lists_are_those_of_the_published_record(stage: Stage) -> None:
    draw_id = stage.announce(staff=("boss",))
    stage.enter("a", "b", "a", "boss")
    stage.hear(comment("好运", uid=None, at=41_000))
    ahead = lists_of(stage.journal, stage.row(draw_id))
    assert len(ahead.roster) == 2
    await stage.until(LISTED)
    row = stage.row(draw_id)
    lists = lists_of(stage.journal, row)
    assert fits(row, lists)
    assert dict(lists.exclusions.counts) == {"duplicate": 1, "staff": 1, "unknown_viewer": 1}
    (closed,) = row.body["closed"]
    assert closed["record"]["excluded_viewers"] == 2


async def test_a_closed_list_is_made_once_and_few_are_kept(stage: Stage) -> None:
    shelf = Shelf(stage.journal)
    ids = []
    for number in range(KEPT + 1):
        ids.append(stage.announce(at_ms=None if not number else DUE + number * 300_000))
        stage.enter("a", at=40_000 if not number else DUE + number * 300_000 - 1_755_000_000_000 + 31_000)
        await stage.until(DUE + number * 300_000 + 150_000)
        row = stage.row(ids[-1])
        assert shelf.of(row) is shelf.of(row)
    first = stage.row(ids[0])
    again = shelf.of(first)
    assert fits(first, again)


def test_before_the_closing_nothing_is_kept(stage: Stage) -> None:
    shelf = Shelf(stage.journal)
    draw_id = stage.announce()
    assert len(shelf.of(stage.row(draw_id)).roster) == 0
    stage.enter("a")
    assert len(shelf.of(stage.row(draw_id)).roster) == 1


async def test_what_is_refused_after_the_list_was_out_is_not_in_it(stage: Stage) -> None:
    draw_id = stage.announce()
    stage.enter("a", "b", "a")
    await stage.until(LISTED)
    row = stage.row(draw_id)
    stage.enter("c", "d", at=80_000)  # the room has not heard of the closing yet
    assert stage.journal.entry_counts(draw_id) == (2, {"duplicate": 1, "late": 2})
    lists = lists_of(stage.journal, row)
    assert fits(row, lists)
    assert dict(lists.exclusions.counts) == {"duplicate": 1}


async def test_wrong_answers_are_not_counted_among_the_refused_comments(stage: Stage) -> None:
    draw_id = stage.announce(sheet=KINDS["quiz"])
    said = (("A", "a"), ("B", "b"), ("B", "b"))
    stage.hear(*(comment(text, uid=uid, at=40_000 + at) for at, (text, uid) in enumerate(said)))
    await stage.until(LISTED)
    row = stage.row(draw_id)
    stage.hear(comment("B", uid="c", at=80_000))
    lists = lists_of(stage.journal, row)
    assert fits(row, lists)
    assert dict(lists.exclusions.counts) == {"duplicate": 1, "wrong_answer": 1}


async def test_who_was_refused_by_an_earlier_version_can_still_be_shown_it(stage: Stage) -> None:
    """Before 0.5 a refusal was stored with the uid and without the pseudonym."""
    draw_id = stage.announce(staff=("boss",))
    row = stage.row(draw_id)
    record = commitment_of(row).record
    assert record.terms is not None
    old = Signed.seal(
        replace(record, terms=replace(record.terms, previous_hash=None, blacklist_hash=None)), key_of(row)
    )
    body = {**row.body, "commitment": old.to_json(), "last_hash": old.hash}
    stage.journal.save_draw(msgspec.structs.replace(row, body=body), by="amy")
    stage.draws.refresh(draw_id)
    stage.enter("a", "boss", "a")
    with stage.journal.deed() as deed:
        deed.conn.execute(text("UPDATE draw_entry SET pseudonym = NULL WHERE refused IS NOT NULL"))
    await stage.until(LISTED)
    stage.enter("late", at=80_000)
    row = stage.row(draw_id)
    lists = lists_of(stage.journal, row)
    assert fits(row, lists)
    boss = pseudonym_of(salt_of(row), draw_id, "practice", "boss")
    assert [one.reason for one in lists.exclusions.show(boss)] == ["staff"]
    assert dict(lists.exclusions.counts) == {"duplicate": 1, "staff": 1}
