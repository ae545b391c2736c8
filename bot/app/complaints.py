"""What whoever works on a case may answer a complaint with: a vetted after-sales phrase, in today's facts, through the
gate. The bot itself says nothing to a complaint that asks nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.app.house import Queued
from bot.console.views import CaseAnswer, CaseRow, CommentRow
from bot.outbox import Gate
from bot.outbox.gate import Speech
from bot.policy import Handbook, RoomState
from bot.storage.journal import Journal
from replies.errors import PhraseRefused
from replies.facts import Shop
from replies.library import Library
from replies.selector import Choice, choose
from replies.sheet import COMPLAINTS

_OF_DRAWS = re.compile("抽奖|抽中|中奖|开奖|奖品|福袋|公示")
"""Words by which a doubt is one about a draw: no kind of negativity tells it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A room as it stands: what it has on the shelf and may say, at `now_ms`."""

    state: RoomState
    handbook: Handbook
    now_ms: int


class Complaints:
    """Chooses answers for cases. `standing` gives a room by its key, None when it is not attached: then nobody knows
    which facts hold. Any thread may ask."""

    def __init__(self, journal: Journal, speech: Speech, standing: Callable[[str], Standing | None]) -> None:
        self._journal, self._speech, self._standing = journal, speech, standing

    def answer(self, case: CaseRow, comments: Sequence[CommentRow]) -> CaseAnswer | None:
        """The answer to what the case complains of, or why there is none; None when it is no complaint."""
        kinds = kinds_of(case.codes, comments)
        if not kinds:
            return None
        room = self._standing(case.room)
        if room is None:
            return CaseAnswer(kinds[0], "room_off")
        if room.state.silence is not None:
            return CaseAnswer(kinds[0], room.state.silence)
        product = named(room.state.shop, comments)
        tried = [self._of(kind, case, product, room) for kind in kinds]
        return next((one for one in tried if not one.reason), tried[0])

    def _of(self, kind: str, case: CaseRow, product: str | None, room: Standing) -> CaseAnswer:
        state, book, intent = room.state, room.handbook, f"complaint:{kind}"
        calm = Library(one for one in book.library if one.intent == intent and one.tone == "after_sales")
        choice = choose(
            calm, state.shop, intent, product, tone_needed="after_sales", platform=state.room.platform,
            practice=book.practice, now_ms=room.now_ms, last_used={}, viewer_key=f"case {case.id}", lang=book.lang,
            room=case.room, merchant=book.merchant, held=state.is_held(product), on_duty=state.on_duty,
        )  # fmt: skip
        if not isinstance(choice, Choice):
            return CaseAnswer(kind, choice.reason)
        phrase, now = choice.phrase, room.now_ms
        found = CaseAnswer(kind, "", choice.text, phrase.id, phrase.digest, product or "")
        barred = state.bars(phrase, choice.text, product)
        return CaseAnswer(kind, barred) if barred else self._through(found, case, room, now)

    def _through(self, found: CaseAnswer, case: CaseRow, room: Standing, now_ms: int) -> CaseAnswer:
        """The gate, as for a message: what another process withdrew meanwhile, and the words themselves."""
        book, product = room.handbook, found.product or None
        gate = Gate(
            lambda: book.library,
            lambda: room.state.shop,
            book.practice,
            case.room,
            book.merchant,
            self._speech,
        )
        row = Queued(0, "", found.phrase_id, found.digest, product, found.text, now_ms, now_ms)
        clearance = self._journal.clearance(
            found.phrase_id, found.digest, product=product, merchant=book.merchant, account=case.room,
            practice=book.practice, now_ms=now_ms,
        )  # fmt: skip
        try:
            gate.check(row, clearance, now_ms)
        except PhraseRefused as refused:
            return CaseAnswer(found.kind, refused.reason)
        return found


def kinds_of(codes: Sequence[str], comments: Sequence[CommentRow]) -> list[str]:
    """What is complained of, the gravest first: harm to health, a doubted draw, then the kinds of the comments, the
    newest first. Abuse and disruption are no complaints."""
    kinds = ["health"] if "C02" in codes else []
    for row in reversed(comments):
        if row.negative == "deception" and _OF_DRAWS.search(row.text or ""):
            kinds.append("draw")
    kinds += [row.negative for row in reversed(comments) if row.negative in COMPLAINTS]
    return list(dict.fromkeys(kinds))


def named(shop: Shop, comments: Sequence[CommentRow]) -> str | None:
    """The product the newest of the comments names, None when none does: what is on show now may not be meant."""
    found = (shop.resolve(row.text or "", None).product_id for row in reversed(comments))
    return next((one for one in found if one is not None), None)
