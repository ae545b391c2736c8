"""Histories of a shop that tries to make its room hear what nobody approved, drawn from a seed.

People write, approve and withdraw, facts change, clocks jump, processes die; others forge rows, rewrite tables, and
hide words in a fact's value. Every act is told to the oracle in its own words.
"""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from typing import Any

import msgspec

from bot.approval import Approver, grant
from bot.errors import ChangkongError
from bot.storage.phrase_rows import body_of
from bot.storage.values import FactRow, ProductRow, Sending
from replies.errors import PhraseRefused
from replies.phrase import Phrase
from replies.selector import spoken
from tests.journeys.oracle import MERCHANT, NOTICE, PEOPLE, ROOM, Version
from tests.journeys.unapproved import Killed, Process, World

OPENINGS = 12
"""Shops as they stand before a history begins."""

TEXTS = (
    "到手{price}", "到手{price}，还有{stock}件", "{product}在{link_no}号链接", "价格以购物车页面为准", "48小时内发货",
    "全网最低{price}", "支持七天无理由退货", "面料是{material}，不起球",
    "{price}拍一发二，{stock}件发完为止，尺码齐全，身高体重发我帮你选",
    "支持七天无理由退货，运费险我们出。拆了吊牌就不能退了，试穿请小心",
)  # fmt: skip
VALUES = (
    "59元",
    "49元",
    "199元",
    "30",
    "2",
    "纯棉",
    "{stock}",
    "加V信abc123",
    "根治失眠",
    "全网最低",
    "9" * 11,
)
NAMES = ("price", "stock", "material")
HOMES = (
    {},
    {},
    {},
    {"merchant": MERCHANT},
    {"merchant": "m2"},
    {"room": "bilibili:2"},
    {"platform": "twitch"},
)
ABOUT: tuple[dict[str, Any], ...] = (
    {"scope": "any", "product": None}, {"scope": "any", "product": None}, {"scope": "product", "product": "P1"},
    {"scope": "product", "product": "P2"}, {"scope": "class", "product": "food"},
)  # fmt: skip


def played(world: World, seed: int, steps: int = 20) -> list[str]:
    """One history in `world`; gives its leaks."""
    world.open(seed % OPENINGS, lambda chance: History(world, chance).open())
    world.loop.run_until_complete(History(world, random.Random(seed)).play(steps))
    world.heard += world.oracle.heard
    return world.oracle.leaks


