"""Draws in every state for the tests of the public pages, made with the real rules, records and proofs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from bot.draws.answers import ClaimView, Delivery, Found, Query, TurnedAway
from bot.public.ports import PublicPorts
from bot.public.server import create_public
from lottery import life
from lottery.claim import settle
from lottery.entry_list import EntryList
from lottery.life import Place
from lottery.roster import Exclusions
from lottery.rules import RuleSheet
from tests.lottery.makers import (
    KEY,
    NOBODY,
    PRACTICE_NOW,
    SALT,
    SHEET,
    SHEETS,
    Case,
    closed_case,
    contest_case,
    pseudonyms,
)

HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)> \u202eabc {{7*7}} <!-- 抽奖"
TOKEN = "t0ken-of-the-winner-page"


@dataclass
class PaperDraws:
    """`bot.public.ports.PublicDraws` on paper; files lie in `folder`."""

    folder: Path
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    shown: int = 0

    async def every(self) -> Sequence[Mapping[str, object]]:
        return list(reversed(self.records.values()))

    async def show(self, draw_id: str) -> Mapping[str, object] | None:
        self.shown += 1
        return self.records.get(draw_id)

    async def proof_file(self, draw_id: str) -> Path | None:
        return self._there(f"{draw_id}.proof.json")

    async def list_file(self, draw_id: str) -> Path | None:
        return self._there(f"{draw_id}.list.json")

    def _there(self, name: str) -> Path | None:
        path = self.folder / name
        return path if path.is_file() else None

    def announce(
        self, draw_id: str, sheet: RuleSheet = SHEET, preset: str = "practice", **more: Any
    ) -> dict[str, Any]:
        """An announced draw, without any entry yet."""
        given = {"answer_salt": bytes(32)} if sheet.kind in ("quiz", "guess") else {}
        made = life.announce(
            sheet,
            draw_id,
            Place("practice", "1", len(self.records) + 1),
            SALT,
            KEY,
            PRACTICE_NOW,
            preset,
            **given,
        )
        record: dict[str, Any] = {
            "draw_id": draw_id, "room": "practice:1", "state": "open", "practice": preset == "practice",
            "entries": 12, "refused": {"duplicate": 6, "late": 1}, "commitment": made.to_json(), "closed": [],
        }  # fmt: skip
        self.records[draw_id] = record | more
        return self.records[draw_id]

    def close(self, case: Case, **more: Any) -> dict[str, Any]:
        """A draw whose list is fixed; its list file is there."""
        draw_id = case.announced.record.draw_id
        commitment = case.announced.to_json()
        self.records[draw_id] = {
            "draw_id": draw_id, "room": "practice:1", "state": "challenge", "entries": len(case.roster.leaves),
            "practice": case.announced.record.practice, "refused": {}, "commitment": commitment,
            "closed": [one.to_json() for one in case.closed], **more,
        }  # fmt: skip
        exclusions = case.exclusions
        if exclusions is NOBODY:  # what `closed_case` says of itself in its closed records
            who = [(b"s" * 32, "staff"), (pseudonyms(1, draw_id)[0], "duplicate")]
            exclusions = Exclusions.of({"duplicate": 3, "staff": 1}, who)
        self._put(f"{draw_id}.list.json", EntryList.of(draw_id, case.roster, exclusions).to_bytes())
        return self.records[draw_id]

    def finish(
        self, case: Case, outcomes: Sequence[tuple[int, str, str]] = (), **more: Any
    ) -> dict[str, Any]:
        """A drawn draw with its proof; `outcomes` are claims as (place, outcome, reason)."""
        record = self.close(case)
        end = life.finish(case.announced, case.closed, case.roster, case.beacon, case.due_ms + 900, KEY)
        assert isinstance(end, life.Finished)
        drawn = end.drawn.record
        claims: list[Any] = []
        for place, outcome, reason in outcomes:
            claims.append(settle(end.drawn, claims, place, outcome, reason, drawn.drawn_at + 60_000, KEY))
        record |= {
            "state": "claim", "drawn": end.drawn.to_json(), "claims": [one.to_json() for one in claims],
            "winners": [
                {"position": at, "pseudonym": case.roster.leaves[at][:32].hex(), "name": "橘子汽水"}
                for at in (*drawn.winners, *drawn.reserves)
            ],
        }  # fmt: skip
        record |= more
        self._put(f"{case.announced.record.draw_id}.proof.json", end.proof.to_bytes())
        return record

    def void(self, draw_id: str, reason: str) -> dict[str, Any]:
        record = self.announce(draw_id)
        announced = life.announce(
            SHEET, draw_id, Place("practice", "1", len(self.records)), SALT, KEY, PRACTICE_NOW, "practice"
        )
        record["commitment"] = announced.to_json()
        made = {"kind": "void", "reason": reason, "voided_at": PRACTICE_NOW + 30_000}
        record |= {"state": "void", "entries": 0, "refused": {}, "void": {"record": made, "hash": "ab" * 32}}
        return record

    def _put(self, name: str, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(data)


@dataclass
class PaperViewers:
    """`bot.public.ports.Viewers` that gives what it was told to, and remembers what it was asked."""

    found: Found = field(default_factory=lambda: Found("none"))
    view: ClaimView | None = None
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    away: TurnedAway | None = None

    async def find(self, draw_id: str, query: Query, client: str, now_ms: int) -> Found:
        self.asked.append(("find", draw_id, query, client))
        if self.away:
            raise self.away
        return self.found

    async def begin_claim(self, draw_id: str, client: str, now_ms: int) -> tuple[str, ClaimView]:
        self.asked.append(("begin", draw_id, client))
        self.view = ClaimView("waiting", "K7QM2XAP")
        return TOKEN, self.view

    async def claim_view(self, draw_id: str, token: str, now_ms: int) -> ClaimView | None:
        return self.view if token == TOKEN else None

    async def accept(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        return self._act("accept", token)

    async def decline(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        return self._act("decline", token)

    async def reveal_coupon(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        return self._act("coupon", token)

    async def deliver(self, draw_id: str, token: str, delivery: Delivery, now_ms: int) -> ClaimView:
        self.asked.append(("delivery", delivery))
        return self._act("deliver", token)

    async def received(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        return self._act("received", token)

    def _act(self, what: str, token: str) -> ClaimView:
        self.asked.append((what, token))
        if self.away:
            raise self.away
        if token != TOKEN or self.view is None:
            raise TurnedAway("unknown_page")
        return self.view


@dataclass
class Site:
    """The application with what stands behind it."""

    draws: PaperDraws
    viewers: PaperViewers
    clock: list[int]
    app: Starlette

    def client(self, address: str = "203.0.113.5", base_url: str = "http://127.0.0.1") -> httpx.AsyncClient:
        """A browser without cookies, at `address`."""
        transport = httpx.ASGITransport(self.app, client=(address, 40000))
        return httpx.AsyncClient(
            transport=transport,
            base_url=base_url,
            headers={"accept": "text/html,*/*", "accept-language": "zh-CN"},
        )


def open_site(folder: Path, **ports: Any) -> Site:
    """A site without draws."""
    draws, viewers, clock = PaperDraws(folder / "draws"), PaperViewers(), [PRACTICE_NOW]
    given = {"draws": draws, "viewers": viewers, "now_ms": lambda: clock[0], "version": "0"} | ports
    return Site(draws, viewers, clock, create_public(PublicPorts(**given)))


def furnish(draws: PaperDraws) -> None:
    """One draw in each state, and one of each kind."""
    draws.announce("soon", replace(SHEET, title="晚八点口令抽奖", lead_s=300))
    draws.announce("open", SHEETS["keyword"])
    for kind in ("quiz", "guess", "rain", "purchase"):
        draws.announce(f"open-{kind}", replace(SHEETS[kind], title=f"进行中 {kind}"))
    draws.close(closed_case(9, draw_id="locked"))
    draws.finish(closed_case(40, draw_id="drawn"), [(1, "forfeited", "not_claimed"), (2, "confirmed", "")])
    draws.finish(closed_case(9, "quick", draw_id="real"))
    for kind in ("quiz", "guess", "rain", "purchase"):
        draws.finish(contest_case(kind, 12))
    draws.void("void", "cancelled")
    draws.announce("hostile", replace(SHEET, title=HOSTILE[:90], organiser=HOSTILE, keyword="<b>&'\""))
