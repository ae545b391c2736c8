"""The list file: all entries and all exclusions of one draw, for whoever wants more than the winners' paths.

    format, v    "lfd1-list", 1
    draw_id      the draw's id
    leaves       all leaves in hex, one after the other, as one text
    excluded     [[pseudonym in hex, reason], …] in the order of the excluded leaves

It completes a short proof, and lets the excluded root be recomputed. There are no names of people in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import canonical
from .errors import CanonicalError, EntryError, ProofError, RecordError
from .exclusions import PSEUDONYM_SIZE, Exclusions
from .fields import Fields
from .record import ClosedRecord
from .roster import LEAF_SIZE, MOST_ENTRIES, VALUED_SIZE, Roster

FORMAT = "lfd1-list"
VERSION = 1
LARGEST_BYTES = 1 << 31
"""Largest list file read: 2 GiB holds ten million leaves with values and as many exclusions."""


@dataclass(frozen=True, slots=True)
class EntryList:
    """A list as read: well formed, nothing checked yet. `leaves` is all of them joined."""

    draw_id: str
    leaves: bytes
    excluded: tuple[tuple[bytes, str], ...]

    @classmethod
    def of(cls, draw_id: str, roster: Roster, exclusions: Exclusions) -> EntryList:
        """The list of a closed draw."""
        return cls(draw_id, b"".join(roster.leaves), exclusions.pairs())

    def to_bytes(self) -> bytes:
        """The file's content: canonical JSON and a line end."""
        value: dict[str, Any] = {
            "format": FORMAT,
            "v": VERSION,
            "draw_id": self.draw_id,
            "leaves": self.leaves.hex(),
            "excluded": [[pseudonym.hex(), reason] for pseudonym, reason in self.excluded],
        }
        return canonical.dumps(value) + b"\n"

    def roster(self, valued: bool) -> Roster:
        """The entries, checked and in a tree. Raises EntryError when they are no list of such leaves."""
        size = VALUED_SIZE if valued else LEAF_SIZE
        cuts = range(0, len(self.leaves), size)
        return Roster.from_leaves([self.leaves[at : at + size] for at in cuts], valued)

    def exclusions(self, closed: ClosedRecord) -> Exclusions:
        """The exclusions, with the counts of the closed record, when they give its root.

        A reason that the closed record does not count is refused. Raises EntryError or RecordError.
        """
        made = Exclusions.of(dict(closed.excluded), self.excluded)
        if made.pairs() != self.excluded:
            raise EntryError("The excluded entries of the list must ascend strictly, each once.")
        if closed.excluded_viewers is not None and closed.excluded_viewers != len(made.leaves):
            raise RecordError("The list has another number of excluded entries than the closed record.")
        if made.root.hex() != closed.excluded_root:
            raise RecordError("The excluded entries do not give the published root.")
        return made


def parse_list(data: bytes) -> EntryList:
    """Read a list file. White space and the order of keys do not matter.

    Raises ProofError for one that is too large, is no JSON, or has a field that is missing, unknown or wrong.
    """
    if len(data) > LARGEST_BYTES:
        raise ProofError("The list file is larger than 2 GiB, more than ten million entries need.")
    try:
        value = canonical.loads(data)
        fields = Fields(value, "list file")
        fields.constant("format", FORMAT)
        fields.constant("v", VERSION)
        draw_id = fields.text("draw_id", 200)
        leaves = fields.hex_text("leaves", MOST_ENTRIES * VALUED_SIZE)
        excluded = _excluded(fields)
        fields.done()
    except (CanonicalError, RecordError) as error:
        raise ProofError(str(error)) from None
    return EntryList(draw_id, leaves, excluded)


def _excluded(fields: Fields) -> tuple[tuple[bytes, str], ...]:
    pairs = fields.items("excluded")
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        fields.refuse("excluded", "a list of pairs of a pseudonym and a reason")
    names = Fields(
        {"excluded": [name for name, _ in pairs], "reasons": [reason for _, reason in pairs]}, "list file"
    )
    pseudonyms = names.hexes("excluded", (PSEUDONYM_SIZE,), MOST_ENTRIES)
    return tuple(zip(pseudonyms, names.texts("reasons", MOST_ENTRIES, 40), strict=True))
