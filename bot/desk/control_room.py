"""The control room of one room: everything on the desk, put together.

Besides the parts it knows which questions are pinned, skipped or said by hand, and in which of the five places each
stands: a question keeps its place while it is open, so that the key a person is about to press stays the key of what
was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.comment import Happening
from bot.desk.cues import Cues
from bot.desk.outage import Outages
from bot.desk.overlays import Overlays
from bot.desk.place import Place
from bot.desk.red_light import RedLight
from bot.desk.running_order import RunningOrder
from bot.desk.scenes import Scenes
from bot.desk.slips import Slips, Speech
from bot.desk.timers import Timers, Voice, kinds_of
from bot.policy import Instruction
from replies.facts import Product

PLACES = 5
"""Rows on desk and prompter: what can be read at two metres and has a key."""

TELLING = frozenset(
    {"product", "facts", "platform_draw_start", "platform_draw_end", "gap", "live_start", "live_end"}
)
"""Happenings that change what the desk shows; likes and gifts do not."""

AIR_MS = 45_000
"""How long after it was taken up a question counts as being answered."""


def placed(before: Sequence[str], ranked: Sequence[str], pinned: Sequence[str] = ()) -> list[str]:
    """Five places for `ranked` keys, the weightiest first: who has a place keeps it while among the first ten (pinned
    ones always), holes are filled in order. '' marks an empty place in the middle; none at the end."""
    first = set(ranked[: 2 * PLACES]) | (set(pinned) & set(ranked))
    places = [key if key in first else "" for key in [*before, *[""] * PLACES][:PLACES]]
    waiting = [key for key in [*[one for one in pinned if one in ranked], *ranked] if key not in places]
    for at, key in enumerate(places):
        if not key and waiting:
            waiting = [one for one in waiting if one not in places]
            places[at] = waiting.pop(0) if waiting else ""
    urgent = [one for one in pinned if one in ranked and one not in places]
    for key in urgent[:PLACES]:
        least = next((n for n in range(PLACES - 1, -1, -1) if places[n] not in pinned), None)
        if least is not None:
            places[least] = key
    while places and not places[-1]:
        places.pop()
    return places


class ControlRoom:
    """The desk of one room. `speech` judges words as brand speech."""

    def __init__(self, place: Place, voice: Voice, speech: Speech) -> None:
        self.place = place
        self.cues = Cues(place)
        self.red_light = RedLight(place)
        self.order = RunningOrder(place)
        self.timers = Timers(place, voice)
        self.scenes = Scenes(place, self.timers)
        self.slips = Slips(place, speech)
        self.outages = Outages(place, self.timers)
        self.overlays = Overlays(place)
        self.pinned: tuple[str, ...] = ()
        self.skipped: dict[str, int] = {}
        self.answered: dict[str, int] = {}
        self._session = place.state().session
        self._places: list[str] = []
        self._air: tuple[str, str, int] | None = None

    # questions

    def settle(self, ranked: Sequence[str]) -> list[str]:
        """The keys of the open questions in their places (see `placed`)."""
        self._anew()
        self._places = placed(self._places, ranked, self.pinned)
        return self._places

    def silenced(self) -> Mapping[str, int]:
        """Question key to when it was skipped or said by hand: what was asked before that is off the desk."""
        self._anew()
        return {
            key: max(self.skipped.get(key, 0), self.answered.get(key, 0))
            for key in {*self.skipped, *self.answered}
        }

    def _anew(self) -> None:
        """Another show has begun: the last one's questions are forgotten, and so are their times."""
        session = self.place.state().session
        if session != self._session:
            self._session, self.pinned, self._places, self._air = session, (), [], None
            self.skipped.clear()
            self.answered.clear()

    def pin(self, key: str) -> None:
        """Keep a question on the desk, or let it go again."""
        self.pinned = (
            tuple(one for one in self.pinned if one != key)
            if key in self.pinned
            else (*self.pinned, key)[-PLACES:]
        )
        self.place.changed()

    async def skip(self, key: str, by: str) -> None:
        """Not now. Who asks again afterwards brings it back."""
        self.skipped[key] = self.place.now()
        self.pinned = tuple(one for one in self.pinned if one != key)
        await self.place.record("question_skipped", {"question": key, "by": by})
        self.place.changed()

    def said(self, keys: Sequence[str]) -> None:
        """These questions have their answer, by hand or on air."""
        now = self.place.now()
        self.answered |= {key: now for key in keys}
        self.pinned = tuple(one for one in self.pinned if one not in keys)
        self.place.changed()

    def on_air(self, key: str, text: str) -> None:
        """The host takes up this question: overlays may show it."""
        self._air = (key, text, self.place.now())
        self.place.changed()

    @property
    def air(self) -> str:
        """The question being answered, '' when none is."""
        return self._air[1] if self._air is not None and self.place.now() - self._air[2] < AIR_MS else ""

    # the product on show

    def neighbour(self, step: int) -> Product | None:
        """The product before or after the one on show, by link number, round and round; None in an empty shop."""
        state = self.place.state()
        goods = sorted(state.shop.products, key=lambda one: one.slot)
        if not goods:
            return None
        at = next((n for n, one in enumerate(goods) if one.id == state.on_show), None)
        if at is None:
            return goods[0] if step > 0 else goods[-1]
        return goods[(at + step) % len(goods)]

    async def show(self, product: str | None, by: str) -> None:
        """一键换品: facts, phrases, "这个" and every open desk change with what is on show. Raises NotAllowed."""
        await self.place.tell(Instruction("on_show", by, {"product": product}))
        self.place.changed()

    async def go_on(self, by: str) -> None:
        """下一项: the next item of the running order is begun; a product is put on show."""
        item = self.order.next
        if item is None:
            return
        if item.product is not None and item.kind == "product":
            await self.show(item.product, by)
        await self.order.tick(item.id, by)

    # the room

    async def heard(
        self, happenings: Sequence[Happening], instructions: Sequence[Instruction], now_ms: int
    ) -> None:
        """What a commit has brought."""
        kinds = kinds_of(happenings)
        if any(one.kind == "on_show" and one.data.get("product") for one in instructions):
            kinds.append("product")
        if kinds:
            self.timers.heard(kinds, now_ms)
        self.outages.heard(list(happenings))
        await self.slips.heard(happenings)
        if instructions or any(one.kind in TELLING for one in happenings):
            self.place.changed()
