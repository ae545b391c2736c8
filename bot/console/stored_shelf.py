"""The shelf over the real store: the phrase library. Review, own questions and goods are parts of their own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from bot.approval import Approver, grant
from bot.console.feed import Feed
from bot.console.shelf_views import Checked, Outcome, Told, Version
from bot.console.stored import in_thread
from bot.errors import NotAllowed
from bot.storage.journal import Journal
from bot.storage.phrase_rows import phrase_in
from bot.storage.readings import Readings
from bot.storage.values import EvidenceFile, ExemptionRow, PhraseRow
from classifiers.cascade import Cascade
from replies.errors import PhraseRefused
from replies.exemption import Exemption
from replies.facts import Product, Shop
from replies.lengths import limit_for, worst
from replies.lint import Judge, lint
from replies.phrase import Phrase
from replies.selector import spoken


def _nothing() -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the shelf works on. `speech` finds what the shop may not say; `shop` gives the store's goods of a merchant;
    `practice` the goods of the practice rooms by room; `cascade` the judges in use; `platforms` those of the rooms.

    `phrases_changed` and `questions_changed` are called in a thread after a commit, `shop_changed` on the event loop;
    `set_in_room` hands a practice room a fact (room, product, name, value, show_end, by).
    """

    journal: Journal
    readings: Readings
    feed: Feed
    speech: Judge
    shop: Callable[[str | None], Shop]
    cascade: Callable[[], Cascade]
    platforms: Callable[[], Collection[str]] = tuple
    practice: Callable[[], Mapping[str, Shop]] = dict
    phrases_changed: Callable[[], None] = _nothing
    questions_changed: Callable[[], None] = _nothing
    shop_changed: Callable[[], None] = _nothing
    set_in_room: Callable[..., Any] | None = None


