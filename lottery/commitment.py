"""The commitment: everything about a draw that is fixed before the first entry, as canonical bytes.

Two shapes are known. The *bare* one has exactly the seven keys of the published test vectors. The *full*
one adds the complete rule sheet, the times, and the signer's key, and is what an announcement makes. No
other key is read in either: a field that a verifier skips is a field in which something can be hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .beacon import QUICKNET, practice_round, round_at_or_after, round_time_ms
from .canonical import digest, dumps
from .contests import valued
from .entry import EntryRule
from .errors import RecordError
from .fields import Fields
from .kinds import Contest
from .refusal import Refusal
from .rules import EQUAL, PRESETS
from .terms import MOST_PICKS, Terms

VERSION = 1
PRACTICE = "practice"
PUBLISH_BEFORE_MS = 10_000
"""The root must be public this long before the beacon: time(R) - 10 s."""


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
    def contest(self) -> Contest | None:
        """What one must do to enter; None in the bare shape."""
        return None if self.terms is None else self.terms.contest

    @property
    def valued(self) -> bool:
        """Whether the leaves of the list carry a value."""
        return valued(self.contest)

    @property
    def refusals(self) -> tuple[str, ...]:
        """The reason codes that closed records may count; under the bare shape any that is known."""
        return tuple(Refusal) if self.terms is None else self.terms.refusals

    @property
    def first_shape(self) -> bool:
        """Whether closed records have the fields of the first versions only: no answer, no excluded viewers."""
        return self.terms is None or self.terms.first_shape

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
        k = fields.integer("k", 1, MOST_PICKS)
        prev, salt = fields.hex("prev", 32).hex(), fields.hex("salt_commit", 32).hex()
        beacon = BeaconTerms.from_json(fields.take("beacon"))
        terms = Terms.from_fields(fields) if fields.has("signer") else None
        fields.done()
        return cls(draw_id, title, k, prev, salt, beacon, terms)

    def entry_rule(
        self,
        staff: frozenset[str] = frozenset(),
        blacklist: frozenset[str] = frozenset(),
        previous: frozenset[str] = frozenset(),
    ) -> EntryRule:
        """The entry rule this commitment fixes; the uids are those behind its hashes.

        Raises RecordError for the bare shape, which has none.
        """
        t = self.terms
        if t is None:
            raise RecordError("A bare commitment has no entry rule; announce a full rule sheet.")
        return EntryRule(
            t.contest, t.platform, t.room, t.open_at, t.close_at, staff, blacklist, previous, t.conditions
        )

    def check(self) -> None:
        """Raise RecordError unless the parts agree with each other and with the named preset.

        What it protects: a round chosen with knowledge, a count that is not the number of prizes, or times
        that are not those of the preset would all be open to see, yet easily overlooked.
        """
        if (self.beacon.chain_hash, self.beacon.scheme) != (QUICKNET.hash, QUICKNET.scheme):
            raise RecordError("The commitment names another beacon chain or scheme than drand quicknet.")
        if self.practice and self.beacon.round != practice_round(self.draw_id):
            raise RecordError("A practice draw must use the round of the fixed list that its id gives.")
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
        right = self.beacon.due_at == due if self.practice else self.beacon.round == round_at_or_after(due)
        if not right:
            raise RecordError("The beacon round is not the one that the preset gives for the closing time.")
        t.check_contest()
