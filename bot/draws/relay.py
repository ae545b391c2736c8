"""Fetching one drand round from several relays. Relays are untrusted: what they say is checked under the pinned key.

All are asked at the same time and the first answer that verifies is taken: a relay that is slow, silent or lies costs
nothing. Reachability from everywhere is not given, so a value pasted by a person goes the same way
(`lottery.beacon`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import httpx
import structlog

from lottery.beacon import QUICKNET, Beacon, parse_relay, verify
from lottery.errors import LotteryError

log = structlog.get_logger()

RELAYS = (
    "https://api.drand.sh",
    "https://drand.cloudflare.com",
    "https://api2.drand.sh",
    "https://api3.drand.sh",
)
"""Named by drand; asked at once."""

TIMEOUT_S = 3.0
"""How long all of them together may take; then the draw asks again a period later."""

LARGEST_ANSWER = 4096

BeaconSource = Callable[[int], Awaitable[Beacon | None]]
"""The beacon of a round, verified; None when nobody could give it (yet)."""


async def no_network(round_number: int) -> Beacon | None:
    """A source for machines without a network: a person pastes the value."""
    return None


class Relays:
    """Asks all `relays` at once; the first valid answer wins. The client is handed in; `timeout_s` bounds the whole."""

    def __init__(
        self, client: httpx.AsyncClient, relays: Sequence[str] = RELAYS, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._client = client
        self._relays = relays
        self._timeout_s = timeout_s

    async def __call__(self, round_number: int) -> Beacon | None:
        asked = [asyncio.create_task(self._ask(relay, round_number)) for relay in self._relays]
        try:
            for answer in asyncio.as_completed(asked, timeout=self._timeout_s):
                beacon = await answer
                if beacon is not None:
                    return beacon
        except TimeoutError:
            log.info("no relay answered in time", round=round_number, relays=len(asked))
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        return None

    async def _ask(self, relay: str, round_number: int) -> Beacon | None:
        url = f"{relay}/{QUICKNET.hash}/public/{round_number}"
        try:
            async with self._client.stream("GET", url, timeout=self._timeout_s) as answer:
                answer.raise_for_status()
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > LARGEST_ANSWER:
                        break
            beacon = parse_relay(body[:LARGEST_ANSWER])
            verify(beacon, round_number)
        except (httpx.HTTPError, LotteryError) as error:
            log.info("relay gave no beacon", relay=relay, round=round_number, error=type(error).__name__)
            return None
        return beacon
