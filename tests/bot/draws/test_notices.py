from __future__ import annotations

import pytest

from bot.draws import notices
from bot.draws.notices import CLOSING_MS, LATE_MS
from lottery.states import State
from replies.facts import DRAW_SLOTS
from tests.bot.draws.rows import CLOSES, DUE, OPENS, STARTED, row_at


@pytest.mark.parametrize(
    ("state", "now", "name"),
    [
        (State.ANNOUNCED, STARTED, "announced"),
        (State.OPEN, OPENS + LATE_MS - 1, "announced"),
        (State.OPEN, OPENS + LATE_MS, None),
        (State.OPEN, CLOSES - CLOSING_MS - 1, None),
        (State.OPEN, CLOSES - CLOSING_MS, "closing"),
        (State.OPEN, CLOSES, None),
        (State.CLOSED, CLOSES + 100, None),
        (State.CHALLENGE, CLOSES + 600, "closed"),
        (State.BEACON, DUE, None),
        (State.CLAIM, DUE + 600, "drawn"),
        (State.CLAIM, DUE + 10 * LATE_MS, None),
        (State.VOID, OPENS + 2_000, "void"),
        (State.VOID, OPENS + 10 * LATE_MS, None),
        (State.ARCHIVED, DUE + 600, None),
    ],
)
def test_each_stage_has_its_notice_while_it_is_news(state: State, now: int, name: str | None) -> None:
    notice = notices.due(row_at(state), now)
    assert (None if notice is None else notice.name) == name
    if notice is not None:
        assert notice.intent == f"draw:{name}"
        assert now < notice.expires_ms


def test_a_short_window_is_not_interrupted_by_its_own_end() -> None:
    row = row_at(State.OPEN, window_s=60)
    assert notices.due(row, OPENS + 45_000) is None
    assert notices.next_due(row, OPENS + 25_000) is None


def test_the_clock_brings_the_reminder() -> None:
    row = row_at(State.OPEN)
    assert notices.next_due(row, OPENS + 30_000) == CLOSES - CLOSING_MS
    assert notices.next_due(row, CLOSES - CLOSING_MS) is None


@pytest.mark.parametrize(
    "text", ["黑 幕！", "抽奖都是假的吧", "内定的", "中奖的全是托", "RIGGED", "骗人抽奖"]
)
def test_crying_foul_is_heard(text: str) -> None:
    assert notices.doubts(text)


@pytest.mark.parametrize(
    "text", ["抽奖什么时候开始", "假一赔十吗", "这是托特包吗", "好运", "", "幕布是黑色的吗"]
)
def test_other_talk_is_not(text: str) -> None:
    assert not notices.doubts(text)


@pytest.mark.parametrize(
    ("state", "name"),
    [(State.OPEN, "calm_open"), (State.CLOSED, None), (State.CHALLENGE, "calm"), (State.CLAIM, "calm"),
     (State.VOID, None), (State.ARCHIVED, None)],
)  # fmt: skip
def test_the_list_is_called_locked_only_when_it_is(state: State, name: str | None) -> None:
    notice = notices.calm(row_at(state), CLOSES)
    assert (None if notice is None else notice.name) == name


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_facts_fit_their_slots_and_say_practice(lang: str) -> None:
    facts = notices.facts(row_at(State.CHALLENGE), lang)
    assert set(facts) == set(DRAW_SLOTS)
    assert all(len(fact.value) <= DRAW_SLOTS[name] for name, fact in facts.items())
    assert ("练习" if lang == "zh" else "PRACTICE") in facts["draw_number"].value
    assert facts["draw_count"].value == "3"
    assert facts["draw_minutes"].value == "3"
    assert not facts["draw_how"].current(CLOSES)  # nobody is told to enter what is closed


def test_what_does_not_fit_or_cannot_be_said_stands_on_the_screen() -> None:
    row = row_at(State.OPEN, keyword="<b>好运</b>")
    assert notices.facts(row)["draw_how"].value == "发屏幕上的口令"
    row = row_at(State.OPEN, keyword="好" * 30)
    assert notices.facts(row)["draw_how"].value == "发屏幕上的口令"
    assert "draw_count" not in notices.facts(row)
