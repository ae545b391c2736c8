"""`audit verify`: recompute the whole record and everything it commits to, with nothing but public keys.

Checked, in this order, one row at a time (memory does not grow with the store; a scratch file on disk holds what
the record said last about each row):

1. every record: hash over the stored bytes, link to the one before, no gap, generated columns as in the body;
2. every seal: signature, and that the chain really had that hash at that place; day seals over their checkpoints;
   `seals.log` and `audit_seal` say the same. A seal ahead of the rows means the end of a chain was cut off;
3. every row of every audited table against the last record about it: one changed, missing or added row is found;
4. the sessions' counts against their comments; with `words`, each text against its commitment (needs the keys).

Not covered: see `canonical.AUDITED`. What a chain made by ourselves cannot show is that its beginning was true.
"""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from bot.errors import RecordBroken, StoreError
from bot.storage.canonical import AUDITED, BOOKMARK, Audited
from bot.storage.chain import GENESIS, HOUSE
from bot.storage.engine import Store, troubles
from bot.storage.seals import COLUMNS, Seal, checkpoints_of, merkle_root
from bot.storage.vault import Vault, commitment, decrypt

PAGE = 1_000
"""Rows fetched at a time."""


class FirstBad(msgspec.Struct, frozen=True):
    """The first thing found wrong. `chain` is the chain, or the table or file; `seq` None when it is no record."""

    chain: str
    seq: int | None
    why: str

    def __str__(self) -> str:
        place = self.chain if self.seq is None else f"{self.chain} #{self.seq}"
        return f"{place}: {self.why}"


class Report(msgspec.Struct, frozen=True):
    """What was looked at, and the first thing wrong; None when all is as it was recorded.

    `unsealed` counts the records after the last checkpoint of their chain: none after a clean exit, a few after a
    crash. Until they are sealed the owner of the file could write them anew, so anybody relying on them should know.
    """

    records: int
    chains: int
    seals: int
    rows: int
    first_bad: FirstBad | None
    unsealed: int = 0

    @property
    def verified(self) -> bool:
        return self.first_bad is None


class _Found(Exception):
    def __init__(self, chain: str, seq: int | None, why: str) -> None:
        self.bad = FirstBad(chain, seq, why)


_UNSEALED = text(
    "SELECT COUNT(*) FROM audit_record r WHERE r.seq > COALESCE("
    "(SELECT MAX(s.seq) FROM audit_seal s WHERE s.chain = r.chain AND s.kind = 'checkpoint'), -1)"
)


def verify(store: Store, *, words: bool = False) -> Report:
    """Check the record of `store`. `words` also decrypts every text (StoreError without the keys)."""
    if words and store.keys is None:
        raise StoreError("To check the words themselves the keys are needed; name their directory.")
    check = Verification(store)
    bad: FirstBad | None = None
    with troubles(store.name):
        try:
            check.run(words)
        except _Found as found:
            bad = found.bad
        finally:
            check.scratch.close()
    return Report(check.records, check.chains, check.seals, check.rows, bad, check.unsealed)


def require_verified(store: Store) -> Report:
    """`verify`, raising RecordBroken at the first thing wrong."""
    report = verify(store)
    if report.first_bad is not None:
        bad = report.first_bad
        raise RecordBroken(f"The audit record is broken at {bad}.", chain=bad.chain, seq=bad.seq)
    return report


