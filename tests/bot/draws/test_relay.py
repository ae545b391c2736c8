"""Fetching a beacon: relays are asked at once and believed in nothing."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bot.draws.relay import LARGEST_ANSWER, RELAYS, Relays, no_network
from lottery.beacon import QUICKNET, Beacon, practice_beacon

ROUND = 1000
TRUE = practice_beacon(ROUND)
GOOD = {"round": ROUND, "signature": TRUE.signature.hex(), "randomness": TRUE.randomness.hex()}


async def asked(*answers: httpx.Response | Exception) -> tuple[Beacon | None, list[str]]:
    """What relays answering so give, and the addresses that were asked."""
    waiting = list(answers)
    urls: list[str] = []

    async def handle(request: httpx.Request) -> httpx.Response:
        urls.append(str(request.url))
        answer = waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        relays = [f"https://relay-{number}.example" for number in range(len(answers))]
        return await Relays(client, relays)(ROUND), urls


async def test_the_first_good_answer_is_taken() -> None:
    beacon, urls = await asked(httpx.Response(200, json=GOOD))
    assert beacon == TRUE
    assert urls == [f"https://relay-0.example/{QUICKNET.hash}/public/{ROUND}"]


async def test_a_relay_that_never_answers_holds_up_nobody_and_is_let_go() -> None:
    let_go = []

    async def handle(request: httpx.Request) -> httpx.Response:
        if request.url.host == "good.example":
            return httpx.Response(200, json=GOOD)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            let_go.append(request.url.host)
            raise
        raise AssertionError

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        relays = ["https://dumb.example", "https://good.example"]
        assert await asyncio.wait_for(Relays(client, relays)(ROUND), 2) == TRUE
        assert let_go == ["dumb.example"]
        assert await Relays(client, relays[:1], timeout_s=0.01)(ROUND) is None
    assert let_go == ["dumb.example"] * 2


BAD: dict[str, httpx.Response | Exception] = {
    "refused": httpx.ConnectError("refused"),
    "slow": httpx.ReadTimeout("slow"),
    "not yet": httpx.Response(404),
    "too early": httpx.Response(425, json={"error": "too early"}),
    "broken": httpx.Response(500, text="<html>"),
    "moved": httpx.Response(302, headers={"location": "https://elsewhere.example/"}),
    "no json": httpx.Response(200, text="hello"),
    "no text": httpx.Response(200, content=b"\xff\xfe\x00"),
    "another round": httpx.Response(
        200, json={"round": 2, "signature": practice_beacon(2).signature.hex()}
    ),
    "a lie about the round": httpx.Response(
        200, json={"round": ROUND, "signature": practice_beacon(2).signature.hex()}
    ),
    "a forged signature": httpx.Response(200, json={"round": ROUND, "signature": "00" * 48}),
    "randomness that does not fit": httpx.Response(200, json={**GOOD, "randomness": "00" * 32}),
    "far too long": httpx.Response(200, json={**GOOD, "filler": "x" * LARGEST_ANSWER}),
    "deep": httpx.Response(200, text="[" * 4000),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
async def test_a_relay_that_fails_or_lies_is_passed_over(what: str) -> None:
    beacon, urls = await asked(BAD[what], httpx.Response(200, json=GOOD))
    assert beacon == TRUE
    assert len(urls) == 2


async def test_nobody_has_it() -> None:
    beacon, urls = await asked(httpx.Response(404), httpx.ConnectError("x"))
    assert beacon is None
    assert len(urls) == 2


async def test_without_a_network_a_person_pastes_the_value() -> None:
    assert await no_network(ROUND) is None


def test_several_relays_are_known_and_all_are_https() -> None:
    assert len(set(RELAYS)) >= 3
    assert all(relay.startswith("https://") and not relay.endswith("/") for relay in RELAYS)
