"""What a case may be answered with: the right kind, the room's phrases, today's facts, or nothing and the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import msgspec
import pytest

from bot.app.complaints import Complaints, Standing, kinds_of, named
from bot.console.views import CaseAnswer, CaseRow, CommentRow
from bot.policy import Handbook, RoomState
from bot.storage.journal import Journal
from classifiers.verdict import Hit
from replies.facts import Fact
from replies.library import Library
from replies.phrase import Phrase
from tests.bot.stores import journal_in
from tests.builders import NOON, ROOM, SHOP, handbook, hit


def phrase(id: str, intent: str, text: str, **more: object) -> Phrase:
    given = {"tone": "after_sales", "state": "live", "signed": "practice"} | more
    return Phrase(id, intent, "any", None, None, "zh", text, **given)  # type: ignore[arg-type]


QUALITY = phrase("q-1", "complaint:quality", "带照片到{service}")
BARE = phrase("q-2", "complaint:quality", "订单页可以申请售后")
HEALTH = phrase("h-1", "complaint:health", "先停用，不适就医")
DRAW = phrase("d-1", "complaint:draw", "名单在公示页")
DOUBT = phrase("d-2", "complaint:deception", "有疑虑能理解")
PHRASES = (QUALITY, BARE, HEALTH, DRAW, DOUBT)
KEPT = replace(SHOP, facts={"service": Fact("客服入口")})
STATE = RoomState(ROOM, shop=KEPT)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with journal_in(tmp_path) as journal:
        journal.seed_practice_library([asdict(one) | {"digest": one.digest} for one in PHRASES])
        yield journal


def complained(text: str, kind: str) -> CommentRow:
    return CommentRow("s1", 0, NOON, "", text, negative=kind)


def case(*codes: str, room: str = str(ROOM)) -> CaseRow:
    return CaseRow("7", 7, room, codes[0] if codes else "", codes, 3, "new", NOON, NOON, 1, 1, "")


def offered(
    journal: Journal, *rows: CommentRow, state: RoomState = STATE, codes: tuple[str, ...] = ("C01",),
    book: Handbook | None = None, banned: tuple[Hit, ...] = (),
) -> CaseAnswer | None:  # fmt: skip
    known = book or handbook(Library(PHRASES))
    complaints = Complaints(
        journal, lambda text: banned, lambda room: Standing(state, known, NOON) if room == str(ROOM) else None
    )
    return complaints.answer(case(*codes), rows)


BROKEN = complained("盒子是坏的", "quality")


def test_the_answer_of_the_kind_with_the_facts_of_now(journal: Journal) -> None:
    found = offered(journal, BROKEN)
    assert found == CaseAnswer("quality", "", "带照片到客服入口", QUALITY.id, QUALITY.digest, "")
    without = msgspec.structs.replace(STATE, shop=SHOP)
    answer = offered(journal, BROKEN, state=without)
    assert answer is not None
    assert (answer.text, answer.phrase_id) == (BARE.text, "q-2"), "a fact is missing: the one without facts"


@pytest.mark.parametrize(
    ("codes", "rows", "kinds"),
    [
        (("C01",), [("坏的", "quality")], ["quality"]),
        (("C02", "C01"), [("起红疹", "quality")], ["health", "quality"]),
        (("C04",), [("抽奖都是内定", "deception")], ["draw", "deception"]),
        (("C04",), [("都是托", "deception")], ["deception"]),
        (("C01",), [("慢", "logistics"), ("坏的", "quality")], ["quality", "logistics"]),
        (("U01",), [("滚", "abuse")], []),
        (("S01",), [("刷屏", "disruption")], []),
        (("D01",), [("加微信", "")], []),
    ],
)
def test_what_is_complained_of(codes: tuple[str, ...], rows: list[tuple[str, str]], kinds: list[str]) -> None:
    assert kinds_of(codes, [complained(text, kind) for text, kind in rows]) == kinds


def test_what_is_no_complaint_gets_nothing_at_all(journal: Journal) -> None:
    assert offered(journal, complained("滚", "abuse"), codes=("U01",)) is None


def test_harm_to_health_comes_first_and_the_next_kind_where_it_has_no_phrase(journal: Journal) -> None:
    answer = offered(journal, BROKEN, codes=("C02", "C01"))
    assert answer is not None
    assert answer.phrase_id == "h-1"
    less = handbook(Library(one for one in PHRASES if one.id != "h-1"))
    answer = offered(journal, BROKEN, codes=("C02", "C01"), book=less)
    assert answer is not None
    assert answer.phrase_id == "q-1"


def test_the_product_the_complaint_names_decides_over_what_is_on_show() -> None:
    rows = [complained("洗面奶坏的", "quality"), complained("真的坏了", "quality")]
    assert named(KEPT, rows) == "P1"
    assert named(KEPT, rows[1:]) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"replies_on": False}, "operator_off"), ({"red": "口误"}, "red_light"), ({"quiet": True}, "quiet")],
)
def test_while_the_room_is_silent_nothing_is_offered(
    journal: Journal, changes: dict[str, object], reason: str
) -> None:
    assert offered(journal, BROKEN, state=msgspec.structs.replace(STATE, **changes)) == CaseAnswer(
        "quality", reason
    )


def test_a_room_that_is_not_attached_has_no_facts(journal: Journal) -> None:
    answer = Complaints(journal, lambda text: (), lambda room: None).answer(case("C01"), [BROKEN])
    assert answer == CaseAnswer("quality", "room_off")


def test_only_after_sales_words_answer_a_complaint(journal: Journal) -> None:
    selling = handbook(Library([replace(BARE, tone="sales"), replace(QUALITY, tone="neutral")]))
    assert offered(journal, BROKEN, book=selling) == CaseAnswer("quality", "no_phrase")


def test_another_shops_phrase_and_a_practice_phrase_in_a_real_room_are_not_offered(journal: Journal) -> None:
    other = handbook(Library([replace(BARE, merchant="别家")]))
    assert offered(journal, BROKEN, book=other) == CaseAnswer("quality", "no_phrase")
    assert offered(journal, BROKEN, book=handbook(Library(PHRASES), practice=False)) == CaseAnswer(
        "quality", "no_phrase"
    )


def test_a_phrase_withdrawn_in_the_store_is_not_offered(journal: Journal) -> None:
    journal.withdraw_phrase(QUALITY.id, QUALITY.digest, "amy")
    assert offered(journal, BROKEN) == CaseAnswer("quality", "not_live")


def test_words_the_rule_book_refuses_are_not_offered(journal: Journal) -> None:
    assert offered(journal, BROKEN, banned=(hit("A01"),)) == CaseAnswer("quality", "wording")


def test_a_promise_is_offered_only_while_somebody_is_on_duty(journal: Journal) -> None:
    promise = phrase("q-9", "complaint:quality", "马上转人工客服")
    journal.seed_practice_library([asdict(promise) | {"digest": promise.digest}])
    book = handbook(Library([promise]))
    assert offered(journal, BROKEN, book=book) == CaseAnswer("quality", "off_duty")
    answer = offered(journal, BROKEN, book=book, state=msgspec.structs.replace(STATE, on_duty=True))
    assert answer is not None
    assert answer.text == "马上转人工客服"
