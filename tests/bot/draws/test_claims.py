"""The claims book: pages bound by the winning account, prizes taken once, reserves in their turn."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.draws.answers import SPENT, Delivery, TurnedAway
from bot.draws.claim_codes import LETTERS, read_claim_code
from bot.draws.claims import GRACE_MS, ClaimBook, checked
from bot.storage.audit import verify
from lottery.claim import read_claim
from tests.bot.draws.prize_stage import COUPONS, GOODS, HOUR, PrizeStage, prize_stage

HOME = Delivery("王小明", "138 0000 1111", "某省某市某路 1 号")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[PrizeStage]:
    with prize_stage(tmp_path) as made:
        yield made


@pytest.fixture
def coupons(tmp_path: Path) -> Iterator[PrizeStage]:
    with prize_stage(tmp_path, COUPONS) as made:
        made.book.coupons.add("十元券", ["AAA", "BBB"], by="amy")
        yield made


def refused(code: str, field: str = "") -> object:
    return pytest.raises(TurnedAway, check=lambda error: (error.code, error.field) == (code, field))  # type: ignore[attr-defined]


def claims_of(stage: PrizeStage) -> list[tuple[int, str, str]]:
    """Place, outcome, reason of the published claims; each signed and linked to the one before."""
    row = stage.journal.draw(stage.draw_id)
    assert row is not None
    assert row.body["last_hash"] == row.body["drawn"]["hash"]
    before, found = row.body["drawn"]["hash"], []
    for one in row.body.get("claims", ()):
        claim = read_claim(one)
        claim.verify(stage.terms.signer)
        assert claim.record.prev == before
        before = claim.hash
        found.append((claim.record.place, claim.record.outcome, claim.record.reason))
    return found


def test_places_are_there_once_the_draw_is_drawn(stage: PrizeStage) -> None:
    stage.book.opened(stage.draw_id)
    stage.book.opened(stage.draw_id)
    assert stage.states() == ["open"] * 3 + ["waiting"] * 3
    rows = stage.journal.claims(stage.draw_id)
    assert [row.subject_id for row in rows] == [
        stage.journal.vault.viewer("practice", stage.uid(place)) for place in range(1, 7)
    ]
    assert [row.due_ms for row in rows] == [stage.terms.claim_by] * 3 + [None] * 3
    assert stage.book.next_due(stage.draw_id) == stage.terms.claim_by


def test_places_of_draws_from_before_their_names_were_kept_beside_the_result(stage: PrizeStage) -> None:
    body = {name: value for name, value in stage.row.body.items() if name != "chosen"}
    stage._save("claim", body)
    stage.book.opened(stage.draw_id)
    rows = stage.journal.claims(stage.draw_id)
    assert len({row.pseudonym for row in rows}) == 6
    assert all(row.subject_id for row in rows)


def test_a_code_typed_by_the_winning_account_binds_the_page_to_its_place(stage: PrizeStage) -> None:
    token, first = stage.book.begin(stage.draw_id)
    assert (first.state, first.place) == ("waiting", None)
    assert stage.book.view(stage.draw_id, token, stage.now) == first
    stage.say(stage.uid(2), first.code)
    seen = stage.book.view(stage.draw_id, token, stage.now)
    assert seen is not None
    assert (seen.state, seen.place, seen.prize, seen.kind) == ("bound", 2, "洁面乳", "goods")
    assert seen.due_ms == stage.terms.claim_by
    assert claims_of(stage) == []
    again = ClaimBook(stage.journal)
    assert again.view(stage.draw_id, token, stage.now) == seen


@pytest.mark.parametrize("who", ["a reserve", "somebody who did not win"])
def test_a_code_typed_by_others_is_harmless(stage: PrizeStage, who: str) -> None:
    token, view = stage.book.begin(stage.draw_id)
    others = set(stage.viewers) - {stage.uid(place) for place in range(1, 7)}
    stage.say(stage.uid(4) if who == "a reserve" else sorted(others)[0], view.code)
    seen = stage.book.view(stage.draw_id, token, stage.now)
    assert seen is not None
    assert (seen.state, seen.code, seen.reason) == ("waiting", view.code, "" if who == "a reserve" else SPENT)
    with refused("not_bound"):
        stage.book.accept(stage.draw_id, token, stage.now)


def test_a_code_copied_from_the_chat_gives_nobody_elses_prize_away(stage: PrizeStage) -> None:
    """The page is in the background while its winner types; another winner, of a better prize, copies the words."""
    token, view = stage.book.begin(stage.draw_id)
    stage.say(stage.uid(3), view.code, stage.now)
    stage.say(stage.uid(1), view.code, stage.now + 1)
    seen = stage.book.view(stage.draw_id, token, stage.now + 2)
    assert seen is not None
    assert (seen.state, seen.place) == ("bound", 3)


def test_a_code_that_a_stranger_typed_first_binds_nobody_who_follows(stage: PrizeStage) -> None:
    """中奖的照我发：the stranger's page stays without a place, and the winner's own code works."""
    token, view = stage.book.begin(stage.draw_id)
    others = set(stage.viewers) - {stage.uid(place) for place in range(1, 7)}
    stage.say(sorted(others)[0], view.code, stage.now)
    stage.say(stage.uid(1), view.code, stage.now + 1)
    seen = stage.book.view(stage.draw_id, token, stage.now + 2)
    assert seen is not None
    assert (seen.state, seen.reason) == ("waiting", SPENT)
    assert stage.states()[0] == "open"
    stage.bound(1)


def test_a_page_has_one_place_and_a_place_one_page(stage: PrizeStage) -> None:
    one, view = stage.book.begin(stage.draw_id)
    stage.say(stage.uid(1), view.code)
    stage.say(stage.uid(2), view.code)
    stage.book.view(stage.draw_id, one, stage.now)
    other, second = stage.book.begin(stage.draw_id)
    stage.say(stage.uid(1), second.code)
    assert stage.book.view(stage.draw_id, other, stage.now) == dataclasses.replace(second, reason=SPENT)
    assert [row.page_hash is not None for row in stage.journal.claims(stage.draw_id)[:3]] == [
        True,
        False,
        False,
    ]


def test_of_two_looks_at_the_same_moment_one_binds(
    stage: PrizeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, view = stage.book.begin(stage.draw_id)
    for place in (1, 2):
        stage.say(stage.uid(place), view.code)
    # Both have looked for the page's place before either has bound it.
    monkeypatch.setattr(stage.journal, "claim_of_page", lambda draw_id, page: None)
    places = [stage.book.view(stage.draw_id, token, stage.now).place for _ in range(2)]  # type: ignore[union-attr]
    assert places[0] == places[1]
    assert [row.page_hash is not None for row in stage.journal.claims(stage.draw_id)].count(True) == 1


def test_a_page_that_shows_the_same_code_by_chance_takes_nothing_over(
    stage: PrizeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage.journal, "code_of_page", lambda draw_id, page: bytes(32))
    mine = stage.bound(1)
    other, view = stage.book.begin(stage.draw_id)
    assert stage.book.view(stage.draw_id, other, stage.now) == dataclasses.replace(view, reason=SPENT)
    assert stage.book.view(stage.draw_id, mine, stage.now).state == "bound"  # type: ignore[union-attr]


def test_a_code_is_worth_nothing_in_another_room_or_draw(stage: PrizeStage) -> None:
    token, view = stage.book.begin(stage.draw_id)
    with stage.journal.deed() as deed:
        row = {
            "comment_id": "x", "room": "practice:2", "subject_id": stage.journal.vault.viewer("practice", stage.uid(1)),
            "code": stage.journal.vault.code_mark("claim", view.code), "at_ms": stage.now,
        }  # fmt: skip
        deed.record("practice:2", "batch", {}, [deed.put("claim_said", row)])
    assert stage.book.view(stage.draw_id, token, stage.now) == view
    assert stage.book.view("draw-2-bbbb", token, stage.now) is None


def test_taking_a_prize_is_signed_and_final(stage: PrizeStage) -> None:
    token = stage.bound(1)
    assert stage.book.accept(stage.draw_id, token, stage.now).state == "confirmed"
    assert stage.book.accept(stage.draw_id, token, stage.now).state == "confirmed"
    assert claims_of(stage) == [(1, "confirmed", "")]
    with refused("settled"):
        stage.book.decline(stage.draw_id, token, stage.now)


def test_giving_a_prize_up_lets_the_next_reserve_have_it(stage: PrizeStage) -> None:
    token = stage.bound(1)
    assert stage.book.decline(stage.draw_id, token, stage.now).reason == "declined"
    assert stage.book.decline(stage.draw_id, token, stage.now).state == "forfeited"
    with refused("settled"):
        stage.book.accept(stage.draw_id, token, stage.now)
    assert claims_of(stage) == [(1, "forfeited", "declined")]
    assert stage.states() == ["forfeited", "open", "open", "open", "waiting", "waiting"]
    reserve = stage.bound(4)
    seen = stage.book.view(stage.draw_id, reserve, stage.now)
    assert seen is not None
    assert (seen.rank, seen.prize) == ("一等奖", "大衣")
    assert seen.due_ms == stage.now + HOUR


def test_what_nobody_claims_is_forfeited_and_reserves_have_as_long_a_time(stage: PrizeStage) -> None:
    token = stage.bound(2)
    claim_by = stage.terms.claim_by
    stage.book.due(stage.draw_id, claim_by - 1)
    assert claims_of(stage) == []
    stage.book.due(stage.draw_id, claim_by)
    assert claims_of(stage) == [
        (1, "forfeited", "not_claimed"),
        (2, "confirmed", ""),
        (3, "forfeited", "not_claimed"),
    ]
    assert stage.states() == ["forfeited", "confirmed", "forfeited", "open", "open", "waiting"]
    assert stage.book.next_due(stage.draw_id) == claim_by + HOUR
    stage.book.due(stage.draw_id, claim_by + HOUR)
    stage.book.due(stage.draw_id, claim_by + 2 * HOUR)
    assert stage.states() == ["forfeited", "confirmed", "forfeited", "forfeited", "forfeited", "forfeited"]
    assert stage.book.next_due(stage.draw_id) is None
    assert stage.book.deliver(stage.draw_id, token, HOME, claim_by + DAY).delivered
    assert verify(stage.journal.store, words=True).verified


DAY = 86_400_000


def test_a_late_beacon_leaves_winners_half_of_the_promised_time(tmp_path: Path) -> None:
    with prize_stage(tmp_path, drawn=False) as stage:
        stage.drawn_at = stage.terms.claim_by + 5
        stage.draw()
        stage.book.opened(stage.draw_id)
        assert stage.book.next_due(stage.draw_id) == stage.terms.claim_by + 5 + HOUR // 2


def test_who_typed_a_code_in_time_has_a_day_to_come_back(stage: PrizeStage) -> None:
    token, view = stage.book.begin(stage.draw_id)
    stage.book.opened(stage.draw_id)
    stage.say(stage.uid(1), view.code)
    claim_by = stage.terms.claim_by
    stage.book.due(stage.draw_id, claim_by)
    assert stage.states()[0] == "open"
    assert stage.book.next_due(stage.draw_id) == min(claim_by + GRACE_MS, claim_by + HOUR)
    assert stage.book.view(stage.draw_id, token, claim_by + 1).state == "bound"  # type: ignore[union-attr]
    stage.book.due(stage.draw_id, claim_by + GRACE_MS)
    assert stage.states()[0] == "confirmed"


def test_the_day_of_grace_is_given_once(stage: PrizeStage) -> None:
    stage.book.opened(stage.draw_id)
    stage.say(stage.uid(1), "WRONGCDE")
    claim_by = stage.terms.claim_by
    stage.book.due(stage.draw_id, claim_by)
    stage.book.due(stage.draw_id, claim_by + GRACE_MS)
    assert (1, "forfeited", "not_claimed") in claims_of(stage)


def test_who_typed_too_late_is_told_so(stage: PrizeStage) -> None:
    token, view = stage.book.begin(stage.draw_id)
    stage.book.due(stage.draw_id, stage.terms.claim_by)
    stage.say(stage.uid(3), view.code, stage.terms.claim_by + 9)
    seen = stage.book.view(stage.draw_id, token, stage.terms.claim_by + 9)
    assert seen is not None
    assert (seen.state, seen.reason) == ("forfeited", "not_claimed")
    with refused("not_bound"):
        stage.book.accept(stage.draw_id, token, stage.now)


def test_a_coupon_is_shown_once_and_to_the_same_page_ever_after(coupons: PrizeStage) -> None:
    one, two = coupons.bound(1), coupons.bound(2)
    assert coupons.book.view(coupons.draw_id, one, coupons.now).coupon == ""  # type: ignore[union-attr]
    first = coupons.book.reveal(coupons.draw_id, one, coupons.now)
    assert (first.state, first.coupon) == ("received", "AAA")
    assert coupons.book.reveal(coupons.draw_id, one, coupons.now) == first
    assert coupons.book.coupons.left("十元券") == 1
    assert coupons.book.reveal(coupons.draw_id, two, coupons.now).coupon == "BBB"
    assert ClaimBook(coupons.journal).view(coupons.draw_id, one, coupons.now) == first
    assert claims_of(coupons) == [(1, "confirmed", ""), (2, "confirmed", "")]
    assert coupons.book.coupons.left("十元券") == 0
    with refused("not_this_prize"):
        coupons.book.deliver(coupons.draw_id, one, HOME, coupons.now)


def test_with_an_empty_pool_the_prize_is_taken_and_the_coupon_comes_later(coupons: PrizeStage) -> None:
    tokens = [coupons.bound(place) for place in (1, 2, 3)]
    shown = [coupons.book.reveal(coupons.draw_id, token, coupons.now) for token in tokens]
    assert (shown[2].state, shown[2].coupon, shown[2].coupon_waiting) == ("confirmed", "", True)
    coupons.book.coupons.add("十元券", ["CCC"], by="amy")
    assert coupons.book.view(coupons.draw_id, tokens[2], coupons.now).coupon_waiting is False  # type: ignore[union-attr]
    assert coupons.book.reveal(coupons.draw_id, tokens[2], coupons.now).coupon == "CCC"
    assert verify(coupons.journal.store).verified


def test_a_coupon_and_whose_it_is_are_one_transaction(
    coupons: PrizeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = coupons.bound(1)
    with monkeypatch.context() as torn:
        torn.setattr("bot.storage.settling.Settling.close", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            coupons.book.reveal(coupons.draw_id, token, coupons.now)
    assert coupons.book.coupons.left("十元券") == 2
    assert coupons.states()[0] == "bound"
    assert coupons.book.reveal(coupons.draw_id, token, coupons.now).coupon == "AAA"


def test_an_address_is_kept_under_the_viewers_own_key_and_dies_with_it(
    stage: PrizeStage, tmp_path: Path
) -> None:
    token = stage.bound(1)
    view = stage.book.deliver(stage.draw_id, token, HOME, stage.now)
    assert (view.state, view.delivered, view.delivery_wanted, view.masked_to) == (
        "confirmed",
        True,
        False,
        "王** …1111",
    )
    assert stage.journal.parcels(stage.draw_id)[0].fields == {
        "name": "王小明", "phone": "138 0000 1111", "address": "某省某市某路 1 号"
    }  # fmt: skip
    stage.journal.checkpoint(force=True)
    raw = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert "王小明".encode() not in raw
    stage.journal.erase_subject("practice", stage.uid(1), by="amy")
    assert stage.journal.parcels(stage.draw_id)[0].fields == {}
    assert stage.book.view(stage.draw_id, token, stage.now).masked_to == ""  # type: ignore[union-attr]
    assert verify(stage.journal.store).verified


def test_an_address_may_be_changed_until_it_is_sent(stage: PrizeStage) -> None:
    token = stage.bound(1)
    stage.book.deliver(stage.draw_id, token, HOME, stage.now)
    stage.book.deliver(stage.draw_id, token, Delivery("李四", "+86 139", "别处的路 2 号"), stage.now)
    assert stage.journal.parcels(stage.draw_id)[0].fields["name"] == "李四"
    with refused("settled"):
        stage.book.received(stage.draw_id, token, stage.now)
    row = stage.journal.claims(stage.draw_id)[0]
    with stage.journal.settling(stage.draw_id) as settling:
        settling.change(row, "shipped", by="amy", state="shipped", tracking="SF1")
    with refused("settled"):
        stage.book.deliver(stage.draw_id, token, HOME, stage.now)
    assert stage.book.received(stage.draw_id, token, stage.now).state == "received"
    assert stage.book.received(stage.draw_id, token, stage.now).state == "received"


@pytest.mark.parametrize(
    ("delivery", "field"),
    [
        (Delivery("", "13800001111", "某路 1 号"), "name"),
        (Delivery("王" * 61, "13800001111", "某路 1 号"), "name"),
        (Delivery("王\x00", "13800001111", "某路 1 号"), "name"),
        (Delivery("王\u202e", "13800001111", "某路 1 号"), "name"),
        (Delivery("王", "1380", "某路 1 号"), "phone"),
        (Delivery("王", "=1380000", "某路 1 号"), "phone"),
        (Delivery("王", "1" * 31, "某路 1 号"), "phone"),
        (Delivery("王", "13800001111", "路"), "address"),
        (Delivery("王", "13800001111", "路" * 301), "address"),
        (Delivery("王", "13800001111", "某路\ud8001 号"), "address"),
    ],
)
def test_an_address_that_is_none_is_refused_by_field(delivery: Delivery, field: str) -> None:
    with refused("field", field):
        checked(delivery, goods=True)


def test_only_goods_need_a_street() -> None:
    assert checked(Delivery(" 王 ", "13800001111", ""), goods=False)["name"] == "王"


def test_addresses_are_swept_some_days_after_receipt(stage: PrizeStage) -> None:
    one, two = stage.bound(1), stage.bound(2)
    for token in (one, two):
        stage.book.deliver(stage.draw_id, token, HOME, stage.now)
    for place in (1, 2):
        row = stage.journal.claims(stage.draw_id)[place - 1]
        with stage.journal.settling(stage.draw_id, stage.now) as settling:
            settling.change(row, "shipped", by="amy", state="shipped", tracking="SF1")
    stage.book.received(stage.draw_id, one, stage.now)
    assert stage.book.sweep(stage.now + 30 * DAY, 30) == 0
    assert stage.book.sweep(stage.now + 30 * DAY + 1, 30) == 1
    assert [one.place for one in stage.journal.parcels(stage.draw_id)] == [2]
    assert stage.book.sweep(stage.now + 60 * DAY + 1, 30) == 1
    assert stage.journal.parcels(stage.draw_id) == []
    assert verify(stage.journal.store).verified


def test_a_page_is_begun_only_while_claims_are_taken(tmp_path: Path) -> None:
    with prize_stage(tmp_path, drawn=False) as stage:
        with refused("too_early"):
            stage.book.begin(stage.draw_id)
        with refused("no_draw"):
            stage.book.begin("draw-9-none")
        stage.draw()
        token, _ = stage.book.begin(stage.draw_id)
        stage._save("archived", stage.row.body)
        with refused("too_late"):
            stage.book.begin(stage.draw_id)
        assert stage.book.view(stage.draw_id, token, stage.now) is not None


@pytest.mark.parametrize("token", ["", "x" * 101, "\ud800", "no such"])
def test_a_token_that_is_none_holds_nothing(stage: PrizeStage, token: str) -> None:
    with refused("not_bound"):
        stage.book.accept(stage.draw_id, token, stage.now)


def test_codes_of_pages_differ_and_can_be_read(stage: PrizeStage) -> None:
    codes = {stage.book.begin(stage.draw_id)[1].code for _ in range(50)}
    assert len(codes) == 50
    assert all(read_claim_code(code) == code and set(code) <= set(LETTERS) for code in codes)


def test_whoever_must_know_is_told_after_the_commit(tmp_path: Path) -> None:
    with prize_stage(tmp_path, GOODS) as stage:
        told: list[str] = []
        stage.book = ClaimBook(
            stage.journal, refresh=lambda id: told.append(f"row {id}"), changed=told.append
        )
        stage.book.opened(stage.draw_id)
        assert told == [f"row {stage.draw_id}", stage.draw_id]
        with refused("not_bound"):
            stage.book.accept(stage.draw_id, secrets.token_urlsafe(8), stage.now)
        assert len(told) == 2
