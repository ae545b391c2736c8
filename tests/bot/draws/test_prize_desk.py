"""What staff may do about places, always with a reason, never out of turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from bot.draws.answers import Delivery, TurnedAway
from bot.draws.claims import GRACE_MS
from bot.draws.prize_desk import PrizeDesk
from bot.errors import InputError, NotAllowed
from bot.storage.audit import verify
from lottery.errors import LotteryError
from tests.bot.draws.prize_stage import HOUR, PrizeStage, prize_stage

HOME = Delivery("王小明", "13800001111", "某省某市某路 1 号")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[PrizeStage]:
    with prize_stage(tmp_path) as made:
        yield made


@pytest.fixture
def desk(stage: PrizeStage) -> PrizeDesk:
    return PrizeDesk(stage.book)


def told(stage: PrizeStage) -> list[dict[str, object]]:
    """The data of the audit records about claims, in order."""
    with stage.journal.store.read() as conn:
        found = conn.exec_driver_sql("SELECT body FROM audit_record WHERE record_type = 'claim' ORDER BY seq")
        return [msgspec.json.decode(row[0])["data"] for row in found]


def test_the_places_as_staff_see_them(stage: PrizeStage, desk: PrizeDesk) -> None:
    places = desk.places(stage.draw_id)
    assert [(one.place, one.prize, one.reserve, one.state) for one in places] == [
        (1, "大衣", False, "open"), (2, "洁面乳", False, "open"), (3, "洁面乳", False, "open"),
        (4, "", True, "waiting"), (5, "", True, "waiting"), (6, "", True, "waiting"),
    ]  # fmt: skip
    assert desk.places("draw-9-none") == []


def test_a_code_told_in_private_binds_the_page_that_shows_it(stage: PrizeStage, desk: PrizeDesk) -> None:
    token, view = stage.book.begin(stage.draw_id)
    desk.places(stage.draw_id)
    desk.bind(stage.draw_id, 2, f" {view.code.lower()} ", "私信核对账号", by="amy", now_ms=stage.now)
    assert stage.states()[1] == "bound"
    assert told(stage)[-1]["reason"] == "私信核对账号"
    assert told(stage)[-1]["by"] == "amy"
    seen = stage.book.view(stage.draw_id, token, stage.now)
    assert seen is not None
    assert (seen.state, seen.place) == ("bound", 2)
    with pytest.raises(NotAllowed, match="cannot be bound"):
        desk.bind(stage.draw_id, 2, view.code, "又一次", by="amy", now_ms=stage.now)


def test_a_code_is_of_one_place_only(stage: PrizeStage, desk: PrizeDesk) -> None:
    _, view = stage.book.begin(stage.draw_id)
    desk.bind(stage.draw_id, 2, view.code, "私信核对", by="amy", now_ms=stage.now)
    with pytest.raises(NotAllowed, match="another place"):
        desk.bind(stage.draw_id, 1, view.code, "私信核对", by="amy", now_ms=stage.now)
    with pytest.raises(NotAllowed, match="cannot be bound"):
        desk.bind(stage.draw_id, 4, view.code, "候补", by="amy", now_ms=stage.now)


@pytest.mark.parametrize(
    ("code", "reason"), [("ABCDEFGH", "核对"), ("", "核对"), (None, ""), (None, " \u200b"), (None, "x" * 301)]
)
def test_no_binding_without_a_code_and_a_reason(
    stage: PrizeStage, desk: PrizeDesk, code: str | None, reason: str
) -> None:
    given = stage.book.begin(stage.draw_id)[1].code if code is None else code
    with pytest.raises(InputError):
        desk.bind(stage.draw_id, 1, given, reason, by="amy", now_ms=stage.now)
    assert all(one.state in ("open", "waiting") for one in desk.places(stage.draw_id))


def test_a_place_taken_from_a_page_does_not_go_back_to_it(stage: PrizeStage, desk: PrizeDesk) -> None:
    token = stage.bound(1)
    desk.unbind(stage.draw_id, 1, "中奖人被骗发了别人的码", by="amy", now_ms=stage.now + 5)
    seen = stage.book.view(stage.draw_id, token, stage.now + 6)
    assert seen is not None
    assert seen.state == "waiting"
    with pytest.raises(TurnedAway):
        stage.book.accept(stage.draw_id, token, stage.now + 7)
    other, view = stage.book.begin(stage.draw_id)
    stage.say(stage.uid(1), view.code, stage.now + 8)
    assert stage.book.view(stage.draw_id, other, stage.now + 9).place == 1  # type: ignore[union-attr]
    stage.book.accept(stage.draw_id, other, stage.now + 9)
    with pytest.raises(NotAllowed, match="taken already"):
        desk.unbind(stage.draw_id, 1, "后悔", by="amy", now_ms=stage.now + 10)


def test_an_unbound_place_nobody_claims_again_is_forfeited_without_grace(
    stage: PrizeStage, desk: PrizeDesk
) -> None:
    stage.bound(1)
    desk.unbind(stage.draw_id, 1, "码录错", by="amy", now_ms=stage.now)
    stage.book.due(stage.draw_id, stage.terms.claim_by)
    assert stage.states()[0] == "forfeited"


def test_a_prize_taken_some_other_way_is_confirmed_with_a_reason(stage: PrizeStage, desk: PrizeDesk) -> None:
    desk.confirm(stage.draw_id, 3, "到店领取", by="amy", now_ms=stage.now)
    assert stage.states()[2] == "confirmed"
    assert told(stage)[-2]["why"] == "到店领取"
    with pytest.raises(NotAllowed, match="settled already"):
        desk.confirm(stage.draw_id, 3, "再来", by="amy", now_ms=stage.now)
    with pytest.raises(NotAllowed, match="not its turn"):
        desk.confirm(stage.draw_id, 5, "候补", by="amy", now_ms=stage.now)
    with pytest.raises(NotAllowed, match="no place 9"):
        desk.confirm(stage.draw_id, 9, "没有", by="amy", now_ms=stage.now)


def test_whoever_drops_out_does_so_for_a_published_reason(stage: PrizeStage, desk: PrizeDesk) -> None:
    with pytest.raises(InputError, match="published reasons"):
        desk.drop(stage.draw_id, 1, "disqualified", "unpleasant", "不喜欢", by="amy", now_ms=stage.now)
    with pytest.raises(InputError, match="published reasons"):
        desk.drop(stage.draw_id, 1, "confirmed", "staff", "x", by="amy", now_ms=stage.now)
    with pytest.raises(NotAllowed, match="may still be claimed"):
        desk.drop(stage.draw_id, 1, "forfeited", "not_claimed", "太慢", by="amy", now_ms=stage.now)
    with pytest.raises(InputError, match="reason"):
        desk.drop(stage.draw_id, 1, "disqualified", "staff", " ", by="amy", now_ms=stage.now)
    desk.drop(stage.draw_id, 1, "disqualified", "staff", "名单漏了的员工", by="amy", now_ms=stage.now)
    first, fourth = desk.places(stage.draw_id)[0], desk.places(stage.draw_id)[3]
    assert (first.state, first.reason, first.prize) == ("disqualified", "staff", "大衣")
    assert (fourth.state, fourth.prize, fourth.due_ms) == ("open", "大衣", stage.now + HOUR)
    with pytest.raises(NotAllowed):
        desk.drop(stage.draw_id, 1, "forfeited", "staff", "再来", by="amy", now_ms=stage.now)


def test_sent_and_received(stage: PrizeStage, desk: PrizeDesk) -> None:
    token = stage.bound(1)
    with pytest.raises(NotAllowed, match="not taken"):
        desk.ship(stage.draw_id, 1, "SF1", by="amy", now_ms=stage.now)
    stage.book.deliver(stage.draw_id, token, HOME, stage.now)
    for wrong in ("", " ", "x" * 61, "a\x00b"):
        with pytest.raises(InputError):
            desk.ship(stage.draw_id, 1, wrong, by="amy", now_ms=stage.now)
    desk.ship(stage.draw_id, 1, " SF1 ", by="amy", now_ms=stage.now)
    desk.ship(stage.draw_id, 1, "SF2", by="amy", now_ms=stage.now)
    view = stage.book.view(stage.draw_id, token, stage.now)
    assert view is not None
    assert (view.state, view.tracking) == ("shipped", "SF2")
    desk.receive(stage.draw_id, 1, by="amy", now_ms=stage.now)
    with pytest.raises(NotAllowed, match="received it already"):
        desk.ship(stage.draw_id, 1, "SF3", by="amy", now_ms=stage.now)
    with pytest.raises(NotAllowed):
        desk.receive(stage.draw_id, 1, by="amy", now_ms=stage.now)
    assert verify(stage.journal.store).verified


def test_staff_see_that_a_winner_spoke_up_but_not_a_code(stage: PrizeStage, desk: PrizeDesk) -> None:
    desk.places(stage.draw_id)
    stage.say(stage.uid(1), "WRONGCDE")
    stage.book.due(stage.draw_id, stage.terms.claim_by)
    first = desk.places(stage.draw_id)[0]
    assert (first.spoke, first.code, first.due_ms) == (True, "", stage.terms.claim_by + GRACE_MS)


def test_without_the_secrets_nothing_is_signed(stage: PrizeStage, desk: PrizeDesk) -> None:
    stage.row = msgspec.structs.replace(stage.row, secret=None)
    stage._save("claim", stage.row.body)
    with pytest.raises((NotAllowed, LotteryError)):
        desk.confirm(stage.draw_id, 1, "到店", by="amy", now_ms=stage.now)
    assert stage.book.journal.claims(stage.draw_id) == []
