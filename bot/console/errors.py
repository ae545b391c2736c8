"""The errors of the console. Each is one sentence that is shown to the person who asked.

    ChangkongError (bot.errors)
      ConsoleError        .status: the HTTP status it is answered with
        NotLoggedIn       401: nobody is logged in; a page sends to the log-in instead
        Forbidden         403: the role, the CSRF token or the origin does not allow it
        BadRequest        400: a field is missing or wrong
        NotFound          404
        Refused           409: the law or the state of the thing forbids it
        TooMany           429: too many tries; `retry_after` in seconds

`key` names the message in the catalogue, `words` fill it in.
"""

from __future__ import annotations

from bot.errors import ChangkongError


class ConsoleError(ChangkongError):
    """Base: something a person asked for was refused."""

    status = 400

    def __init__(self, key: str, **words: object) -> None:
        super().__init__(key)
        self.key = key
        self.words = words


class NotLoggedIn(ConsoleError):
    """Nobody is logged in."""

    status = 401


class Forbidden(ConsoleError):
    """The role, the CSRF token or the origin does not allow it."""

    status = 403


class BadRequest(ConsoleError):
    """A field is missing or wrong."""


class Refused(ConsoleError):
    """The law or the state of the thing forbids it."""

    status = 409


class NotFound(ConsoleError):
    """There is no such thing."""

    status = 404


class TooMany(ConsoleError):
    """Too many tries; `retry_after` seconds."""

    status = 429

    def __init__(self, key: str, *, retry_after: int) -> None:
        super().__init__(key, seconds=retry_after)
        self.retry_after = retry_after
