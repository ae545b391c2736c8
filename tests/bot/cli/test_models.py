"""`changkong model`: JSON on stdout, exit codes, and the whole way from the desk to a model in use and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from bot.app.house import open_house
from bot.cli import models
from bot.errors import ChangkongError, InputError, NotAllowed
from classifiers import gate, labelled
from tests.bot.learning.desk import PRICE, open_desk
from tests.bot.learning.models import copy_of_shipped
from tests.builders import comment

APP = typer.Typer()
models.register(APP)


def call(*arguments: object) -> tuple[dict[str, Any] | None, BaseException | None]:
    """What came on stdout, one JSON object or nothing, and the error."""
    result = CliRunner().invoke(APP, ["model", *map(str, arguments)])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) <= 1
    return (lines[0] if lines else None), None if isinstance(
        result.exception, SystemExit
    ) else result.exception


@pytest.fixture
def split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first rows of a held-out batch in the place of the whole split."""
    whole = labelled.SHIPPED / f"{min(labelled.DEVELOPMENT)}.csv"
    lines = whole.read_text(encoding="utf-8").splitlines(keepends=True)
    file = tmp_path / whole.name
    file.write_text("".join(lines[:300]), encoding="utf-8")
    monkeypatch.setattr(gate, "frozen_split", lambda: [file])
    return file


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A store with a judged comment, `lin` (operator) and `an` (compliance)."""
    with open_desk(tmp_path / "data") as desk:
        first, _ = desk.hear((comment("多少钱", uid="u1"), PRICE), (comment("666", uid="u2"), PRICE))
        desk.say(first)
    return tmp_path / "data"


def test_collect_writes_a_batch_and_says_what_is_left_out(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "desk.csv"
    told, error = call("collect", "--data", data, "--out", out)
    assert error is None
    assert told is not None
    assert (told["examples"], told["left_out"]) == (1, {})
    assert told["batch"].startswith("desk-")
    assert [row.text for row in labelled.read(out)] == ["多少钱"]
    told, error = call("collect", "--db", f"sqlite:///{data / 'changkong.db'}", "--out", out)
    assert error is None


def test_collect_with_nothing_judged_fails_in_one_sentence(tmp_path: Path) -> None:
    with open_desk(tmp_path / "data") as desk:
        desk.hear((comment("多少钱"), PRICE))
    told, error = call("collect", "--data", tmp_path / "data", "--out", tmp_path / "x.csv")
    assert told is None
    assert isinstance(error, ChangkongError)
    assert error.exit_code == 1
    assert not (tmp_path / "x.csv").exists()
    _, error = call("collect", "--data", tmp_path / "nowhere", "--out", tmp_path / "x.csv")
    assert isinstance(error, InputError)
    assert not (tmp_path / "nowhere").exists()


def test_gate_passes_an_equal_model_and_names_what_a_deaf_one_is_worse_on(
    split: Path, tmp_path: Path
) -> None:
    copy_of_shipped(tmp_path / "equal", "equal")
    told, error = call("gate", tmp_path / "equal")
    assert error is None
    assert told is not None
    assert (told["passed"], told["worse"], told["rows"]) == (True, [], 299)
    deaf = copy_of_shipped(tmp_path / "deaf", "deaf", deaf=True)
    told, error = call("gate", tmp_path / "deaf", split, "--against", tmp_path / "equal")
    assert told is not None
    assert told["candidate"] == deaf
    assert not told["passed"]
    assert isinstance(error, ChangkongError)
    assert error.exit_code == 1
    assert "purchase>=1" in told["worse"]
    assert all(name in str(error) for name in told["worse"])


def test_gate_with_files_a_model_has_learned_from_is_refused(tmp_path: Path) -> None:
    copy_of_shipped(tmp_path / "equal", "equal")
    told, error = call("gate", tmp_path / "equal", labelled.SHIPPED / "food-a.csv")
    assert told is None
    assert isinstance(error, InputError)
    assert "has learned from" in str(error)


def test_shadow_over_a_recording_and_over_the_last_show(data: Path, tmp_path: Path) -> None:
    copy_of_shipped(tmp_path / "deaf", "deaf", deaf=True)
    show = tmp_path / "show.jsonl"
    lines = [
        {"uid": str(n), "uname": "x", "msg": text, "timestamp": 1_755_000_000_000 + n}
        for n, text in enumerate(["这件多少钱", "好看"])
    ]
    show.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    told, error = call("shadow", tmp_path / "deaf", show)
    assert error is None
    assert told is not None
    assert (told["comments"], told["candidate"]["counts"]["faq:none"]) == (2, 2)
    assert [one["text"] for one in told["differences"]][:1] == ["这件多少钱"]
    told, error = call("shadow", tmp_path / "deaf", "--data", data, "--list", "0")
    assert error is None
    assert told is not None
    assert told["comments"] == 2
    assert told["differ"] >= 1
    assert told["differences"] == []
    with open_desk(data) as desk:
        readers = {one.body["data"]["reader"] for one in desk.readings.all_records("access")}
    assert models.READER in readers


def test_two_people_take_a_model_into_use_and_one_takes_it_back(
    split: Path, data: Path, tmp_path: Path
) -> None:
    version = copy_of_shipped(tmp_path / "equal", "equal")
    told, error = call("propose", tmp_path / "equal", "--by", "lin", "--data", data)
    assert error is None
    assert told is not None
    assert told["state"] == "waiting"
    number = told["proposal"]
    _, error = call("approve", number, "--by", "lin", "--data", data)
    assert isinstance(error, NotAllowed)
    told, error = call("approve", number, "--by", "an", "--data", data)
    assert error is None
    assert told is not None
    assert (told["current"], told["used"]) == (version, ["shipped", version])
    house = open_house(data=data, url=None, now=lambda: 0, clock_source="practice")
    assert house.versions()["model"] == version
    house.close()
    before = sorted(path.name for path in data.iterdir())
    told, _ = call("list", "--data", data)
    assert told is not None
    assert [one["state"] for one in told["proposals"]] == ["approved"]
    assert sorted(path.name for path in data.iterdir()) == before
    told, error = call("rollback", "--data", data)
    assert error is None
    assert told is not None
    assert (told["current"], told["folder"]) == ("shipped", None)
    _, error = call("rollback", "--data", data)
    assert isinstance(error, NotAllowed)


def test_a_worse_model_is_recorded_as_refused_and_not_copied(split: Path, data: Path, tmp_path: Path) -> None:
    version = copy_of_shipped(tmp_path / "deaf", "deaf", deaf=True)
    told, error = call("propose", tmp_path / "deaf", "--by", "lin", "--data", data)
    assert told is not None
    assert told["state"] == "refused"
    assert isinstance(error, ChangkongError)
    assert error.exit_code == 1
    assert not (data / "models" / version).exists()
    _, error = call("approve", told["proposal"], "--by", "an", "--data", data)
    assert isinstance(error, NotAllowed)


def test_who_is_not_known_proposes_nothing(split: Path, data: Path, tmp_path: Path) -> None:
    copy_of_shipped(tmp_path / "equal", "equal")
    told, error = call("propose", tmp_path / "equal", "--by", "mallory", "--data", data)
    assert told is None
    assert isinstance(error, NotAllowed)
    assert not (data / "models").exists()


def test_what_is_no_model_is_wrong_input(tmp_path: Path) -> None:
    for command in ("gate", "shadow"):
        _, error = call(command, tmp_path / "nowhere")
        assert isinstance(error, InputError)


def test_no_room_is_opened_with_a_model_nobody_approved(data: Path) -> None:
    (data / "models").mkdir()
    version = copy_of_shipped(data / "models" / "x", "unapproved")
    (data / "models" / "x").rename(data / "models" / version)
    (data / "models" / "current").write_text(version, encoding="utf-8")
    with pytest.raises(ChangkongError, match="By the record"):
        open_house(data=data, url=None, now=lambda: 0, clock_source="practice")
    with open_desk(data):
        pass  # the store was let go of


@pytest.mark.parametrize(
    "command", ["", "collect", "gate", "shadow", "propose", "approve", "list", "rollback"]
)
def test_help_has_an_example(command: str) -> None:
    result = CliRunner().invoke(APP, ["model", *([command] if command else []), "--help"])
    assert result.exit_code == 0
    assert f"Example: changkong model {command}" in result.stdout
