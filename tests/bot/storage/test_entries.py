"""What comments bring to draws and polls, as rows: once, in time, and whose."""

from __future__ import annotations

import msgspec
import pytest

from bot.comment import Happening, Viewer
from bot.decision import CodeSaid, Decision, Entry, Vote
from bot.errors import StoreError
from bot.pipeline import Placed
from bot.storage.audit import verify
from bot.storage.engine import Store
from bot.storage.journal import Journal
from bot.storage.readings import Readings
from bot.storage.values import DrawRow, EntryRow

from .conftest import Wall
from .show import ROOM, T0, batch, entrant, judged, taking_part


def draw(journal: Journal, state: str = "open") -> None:
    journal.save_draw(DrawRow("draw-1", str(ROOM), "s1", 1, state, {"last_hash": "a"}), by="li")


def entries(journal: Journal) -> list[EntryRow]:
    return list(journal.draw_entries("draw-1", accepted=None))


def enter(journal: Journal, *ones: tuple[str | None, Entry], first: int = 0) -> tuple[int, ...]:
    comments = [
        judged(first + n, uid=uid, decision=Decision(entry=entry)) for n, (uid, entry) in enumerate(ones)
    ]
    return journal.commit(batch(comments, opened=first == 0)).entries


def test_value_and_wave_are_kept(journal: Journal, store: Store) -> None:
    big = 2**48 - 1
    enter(journal, ("u1", Entry("draw-1", None, big)), ("u2", Entry("draw-1", None, 0, 1)))
    assert [(one.value, one.wave) for one in entries(journal)] == [(big, 0), (0, 1)]
    assert verify(store).first_bad is None


def test_each_wave_is_entered_once_whatever_the_state_says(journal: Journal) -> None:
    waves = [("u1", Entry("draw-1", wave=wave)) for wave in (0, 1, 1)]
    assert len(enter(journal, *waves)) == 2
    assert enter(journal, *waves, first=3) == ()
    assert [one.refused for one in entries(journal)] == [None, None, *["duplicate"] * 4]


def test_two_ways_of_writing_one_account_enter_once(store: Store, wall: Wall) -> None:
    from lottery.entry import entry_salt, pseudonym

    def real(draw_id: str, platform: str, uid: str) -> tuple[bytes, bytes]:
        salt = entry_salt(b"s" * 32, platform, uid)
        return salt, pseudonym(salt, draw_id, platform, uid)

    journal = Journal(store, wall, entrant=real)
    assert len(enter(journal, ("é", Entry("draw-1")), ("e\u0301", Entry("draw-1")))) == 1
    assert enter(journal, ("e\u0301", Entry("draw-1")), first=2) == ()


def test_what_comes_after_the_list_is_late(journal: Journal) -> None:
    draw(journal, "announced")
    assert len(enter(journal, ("u1", Entry("draw-1")))) == 1
    draw(journal, "closed")
    assert enter(journal, ("u2", Entry("draw-1")), ("u3", Entry("draw-1", "staff")), first=1) == ()
    assert [one.refused for one in entries(journal)] == [None, "late", "staff"]


def test_the_refused_have_a_pseudonym_and_a_salt_when_they_are_known(journal: Journal) -> None:
    unknown = Entry("draw-1", "unknown_viewer")
    enter(journal, ("u1", Entry("draw-1", "staff")), (None, Entry("draw-1")), ("u\ud800", unknown))
    known, nameless, broken = entries(journal)
    assert (known.entry_salt, known.pseudonym) == entrant("draw-1", "bilibili", "u1")
    assert (nameless.refused, nameless.pseudonym, nameless.uid) == ("unknown_viewer", None, None)
    assert (broken.refused, broken.pseudonym) == ("unknown_viewer", None)


def test_without_anybody_to_make_pseudonyms_no_entry_is_stored(store: Store, wall: Wall) -> None:
    with pytest.raises(StoreError, match="pseudonyms"):
        enter(Journal(store, wall), ("u1", Entry("draw-1")))
    with store.read() as conn:
        assert conn.exec_driver_sql("SELECT COUNT(*) FROM comment").scalar() == 0


def order(uid: str | None, entry: Entry | None) -> Placed:
    viewer = None if uid is None else Viewer(uid, "小王")
    data: dict[str, object] = {"id": "o1", "product": "P1", "state": "paid"}
    return Placed("s1", Happening(ROOM, "order", T0, T0, viewer, None, "", data), T0, entry)


