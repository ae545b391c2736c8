"""What the store says, at the moment of speaking, of one phrase version and of the account that would say it.

Read in one look, before a message goes out and once more after it was marked as being sent: what another process
withdrew, changed or stopped meanwhile counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, text

from bot.storage.canonical import clean, json_text
from bot.storage.chain import HOUSE
from bot.storage.exemptions import exemptions_of
from bot.storage.ledger import Ledger
from bot.storage.phrase_rows import phrase_in, phrases
from bot.storage.phrase_standing import standing
from replies.facts import MAX_VALUE
from replies.phrase import Phrase

BREAKER = "breaker."
"""House settings of this name and the account's hold why the account is stopped; null while it may speak."""


class KnownFact(msgspec.Struct, frozen=True):
    """A fact as stored. `valid_until_ms` None: no end."""

    value: str
    valid_until_ms: int | None


class Clearance(msgspec.Struct, frozen=True):
    """`reason`: why the version may not be said, None when it may (see `PhraseRows.vouch_phrase`). `substance`: of the
    stored body, '' without one. `exempt`: rules that granted exemptions of the phrase take out. `facts`: by slot
    name, the product's own before its shop's before the house's; `klass`: the product's class, None when the store has
    no such product. `stopped`: refusals or warning, '' for none."""

    reason: str | None
    substance: str
    exempt: frozenset[str]
    facts: dict[str, KnownFact]
    stopped: str
    klass: str | None = None


class ClearanceRows(Ledger):
    """The part of the journal that is asked before anything is said."""

    def clearance(
        self, phrase_id: str, digest: str, *, product: str | None, merchant: str | None, account: str, practice: bool,
        now_ms: int,
    ) -> Clearance:  # fmt: skip
        """How things stand now. `merchant` None: the house's own shop."""
        id, version = clean(phrase_id), clean(digest)
        with self.store.read() as conn:
            found = phrases(conn, "WHERE p.id = :id AND p.digest = :digest", id=id, digest=version)
            phrase = _phrase(found[0].body) if found else None
            goods = None if practice else _goods(conn, product)
            return Clearance(
                standing(conn, id, version, now_ms, practice),
                "" if phrase is None else phrase.substance,
                frozenset() if phrase is None else _exempt(conn, phrase, now_ms),
                {} if goods is None else _facts(conn, goods, product, merchant),
                _stopped(conn, account),
                None if not goods else str(goods.get("klass") or ""),
            )

    def account_stopped(self, account: str) -> str:
        """Why the account is silent; '' while it may speak."""
        with self.store.read() as conn:
            return _stopped(conn, account)

    def stop_account(self, account: str, reason: str, *, room: str) -> None:
        """Nothing more is said by this account until a person resumes. `reason`: refusals or warning."""
        self._set(account, reason, room, {"act": "stopped", "reason": clean(reason)})

    def resume_account(self, account: str, *, room: str, by: str) -> None:
        """`by` lets the account speak again."""
        self._set(account, None, room, {"act": "resumed", "by": clean(by)})

    def _set(self, account: str, reason: str | None, room: str, data: dict[str, str]) -> None:
        with self.deed() as deed:
            row = deed.save(
                "house_setting", {"key": _key(account), "value": json_text(reason and clean(reason))}
            )
            # The house's chain, as for every setting: two rooms may share an account.
            deed.record(HOUSE, "breaker", {"account": clean(account), "room": clean(room), **data}, [row])


def _key(account: str) -> str:
    return BREAKER + clean(account)


def _stopped(conn: Connection, account: str) -> str:
    found = conn.execute(
        text("SELECT value FROM house_setting WHERE key = :key"), {"key": _key(account)}
    ).scalar()
    return str(msgspec.json.decode(found) or "") if found is not None else ""


def _phrase(body: Mapping[str, Any]) -> Phrase | None:
    try:
        return phrase_in(body)
    except TypeError:
        return None


def _exempt(conn: Connection, phrase: Phrase, now_ms: int) -> frozenset[str]:
    """Rules taken out for this version now: of the exemptions it was approved with, those that hold."""
    if not phrase.exemptions:
        return frozenset()
    held = (one for one in exemptions_of(conn, phrase.id) if one.holds(now_ms))
    return frozenset(one.rule for one in held if str(one.id) in phrase.exemptions)


def _goods(conn: Connection, product: str | None) -> dict[str, Any]:
    """The product as stored; empty when there is none."""
    body = conn.execute(
        text("SELECT body FROM product WHERE id = :id"), {"id": clean(product or "")}
    ).scalar()
    return {} if body is None else dict(msgspec.json.decode(body))


def _facts(
    conn: Connection, goods: Mapping[str, Any], product: str | None, merchant: str | None
) -> dict[str, KnownFact]:
    """The farthest first, so that the nearest stays. A product's name and link number count as facts of it."""
    places = ["", f"@{clean(merchant)}" if merchant else "", clean(product) if product else ""]
    asked = text("SELECT name, value, valid_until_ms FROM fact WHERE product = :place")
    own = (
        {"product": str(goods.get("name", ""))[:MAX_VALUE], "link_no": str(goods.get("slot", ""))}
        if goods
        else {}
    )
    return {name: KnownFact(value, None) for name, value in own.items()} | {
        name: KnownFact(value, until)
        for place in dict.fromkeys(places)
        for name, value, until in conn.execute(asked, {"place": place})
    }
