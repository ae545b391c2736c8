"""How one room is spoken in: what silences it, how long a message may be, how fast it goes, what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.outbox.gate import Passed
from bot.outbox.pacing import Allowance
from bot.outbox.row import QueuedRow
from bot.outbox.splitting import TooLong, split
from replies.errors import PhraseRefused
from replies.phrase import Phrase

SPACING_MS = 30_000
"""Platforms refuse the same text again within about half a minute (Twitch says 30 s; others do not say)."""

Bars = Callable[[Phrase, QueuedRow], str | None]
"""Why this phrase may not be said as the room stands, None when it may."""


class Rules:
    """How one room is spoken in. `silence`: why nothing at all may be said now; `bars`: why not this.

    `limit`, `size`: the longest message and how it is measured; `words` cuts a text into words. `allowance`: the
    platform's own pace. `echoes`: our own words come back in the stream, under `own_uid` where it is known.
    """

    def __init__(
        self,
        *,
        silence: Callable[[], str | None] = lambda: None,
        bars: Bars = lambda phrase, row: None,
        limit: int | None = None,
        size: Callable[[str], int] = len,
        words: Callable[[str], Sequence[str]] | None = None,
        allowance: Callable[[], Allowance | None] = lambda: None,
        echoes: Callable[[], bool] = lambda: False,
        own_uid: Callable[[], str | None] = lambda: None,
        spacing_ms: int = SPACING_MS,
    ) -> None:
        self.silence = silence
        self.bars = bars
        self.limit = limit
        self.size = size
        self.words = words
        self.allowance = allowance
        self.echoes = echoes
        self.own_uid = own_uid
        self.spacing_ms = spacing_ms

    def parts(self, passed: Passed) -> tuple[str, ...]:
        """The messages that say it. Raises PhraseRefused `too_long`."""
        if self.limit is None:
            return (passed.text,)
        try:
            return split(
                passed.text, self.limit, disclosure=passed.disclosure, size=self.size, words=self.words
            )
        except TooLong as error:
            raise PhraseRefused("too_long", passed.phrase.id) from error
