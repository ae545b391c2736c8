"""Draws anyone can check: values and waves of entries, codes, claims, coupons, presets; and polls.

`draw_entry.wave` is 0 in older rows and 0 is not hashed (canonical.py), so the record of older rows holds as it stands.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _entries()
    _codes()
    _claims()
    op.create_table(
        "draw_preset",
        sa.Column("id", BIG, nullable=False),
        sa.Column("merchant", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("changed_ms", BIG, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("draw_preset_merchant", "draw_preset", ["merchant", "name"])
    _polls()


def _entries() -> None:
    op.add_column("draw_entry", sa.Column("value", BIG, nullable=True))
    op.add_column("draw_entry", sa.Column("wave", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("draw_entry_once", table_name="draw_entry")
    op.create_index(
        "draw_entry_once",
        "draw_entry",
        ["draw_id", "pseudonym", "wave"],
        unique=True,
        sqlite_where=sa.text("refused IS NULL"),
        postgresql_where=sa.text("refused IS NULL"),
    )


def _codes() -> None:
    op.create_table(
        "draw_code",
        sa.Column("draw_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("at_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("draw_id", "code"),
        sa.UniqueConstraint("draw_id", "subject_id"),
    )
    op.create_table(
        "claim_said",
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("at_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("comment_id"),
    )
    op.create_index("claim_said_code", "claim_said", ["code"])


def _claims() -> None:
    op.create_table(
        "draw_claim",
        sa.Column("draw_id", sa.String(), nullable=False),
        sa.Column("place", BIG, nullable=False),
        sa.Column("subject_id", sa.String(), nullable=True),
        sa.Column("pseudonym", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("page_hash", sa.LargeBinary(), nullable=True),
        sa.Column("outcome_reason", sa.String(), nullable=True),
        sa.Column("coupon_id", BIG, nullable=True),
        sa.Column("delivery", sa.LargeBinary(), nullable=True),
        sa.Column("tracking", sa.String(), nullable=True),
        sa.Column("due_ms", BIG, nullable=True),
        sa.Column("changed_ms", BIG, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.PrimaryKeyConstraint("draw_id", "place"),
    )
    op.create_index("draw_claim_state", "draw_claim", ["state", "due_ms"])
    op.create_table(
        "coupon",
        sa.Column("id", BIG, nullable=False),
        sa.Column("pool", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("draw_id", sa.String(), nullable=True),
        sa.Column("place", BIG, nullable=True),
        sa.Column("taken_ms", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pool", "mark"),
        sa.UniqueConstraint("draw_id", "place"),
    )
    op.create_index("coupon_free", "coupon", ["pool", "taken_ms", "id"])


def _polls() -> None:
    op.create_table(
        "poll",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("options", sa.String(), nullable=False),
        sa.Column("opened_ms", BIG, nullable=False),
        sa.Column("closed_ms", BIG, nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("poll_room", "poll", ["room", "opened_ms"])
    op.create_index("poll_session", "poll", ["session"])
    op.create_table(
        "poll_vote",
        sa.Column("poll_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("option", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("at_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("poll_id", "subject_id"),
    )
