"""What became of what was said: how often, whether people asked the same again, complained, or bought.

Counted over the latest shows, one after the other, from rows alone; no viewer's words are read for it. What is
counted is what followed an answer, which need not be because of it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, text

from bot.codes import complains
from bot.storage.heard import OPEN_QUESTIONS, SELECT
from bot.storage.readings import Readings
from bot.storage.values import Seen

SHOWS = 20
"""How many shows are looked back upon."""

AFTER_MS = 120_000
"""Within so long after an answer a question counts as asked again, a complaint as made after it."""

TYPING_MS = 3_000
"""Who sends a comment so soon after an answer was typing it before."""

BEFORE_MS = 20_000
"""An answer is for all who asked the same within so long before it (the merge window)."""

ORDERS_MS = 180_000
"""Orders are compared over so long before and after an answer."""

HEARD = ("sent", "by_hand")
"""States in which the room is taken to have heard the answer; `sent` is what the platform accepted."""

NO_ORDER = frozenset({"cancelled", "canceled", "refunded", "closed", "failed"})


class PhraseEffect(msgspec.Struct, frozen=True):
    """One version of a phrase over the shows looked at.

    `outcomes`: replies by state. `answers`: those the room heard that answered a comment; `repeated`: of these, after
    how many the same question about the same product was asked again within AFTER_MS, by anybody; `complained`: after
    how many somebody it was for complained within AFTER_MS. `ordered`: of those about a product, in shows that tell
    of orders, how many were looked at; `before` and `after`: orders of that product ORDERS_MS before and after them. An
    answer too close to the one looked at before is passed over, so that no order counts twice. `rated`: how many of
    those who were asked said whether it helped; `solved`: how many of them said yes.
    """

    phrase_id: str
    digest: str
    intent: str
    group: str
    lang: str
    text: str
    state: str
    outcomes: dict[str, int]
    answers: int
    repeated: int
    complained: int
    ordered: int
    before: int
    after: int
    rated: int = 0
    solved: int = 0


class Answer(msgspec.Struct, frozen=True):
    """An answer the room heard at `at_ms`; `asker` the subject id of who asked."""

    phrase: tuple[str, str]
    intent: str
    product: str | None
    at_ms: int
    asker: str


class Ask(msgspec.Struct, frozen=True):
    """A question by `viewer`; `product` where its own answer names it (`told`). `stood_for`: an earlier answer was
    taken to stand for it."""

    at_ms: int
    viewer: str
    told: bool
    product: str | None
    stood_for: bool


class EffectReadings(Readings):
    """Readings for whoever looks at how the phrases do."""

    def effects(self, shows: int = SHOWS) -> list[PhraseEffect]:
        """Every phrase version with a reply in the latest `shows` shows, most answers first."""
        names = [row.id for row in self.sessions(limit=shows)]
        outcomes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        sums: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        intents: dict[tuple[str, str], str] = {}
        with self.store.read() as conn:
            slots = _slots(conn)
            for name in names:
                for key, intent, state, count in _states(conn, name):
                    outcomes[key][state] += count
                    intents[key] = intent
                for key, counted in _Show(conn, name, slots).counts().items():
                    sums[key].update(counted)
                for key, answer in _ratings(conn, name):
                    sums[key].update(rated=1, solved=int(answer == "yes"))
            bodies = _bodies(conn)
        found = [
            _effect(key, intents[key], bodies.get(key), outcomes[key], sums.get(key, Counter()))
            for key in outcomes
        ]
        return sorted(found, key=lambda one: (-one.answers, one.intent, one.phrase_id, one.digest))

    def open_questions(self, *, reader: str, shows: int = SHOWS, limit: int = 5_000) -> list[Seen]:
        """The latest `limit` questions of viewers that stand unanswered, of the latest `shows` shows, oldest first.
        The reader is recorded."""
        names = [row.id for row in self.sessions(limit=shows)]
        if not names:
            return []
        reasons = ", ".join(f"'{reason}'" for reason in OPEN_QUESTIONS)
        # `_seen` expands the parameter of this name.
        query = (
            f"{SELECT}WHERE session IN :numbers AND role = 'viewer' AND withheld IN ({reasons}) "
            "ORDER BY at_ms DESC, id DESC LIMIT :limit"
        )
        return self._seen(query, {"numbers": names, "limit": limit}, reader, "unanswered")[::-1]


class _Show:
    """One show, counted."""

    def __init__(self, conn: Connection, session: str, slots: Mapping[str, str]) -> None:
        self._asks: dict[str, list[Ask]] = defaultdict(list)
        self._complaints: dict[str, list[int]] = defaultdict(list)
        self._orders = _orders(conn, session, slots)
        self._answers = _answers(conn, session)
        self._times: dict[str, list[int]] = defaultdict(list)
        for one in self._answers:
            self._times[one.intent].append(one.at_ms)
        for row in conn.execute(text(_COMMENTS), {"session": session}):
            at_ms, viewer, intent, codes, decision, withheld = row
            if complains(tuple(msgspec.json.decode(codes))):
                self._complaints[viewer].append(at_ms)
            if intent is not None:
                reply = msgspec.json.decode(decision).get("reply")
                self._asks[intent].append(
                    Ask(
                        at_ms, viewer, reply is not None, reply["product"] if reply else None,
                        withheld in ("merged", "cooldown"),
                    )
                )  # fmt: skip

    def counts(self) -> dict[tuple[str, str], Counter[str]]:
        """What followed the answers of each phrase version, by the names of PhraseEffect."""
        found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        looked_at: dict[tuple[tuple[str, str], str], int] = {}
        for one in self._answers:
            counted = found[one.phrase]
            counted["answers"] += 1
            counted["repeated"] += self._repeated(one)
            counted["complained"] += self._complained(one)
            if self._orders is not None and one.product is not None:
                before = looked_at.get((one.phrase, one.product))
                if before is not None and one.at_ms - before < 2 * ORDERS_MS:
                    continue
                looked_at[one.phrase, one.product] = one.at_ms
                times = self._orders.get(one.product, [])
                counted["ordered"] += 1
                counted["before"] += _between(times, one.at_ms - ORDERS_MS, one.at_ms)
                counted["after"] += _between(times, one.at_ms, one.at_ms + ORDERS_MS)
        return found

    def _repeated(self, one: Answer) -> bool:
        asks = self._asks[one.intent]
        first = bisect_right(asks, one.at_ms + TYPING_MS, key=_at)
        last = bisect_right(asks, one.at_ms + AFTER_MS, key=_at)
        return any(self._about(ask, one) for ask in asks[first:last])

    def _about(self, ask: Ask, one: Answer) -> bool:
        """Whether a question is the one answered. What was taken to be answered already belongs to the answer before
        it; of what was not answered at all, the product is unknown."""
        if ask.told:
            return ask.product == one.product
        times = self._times[one.intent]
        return ask.stood_for and times[bisect_right(times, ask.at_ms) - 1] == one.at_ms

    def _complained(self, one: Answer) -> bool:
        asks = self._asks[one.intent]
        first = bisect_left(asks, one.at_ms - BEFORE_MS, key=_at)
        last = bisect_right(asks, one.at_ms, key=_at)
        for_whom = {one.asker, *(ask.viewer for ask in asks[first:last])}
        return any(
            _between(self._complaints[who], one.at_ms, one.at_ms + AFTER_MS)
            for who in for_whom
            if who in self._complaints
        )


_COMMENTS = (
    "SELECT now_ms, subject_id, faq_intent, codes, decision, withheld FROM comment WHERE session = :session "
    "AND role = 'viewer' AND NOT mirrored AND (faq_intent IS NOT NULL OR codes <> '[]') ORDER BY now_ms, seq"
)


def _at(ask: Ask) -> int:
    return ask.at_ms


def _between(times: Sequence[int], after_ms: int, to_ms: int) -> int:
    """How many of `times` lie after `after_ms`, up to `to_ms` included."""
    return bisect_right(times, to_ms) - bisect_right(times, after_ms)


def _states(conn: Connection, session: str) -> list[tuple[tuple[str, str], str, str, int]]:
    rows = conn.execute(
        text(
            "SELECT phrase_id, digest, MIN(intent), state, COUNT(*) FROM outbox WHERE session = :session "
            "GROUP BY phrase_id, digest, state"
        ),
        {"session": session},
    )
    return [((row[0], row[1]), row[2], row[3], row[4]) for row in rows]


def _answers(conn: Connection, session: str) -> list[Answer]:
    """What the room heard in answer to a comment, in order. Said by program at its due time, which is the show's;
    said by hand when the press tells so, as far as that can be."""
    rows = conn.execute(
        text(
            "SELECT o.phrase_id, o.digest, o.intent, o.product, o.state, o.due_ms, o.updated_ms, o.expires_ms, "
            "c.subject_id FROM outbox o JOIN comment c ON c.id = o.comment_id "
            "WHERE o.session = :session AND o.state IN :states"
        ).bindparams(bindparam("states", expanding=True)),
        {"session": session, "states": list(HEARD)},
    )
    found = [
        Answer(
            (row.phrase_id, row.digest), row.intent, row.product,
            row.due_ms if row.state == "sent" else max(row.due_ms, min(row.updated_ms, row.expires_ms)),
            row.subject_id,
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.at_ms)


def _ratings(conn: Connection, session: str) -> list[tuple[tuple[str, str], str]]:
    """What those who were asked said of the answer they had had: its phrase version, and yes or no."""
    bodies = conn.execute(
        text("SELECT body FROM audit_record WHERE session = :session AND record_type = 'satisfaction'"),
        {"session": session},
    ).scalars()
    said = {one["outbox"]: one["answer"] for one in (msgspec.json.decode(body)["data"] for body in bodies)}
    outbox = text("SELECT id, phrase_id, digest FROM outbox WHERE id IN :ids")
    rows = conn.execute(outbox.bindparams(bindparam("ids", expanding=True)), {"ids": list(said)})
    return [((row.phrase_id, row.digest), said[row.id]) for row in rows]


def _orders(conn: Connection, session: str, slots: Mapping[str, str]) -> dict[str, list[int]] | None:
    """When each product was ordered; None when the show told of no order at all."""
    rows = conn.execute(
        text(
            "SELECT now_ms, data FROM happening WHERE session = :session AND kind = 'order' ORDER BY now_ms, id"
        ),
        {"session": session},
    ).all()
    found: dict[str, list[int]] = defaultdict(list)
    for at_ms, data in rows:
        order: dict[str, Any] = msgspec.json.decode(data)
        if str(order.get("state", "")).lower() not in NO_ORDER:
            named = str(order.get("product", ""))
            found[slots.get(named, named)].append(at_ms)
    return found if rows else None


def _slots(conn: Connection) -> dict[str, str]:
    """Product ids by link number: some platforms tell orders by that."""
    ids: dict[str, str] = {}
    for id, body in conn.execute(text("SELECT id, body FROM product ORDER BY id")):
        ids.setdefault(str(msgspec.json.decode(body).get("slot", "")), id)
    return ids


def _bodies(conn: Connection) -> dict[tuple[str, str], tuple[dict[str, Any], str]]:
    rows = conn.execute(text("SELECT id, digest, body, state FROM phrase_version"))
    return {(row[0], row[1]): (msgspec.json.decode(row[2]), row[3]) for row in rows}


def _effect(
    key: tuple[str, str], intent: str, stored: tuple[dict[str, Any], str] | None, outcomes: Counter[str],
    sums: Counter[str],
) -> PhraseEffect:  # fmt: skip
    body, state = stored or ({}, "")
    return PhraseEffect(
        *key, intent, str(body.get("group", "")), str(body.get("lang", "")), str(body.get("text", "")), state,
        dict(sorted(outcomes.items())), sums["answers"], sums["repeated"], sums["complained"], sums["ordered"],
        sums["before"], sums["after"], sums["rated"], sums["solved"],
    )  # fmt: skip
