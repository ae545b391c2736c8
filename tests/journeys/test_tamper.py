"""Whoever changes one value afterwards is found out: in a draw's proof, in any audited row, in the chain, in the seals.

The hand here is that of the file's owner: it drops the triggers first, which guard against accident only.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
import json
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.storage import canonical
from bot.storage.audit import verify
from bot.storage.canonical import AUDITED
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from bot.storage.values import FactRow
from lottery.command import verify_file
from tests.journeys.conftest import Shown
from tests.journeys.stage import changkong, copied

SAMPLE = 60
CHAINED = ("chain", "seq", "prev_hash", "body", "record_hash")
GENERATED = ("record_type", "session", "at_ms")
"""Columns of `audit_record` that are computed from the body: nobody can write them."""

AT_MS = 1_900_000_000_000

# The draw's proof


def _places(told: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every single value."""
    inner = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else None
    if inner is None:
        yield path
        return
    for name, one in inner:
        yield from _places(one, (*path, name))


def _other(value: Any) -> Any:
    """A value of the same kind that is not the same."""
    if value is None:
        return 1
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"\1"
    if not value:
        return "x"
    middle = len(value) // 2
    return value[:middle] + ("1" if value[middle] != "1" else "2") + value[middle + 1 :]


def _verified(proof: dict[str, Any], target: Path) -> bool:
    target.write_text(json.dumps(proof, ensure_ascii=False), encoding="utf-8")
    return verify_file(str(target), None, False, None, False, io.StringIO(), io.StringIO()) == 0


def _changed_proofs_that_pass(proof: Path, target: Path, sample: int | None) -> tuple[int, list[Any]]:
    told = json.loads(proof.read_text(encoding="utf-8"))
    assert _verified(told, target)
    places = list(_places(told))
    chosen = places if sample is None else random.Random(7).sample(places, sample)
    passed = []
    for *way, last in chosen:
        inner = told
        for step in way:
            inner = inner[step]
        before, inner[last] = inner[last], _other(inner[last])
        if _verified(told, target):
            passed.append((*way, last))
        inner[last] = before
    assert _verified(told, target)
    return len(chosen), passed


def test_a_proof_with_one_value_changed_is_refused(shown: Shown, tmp_path: Path) -> None:
    tried, passed = _changed_proofs_that_pass(shown.proof, tmp_path / "proof.json", SAMPLE)
    assert passed == []
    assert tried == SAMPLE


@pytest.mark.slow
def test_a_proof_with_any_value_changed_is_refused(shown: Shown, tmp_path: Path) -> None:
    tried, passed = _changed_proofs_that_pass(shown.proof, tmp_path / "proof.json", None)
    assert passed == []
    assert tried > 300


def test_a_proof_with_a_part_missing_doubled_or_added_is_refused(shown: Shown, tmp_path: Path) -> None:
    told = json.loads(shown.proof.read_text(encoding="utf-8"))
    target = tmp_path / "proof.json"
    for name in told:
        assert not _verified({key: value for key, value in told.items() if key != name}, target), name
    assert not _verified(told | {"leaves": [*told["leaves"], told["leaves"][0]]}, target)
    assert not _verified(told | {"leaves": told["leaves"][:-1]}, target)
    assert not _verified(told | {"leaves": [*reversed(told["leaves"])]}, target)
    assert not _verified(told | {"winners": told["winners"][1:]}, target)
    assert not _verified(told | {"closed": []}, target)
    assert not _verified(told | {"note": "added"}, target)


# The record


