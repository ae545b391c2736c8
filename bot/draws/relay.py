"""Fetching one drand round from several relays. Relays are untrusted: what they say is checked under the pinned key.

Reachability from everywhere is not given, so a value pasted by a person goes the same way (`lottery.beacon`).
"""

from __future__ import annotations

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
"""Named by drand; tried in turn."""

TIMEOUT_S = 3.0
LARGEST_ANSWER = 4096

BeaconSource = Callable[[int], Awaitable[Beacon | None]]
"""The beacon of a round, verified; None when nobody could give it (yet)."""


async def no_network(round_number: int) -> Beacon | None:
    """A source for machines without a network: a person pastes the value."""
    return None


class Relays:
    """Asks `relays` in turn; the client is handed in."""

    def __init__(self, client: httpx.AsyncClient, relays: Sequence[str] = RELAYS) -> None:
        self._client = client
        self._relays = relays

    async def __call__(self, round_number: int) -> Beacon | None:
        for relay in self._relays:
            url = f"{relay}/{QUICKNET.hash}/public/{round_number}"
            try:
                async with self._client.stream("GET", url, timeout=TIMEOUT_S) as answer:
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
                continue
            return beacon
        return None
