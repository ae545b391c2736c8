from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bot.errors import InputError, StoreError, StoreFull, StoreTooNew
from bot.storage import upgrade
from bot.storage.audit import verify
from bot.storage.engine import Store, open_store
from bot.storage.journal import Journal
from bot.storage.tables import METADATA

from .conftest import Wall
from .show import T0, batch, entrant, full_show, judged

ROOT = Path(__file__).parents[3]


def test_rows_and_migrations_agree(store: Store) -> None:
    with store.read() as conn:
        context = MigrationContext.configure(
            conn,
            opts={
                "include_name": lambda name, kind, _: kind != "table" or not name.startswith("search_term")
            },
        )
        assert compare_metadata(context, METADATA) == []


def test_sqlite_is_set_up_to_survive_a_power_cut(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    with store.read() as conn:
        names = ("journal_mode", "synchronous", "foreign_keys")
        assert [conn.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names] == ["wal", 2, 1]
    store.close()


def test_after_closing_no_log_is_left_and_reading_creates_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    Journal(store, Wall()).commit(batch([judged(0)], opened=True))
    store.close()
    before = sorted(path.name for path in tmp_path.iterdir())
    assert not [name for name in before if name.endswith(("-wal", "-shm", "-journal"))]
    reader = open_store(tmp_path, read_only=True)
    assert verify(reader).first_bad is None
    reader.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("how", [{"read_only": True}, {"create": False}])
def test_nothing_there_is_an_input_error_and_stays_so(tmp_path: Path, how: dict[str, bool]) -> None:
    with pytest.raises(InputError, match="no store") as caught:
        open_store(tmp_path / "none", **how)
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_wrong_addresses_are_input_errors(tmp_path: Path) -> None:
    for url in ("nonsense", "mysql://x/y", "sqlite://"):
        with pytest.raises(InputError):
            open_store(url=url)
    with pytest.raises(InputError):
        open_store()


def test_a_server_that_is_not_there_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(url="postgresql://127.0.0.1:1/x")
    assert list(tmp_path.iterdir()) == []


def test_keys_lie_beside_and_only_the_owner_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store(tmp_path / "a").close()
    open_store(url=f"sqlite:///{tmp_path / 'b.db'}").close()
    monkeypatch.setenv("CHANGKONG_KEYS", str(tmp_path / "elsewhere"))
    open_store(tmp_path / "c").close()
    for directory in (tmp_path / "a" / "keys", tmp_path / "b.db.keys", tmp_path / "elsewhere"):
        assert len(list(directory.glob("*.key"))) == 4
        if os.name == "posix":
            assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in directory.iterdir())
    assert not (tmp_path / "c" / "keys").exists()


