"""The commitment: everything about a draw that is fixed before the first entry, as canonical bytes.

Two shapes are known. The *bare* one has exactly the seven keys of the published test vectors. The *full*
one adds the complete rule sheet, the times, and the signer's key, and is what an announcement makes. No
other key is read in either: a field that a verifier skips is a field in which something can be hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .beacon import PRACTICE_SIGNATURES as PRACTICE_ROUNDS
from .beacon import QUICKNET, practice_round, round_at_or_after, round_time_ms
from .canonical import digest, dumps
from .entry import EntryRule, Refusal
from .errors import RecordError
from .fields import Fields
from .rules import EQUAL, PRESETS, PRIZE_KINDS, TEXTS, Prize
from .signer import PUBLIC_SIZE

VERSION = 1
PRACTICE = "practice"
PUBLISH_BEFORE_MS = 10_000
"""The root must be public this long before the beacon: time(R) - 10 s."""
_MOST_PICKS = 10_000_000


@dataclass(frozen=True, slots=True)
class BeaconTerms:
    """The committed round. `due_at` (Unix ms) is there in practice only and then stands for time(R)."""

    round: int
    chain_hash: str = QUICKNET.hash
    scheme: str = QUICKNET.scheme
    due_at: int | None = None

    @property
    def practice(self) -> bool:
        """Whether the value was known beforehand."""
        return self.due_at is not None

    @property
    def due_ms(self) -> int:
        """When the value is to be had, Unix milliseconds."""
        return round_time_ms(self.round) if self.due_at is None else self.due_at

    def to_json(self) -> dict[str, Any]:
        """The object under "beacon" in a commitment."""
        made: dict[str, Any] = {"chain_hash": self.chain_hash, "round": self.round, "scheme": self.scheme}
        if self.due_at is not None:
            made |= {"mode": PRACTICE, "due_at": self.due_at}
        return made

    @classmethod
    def from_json(cls, value: object) -> BeaconTerms:
        """Read it back. Raises RecordError."""
        fields = Fields(value, "commitment's beacon")
        due_at = None
        if fields.has("mode"):
            fields.constant("mode", PRACTICE)
            due_at = fields.integer("due_at", 1)
        terms = cls(
            round=fields.integer("round", 1),
            chain_hash=fields.text("chain_hash", 64),
            scheme=fields.text("scheme", 64),
            due_at=due_at,
        )
        fields.done()
        return terms


@dataclass(frozen=True, slots=True)
class Terms:
    """What a full commitment says beyond the seven keys. Times are Unix milliseconds.

    `texts` holds the sheet's texts by field name and `draw_method`; `prizes` stand in winning order;
    `refusals` are all reason codes by which an entry may be refused; `staff_hash` and `signer` are hex.
    """

    platform: str
    room: str
    sequence: int
    prizes: tuple[Prize, ...]
    reserves: int
    texts: tuple[tuple[str, str], ...]
    keyword: str
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
    refusals: tuple[str, ...] = tuple(Refusal)

    def to_json(self) -> dict[str, Any]:
        """The keys a full commitment adds to the seven."""
        return {
            "platform": self.platform,
            "room": self.room,
            "sequence": self.sequence,
            "prizes": [
                {
                    "rank": p.rank,
                    "name": p.name,
                    "quantity": p.quantity,
                    "value_fen": p.value_fen,
                    "kind": p.kind,
                    "use_rules": p.use_rules,
                }
                for p in self.prizes
            ],
            "reserves": self.reserves,
            "rules": dict(self.texts),
            "entry": {"keyword": self.keyword, "per_account": 1, "refusals": [str(r) for r in self.refusals]},
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

    @classmethod
    def from_fields(cls, fields: Fields) -> Terms:
        """Take the added keys out of `fields`. Raises RecordError."""
        texts = Fields(fields.take("rules"), "commitment's rules")
        names = (*TEXTS, "draw_method")
        taken = tuple((name, texts.text(name)) for name in sorted(names))
        texts.done()
        entry = Fields(fields.take("entry"), "commitment's entry rule")
        entry.constant("per_account", 1)
        keyword, refusals = entry.text("keyword", 100), entry.items("refusals", 50)
        if refusals != [str(reason) for reason in Refusal]:
            entry.refuse("refusals", "the list of all reason codes: " + ", ".join(Refusal))
        entry.done()
        return cls(
            platform=fields.text("platform", 100),
            room=fields.text("room", 200),
            sequence=fields.integer("sequence", 1),
            prizes=tuple(_prize(value) for value in fields.items("prizes", 10_000)),
            reserves=fields.integer("reserves", 0, _MOST_PICKS),
            texts=taken,
            keyword=keyword,
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
        )


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


@dataclass(frozen=True, slots=True)
class Commitment:
    """The first record of a draw. `prev` and `salt_commit` are hex; `terms` is None in the bare shape.

    `prev` is the hash of the record that ended the room's draw before, zeros for the first draw of a room.
    """

    KIND: ClassVar[str] = "commit"

    draw_id: str
    title: str
    k: int
    prev: str
    salt_commit: str
    beacon: BeaconTerms
    terms: Terms | None = None

    @property
    def practice(self) -> bool:
        """Whether this draw is for practice."""
        return self.beacon.practice

    @property
    def signer(self) -> str | None:
        """Public key (hex) that must sign the draw's records; None in the bare shape."""
        return None if self.terms is None else self.terms.signer

    @property
    def picks(self) -> int:
        """Winners and reserves together."""
        return self.k + (0 if self.terms is None else self.terms.reserves)

    @property
    def equal_weights(self) -> bool:
        """Whether the commitment promises that all entries weigh 1."""
        return self.terms is not None and self.terms.weight_rule == EQUAL

    @property
    def deadline_ms(self) -> int:
        """The closed record must be public before this moment, Unix milliseconds."""
        return self.beacon.due_ms - PUBLISH_BEFORE_MS

    @property
    def hash(self) -> bytes:
        """commit_hash = H("commit", canonical bytes)."""
        return digest("commit", self.to_bytes())

    def to_bytes(self) -> bytes:
        """Canonical bytes: exactly what is hashed, signed and published."""
        return dumps(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The commitment as a JSON object."""
        made = {} if self.terms is None else self.terms.to_json()
        return made | {
            "v": VERSION,
            "draw_id": self.draw_id,
            "title": self.title,
            "k": self.k,
            "prev": self.prev,
            "salt_commit": self.salt_commit,
            "beacon": self.beacon.to_json(),
        }

    @classmethod
    def from_json(cls, value: object) -> Commitment:
        """Read a commitment of either shape. Raises RecordError for a missing or unknown field."""
        fields = Fields(value, "commitment")
        fields.constant("v", VERSION)
        draw_id, title = fields.text("draw_id", 200), fields.text("title", 200)
        k = fields.integer("k", 1, _MOST_PICKS)
        prev, salt = fields.hex("prev", 32).hex(), fields.hex("salt_commit", 32).hex()
        beacon = BeaconTerms.from_json(fields.take("beacon"))
        terms = Terms.from_fields(fields) if fields.has("signer") else None
        fields.done()
        return cls(draw_id, title, k, prev, salt, beacon, terms)

    def entry_rule(self, staff: frozenset[str] = frozenset()) -> EntryRule:
        """The entry rule this commitment fixes. Raises RecordError for the bare shape, which has none."""
        t = self.terms
        if t is None:
            raise RecordError("A bare commitment has no entry rule; announce a full rule sheet.")
        return EntryRule(t.keyword, t.platform, t.room, t.open_at, t.close_at, staff)

    def check(self) -> None:
        """Raise RecordError unless the parts agree with each other and with the named preset.

        What it protects: a round chosen with knowledge, a count that is not the number of prizes, or times
        that are not those of the preset would all be open to see, yet easily overlooked.
        """
        if (self.beacon.chain_hash, self.beacon.scheme) != (QUICKNET.hash, QUICKNET.scheme):
            raise RecordError("The commitment names another beacon chain or scheme than drand quicknet.")
        if self.practice and self.beacon.round not in PRACTICE_ROUNDS:
            raise RecordError("A practice draw must use a round of the fixed practice list.")
        if self.terms is not None:
            self._check_terms(self.terms)

    def _check_terms(self, t: Terms) -> None:
        preset = PRESETS.get(t.preset)
        if preset is None or (t.preset == PRACTICE) is not self.practice:
            raise RecordError("The timing preset is unknown, or does not go with the kind of beacon.")
        if sum(prize.quantity for prize in t.prizes) != self.k:
            raise RecordError("The number of winners is not the number of prizes.")
        if not t.announced_at <= t.open_at < t.close_at < t.claim_by:
            raise RecordError("The times are out of order: announced, open, close, claim.")
        if t.publish_by != t.close_at + preset.root_within_s * 1000:
            raise RecordError("The time for the root is not the preset's.")
        due = t.close_at + preset.delay_s * 1000
        if self.practice:
            right = self.beacon.due_at == due and self.beacon.round == practice_round(self.draw_id)
        else:
            right = self.beacon.round == round_at_or_after(due)
        if not right:
            raise RecordError("The beacon round is not the one that the preset gives for the closing time.")
