"""Approvals in the store: the duty mode, who read what on which screen, what was approved, what is yet to be reviewed.

The rules are those of bot/approval.py; here they are asked again inside the transaction that makes something approved,
of people, roles, readings and duty mode as they stand in the store. A `Grant` a caller made up gets nothing through.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec
from sqlalchemy import Connection, text

from bot import approval
from bot.approval import ApprovalRefused, Approver, DutyMode, Grant, Matter, Reading
from bot.errors import NotAllowed
from bot.storage.canonical import AUDITED, Commitment, clean, json_text
from bot.storage.chain import HOUSE
from bot.storage.ledger import Deed, Ledger
from bot.storage.values import ApprovalRow

DUTY_MODE = "duty_mode"
"""The house setting that holds it; changed by `set_duty_mode` alone."""
USUAL: DutyMode = "pair"
WRITTEN = ".written"
"""Added to a reading's kind: on that screen it was written."""

COLUMNS = ", ".join(f'"{name}"' for name in AUDITED["approval"].columns)


class ApprovalRows(Ledger):
    """The approvals' part of the journal."""

    def duty_mode(self) -> DutyMode:
        """How many people stand behind an approval here; `pair` unless another mode was chosen."""
        with self.store.read() as conn:
            return duty_mode_of(conn)

    def set_duty_mode(self, mode: DutyMode, *, by: str) -> None:
        """Choose the duty mode. Raises NotAllowed for an unknown one, for anybody but an administrator, and while a
        live show is running."""
        if mode not in approval.MODES:
            raise NotAllowed(f"{mode!r} is no duty mode; choose one of {', '.join(approval.MODES)}.")
        with self.deed() as deed:
            require_admin(deed, by, "change the duty mode")
            running = deed.conn.execute(text(
                "SELECT id FROM session WHERE closed_ms IS NULL AND clock_source = 'live' ORDER BY id LIMIT 1"
            )).scalar()  # fmt: skip
            if running is not None:
                raise NotAllowed(
                    f"The show {running} is running; the duty mode cannot be changed during a show."
                )
            before = duty_mode_of(deed.conn)
            if before == mode:
                return
            row = deed.save("house_setting", {"key": DUTY_MODE, "value": json_text(mode)})
            deed.record(HOUSE, "duty_mode", {"mode": mode, "before": before, "by": clean(by)}, [row])

    def note_reading(self, kind: str, subject: str, digest: str, *, by: str, screen: str) -> Reading:
        """Somebody has this content before him on that screen. `digest` is what an approval of it binds; of a phrase
        either its digest or its substance."""
        with self.deed() as deed:
            named = _bound(deed.conn, kind, subject, digest)
            return put_reading(deed, kind, clean(subject), named, by, screen)

    def readings(self, kind: str, subject: str, digest: str) -> list[Reading]:
        """Who read this very content where, the first reading first. `digest` as for `note_reading`."""
        with self.store.read() as conn:
            return readings_of(conn, kind, subject, _bound(conn, kind, subject, digest))

    def approvals(self, kind: str | None = None, subject: str | None = None) -> list[ApprovalRow]:
        """The approvals given, those of one kind or one thing; the latest last."""
        with self.store.read() as conn:
            return [
                one for one in _approvals(conn) if kind in (None, one.kind) and subject in (None, one.subject)
            ]

    def review_tasks(self) -> list[ApprovalRow]:
        """Approvals by break-glass that nobody else has looked at yet, the oldest first."""
        with self.store.read() as conn:
            return _approvals(conn, "WHERE break_glass AND reviewed_by IS NULL")

    def close_review_task(self, approval_id: int, *, by: str) -> ApprovalRow:
        """`by` has reviewed what was approved by break-glass. Raises NotAllowed: no such task, or not his to close
        (ApprovalRefused `own_work`, `role`). The approval runs out as it would have."""
        with self.deed() as deed:
            row = deed.fetch("approval", id=approval_id)
            if row is None or not row["break_glass"] or row["reviewed_by"] is not None:
                raise NotAllowed(f"There is no review task {approval_id} open.")
            makers = [row["author"], *makers_of(deed.conn, row["kind"], row["subject"], row["digest"])]
            approval.may_close_review(clean(by), roles_of(deed, by), row["approved_by"], makers)
            deed.change("approval", {"id": approval_id}, {"reviewed_by": clean(by)})
            data = {"act": "reviewed", "approval": approval_id, "by": clean(by)}
            deed.record(HOUSE, "approval", data, [deed.committed("approval", id=approval_id)])
            return _approval(row | {"reviewed_by": clean(by)})


