"""What goes wrong on the public pages. Each error carries a status and the key of its sentence."""

from __future__ import annotations

from bot.errors import ChangkongError


class PublicError(ChangkongError):
    """Base. `key` is of the public pages' words, `words` fill its slots."""

    status = 400

    def __init__(self, key: str, **words: object) -> None:
        super().__init__(f"The public page refused a request: {key}.")
        self.key = key
        self.words = words


class BadRequest(PublicError):
    """The request was not understood."""


class Missing(PublicError):
    """There is no such thing here, or it is not published yet."""

    status = 404


class Often(PublicError):
    """Asked too often; `retry_after` in seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__("error.limit", s=retry_after)
        self.retry_after = retry_after
