"""The tables around a draw: codes typed, claims, coupons, presets; and the polls, which have no prize.

As in tables.py: row classes and nothing else; times in ms since 1970 UTC, JSON in canonical form, hashes and
ciphertexts as bytes. A viewer's own words stand here only as a mark (`Vault.code_mark`, keyed), or encrypted.
"""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.storage.tables import big, number


class DrawCode(SQLModel, table=True):
    """A code of one's own choice that a viewer tied to the own entries by typing `查询 CODE`. `code` is its mark.
    First come: a code is one viewer's, and a viewer has one code in a draw."""

    __tablename__ = "draw_code"
    __table_args__ = (UniqueConstraint("draw_id", "subject_id"),)
    draw_id: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    subject_id: str
    comment_id: str
    at_ms: int = big()


class ClaimSaid(SQLModel, table=True):
    """Somebody typed `兑奖 CODE` in a room. `code` is its mark (scope "claim"). Which page and which place it binds, if
    any, is found after the commit, and found again after a crash."""

    __tablename__ = "claim_said"
    __table_args__ = (Index("claim_said_code", "code"),)
    comment_id: str = Field(primary_key=True)
    room: str
    subject_id: str
    code: str
    at_ms: int = big()


class DrawClaim(SQLModel, table=True):
    """What became of one place of a draw. `state`: waiting (a reserve before its turn), open, bound, confirmed,
    shipped, received, forfeited, disqualified.

    `place` from 1, winners then reserves. `page_hash` names the browser bound to it by `code`. `delivery` is under the
    viewer's own key. `due_ms`: until when it may be claimed. `version` counts changes.
    """

    __tablename__ = "draw_claim"
    __table_args__ = (Index("draw_claim_state", "state", "due_ms"),)
    draw_id: str = Field(primary_key=True)
    place: int = big(primary_key=True)
    subject_id: str | None = None
    pseudonym: bytes
    state: str
    code: str | None = None
    page_hash: bytes | None = None
    outcome_reason: str | None = None
    coupon_id: int | None = number()
    delivery: bytes | None = None
    tracking: str | None = None
    due_ms: int | None = number()
    changed_ms: int = big()
    by: str
    version: int = big()


class Coupon(SQLModel, table=True):
    """A coupon of a pool. `value` is sealed under the master key; `mark` is a keyed hash of it, so that none is
    imported twice. `draw_id` and `place` say to whom it was shown; each place has one at most."""

    __tablename__ = "coupon"
    __table_args__ = (
        UniqueConstraint("pool", "mark"),
        UniqueConstraint("draw_id", "place"),
        Index("coupon_free", "pool", "taken_ms", "id"),
    )
    id: int = big(primary_key=True)
    pool: str
    value: bytes
    mark: bytes
    draw_id: str | None = None
    place: int | None = number()
    taken_ms: int | None = number()


class DrawPreset(SQLModel, table=True):
    """A rule sheet kept for the next show. `merchant` '' for the whole house; `body` JSON."""

    __tablename__ = "draw_preset"
    __table_args__ = (Index("draw_preset_merchant", "merchant", "name"),)
    id: int = big(primary_key=True)
    merchant: str
    name: str
    kind: str
    body: str
    changed_ms: int = big()
    by: str


class Poll(SQLModel, table=True):
    """A poll of a room (扣1). `options` is a JSON list of 1 to 6 texts; `closed_ms` None while it runs."""

    __tablename__ = "poll"
    __table_args__ = (Index("poll_room", "room", "opened_ms"), Index("poll_session", "session"))
    id: str = Field(primary_key=True)
    room: str
    session: str
    question: str
    options: str
    opened_ms: int = big()
    closed_ms: int | None = number()
    by: str


class PollVote(SQLModel, table=True):
    """The vote of one account: the first it gave. `option` counts from 1."""

    __tablename__ = "poll_vote"
    poll_id: str = Field(primary_key=True)
    subject_id: str = Field(primary_key=True)
    option: int
    comment_id: str
    at_ms: int = big()
