from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import pytest

from bot.comment import Happening
from bot.desk.slips import KINDS, OPEN_MS, SENTENCES, Slips
from bot.errors import NotAllowed
from tests.bot.desk.room import KEY, Room


@dataclass(frozen=True)
class Found:
    category: str
    rule: str
    text: str


def speech(text: str) -> list[Found]:
    found = [Found("A01", "A01-1", "最好")] if "最好" in text else []
    return found + ([Found("U01", "U01-1", "滚")] if "滚" in text else [])


def spoken(room: Room, text: object) -> list[Happening]:
    return [Happening(KEY, "speech", room.now, room.now, data={"text": text})]


async def test_speech_that_breaks_a_rule_suggests_its_correction_and_says_so_once() -> None:
    room = Room()
    slips = Slips(room.place, speech)
    assert not slips.hears
    await slips.heard(spoken(room, "这是全网最好的"))
    await slips.heard(spoken(room, "真的是最好的"))
    (slip,) = slips.open()
    assert (slip.kind, slip.words, slip.source, slip.sentence) == (
        "absolute",
        "最好",
        "speech",
        SENTENCES["absolute"],
    )
    assert slips.hears
    assert "最好的" not in str(room.store.records)


async def test_what_is_no_matter_of_advertising_is_no_slip() -> None:
    room = Room()
    slips = Slips(room.place, speech)
    await slips.heard(spoken(room, "滚"))
    await slips.heard(spoken(room, "今天天气好"))
    await slips.heard(spoken(room, 7))
    await slips.heard([Happening(KEY, "gift", room.now, room.now, data={"text": "最好"})])
    assert slips.open() == []


async def test_corrected_makes_the_record_once() -> None:
    room = Room()
    slips = Slips(room.place, speech)
    slip = await slips.press("price", "mei")
    await slips.corrected(slip.id, "mei")
    await slips.corrected(slip.id, "lin")
    assert slips.open() == []
    (record,) = room.recorded("correction")
    assert (record["code"], record["by"], record["sentence"]) == ("X02", "mei", SENTENCES["price"])


async def test_dismissed_makes_no_correction_and_an_old_one_leaves_the_strip() -> None:
    room = Room()
    slips = Slips(room.place, speech)
    one, _ = await slips.press("gift", "mei"), await slips.press("other", "mei")
    await slips.dismiss(one.id, "mei")
    assert room.recorded("correction") == []
    assert len(slips.open()) == 1
    room.now += OPEN_MS
    assert slips.open() == []


async def test_the_button_knows_its_kinds_and_each_has_a_sentence() -> None:
    room = Room()
    slips = Slips(room.place, speech)
    with pytest.raises(NotAllowed):
        await slips.press("weather", "mei")
    assert set(SENTENCES) == set(KINDS)
    assert all(len(one) <= 30 for one in SENTENCES.values())


async def test_an_open_slip_can_be_corrected_after_a_restart_and_a_number_is_given_once() -> None:
    room = Room()
    before = Slips(room.place, speech)
    done = await before.press("gift", "mei")
    await before.corrected(done.id, "mei")
    await before.heard(spoken(room, "这是全网最好的"))
    (slip,) = before.open()
    room.now += 1000
    again = Slips(room.place, speech)
    assert again.open() == [replace(slip, words="")]
    await again.corrected(slip.id, "lin")
    assert [one["slip"] for one in room.recorded("correction")] == [done.id, slip.id]
    third = Slips(room.place, speech)
    assert third.open() == []
    await third.corrected(slip.id, "lin")
    assert len(room.recorded("correction")) == 2
    assert (await third.press("other", "mei")).id == slip.id + 1


async def test_what_was_heard_is_not_kept() -> None:
    room = Room()
    await Slips(room.place, speech).heard(spoken(room, "这是全网最好的"))
    assert "最好" not in b"".join(room.store.settings.values()).decode()


async def test_presses_at_once_lose_none_and_correct_once() -> None:
    room = Room()
    slips = Slips(room.place, speech)
    pressed = await asyncio.gather(*(slips.press(kind, "mei") for kind in KINDS))
    assert sorted(one.id for one in slips.open()) == sorted(one.id for one in pressed) == [1, 2, 3, 4, 5, 6]
    await asyncio.gather(*(slips.corrected(1, by) for by in ("mei", "lin")))
    assert len(room.recorded("correction")) == 1
