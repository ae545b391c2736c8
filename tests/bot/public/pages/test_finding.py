from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.draws.answers import TURNED_AWAY, Found, Neighbour, Query, TurnedAway
from tests.bot.public.fair import open_site
from tests.lottery.makers import closed_case

JSON = {"accept": "application/json"}


async def test_the_answer_comes_with_the_published_roots_beside_it(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    record = site.draws.finish(closed_case(7, draw_id="one"))
    found = Found("in", at_ms=5, name="橘**", pseudonym="ab" * 32, position=3, leaf="cd" * 40, path=("ef" * 32,),
                  size=7, root="11" * 32, neighbours=(Neighbour(1, "aa", ("bb",)),))  # fmt: skip
    site.viewers.found = found
    async with site.client() as client:
        answer = await client.post("/d/one/find", json={"how": "code", "text": " k7qm2 "}, headers=JSON)
    told = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (told["state"], told["position"], told["path"], told["neighbours"][0]["position"]) == (
        "in",
        3,
        ["ef" * 32],
        1,
    )
    assert told["published_root"] == record["closed"][-1]["record"]["root"]
    assert told["published_excluded_root"] == record["closed"][-1]["record"]["excluded_root"]
    assert site.viewers.asked == [("find", "one", Query("code", "k7qm2"), "203.0.113.5")]


async def test_a_minute_goes_with_a_name_only(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.draws.announce("one")
    async with site.client("2001:db8::7") as client:
        await client.post(
            "/d/one/find", json={"how": "name", "text": "橘子", "minute": "20:15"}, headers=JSON
        )
        await client.post(
            "/d/one/find", json={"how": "receipt", "text": "A-B", "minute": "20:15"}, headers=JSON
        )
    assert [one[2:] for one in site.viewers.asked] == [
        (Query("name", "橘子", "20:15"), "2001:db8::/64"), (Query("receipt", "A-B"), "2001:db8::/64")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"[]", b"nope", b'{"how":"code"}', b'{"how":"code","text":""}', b'{"how":"code","text":"   "}',
        b'{"how":"code","text":7}', b'{"how":"all","text":"x"}', b'{"how":"name","text":"x"}',
        b'{"how":"name","text":"x","minute":"25:00"}',
        b'{"how":"name","text":"x","minute":"\xef\xbc\x91\xef\xbc\x92:00"}',
        b'{"how":"name","text":"x","minute":["20:15"]}', b'{"how":"code","text":"' + b"x" * 61 + b'"}',
        b"[" * 4000, b"\xff\xfe",
    ],
)  # fmt: skip
async def test_what_is_no_question_is_refused(tmp_path: Path, sent: bytes) -> None:
    site = open_site(tmp_path)
    site.draws.announce("one")
    async with site.client() as client:
        answer = await client.post("/d/one/find", content=sent, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert site.viewers.asked == []


async def test_a_lone_surrogate_harms_nothing(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.draws.announce("one")
    site.viewers.found = Found("refused", reason="late", name="\ud800**")
    async with site.client() as client:
        answer = await client.post("/d/one/find", content=b'{"how":"code","text":"a\\ud800"}', headers=JSON)
    assert answer.json()["name"] == "\ud800**"
    assert site.viewers.asked[0][2] == Query("code", "a?")


@pytest.mark.parametrize("more", [{"viewers": None}, {}])
async def test_where_it_is_off_or_there_is_no_such_draw(tmp_path: Path, more: dict[str, Any]) -> None:
    site = open_site(tmp_path, **more)
    site.draws.announce("one")
    async with site.client() as client:
        answer = await client.post("/d/none/find", json={"how": "code", "text": "ABCD"}, headers=JSON)
        assert answer.status_code == 404
        assert ('data-find="' in (await client.get("/d/one")).text) is (not more)
        assert (await client.get("/d/one/find")).status_code == 405


def test_every_reason_to_turn_away_has_its_sentence() -> None:
    assert all(str(TurnedAway(code)) == text for code, text in TURNED_AWAY.items())
    assert TurnedAway("field", "phone").field == "phone"
    with pytest.raises(KeyError):
        TurnedAway("whatever")
