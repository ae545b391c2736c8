"""Tampering: any one changed value in any audited table is found, whoever changed it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from bot.errors import RecordBroken
from bot.storage.audit import require_verified, verify
from bot.storage.canonical import AUDITED
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from bot.storage.values import DrawRow, FactRow

from .conftest import Wall
from .review import answers
from .show import ROOM, T0, batch, entrant, full_show, judged, taking_part

LAST = "chain = 'house' AND seq = (SELECT MAX(seq) FROM audit_record WHERE chain = 'house')"
COVERED = [*AUDITED, "audit_record", "audit_seal"]


PRIZES: dict[str, dict[str, object]] = {
    "draw_claim": {
        "draw_id": "draw-1", "place": 1, "subject_id": "ab", "pseudonym": b"p" * 32, "state": "bound", "code": "AB12",
        "page_hash": b"h" * 32, "outcome_reason": None, "coupon_id": 1, "delivery": b"d", "tracking": "SF1",
        "due_ms": T0, "changed_ms": T0, "by": "li", "version": 1,
    },
    "coupon": {
        "id": 1, "pool": "5元券", "value": b"v", "mark": b"m", "draw_id": "draw-1", "place": 1, "taken_ms": T0,
    },
    "draw_preset": {
        "id": 1, "merchant": "", "name": "口令", "kind": "keyword", "body": "{}", "changed_ms": T0, "by": "li",
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with at least one row in every audited table, cleanly closed."""
    data = tmp_path_factory.mktemp("original")
    store, wall = open_store(data), Wall()
    journal = Journal(store, wall, entrant=entrant)
    poll = journal.open_poll(ROOM, "s1", "要哪个颜色", ("黑", "白"), at_ms=T0, by="li")
    shows = full_show()
    shows.insert(2, batch(taking_part(50, poll.poll_id)))
    for one in shows:
        journal.commit(one)
    journal.add_person("li", "李", "moderator", telegram_id="77")
    journal.claim(1, "li", 1, T0)
    journal.resolve(1, "li", 2, "answered", "done")
    journal.outbox_begin(1)
    journal.outbox_finish(1, "sent", "ok")
    journal.seed_practice_library([{"id": "p-1", "digest": "d1", "text": "x"}])
    journal.save_product("sku-1", {"name": "x"}, by="li")
    journal.save_fact(FactRow("sku-1", "price", "1", "hand", T0), by="li")
    journal.save_draw(DrawRow("draw-1", str(ROOM), "s1", 1, "open", {"k": 1}, {"salt": "ff"}, T0), by="li")
    journal.save_setting("theme", "dark")
    with journal.deed() as deed:
        rows = [deed.put(table, row) for table, row in PRIZES.items()]
        deed.record("house", "prizes", {}, rows)
    answers(journal, wall)
    journal.checkpoint(force=True)
    wall.ms += 24 * 3600 * 1000
    journal.erase_subject("bilibili", "u7", by="li")
    journal.checkpoint(force=True)
    journal.append_record("house", "note", {"of": "no importance"})
    wall.ms += 1_000
    journal.close()
    assert verify(store).first_bad is None
    store.close()
    return data


@pytest.fixture
def data(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path / "data")
    return tmp_path / "data"


def tamper(data: Path, *statements: str) -> None:
    """What the owner of the file can do: drop the guards, change anything."""
    conn = sqlite3.connect(data / "changkong.db", isolation_level=None)
    conn.execute("PRAGMA writable_schema=ON")
    for table in ("audit_record", "audit_seal"):
        for act in ("update", "delete"):
            conn.execute(f"DROP TRIGGER {table}_no_{act}")
    for statement in statements:
        conn.execute(statement)
    conn.close()


def broken(data: Path) -> str | None:
    store = open_store(data, read_only=True)
    try:
        bad = verify(store).first_bad
        return None if bad is None else str(bad)
    finally:
        store.close()


def test_an_untouched_store_verifies_without_keys(data: Path) -> None:
    shutil.rmtree(data / "keys")
    assert broken(data) is None


def stored_columns(table: str) -> list[str]:
    if table == "audit_record":
        return ["chain", "seq", "prev_hash", "body", "record_hash"]
    if table == "audit_seal":
        return ["kind", "day", "chain", "seq", "record_hash", "count", "at_ms", "key_id", "signature"]
    return [name for name in AUDITED[table].columns if name not in AUDITED[table].left_out]


