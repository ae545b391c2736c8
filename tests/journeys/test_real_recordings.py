"""Real rooms' recordings through the whole pipeline. They lie beside the checkout and are never copied into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journeys.stage import STREAMS, changkong, here, number

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not STREAMS.is_dir(), reason="the real recordings are not here (../shared/data/streams)"
    ),
]

LINES = {"bili-room-a-2020": "*.txt", "twitch-fl0m-2021": "*.log"}
"""Recordings with one comment a line."""


def _lines(file: Path) -> int:
    with file.open("rb") as raw:
        return sum(1 for line in raw if line.strip())


def _all(pattern: str) -> list[Path]:
    return sorted(STREAMS.glob(pattern)) if STREAMS.is_dir() else []


@pytest.mark.parametrize("folder", list(LINES))
def test_the_beginning_of_a_recording_is_counted_to_the_last_comment(folder: str, tmp_path: Path) -> None:
    file = min(_all(f"{folder}/{LINES[folder]}"), key=lambda one: one.stat().st_size)
    ended = here("replay", file, "--limit", 300, "--summary", "-", "--data", tmp_path / "data")
    assert ended.code == 0, ended.err
    told = ended.json
    assert told["comments"] == told["judged"] == told["events"]["comment"] == 300
    assert told["dropped"] == told["gaps"] == 0
    assert told["audit"]["verified"] is True
    assert told["audit"]["records"] == number(tmp_path / "data", "SELECT COUNT(*) FROM audit_record")
    assert number(tmp_path / "data", "SELECT COUNT(*) FROM comment") == 300
    assert len(told["sessions"]) == 1


def test_gifts_and_comments_of_raw_messages_are_both_there() -> None:
    told = here("replay", STREAMS / "bilibili-raw-messages" / "bilibili.jsonl", "--summary", "-").json
    assert (told["comments"], told["judged"], told["events"]["gift"]) == (23, 23, 27)
    told = here(
        "replay", STREAMS / "bilibili-raw-messages" / "bilibili-SUPER_CHAT.jsonl", "--summary", "-"
    ).json
    assert sum(told["events"].values()) == 2
    assert told["audit"]["verified"] is True


@pytest.mark.parametrize(
    "name",
    [
        "huya-raw-messages/huya.jsonl", "youtube-chatreplay/chatreplay.json",
        "youtube-action-samples/youtube_actions.json", "bili-event-shapes/ANCHOR_LOT_AWARD/real_award.json",
        "README.md",
    ],
)  # fmt: skip
def test_what_is_no_recording_of_ours_ends_with_2_and_one_sentence(name: str) -> None:
    ended = here("replay", STREAMS / name, "--summary", "-")
    assert ended.code == 2
    assert ended.out == ""
    assert len(ended.err.strip().splitlines()) == 1
    assert Path(name).name in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("folder", "damage"),
    [
        ("bili-room-a-2020/*.txt", b'{"uid": 1, "msg": \n'),
        ("twitch-fl0m-2021/*.log", b"\xff\xfe\x00 not a line\n"),
        ("bilibili-raw-messages/bilibili.jsonl", b"{]\n"),
    ],
)
def test_a_line_broken_in_the_middle_is_named_with_its_number(
    folder: str, damage: bytes, tmp_path: Path
) -> None:
    source = min(_all(folder), key=lambda one: one.stat().st_size)
    with source.open("rb") as raw:
        lines = [line for line, _ in zip(raw, range(40), strict=False)]
    at = min(20, len(lines) - 1)
    broken = tmp_path / source.name
    broken.write_bytes(b"".join([*lines[:at], damage, *lines[at:]]))
    ended = here("replay", broken, "--summary", "-")
    assert ended.code == 2, ended.out
    assert len(ended.err.strip().splitlines()) == 1
    assert f"line {at + 1}" in ended.err


@pytest.mark.slow
@pytest.mark.parametrize(
    "file",
    [*_all("bili-room-a-2020/*.txt"), *_all("twitch-fl0m-2021/*.log"), *_all("bili-room-b-ass/*.ass")],
    ids=lambda file: file.name,
)
def test_every_file_to_its_end(file: Path) -> None:
    ended = changkong("replay", file, "--speed", "max", "--summary", "-", within=900)
    assert ended.code == 0, ended.err
    told = ended.json
    assert told["judged"] == told["comments"] > 0
    assert told["dropped"] == 0
    assert told["audit"]["verified"] is True
    assert told["audit"]["records"] > told["comments"]
    if file.suffix == ".ass":
        assert told["comments"] == 5848
    else:
        assert told["comments"] == _lines(file)
    assert told["rss_mb"]["end"] <= told["rss_mb"]["at_tenth"] * 1.35
