"""`node lottery/verifiers/verify.js`: its calls, exit codes and what it prints."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lottery import command
from lottery.report import PRACTICE_LINE

from .bases import base
from .judges import NODE, VERIFIERS

pytestmark = pytest.mark.skipif(NODE is None, reason="Node is not installed, so verify.js was not tried")


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, output and complaints of one call."""
    assert NODE is not None
    call = [NODE, str(VERIFIERS / "verify.js"), *map(str, arguments)]
    done = subprocess.run(call, capture_output=True, encoding="utf-8", check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Honest proofs, a short one with its list, and one whose seed was changed."""
    made = {}
    for name in ("keyword", "practice", "short"):
        made[name] = tmp_path / f"{name}.proof.json"
        made[name].write_text(json.dumps(base(name).proof, ensure_ascii=False), encoding="utf-8")
    made["list"] = tmp_path / "draw.list.json"
    made["list"].write_text(json.dumps(base("short").entry_list), encoding="utf-8")
    forged = base("keyword")
    forged.drawn["seed"] = "00" * 32
    made["forged"] = tmp_path / "forged.proof.json"
    made["forged"].write_text(json.dumps(forged.proof), encoding="utf-8")
    return made


def test_an_honest_proof_gives_0_and_the_lines_of_python(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(files["keyword"])
    assert (code, err) == (0, "")
    assert command.main(["verify", str(files["keyword"])]) == 0
    assert [line.split(":")[0] for line in out.splitlines()] == [
        line.split(":")[0] for line in capsys.readouterr().out.splitlines()
    ]


def test_a_forged_proof_gives_1_and_names_the_step(files: dict[str, Path]) -> None:
    code, out, _ = run(files["forged"])
    assert code == 1
    assert "[failed] 种子 seed: " in out
    assert "[not checked] 中奖位置 winning positions" in out
    assert "result: FAILED" in out


def test_expect_tells_another_draw(files: dict[str, Path]) -> None:
    shown = base("keyword").proof["commitment"]["hash"]
    assert run(files["keyword"], "--expect", shown[:16])[0] == 0
    code, out, _ = run(files["keyword"], f"--expect={shown.upper()}")
    assert (code, "the list was not compared" in out) == (0, True)
    listed = json.loads(files["keyword"].read_text(encoding="utf-8"))["closed"][-1]["hash"]
    code, out, _ = run(files["keyword"], "--expect", listed)
    assert (code, "the list was not compared" in out) == (0, False)
    assert run(files["keyword"], "--expect", "0" * 16)[0] == 1
    assert run(files["keyword"], "--expect", shown[:15])[0] == 2


def test_practice_is_said_first_and_last_and_real_refuses_it(files: dict[str, Path]) -> None:
    code, out, _ = run(files["practice"])
    assert code == 0
    assert out.splitlines()[0] == out.splitlines()[-1] == PRACTICE_LINE
    assert run(files["practice"], "--real")[0] == 1
    assert run(files["keyword"], "--real")[0] == 0


def test_a_list_file_is_checked_with_the_proof(files: dict[str, Path]) -> None:
    code, out, _ = run(files["short"], "--list", files["list"])
    assert (code, "root recomputed" in out) == (0, True)
    assert "by paths" in run(files["short"])[1]
    assert run(files["short"], "--list", files["short"])[0] == 2


def test_several_files_give_a_line_of_json_each(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(files["keyword"], files["forged"], "--json")
    honest, forged = map(json.loads, out.splitlines())
    assert (code, honest["ok"], forged["ok"]) == (1, True, False)
    command.main(["verify", str(files["keyword"]), "--json"])
    by_python = json.loads(capsys.readouterr().out)
    assert list(honest) == list(by_python)
    for name in by_python.keys() - {"steps"}:
        assert honest[name] == by_python[name], name
    for ours, theirs in zip(honest["steps"], by_python["steps"], strict=True):
        assert [ours[name] for name in ("name", "status", "zh", "en")] == [
            theirs[name] for name in ("name", "status", "zh", "en")
        ]


@pytest.mark.parametrize(
    "arguments",
    [[], ["missing.json"], ["--nonsense"], ["a.json", "--expect"], ["."]],
    ids=["nothing", "a missing file", "an unknown option", "an option without value", "a folder"],
)
def test_a_call_that_cannot_be_used_gives_2_and_one_sentence(tmp_path: Path, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "    at " not in err, "a stack is no sentence"
    assert err.strip()


def test_hostile_files_give_2_and_no_stack(tmp_path: Path) -> None:
    hostile = {
        "empty": b"",
        "deep": b"[" * 1_000_000,
        "digits": b'{"v":' + b"9" * 1_000_000 + b"}",
        "long text": b'{"v":"' + b"a" * 3_000_000 + b'\\ud800"}',
        "zeros": bytes(1000),
    }
    for name, content in hostile.items():
        path = tmp_path / "hostile.json"
        path.write_bytes(content)
        code, out, err = run(path)
        assert (code, out) == (2, ""), name
        assert "    at " not in err, name


def test_a_file_beyond_ten_million_entries_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(2**30 + 1)  # takes no room on the disk
    code, out, err = run(path)
    assert (code, out) == (2, "")
    assert "larger than ten million entries need" in err


def test_help_says_how(files: dict[str, Path]) -> None:
    code, out, _ = run("--help")
    assert code == 0
    assert "--expect HASH" in out
