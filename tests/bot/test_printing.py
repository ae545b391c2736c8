from __future__ import annotations

import pytest

from bot.printing import clock, day_clock, harmless, masked, span


def test_hostile_text_is_made_visible_and_keeps_its_markup() -> None:
    assert harmless("a\x00b\x1b[31m\u202ec\ud800\x7f<b>") == "a␀b␛[31m�c��<b>"
    assert harmless("第一行\n第二行\t完") == "第一行\n第二行\t完"


@pytest.mark.parametrize(
    ("ms", "shown"),
    [(None, "–"), (0, "–"), (1_790_000_000_000, "22:13:20"), (10**18, "–"), (-(10**18), "–")],
)
def test_a_time_is_beijing_time_or_a_dash(ms: int | None, shown: str) -> None:
    assert clock(ms) == shown


def test_the_date_goes_before_the_time() -> None:
    assert day_clock(1_790_000_000_000) == "2026-09-21 22:13:20"


@pytest.mark.parametrize(
    ("ms", "shown"), [(None, "–"), (0, "0:00"), (61_500, "1:01"), (3_661_000, "1:01:01"), (-5_000, "-0:05")]
)
def test_a_length_of_time(ms: int | None, shown: str) -> None:
    assert span(ms) == shown


def test_a_name_shows_its_first_character_only() -> None:
    assert (masked("橘子汽水"), masked("")) == ("橘**", "**")
