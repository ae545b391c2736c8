from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.comment import RoomKey
from bot.decision import Decision, Entry
from bot.errors import StoreError
from bot.storage.audit import verify
from bot.storage.engine import Store
from bot.storage.journal import Journal
from bot.storage.readings import Readings

from .conftest import Wall
from .show import HAPPENINGS, ROOM, STAFFED_DRAW, T0, batch, entrant, full_show, judged, one_of_each


def test_a_batch_gives_the_ids_of_what_it_made(journal: Journal) -> None:
    committed = journal.commit(full_show()[0])
    assert committed.comment_ids == tuple(f"s1-{seq}" for seq in range(10))
    assert len(committed.outbox_ids) == 2
    assert len(committed.case_ids) == 1
    assert len(committed.entries) == 2


def test_the_record_verifies_after_a_show(journal: Journal, store: Store) -> None:
    for one in full_show():
        journal.commit(one)
    journal.close()
    report = verify(store, words=True)
    assert report.first_bad is None
    assert report.records == 31 + 1 + 2 + 1 + 2 + 3  # comments, key, session, gap, instructions, batches
    assert report.seals == 2


def test_no_word_name_or_uid_stands_in_the_open(journal: Journal, store: Store) -> None:
    journal.commit(batch(
        [judged(0, uid="geheimeruid", words="ganzgeheim", name="niemandwissen")], opened=True, happenings=HAPPENINGS,
        draw=STAFFED_DRAW,
    ))  # fmt: skip
    with store.read() as conn:
        names = [
            "audit_record", "comment", "comment_text", "subject", "subject_key", "happening", "room_state", "session",
            "draw_entry", "search_term",
        ]  # fmt: skip
        everything = "".join(
            repr(tuple(row)) for name in names for row in conn.exec_driver_sql(f'SELECT * FROM "{name}"')
        )
    secrets = [
        "geheimeruid",
        "ganzgeheim",
        "niemandwissen",
        "三号链接",
        "13800000000",
        "staff-uid-77",
        "小王",
        "路人",
    ]
    for secret in secrets:
        assert secret not in everything
        assert repr(secret.encode())[2:-1] not in everything


def test_a_failed_batch_leaves_nothing_and_can_be_repeated(journal: Journal, store: Store) -> None:
    shows = full_show()
    journal.commit(shows[0])
    journal.entrant = None
    before = dict(journal.heads), dict(journal.ids)
    bad = batch([judged(10), judged(11, uid="new", decision=Decision(entry=Entry("draw-2")))])
    with pytest.raises(StoreError, match="pseudonyms"):
        journal.commit(bad)
    assert (journal.heads, journal.ids) == before
    journal.entrant = entrant
    assert journal.commit(bad).comment_ids == ("s1-10", "s1-11")
    assert verify(store).first_bad is None


def test_the_same_batch_twice_is_refused(journal: Journal, store: Store) -> None:
    one = full_show()[0]
    journal.commit(one)
    with pytest.raises(StoreError):
        journal.commit(one)
    assert verify(store).first_bad is None


def test_nobody_enters_a_draw_twice_whatever_the_state_says(journal: Journal) -> None:
    twice = [judged(n, decision=Decision(entry=Entry("draw-1"))) for n in range(2)]
    assert len(journal.commit(batch(twice, opened=True)).entries) == 1
    again = batch([judged(2, decision=Decision(entry=Entry("draw-1")))])
    assert journal.commit(again).entries == ()
    refused = [entry.refused for entry in journal.draw_entries("draw-1", accepted=False)]
    assert refused == ["duplicate", "duplicate"]


def test_entries_give_back_the_uid_until_it_is_erased(journal: Journal) -> None:
    journal.commit(full_show()[0])
    entries = list(journal.draw_entries("draw-1"))
    assert [entry.uid for entry in entries] == ["u1", "u2"]
    assert entries[0].pseudonym == entrant("draw-1", "bilibili", "u1")[1]
    journal.erase_subject("bilibili", "u1", by="compliance")
    assert [entry.uid for entry in journal.draw_entries("draw-1")] == [None, "u2"]


def test_the_state_comes_back_with_entered_and_seen(opener: Callable[..., Store], wall: Wall) -> None:
    store = opener()
    journal = Journal(store, wall, entrant=entrant)
    one = full_show()[0]
    journal.commit(one)
    journal.commit(batch([judged(10, edited=True)], draw=STAFFED_DRAW))
    journal.close()
    store.close()
    store = opener()
    state = Journal(store, wall).load_state(ROOM)
    assert state is not None
    assert (state.session, state.seq, state.draw) == ("s1", 11, STAFFED_DRAW)
    assert state.cooldowns == one.state.cooldowns
    assert state.entered == (frozenset({"u1", "u2"}),)
    assert "s1-m9" in state.seen
    assert "g1" in state.seen
    assert f"s1-m10@{T0 + 10_000}" in state.seen
    assert "s1-m10" not in state.seen
    assert Journal(store, wall).load_state(RoomKey("bilibili", "unknown")) is None
    store.close()


def test_chains_go_on_after_a_restart(opener: Callable[..., Store], wall: Wall) -> None:
    for one in full_show():
        store = opener()
        Journal(store, wall, entrant=entrant).commit(one)
        store.close()
    store = opener(read_only=True)
    assert verify(store).first_bad is None
    store.close()


