"""Draws from a number: every kind of contest, with what makes draws hard, made through `lottery.life`.

The same number gives the same draw for ever. Real draws can only end at one of the few rounds whose value is
public, so their clock is set to close just in time for it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lottery import beacon as drand
from lottery import entry, life
from lottery.beacon import Beacon
from lottery.canonical import nfc
from lottery.commitment import BeaconTerms, Commitment
from lottery.contests import Answer
from lottery.entry_list import EntryList
from lottery.record import VoidRecord
from lottery.roster import Exclusions, Roster
from lottery.rules import PRESETS, RuleSheet
from lottery.signed import Signed
from lottery.signer import SigningKey
from lottery.sorting import sorted_entries

from .judges import Case
from .sheets import TITLES, said, sheet_of, uids

ROUNDS = sorted(drand.PRACTICE_SIGNATURES)
SHAPES = ("bare", "bare weighted", "keyword", "weighted", "quiz", "guess", "rain", "purchase")
PRACTICE_NOW = 1_790_000_000_000


@dataclass(frozen=True, slots=True)
class Made:
    """One generated draw: the parts from which proofs, lists and forgeries are made."""

    case: Case
    shape: str
    entries: int
    picks: int


@dataclass(frozen=True, slots=True)
class Listed:
    """Who stands in the list and who was turned away, before closing. `late` of the list come by revisions."""

    roster: Roster
    exclusions: Exclusions
    late: int


def make(number: int, entries: int | None = None) -> Made | None:
    """The draw of this number; None when nobody got in, which ends in a void record and has no proof.

    `entries` asks for so many viewers, about half of whom win; None leaves both to chance.
    """
    chance = random.Random(f"agreement {number}")
    shape = SHAPES[number % len(SHAPES)]
    return (_bare if shape.startswith("bare") else _full)(number, chance, shape, entries)


def size(chance: random.Random) -> int:
    """A number of entries: often tiny, sometimes hundreds."""
    return chance.choice((1, 1, 2, 3, chance.randint(4, 12), chance.randint(13, 60), chance.randint(61, 400)))


# ---- bare draws: the seven keys of the published vectors, unsigned, with weights ----


def _bare(number: int, chance: random.Random, shape: str, entries: int | None) -> Made:
    count, round_number = entries or size(chance), chance.choice(ROUNDS)
    salt = chance.randbytes(32)
    draw_id = f"裸-{number}-𠮷"
    k = chance.choice((1, 2, count, count + 3, 10))
    title = nfc(chance.choice(TITLES))
    prev = chance.randbytes(32).hex()
    record = Commitment(draw_id, title, k, prev, entry.salt_commit(salt), BeaconTerms(round_number))
    announced = Signed.seal(Commitment.from_json(record.to_json()), None)
    heaviest = chance.choice((1, 3, 1_000_000)) if shape == "bare weighted" else 1
    roster = Roster.of(
        (
            entry.pseudonym_of(salt, draw_id, "测试", uid),
            chance.choice((1, heaviest, chance.randint(1, heaviest))),
        )
        for uid in uids(chance, count)
    )
    closing = drand.round_time_ms(round_number) - 20_000
    closed = life.close(announced, roster, Exclusions.of({"late": 2}), closing, None)
    assert not isinstance(closed.record, VoidRecord)
    beacon = drand.practice_beacon(round_number)
    end = life.finish(announced, [closed], roster, beacon, closing + 30_000, None)
    assert isinstance(end, life.Finished)
    expect = chance.choice((None, announced.hash))
    return Made(Case(f"{number} {shape}", end.proof.to_bytes(), None, expect), shape, count, k)


# ---- full draws ----


def _full(number: int, chance: random.Random, shape: str, entries: int | None) -> Made | None:
    kind = "keyword" if shape == "weighted" else shape
    preset = chance.choice(("quick", "large", "practice"))
    sheet = sheet_of(chance, kind, shape == "weighted")
    if entries is not None:
        sheet = replace(sheet, reserves=entries // 2)
    key, salt, answer_salt = (
        SigningKey.from_seed(chance.randbytes(32)),
        chance.randbytes(32),
        chance.randbytes(32),
    )
    place = life.Place(
        chance.choice(("抖音", "bilibili")),
        chance.choice(("房间𠮷", "room-1")),
        chance.randint(1, 99),
        chance.randbytes(32).hex(),
    )
    barred: dict[str, Any] = {
        "staff": uids(chance, 2),
        "previous": uids(chance, 1),
        "blacklist": uids(chance, chance.randint(0, 2)),
    }
    announced = life.announce(
        sheet,
        f"draw-{number}",
        place,
        salt,
        key,
        _start(chance, sheet, preset),
        preset,
        answer_salt=answer_salt,
        **barred,
    )
    answer = life.answer_of(sheet, answer_salt)
    people = uids(chance, 5 + (entries or size(chance)))
    listed = _listed(chance, announced.record, salt, sheet, answer, people, shape == "weighted")
    if listed is None:
        return None
    closed, roster = _close(chance, announced, listed, key, answer)
    due = announced.record.beacon.due_ms
    full = shape in ("weighted", "guess", "rain") or chance.random() < 0.5
    beacon = drand.practice_beacon(announced.record.beacon.round)
    end = life.finish(announced, closed, roster, beacon, due + chance.randint(0, 5000), key, full)
    assert isinstance(end, life.Finished)
    entry_list = (
        EntryList.of(f"draw-{number}", roster, listed.exclusions).to_bytes()
        if chance.random() < 0.6
        else None
    )
    expect = chance.choice((None, announced.hash, closed[-1].hash[:16], closed[0].hash.upper()))
    size_of = f"n={len(roster)} picks={announced.record.picks} rev={len(closed)}"
    name = f"{number} {shape} {preset} {size_of} {'full' if full else 'short'}"
    return Made(
        Case(name, end.proof.to_bytes(), entry_list, expect), shape, len(roster), announced.record.picks
    )


def _start(chance: random.Random, sheet: RuleSheet, preset: str) -> int:
    """When to announce, so that the committed round is one whose value is public."""
    if preset == "practice":
        return PRACTICE_NOW + chance.randrange(10**9)
    spans = sheet.lead_s + sheet.span_s + PRESETS[preset].delay_s
    return drand.round_time_ms(chance.choice(ROUNDS)) - spans * 1000 - chance.randrange(3000)


def _listed(
    chance: random.Random,
    record: Commitment,
    salt: bytes,
    sheet: RuleSheet,
    answer: Answer | None,
    who: Sequence[str],
    weighted: bool,
) -> Listed | None:
    terms = record.terms
    assert terms is not None
    people = [entry.pseudonym_of(salt, record.draw_id, terms.platform, uid) for uid in who]
    count = len(people) - 5
    reasons = [reason for reason in terms.refusals if reason != "wrong_answer"]
    refused = [
        (who, chance.choice(reasons)) for who in people[count - 1 :] for _ in range(chance.randint(0, 2))
    ]
    counts: dict[str, int] = {}
    for _, reason in refused:
        counts[reason] = counts.get(reason, 0) + 1
    counts["late"] = counts.get("late", 0) + chance.randint(0, 3)
    accepted: list[tuple[bytes, int | None, int]] = []
    for pseudonym in people[:count]:
        accepted.extend((pseudonym, value, wave) for value, wave in said(chance, sheet))
    roster, exclusions = sorted_entries(record.contest, accepted, counts, refused, answer)
    if weighted:
        roster = Roster.of(
            (leaf[:32], chance.choice((1, 2, 1_000_000, chance.randint(1, 50)))) for leaf in roster.leaves
        )
    if not len(roster):
        return None
    return Listed(roster, exclusions, chance.choice((0, 0, 1, min(2, len(roster)))))


def _close(
    chance: random.Random,
    announced: Signed[Commitment],
    listed: Listed,
    key: SigningKey,
    answer: Answer | None,
) -> tuple[list[Any], Roster]:
    """Close without the late ones, then add them one a revision."""
    terms, whole = announced.record.terms, listed.roster
    assert terms is not None
    leaves = list(whole.leaves)
    late = [leaves.pop(chance.randrange(len(leaves))) for _ in range(listed.late)]
    roster = Roster.from_leaves(leaves, valued=announced.record.valued)
    when = min(terms.close_at + chance.choice((0, 800, 5500, 12_000)), announced.record.deadline_ms - 1)
    first = life.close(
        announced, roster, listed.exclusions, when, key, _seen(chance, announced.record), answer=answer
    )
    assert not isinstance(first.record, VoidRecord)
    closed: list[Any] = [first]
    for leaf in late:
        pair = (leaf[:32], int.from_bytes(leaf[40:] or leaf[32:], "big"))
        revision, roster = life.add_missing(
            announced,
            closed[-1],
            roster,
            [pair],
            listed.exclusions,
            when,
            key,
        )
        closed.append(revision)
    assert roster.root == whole.root
    return closed, roster


def _seen(chance: random.Random, record: Commitment) -> Beacon | None:
    """The newest round a closed record may know: any in practice, an earlier one otherwise."""
    known = [number for number in ROUNDS if record.practice or number < record.beacon.round]
    return drand.practice_beacon(chance.choice(known)) if known and chance.random() < 0.5 else None
