"""Lines of cells out of CSV and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replies.cells import csv_cells, csv_file, guarded, plain
from replies.errors import LibraryError

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)


@given(cells)
@settings(max_examples=150)
def test_a_guarded_cell_is_no_formula_and_comes_back(cell: str) -> None:
    assert guarded(cell)[:1] not in tuple("=+-@＝＋－＠\t\n")
    assert plain(guarded(cell)) == cell


@given(st.lists(st.lists(cells, min_size=2, max_size=3), min_size=1, max_size=4))
@settings(max_examples=60)
def test_lines_come_back(lines: list[list[str]]) -> None:
    header = ["a", "b"]
    found = [[plain(cell) for cell in line] for _, line in csv_cells(csv_file([header, *lines]))]
    assert found[0] == header
    assert [line for line in found[1:] if any(line)] == [line for line in lines if any(line)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_spreadsheets_put_between_cells(delimiter: str) -> None:
    text = delimiter.join(["id", "text"]) + "\n" + delimiter.join(["1", "a.b"])
    assert list(csv_cells(text)) == [(1, ["id", "text"]), (2, ["1", "a.b"])]


def test_lines_are_counted_through_breaks_in_cells() -> None:
    assert [line for line, _ in csv_cells('a,b\n"x\ny",1\n\nz,2\n')] == [1, 2, 4, 5]


def test_too_many_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replies.cells.MAX_ROWS", 3)
    assert len(list(csv_cells("a,b\n1,2\n3,4\n"))) == 3
    with pytest.raises(LibraryError, match=r"t\.csv:4: more than 3 lines"):
        list(csv_cells("a,b\n1,2\n3,4\n5,6\n", name="t.csv"))
