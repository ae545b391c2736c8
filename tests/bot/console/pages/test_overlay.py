"""What the camera sees of a draw and of a poll; the other pictures are tested with the desk."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import httpx
import pytest

from bot.draws.presets import SHIPPED
from tests.bot.console.show import HOSTILE, ROOM, SHEET, START, Show, comment, open_show
from tests.bot.draws.test_presets import whole


@pytest.fixture
def shown(tmp_path: Path) -> Show:
    return open_show(tmp_path, lines=())


async def camera(show: Show) -> tuple[httpx.AsyncClient, str]:
    desk = show.ports.room_desk(ROOM)
    assert desk is not None
    return show.client(), await desk.control.overlays.make("主机", "operator")


async def picture(show: Show, kind: str = "draw", **more: str) -> str:
    client, token = await camera(show)
    async with client:
        answer = await client.get(f"/overlay/{kind}/part", params={"token": token, **more})
        assert answer.status_code == 200
        return answer.text


def digits(page: str) -> str:
    (found,) = re.findall(r'<p class="digits">(.*?)</p>', page)
    return "".join(re.findall(r"<span>([0-9a-f]{4})</span>", found))


async def test_without_a_draw_there_is_nothing(shown: Show) -> None:
    assert (await picture(shown)).strip() == ""
    shown.close()


async def test_the_whole_window_shows_digits_keyword_count_and_time(shown: Show) -> None:
    shown.draws.add(dataclasses.replace(SHEET, lead_s=20), "d")
    commit = shown.draws.records["d"]["commitment"]["hash"]  # type: ignore[index]
    for at, phase in ((0, "soon"), (20_000, "open"), (79_999, "open")):
        shown.time[0] = START + at
        page = await picture(shown)
        assert f"phase-{phase}" in page
        assert digits(page) == commit[:16]
        assert "<bdi>抽奖</bdi>" in page
        assert 'class="qr"' not in page
        assert f'data-due="{START + (20_000 if phase == "soon" else 80_000)}"' in page
    assert '<dd data-live="entries">40</dd>' in page
    object.__setattr__(shown.ports, "public_site", "https://draws.example.com")
    assert 'class="qr"' in await picture(shown)
    shown.close()


async def test_closed_then_drawn_then_nothing(shown: Show) -> None:
    shown.draws.add(SHEET, "d", close=True)
    closed = shown.draws.records["d"]["closed"][0]["hash"]  # type: ignore[index]
    shown.time[0] = START + 61_000
    page = await picture(shown)
    assert digits(page) == closed[:16]
    number = shown.draws.records["d"]["commitment"]["record"]["beacon"]["round"]  # type: ignore[index]
    assert f"第 {number} 轮" in page
    shown.draws.add(dataclasses.replace(SHEET, reserves=2), "e", finish=True)
    shown.time[0] = START + 76_000
    page = await picture(shown)
    drawn = shown.draws.records["e"]["drawn"]["record"]  # type: ignore[index]
    order = [*drawn["winners"], *drawn["reserves"]]
    assert [int(at) for at in re.findall(r'<span class="at">位置 (\d+)</span>', page)] == order
    assert [float(x) for x in re.findall(r'data-x="([\d.]+)"', page)] == [
        round((at + 0.5) * 25, 2) for at in order
    ]
    assert "橘子汽水" not in page
    assert "橘**" in page
    shown.time[0] = START + 900_000
    assert (await picture(shown)).strip() == ""
    shown.close()


@pytest.mark.parametrize("id", SHIPPED)
async def test_each_kind_says_what_to_type_and_keeps_its_answer(shown: Show, id: str) -> None:
    sheet = whole(SHIPPED[id])
    if sheet.kind == "quiz":
        sheet = dataclasses.replace(sheet, options=(), prefix="答", answers=("山茶",))
    shown.draws.add(sheet, "d")
    page = await picture(shown)
    told = {"keyword": sheet.keyword, "quiz": "答", "guess": "猜", "rain": "红包一"}[sheet.kind]
    assert f"<bdi>{told}</bdi>" in page
    assert "山茶<" not in page
    assert "39.9" not in page
    shown.close()


async def test_hostile_titles_stay_words(shown: Show) -> None:
    shown.draws.add(dataclasses.replace(SHEET, title="<script>1</script> & =cmd"), "d")
    page = await picture(shown)
    assert "&lt;script&gt;1&lt;/script&gt;" in page
    shown.close()


async def test_a_void_draw_is_said_with_its_reason(shown: Show) -> None:
    shown.draws.add(SHEET, "d")
    shown.draws.records["d"] |= {
        "state": "void", "void": {"record": {"reason": "failure", "voided_at": START}, "hash": "ab"},
    }  # fmt: skip
    assert "技术故障" in await picture(shown)
    shown.close()


async def test_poll_bars_and_their_result_for_a_minute(shown: Show) -> None:
    shown.commit([comment("晚上好", "甲", START, "u0")])
    assert (await picture(shown, "poll")).strip() == ""
    id = await shown.ports.polls.start(ROOM, f"想看 {HOSTILE[:8]}", ["红", "蓝"], by="operator")
    shown.commit([comment(text, f"甲{n}", START + n, f"u{n}") for n, text in enumerate("1222")])
    page = await picture(shown, "poll")
    assert re.findall(r'data-live="v\d">(\d+)<', page) == ["1", "3"]
    assert re.findall(r'<rect width="(\d+)"', page) == ["25", "75"]
    assert "<script>" not in page
    await shown.ports.polls.close(ROOM, id, by="operator")
    assert "投票结果" in await picture(shown, "poll")
    shown.time[0] += 60_000
    assert (await picture(shown, "poll")).strip() == ""
    shown.close()


async def test_the_page_needs_the_token_and_sets_no_cookie(shown: Show) -> None:
    shown.draws.add(SHEET, "d")
    client, token = await camera(shown)
    async with client:
        for kind in ("draw", "poll"):
            answer = await client.get(f"/overlay/{kind}?token={token}&still=1")
            assert answer.status_code == 200
            assert "data-still" in answer.text
            assert "set-cookie" not in answer.headers
            assert (await client.get(f"/overlay/{kind}/part?token={'x' * 32}")).status_code == 403
    shown.close()
