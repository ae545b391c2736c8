"""The public record of a draw, read for a page: whatever is missing there is simply not shown yet.

`Draws.show` gives a mapping:

    draw_id, room, state, practice      entries, refused {reason: n}   (running counts)
    commitment, drawn, void             {record: {...}, hash: hex} as published (lottery.signed), or absent
    closed                              list of the same, by revision
    winners                             list of {position, pseudonym, name?}; the name is masked once more here
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.console.rendering import masked
from lottery.rules import TEXTS

STAGES = ("announced", "open", "closed", "challenge", "beacon", "drawn", "claim", "archived")


@dataclass(frozen=True, slots=True)
class Winner:
    """One winner in prize order. `reserve`: only moves up when a winner drops out."""

    rank: str
    prize: str
    position: int
    pseudonym: str
    name: str
    reserve: bool = False


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything the public page shows. Times in ms, None while unknown; hashes "" while unpublished."""

    draw_id: str
    room: str
    state: str
    practice: bool
    title: str
    number: int
    prizes: tuple[Mapping[str, Any], ...]
    texts: tuple[tuple[str, str, str], ...]
    keyword: str
    k: int
    reserves: int
    commit_hash: str
    prev: str
    announced_ms: int | None
    opens_ms: int | None
    closes_ms: int | None
    claim_ms: int | None
    beacon_round: int | None
    beacon_chain: str
    beacon_ms: int | None
    entries: int | None
    root: str
    closed_hash: str
    revision: int | None
    refused: Mapping[str, int]
    signature: str
    randomness: str
    seed: str
    winners: tuple[Winner, ...]
    void_reason: str
    void_ms: int | None
    timetable: tuple[tuple[str, int | None], ...] = field(default=())


def publication(record: Mapping[str, Any]) -> Publication:
    """Read `Draws.show`'s mapping."""
    commitment = _record(record.get("commitment"))
    closed_list = [one for one in _list(record.get("closed")) if isinstance(one, Mapping)]
    latest = closed_list[-1] if closed_list else {}
    closed, drawn, void = _record(latest), _record(record.get("drawn")), _record(record.get("void"))
    beacon, value = _map(commitment.get("beacon")), _map(drawn.get("beacon"))
    practice = bool(record.get("practice") or beacon.get("mode") == "practice")
    due = beacon.get("due_at")
    if due is None and beacon.get("round"):
        due = (1_692_803_367 + (int(beacon["round"]) - 1) * 3) * 1000
    rules = _map(commitment.get("rules"))
    return Publication(
        draw_id=str(record.get("draw_id", "")),
        room=str(record.get("room", "")),
        state=str(record.get("state", "")),
        practice=practice,
        title=str(commitment.get("title", "")),
        number=int(commitment.get("sequence", 0)),
        prizes=tuple(one for one in _list(commitment.get("prizes")) if isinstance(one, Mapping)),
        texts=_texts(rules),
        keyword=str(_map(commitment.get("entry")).get("keyword", "")),
        k=int(commitment.get("k", 0)),
        reserves=int(commitment.get("reserves", 0)),
        commit_hash=str(_map(record.get("commitment")).get("hash", "")),
        prev=str(commitment.get("prev", "")),
        announced_ms=commitment.get("announced_at"),
        opens_ms=commitment.get("open_at"),
        closes_ms=commitment.get("close_at"),
        claim_ms=commitment.get("claim_by"),
        beacon_round=beacon.get("round"),
        beacon_chain=str(beacon.get("chain_hash", "")),
        beacon_ms=due,
        entries=closed.get("entries", record.get("entries")),
        root=str(closed.get("root", "")),
        closed_hash=str(latest.get("hash", "")),
        revision=closed.get("rev"),
        refused=_map(closed.get("excluded")) or _map(record.get("refused")),
        signature=str(value.get("signature", "")),
        randomness=str(drawn.get("randomness", "")),
        seed=str(drawn.get("seed", "")),
        winners=_winners(commitment, drawn, _list(record.get("winners"))),
        void_reason=str(void.get("reason", "")),
        void_ms=void.get("voided_at"),
        timetable=(
            ("announced", commitment.get("announced_at")), ("open", commitment.get("open_at")),
            ("closed", commitment.get("close_at")), ("beacon", due), ("claim", commitment.get("claim_by")),
        ),
    )  # fmt: skip


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _record(signed: object) -> Mapping[str, Any]:
    return _map(_map(signed).get("record"))


def _texts(rules: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    names = {**TEXTS, "draw_method": ("开奖方式", "how the draw is made")}
    return tuple((zh, en, str(rules[name])) for name, (zh, en) in names.items() if rules.get(name))


def _winners(
    commitment: Mapping[str, Any], drawn: Mapping[str, Any], shown: Sequence[Any]
) -> tuple[Winner, ...]:
    """Winners by position from the drawn record; pseudonyms and masked names where the desk gives them."""
    known = {one.get("position"): one for one in shown if isinstance(one, Mapping)}
    places = [
        (str(prize.get("rank", "")), str(prize.get("name", "")))
        for prize in _list(commitment.get("prizes"))
        for _ in range(int(prize.get("quantity", 0)))
    ]
    found = []
    for place, position in enumerate(_list(drawn.get("winners"))):
        rank, prize = places[place] if place < len(places) else ("", "")
        found.append(_winner(rank, prize, position, known, reserve=False))
    for position in _list(drawn.get("reserves")):
        found.append(_winner("", "", position, known, reserve=True))
    return tuple(found)


def _winner(
    rank: str, prize: str, position: int, known: Mapping[Any, Mapping[str, Any]], *, reserve: bool
) -> Winner:
    more = known.get(position, {})
    name = str(more.get("name") or "")
    return Winner(
        rank, prize, int(position), str(more.get("pseudonym", "")), masked(name) if name else "", reserve
    )
