"""Who may import, and how files are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.importing import NOBODY, author, opened_journal, out, write_file
from bot.errors import InputError, NotAllowed, StoreError

ROLES = frozenset({"operator"})


def test_who_stands_behind_an_import(tmp_path: Path) -> None:
    with opened_journal(tmp_path, None) as journal:
        assert author(journal, None, ROLES) == NOBODY
        assert author(journal, "mei", ROLES) == "mei"
        journal.add_person("mei", "梅", "viewer,operator")
        journal.add_person("lin", "林", "moderator")
        journal.add_person("an", "安", "operator")
        journal.change_person("an", by="house", active=False)
        assert author(journal, "mei", ROLES) == "mei"
        with pytest.raises(InputError, match="--by"):
            author(journal, None, ROLES)
        with pytest.raises(NotAllowed, match="operator"):
            author(journal, "lin", ROLES)
        for nobody in ("an", "nobody", ""):
            with pytest.raises(NotAllowed, match="no active person"):
                author(journal, nobody, ROLES)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with opened_journal(tmp_path, None), pytest.raises(StoreError), opened_journal(tmp_path, None):
        pass


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_file(tmp_path / "a.csv", b"x")
    assert (tmp_path / "a.csv").read_bytes() == b"x"
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write_file(tmp_path / "folder", b"y")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "folder"]


def test_a_broken_character_comes_out_as_its_escape(capsys: pytest.CaptureFixture[str]) -> None:
    out({"text": "看\ud800"})
    assert capsys.readouterr().out == '{"text": "看\\ud800"}\n'
