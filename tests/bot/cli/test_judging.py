"""classify, rules, train, evaluate from the command line: streamed, in order, nothing but JSON on stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from bot.cli import judging
from bot.errors import ChangkongError, InputError
from classifiers import labelled
from classifiers.cascade import Cascade
from classifiers.errors import ModelError
from tests.classifiers.makers import small_data

APP = typer.Typer()
judging.register(APP)
CASCADE = Cascade.load()


def call(*arguments: str, stdin: bytes = b"") -> tuple[list[dict[str, Any]], BaseException | None]:
    result = CliRunner().invoke(APP, list(arguments), input=stdin)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return lines, None if isinstance(result.exception, SystemExit) else result.exception


def test_order_count_ids_and_unknown_fields_are_kept(tmp_path: Path) -> None:
    texts = ["多少钱", "加薇❤", "", "质量太差", "\ud800"] * 120
    file = tmp_path / "in.jsonl"
    lines = [json.dumps({"id": str(n), "text": text, "room": 7}) for n, text in enumerate(texts)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found, error = call("classify", str(file))
    assert error is None
    assert [entry["id"] for entry in found] == [str(n) for n in range(len(texts))]
    assert [entry["text"] for entry in found] == texts
    assert all(entry["room"] == 7 for entry in found)
    assert list(found[0]) == ["id", "text", "room", "faq", "purchase", "negative", "banned", "versions"]
    assert found[0]["faq"]["intent"] == "price"
    assert found[1]["banned"][0] == {
        "category": "D01", "start": 0, "end": 3, "text": "加薇❤", "reading": "加微信", "rule": "D01-0001",
    }  # fmt: skip


def test_bad_lines_are_answered_in_their_place_and_fail_at_the_end() -> None:
    bad = [b"{", b"", b"[1]", b'{"id":"x","text":5}', b"\xff\xfe", b'{"text":NaN}', b"[" * 100_000,
           b'{"text":"x","n":1e999}']  # fmt: skip
    stdin = (
        b"\n".join([b'\xef\xbb\xbf{"text":"1"}', *bad, '{"text":"多少钱","error":"mine"}'.encode()]) + b"\n"
    )
    found, error = call("classify", stdin=stdin)
    assert isinstance(error, ChangkongError)
    assert error.exit_code == 1
    assert "8 of 10 lines" in str(error)
    assert [("versions" in entry) for entry in found] == [True, *[False] * 8, True]
    assert all(f"Line {n}" in entry["error"] for n, entry in enumerate(found[1:9], 2))
    assert found[4]["id"] == "x"
    assert found[9]["error"] == "mine"


def test_a_missing_file_is_wrong_input(tmp_path: Path) -> None:
    found, error = call("classify", str(tmp_path / "nowhere.jsonl"))
    assert found == []
    assert isinstance(error, InputError)
    _, error = call("classify", "-", "--model", str(tmp_path / "nowhere"))
    assert isinstance(error, InputError)


@pytest.mark.parametrize("command", ["classify", "evaluate"])
def test_a_second_reader_is_used_when_asked_for_or_the_error_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("classifiers.reader.RUNTIME", "a_runtime_nobody_has")
    file = "-" if command == "classify" else str(labelled.SHIPPED / "extra-g.csv")
    lines, error = call(command, "--second-reader", file, stdin=b'{"text":"x"}\n')
    assert isinstance(error, ModelError)
    assert "changkong[reader]" in str(error)
    assert not lines


@pytest.mark.extra
def test_with_the_reader_the_version_names_both() -> None:
    pytest.importorskip("onnxruntime", reason="the extra `reader` (onnxruntime) is not installed")
    (line,), error = call("classify", "--second-reader", "-", stdin=json.dumps({"text": "多少钱"}).encode())
    assert error is None
    assert line["versions"]["model"].startswith(f"{CASCADE.versions.model}+")


def test_slow_input_is_answered_line_by_line() -> None:
    """The second line is typed only after the first is answered: a command that waits for a batch would hang."""
    program = "import typer; from bot.cli import judging; app = typer.Typer(); judging.register(app); app(['classify'])"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONUTF8": "1"},
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        guard = threading.Timer(60, process.kill)
        guard.start()
        for number in ("1", "2"):
            process.stdin.write(json.dumps({"id": number, "text": "多少钱"}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait() == 0
        guard.cancel()


def test_train_and_evaluate(tmp_path: Path) -> None:
    data = small_data(tmp_path / "data")
    (card,), error = call("train", "--data", str(data), "--out", str(tmp_path / "model"))
    assert error is None
    assert card["rows"].keys() == {"beauty-a", "food-a"}
    (report,), error = call("evaluate", "--model", str(tmp_path / "model"), str(data / "food-a.csv"))
    assert error is None
    assert report["rows"] == len(labelled.read(data / "food-a.csv"))
    assert {"faq", "purchase", "negative", "banned", "versions"} <= report.keys()


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_wrong_data_is_wrong_input(tmp_path: Path, command: str) -> None:
    bad = tmp_path / "x.csv"
    bad.write_text("id,text\n1,a\n", encoding="utf-8")
    arguments = (
        ["train", "--data", str(bad), "--out", str(tmp_path / "m")]
        if command == "train"
        else [command, str(bad)]
    )
    found, error = call(*arguments)
    assert found == []
    assert isinstance(error, InputError)
    assert "x.csv:1" in str(error)
