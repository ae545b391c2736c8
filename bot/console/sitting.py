"""A sitting of review: the password was asked once, and for fifteen minutes it is not asked again.

Kept by login session, in memory: a restart, a log-out or another browser asks anew. Times are those of the journal's
clock, which asks the rules of approval again.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from bot.approval import SITTING_MS
from bot.console.auth import Login

KEPT = 1000


class Sittings:
    """When each login session last gave its password."""

    def __init__(self) -> None:
        self._since: OrderedDict[str, int] = OrderedDict()

    def begin(self, login: Login, now_ms: int) -> None:
        """The password was right just now."""
        self._since.pop(login.sid, None)
        self._since[login.sid] = now_ms
        while len(self._since) > KEPT:
            self._since.popitem(last=False)

    def since(self, login: Login, now_ms: int) -> int | None:
        """When the sitting began; None when there is none or it is over. One that lies ahead (a clock set back) is
        none."""
        since = self._since.get(login.sid)
        return since if since is not None and 0 <= now_ms - since <= SITTING_MS else None

    def end(self, login: Login) -> None:
        """Rise: the next approval asks for the password again."""
        self._since.pop(login.sid, None)


def screen_of(login: Login) -> str:
    """Names the screen in records: the browser, whoever logs in there and how often; the login session where the
    browser keeps no cookie of ours. Tells neither's id."""
    return hashlib.sha256(f"screen {login.browser or login.sid}".encode()).hexdigest()[:16]
