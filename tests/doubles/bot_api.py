"""The Bot API as far as this project speaks it, on a real socket of this machine; no network, no sleeping.

    async with BotApi() as api:
        cards = TelegramCards(token=api.token, base_url=api.base_url, ...)
        api.fail("sendMessage", TOO_MANY)             # the next sendMessage is answered with 429
        call = await api.called("sendMessage")         # waits until it was called
        api.tap(call.message, user=7, data="…")        # somebody presses a button

Answers have the shapes of `tests/vectors/telegram.json`. Updates stay until an offset confirms them; a second
poller of one token gets 409. Every call is remembered in `calls`, in order.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "telegram.json").read_text(encoding="utf-8")
)
TOKEN = "123456:AAExampleTokenOfTheDouble"
GROUP = -1001234567890
DATE = 1_755_000_000
NESTED = {
    "reply_markup", "permissions", "reply_parameters", "allowed_updates", "message_ids", "link_preview_options",
    "commands",
}  # fmt: skip
"""Form fields whose value is JSON."""


@dataclass(frozen=True)
class Failure:
    """How a call goes wrong. `act`: answer (with `status` and `body`), drop (the connection ends without an answer
    and nothing was done), late (it was done, and then the connection ends), hang (never answered)."""

    act: str = "answer"
    status: int = 500
    body: dict[str, Any] = field(default_factory=dict)


def refusal(code: int, description: str, **parameters: Any) -> Failure:
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return Failure("answer", code, body | ({"parameters": parameters} if parameters else {}))


TOO_MANY = Failure("answer", VECTORS["too_many_requests"]["http"], VECTORS["too_many_requests"]["json"])
BROKEN = refusal(502, "Bad Gateway")
FORBIDDEN = refusal(403, "Forbidden: bot was kicked from the supergroup chat")
MIGRATED = refusal(
    400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=GROUP - 1
)
DROP, LATE, HANG = Failure("drop"), Failure("late"), Failure("hang")


@dataclass(frozen=True)
class Call:
    """One call: `form` as sent, JSON fields parsed. `result` is what was answered, None for a failure."""

    token: str
    method: str
    form: dict[str, Any]
    result: Any = None

    @property
    def text(self) -> str:
        return str(self.form.get("text", ""))

    @property
    def buttons(self) -> list[dict[str, Any]]:
        rows = (self.form.get("reply_markup") or {}).get("inline_keyboard", [])
        return [button for row in rows for button in row]


class _Refused(Exception):
    def __init__(self, failure: Failure) -> None:
        self.failure = failure


class _Gone(Exception):
    """The client has hung up."""


class BotApi:
    """The server. `token` is the first of its bots; `bots` adds more. `base_url` is what the client is given."""

    def __init__(self, *more_tokens: str) -> None:
        self.token = TOKEN
        self.tokens = [TOKEN, *more_tokens]
        self.calls: list[Call] = []
        self.messages: dict[tuple[int, int], dict[str, Any]] = {}
        self.admins: dict[int, set[int]] = {}
        self.webhook = ""
        self.port = 0
        self._updates: dict[str, list[dict[str, Any]]] = {token: [] for token in self.tokens}
        self._polling: set[str] = set()
        self._long: set[str] = set()
        self._failures: dict[str, deque[Failure]] = {}
        self._next_message = 100
        self._next_update = 1
        self._changed = asyncio.Condition()
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> BotApi:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/bot"

    async def start(self) -> None:
        """Listen; after `stop` again on the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be down: nobody listens, and open connections end."""
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()
        self._server = None

    # what a test says and asks

    def fail(self, method: str, failure: Failure, times: int = 1) -> None:
        """The next `times` calls of `method` go wrong."""
        self._failures.setdefault(method, deque()).extend([failure] * times)

    def of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    async def called(self, method: str, times: int = 1, within: float = 10) -> Call:
        """The `times`-th call of `method`, as soon as it has been made; TimeoutError if it is not."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: len(self.of(method)) >= times)
        return self.of(method)[times - 1]

    async def confirmed(self, within: float = 10) -> None:
        """Wait until every update pushed so far has been confirmed by an offset."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: not any(self._updates.values()))

    async def polled(self, within: float = 10) -> None:
        """Wait until somebody waits for updates: a client does so only after it has read the answers before."""
        async with asyncio.timeout(within), self._changed:
            await self._changed.wait_for(lambda: bool(self._long))

    def push(self, update: dict[str, Any], token: str | None = None) -> int:
        """Something happened; gives the update's id."""
        number = self._next_update
        self._next_update += 1
        self._updates[token or self.token].append({"update_id": number} | update)
        self._notify()
        return number

    def post(
        self, text: str | None, *, user: int = 7, chat: int = GROUP, kind: str = "message", token: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Somebody writes in a group. `more` are further fields of the message."""
        message: dict[str, Any] = {
            "message_id": self._number(), "date": DATE, "chat": chat_of(chat), "from": user_of(user),
        }  # fmt: skip
        if text is not None:
            message["text"] = text
        message |= more
        self.messages[chat, message["message_id"]] = message
        self.push({kind: message}, token)
        return message

    def tap(
        self,
        message: dict[str, Any],
        *,
        data: str,
        user: int = 7,
        query: str | None = None,
        token: str | None = None,
    ) -> str:
        """Somebody presses a button under `message`; gives the query's id."""
        query = query or str(self._next_update + 1000)
        body = {"id": query, "from": user_of(user), "chat_instance": "abc", "data": data, "message": message}
        self.push({"callback_query": body}, token)
        return query

    def _number(self) -> int:
        self._next_message += 1
        return self._next_message - 1

    def _notify(self) -> None:
        async def tell() -> None:
            async with self._changed:
                self._changed.notify_all()

        task = asyncio.get_running_loop().create_task(tell())
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    # the wire

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while (request := await _request(reader)) is not None:
                failure = await self._answer(*request, reader)
                if failure.act != "answer":
                    break
                payload = json.dumps(failure.body).encode()
                head = f"HTTP/1.1 {failure.status} X\r\nContent-Type: application/json\r\n"
                writer.write(f"{head}Content-Length: {len(payload)}\r\n\r\n".encode() + payload)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, _Gone):
            pass
        except asyncio.CancelledError:
            pass  # the server is going down
        finally:
            self._open.discard(task)
            writer.close()

    async def _answer(self, path: str, form: dict[str, Any], reader: asyncio.StreamReader) -> Failure:
        token, _, method = path.removeprefix("/bot").partition("/")
        if token not in self._updates:
            return refusal(401, "Unauthorized")
        planned = self._failures.get(method)
        failure = planned.popleft() if planned else None
        result: Any = None
        try:
            if failure is None or failure.act == "late":
                result = await self._do(token, method, form, reader)
        except _Refused as refused:
            failure = refused.failure
        self.calls.append(Call(token, method, form, result))
        self._notify()
        if failure is not None and failure.act == "hang":
            await reader.read(1)
            raise _Gone
        return failure or Failure("answer", 200, {"ok": True, "result": result})

    async def _do(self, token: str, method: str, form: dict[str, Any], reader: asyncio.StreamReader) -> Any:
        if method == "getUpdates":
            return await self._get_updates(token, form, reader)
        act: Callable[[dict[str, Any]], Any] | None = getattr(self, f"_{method}", None)
        if act is None:
            raise _Refused(refusal(404, "Not Found"))
        return act(form)

    async def _get_updates(self, token: str, form: dict[str, Any], reader: asyncio.StreamReader) -> Any:
        if token in self._polling or self.webhook:
            raise _Refused(refusal(409, "Conflict: terminated by other getUpdates request"))
        offset = int(form.get("offset", 0))
        waiting = self._updates[token]
        waiting[:] = [update for update in waiting if update["update_id"] >= offset]
        self._notify()
        self._polling.add(token)
        hung_up = asyncio.ensure_future(reader.read(1))
        ready = asyncio.ensure_future(self._arrived(waiting))
        wait = float(form.get("timeout", 0))
        if wait:
            self._long.add(token)
            self._notify()
        try:
            await asyncio.wait({hung_up, ready}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            if hung_up.done():
                raise _Gone
        finally:
            self._polling.discard(token)
            self._long.discard(token)
            for task in (hung_up, ready):
                task.cancel()
            await asyncio.gather(hung_up, ready, return_exceptions=True)
        return list(waiting)[: int(form.get("limit", 100))]

    async def _arrived(self, waiting: list[dict[str, Any]]) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: bool(waiting))

    # the methods

    def _getMe(self, form: dict[str, Any]) -> Any:  # noqa: N802
        return VECTORS["getMe"]["result"]

    def _deleteWebhook(self, form: dict[str, Any]) -> Any:  # noqa: N802
        self.webhook = ""
        return True

    def _true(self, form: dict[str, Any]) -> bool:
        return True

    _setMyCommands = _answerCallbackQuery = _banChatMember = _restrictChatMember = _true  # noqa: N815

    def _sendMessage(self, form: dict[str, Any]) -> Any:  # noqa: N802
        _measured(form["text"])
        chat = int(form["chat_id"])
        message = {
            "message_id": self._number(), "date": DATE, "chat": chat_of(chat), "text": form["text"],
            "from": VECTORS["getMe"]["result"],
        }  # fmt: skip
        for name in ("reply_markup", "message_thread_id"):
            if name in form:
                message[name] = form[name]
        self.messages[chat, message["message_id"]] = message
        return message

    def _editMessageText(self, form: dict[str, Any]) -> Any:  # noqa: N802
        _measured(form["text"])
        message = self.messages.get((int(form["chat_id"]), int(form["message_id"])))
        if message is None:
            raise _Refused(refusal(400, "Bad Request: message to edit not found"))
        if message["text"] == form["text"] and message.get("reply_markup") == form.get("reply_markup"):
            same = VECTORS["not_modified"]
            raise _Refused(Failure("answer", same["http"], same["json"]))
        message["text"] = form["text"]
        message.pop("reply_markup", None)
        if "reply_markup" in form:
            message["reply_markup"] = form["reply_markup"]
        return message

    def _deleteMessage(self, form: dict[str, Any]) -> Any:  # noqa: N802
        if self.messages.pop((int(form["chat_id"]), int(form["message_id"])), None) is None:
            raise _Refused(refusal(400, "Bad Request: message to delete not found"))
        return True

    def _deleteMessages(self, form: dict[str, Any]) -> Any:  # noqa: N802
        for number in form["message_ids"]:
            self.messages.pop((int(form["chat_id"]), int(number)), None)
        return True

    def _getChatMember(self, form: dict[str, Any]) -> Any:  # noqa: N802
        admin = int(form["user_id"]) in self.admins.get(int(form["chat_id"]), set())
        return _member(int(form["user_id"]), admin)

    def _getChatAdministrators(self, form: dict[str, Any]) -> Any:  # noqa: N802
        return [_member(user, True) for user in sorted(self.admins.get(int(form["chat_id"]), set()))]


