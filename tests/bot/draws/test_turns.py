"""Whatever winners, staff, clocks and crashes do, in whatever order: one holder a place, one coupon a place, reserves
only in their turn, and the published records tell the same story as the stored places."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from bot.draws.claims import ClaimBook
from bot.draws.prize_desk import PrizeDesk
from bot.errors import ChangkongError
from bot.storage.ledger import Deed
from lottery.claim import open_places, read_claim
from lottery.errors import LotteryError
from lottery.record import DrawnRecord
from lottery.signed import read_drawn
from tests.bot.draws.prize_stage import COUPONS, HOUR, prize_stage

PLACES = st.integers(1, 6)
DROPPED = {"forfeited", "disqualified"}
TAKEN = {"confirmed", "shipped", "received"}


class _PowerCut(Exception):
    pass


class Claiming(RuleBasedStateMachine):
    """Three winners, three reserves, three coupons of which two are there at first."""

    pages: Bundle[tuple[str, str]] = Bundle("pages")

    @initialize()
    def open(self) -> None:
        self.stack = ExitStack()
        folder = Path(tempfile.mkdtemp(prefix="ck-claims-"))
        self.stack.callback(shutil.rmtree, folder, ignore_errors=True)
        self.stage = self.stack.enter_context(prize_stage(folder, COUPONS, viewers=7))
        self.stage.book.coupons.add("十元券", ["AAA", "BBB"], by="amy")
        self.stage.book.opened(self.stage.draw_id)
        self.shown: dict[str, str] = {}
        self.holder: dict[int, bytes] = {}
        self.now = self.stage.now

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()

    @property
    def book(self) -> ClaimBook:
        return self.stage.book

    def attempt(self, act: str, crash: bool, *args: object, **more: object) -> object:
        """Do it, or have the power fail just before the commit: then nothing has changed."""
        target = getattr(PrizeDesk(self.book), act, None) or getattr(self.book, act)
        if not crash:
            with suppress(ChangkongError, LotteryError):
                return target(self.stage.draw_id, *args, **more)
            return None
        before = self.everything()
        with (
            patch.object(Deed, "flush", side_effect=_PowerCut),
            suppress(ChangkongError, LotteryError, _PowerCut),
        ):
            target(self.stage.draw_id, *args, **more)
        assert self.everything() == before
        self.stage.book = ClaimBook(self.stage.journal)
        return None

    def everything(self) -> object:
        journal, draw_id = self.stage.journal, self.stage.draw_id
        return journal.claims(draw_id), journal.draw(draw_id), journal.coupon_pools()

    @rule(target=pages)
    def begin(self) -> tuple[str, str]:
        token, view = self.book.begin(self.stage.draw_id)
        return token, view.code

    @rule(page=pages, who=st.integers(0, 6))
    def somebody_types(self, page: tuple[str, str], who: int) -> None:
        self.stage.say(f"u{who}", page[1], self.now)

    @rule(page=pages, place=PLACES)
    def the_winner_types(self, page: tuple[str, str], place: int) -> None:
        self.stage.say(self.stage.uid(place), page[1], self.now)

    @rule(
        page=pages,
        act=st.sampled_from(["view", "accept", "decline", "reveal", "received"]),
        crash=st.booleans(),
    )
    def the_page(self, page: tuple[str, str], act: str, crash: bool) -> None:
        view = self.attempt(act, crash, page[0], self.now)
        coupon = getattr(view, "coupon", "")
        if coupon:
            assert self.shown.setdefault(page[0], coupon) == coupon

    @rule(page=pages, place=PLACES, crash=st.booleans())
    def staff_enter_a_code(self, page: tuple[str, str], place: int, crash: bool) -> None:
        self.attempt("bind", crash, place, page[1], "客服核对", by="amy", now_ms=self.now)

    @rule(place=PLACES, act=st.sampled_from(["unbind", "confirm"]), crash=st.booleans())
    def staff(self, place: int, act: str, crash: bool) -> None:
        self.attempt(act, crash, place, "客服核对", by="amy", now_ms=self.now)

    @rule(place=PLACES, crash=st.booleans())
    def staff_drop(self, place: int, crash: bool) -> None:
        self.attempt("drop", crash, place, "disqualified", "staff", "是员工", by="amy", now_ms=self.now)

    @rule(hours=st.sampled_from([0, 1, 30, -1]), crash=st.booleans())
    def time_passes(self, hours: int, crash: bool) -> None:
        self.now += hours * HOUR
        self.attempt("due", crash, self.now)

    @rule()
    def more_coupons(self) -> None:
        self.book.coupons.add("十元券", ["CCC"], by="amy")

    @invariant()
    def one_holder_and_one_coupon_a_place(self) -> None:
        if not hasattr(self, "stage"):
            return
        rows = self.stage.journal.claims(self.stage.draw_id)
        pages = [row.page_hash for row in rows if row.page_hash is not None]
        assert len(pages) == len(set(pages))
        coupons = [row.coupon_id for row in rows if row.coupon_id is not None]
        assert (
            len(coupons)
            == len(set(coupons))
            == sum(one.total - one.left for one in self.stage.journal.coupon_pools())
        )
        assert len(set(self.shown.values())) == len(self.shown)
        for row in rows:
            if row.state in TAKEN and row.page_hash is not None:
                assert self.holder.setdefault(row.place, row.page_hash) == row.page_hash
            if row.coupon_id is not None:
                assert row.state in TAKEN

    @invariant()
    def reserves_come_in_their_turn_and_the_records_say_the_same(self) -> None:
        if not hasattr(self, "stage"):
            return
        rows = self.stage.journal.claims(self.stage.draw_id)
        draw = self.stage.journal.draw(self.stage.draw_id)
        assert draw is not None
        drawn = read_drawn(draw.body["drawn"])
        claims = [read_claim(one) for one in draw.body.get("claims", ())]
        for before, claim in zip([drawn, *claims], claims, strict=False):
            assert claim.record.prev == before.hash
            claim.verify(self.stage.terms.signer)
        told = {claim.record.place: claim.record.outcome for claim in claims}
        assert len(told) == len(claims)
        record: DrawnRecord = drawn.record
        turn = set(open_places(record, claims))
        for row in rows:
            outcome = "confirmed" if row.state in TAKEN else row.state if row.state in DROPPED else None
            assert told.get(row.place) == outcome
            assert (row.state in ("open", "bound")) == (row.place in turn)
        assert sum(row.state in TAKEN for row in rows) <= len(record.winners)


TestClaiming = pytest.mark.filterwarnings("default::DeprecationWarning")(Claiming.TestCase)
TestClaiming.settings = settings(
    max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
