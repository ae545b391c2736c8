""" "Was I in it?": one viewer's entry found again, with the proof that the published list says the same.

By receipt or by a code typed in the room the whole proof is given. By a name anybody could ask about anybody, so the
answer is only whether an entry of that name in that minute counts; it is limited, and recorded with marks, no words.
"""

from __future__ import annotations

import threading
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.draws.answers import Found, Neighbour, Query, TurnedAway
from bot.draws.askers import Askers
from bot.draws.book import salt_of, terms_of
from bot.draws.lists import Lists, Shelf
from bot.draws.receipts import ReceiptTable, read_receipt
from bot.errors import InputError
from bot.printing import SHANGHAI, masked
from bot.storage.codes import PAGE, Attempt, Named
from bot.storage.journal import Journal
from bot.storage.values import DrawRow
from lottery.entry import entry_salt, pseudonym_of, receipt
from lottery.errors import LotteryError
from lottery.roster import Shown

MINUTE_MS = 60_000
MOST_NAMES = 20_000
"""Entries of one minute whose names are looked through: about a second's work. In a greater crowd ask by code."""

TABLES = 2
"""Draws whose receipts are kept ready."""

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Handed:
    """A receipt for staff to hand over: the name it was entered under, when, `refused` with the reason if it does not
    count, else ""."""

    name: str
    at_ms: int
    refused: str
    receipt: str


class Finder:
    """Looks viewers' entries up. `shelf` holds the lists of closed draws. Any thread may call it."""

    def __init__(self, journal: Journal, shelf: Shelf | None = None) -> None:
        self._journal = journal
        self._shelf = Shelf(journal) if shelf is None else shelf
        self._tables: OrderedDict[str, ReceiptTable] = OrderedDict()
        self._busy = threading.Lock()
        self._names = (Askers(5, MINUTE_MS), Askers(60, MINUTE_MS))
        self._codes = (Askers(30, MINUTE_MS), Askers(1_200, MINUTE_MS))

    def find(self, draw_id: str, query: Query, client: str, now_ms: int) -> Found:
        """The answer to `query` by `client` (whatever tells askers apart; "" where nothing does). Raises TurnedAway
        when there is no such draw, or when this client or all together have asked too often."""
        draw = self._journal.draw(draw_id) if draw_id.isascii() and 0 < len(draw_id) <= 64 else None
        if draw is None:
            raise TurnedAway("no_draw")
        with self._busy:
            one, all_together = self._names if query.how == "name" else self._codes
            if (client and not one.may(client, now_ms)) or not all_together.may(draw_id, now_ms):
                raise TurnedAway("limit")
            if query.how == "name":
                return self._by_name(draw, query, client)
            if query.how == "receipt":
                attempt = self._by_receipt(draw_id, query.text)
                if attempt is None:
                    return Found("none")
                return self._proved(draw, attempt.subject_id, attempt.pseudonym, with_salt=True)
            subject = self._by_code(draw_id, query)
            return Found("none") if subject is None else self._proved(draw, subject, with_name=True)

    def receipts(self, draw_id: str, name: str, minute: str, *, by: str, reason: str) -> tuple[Handed, ...]:
        """The receipts of whoever of that name entered or tried to in that minute, one a viewer, for staff to hand over
        in private. Recorded with the reason. Raises TurnedAway, and InputError when no reason is given."""
        draw = self._journal.draw(draw_id) if draw_id.isascii() and 0 < len(draw_id) <= 64 else None
        if draw is None:
            raise TurnedAway("no_draw")
        if not any(char.isalnum() for char in reason):
            raise InputError("Say why the receipt is handed out; it goes into the record.")
        named = self._named(draw, name, minute)
        if named is None:
            raise TurnedAway("limit")
        handed = {}
        for one in named:
            attempt = self._journal.attempt(draw_id, one.entry)
            salt = None if attempt is None else self._salt(draw, attempt)
            if attempt is not None and salt is not None and one.subject_id not in handed:
                handed[one.subject_id] = Handed(one.name, one.at_ms, attempt.refused or "", receipt(salt))
        told = {
            "draw": draw_id, "how": "receipt handed out", "by": by, "reason": reason[:300],
            "entries": [one.entry for one in named],
        }  # fmt: skip
        self._journal.note_lookup(draw.room, told)
        return tuple(handed.values())

    def _by_receipt(self, draw_id: str, typed: str) -> Attempt | None:
        number = read_receipt(typed)
        if number is None:
            return None
        table = self._tables.setdefault(draw_id, ReceiptTable())
        self._tables.move_to_end(draw_id)
        while len(self._tables) > TABLES:
            self._tables.popitem(last=False)
        while more := self._journal.entry_salts(draw_id, table.last):
            table.add(more)
            if len(more) < PAGE:
                break
        entry = table.find(number)
        return None if entry is None else self._journal.attempt(draw_id, entry)

    def _by_code(self, draw_id: str, query: Query) -> str | None:
        code = unicodedata.normalize("NFKC", query.text[:40]).strip().upper()
        return self._journal.code_owner(draw_id, code) if code else None

    def _by_name(self, draw: DrawRow, query: Query, client: str) -> Found:
        named = self._named(draw, query.text, query.minute)
        subjects = None if named is None else {one.subject_id for one in named}
        if subjects is None or len(subjects) > 1:
            found = Found("many")
        elif not subjects:
            found = Found("none")
        else:
            whole = self._proved(draw, subjects.pop())
            found = Found(whole.state, name=masked(query.text.strip()))
        mark = self._journal.lookup_mark
        told = {
            "draw": draw.id, "how": "name", "asked": mark(f"{_plain(query.text)}\n{query.minute}"),
            "client": mark(client), "answer": found.state,
        }  # fmt: skip
        self._journal.note_lookup(draw.room, told)
        return found

    def _named(self, draw: DrawRow, name: str, minute: str) -> list[Named] | None:
        """Who of that name entered or tried to in that minute; None when the crowd is too great to look through."""
        asked, first = _plain(name), _minute(draw, minute)
        if not asked or len(name) > LONGEST_NAME:
            raise TurnedAway("field", "text")
        if first is None:
            raise TurnedAway("field", "minute")
        named = self._journal.names_between(draw.id, first, first + MINUTE_MS, MOST_NAMES)
        return None if named is None else [one for one in named if _plain(one.name) == asked]

    def _proved(
        self, draw: DrawRow, subject: str, name: bytes | None = None, *, with_salt: bool = False,
        with_name: bool = False,
    ) -> Found:  # fmt: skip
        """`name` is the viewer's pseudonym; None: it is made out of who it is. `with_name`: two viewers may have typed
        the same code, so that the second must see that the answer is about somebody else."""
        name = name or self._name(draw, subject)
        attempts = [] if name is None else self._journal.attempts_of(draw.id, name)
        if not attempts:  # older refusals have no pseudonym, and of who was erased it cannot be made
            attempts = self._journal.attempts_by(draw.id, subject)
            name = name or next((one.pseudonym for one in attempts if one.pseudonym is not None), None)
        counted = next((one for one in attempts if one.refused is None), None)
        first = counted or next(iter(attempts), None)
        refused = sum(one.refused is not None for one in attempts)  # of somebody accepted nobody asks
        reason = "" if counted is not None or first is None else first.refused or ""
        salt = self._salt(draw, first) if first is not None else None
        shown = self._journal.name_at(draw.id, first.id) if with_name and first is not None else ""
        told = Found(
            "none", reason, None if first is None else first.at_ms, masked(shown) if shown else "", refused,
            pseudonym="" if name is None else name.hex(),
            entry_salt=salt.hex() if with_salt and salt is not None else "",
        )  # fmt: skip
        if counted is not None and not draw.body["closed"]:
            return replace(told, state="wait")
        if name is None or not draw.body["closed"]:
            return replace(told, state="refused") if reason else told
        return _with_proof(self._shelf.of(draw), name, told)

    def _salt(self, draw: DrawRow, attempt: Attempt) -> bytes | None:
        if attempt.entry_salt is not None:
            return attempt.entry_salt
        uid = self._journal.uid_of(attempt.subject_id)
        return None if uid is None else entry_salt(salt_of(draw), terms_of(draw).platform, uid)

    def _name(self, draw: DrawRow, subject: str) -> bytes | None:
        uid = self._journal.uid_of(subject)
        if uid is None:
            return None
        try:
            return pseudonym_of(salt_of(draw), draw.id, terms_of(draw).platform, uid)
        except LotteryError:
            return None


