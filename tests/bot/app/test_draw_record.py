"""The public record of a draw as a mapping."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from bot.app.draw_record import COUNTS_S, NAMES_S, PublicRecord, chosen_of
from bot.draws.publication import publication
from tests.bot.draws.stage import DUE, KINDS, LISTED, Stage, staged
from tests.builders import comment


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as made:
        yield made


async def drawn(stage: Stage) -> str:
    draw_id = stage.announce()
    stage.hear(*(comment("好运", uid=uid, at=40_000, name=f"{uid}小明") for uid in "abcd"))
    await stage.until(DUE)
    return draw_id


async def test_winners_stand_with_masked_names_and_what_became_of_them(stage: Stage) -> None:
    draw_id = await drawn(stage)
    stage.draws.settle(draw_id, 1, "forfeited", "declined", DUE + 1, by="amy")
    shown = PublicRecord(stage.journal).of(stage.row(draw_id))
    states = [
        (one["place"], one["reserve"], one["state"], one["reason"], one["turn"]) for one in shown["winners"]
    ]
    assert states == [
        (1, False, "forfeited", "declined", False),
        (2, False, "", "", True),
        (3, True, "", "", True),
    ]
    assert all(one["name"].endswith("**") and one["name"][0] in "abcd" for one in shown["winners"])
    assert "小明" not in json.dumps(shown, ensure_ascii=False)
    assert len(shown["claims"]) == 1
    assert publication(shown).winners[0].pseudonym == shown["winners"][0]["pseudonym"]


async def test_it_holds_no_secret_and_no_account(stage: Stage) -> None:
    draw_id = stage.announce(staff=("boss-account",), sheet=KINDS["quiz"])
    stage.hear(comment("B", uid="viewer-account", at=40_000))
    row = stage.row(draw_id)
    assert row.secret is not None
    shown = json.dumps(PublicRecord(stage.journal).of(row))
    for secret in (
        "boss-account",
        "viewer-account",
        row.secret["salt"],
        row.secret["answer"]["salt"],
        "winners",
    ):
        assert secret not in shown
    assert '"kind": "quiz"' in shown


async def test_counts_are_asked_for_once_a_second_and_are_the_records_after_the_closing(stage: Stage) -> None:
    now = [0.0]
    record = PublicRecord(stage.journal, lambda: now[0])
    draw_id = stage.announce()
    stage.enter("a")
    assert record.counts(stage.row(draw_id)).accepted == 1
    stage.enter("b", at=41_000)
    assert record.counts(stage.row(draw_id)).accepted == 1
    now[0] += COUNTS_S
    assert record.counts(stage.row(draw_id)).accepted == 2
    await stage.until(LISTED)
    assert record.counts(stage.row(draw_id)).accepted == 2


async def test_a_name_goes_when_its_viewer_is_erased(stage: Stage) -> None:
    now = [0.0]
    record = PublicRecord(stage.journal, lambda: now[0])
    draw_id = await drawn(stage)
    row = stage.row(draw_id)
    first = record.of(row)["winners"][0]
    uid = stage.journal.entry_at(draw_id, bytes.fromhex(first["pseudonym"]))[0].uid
    assert uid is not None
    stage.journal.erase_subject("practice", uid, by="amy")
    now[0] += NAMES_S
    assert record.of(row)["winners"][0]["name"] == ""


async def test_a_draw_of_an_earlier_version_shows_the_same_winners(stage: Stage) -> None:
    row = stage.row(await drawn(stage))
    body = {name: value for name, value in row.body.items() if name != "chosen"}
    assert chosen_of(stage.journal, msgspec.structs.replace(row, body=body)) == row.body["chosen"]
    assert chosen_of(stage.journal, msgspec.structs.replace(row, body={"closed": []})) == []
