from __future__ import annotations

from bot.approval import SITTING_MS
from bot.console.auth import Login
from bot.console.sitting import KEPT, Sittings, screen_of

ONE, TWO = Login("1", "sid-one", 0, 0), Login("1", "sid-two", 0, 0)


def test_a_sitting_lasts_a_quarter_of_an_hour() -> None:
    sittings = Sittings()
    assert sittings.since(ONE, 5) is None
    sittings.begin(ONE, 1_000)
    assert sittings.since(ONE, 1_000 + SITTING_MS) == 1_000
    assert sittings.since(ONE, 1_001 + SITTING_MS) is None
    assert sittings.since(ONE, 999) is None  # a clock set back
    assert sittings.since(TWO, 1_000) is None  # another browser of the same person
    sittings.end(ONE)
    assert sittings.since(ONE, 1_000) is None


def test_no_more_than_so_many_are_remembered() -> None:
    sittings = Sittings()
    for n in range(KEPT + 1):
        sittings.begin(Login("1", f"s{n}", 0, 0), 10)
    assert sittings.since(Login("1", "s0", 0, 0), 10) is None
    assert sittings.since(Login("1", f"s{KEPT}", 0, 0), 10) == 10


def test_a_screen_is_one_browser_however_often_somebody_logs_in_there() -> None:
    here, again = Login("1", "sid-one", 0, 0, "browser-a"), Login("2", "sid-two", 9, 9, "browser-a")
    assert screen_of(here) == screen_of(again) != screen_of(Login("1", "sid-one", 0, 0, "browser-b"))
    assert screen_of(here) != screen_of(ONE)
    assert "browser" not in screen_of(here)


def test_without_a_name_of_the_browser_a_screen_is_one_login_session_and_does_not_tell_it() -> None:
    assert screen_of(ONE) == screen_of(Login("2", "sid-one", 9, 9)) != screen_of(TWO)
    assert "sid" not in screen_of(ONE)
    assert len(screen_of(ONE)) == 16
