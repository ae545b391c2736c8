"""What the shop has laid down: phrase versions, products, facts, settings of the house. All in the house's chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import text

from bot.errors import NotAllowed
from bot.storage.canonical import AUDITED, BOOKMARK, clean, cleaned, json_text
from bot.storage.chain import HOUSE
from bot.storage.ledger import Ledger
from bot.storage.values import FactRow, PhraseRow, ProductRow

PHRASE_STATES = ("draft", "in_review", "approved", "live", "expired", "withdrawn")


class ShelfRows(Ledger):
    """The library's and the shop's part of the journal."""

    def seed_practice_library(self, bodies: Sequence[Mapping[str, Any]]) -> int:
        """Put the shipped library in: live, signed `practice`. Versions already there stay as they are, withdrawn
        ones withdrawn. Each body has at least `id` and `digest`. Returns how many were new."""
        with self.deed() as deed:
            found = deed.conn.execute(text("SELECT id, digest FROM phrase_version"))
            known = {(row[0], row[1]) for row in found}
            fresh = {}
            for body in bodies:
                row = _phrase_row(body, "live", "practice", "house", deed.written_ms)
                if (row["id"], row["digest"]) not in known:
                    fresh[row["id"], row["digest"]] = row
            if fresh:
                rows = list(fresh.values())
                deed.insert("phrase_version", rows)
                commitments = [AUDITED["phrase_version"].commitment(row) for row in rows]
                deed.record(
                    HOUSE, "phrase", {"act": "seeded", "count": len(rows), "signed": "practice"}, commitments
                )
            return len(fresh)

    def save_phrase(self, body: Mapping[str, Any], *, state: str, signed: str, by: str) -> PhraseRow:
        """A phrase version as it now stands. The body of a version never changes: its digest names it."""
        if state not in PHRASE_STATES:
            raise NotAllowed(f"{state!r} is no state of a phrase; choose one of {', '.join(PHRASE_STATES)}.")
        with self.deed() as deed:
            row = _phrase_row(body, state, signed, by, deed.written_ms)
            before = deed.fetch("phrase_version", id=row["id"], digest=row["digest"])
            if before is not None and before["body"] != row["body"]:
                raise NotAllowed(
                    f"Phrase {row['id']} has another body under the digest {row['digest']}; check it."
                )
            commitment = deed.save("phrase_version", row)
            data = {"act": "saved", "id": row["id"], "digest": row["digest"], "state": state, "by": clean(by)}
            deed.record(HOUSE, "phrase", data, [commitment])
            return _phrase(row)

    def withdraw_phrase(self, id: str, digest: str, by: str, reason: str = "") -> None:
        """From now on this version is said nowhere. Raises NotAllowed when there is none."""
        with self.deed() as deed:
            key = {"id": id, "digest": digest}
            changes = {"state": "withdrawn", "changed_by": clean(by), "changed_ms": deed.written_ms}
            if not deed.change("phrase_version", key, changes):
                raise NotAllowed(f"There is no phrase {id!r} of version {digest!r}.")
            data = {"act": "withdrawn", **cleaned(key), "by": clean(by), "reason": clean(reason)[:500]}
            deed.record(HOUSE, "phrase", data, [deed.committed("phrase_version", **key)])

    def phrase_version(self, id: str, digest: str) -> PhraseRow | None:
        """One version, whatever its state. Asked before every sending."""
        with self.store.read() as conn:
            row = conn.execute(
                text(_PHRASES + "WHERE id = :id AND digest = :digest"), {"id": id, "digest": digest}
            ).first()
            return None if row is None else _phrase(row._asdict())

    def phrase_versions(self, state: str | None = None) -> list[PhraseRow]:
        """All versions, or those of one state; by id, the latest change last."""
        with self.store.read() as conn:
            found = conn.execute(
                text(
                    _PHRASES
                    + ("" if state is None else "WHERE state = :state ")
                    + "ORDER BY id, changed_ms, digest"
                ),
                {} if state is None else {"state": state},
            )
            return [_phrase(row._asdict()) for row in found]

    def save_product(self, id: str, body: Mapping[str, Any], *, by: str) -> None:
        """A product as it now is."""
        with self.deed() as deed:
            commitment = deed.save("product", {"id": clean(id), "body": json_text(cleaned(body))})
            deed.record(HOUSE, "product", {"id": clean(id), "by": clean(by)}, [commitment])

    def products(self) -> list[ProductRow]:
        with self.store.read() as conn:
            found = conn.execute(text("SELECT id, body FROM product ORDER BY id"))
            return [ProductRow(row[0], msgspec.json.decode(row[1])) for row in found]

    def save_fact(self, fact: FactRow, *, by: str) -> None:
        """A fact as it now is, in the place of the one of that product and name."""
        with self.deed() as deed:
            row = cleaned({name: getattr(fact, name) for name in FactRow.__struct_fields__})
            commitment = deed.save("fact", row)
            data = {"product": row["product"], "name": row["name"], "source": row["source"], "by": clean(by)}
            deed.record(HOUSE, "fact", data, [commitment])

    def facts(self) -> list[FactRow]:
        with self.store.read() as conn:
            return [FactRow(*row) for row in conn.execute(text(
                "SELECT product, name, value, source, valid_until_ms FROM fact ORDER BY product, name"
            ))]  # fmt: skip

    def setting(self, key: str, default: Any = None) -> Any:
        """A setting of the house (any JSON value)."""
        with self.store.read() as conn:
            row = conn.execute(text("SELECT value FROM house_setting WHERE key = :key"), {"key": key}).first()
            return default if row is None else msgspec.json.decode(row[0])

    def save_setting(self, key: str, value: Any, *, by: str = "house") -> None:
        """Keep a setting. Keys under `cursor.` are bookmarks: no record is made of them."""
        row = {"key": clean(key), "value": json_text(cleaned(value))}
        with self.deed() as deed:
            commitment = deed.save("house_setting", row)
            if not row["key"].startswith(BOOKMARK):
                deed.record(HOUSE, "setting", {"key": row["key"], "by": clean(by)}, [commitment])


_PHRASES = "SELECT id, digest, body, state, signed, changed_by, changed_ms FROM phrase_version "


def _phrase_row(body: Mapping[str, Any], state: str, signed: str, by: str, at_ms: int) -> dict[str, Any]:
    return {
        "id": clean(str(body["id"])), "digest": clean(str(body["digest"])), "body": json_text(cleaned(body)),
        "state": state, "signed": clean(signed), "changed_by": clean(by), "changed_ms": at_ms,
    }  # fmt: skip


def _phrase(row: Mapping[str, Any]) -> PhraseRow:
    return PhraseRow(**{**row, "body": msgspec.json.decode(row["body"])})
