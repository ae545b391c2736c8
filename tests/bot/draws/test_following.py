"""Reading what others publish: pages or folders, believed in nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.draws.book import envelopes_of
from bot.draws.following import LARGEST, Folder, Pages, envelopes_in, read_records, sources
from bot.errors import InputError
from tests.bot.draws.stage import DUE, LISTED, Stage

ROOMS = ("practice:1",)
BASE = "https://draws.example"


async def published(stage: Stage, until: int = DUE) -> tuple[str, list[dict[str, Any]]]:
    draw_id = stage.announce()
    stage.enter("a", "b")
    await stage.until(until)
    return draw_id, envelopes_of(stage.row(draw_id))


def pages(
    answers: dict[str, object], asked: list[str] | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    def handle(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request.url.path)
        answer = answers.get(request.url.path)
        if answer is None:
            return httpx.Response(404)
        return httpx.Response(
            200, content=answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        )

    return handle


async def test_public_pages_are_followed_and_what_is_over_is_read_once(stage: Stage) -> None:
    draw_id, records = await published(stage)
    asked: list[str] = []
    answers: dict[str, object] = {
        "/draws.json": {"draws": [
            {"draw_id": draw_id, "room": ROOMS[0], "state": "claim"},
            {"draw_id": "draw-7", "room": "practice:2", "state": "open"},
            {"draw_id": "../../etc", "room": ROOMS[0], "state": "open"},
        ]},
        f"/d/{draw_id}/records.json": {"draw_id": draw_id, "records": records},
    }  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.MockTransport(pages(answers, asked))) as client:
        (source,) = sources([BASE + "/"], client, ROOMS)
        (found,) = await source()
        assert (await source()) == [found]
    assert found.announced.record.draw_id == draw_id
    assert [one.record.entries for one in found.closed] == [2]
    assert found.room == ROOMS[0]
    assert asked == ["/draws.json", f"/d/{draw_id}/records.json", "/draws.json"]


@pytest.mark.parametrize(
    "answer", [None, b"", b"[", b"[1]", b"{}", b'{"draws": 3}', b'{"draws": [3, null]}', b"x" * (LARGEST + 1)]
)
async def test_pages_that_say_nothing_sound_give_nothing(answer: bytes | None) -> None:
    answers = {} if answer is None else {"/draws.json": answer}
    async with httpx.AsyncClient(transport=httpx.MockTransport(pages(answers))) as client:  # type: ignore[arg-type]
        assert list(await Pages(client, BASE, ROOMS)()) == []


async def test_a_folder_of_records_or_a_proof_is_followed(stage: Stage, tmp_path: Path) -> None:
    draw_id, records = await published(stage)
    folder = tmp_path / "others"
    folder.mkdir()
    (folder / "proof.json").write_bytes(stage.draws.proof_path(draw_id).read_bytes())
    (folder / "broken.json").write_bytes(b"{")
    (folder / "one.json").write_text(json.dumps(records[0]), encoding="utf-8")
    (found,) = await Folder(folder, ROOMS)()
    assert found.announced.record.draw_id == draw_id
    assert len(found.closed) == 1
    assert list(await Folder(folder, ("practice:2",))()) == []


async def test_records_that_do_not_hold_are_left_out(stage: Stage) -> None:
    _, records = await published(stage, LISTED)
    sound = read_records({"records": records})
    assert sound is not None
    assert len(sound.closed) == 1
    forged = json.loads(json.dumps(records))
    forged[1]["record"]["entries"] = 99
    found = read_records({"records": forged})
    assert found is not None
    assert found.closed == ()
    unsigned = json.loads(json.dumps(records))
    unsigned[0]["record"]["title"] = "another"
    assert read_records({"records": unsigned}) is None
    assert read_records({"records": records[1:]}) is None
    assert read_records(None) is None
    assert envelopes_in({"record": {}}) == [{"record": {}}]


async def test_a_void_draw_is_seen_as_such(stage: Stage) -> None:
    draw_id = stage.announce()
    stage.draws.void(draw_id, "cancelled", LISTED - 60_000, by="amy")
    found = read_records({"records": envelopes_of(stage.row(draw_id))})
    assert found is not None
    assert found.void is not None
    assert found.void.record.reason == "cancelled"


@pytest.mark.parametrize("place", ["ftp://x.example", "nowhere-at-all", "https://", ""])
async def test_a_place_that_is_neither_pages_nor_a_folder_is_told(place: str) -> None:
    async with httpx.AsyncClient() as client:
        if place == "":
            assert sources([], client, ROOMS) == []
            return
        with pytest.raises(InputError, match="neither"):
            sources([place], client, ROOMS)
