from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bot.comment import Comment, Viewer
from bot.decision import Decision, Entry, Escalation, Judged, Priority, Reply
from bot.desk import satisfaction as module
from bot.desk.satisfaction import DELAY_MS, GAP_MS, LIFE_MS, POLL, POLL_MS, WITHIN_MS, Satisfaction
from bot.room_state import OpenDraw
from classifiers.verdict import Negative, Purchase, Verdict, Versions
from replies.library import Library
from replies.phrase import Phrase
from replies.sheet import SATISFACTION
from tests.bot.desk.room import KEY, START, Room

TEXT = "解决了扣1，没解决扣2"
PHRASE = Phrase(
    "sat-1", SATISFACTION, "any", None, None, "zh", TEXT, author="li", reviewer="mei", state="live"
)
VERDICT = Verdict(None, Purchase(), Negative(), (), Versions("m", "r", "n"), "")
UNHAPPY = msgspec.structs.replace(VERDICT, negative=Negative("quality", 2, 0.9, {"quality": 0.9}))


class Show:
    """A show that began while the program ran, with the question switched on. Outbox ids of answers from 100."""

    def __init__(self, phrase: Phrase = PHRASE) -> None:
        self.room = Room(library=Library([phrase]))
        self.room.state = msgspec.structs.replace(self.room.state, session="s0", closed=True)
        self.asking = Satisfaction(self.room.place, self.room.voice)
        self.begin("s1")
        self.row = 100

    def begin(self, session: str) -> None:
        self.change(session=session, closed=False)

    def change(self, **fields: Any) -> None:
        self.room.state = msgspec.structs.replace(self.room.state, **fields)

    async def hear(self, text: str, uid: str | None = "u1", **more: Any) -> None:
        """One comment. `verdict`, `reply`, `decision`, `viewer`, `mirrored` as given."""
        reply = more.get("reply")
        decision = more.get("decision") or Decision(reply=reply)
        viewer = more.get("viewer") or Viewer(uid)
        comment = Comment(
            KEY, viewer, text, self.room.now, self.room.now, mirrored=more.get("mirrored", False)
        )
        session = self.room.state.session
        judged = Judged(session, 0, comment, more.get("verdict", VERDICT), decision, self.room.now)
        await self.asking.heard([judged], [] if reply is None else [self.row])

    async def answer(self, uid: str | None = "u1", outcome: str = "sent", **more: Any) -> int:
        """A question of `uid`, answered; gives the answer's outbox id."""
        self.row += 1
        now = self.room.now
        reply = Reply("p-a", "d" * 64, "price", None, "59元", "send", now, now + 15_000)
        await self.hear("多少钱", uid, reply=reply, **more)
        self.asking.told(self.row, outcome)
        return self.row

    async def turn(self) -> None:
        """Let the question's time come."""
        self.room.now += DELAY_MS
        await self.asking.step(self.room.now)

    async def ask(self, uid: str | None = "u1", **more: Any) -> int:
        """Answer `uid`, and let the question's time come."""
        row = await self.answer(uid, **more)
        await self.turn()
        return row

    async def asked(self, uid: str = "u1") -> int:
        """Ask `uid`, and have the question sent; gives the answer's outbox id."""
        row = await self.ask(uid)
        self.asking.told(len(self.room.store.rows), "sent")
        return row

    @property
    def questions(self) -> int:
        assert len(self.room.said) == len(self.room.store.rows)
        return len(self.room.said)

    @property
    def records(self) -> list[Any]:
        return self.room.recorded("satisfaction")


async def test_twenty_seconds_after_an_answer_the_approved_phrase_is_queued_after_everything_else() -> None:
    show = Show()
    assert show.asking.next_due() is None
    await show.answer()
    assert show.asking.next_due() == show.room.now + DELAY_MS == START + 20_000
    show.room.now += DELAY_MS - 1
    await show.asking.step(show.room.now)
    assert show.questions == 0
    show.room.now += 1
    await show.asking.step(show.room.now)
    assert show.room.store.rows == [
        {
            "room": str(KEY), "session": "s1", "phrase_id": "sat-1", "digest": PHRASE.digest, "intent": SATISFACTION,
            "product": None, "text": TEXT, "mode": "send", "due_ms": show.room.now,
            "expires_ms": show.room.now + LIFE_MS, "priority": int(Priority.TIMED),
        }
    ]  # fmt: skip
    assert show.room.said == [1]
    assert show.asking.next_due() is None


