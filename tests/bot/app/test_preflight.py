"""The check before a show."""

from __future__ import annotations

import shutil
import socket
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from bot.app import preflight as module
from bot.app.house import open_house
from bot.app.preflight import DISK_FULL, DISK_LOW, Finding, failed, preflight
from bot.settings import Settings

Answer = Callable[[httpx.Request], httpx.Response]
Usage = namedtuple("Usage", "total used free")


def quiet(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={})


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answer], None]:
    """Answers in the place of the network."""
    real = httpx.AsyncClient

    def answer_with(answer: Answer) -> None:
        monkeypatch.setattr(
            module.httpx, "AsyncClient", lambda **given: real(transport=httpx.MockTransport(answer), **given)
        )

    answer_with(quiet)
    return answer_with


async def found(name: str, **given: object) -> Finding:
    settings = Settings(**{"console": {"port": 0}, **given})  # type: ignore[arg-type]
    findings = {one.name: one for one in await preflight(settings)}
    assert name in findings, findings
    return findings[name]


TELEGRAM = {"platform": "telegram", "id": "-1", "token": "1:secret"}
BILIBILI = {
    "platform": "bilibili", "id": "7", "app_id": 1, "access_key": "a", "access_secret": "b", "code": "c",
}  # fmt: skip


@pytest.mark.usefixtures("network")
async def test_a_second_reader_that_cannot_be_loaded_is_found_before_the_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("classifiers.reader.RUNTIME", "a_runtime_nobody_has")
    one = await found("judgement", data=tmp_path / "d", judgement={"second_reader": True})
    assert one.state == "failed"
    assert "changkong[reader]" in one.detail


@pytest.mark.usefixtures("network")
async def test_on_a_new_machine_nothing_stands_in_the_way_and_nothing_is_made(tmp_path: Path) -> None:
    findings = await preflight(Settings(data=tmp_path / "d", console={"port": 0}))  # type: ignore[arg-type]
    assert not failed(findings)
    assert {"disk", "judgement", "database", "rooms", "beacon relays"} <= {one.name for one in findings}
    assert not (tmp_path / "d").exists()


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize(
    ("free", "state"), [(DISK_LOW, "ok"), (DISK_LOW - 1, "warning"), (DISK_FULL - 1, "failed")]
)
async def test_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(free, 0, free))
    assert (await found("disk", data=tmp_path)).state == state


@pytest.mark.usefixtures("network")
async def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("x", encoding="utf-8")
    assert (await found("data folder", data=tmp_path / "d")).state == "failed"


@pytest.mark.usefixtures("network")
async def test_a_taken_port(tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        finding = await found("console port", data=tmp_path, console={"port": port})
    assert finding.state == "failed"
    assert str(port) in finding.detail
    assert (await found("console port", data=tmp_path, console={"port": port})).state == "ok"


async def test_the_public_pages_need_their_own_port_once_viewers_are_to_come(tmp_path: Path) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        public = {"port": taken.getsockname()[1], "base_url": "https://draws.example"}
        finding = await found("public port", data=tmp_path, public=public)
    assert finding.state == "failed"
    assert "`public.port`" in finding.detail


@pytest.mark.usefixtures("network")
async def test_a_library_without_approved_phrases_is_a_warning(tmp_path: Path) -> None:
    house = open_house(data=tmp_path, url=None, now=lambda: 0, clock_source="live")
    house.seed_practice()
    house.close()
    finding = await found("phrase library", data=tmp_path, rooms=[BILIBILI])
    assert finding.state == "warning"
    assert "silent" in finding.detail
    assert (await found("phrase library", data=tmp_path)).state == "ok"


@pytest.mark.usefixtures("network")
async def test_an_account_that_was_stopped_is_a_warning(tmp_path: Path) -> None:
    house = open_house(data=tmp_path, url=None, now=lambda: 0, clock_source="live")
    house.journal.stop_account("bilibili:7", "warning", room="bilibili:7")
    house.close()
    finding = await found("account of bilibili:7", data=tmp_path, rooms=[BILIBILI])
    assert finding.state == "warning"
    assert "resumes" in finding.detail
    house = open_house(data=tmp_path, url=None, now=lambda: 0, clock_source="live")
    house.journal.resume_account("bilibili:7", room="bilibili:7", by="amy")
    house.close()
    settings = Settings(console={"port": 0}, data=tmp_path, rooms=[BILIBILI])  # type: ignore[arg-type]
    assert "account of bilibili:7" not in {one.name for one in await preflight(settings)}


@pytest.mark.usefixtures("network")
async def test_a_broken_database(tmp_path: Path) -> None:
    (tmp_path / "changkong.db").write_bytes(b"nonsense" * 1000)
    assert (await found("database", data=tmp_path)).state == "failed"


@pytest.mark.parametrize(
    ("status", "state"), [(200, "ok"), (401, "failed"), (404, "failed"), (500, "failed")]
)
async def test_a_telegram_token(
    tmp_path: Path, network: Callable[[Answer], None], status: int, state: str
) -> None:
    network(lambda request: httpx.Response(status, json={}))
    finding = await found("Telegram room -1", data=tmp_path, rooms=[TELEGRAM])
    assert finding.state == state
    assert "secret" not in finding.detail


async def test_no_network_is_told_for_each_thing_that_needs_it(
    tmp_path: Path, network: Callable[[Answer], None]
) -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    network(cut)
    given = {"data": tmp_path, "rooms": [TELEGRAM, BILIBILI], "telegram": {"token": "2:secret", "chat_id": 1}}
    findings = {one.name: one for one in await preflight(Settings(**given))}  # type: ignore[arg-type]
    for name in ("Telegram room -1", "Telegram cards", "bilibili room 7"):
        assert findings[name].state == "failed"
        assert "secret" not in findings[name].detail
    assert findings["beacon relays"].state == "warning"


@pytest.mark.parametrize(("off", "told"), [(5, False), (60, True), (-60, True)])
async def test_a_clock_that_is_off(
    tmp_path: Path, network: Callable[[Answer], None], off: int, told: bool
) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=off), usegmt=True)
    network(lambda request: httpx.Response(200, headers={"date": date}))
    settings = Settings(data=tmp_path, console={"port": 0}, rooms=[BILIBILI])  # type: ignore[arg-type]
    assert ("clock" in {one.name for one in await preflight(settings)}) is told


def test_only_a_failure_stands_in_the_way() -> None:
    assert not failed([Finding("a", "ok", ""), Finding("b", "warning", "")])
    assert failed([Finding("a", "ok", ""), Finding("b", "failed", "")])
