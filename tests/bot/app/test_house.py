"""What every run shares, on a real store with the shipped judges."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app.house import Assembly, House, RecordingSink, open_house, phrase_of, syllables_of
from bot.approval import Approver, grant
from bot.clock import ShowClock
from bot.comment import RoomKey
from bot.decision import Capabilities, Said
from bot.errors import InputError
from bot.pipeline import Input
from bot.policy import Instruction
from bot.storage.audit import verify
from bot.storage.values import FactRow, ProductRow
from replies import practice
from replies.facts import Fact, Product, Shop
from replies.phrase import Phrase
from tests.builders import NOON, ROOM, comment, happening


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = opened(tmp_path)
    yield made
    made.close()


def opened(folder: Path) -> House:
    return open_house(data=folder, url=None, now=lambda: NOON, clock_source="practice")


class Ear:
    """A speaker that notes what it said and when."""

    def __init__(self, clock: ShowClock) -> None:
        self.heard: list[tuple[int, str]] = []
        self._clock = clock

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        self.heard.append((self._clock.now() - NOON, text))
        return Said("sent")


class Told:
    """A room assembled for practice, which hears what became of each answer."""

    def __init__(self, house: House, **changes: object) -> None:
        self.clock = ShowClock("practice")
        self.ear = Ear(self.clock)
        self.states: list[str] = []
        self.assembly = Assembly(
            house, ROOM, lambda: Capabilities(reply=True), self.ear, self.clock, practice=True,
            shop=practice.shop(), lossless=True, told=lambda row, state: self.states.append(state), **changes,
        )  # type: ignore[arg-type]  # fmt: skip

    async def run(self, *inputs: Input) -> None:
        attachment = self.assembly.attachment
        for one in inputs:
            await attachment.put(one)
        await attachment.end()
        await attachment.run()


# The house


def test_a_new_house_has_no_phrases_until_practice_is_asked_for(house: House) -> None:
    assert len(house.library) == 0
    shop = house.seed_practice()
    assert shop == practice.shop()
    assert {one.id: one.digest for one in house.library} == {one.id: one.digest for one in practice.library()}
    assert all(one.signed == "practice" and one.state == "live" for one in house.library)


def test_seeding_twice_adds_nothing_and_brings_nothing_withdrawn_back(house: House) -> None:
    house.seed_practice()
    first = next(iter(house.library))
    house.journal.withdraw_phrase(first.id, first.digest, "amy", "wrong")
    house.seed_practice()
    found = house.library.get(first.id)
    assert found is not None
    assert found.state == "withdrawn"
    assert len(house.library) == len(practice.library())


def test_a_stored_phrase_is_the_phrase_that_was_stored(house: House) -> None:
    house.seed_practice()
    rows = {row.id: phrase_of(row) for row in house.journal.phrase_versions()}
    assert rows == {one.id: dataclasses.replace(one, state="live") for one in practice.library()}


def test_secrets_outlive_a_restart_and_differ_by_name(tmp_path: Path) -> None:
    first = opened(tmp_path)
    cookies, buttons = first.secret("cookies"), first.secret("buttons")
    first.close()
    second = opened(tmp_path)
    assert (second.secret("cookies"), second.secret("buttons")) == (cookies, buttons)
    second.close()
    assert cookies != buttons
    assert len(cookies) == 32


def test_versions_name_everything_that_judges_and_answers(house: House) -> None:
    before = house.versions()
    assert before.keys() == {"model", "rulebook", "normalizer", "library"}
    assert all(before.values())
    house.seed_practice()
    assert house.versions()["library"] != before["library"]


def test_a_closed_house_leaves_no_log_beside_the_file(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert not list(tmp_path.glob("*-wal"))
    assert (tmp_path / "changkong.db").is_file()


def test_a_wrong_address_is_told() -> None:
    with pytest.raises(InputError):
        open_house(data=None, url="mysql://x/y", now=lambda: NOON, clock_source="live")


def test_syllables_have_no_tone_and_unknown_characters_stand_for_themselves() -> None:
    assert syllables_of("发货x") == ["fa", "huo", "x"]


# A room put together


async def test_questions_are_answered_in_the_shows_own_time(house: House) -> None:
    house.seed_practice()
    room = Told(house)
    await room.run(
        happening("live_start"),
        comment("1号链接多少钱", uid="a", at=1_000),
        comment("支持退货吗", uid="b", at=1_500),
        comment("666", uid="c", at=60_000),
    )
    assert [at for at, _ in room.ear.heard] == [1_000, 1_500]
    assert "59元" in room.ear.heard[0][1]
    assert room.states == ["sent", "sent"]
    sendings = house.readings.sendings(room.assembly.attachment.state.session)
    assert {one.state for one in sendings} == {"sent"}


async def test_answers_of_a_show_that_ends_in_the_same_batch_keep_their_own_times(house: House) -> None:
    house.seed_practice()
    room = Told(house)
    await room.run(
        comment("1号链接多少钱", uid="a"),
        comment("666", uid="c", at=120_000),
        comment("2号链接多少钱", uid="b", at=120_500),
        comment("支持退货吗", uid="d", at=120_600),
        Instruction("end_session", "me"),
    )
    assert [at for at, _ in room.ear.heard] == [0, 120_500]
    assert room.states == ["sent", "sent", "expired"]


async def test_the_end_of_one_show_does_not_silence_the_next(house: House) -> None:
    house.seed_practice()
    room = Told(house)
    await room.run(
        comment("666", uid="a"),
        happening("live_end", at=1_000),
        happening("live_start", at=60_000),
        comment("1号链接多少钱", uid="b", at=61_000),
        comment("支持退货吗", uid="d", at=61_500),
        comment("666", uid="a", at=90_000),
    )
    assert [at for at, _ in room.ear.heard] == [61_000, 61_500]


async def test_a_restart_continues_the_session_and_its_waiting_answers(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.seed_practice()
    room = Told(first)
    await room.run(comment("1号链接多少钱", uid="a"), comment("支持退货吗", uid="b", at=100))
    assert len(room.ear.heard) == 1
    session = room.assembly.attachment.state.session
    first.close()

    second = opened(tmp_path)
    room = Told(second)
    assert room.assembly.resumed
    assert room.assembly.attachment.state.shop == practice.shop()
    await room.run(comment("666", uid="c", at=10_000))
    assert room.assembly.attachment.state.session == session
    assert [at for at, _ in room.ear.heard] == [250]
    assert verify(second.store).verified
    second.close()


async def test_the_kill_switch_reaches_the_outbox(house: House) -> None:
    house.seed_practice()
    room = Told(house)
    await room.run(
        comment("1号链接多少钱", uid="a"),
        comment("支持退货吗", uid="b", at=100),
        Instruction("replies_off", "amy"),
    )
    await room.run(comment("666", at=30_000))
    assert "blocked" in room.states
    assert room.ear.heard == []


async def test_a_phrase_withdrawn_after_it_was_queued_is_not_said(house: House) -> None:
    house.seed_practice()
    room = Told(house)
    await room.run(comment("1号链接多少钱", uid="a"), comment("支持退货吗", uid="b", at=100))
    waiting = [
        one
        for one in house.readings.sendings(room.assembly.attachment.state.session)
        if one.state == "queued"
    ]
    assert len(waiting) == 1
    house.journal.withdraw_phrase(waiting[0].phrase_id, waiting[0].digest, "amy", "")
    house.reload_library()
    await room.run(comment("666", uid="c", at=10_000))
    assert room.states == ["sent", "blocked"]
    assert len(room.ear.heard) == 1


async def test_the_sink_of_a_replay_says_nothing_to_anybody() -> None:
    assert await RecordingSink().say(ROOM, "x", key="k", expires_ms=0) == Said("sent", "replay")


async def test_a_card_may_show_a_sample_and_the_look_is_recorded(house: House) -> None:
    house.seed_practice()
    room = Told(house)
    await room.run(comment("你们就是骗子，假货，我要举报", uid="a"))
    (case,) = house.readings.open_cases(ROOM)
    assert house.sample(case.case_id) == "你们就是骗子，假货，我要举报"
    told = [
        row
        for chain in house.readings.chains()
        for row in house.readings.records(chain, after_seq=-1, limit=100)
    ]
    assert any("telegram cards" in str(row.body) for row in told)
    assert house.sample(10_000) is None


# Phrases, questions and goods of the shop's own


def test_of_several_versions_the_live_one_is_in_the_library(house: House) -> None:
    house.journal.add_person("cat", "Cat", "compliance")
    first = approved(house, Phrase("p", "price", "any", None, None, "zh", "看购物车"))
    house.journal.draft_phrase(Phrase("p", "price", "any", None, None, "zh", "第二版"), by="ann")
    house.reload_library()
    (one,) = house.library
    assert (one.digest, one.state, one.reviewer) == (first.digest, "live", "cat")
    later = approved(house, Phrase("p", "price", "any", None, None, "zh", "双十一", valid_from_ms=NOON + 5))
    house.reload_library()
    assert next(iter(house.library)).digest == first.digest
    assert not house.advance_phrases(NOON + 4)
    assert house.advance_phrases(NOON + 5)
    assert [(one.digest, one.state) for one in house.library] == [(later.digest, "live")]


def approved(house: House, phrase: Phrase) -> Phrase:
    journal = house.journal
    row = journal.draft_phrase(phrase, by="ann")
    journal.submit_phrase(row.id, row.digest, by="ann")
    cat = Approver("cat", frozenset({"compliance"}), NOON)
    matter = journal.phrase_matter(row.id, row.digest, clean=True)
    allowed = grant(matter, cat, "pair", readings=(), now_ms=NOON)
    done = journal.approve_phrase(row.id, row.digest, grant=allowed, approver=cat, mode="pair", now_ms=NOON)
    return phrase_of(done)


def test_an_own_question_is_understood_as_soon_as_it_is_told(house: House) -> None:
    before = house.cascade.versions
    asks = ["衣服可以刻字吗", "能刻名字不", "刻字要加钱不"]
    house.journal.save_own_question("engrave", {"name": "刻字", "asks": asks}, by="ann")
    same = ["刻字吗", "刻字吗?", "刻字吗？"]  # one and the same once normalised
    house.journal.save_own_question("broken", {"name": "x", "asks": same}, by="ann")
    house.reload_questions()
    faq = house.judge(["这个可以刻字吗"])[0].faq
    assert faq is not None
    assert faq.intent == "own:engrave"
    assert house.versions()["model"].startswith(f"{before.model}+own-")
    house.journal.switch_own_question("engrave", False, by="ann")
    house.reload_questions()
    faq = house.judge(["这个可以刻字吗"])[0].faq
    assert faq is None or faq.intent != "own:engrave"
    assert house.cascade.versions == before


async def test_a_shops_own_question_does_not_silence_another_shop(house: House) -> None:
    house.seed_practice()
    asks = ["1号链接多少钱", "链接多少钱一件", "这个链接多少钱"]
    body = {"name": "价格", "asks": asks, "must": ["多少钱"], "merchant": "南店"}
    house.journal.save_own_question("cost", body, by="ann")
    house.reload_questions()
    asked = comment("1号链接多少钱", uid="a", at=1_000)
    (heard,) = house.judge([asked.text])
    assert heard.faq is not None
    assert heard.faq.intent == "own:cost"
    room = Told(house, merchant="北店")
    await room.run(happening("live_start"), asked)
    ((_, said),) = room.ear.heard
    assert "59元" in said
    south = Told(house, merchant="南店", resume=False)
    await south.run(happening("live_start"), asked)
    assert south.ear.heard == []  # its own question, for which there is no phrase yet
    house.journal.switch_own_question("cost", False, by="ann")
    house.reload_questions()
    assert house.reaches == {}


def test_own_questions_are_there_after_a_restart(tmp_path: Path) -> None:
    first = opened(tmp_path)
    asks = ["衣服可以刻字吗", "能刻名字不", "刻字要加钱不"]
    first.journal.save_own_question("engrave", {"name": "刻字", "asks": asks}, by="ann")
    first.close()
    again = opened(tmp_path)
    faq = again.judge(["这个可以刻字吗"])[0].faq
    again.close()
    assert faq is not None
    assert faq.intent == "own:engrave"


def test_the_shop_is_what_the_store_has(house: House) -> None:
    assert house.shop() == Shop()
    house.journal.save_products([ProductRow("p1", {"name": "裙子", "slot": 1, "merchant": "小店"}),
                                 ProductRow("p2", {"name": "坏的", "slot": 0})], by="ann")  # fmt: skip
    house.journal.save_fact(FactRow("p1", "price", "59", "hand", None, True), by="ann")
    facts = {"price": Fact("59", "hand", None, True)}
    assert house.shop("小店") == Shop((Product("p1", "裙子", (), 1, "", facts, "小店"),))
    assert house.shop("别家").products == ()
