"""The people who work here: logins, roles, one-time links. Every change has a record in the house's chain."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from sqlalchemy import text

from bot.errors import Conflict, NotAllowed
from bot.storage.approvals import require_admin
from bot.storage.canonical import AUDITED, clean
from bot.storage.chain import HOUSE
from bot.storage.ledger import Ledger
from bot.storage.values import Person

ROLES = ("viewer", "moderator", "operator", "compliance", "admin")
CHANGEABLE = frozenset({"name", "password_hash", "role", "telegram_id", "lang", "active"})
COLUMNS = ", ".join(f'"{name}"' for name in AUDITED["person"].columns)


class StaffRows(Ledger):
    """The people's part of the journal."""

    def add_person(
        self, login: str, name: str, role: str, *, password_hash: str | None = None, telegram_id: str | None = None,
        lang: str = "zh", by: str = "house",
    ) -> Person:  # fmt: skip
        """A new person. Raises Conflict when the login or Telegram id is taken, NotAllowed for an unknown role and when
        `by` is a person here but no administrator."""
        _require_role(role)
        with self.deed() as deed:
            require_admin(deed, by, "let people in")
            taken = deed.conn.execute(
                text("SELECT login FROM person WHERE login = :login OR telegram_id = :telegram"),
                {"login": clean(login), "telegram": telegram_id},
            ).first()
            if taken is not None:
                raise Conflict(
                    f"The login {login!r} or its Telegram account is already {taken[0]}'s.", holder=taken[0]
                )
            row: dict[str, Any] = {
                "id": deed.next_id("person"), "login": clean(login), "name": clean(name),
                "password_hash": password_hash, "role": role, "telegram_id": telegram_id, "lang": lang,
                "active": True,
            }  # fmt: skip
            rows = [deed.put("person", row)]
            deed.record(
                HOUSE, "person", {"act": "added", "person": row["id"], "role": role, "by": clean(by)}, rows
            )
            return Person(**row)

    def change_person(self, login: str, *, by: str, **changes: Any) -> Person:
        """Change name, password_hash, role, telegram_id, lang or active.

        Raises NotAllowed: unknown field, role or person; a role changed by its bearer (nobody makes himself an
        approver), or a role or `active` changed by a person who is no administrator.
        """
        if unknown := set(changes) - CHANGEABLE:
            raise NotAllowed(f"{', '.join(sorted(unknown))} of a person cannot be changed.")
        _require_role(changes.get("role", "viewer"))
        if "role" in changes and clean(by) == clean(login):
            raise NotAllowed("Nobody changes his own role. Ask another administrator.")
        with self.deed() as deed:
            if changes.keys() & {"role", "active"}:
                require_admin(deed, by, "change what people may do")
            if not changes or not deed.change("person", {"login": clean(login)}, changes):
                raise NotAllowed(f"There is no person {login!r} to change.")
            row = deed.fetch("person", login=clean(login))
            assert row is not None
            data = {"act": "changed", "person": row["id"], "what": sorted(changes), "by": clean(by)}
            deed.record(HOUSE, "person", data, [AUDITED["person"].commitment(row)])
            return _person(tuple(row.values()))

    def by_login(self, login: str) -> Person | None:
        """The person of that login, active or not."""
        return self._one("login = :value", clean(login))

    def by_telegram(self, telegram_id: str) -> Person | None:
        """The person of that Telegram account, active or not."""
        return self._one("telegram_id = :value", telegram_id)

    def person(self, person_id: int) -> Person | None:
        return self._one("id = :value", person_id)

    def people(self) -> list[Person]:
        """Everybody, by login."""
        with self.store.read() as conn:
            return [
                _person(row) for row in conn.execute(text(f"SELECT {COLUMNS} FROM person ORDER BY login"))
            ]

    def _one(self, where: str, value: Any) -> Person | None:
        with self.store.read() as conn:
            row = conn.execute(text(f"SELECT {COLUMNS} FROM person WHERE {where}"), {"value": value}).first()
            return None if row is None else _person(row)

    def make_login_link(self, login: str, now_ms: int, lifetime_ms: int = 600_000) -> str:
        """A token that logs `login` in once. Only its hash is kept. Raises NotAllowed."""
        person = self.by_login(login)
        if person is None or not person.active:
            raise NotAllowed(f"There is no active person {login!r}.")
        token = secrets.token_urlsafe(32)
        with self.deed() as deed:
            expires_ms = now_ms + lifetime_ms
            row = {
                "token_hash": _hash(token),
                "person_id": person.id,
                "expires_ms": expires_ms,
                "used_ms": None,
            }
            deed.insert("login_link", (row,))
            deed.record(HOUSE, "login", {"act": "link_made", "person": person.id}, at_ms=now_ms)
        return token

    def use_login_link(self, token: str, now_ms: int) -> Person:
        """Whom the token logs in. Raises NotAllowed when it is unknown, used or too old."""
        with self.deed() as deed:
            taken = deed.conn.execute(
                text(
                    "UPDATE login_link SET used_ms = :now WHERE token_hash = :hash AND used_ms IS NULL "
                    "AND expires_ms > :now"
                ),
                {"now": now_ms, "hash": _hash(token)},
            )
            if not taken.rowcount:
                raise NotAllowed("This login link was used already or is too old. Ask for a new one.")
            row = deed.conn.execute(
                text(f"SELECT {COLUMNS} FROM person WHERE id = ({_WHOSE})"),
                {"hash": _hash(token)},
            ).one()
            person = _person(row)
            if not person.active:
                raise NotAllowed("This account is switched off.")
            deed.record(HOUSE, "login", {"act": "link_used", "person": person.id}, at_ms=now_ms)
            return person


_WHOSE = "SELECT person_id FROM login_link WHERE token_hash = :hash"


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _person(row: Any) -> Person:
    values = list(row)
    values[-1] = bool(values[-1])
    return Person(*values)


def _require_role(role: str) -> None:
    if not role or not set(role.split(",")) <= set(ROLES):
        raise NotAllowed(f"{role!r} is no role; choose one or several (with commas) of {', '.join(ROLES)}.")
