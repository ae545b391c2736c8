"""What the page on the phrases' effect is handed: figures, and questions nobody answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.learning.clusters import Cluster
from bot.storage.effects import PhraseEffect


class Effect(Protocol):
    """How the phrases do, over the latest shows."""

    async def phrases(self) -> Sequence[PhraseEffect]:
        """Every version that was to be said, most answers first."""
        ...

    async def unanswered(self, *, by: str) -> Sequence[Cluster]:
        """Questions left unanswered, merged by meaning, weightiest first. That `by` reads them is recorded."""
        ...
