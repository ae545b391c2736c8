"""Message ids already met, so that what a platform delivers twice is judged once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from bot.comment import Comment, Event


class Seen:
    """The last `limit` ids met, oldest forgotten first. `known` are ids of comments already stored, oldest
    first."""

    def __init__(self, known: Iterable[str] = (), *, limit: int = 20_000) -> None:
        self._limit = limit
        self._ids: OrderedDict[tuple[str, str], None] = OrderedDict()
        self.dropped = 0
        """How many duplicates were met."""
        for msg_id in known:
            self._remember(("comment", msg_id))

    def first_time(self, event: Event) -> bool:
        """Whether the event is new; counts it as dropped when not. An event without id is always new.

        An edited comment keeps its message's id and is new all the same.
        """
        if event.msg_id is None or (isinstance(event, Comment) and event.edited):
            return True
        kind = "comment" if isinstance(event, Comment) else event.kind
        if (kind, event.msg_id) in self._ids:
            self._ids.move_to_end((kind, event.msg_id))
            self.dropped += 1
            return False
        self._remember((kind, event.msg_id))
        return True

    def _remember(self, key: tuple[str, str]) -> None:
        self._ids[key] = None
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)
