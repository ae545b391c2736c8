"""Every table as a row class; nothing else. Rows never leave this package: reads return plain frozen values.

Times are integers, milliseconds since 1970 UTC; hashes, nonces and ciphertexts are bytes; JSON columns are text
in canonical form (sorted keys, no spaces). Nothing a viewer typed or is called stands in any column but those that
are encrypted: `comment_text.ciphertext`, `subject.uid_cipher`, `draw_entry.uid_cipher`.

`search_term` is no row class: it is an FTS5 table on SQLite and a table with arrays on PostgreSQL (terms.py).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, FetchedValue, Float, Index, Integer, Text, text
from sqlmodel import Field, SQLModel

BIG = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits on both engines; SQLite makes a row id only of INTEGER."""


def big(**more: Any) -> Any:
    """A column of 64-bit integers."""
    return Field(sa_type=BIG, **more)


def number() -> Any:
    """A column of 64-bit integers that may be unknown."""
    return Field(default=None, sa_type=BIG)


def real() -> Any:
    """A column of double precision."""
    return Field(default=0.0, sa_type=Float(53))


def generated(name: str, kind: Any) -> Any:
    """A column the database computes from the body; never written by us."""
    return Field(default=None, sa_column=Column(name, kind, FetchedValue()))


class AuditRecord(SQLModel, table=True):
    """The chained record (design, section 4). `body` is exactly the bytes hashed; the last three are
    generated.

    Insert-only by trigger: that guards against accident, not against the owner of the file.
    """

    __tablename__ = "audit_record"
    __table_args__ = (
        Index("audit_record_session", "session"),
        Index("audit_record_type", "record_type", "at_ms"),
    )
    chain: str = Field(primary_key=True)
    seq: int = big(primary_key=True)
    prev_hash: bytes
    body: str
    record_hash: bytes
    record_type: str | None = generated("record_type", Text())
    session: str | None = generated("session", Text())
    at_ms: int | None = generated("at_ms", BIG)


class AuditSeal(SQLModel, table=True):
    """A signed checkpoint of one chain, or a day's seal (`kind` checkpoint or day; `day` its UTC date).

    For a day seal `record_hash` is the Merkle root over the day's checkpoints of all chains, `count`
    how many, `chain` is `*` and `seq` 0. Insert-only by trigger, as `audit_record`.
    """

    __tablename__ = "audit_seal"
    kind: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    chain: str = Field(primary_key=True)
    seq: int = big(primary_key=True)
    record_hash: bytes
    count: int = big()
    at_ms: int = big()
    key_id: str
    signature: bytes


class SealKey(SQLModel, table=True):
    """A public key that signs seals. `key_id` is the first 16 hex digits of the key's SHA-256."""

    __tablename__ = "seal_key"
    key_id: str = Field(primary_key=True)
    public_key: bytes
    created_ms: int = big()


class Subject(SQLModel, table=True):
    """Whose data it is. `subject_id` is an HMAC of platform and uid; the uid itself only under its key.

    `uid_cipher` (nonce and ciphertext) is None for the subjects that are no person (a session's nameless
    viewers, its speech) and after erasure.
    """

    __tablename__ = "subject"
    subject_id: str = Field(primary_key=True)
    uid_cipher: bytes | None = None


class SubjectKey(SQLModel, table=True):
    """A subject's data key, wrapped by the master key `master_id`. Erasure empties `wrapped`; when the same viewer
    comes back, a new key with a new `key_id` takes its place."""

    __tablename__ = "subject_key"
    subject_id: str = Field(primary_key=True)
    key_id: str
    master_id: str
    wrapped: bytes | None = None
    created_ms: int = big()
    destroyed_ms: int | None = number()


class CommentText(SQLModel, table=True):
    """The only home of viewers' words and names: AES-GCM under the key of the subject. `n` is also the row of
    `search_term`. The retention sweeper may delete rows here; the record keeps the commitment."""

    __tablename__ = "comment_text"
    __table_args__ = (
        Index("comment_text_id", "text_id", unique=True),
        Index("comment_text_subject", "subject_id"),
    )
    n: int = big(primary_key=True)
    text_id: str
    subject_id: str
    key_id: str
    nonce: bytes
    ciphertext: bytes


class Versions(SQLModel, table=True):
    """What judged, interned: file hashes or version names of model, rule book, normaliser."""

    __tablename__ = "versions"
    id: int = big(primary_key=True)
    model: str
    rulebook: str
    normalizer: str