def approve(
    deed: Deed, matter: Matter, given: Grant, approver: Approver, mode: DutyMode
) -> tuple[ApprovalRow, Commitment]:
    """Put down the approval of `matter` as it stands in the store. Raises ApprovalRefused.

    The rules are asked anew at this machine's time; of `given` only what it was for and the way chosen count.
    """
    if mode != duty_mode_of(deed.conn) or given.mode != mode:
        raise ApprovalRefused("mode", "The house works in another duty mode by now. Load the page again.")
    if (given.kind, given.id, given.digest, given.by) != (
        matter.kind, matter.id, matter.digest, approver.login
    ):  # fmt: skip
        raise ApprovalRefused(
            "changed", "It was changed after you read it. Read it again before you approve."
        )
    known = msgspec.structs.replace(approver, roles=roles_of(deed, approver.login))
    readings = readings_of(deed.conn, matter.kind, matter.id, matter.digest)
    sure = approval.grant(
        matter, known, mode, readings=readings, now_ms=deed.written_ms, break_glass=given.break_glass
    )
    row: dict[str, Any] = {
        "id": deed.next_id("approval"), "kind": matter.kind, "subject": matter.id, "digest": matter.digest,
        "mode": mode, "author": matter.author, "approved_by": approver.login, "at_ms": deed.written_ms,
        "expires_ms": sure.expires_ms, "break_glass": sure.break_glass, "stamp": sure.stamp, "reviewed_by": None,
    }  # fmt: skip
    return _approval(row), deed.put("approval", row)


def duty_mode_of(conn: Connection) -> DutyMode:
    """The duty mode as the store has it."""
    found = conn.execute(
        text("SELECT value FROM house_setting WHERE key = :key"), {"key": DUTY_MODE}
    ).scalar()
    mode = USUAL if found is None else msgspec.json.decode(found)
    return cast(DutyMode, mode) if mode in approval.MODES else USUAL


def roles_of(deed: Deed, login: str) -> frozenset[str]:
    """The roles of an active person; none for anybody else."""
    person = deed.fetch("person", login=clean(login))
    return frozenset(person["role"].split(",")) if person is not None and person["active"] else frozenset()


def require_admin(deed: Deed, by: str, act: str) -> None:
    """Raises NotAllowed when `by` is a person here and no administrator. Other names are the program's own (the
    configuration, the command line): who has the machine has its database too."""
    person = deed.fetch("person", login=clean(by))
    if person is not None and (not person["active"] or "admin" not in person["role"].split(",")):
        raise NotAllowed(f"Only an administrator may {act}; {by} is none.")


def put_reading(deed: Deed, kind: str, subject: str, digest: str, by: str, screen: str) -> Reading:
    """One reading with its record."""
    row: dict[str, Any] = {
        "id": deed.next_id("reading"), "kind": clean(kind), "subject": subject, "digest": clean(digest),
        "by": clean(by), "screen": clean(screen)[:200], "at_ms": deed.written_ms,
    }  # fmt: skip
    data = {name: row[name] for name in ("kind", "subject", "digest", "by")}
    deed.record(HOUSE, "reading", data, [deed.put("reading", row)])
    return Reading(row["by"], row["screen"], row["at_ms"])


def readings_of(conn: Connection, kind: str, subject: str, digest: str) -> list[Reading]:
    """The readings of this very content."""
    found = conn.execute(
        text(
            'SELECT "by", screen, at_ms FROM reading WHERE kind = :kind AND subject = :subject '
            "AND digest = :digest ORDER BY id"
        ),
        {"kind": clean(kind), "subject": clean(subject), "digest": clean(digest)},
    )
    return [Reading(*row) for row in found]


def screens_of(conn: Connection, kind: str, subject: str, digest: str) -> tuple[str, ...]:
    """On which screens this very content was written."""
    return tuple(sorted({one.screen for one in readings_of(conn, kind + WRITTEN, subject, digest)}))


def makers_of(conn: Connection, kind: str, subject: str, digest: str) -> list[str]:
    """Who had a hand in what was approved, as far as the store keeps it beside the approval's author."""
    if kind != "phrase":
        return []
    found = conn.execute(
        text("SELECT editors FROM phrase_version WHERE id = :id AND substance = :substance"),
        {"id": subject, "substance": digest},
    )
    return [login for (editors,) in found for login in msgspec.json.decode(editors or "[]")]


def _bound(conn: Connection, kind: str, subject: str, digest: str) -> str:
    """What an approval binds, by whichever name of it: a phrase's digest becomes its substance."""
    if kind == "phrase":
        asked = text("SELECT substance FROM phrase_version WHERE id = :id AND digest = :digest")
        found = conn.execute(asked, {"id": clean(subject), "digest": clean(digest)}).scalar()
        if found is not None:
            return str(found)
    return clean(digest)


def _approvals(conn: Connection, where: str = "") -> list[ApprovalRow]:
    names = AUDITED["approval"].columns
    found = conn.execute(text(f"SELECT {COLUMNS} FROM approval {where} ORDER BY id"))
    return [_approval(dict(zip(names, row, strict=True))) for row in found]


def _approval(row: dict[str, Any]) -> ApprovalRow:
    return ApprovalRow(**{**row, "break_glass": bool(row["break_glass"])})
