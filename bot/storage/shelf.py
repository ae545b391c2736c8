"""What the shop has laid down: products, facts, settings of the house. All in the house's chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import text

from bot.errors import NotAllowed
from bot.storage.approvals import DUTY_MODE
from bot.storage.canonical import BOOKMARK, Commitment, clean, cleaned, json_text
from bot.storage.chain import HOUSE
from bot.storage.ledger import Deed, Ledger
from bot.storage.values import FactRow, ProductRow


class ShelfRows(Ledger):
    """The shop's part of the journal."""

    def save_product(self, id: str, body: Mapping[str, Any], *, by: str) -> None:
        """A product as it now is."""
        self.save_products([ProductRow(id, dict(body))], by=by)

    def save_products(self, rows: Sequence[ProductRow], *, by: str) -> None:
        """Products as they now are, all or none."""
        with self.deed() as deed:
            for one in rows:
                put_product(deed, one, by)

    def delete_product(self, id: str, *, by: str) -> None:
        """The shop has it no more, nor any fact about it. Raises NotAllowed when there is none."""
        with self.deed() as deed:
            remove_product(deed, id, by)

    def save_shelf(
        self, products: Sequence[ProductRow], facts: Sequence[FactRow], gone: Sequence[str], *, by: str
    ) -> None:
        """A whole import in one transaction, all or none: products that went, then products and facts as they now are.
        Raises NotAllowed when one that should go is not there."""
        with self.deed() as deed:
            for id in gone:
                remove_product(deed, id, by)
            for product in products:
                put_product(deed, product, by)
            for fact in facts:
                put_fact(deed, fact, by)

    def products(self) -> list[ProductRow]:
        with self.store.read() as conn:
            found = conn.execute(text("SELECT id, body FROM product ORDER BY id"))
            return [ProductRow(row[0], msgspec.json.decode(row[1])) for row in found]

    def save_fact(self, fact: FactRow, *, by: str) -> None:
        """A fact as it now is, in the place of the one of that product and name."""
        self.save_facts([fact], by=by)

    def save_facts(self, rows: Sequence[FactRow], *, by: str) -> None:
        """Facts as they now are, all or none."""
        with self.deed() as deed:
            for one in rows:
                put_fact(deed, one, by)

    def facts(self) -> list[FactRow]:
        """All facts by product and name, those that have run out too."""
        with self.store.read() as conn:
            found = conn.execute(text(
                "SELECT product, name, value, source, valid_until_ms, show_end FROM fact ORDER BY product, name"
            ))  # fmt: skip
            return [
                FactRow(product, name, value, source, until, None if show_end is None else bool(show_end))
                for product, name, value, source, until, show_end in found
            ]

    def setting(self, key: str, default: Any = None) -> Any:
        """A setting of the house (any JSON value)."""
        with self.store.read() as conn:
            row = conn.execute(text("SELECT value FROM house_setting WHERE key = :key"), {"key": key}).first()
            return default if row is None else msgspec.json.decode(row[0])

    def save_setting(self, key: str, value: Any, *, by: str = "house") -> None:
        """Keep a setting. Keys under `cursor.` are bookmarks: no record is made of them. Raises NotAllowed for the duty
        mode, which has rules of its own (`set_duty_mode`)."""
        row = {"key": clean(key), "value": json_text(cleaned(value))}
        if row["key"] == DUTY_MODE:
            raise NotAllowed("The duty mode is no ordinary setting; use set_duty_mode.")
        with self.deed() as deed:
            commitment = deed.save("house_setting", row)
            if not row["key"].startswith(BOOKMARK):
                deed.record(HOUSE, "setting", {"key": row["key"], "by": clean(by)}, [commitment])


def put_product(deed: Deed, product: ProductRow, by: str) -> None:
    """One product in its place, with its record."""
    row = {"id": clean(product.id), "body": json_text(cleaned(product.body))}
    deed.record(HOUSE, "product", {"id": row["id"], "by": clean(by)}, [deed.save("product", row)])


def remove_product(deed: Deed, id: str, by: str) -> None:
    """One product and its facts taken away, with its record. Raises NotAllowed when there is none."""
    key = clean(id)
    if deed.fetch("product", id=key) is None:
        raise NotAllowed(f"There is no product {id!r}.")
    names = deed.conn.execute(text("SELECT name FROM fact WHERE product = :id ORDER BY name"), {"id": key})
    gone: list[Commitment] = [("product", key, None)]
    gone += [("fact", json_text([key, name]), None) for (name,) in names]
    deed.conn.execute(text("DELETE FROM fact WHERE product = :id"), {"id": key})
    deed.conn.execute(text("DELETE FROM product WHERE id = :id"), {"id": key})
    deed.record(HOUSE, "product", {"act": "deleted", "id": key, "by": clean(by)}, gone)


def put_fact(deed: Deed, fact: FactRow, by: str, *, session: str | None = None) -> None:
    """One fact in its place, with its record."""
    row = cleaned({name: getattr(fact, name) for name in FactRow.__struct_fields__})
    row["show_end"] = True if fact.show_end else None  # as before there was such a column
    commitment = deed.save("fact", row)
    data = {"product": row["product"], "name": row["name"], "source": row["source"], "by": clean(by)}
    deed.record(HOUSE, "fact", data, [commitment], session=session)
