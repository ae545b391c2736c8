"""What a failed call to Telegram means for a room: may it have arrived, how long to wait, what can be done."""

from __future__ import annotations

import logging
import os
from datetime import timedelta

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

from bot.errors import AuthRefused, PlatformBusy, RoomError

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_QUIET = {"httpx": logging.WARNING, "httpcore": logging.WARNING, "telegram": logging.CRITICAL}


def tame_library() -> None:
    """Keep the library's log lines out of ours: they hold addresses with the token, and people's words. And let it
    give times as timedelta: whole numbers come with a warning for whoever reads them."""
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)
    os.environ.setdefault("PTB_TIMEDELTA", "true")


def seconds_asked(error: RetryAfter) -> int:
    """How long Telegram asks to wait, in whole seconds, rounded up."""
    after = error.retry_after
    return int(after.total_seconds() if isinstance(after, timedelta) else after) + 1


def may_have_arrived(error: TelegramError) -> bool:
    """Whether the message may be in the chat although the call failed: not when the connection never stood or an
    answer came, but for 504, where a gateway has given up waiting."""
    if not isinstance(error, NetworkError) or isinstance(error.__cause__, _NOT_SENT):
        return False
    return (
        isinstance(error, TimedOut)
        or isinstance(error.__cause__, httpx.HTTPError)
        or "Gateway Time" in str(error)
    )


def word_of(error: Exception) -> str:
    """The cause in a word, never the error's own text: that may hold the token."""
    words: dict[type[Exception], str] = {
        InvalidToken: "token", Forbidden: "expelled", Conflict: "other_poller", BadRequest: "bad_request",
        TimedOut: "timeout", NetworkError: "network",
    }  # fmt: skip
    return words.get(type(error), type(error).__name__)


_REMEDIES = (
    (
        "not enough rights",
        "The bot may not {act} here. Make it an administrator of the group with that right.",
    ),
    (
        "can't be deleted",
        "Telegram does not let the bot delete this message. Check its right to delete messages.",
    ),
    (
        "administrator",
        "This member is an administrator of the group; only its owner can {act} administrators.",
    ),
    ("participant_id_invalid", "This member is no longer in the group."),
    ("user not found", "This member is no longer in the group."),
    ("supergroup", "Telegram restricts members in supergroups only. Make the group one in its settings."),
)


def remedy(error: TelegramError, act: str) -> RoomError:
    """The failure of `act` in words that say what to do."""
    if isinstance(error, RetryAfter):
        after = seconds_asked(error)
        return PlatformBusy(f"Telegram asks to wait {after} seconds. Try again then.", retry_after=after)
    if isinstance(error, Forbidden):
        return RoomError("The bot is no longer in the group. Add it again as an administrator.")
    if isinstance(error, InvalidToken):
        return AuthRefused("Telegram does not know the bot's token. Get a new one from @BotFather.")
    if isinstance(error, BadRequest):
        reason = str(error).lower()
        for part, words in _REMEDIES:
            if part in reason:
                return RoomError(words.format(act=act))
        return RoomError(f"Telegram refused to {act}: {str(error)[:120]}.")
    return RoomError(
        f"Telegram did not answer, so nobody knows whether it was done ({act}). Look into the group."
    )
