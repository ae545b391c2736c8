"""The shipped shop and library keep the promises of the library's style."""

from __future__ import annotations

import pytest

from classifiers.cascade import Cascade
from classifiers.verdict import INTENTS
from replies import practice
from replies.facts import SLOTS
from replies.lint import lint
from replies.phrase import Phrase
from replies.selector import Choice, choose
from replies.sheet import COMPLAINTS, SATISFACTION, dump_csv
from replies.subject import PRODUCT_BOUND
from tests.replies.draw_facts import DRAW_FACTS

SHOP, LIBRARY = practice.shop(), practice.library()
PHRASES = list(LIBRARY)


def by_intent(intent: str) -> list[Phrase]:
    return [phrase for phrase in PHRASES if phrase.intent == intent]


def test_six_goods_with_full_facts() -> None:
    assert SHOP.on_show is None
    assert [product.slot for product in SHOP.products] == [1, 2, 3, 4, 5, 6]
    for product in SHOP.products:
        facts = SHOP.facts_for(product.id)
        assert set(facts) == set(SLOTS) - {"compare_at", "compare_basis"}
        assert all(len(fact.value) <= SLOTS[name] for name, fact in facts.items()), product.id


@pytest.mark.parametrize("intent", INTENTS)
def test_each_question_has_two_bound_phrases_and_a_generic_one(intent: str) -> None:
    whole = [phrase for phrase in by_intent(intent) if phrase.scope == "any"]
    bound = [phrase for phrase in whole if phrase.slots]
    assert len(bound) >= 2
    assert any(not phrase.slots and phrase.group == "" and phrase.tone != "sales" for phrase in whole)


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("product", [None, *(product.id for product in SHOP.products)])
@pytest.mark.parametrize("tone", ["sales", "after_sales"])
def test_every_question_about_every_product_is_answered(intent: str, product: str | None, tone: str) -> None:
    choice = choose(
        LIBRARY, SHOP, intent, product, tone_needed=tone, platform=None, practice=True, now_ms=0,  # type: ignore[arg-type]
        last_used={}, viewer_key="v",
    )  # fmt: skip
    assert isinstance(choice, Choice)


@pytest.mark.parametrize("phrase", PHRASES, ids=[phrase.id for phrase in PHRASES])
def test_each_phrase_is_clean_short_and_for_practice_only(phrase: Phrase) -> None:
    assert (phrase.signed, phrase.state) == ("practice", "live")
    assert [one for one in lint(phrase, judge=lambda _: [], shop=SHOP) if one.level == "refuse"] == []
    for product in SHOP.products:
        if phrase.scope == "any" or phrase.product in (product.id, product.klass):
            said = phrase.render({**SHOP.facts_for(product.id), **DRAW_FACTS}, 0)
            answer = said.split("。")[0]
            assert len(answer) <= (100 if phrase.intent.startswith("draw:") else 25), said
            assert not answer.startswith(("亲", "您好", "感谢"))


def test_the_shipped_rule_book_lets_every_phrase_pass() -> None:
    """Alone as `phrases lint` sees it, and filled as the room hears it for every product it suits."""
    cascade = Cascade.load()
    for phrase in PHRASES:
        found = lint(phrase, judge=lambda text: cascade.judge([text])[0].banned, shop=SHOP)
        assert [one for one in found if one.level == "refuse"] == []
    said = [
        phrase.render({**SHOP.facts_for(product.id), **DRAW_FACTS}, 0)
        for phrase in PHRASES
        for product in SHOP.products
        if phrase.scope == "any" or phrase.product in (product.id, product.klass)
    ]
    assert [text for text, verdict in zip(said, cascade.judge(said), strict=True) if verdict.banned] == []


@pytest.mark.parametrize("intent", ["returns", "after_sales", "order_status"])
def test_after_sales_questions_have_a_calm_phrase(intent: str) -> None:
    assert any(phrase.tone == "after_sales" for phrase in by_intent(intent))


@pytest.mark.parametrize("kind", COMPLAINTS)
def test_complaints_have_a_vetted_calm_answer(kind: str) -> None:
    answers = by_intent(f"complaint:{kind}")
    assert answers
    assert all(phrase.tone == "after_sales" for phrase in answers)
    assert any(not phrase.slots for phrase in answers)


def test_the_satisfaction_question_can_be_practised() -> None:
    (phrase,) = by_intent(SATISFACTION)
    assert (phrase.scope, phrase.tone, phrase.slots) == ("any", "neutral", ())
    assert 0 < phrase.text.index("1") < phrase.text.index("2")


def test_a_comparison_has_both_arms() -> None:
    arms = {phrase.group: phrase for phrase in by_intent("discount")}
    assert set(arms) == {"", "A", "B"}
    assert arms["A"].tone == arms["B"].tone == "sales", "two tones would be two comparisons in one"


@pytest.mark.parametrize("intent", sorted(PRODUCT_BOUND | {"compare"}))
def test_what_is_said_of_a_product_names_it(intent: str) -> None:
    """The room hears the answer without the question."""
    for phrase in by_intent(intent):
        if phrase.scope == "product":
            product = SHOP.product(phrase.product)
            assert product is not None
            assert phrase.text.startswith(product.aliases), phrase.text
        else:
            assert not phrase.slots or {"link_no", "product"} & set(phrase.slots), phrase.text


def test_the_manner_is_plain() -> None:
    """No clerk's turns of phrase but in the terms of a gift, no pet names, no 您."""
    for phrase in PHRASES:
        assert not any(word in phrase.text for word in ("为准", "查看", "您", "亲", "当前", "详情页说明")), (
            phrase.text
        )


def test_one_phrase_answers_the_whole_of_its_question() -> None:
    """Phrases of one question come in turn: each must fit whatever was asked."""
    facts = SHOP.facts_for("P1")
    for phrase in by_intent("order_status"):
        assert any(word in phrase.text for word in ("查订单", "没发货", "物流")), phrase.text
    for phrase in by_intent("payment"):
        if phrase.slots:
            assert {"payment", "invoice"} <= set(phrase.slots)
    for phrase in by_intent("after_sales"):
        assert phrase.render(facts, 0).count("售后") <= 1


def test_the_shipped_file_is_what_the_library_writes() -> None:
    """Its digests fit: an edit by hand without a new digest would come in as drafts."""
    from importlib.resources import files

    shipped = files(practice).joinpath("phrases.csv").read_bytes()
    assert dump_csv(PHRASES, full=True) == shipped
