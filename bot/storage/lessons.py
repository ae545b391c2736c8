"""What may be learned from the store: comments with all that was judged of them, and whose words must stay there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import bindparam, text

from bot.storage.heard import SELECT
from bot.storage.readings import Readings
from bot.storage.values import RecordRow, Seen

PAGE = 500
"""Rows asked for at once."""


class Lesson(msgspec.Struct, frozen=True):
    """A comment as it was judged. `also`: further intents beside `seen.faq_intent`, best first."""

    seen: Seen
    also: tuple[str, ...]


class LessonReadings(Readings):
    """Readings for whoever collects labelled examples."""

    def lessons(self, ids: Sequence[str], *, reader: str | None, purpose: str = "training") -> list[Lesson]:
        """The comments of these ids, in no promised order; unknown ids are left out. With a `reader` the words are
        decrypted and one `access` record per session is made, naming the `purpose`; erased words are None."""
        found: list[Lesson] = []
        for start in range(0, len(ids), PAGE):
            part = list(ids[start : start + PAGE])
            # `_seen` expands the parameter of this name.
            seen = self._seen(f"{SELECT}WHERE id IN :numbers", {"numbers": part}, reader, purpose)
            also = self._also(part)
            found += [Lesson(one, also.get(one.id, ())) for one in seen]
        return found

    def _also(self, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        asked = text("SELECT id, also FROM comment WHERE id IN :ids").bindparams(
            bindparam("ids", expanding=True)
        )
        with self.store.read() as conn:
            rows = conn.execute(asked, {"ids": list(ids)}).all()
        return {id: tuple(str(intent) for intent, _ in msgspec.json.decode(also)) for id, also in rows}

    def viewers_with(self, code: str) -> frozenset[str]:
        """Subject ids of all who ever made a comment that carries `code`, as a hit or as a code of the policy."""
        asked = text("SELECT DISTINCT subject_id FROM comment WHERE codes LIKE :code OR banned LIKE :code")
        with self.store.read() as conn:
            return frozenset(row[0] for row in conn.execute(asked, {"code": f'%"{code}"%'}))

    def all_records(self, record_type: str, chain: str | None = None) -> Iterator[RecordRow]:
        """Every record of a type, of one chain or of all, each chain in its order."""
        for name in sorted(self.chains()) if chain is None else (chain,):
            after = -1
            while page := self.records(name, after_seq=after, limit=PAGE, record_type=record_type):
                yield from page
                after = page[-1].seq
