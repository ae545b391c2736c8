"""A stand-in between the assistant and the practice room's HTTP door, which can let an answer hang.

So a process can be killed exactly while an answer is under way, with the answer shown or not shown to viewers.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import httpx

from bot.rooms.bilibili_session import Credentials, Session

Mood = Literal["open", "show_then_hang", "hang_then_lose"]
HANG_S = 30.0


class Doorkeeper(ThreadingHTTPServer):
    """Forwards every POST. `mood` says what becomes of the next answer; it falls back to open by itself."""

    daemon_threads = True

    def __init__(self, door: dict[str, Any], folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.room = httpx.Client(base_url=door["http"], timeout=60, trust_env=False)
        self.game_id = ""
        self.starts = 0
        self._door = door
        self.mood: Mood = "open"
        self.released = threading.Event()
        self.hanging = 0
        own = door | {"port": self.server_port, "http": f"http://127.0.0.1:{self.server_port}"}
        self.door_file = folder / "kept-door.json"
        self.door_file.write_text(json.dumps(own), encoding="utf-8")
        self._lock = threading.Lock()

    def taken(self) -> Mood:
        """The mood for one answer."""
        with self._lock:
            mood, self.mood = self.mood, "open"
            return mood

    def hang_next(self, mood: Mood) -> None:
        self.released.clear()
        self.mood = mood

    def release(self) -> None:
        self.mood = "open"
        self.released.set()

    def note_start(self, answer: bytes) -> None:
        """Remember the session the room has opened."""
        self.starts += 1
        self.game_id = json.loads(answer).get("data", {}).get("game_info", {}).get("game_id", "")

    def end_session(self) -> None:
        """What a killed assistant could not do any more: a room takes five sessions at a time."""

        async def end() -> None:
            door = self._door
            credentials = Credentials(door["app_id"], door["access_key"], door["secret"], door["code"])
            async with httpx.AsyncClient(trust_env=False) as client:
                session = Session(credentials, client, base_url=door["http"], now_s=lambda: int(time.time()))
                session.game_id = self.game_id
                assert await session.end()

        if self.game_id:
            asyncio.run(end())

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The other side was killed on purpose."""


class _Handler(BaseHTTPRequestHandler):
    server: Doorkeeper
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        mood: Mood = self.server.taken() if self.path == "/practice/reply" else "open"
        if mood == "hang_then_lose":
            self._hang()
            return
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")
        }
        answer = self.server.room.post(self.path, content=body, headers=headers)
        if self.path == "/v2/app/start":
            self.server.note_start(answer.content)
        if mood == "show_then_hang":
            self._hang()
            return
        self.send_response(answer.status_code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def _hang(self) -> None:
        self.server.hanging += 1
        self.server.released.wait(HANG_S)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def doorkeeper(door: dict[str, Any], folder: Path) -> Iterator[Doorkeeper]:
    keeper = Doorkeeper(door, folder)
    thread = threading.Thread(target=keeper.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield keeper
    finally:
        keeper.release()
        keeper.shutdown()
        keeper.server_close()
        keeper.room.close()
        thread.join(10)
