"""The gate at the last door: what may be said in this room, now. It holds whoever queued the row.

A row passes when its phrase version is approved and current here (the room's library) and in the store (where another
process may have withdrawn it a moment ago), when the words filled anew with today's facts are the words of the row,
and when those words carry nothing the shop may not say. Everything else is refused with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.outbox.row import Clearance, QueuedRow
from replies.errors import PhraseRefused
from replies.facts import DEVICE_DISCLOSURE, DRAW_SLOTS, HEALTH_DISCLOSURE, MAX_VALUE, Fact, Shop
from replies.finding import Hit
from replies.library import Library
from replies.phrase import SLOT, STOPS, Phrase, joined
from replies.selector import spoken
from replies.wording import heard

Speech = Callable[[str], Sequence[Hit]]
"""The word gate: what the rule book finds in words of the shop's own."""

ORDINARY = frozenset(
    {"stale_fact", "bad_fact", "expired", "not_yet", "not_approved", "not_live", "exemption"}
)
"""Refusals that come with a price changed or a phrase withdrawn: looked at, but no sign of tampering."""

MOST_SLOTS = 3
"""A text of more slots is not compared slot by slot: that could take long on words made for it."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What the gate let through. `disclosure` is the end of `text` that the law wants said with the rest, '' when
    there is none."""

    phrase: Phrase
    text: str
    disclosure: str


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate of one room. `library` and `shop` are asked for at the moment of speaking, never remembered.

    `merchant` and `room` are whose phrases may be said; `practice` lets phrases signed for practice through and takes
    the room's own facts, which no store knows. `draw` gives what the room's draw tells of itself (`DRAW_SLOTS`): it
    stands in a signed commitment that cannot change, so no store is asked about it.
    """

    library: Callable[[], Library]
    shop: Callable[[], Shop]
    practice: bool
    room: str | None = None
    merchant: str | None = None
    speech: Speech = lambda text: ()
    draw: Callable[[], Mapping[str, Fact]] = dict

    def check(self, row: QueuedRow, clearance: Clearance, now_ms: int) -> Passed:
        """What may be said for `row`. Raises PhraseRefused with the first reason against it, all at `now_ms`:

        those of `Library.check`; other_room (another platform's); other_product; stale_fact, bad_fact; other_text
        (words that are no filling of this phrase); those of the store (unknown, not_live, not_approved, exemption,
        expired); substance (another content than the store has); wording (the rule book).
        """
        library, shop = self.library(), self._facts()
        passed = _here(row, library, shop, self.practice, now_ms, self.room, self.merchant)
        _vouched(passed.phrase, clearance)
        if not self.practice:
            _as_in_store(passed.phrase, shop, row.product, clearance, now_ms)
        _worded(passed, shop, row.product, self.speech, now_ms, clearance.exempt)
        return passed

    def look(self, row: QueuedRow, now_ms: int) -> Passed:
        """The same without the store and without the rule book: what can be told at once, for showing. Raises
        PhraseRefused. Whoever gives words out asks `check`."""
        library, shop = self.library(), self._facts()
        return _here(row, library, shop, self.practice, now_ms, self.room, self.merchant)

    def _facts(self) -> Shop:
        shop, told = self.shop(), self.draw()
        return replace(shop, facts={**shop.facts, **told}) if told else shop


def gate(
    row: QueuedRow, library: Library, shop: Shop, *, practice: bool, now_ms: int, room: str | None = None,
    merchant: str | None = None, speech: Speech = lambda text: (),
) -> None:  # fmt: skip
    """Raise PhraseRefused unless `row` is an approved, current phrase version, filled with current facts and clean.

    Of library and facts alone, without asking the store: for a look beforehand. The outbox asks `Gate.check`.
    """
    passed = _here(row, library, shop, practice, now_ms, room, merchant)
    _worded(passed, shop, row.product, speech, now_ms)


def _here(
    row: QueuedRow, library: Library, shop: Shop, practice: bool, now_ms: int, room: str | None, merchant: str | None
) -> Passed:  # fmt: skip
    """What this room's own library and facts let through."""
    library.check(row.phrase_id, row.digest, now_ms, practice, room=room, merchant=merchant)
    phrase = library.get(row.phrase_id)
    assert phrase is not None  # the check before has found it
    _at_home(phrase, shop, row.product, room)
    return _filled(phrase, shop, row, now_ms)


def _at_home(phrase: Phrase, shop: Shop, product: str | None, room: str | None) -> None:
    """Whether the phrase is for this platform and about this product: words approved for one are not filled with the
    facts of another."""
    if room is not None and phrase.platform not in (None, "", room.partition(":")[0]):
        raise PhraseRefused("other_room", phrase.id)
    about = shop.product(product)
    if product is not None and about is None:  # asked about something the shop has no more
        raise PhraseRefused("stale_fact", phrase.id)
    if phrase.scope == "any":
        return
    named = None if about is None else about.id if phrase.scope == "product" else about.klass
    if named is None or named != phrase.product:
        raise PhraseRefused("other_product", phrase.id)


def _vouched(phrase: Phrase, clearance: Clearance) -> None:
    """Whether the store has this very content as approved and live, at this moment."""
    if clearance.reason is not None:
        raise PhraseRefused(clearance.reason, phrase.id)
    if clearance.substance != phrase.substance:
        raise PhraseRefused("substance", phrase.id)


def _as_in_store(phrase: Phrase, shop: Shop, product: str | None, clearance: Clearance, now_ms: int) -> None:
    """What was changed, has run out or was taken away in the store is not said as the room still has it: another
    process may have been told of a new price before this one. What a room learns is stored in the commit that tells
    it. The class decides what the law wants said with it."""
    about, stored = shop.product(product), clearance.facts
    if about is not None and about.klass != clearance.klass:
        raise PhraseRefused("stale_fact", phrase.id)
    known = shop.facts_for(product)
    for slot in phrase.slots:
        if slot in DRAW_SLOTS:
            continue
        found, here = stored.get(slot), known.get(slot)
        if here is None:
            continue  # filling it will say so
        over = found is None or (found.valid_until_ms is not None and now_ms >= found.valid_until_ms)
        if over or (found is not None and found.value != here.value):
            raise PhraseRefused("stale_fact", phrase.id, slot)


def _filled(phrase: Phrase, shop: Shop, row: QueuedRow, now_ms: int) -> Passed:
    """The words anew; they must be the words of the row."""
    try:
        text = spoken(phrase, shop, row.product, now_ms)
    except PhraseRefused:
        if not _could_be(phrase, row.text):
            raise PhraseRefused("other_text", phrase.id) from None
        raise
    if text != row.text:
        raise PhraseRefused("stale_fact" if _could_be(phrase, row.text) else "other_text", phrase.id)
    answer = replace(phrase, disclosure="").render(shop.facts_for(row.product), now_ms)
    rest = text[len(answer) :]
    stop = next((one for one in STOPS if rest.startswith(one)), "")
    return Passed(phrase, text, rest.removeprefix(stop))


def _could_be(phrase: Phrase, text: str) -> bool:
    """Whether `text` is this phrase with some facts or other. If not, no change of a price explains it."""
    pattern, at = "", 0
    body = joined(phrase.text, phrase.disclosure, phrase.lang)
    if len(SLOT.findall(body)) > MOST_SLOTS:
        return True
    for slot in SLOT.finditer(body):
        pattern += re.escape(body[at : slot.start()]) + f"(?s:.{{1,{MAX_VALUE}}}?)"
        at = slot.end()
    notices = "|".join(map(re.escape, (HEALTH_DISCLOSURE, DEVICE_DISCLOSURE)))
    ending = f"(?:(?:。|[.]? )?(?:{notices}))?"
    return re.fullmatch(pattern + re.escape(body[at:]) + ending, text[:2_000]) is not None


def _worded(
    passed: Passed,
    shop: Shop,
    product: str | None,
    speech: Speech,
    now_ms: int,
    exempt: frozenset[str] = frozenset(),
) -> None:
    """Words the shop may not say, wherever they came from: a fact's value is written by others than the phrase.

    An exemption counts where the law knows one for such words; nothing excuses contact details or a cure promised.
    """
    phrase = passed.phrase
    values = {name: fact.value for name, fact in shop.facts_for(product).items()}
    for found in heard(phrase, values, speech, shop, now_ms):
        if found.level == "refuse" and not (found.rule in exempt and found.why.grounds):
            raise PhraseRefused("wording", phrase.id, found.rule)
