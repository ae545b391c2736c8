from __future__ import annotations

import re

from tests.bot.console.show import HOSTILE, ROOM, Show, comment, csrf_of


async def test_a_poll_from_start_to_result(show: Show) -> None:
    client = await show.enter("operator")
    token = csrf_of((await client.get("/desk")).text)
    form = {
        "_csrf": token,
        "room": ROOM,
        "question": f"想看 {HOSTILE[:12]}",
        "options": "红色\r\n\r\n蓝色 ",
        "key": "a",
    }
    for _ in range(2):  # the same press twice starts one
        part = await client.post("/desk/poll/start", data=form)
        assert part.status_code == 200
    assert "<script>" not in part.text
    assert "结束投票" in part.text
    (poll,) = show.journal.polls(ROOM)
    assert poll.options == ("红色", "蓝色")
    show.commit([comment(text, f"甲{n}", show.time[0] + n, f"u{n}") for n, text in enumerate("1122212")])
    page = (await client.get("/desk/part/poll")).text
    assert re.findall(r'<span class="votes"><b>(\d+)</b>', page) == ["3", "4"]
    assert 'width="57"' in page
    busy = await client.post("/desk/poll/start", data={**form, "key": "b"})
    assert busy.status_code == 409
    done = await client.post(
        "/desk/poll/close", data={"_csrf": token, "room": ROOM, "poll": poll.id, "key": "c"}
    )
    assert done.status_code == 200
    assert "开始" in done.text
    kept = (await client.get("/polls")).text
    assert re.findall(r'<span class="votes"><b>(\d+)</b>', kept) == ["3", "4"]
    assert "共 7 票" in kept
    assert "<html" not in (await client.get("/polls/part")).text
    assert "共 7 票" in (await client.get("/phrases/effect")).text


async def test_votes_tell_the_open_pages(show: Show) -> None:
    client = await show.enter("operator")
    token = csrf_of((await client.get("/desk")).text)
    form = {"_csrf": token, "room": ROOM, "question": "？", "options": "红\n蓝", "key": "a"}
    await client.post("/desk/poll/start", data=form)
    watcher = show.feed.broadcast.join({"desk"}, ROOM, None)
    show.commit([comment("晚上好", "乙", show.time[0] + 5, "u9")])
    assert not watcher.waiting
    show.commit([comment("2", "甲", show.time[0] + 5, "u1")])
    assert [event.topic for event in watcher.waiting] == ["desk"]


async def test_wrong_presses_are_refused(show: Show) -> None:
    client = await show.enter("operator")
    token = csrf_of((await client.get("/desk")).text)
    form = {"_csrf": token, "room": ROOM, "question": "？", "options": "红", "key": "a"}
    assert (await client.post("/desk/poll/weigh", data=form)).status_code == 404
    assert (await client.post("/desk/poll/start", data={**form, "question": ""})).status_code == 400
    assert (await client.post("/desk/poll/start", data={**form, "options": " "})).status_code == 409
    assert (await client.post("/desk/poll/start", data={**form, "room": "other:1"})).status_code == 404
    viewer = await show.enter("viewer")
    assert "结束投票" not in (await viewer.get("/desk")).text
    assert (await viewer.get("/polls")).status_code == 200
    assert show.journal.polls(ROOM) == []
