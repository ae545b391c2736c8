"""What the store gives back: plain frozen values, never rows. Times in ms since 1970 UTC."""

from __future__ import annotations

from typing import Any

import msgspec


class Committed(msgspec.Struct, frozen=True):
    """What one batch put into the store. `entries` are the ids of the draw entries accepted."""

    comment_ids: tuple[str, ...]
    outbox_ids: tuple[int, ...]
    case_ids: tuple[int, ...]
    entries: tuple[int, ...]


class Sending(msgspec.Struct, frozen=True):
    """A row of the outbox. `state`: queued, sending, sent, refused, unknown, expired, blocked, suggested, copied,
    by_hand. `priority` None: the usual one. `evidence`: seen (the text came back in the room) or swallowed; None while
    nothing is known. `person`: the login of who copied it or said it by hand."""

    id: int
    room: str
    session: str
    comment_id: str | None
    phrase_id: str
    digest: str
    intent: str
    product: str | None
    text: str
    mode: str
    due_ms: int
    expires_ms: int
    state: str
    detail: str
    updated_ms: int
    priority: int | None = None
    evidence: str | None = None
    person: str | None = None


class Case(msgspec.Struct, frozen=True):
    """A case with its incident. `state`: new, claimed, resolved, archived, escalated, snoozed, regressed."""

    case_id: int
    room: str
    session: str
    category: str
    codes: tuple[str, ...]
    severity: int
    hideable: bool
    comment_count: int
    first_ms: int
    last_ms: int
    state: str
    version: int
    holder: str | None
    claimed_ms: int | None
    lease_until_ms: int | None
    sla_due_ms: int
    disposition: str | None
    note: str | None
    resolved_ms: int | None
    resolved_by: str | None
    snoozed_until_ms: int | None


class Card(msgspec.Struct, frozen=True):
    """A message elsewhere that shows a case. `message_id` None: not delivered (yet)."""

    case_id: int
    channel: str
    chat_id: str
    message_id: str | None
    state: str
    updated_ms: int


class Person(msgspec.Struct, frozen=True):
    """Somebody who works here. `role`: viewer, moderator, operator, compliance, admin; who works alone has several,
    joined by commas."""

    id: int
    login: str
    name: str
    password_hash: str | None
    role: str
    telegram_id: str | None
    lang: str
    active: bool


class PhraseRow(msgspec.Struct, frozen=True):
    """One version of a phrase as stored; `body` as it was handed in. `state`: draft, in_review, approved, live,
    expired, withdrawn.

    `substance` is what an approval binds (`replies.phrase.Phrase.substance`), None for what came with the program, as
    are `author`, `edited_ms` and `submitted_ms`. From `approval_id` on: the approval it stands on, None without one;
    `expires_ms` is that approval's own end (break-glass), `stamp` what every report and export shows (单人审核, …).
    """

    id: str
    digest: str
    body: dict[str, Any]
    state: str
    signed: str
    changed_by: str
    changed_ms: int
    author: str | None = None
    editors: tuple[str, ...] = ()
    substance: str | None = None
    edited_ms: int | None = None
    submitted_ms: int | None = None
    approval_id: int | None = None
    approved_by: str | None = None
    approved_ms: int | None = None
    mode: str | None = None
    stamp: str = ""
    expires_ms: int | None = None
    break_glass: bool = False


class ApprovalRow(msgspec.Struct, frozen=True):
    """An approval as stored. `digest`: exactly what was approved (a phrase's substance). `reviewed_by` None with
    `break_glass`: its review task is open."""

    id: int
    kind: str
    subject: str
    digest: str
    mode: str
    author: str
    approved_by: str
    at_ms: int
    expires_ms: int | None
    break_glass: bool
    stamp: str
    reviewed_by: str | None


class ExemptionRow(msgspec.Struct, frozen=True):
    """Why one rule may be broken by one phrase. `evidence`: SHA-256 of files kept. `state`: draft, granted, withdrawn.
    `valid_until_ms` None: no end."""

    id: int
    phrase_id: str
    rule: str
    reason: str
    evidence: tuple[str, ...]
    author: str
    state: str
    granted_by: str | None
    valid_until_ms: int | None
    changed_ms: int

    def holds(self, now_ms: int) -> bool:
        """Whether it is granted and has not run out."""
        return self.state == "granted" and (self.valid_until_ms is None or now_ms < self.valid_until_ms)


class EvidenceFile(msgspec.Struct, frozen=True):
    """A file kept as evidence. `size` in bytes."""

    sha256: str
    name: str
    media_type: str
    size: int
    by: str
    at_ms: int


class OwnQuestionRow(msgspec.Struct, frozen=True):
    """A shop's own question (`own:<slug>`). `body`: name, asks, must, must_not, scope, product, merchant. `state`: live
    or off."""

    slug: str
    body: dict[str, Any]
    state: str
    changed_by: str
    changed_ms: int


class ProductRow(msgspec.Struct, frozen=True):
    """A product as stored."""

    id: str
    body: dict[str, Any]


class FactRow(msgspec.Struct, frozen=True):
    """A fact as stored. `product` is its id, '' for a fact of the whole house, `@<merchant>` for one of that shop's.
    `valid_until_ms` None: no end. `show_end`: it does not outlive the show it was set in."""

    product: str
    name: str
    value: str
    source: str
    valid_until_ms: int | None
    show_end: bool | None = None


