"""What must hold of a room's draws whatever happens. It hears every version of every draw that was ever stored, by a
trigger in the database, and knows the rules by heart instead of asking the code under test."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.policy import GRACE_MS, RoomState
from bot.storage.audit import verify as verify_record
from bot.storage.engine import Store
from bot.storage.values import DrawRow
from lottery import proof, roster
from lottery.beacon import practice_beacon
from lottery.signed import read_closed, read_commitment, read_drawn, read_void
from lottery.succession import check as check_succession
from lottery.verify import verify_bytes

ZERO = "0" * 64
DAY_MS = 86_400_000
NEXT = {
    "announced": {"announced", "open"},
    "open": {"closed"},
    "closed": {"challenge"},
    "challenge": {"challenge", "beacon"},
    "beacon": {"beacon", "claim"},
    "claim": {"claim", "archived"},
    "archived": set(),
    "void": {"archived"},
}
VOIDABLE = {
    "cancelled": {"announced", "open"},
    "failure": {"open", "closed", "challenge"},
    "closed_late": {"open", "closed"},
    "no_entries": {"beacon"},
    "beacon_stopped": {"beacon"},
}
ONE_ROW_EACH = ("keyword", "guess", "purchase")
"""Kinds in which each account that is in has one row and one leaf."""

verify_file, Roster = verify_bytes, roster.Roster


def listen(store: Store) -> None:
    """Put the ear into a store: every version of a draw goes into a table of the oracle's own."""
    columns = "id, room, sequence, state, body"
    new = ", ".join(f"NEW.{name}" for name in columns.split(", "))
    with store.write() as conn:
        conn.exec_driver_sql(f"CREATE TABLE heard_draw (n INTEGER PRIMARY KEY, {columns})")
        for when in ("INSERT", "UPDATE"):
            conn.exec_driver_sql(
                f"CREATE TRIGGER hear_{when} AFTER {when} ON draw BEGIN "
                f"INSERT INTO heard_draw ({columns}) VALUES ({new}); END"
            )
        conn.exec_driver_sql(
            "CREATE TRIGGER hear_DELETE AFTER DELETE ON draw BEGIN "
            "INSERT INTO heard_draw (id, state) VALUES (OLD.id, 'deleted'); END"
        )


@dataclass
class Life:
    """One draw as heard so far."""

    sequence: int
    state: str
    body: dict[str, Any]
    published: list[Any]
    accepted: int | None = None
    missed: set[str] = field(default_factory=set)


