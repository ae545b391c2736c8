"""The work on cases: who has it, what was done. Compare-and-set on `version`, so two people never both hold one.

    new | regressed ──claim──► claimed ──► resolved | archived | escalated | snoozed | (release) new
    escalated ──claim──► claimed        snoozed ──time──► regressed        resolved | archived ──reopen──► regressed

A claim is a lease: whoever does nothing for as long loses it to the queue. An idempotency key makes an act that is
repeated (a double tap, a retried request) give the case as it is instead of failing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from bot.errors import Conflict, NotAllowed
from bot.storage.canonical import clean, cleaned
from bot.storage.ledger import Deed, Ledger
from bot.storage.values import Card, Case

LEASE_MS = 90_000
REMEMBERED_MS = 24 * 3600 * 1000
"""How long an idempotency key is known."""

FREE = ("new", "regressed", "escalated", "snoozed")
"""States in which nobody holds the case and anybody may claim it."""

DISPOSITIONS = frozenset({
    "answered", "hidden", "warned", "muted", "false_positive", "duplicate", "no_action", "customer_service",
    "compliance",
})  # fmt: skip
"""What a resolved case came to."""

SELECT_CASE = (
    "SELECT w.case_id, i.room, i.session, i.category, i.codes, i.severity, i.hideable, i.comment_count, i.first_ms, "
    "i.last_ms, w.state, w.version, w.holder, w.claimed_ms, w.lease_until_ms, w.sla_due_ms, w.disposition, w.note, "
    "w.resolved_ms, w.resolved_by, w.snoozed_until_ms "
    "FROM case_work w JOIN incident i ON i.id = w.incident_id "
)

UNHELD: dict[str, Any] = {"holder": None, "claimed_ms": None, "lease_until_ms": None}


class CaseRows(Ledger):
    """The cases' part of the journal. `person` is a login; `now_ms` None is the journal's clock."""

    def case(self, case_id: int) -> Case:
        """The case as it is. Raises NotAllowed when there is none."""
        with self.store.read() as conn:
            return _case(conn, case_id)

    def claim(
        self, case_id: int, person: str, version: int, now_ms: int, lease_ms: int = LEASE_MS, *,
        key: str | None = None,
    ) -> Case:  # fmt: skip
        """Take a free case. Raises Conflict (with the holder) when somebody was first, NotAllowed when it is done."""
        with self.deed() as deed:
            if key is not None and _done(deed, key, case_id, "claim"):
                return _case(deed.conn, case_id)
            changes = {
                "state": "claimed", "holder": clean(person), "claimed_ms": now_ms,
                "lease_until_ms": now_ms + lease_ms, "snoozed_until_ms": None,
            }  # fmt: skip
            return _change(deed, case_id, "claim", person, version, changes, FREE, now_ms, key)

    def take_over(
        self, case_id: int, person: str, version: int, now_ms: int, lease_ms: int = LEASE_MS, *,
        key: str | None = None,
    ) -> Case:  # fmt: skip
        """Take a case out of another's hands; the record names both."""
        with self.deed() as deed:
            if key is not None and _done(deed, key, case_id, "take_over"):
                return _case(deed.conn, case_id)
            before = _case(deed.conn, case_id)
            changes = {
                "state": "claimed", "holder": clean(person), "claimed_ms": now_ms,
                "lease_until_ms": now_ms + lease_ms,
            }  # fmt: skip
            told = {"from": before.holder}
            return _change(
                deed, case_id, "take_over", person, version, changes, ("claimed",), now_ms, key, told
            )

    def note_copy(
        self, case_id: int, person: str, told: Mapping[str, Any], now_ms: int, *, key: str | None = None
    ) -> Case:
        """`person` copied a vetted answer for the case, to say it himself; `told` names the phrase version. A record,
        no new state. Raises NotAllowed when the case is done."""
        with self.deed() as deed:
            case = _case(deed.conn, case_id)
            if key is not None and _done(deed, key, case_id, "copied"):
                return case
            if case.state not in (*FREE, "claimed"):
                raise NotAllowed(f"Case {case_id} is {case.state}; there is nothing left to answer.")
            data = {
                **cleaned(told),
                "case": case_id,
                "act": "copied",
                "by": clean(person),
                "state": case.state,
            }
            deed.record(case.room, "case", data, session=case.session, at_ms=now_ms)
            if key is not None:
                once = {"key": clean(key), "case_id": case_id, "act": "copied", "at_ms": now_ms}
                deed.insert("done_once", (once,))
            return case

    def renew(self, case_id: int, person: str, now_ms: int, lease_ms: int = LEASE_MS) -> bool:
        """Activity keeps a claim alive. No record, no new version. False when `person` does not hold the case."""
        with self.deed() as deed:
            done = deed.conn.execute(
                text(
                    "UPDATE case_work SET lease_until_ms = :until "
                    "WHERE case_id = :id AND state = 'claimed' AND holder = :holder"
                ),
                {"until": now_ms + lease_ms, "id": case_id, "holder": clean(person)},
            )
            return bool(done.rowcount)

    def release(
        self, case_id: int, person: str, version: int, now_ms: int | None = None, *, key: str | None = None
    ) -> Case:
        """Give a case back to the queue."""
        return self._by_holder(case_id, "release", person, version, {"state": "new", **UNHELD}, now_ms, key)

    def resolve(
        self, case_id: int, person: str, version: int, disposition: str, note: str = "", *,
        now_ms: int | None = None, key: str | None = None,
    ) -> Case:  # fmt: skip
        """The case is done. Only its holder may; `disposition` is one of DISPOSITIONS."""
        if disposition not in DISPOSITIONS:
            known = ", ".join(sorted(DISPOSITIONS))
            raise NotAllowed(f"{disposition!r} is no way to end a case; choose one of {known}.")
        at_ms = self.now() if now_ms is None else now_ms
        changes = {
            "state": "resolved", "disposition": disposition, "note": clean(note)[:2000], "resolved_ms": at_ms,
            "resolved_by": clean(person), "lease_until_ms": None,
        }  # fmt: skip
        return self._by_holder(
            case_id, "resolve", person, version, changes, at_ms, key, {"disposition": disposition}
        )

    def archive(
        self, case_id: int, person: str, version: int, *, now_ms: int | None = None, key: str | None = None
    ) -> Case:
        """Put a case away until it gets worse."""
        return self._by_holder(
            case_id, "archive", person, version, {"state": "archived", **UNHELD}, now_ms, key
        )

    def escalate(
        self, case_id: int, person: str, version: int, note: str = "", *, now_ms: int | None = None,
        key: str | None = None,
    ) -> Case:  # fmt: skip
        """Hand a case to compliance: it is free again, marked escalated."""
        changes = {"state": "escalated", "note": clean(note)[:2000], **UNHELD}
        return self._by_holder(case_id, "escalate", person, version, changes, now_ms, key)

    def snooze(
        self, case_id: int, person: str, version: int, until_ms: int, *, now_ms: int | None = None,
        key: str | None = None,
    ) -> Case:  # fmt: skip
        """Out of sight until `until_ms`."""
        changes = {"state": "snoozed", "snoozed_until_ms": until_ms, **UNHELD}
        return self._by_holder(
            case_id, "snooze", person, version, changes, now_ms, key, {"until_ms": until_ms}
        )

    def reopen(
        self, case_id: int, person: str, version: int, *, now_ms: int | None = None, key: str | None = None
    ) -> Case:
        """A case that was done is not: undo, or it came back."""
        changes = {
            "state": "regressed", "disposition": None, "resolved_ms": None, "resolved_by": None, **UNHELD,
        }  # fmt: skip
        with self.deed() as deed:
            if key is not None and _done(deed, key, case_id, "reopen"):
                return _case(deed.conn, case_id)
            at_ms = self.now() if now_ms is None else now_ms
            return _change(
                deed, case_id, "reopen", person, version, changes, ("resolved", "archived"), at_ms, key
            )

    def _by_holder(
        self, case_id: int, act: str, person: str, version: int, changes: Mapping[str, Any], now_ms: int | None,
        key: str | None, told: Mapping[str, Any] | None = None,
    ) -> Case:  # fmt: skip
        with self.deed() as deed:
            if key is not None and _done(deed, key, case_id, act):
                return _case(deed.conn, case_id)
            at_ms = self.now() if now_ms is None else now_ms
            before = _case(deed.conn, case_id)
            if before.state == "claimed" and before.holder != clean(person):
                raise Conflict(f"Case {case_id} is held by {before.holder}.", holder=before.holder)
            return _change(deed, case_id, act, person, version, changes, ("claimed",), at_ms, key, told)

    def expire_leases(self, now_ms: int) -> list[int]:
        """Return idle claims to the queue and wake what was snoozed. Returns the cases changed."""
        with self.deed() as deed:
            found = deed.conn.execute(
                text(
                    "SELECT case_id, state, version FROM case_work WHERE "
                    "(state = 'claimed' AND lease_until_ms <= :now) OR "
                    "(state = 'snoozed' AND snoozed_until_ms <= :now) ORDER BY case_id"
                ),
                {"now": now_ms},
            ).all()
            for case_id, state, version in found:
                after = {
                    "state": "new" if state == "claimed" else "regressed",
                    "snoozed_until_ms": None,
                    **UNHELD,
                }
                act = "lease_expired" if state == "claimed" else "woken"
                _change(deed, case_id, act, "house", version, after, (state,), now_ms, None)
            deed.conn.execute(
                text("DELETE FROM done_once WHERE at_ms < :old"), {"old": now_ms - REMEMBERED_MS}
            )
            return [row[0] for row in found]

    def save_card(self, card: Card) -> None:
        """Remember where a case is shown."""
        with self.deed() as deed:
            deed.conn.execute(
                text(
                    "INSERT INTO case_card (case_id, channel, chat_id, message_id, state, updated_ms) VALUES "
                    "(:case_id, :channel, :chat_id, :message_id, :state, :updated_ms) ON CONFLICT "
                    "(case_id, channel, chat_id) DO UPDATE SET message_id = excluded.message_id, "
                    "state = excluded.state, updated_ms = excluded.updated_ms"
                ),
                {name: getattr(card, name) for name in Card.__struct_fields__},
            )

    def cards(self, case_id: int) -> list[Card]:
        """Where a case is shown."""
        with self.store.read() as conn:
            found = conn.execute(
                text(
                    "SELECT case_id, channel, chat_id, message_id, state, updated_ms FROM case_card "
                    "WHERE case_id = :id ORDER BY channel, chat_id"
                ),
                {"id": case_id},
            )
            return [Card(*row) for row in found]


