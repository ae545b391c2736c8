"""The tables of answers: approvals and readings, exemptions with their evidence, a shop's own questions.

As in tables.py: row classes and nothing else; times in ms since 1970 UTC, JSON in canonical form. Staff's words stand
here (reasons, names of files), never viewers'.
"""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from bot.storage.tables import big, number


class Approval(SQLModel, table=True):
    """One approval given. `digest` is what was approved (a phrase's `substance`); `stamp` is what every report shows.

    `mode`: solo, pair, team. `expires_ms` only by break-glass, whose review is done when `reviewed_by` is set.
    """

    __tablename__ = "approval"
    __table_args__ = (Index("approval_subject", "kind", "subject"),)
    id: int = big(primary_key=True)
    kind: str
    subject: str
    digest: str
    mode: str
    author: str
    approved_by: str
    at_ms: int = big()
    expires_ms: int | None = number()
    break_glass: bool
    stamp: str
    reviewed_by: str | None = None


class Reading(SQLModel, table=True):
    """Somebody had this content before him on that screen. `kind` with `.written` added: he wrote it there."""

    __tablename__ = "reading"
    __table_args__ = (Index("reading_subject", "kind", "subject"),)
    id: int = big(primary_key=True)
    kind: str
    subject: str
    digest: str
    by: str
    screen: str
    at_ms: int = big()


class Exemption(SQLModel, table=True):
    """Why one rule may be broken by one phrase. `evidence`: JSON list of SHA-256; `state`: draft, granted,
    withdrawn."""

    __tablename__ = "exemption"
    __table_args__ = (Index("exemption_phrase", "phrase_id"),)
    id: int = big(primary_key=True)
    phrase_id: str
    rule: str
    reason: str
    evidence: str
    author: str
    state: str
    granted_by: str | None = None
    valid_until_ms: int | None = number()
    changed_ms: int = big()


class EvidenceFile(SQLModel, table=True):
    """A file kept as evidence, named by the SHA-256 of its bytes (hex); the bytes lie in `evidence/`."""

    __tablename__ = "evidence_file"
    sha256: str = Field(primary_key=True)
    name: str
    media_type: str
    size: int = big()
    by: str
    at_ms: int = big()


class OwnQuestion(SQLModel, table=True):
    """A shop's own question; `body` is JSON, `state` live or off."""

    __tablename__ = "own_question"
    slug: str = Field(primary_key=True)
    body: str
    state: str
    changed_by: str
    changed_ms: int = big()