class Session(SQLModel, table=True):
    """One show. `comments` = `judged` + `dropped`; `closed_ms` None while it runs."""

    __tablename__ = "session"
    __table_args__ = (Index("session_room", "room", "opened_ms"),)
    id: str = Field(primary_key=True)
    room: str
    platform: str
    opened_ms: int = big()
    closed_ms: int | None = number()
    reason: str
    clock_source: str
    comments: int = big(default=0)
    judged: int = big(default=0)
    dropped: int = big(default=0)
    duplicates: int = big(default=0)


class Comment(SQLModel, table=True):
    """One comment and all that was thought of it, without its words. `id` is "<session>-<seq>".

    `also`, `kinds`, `codes`, `banned` (category, start, end, rule) and `decision` are JSON. `text_commitment`
    is SHA-256(salt || text), the salt being in the encrypted payload.
    """

    __tablename__ = "comment"
    __table_args__ = (
        Index("comment_place", "session", "seq", unique=True),
        Index("comment_subject", "subject_id"),
    )
    id: str = Field(primary_key=True)
    room: str
    session: str
    seq: int = big()
    msg_id: str | None = None
    line: int | None = number()
    edited: bool = False
    mirrored: bool = False
    text_id: str
    subject_id: str
    text_commitment: bytes
    role: str
    at_ms: int = big()
    received_ms: int = big()
    now_ms: int = big()
    frame_hash: str
    faq_intent: str | None = None
    faq_score: float | None = Field(default=None, sa_type=Float(53))
    also: str = "[]"
    purchase_level: int = 0
    purchase_score: float = real()
    negative_kind: str | None = None
    negative_severity: int = 0
    negative_score: float = real()
    kinds: str = "{}"
    health: bool = False
    rights: bool = False
    codes: str = "[]"
    banned: str = "[]"
    decision: str = "{}"
    withheld: str | None = None
    flagged: bool = False
    versions_id: int = big()
    record_seq: int = big()


class Happening(SQLModel, table=True):
    """Anything but a comment. `data` keeps the kind's plain fields; what else came is in `text_id`."""

    __tablename__ = "happening"
    __table_args__ = (Index("happening_session", "session", "kind"),)
    id: int = big(primary_key=True)
    room: str
    session: str
    kind: str
    msg_id: str | None = None
    subject_id: str | None = None
    at_ms: int = big()
    received_ms: int = big()
    now_ms: int = big()
    frame_hash: str
    data: str = "{}"
    text_id: str | None = None


class RoomStateRow(SQLModel, table=True):
    """A room's last committed state, without what is rebuilt from rows (entered, seen) or handed in (shop).

    `body` is JSON under the master key: cooldowns name viewers.
    """

    __tablename__ = "room_state"
    room: str = Field(primary_key=True)
    session: str
    body: bytes
    now_ms: int = big()