def _with_proof(lists: Lists, name: bytes, told: Found) -> Found:
    """In the list, among the excluded, or in neither: each with the path or the neighbours that prove it."""
    roster = lists.roster
    size, root = len(roster), roster.root.hex()
    place = roster.locate(name)
    if isinstance(place, Shown):
        leaf, path = place.leaf.hex(), _hex(place.path)
        return replace(
            told, state="in", reason="", position=place.position, leaf=leaf, path=path, size=size, root=root
        )
    turned = sorted(lists.exclusions.show(name), key=lambda one: one.reason != told.reason)
    for one in turned[:1]:
        return replace(
            told, state="refused", reason=one.reason, position=one.position, leaf=one.leaf.hex(),
            path=_hex(one.path), size=one.size, root=lists.exclusions.root.hex(), excluded=True,
        )  # fmt: skip
    beside = [one for one in (place.before, place.after) if one is not None]
    neighbours = tuple(Neighbour(one.position, one.leaf.hex(), _hex(one.path)) for one in beside)
    return replace(
        told, state="refused" if told.reason else "none", size=size, root=root, neighbours=neighbours
    )


def _hex(path: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(one.hex() for one in path)


def _plain(name: str) -> str:
    """A name as it is compared: width, case and blanks around it do not matter."""
    return unicodedata.normalize("NFKC", name[:LONGEST_NAME]).strip().casefold()


def _minute(draw: DrawRow, said: str) -> int | None:
    """When the minute "HH:MM" in Beijing began while the draw took entries, in ms; None for any other."""
    hours, _, minutes = said.strip().partition(":")
    if not (
        hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit() and len(said) <= 8
    ):
        return None
    terms = terms_of(draw)
    at = terms.open_at - terms.open_at % MINUTE_MS
    while at < terms.close_at:
        local = datetime.fromtimestamp(at / 1000, UTC).astimezone(SHANGHAI)
        if (local.hour, local.minute) == (int(hours), int(minutes)):
            return at
        at += MINUTE_MS
    return None
