"""The later records of a draw: closed, drawn, void. Frozen values with canonical bytes and a hash.

Each holds the hash of the record before it (`prev`), so a draw is a chain from its commitment to its end,
and the next commitment of the room goes on from there. Times are Unix milliseconds UTC; hashes are
lower-case hex.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .answers import Answer
from .beacon import SIGNATURE_SIZE, Beacon
from .fields import Fields
from .refusal import Refusal
from .roster import MOST_ENTRIES

VERSION = 1
VOID_REASONS = ("cancelled", "no_entries", "closed_late", "failure", "foul_play", "beacon_stopped")
"""Why a draw ends without winners; which of them may be used when stands in `life.py`."""


@dataclass(frozen=True, slots=True)
class ClosedRecord:
    """The list is closed. `rev` from 1; `prev` is the commitment's hash for rev 1, else that of the rev
    before.

    `entries` is n, `weight` W, `root` the Merkle root; `excluded` counts refused comments by reason,
    `excluded_root` is over whose they were; `closed_at` when entries ended, `issued_at` when this record
    was made; `latest_beacon` is the newest round seen then (None without a network): it shows the record is
    not older. `excluded_viewers` is the number of leaves under `excluded_root`, and `answer` the right answer of
    a quiz or a guess, opened; under an entry rule of the first shape the record has neither, and both are None.
    """

    KIND: ClassVar[str] = "closed"

    draw_id: str
    commit_hash: str
    prev: str
    rev: int
    root: str
    entries: int
    weight: int
    excluded: tuple[tuple[str, int], ...]
    excluded_root: str
    closed_at: int
    issued_at: int
    latest_beacon: Beacon | None = None
    excluded_viewers: int | None = None
    answer: Answer | None = None

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        seen = self.latest_beacon
        made = head(self.KIND, self.draw_id, self.commit_hash, self.prev) | {
            "rev": self.rev,
            "root": self.root,
            "entries": self.entries,
            "weight": self.weight,
            "excluded": dict(self.excluded),
            "excluded_root": self.excluded_root,
            "closed_at": self.closed_at,
            "issued_at": self.issued_at,
            "latest_beacon": None if seen is None else beacon_json(seen),
        }
        if self.excluded_viewers is not None:
            answer = None if self.answer is None else self.answer.to_json()
            made |= {"excluded_viewers": self.excluded_viewers, "answer": answer}
        return made

    @classmethod
    def from_json(cls, value: object) -> ClosedRecord:
        """Read it back. Raises RecordError."""
        fields = Fields(value, "closed record")
        first = take_head(fields, cls.KIND)
        counts = Fields(fields.take("excluded"), "closed record's exclusions")
        excluded = tuple((str(r), counts.integer(r, 1)) for r in sorted(Refusal) if counts.has(r))
        counts.done()
        seen = fields.take("latest_beacon")
        viewers, answer = None, None
        if fields.has("excluded_viewers"):
            viewers, answer = fields.integer("excluded_viewers"), fields.take("answer")
        record = cls(
            *first,
            rev=fields.integer("rev", 1),
            root=fields.hex("root", 32).hex(),
            entries=fields.integer("entries", 0, MOST_ENTRIES),
            weight=fields.integer("weight"),
            excluded=excluded,
            excluded_root=fields.hex("excluded_root", 32).hex(),
            closed_at=fields.integer("closed_at"),
            issued_at=fields.integer("issued_at"),
            latest_beacon=None if seen is None else beacon_from_json(seen, "latest beacon"),
            excluded_viewers=viewers,
            answer=None if answer is None else Answer.from_json(answer),
        )
        fields.done()
        return record


@dataclass(frozen=True, slots=True)
class DrawnRecord:
    """The result. All of it but `drawn_at` can be recomputed from what was published before.

    `prev` is the hash of the closed record that counts; `winners` and `reserves` are positions in the list,
    in order.
    """

    KIND: ClassVar[str] = "drawn"

    draw_id: str
    commit_hash: str
    prev: str
    beacon: Beacon
    randomness: str
    seed: str
    winners: tuple[int, ...]
    reserves: tuple[int, ...]
    drawn_at: int

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return head(self.KIND, self.draw_id, self.commit_hash, self.prev) | {
            "beacon": beacon_json(self.beacon),
            "randomness": self.randomness,
            "seed": self.seed,
            "winners": list(self.winners),
            "reserves": list(self.reserves),
            "drawn_at": self.drawn_at,
        }

    @classmethod
    def from_json(cls, value: object) -> DrawnRecord:
        """Read it back. Raises RecordError."""
        fields = Fields(value, "drawn record")
        record = cls(
            *take_head(fields, cls.KIND),
            beacon=beacon_from_json(fields.take("beacon"), "drawn record's beacon"),
            randomness=fields.hex("randomness", 32).hex(),
            seed=fields.hex("seed", 32).hex(),
            winners=fields.integers("winners"),
            reserves=fields.integers("reserves"),
            drawn_at=fields.integer("drawn_at"),
        )
        fields.done()
        return record


@dataclass(frozen=True, slots=True)
class VoidRecord:
    """The draw ended without winners. It keeps its sequence number: a gap would hide it. `reason` is of
    VOID_REASONS.
    """

    KIND: ClassVar[str] = "void"

    draw_id: str
    commit_hash: str
    prev: str
    reason: str
    voided_at: int

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        return head(self.KIND, self.draw_id, self.commit_hash, self.prev) | {
            "reason": self.reason,
            "voided_at": self.voided_at,
        }

    @classmethod
    def from_json(cls, value: object) -> VoidRecord:
        """Read it back. Raises RecordError."""
        fields = Fields(value, "void record")
        first = take_head(fields, cls.KIND)
        record = cls(*first, reason=fields.text("reason", 40), voided_at=fields.integer("voided_at"))
        if record.reason not in VOID_REASONS:
            fields.refuse("reason", "one of " + ", ".join(VOID_REASONS))
        fields.done()
        return record


def beacon_json(beacon: Beacon) -> dict[str, Any]:
    """{"round", "signature"} with the signature in hex."""
    return {"round": beacon.round, "signature": beacon.signature.hex()}


def beacon_from_json(value: object, where: str) -> Beacon:
    """Read `beacon_json` back; the signature is not yet checked. Raises RecordError."""
    fields = Fields(value, where)
    beacon = Beacon(fields.integer("round", 1), fields.hex("signature", SIGNATURE_SIZE))
    fields.done()
    return beacon


def head(kind: str, draw_id: str, commit_hash: str, prev: str) -> dict[str, Any]:
    """The fields every later record begins with."""
    return {"kind": kind, "v": VERSION, "draw_id": draw_id, "commit_hash": commit_hash, "prev": prev}


def take_head(fields: Fields, kind: str) -> tuple[str, str, str]:
    """Take the fields of `head` back: draw id, commitment's hash, hash of the record before."""
    fields.constant("kind", kind)
    fields.constant("v", VERSION)
    return fields.text("draw_id", 200), fields.hex("commit_hash", 32).hex(), fields.hex("prev", 32).hex()
