"""The claims book: what winners do about their places, and what becomes of places nobody claims.

A winner's page shows a code made from its secret token; nothing is stored about it. When the winning account types that
code in the room (its words are in the record before anybody acts on them), the page is bound to the place, and whoever
holds the page takes the prize or gives it up. Every step is one transaction that starts from what is stored, so the
process may die between any two and a second look does no harm.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from bot.draws.answers import SPENT, ClaimState, ClaimView, Delivery, TurnedAway
from bot.draws.claim_codes import claim_code
from bot.draws.coupons import Coupons
from bot.draws.places import Places
from bot.draws.turns import Turn, turn
from bot.printing import masked
from bot.storage.journal import Journal
from bot.storage.settling import UNBOUND, ClaimRow
from bot.storage.values import DrawRow
from lottery.states import State

DAY_MS = 86_400_000
GRACE_MS = DAY_MS
"""A winner who has typed a code but whose page never came back has so much longer, once."""

MOST_AT_ONCE = 200
"""Places settled in one transaction, so that the room's own writing never waits long."""

CLAIMABLE = frozenset({State.DRAWN, State.CLAIM})
HELD = frozenset({"bound", "confirmed"})
LONGEST_TOKEN = 100
LONGEST = {"name": 60, "phone": 30, "address": 300}


def nothing(draw_id: str) -> None:
    """Nobody need be told."""


