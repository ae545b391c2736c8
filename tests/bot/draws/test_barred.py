"""The shop's own lists of who may not win."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from bot.draws.barred import MOST, Barred, BarredLists
from bot.errors import InputError, StoreError
from tests.bot.stores import journal_in


def test_lists_are_kept_by_shop_and_given_back_by_platform(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        barred = Barred(journal)
        assert barred.lists("A") == BarredLists()
        lists = BarredLists(("bilibili:boss", " bilibili:boss ", "", "telegram:7"), ("bilibili:cheat",))
        barred.save("A", lists, by="amy")
        assert barred.lists("A").of("bilibili") == (("boss",), ("cheat",))
        assert barred.lists("A").of("telegram") == (("7",), ())
        assert barred.lists("A").of("bili") == ((), ())
        assert barred.lists("B") == barred.lists(None) == BarredLists()


def test_account_numbers_do_not_lie_open(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        Barred(journal).save(None, BarredLists(("bilibili:account-12345",)), by="amy")
        with journal.store.read() as conn:
            tables = [
                row[0] for row in conn.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
            ]
            everything = "".join(str(conn.execute(text(f'SELECT * FROM "{one}"')).all()) for one in tables)
    assert "account-12345" not in everything
    assert "draws.barred" in everything


@pytest.mark.parametrize(
    "line", ["boss", "bilibili:", ":7", "bilibili: ", "x:" + "9" * 300, "a:b\x00", "a:\ud800"]
)
def test_a_line_that_is_no_account_is_named(tmp_path: Path, line: str) -> None:
    with journal_in(tmp_path) as journal:
        with pytest.raises(InputError, match="Line 2 of the blacklist"):
            Barred(journal).save(None, BarredLists((), ("a:1", line)), by="amy")
        assert Barred(journal).lists(None) == BarredLists()


def test_a_list_has_an_end(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal, pytest.raises(InputError, match="at most"):
        Barred(journal).save(None, BarredLists(tuple(f"a:{number}" for number in range(MOST + 1))), by="amy")


def test_lists_of_another_store_are_told(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        journal.save_setting("draws.barred:", "00" * 40, by="amy")
        with pytest.raises(StoreError, match="keys are not those"):
            Barred(journal).lists(None)
