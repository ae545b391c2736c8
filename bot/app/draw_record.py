"""The public record of a draw as a mapping: what anybody may read, and nothing that names or betrays anybody.

It is asked for often (an overlay once a second, a public page every three), so what is costly is kept for a moment:
running counts for a second, the masked names of winners until the draw moves on, a minute at most: an erased viewer
goes from there as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.draws.book import claims_of, drawn_of
from bot.printing import masked
from bot.storage.drawbook import DrawRows
from bot.storage.values import DrawRow
from lottery.claim import open_places

COUNTS_S = 1.0
NAMES_S = 60.0
MOST_NAMES = 200
"""Winners whose masked names are shown; beyond that the pseudonyms must do."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Accepted entries, and refused ones by reason."""

    accepted: int
    refused: Mapping[str, int]


class PublicRecord:
    """Makes the mapping that `bot.draws.publication` reads. `now_s` is a clock that never goes back."""

    def __init__(self, journal: DrawRows, now_s: Callable[[], float] = time.monotonic) -> None:
        self._journal = journal
        self._now_s = now_s
        self._counts: dict[str, tuple[float, Counts]] = {}
        self._names: dict[tuple[str, int], tuple[float, dict[str, str]]] = {}

    def of(self, row: DrawRow) -> dict[str, Any]:
        """The public record of `row`."""
        body = row.body
        counts = self.counts(row)
        entry = body["commitment"]["record"]["entry"]
        public: dict[str, Any] = {
            "draw_id": row.id, "room": row.room, "sequence": row.sequence, "state": row.state,
            "practice": body["commitment"]["record"]["beacon"].get("mode") == "practice",
            "kind": entry.get("kind", "keyword"), "entries": counts.accepted, "refused": dict(counts.refused),
            "commitment": body["commitment"], "closed": body["closed"], "claims": list(body.get("claims", ())),
        }  # fmt: skip
        public |= {name: body[name] for name in ("drawn", "void") if name in body}
        if "drawn" in body:
            public["winners"] = self._winners(row)
        return public

    def counts(self, row: DrawRow) -> Counts:
        """Entries as they stand: those of the closed record once there is one, else a count at most a second old.
        Answers right and wrong count alike until the closing."""
        if row.body["closed"]:
            record = row.body["closed"][-1]["record"]
            return Counts(int(record["entries"]), record["excluded"])
        kept = self._counts.get(row.id)
        now = self._now_s()
        if kept is None or now - kept[0] >= COUNTS_S:
            kept = self._counts[row.id] = now, Counts(*self._journal.entry_counts(row.id))
        return kept[1]

    def _winners(self, row: DrawRow) -> list[dict[str, Any]]:
        drawn = drawn_of(row)
        assert drawn is not None
        claims = claims_of(row)
        settled = {one.record.place: one.record for one in claims}
        turns = set(open_places(drawn.record, claims))
        winners = len(drawn.record.winners)
        names = self._named(row)
        found = []
        for one in chosen_of(self._journal, row):
            place, claim = int(one["place"]), settled.get(int(one["place"]))
            found.append({
                "place": place, "position": one["position"], "pseudonym": one["pseudonym"],
                "name": names.get(one["pseudonym"], ""), "reserve": place > winners,
                "state": "" if claim is None else claim.outcome, "reason": "" if claim is None else claim.reason,
                "turn": place in turns,
            })  # fmt: skip
        return found

    def _named(self, row: DrawRow) -> dict[str, str]:
        """Masked names by pseudonym."""
        key, now = (row.id, len(row.body.get("claims", ()))), self._now_s()
        kept = self._names.get(key)
        if kept is None or now - kept[0] >= NAMES_S:
            asked = [bytes.fromhex(one["pseudonym"]) for one in chosen_of(self._journal, row)[:MOST_NAMES]]
            found = self._journal.entrant_names(row.id, asked)
            names = {pseudonym.hex(): masked(name) for pseudonym, name in found.items()}
            self._names = {other: one for other, one in self._names.items() if now - one[0] < NAMES_S}
            kept = self._names[key] = now, names
        return kept[1]


def chosen_of(journal: DrawRows, row: DrawRow) -> list[dict[str, Any]]:
    """{place, position, pseudonym} of winners, then reserves; [] before the draw."""
    if "chosen" in row.body:
        return list(row.body["chosen"])
    drawn = drawn_of(row)
    if drawn is None:
        return []
    leaves = journal.entry_pseudonyms(
        row.id
    )  # drawn before contests: positions are those of the accepted entries
    positions = (*drawn.record.winners, *drawn.record.reserves)
    return [
        {"place": place, "position": at, "pseudonym": leaves[at].hex()}
        for place, at in enumerate(positions, 1)
    ]
