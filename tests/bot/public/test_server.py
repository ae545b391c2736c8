from __future__ import annotations

import dataclasses
from pathlib import Path

import httpx
import pytest

from bot.draws.answers import TURNED_AWAY, TurnedAway
from bot.errors import NotAllowed, StoreError
from bot.public.guard import CSP
from bot.public.limits import ACT, BEGIN, FIND
from bot.public.words import LANGS, catalogue
from tests.bot.public.fair import furnish, open_site
from tests.lottery.makers import closed_case

JSON = {"accept": "application/json"}


async def test_there_is_nothing_here_but_draws(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    async with site.client() as client:
        for path in (
            "/login",
            "/docs",
            "/openapi.json",
            "/draws",
            "/record",
            "/events",
            "/d/",
            "/static/../ports.py",
        ):
            assert (await client.get(path)).status_code == 404, path
        assert (await client.post("/")).status_code == 405
        assert (await client.head("/")).status_code == 200
        assert (await client.get("/healthz")).json() == {"ok": True}


async def test_all_pages_of_all_states_are_there_in_both_languages(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    furnish(site.draws)
    async with site.client() as client:
        for lang in LANGS:
            await client.get(f"/lang/{lang}")
            for draw_id in site.draws.records:
                page = await client.get(f"/d/{draw_id}")
                assert page.status_code == 200
                assert f'<html lang="{"zh-CN" if lang == "zh" else "en"}">' in page.text
                assert "<script>alert" not in page.text
                assert "<img src=x" not in page.text


async def test_a_fault_inside_says_nothing_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = open_site(tmp_path)

    async def broken(draw_id: str) -> None:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr(site.draws, "show", broken)
    quiet = httpx.ASGITransport(site.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=quiet, base_url="http://127.0.0.1") as client:
        answer = await client.get("/d/draw-1", headers={"accept": "text/html"})
    assert answer.status_code == 500
    assert "a secret of the house" not in answer.text
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("code", sorted(TURNED_AWAY))
async def test_a_viewer_is_turned_away_in_the_own_language(tmp_path: Path, code: str) -> None:
    site = open_site(tmp_path)
    site.draws.finish(closed_case(5, draw_id="one"))
    site.viewers.away = TurnedAway(code)
    async with site.client() as client:
        for lang in LANGS:
            await client.get(f"/lang/{lang}")
            answer = await client.post("/d/one/find", json={"how": "code", "text": "ABCD"}, headers=JSON)
            assert answer.status_code == (429 if code == "limit" else 409)
            assert answer.json() == {"error": catalogue(lang)[f"away.{code}"]}


@pytest.mark.parametrize("wrong", [NotAllowed("It is <b>late</b>."), StoreError("The disk is slow.")])
async def test_other_refusals_are_said_as_they_are(tmp_path: Path, wrong: Exception) -> None:
    site = open_site(tmp_path)
    site.draws.finish(closed_case(5, draw_id="one"))

    async def refused(*_: object) -> None:
        raise wrong

    site.viewers.find = refused  # type: ignore[method-assign,assignment]
    async with site.client() as client:
        page = await client.post(
            "/d/one/find", json={"how": "code", "text": "ABCD"}, headers={"content-type": ""}
        )
        assert page.status_code == 409
        assert "<b>late" not in page.text


@pytest.mark.parametrize(("path", "allowance"), [("/d/one/find", FIND), ("/d/one/claim/begin", BEGIN)])
async def test_who_asks_too_often_is_told_when_to_come_back(
    tmp_path: Path, path: str, allowance: object
) -> None:
    site = open_site(tmp_path)
    site.draws.finish(closed_case(5, draw_id="one"))
    tries = dataclasses.asdict(allowance)["tries"]  # type: ignore[call-overload]
    sent = {"how": "code", "text": "ABCD"}

    async def ask(client: httpx.AsyncClient) -> httpx.Response:
        client.cookies.clear()
        return await (client.post(path, json=sent) if path.endswith("find") else client.post(path))

    async with site.client() as client, site.client("203.0.113.6") as other:
        for _ in range(tries):
            assert (await ask(client)).status_code in (200, 303)
        refused = await ask(client)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert (await ask(other)).status_code in (200, 303)
    assert len(site.viewers.asked) == tries + 1
    assert ACT.tries > FIND.tries


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
async def test_viewers_whom_a_tunnel_does_not_tell_apart_do_not_lock_each_other_out(
    tmp_path: Path, address: str
) -> None:
    site = open_site(tmp_path, hosts=("draws.example",), base_url="https://draws.example")
    site.draws.finish(closed_case(5, draw_id="one"))
    async with site.client(address, base_url="http://draws.example") as client:
        for _ in range(BEGIN.tries * 3):
            client.cookies.clear()
            assert (await client.post("/d/one/claim/begin")).status_code == 303
        answers = {(await client.get("/d/one/claim")).status_code for _ in range(ACT.tries + 5)}
        assert answers == {200}