def other_values(value: object) -> Iterator[str]:
    """Other values for a cell, as SQL."""
    if value is None:
        yield from ("0", "'x'")
    elif isinstance(value, bytes):
        yield from (f"x'{bytes([value[0] ^ 1]).hex()}{value[1:].hex()}'" if value else "x'00'", "x''")
    elif isinstance(value, str):
        yield from ("'" + (value + "x").replace("'", "''") + "'", "''" if value else "'y'")
    elif isinstance(value, float):
        yield repr(value + 0.0001)
    else:
        yield from (f"{value} + 1", f"{value} + 0.5")


@pytest.mark.parametrize("table", COVERED)
def test_any_changed_value_is_found(data: Path, table: str) -> None:
    """Walks every column of the first and the last row; each change is made, found, and taken back."""
    tamper(data)
    conn = sqlite3.connect(data / "changkong.db", isolation_level=None)
    conn.execute("PRAGMA foreign_keys=OFF")
    store = open_store(data, read_only=True)
    assert conn.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0], "nothing to tamper with"
    missed = []
    for order in ("ASC", "DESC"):
        for column in stored_columns(table):
            query = f'SELECT rowid, "{column}" FROM "{table}" ORDER BY rowid {order} LIMIT 1'
            rowid, value = conn.execute(query).fetchone()
            for other in other_values(value):
                try:
                    conn.execute(f'UPDATE "{table}" SET "{column}" = {other} WHERE rowid = ?', (rowid,))
                except sqlite3.Error:
                    continue  # The table itself refuses it.
                if verify(store).first_bad is None:
                    missed.append((order, column, other))
                # A whole-number key is the row id itself, which has then moved.
                changed = (
                    f"rowid = {rowid}" if column not in ("id", "n", "case_id") else f'"{column}" = {other}'
                )
                conn.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {changed}', (value,))
    assert verify(store).first_bad is None
    store.close()
    conn.close()
    assert missed == []


@pytest.mark.parametrize("table", COVERED)
def test_a_row_taken_away_is_found(data: Path, table: str) -> None:
    tamper(data, f'DELETE FROM "{table}" WHERE rowid = (SELECT MAX(rowid) FROM "{table}")')
    assert broken(data) is not None


@pytest.mark.parametrize("table", ["comment", "outbox", "draw_entry", "person", "incident"])
def test_a_row_added_is_found(data: Path, table: str) -> None:
    fresh = {
        "id": "9999", "seq": "9999", "login": "'new'", "telegram_id": "NULL", "subject_id": "'other'",
        "pseudonym": "x'00'",
    }  # fmt: skip
    copied = ", ".join(fresh.get(name, f'"{name}"') for name in AUDITED[table].columns)
    tamper(data, f'INSERT INTO "{table}" SELECT {copied} FROM "{table}" LIMIT 1')
    assert "not in the record" in str(broken(data))


def test_a_cut_off_end_is_found_by_the_seals_log(data: Path) -> None:
    tamper(
        data, "DELETE FROM audit_seal WHERE chain = 'house'",
        f"DELETE FROM audit_record WHERE {LAST}",
    )  # fmt: skip
    assert broken(data) is not None


def test_a_seal_ahead_of_the_rows_is_found(data: Path) -> None:
    tamper(
        data,
        f"DELETE FROM audit_record WHERE {LAST}",
    )
    assert "ahead of the records" in str(broken(data))


def test_lines_taken_from_the_log_or_added_are_found(data: Path) -> None:
    log = data / "seals.log"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[1:]))
    assert "missing in it" in str(broken(data))
    log.write_bytes(
        b"".join([*lines, lines[0].replace(b'"seq":0', b'"seq":1').replace(b'"count"', b'"c0unt"')])
    )
    assert "seals the store lacks" in str(broken(data))
    log.unlink()
    assert "file is missing" in str(broken(data))


def test_a_crash_before_the_last_line_is_no_tampering_and_is_mended(data: Path) -> None:
    log = data / "seals.log"
    whole = log.read_bytes()
    lines = whole.splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])
    assert broken(data) is None
    store = open_store(data)
    Journal(store, Wall())
    store.close()
    assert log.read_bytes() == whole


