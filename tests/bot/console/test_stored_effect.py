"""Questions asked in vain, from the store to groups: with the product that is named, read by somebody named."""

from __future__ import annotations

from bot.console.stored_effect import StoredEffect
from bot.decision import Capabilities
from bot.pipeline import fold
from bot.policy import Handbook
from bot.storage.effects import EffectReadings
from classifiers.verdict import Faq, Negative, Purchase, Verdict
from replies import practice
from replies.facts import Product
from replies.library import Library
from tests.bot.console.show import START, VERSIONS, Show, comment


async def products() -> tuple[Product, ...]:
    return practice.shop().products


def ask(show: Show, *texts: str) -> None:
    """Questions about the price, in a house without phrases."""

    def judge(words: str) -> Verdict:
        return Verdict(Faq("price", 0.9), Purchase(2, 0.9), Negative(), (), VERSIONS, words)

    batch = fold(
        show.state, [comment(words, f"客{n}", START + 60_000) for n, words in enumerate(texts)],
        judge=lambda words: [judge(one) for one in words],
        handbook=Handbook(Library(), Capabilities(reply=True), practice=True), new_id=lambda: "s9",
        clock_source="practice",
    )  # fmt: skip
    show.journal.commit(batch)


async def test_known_questions_are_kept_apart_by_the_product_named(show: Show) -> None:
    ask(show, "3号多少钱", "坚果多少钱", "耳机多少钱", "多少钱")
    effect = StoredEffect(EffectReadings(show.store, show.journal), products)
    found = {one.product: one for one in await effect.unanswered(by="li") if one.intent == "price"}
    assert {product: one.count for product, one in found.items()} == {"P3": 2, "P4": 1, None: 1}
    assert (found["P3"].buying, found["P3"].reasons) == (2, {"no_phrase": 2})


async def test_erased_words_are_left_out(show: Show) -> None:
    ask(show, "3号多少钱")
    readings = EffectReadings(show.store, show.journal)
    effect = StoredEffect(readings, products)
    assert [one.count for one in await effect.unanswered(by="li") if one.intent == "price"] == [1]
    show.journal.erase_subject("practice", comment("", "客0").viewer.uid or "", by="li")
    assert [one for one in await effect.unanswered(by="li") if one.intent == "price"] == []


async def test_figures_come_from_the_store(show: Show) -> None:
    effect = StoredEffect(EffectReadings(show.store, show.journal), products)
    assert {one.phrase_id for one in await effect.phrases()} == set(show.readings.phrase_uses()) | {
        row.phrase_id for row in show.readings.sendings(show.state.session)
    }