class ClaimBook:
    """The places of all draws of one store. `refresh` is told of every draw whose row was changed, `changed` of every
    draw whose places were. Any thread may call it."""

    def __init__(
        self, journal: Journal, *, refresh: Callable[[str], None] = nothing,
        changed: Callable[[str], None] = nothing,
    ) -> None:  # fmt: skip
        self.journal = journal
        self.coupons = Coupons(journal)
        self._refresh = refresh
        self._changed = changed

    @contextmanager
    def turn(self, draw_id: str, now_ms: int) -> Iterator[Turn]:
        """One act on the places of a draw; whoever must know is told when it is committed."""
        with turn(self.journal, draw_id, now_ms) as act:
            yield act
        if act.stored.changed:
            self._refresh(draw_id)
            self._changed(draw_id)

    # The timetable's side

    def opened(self, draw_id: str) -> None:
        """The winners have just been drawn: the places are there from now on."""
        if not self.journal.has_places(draw_id):
            with self.turn(draw_id, self.journal.now()):
                pass

    def next_due(self, draw_id: str) -> int | None:
        """When the first open place runs out, in ms; None when nothing is open any more."""
        due = self.journal.claims_due(draw_id)
        if due is None:
            self.opened(draw_id)
            due = self.journal.claims_due(draw_id)
        return due

    def due(self, draw_id: str, now_ms: int) -> None:
        """Settle what has run out: nobody came (forfeited, not_claimed; the next reserve moves up), or somebody came
        and the prize waits (confirmed: whoever came in time is not turned away)."""
        while self._settle_late(draw_id, now_ms):
            pass

    def _settle_late(self, draw_id: str, now_ms: int) -> bool:
        with self.turn(draw_id, now_ms) as act:
            late = [
                row for row in act.rows.values()
                if row.state in ("open", "bound") and row.due_ms is not None and row.due_ms <= now_ms
            ]  # fmt: skip
            spoken = act.stored.spoken(act.places.drawn.record.drawn_at) if late else {}
            for row in late[:MOST_AT_ONCE]:
                if row.state == "bound":
                    act.settle(row, "confirmed", by="draw")
                elif row.place in spoken and row.code is None and row.outcome_reason != UNBOUND:
                    due_ms = now_ms + GRACE_MS
                    told = {"due_ms": due_ms}
                    act.change(row, "spoke up", by="draw", told=told, code=spoken[row.place], due_ms=due_ms)
                else:
                    act.settle(row, "forfeited", "not_claimed", by="draw")
            return bool(late)

    # The winner's page

    def begin(self, draw_id: str) -> tuple[str, ClaimView]:
        """A fresh page: its secret token, and the code to type. Raises TurnedAway unless the draw takes claims."""
        draw = self._draw(draw_id)
        if draw is None:
            raise TurnedAway("no_draw")
        state = State(draw.state)
        if state not in CLAIMABLE:
            raise TurnedAway("too_late" if state in (State.ARCHIVED, State.VOID) else "too_early")
        token = secrets.token_urlsafe(24)
        return token, ClaimView("waiting", self._code(draw_id, _hash(token)))

    def view(self, draw_id: str, token: str, now_ms: int) -> ClaimView | None:
        """The page behind a token, bound to its place if the winner has typed its code by now. None when there is no
        such draw, or the token is none."""
        draw = self._draw(draw_id)
        if draw is None or not 0 < len(token) <= LONGEST_TOKEN or "drawn" not in draw.body:
            return None
        page = _hash(token)
        code = self._code(draw_id, page)
        row = self.journal.claim_of_page(draw_id, page)
        if row is not None:
            return self._shown(row, code)
        who = _first(self.journal.claim_said(draw.room, code))
        if who:
            self.opened(draw.id)
        rows = self.journal.claims_for(draw.id, who, code)
        if any(_fits(one, who, code) for one in rows):
            row = self._bound(draw, page, code, now_ms)
        else:  # bound by another look this moment; or one whose time ran out before the code was typed is told so
            told = (one for one in rows if one.subject_id in who and one.state in _OUT)
            row = next((one for one in rows if one.page_hash == page), next(told, None))
        if row is not None:
            return self._shown(row, code)
        turn_comes = any(one.subject_id in who and one.state == "waiting" for one in rows)
        return ClaimView("waiting", code, reason=SPENT if who and not turn_comes else "")

    def _bound(self, draw: DrawRow, page: bytes, code: str, now_ms: int) -> ClaimRow | None:
        """The place whose winner typed this page's code, bound to the page from now on."""
        with self.turn(draw.id, now_ms) as act:
            who = _first(act.stored.said(code))
            fitting = [row for row in act.rows.values() if _fits(row, who, code)]
            if act.stored.held(page) is not None or not fitting:
                return act.stored.held(page)
            row = fitting[0]
            state = "bound" if row.state == "open" else row.state
            return act.change(
                row, "bound", by="winner", state=state, code=code, page_hash=page, outcome_reason=None
            )

    def accept(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        """The bound winner takes the prize; a signed record says so. Again: nothing more happens."""
        with self.turn(draw_id, now_ms) as act:
            self._accepted(act, self._held(act, token))
        return self._again(draw_id, token, now_ms)

    def decline(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        """The bound winner gives the prize up, and the next reserve moves up. Not after having taken it."""
        with self.turn(draw_id, now_ms) as act:
            row = self._held(act, token)
            if row.state == "bound":
                act.settle(row, "forfeited", "declined", by="winner")
            elif (row.state, row.outcome_reason) != ("forfeited", "declined"):
                raise TurnedAway("settled")
        return self._again(draw_id, token, now_ms)

    def reveal(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        """Take the prize and show its coupon: one out of the pool, in the transaction that says whose it is; the same
        page sees it ever after. With an empty pool the prize is taken, and the coupon comes later."""
        with self.turn(draw_id, now_ms) as act:
            row = self._held(act, token)
            pool = self._pool(act.places, row)
            if pool is None:
                raise TurnedAway("not_this_prize")
            if row.coupon_id is None:
                row = self._accepted(act, row)
                number = act.stored.take_coupon(row.place, pool)
                if number is not None:
                    act.change(row, "coupon shown", by="winner", state="received", coupon_id=number)
        return self._again(draw_id, token, now_ms)

    def deliver(self, draw_id: str, token: str, delivery: Delivery, now_ms: int) -> ClaimView:
        """Take the prize and say where it goes; may be changed until it is sent. Raises TurnedAway naming the field."""
        with self.turn(draw_id, now_ms) as act:
            row = self._held(act, token)
            number = act.places.prize_of(row.place)
            if self._pool(act.places, row) is not None or number is None:
                raise TurnedAway("not_this_prize")
            fields = checked(delivery, act.places.prizes[number].kind == "goods")
            row = self._accepted(act, row)
            if row.state != "confirmed":
                raise TurnedAway("settled")
            act.change(row, "address given", by="winner", delivery=act.stored.seal(row, fields))
        return self._again(draw_id, token, now_ms)

    def received(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        """The winner says that what was sent has come."""
        with self.turn(draw_id, now_ms) as act:
            row = self._held(act, token)
            if row.state == "shipped":
                act.change(row, "received", by="winner", state="received")
            elif row.state != "received":
                raise TurnedAway("not_bound" if row.state == "bound" else "settled")
        return self._again(draw_id, token, now_ms)

    def sweep(self, now_ms: int, days: int) -> int:
        """Erase addresses `days` after the prize was received, or twice that after it was sent. How many."""
        return self.journal.sweep_deliveries(now_ms - days * DAY_MS, now_ms - 2 * days * DAY_MS)

    def _held(self, act: Turn, token: str) -> ClaimRow:
        row = act.stored.held(_hash(token)) if 0 < len(token) <= LONGEST_TOKEN else None
        if row is None:
            raise TurnedAway("not_bound")
        return row

    def _accepted(self, act: Turn, row: ClaimRow) -> ClaimRow:
        if row.state in _OUT:
            raise TurnedAway("settled")
        return act.settle(row, "confirmed", by="winner") if row.state == "bound" else row

    def _again(self, draw_id: str, token: str, now_ms: int) -> ClaimView:
        seen = self.view(draw_id, token, now_ms)
        if seen is None:
            raise TurnedAway("unknown_page")
        return seen

    def _draw(self, draw_id: str) -> DrawRow | None:
        return self.journal.draw(draw_id) if draw_id.isascii() and 0 < len(draw_id) <= 64 else None

    def _code(self, draw_id: str, page: bytes) -> str:
        return claim_code(self.journal.code_of_page(draw_id, page))

    def _pool(self, places: Places, row: ClaimRow) -> str | None:
        number = places.prize_of(row.place)
        if number is None:
            return None
        return self.coupons.pool_of(places.commitment.draw_id, number, places.prizes[number])

    def _shown(self, row: ClaimRow, code: str) -> ClaimView:
        draw = self.journal.draw(row.draw_id)
        assert draw is not None
        places = Places.of(draw)
        number = places.prize_of(row.place)
        prize = None if number is None else places.prizes[number]
        pool = self._pool(places, row)
        waiting = (
            pool is not None and row.coupon_id is None and row.state in HELD and not self.coupons.left(pool)
        )
        return ClaimView(
            _STATE[row.state], code, row.place, "" if prize is None else prize.rank,
            "" if prize is None else prize.name, "" if prize is None else prize.kind,
            row.due_ms if row.state in ("open", "bound") else None,
            "" if row.coupon_id is None else self.journal.coupon_words(row.coupon_id), waiting,
            pool is None and row.delivery is None and row.state in HELD, row.delivery is not None,
            row.tracking or "", row.outcome_reason or "", self._receiver(row),
        )  # fmt: skip

    def _receiver(self, row: ClaimRow) -> str:
        if row.delivery is None:
            return ""
        fields = self.journal.parcels(row.draw_id, row.place)[0].fields
        return f"{masked(fields['name'])} …{fields['phone'][-4:]}" if fields else ""


_OUT = frozenset({"forfeited", "disqualified"})
_STATE: dict[str, ClaimState] = {
    "waiting": "waiting", "open": "open", "bound": "bound", "confirmed": "confirmed", "shipped": "shipped",
    "received": "received", "forfeited": "forfeited", "disqualified": "disqualified",
}  # fmt: skip


def _first(said: Mapping[str, int]) -> dict[str, int]:
    """Who typed a code first, and when last. Whoever types it later has it from the chat and not from the page: rooms
    copy what they see, and a stranger may ask a winner to type the code of the stranger's own page."""
    return dict(list(said.items())[:1])


def _fits(row: ClaimRow, who: Mapping[str, int], code: str) -> bool:
    """Whether a place waits for the page with this code: its winner typed it (`who` typed it first, and when last), or
    staff entered it for the winner."""
    if row.page_hash is not None:
        return False
    if row.state != "open":
        return row.state in HELD and row.code == code
    said = who.get(row.subject_id or "")
    return said is not None and (row.outcome_reason != UNBOUND or said > row.changed_ms)


def checked(delivery: Delivery, goods: bool) -> dict[str, str]:
    """The fields of an address without blanks around them. Only goods need a street. Raises TurnedAway("field")."""
    fields = {name: getattr(delivery, name).strip().replace("\r\n", "\n") for name in LONGEST}
    for name, most in LONGEST.items():
        least = {"name": 1, "phone": 5, "address": 4 if goods else 0}[name]
        text = fields[name]
        hidden = any(not (char.isprintable() or (char == "\n" and name == "address")) for char in text)
        if not least <= len(text) <= most or hidden:
            raise TurnedAway("field", name)
    if not all(char.isdigit() or char in "+- ()" for char in fields["phone"]):
        raise TurnedAway("field", "phone")
    return fields


def _hash(token: str) -> bytes:
    return hashlib.sha256(b"changkong claim page\0" + token.encode("utf-8", "surrogatepass")).digest()