def test_what_was_lost_is_counted_and_recorded(journal: Journal, store: Store, readings: Readings) -> None:
    journal.commit(full_show()[0])
    journal.lost(ROOM, "s1", 7, T0 + 5)
    counts = readings.counts("s1")
    assert (counts.comments, counts.judged, counts.dropped, counts.gaps) == (17, 10, 7, 2)
    assert verify(store).first_bad is None


def test_erasing_a_viewer_keeps_the_record_and_takes_the_words(
    journal: Journal, store: Store, readings: Readings
) -> None:
    journal.commit(batch([judged(0, words="春天来了"), judged(1, uid="u2", words="春天走了")], opened=True))
    assert verify(store).first_bad is None
    erased = journal.erase_subject("bilibili", "u1", by="compliance", reason="asked for it")
    assert (erased.texts, erased.entries) == (1, 0)
    assert verify(store, words=True).first_bad is None
    gone, stays = readings.comments("s1", reader="mod")
    assert gone.words is None
    assert stays.words is not None
    assert [one.id for one in readings.search("春天", reader="mod")] == ["s1-1"]
    assert journal.erase_subject("bilibili", "nobody", by="compliance").texts == 0


def test_an_erased_viewer_may_come_back_under_a_new_key(
    journal: Journal, readings: Readings, store: Store
) -> None:
    journal.commit(batch([judged(0, words="以前的话")], opened=True))
    journal.erase_subject("bilibili", "u1", by="compliance")
    journal.commit(batch([judged(1, words="后来的话")]))
    old, new = readings.comments("s1", reader="mod")
    assert old.words is None
    assert new.words is not None
    assert new.words.text == "后来的话"
    assert verify(store, words=True).first_bad is None


def test_after_erasure_the_wrapped_key_is_nowhere_in_the_files(tmp_path: Path, wall: Wall) -> None:
    from bot.storage.engine import open_store

    store = open_store(tmp_path)
    journal = Journal(store, wall, entrant=entrant)
    journal.commit(batch([judged(n, uid=f"u{n}", words="秘密的话") for n in range(50)], opened=True))
    subject = journal.vault.viewer("bilibili", "u7")
    with store.read() as conn:
        query = "SELECT wrapped FROM subject_key WHERE subject_id = ?"
        wrapped = conn.exec_driver_sql(query, (subject,)).scalar_one()
    journal.erase_subject("bilibili", "u7", by="compliance")
    held = b"".join(path.read_bytes() for path in tmp_path.glob("changkong.db*") if path.suffix != ".lock")
    assert wrapped not in held
    assert wrapped[12:] not in held
    store.close()


def test_settings_phrases_goods_facts_and_draws_are_kept_and_recorded(journal: Journal, store: Store) -> None:
    from bot.errors import NotAllowed
    from bot.storage.values import DrawRow, FactRow

    body = {"id": "p-1", "digest": "d1", "text": "价格以购物车页面为准"}
    assert journal.seed_practice_library([body, body, {**body, "digest": "d2"}]) == 2
    assert journal.seed_practice_library([{**body, "digest": "d2"}]) == 0
    journal.withdraw_phrase("p-1", "d1", "compliance", "law changed")
    assert journal.seed_practice_library([body]) == 0
    found = journal.phrase_version("p-1", "d1")
    assert found is not None
    assert (found.state, found.body) == ("withdrawn", body)
    with pytest.raises(NotAllowed, match="another body"):
        journal.save_phrase({**body, "text": "x"}, state="draft", signed="me", by="op")
    assert [one.digest for one in journal.phrase_versions("live")] == ["d2"]
    journal.save_product("sku-1", {"name": "连衣裙"}, by="op")
    journal.save_fact(FactRow("sku-1", "price", "199", "hand", None), by="op")
    journal.save_fact(FactRow("sku-1", "price", "188", "hand", T0), by="op")
    assert journal.facts() == [FactRow("sku-1", "price", "188", "hand", T0)]
    journal.save_setting("theme", {"dark": True})
    journal.save_setting("cursor.telegram", 5)
    journal.save_setting("cursor.telegram", 6)
    assert journal.setting("theme") == {"dark": True}
    assert (journal.setting("cursor.telegram"), journal.setting("x", 1)) == (6, 1)
    draw = DrawRow("draw-1", str(ROOM), "s1", 1, "open", {"keyword": "扣1"}, {"salt": "ff"}, T0)
    journal.save_draw(draw, by="op", record={"commitment": "ab"})
    assert journal.draw("draw-1") == draw
    assert journal.load_draws(ROOM) == [draw]
    assert journal.load_draws("bilibili:other") == []
    with store.read() as conn:
        assert b"ff" not in bytes(conn.exec_driver_sql("SELECT secret FROM draw").scalar_one())
    assert verify(store).first_bad is None


def test_hostile_ids_are_stored_as_text_and_nothing_else(journal: Journal, store: Store) -> None:
    room = RoomKey("gen\0eric", "'; DROP TABLE comment; --\ud800")
    journal.commit(batch([judged(0, room=room)], opened=True, room=room))
    assert verify(store).first_bad is None
    assert journal.load_state(room) is not None
    assert one_of_each()[9].comment.text not in str(journal.heads)
