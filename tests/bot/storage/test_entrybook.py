"""Entries as lists, counts, single answers, and what people compare."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import bindparam, text

from bot.decision import Decision, Entry, Vote
from bot.storage.engine import Store
from bot.storage.entrybook import SAID_BY
from bot.storage.journal import Journal
from bot.storage.values import EntryLists

from .conftest import Wall
from .show import ROOM, STAFFED_DRAW, T0, batch, entrant, judged


def name(uid: str) -> bytes:
    return entrant("draw-1", "bilibili", uid)[1]


def fill(journal: Journal) -> None:
    said = [
        ("u1", Entry("draw-1", None, 7)), ("u2", Entry("draw-1", None, 9, 1)), ("u1", Entry("draw-1", None, 7)),
        ("u1", Entry("draw-1", "duplicate")), ("u3", Entry("draw-1", "staff")), (None, Entry("draw-1")),
        ("u4", Entry("draw-2")),
    ]  # fmt: skip
    comments = [
        judged(n, uid=uid, decision=Decision(entry=entry), name=f"名{uid}")
        for n, (uid, entry) in enumerate(said)
    ]
    journal.commit(batch(comments, opened=True))


def test_the_lists_hold_all_that_a_root_is_made_of(journal: Journal) -> None:
    fill(journal)
    lists = journal.entry_lists("draw-1")
    assert lists.accepted == [(name("u1"), 7, 0), (name("u2"), 9, 1)]
    assert lists.counts == {"duplicate": 2, "staff": 1, "unknown_viewer": 1}
    assert sorted(lists.refused) == sorted([(name("u1"), "duplicate"), (name("u3"), "staff")])
    assert journal.entry_counts("draw-1") == (2, lists.counts)
    assert journal.entry_pseudonyms("draw-1") == sorted([name("u1"), name("u2")])
    assert journal.entry_lists("draw-9") == EntryLists([], {}, [])


def test_the_lists_outlive_an_erasure(journal: Journal) -> None:
    fill(journal)
    before = journal.entry_lists("draw-1")
    journal.erase_subject("bilibili", "u1", by="compliance")
    assert journal.entry_lists("draw-1") == before


def test_all_that_one_account_said_to_a_draw(journal: Journal) -> None:
    fill(journal)
    mine = journal.entry_at("draw-1", name("u1"))
    assert [(one.uid, one.refused, one.value) for one in mine] == [
        ("u1", None, 7), ("u1", "duplicate", 7), ("u1", "duplicate", None),
    ]  # fmt: skip
    assert journal.entry_at("draw-1", b"stranger") == ()
    assert journal.entry_at("draw-2", name("u1")) == ()


def test_entrants_come_with_name_and_first_comment(journal: Journal) -> None:
    journal.commit(batch([judged(0, uid="u2", at_ms=T0 - 60_000, session="s0")], opened=True, session="s0"))
    fill(journal)
    one, two, *rest = journal.entrants("draw-1")
    assert (one.uid, one.name, one.at_ms, one.first_seen_ms) == ("u1", "名u1", T0, T0)
    assert (two.name, two.first_seen_ms, two.comment_id) == ("名u2", T0 - 60_000, "s1-1")
    assert [other.refused for other in rest] == ["duplicate", "duplicate", "staff", "unknown_viewer"]
    journal.erase_subject("bilibili", "u1", by="compliance")
    erased, *_ = journal.entrants("draw-1")
    assert (erased.uid, erased.name) == (None, None)


def test_the_entries_of_a_minute(journal: Journal) -> None:
    fill(journal)
    some = journal.entries_between("draw-1", T0 + 1_000, T0 + 4_000)
    assert [one.at_ms for one in some] == [T0 + 1_000, T0 + 2_000, T0 + 3_000]
    assert len(journal.entries_between("draw-1", 0, T0 * 2, limit=2)) == 2


def test_entries_are_fetched_page_by_page(journal: Journal) -> None:
    many = [judged(n, uid=f"u{n}", decision=Decision(entry=Entry("draw-1"))) for n in range(501)]
    journal.commit(batch(many, opened=True))
    assert [one.uid for one in journal.draw_entries("draw-1")] == [f"u{n}" for n in range(501)]
    assert len(list(journal.entrants("draw-1"))) == 501


def test_after_a_restart_the_room_knows_who_is_in_by_wave_and_who_voted(
    opener: Callable[..., Store], wall: Wall
) -> None:
    store = opener()
    journal = Journal(store, wall, entrant=entrant)
    poll = journal.open_poll(ROOM, "s1", "要哪个", ("黑", "白"), at_ms=T0, by="li")
    said = [("u1", Entry("draw-1")), ("u1", Entry("draw-1", wave=1)), ("u2", Entry("draw-1", "staff"))]
    comments = [judged(n, uid=uid, decision=Decision(entry=entry)) for n, (uid, entry) in enumerate(said)]
    comments.append(judged(3, uid="u7", decision=Decision(vote=Vote(poll.poll_id, 2))))
    one = batch(comments, opened=True, draw=STAFFED_DRAW)
    after = msgspec.structs.replace(one.state, poll=poll, latest_draw="draw-1")
    journal.commit(msgspec.structs.replace(one, state=after))
    journal.close()
    store.close()
    store = opener()
    state = Journal(store, wall).load_state(ROOM)
    assert state is not None
    assert state.entered == (frozenset({"u1", "1\x00u1"}),)
    assert (state.voted, state.poll, state.latest_draw) == ((frozenset({"u7"}),), poll, "draw-1")
    store.close()


def test_names_of_entrants_are_found_by_an_index_and_go_with_an_erasure(journal: Journal) -> None:
    fill(journal)
    asked = [name("u1"), name("u2"), name("u3"), b"stranger"]
    assert journal.entrant_names("draw-1", asked) == {name("u1"): "名u1", name("u2"): "名u2"}
    assert journal.entrant_names("draw-2", asked) == journal.entrant_names("draw-1", []) == {}
    with journal.store.read() as conn:
        if conn.dialect.name == "sqlite":  # walking through a million entries for each winner took minutes
            asking = text(f"EXPLAIN QUERY PLAN {SAID_BY}").bindparams(bindparam("ids", expanding=True))
            plan = conn.execute(asking, {"draw": "draw-1", "ids": [b"a", b"b"]}).all()
            assert "draw_entry_once" in str(plan)
    journal.erase_subject("bilibili", "u1", by="compliance")
    assert journal.entrant_names("draw-1", asked) == {name("u2"): "名u2"}
