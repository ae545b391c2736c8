"""What a full commitment says beyond the seven keys: the rule sheet, the times, who may enter, and the signer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .contests import check, refusals_of
from .fields import Fields
from .kinds import Conditions, Contest, Keyword, contest_json, read_contest
from .refusal import FIRST_SHAPE
from .rules import PRIZE_KINDS, TEXTS, Prize
from .signer import PUBLIC_SIZE

MOST_PICKS = 10_000_000


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms. Times are Unix milliseconds; hashes and `signer` are hex.

    `texts` holds the sheet's texts by field name and `draw_method`; `prizes` stand in winning order.
    `previous_hash` and `blacklist_hash` fix those who may not win beside the staff; both are None under an entry
    rule of the first shape, which has a keyword and no conditions.
    """

    platform: str
    room: str
    sequence: int
    prizes: tuple[Prize, ...]
    reserves: int
    texts: tuple[tuple[str, str], ...]
    contest: Contest
    weight_rule: str
    announced_at: int
    open_at: int
    close_at: int
    publish_by: int
    claim_by: int
    preset: str
    staff_hash: str
    software: str
    signer: str
    conditions: Conditions = field(default_factory=Conditions)
    previous_hash: str | None = None
    blacklist_hash: str | None = None

    @property
    def keyword(self) -> str | None:
        """The keyword of a keyword draw, None for other contests."""
        return self.contest.keyword if isinstance(self.contest, Keyword) else None

    @property
    def first_shape(self) -> bool:
        """Whether the entry rule has the first shape, drawn up by versions before 0.5."""
        return self.previous_hash is None

    @property
    def refusals(self) -> tuple[str, ...]:
        """All reason codes by which an entry may be refused, in the commitment's order."""
        return FIRST_SHAPE if self.first_shape else refusals_of(self.contest, self.conditions)

    def check_contest(self) -> None:
        """Raise RecordError unless the contest goes with the window and the prizes."""
        check(self.contest, self.open_at, self.close_at, len(self.prizes))

    def to_json(self) -> dict[str, Any]:
        """The keys a full commitment adds to the seven."""
        return {
            "platform": self.platform,
            "room": self.room,
            "sequence": self.sequence,
            "prizes": [_prize_json(prize) for prize in self.prizes],
            "reserves": self.reserves,
            "rules": dict(self.texts),
            "entry": self._entry_json(),
            "weight_rule": self.weight_rule,
            "announced_at": self.announced_at,
            "open_at": self.open_at,
            "close_at": self.close_at,
            "publish_by": self.publish_by,
            "claim_by": self.claim_by,
            "preset": self.preset,
            "staff_hash": self.staff_hash,
            "software": self.software,
            "signer": self.signer,
        }

    def _entry_json(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "keyword": self.keyword,
            "per_account": 1,
            "refusals": list(self.refusals),
        }
        if self.first_shape:
            return made
        asked = self.conditions
        return made | {
            "kind": self.contest.KIND,
            "conditions": {
                "follow": asked.follow,
                "fan_level": asked.fan_level,
                "account_level": asked.account_level,
            },
            "previous_hash": self.previous_hash,
            "blacklist_hash": self.blacklist_hash,
            "contest": contest_json(self.contest),
        }

    @classmethod
    def from_fields(cls, fields: Fields) -> Terms:
        """Take the added keys out of `fields`. Raises RecordError."""
        texts = Fields(fields.take("rules"), "commitment's rules")
        names = (*TEXTS, "draw_method")
        taken = tuple((name, texts.text(name)) for name in sorted(names))
        texts.done()
        contest, conditions, hashes = _entry(Fields(fields.take("entry"), "commitment's entry rule"))
        return cls(
            platform=fields.text("platform", 100),
            room=fields.text("room", 200),
            sequence=fields.integer("sequence", 1),
            prizes=tuple(_prize(value) for value in fields.items("prizes", 10_000)),
            reserves=fields.integer("reserves", 0, MOST_PICKS),
            texts=taken,
            contest=contest,
            weight_rule=fields.text("weight_rule"),
            announced_at=fields.integer("announced_at"),
            open_at=fields.integer("open_at"),
            close_at=fields.integer("close_at"),
            publish_by=fields.integer("publish_by"),
            claim_by=fields.integer("claim_by"),
            preset=fields.text("preset", 40),
            staff_hash=fields.hex("staff_hash", 32).hex(),
            software=fields.text("software", 200),
            signer=fields.hex("signer", PUBLIC_SIZE).hex(),
            conditions=conditions,
            previous_hash=hashes[0],
            blacklist_hash=hashes[1],
        )


def _entry(entry: Fields) -> tuple[Contest, Conditions, tuple[str | None, str | None]]:
    """Contest, conditions, and the hashes of the previous winners and the blacklist (None: first shape)."""
    entry.constant("per_account", 1)
    refusals = entry.items("refusals", 50)
    if not entry.has("kind"):
        found: tuple[Contest, Conditions, tuple[str | None, str | None]]
        found = Keyword(entry.text("keyword", 100)), Conditions(), (None, None)
        wanted: tuple[str, ...] = FIRST_SHAPE
    else:
        kind, keyword = entry.text("kind", 20), entry.take("keyword")
        contest, conditions = read_contest(kind, keyword, entry.take("contest")), _conditions(entry)
        hashes = (entry.hex("previous_hash", 32).hex(), entry.hex("blacklist_hash", 32).hex())
        found = contest, conditions, hashes
        wanted = refusals_of(contest, conditions)
    if refusals != list(wanted):
        entry.refuse("refusals", "the list of all reason codes: " + ", ".join(wanted))
    entry.done()
    return found


def _conditions(entry: Fields) -> Conditions:
    asked = Fields(entry.take("conditions"), "commitment's conditions")
    read = Conditions(asked.boolean("follow"), asked.integer("fan_level"), asked.integer("account_level"))
    asked.done()
    return read


def _prize_json(prize: Prize) -> dict[str, Any]:
    return {
        "rank": prize.rank,
        "name": prize.name,
        "quantity": prize.quantity,
        "value_fen": prize.value_fen,
        "kind": prize.kind,
        "use_rules": prize.use_rules,
    }


def _prize(value: object) -> Prize:
    fields = Fields(value, "commitment's prize")
    prize = Prize(
        rank=fields.text("rank", 200),
        name=fields.text("name", 200),
        quantity=fields.integer("quantity", 1),
        value_fen=fields.integer("value_fen", 1),
        kind=fields.text("kind", 20),
        use_rules=fields.text("use_rules", empty=True),
    )
    fields.done()
    if prize.kind not in PRIZE_KINDS:
        fields.refuse("kind", "one of " + ", ".join(PRIZE_KINDS))
    return prize
