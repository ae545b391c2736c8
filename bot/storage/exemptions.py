"""Exemptions: why one rule of the rule book may be broken by one phrase, with evidence, granted by a second person.

A tick is no exemption. "Number one in sales" may be said with the source, range and period of the figures (广告法
art. 11); the file that shows them is the exemption's evidence, and when it no longer holds the phrase is not said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, text

from bot.approval import ApprovalRefused, Approver, DutyMode, Grant, Matter
from bot.errors import NotAllowed
from bot.storage.approvals import ApprovalRows, approve
from bot.storage.canonical import AUDITED, Commitment, canonical, clean, json_text
from bot.storage.chain import HOUSE
from bot.storage.ledger import Deed
from bot.storage.values import ExemptionRow
from replies.phrase import Phrase

KIND: Final = "exemption"
COLUMNS = ", ".join(f'"{name}"' for name in AUDITED["exemption"].columns)


class ExemptionRows(ApprovalRows):
    """The exemptions' part of the journal."""

    def add_exemption(
        self, phrase_id: str, rule: str, reason: str, evidence: Sequence[str], *, author: str,
        valid_until_ms: int | None = None,
    ) -> ExemptionRow:  # fmt: skip
        """A draft, waiting for another person. Raises NotAllowed without a reason or without evidence kept here."""
        if not reason.strip() or not rule.strip() or not phrase_id.strip():
            raise NotAllowed(
                "An exemption names its phrase, the rule, and why the rule does not stand in the way."
            )
        if not evidence:
            raise NotAllowed("An exemption needs evidence: keep the file first, then name it.")
        with self.deed() as deed:
            require_evidence(deed, evidence)
            row: dict[str, Any] = {
                "id": deed.next_id("exemption"), "phrase_id": clean(phrase_id), "rule": clean(rule)[:100],
                "reason": clean(reason)[:2000], "evidence": json_text(sorted(set(evidence))), "author": clean(author),
                "state": "draft", "granted_by": None, "valid_until_ms": valid_until_ms,
                "changed_ms": deed.written_ms,
            }  # fmt: skip
            _note(deed, "added", row["id"], author, [deed.put("exemption", row)], phrase=row["phrase_id"])
            return _exemption(row)

    def exemption_matter(self, id: int) -> Matter:
        """What granting this exemption would be about. Raises NotAllowed when there is none."""
        with self.deed() as deed:
            return _matter(_required(deed, id))

    def grant_exemption(self, id: int, *, grant: Grant, approver: Approver, mode: DutyMode) -> ExemptionRow:
        """Let a draft hold. Raises NotAllowed, ApprovalRefused: the rules are asked again here."""
        with self.deed() as deed:
            row = _required(deed, id)
            if row["state"] != "draft":
                raise NotAllowed(f"Exemption {id} is {row['state']} and cannot be granted.")
            given, commitment = approve(deed, _matter(row), grant, approver, mode)
            changes = {"state": "granted", "granted_by": approver.login, "changed_ms": deed.written_ms}
            deed.change("exemption", {"id": id}, changes)
            rows = [commitment, deed.committed("exemption", id=id)]
            _note(deed, "granted", id, approver.login, rows, approval=given.id, stamp=given.stamp)
            return _exemption(row | changes)

    def withdraw_exemption(self, id: int, *, by: str, reason: str = "") -> ExemptionRow:
        """It holds no longer, nor is any phrase said that rests on it (`advance_phrases` marks those expired; the gate
        does not wait for that). Anybody may. Raises NotAllowed when there is none."""
        with self.deed() as deed:
            row = _required(deed, id)
            changes = {"state": "withdrawn", "changed_ms": deed.written_ms}
            deed.change("exemption", {"id": id}, changes)
            rows = [deed.committed("exemption", id=id)]
            _note(deed, "withdrawn", id, by, rows, reason=clean(reason)[:500])
            return _exemption(row | changes)

    def exemptions(self, phrase_id: str | None = None, state: str | None = None) -> list[ExemptionRow]:
        """All exemptions, of one phrase or in one state, the latest last."""
        with self.store.read() as conn:
            return [one for one in exemptions_of(conn, phrase_id) if state in (None, one.state)]


def exemptions_of(conn: Connection, phrase_id: str | None = None) -> list[ExemptionRow]:
    """The exemptions of one phrase, or all."""
    where = "" if phrase_id is None else "WHERE phrase_id = :phrase "
    values = {} if phrase_id is None else {"phrase": clean(phrase_id)}
    names = AUDITED["exemption"].columns
    found = conn.execute(text(f"SELECT {COLUMNS} FROM exemption {where}ORDER BY id"), values)
    return [_exemption(dict(zip(names, row, strict=True))) for row in found]


def require_evidence(deed: Deed, evidence: Sequence[str]) -> None:
    """Raises NotAllowed when a file is named that is not kept here."""
    for sha256 in evidence:
        if deed.fetch("evidence_file", sha256=clean(sha256)) is None:
            raise NotAllowed(f"The evidence {sha256[:12]}… is not kept here. Upload it first.")


def require_exemptions(deed: Deed, phrase: Phrase, now_ms: int | None) -> None:
    """Raises NotAllowed when the phrase names an exemption of another phrase, or none at all; with `now_ms`,
    ApprovalRefused `exempted` when one does not hold then."""
    there = {str(one.id): one for one in exemptions_of(deed.conn, phrase.id)} if phrase.exemptions else {}
    for id in phrase.exemptions:
        one = there.get(id)
        if one is None or one.state == "withdrawn":
            raise NotAllowed(f"Phrase {phrase.id} has no exemption {id}. Ask for one, with evidence.")
        if now_ms is not None and not one.holds(now_ms):
            raise ApprovalRefused("exempted", f"The exemption {id} is not granted or has run out.")


def _matter(row: dict[str, Any]) -> Matter:
    told = {name: row[name] for name in ("id", "phrase_id", "rule", "reason", "evidence", "valid_until_ms")}
    digest = hashlib.sha256(canonical(told)).hexdigest()
    return Matter(KIND, str(row["id"]), digest, row["author"], (), row["changed_ms"], row["changed_ms"], True)


def _required(deed: Deed, id: int) -> dict[str, Any]:
    row = deed.fetch("exemption", id=id)
    if row is None:
        raise NotAllowed(f"There is no exemption {id}.")
    return row


def _exemption(row: dict[str, Any]) -> ExemptionRow:
    return ExemptionRow(**{**row, "evidence": tuple(msgspec.json.decode(row["evidence"]))})


def _note(deed: Deed, act: str, id: int, by: str, rows: Sequence[Commitment], **more: Any) -> None:
    deed.record(HOUSE, KIND, {"act": act, "exemption": id, "by": clean(by), **more}, rows)
