"""What is made of a draw beside running it: files for viewers, inspectors, witnesses and the warehouse."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import msgspec
import pytest

from bot.cli import run
from bot.draws.book import commitment_of
from bot.draws.witness import Listener, OwnList
from tests.bot.draws.stage import DUE, staged
from tests.builders import comment


class Told:
    """What a command printed and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)

    def run_it(*words: object) -> Told:
        code = run([str(one) for one in words])
        told = capsys.readouterr()
        return Told(code, told.out, told.err)

    return run_it


@pytest.fixture
def drawn(tmp_path: Path) -> str:
    """A finished draw in the folder `d`, with a witness's list beside it in own.json."""
    with staged(tmp_path / "d") as stage:
        draw_id = stage.announce(staff=("boss",))
        announced = commitment_of(stage.row(draw_id))
        listener = Listener(announced, OwnList(draw_id, "practice:1", announced.hash, "5a" * 16))
        said = [comment("好运", uid=uid, at=40_000 + number) for number, uid in enumerate("abcd")]
        stage.hear(*said)
        for one in said[:3]:
            listener.comment(one, one.at_ms)
        asyncio.run(stage.until(DUE))
        (tmp_path / "own.json").write_bytes(msgspec.json.encode(listener.own))
        return draw_id


def test_public_records_hold_no_secret(call, drawn: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (shown,) = call("draw", "show", drawn, "--data", "d").lines()
    assert [one["record"].get("kind", "commit") for one in shown["records"]] == ["commit", "closed", "drawn"]
    assert "boss" not in json.dumps(shown)
    assert call("draw", "export", drawn, "records.json", "--data", "d").code == 0
    assert json.loads((tmp_path / "records.json").read_text(encoding="utf-8")) == shown


def test_the_site_is_written_for_one_draw_or_all(call, drawn: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for words in ((drawn,), ()):
        ended = call("draw", "export", *words, "--site", "site", "--data", "d")
        assert (ended.code, ended.err) == (0, "")
        assert (tmp_path / "site" / "index.html").exists()
        assert (tmp_path / "site" / f"{drawn}.html").stat().st_size > 10_000
    assert call("draw", "export", drawn, "x.json", "--site", "site", "--data", "d").code == 2
    assert call("draw", "export", "--data", "d").code == 2
    assert call("draw", "export", "draw-9", "--site", "site", "--data", "d").code == 2


def test_an_inspection_needs_a_reason_and_its_file_is_private(call, drawn: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    refused = call("draw", "inspect", drawn, "--out", "i.json", "--data", "d")
    assert refused.code == 1
    assert "--reason" in refused.err
    assert not (tmp_path / "i.json").exists()
    made = call("draw", "inspect", drawn, "--out", "i.json", "--reason", "request 17", "--data", "d")
    assert made.code == 0
    assert len(json.loads((tmp_path / "i.json").read_text(encoding="utf-8"))["entries"]) == 4
    if sys.platform != "win32":
        assert os.stat(tmp_path / "i.json").st_mode & 0o077 == 0
    assert call("audit", "verify", "--data", "d").code == 0


def test_a_witness_is_compared_with_the_proof(call, drawn: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    proof = tmp_path / "d" / "draws" / f"{drawn}.proof.json"
    ended = call("draw", "compare", "own.json", proof)
    assert ended.code == 1
    assert ended.lines()[0]["entries"] == [4, 3]
    call("draw", "inspect", drawn, "--out", "i.json", "--reason", "x", "--data", "d")
    (named,) = call("draw", "compare", "own.json", proof, "--inspector", "i.json").lines()
    assert [one["where"] for one in named["differences"]] == ["missing_here"]  # type: ignore[index, attr-defined]
    wrong = call("draw", "compare", proof, "own.json")
    assert wrong.code == 2
    assert "witness" in wrong.err
    changed = proof.read_text(encoding="utf-8").replace("抽洁面乳", "抽大衣")
    proof.write_text(changed, encoding="utf-8")
    assert "does not verify" in call("draw", "compare", "own.json", proof).err
    assert call("draw", "compare", "none.json", proof).code == 2


def test_places_are_shown_and_the_table_is_written_for_a_reason(call, drawn: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    shown = call("draw", "claims", drawn, "--data", "d")
    assert shown.code == 0
    assert [one["place"] for one in shown.lines()] == [1, 2, 3]
    assert call("draw", "claims", drawn, "--csv", "t.csv", "--data", "d").code != 0
    assert not (tmp_path / "t.csv").exists()
    assert call("draw", "claims", drawn, "--csv", "t.csv", "--reason", "sending", "--data", "d").code == 0
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert call("draw", "claims", "draw-9", "--data", "d").code == 2


def test_coupons_are_brought_in_and_counted(call, drawn: str, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "codes.txt").write_text("AAA-1\nAAA-2\nAAA-1\n", encoding="utf-8")
    (told,) = call("draw", "coupons", "import", "满减券", "codes.txt", "--data", "d").lines()
    assert (told["added"], told["known"]) == (2, 0)
    (pool,) = call("draw", "coupons", "pools", "--data", "d").lines()
    assert (pool["pool"], pool["total"], pool["left"]) == ("满减券", 2, 2)
    assert call("draw", "coupons", "import", "满减券", "none.txt", "--data", "d").code == 2
