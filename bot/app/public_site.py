"""The public pages of draws put together for one station: what they show, on a port of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.app.console_draws import ConsoleDraws
from bot.app.console_host import ConsoleHost, PortTaken, bind
from bot.draws.files import Files
from bot.public.ports import PublicPorts
from bot.public.server import create_public
from bot.storage.values import DrawRow

if TYPE_CHECKING:
    from bot.app.station import Station

REMEDY = "Stop the other program, or choose another port with public.port."


class SiteDraws:
    """Implements `bot.public.ports.PublicDraws`: the records through `shown`, the files out of the draws' folder."""

    def __init__(self, shown: ConsoleDraws, load: Callable[[], Sequence[DrawRow]], files: Files) -> None:
        self._shown = shown
        self._load = load
        self._files = files

    async def every(self) -> Sequence[Mapping[str, object]]:
        """All draws, newest first. A row's body is what is published of it."""
        rows = await asyncio.to_thread(self._load)
        rows = sorted(rows, key=lambda row: (announced_ms(row), row.sequence), reverse=True)
        return [{"draw_id": row.id, "room": row.room, "state": row.state, **row.body} for row in rows]

    async def show(self, draw_id: str) -> Mapping[str, object] | None:
        """One draw; None when there is no such."""
        return await self._shown.show(draw_id)

    async def proof_file(self, draw_id: str) -> Path | None:
        """The proof file, when it lies there."""
        return await asyncio.to_thread(_there, self._files.proof(draw_id))

    async def list_file(self, draw_id: str) -> Path | None:
        """The list file, when it lies there."""
        return await asyncio.to_thread(_there, self._files.entries(draw_id))


def announced_ms(row: DrawRow) -> int:
    """When a draw was announced, in ms; 0 for one whose commitment tells no times."""
    return int(row.body["commitment"]["record"].get("announced_at", 0))


def _there(path: Path) -> Path | None:
    return path if path.is_file() else None


class PublicSite:
    """The running pages. `address` is where viewers open them, without a slash at the end."""

    def __init__(self, host: ConsoleHost, address: str) -> None:
        self.address = address
        self._host = host

    @classmethod
    async def open(cls, station: Station, host: str, port: int, base_url: str | None) -> PublicSite:
        """Bind, build, serve. Raises PortTaken when viewers are to come (`base_url`) and the port is another's; while
        only this machine may come, any free port will do."""
        try:
            listener = bind(host, port, who="The public page of draws", remedy=REMEDY)
        except PortTaken:
            if base_url:
                raise
            listener = bind(host, 0, who="The public page of draws", remedy=REMEDY)
        shown = f"[{host}]" if ":" in host else host
        address = base_url.rstrip("/") if base_url else f"http://{shown}:{listener.getsockname()[1]}"
        house, prizes = station.house, station.prizes
        draws = SiteDraws(
            ConsoleDraws(house, lambda: station.seats),
            house.journal.load_draws,
            Files(station.data / "draws"),
        )
        app = create_public(
            PublicPorts(
                draws, prizes.counter, station.clock_ms, hosts=names(host, base_url),
                base_url=address if base_url else "", version=version("changkong"),
                kept_days=prizes.delivery_days,
            )
        )  # fmt: skip
        server = ConsoleHost(app, listener)
        await server.start()
        return cls(server, address)

    async def close(self) -> None:
        """Stop serving."""
        await self._host.stop()


def names(host: str, base_url: str | None) -> tuple[str, ...]:
    """The host names the pages answer to, as a Host header writes them: this machine's own, and that of `base_url`."""
    found = {"127.0.0.1", "localhost", "[::1]"}
    for name in (host, urlsplit(base_url).hostname if base_url else None):
        if name and name not in ("0.0.0.0", "::"):
            found.add(f"[{name}]" if ":" in name else name)
    return tuple(sorted(found))