def user_of(number: int, *, is_bot: bool = False, name: str = "Mod") -> dict[str, Any]:
    return {"id": number, "is_bot": is_bot, "first_name": name}


def chat_of(number: int) -> dict[str, Any]:
    return {"id": number, "type": "supergroup" if number < 0 else "private", "title": "mods"}


def _member(number: int, admin: bool) -> dict[str, Any]:
    if not admin:
        return {"status": "member", "user": user_of(number)}
    rights = (
        "can_be_edited", "is_anonymous", "can_manage_chat", "can_delete_messages", "can_manage_video_chats",
        "can_restrict_members", "can_promote_members", "can_change_info", "can_invite_users", "can_post_stories",
        "can_edit_stories", "can_delete_stories",
    )  # fmt: skip
    return {"status": "administrator", "user": user_of(number)} | dict.fromkeys(rights, False)


def _measured(text: str) -> None:
    if len(text.encode("utf-16-le")) // 2 > 4096:
        long = VECTORS["too_long"]
        raise _Refused(Failure("answer", long["http"], long["json"]))
    if not text.strip():
        raise _Refused(refusal(400, "Bad Request: message text is empty"))


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, Any]] | None:
    """The next request's path and form; None when the client has closed the connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    lines = head.split("\r\n")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    path, _, query = lines[0].split(" ")[1].partition("?")
    pairs = parse_qsl(query, keep_blank_values=True) + parse_qsl(body.decode("utf-8"), keep_blank_values=True)
    return path, {name: _parsed(value) if name in NESTED else value for name, value in pairs}


def _parsed(value: str) -> Any:
    """Nested objects come as JSON in a form field."""
    try:
        return json.loads(value)
    except ValueError:
        return value
