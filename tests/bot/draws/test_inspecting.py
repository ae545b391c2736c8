"""The inspector's file: made for a reason, recorded, and checked against what was published."""

from __future__ import annotations

import json

import msgspec
import pytest
from sqlalchemy import text

from bot.draws.book import commitment_of
from bot.draws.inspecting import InspectorFile, inspector_file, read_inspector, unfit
from bot.errors import InputError, NotAllowed
from lottery.entry import pseudonym_of
from tests.bot.draws.stage import DUE, Stage


def _words(body: str | bytes) -> str:
    return json.dumps(json.loads(body), ensure_ascii=False)


async def inspected(stage: Stage) -> tuple[str, InspectorFile]:
    draw_id = stage.announce(staff=("boss",))
    stage.enter("a", "b", "a", "boss")
    await stage.until(DUE)
    return draw_id, inspector_file(stage.journal, stage.row(draw_id), by="amy", reason="市监局 2026-17")


async def test_with_it_every_pseudonym_is_recomputed(stage: Stage) -> None:
    draw_id, given = await inspected(stage)
    assert unfit(given, commitment_of(stage.row(draw_id)).record) == ()
    assert given.staff == ("boss",)
    assert [(one.uid, one.refused) for one in given.entries] == [
        ("a", None), ("b", None), ("a", "duplicate"), ("boss", "staff"),
    ]  # fmt: skip
    first = given.entries[0]
    assert first.pseudonym == pseudonym_of(bytes.fromhex(given.salt), draw_id, "practice", "a").hex()
    assert read_inspector(msgspec.json.encode(given)) == given


async def test_that_it_was_made_is_recorded_with_the_reason(stage: Stage) -> None:
    draw_id, _ = await inspected(stage)
    with stage.journal.store.read() as conn:
        bodies = (
            conn.execute(text("SELECT body FROM audit_record WHERE record_type = 'draw'")).scalars().all()
        )
    (found,) = (told for told in map(_words, bodies) if "inspected" in told)
    assert draw_id in found
    assert "市监局 2026-17" in found


def test_not_without_a_reason_and_not_while_entries_are_taken(stage: Stage) -> None:
    row = stage.row(stage.announce())
    with pytest.raises(NotAllowed, match="--reason"):
        inspector_file(stage.journal, row, by="amy", reason="  ")
    with pytest.raises(NotAllowed, match="still takes entries"):
        inspector_file(stage.journal, row, by="amy", reason="why")


async def test_a_file_that_was_changed_does_not_fit(stage: Stage) -> None:
    draw_id, given = await inspected(stage)
    record = commitment_of(stage.row(draw_id)).record
    replace = msgspec.structs.replace
    liar = replace(given.entries[0], uid="somebody else")
    assert unfit(replace(given, salt="00" * 32), record) == ("salt",)
    assert unfit(replace(given, salt="xyz"), record) == ("salt",)
    assert unfit(replace(given, staff=()), record) == ("staff",)
    assert unfit(replace(given, previous=("x",), blacklist=("y",)), record) == ("previous", "blacklist")
    assert unfit(replace(given, entries=(liar,)), record) == ("entries",)
    assert unfit(replace(given, draw_id="other"), record) == ("draw_id",)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[1]", b"\xff", b'{"format": "changkong-inspector", "v": 1}', b"[" * 9999]
)
def test_what_is_no_such_file_is_told(data: bytes) -> None:
    with pytest.raises(InputError, match="inspector's file"):
        read_inspector(data)
