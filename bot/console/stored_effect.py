"""The phrases' effect over the real store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial

from bot.console.stored import in_thread
from bot.learning.clusters import Cluster, Question, clusters
from bot.storage.effects import EffectReadings, PhraseEffect
from bot.storage.values import Seen
from replies.facts import Product
from replies.subject import named_in

BUYING = 2
"""The purchase level from which an asker is about to buy (docs/labels.md, section 2)."""


class StoredEffect:
    """`effect_port.Effect` over the readings. `products`: what viewers may mean."""

    def __init__(
        self, readings: EffectReadings, products: Callable[[], Awaitable[Sequence[Product]]]
    ) -> None:
        self._readings = readings
        self._products = products

    async def phrases(self) -> Sequence[PhraseEffect]:
        return await in_thread(self._readings.effects)

    async def unanswered(self, *, by: str) -> Sequence[Cluster]:
        products = await self._products()
        return await in_thread(partial(self._unanswered, products, by))

    def _unanswered(self, products: Sequence[Product], by: str) -> list[Cluster]:
        return clusters(_questions(self._readings.open_questions(reader=by), products))


def _questions(seen: Sequence[Seen], products: Sequence[Product]) -> Iterator[Question]:
    """What was asked, about the product that is named; words erased meanwhile are left out."""
    for one in seen:
        if one.words is None:
            continue
        named = None
        if one.faq_intent is not None:
            named = named_in(one.words.text, products, None, one.faq_intent).product_id
        yield Question(
            one.words.text, one.words.normal, one.viewer, one.at_ms, str(one.withheld), one.faq_intent, named,
            one.purchase_level >= BUYING,
        )  # fmt: skip