class DrawRow(msgspec.Struct, frozen=True):
    """A draw as stored. `secret` is in the clear here and encrypted in the file; None when there is none."""

    id: str
    room: str
    session: str
    sequence: int
    state: str
    body: dict[str, Any]
    secret: dict[str, Any] | None = None
    next_due_ms: int | None = None


class EntryRow(msgspec.Struct, frozen=True):
    """An entry of a draw. `uid` None when unknown or erased; `pseudonym` None when the viewer was unknown; `entry_salt`
    None also when refused. `value` and `wave` as in `bot.decision.Entry`."""

    id: int
    draw_id: str
    uid: str | None
    subject_id: str
    pseudonym: bytes | None
    entry_salt: bytes | None
    comment_id: str
    at_ms: int
    refused: str | None
    value: int | None = None
    wave: int = 0


class EntryLists(msgspec.Struct, frozen=True):
    """All that a list is drawn up from. `accepted`: (pseudonym, value, wave), in the order they came; `counts`: refused
    comments by reason; `refused`: whose they were, each (pseudonym, reason) once."""

    accepted: list[tuple[bytes, int | None, int]]
    counts: dict[str, int]
    refused: list[tuple[bytes, str]]


class Entrant(msgspec.Struct, frozen=True):
    """One entry beside what is known of the account, for people who look for one hand behind many. `name` None when
    unknown or erased; `first_seen_ms`: its first comment here ever, None when there is none (an order)."""

    entry_id: int
    subject_id: str
    uid: str | None
    name: str | None
    at_ms: int
    comment_id: str
    refused: str | None
    pseudonym: bytes | None
    first_seen_ms: int | None


class PollRow(msgspec.Struct, frozen=True):
    """A poll with its counts: `votes[0]` is how many accounts chose the first option. `closed_ms` None: it runs."""

    id: str
    room: str
    session: str
    question: str
    options: tuple[str, ...]
    opened_ms: int
    closed_ms: int | None
    by: str
    votes: tuple[int, ...]


class Erased(msgspec.Struct, frozen=True):
    """What an erasure did: texts and draw entries that can no longer be read. Zero when nothing was known."""

    subject_id: str
    texts: int
    entries: int


class Words(msgspec.Struct, frozen=True):
    """A viewer's words, decrypted. `name` may be empty. `spans` are the texts of the banned hits, in their order."""

    text: str
    normal: str
    name: str
    spans: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()


class SessionRow(msgspec.Struct, frozen=True):
    """One show. `closed_ms` None while it runs."""

    id: str
    room: str
    platform: str
    opened_ms: int
    closed_ms: int | None
    reason: str
    clock_source: str
    comments: int
    judged: int
    dropped: int
    duplicates: int


class Counts(msgspec.Struct, frozen=True):
    """The figures of one or more sessions; every number can be traced to rows. `events` by kind of event, comments
    included; `replies` by state of the outbox; `withheld` by reason; `entries` accepted, `entries_refused` by
    reason; `cases` opened, `cases_by_state`; `flags` comments with a banned hit."""

    comments: int
    judged: int
    dropped: int
    duplicates: int
    gaps: int
    events: dict[str, int]
    faq: dict[str, int]
    purchase: dict[str, int]
    negative: dict[str, int]
    banned: dict[str, int]
    replies: dict[str, int]
    withheld: dict[str, int]
    cases: int
    cases_by_state: dict[str, int]
    flags: int
    entries: int
    entries_refused: dict[str, int]
    viewers: int


class Seen(msgspec.Struct, frozen=True):
    """A comment as a person reads it. `words` None when nobody said who reads, or after erasure.

    `banned`: dicts category, start, end, rule. `decision`: as stored, without the reply's text.
    `reply_state` is the outbox state of its reply, None when none was made.
    """

    id: str
    room: str
    session: str
    seq: int
    msg_id: str | None
    viewer: str
    role: str
    at_ms: int
    received_ms: int
    now_ms: int
    words: Words | None
    faq_intent: str | None
    faq_score: float | None
    purchase_level: int
    purchase_score: float
    negative_kind: str | None
    negative_severity: int
    negative_score: float
    codes: tuple[str, ...]
    banned: tuple[dict[str, Any], ...]
    decision: dict[str, Any]
    withheld: str | None
    flagged: bool
    mirrored: bool
    edited: bool
    reply_state: str | None = None
    reply_text: str | None = None


class Minute(msgspec.Struct, frozen=True):
    """One minute of a session by platform time; `start_ms` is its first millisecond."""

    start_ms: int
    comments: int
    questions: int
    buying: int
    negative: int
    flagged: int
    replies: int


class Unanswered(msgspec.Struct, frozen=True):
    """Questions left unanswered, merged by intent, product and reason. `example` is the latest of them."""

    intent: str | None
    reason: str
    count: int
    askers: int
    first_ms: int
    last_ms: int
    buying: int
    example: Seen


class RecordRow(msgspec.Struct, frozen=True):
    """One audit record as stored; `body` parsed."""

    chain: str
    seq: int
    record_type: str
    session: str | None
    at_ms: int
    prev_hash: str
    record_hash: str
    body: dict[str, Any]


class Evidence(msgspec.Struct, frozen=True):
    """Everything about one comment: what was seen, what was thought, who did what, where it stands in the chain."""

    comment: Seen
    versions: dict[str, str]
    frame_hash: str
    text_commitment: str
    commitment_holds: bool | None
    record: RecordRow
    sealed_by: str | None
    sendings: tuple[Sending, ...]
    cases: tuple[Case, ...]
    history: tuple[RecordRow, ...]
    before: tuple[Seen, ...]
    after: tuple[Seen, ...]
