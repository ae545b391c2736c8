"""Material of the lottery tests: the published vectors, a rule sheet, a key, and whole draws on a fixed
clock.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lottery import beacon as drand
from lottery import canonical, entry, life, proof
from lottery.answers import answer_value
from lottery.commitment import Commitment
from lottery.entry_list import EntryList
from lottery.proof import Proof
from lottery.record import ClosedRecord
from lottery.roster import Exclusions, Roster
from lottery.rules import Prize, RuleSheet, WaveSheet
from lottery.signed import Signed
from lottery.signer import SigningKey
from lottery.sorting import Accepted, sorted_entries

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
KEY = SigningKey.from_seed(b"k" * 32)
SALT = bytes(range(32))
NOBODY = Exclusions.of({})

# A real draw can only be finished with a real round, so its clock is set to end at one: R = 31089008.
REAL_ROUND = 31089008
REAL_NOW = drand.round_time_ms(REAL_ROUND) - (60 + 45) * 1000
PRACTICE_NOW = 1_790_000_000_000
PLACE = life.Place("test", "room-1", 1)

SHEET = RuleSheet(
    title="周年抽奖",
    prizes=(
        Prize("一等奖", "电饭煲", 1, 39_900),
        Prize("二等奖", "优惠券", 2, 1_000, "coupon", "满 50 元可用"),
    ),
    keyword="抽奖",
    entry_conditions="年满 18 周岁",
    entry_method="在直播间发送口令",
    claim_conditions="凭参与账号领取",
    claim_method="私信主播",
    delivery="七日内快递寄出",
    forfeiture="逾期视为放弃",
    organiser="示例商店",
    contact="客服热线见店铺首页",
    minors="未成年人须经监护人同意",
    price_basis="当日店铺售价",
    reserves=2,
)


ANSWER_SALT = bytes(range(32, 64))
SHEETS: dict[str, RuleSheet] = {
    "keyword": replace(SHEET, follow=True, fan_level=3, account_level=2),
    "quiz": replace(
        SHEET, kind="quiz", keyword="", question="本店几点打烊？", options=("八点", "九点", "十点"), answers=("九点",)
    ),
    "guess": replace(
        SHEET, kind="guess", keyword="", question="这款杯子今天卖多少？", prefix="猜", answers=("99.5",), decimals=2,
        least=0, most=100_000,
    ),
    "rain": replace(
        SHEET, kind="rain", keyword="",
        waves=(WaveSheet("红包一", 0, 20), WaveSheet("红包二", 30, 30)),
    ),
    "purchase": replace(SHEET, kind="purchase", keyword="", product="sku-7"),
}  # fmt: skip
"""One complete sheet of each kind."""


@dataclass(frozen=True)
class Case:
    """A draw on its way: what was announced and closed, and its list."""

    announced: Signed[Commitment]
    closed: tuple[Signed[ClosedRecord], ...]
    roster: Roster
    beacon: drand.Beacon
    exclusions: Exclusions = NOBODY

    @property
    def due_ms(self) -> int:
        return self.announced.record.beacon.due_ms


def pseudonyms(count: int, draw_id: str) -> list[bytes]:
    return [entry.pseudonym_of(SALT, draw_id, "test", f"u{i}") for i in range(count)]


def closed_case(
    count: int = 7,
    preset: str = "practice",
    sheet: RuleSheet = SHEET,
    draw_id: str = "draw-1",
    late_entries: int = 1,
) -> Case:
    """A closed draw of `count` entries, the last `late_entries` of them added by a revision."""
    now = PRACTICE_NOW if preset == "practice" else REAL_NOW
    announced = life.announce(sheet, draw_id, PLACE, SALT, KEY, now, preset, staff=["staff-1"])
    terms = announced.record.terms
    assert terms is not None
    pairs = [(p, 1) for p in pseudonyms(count, draw_id)]
    refused = Exclusions.of({"duplicate": 3, "staff": 1}, [(b"s" * 32, "staff"), (pairs[0][0], "duplicate")])
    roster = Roster.of(pairs[: count - late_entries])
    seen = None if preset == "practice" else drand.practice_beacon(20791007)
    closed = life.close(announced, roster, refused, terms.close_at + 800, KEY, seen)
    assert isinstance(closed.record, ClosedRecord)
    revisions: tuple[Any, ...] = (closed,)
    if late_entries:
        added = pairs[count - late_entries :]
        second, roster = life.add_missing(
            announced, closed, roster, added, refused, terms.close_at + 2000, KEY
        )
        revisions = (closed, second)
    return Case(announced, revisions, roster, drand.practice_beacon(announced.record.beacon.round))


def finished(count: int = 7, preset: str = "practice", full: bool = True, **more: Any) -> Proof:
    case = closed_case(count, preset, **more)
    end = life.finish(case.announced, case.closed, case.roster, case.beacon, case.due_ms + 900, KEY, full)
    assert isinstance(end, life.Finished)
    return end.proof


def accepted(kind: str, count: int, draw_id: str) -> list[Accepted]:
    """Stored entries of `count` viewers: answers in turn, guesses of which some are equally near, both waves."""
    options = [answer_value(text) for text in ("八点", "九点", " 九点", "十点")]
    rows: list[Accepted] = []
    for number, name in enumerate(pseudonyms(count, draw_id)):
        value = {"quiz": options[number % 4], "guess": 9_950 + (number // 2) * 100 * (-1) ** number}.get(kind)
        rows.append((name, value, number % 2 if kind == "rain" else 0))
        if kind == "rain" and number % 3 == 0:
            rows.append((name, None, 1 - number % 2))
    return rows


def contest_case(kind: str, count: int = 9, preset: str = "practice", draw_id: str = "") -> Case:
    """A closed draw of one kind of contest, with a few refusals."""
    draw_id = draw_id or f"contest-{kind}"
    now = PRACTICE_NOW if preset == "practice" else REAL_NOW
    announced = life.announce(
        SHEETS[kind], draw_id, PLACE, SALT, KEY, now, preset, ["staff-1"],
        answer_salt=ANSWER_SALT, previous=["u90"], blacklist=["u91", "u92"],
    )  # fmt: skip
    terms = announced.record.terms
    assert terms is not None
    answer = life.answer_of(SHEETS[kind], ANSWER_SALT)
    refused = [(entry.pseudonym_of(SALT, draw_id, "test", f"u9{i}"), "blacklisted") for i in (1, 2)]
    refused += [(refused[0][0], "late"), (pseudonyms(1, draw_id)[0], "duplicate")]
    counts = {"blacklisted": 2, "late": 5, "duplicate": 3}
    roster, out = sorted_entries(terms.contest, accepted(kind, count, draw_id), counts, refused, answer)
    closed = life.close(announced, roster, out, terms.close_at + 800, KEY, answer=answer)
    assert isinstance(closed.record, ClosedRecord)
    beacon = drand.practice_beacon(announced.record.beacon.round)
    return Case(announced, (closed,), roster, beacon, out)


def contest_finished(kind: str, full: bool = True, **more: Any) -> Proof:
    case = contest_case(kind, **more)
    end = life.finish(case.announced, case.closed, case.roster, case.beacon, case.due_ms + 900, KEY, full)
    assert isinstance(end, life.Finished)
    return end.proof


def contest_list(kind: str, **more: Any) -> EntryList:
    case = contest_case(kind, **more)
    return EntryList.of(case.announced.record.draw_id, case.roster, case.exclusions)


def vector_proof(name: str) -> Proof:
    """The proof of one published draw: bare commitment, unsigned records."""
    vector = next(v for v in VECTORS["draws"] if v["name"] == name)
    commitment = Commitment.from_json(canonical.loads(vector["commitment"]))
    announced = Signed.seal(commitment, None)
    salt = hashlib.sha256(b"test salt " + commitment.draw_id.encode()).digest()
    roster = Roster.of(
        (entry.pseudonym_of(salt, commitment.draw_id, VECTORS["platform"], uid), weight)
        for uid, weight in zip(vector["uids"], vector["weights"], strict=True)
    )
    due = commitment.beacon.due_ms
    closed = life.close(announced, roster, NOBODY, due - 20_000, None)
    assert isinstance(closed.record, ClosedRecord)
    beacon = drand.practice_beacon(commitment.beacon.round)
    end = life.finish(announced, [closed], roster, beacon, due + 1, None)
    assert isinstance(end, life.Finished)
    return end.proof


def reparse(value: Any) -> Proof:
    return proof.parse(json.dumps(value).encode())
