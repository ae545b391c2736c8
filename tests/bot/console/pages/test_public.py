from __future__ import annotations

import dataclasses

from tests.bot.console.show import Show


async def test_a_draw_is_shown_by_the_public_pages_and_not_here(show: Show) -> None:
    async with show.client() as client:
        answer = await client.get("/d/draw-1")
        assert answer.status_code == 404
        assert "public.enabled" in answer.text
        house = show.app.state.house
        ports = dataclasses.replace(house.ports, public_site="https://draws.example")
        show.app.state.house = dataclasses.replace(house, ports=ports)
        for path, there in (("/d/draw-1", "/d/draw-1"), ("/d/draw-1/proof.json", "/d/draw-1/proof.json")):
            answer = await client.get(path)
            assert answer.status_code == 307
            assert answer.headers["location"] == f"https://draws.example{there}"


async def test_nothing_typed_into_the_address_leads_elsewhere(show: Show) -> None:
    house = show.app.state.house
    show.app.state.house = dataclasses.replace(
        house, ports=dataclasses.replace(house.ports, public_site="https://draws.example")
    )
    async with show.client() as client:
        for path in ("/d/%0d%0aSet-Cookie:x", "/d/@evil.example/x", "/d/%3Cscript%3E/%2e%2e//evil"):
            answer = await client.get(path)
            assert answer.headers["location"].startswith("https://draws.example/d/")
            assert "\n" not in answer.headers["location"]


async def test_the_language_is_chosen_and_told_to_scripts(show: Show) -> None:
    async with show.client() as client:
        answer = await client.get("/lang/en?back=//evil.example")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert (await client.get("/lang/tlh")).status_code == 404
        assert (await client.get("/words/en.json")).json()
        assert (await client.get("/words/tlh.json")).status_code == 404


async def test_a_browser_finds_the_icon_before_it_has_read_the_page(show: Show) -> None:
    async with show.client() as client:
        answer = await client.get("/favicon.ico")
        assert answer.status_code == 308
        assert (await client.get(answer.headers["location"])).headers["content-type"] == "image/svg+xml"
