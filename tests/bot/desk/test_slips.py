from __future__ import annotations

from dataclasses import dataclass

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