def test_a_rewritten_chain_is_found_by_its_seals(data: Path) -> None:
    """Rewriting the last record and its hash is a valid chain again, but not the one that was sealed."""
    import hashlib

    conn = sqlite3.connect(data / "changkong.db")
    body = conn.execute("SELECT body FROM audit_record WHERE chain = 'house' ORDER BY seq DESC").fetchone()[0]
    conn.close()
    forged = body.replace("no importance", "some importance")
    tamper(
        data,
        f"UPDATE audit_record SET body = '{forged}', record_hash = x'{hashlib.sha256(forged.encode()).hexdigest()}' "
        f"WHERE {LAST}",
    )
    assert "not the one that was sealed" in str(broken(data))


def test_a_row_set_back_to_what_it_once_was_is_found(data: Path) -> None:
    tamper(data, "UPDATE outbox SET state = 'queued', detail = '' WHERE id = 1")
    assert "outbox" in str(broken(data))


def test_lease_times_are_not_covered_as_documented(data: Path) -> None:
    tamper(data, "UPDATE case_work SET lease_until_ms = 5")
    assert broken(data) is None


def test_require_verified_names_chain_and_number(data: Path) -> None:
    tamper(data, "UPDATE audit_record SET body = body || ' ' WHERE chain = 'house' AND seq = 2")
    store = open_store(data, read_only=True)
    with pytest.raises(RecordBroken, match="house #2") as caught:
        require_verified(store)
    assert (caught.value.chain, caught.value.seq) == ("house", 2)
    store.close()


def test_days_are_sealed_over_their_checkpoints(data: Path) -> None:
    conn = sqlite3.connect(data / "changkong.db")
    days = conn.execute("SELECT day, count FROM audit_seal WHERE kind = 'day'").fetchall()
    conn.close()
    assert days == [("2025-11-21", 2)]


def test_a_checkpoint_after_a_thousand_records_or_ten_seconds(tmp_path: Path) -> None:
    store, wall = open_store(tmp_path), Wall()
    journal = Journal(store, wall)

    def seals() -> int:
        return verify(store).seals

    journal.commit(batch([judged(n) for n in range(256)], opened=True))
    assert seals() == 0
    wall.ms += 10_000
    journal.commit(batch([judged(256)]))
    assert seals() == 2
    for first in range(257, 1300, 200):
        journal.commit(batch([judged(n) for n in range(first, first + 200)]))
    assert seals() == 3
    assert journal.checkpoint(force=True) == 1
    assert journal.checkpoint(force=True) == 0
    store.close()


def test_the_guards_refuse_update_delete_and_replace(journal: Journal) -> None:
    from bot.errors import StoreError

    journal.commit(batch([judged(0)], opened=True))
    journal.checkpoint(force=True)
    statements = [
        "UPDATE audit_record SET body = body", "DELETE FROM audit_record", "UPDATE audit_seal SET count = 0",
        "DELETE FROM audit_seal",
    ]  # fmt: skip
    if journal.store.dialect == "sqlite":
        statements.append(
            "INSERT OR REPLACE INTO audit_record (chain, seq, prev_hash, body, record_hash) "
            "VALUES ('house', 0, x'', '{}', x'')"
        )
    for statement in statements:
        with pytest.raises(StoreError, match="insert-only"), journal.store.write() as conn:
            conn.exec_driver_sql(statement)


def test_the_report_is_a_plain_value(journal: Journal) -> None:
    report = verify(journal.store)
    assert report.verified
    assert msgspec.to_builtins(report)["first_bad"] is None


def test_what_is_not_sealed_yet_is_counted(data: Path) -> None:
    store = open_store(data)
    try:
        assert verify(store).unsealed == 0
        journal = Journal(store, Wall(), entrant=entrant)
        journal.append_record("house", "note", {"of": "no importance"})
        journal.append_record("house", "note", {"of": "no importance"})
        assert verify(store).unsealed == 2
        journal.close()
        assert verify(store).unsealed == 0
    finally:
        store.close()


def test_a_draw_whose_list_is_out_takes_nobody(tmp_path: Path) -> None:
    store = open_store(tmp_path / "late")
    try:
        journal = Journal(store, Wall(), entrant=entrant)
        journal.save_draw(
            DrawRow("draw-1", str(ROOM), "s1", 1, "challenge", {"k": 1}, {"salt": "ff"}, T0), by="li"
        )
        for one in full_show():
            journal.commit(one)
        entries = list(journal.draw_entries("draw-1", accepted=None))
        assert entries
        assert {entry.refused for entry in entries} >= {"late"}
        assert not [entry for entry in entries if entry.refused is None]
        journal.close()
    finally:
        store.close()
