"""Answers: approvals, readings, exemptions, evidence, own questions; what is known of a reply's fate.

New columns may be null and null is not hashed (canonical.py), so the record of older rows holds as it stands.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _columns()
    _approvals()
    _exemptions()
    op.create_table(
        "own_question",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )


def _columns() -> None:
    op.add_column("outbox", sa.Column("priority", BIG, nullable=True))
    op.add_column("outbox", sa.Column("evidence", sa.String(), nullable=True))
    op.add_column("outbox", sa.Column("person", sa.String(), nullable=True))
    op.add_column("fact", sa.Column("show_end", sa.Boolean(), nullable=True))
    for name in ("author", "editors", "substance"):
        op.add_column("phrase_version", sa.Column(name, sa.String(), nullable=True))
    for name in ("approval_id", "edited_ms", "submitted_ms"):
        op.add_column("phrase_version", sa.Column(name, BIG, nullable=True))


def _approvals() -> None:
    op.create_table(
        "approval",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("at_ms", BIG, nullable=False),
        sa.Column("expires_ms", BIG, nullable=True),
        sa.Column("break_glass", sa.Boolean(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("approval_subject", "approval", ["kind", "subject"])
    op.create_table(
        "reading",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("screen", sa.String(), nullable=False),
        sa.Column("at_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("reading_subject", "reading", ["kind", "subject"])


def _exemptions() -> None:
    op.create_table(
        "exemption",
        sa.Column("id", BIG, nullable=False),
        sa.Column("phrase_id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("granted_by", sa.String(), nullable=True),
        sa.Column("valid_until_ms", BIG, nullable=True),
        sa.Column("changed_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("exemption_phrase", "exemption", ["phrase_id"])
    op.create_table(
        "evidence_file",
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
