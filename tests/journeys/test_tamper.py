"""Whoever changes one value in any audited row or in the chain afterwards is found out.

The hand here is that of the file's owner: it drops the triggers first, which guard against accident only.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import random
import sqlite3
from pathlib import Path

import pytest

from bot.storage import canonical
from bot.storage.audit import verify
from bot.storage.canonical import AUDITED
from tests.journeys.hand import Hand, other
from tests.journeys.stage import changkong, copied

CHAINED = ("chain", "seq", "prev_hash", "body", "record_hash")
GENERATED = ("record_type", "session", "at_ms")
"""Columns of `audit_record` that are computed from the body: nobody can write them."""


def _targets(hand: Hand) -> list[tuple[str, str, bool]]:
    """(table, column, whether it may be NULL) of everything the record must cover."""
    covered = [(name, set(one.columns) - one.left_out) for name, one in AUDITED.items()]
    covered += [
        ("audit_record", set(CHAINED)),
        ("audit_seal", {name for name, _ in hand.columns("audit_seal")}),
    ]
    return [
        (table, name, nullable)
        for table, names in covered
        for name, nullable in hand.columns(table)
        if name in names
    ]


def _unnoticed(hand: Hand, targets: list[tuple[str, str, bool]], seed: int) -> list[str]:
    """The changes the record did not notice: a value for another, a value for NULL, NULL for a value."""
    dice, unnoticed, last = random.Random(seed), [], ""
    for table, column, nullable in targets:
        if table != last:
            assert hand.trouble() is None, f"before {table} not everything had been put back"
            last = table
        there = hand.rowid(table, column, null=False, dice=dice)
        if there is not None:
            value = hand.file.execute(
                f'SELECT "{column}" FROM "{table}" WHERE rowid = ?', (there,)
            ).fetchone()[0]
            if not hand.refuses_change(table, there, column, other(value)):
                unnoticed.append(f"{table}.{column}: another value (row {there})")
            if nullable and not hand.refuses_change(table, there, column, None):
                unnoticed.append(f"{table}.{column}: taken away (row {there})")
        missing = hand.rowid(table, column, null=True, dice=dice) if nullable else None
        if missing is not None and not hand.refuses_change(table, missing, column, 1):
            unnoticed.append(f"{table}.{column}: put where none was (row {missing})")
    return unnoticed


def test_no_audited_table_is_empty_here(hand: Hand) -> None:
    empty = [name for name in AUDITED if not hand.file.execute(f'SELECT 1 FROM "{name}"').fetchone()]
    assert empty == []


def test_one_changed_value_is_noticed_in_every_audited_table(hand: Hand) -> None:
    dice = random.Random(11)
    targets = _targets(hand)
    by_table = [
        dice.choice([one for one in targets if one[0] == table]) for table in {one[0]: 0 for one in targets}
    ]
    assert _unnoticed(hand, by_table, 12) == []
    assert hand.trouble() is None


@pytest.mark.slow
def test_one_changed_value_is_noticed_in_every_audited_column(hand: Hand) -> None:
    targets = _targets(hand)
    assert len(targets) > 120
    assert _unnoticed(hand, targets, 13) == []
    assert hand.trouble() is None


def test_what_is_not_covered_is_written_down_with_its_reason_and_nothing_else(hand: Hand) -> None:
    written = inspect.getsource(canonical)[inspect.getsource(canonical).index("Not covered, and why:") :]
    uncovered = [f"{name}.{column}" for name, one in AUDITED.items() for column in one.left_out]
    uncovered += [
        name for name in hand.tables()
        if name not in AUDITED
        and not name.startswith(("audit_", "search_term_", "sqlite_"))
        and name != "alembic_version"  # a change there stops every command (below)
    ]  # fmt: skip
    assert sorted(uncovered) == [
        "case_card",
        "case_work.lease_until_ms",
        "coupon.value",
        "done_once",
        "draw_claim.delivery",
        "login_link",
        "search_term",
    ]
    assert [name for name in uncovered if f"`{name}`" not in written] == []
    for table, one in AUDITED.items():
        actual = {name for name, _ in hand.columns(table)}
        assert actual == set(one.columns), f"{table} has columns the record does not know"
    assert not hand.refuses_change("case_work", 2, "lease_until_ms", 5)


def test_a_store_with_another_revision_is_not_read(hand: Hand) -> None:
    hand.file.execute("UPDATE alembic_version SET version_num = '9999'")
    assert changkong("audit", "verify", "--data", hand.data).code == 1


def test_the_command_says_one_sentence_and_leaves_with_1(hand: Hand) -> None:
    hand.file.execute("UPDATE comment SET purchase_level = 3 - purchase_level WHERE rowid = 20")
    ended = changkong("audit", "verify", "--data", hand.data)
    assert ended.code == 1
    assert ended.json["verified"] is False
    assert len(ended.err.strip().splitlines()) == 1
    assert "comment" in ended.err


@pytest.mark.parametrize("table", [*AUDITED, "audit_record", "audit_seal"])
def test_a_row_taken_away_is_noticed(hand: Hand, table: str) -> None:
    rowid = hand.rowid(table, hand.columns(table)[0][0], null=False, dice=random.Random(3))
    hand.file.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))
    assert hand.trouble() is not None


@pytest.mark.parametrize("table", list(AUDITED))
def test_a_row_put_in_is_noticed(hand: Hand, table: str) -> None:
    key = AUDITED[table].key[-1]
    names = [name for name, _ in hand.columns(table)]
    rowid = hand.rowid(table, key, null=False, dice=random.Random(5))
    row = dict(
        zip(
            names,
            hand.file.execute(f'SELECT * FROM "{table}" WHERE rowid = ?', (rowid,)).fetchone(),
            strict=True,
        )
    )
    unique = {
        "text_id",
        "login",
        "telegram_id",
        "incident_id",
        "pseudonym",
        "subject_id",
        "seq",
        "comment_id",
        "sequence",
        "mark",
        key,
    }
    for name in unique & set(names):
        row[name] = row[name] + 100_000 if isinstance(row[name], int) else f"{row[name]}-new"
    marks = ", ".join("?" for _ in row)
    hand.file.execute(f'INSERT INTO "{table}" VALUES ({marks})', list(row.values()))
    assert hand.trouble() is not None


def _last(hand: Hand, chain: str) -> int:
    return int(hand.file.execute("SELECT MAX(seq) FROM audit_record WHERE chain = ?", (chain,)).fetchone()[0])


@pytest.mark.parametrize("chain", ["practice:1", "house"])
@pytest.mark.parametrize("length", [1, 5])
def test_a_chain_cut_short_is_noticed(hand: Hand, chain: str, length: int) -> None:
    hand.file.execute(
        "DELETE FROM audit_record WHERE chain = ? AND seq > ?", (chain, _last(hand, chain) - length)
    )
    trouble = hand.trouble()
    assert trouble is not None
    assert chain in trouble


def test_a_whole_chain_taken_away_is_noticed(hand: Hand) -> None:
    hand.file.execute("DELETE FROM audit_record WHERE chain = 'practice:1'")
    assert hand.trouble() is not None


def test_two_records_changing_places_is_noticed(hand: Hand) -> None:
    for seq, to in ((40, -1), (41, 40), (-1, 41)):
        hand.file.execute("UPDATE audit_record SET seq = ? WHERE chain = 'practice:1' AND seq = ?", (to, seq))
    trouble = hand.trouble()
    assert trouble is not None
    assert "practice:1" in trouble


def test_a_chain_computed_anew_from_a_changed_record_breaks_at_its_seal(hand: Hand) -> None:
    """Hashes can be made by anybody; the signature over them cannot."""
    found = hand.file.execute(
        "SELECT seq, body FROM audit_record WHERE chain = 'practice:1' AND seq >= 100 ORDER BY seq"
    ).fetchall()
    before = hand.file.execute(
        "SELECT prev_hash FROM audit_record WHERE chain = 'practice:1' AND seq = 100"
    ).fetchone()[0]
    hand.file.execute("BEGIN")
    for seq, body in found:
        told = json.loads(body) | {"prev_hash": before.hex()}
        if seq == 100:
            told["at_ms"] += 1
        made = canonical.canonical(told)
        digest = hashlib.sha256(made).digest()
        hand.file.execute(
            "UPDATE audit_record SET prev_hash = ?, body = ?, record_hash = ? WHERE chain = 'practice:1' AND seq = ?",
            (before, made.decode(), digest, seq),
        )
        before = digest
    hand.file.execute("COMMIT")
    trouble = hand.trouble()
    assert trouble is not None
    assert "sealed" in trouble


def test_the_guards_of_the_record_hold_against_accident(worked: Path, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(copied(worked, tmp_path / "data") / "changkong.db")) as file:
        for table in ("audit_record", "audit_seal"):
            for act in (f"UPDATE {table} SET seq = seq + 1", f"DELETE FROM {table}"):
                with pytest.raises(sqlite3.IntegrityError, match="insert-only"):
                    file.execute(act)


def test_a_changed_ciphertext_is_noticed_with_and_without_keys(hand: Hand) -> None:
    value = hand.file.execute("SELECT ciphertext FROM comment_text WHERE rowid = 9").fetchone()[0]
    assert hand.refuses_change("comment_text", 9, "ciphertext", other(value))
    assert verify(hand.store).verified