class Verification:
    """One walk over a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.records = self.chains = self.seals = self.rows = self.unsealed = 0
        self.scratch = sqlite3.connect(
            "", isolation_level=None
        )  # A nameless file of SQLite's own, gone when closed.
        self.scratch.executescript(
            "PRAGMA cache_size=-16000;"
            "CREATE TABLE said (name TEXT, key TEXT, hash TEXT, PRIMARY KEY (name, key)) WITHOUT ROWID;"
            "CREATE TABLE line (line BLOB PRIMARY KEY) WITHOUT ROWID;"
            "CREATE TABLE place (chain TEXT, seq INTEGER, hash BLOB, PRIMARY KEY (chain, seq)) WITHOUT ROWID;"
            "BEGIN"
        )

    def run(self, words: bool) -> None:
        # The log first, then one view of the rows: a writer at work can only add to the rows meanwhile.
        logged = self._read_log()
        with self.store.read() as conn:
            self.unsealed = int(conn.execute(_UNSEALED).scalar_one())
            self._note_sealed_places(conn)
            self._records(conn)
            self._seals(conn, logged)
            for audited in AUDITED.values():
                self._rows(conn, audited)
            self._counts(conn)
            if words:
                self._words(conn)

    # Records

    def _note_sealed_places(self, conn: Connection) -> None:
        """Which hashes the seals will ask for."""
        found = conn.execute(text("SELECT DISTINCT chain, seq FROM audit_seal WHERE kind = 'checkpoint'"))
        self.scratch.executemany(
            "INSERT OR IGNORE INTO place VALUES (?, ?, NULL)", (tuple(row) for row in found)
        )

    def _records(self, conn: Connection) -> None:
        sealed = {row[0] for row in self.scratch.execute("SELECT DISTINCT chain FROM place")}
        chain, seq, last = "", -1, GENESIS
        said: list[tuple[str, str, str | None]] = []
        for row in itertools.chain(_stream(conn, _ROOMS), _stream(conn, _HOUSE)):
            if self.records == 0 or row[0] != chain:
                chain, seq, last = row[0], -1, GENESIS
                self.chains += 1
            seq += 1
            body = _check_record(row, chain, seq, last)
            last = bytes(row[4])
            self.records += 1
            said.extend(map(tuple, body["rows"]))
            if chain in sealed:
                self.scratch.execute(
                    "UPDATE place SET hash = ? WHERE chain = ? AND seq = ?", (last, chain, seq)
                )
            if len(said) >= PAGE:
                self._keep(said)
        self._keep(said)

    def _keep(self, said: list[tuple[str, str, str | None]]) -> None:
        self.scratch.executemany("INSERT OR REPLACE INTO said VALUES (?, ?, ?)", said)
        said.clear()

    # Seals

    def _read_log(self) -> int | None:
        """The lines of seals.log into scratch; how many whole ones, None when there is no such file."""
        path = self.store.seals_log
        if not path.exists():
            return None
        count = 0
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):  # The last line may be torn by a crash; it was never promised.
                    count += 1
                    self.scratch.execute("INSERT OR IGNORE INTO line VALUES (?)", (line[:-1],))
        return count

    def _seals(self, conn: Connection, logged: int | None) -> None:
        keys = {
            row[0]: bytes(row[1]) for row in conn.execute(text("SELECT key_id, public_key FROM seal_key"))
        }
        newest = conn.execute(text("SELECT MAX(at_ms) FROM audit_seal")).scalar()
        matched = 0
        if logged is None and newest is not None:
            raise _Found("seals.log", None, "the file is missing")
        for row in _stream(
            conn, f"SELECT {COLUMNS} FROM audit_seal ORDER BY at_ms, kind DESC, day, chain, seq"
        ):
            seal = _seal(row)
            self.seals += 1
            key = keys.get(seal.key_id)
            if key is None or not seal.holds(key):
                raise _Found(seal.chain, seal.seq, "the signature of its seal does not hold")
            if seal.kind == "day":
                leaves = [one.line() for one in checkpoints_of(conn, seal.day)]
                if merkle_root(leaves) != seal.record_hash or len(leaves) != seal.count:
                    raise _Found(
                        seal.chain, seal.seq, f"the seal of {seal.day} is not over that day's checkpoints"
                    )
            else:
                self._check_place(seal)
            if self.scratch.execute("SELECT 1 FROM line WHERE line = ?", (seal.line(),)).fetchone():
                matched += 1
            elif seal.at_ms != newest:
                # The very last lines may be missing: a crash between COMMIT and the line. They are added at start.
                raise _Found("seals.log", None, f"the seal of {seal.chain} #{seal.seq} is missing in it")
        if logged is not None and logged != matched:
            raise _Found(
                "seals.log", None, "it has seals the store lacks: the store's end was cut off or changed"
            )

    def _check_place(self, seal: Seal) -> None:
        place = (seal.chain, seal.seq)
        found = self.scratch.execute("SELECT hash FROM place WHERE chain = ? AND seq = ?", place).fetchone()
        if found is None or found[0] is None:
            raise _Found(
                seal.chain, seal.seq, "a seal is ahead of the records: the end of the chain was cut off"
            )
        if found[0] != seal.record_hash or seal.count != seal.seq + 1:
            raise _Found(seal.chain, seal.seq, "the record is not the one that was sealed")

    # Rows

    def _rows(self, conn: Connection, audited: Audited) -> None:
        columns = ", ".join(f'"{name}"' for name in audited.columns)
        keys = ", ".join(f'"{name}"' for name in audited.key)
        here = 0
        for row in _stream(conn, f'SELECT {columns} FROM "{audited.name}" ORDER BY {keys}'):
            values = dict(zip(audited.columns, row, strict=True))
            if audited.name == "house_setting" and str(values["key"]).startswith(BOOKMARK):
                continue
            here += 1
            key, now = _hashed(audited, values)
            found = self.scratch.execute(
                "SELECT hash FROM said WHERE name = ? AND key = ?", (audited.name, key)
            )
            said = found.fetchone()
            if said is None or said[0] is None:
                raise _Found(audited.name, None, f"row {key} is not in the record")
            if said[0] != now:
                raise _Found(audited.name, None, f"row {key} is not as it was recorded")
        self.rows += here
        query = "SELECT COUNT(*) FROM said WHERE name = ? AND hash IS NOT NULL"
        if audited.name == "house_setting":
            query += f" AND key NOT LIKE '{BOOKMARK}%'"
        told = self.scratch.execute(query, (audited.name,)).fetchone()[0]
        if told != here:
            raise _Found(audited.name, None, f"{told - here} rows that were recorded are missing")

    def _counts(self, conn: Connection) -> None:
        query = (
            "SELECT s.id, s.judged, s.comments, s.dropped, "
            "(SELECT COUNT(*) FROM comment c WHERE c.session = s.id) FROM session s ORDER BY s.id"
        )
        for session, judged, comments, dropped, here in _stream(conn, query):
            if judged != here or comments != judged + dropped:
                raise _Found(
                    "session", None, f"session {session} counts {judged} judged comments, {here} are there"
                )

    def _words(self, conn: Connection) -> None:
        """Each text that can still be read against the commitment in its comment."""
        assert self.store.keys is not None
        vault = Vault(self.store.keys)
        query = (
            "SELECT t.text_id, t.subject_id, t.key_id, t.nonce, t.ciphertext, c.text_commitment "
            "FROM comment_text t JOIN comment c ON c.text_id = t.text_id ORDER BY t.n"
        )
        for text_id, subject, key_id, nonce, ciphertext, committed in _stream(conn, query):
            key = vault.known(subject)
            if key is None:
                loaded = vault.load(conn, [subject])
                vault.remember(loaded.items())
                key = loaded.get(subject)
            if key is None or key.key_id != key_id:
                continue  # Erased.
            payload = decrypt(key, key_id, bytes(nonce), bytes(ciphertext), text_id)
            if payload is None or commitment(payload.salt, payload.text) != bytes(committed):
                raise _Found("comment_text", None, f"the words of {text_id} are not those recorded")


_RECORDS = "SELECT chain, seq, prev_hash, body, record_hash, record_type, session, at_ms FROM audit_record "
_ROOMS = f"{_RECORDS}WHERE chain <> '{HOUSE}' ORDER BY chain, seq"
_HOUSE = f"{_RECORDS}WHERE chain = '{HOUSE}' ORDER BY seq"


def _stream(conn: Connection, query: str) -> Iterator[Any]:
    """Rows as the driver gives them, a page at a time. The server's cursor goes also when the reader stops early."""
    with conn.execution_options(stream_results=True, yield_per=PAGE).exec_driver_sql(query) as found:
        for page in found.partitions(PAGE):
            yield from page


