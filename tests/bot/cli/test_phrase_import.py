"""`changkong phrases import`: thousands of rows, the broken ones named, all or nothing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.cli import phrases
from bot.errors import ChangkongError, InputError, NotAllowed, StoreError
from bot.sheets import file_of
from bot.storage import phrase_drafts
from bot.storage.engine import open_store
from bot.storage.journal import Journal
from bot.storage.phrasebook import PhraseRows
from bot.storage.values import PhraseRow, ProductRow
from classifiers import rulebook
from classifiers.lexicon import Lexicon
from classifiers.normalize import normalize
from classifiers.verdict import Hit
from replies import practice, starter
from replies.phrase import Phrase
from replies.sheet import dump_csv

HEADER = (
    "id",
    "intent",
    "scope",
    "product",
    "platform",
    "lang",
    "text",
    "disclosure",
    "valid_from",
    "valid_until",
    "group",
)
LEXICON = Lexicon(rulebook.load(rulebook.SHIPPED))
NOW = 1_790_000_000_000

SORTS: tuple[tuple[dict[str, str], str], ...] = (
    ({"intent": "Preis?"}, "intent is 'Preis?'"),
    ({"intent": "prize_money"}, "no question called 'prize_money'"),
    ({"intent": "complaint:weather"}, "no question called"),
    ({"scope": "all"}, "scope is 'all'"),
    ({"scope": "product"}, "scope and product disagree"),
    ({"lang": "fr"}, "lang is 'fr'"),
    ({"group": "C"}, "group is 'C'"),
    ({"valid_until": "2027-01-01 20:00"}, "valid_until is '2027-01-01 20:00'"),
    ({"valid_until": "2020-01-01T00:00:00Z"}, "its time is over"),
    ({"valid_from": "2028-01-01T00:00:00Z", "valid_until": "2027-01-01T00:00:00Z"}, "no time to say it in"),
    ({"text": ""}, "the text is empty"),
    ({"text": "到手{geld}"}, "no fact called geld"),
    ({"text": "到手{price"}, "brace"),
    ({"text": "看购物\u200b车"}, "U+200B"),
    ({"text": "<b>看购物车</b>"}, "markup"),
    ({"text": "=1+1"}, "formula"),
    ({"text": "看购物车" * 30}, "at most 100"),
    ({"text": "看购物车" * 60, "platform": "youtube"}, "at most 200 on youtube"),
    ({"text": "全网最低价"}, "A01"),
    ({"text": "加微信 abc12345 下单"}, "D01"),
    ({"text": "用了能根治湿疹"}, "M0"),
    ({"text": "只剩3件了"}, "hurries"),
    ({"text": "划线价199元，到手{price}"}, "without its basis"),
    ({"text": "一天两片", "scope": "class", "product": "health_food"}, "本品不能代替药物"),
    ({"id": "ok-1"}, "already used in line 3"),
    ({"id": ""}, "the id is empty"),
)  # fmt: skip
"""What may be wrong with a row, and a word of the reason that must be told. A line is laid over a good row."""

ROWS, BROKEN = 2_000, 50


def judge(text: str) -> tuple[Hit, ...]:
    return LEXICON.find(text, normalize(text).text).hits


def table(rows: int = ROWS, broken: int = BROKEN) -> tuple[list[list[str]], dict[int, str]]:
    """The lines of a file with its header, and for each broken line what must be said of it."""
    lines = [list(HEADER)]
    wrong: dict[int, str] = {}
    step = rows // max(broken, 1)
    for number in range(rows):
        good = {
            "id": f"ok-{number}", "intent": "price", "scope": "any", "lang": "zh", "text": f"第{number % 7}款看购物车",
            "valid_until": "2029-01-01T00:00:00+08:00",
        }  # fmt: skip
        if broken and number % step == step - 1 and len(wrong) < broken:
            spoilt, said = SORTS[len(wrong) % len(SORTS)]
            good |= spoilt
            wrong[number + 2] = said
        lines.append([good.get(column, "") for column in HEADER])
    return lines, wrong


def run(*arguments: object, command: str = "import") -> Result:
    app = typer.Typer()
    phrases.register(app, judge=lambda: judge)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["phrases", command, *map(str, arguments)])


def told(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def stored(data: Path) -> list[PhraseRow]:
    store = open_store(data, None, create=False, read_only=True)
    try:
        return PhraseRows(store, lambda: 0).phrase_versions()
    finally:
        store.close()


def raw_csv(lines: list[list[str]]) -> bytes:
    """As an editor writes it, without the guard of our own writer."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(lines)
    return out.getvalue().encode("gb18030")


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.phrases.now_ms", lambda: NOW)


def with_journal(data: Path, act: Callable[[Journal], object]) -> None:
    store = open_store(data, None, create=True)
    journal = Journal(store, lambda: NOW)
    act(journal)
    journal.close()
    store.close()


