"""The mouth and its gate."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable

import pytest

from bot.app.house import Queued
from bot.comment import RoomKey
from bot.decision import Said
from bot.outbox import Outbox, QueuedRow, gate
from replies.errors import PhraseRefused
from replies.facts import Fact, Shop
from replies.library import Library
from replies.phrase import Phrase
from tests.builders import LIBRARY, NOON, PRICE, PRICE_GENERIC, ROOM, SHOP


class Store:
    """Remembers what became of each row, as the journal would."""

    def __init__(self) -> None:
        self.states: dict[int, list[str]] = {}
        self.details: dict[int, str] = {}
        self.withdrawn: set[int] = set()

    def outbox_begin(self, id: int) -> bool:
        if id in self.withdrawn:
            return False
        self.states.setdefault(id, []).append("sending")
        return True

    def outbox_finish(self, id: int, state: str, detail: str = "") -> None:
        self.states.setdefault(id, []).append(state)
        self.details[id] = detail


class Mouth:
    """Says what it is told and notes it; `answer` is what the platform says."""

    def __init__(self, store: Store) -> None:
        self.said: list[tuple[str, str]] = []
        self.answer: Said | Exception = Said("sent", "ok")
        self._store = store

    async def say(self, room: RoomKey, text: str, *, key: str, expires_ms: int) -> Said:
        row = int(key.rpartition("/")[2])
        assert self._store.states[row] == ["sending"], "committed before the call"
        self.said.append((text, key))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Room:
    """An outbox with everything around it."""

    def __init__(self, **changes: object) -> None:
        self.store = Store()
        self.mouth = Mouth(self.store)
        self.library, self.shop, self.on = LIBRARY, SHOP, True
        self.told: list[tuple[int, str]] = []
        self.outbox = Outbox(
            ROOM, self.mouth, self.store, library=lambda: self.library, shop=lambda: self.shop,
            practice=bool(changes.pop("practice", True)), allowed=lambda: self.on,
            told=lambda row, state: self.told.append((row.id, state)),
        )  # fmt: skip


def row(number: int = 1, phrase: Phrase = PRICE, **changes: object) -> Queued:
    fields: dict[str, object] = {
        "id": number, "session": "s1", "phrase_id": phrase.id, "digest": phrase.digest, "product": "P1",
        "text": "到手59元" if phrase is PRICE else phrase.text, "due_ms": NOON, "expires_ms": NOON + 20_000,
    }  # fmt: skip
    return Queued(**{**fields, **changes})  # type: ignore[arg-type]


async def test_an_approved_current_phrase_is_said() -> None:
    room = Room()
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.mouth.said == [("到手59元", "s1/1")]
    assert room.store.states[1] == ["sending", "sent"]
    assert room.store.details[1] == "ok"
    assert room.told == [(1, "sent")]


# The gate


def with_phrase(**changes: object) -> Library:
    changed = dataclasses.replace(PRICE, **changes)  # type: ignore[arg-type]
    return Library([changed, PRICE_GENERIC])


REFUSALS: list[tuple[str, Callable[[Room], None], str]] = [
    ("no such phrase", lambda room: setattr(room, "library", Library([PRICE_GENERIC])), "unknown"),
    ("another version", lambda room: setattr(room, "library", with_phrase(disclosure="限今天")), "digest"),
    ("withdrawn", lambda room: setattr(room, "library", with_phrase(state="withdrawn")), "not_approved"),
    ("a draft", lambda room: setattr(room, "library", with_phrase(state="draft")), "not_approved"),
    ("expired state", lambda room: setattr(room, "library", with_phrase(state="expired")), "expired"),
    (
        "changed price",
        lambda room: setattr(room, "shop", SHOP.with_fact("P1", "price", Fact("49元"))),
        "stale_fact",
    ),
    (
        "price run out",
        lambda room: setattr(room, "shop", SHOP.with_fact("P1", "price", Fact("59元", valid_until_ms=NOON))),
        "stale_fact",
    ),
    ("product gone", lambda room: setattr(room, "shop", Shop()), "stale_fact"),
]


@pytest.mark.parametrize(("what", "change", "reason"), REFUSALS, ids=[name for name, _, _ in REFUSALS])
async def test_the_gate_keeps_back(what: str, change: Callable[[Room], None], reason: str) -> None:
    room = Room()
    room.outbox.queue([row()])
    change(room)
    await room.outbox.step(NOON)
    assert room.mouth.said == []
    assert room.store.states[1] == ["blocked"]
    assert room.store.details[1] == reason


async def test_the_gate_keeps_back_words_nobody_reviewed_whoever_queued_them() -> None:
    room = Room()
    room.outbox.queue([row(text="到手59元，全网最低"), row(2, text="")])
    await room.outbox.step(NOON)
    assert room.mouth.said == []
    assert room.store.details == {1: "stale_fact", 2: "stale_fact"}


async def test_the_gate_keeps_practice_phrases_out_of_a_real_room() -> None:
    room = Room(practice=False)
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.mouth.said == []
    assert room.store.details[1] == "practice_only"


@pytest.mark.parametrize(
    ("limits", "reason"),
    [({"valid_from_ms": NOON + 1}, "not_yet"), ({"valid_until_ms": NOON}, "expired")],
)
def test_the_gate_knows_a_phrases_dates(limits: dict[str, int], reason: str) -> None:
    phrase = dataclasses.replace(PRICE, **limits)  # type: ignore[arg-type]
    with pytest.raises(PhraseRefused) as refused:
        gate(row(digest=phrase.digest), Library([phrase]), SHOP, practice=True, now_ms=NOON)
    assert refused.value.reason == reason


def test_the_gate_lets_through_what_is_in_order() -> None:
    gate(row(), LIBRARY, SHOP, practice=True, now_ms=NOON)


# At most once


async def test_a_row_is_said_once() -> None:
    room = Room()
    room.outbox.queue([row()])
    for _ in range(3):
        await room.outbox.step(NOON + 1)
    assert len(room.mouth.said) == 1


async def test_a_row_somebody_stopped_is_not_said() -> None:
    room = Room()
    room.store.withdrawn.add(1)
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.mouth.said == []
    assert room.told == [(1, "withdrawn")]


@pytest.mark.parametrize("trouble", [TimeoutError(), RuntimeError("token abc"), OSError("broken pipe")])
async def test_a_call_that_failed_is_unknown_and_never_repeated(trouble: Exception) -> None:
    room = Room()
    room.mouth.answer = trouble
    room.outbox.queue([row(), row(2, PRICE_GENERIC)])
    await room.outbox.step(NOON)
    await room.outbox.step(NOON + 1)
    assert [key for _, key in room.mouth.said] == ["s1/1", "s1/2"]
    assert room.store.states[1] == ["sending", "unknown"]
    assert room.store.details[1] == type(trouble).__name__


@pytest.mark.parametrize("outcome", ["refused", "unknown", "suggested"])
async def test_what_the_platform_says_is_recorded(outcome: str) -> None:
    room = Room()
    room.mouth.answer = Said(outcome, "50007")  # type: ignore[arg-type]
    room.outbox.queue([row()])
    await room.outbox.step(NOON)
    assert room.store.states[1] == ["sending", outcome]
    assert room.store.details[1] == "50007"


async def test_being_stopped_in_the_middle_leaves_the_row_sending() -> None:
    room = Room()
    calling = asyncio.Event()

    async def never(*args: object, **kwargs: object) -> Said:
        calling.set()
        await asyncio.Event().wait()
        raise AssertionError

    room.mouth.say = never  # type: ignore[method-assign]
    room.outbox.queue([row()])
    task = asyncio.create_task(room.outbox.step(NOON))
    await asyncio.wait_for(calling.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert room.store.states[1] == ["sending"]


# Time


async def test_nothing_is_said_before_it_is_due() -> None:
    room = Room()
    room.outbox.queue([row(due_ms=NOON + 10)])
    assert room.outbox.next_due() == NOON + 10
    await room.outbox.step(NOON + 9)
    assert room.mouth.said == []
    await room.outbox.step(NOON + 10)
    assert len(room.mouth.said) == 1
    assert room.outbox.next_due() is None


async def test_rows_are_said_in_the_order_they_are_due() -> None:
    room = Room()
    room.outbox.queue([row(3, due_ms=NOON + 2), row(2, due_ms=NOON + 1), row(1, due_ms=NOON + 2)])
    await room.outbox.step(NOON + 5)
    assert [key for _, key in room.mouth.said] == ["s1/2", "s1/1", "s1/3"]


async def test_an_answer_past_its_time_is_not_said() -> None:
    room = Room()
    room.outbox.queue([row(expires_ms=NOON + 5), row(2, expires_ms=NOON + 6)])
    await room.outbox.step(NOON + 5)
    assert room.store.states == {1: ["expired"], 2: ["sending", "sent"]}


async def test_the_kill_switch_silences_what_is_already_queued() -> None:
    room = Room()
    room.outbox.queue([row()])
    room.on = False
    await room.outbox.step(NOON)
    assert room.mouth.said == []
    assert room.store.states[1] == ["blocked"]
    assert room.store.details[1] == "operator_off"


async def test_at_the_end_what_is_due_is_said_and_the_rest_never() -> None:
    room = Room()
    room.outbox.queue([row(), row(2, due_ms=NOON + 1_000)])
    await room.outbox.close(NOON)
    assert room.store.states == {1: ["sending", "sent"], 2: ["expired"]}
    assert room.store.details[2] == "session_over"
    assert room.told == [(1, "sent"), (2, "expired")]
    assert room.outbox.next_due() is None


def test_rows_of_the_store_and_of_a_batch_both_fit() -> None:
    fits: QueuedRow = row()
    assert fits.id == 1
