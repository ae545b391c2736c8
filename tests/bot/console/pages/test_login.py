from __future__ import annotations

from bot.console.auth import COOKIE, TRIES, hash_password
from tests.bot.console.show import START, Show, csrf_of


async def test_a_one_time_link_works_once_and_its_token_leaves_the_address(show: Show) -> None:
    token = show.journal.make_login_link("operator", show.ports.wall_ms())
    async with show.client() as client:
        first = await client.get(f"/login/once?t={token}")
        assert (first.status_code, first.headers["location"]) == (303, "/login/once")
        assert token not in str(first.headers)  # sealed in a signed cookie, HttpOnly
        page = await client.get("/login/once")
        assert token not in page.text
        # A messenger that previews the link has used nothing up.
        assert (await show.client().get(f"/login/once?t={token}")).status_code == 303
        entered = await client.post("/login/once", data={"_csrf": csrf_of(page.text)})
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        assert (await client.get("/")).status_code == 200
    async with show.client() as second:
        await second.get(f"/login/once?t={token}")
        page = await second.get("/login/once")
        again = await second.post("/login/once", data={"_csrf": csrf_of(page.text)})
        assert again.status_code == 401
        assert COOKIE not in again.cookies


async def test_a_link_without_csrf_or_with_a_forged_cookie_opens_nothing(show: Show) -> None:
    token = show.journal.make_login_link("operator", show.ports.wall_ms())
    async with show.client() as client:
        await client.get(f"/login/once?t={token}")
        assert (await client.post("/login/once")).status_code == 403
        page = await client.get("/login/once")
        client.cookies.set("ck_once", token)
        assert (await client.post("/login/once", data={"_csrf": csrf_of(page.text)})).status_code == 401


async def test_password(show: Show) -> None:
    show.journal.change_person("moderator", by="admin", password_hash=await hash_password("开门 8"))
    async with show.client() as client:
        page = await client.get("/login?back=/cases")
        form = {"_csrf": csrf_of(page.text), "name": "moderator", "password": "开门 8", "back": "/cases"}
        wrong = await client.post("/login", data={**form, "password": "nope"})
        assert wrong.status_code == 401
        assert 'value="moderator"' in wrong.text  # nothing typed is lost, but the password
        assert "nope" not in wrong.text
        right = await client.post("/login", data={**form, "_csrf": csrf_of(wrong.text)})
        assert (right.status_code, right.headers["location"]) == (303, "/cases")
        cookie = right.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert (await client.get("/cases")).status_code == 200


async def test_tries_are_limited(show: Show) -> None:
    async with show.client() as client:
        form = {"_csrf": csrf_of((await client.get("/login")).text), "name": "operator", "password": "x"}
        codes = [(await client.post("/login", data=form)).status_code for _ in range(TRIES + 1)]
    assert codes == [401] * TRIES + [429]


async def test_going_out_and_back(show: Show) -> None:
    client = await show.enter("operator")
    kept = client.cookies[COOKIE]
    token = csrf_of((await client.get("/")).text)
    assert (await client.post("/logout")).status_code == 403
    assert (await client.post("/logout", data={"_csrf": token})).status_code == 303
    thief = show.client()
    thief.cookies.set(COOKIE, kept)
    assert (await thief.get("/")).status_code == 303


async def test_back_leads_nowhere_else(show: Show) -> None:
    client = await show.enter("operator")
    for back in (
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/%0d%0aX: y",
    ):
        answer = await client.get("/login", params={"back": back})
        assert answer.headers["location"] in ("/", "/%0d%0aX:%20y")
        assert (await client.get("/lang/en", params={"back": back})).headers["location"].startswith("/")


async def test_an_idle_session_ends_but_a_page_that_only_refreshes_itself_keeps_nothing(show: Show) -> None:
    assert show.ports.wall_ms() > START
    client = await show.enter("operator")
    answer = await client.get("/live/part/status")
    assert COOKIE not in answer.cookies
    clock = show.ports.wall_ms
    try:
        object.__setattr__(show.ports, "wall_ms", lambda: clock() + 61_000)
        assert COOKIE not in (await client.get("/live/part/status")).cookies
        assert COOKIE in (await client.get("/live/still")).cookies
        object.__setattr__(show.ports, "wall_ms", lambda: clock() + 200 * 60_000)
        assert (await client.get("/")).status_code == 303
    finally:
        object.__setattr__(show.ports, "wall_ms", clock)


async def test_language_is_chosen_by_cookie(show: Show) -> None:
    async with show.client() as client:
        assert 'lang="zh-CN"' in (await client.get("/login")).text
        await client.get("/lang/en?back=/login")
        assert 'lang="en"' in (await client.get("/login")).text
        assert (await client.get("/lang/xx")).status_code == 404