@pytest.mark.parametrize("name", ["phrases.csv", "phrases.xlsx"])
def test_two_thousand_rows_with_fifty_broken_ones(tmp_path: Path, name: str) -> None:
    lines, wrong = table()
    file, data = tmp_path / name, tmp_path / "data"
    file.write_bytes(file_of(lines, name) if name.endswith("xlsx") else raw_csv(lines))

    result = run(file, "--data", data)
    assert isinstance(result.exception, ChangkongError)
    assert result.exception.exit_code == 1
    assert "50 of 2000" in str(result.exception)
    *found, last = told(result)
    assert last == {"rows": ROWS, "broken": BROKEN, "imported": 0, "unchanged": 0}
    assert {one["row"] for one in found} == set(wrong)
    for line, said in wrong.items():
        assert any(said in str(one["reason"]) for one in found if one["row"] == line), (line, said)
    assert stored(data) == []

    result = run(file, "--data", data, "--skip-broken")
    assert result.exit_code == 0, result.exception
    assert told(result)[-1] == {"rows": ROWS, "broken": BROKEN, "imported": ROWS - BROKEN, "unchanged": 0}
    rows = stored(data)
    assert len(rows) == ROWS - BROKEN
    assert {row.state for row in rows} == {"draft"}
    assert {row.id for row in rows} == {f"ok-{line - 2}" for line in range(2, ROWS + 2) if line not in wrong}
    text = next(row.body["text"] for row in rows if row.id == "ok-3")
    assert text == "第3款看购物车"


def test_a_sound_file_goes_in_and_a_second_time_changes_nothing(tmp_path: Path) -> None:
    lines, _ = table(5, 0)
    file = tmp_path / "a.csv"
    file.write_bytes(file_of(lines, "a.csv"))
    assert told(run(file, "--data", tmp_path / "d")) == [
        {"rows": 5, "broken": 0, "imported": 5, "unchanged": 0}
    ]
    assert told(run(file, "--data", tmp_path / "d"))[-1]["unchanged"] == 5
    (one, *_) = stored(tmp_path / "d")
    assert (one.state, one.signed, one.author) == ("draft", "", "import")


def test_whatever_the_file_says_it_comes_in_as_a_draft(tmp_path: Path) -> None:
    phrase = Phrase(
        "p1", "price", "any", None, None, "zh", "看购物车", state="live", signed="practice", author="x",
        reviewer="y", room="practice:1", merchant="A店",
    )  # fmt: skip
    file = tmp_path / "a.csv"
    file.write_bytes(dump_csv([phrase], full=True))
    assert run(file, "--data", tmp_path / "d").exit_code == 0
    (one,) = stored(tmp_path / "d")
    assert (one.state, one.signed, one.author, one.approval_id) == ("draft", "", "import", None)
    assert (one.body["room"], one.body["merchant"]) == ("practice:1", "A店")


def test_a_shipped_phrase_and_words_that_are_live_are_not_overwritten(tmp_path: Path) -> None:
    shipped = next(iter(practice.library()))
    body = {"id": shipped.id, "digest": shipped.digest, "text": shipped.text}
    with_journal(tmp_path / "d", lambda journal: journal.seed_practice_library([body]))
    file = tmp_path / "a.csv"
    file.write_bytes(dump_csv([shipped]))
    result = run(file, "--data", tmp_path / "d")
    assert isinstance(result.exception, ChangkongError)
    assert "shipped practice phrase" in str(told(result)[0]["reason"])


def test_a_phrase_about_a_health_food_of_the_store_needs_its_notice(tmp_path: Path) -> None:
    row = ProductRow(
        "V1", {"name": "维C片", "slot": 1, "aliases": [], "klass": "health_food", "merchant": ""}
    )
    with_journal(tmp_path / "d", lambda journal: journal.save_products([row], by="x"))
    file = tmp_path / "a.csv"
    file.write_bytes(dump_csv([Phrase("p1", "usage", "product", "V1", None, "zh", "一天两片")]))
    result = run(file, "--data", tmp_path / "d")
    assert isinstance(result.exception, ChangkongError)
    assert told(result)[0]["rule"] == "disclosure"


def test_who_imports_is_asked_once_the_store_knows_people(tmp_path: Path) -> None:
    def people(journal: Journal) -> None:
        journal.add_person("mei", "梅", "operator")
        journal.add_person("lin", "林", "viewer")

    with_journal(tmp_path / "d", people)
    file = tmp_path / "a.csv"
    file.write_bytes(file_of(table(1, 0)[0], "a.csv"))
    assert isinstance(run(file, "--data", tmp_path / "d").exception, InputError)
    for nobody in ("nobody", "lin"):
        assert isinstance(run(file, "--data", tmp_path / "d", "--by", nobody).exception, NotAllowed)
    assert stored(tmp_path / "d") == []
    assert run(file, "--data", tmp_path / "d", "--by", "mei").exit_code == 0
    assert [one.author for one in stored(tmp_path / "d")] == ["mei"]


