"""Fetching a beacon: relays are asked in turn and believed in nothing."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from bot.draws.relay import RELAYS, Relays, no_network
from lottery.beacon import QUICKNET, Beacon
from tests.lottery.makers import REAL_ROUND, VECTORS, beacon_of_round

Answer = Callable[[httpx.Request], httpx.Response]


def good() -> dict[str, object]:
    return beacon_of_round(REAL_ROUND)


async def asked(*answers: httpx.Response | Exception) -> tuple[Beacon | None, list[str]]:
    waiting = list(answers)
    urls: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        urls.append(str(request.url))
        answer = waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        relays = [f"https://relay-{number}.example" for number in range(len(answers))]
        return await Relays(client, relays)(REAL_ROUND), urls