def _check_record(row: Any, chain: str, seq: int, last: bytes) -> dict[str, Any]:
    """The body of a record that is what and where it should be."""
    if row[1] != seq:
        raise _Found(chain, seq, f"a record is missing: #{row[1]} stands in its place")
    try:
        body = row[3].encode()
        told: dict[str, Any] = msgspec.json.decode(body)
    except (AttributeError, UnicodeError, msgspec.DecodeError):
        raise _Found(chain, seq, "the body is no JSON") from None
    if hashlib.sha256(body).digest() != row[4]:
        raise _Found(chain, seq, "the hash is not that of the body")
    if row[2] != last or told.get("prev_hash") != last.hex():
        raise _Found(chain, seq, "it is not linked to the record before it")
    if told.get("chain") != chain or told.get("seq") != seq:
        raise _Found(chain, seq, "it was made for another place")
    if (told.get("record_type"), told.get("session"), told.get("at_ms")) != tuple(row[5:8]):
        raise _Found(chain, seq, "a generated column is not what the body says")
    return told


def _seal(row: Any) -> Seal:
    try:
        seal = Seal(*row)
        seal.line()
    except (TypeError, AttributeError, UnicodeError):
        raise _Found(str(row[2]), None, "a seal holds values of the wrong kind") from None
    return seal


def _hashed(audited: Audited, values: dict[str, Any]) -> tuple[str, str]:
    try:
        return audited.key_of(values), audited.hash_of(values)
    except (TypeError, UnicodeError, ValueError):
        raise _Found(audited.name, None, "a row holds values of the wrong kind") from None
