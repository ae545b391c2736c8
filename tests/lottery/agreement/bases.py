"""Honest draws to be forged, one of each kind, and the tools of a forger.

`recompute` does everything that needs no key: hashes and links of all records, root, counts, seed, positions and
paths. `sign` is what only the holder of a key can do.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from lottery import beacon as drand
from lottery import contests, draw, entry, life, merkle
from lottery.beacon import Beacon
from lottery.canonical import digest, dumps
from lottery.commitment import BeaconTerms, Commitment
from lottery.contests import answer_value
from lottery.entry_list import EntryList
from lottery.roster import Exclusions, Roster
from lottery.rules import PRESETS, Prize, RuleSheet, WaveSheet
from lottery.signed import Signed
from lottery.signer import SigningKey
from lottery.sorting import sorted_entries

Json = dict[str, Any]

KEY = SigningKey.from_seed(b"k" * 32)
FORGERS_KEY = SigningKey.from_seed(b"f" * 32)
SALT, ANSWER_SALT = bytes(range(32)), bytes(range(32, 64))
ROUND = 31089008
OTHER_ROUND = 20791007
ENTRIES = 12

_SHEET = RuleSheet(
    title="周年抽奖",
    prizes=(Prize("一等奖", "电饭煲", 1, 39_900), Prize("二等奖", "保温杯", 2, 1_000)),
    keyword="",
    entry_conditions="年满 18 周岁",
    entry_method="按屏幕提示参加",
    claim_conditions="凭参与账号领取",
    claim_method="按屏幕提示领取",
    delivery="七日内寄出",
    forfeiture="逾期视为放弃",
    organiser="示例商店",
    contact="客服热线见店铺首页",
    minors="未成年人须经监护人同意",
    price_basis="当日店铺售价",
    reserves=2,
)
SHEETS = {
    "keyword": replace(_SHEET, keyword="抽奖", follow=True),
    "practice": replace(_SHEET, keyword="抽奖"),
    "weighted": replace(_SHEET, keyword="抽奖", weight_rule="消费满额者权重更高"),
    "quiz": replace(_SHEET, kind="quiz", question="几号？", options=("一号", "二号"), answers=("一号",)),
    "guess": replace(
        _SHEET, kind="guess", question="猜价格", decimals=2, least=100, most=9_000, answers=("59.90",)
    ),
    "rain": replace(_SHEET, kind="rain", waves=(WaveSheet("红包一", 0, 20), WaveSheet("红包二", 30, 20))),
    "purchase": replace(_SHEET, kind="purchase", product="商品-1"),
}


@dataclass(slots=True)
class File:
    """A proof and its list as JSON that a forger may write in."""

    proof: Json
    entry_list: Json | None = None

    @property
    def commitment(self) -> Json:
        found: Json = self.proof["commitment"]["record"]
        return found

    @property
    def entry(self) -> Json:
        found: Json = self.commitment["entry"]
        return found

    @property
    def last(self) -> Json:
        found: Json = self.proof["closed"][-1]["record"]
        return found

    @property
    def drawn(self) -> Json:
        found: Json = self.proof["drawn"]["record"]
        return found

    @property
    def leaves(self) -> list[str]:
        found: list[str] = self.proof["leaves"]
        return found


def base(name: str) -> File:
    """A fresh copy of an honest draw: a kind, "practice", "weighted", "bare", or "short" (with its list file)."""
    return copy.deepcopy(_made(name))


@cache
def _made(name: str) -> File:
    if name == "bare":
        return _bare()
    short = name == "short"
    sheet = SHEETS["keyword" if short else name]
    preset = "practice" if name == "practice" else "quick"
    spans = sheet.lead_s + sheet.span_s + PRESETS[preset].delay_s
    now = 1_790_000_000_000 if preset == "practice" else drand.round_time_ms(ROUND) - spans * 1000
    place = life.Place("test", "room-1", 1)
    announced = life.announce(
        sheet, "draw-1", place, SALT, KEY, now, preset, answer_salt=ANSWER_SALT, staff=["staff-1"]
    )
    roster, exclusions = _listed(announced.record, name)
    answer = life.answer_of(sheet, ANSWER_SALT)
    terms = announced.record.terms
    assert terms is not None
    first = Roster.from_leaves(roster.leaves[:-1], valued=announced.record.valued)
    seen = None if preset == "practice" else drand.practice_beacon(OTHER_ROUND)
    one: Any = life.close(announced, first, exclusions, terms.close_at + 800, KEY, seen, answer=answer)
    last = roster.leaves[-1]
    added = [(last[:32], int.from_bytes(last[40:] or last[32:], "big"))]
    two, roster = life.add_missing(announced, one, first, added, exclusions, terms.close_at + 2000, KEY)
    beacon = drand.practice_beacon(announced.record.beacon.round)
    due = announced.record.beacon.due_ms
    end = life.finish(announced, [one, two], roster, beacon, due + 900, KEY, full=not short)
    assert isinstance(end, life.Finished)
    listed = EntryList.of("draw-1", roster, exclusions).to_bytes()
    return File(json.loads(end.proof.to_bytes()), json.loads(listed))


def _listed(record: Commitment, name: str) -> tuple[Roster, Exclusions]:
    people = [entry.pseudonym_of(SALT, "draw-1", "test", f"观众{i}") for i in range(ENTRIES + 3)]
    accepted: list[tuple[bytes, int | None, int]] = []
    for number, who in enumerate(people[:ENTRIES]):
        if name == "guess":
            accepted.append((who, (5990, 5800, 6180, 200)[number % 4], 0))
        elif name == "rain":
            accepted.extend((who, None, wave) for wave in ((0,), (1,), (0, 1))[number % 3])
        elif name == "quiz":
            accepted.append((who, answer_value("二号" if number == 0 else "一号"), 0))
        else:
            accepted.append((who, None, 0))
    turned = [(people[-1], "staff"), (people[-2], "late"), (people[0], "duplicate")]
    counts = {"duplicate": 3, "staff": 1, "late": 2}
    answer = life.answer_of(SHEETS[name], ANSWER_SALT) if name in SHEETS else None
    roster, exclusions = sorted_entries(record.contest, accepted, counts, turned, answer)
    if name == "weighted":
        roster = Roster.of((leaf[:32], 1 + number % 5) for number, leaf in enumerate(roster.leaves))
    return roster, exclusions


def _bare() -> File:
    terms = BeaconTerms(ROUND)
    commitment = Commitment("draw-b", "测试抽奖", 3, "00" * 32, entry.salt_commit(SALT), terms)
    announced = Signed.seal(commitment, None)
    roster = Roster.of((entry.pseudonym_of(SALT, "draw-b", "test", f"u{i}"), i + 1) for i in range(6))
    due = terms.due_ms
    closed: Any = life.close(announced, roster, Exclusions.of({}), due - 20_000, None)
    end = life.finish(announced, [closed], roster, drand.practice_beacon(ROUND), due + 1, None)
    assert isinstance(end, life.Finished)
    return File(json.loads(end.proof.to_bytes()))


# ---- the tools ----


def recompute(file: File) -> None:
    """Make everything follow from the commitment, the leaves and the beacon that stand in the file now."""
    proof, last, drawn = file.proof, file.last, file.drawn
    rehash(file)
    leaves = [bytes.fromhex(leaf) for leaf in file.leaves]
    weights = [int.from_bytes(leaf[32:40], "big") for leaf in leaves]
    tree = merkle.build(leaves)
    last |= {"root": tree.root.hex(), "entries": len(leaves), "weight": sum(weights)}
    rehash(file)
    beacon = Beacon(proof["beacon"]["round"], bytes.fromhex(proof["beacon"]["signature"]))
    commit_hash = bytes.fromhex(proof["commitment"]["hash"])
    number = file.commitment["beacon"]["round"]
    seed = draw.seed(commit_hash, tree.root, len(leaves), sum(weights), number, beacon.randomness)
    k = file.commitment["k"]
    chosen = _chosen(file, seed, leaves, weights, k + file.commitment.get("reserves", 0))
    drawn |= {"beacon": dict(proof["beacon"]), "randomness": beacon.randomness.hex(), "seed": seed.hex()}
    drawn |= {"winners": list(chosen[:k]), "reserves": list(chosen[k:])}
    show(file)
    rehash(file)


def _chosen(file: File, seed: bytes, leaves: list[bytes], weights: list[int], picks: int) -> tuple[int, ...]:
    if not leaves or len(leaves[0]) == 40:
        return draw.select(seed, weights, picks)
    record = Commitment.from_json(file.commitment)
    answer = None if file.last["answer"] is None else contests.Answer.from_json(file.last["answer"])
    quotas = [prize["quantity"] for prize in file.commitment["prizes"]]
    roster = Roster.from_leaves(leaves, valued=True)
    return contests.select(record.contest, seed, roster, picks, answer, quotas)


def show(file: File) -> None:
    """List the winners of the drawn record with their leaves and paths."""
    tree = merkle.build([bytes.fromhex(leaf) for leaf in file.leaves])
    positions = [*file.drawn["winners"], *file.drawn["reserves"]]
    file.proof["winners"] = [
        {
            "place": place,
            "position": position,
            "leaf": file.leaves[position],
            "path": [step.hex() for step in tree.path(position)],
        }
        for place, position in enumerate(positions, 1)
    ]


def rehash(file: File) -> None:
    """Hashes of all records and the links between them, as the records stand."""
    proof = file.proof
    commitment = proof["commitment"]
    before = commitment["hash"] = record_hash("commit", commitment["record"])
    for revision in proof["closed"]:
        revision["record"] |= {"commit_hash": commitment["hash"], "prev": before}
        before = revision["hash"] = record_hash("closed", revision["record"])
    file.drawn.update(commit_hash=commitment["hash"], prev=before)
    proof["drawn"]["hash"] = record_hash("drawn", file.drawn)


def record_hash(kind: str, record: Json) -> str:
    """H(kind, canonical bytes) in hex."""
    return digest(kind, dumps(record)).hex()


def sign(file: File, key: SigningKey) -> None:
    """Sign every record as it stands; the hashes beside them must be right."""
    for envelope in (file.proof["commitment"], *file.proof["closed"], file.proof["drawn"]):
        envelope["signature"] = key.sign(bytes.fromhex(envelope["hash"])).hex()