class StoredPhrases:
    """The phrase library of `shelf_port.Shelf`."""

    def __init__(self, sources: Sources) -> None:
        self._at = sources
        self._journal, self._readings = sources.journal, sources.readings

    def now(self) -> int:
        return self._journal.now()

    # the library
    async def versions(self) -> Sequence[Version]:
        return await in_thread(self._versions)

    def _versions(self) -> list[Version]:
        used = self._readings.phrase_uses()
        return [
            one for row in self._journal.phrase_versions() if (one := version_of(row, used.get(row.id, 0)))
        ]

    async def version(self, id: str, digest: str = "") -> Version | None:
        found = [one for one in await self.versions() if one.id == id and digest in ("", one.digest)]
        return max(found, key=lambda one: (one.edited_ms or 0, one.changed_ms), default=None)

    async def history(self, id: str) -> Sequence[Told]:
        return await in_thread(partial(self._history, id))

    def _history(self, id: str) -> list[Told]:
        found: list[Told] = []
        for row in self._readings.records("house", record_type="phrase", limit=100_000):
            data = row.body.get("data", {})
            if data.get("id") == id:
                note = " · ".join(str(data[name]) for name in ("stamp", "reason", "state") if data.get(name))
                found.append(Told(row.at_ms, str(data.get("by", "")), str(data.get("act", "")),
                                  str(data.get("digest", "")), note))  # fmt: skip
        return found

    async def products(self, merchant: str | None = None) -> Sequence[Product]:
        return (await in_thread(partial(self._shop, merchant))).products

    def _shop(self, merchant: str | None) -> Shop:
        shop = self._at.shop(merchant)
        return shop if shop.products or shop.facts else next(iter(self._at.practice().values()), shop)

    async def check(self, phrase: Phrase) -> Checked:
        return await in_thread(partial(self._check, phrase))

    async def check_all(self, phrases: Sequence[Phrase]) -> Sequence[Checked]:
        shop = cache(self._shop)
        return await in_thread(lambda: [self._check(one, shop) for one in phrases])

    def _check(self, phrase: Phrase, of: Callable[[str | None], Shop] | None = None) -> Checked:
        """`of` finds a merchant's goods for who checks many phrases and has read them; None: they are read."""
        now, shop = self._journal.now(), (of or self._shop)(phrase.merchant)
        platforms = tuple(self._at.platforms())
        granted = [
            Exemption(str(one.id), one.rule, one.reason, one.evidence, one.valid_until_ms)
            for one in (self._journal.exemptions(phrase.id, "granted") if phrase.exemptions else ())
            if str(one.id) in phrase.exemptions
        ]
        found = lint(
            phrase, judge=self._at.speech, shop=shop, now_ms=now, exemptions=granted, platforms=platforms
        )
        limit, platform = limit_for(phrase, platforms)
        about = phrase.product if phrase.scope == "product" else _shown(shop, phrase)
        product = shop.product(about)
        klass = phrase.product if phrase.scope == "class" else product.klass if product and about else ""
        preview, missing = "", ("", "")
        try:
            preview = spoken(phrase, shop, about, now)
        except PhraseRefused as refused:
            missing = (refused.reason, refused.detail)
        return Checked(
            tuple(found),
            worst(phrase, limit, shop=shop),
            limit.count,
            limit.unit,
            platform,
            preview,
            missing,
            klass or "",
        )

    async def draft(self, phrase: Phrase, *, by: str, screen: str) -> Version:
        row = await in_thread(partial(self._journal.draft_phrase, phrase, by=by, screen=screen))
        await in_thread(self._at.phrases_changed)
        return _sure(row)

    async def submit(self, id: str, digest: str, *, by: str) -> None:
        await in_thread(partial(self._journal.submit_phrase, id, digest, by=by))
        await in_thread(self._at.phrases_changed)

    async def submit_all(self, drafts: Sequence[tuple[str, str]], *, by: str) -> Sequence[Outcome]:
        shop = cache(self._shop)
        done = await in_thread(lambda: [self._submit(id, digest, by, shop) for id, digest in drafts])
        await in_thread(self._at.phrases_changed)
        return done

    def _submit(self, id: str, digest: str, by: str, shop: Callable[[str | None], Shop]) -> Outcome:
        row = self._journal.phrase_version(id, digest)
        version = version_of(row) if row else None
        if version is None:
            return Outcome(id, "", "gone")
        if version.state != "draft":
            return Outcome(id, "", "not_draft")
        if not self._check(version.phrase, shop).clean:
            return Outcome(id, "", "not_clean")
        try:
            return Outcome(id, self._journal.submit_phrase(id, digest, by=by).state)
        except NotAllowed as refused:
            return Outcome(id, "", "", str(refused))

    async def withdraw(self, id: str, digest: str, *, by: str, reason: str) -> str:
        await in_thread(partial(self._journal.withdraw_phrase, id, digest, by, reason))
        await self._changed()
        return f"phrase:{id}@{digest[:12]}"

    async def _changed(self) -> None:
        await in_thread(self._at.phrases_changed)

    # evidence and exemptions
    async def keep_evidence(self, data: bytes, name: str, media_type: str, *, by: str) -> str:
        return await in_thread(partial(self._journal.keep_evidence, data, name, media_type, by=by))

    async def evidence(self, sha256: str) -> tuple[EvidenceFile, bytes]:
        return await in_thread(partial(self._journal.evidence, sha256))

    async def evidence_files(self) -> Sequence[EvidenceFile]:
        return await in_thread(self._journal.evidence_files)

    async def exemptions(self, phrase_id: str | None = None) -> Sequence[ExemptionRow]:
        return await in_thread(partial(self._journal.exemptions, phrase_id))

    async def ask_exemption(
        self, phrase_id: str, rule: str, reason: str, evidence: Sequence[str], *, by: str
    ) -> None:
        ask = partial(self._journal.add_exemption, phrase_id, rule, reason, evidence, author=by)
        await in_thread(ask)

    async def grant_exemption(self, number: int, approver: Approver) -> None:
        def work() -> None:
            mode, matter = self._journal.duty_mode(), self._journal.exemption_matter(number)
            given = grant(matter, approver, mode, readings=(), now_ms=self._journal.now())
            self._journal.grant_exemption(number, grant=given, approver=approver, mode=mode)

        await in_thread(work)


def version_of(row: PhraseRow, used: int = 0) -> Version | None:
    """The version a stored row holds; None for a body that is no phrase."""
    try:
        phrase = replace(phrase_in(row.body), author=row.author or "", reviewer=row.approved_by or "")
    except (TypeError, ValueError):
        return None
    return Version(
        phrase, row.state, row.signed == "practice", tuple(filter(None, (row.author, *row.editors))), row.edited_ms,
        row.submitted_ms, row.approved_by or "", row.approved_ms, row.stamp, row.break_glass, row.expires_ms,
        row.changed_by, row.changed_ms, used,
    )  # fmt: skip


def _sure(row: PhraseRow) -> Version:
    version = version_of(row)
    assert version is not None
    return version


def _shown(shop: Shop, phrase: Phrase) -> str | None:
    """The product a preview speaks of: what is on show, else the first the phrase could be about."""
    fit = [one for one in shop.products if phrase.scope == "any" or one.klass == phrase.product]
    if shop.on_show in {one.id for one in fit}:
        return shop.on_show
    return fit[0].id if fit else None
