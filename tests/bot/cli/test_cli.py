"""The command line from outside: exit codes, one sentence on stderr, nothing but the answer on stdout."""

from __future__ import annotations

import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bot import cli
from bot.cli import app, run

Call = Callable[..., "Ended"]


class Ended:
    """What a command left: its exit code and what it said."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def refused(self, code: int, *words: str) -> None:
        """It failed with this code and one or two sentences that say so, and said nothing on stdout."""
        assert (self.code, self.out) == (code, ""), self.err
        assert len(self.err.strip().splitlines()) == 1, self.err
        assert len(self.err) < 500
        assert "Traceback" not in self.err
        for word in words:
            assert word in self.err


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run one command in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)

    def called(*words: object) -> Ended:
        code = run([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return called


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


SHOW = "".join(
    json.dumps({"uid": number, "uname": "a", "msg": text, "timestamp": 1_755_000_000_000 + number * 1000})
    + "\n"
    for number, text in enumerate(["1号链接多少钱", "666", "怎么还没发货 骗子"])
)


@pytest.fixture
def show(tmp_path: Path) -> Path:
    path = tmp_path / "show.jsonl"
    path.write_text(SHOW, encoding="utf-8")
    return path


# Help


def commands(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*before, name))
        else:
            yield (*before, name)


COMMANDS = sorted(commands(typer.main.get_command(app)))

PROMISED = {
    ("demo",), ("practice",), ("run",), ("replay",), ("classify",), ("rules", "check"), ("rules", "list"),
    ("rules", "try"), ("train",), ("evaluate",), ("phrases", "list"), ("phrases", "lint"), ("phrases", "export"),
    ("draw", "verify"), ("draw", "new"), ("draw", "open"), ("draw", "close"), ("draw", "beacon"), ("draw", "finish"),
    ("draw", "void"), ("draw", "list"), ("draw", "show"), ("draw", "export"), ("audit", "verify"),
    ("audit", "search"), ("check",),
}  # fmt: skip


def test_every_promised_command_is_there() -> None:
    assert set(COMMANDS) >= PROMISED


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(call: Call, words: tuple[str, ...]) -> None:
    ended = call(*words, "--help")
    assert ended.code == 0
    assert f"Example: changkong {' '.join(words)}" in " ".join(ended.out.split())


@pytest.mark.parametrize("words", [(), *sorted({words[:1] for words in COMMANDS if len(words) > 1})])
def test_every_group_has_help_with_an_example(call: Call, words: tuple[str, ...]) -> None:
    assert f"Example: {' '.join(('changkong', *words))}" in call(*words, "--help").out


def test_alone_it_shows_its_help(call: Call) -> None:
    ended = call()
    assert ended.code == 2
    assert "replay" in ended.err


# Wrong calls


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["replay"], "files"),
        (["replay", "--fast", "x"], "--fast"),
        (["dance"], "dance"),
        (["draw", "rig"], "rig"),
        (["demo", "--port", "70000"], "65535"),
        (["replay", "none.jsonl"], "no file none.jsonl"),
        (["replay", "show.jsonl", "--speed", "fast"], "fast"),
        (["replay", "show.jsonl", "--format", "vhs"], "vhs"),
        (["replay", "show.jsonl", "--limit", "0"], "limit"),
        (["replay", "show.jsonl", "--data", "a", "--db", "sqlite:///b"], "not both"),
        (["replay", "show.jsonl", "--db", "mysql://x/y"], "mysql"),
        (["replay", "show.jsonl", "--db", "nonsense"], "nonsense"),
        (["demo", "--speed", "-3", "--headless"], "-3"),
        (["demo", "--attach", "none.json", "--headless"], "none.json"),
        (["run", "--config", "none.toml"], "none.toml"),
        (["run"], "No room is configured"),
        (["check", "--config", "none.toml"], "none.toml"),
        (["audit", "verify", "--data", "none"], "no store"),
        (["audit", "verify", "--data", "a", "--db", "sqlite:///b"], "not both"),
        (["audit", "search", "x", "--data", "none"], "no store"),
        (["draw", "list", "--data", "none"], "no store"),
        (["draw", "show", "draw-1", "--data", "none"], "no store"),
        (["draw", "void", "draw-1", "cancelled", "--room", "a:b", "--data", "none"], "no store"),
        (["draw", "open", "draw-1", "--room", "a", "--data", "none"], "platform:room_id"),
        (["draw", "new", "none.json", "--room", "a:b"], "no file none.json"),
        (["draw", "beacon", "draw-1", "none.json", "--room", "a:b"], "no file none.json"),
        (["draw", "new", "show.jsonl", "--room", "a:b"], "rule sheet"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)  # fmt: skip
@pytest.mark.usefixtures("show")
def test_a_wrong_call_is_two_and_creates_nothing(
    call: Call, tmp_path: Path, words: list[str], says: str
) -> None:
    before = files(tmp_path)
    call(*words).refused(2, says)
    assert files(tmp_path) == before


def test_a_beacon_file_that_is_no_text_is_told(call: Call, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_bytes(b"\xff\xfe\x00")
    call("draw", "beacon", "draw-1", "b.json", "--room", "a:b").refused(2, "b.json")


# Replay


def test_replay_prints_one_summary_and_nothing_else(call: Call, show: Path, tmp_path: Path) -> None:
    ended = call("replay", show)
    assert (ended.code, ended.err) == (0, "")
    (summary,) = ended.lines()
    assert summary["comments"] == summary["judged"] == 3
    assert files(tmp_path) == {"show.jsonl"}


def test_the_summary_may_go_to_a_file(call: Call, show: Path, tmp_path: Path) -> None:
    ended = call("replay", show, "--summary", "s.json", "--data", "kept")
    assert (ended.code, ended.out) == (0, "")
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["audit"]["verified"] is True
    assert (tmp_path / "kept" / "changkong.db").is_file()


def test_a_broken_recording_is_two_with_its_line(call: Call, show: Path) -> None:
    show.write_text(SHOW + "{broken\n", encoding="utf-8")
    call("replay", show).refused(2, "line 4")


def test_an_unknown_recording_is_two(call: Call, tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"\x7fELF\x00")
    call("replay", "x.bin").refused(2, "x.bin")
    (tmp_path / "empty.jsonl").write_bytes(b"")
    call("replay", "empty.jsonl").refused(2, "empty")


def test_a_data_folder_that_is_a_file_is_told(call: Call, show: Path) -> None:
    call("replay", show, "--data", show).refused(1)


# Stores


@pytest.fixture
def kept(call: Call, show: Path, tmp_path: Path) -> Path:
    assert call("replay", show, "--summary", "s.json", "--data", "kept").code == 0
    return tmp_path / "kept"


def test_a_record_that_holds_is_said_to_hold(call: Call, kept: Path) -> None:
    before = files(kept)
    ended = call("audit", "verify", "--data", kept)
    assert ended.code == 0
    (report,) = ended.lines()
    assert report["verified"] is True
    assert report["records"] > 3
    assert files(kept) == before


def test_a_record_somebody_changed_is_one_and_names_the_place(call: Call, kept: Path) -> None:
    with closing(sqlite3.connect(kept / "changkong.db")) as db:
        triggers = db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'comment'"
        )
        for (name,) in triggers.fetchall():
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute("UPDATE comment SET purchase_level = 3 WHERE seq = 1")
        db.commit()
    ended = call("audit", "verify", "--data", kept)
    assert ended.code == 1
    (report,) = ended.lines()
    assert report["verified"] is False
    assert "does not verify" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_search_finds_words_and_is_itself_recorded(call: Call, kept: Path) -> None:
    (before,) = call("audit", "verify", "--data", kept).lines()
    ended = call("audit", "search", "没发货", "--data", kept)
    assert ended.code == 0
    assert [line["text"] for line in ended.lines()] == ["怎么还没发货 骗子"]
    assert ended.err == "1 found\n"
    (after,) = call("audit", "verify", "--data", kept).lines()
    assert after["verified"] is True
    assert after["records"] > before["records"]


def test_a_store_of_a_newer_version_is_not_touched(call: Call, kept: Path) -> None:
    with closing(sqlite3.connect(kept / "changkong.db")) as db:
        db.execute("UPDATE alembic_version SET version_num = 'r9999'")
        db.commit()
    content = (kept / "changkong.db").read_bytes()
    call("audit", "verify", "--data", kept).refused(1, "newer")
    assert (kept / "changkong.db").read_bytes() == content
    call("audit", "search", "x", "--data", kept).refused(1, "newer")


def test_a_file_that_is_no_store_is_told(call: Call, tmp_path: Path) -> None:
    (tmp_path / "changkong.db").write_bytes(b"not a database at all, just words" * 100)
    call("audit", "verify", "--data", tmp_path).refused(1)


def test_a_store_in_use_is_not_written_by_another(call: Call, kept: Path) -> None:
    from bot.storage.engine import open_store

    store = open_store(kept)
    try:
        call("audit", "search", "x", "--data", kept).refused(1)
    finally:
        store.close()


# Draws


SHEET = {
    "title": "抽洁面乳", "prizes": [{"rank": "奖品", "name": "洁面乳", "quantity": 1, "value_fen": 5900}],
    "keyword": "好运", "entry_conditions": "观众均可", "entry_method": "发送好运", "claim_conditions": "本人",
    "claim_method": "登记", "delivery": "包邮", "forfeiture": "七日未登记", "organiser": "小店", "contact": "客服",
    "minors": "未成年人须监护人同意", "price_basis": "当日标价", "lead_s": 3600, "window_s": 60,
}  # fmt: skip


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "sheet.json"
    path.write_text(json.dumps(SHEET), encoding="utf-8")
    return path


def test_a_draw_is_announced_listed_shown_and_cancelled(call: Call, sheet: Path, tmp_path: Path) -> None:
    room = ("--room", "bilibili:22000001", "--data", "d")
    made = call("draw", "new", sheet, *room)
    assert (made.code, made.err) == (0, "")
    (line,) = made.lines()
    assert line["state"] == "announced"
    draw = line["id"]
    assert [one["id"] for one in call("draw", "list", "--data", "d").lines()] == [draw]
    (shown,) = call("draw", "show", draw, "--data", "d").lines()
    assert shown["commitment"]["hash"] == line["commitment"]
    assert 'salt"' not in json.dumps(shown)
    (still,) = call("draw", "open", draw, *room).lines()
    assert still["state"] == "announced", "an hour too early"
    assert call("draw", "export", draw, "public.json", "--data", "d").code == 0
    assert json.loads((tmp_path / "public.json").read_text(encoding="utf-8")) == shown
    call("draw", "void", draw, "because", *room).refused(1)
    (void,) = call("draw", "void", draw, "cancelled", *room).lines()
    assert void["state"] == "void"
    call("draw", "show", "draw-9", "--data", "d").refused(2, "draw-9")
    call("draw", "void", "draw-9", "cancelled", *room).refused(1, "draw-9")
    call("draw", "open", "draw-9", *room).refused(1, "draw-9")


def test_an_incomplete_sheet_is_one(call: Call, sheet: Path) -> None:
    sheet.write_text(json.dumps({**SHEET, "organiser": ""}), encoding="utf-8")
    ended = call("draw", "new", sheet, "--room", "a:b", "--data", "d")
    assert (ended.code, ended.out) == (1, "")
    assert "organiser" in ended.err or "主办方" in ended.err


def test_a_wrong_proof_is_told(call: Call, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("{}", encoding="utf-8")
    ended = call("draw", "verify", "p.json")
    assert ended.code in (1, 2)
    assert "Traceback" not in ended.err
    missing = call("draw", "verify", "none.json")
    assert missing.code == 2
    assert "none.json" in missing.err


# Run, demo, check


def test_a_taken_port_is_told_in_one_sentence(call: Call, tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        (tmp_path / "c.toml").write_text(
            f'[console]\nport = {port}\n[[rooms]]\nplatform = "bridge"\nid = "b"\nsecret = "s"\n',
            encoding="utf-8",
        )
        ended = call("run", "--config", "c.toml")
    assert (ended.code, ended.out) == (1, "")
    last = ended.err.strip().splitlines()[-1]
    assert f"127.0.0.1:{port}" in last
    assert "--port" in last
    assert "Traceback" not in ended.err


def test_wrong_settings_are_two(call: Call, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[console]\nprot = 1\n", encoding="utf-8")
    for command in ("run", "check"):
        call(command, "--config", "c.toml").refused(2, "console.prot", "c.toml")


# Errors of every trade


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("classifiers.errors.JudgementError", 1),
        ("replies.errors.RepliesError", 1),
        ("lottery.errors.LotteryError", 1),
        ("bot.errors.InputError", 2),
        ("bot.errors.StoreFull", 1),
    ],
)
def test_every_trades_errors_become_one_sentence(
    call: Call, monkeypatch: pytest.MonkeyPatch, error: str, code: int
) -> None:
    module, _, name = error.rpartition(".")
    kind = getattr(__import__(module, fromlist=[name]), name)

    def failing(**options: object) -> None:
        raise kind("It is broken. Mend it.")

    monkeypatch.setattr(cli, "app", failing)
    ended = call("replay")
    assert (ended.code, ended.out, ended.err) == (code, "", "It is broken. Mend it.\n")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, typer.Abort])
def test_being_interrupted_is_no_traceback(
    call: Call, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException]
) -> None:
    def failing(**options: object) -> None:
        raise interruption

    monkeypatch.setattr(cli, "app", failing)
    ended = call("replay")
    assert (ended.code, ended.out, ended.err) == (130, "", "")


def test_the_exit_code_is_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "app", lambda **options: 1)
    with pytest.raises(SystemExit) as left:
        cli.main(["check"])
    assert left.value.code == 1