def test_a_data_directory_named_by_address_is_the_same_store(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    Journal(store, Wall()).close()
    store.close()
    store = open_store(url=f"sqlite:///{tmp_path / 'changkong.db'}")
    assert verify(store).seals == 1
    assert verify(store).first_bad is None
    store.close()


def test_an_old_store_without_its_keys_is_not_given_new_ones(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    (tmp_path / "keys" / "master.key").unlink()
    with pytest.raises(StoreError, match="missing"):
        open_store(tmp_path)
    (tmp_path / "keys" / "master.key").write_text("zz", encoding="ascii")
    with pytest.raises(StoreError, match="cannot be read"):
        open_store(tmp_path)


def test_one_writer_at_a_time_and_readers_beside_it(opener: Callable[..., Store]) -> None:
    first = opener()
    with pytest.raises(StoreError, match="Another Changkong process"):
        opener()
    reader = opener(read_only=True)
    with pytest.raises(StoreError, match="reading only"):
        Journal(reader, Wall())
    with pytest.raises(StoreError, match="reading only"), reader.write():
        pass
    reader.close()
    first.close()
    first.close()
    opener().close()


def test_a_newer_store_is_left_alone(opener: Callable[..., Store]) -> None:
    store = opener()
    with store.write() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    for how in ({}, {"read_only": True}):
        with pytest.raises(StoreTooNew, match="newer version"):
            opener(**how)


def test_what_is_no_store_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "changkong.db"
    file.write_bytes(b"this is no database at all" * 100)
    for how in ({"read_only": True}, {"create": False}):
        with pytest.raises(StoreError, match="not a Changkong store"):
            open_store(tmp_path, **how)
    file.unlink()
    conn = sqlite3.connect(file)
    conn.execute("CREATE TABLE theirs (x)")
    conn.close()
    with pytest.raises(StoreError, match="other tables"):
        open_store(tmp_path)
    assert not (tmp_path / "keys").exists()


def test_an_older_store_is_copied_then_upgraded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(tmp_path).close()
    ran: list[str] = []
    monkeypatch.setattr(upgrade, "newest", lambda: "0004")
    with pytest.raises(StoreError, match="older version"):
        open_store(tmp_path, read_only=True)
    monkeypatch.setattr(upgrade.command, "upgrade", lambda config, to: ran.append(to))
    open_store(tmp_path).close()
    assert ran == ["head"]
    copy = sqlite3.connect(tmp_path / "changkong.db.before-0004")
    assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0003",)
    copy.close()


OLD_ROWS: dict[str, dict[str, object]] = {
    "outbox": {
        "id": 1, "room": "bilibili:1", "session": "s1", "comment_id": None, "phrase_id": "p-1", "digest": "d1",
        "intent": "price", "product": None, "text": "x", "mode": "send", "due_ms": T0, "expires_ms": T0 + 1,
        "state": "sent", "detail": "", "updated_ms": T0,
    },
    "phrase_version": {
        "id": "p-1", "digest": "d1", "body": '{"digest":"d1","id":"p-1"}', "state": "live", "signed": "practice",
        "changed_by": "house", "changed_ms": T0,
    },
    "fact": {"product": "sku-1", "name": "price", "value": "59", "source": "hand", "valid_until_ms": None},
    "draw_entry": {
        "id": 1, "draw_id": "draw-1", "uid_cipher": None, "subject_id": "ab", "pseudonym": b"p" * 32,
        "entry_salt": b"s", "comment_id": "s1-1", "at_ms": T0, "refused": None,
    },
}  # fmt: skip
"""Rows as the first version wrote them: without the columns that came later."""


def test_rows_of_the_first_version_verify_after_the_upgrade_and_can_be_changed(
    opener: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    to_the_newest = upgrade.command.upgrade
    with monkeypatch.context() as then:
        then.setattr(upgrade, "newest", lambda: "0001")
        then.setattr(upgrade.command, "upgrade", lambda config, to: to_the_newest(config, "0001"))
        store = opener()
        journal = Journal(store, Wall())
        with journal.deed() as deed:
            for table, row in OLD_ROWS.items():
                deed.record(str(row.get("room", "house")), "old", {}, [deed.put(table, row)])
        journal.close()
        store.close()
    with pytest.raises(StoreError, match="older version"):
        opener(read_only=True)
    store = opener()
    assert verify(store).first_bad is None
    journal = Journal(store, Wall())
    assert [(one.state, one.substance, one.editors) for one in journal.phrase_versions()] == [
        ("live", None, ())
    ]
    assert [one.show_end for one in journal.facts()] == [None]
    assert [(one.value, one.wave) for one in journal.draw_entries("draw-1")] == [(None, 0)]
    assert journal.outbox_note(1, "seen", person="ann").evidence == "seen"
    journal.withdraw_phrase("p-1", "d1", "ann")
    journal.close()
    assert verify(store).first_bad is None
    store.close()


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    journal = Journal(store, Wall(), entrant=entrant)
    shows = full_show()
    journal.commit(shows[0])
    with store.engine.connect() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
    store.engine.dispose()
    limit = f"PRAGMA max_page_count={pages + 3}"
    from sqlalchemy import event

    @event.listens_for(store.engine, "connect")
    def bound(raw: sqlite3.Connection, _: object) -> None:
        raw.execute(limit)

    many = batch([judged(10 + n, uid=f"new{n}", words="满" * 400) for n in range(200)])
    with pytest.raises(StoreFull, match="Nothing was half-written"):
        journal.commit(many)
    assert verify(store).first_bad is None
    event.remove(store.engine, "connect", bound)
    store.engine.dispose()
    assert len(journal.commit(many).comment_ids) == 200
    store.close()


KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from tests.bot.storage.show import batch, entrant, full_show, judged

store = open_store(Path(sys.argv[1]))
journal = Journal(store, lambda: 1763712000000, entrant=entrant)
print(len(journal.commit(full_show()[0]).comment_ids), flush=True)
left = int(sys.argv[2])

@event.listens_for(store.engine, "before_cursor_execute")
def die(conn, cursor, statement, parameters, context, many):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

journal.commit(batch([judged(10 + n) for n in range(50)]))
print("acknowledged", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(__import__("signal"), "SIGKILL"), reason="the system has no SIGKILL")
@pytest.mark.parametrize("statement", [3, 10, 99])
def test_kill_9_keeps_what_was_acknowledged_and_nothing_else(tmp_path: Path, statement: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(statement)], cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr
    acknowledged = "acknowledged" in done.stdout
    assert acknowledged == (statement == 99)
    reader = open_store(tmp_path, read_only=True)
    assert verify(reader).first_bad is None
    reader.close()
    store = open_store(tmp_path)  # The lock died with its holder.
    with store.read() as conn:
        assert conn.exec_driver_sql("SELECT COUNT(*) FROM comment").scalar_one() == (
            60 if acknowledged else 10
        )
    journal = Journal(store, Wall())
    journal.commit(batch([judged(60)]))
    journal.close()
    assert verify(store, words=True).first_bad is None
    store.close()


@pytest.mark.postgres
def test_the_applications_role_cannot_change_the_record(postgres: Callable[[], str], tmp_path: Path) -> None:
    from sqlalchemy import make_url

    owner = postgres()
    open_store(tmp_path, owner).close()
    keeper = open_store(tmp_path, owner)
    with keeper.write() as conn:
        conn.exec_driver_sql("CREATE ROLE app LOGIN PASSWORD 'x'")
    keeper.close()
    app = make_url(owner).set(username="app", password="x").render_as_string(hide_password=False)
    store = open_store(tmp_path, app, migrate_url=owner)
    journal = Journal(store, Wall(), entrant=entrant)
    journal.commit(full_show()[0])
    journal.close()
    assert verify(store).first_bad is None
    for statement in (
        "UPDATE audit_record SET body = body",
        "DELETE FROM audit_seal",
        "TRUNCATE audit_record",
    ):
        with pytest.raises(StoreError, match="permission denied"), store.write() as conn:
            conn.exec_driver_sql(statement)
    store.close()


def test_times_do_not_matter_to_opening(tmp_path: Path) -> None:
    """A clock set back between two runs breaks neither the chain nor the seals."""
    for ms in (T0 + 86_400_000, T0):
        store, wall = open_store(tmp_path), Wall()
        wall.ms = ms
        journal = Journal(store, wall)
        journal.append_record("house", "note", {})
        journal.close()
        assert verify(store).first_bad is None
        store.close()


@pytest.mark.skipif(os.name != "posix", reason="the system knows no such rights")
def test_a_new_data_directory_is_its_owners_alone(tmp_path: Path) -> None:
    open_store(tmp_path / "data").close()
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
