"""From stored rows to phrases, questions and the shop."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from bot.app.stored import phrase_of, question_of, reach_of, stored_shop
from bot.room_state import Reach
from bot.storage.values import FactRow, OwnQuestionRow, PhraseRow, ProductRow
from classifiers.own import OwnQuestion
from replies.facts import Fact
from replies.phrase import Phrase

ONE = Phrase(
    "p", "price", "any", None, None, "zh", "看购物车", evidence=("ab",), author="x", signed="practice"
)


def row(**more: object) -> PhraseRow:
    body = {**dataclasses.asdict(ONE), "digest": ONE.digest, "evidence": ["ab"]}
    return PhraseRow(**({"id": "p", "digest": ONE.digest, "body": body, "state": "live", "signed": "practice",
                         "changed_by": "house", "changed_ms": 1} | more))  # type: ignore[arg-type]  # fmt: skip


def test_state_names_and_signature_are_what_the_store_says() -> None:
    assert phrase_of(row()) == dataclasses.replace(ONE, state="live")
    done = phrase_of(row(signed="approval:3", author="ann", approved_by="cat"))
    assert (done.signed, done.author, done.reviewer, done.substance) == (
        "approval:3", "ann", "cat", ONE.substance
    )  # fmt: skip


def test_a_question_has_its_asks_and_words() -> None:
    body = {"name": "x", "asks": ["一", "二", "三"], "must": ["一"], "must_not": []}
    stored = OwnQuestionRow("s", body, "live", "ann", 1)
    assert question_of(stored) == OwnQuestion("s", ("一", "二", "三"), ("一",), ())


def test_a_question_is_asked_where_the_store_says() -> None:
    body = {"name": "x", "asks": [], "scope": "product", "product": "P1", "merchant": "南店"}
    assert reach_of(OwnQuestionRow("s", body, "live", "ann", 1)) == Reach("南店", "product", "P1")
    assert reach_of(OwnQuestionRow("s", {"name": "x"}, "live", "ann", 1)) == Reach()
    with pytest.raises(msgspec.ValidationError):
        reach_of(OwnQuestionRow("s", {"scope": "moon"}, "live", "ann", 1))


PRODUCTS = [
    ProductRow("a", {"name": "裙", "slot": 1, "aliases": ["连衣裙"], "klass": "other", "merchant": "A"}),
    ProductRow("b", {"name": "鞋", "slot": "1", "merchant": "B"}),
    ProductRow("c", {"name": "袜", "slot": 3}),
    ProductRow("d", {"slot": 4}),
    ProductRow("e", {"name": "x", "slot": "no"}),
    ProductRow("f", {"name": "x", "slot": 7, "aliases": ["y"]}),
]
FACTS = [
    FactRow("", "courier", "顺丰", "hand", None),
    FactRow("@A", "courier", "中通", "hand", None),
    FactRow("a", "price", "59", "desk", 9, True),
    FactRow("a", "stock", "<b>", "hand", None),
    FactRow("gone", "price", "1", "hand", None),
]


def test_a_merchants_shop_has_its_own_goods_and_nobody_elses() -> None:
    shop, troubles = stored_shop(PRODUCTS, FACTS, "A")
    assert [one.id for one in shop.products] == ["a", "c"]
    assert shop.facts == {"courier": Fact("中通", "hand")}
    assert shop.products[0].facts == {"price": Fact("59", "desk", 9, True)}
    assert (shop.products[0].merchant, shop.on_show) == ("A", None)
    assert [one.split(":")[0] for one in troubles] == [
        "The fact stock of a", "The product d", "The product e", "The product f"
    ]  # fmt: skip
    assert stored_shop(PRODUCTS, FACTS, "B")[0].facts == {"courier": Fact("顺丰", "hand")}


def test_without_a_merchant_all_goods_are_there_and_no_link_number_twice() -> None:
    shop, troubles = stored_shop(PRODUCTS[:3], FACTS, None)
    assert [one.id for one in shop.products] == ["a", "c"]
    assert any("link number 1" in one for one in troubles)
    assert shop.facts == {"courier": Fact("顺丰", "hand")}
    assert stored_shop([], [], None)[0].products == ()


def test_a_product_with_a_name_that_cannot_be_said_is_left_out() -> None:
    rows = [ProductRow("g", {"name": "裙<b>", "slot": 8}), ProductRow("h", {"name": "裙\u200b", "slot": 9})]
    shop, troubles = stored_shop([*PRODUCTS[:1], *rows], [], None)
    assert [one.id for one in shop.products] == ["a"]
    assert [one.split(":")[0] for one in troubles] == ["The product g", "The product h"]
    assert shop.facts_for("a")["product"] == Fact("裙")


def test_where_all_goods_are_one_merchants_its_facts_hold_for_a_room_of_no_merchant() -> None:
    """They are stored so, see bot.storage.facts.house_of."""
    assert stored_shop([PRODUCTS[0], PRODUCTS[2]], FACTS, None)[0].facts == {"courier": Fact("中通", "hand")}
