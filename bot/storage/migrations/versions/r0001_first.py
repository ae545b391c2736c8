"""The first store: every table, the guards of the record, the search terms."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _record()
    _texts()
    _shows()
    _work()
    _house()
    _guards()
    _search()


def generated(name: str, kind: Any) -> sa.Column[Any]:
    """A column computed from the body: not stored on SQLite, stored on PostgreSQL (which indexes only those)."""
    if op.get_bind().dialect.name == "sqlite":
        return sa.Column(name, kind, sa.Computed(f"json_extract(body, '$.{name}')", persisted=False))
    value = f"(body::jsonb ->> '{name}')"
    return sa.Column(name, kind, sa.Computed(f"{value}::bigint" if kind is BIG else value, persisted=True))


def _guards() -> None:
    """The record and its seals take no UPDATE and no DELETE: against accident, not against the file's owner."""
    for table in ("audit_record", "audit_seal"):
        if op.get_bind().dialect.name == "sqlite":
            for act in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
                )
        else:
            op.execute(
                f"CREATE FUNCTION {table}_guard() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{table} is insert-only'; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {table}_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_guard()"
            )


def _search() -> None:
    """Tokens are HMACs; `chars` of the words as seen and normalised, `syllables` of their readings."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE search_term USING fts5(chars, syllables, tokenize = 'unicode61')")
    else:
        op.execute(
            "CREATE TABLE search_term (id bigint PRIMARY KEY, chars text[] NOT NULL, syllables text[] NOT NULL)"
        )
        op.execute("CREATE INDEX search_term_chars ON search_term USING gin (chars)")
        op.execute("CREATE INDEX search_term_syllables ON search_term USING gin (syllables)")


def _record() -> None:
    op.create_table(
        "audit_record",
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("record_hash", sa.LargeBinary(), nullable=False),
        generated("record_type", sa.Text()),
        generated("session", sa.Text()),
        generated("at_ms", BIG),
        sa.PrimaryKeyConstraint("chain", "seq"),
    )
    op.create_index("audit_record_session", "audit_record", ["session"])
    op.create_index("audit_record_type", "audit_record", ["record_type", "at_ms"])
    op.create_table(
        "audit_seal",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("chain", sa.String(), nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("record_hash", sa.LargeBinary(), nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.Column("at_ms", BIG, nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "day", "chain", "seq"),
    )
    op.create_table(
        "seal_key",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("key_id"),
    )


def _texts() -> None:
    op.create_table(
        "comment_text",
        sa.Column("n", BIG, nullable=False),
        sa.Column("text_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
    )
    op.create_index("comment_text_id", "comment_text", ["text_id"], unique=True)
    op.create_index("comment_text_subject", "comment_text", ["subject_id"])
    op.create_table(
        "subject",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("uid_cipher", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("subject_id"),
    )
    op.create_table(
        "subject_key",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("master_id", sa.String(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("created_ms", BIG, nullable=False),
        sa.Column("destroyed_ms", BIG, nullable=True),
        sa.PrimaryKeyConstraint("subject_id"),
    )
    op.create_table(
        "versions",
        sa.Column("id", BIG, nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("rulebook", sa.String(), nullable=False),
        sa.Column("normalizer", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _shows() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("opened_ms", BIG, nullable=False),
        sa.Column("closed_ms", BIG, nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("clock_source", sa.String(), nullable=False),
        sa.Column("comments", BIG, nullable=False),
        sa.Column("judged", BIG, nullable=False),
        sa.Column("dropped", BIG, nullable=False),
        sa.Column("duplicates", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("session_room", "session", ["room", "opened_ms"])
    op.create_table(
        "comment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("msg_id", sa.String(), nullable=True),
        sa.Column("line", BIG, nullable=True),
        sa.Column("edited", sa.Boolean(), nullable=False),
        sa.Column("mirrored", sa.Boolean(), nullable=False),
        sa.Column("text_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("text_commitment", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("at_ms", BIG, nullable=False),
        sa.Column("received_ms", BIG, nullable=False),
        sa.Column("now_ms", BIG, nullable=False),
        sa.Column("frame_hash", sa.String(), nullable=False),
        sa.Column("faq_intent", sa.String(), nullable=True),
        sa.Column("faq_score", sa.Float(precision=53), nullable=True),
        sa.Column("also", sa.String(), nullable=False),
        sa.Column("purchase_level", sa.Integer(), nullable=False),
        sa.Column("purchase_score", sa.Float(precision=53), nullable=False),
        sa.Column("negative_kind", sa.String(), nullable=True),
        sa.Column("negative_severity", sa.Integer(), nullable=False),
        sa.Column("negative_score", sa.Float(precision=53), nullable=False),
        sa.Column("kinds", sa.String(), nullable=False),
        sa.Column("health", sa.Boolean(), nullable=False),
        sa.Column("rights", sa.Boolean(), nullable=False),
        sa.Column("codes", sa.String(), nullable=False),
        sa.Column("banned", sa.String(), nullable=False),
        sa.Column("decision", sa.String(), nullable=False),
        sa.Column("withheld", sa.String(), nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("versions_id", BIG, nullable=False),
        sa.Column("record_seq", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("comment_place", "comment", ["session", "seq"], unique=True)
    op.create_index("comment_subject", "comment", ["subject_id"])
    op.create_table(
        "happening",
        sa.Column("id", BIG, nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("msg_id", sa.String(), nullable=True),
        sa.Column("subject_id", sa.String(), nullable=True),
        sa.Column("at_ms", BIG, nullable=False),
        sa.Column("received_ms", BIG, nullable=False),
        sa.Column("now_ms", BIG, nullable=False),
        sa.Column("frame_hash", sa.String(), nullable=False),
        sa.Column("data", sa.String(), nullable=False),
        sa.Column("text_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("happening_session", "happening", ["session", "kind"])
    op.create_table(
        "room_state",
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("now_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("room"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", BIG, nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("comment_id", sa.String(), nullable=True),
        sa.Column("phrase_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("intent", sa.String(), nullable=False),
        sa.Column("product", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("due_ms", BIG, nullable=False),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("updated_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outbox_comment", "outbox", ["comment_id"])
    op.create_index("outbox_due", "outbox", ["room", "state", "due_ms"])
    op.create_index("outbox_session", "outbox", ["session"])


def _work() -> None:
    op.create_table(
        "incident",
        sa.Column("id", BIG, nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("codes", sa.String(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("hideable", sa.Boolean(), nullable=False),
        sa.Column("comment_count", BIG, nullable=False),
        sa.Column("first_ms", BIG, nullable=False),
        sa.Column("last_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("incident_session", "incident", ["session"])
    op.create_table(
        "incident_comment",
        sa.Column("incident_id", BIG, nullable=False),
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("incident_id", "comment_id"),
    )
    op.create_index("incident_comment_comment", "incident_comment", ["comment_id"])
    op.create_table(
        "case_work",
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("incident_id", BIG, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("claimed_ms", BIG, nullable=True),
        sa.Column("lease_until_ms", BIG, nullable=True),
        sa.Column("sla_due_ms", BIG, nullable=False),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("resolved_ms", BIG, nullable=True),
        sa.Column("resolved_by", sa.String(), nullable=True),
        sa.Column("snoozed_until_ms", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incident.id"],
        ),
        sa.PrimaryKeyConstraint("case_id"),
        sa.UniqueConstraint("incident_id"),
    )
    op.create_index("case_work_state", "case_work", ["state", "sla_due_ms"])
    op.create_table(
        "case_card",
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("chat_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("updated_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "channel", "chat_id"),
    )
    op.create_table(
        "done_once",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("case_id", BIG, nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("at_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(op.f("ix_done_once_at_ms"), "done_once", ["at_ms"])
    op.create_table(
        "person",
        sa.Column("id", BIG, nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("telegram_id", sa.String(), nullable=True),
        sa.Column("lang", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("login"),
        sa.UniqueConstraint("telegram_id"),
    )
    op.create_table(
        "login_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("expires_ms", BIG, nullable=False),
        sa.Column("used_ms", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("token_hash"),
    )


def _house() -> None:
    op.create_table(
        "phrase_version",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("signed", sa.String(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("changed_ms", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", "digest"),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "fact",
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("valid_until_ms", BIG, nullable=True),
        sa.PrimaryKeyConstraint("product", "name"),
    )
    op.create_table(
        "draw",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("sequence", BIG, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("next_due_ms", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("draw_session", "draw", ["session"])
    op.create_table(
        "draw_entry",
        sa.Column("id", BIG, nullable=False),
        sa.Column("draw_id", sa.String(), nullable=False),
        sa.Column("uid_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(), nullable=True),
        sa.Column("entry_salt", sa.LargeBinary(), nullable=True),
        sa.Column("comment_id", sa.String(), nullable=False),
        sa.Column("at_ms", BIG, nullable=False),
        sa.Column("refused", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("draw_entry_draw", "draw_entry", ["draw_id", "id"])
    op.create_index(
        "draw_entry_once",
        "draw_entry",
        ["draw_id", "subject_id"],
        unique=True,
        sqlite_where=sa.text("refused IS NULL"),
        postgresql_where=sa.text("refused IS NULL"),
    )
    op.create_table(
        "house_setting",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
