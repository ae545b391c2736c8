"""Who may not win in a shop's draws: its staff and its blacklist, kept from draw to draw.

They are people's account numbers, so they are sealed at rest. A draw freezes what stands here when it is announced;
the commitment carries hashes of both lists, and every comment refused for them is counted and can be proved.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.comment import RoomKey
from bot.errors import InputError, StoreError
from bot.storage.journal import Journal

MOST = 5_000
"""Accounts on one list."""

LONGEST = 200
_KEY = "draws.barred:"


class BarredLists(msgspec.Struct, frozen=True):
    """Accounts as `platform:uid`, each once, in the order given."""

    staff: tuple[str, ...] = ()
    blacklist: tuple[str, ...] = ()

    def of(self, platform: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(staff, blacklist) as bare uids of one platform."""
        head = f"{platform}:"
        staff, blacklist = (
            tuple(one.removeprefix(head) for one in accounts if one.startswith(head))
            for accounts in (self.staff, self.blacklist)
        )
        return staff, blacklist


class Barred:
    """The lists of each shop, in the store."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def lists(self, merchant: str | None) -> BarredLists:
        """The lists of a shop; empty where none were kept. Raises StoreError when they cannot be opened."""
        key = _KEY + (merchant or "")
        kept = self._journal.setting(key)
        if kept is None:
            return BarredLists()
        opened = self._journal.vault.unlock(bytes.fromhex(str(kept)), key)
        if opened is None:
            raise StoreError(
                "The lists of barred accounts cannot be read: the keys are not those of this store."
            )
        return msgspec.json.decode(opened, type=BarredLists)

    def save(self, merchant: str | None, lists: BarredLists, *, by: str) -> None:
        """Replace the lists of a shop; draws already announced keep theirs. Raises InputError naming the line."""
        key = _KEY + (merchant or "")
        clean = BarredLists(_accounts(lists.staff, "staff list"), _accounts(lists.blacklist, "blacklist"))
        sealed = self._journal.vault.lock_up(msgspec.json.encode(clean), key)
        self._journal.save_setting(key, sealed.hex(), by=by)


def _accounts(given: Sequence[str], name: str) -> tuple[str, ...]:
    kept: dict[str, None] = {}
    for number, line in enumerate(given, 1):
        account = line.strip()
        if not account:
            continue
        room = RoomKey.parse(account)
        sound = room.platform and room.room_id.strip() and len(account) <= LONGEST and account.isprintable()
        if not sound:
            raise InputError(
                f"Line {number} of the {name} is no account. Write platform:uid, such as bilibili:12345."
            )
        kept[account] = None
    if len(kept) > MOST:
        raise InputError(f"The {name} has {len(kept)} accounts; it takes {MOST} at most.")
    return tuple(kept)