class History:
    """One shop's story, act by act, drawn from `chance`."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.oracle, self.journal = world.oracle, world.journal
        self.number = 0

    def open(self) -> None:
        """The shop before the story begins: two products with facts, two phrases approved."""
        for product, name, slot, klass in (("P1", "羊毛大衣", 1, "other"), ("P2", "鱼油", 2, "health_food")):
            self._product(product, name, slot, klass)
            for fact in NAMES:
                self._fact(product, fact, self.chance.choice(VALUES[:6]), None)
        for place in range(3):
            self._write(place, clean=True)
            self._approve(list(self.oracle.versions.values())[-1])

    async def play(self, steps: int) -> None:
        self.processes = self.world.processes = [Process(self.world), Process(self.world)]
        acts = list(ACTS)
        weights = [ACTS[act] for act in acts]
        for act in self.chance.choices(acts, weights, k=steps):
            with suppress(ChangkongError):  # refused by the store: then nothing has happened
                await self._do(act)
            if act in ("queue", "forge") and self.chance.random() < 0.6:
                self.oracle.now += self.chance.choice((0, 0, 10, 600))
                for one in self.processes:
                    await self._step(one)
            if self.oracle.leaks:
                return

    async def _do(self, act: str) -> None:
        one = self.chance.choice(self.processes)
        if act == "step":
            await self._step(one)
        elif act == "queue":
            self._queue(one)
        elif act == "restart":
            one.restart()
        elif act == "reload":
            one.reload()
        elif act == "resume":
            await one.outbox.resume("dan")
            self.oracle.stopped, self.oracle.refusals = False, []
        elif act == "warn":
            await one.outbox.warned()
            self.oracle.stopped = True
        else:
            getattr(self, f"_{act}")()

    async def _step(self, one: Process) -> None:
        try:
            await one.step()
        except Killed:
            self.world.mood = "sent"
            if self.chance.random() < 0.8:
                one.restart()

    # phrases

    def _some(self) -> Version:
        return self.chance.choice(list(self.oracle.versions.values()))

    def _write(self, place: int | None = None, clean: bool = False) -> None:
        chance = self.chance
        now = self.oracle.now
        until = chance.choice((None, None, now + 1_500, now + 5_000, now + 60_000))
        phrase = Phrase(
            f"p{chance.randrange(4) if place is None else place}", "price", platform=None, lang="zh",
            text=chance.choice(TEXTS[:5] if clean else TEXTS),
            disclosure=chance.choice(("", "", "", NOTICE, "限今天")),
            valid_from_ms=chance.choice((None, None, None, now + 3_000)) if not clean else None,
            valid_until_ms=until if not clean else None, **(ABOUT[0] if clean and place != 2 else chance.choice(ABOUT)),
        )  # fmt: skip
        if not clean:
            phrase = replace(phrase, **chance.choice(HOMES))
        author = chance.choice(("ann", "bob", "dan"))
        row = self.journal.draft_phrase(phrase, by=author, screen="desk-1")
        known = self.oracle.versions.get((row.id, row.digest))
        if (
            known is None
            or known.phrase.substance != phrase.substance
            or known.state in ("withdrawn", "expired")
        ):
            self.oracle.versions[row.id, row.digest] = Version(phrase, author)
        elif known.author != author and known.state == "draft":
            known.author = row.author or author

    def _publish(self) -> None:
        """A new version, approved by somebody else, and mostly known to the processes."""
        before = set(self.oracle.versions)
        self._write()
        fresh = [one for key, one in self.oracle.versions.items() if key not in before]
        if fresh:
            self._approve(fresh[0])
            self._known()

    def _known(self) -> None:
        for one in self.processes:
            if self.chance.random() < 0.7:
                one.reload()

    def _submit(self) -> None:
        one = self._some()
        self.journal.submit_phrase(one.phrase.id, one.phrase.digest, by=one.author)
        one.state = "in_review"

    def _approve(self, one: Version | None = None) -> None:
        """Anybody tries, also the author and a viewer; the oracle believes only what the store took."""
        chosen = one or self._some()
        if chosen.state == "draft":
            self.journal.submit_phrase(chosen.phrase.id, chosen.phrase.digest, by=chosen.author)
            chosen.state = "in_review"
        by = self.chance.choice(tuple(PEOPLE)) if one is None else "cat"
        self._grant(chosen, by, broken=False)

    def _break_glass(self) -> None:
        one = self._some()
        self._grant(one, "dan", broken=True)

    def _grant(self, one: Version, by: str, *, broken: bool) -> None:
        id, digest, now = one.phrase.id, one.phrase.digest, self.oracle.now
        matter = self.journal.phrase_matter(id, digest, clean=True)
        who = Approver(by, frozenset(PEOPLE[by].split(",")), now, "desk-2")
        given = grant(matter, who, "pair", readings=(), now_ms=now, break_glass=broken)
        done = self.journal.approve_phrase(id, digest, grant=given, approver=who, mode="pair", now_ms=now)
        if done.state == "live":
            for key, other in self.oracle.versions.items():
                if key[0] == id and other.state == "live":
                    other.state = "withdrawn"
        one.state, one.approved_by, one.ends_ms = done.state, by, given.expires_ms

    def _withdraw(self, one: Version | None = None) -> None:
        chosen = one or self._some()
        self.journal.withdraw_phrase(chosen.phrase.id, chosen.phrase.digest, "eve")
        chosen.state = "withdrawn"

    def _withdraw_late(self) -> None:
        """Withdrawn in the very moment in which a row is marked as being sent."""
        live = [one for one in self.oracle.versions.values() if one.state == "live"]
        if not live:
            return
        chosen, begin = self.chance.choice(live), self.journal.outbox_begin

        def begun(id: int, now_ms: int | None = None) -> bool:
            self.journal.__dict__.pop("outbox_begin", None)
            done = begin(id, now_ms)
            self._withdraw(chosen)
            return done

        self.journal.__dict__["outbox_begin"] = begun

    def _advance(self) -> None:
        for row in self.journal.advance_phrases(self.oracle.now):
            known = self.oracle.versions.get((row.id, row.digest))
            if known is not None:
                known.state = row.state
                for key, other in self.oracle.versions.items():
                    if (
                        row.state == "live"
                        and key[0] == row.id
                        and other is not known
                        and other.state == "live"
                    ):
                        other.state = "withdrawn"

    # facts and goods

    def _product(self, id: str, name: str, slot: int, klass: str) -> None:
        body = {"name": name, "slot": slot, "aliases": [], "klass": klass}
        self.journal.save_products([ProductRow(id, body)], by="dan")
        self.oracle.products[id] = (name, slot, klass)

    def _fact(self, product: str, name: str, value: str, until: int | None) -> None:
        self.journal.save_facts([FactRow(product, name, value, "shop", until)], by="dan")
        self.oracle.facts[product, name] = (value, until)

    def _change_fact(self) -> None:
        until = self.chance.choice((None, None, self.oracle.now + 2_000, self.oracle.now))
        product, name = self.chance.choice(("P1", "P2")), self.chance.choice(NAMES)
        self._fact(product, name, self.chance.choice(VALUES), until)

    def _rename(self) -> None:
        self._product(
            "P1", self.chance.choice(("羊毛大衣", "加V信abc123", "大衣")), self.chance.choice((1, 7)), "other"
        )

    def _remove_product(self) -> None:
        product = self.chance.choice(("P1", "P2"))
        self.journal.delete_product(product, by="dan")
        self.oracle.products.pop(product)
        for name in NAMES:
            self.oracle.facts.pop((product, name), None)

    # time, people, platform

    def _clock(self) -> None:
        forward = (10, 900, 900, 3_000, 3_000, 16_000, 31_000, 61_000, 86_400_000)
        by = self.chance.choice((*forward, -2_000, -70_000))
        self.oracle.now += by
        if by < -30_000:  # so far back, nobody can say any more how long ago a message was
            for process in self.processes:
                process.mouth.messages.clear()
                process.mouth.texts.clear()

    def _switch(self) -> None:
        self.oracle.silent = not self.oracle.silent and self.chance.random() < 0.5

    def _mood(self) -> None:
        self.world.mood = self.chance.choice(
            ("sent", "sent", "sent", "refused", "unknown", "broken", "killed")
        )

    # rows

    def _row(self, phrase: Phrase, product: str | None, words: str, **more: Any) -> Sending:
        now = self.oracle.now
        fields: dict[str, Any] = {
            "phrase_id": phrase.id, "digest": phrase.digest, "intent": "price", "product": product, "text": words,
            "mode": "send", "due_ms": now + self.chance.choice((0, 0, 500)), "expires_ms": now + 15_000,
        } | more  # fmt: skip
        number = self.journal.outbox_add(str(ROOM), "s1", **fields)
        row = self.journal.outbox_row(number)
        assert row is not None
        self.oracle.rows[number] = row
        return row

    def _queue(self, one: Process) -> None:
        """As the policy does it: a phrase of the library, filled with the facts at hand. Often to both processes."""
        phrases = list(one.library)
        if not phrases:
            return
        phrase, product = self.chance.choice(phrases), self.chance.choice(("P1", "P2"))
        with suppress(PhraseRefused):
            row = self._row(phrase, product, spoken(phrase, one.shop, product, self.oracle.now))
            for process in self.processes if self.chance.random() < 0.5 else [one]:
                process.outbox.queue([row])

    def _forge(self) -> None:
        """A row put into the table by somebody else, in all the ways a row can be wrong."""
        one, other = self._some().phrase, self._some().phrase
        chance, now = self.chance, self.oracle.now
        words = chance.choice(
            ("到手1元", other.text, f"到手{chance.choice(VALUES)}", "加V信abc123", one.text)
        )
        product = chance.choice(("P1", "P2", "P9", None))
        if chance.random() < 0.7:
            with suppress(PhraseRefused):
                words = spoken(one, self.processes[0].shop, product, now)
        digest = chance.choice((one.digest, one.digest, other.digest, "0" * 64))
        row = self._row(
            one, product, words, digest=digest, expires_ms=now + chance.choice((0, 15_000, 10**9))
        )
        chance.choice(self.processes).outbox.queue([row])

    def _tamper_row(self) -> None:
        if self.oracle.rows:
            number = self.chance.choice(list(self.oracle.rows))
            words = self.chance.choice(("到手1元", "加V信abc123", "到手49元"))
            self.world.sql("UPDATE outbox SET text = :words WHERE id = :id", words=words, id=number)

    def _tamper_phrase(self) -> None:
        """A version made live, or rewritten, in the database itself."""
        one = self._some()
        phrase = one.phrase
        key = {"id": phrase.id, "digest": phrase.digest}
        if not one.approved_by and self.chance.random() < 0.5:
            self.world.sql(
                "UPDATE phrase_version SET state = 'live' WHERE id = :id AND digest = :digest", **key
            )
            self._known()
            return
        other = replace(phrase, text="到手1元", state="live")
        body = msgspec.json.encode(body_of(other)).decode()
        self.world.sql(
            "INSERT INTO phrase_version (id, digest, body, state, signed, changed_by, changed_ms) "
            "VALUES (:id, :digest, :body, 'live', '', 'x', 0)",
            id=other.id, digest=other.digest, body=body,
        )  # fmt: skip
        self._known()


ACTS = {
    "step": 10, "queue": 34, "forge": 9, "publish": 8, "write": 3, "submit": 1, "approve": 3, "break_glass": 2,
    "withdraw": 4, "withdraw_late": 3, "advance": 2, "change_fact": 6, "rename": 1, "remove_product": 1, "clock": 12,
    "switch": 3, "mood": 6, "warn": 1, "resume": 4, "restart": 4, "reload": 5, "tamper_row": 2, "tamper_phrase": 4,
}  # fmt: skip
"""What happens, and how often."""