def case_from(row: Any) -> Case:
    """A row of SELECT_CASE as a value."""
    values = list(row)
    values[4] = tuple(msgspec.json.decode(values[4]))
    values[6] = bool(values[6])
    return Case(*values)


def _case(conn: Connection, case_id: int) -> Case:
    row = conn.execute(text(SELECT_CASE + "WHERE w.case_id = :id"), {"id": case_id}).first()
    if row is None:
        raise NotAllowed(f"There is no case {case_id}.")
    return case_from(row)


def _done(deed: Deed, key: str, case_id: int, act: str) -> bool:
    """Whether this act was done under `key`. Raises NotAllowed when the key belongs to another one: "done already"
    would then be a lie."""
    asked = text("SELECT case_id, act FROM done_once WHERE key = :key")
    found = deed.conn.execute(asked, {"key": clean(key)}).first()
    if found is not None and tuple(found) != (case_id, act):
        raise NotAllowed("This form was used for something else already. Load the case again.")
    return found is not None


def _change(
    deed: Deed, case_id: int, act: str, person: str, version: int, changes: Mapping[str, Any],
    allowed: tuple[str, ...], at_ms: int, key: str | None, told: Mapping[str, Any] | None = None,
) -> Case:  # fmt: skip
    """One conditional UPDATE: whoever finds another version or state has lost, and is told to whom."""
    states = ", ".join(f"'{state}'" for state in allowed)
    changed = deed.change(
        "case_work", {"case_id": case_id, "version": version}, {**changes, "version": version + 1},
        f"state IN ({states})",
    )  # fmt: skip
    if not changed:
        raise _refusal(_case(deed.conn, case_id), act, allowed)
    case = _case(deed.conn, case_id)
    data: dict[str, Any] = {
        "case": case_id, "act": act, "by": clean(person), "state": case.state, "version": case.version, **(told or {}),
    }  # fmt: skip
    if case.resolved_ms is not None and act == "resolve":
        data["sla_met"] = case.resolved_ms <= case.sla_due_ms
    rows = [deed.committed("case_work", case_id=case_id)]
    deed.record(case.room, "case", data, rows, session=case.session, at_ms=at_ms)
    if key is not None:
        once = {"key": clean(key), "case_id": case_id, "act": act, "at_ms": at_ms}
        deed.insert("done_once", (once,))
    return case


def _refusal(case: Case, act: str, allowed: tuple[str, ...]) -> Conflict | NotAllowed:
    if case.state == "claimed" and "claimed" not in allowed:
        return Conflict(f"Case {case.case_id} is held by {case.holder}.", holder=case.holder)
    if case.state not in allowed:
        return NotAllowed(f"Case {case.case_id} is {case.state}; {act} is not possible now.")
    return Conflict(f"Case {case.case_id} has changed meanwhile; look at it again.", holder=case.holder)
