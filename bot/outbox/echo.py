"""What is heard again in the room: the only evidence that viewers saw it.

A platform that accepts a message may still show it to nobody. Where our own words come back in the stream, a text
that does within ten seconds was seen; one that does not was swallowed. Elsewhere nothing is known, and nothing said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bot.comment import Comment

WAIT_MS = 10_000

_MENTION = re.compile(r"^(?:@\S{1,40}\s+)+")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})


def plain(text: str) -> str:
    """A text as it compares: one width and case, without spaces, invisible signs and a leading @name."""
    folded = unicodedata.normalize("NFKC", _MENTION.sub("", text[:2_000])).casefold()
    return "".join(sign for sign in folded if unicodedata.category(sign) not in _UNSEEN)


def ours(comment: Comment, own_uid: str | None) -> bool:
    """Whether a comment comes from the shop's side: host, staff, our own account."""
    if comment.mirrored:
        return False
    return comment.viewer.role != "viewer" or (own_uid is not None and comment.viewer.uid == own_uid)


class Echoes:
    """Texts on their way to being seen."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[int, list[str]]] = {}

    def expect(self, id: int, parts: Sequence[str], now_ms: int) -> None:
        """These words are about to be said."""
        self._waiting[id] = (now_ms + WAIT_MS, [plain(part) for part in parts])

    def forget(self, id: int) -> None:
        """They were not said after all, or nobody knows."""
        self._waiting.pop(id, None)

    def heard(self, comment: Comment) -> int | None:
        """The row all of whose words have come back with this comment; None when there is none."""
        words = plain(comment.text)
        for id, (_, parts) in self._waiting.items():
            if words in parts:
                parts.remove(words)
                if not parts:
                    del self._waiting[id]
                    return id
                return None
        return None

    def missed(self, now_ms: int) -> list[int]:
        """Rows whose words should have come back by now; each is told once."""
        late = [id for id, (until, _) in self._waiting.items() if until <= now_ms]
        for id in late:
            del self._waiting[id]
        return late

    def next_due(self) -> int | None:
        """When the first of them is late; None when none is waited for."""
        return min((until for until, _ in self._waiting.values()), default=None)
