from __future__ import annotations

import json

from lottery.proof import parse
from lottery.verify import verify
from tests.bot.console.show import Show


async def test_anybody_may_read_a_draw_in_both_languages(show: Show) -> None:
    async with show.client() as client:
        page = (await client.get("/d/draw-1")).text
        commitment = show.draws.records["draw-1"]["commitment"]
        drawn = show.draws.records["draw-1"]["drawn"]["record"]  # type: ignore[index]
        for text in (
            commitment["hash"],
            drawn["seed"],
            drawn["randomness"][:0],
            "演练",
            "changkong draw verify",
            "橘**",
        ):  # type: ignore[index]
            assert text in page
        assert "橘子汽水" not in page
        for position in drawn["winners"]:
            assert f'<td class="num">{position}</td>' in page
        await client.get("/lang/en?back=/d/draw-1")
        english = (await client.get("/d/draw-1")).text
        assert "PRACTICE" in english
        assert "Merkle root" in english


async def test_a_running_draw_shows_what_is_published_and_no_more(show: Show) -> None:
    async with show.client() as client:
        page = (await client.get("/d/draw-2")).text
        assert "尚未公布" in page
        assert "40" in page
        assert (await client.get("/d/draw-2/proof.json")).status_code == 404
        assert (await client.get("/d/nothing")).status_code == 404
        assert (await client.get("/d/%3Cscript%3E")).status_code == 404


async def test_the_proof_comes_byte_for_byte_and_verifies(show: Show) -> None:
    async with show.client() as client:
        answer = await client.get("/d/draw-1/proof.json")
    assert answer.content == show.draws.proofs["draw-1"]
    assert answer.headers["content-disposition"] == 'attachment; filename="draw-1.proof.json"'
    assert verify(parse(answer.content)).ok
    assert "橘子汽水" not in json.dumps(json.loads(answer.content), ensure_ascii=False)


async def test_a_browser_finds_the_icon_before_it_has_read_the_page(show: Show) -> None:
    async with show.client() as client:
        answer = await client.get("/favicon.ico")
        assert answer.status_code == 308
        assert (await client.get(answer.headers["location"])).headers["content-type"] == "image/svg+xml"