@pytest.mark.parametrize("outcome", ["suggested", "by_hand", "refused", "unknown", "expired", "blocked"])
async def test_only_an_answer_that_was_sent_is_asked_about(outcome: str) -> None:
    show = Show()
    await show.ask(outcome=outcome)
    assert show.questions == 0


async def test_a_row_that_answers_nobody_brings_no_question() -> None:
    show = Show()
    show.asking.told(7, "sent")
    assert show.asking.next_due() is None


@pytest.mark.parametrize(
    ("uid", "more"), [(None, {}), ("u1", {"viewer": Viewer("u1", role="host")}), ("u1", {"mirrored": True})]
)
async def test_only_a_viewer_whose_id_is_known_is_asked(uid: str | None, more: dict[str, Any]) -> None:
    show = Show()
    await show.ask(uid, **more)
    assert show.questions == 0


async def test_once_per_viewer_and_show() -> None:
    show = Show()
    await show.ask()
    show.room.now += GAP_MS
    await show.ask()
    assert show.questions == 1
    await show.ask("u2")
    assert show.questions == 2
    show.room.now += GAP_MS
    show.begin("s2")
    await show.ask()
    assert show.questions == 3


@pytest.mark.parametrize(("more_ms", "questions"), [(GAP_MS - 1, 1), (GAP_MS, 2)])
async def test_once_per_room_in_ten_minutes_over_the_end_of_a_show_too(more_ms: int, questions: int) -> None:
    show = Show()
    await show.ask()
    show.begin("s2")
    show.room.now += more_ms - DELAY_MS
    await show.ask("u2")
    assert show.questions == questions


@pytest.mark.parametrize(
    "happens",
    [
        lambda show: show.change(draw=OpenDraw("d1", "1", 0, 1)),
        lambda show: show.change(platform_draw="福袋"),
        lambda show: show.room.do("red_on", reason="x"),
        lambda show: show.room.do("quiet_on"),
        lambda show: show.room.do("replies_off"),
        lambda show: show.room.do("hold", product="*"),
        lambda show: show.change(aggrieved={"u1": 1}),
        lambda show: show.change(closed=True),
        lambda show: show.change(session="s2"),
        lambda show: setattr(show.room, "can_send", False),
        lambda show: setattr(
            show.room, "library", Library([dataclasses.replace(PHRASE, state="withdrawn")])
        ),
        lambda show: setattr(show.room, "library", Library([dataclasses.replace(PHRASE, lang="en")])),
        lambda show: setattr(show.room, "library", Library([dataclasses.replace(PHRASE, tone="sales")])),
        lambda show: setattr(
            show.room, "library", Library([dataclasses.replace(PHRASE, text="没解决转人工")])
        ),
    ],
    ids=[
        "draw", "platform_draw", "red", "quiet", "off", "held", "aggrieved", "closed", "other_show", "mute",
        "withdrawn", "other_language", "sales", "off_duty",
    ],
)  # fmt: skip
async def test_what_has_happened_since_the_answer_keeps_it_back(happens: Callable[[Show], None]) -> None:
    show = Show()
    await show.answer()
    happens(show)
    await show.turn()
    assert show.questions == 0
    assert show.asking.next_due() is None


@pytest.mark.parametrize(
    ("words", "questions"),
    [(["1", "２", "111"], 0), (["1", "2"], 1), (["666", "666", "666", "好", "12"], 1)],
    ids=["poll", "too_few", "other_words"],
)
async def test_never_while_the_room_votes(words: list[str], questions: int) -> None:
    show = Show()
    await show.answer()
    for number, word in enumerate(words):
        await show.hear(word, f"v{number}")
    await show.turn()
    assert show.questions == questions


async def test_a_poll_is_over_a_minute_later() -> None:
    show = Show()
    for number in range(POLL):
        await show.hear("1", f"v{number}")
    show.room.now += POLL_MS - DELAY_MS
    await show.ask()
    assert show.questions == 1


async def test_a_poll_and_the_answers_of_another_show_are_forgotten() -> None:
    show = Show()
    for number in range(POLL):
        await show.hear("1", f"v{number}")
    reply = Reply("p-a", "d" * 64, "price", None, "59元", "send", 0, 1)
    await show.hear("多少钱", reply=reply)
    show.room.now -= GAP_MS
    show.begin("s2")
    await show.hear("晚上好", "u2")
    show.asking.told(show.row, "sent")
    await show.turn()
    assert show.questions == 0
    await show.ask()
    assert show.questions == 1


