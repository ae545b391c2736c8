"""Spreadsheet files from strangers: read as text, refused when they would fill the memory."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import sheets
from bot.errors import InputError
from bot.sheets import file_of, lines_of, xlsx_file
from replies.cells import plain
from replies.errors import LibraryError

ROWS = [["编号", "话术"], ["=1+1", "到手{price}\r\n第二行"], ["'-1", '<b>&"x" _x000D_'], ["＝x", " 空 格 "]]


def workbook(*rows: tuple[object, ...]) -> bytes:
    """As Excel writes it."""
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def archive(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def sheet(cells: str) -> bytes:
    """Our own workbook with other cells in its sheet."""
    with zipfile.ZipFile(io.BytesIO(xlsx_file([["x"]]))) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    main = parts["xl/worksheets/sheet1.xml"].decode()
    before, after = main.split("<sheetData>")[0], main.split("</sheetData>")[1]
    parts["xl/worksheets/sheet1.xml"] = f"{before}<sheetData>{cells}</sheetData>{after}".encode()
    return archive(parts)


def refusal(content: bytes) -> str:
    with pytest.raises(InputError) as caught:
        list(lines_of(content, name="a.xlsx"))
    assert str(caught.value).startswith("a.xlsx ")
    return str(caught.value)


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "A.XLSX"])
def test_rows_come_back(name: str) -> None:
    found = [[plain(cell) for cell in cells] for _, cells in lines_of(file_of(ROWS, name))]
    assert found == ROWS


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10)


@given(st.lists(st.lists(cells, min_size=2, max_size=2), min_size=1, max_size=4))
@settings(max_examples=80)
def test_any_text_comes_back_from_xlsx(rows: list[list[str]]) -> None:
    found = [[plain(cell) for cell in line] for _, line in lines_of(xlsx_file([["a", "b"], *rows]))]
    assert found[0] == ["a", "b"]
    assert [line for line in found[1:] if any(line)] == [line for line in rows if any(line)]


def test_excel_reads_it_and_no_cell_is_a_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx_file([["=1+1", "@x"], ["-1", "\t=2"]])))
    assert book.active is not None
    for row in book.active.iter_rows():
        for cell in row:
            assert cell.data_type == "s"
            assert str(cell.value).startswith("'")


def test_the_same_rows_make_the_same_bytes() -> None:
    assert xlsx_file(ROWS) == xlsx_file(ROWS)


def test_numbers_dates_and_truths_of_a_spreadsheet() -> None:
    at = dt.datetime(2026, 12, 1, 20, 0)
    ((_, header), (line, found)) = lines_of(
        workbook(("a", "b", "c", "d", "e", "f"), (3, 59.9, True, at, None, at.date()))
    )
    assert (line, header[:2]) == (2, ["a", "b"])
    assert found[:3] == ["3", "59.9", "TRUE"]
    assert dt.datetime.fromisoformat(found[3]) == at.astimezone()
    assert found[4] == ""
    assert dt.datetime.fromisoformat(found[5]).tzinfo is not None


def test_a_formula_is_not_computed() -> None:
    assert [cells for _, cells in lines_of(workbook(("a",), ("=1+1",)))][1:] in ([[""]], [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_the_usual_encodings(encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("编号,名称\n1,大衣\n".encode(encoding))
    assert list(lines_of(file)) == [(1, ["编号", "名称"]), (2, ["1", "大衣"])]


def test_wrong_encodings_and_kinds() -> None:
    with pytest.raises(LibraryError, match=r"a\.csv:1: this is no CSV text"):
        list(lines_of("a,b".encode("utf-16"), name="a.csv"))
    with pytest.raises(LibraryError, match="neither UTF-8 nor GB18030"):
        list(lines_of(b"a,b\n\x81\x20\xff", name="a.csv"))
    assert "password" in refusal(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    assert "broken archive" in refusal(b"PK\x03\x04 not really")
    assert "no .xlsx" in refusal(archive({"content.xml": b"<x/>", "xl/workbook.xml": b"<x/>"}))
    assert "no .xlsx" in refusal(archive({"word/document.xml": b"<x/>"}))
    assert "no workbook" in refusal(archive({"xl/workbook.xml": b"<x/>"}))
    with pytest.raises(InputError, match="cannot be read"):
        list(lines_of(Path("no such file.csv")))


def test_a_file_too_large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sheets, "MAX_XLSX", 10)
    assert "larger" in refusal(xlsx_file(ROWS))
    file = tmp_path / "a.csv"
    file.write_bytes(b"a,b\n" * 9)
    with pytest.raises(InputError, match="larger"):
        list(lines_of(file))


def test_a_bomb_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "CalamineWorkbook", None)
    bomb = archive({"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b" " * 30_000_000})
    assert len(bomb) < 100_000
    assert "far more than its size" in refusal(bomb)
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 1_000)
    assert "far more" in refusal(xlsx_file([["x" * 2_000]]))
    many = archive({"xl/workbook.xml": b"", **{str(number): b"" for number in range(sheets.MAX_ENTRIES)}})
    assert "no .xlsx" in refusal(many)


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="100001"><c><v>1</v></c></row>',
        "<row r='1'><c r='ZZZ1'><v>1</v></c></row>",
        '<row r="1"><c r = "XFD1"><v>1</v></c></row>',
        '<row r="99999999999999"><c><v>1</v></c></row>',
    ],
)
def test_one_cell_far_out_is_refused_before_the_sheet_is_laid_out(
    cells: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "CalamineWorkbook", None)
    assert "has a cell at" in refusal(sheet(cells))


def test_as_many_rows_as_are_allowed() -> None:
    found = list(lines_of(xlsx_file([["价格"]] * 3_000)))
    assert len(found) == 3_000


def test_a_broken_character_cannot_be_written() -> None:
    for name in ("a.csv", "a.xlsx"):
        with pytest.raises(InputError, match="broken character"):
            file_of([["\ud800"]], name)
