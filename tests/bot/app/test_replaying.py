"""The whole pipeline over small made-up recordings."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.app import attachment as attachment_module
from bot.app import replaying
from bot.app.replaying import replay
from bot.errors import RecordingError, StoreFull
from bot.storage.journal import Journal

START = 1_755_000_000_000
SAID = ["1号链接多少钱", "666", "你们就是骗子，假货", "支持退货吗", "加薇信私聊", "来了来了"]

Make = Callable[[Path], Path]


def danmaku(folder: Path, said: list[str] = SAID, step: int = 5_000) -> Path:
    path = folder / "show.jsonl"
    lines = [
        json.dumps({"uid": number, "uname": "甲", "msg": text, "timestamp": START + number * step})
        for number, text in enumerate(said)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def twitch(folder: Path) -> Path:
    path = folder / "show.irc"
    lines = [
        f"@id=m{number};user-id={number};display-name=ann;tmi-sent-ts={START + number * 5_000};room-id=1 "
        f":ann!ann@ann.tmi.twitch.tv PRIVMSG #room :{text}"
        for number, text in enumerate(SAID)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def tsv(folder: Path) -> Path:
    path = folder / "show.tsv"
    lines = [f"2025-08-12 20:00:{number * 5:02},000\tann{number}\t{text}" for number, text in enumerate(SAID)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def xml(folder: Path) -> Path:
    path = folder / "show.xml"
    lines = "".join(
        f'<d p="{number * 5},1,25,16777215,{START // 1000 + number * 5},0,u{number},{number}" user="a">{text}</d>\n'
        for number, text in enumerate(SAID)
    )
    path.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<i>\n{lines}</i>\n', encoding="utf-8")
    return path


def ass(folder: Path) -> Path:
    path = folder / "show.ass"
    lines = "".join(
        f"Dialogue: 0,0:00:{number * 5:02}.00,0:00:59.00,R2L,,0,0,0,,{text}\n"
        for number, text in enumerate(SAID)
    )
    path.write_text(f"[Script Info]\n\n[Events]\n{lines}", encoding="utf-8")
    return path


def table(folder: Path) -> Path:
    path = folder / "show.csv"
    lines = "".join(
        f"2025-08-12 20:00:{number * 5:02},u{number},{text}\n" for number, text in enumerate(SAID)
    )
    path.write_text("time,user,text\n" + lines, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("make", "name", "speaks"),
    [
        (danmaku, "jsonl-danmaku", False),
        (twitch, "twitch-irc", True),
        (tsv, "tsv", False),
        (xml, "bilibili-xml", False),
        (ass, "ass", False),
        (table, "csv", False),
    ],
)
async def test_each_format_goes_all_the_way(tmp_path: Path, make: Make, name: str, speaks: bool) -> None:
    made = await replay([make(tmp_path)])
    assert made["format"] == name
    assert made["comments"] == made["judged"] + made["dropped"] == len(SAID)  # type: ignore[operator]
    assert made["audit"]["verified"] is True  # type: ignore[index]
    assert made["audit"]["records"] >= len(SAID)  # type: ignore[index, operator]
    replies: Any = made["replies"]
    assert replies["sent" if speaks else "suggested"] == 2
    assert replies["suggested" if speaks else "sent"] == 0
    assert made["span_s"] == 25.0
    assert made["cases"] >= 2  # type: ignore[operator]
    assert made["banned"]["D01"] >= 1  # type: ignore[index]
    assert made["flags"] == 1
    assert len(made["sessions"]) == 1  # type: ignore[arg-type]


async def test_one_file_is_one_session_however_long_its_pauses(tmp_path: Path) -> None:
    first = danmaku(tmp_path, step=3_600_000)
    made = await replay([first, first])
    assert len(made["sessions"]) == 2  # type: ignore[arg-type]
    assert made["judged"] == 2 * len(SAID)


async def test_time_is_the_shows_own_at_any_speed(tmp_path: Path) -> None:
    """Six people ask the same within the merge window, then once more after it."""
    path = danmaku(tmp_path, ["1号链接多少钱"] * 6, step=5_000)
    made = await replay([path])
    assert made["replies"] == {"sent": 0, "suggested": 2, "withheld": {"merged": 4}}


async def test_the_same_recording_gives_the_same_figures(tmp_path: Path) -> None:
    path = danmaku(tmp_path)
    kept = ("events", "faq", "purchase", "negative", "banned", "replies", "cases", "flags")
    one, two = await replay([path]), await replay([path])
    assert {name: one[name] for name in kept} == {name: two[name] for name in kept}


async def test_a_store_that_was_named_stays_and_one_that_was_not_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "temporary"
    made.mkdir()
    monkeypatch.setattr(replaying.tempfile, "tempdir", str(made))
    path = danmaku(tmp_path)
    await replay([path])
    assert list(made.iterdir()) == []
    await replay([path], data=tmp_path / "kept")
    with closing(sqlite3.connect(tmp_path / "kept" / "changkong.db")) as db:
        assert db.execute("SELECT COUNT(*) FROM comment").fetchone() == (len(SAID),)
        ((reason, closed),) = db.execute("SELECT reason, closed_ms FROM session").fetchall()
    assert reason == "end_of_recording"
    assert closed == START + 25_000


async def test_a_second_replay_into_the_same_store_is_another_session(tmp_path: Path) -> None:
    path, kept = twitch(tmp_path), tmp_path / "kept"
    await replay([path], data=kept)
    again = await replay([path], data=kept)
    assert again["judged"] == len(SAID)
    assert again["audit"]["verified"] is True  # type: ignore[index]


async def test_the_limit_counts_events_over_all_files(tmp_path: Path) -> None:
    path = danmaku(tmp_path)
    assert (await replay([path, path], limit=8))["judged"] == 8
    assert (await replay([path, path], limit=3))["judged"] == 3


async def test_a_broken_line_is_told_and_what_stands_before_it_is_kept(tmp_path: Path) -> None:
    path = danmaku(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    with pytest.raises(RecordingError) as raised:
        await asyncio.wait_for(replay([path], data=tmp_path / "kept"), 30)
    assert raised.value.line == len(SAID) + 1
    with closing(sqlite3.connect(tmp_path / "kept" / "changkong.db")) as db:
        assert db.execute("SELECT COUNT(*) FROM comment").fetchone() == (len(SAID),)


async def test_an_unknown_file_is_told_before_anything_is_made(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"\x00\x01\x02")
    with pytest.raises(RecordingError):
        await replay([path], data=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


async def test_a_full_disk_ends_a_long_replay_instead_of_hanging_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachment_module, "BATCH_LIMIT", 4)

    def full(self: Journal, batch: object) -> None:
        raise StoreFull("The disk is full.")

    monkeypatch.setattr(Journal, "commit", full)
    with pytest.raises(StoreFull):
        await asyncio.wait_for(replay([danmaku(tmp_path, ["666"] * 200)]), 30)


async def test_a_speed_waits_as_long_as_the_show_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    real = asyncio.sleep

    async def nap(seconds: float) -> None:
        if seconds > 0.5:
            waited.append(seconds)
        await real(0)

    monkeypatch.setattr(replaying.asyncio, "sleep", nap)
    await replay([danmaku(tmp_path)], speed=2.0)
    assert len(waited) == len(SAID) - 1
    assert waited[-1] == pytest.approx(12.5, abs=1.5)


async def test_progress_is_told(tmp_path: Path) -> None:
    steps: list[int] = []
    await replay([danmaku(tmp_path, ["666"] * 600, step=100)], progress=steps.append)
    assert sum(steps) == 512
