from __future__ import annotations

import dataclasses
import logging

import httpx
import pytest

from bot.console.security import CSP, MOST_BYTES, HideTokens, host_name, most_bytes
from tests.bot.console.show import Show, csrf_of


@pytest.mark.parametrize(
    "path", ["/login", "/healthz", "/", "/nowhere", "/static/console.js", "/d/draw-1", "/d/no"]
)
async def test_every_response_carries_the_headers(show: Show, path: str) -> None:
    async with show.client() as client:
        answer = await client.get(path)
    assert answer.headers["content-security-policy"] == CSP
    assert "unsafe" not in CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "cache-control" in answer.headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "a b", "localhost@evil"])
async def test_another_host_name_is_refused(show: Show, host: str) -> None:
    async with show.client() as client:
        answer = await client.get("/healthz", headers={"host": host})
    assert answer.status_code == 421
    assert answer.headers["content-security-policy"] == CSP


def test_host_names() -> None:
    assert host_name("127.0.0.1:8000") == "127.0.0.1"
    assert host_name("[::1]:8000") == "[::1]"
    assert host_name("Localhost") == "localhost"
    assert host_name("x:y") == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_an_act_from_another_site_is_refused_even_with_the_token(
    show: Show, headers: dict[str, str]
) -> None:
    client = await show.enter("operator")
    token = csrf_of((await client.get("/")).text)
    form = {"_csrf": token, "key": "k", "room": "practice:1", "on": "0"}
    assert (await client.post("/live/replies", data=form, headers=headers)).status_code == 403
    assert show.told == []
    own = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
    assert (await client.post("/live/replies", data=form, headers=own)).status_code == 200
    assert [one.kind for one in show.told] == ["replies_off"]


async def test_a_huge_body_is_refused(show: Show) -> None:
    async with show.client() as client:
        answer = await client.post("/login", data={"name": "x" * (1 << 20)})
    assert answer.status_code == 413


def test_tokens_do_not_reach_the_access_log() -> None:
    record = logging.LogRecord(
        "uvicorn.access",
        20,
        "",
        0,
        '%s - "%s %s HTTP/%s" %d',
        ("1.2.3.4", "GET", "/login/once?t=SECRET&x=1", "1.1", 303),
        None,
    )
    assert HideTokens().filter(record)
    assert "SECRET" not in record.getMessage()
    assert "x=1" in record.getMessage()


async def test_an_inner_fault_says_nothing_and_carries_the_headers(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise RuntimeError("a secret of the house")

    house = show.app.state.house
    monkeypatch.setattr(
        show.app.state,
        "house",
        dataclasses.replace(house, ports=dataclasses.replace(house.ports, rooms=broken)),
    )
    quiet = httpx.ASGITransport(show.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=quiet, base_url="http://127.0.0.1") as client:
        answer = await client.get("/healthz", headers={"accept": "text/html"})
    assert answer.status_code == 500
    assert "a secret of the house" not in answer.text
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("act", ["coupons", "tracking"])
async def test_a_file_for_the_prizes_of_a_draw_may_be_larger_than_a_form(show: Show, act: str) -> None:
    client = await show.enter("operator")
    page = (await client.get("/draws")).text
    files = {"file": ("codes.csv", b"CODE-00000000001\n" * 120_000)}
    assert len(files["file"][1]) > MOST_BYTES
    answer = await client.post(
        f"/draws/draw-1/prizes/{act}", data={"_csrf": csrf_of(page), "pool": "p"}, files=files
    )
    assert answer.status_code != 413
    assert most_bytes("/draws/draw-1/void") == most_bytes("/prizes/coupons") == MOST_BYTES
