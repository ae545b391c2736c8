"""The public pages of a running station: its draws, its files, nobody's secrets."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.app.console_host import PortTaken
from bot.app.public_site import names
from bot.app.station import Station
from bot.clock import ShowClock
from bot.storage.values import DrawRow
from lottery import life
from lottery.life import Place
from tests.lottery.makers import KEY, PRACTICE_NOW, SALT, SHEET


@pytest.fixture
async def station(tmp_path: Path) -> AsyncIterator[Station]:
    made = await Station.open(data=tmp_path / "data", url=None, clock=ShowClock("practice"))
    yield made
    await made.close()


def announced(station: Station, number: int, state: str = "open") -> str:
    draw_id = f"draw-{number}"
    made = life.announce(
        SHEET, draw_id, Place("practice", "1", number), SALT, KEY, PRACTICE_NOW + number, "practice"
    )
    body = {"commitment": made.to_json(), "closed": [], "last_hash": made.hash, "claims": []}
    secret = {"salt": SALT.hex(), "signer": (b"k" * 32).hex(), "staff": ["uid-of-staff"]}
    station.house.journal.save_draw(DrawRow(draw_id, "practice:1", "", number, state, body, secret), by="t")
    return draw_id


async def test_all_draws_of_the_store_are_shown_and_no_secret(station: Station) -> None:
    announced(station, 1)
    announced(station, 2)
    address = await station.open_public("127.0.0.1", 0)
    async with httpx.AsyncClient(base_url=address) as client:
        rows = (await client.get("/draws.json")).json()["draws"]
        assert [row["draw_id"] for row in rows] == ["draw-2", "draw-1"]
        page = await client.get("/d/draw-1", headers={"accept-language": "zh"})
        assert page.status_code == 200
        assert "周年抽奖" in page.text
        assert "server" not in page.headers
        records = await client.get("/d/draw-1/records.json")
        for text in (page.text, records.text, (await client.get("/d/draw-1/now.json")).text):
            assert SALT.hex() not in text
            assert "uid-of-staff" not in text
        assert (await client.get("/d/draw-1/proof.json")).status_code == 404
        found = await client.post("/d/draw-1/find", json={"how": "code", "text": "ABCD12"})
        assert found.status_code == 200
        assert found.json()["state"] == "none"
        assert (await client.get("/d/draw-9")).status_code == 404
        assert (await client.get("/", headers={"host": "evil.example"})).status_code == 421


async def test_a_taken_port_matters_only_when_viewers_are_to_come(station: Station) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=r"public page of draws.*public\.port"):
            await station.open_public("127.0.0.1", port, "https://draws.example")
        address = await station.open_public("127.0.0.1", port)
    assert address.startswith("http://127.0.0.1:")
    assert not address.endswith(f":{port}")


async def test_with_an_address_for_viewers_that_is_what_is_told(station: Station) -> None:
    assert await station.open_public("127.0.0.1", 0, "https://draws.example/") == "https://draws.example"


@pytest.mark.parametrize(
    ("host", "base_url", "more"),
    [
        ("127.0.0.1", None, set()),
        ("0.0.0.0", "https://draws.example:8443", {"draws.example"}),
        ("192.0.2.7", "https://[2001:db8::1]", {"192.0.2.7", "[2001:db8::1]"}),
        ("::", "http://Draws.Example", {"draws.example"}),
    ],
)
def test_the_names_it_answers_to(host: str, base_url: str | None, more: set[str]) -> None:
    assert set(names(host, base_url)) == {"127.0.0.1", "localhost", "[::1]"} | more
