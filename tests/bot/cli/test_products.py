"""`changkong products`, driven as a command line over a real store."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.cli import products
from bot.errors import ChangkongError, InputError, NotAllowed, StoreError
from bot.sheets import file_of, lines_of
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from replies.goods_sheet import read_goods

APP = typer.Typer()
products.register(APP)
APP.callback()(lambda: None)

HEADER = ("编号", "名称", "链接号", "类别", "价格", "库存", "有效期至")
COAT = ("P1", "大衣", "1", "其他", "399元", "20件", "本场")
CREAM = ("P2", "面霜", "2", "化妆品", "59元", "", "2029-01-01T00:00:00Z")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(APP, ["products", *map(str, arguments)])


def told(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def file(tmp_path: Path, *lines: Sequence[str], name: str = "goods.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(file_of([HEADER, *lines], name))
    return path


def listed(data: Path) -> dict[str, dict[str, str]]:
    """Current facts by product."""
    found: dict[str, dict[str, str]] = {}
    for one in told(run("list", "--data", data)):
        facts: dict[str, dict[str, str]] = one["facts"]  # type: ignore[assignment]
        found[str(one["id"])] = {name: fact["value"] for name, fact in facts.items() if fact["current"]}
    return found


@pytest.mark.parametrize("name", ["goods.csv", "goods.xlsx"])
def test_the_difference_is_shown_and_taken_in(tmp_path: Path, name: str) -> None:
    data = tmp_path / "d"
    result = run("import", file(tmp_path, COAT, CREAM, name=name), "--yes", "--data", data)
    assert result.exit_code == 0, result.exception
    first, second, last = told(result)
    assert (first["change"], first["id"], second["id"]) == ("product_added", "P1", "P2")
    assert (last["products_added"], last["imported"]) == (2, True)
    assert listed(data) == {"P1": {"price": "399元", "stock": "20件"}, "P2": {"price": "59元"}}

    cheaper = file(tmp_path, (*COAT[:4], "359元", "", "本场"), name=name)
    result = run("import", cheaper, "--yes", "--data", data)
    assert [
        (one["change"], one["product"], one["name"], one["old"], one["new"]) for one in told(result)[:-1]
    ] == [
        ("changed", "P1", "price", "399元", "359元"),
        ("removed", "P1", "stock", "20件", None),
    ]
    assert listed(data) == {"P1": {"price": "359元"}, "P2": {"price": "59元"}}

    result = run("import", cheaper, "--data", data)
    assert result.exit_code == 0
    assert told(result)[-1]["imported"] is False


def test_without_a_terminal_nothing_happens_unless_told_so(tmp_path: Path) -> None:
    result = run("import", file(tmp_path, COAT), "--data", tmp_path / "d")
    assert isinstance(result.exception, InputError)
    assert result.exception.exit_code == 2
    assert "--yes" in str(result.exception)
    assert told(result)[0]["change"] == "product_added"
    assert listed(tmp_path / "d") == {}


@pytest.mark.parametrize("answer", [True, False])
def test_on_a_terminal_the_person_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    asked: list[str] = []

    def confirm(question: str, *, err: bool) -> bool:
        assert err
        asked.append(question)
        return answer

    monkeypatch.setattr(products.sys, "stdin", Terminal)
    monkeypatch.setattr(products.sys, "stderr", Terminal)
    monkeypatch.setattr(products.typer, "confirm", confirm)
    path, data = file(tmp_path, COAT), tmp_path / "d"
    if answer:
        products.import_(path, data=data)
    else:
        with pytest.raises(ChangkongError, match="Nothing was imported"):
            products.import_(path, data=data)
    assert asked == ["1 products_added. Take it in? 确认导入？"]
    monkeypatch.undo()
    assert set(listed(data)) == ({"P1"} if answer else set())


def test_broken_rows_are_named_and_nothing_is_taken_in(tmp_path: Path) -> None:
    path, data = (
        file(
            tmp_path, COAT, ("P2", "", "一", "", "9" * 13, "", "明天"), ("P3", "围巾", "3", "", "9元", "", "")
        ),
        tmp_path / "d",
    )
    result = run("import", path, "--yes", "--data", data)
    assert isinstance(result.exception, ChangkongError)
    assert result.exception.exit_code == 1
    assert {(one["row"], one["column"]) for one in told(result)} == {(3, "名称"), (3, "链接号"), (3, "价格")}
    assert listed(data) == {}
    result = run("import", path, "--yes", "--skip-broken", "--data", data)
    assert result.exit_code == 0
    assert told(result)[-1]["broken"] == 1
    assert set(listed(data)) == {"P1", "P3"}
    assert isinstance(
        run("import", path, "--yes", "--skip-broken", "--whole", "--data", data).exception, InputError
    )


def test_two_goods_may_not_share_a_link_number_with_the_stored_ones(tmp_path: Path) -> None:
    run("import", file(tmp_path, COAT), "--yes", "--data", tmp_path / "d")
    result = run(
        "import", file(tmp_path, (CREAM[0], CREAM[1], "1", *CREAM[3:])), "--yes", "--data", tmp_path / "d"
    )
    assert isinstance(result.exception, ChangkongError)
    assert "link number 1" in str(result.exception)
    assert set(listed(tmp_path / "d")) == {"P1"}


def test_a_whole_file_removes_what_it_does_not_name(tmp_path: Path) -> None:
    run("import", file(tmp_path, COAT, CREAM), "--yes", "--data", tmp_path / "d")
    result = run("import", file(tmp_path, COAT), "--yes", "--whole", "--data", tmp_path / "d")
    assert told(result)[0] == {"change": "product_removed", "id": "P2", "name": "面霜"}
    assert set(listed(tmp_path / "d")) == {"P1"}


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_exported_changes_nothing_when_imported(tmp_path: Path, name: str, lang: str) -> None:
    data, path = tmp_path / "d", tmp_path / name
    run("import", file(tmp_path, COAT, CREAM), "--yes", "--data", data)
    assert run("export", path, "--lang", lang, "--data", data).exit_code == 0
    assert len(read_goods(lines_of(path)).products) == 2
    result = run("import", path, "--data", data)
    assert told(result)[-1]["imported"] is False
    assert result.exit_code == 0
    assert run("export", "-", "--data", data).stdout_bytes.startswith(b"\xef\xbb\xbf")


def test_who_may_set_facts(tmp_path: Path) -> None:
    store = open_store(tmp_path / "d", None, create=True)
    journal = Journal(store, lambda: 0)
    journal.add_person("mei", "梅", "operator")
    journal.add_person("lin", "林", "compliance")
    journal.close()
    store.close()
    path = file(tmp_path, COAT)
    assert isinstance(run("import", path, "--yes", "--data", tmp_path / "d").exception, InputError)
    assert isinstance(
        run("import", path, "--yes", "--by", "lin", "--data", tmp_path / "d").exception, NotAllowed
    )
    assert run("import", path, "--yes", "--by", "mei", "--data", tmp_path / "d").exit_code == 0


@pytest.mark.parametrize(
    "content", [None, b"", "编号,名称,链接号,体重\n".encode(), b"PK\x03\x04x", b"\xff\xfea\0"]
)
def test_a_file_that_is_none_is_wrong_input_and_makes_no_store(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "goods.csv"
    if content is not None:
        path.write_bytes(content)
    result = run("import", path, "--data", tmp_path / "d")
    assert isinstance(result.exception, InputError)
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("command", ["list", "export"])
def test_reading_a_store_that_is_not_there_creates_nothing(tmp_path: Path, command: str) -> None:
    where = [tmp_path / "x.csv"] if command == "export" else []
    assert isinstance(run(command, *where, "--data", tmp_path / "d").exception, InputError)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["list", "export", "import"])
def test_help_has_an_example(command: str) -> None:
    assert f"changkong products {command}" in run(command, "--help").stdout


def test_a_crash_midway_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*arguments: object, **more: object) -> None:
        raise StoreError("The disk is gone.")

    path, data = file(tmp_path, COAT, CREAM), tmp_path / "d"
    monkeypatch.setattr("bot.storage.shelf.put_fact", crash)
    assert isinstance(run("import", path, "--yes", "--data", data).exception, StoreError)
    monkeypatch.undo()
    assert listed(data) == {}
    assert told(run("import", path, "--yes", "--data", data))[-1]["products_added"] == 2
