"""口误: the host said what should not stand. By the button, or by text that a bridge sends (`speech` events).

No audio is read here. What is found gives a sentence to correct it with; 已纠正 makes the record of the correction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Protocol

from bot.comment import Happening
from bot.desk.place import Place, plain_line
from bot.errors import NotAllowed

State = Literal["open", "corrected", "dismissed"]

KINDS = ("price", "absolute", "effect", "stock", "gift", "other")
"""What a slip may be about, by the button."""

SENTENCES = {
    "price": "更正一下：刚才价格说错了，以购物车页面标的为准。",
    "absolute": "更正一下：刚才那个说法太绝对，请以商品详情页为准。",
    "effect": "更正一下：这是普通商品，没有治疗作用，别当药用。",
    "stock": "更正一下：库存刚才说错了，以页面显示为准。",
    "gift": "更正一下：赠品刚才说错了，以活动页面写的为准。",
    "other": "更正一下：刚才说得不准确，请以商品详情页为准。",
}
"""The sentence offered to the host, by kind."""

BY_CATEGORY = {"A": "absolute", "M": "effect", "P": "price", "D": "other"}
"""Kind of a slip by the letter of the rule book's category."""

OPEN_MS = 5 * 60_000
MOST = 20
LONGEST = 60


class Hit(Protocol):
    """A place where the rule book matched."""

    @property
    def category(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def text(self) -> str: ...


Speech = Callable[[str], Sequence[Hit]]


@dataclass(frozen=True, slots=True)
class Slip:
    """One slip. `words`: what was found in the speech, '' by the button. `source`: button or speech."""

    id: int
    kind: str
    sentence: str
    source: Literal["button", "speech"]
    at_ms: int
    words: str = ""
    category: str = ""
    rule: str = ""
    state: State = "open"
    by: str = ""


def found(text: str, speech: Speech) -> list[Hit]:
    """What a host may not have said, one of each rule."""
    hits: dict[str, Hit] = {}
    for hit in speech(text):
        if hit.category[:1] in BY_CATEGORY:
            hits.setdefault(hit.rule, hit)
    return list(hits.values())


class Slips:
    """The slips of one room, kept over a restart without the words that were heard. `speech` judges words by the rule
    book as brand speech."""

    def __init__(self, place: Place, speech: Speech) -> None:
        self._place, self._speech = place, speech
        self._rows: tuple[Slip, ...] = _slips(place.kept("slips", []))
        self.hears = False
        """Whether this room sends what the host says as text."""

    def open(self) -> list[Slip]:
        """Slips that wait for a correction, the newest first."""
        now = self._place.now()
        return [one for one in reversed(self._rows) if one.state == "open" and 0 <= now - one.at_ms < OPEN_MS]

    async def press(self, kind: str, by: str, sentence: str = "") -> Slip:
        """The 口误 button. Raises NotAllowed for an unknown kind."""
        if kind not in KINDS:
            raise NotAllowed("Say what the slip was about.")
        told = plain_line(sentence.strip() or SENTENCES[kind], LONGEST, "The correction")
        slip = await self._put(Slip(0, kind, told, "button", self._place.now(), by=by), by)
        await self._place.record("slip", {"slip": slip.id, "kind": kind, "source": "button", "by": by})
        self._place.changed()
        return slip

    async def heard(self, happenings: Sequence[Happening]) -> None:
        """Speech that a bridge has sent as text, after its commit. The words themselves stay out of the record."""
        for one in happenings:
            words = one.data.get("text") if one.kind == "speech" else None
            if not isinstance(words, str):
                continue
            self.hears = True
            for hit in found(words[:2_000], self._speech):
                await self._take(hit)

    async def _take(self, hit: Hit) -> None:
        if any(slip.rule == hit.rule for slip in self.open()):
            return  # said again before it was put right: one correction is enough
        kind = BY_CATEGORY[hit.category[:1]]
        slip = await self._put(
            Slip(
                0, kind, SENTENCES[kind], "speech", self._place.now(), hit.text[:30], hit.category, hit.rule,
            ),
            "speech",
        )  # fmt: skip
        body = {"slip": slip.id, "kind": kind, "source": "speech", "category": hit.category, "rule": hit.rule}
        await self._place.record("slip", body)
        self._place.changed()

    async def _put(self, slip: Slip, by: str) -> Slip:
        async with self._place.lock:
            numbered = replace(slip, id=max((one.id for one in self._rows), default=0) + 1)
            await self._keep((*self._rows, numbered)[-MOST:], by)
            return numbered

    async def _keep(self, rows: tuple[Slip, ...], by: str) -> None:
        await self._place.keep("slips", [asdict(one) | {"words": ""} for one in rows], by)
        self._rows = rows

    async def corrected(self, id: int, by: str) -> None:
        """已纠正: the host has said the correction. The record names the sentence. Pressed twice it is one record."""
        async with self._place.lock:
            slip = self._waiting(id)
            if slip is None:
                return
            body = {
                "code": "X02", "slip": id, "kind": slip.kind, "category": slip.category, "rule": slip.rule,
                "sentence": slip.sentence, "said_ms": slip.at_ms, "by": by,
            }  # fmt: skip
            await self._place.record("correction", body)
            await self._close(id, "corrected", by)
        self._place.changed()

    async def dismiss(self, id: int, by: str) -> None:
        """It was none."""
        async with self._place.lock:
            if self._waiting(id) is None:
                return
            await self._place.record("slip", {"slip": id, "act": "dismissed", "by": by})
            await self._close(id, "dismissed", by)
        self._place.changed()

    def _waiting(self, id: int) -> Slip | None:
        return next((one for one in self._rows if one.id == id and one.state == "open"), None)

    async def _close(self, id: int, state: State, by: str) -> None:
        await self._keep(
            tuple(replace(one, state=state, by=by) if one.id == id else one for one in self._rows), by
        )


def _slips(kept: Any) -> tuple[Slip, ...]:
    rows = kept if isinstance(kept, list) else []
    return tuple(
        Slip(
            int(one["id"]), one["kind"], str(one["sentence"]), one["source"], int(one["at_ms"]),
            category=str(one.get("category", "")), rule=str(one.get("rule", "")), state=one["state"],
            by=str(one.get("by", "")),
        )
        for one in rows
        if isinstance(one, dict) and one.get("kind") in KINDS
    )  # fmt: skip
