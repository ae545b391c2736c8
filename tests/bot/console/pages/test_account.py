from __future__ import annotations

from bot.console.auth import check_password
from tests.bot.console.show import Show, csrf_of


async def test_the_first_password_within_a_fresh_login_then_with_the_old(show: Show) -> None:
    client = await show.enter("operator")
    token = csrf_of((await client.get("/account/password")).text)
    form = {"_csrf": token, "new": "long enough", "again": "long enough"}
    short = await client.post("/account/password", data={**form, "new": "short", "again": "short"})
    assert short.status_code == 400
    assert (await client.post("/account/password", data={**form, "again": "else"})).status_code == 400
    assert (await client.post("/account/password", data=form)).status_code == 303
    person = show.journal.by_login("operator")
    assert person is not None
    assert await check_password("long enough", person.password_hash)
    again = {**form, "new": "another one", "again": "another one"}
    assert (await client.post("/account/password", data=again)).status_code == 403
    assert (await client.post("/account/password", data={**again, "old": "wrong"})).status_code == 403
    done = await client.post("/account/password", data={**again, "old": "long enough", "back": "/review"})
    assert (done.status_code, done.headers["location"]) == (303, "/review")
    person = show.journal.by_login("operator")
    assert person is not None
    assert await check_password("another one", person.password_hash)


async def test_not_ten_minutes_after_coming_in(show: Show) -> None:
    client = await show.enter("viewer")
    token = csrf_of((await client.get("/account/password")).text)
    show.wall[0] += 11 * 60_000
    form = {"_csrf": token, "new": "long enough", "again": "long enough"}
    assert (await client.post("/account/password", data=form)).status_code == 403
    person = show.journal.by_login("viewer")
    assert person is not None
    assert person.password_hash is None
    outside = await client.post("/account/password", data={**form, "back": "//evil.example/x"})
    assert outside.status_code == 403
