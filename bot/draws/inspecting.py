"""The inspector's file: with it every pseudonym of a draw can be recomputed, and every list that was only hashed.

It names accounts and holds the draw's secret salt, so it is made for one inspector and one reason, and that it was
made is recorded. It gives nobody a hand in the draw: the salt is worth nothing once the list is closed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bot.draws.book import TAKING, barred_of, commitment_of, salt_of
from bot.errors import InputError, NotAllowed
from bot.storage.journal import Journal
from bot.storage.values import DrawRow
from lottery.commitment import Commitment
from lottery.entry import list_hash, pseudonym_of, salt_commit
from lottery.states import State

FORMAT = "changkong-inspector"
LONGEST_REASON = 500


class Spoken(msgspec.Struct, frozen=True, array_like=True):
    """One entry of the record: the account (None where it was unknown or has been erased), when (ms), what became of
    it (`refused` None: accepted), the pseudonym in hex ("" where there is none), and what was said as a value."""

    uid: str | None
    at_ms: int
    refused: str | None = None
    pseudonym: str = ""
    value: int | None = None
    wave: int = 0


class InspectorFile(msgspec.Struct, frozen=True):
    """What an inspector is given. `salt` in hex; the uids are those of `platform`."""

    draw_id: str
    commit_hash: str
    platform: str
    salt: str
    staff: tuple[str, ...]
    previous: tuple[str, ...]
    blacklist: tuple[str, ...]
    entries: tuple[Spoken, ...]
    format: str = FORMAT
    v: int = 1


def inspector_file(journal: Journal, row: DrawRow, *, by: str, reason: str) -> InspectorFile:
    """The file for `row`; that it was made, by whom and why, becomes a record. Raises NotAllowed without a reason, or
    while entries are taken: until then the salt would tell who is in before the list is out."""
    if not reason.strip():
        raise NotAllowed(
            "Say why with --reason: who asked for the inspection and on what ground. It is recorded."
        )
    if State(row.state) in TAKING:
        raise NotAllowed(
            "The draw still takes entries. An inspector's file can be made once its list is out."
        )
    platform = row.room.partition(":")[0]
    entries = tuple(
        Spoken(one.uid, one.at_ms, one.refused, (one.pseudonym or b"").hex(), one.value, one.wave)
        for one in journal.draw_entries(row.id, accepted=None)
    )
    told = {
        "act": "inspected", "draw": row.id, "by": by, "reason": reason.strip()[:LONGEST_REASON],
        "entries": len(entries),
    }  # fmt: skip
    journal.append_record(row.room, "draw", told, session=row.session or None)
    return InspectorFile(
        row.id, commitment_of(row).hash, platform, salt_of(row).hex(), tuple(sorted(barred_of(row, "staff"))),
        tuple(sorted(barred_of(row, "previous"))), tuple(sorted(barred_of(row, "blacklist"))), entries,
    )  # fmt: skip


def read_inspector(data: bytes) -> InspectorFile:
    """The file read back. Raises InputError when it is none."""
    try:
        value: Any = msgspec.json.decode(data)
        if not isinstance(value, dict) or value.get("format") != FORMAT or value.get("v") != 1:
            raise InputError("This is no inspector's file. `changkong draw inspect` makes one.")
        return msgspec.convert(value, InspectorFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise InputError("The inspector's file cannot be read. `changkong draw inspect` makes one.") from None


def unfit(given: InspectorFile, commitment: Commitment) -> tuple[str, ...]:
    """What of the file contradicts the commitment: names of its parts, none when all of it fits. Pure."""
    terms = commitment.terms
    if terms is None or given.draw_id != commitment.draw_id:
        return ("draw_id",)
    try:
        salt = bytes.fromhex(given.salt)
        if salt_commit(salt) != commitment.salt_commit:
            return ("salt",)
    except (ValueError, LookupError):
        return ("salt",)
    wrong = []
    hashes = (
        ("staff", given.staff, terms.staff_hash),
        ("previous", given.previous, terms.previous_hash),
        ("blacklist", given.blacklist, terms.blacklist_hash),
    )
    for name, uids, published in hashes:
        if published is not None and list_hash(name, salt, uids) != published:
            wrong.append(name)
    for entry in given.entries:
        if entry.uid and entry.pseudonym:
            made = pseudonym_of(salt, given.draw_id, given.platform, entry.uid)
            if made.hex() != entry.pseudonym:
                wrong.append("entries")
                break
    return tuple(wrong)
