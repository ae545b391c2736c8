"""A shop's own questions in the store: a name, sample asks, words they must or must not contain. They judge comments as
soon as they are saved; what is answered to them is a phrase like any other (`own:<slug>`) and goes through review.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import text

from bot.errors import NotAllowed
from bot.storage.canonical import AUDITED, clean, json_text
from bot.storage.chain import HOUSE
from bot.storage.ledger import Ledger
from bot.storage.values import OwnQuestionRow

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
FEWEST_ASKS = 3
MOST = 200
"""Asks or words of one question at most."""
LONGEST = 200
"""Characters of one ask, word or name at most."""
SCOPES = ("any", "class", "product")
COLUMNS = ", ".join(f'"{name}"' for name in AUDITED["own_question"].columns)


class QuestionRows(Ledger):
    """The own questions' part of the journal."""

    def own_questions(self, state: str | None = None) -> list[OwnQuestionRow]:
        """All own questions, or those live or off; by slug."""
        with self.store.read() as conn:
            found = conn.execute(text(f"SELECT {COLUMNS} FROM own_question ORDER BY slug"))
            rows = [_question(tuple(row)) for row in found]
            return [one for one in rows if state in (None, one.state)]

    def save_own_question(self, slug: str, body: Mapping[str, Any], *, by: str) -> OwnQuestionRow:
        """A question as it now is; live, unless it was switched off before. `body`: name, asks, must, must_not, scope,
        product, merchant; other fields are left out. Raises NotAllowed, naming the field."""
        if not SLUG.fullmatch(slug):
            raise NotAllowed("The short name of a question has 1 to 40 of the characters a-z, 0-9, - and _.")
        kept = _checked(body)
        with self.deed() as deed:
            before = deed.fetch("own_question", slug=slug)
            row = {
                "slug": slug, "body": json_text(kept), "state": "live" if before is None else before["state"],
                "changed_by": clean(by), "changed_ms": deed.written_ms,
            }  # fmt: skip
            told = {
                "act": "saved",
                "slug": slug,
                "state": row["state"],
                "asks": len(kept["asks"]),
                "by": clean(by),
            }
            deed.record(HOUSE, "own_question", told, [deed.save("own_question", row)])
            return _question(tuple(row.values()))

    def switch_own_question(self, slug: str, on: bool, *, by: str) -> OwnQuestionRow:
        """Live from now on, or off. Raises NotAllowed when there is none."""
        with self.deed() as deed:
            state = "live" if on else "off"
            changes = {"state": state, "changed_by": clean(by), "changed_ms": deed.written_ms}
            if not deed.change("own_question", {"slug": clean(slug)}, changes):
                raise NotAllowed(f"There is no own question {slug!r}.")
            row = deed.fetch("own_question", slug=clean(slug))
            assert row is not None
            told = {"act": "switched", "slug": row["slug"], "state": state, "by": clean(by)}
            deed.record(HOUSE, "own_question", told, [AUDITED["own_question"].commitment(row)])
            return _question(tuple(row.values()))


def _checked(body: Mapping[str, Any]) -> dict[str, Any]:
    name = clean(str(body.get("name") or "")).strip()
    if not 1 <= len(name) <= LONGEST:
        raise NotAllowed("name: give the question a name of 1 to 200 characters.")
    asks = _texts(body, "asks")
    if len(asks) < FEWEST_ASKS:
        raise NotAllowed(f"asks: give at least {FEWEST_ASKS} different ways in which viewers ask it.")
    scope = body.get("scope") or "any"
    product = clean(str(body.get("product") or "")) or None
    if scope not in SCOPES or (scope != "any") != (product is not None):
        raise NotAllowed("scope: any without a product; class or product with the one meant.")
    return {
        "name": name, "asks": asks, "must": _texts(body, "must"), "must_not": _texts(body, "must_not"),
        "scope": scope, "product": product, "merchant": clean(str(body.get("merchant") or "")) or None,
    }  # fmt: skip


def _texts(body: Mapping[str, Any], field: str) -> list[str]:
    """The texts of a field, trimmed, each once, in their order."""
    given = body.get(field) or ()
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise NotAllowed(f"{field}: give a list of texts.")
    texts = list(dict.fromkeys(clean(str(one)).strip() for one in given))
    texts = [one for one in texts if one]
    if len(texts) > MOST or any(len(one) > LONGEST for one in texts):
        raise NotAllowed(f"{field}: at most {MOST} texts of at most {LONGEST} characters.")
    return texts


def _question(row: tuple[Any, ...]) -> OwnQuestionRow:
    slug, body, state, changed_by, changed_ms = row
    return OwnQuestionRow(slug, msgspec.json.decode(body), state, changed_by, changed_ms)
