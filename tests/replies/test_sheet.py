"""Phrases through a spreadsheet and back."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replies.errors import LibraryError
from replies.phrase import Phrase
from replies.sheet import COLUMNS, FURTHER, dump_csv, load_csv, read_rows, rows_of

PHRASE = Phrase(
    "p1",
    "price",
    "any",
    None,
    None,
    "zh",
    "到手{price}",
    "以购物车为准",
    state="live",
    signed="r1",
    reviewer="b",
)


def problems(source: str | bytes) -> tuple[str, ...]:
    with pytest.raises(LibraryError) as caught:
        load_csv(source)
    return caught.value.problems


def test_the_file_has_the_agreed_columns_and_a_bom() -> None:
    content = dump_csv([PHRASE])
    assert content.startswith(b"\xef\xbb\xbf")
    header = next(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert ",".join(header) == (
        "id,intent,scope,product,platform,lang,text,disclosure,valid_from,valid_until,group,digest"
    )
    assert next(csv.reader(io.StringIO(dump_csv([], full=True).decode("utf-8-sig")))) == [*COLUMNS, *FURTHER]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
moments = st.none() | st.integers(-(10**12), 10**14)


@given(texts, texts, moments, moments, st.sampled_from(["", "A", "B"]))
@settings(max_examples=150)
def test_the_digest_survives_the_way_out_and_back(
    text: str, disclosure: str, valid_from: int | None, valid_until: int | None, group: str
) -> None:
    phrase = replace(
        PHRASE,
        text=text,
        disclosure=disclosure,
        valid_from_ms=valid_from,
        valid_until_ms=valid_until,
        group=group,
    )
    assert load_csv(dump_csv([phrase], full=True)) == (phrase,)
    (bare,) = load_csv(dump_csv([phrase]))
    assert bare.digest == phrase.digest


@pytest.mark.parametrize("start", list("=+-@＝＋－＠\t\r\n"))
def test_no_cell_begins_like_a_formula(start: str) -> None:
    for text in (f"{start}SUM(A1)", f"'{start}1"):
        content = dump_csv([replace(PHRASE, text=text)])
        cells = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1]
        assert cells[6] == f"'{text}"
        assert load_csv(content)[0].text == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(encoding: str) -> None:
    assert load_csv("id,intent,text\np1,price,到手价\n".encode(encoding))[0].text == "到手价"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfei\0d\0",
        b"id,intent,text\na,price,x\0\n",
        b"\x81\x20\xff",
        "id,intent\n",
        "",
        "id,id,intent,text\n",
    ],
)
def test_unusable_files(content: str | bytes) -> None:
    assert problems(content)[0].startswith("phrases.csv:1: ")


def test_an_edited_row_loses_its_approval() -> None:
    content = dump_csv([PHRASE], full=True).decode("utf-8-sig").replace("到手", "只要")
    (phrase,) = load_csv(content)
    assert (phrase.text, phrase.state, phrase.signed, phrase.reviewer) == ("只要{price}", "draft", "", "")
    assert load_csv(dump_csv([PHRASE], full=True))[0].state == "live"


def test_a_row_without_a_state_is_a_draft() -> None:
    (phrase,) = load_csv(dump_csv([PHRASE]))
    assert (phrase.state, phrase.signed, phrase.tone) == ("draft", "", "neutral")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",price,any,,zh,x,,,", "the id"),
        ("p" * 81 + ",price,any,,zh,x,,,", "the id"),
        ("a b,price,any,,zh,x,,,", "the id is 'a b'"),
        ("a/b,price,any,,zh,x,,,", "the id is 'a/b'"),
        ("../a,price,any,,zh,x,,,", "the id"),
        ("编号一,price,any,,zh,x,,,", "the id"),
        ("a,Preis!,any,,zh,x,,,", "intent"),
        ("a,price,all,,zh,x,,,", "scope"),
        ("a,price,any,P1,zh,x,,,", "disagree"),
        ("a,price,product,,zh,x,,,", "disagree"),
        ("a,price,any,,fr,x,,,", "lang"),
        ("a,price,any,,zh,x,2026-11-21T20:00:00,,", "zone"),
        ("a,price,any,,zh,x,,tomorrow,", "valid_until"),
        ("a,price,any,,zh,x,,,C", "group"),
        ("a,price,any,,zh," + "x" * 10_001 + ",,,", "10000"),
    ],
)
def test_problems_name_file_and_line(row: str, said: str) -> None:
    (problem,) = problems(
        "id,intent,scope,product,lang,text,valid_from,valid_until,group\nok,price,any,,zh,x,,,\n" + row
    )
    assert problem.startswith("phrases.csv:3: ")
    assert said in problem


def test_an_id_twice_names_both_lines() -> None:
    (problem,) = problems("id,intent,text\na,price,x\nb,price,x\na,price,y\n")
    assert problem.startswith("phrases.csv:4: ")
    assert "line 2" in problem


def test_every_problem_is_told_and_lines_count_through_breaks() -> None:
    found = problems('id,intent,text\na,price,"x\ny"\n\n,price,x\nb,?,x\n')
    assert [problem.split(" ")[0] for problem in found] == ["phrases.csv:5:", "phrases.csv:6:"]


def test_a_time_with_a_zone() -> None:
    (phrase,) = load_csv("id,intent,text,valid_from\na,price,x,1970-01-01T08:00:01+08:00\n")
    assert phrase.valid_from_ms == 1000


def test_a_huge_cell_is_a_problem_not_a_crash() -> None:
    assert "CSV" in problems("id,intent,text\na,price," + "x" * 200_000)[0]


def test_a_file_too_large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("replies.cells.MAX_BYTES", 20)
    file = tmp_path / "a.csv"
    file.write_bytes(dump_csv([PHRASE]))
    with monkeypatch.context() as never_read:
        never_read.delattr(Path, "read_bytes")
        with pytest.raises(LibraryError, match="larger"):
            load_csv(file)
    with pytest.raises(LibraryError, match="larger"):
        load_csv("x" * 21)


def test_a_path_is_read_and_named(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_bytes(dump_csv([PHRASE], full=True))
    assert load_csv(file) == (PHRASE,)
    with pytest.raises(LibraryError, match=r"gone\.csv:1: cannot be read"):
        load_csv(tmp_path / "gone.csv")


def test_rows_without_an_id_column_are_named_by_line() -> None:
    (row,) = read_rows("text\n你好\n", required=("text",))
    assert row.phrase is not None
    assert (row.line, row.phrase.id, row.problems) == (2, "row-2", ())


@pytest.mark.parametrize("broken", [{"text": "\ud800"}, {"valid_from_ms": 10**30}])
def test_what_no_file_can_hold_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(LibraryError, match="p1"):
        dump_csv([replace(PHRASE, **broken)])  # type: ignore[arg-type]


def test_headers_may_be_chinese() -> None:
    (row,) = read_rows(
        "编号,意图,话术,声明,有效期至,店铺,直播间\np1,price,到手{price},以购物车为准,2026-12-01T00:00:00Z,A店,practice:1\n"
    )
    assert row.phrase is not None
    assert (row.phrase.id, row.phrase.intent, row.phrase.text, row.phrase.disclosure) == (
        "p1", "price", "到手{price}", "以购物车为准"
    )  # fmt: skip
    assert (row.phrase.valid_until_ms, row.phrase.merchant, row.phrase.room) == (
        1_796_083_200_000,
        "A店",
        "practice:1",
    )
    assert problems("编号,id,意图,话术\n1,1,price,x\n")[0].startswith(
        "phrases.csv:1: a column name stands twice"
    )


def test_shop_and_room_are_written_only_where_there_are_any() -> None:
    placed = replace(PHRASE, merchant="A店", room="practice:1")
    assert load_csv(dump_csv([PHRASE, replace(placed, id="p2")], full=True))[1].room == "practice:1"
    assert b"merchant" not in dump_csv([PHRASE], full=True)
    assert b"merchant" not in dump_csv([placed])


def test_rows_of_any_kind_of_file() -> None:
    rows = list(
        rows_of([(1, ["id", "intent", "text"]), (2, ["", "", ""]), (3, ["a", "emergency:outage", "'=x"])])
    )
    assert [(row.line, row.phrase and row.phrase.text) for row in rows] == [(3, "=x")]
    with pytest.raises(LibraryError, match="missing"):
        list(rows_of([]))
