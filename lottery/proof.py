"""The proof file: everything that is needed to recompute a draw offline, and nothing that is not checked.

    format, v    "lfd1-proof", 1
    kind         "full" (with the whole list) or "short" (winners' paths only; equal weights only)
    commitment   {record, hash, signature}
    closed       [{record, hash, signature}, …] revisions 1, 2, …; the last one counts
    beacon       {round, signature}
    drawn        {record, hash, signature}
    winners      [{place, position, leaf, path}, …] winners, then reserves, in the order drawn
    leaves       [leaves of 40 or 48 bytes in hex], null in the short kind

There are no names of people in it. The whole list is also to be had as a file of its own (`entry_list.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import canonical
from .beacon import Beacon
from .commitment import Commitment
from .entry_list import EntryList, parse_list
from .errors import CanonicalError, ProofError, RecordError
from .fields import Fields
from .record import ClosedRecord, DrawnRecord, beacon_from_json, beacon_json
from .roster import LEAF_SIZE, MOST_ENTRIES, VALUED_SIZE, Roster, Shown
from .signed import Signed, read_closed, read_commitment, read_drawn

__all__ = [
    "FORMAT",
    "FULL",
    "LARGEST_BYTES",
    "SHORT",
    "EntryList",
    "Proof",
    "build",
    "parse",
    "parse_list",
    "read_object",
]

FORMAT = "lfd1-proof"
VERSION = 1
FULL = "full"
SHORT = "short"
LARGEST_BYTES = 1 << 30
"""Largest proof file read: 1 GiB holds the full list of ten million entries."""
_MOST_REVISIONS = 1000
_DEEPEST_PATH = 24  # 2^24 > 10,000,000 leaves


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as read: well formed, nothing checked yet. `leaves` is None in the short kind."""

    commitment: Signed[Commitment]
    closed: tuple[Signed[ClosedRecord], ...]
    beacon: Beacon
    drawn: Signed[DrawnRecord]
    winners: tuple[Shown, ...]
    leaves: tuple[bytes, ...] | None

    @property
    def practice(self) -> bool:
        """Whether the proof is of a practice draw."""
        return self.commitment.record.practice

    def to_json(self) -> dict[str, Any]:
        """The proof as a JSON object."""
        return {
            "format": FORMAT,
            "v": VERSION,
            "kind": SHORT if self.leaves is None else FULL,
            "commitment": self.commitment.to_json(),
            "closed": [revision.to_json() for revision in self.closed],
            "beacon": beacon_json(self.beacon),
            "drawn": self.drawn.to_json(),
            "winners": [
                {
                    "place": place,
                    "position": shown.position,
                    "leaf": shown.leaf.hex(),
                    "path": [step.hex() for step in shown.path],
                }
                for place, shown in enumerate(self.winners, 1)
            ],
            "leaves": None if self.leaves is None else [leaf.hex() for leaf in self.leaves],
        }

    def to_bytes(self) -> bytes:
        """The file's content: canonical JSON and a line end."""
        return canonical.dumps(self.to_json()) + b"\n"


def build(
    commitment: Signed[Commitment],
    closed: Sequence[Signed[ClosedRecord]],
    drawn: Signed[DrawnRecord],
    roster: Roster,
    full: bool = True,
) -> Proof:
    """Put a proof together. `full` False leaves the list out and needs a draw where all positions are equal.

    Raises ProofError when a short proof is asked for a list with weights or values: paths alone could not show
    what the winners follow from.
    """
    if not full and (not commitment.record.equal_weights or commitment.record.valued):
        raise ProofError("A short proof needs equal weights and leaves without values; build the full one.")
    picks = (*drawn.record.winners, *drawn.record.reserves)
    winners = tuple(roster.show(position) for position in picks)
    leaves = roster.leaves if full else None
    return Proof(commitment, tuple(closed), drawn.record.beacon, drawn, winners, leaves)


def read_object(data: bytes) -> dict[str, Any]:
    """The JSON object in a proof file. Raises ProofError when the file is too large or is no JSON object."""
    if len(data) > LARGEST_BYTES:
        raise ProofError(
            "The proof file is larger than 1 GiB, more than ten million entries need; fetch it again."
        )
    try:
        value = canonical.loads(data)
    except CanonicalError as error:
        raise ProofError(f"The proof file cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise ProofError("The proof file holds no JSON object; it is not a proof.")
    return value


def parse(data: bytes | dict[str, Any]) -> Proof:
    """Read a proof file, or its object. White space and the order of keys do not matter.

    Raises ProofError for a field that is missing, unknown, or not of its type.
    """
    value = data if isinstance(data, dict) else read_object(data)
    try:
        return _parse(value)
    except RecordError as error:
        raise ProofError(str(error)) from None


def _parse(value: dict[str, Any]) -> Proof:
    fields = Fields(value, "proof")
    fields.constant("format", FORMAT)
    fields.constant("v", VERSION)
    kind = fields.text("kind", 10)
    if kind not in (FULL, SHORT):
        fields.refuse("kind", "full or short")
    raw_leaves = None if kind == FULL else fields.take("leaves")
    if raw_leaves is not None:
        fields.refuse("leaves", "null in a short proof")
    leaves = None
    if kind == FULL:
        leaves = fields.hexes("leaves", (LEAF_SIZE, VALUED_SIZE), MOST_ENTRIES)
    closed = fields.items("closed", _MOST_REVISIONS)
    if not closed:
        fields.refuse("closed", "a list of at least one closed record")
    proof = Proof(
        commitment=read_commitment(fields.take("commitment")),
        closed=tuple(read_closed(revision) for revision in closed),
        beacon=beacon_from_json(fields.take("beacon"), "proof's beacon"),
        drawn=read_drawn(fields.take("drawn")),
        winners=tuple(_winner(one, place) for place, one in enumerate(fields.items("winners"), 1)),
        leaves=leaves,
    )
    fields.done()
    return proof


def _winner(value: object, place: int) -> Shown:
    fields = Fields(value, f"winner {place}")
    fields.constant("place", place)
    position = fields.integer("position", 0, MOST_ENTRIES)
    leaf = fields.hex_any("leaf", (LEAF_SIZE, VALUED_SIZE))
    path = tuple(fields.hex_of("path", step, 32) for step in fields.items("path", _DEEPEST_PATH))
    fields.done()
    return Shown(position, leaf, path)