def test_a_paid_order_is_an_entry_with_a_record_of_its_own(journal: Journal, store: Store) -> None:
    entry = Entry("draw-1")
    orders = (order("u1", entry), order("u1", entry), order("u2", None), order(None, entry))
    one = msgspec.structs.replace(batch([judged(0)], opened=True), happenings=orders)
    assert len(journal.commit(one).entries) == 1
    rows = entries(journal)
    assert [(row.uid, row.refused, row.comment_id) for row in rows] == [
        ("u1", None, "h1"), ("u1", "duplicate", "h2"), (None, "unknown_viewer", "h4"),
    ]  # fmt: skip
    counts = Readings(store).counts("s1")
    assert (counts.entries, counts.entries_refused) == (1, {"duplicate": 1, "unknown_viewer": 1})
    with store.read() as conn:
        query = "SELECT COUNT(*) FROM audit_record WHERE record_type = 'order_entry'"
        assert conn.exec_driver_sql(query).scalar() == 3
    assert verify(store).first_bad is None


# Votes


def test_the_first_vote_of_an_account_counts_over_all_batches(journal: Journal, store: Store) -> None:
    poll = journal.open_poll(ROOM, "s1", "要哪个", ("黑", "白"), at_ms=T0, by="li")
    journal.commit(batch(taking_part(0, poll.poll_id), opened=True))
    again = batch([judged(5, uid="u1", decision=Decision(vote=Vote(poll.poll_id, 2)))])
    journal.commit(again)
    told = journal.poll(poll.poll_id)
    assert told is not None
    assert told.votes == (1, 1)
    assert verify(store).first_bad is None


def test_a_closed_poll_takes_no_vote(journal: Journal) -> None:
    poll = journal.open_poll(ROOM, "s1", "要哪个", ("黑", "白"), at_ms=T0, by="li")
    journal.close_poll(poll.poll_id, at_ms=T0 + 1, by="li")
    journal.commit(batch(taking_part(0, poll.poll_id), opened=True))
    journal.commit(batch([judged(9, uid="u9", decision=Decision(vote=Vote("poll-unknown", 1)))]))
    told = journal.poll(poll.poll_id)
    assert told is not None
    assert told.votes == (0, 0)


# Codes


def codes(journal: Journal, *said: tuple[str | None, str], first: int = 0) -> None:
    comments = [
        judged(first + n, uid=uid, decision=Decision(code=CodeSaid("lookup", code, "draw-1")))
        for n, (uid, code) in enumerate(said)
    ]
    journal.commit(batch(comments, opened=first == 0))


def test_a_code_belongs_to_who_said_it_first_and_everybody_has_one(journal: Journal, store: Store) -> None:
    codes(journal, ("u1", "AB12"), ("u2", "AB12"), ("u1", "CD34"), (None, "EF56"))
    codes(journal, ("u3", "AB12"), ("u1", "GH78"), ("u3", "CD34"), first=4)
    who = {code: journal.code_owner("draw-1", code) for code in ("AB12", "CD34", "EF56", "GH78")}
    viewer = journal.vault.viewer
    assert who == {
        "AB12": viewer("bilibili", "u1"),
        "CD34": viewer("bilibili", "u3"),
        "EF56": None,
        "GH78": None,
    }
    assert journal.code_owner("draw-2", "AB12") is None
    assert verify(store).first_bad is None


def test_no_code_typed_stands_in_the_open_anywhere(journal: Journal, store: Store) -> None:
    codes(journal, ("u1", "13800138000"))
    said = judged(1, uid="u2", decision=Decision(code=CodeSaid("claim", "ABCD2345", "draw-1")))
    journal.commit(batch([said]))
    with store.read() as conn:
        rows = [
            str(row)
            for table in ("draw_code", "claim_said", "comment", "audit_record")
            for row in conn.exec_driver_sql(f"SELECT * FROM {table}")
        ]
        claims = conn.exec_driver_sql("SELECT comment_id, code FROM claim_said").all()
    assert claims == [("s1-1", journal.vault.code_mark("claim", "ABCD2345"))]
    assert not [row for row in rows if "13800138000" in row or "ABCD2345" in row]
