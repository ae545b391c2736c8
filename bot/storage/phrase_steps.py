"""One step of a phrase's life as a change of its row and the record of it, in the house's chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bot.storage.canonical import Commitment, clean, cleaned
from bot.storage.chain import HOUSE
from bot.storage.ledger import Deed
from bot.storage.phrase_rows import phrases

PRACTICE: Final = "practice"
"""How shipped phrases are signed."""
KIND: Final = "phrase"


def change(deed: Deed, id: str, digest: str, by: str, **changes: Any) -> Commitment:
    """Change columns of the version there is; gives what a record must say of it."""
    key = {"id": clean(id), "digest": clean(digest)}
    deed.change("phrase_version", key, changes | {"changed_by": clean(by), "changed_ms": deed.written_ms})
    return deed.committed("phrase_version", **key)


def superseded(deed: Deed, id: str, by: str) -> list[Commitment]:
    """The live version of that id gives way."""
    live = phrases(deed.conn, "WHERE p.id = :id AND p.state = 'live'", id=clean(id))
    return [change(deed, one.id, one.digest, by, state="withdrawn") for one in live]


def note(
    deed: Deed, act: str, id: str, digest: str, by: str, rows: Sequence[Commitment], **more: Any
) -> None:
    """The record of a step, speaking for the rows it changed."""
    data = {"act": act, "id": clean(id), "digest": clean(digest), "by": clean(by), **cleaned(more)}
    deed.record(HOUSE, KIND, data, rows)
