"""The public record of a draw, read for a page: whatever is missing there is simply not shown yet.

`ConsoleDraws.show` gives a mapping:

    draw_id, room, state, practice      entries, refused {reason: n}   (running counts)
    commitment, drawn, void             {record: {...}, hash: hex} as published (lottery.signed), or absent
    closed                              list of the same, by revision
    claims                              list of the same, in order
    winners                             list of {position, pseudonym, name?}; the name is masked once more here
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.printing import masked
from lottery.rules import TEXTS

STAGES = ("announced", "open", "closed", "challenge", "beacon", "drawn", "claim", "archived")
DROPPED = ("forfeited", "disqualified")
GENESIS_MS, PERIOD_MS = 1_692_803_367_000, 3_000
"""drand quicknet: the time of round 1 and how often a round comes."""


@dataclass(frozen=True, slots=True)
class Winner:
    """One drawn entry in prize order. `reserve`: only moves up when a winner drops out. `place` counts from 1 through
    winners, then reserves. `outcome` is of lottery.claim.CLAIM_OUTCOMES, "" while open; `moved_up`: a reserve whose
    turn has come."""

    rank: str
    prize: str
    position: int
    pseudonym: str
    name: str
    reserve: bool = False
    place: int = 0
    outcome: str = ""
    reason: str = ""
    settled_ms: int | None = None
    moved_up: bool = False


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
    platform: str = ""
    preset: str = ""
    weight_rule: str = ""
    publish_ms: int | None = None
    kind: str = "keyword"
    contest: Mapping[str, Any] | None = None
    conditions: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] | None = None
    excluded_viewers: int | None = None
    excluded_root: str = ""
    issued_ms: int | None = None
    drawn_ms: int | None = None
    drawn_hash: str = ""
    void_hash: str = ""
    signer: str = ""
    salt_commit: str = ""
    claims: tuple[str, ...] = ()

    @property
    def seen_in_the_room(self) -> tuple[str, str]:
        """The 16 hex digits that stand on the room's screen: of the commitment, and of the last closed record."""
        return self.commit_hash[:16], self.closed_hash[:16]


def publication(record: Mapping[str, Any]) -> Publication:
    """Read `ConsoleDraws.show`'s mapping."""
    commitment = _record(record.get("commitment"))
    closed_list = [one for one in _list(record.get("closed")) if isinstance(one, Mapping)]
    latest = closed_list[-1] if closed_list else {}
    closed, drawn, void = _record(latest), _record(record.get("drawn")), _record(record.get("void"))
    beacon, value = _map(commitment.get("beacon")), _map(drawn.get("beacon"))
    due = beacon_ms(beacon)
    rules, entry = _map(commitment.get("rules")), _map(commitment.get("entry"))
    return Publication(
        draw_id=str(record.get("draw_id", "")),
        room=str(record.get("room", "")),
        state=str(record.get("state", "")),
        practice=bool(record.get("practice") or beacon.get("mode") == "practice"),
        title=str(commitment.get("title", "")),
        number=int(commitment.get("sequence", 0)),
        prizes=tuple(one for one in _list(commitment.get("prizes")) if isinstance(one, Mapping)),
        texts=_texts(rules),
        keyword=str(entry.get("keyword") or ""),
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
        winners=_winners(commitment, drawn, _list(record.get("winners")), _list(record.get("claims"))),
        void_reason=str(void.get("reason", "")),
        void_ms=void.get("voided_at"),
        timetable=(
            ("announced", commitment.get("announced_at")), ("open", commitment.get("open_at")),
            ("closed", commitment.get("close_at")), ("beacon", due), ("claim", commitment.get("claim_by")),
        ),
        platform=str(commitment.get("platform", "")),
        preset=str(commitment.get("preset", "")),
        weight_rule=str(commitment.get("weight_rule", "")),
        publish_ms=commitment.get("publish_by"),
        kind=str(entry.get("kind", "keyword")),
        contest=_map(entry.get("contest")) or None,
        conditions=_map(entry.get("conditions")),
        answer=_map(closed.get("answer")) or None,
        excluded_viewers=closed.get("excluded_viewers"),
        excluded_root=str(closed.get("excluded_root", "")),
        issued_ms=closed.get("issued_at"),
        drawn_ms=drawn.get("drawn_at"),
        drawn_hash=str(_map(record.get("drawn")).get("hash", "")),
        void_hash=str(_map(record.get("void")).get("hash", "")),
        signer=str(commitment.get("signer") or ""),
        salt_commit=str(commitment.get("salt_commit", "")),
        claims=tuple(str(_map(one).get("hash", "")) for one in _list(record.get("claims"))),
    )  # fmt: skip


def records(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every envelope published so far, in order: commitment, closed revisions, drawn or void, claims."""
    single = [record.get("commitment")]
    ends = [record.get("drawn"), record.get("void")]
    found = [*single, *_list(record.get("closed")), *ends, *_list(record.get("claims"))]
    return [one for one in found if isinstance(one, Mapping) and one.get("record")]


def beacon_ms(beacon: Mapping[str, Any]) -> int | None:
    """When the committed round comes, in ms: `due_at` in practice, else by the chain's clock; None for no round."""
    if beacon.get("due_at") is not None:
        return int(beacon["due_at"])
    return GENESIS_MS + (int(beacon["round"]) - 1) * PERIOD_MS if beacon.get("round") else None


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
    commitment: Mapping[str, Any], drawn: Mapping[str, Any], shown: Sequence[Any], claims: Sequence[Any]
) -> tuple[Winner, ...]:
    """The drawn entries by position from the drawn record; pseudonyms and masked names where the desk gives them.

    The first who drops out leaves the prize to the first reserve, the second to the second, and so on.
    """
    known = {one.get("position"): one for one in shown if isinstance(one, Mapping)}
    settled = {_record(one).get("place"): _record(one) for one in claims}
    dropped = [place for place, one in settled.items() if one.get("outcome") in DROPPED]
    prizes = [
        (str(prize.get("rank", "")), str(prize.get("name", "")))
        for prize in _list(commitment.get("prizes"))
        for _ in range(int(prize.get("quantity", 0)))
    ]
    winners, reserves = _list(drawn.get("winners")), _list(drawn.get("reserves"))
    held: dict[object, tuple[str, str]] = {}
    found = []
    for place, position in enumerate([*winners, *reserves], 1):
        behind = place - len(winners)  # number of the reserve, from 1
        moved_up = 0 < behind <= len(dropped)
        heir_of = dropped[behind - 1] if moved_up else place
        own = prizes[place - 1] if behind <= 0 and place <= len(prizes) else ("", "")
        held[place] = held.get(heir_of, ("", "")) if moved_up else own
        claim = settled.get(place, {})
        found.append(
            _winner(held[place], position, known.get(position, {}), claim, place, behind > 0, moved_up)
        )
    return tuple(found)


def _winner(
    prize: tuple[str, str], position: int, more: Mapping[str, Any], claim: Mapping[str, Any], place: int,
    reserve: bool, moved_up: bool,
) -> Winner:  # fmt: skip
    name = str(more.get("name") or "")
    return Winner(
        *prize, int(position), str(more.get("pseudonym", "")), masked(name) if name else "", reserve, place,
        str(claim.get("outcome", "")), str(claim.get("reason", "")), claim.get("settled_at"), moved_up,
    )  # fmt: skip