class Outbox(SQLModel, table=True):
    """A reply on its way. `state`: queued, sending, sent, refused, unknown, expired, blocked, suggested,
    copied, by_hand. `detail` is the platform's own word, shortened. `evidence`: seen or swallowed, None while
    nothing is known. `person` is the login of who copied it or said it by hand."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_due", "room", "state", "due_ms"),
        Index("outbox_session", "session"),
        Index("outbox_comment", "comment_id"),
    )
    id: int = big(primary_key=True)
    room: str
    session: str
    comment_id: str | None = None
    phrase_id: str
    digest: str
    intent: str
    product: str | None = None
    text: str
    mode: str
    due_ms: int = big()
    expires_ms: int = big()
    state: str
    detail: str = ""
    updated_ms: int = big()
    priority: int | None = number()
    evidence: str | None = None
    person: str | None = None


class Incident(SQLModel, table=True):
    """A group of comments about one thing. `codes` JSON, gravest first; `category` is the first of them."""

    __tablename__ = "incident"
    __table_args__ = (Index("incident_session", "session"),)
    id: int = big(primary_key=True)
    room: str
    session: str
    category: str
    codes: str
    severity: int
    hideable: bool
    comment_count: int = big()
    first_ms: int = big()
    last_ms: int = big()


class IncidentComment(SQLModel, table=True):
    """Which comments belong to which incident."""

    __tablename__ = "incident_comment"
    __table_args__ = (Index("incident_comment_comment", "comment_id"),)
    incident_id: int = big(primary_key=True, foreign_key="incident.id")
    comment_id: str = Field(primary_key=True)


class CaseWork(SQLModel, table=True):
    """The work on one incident; `case_id` equals `incident_id`. `state`: new, claimed, resolved, archived,
    escalated, snoozed, regressed. `version` counts changes: compare-and-set compares it. `holder` is a login."""

    __tablename__ = "case_work"
    __table_args__ = (Index("case_work_state", "state", "sla_due_ms"),)
    case_id: int = big(primary_key=True)
    incident_id: int = big(unique=True, foreign_key="incident.id")
    state: str = "new"
    version: int = big(default=1)
    holder: str | None = None
    claimed_ms: int | None = number()
    lease_until_ms: int | None = number()
    sla_due_ms: int = big()
    disposition: str | None = None
    note: str | None = None
    resolved_ms: int | None = number()
    resolved_by: str | None = None
    snoozed_until_ms: int | None = number()


class CaseCard(SQLModel, table=True):
    """A message that shows a case somewhere (Telegram, robots), so that it can be edited in place."""

    __tablename__ = "case_card"
    case_id: int = big(primary_key=True)
    channel: str = Field(primary_key=True)
    chat_id: str = Field(primary_key=True)
    message_id: str | None = None
    state: str = ""
    updated_ms: int = big()


class DoneOnce(SQLModel, table=True):
    """Acts already done, by idempotency key, so that a double tap is harmless. Kept for a day."""

    __tablename__ = "done_once"
    key: str = Field(primary_key=True)
    case_id: int = big()
    act: str
    at_ms: int = big(index=True)


class Person(SQLModel, table=True):
    """Somebody who works here. `role`: viewer, moderator, operator, compliance, admin."""

    __tablename__ = "person"
    id: int = big(primary_key=True)
    login: str = Field(unique=True)
    name: str
    password_hash: str | None = None
    role: str
    telegram_id: str | None = Field(default=None, unique=True)
    lang: str = "zh"
    active: bool = True


class LoginLink(SQLModel, table=True):
    """A one-time login link; only the SHA-256 of its token is kept."""

    __tablename__ = "login_link"
    token_hash: bytes = Field(primary_key=True)
    person_id: int = big(foreign_key="person.id")
    expires_ms: int = big()
    used_ms: int | None = number()


class PhraseVersion(SQLModel, table=True):
    """One version of a phrase. `body` is JSON as handed in; `signed` says by what right it is live.

    `editors` is a JSON list of logins; `substance` is what an approval binds. All that follows `changed_ms` is None
    for what came with the program.
    """

    __tablename__ = "phrase_version"
    id: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    body: str
    state: str
    signed: str
    changed_by: str
    changed_ms: int = big()
    author: str | None = None
    editors: str | None = None
    substance: str | None = None
    approval_id: int | None = number()
    edited_ms: int | None = number()
    submitted_ms: int | None = number()


class Product(SQLModel, table=True):
    """A product of the shop; `body` is JSON."""

    __tablename__ = "product"
    id: str = Field(primary_key=True)
    body: str


class Fact(SQLModel, table=True):
    """One fact about a product, its source, and until when it may be said (None: no end). `show_end`: nor after the
    show in which it was set."""

    __tablename__ = "fact"
    product: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: str
    source: str
    valid_until_ms: int | None = number()
    show_end: bool | None = None


class Draw(SQLModel, table=True):
    """A draw. `body` is JSON of its public records; `secret` (salt, signing key) is under the master key."""

    __tablename__ = "draw"
    __table_args__ = (Index("draw_session", "session"),)
    id: str = Field(primary_key=True)
    room: str
    session: str
    sequence: int = big()
    state: str
    body: str
    secret: bytes | None = None
    next_due_ms: int | None = number()


class DrawEntry(SQLModel, table=True):
    """One comment (or order) that was an entry; accepted when `refused` is None.

    `pseudonym` None: the platform did not tell who spoke. `value`: the number guessed, or the first six bytes of the
    answer's hash; None where the contest has none. `wave` counts from 0 and is 0 where there are no waves.
    `comment_id` is, for an order, the id of its message, or ''.
    """

    __tablename__ = "draw_entry"
    __table_args__ = (
        Index("draw_entry_draw", "draw_id", "id"),
        Index(
            "draw_entry_once", "draw_id", "pseudonym", "wave", unique=True,
            sqlite_where=text("refused IS NULL"), postgresql_where=text("refused IS NULL"),
        ),
    )  # fmt: skip
    id: int = big(primary_key=True)
    draw_id: str
    uid_cipher: bytes | None = None
    subject_id: str
    pseudonym: bytes | None = None
    entry_salt: bytes | None = None
    comment_id: str
    at_ms: int = big()
    refused: str | None = None
    value: int | None = number()
    wave: int = 0


class HouseSetting(SQLModel, table=True):
    """A setting of the house kept in the store, JSON. Keys beginning `cursor.` are bookmarks, not audited."""

    __tablename__ = "house_setting"
    key: str = Field(primary_key=True)
    value: str


METADATA = SQLModel.metadata
