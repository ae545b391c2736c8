"""The people of the settings: their accounts, their roles, and the Telegram accounts whose presses count as theirs."""

from __future__ import annotations

from collections.abc import Sequence

from bot.settings import PersonSettings
from bot.storage.journal import Journal

BY = "settings"
"""Who made the change, in the record."""


def staff(journal: Journal, people: Sequence[PersonSettings]) -> list[str]:
    """Bring the accounts in line with the settings; gives the logins. What has not changed makes no record.

    Nobody is removed: who is no longer named keeps the account, as the record refers to it. Raises Conflict when a
    Telegram account is somebody else's already.
    """
    for one in people:
        wanted = {
            "name": one.name or one.login,
            "role": ",".join(one.roles),
            "telegram_id": None if one.telegram_id is None else str(one.telegram_id),
        }
        known = journal.by_login(one.login)
        if known is None:
            journal.add_person(
                one.login,
                wanted["name"] or "",
                wanted["role"] or "",
                telegram_id=wanted["telegram_id"],
                by=BY,
            )
            continue
        changes = {name: value for name, value in wanted.items() if getattr(known, name) != value}
        if changes:
            journal.change_person(one.login, by=BY, **changes)
    return [one.login for one in people]
