"""What staff do about places: hand-made claims with a reason, dropping out, sending. Every act is recorded."""

from __future__ import annotations

from dataclasses import dataclass

from bot.draws.claim_codes import read_claim_code
from bot.draws.claims import ClaimBook
from bot.draws.places import Places
from bot.draws.turns import Turn
from bot.errors import InputError, NotAllowed
from bot.storage.settling import UNBOUND, ClaimRow
from lottery.claim import CLAIM_REASONS

LONGEST_REASON = 300
LONGEST_TRACKING = 60
DROPS = ("forfeited", "disqualified")
REASONS = tuple(reason for reason in CLAIM_REASONS if reason)
"""Why a place may be dropped; each is published with it."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place as staff see it, without anything about the person. `prize_index` from 0, None for a reserve that has
    not moved up. `pool` "" for a coupon whose pool nobody has named, None for a prize that is no coupon. `code` ""
    while no page or code is known. `coupon`: it was shown. `spoke`: the winner has typed a code whose page has not come
    back."""

    place: int
    prize_index: int | None
    rank: str
    prize: str
    kind: str
    reserve: bool
    state: str
    code: str
    pseudonym: str
    due_ms: int | None
    reason: str
    pool: str | None
    coupon: bool
    delivered: bool
    tracking: str
    changed_ms: int
    by: str
    spoke: bool


class PrizeDesk:
    """The staff's side of the claims book. Errors are NotAllowed, InputError or LifeError with one plain sentence."""

    def __init__(self, book: ClaimBook) -> None:
        self._book = book

    def places(self, draw_id: str) -> list[Place]:
        """All places in order; none before the draw is drawn."""
        draw = self._book.journal.draw(draw_id)
        if draw is None or "drawn" not in draw.body:
            return []
        self._book.opened(draw_id)
        places = Places.of(draw)
        pools = {
            number: self._book.coupons.pool_of(draw_id, number, prize)
            for number, prize in enumerate(places.prizes)
        }
        return [_place(row, places, pools) for row in self._book.journal.claims(draw_id)]

    def bind(self, draw_id: str, place: int, code: str, reason: str, *, by: str, now_ms: int) -> None:
        """Enter the code that the winner of a place told in private; the page that shows it is the winner's from now
        on. The `reason` says how it is known that it was the winner."""
        read = read_claim_code(code)
        if read is None:
            raise InputError("This is no claim code: it has 8 letters and digits, without 0, 1, I, L and O.")
        with self._book.turn(draw_id, now_ms) as act:
            row = act.row(place)
            if row.page_hash is not None or row.state not in ("open", "bound", "confirmed"):
                raise NotAllowed(f"Place {place} cannot be bound to a page now.")
            if any(one.code == read and one.place != place for one in act.rows.values()):
                raise NotAllowed("This code belongs to another place already.")
            state = "bound" if row.state == "open" else row.state
            told = {"reason": _reason(reason)}
            act.change(row, "bound by staff", by=by, told=told, state=state, code=read, outcome_reason=None)

    def unbind(self, draw_id: str, place: int, reason: str, *, by: str, now_ms: int) -> None:
        """Take a place from a page before its prize was taken: the winner was misled, or the code was mistyped. What
        the winner typed before counts no more; a new code, typed or entered, does."""
        with self._book.turn(draw_id, now_ms) as act:
            row = act.row(place)
            if row.state != "bound":
                raise NotAllowed(f"Place {place} is not bound, or its prize was taken already.")
            told = {"reason": _reason(reason)}
            act.change(
                row, "unbound", by=by, told=told, state="open", code=None, page_hash=None,
                outcome_reason=UNBOUND,
            )  # fmt: skip

    def confirm(self, draw_id: str, place: int, reason: str, *, by: str, now_ms: int) -> None:
        """The winner has taken the prize some other way than by a page."""
        with self._book.turn(draw_id, now_ms) as act:
            row = self._waiting(act, place)
            act.settle(row, "confirmed", by=by, told={"why": _reason(reason)})

    def drop(
        self, draw_id: str, place: int, outcome: str, reason: str, why: str, *, by: str, now_ms: int
    ) -> None:
        """The place drops out, publicly and for good, and the next reserve moves up. `reason` is one of REASONS, `why`
        the words for the record."""
        if outcome not in DROPS or reason not in REASONS:
            raise InputError(
                "Say whether it is forfeited or disqualified, and for which of the published reasons."
            )
        with self._book.turn(draw_id, now_ms) as act:
            row = self._waiting(act, place)
            if reason == "not_claimed" and (row.due_ms is None or now_ms < row.due_ms):
                raise NotAllowed(f"Place {place} may still be claimed; its time is not over.")
            act.settle(row, outcome, reason, by=by, told={"why": _reason(why)})

    def ship(self, draw_id: str, place: int, tracking: str, *, by: str, now_ms: int) -> None:
        """The prize was sent; `tracking` may be corrected later."""
        number = tracking.strip()
        if not 0 < len(number) <= LONGEST_TRACKING or not number.isprintable():
            raise InputError(f"A tracking number has 1 to {LONGEST_TRACKING} characters.")
        with self._book.turn(draw_id, now_ms) as act:
            row = act.row(place)
            if row.state not in ("confirmed", "shipped"):
                raise NotAllowed(f"Place {place} has not taken the prize, or has received it already.")
            act.change(row, "shipped", by=by, state="shipped", tracking=number)

    def receive(self, draw_id: str, place: int, *, by: str, now_ms: int) -> None:
        """The prize was handed over, or has come."""
        with self._book.turn(draw_id, now_ms) as act:
            row = act.row(place)
            if row.state not in ("confirmed", "shipped"):
                raise NotAllowed(f"Place {place} has not taken the prize, or has received it already.")
            act.change(row, "received", by=by, state="received")

    def _waiting(self, act: Turn, place: int) -> ClaimRow:
        row = act.row(place)
        if row.state not in ("open", "bound"):
            raise NotAllowed(f"Place {place} is settled already, or it is not its turn.")
        return row


def _place(row: ClaimRow, places: Places, pools: dict[int, str | None]) -> Place:
    number = places.prize_of(row.place)
    prize = None if number is None else places.prizes[number]
    spoke = row.state == "open" and row.code is not None
    return Place(
        row.place, number, "" if prize is None else prize.rank, "" if prize is None else prize.name,
        "" if prize is None else prize.kind, row.place > places.winners, row.state,
        "" if spoke else row.code or "", row.pseudonym.hex(), row.due_ms,
        "" if row.outcome_reason == UNBOUND else row.outcome_reason or "",
        None if number is None else pools[number], row.coupon_id is not None, row.delivery is not None,
        row.tracking or "", row.changed_ms, row.by, spoke,
    )  # fmt: skip


def _reason(words: str) -> str:
    said = words.strip()
    if not any(char.isalnum() for char in said) or len(said) > LONGEST_REASON:
        raise InputError(f"Give a reason of 1 to {LONGEST_REASON} characters; it goes into the record.")
    return said