class Oracle:
    """Raises AssertionError with what is wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lives: dict[str, Life] = {}
        self.heard = 0
        self.promised: list[tuple[str, str]] = []

    def expects(
        self, uid: str, text: str, at_ms: int, state: RoomState, rows: list[DrawRow], now_ms: int | None
    ) -> None:
        """Note it when this comment has to be let in: the keyword, in time, by somebody, while the list is open, and
        open it is until the promised time. `now_ms`: the true time; None when clocks have been wrong."""
        draw = state.draw
        if draw is None or draw.kind != "keyword" or text != draw.keyword:
            return
        stored = next((row.state for row in rows if row.id == draw.draw_id), None)
        in_time = draw.opens_ms <= at_ms < draw.closes_ms and state.now_ms < draw.closes_ms + GRACE_MS
        open_yet = (
            now_ms is not None and now_ms < draw.closes_ms + GRACE_MS and stored in ("closed", "challenge")
        )
        if in_time and (open_yet or stored in ("announced", "open")):
            self.promised.append((draw.draw_id, uid))

    def look(self, store: Store, now_ms: int | None = None) -> None:
        """Hear what was stored since the last look. `now_ms`: the true time, where it is to be asked for."""
        with store.read() as conn:
            found = conn.exec_driver_sql(
                "SELECT * FROM heard_draw WHERE n > ? ORDER BY n", (self.heard,)
            ).all()
            counted = conn.exec_driver_sql(
                "SELECT draw_id, COUNT(*), COUNT(DISTINCT hex(pseudonym) || '/' || wave) FROM draw_entry "
                "WHERE refused IS NULL GROUP BY draw_id"
            ).all()
            refused = conn.exec_driver_sql(
                "SELECT COUNT(*) FROM draw_entry WHERE refused IS NOT NULL"
            ).scalar_one()
        accepted = {row[0]: row[1] for row in counted}
        assert all(row[1] == row[2] for row in counted), "an account is in twice"
        for number, *version in found:
            self.heard = number
            self._version(*version, accepted=accepted, now_ms=now_ms)
        for draw_id, life in self.lives.items():
            if life.accepted is not None:
                assert accepted.get(draw_id, 0) == life.accepted, f"the list of {draw_id} went on growing"
        taking = [one for one in self.lives.values() if one.state in ("announced", "open")]
        assert len(taking) <= 1, "two draws take entries"
        self._kept_promises(store, refused)

    def _kept_promises(self, store: Store, refused: int) -> None:
        if not self.promised:
            return
        with store.read() as conn:
            entered = conn.exec_driver_sql(
                "SELECT draw_id, COUNT(DISTINCT subject_id) FROM draw_entry WHERE refused IS NULL GROUP BY draw_id"
            ).all()
        for draw_id, count in entered:
            promised = {uid for draw, uid in self.promised if draw == draw_id}
            assert count >= len(promised), f"somebody who entered {draw_id} in time is not in"
        missing = {draw for draw, _ in self.promised} - {draw for draw, _ in entered}
        assert not missing, f"nobody is in {missing} though somebody entered in time; {refused} refused"

    def _version(
        self, draw_id: str, room: str, sequence: int, state: str, body: str, *, accepted: dict[str, int],
        now_ms: int | None,
    ) -> None:  # fmt: skip
        assert state != "deleted", f"{draw_id} was deleted"
        public = json.loads(body)
        ends = [public[name] for name in ("drawn", "void") if name in public]
        published = [public["commitment"], *public["closed"], *ends, *public.get("claims", ())]
        life = self.lives.get(draw_id)
        if life is None:
            self._announced(draw_id, sequence, state, public)
            self.lives[draw_id] = Life(sequence, state, public, published)
            return
        assert sequence == life.sequence, f"{draw_id} changed its number"
        before = life.published
        assert published[: len(before)] == before, f"a record published by {draw_id} changed or vanished"
        assert len(ends) <= 1, f"{draw_id} has two results"
        pasted = life.body.get("pasted_beacon")
        assert pasted is None or "pasted_beacon" in public, f"the beacon pasted for {draw_id} is lost"
        announced = read_commitment(public["commitment"])
        if state == "void" != life.state:
            self._void(life, announced, public, accepted.get(draw_id, 0))
        else:
            assert state in NEXT[life.state], f"{draw_id} went from {life.state} to {state}"
        if len(public["closed"]) > len(life.body["closed"]):
            self._closed(announced, public, accepted.get(draw_id, 0), now_ms)
            life.accepted = accepted.get(draw_id, 0)
        if "drawn" in public and "drawn" not in life.body:
            assert life.body["closed"], f"{draw_id} has a result without a list stored before it"
            assert state == "claim"
            self._drawn(draw_id, announced, public)
        self._claims(public)
        life.state, life.body, life.published = state, public, published

    def _announced(self, draw_id: str, sequence: int, state: str, public: dict[str, Any]) -> None:
        assert state == "announced", f"{draw_id} began as {state}"
        assert set(public) <= {"commitment", "closed", "last_hash", "merchant"}, (
            f"{draw_id} began with a result"
        )
        assert not public["closed"]
        record = public["commitment"]["record"]
        assert sequence == record["sequence"] == len(self.lives) + 1, f"{draw_id} has number {sequence}"
        last = next((one for one in self.lives.values() if one.sequence == sequence - 1), None)
        end = ZERO
        if last is not None:
            ends = [last.body[name]["hash"] for name in ("drawn", "void") if name in last.body]
            assert ends, f"draw {sequence} was announced before the one before had ended"
            end = ends[0]
        assert record["prev"] == end, f"{draw_id} does not follow the draw before it"

    def _closed(self, announced: Any, public: dict[str, Any], accepted: int, now_ms: int | None) -> None:
        closed = read_closed(public["closed"][-1]).record
        deadline = announced.record.deadline_ms
        assert announced.record.terms.close_at <= closed.issued_at < deadline, "a list outside its time"
        if announced.record.contest.KIND in ONE_ROW_EACH:
            assert closed.entries == accepted, f"{accepted} are in, but the list has {closed.entries}"
        assert now_ms is None or now_ms < deadline, "a list was published after the deadline"

    def _drawn(self, draw_id: str, announced: Any, public: dict[str, Any]) -> None:
        drawn, last = read_drawn(public["drawn"]).record, public["closed"][-1]
        promised = announced.record.beacon.round
        assert drawn.beacon == practice_beacon(promised), f"{draw_id} was drawn from another beacon"
        assert (drawn.commit_hash, drawn.prev) == (announced.hash, last["hash"])
        file = self.folder / "draws" / f"{draw_id}.proof.json"
        assert file.exists(), f"{draw_id} has a result without a proof"
        self.verified(file, public, announced.hash)

    def verified(self, file: Path, public: dict[str, Any], announced: str) -> None:
        """A stranger's check of a proof file, against what was shown in the room."""
        data = file.read_bytes()
        report = verify_file(data, expect=announced)
        wrong = next((step.detail for step in report.steps if step.status == "failed"), "")
        assert report.ok, f"{file.name} does not verify: {wrong}"
        given = proof.parse(data)
        assert given.drawn.hash == public["drawn"]["hash"], f"{file.name} tells of another result"
        assert given.leaves is not None
        assert Roster.from_leaves(given.leaves).root.hex() == public["closed"][-1]["record"]["root"]

    def _void(self, life: Life, announced: Any, public: dict[str, Any], entries: int) -> None:
        record = read_void(public["void"]).record
        reason, at_ms = record.reason, record.to_json()["voided_at"]
        assert life.state in VOIDABLE.get(reason, set()), f"a draw that was {life.state} is void as {reason}"
        deadline, due = announced.record.deadline_ms, announced.record.beacon.due_ms
        closed = life.body["closed"]
        entered = closed[-1]["record"]["entries"] if closed else entries
        true = {
            "cancelled": entered == 0,
            "failure": at_ms < deadline,
            "closed_late": at_ms >= deadline and not closed,
            "no_entries": entered == 0,
            "beacon_stopped": at_ms >= due + DAY_MS,
        }
        assert true[reason], f"a draw is void as {reason}, which is not so"
        assert record.prev == (closed[-1]["hash"] if closed else announced.hash)

    def _claims(self, public: dict[str, Any]) -> None:
        claims = [one["record"] for one in public.get("claims", ())]
        if not claims:
            return
        drawn = public["drawn"]["record"]
        winners, picks = len(drawn["winners"]), len(drawn["winners"]) + len(drawn["reserves"])
        prev, dropped, done = public["drawn"]["hash"], 0, set[int]()
        for envelope, claim in zip(public["claims"], claims, strict=True):
            place = claim["place"]
            assert claim["prev"] == prev, "the claims are no chain"
            assert place not in done, f"place {place} was settled twice"
            assert place <= min(winners + dropped, picks), f"reserve {place} before its turn"
            dropped += claim["outcome"] != "confirmed"
            done.add(place)
            prev = envelope["hash"]

    def ended(self, store: Store, rows: list[DrawRow]) -> None:
        """All draws have come to their end, and the room's history can be checked from the first one on."""
        self.look(store)
        for row in rows:
            assert row.state in ("archived", "void"), f"{row.id} is stuck: {row.state}"
            ends = [one for one in ("drawn", "void") if one in row.body]
            assert len(ends) == 1, f"{row.id} ended with {ends}"
            if "drawn" in row.body:
                file = self.folder / "draws" / f"{row.id}.proof.json"
                self.verified(file, row.body, row.body["commitment"]["hash"])
                listed = self.folder / "draws" / f"{row.id}.list.json"
                assert verify_file(file.read_bytes(), list_data=listed.read_bytes()).ok, (
                    f"{listed.name} does not fit"
                )
        assert sorted(row.sequence for row in rows) == list(range(1, len(rows) + 1)), "a number is missing"
        check_succession([
            (
                read_commitment(row.body["commitment"]),
                read_drawn(row.body["drawn"]) if "drawn" in row.body else read_void(row.body["void"]),
            )
            for row in sorted(rows, key=lambda one: one.sequence)
        ])  # fmt: skip
        assert verify_record(store).verified, "the record does not verify"
