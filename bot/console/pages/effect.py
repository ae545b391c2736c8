"""Does it work? What followed the phrases in the latest shows, and what viewers asked in vain."""

from __future__ import annotations

from math import isinf
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.responses import Response

from bot.console.visit import Visit, needs
from bot.learning.clusters import Cluster
from bot.learning.effect import LEAST, MEASURES, comparisons, lift, share, shares
from bot.storage.effects import SHOWS

router = APIRouter()
See = Annotated[Visit, Depends(needs("see_phrases"))]
BAR = 200
"""Width of a bar in units of its drawing: all of a hundred."""

POLLS = 12
"""The latest polls shown with their results."""


@router.get("/phrases/effect")
async def effect(visit: See) -> Response:
    found = await visit.house.ports.effect.phrases()
    open_questions = await visit.house.ports.effect.unanswered(by=visit.by)
    products = {one.id: one.name for one in await visit.house.ports.shelf.products()}
    names = {f"own:{one.slug}": one.name for one in await visit.house.ports.shelf.questions()}
    return visit.page(
        "effect.html", shows=SHOWS, least=LEAST, measures=MEASURES, bar=BAR, comparisons=comparisons(found),
        rows=[(one, shares(one), lift(one.before, one.after) if one.ordered else None) for one in found],
        clusters=[(one, write_link(one)) for one in open_questions], names=names, products=products,
        percent=percent, times=times, share=share, polls=await visit.house.ports.polls.past(None, POLLS),
    )  # fmt: skip


def write_link(cluster: Cluster) -> str:
    """Where to answer a group of questions: a phrase where it is known what is asked, else an own question. The
    examples come along."""
    if cluster.intent is None:
        return "/questions?" + urlencode({"example": [_plain(one) for one in cluster.examples]}, doseq=True)
    example = " ／ ".join(_plain(one) for one in cluster.examples)[:200]
    return "/phrases/edit?" + urlencode({"intent": cluster.intent, "example": example})


def _plain(text: str) -> str:
    """An example as it can stand in an address: no lone surrogate, on one line, not endless."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())[:120]


def percent(part: float) -> str:
    """A share as people read it, e.g. 12 %."""
    return f"{part * 100:.0f} %"


def times(ratio: float) -> str:
    """How many times as many; "∞" where there is no bound."""
    return "∞" if isinf(ratio) else f"{ratio:.1f}"
