"""Presets in the store: kept by name, one shop's beside another's, and every change in the record."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import NotAllowed
from bot.storage.audit import verify
from bot.storage.presets import MOST
from tests.bot.stores import journal_in

BODY = {"title": "晚场 <b>\ud800", "prizes": [], "preset": "quick"}


def test_a_preset_is_kept_replaced_by_its_name_and_taken_away(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        first = journal.save_draw_preset("", "晚场", "keyword", BODY, by="mei", now_ms=5)
        other = journal.save_draw_preset("", "早场", "quiz", BODY, by="mei", now_ms=6)
        again = journal.save_draw_preset("", "晚场", "rain", {"a": 1}, by="lin", now_ms=7)
        assert first == again != other
        rows = journal.draw_presets("")
        assert [(one.name, one.kind, one.by, one.changed_ms) for one in rows] == [
            ("早场", "quiz", "mei", 6),
            ("晚场", "rain", "lin", 7),
        ]
        assert rows[1].body == {"a": 1}
        assert journal.draw_preset(first) == rows[1]
        journal.remove_draw_preset(first, by="lin")
        assert journal.draw_preset(first) is None
        with pytest.raises(NotAllowed):
            journal.remove_draw_preset(first, by="lin")
        assert [one.name for one in journal.draw_presets(None)] == ["早场"]
        assert verify(journal.store).first_bad is None


def test_a_shop_sees_its_own_and_those_of_the_house(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        for merchant in ("", "甲", "乙"):
            journal.save_draw_preset(merchant, f"of {merchant}", "keyword", BODY, by="mei", now_ms=1)
        journal.save_draw_preset("甲", "of ", "keyword", BODY, by="mei", now_ms=1)
        assert [one.name for one in journal.draw_presets("甲")] == ["of ", "of ", "of 甲"]
        assert [one.name for one in journal.draw_presets("丙")] == ["of "]
        assert len(journal.draw_presets(None)) == 4


def test_there_is_an_end_to_them_but_not_to_replacing(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        for n in range(MOST):
            journal.save_draw_preset("甲", f"{n}", "keyword", {}, by="mei", now_ms=n)
        with pytest.raises(NotAllowed):
            journal.save_draw_preset("甲", "one more", "keyword", {}, by="mei", now_ms=1)
        journal.save_draw_preset("甲", "0", "quiz", {}, by="mei", now_ms=9)
        journal.save_draw_preset("乙", "one more", "keyword", {}, by="mei", now_ms=1)
        assert len(journal.draw_presets(None)) == MOST + 1


def test_the_record_tells_of_each_change(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        id = journal.save_draw_preset("甲", "晚场", "keyword", BODY, by="mei", now_ms=5)
        journal.remove_draw_preset(id, by="lin")
        with journal.store.read() as conn:
            told = conn.exec_driver_sql("SELECT body FROM audit_record WHERE body LIKE '%draw_preset%'").all()
        assert len(told) == 2
        assert '"by":"mei"' in told[0][0]
        assert '"act":"deleted"' in told[1][0]