class Hand:
    """The owner's hand on a copy of the store."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.file = sqlite3.connect(data / "changkong.db", isolation_level=None)
        for (name,) in self.file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self.file.execute(f'DROP TRIGGER "{name}"')
        self.file.execute("PRAGMA journal_mode=DELETE")
        self.store = open_store(data, create=False, read_only=True)

    def close(self) -> None:
        self.store.close()
        self.file.close()

    def trouble(self) -> str | None:
        """What `audit verify` says first, None when all is well."""
        found = verify(self.store).first_bad
        return None if found is None else str(found)

    def refuses_change(self, table: str, rowid: int, column: str, value: Any) -> bool:
        before = self.file.execute(f'SELECT "{column}" FROM "{table}" WHERE rowid = ?', (rowid,)).fetchone()
        change = f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?'
        try:
            self.file.execute(change, (value, rowid))
        except sqlite3.IntegrityError:
            if value is None:
                return True  # the file itself does not take it
            value += 10_000_019  # the number was another row's; take one that is nobody's
            self.file.execute(change, (value, rowid))
        try:
            return self.trouble() is not None
        finally:
            here = self.file.execute(f'SELECT 1 FROM "{table}" WHERE rowid = ?', (rowid,)).fetchone()
            # a numeric key is the row's own place: changed, the row has moved there
            self.file.execute(change, (before[0], rowid if here else value))

    def rowid(self, table: str, column: str, *, null: bool, dice: random.Random) -> int | None:
        found = self.file.execute(
            f'SELECT rowid FROM "{table}" WHERE "{column}" IS {"" if null else "NOT "}NULL ORDER BY rowid'
        ).fetchall()
        return dice.choice(found)[0] if found else None

    def columns(self, table: str) -> list[tuple[str, bool]]:
        """(name, whether it may be NULL), generated ones left out."""
        return [(row[1], not row[3]) for row in self.file.execute(f'PRAGMA table_info("{table}")')]

    def tables(self) -> list[str]:
        found = self.file.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return [name for (name,) in found]


@pytest.fixture(scope="module")
def worked(shown: Shown, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's store after a little human work, so that no audited table is empty."""
    data = copied(shown.data, tmp_path_factory.mktemp("tamper") / "data")
    store = open_store(data, create=False)
    try:
        journal = Journal(store, lambda: AT_MS)
        journal.add_person("mei", "小梅", "moderator", password_hash="argon", telegram_id="77")
        journal.add_person("lin", "小林", "viewer")
        case = journal.claim(1, "mei", journal.case(1).version, AT_MS)
        journal.resolve(1, "mei", case.version, "answered", "已回复", now_ms=AT_MS)
        journal.claim(2, "mei", journal.case(2).version, AT_MS)
        journal.save_product("p1", {"name": "洁面乳"}, by="mei")
        journal.save_fact(FactRow("p1", "price", "59", "shop", AT_MS), by="mei")
        journal.save_fact(FactRow("p1", "stock", "7", "shop", None), by="mei")
        journal.save_setting("greeting", "hello", by="mei")
        journal.erase_subject("practice", "practice-v007", by="mei", reason="asked")
        journal.close()
    finally:
        store.close()
    return data


@pytest.fixture
def hand(worked: Path, tmp_path: Path) -> Iterator[Hand]:
    owner = Hand(copied(worked, tmp_path / "data"))
    try:
        assert owner.trouble() is None
        yield owner
    finally:
        owner.close()


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
            if not hand.refuses_change(table, there, column, _other(value)):
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
        "done_once",
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


@pytest.mark.parametrize("kind", ["checkpoint", "day"])
def test_a_changed_seal_is_noticed_whatever_its_kind_and_column(hand: Hand, kind: str) -> None:
    (rowid,) = hand.file.execute("SELECT rowid FROM audit_seal WHERE kind = ? LIMIT 1", (kind,)).fetchone()
    for column, _ in hand.columns("audit_seal"):
        value = hand.file.execute(f'SELECT "{column}" FROM audit_seal WHERE rowid = ?', (rowid,)).fetchone()[
            0
        ]
        assert hand.refuses_change("audit_seal", rowid, column, _other(value)), column
    assert hand.trouble() is None


# The seals' log


def _log(hand: Hand) -> tuple[Path, list[bytes]]:
    path = hand.data / "seals.log"
    return path, path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("which", [0, -1])
def test_an_edited_line_of_the_seals_log_is_noticed(hand: Hand, which: int) -> None:
    path, lines = _log(hand)
    lines[which] = lines[which].replace(b'"count":', b'"count":1', 1)
    path.write_bytes(b"".join(lines))
    assert hand.trouble() is not None


def test_a_line_taken_out_of_the_seals_log_is_noticed(hand: Hand) -> None:
    path, lines = _log(hand)
    assert len(lines) > 2
    path.write_bytes(b"".join(lines[1:]))
    assert "seals.log" in str(hand.trouble())


def test_a_line_put_into_the_seals_log_is_noticed(hand: Hand) -> None:
    path, lines = _log(hand)
    path.write_bytes(b"".join([*lines, lines[0]]))
    assert hand.trouble() is not None
    path.write_bytes(b"".join([*lines, lines[0].replace(b'"seq":', b'"seq":9', 1)]))
    assert hand.trouble() is not None


def test_a_missing_seals_log_is_noticed(hand: Hand) -> None:
    path, _ = _log(hand)
    path.unlink()
    assert hand.trouble() is not None


def test_the_newest_seal_missing_in_the_log_is_the_trace_of_a_crash_and_is_made_good(hand: Hand) -> None:
    """Between COMMIT and the line the power may fail, so its absence is no proof of tampering; anything older is."""
    path, lines = _log(hand)
    newest = json.loads(lines[-1])["at_ms"]
    kept = [line for line in lines if json.loads(line)["at_ms"] < newest]
    path.write_bytes(b"".join(kept))
    assert hand.trouble() is None
    store = open_store(hand.data, create=False)
    try:
        Journal(store, lambda: AT_MS)
    finally:
        store.close()
    assert sorted(path.read_bytes().splitlines(keepends=True)) == sorted(lines)
    path.write_bytes(b"".join(kept[:-1]))
    assert "seals.log" in str(hand.trouble())


def test_a_changed_ciphertext_is_noticed_with_and_without_keys(hand: Hand) -> None:
    value = hand.file.execute("SELECT ciphertext FROM comment_text WHERE rowid = 9").fetchone()[0]
    assert hand.refuses_change("comment_text", 9, "ciphertext", _other(value))
    assert verify(hand.store).verified
