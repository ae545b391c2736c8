"""A witness's own list of a draw that somebody else runs: who was heard entering, judged by the published rule.

Pure. The list holds no account numbers: each account stands under a mark that only this list's salt makes, so that
the file can be kept, and be compared with an inspector's file, without telling who was there.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from bot.comment import Comment, Happening, RoomKey
from bot.policy import GRACE_MS
from lottery.commitment import Commitment
from lottery.entry import Entered, EntryRule, Heard, Refused
from lottery.signed import Signed

FORMAT = "changkong-witness"
NEEDED_ROLE = "viewer"


class Noted(msgspec.Struct, frozen=True, array_like=True):
    """One comment or order that was an entry: whose (`mark`, "" for an unknown account), when (ms), and what became
    of it by the witness's own judgement (`refused` None: accepted). `value` and `wave` as in the draw's own entries."""

    mark: str
    at_ms: int
    refused: str | None = None
    value: int | None = None
    wave: int = 0


class Gap(msgspec.Struct, frozen=True):
    """A stretch of the window in which the witness heard nothing: ms, and why (late, restart, or the room's reason)."""

    from_ms: int
    until_ms: int
    reason: str


class OwnList(msgspec.Struct, frozen=True):
    """The witness's file. `salt` (hex) makes the marks; `commit_hash` names the commitment that was followed."""

    draw_id: str
    room: str
    commit_hash: str
    salt: str
    noted: tuple[Noted, ...] = ()
    gaps: tuple[Gap, ...] = ()
    format: str = FORMAT
    v: int = 1

    def accepted(self) -> dict[str, Noted]:
        """The first accepted entry of each mark."""
        found: dict[str, Noted] = {}
        for one in self.noted:
            if one.refused is None:
                found.setdefault(one.mark, one)
        return found

    def said(self) -> dict[str, set[tuple[int | None, int]]]:
        """What each mark entered with: values and waves."""
        found: dict[str, set[tuple[int | None, int]]] = {}
        for one in self.noted:
            if one.refused is None:
                found.setdefault(one.mark, set()).add((one.value, one.wave))
        return found

    def refused(self) -> Counter[str]:
        """Refused comments by reason."""
        return Counter(one.refused for one in self.noted if one.refused is not None)


def mark_of(salt: str, platform: str, uid: str) -> str:
    """The mark of an account in a witness's list, 32 hex digits."""
    message = f"{platform}\x00{uid}".encode("utf-8", "surrogatepass")
    return hmac.digest(bytes.fromhex(salt), message, hashlib.sha256).hex()[:32]


class Listener:
    """One draw, listened to. Hand in what the room says in order; `noted` gives what was new in it.

    Staff, blacklist and earlier winners are known to a witness only as hashes: who is refused for those counts as
    accepted here, and the comparison allows for it.
    """

    def __init__(self, announced: Signed[Commitment], own: OwnList) -> None:
        self.announced = announced
        self._own = own
        self._noted = list(own.noted)
        self._gaps = list(own.gaps)
        self._rule: EntryRule = announced.record.entry_rule()
        self._room = RoomKey(self._rule.platform, self._rule.room)
        self._entered = {self._key(one) for one in own.noted if one.refused is None}

    @property
    def own(self) -> OwnList:
        """The list as it now is."""
        return msgspec.structs.replace(self._own, noted=tuple(self._noted), gaps=tuple(self._gaps))

    def deaf(self, gap: Gap) -> None:
        """Nothing was heard for a while."""
        self._gaps.append(gap)

    @staticmethod
    def _key(one: Noted) -> str:
        return Entered(one.mark, None, one.wave).key

    def comment(self, comment: Comment, now_ms: int) -> Noted | None:
        """What a comment is to this draw, None for nothing; `now_ms` is the room's time when it was heard."""
        if comment.edited:
            return None
        room = RoomKey(comment.room.platform, "") if comment.mirrored else comment.room
        viewer = comment.viewer
        heard = Heard(
            comment.text, self._marked(viewer.uid), room.platform, room.room_id, self._at(comment.at_ms, now_ms),
            viewer.follows, viewer.fan_level, viewer.level,
        )  # fmt: skip
        return self._note(self._rule.judge(heard, self._entered), comment.at_ms, viewer.role)

    def order(self, happening: Happening, product: str, now_ms: int) -> Noted | None:
        """What a paid order of `product` (`bot.news.ordered`) is to a draw by purchase; None for anything else."""
        if happening.kind != "order" or happening.data.get("state") != "paid":
            return None
        viewer = happening.viewer
        room, at_ms = happening.room, self._at(happening.at_ms, now_ms)
        uid = self._marked(None if viewer is None else viewer.uid)
        outcome = self._rule.judge_order(product, uid, room.platform, room.room_id, at_ms, self._entered)
        return self._note(outcome, happening.at_ms, NEEDED_ROLE if viewer is None else viewer.role)

    def _marked(self, uid: str | None) -> str | None:
        return None if not uid else mark_of(self._own.salt, self._room.platform, uid)

    def _at(self, at_ms: int, now_ms: int) -> int:
        """What comes after the list was drawn up is late, whatever time it carries; so the draw itself judges."""
        return max(at_ms, self._rule.close_at) if now_ms >= self._rule.close_at + GRACE_MS else at_ms

    def _note(self, outcome: Entered | Refused | None, at_ms: int, role: str) -> Noted | None:
        if outcome is None:
            return None
        if isinstance(outcome, Refused):
            noted = Noted(outcome.uid or "", at_ms, outcome.reason.value)
        elif role != NEEDED_ROLE:
            noted = Noted(outcome.uid, at_ms, "staff")
        else:
            noted = Noted(outcome.uid, at_ms, None, outcome.value, outcome.wave)
            self._entered.add(self._key(noted))
        self._noted.append(noted)
        return noted


def lines_of(noted: Iterable[Noted]) -> bytes:
    """What is appended to the running file, one line each."""
    return b"".join(msgspec.json.encode(one) + b"\n" for one in noted)


def from_lines(data: bytes) -> Iterator[Noted]:
    """Read `lines_of` back; a last line that a crash has cut off is left out."""
    for line in data.split(b"\n")[:-1]:
        try:
            yield msgspec.json.decode(line, type=Noted)
        except msgspec.DecodeError:
            return


def read_own(data: bytes) -> OwnList:
    """A witness's file. Raises msgspec.DecodeError (ValidationError) when it is none."""
    value: Any = msgspec.json.decode(data)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise msgspec.ValidationError("The file is no witness's list.")
    return msgspec.convert(
        {name: value[name] for name in OwnList.__struct_fields__ if name in value}, OwnList
    )
