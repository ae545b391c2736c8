from __future__ import annotations

import pytest

from bot.console.auth import ABSOLUTE_MS, Sessions, Tries, check_password, hash_password
from bot.console.errors import TooMany

KEY = b"s" * 32


def test_a_session_cookie_is_read_back_and_not_forged() -> None:
    sessions = Sessions(KEY, idle_minutes=30)
    login = sessions.open("7", 1000)
    sealed = sessions.seal(login)
    assert sessions.read(sealed, 2000) == login
    assert Sessions(b"t" * 32, 30).read(sealed, 2000) is None
    assert sessions.read(sealed[:-2] + "xx", 2000) is None
    assert sessions.read("", 0) is None


def test_a_browser_keeps_its_name_and_nobody_else_makes_one() -> None:
    sessions = Sessions(KEY, idle_minutes=30)
    first = sessions.screen(None)
    name = sessions.browser(first)
    assert len(name) > 20
    assert sessions.browser(sessions.screen(first)) == name
    assert sessions.browser(sessions.screen(None)) != name
    for forged in (
        None,
        "",
        first[:-2] + "xx",
        Sessions(b"t" * 32, 30).screen(None),
        sessions.seal(sessions.open("7", 0)),
    ):
        assert sessions.browser(forged) == ""
        assert sessions.browser(sessions.screen(forged)) != ""


def test_a_session_ends_when_idle_or_old() -> None:
    sessions = Sessions(KEY, idle_minutes=30)
    login = sessions.open("7", 0)
    assert sessions.read(sessions.seal(login), 30 * 60_000) == login
    assert sessions.read(sessions.seal(login), 30 * 60_000 + 1) is None
    busy = sessions.renewed(login, ABSOLUTE_MS)
    assert busy is not None
    assert sessions.read(sessions.seal(busy), ABSOLUTE_MS) == busy
    assert sessions.read(sessions.seal(busy), ABSOLUTE_MS + 1) is None
    assert sessions.renewed(login, 60_000) is None


def test_a_session_logged_out_is_worth_nothing_even_as_a_copy() -> None:
    sessions = Sessions(KEY, 30)
    login = sessions.open("7", 0)
    sealed = sessions.seal(login)
    sessions.revoke(login, 10)
    assert sessions.read(sealed, 20) is None


def test_csrf_tokens_belong_to_one_session() -> None:
    sessions = Sessions(KEY, 30)
    assert sessions.csrf_fits("a", sessions.csrf("a"))
    assert not sessions.csrf_fits("b", sessions.csrf("a"))
    assert not sessions.csrf_fits("a", None)
    assert not sessions.csrf_fits("a", "é\ud800")


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Sessions(b"short", 30)


def test_tries_run_out_and_come_back() -> None:
    tries = Tries(most=2, window_ms=1000)
    for at in (0, 10):
        tries.check(("name:x",), at)
        tries.failed(("name:x",), at)
    with pytest.raises(TooMany) as refused:
        tries.check(("name:x",), 20)
    assert refused.value.retry_after == 1
    tries.check(("name:y",), 20)
    tries.check(("name:x",), 1000)
    tries.passed(("name:x",))
    tries.check(("name:x",), 30)


async def test_passwords() -> None:
    hashed = await hash_password("正确 horse")
    assert hashed.startswith("$argon2id$")
    assert await check_password("正确 horse", hashed)
    assert not await check_password("wrong", hashed)
    assert not await check_password("x", None)
    assert not await check_password("x", "no hash at all")
    assert not await check_password("\ud800", hashed)