def test_rooms_of_the_settings_make_the_length(tmp_path: Path) -> None:
    file, config = tmp_path / "a.csv", tmp_path / "c.toml"
    file.write_bytes(dump_csv([Phrase("p1", "price", "class", "food", None, "zh", "看" * 21)]))
    config.write_text(
        '[[rooms]]\nplatform = "bilibili"\nid = "1"\napp_id = 1\naccess_key = "k"\naccess_secret = "s"\ncode = "c"\n',
        encoding="utf-8",
    )
    assert run(file, "--data", tmp_path / "d").exit_code == 0
    result = run(file, "--data", tmp_path / "e", "--config", config)
    assert told(result)[0]["rule"] == "length"
    assert "on bilibili" in str(told(result)[0]["reason"])


@pytest.mark.parametrize("name", ["starter.csv", "starter.xlsx"])
def test_the_starter_pack_goes_out_and_comes_in_clean(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    out = run(file, "--starter", command="export")
    assert out.exit_code == 0, out.exception
    result = run(file, "--data", tmp_path / "d")
    assert result.exit_code == 0, result.stdout
    (last,) = told(result)
    assert last["imported"] == last["rows"] == len(starter.library())
    refused = run(file, "--starter", "--data", tmp_path / "d", command="export")
    assert isinstance(refused.exception, InputError)


@pytest.mark.parametrize("content", [None, b"", b"text\nx\n", b"PK\x03\x04nonsense", b"\xff\xfea\0"])
def test_a_file_that_is_none_is_wrong_input_and_makes_no_store(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "a.xlsx"
    if content is not None:
        file.write_bytes(content)
    result = run(file, "--data", tmp_path / "d")
    assert isinstance(result.exception, InputError)
    assert result.exception.exit_code == 2
    assert not (tmp_path / "d").exists()


def test_an_exported_practice_library_comes_into_another_store(tmp_path: Path) -> None:
    """Every intent it answers is known: complaints about health and draws too."""
    file = tmp_path / "practice.csv"
    assert run(file, "--full", command="export").exit_code == 0
    result = run(file, "--data", tmp_path / "d")
    assert result.exit_code == 0, result.stdout
    assert told(result)[-1]["imported"] == len(practice.library())
    assert {(one.state, one.signed) for one in stored(tmp_path / "d")} == {("draft", "")}


def test_a_crash_midway_imports_nothing_and_the_next_time_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, data = tmp_path / "a.csv", tmp_path / "d"
    file.write_bytes(file_of(table(30, 0)[0], "a.csv"))
    put, calls = phrase_drafts.put_reading, []

    def failing(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 20:
            raise StoreError("The disk is gone.")
        return put(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(phrase_drafts, "put_reading", failing)
    assert isinstance(run(file, "--data", data).exception, StoreError)
    assert stored(data) == []
    monkeypatch.undo()
    assert told(run(file, "--data", data))[-1]["imported"] == 30


def test_the_same_words_in_another_tone_count_as_imported(tmp_path: Path) -> None:
    phrase = Phrase("p1", "price", "any", None, None, "zh", "看购物车")
    file, data = tmp_path / "a.csv", tmp_path / "d"
    file.write_bytes(dump_csv([phrase], full=True))
    assert told(run(file, "--data", data))[-1]["imported"] == 1
    file.write_bytes(dump_csv([replace(phrase, tone="sales")], full=True))
    assert told(run(file, "--data", data))[-1] == {"rows": 1, "broken": 0, "imported": 1, "unchanged": 0}
    assert [one.body["tone"] for one in stored(data)] == ["sales"]


@pytest.mark.parametrize(("klass", "broken"), [("food", 0), ("health_food", 1)])
def test_only_a_shop_with_a_health_food_leaves_room_for_its_notice(
    tmp_path: Path, klass: str, broken: int
) -> None:
    rows = [
        ProductRow("P1", {"name": "坚果", "slot": 1, "aliases": [], "klass": "food", "merchant": ""}),
        ProductRow("P2", {"name": "片", "slot": 2, "aliases": [], "klass": klass, "merchant": ""}),
    ]
    with_journal(tmp_path / "d", lambda journal: journal.save_products(rows, by="x"))
    file = tmp_path / "a.csv"
    file.write_bytes(dump_csv([Phrase("p1", "price", "any", None, "bilibili", "zh", "看" * 20)]))
    result = run(file, "--data", tmp_path / "d")
    assert told(result)[-1]["broken"] == broken
