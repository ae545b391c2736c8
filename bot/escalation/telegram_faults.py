"""What a failed call to Telegram means: may it have arrived, how long to wait, what to tell the console."""

from __future__ import annotations

import logging
import os
from datetime import timedelta
from typing import Literal

import httpx
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

_QUIET = {"httpx": logging.WARNING, "httpcore": logging.WARNING, "telegram": logging.CRITICAL}
"""The library logs addresses, which hold the token, and payloads, which hold text; we log for ourselves."""

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


def tame_library() -> None:
    """Keep the library's own log lines out of ours, and let it give times as timedelta: the whole numbers of old
    come with a warning for whoever reads them (the switch is the library's own)."""
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
    os.environ.setdefault("PTB_TIMEDELTA", "true")


def seconds_asked(error: RetryAfter) -> int:
    """How long the platform asks us to wait, in whole seconds, one for good measure included."""
    after = error.retry_after
    return int(after.total_seconds() if isinstance(after, timedelta) else after) + 1


def may_have_arrived(error: TelegramError) -> bool:
    """Whether a message may be in the chat although the call failed. An answer of any status means it is not,
    but for 504, where a gateway has given up waiting for what goes on behind it."""
    if not isinstance(error, NetworkError) or isinstance(error, BadRequest):
        return False
    if isinstance(error.__cause__, _NOT_SENT):
        return False
    return (
        isinstance(error, TimedOut)
        or isinstance(error.__cause__, httpx.HTTPError)
        or "Gateway Time" in str(error)
    )


def diagnosis(error: Exception) -> tuple[Literal["down", "refused"], str]:
    """A short word for the console. Never the error's own text: it may hold the token."""
    match error:
        case InvalidToken():
            return "refused", "token"
        case Forbidden():
            return "refused", "kicked"
        case Conflict():
            return "refused", "other_poller"
        case BadRequest():
            return "refused", "chat"
        case TimedOut():
            return "down", "timeout"
        case _:
            return "down", "network"