async def test_it_is_asked_in_the_rooms_language_and_promises_nobody_who_is_not_there() -> None:
    show = Show()
    promise = dataclasses.replace(PHRASE, id="sat-0", text="没解决转人工")
    english = dataclasses.replace(PHRASE, id="sat-e", lang="en", text="Did that help? 1 for yes, 2 for no")
    show.room.library = Library([promise, PHRASE, english])
    await show.ask()
    show.room.now += GAP_MS
    show.asking = Satisfaction(show.room.place, show.room.voice, "en")
    show.begin("s2")
    await show.ask()
    assert [row["phrase_id"] for row in show.room.store.rows] == ["sat-1", "sat-e"]


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize(
    "trouble",
    [{"verdict": UNHAPPY}, {"decision": Decision(escalation=Escalation(("D01",), 3, True))}],
    ids=["negative", "case"],
)
async def test_never_somebody_unhappy_or_with_a_case_in_this_show(
    trouble: dict[str, Any], later: bool
) -> None:
    show = Show()
    if later:
        await show.answer()
    await show.hear("质量差", **trouble)
    await (show.turn() if later else show.ask())
    assert show.questions == 0
    await show.ask("u2")
    assert show.questions == 1


async def test_of_a_show_under_way_at_the_start_it_is_not_known_who_was_asked() -> None:
    show = Show()
    show.asking = Satisfaction(show.room.place, show.room.voice)
    await show.ask()
    assert show.questions == 0
    show.begin("s2")
    await show.ask()
    assert show.questions == 1


async def test_what_is_remembered_is_bounded_and_then_nobody_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_VIEWERS", 2)
    monkeypatch.setattr(module, "MOST_ANSWERS", 2)
    show = Show()
    for number in range(4):
        reply = Reply("p-a", "d" * 64, "price", None, "59元", "send", 0, 1)
        show.row += 1
        await show.hear("多少钱", f"w{number}", reply=reply)
    assert list(show.asking._answers.values()) == ["w2", "w3"]
    await show.hear("差", "x1", verdict=UNHAPPY)
    await show.hear("差", "x2", verdict=UNHAPPY)
    await show.ask()
    assert show.questions == 0


@pytest.mark.parametrize(("words", "said"), [("1", "yes"), ("2", "no"), ("１", "yes"), ("②", "no")])
async def test_a_yes_or_no_is_kept_with_the_answer_it_is_about_and_no_words(words: str, said: str) -> None:
    show = Show()
    answer = await show.asked()
    show.room.now += WITHIN_MS
    await show.hear(words)
    assert show.records == [{"outbox": answer, "answer": said}]
    await show.hear("2")
    assert len(show.records) == 1


@pytest.mark.parametrize(
    ("words", "uid", "more"),
    [
        ("11", "u1", {}), ("1 ", "u1", {}), ("3", "u1", {}), ("解决了", "u1", {}), ("", "u1", {}), ("\ud800", "u1", {}),
        ("1" * 100_000, "u1", {}), ("1", "u2", {}), ("1", None, {}), ("1", "u1", {"mirrored": True}),
        ("1", "u1", {"decision": Decision(entry=Entry("d1"))}),
    ],
)  # fmt: skip
async def test_nothing_else_counts(words: str, uid: str | None, more: dict[str, Any]) -> None:
    show = Show()
    await show.asked()
    await show.hear(words, uid, **more)
    assert show.records == []
    await show.hear("1")
    assert len(show.records) == 1


async def test_nor_does_what_comes_too_late_or_before_the_question_was_sent() -> None:
    show = Show()
    await show.ask()
    await show.hear("1")
    show.asking.told(1, "sent")
    show.room.now += WITHIN_MS + 1
    await show.hear("1")
    assert show.records == []


@pytest.mark.parametrize("state", ["blocked", "expired", "refused", "unknown"])
async def test_nor_an_answer_to_a_question_nobody_heard(state: str) -> None:
    show = Show()
    await show.ask()
    show.asking.told(1, state)
    await show.hear("1")
    assert show.records == []


async def test_another_show_has_nothing_to_do_with_it() -> None:
    show = Show()
    await show.asked()
    show.begin("s2")
    await show.hear("1")
    assert show.records == []
