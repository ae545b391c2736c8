"""`changkong phrases`, driven as a command line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.cli.phrases import register
from bot.errors import InputError
from replies import practice
from replies.phrase import Phrase
from replies.sheet import COLUMNS, FURTHER, dump_csv

STORED = Phrase("own-1", "price", "any", None, None, "zh", "看购物车", state="live", signed="r1")


LINT = ("row", "id", "field", "start", "end", "text", "rule", "reason", "level")


@dataclass(frozen=True)
class Spotted:
    category: str
    start: int
    end: int
    text: str
    rule: str


def judge(text: str) -> Sequence[Spotted]:
    at = text.find("最低")
    return [] if at < 0 else [Spotted("A01", at, at + 2, "最低", "A01-0001")]


def run(
    *arguments: object, store: Callable[[Path | None, str | None], Iterable[Phrase]] | None = None
) -> Result:
    app = typer.Typer()
    register(app, phrases_of_store=store, judge=lambda: judge)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["phrases", *map(str, arguments)])


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return tmp_path / "phrases.csv"


def test_lint_passes_the_shipped_library(sheet: Path) -> None:
    sheet.write_bytes(dump_csv(practice.library(), full=True))
    result = run("lint", sheet)
    assert result.exit_code == 0, result.stdout
    assert f"{len(practice.library())} rows, 0 may not be said" in result.stderr


def test_lint_names_row_span_rule_and_reason(sheet: Path) -> None:
    sheet.write_bytes(dump_csv([STORED, replace(STORED, id="own-2", text="全网最低价")]))
    result = run("lint", sheet)
    assert result.exit_code == 1
    (found,) = lines(result)
    assert {name: found[name] for name in LINT} | {"reason": ""} == {
        "row": 3, "id": "own-2", "field": "text", "start": 2, "end": 4, "text": "最低",
        "rule": "A01-0001", "reason": "", "level": "refuse",
    }  # fmt: skip
    assert "A01" in str(found["reason"])
    assert "《广告法》（2021）第9(3)条" in str(found["law_zh"])
    assert "广告法 (2021) art. 9(3)" in str(found["law_en"])
    assert "绝对化用语" in str(found["why_zh"])
    assert str(found["why_en"]).startswith("An advertisement may not")
    assert [one["ground"] for one in found["exemptions"]][:1] == ["EX4"]  # type: ignore[attr-defined]


def test_lint_goes_on_after_a_broken_row(sheet: Path) -> None:
    sheet.write_text(
        "id,intent,scope,text\na,?,any,x\nb,price,any,最低\nc,price,any,好\n", encoding="gb18030"
    )
    result = run("lint", sheet)
    assert result.exit_code == 1
    assert [(one["row"], one["rule"]) for one in lines(result)] == [(2, "row"), (3, "A01-0001")]


def test_lint_needs_only_a_text_column(sheet: Path) -> None:
    sheet.write_text("text\n价格以购物车为准\n最低价\n", encoding="utf-8")
    result = run("lint", sheet)
    assert result.exit_code == 1
    assert [(one["row"], one["id"]) for one in lines(result)] == [(3, "row-3")]


def test_lint_refuses_a_phrase_whose_time_is_over(sheet: Path) -> None:
    sheet.write_bytes(dump_csv([replace(STORED, valid_until_ms=1_600_000_000_000)]))
    result = run("lint", sheet)
    assert result.exit_code == 1
    assert [(one["row"], one["rule"]) for one in lines(result)] == [(2, "expired")]


def test_style_alone_does_not_fail(sheet: Path) -> None:
    sheet.write_bytes(dump_csv([replace(STORED, text="亲，看购物车")]))
    result = run("lint", sheet)
    assert result.exit_code == 0
    assert [one["level"] for one in lines(result)] == ["warn"]


@pytest.mark.parametrize("content", [None, b"", b"id,intent\n", b"\xff\xfea\0"])
def test_a_file_that_cannot_be_examined_is_wrong_input(sheet: Path, content: bytes | None) -> None:
    if content is not None:
        sheet.write_bytes(content)
    result = run("lint", sheet)
    assert isinstance(result.exception, InputError)
    assert "phrases.csv" in str(result.exception)
    assert result.exception.exit_code == 2
    assert result.stdout == ""


def test_export_writes_the_shipped_library(sheet: Path) -> None:
    assert run("export", sheet).exit_code == 0
    content = sheet.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[0] == list(COLUMNS)
    assert {row[-1] for row in rows[1:]} == {phrase.digest for phrase in practice.library()}


def test_export_to_stdout_and_in_full(sheet: Path) -> None:
    assert run("export", "-").stdout_bytes == dump_csv(practice.library())
    run("export", sheet, "--full")
    assert sheet.read_bytes() == dump_csv(practice.library(), full=True)
    assert set(FURTHER) <= set(sheet.read_text(encoding="utf-8-sig").splitlines()[0].split(","))


def test_export_from_a_store(sheet: Path) -> None:
    asked: list[object] = []

    def store(data: Path | None, db: str | None) -> list[Phrase]:
        asked.append((data, db))
        return [STORED]

    assert run("export", sheet, "--data", "d", store=store).exit_code == 0
    assert run("export", sheet, "--db", "sqlite://", store=store).exit_code == 0
    assert asked == [(Path("d"), None), (None, "sqlite://")]
    assert sheet.read_bytes() == dump_csv([STORED])


@pytest.mark.parametrize("where", [["--data", "d"], ["--data", "d", "--db", "u"]])
def test_a_store_that_cannot_be_meant_is_wrong_input(sheet: Path, where: list[str]) -> None:
    assert isinstance(run("export", sheet, *where).exception, InputError)
    assert not sheet.exists()


def test_a_place_that_cannot_be_written_is_wrong_input(tmp_path: Path) -> None:
    assert isinstance(run("export", tmp_path).exception, InputError)
    assert isinstance(run("export", tmp_path / "no" / "a.csv").exception, InputError)


def test_a_broken_character_cannot_be_exported(sheet: Path) -> None:
    result = run("export", sheet, "--data", "d", store=lambda *_: [replace(STORED, text="\ud800")])
    assert isinstance(result.exception, InputError)


def test_list_is_jsonl() -> None:
    every = lines(run("list"))
    assert [one["id"] for one in every] == [phrase.id for phrase in practice.library()]
    some = lines(run("list", "--intent", "price"))
    assert {one["intent"] for one in some} == {"price"}
    assert some[0]["slots"] == ["link_no", "price", "price_basis", "price_until"]


def test_list_writes_broken_characters_as_escapes() -> None:
    result = run("list", "--data", "d", store=lambda *_: [replace(STORED, text="\ud800")])
    assert lines(result)[0]["text"] == "\ud800"


@pytest.mark.parametrize("command", ["list", "lint", "export", "import"])
def test_help_has_an_example(command: str) -> None:
    assert f"changkong phrases {command}" in run(command, "--help").stdout
