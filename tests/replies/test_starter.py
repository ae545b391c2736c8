"""The starter pack keeps the style of the house, and says nothing before somebody has approved it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from itertools import groupby

import pytest

from classifiers.cascade import Cascade
from classifiers.verdict import INTENTS, Hit
from replies import practice, starter
from replies.errors import LibraryError, PhraseRefused
from replies.facts import Fact
from replies.library import Library
from replies.lint import ANSWER_CHARS, lint
from replies.phrase import Phrase, joined
from replies.promise import needs_duty
from replies.selector import Choice, choose
from replies.sheet import COMPLAINTS, DRAW_NOTICES, EMERGENCIES, SATISFACTION, dump_csv
from replies.subject import PRODUCT_BOUND
from tests.replies.draw_facts import DRAW_FACTS

SHOP = practice.shop()
PHRASES = list(starter.library())
MANNER = (
    "亲", "宝宝", "宝子", "家人", "老铁", "感谢您", "提问", "您好", "哦", "呢", "哟", "～", "~", "！", "!", "【",
    "[", "最", "第一", "全网", "绝对", "保证", "百分百", "放心", "抢", "手慢", "赶紧", "赶快", "仅剩", "只剩",
    "转人工", "马上", "立刻", "稍后", "尽快",
)  # fmt: skip
"""What a good host leaves out: pet names, thanks for the question, shouting, absolute words, haste, promises."""


def of(intent: str, lang: str = "zh") -> list[Phrase]:
    return [phrase for phrase in PHRASES if phrase.intent == intent and phrase.lang == lang]


@pytest.fixture(scope="module")
def cascade() -> Cascade:
    return Cascade.load()


@pytest.mark.parametrize("intent", INTENTS)
def test_each_question_has_three_drafts_one_of_them_without_facts(intent: str) -> None:
    drafts = of(intent)
    bare = [phrase for phrase in drafts if not phrase.slots]
    assert len(drafts) == 3
    assert len({phrase.text for phrase in drafts}) == 3
    assert [(phrase.group, phrase.tone == "sales") for phrase in bare] == [("", False)]
    assert len(of(intent, "en")) == 1


def test_english_drafts_need_no_facts_as_the_shops_facts_are_chinese() -> None:
    english = [one for one in PHRASES if one.lang == "en" and not one.intent.startswith("draw:")]
    assert [phrase.intent for phrase in english] == [*INTENTS, SATISFACTION]
    assert all(not phrase.slots and phrase.text.isascii() and not phrase.disclosure for phrase in english)


@pytest.mark.parametrize("intent", sorted(PRODUCT_BOUND | {"compare"}))
def test_what_is_said_of_a_product_names_it(intent: str) -> None:
    for phrase in of(intent):
        assert not phrase.slots or {"link_no", "product"} & set(phrase.slots), phrase.text


def test_a_price_comes_with_its_basis_and_a_gift_with_its_terms() -> None:
    for phrase in PHRASES:
        if "price" in phrase.slots:
            assert {"price_basis", "price_until"} <= set(phrase.slots)
        if "gift" in phrase.slots:
            assert phrase.disclosure == "赠品以下单页为准"


@pytest.mark.parametrize("kind", COMPLAINTS)
def test_each_complaint_has_two_calm_answers_one_without_facts(kind: str) -> None:
    answers = of(f"complaint:{kind}")
    assert [phrase.tone for phrase in answers] == ["after_sales", "after_sales"]
    assert [bool(phrase.slots) for phrase in answers] == [True, False]


def test_each_emergency_has_a_line_for_the_host_and_one_for_the_room() -> None:
    scripts = starter.scripts()
    assert [script.name for script in scripts] == list(EMERGENCIES)
    for script in scripts:
        assert {script.host.intent, script.chat.intent} == {f"emergency:{script.name}"}
        assert script.host.text != script.chat.text
        assert {script.host.tone, script.chat.tone} == {"after_sales"}


def test_a_script_whose_line_is_lost_is_told_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = Library(phrase for phrase in PHRASES if phrase.id != "starter-emergency-slip-chat")
    monkeypatch.setattr(starter, "library", lambda: rest)
    starter.scripts.cache_clear()
    try:
        with pytest.raises(LibraryError, match="'slip'"):
            starter.scripts()
    finally:
        starter.scripts.cache_clear()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_satisfaction_question_says_which_figure_means_what(lang: str) -> None:
    (draft,) = of(SATISFACTION, lang)
    assert (draft.tone, draft.slots) == ("neutral", ())
    assert 0 < draft.text.index("1") < draft.text.index("2")


def test_the_pack_holds_nothing_else() -> None:
    intents = [intent for intent, _ in groupby(PHRASES, key=lambda phrase: phrase.intent)]
    assert intents == [
        *INTENTS, *(f"complaint:{kind}" for kind in COMPLAINTS), *(f"emergency:{name}" for name in EMERGENCIES),
        SATISFACTION, *(f"draw:{name}" for _ in ("zh", "en") for name in DRAW_NOTICES),
    ]  # fmt: skip
    assert len({phrase.text for phrase in PHRASES}) == len(PHRASES)
    assert not {phrase.id for phrase in PHRASES} & {phrase.id for phrase in practice.library()}


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("practising", [True, False])
def test_no_draft_is_ever_said(intent: str, practising: bool) -> None:
    choice = choose(
        starter.library(), SHOP, intent, "P1", tone_needed="sales", platform=None, practice=practising, now_ms=0,
        last_used={}, viewer_key="v",
    )  # fmt: skip
    assert not isinstance(choice, Choice)
    for phrase in of(intent):
        with pytest.raises(PhraseRefused) as refused:
            starter.library().check(phrase.id, phrase.digest, 0, practising)
        assert refused.value.reason == "not_approved"


def test_all_are_unsigned_drafts_of_the_starter_for_every_room() -> None:
    for phrase in PHRASES:
        assert (phrase.state, phrase.author, phrase.reviewer, phrase.signed) == ("draft", "starter", "", "")
        assert (phrase.scope, phrase.platform, phrase.room, phrase.merchant) == ("any", None, None, None)


def test_the_shipped_rule_book_has_nothing_to_say(cascade: Cascade) -> None:
    """Not even a warning: length at a glance, set phrases, hurry, promises of a person."""

    def judge(text: str) -> Sequence[Hit]:
        return cascade.judge([text])[0].banned

    assert [one for phrase in PHRASES for one in lint(phrase, judge=judge)] == []


def test_filled_with_the_facts_of_a_shop_they_stay_short_and_clean(cascade: Cascade) -> None:
    answers = [one for one in PHRASES if not one.intent.startswith("draw:")]
    said = [phrase.render(SHOP.facts_for(product.id), 0) for phrase in answers for product in SHOP.products]
    assert [text for text in said if len(text.split("。")[0]) > ANSWER_CHARS] == []
    said += [phrase.render(DRAW_FACTS, 0) for phrase in PHRASES if phrase not in answers]
    assert [text for text, verdict in zip(said, cascade.judge(said), strict=True) if verdict.banned] == []


@pytest.mark.parametrize("phrase", PHRASES, ids=[phrase.id for phrase in PHRASES])
def test_the_manner_of_a_good_host(phrase: Phrase) -> None:
    words = joined(phrase.text, phrase.disclosure)
    assert [word for word in MANNER if word in words] == []
    assert not needs_duty(words)
    assert not phrase.text.endswith(("。", "，"))


@pytest.mark.parametrize("stock", ["0件", "已售罄", "320支"])
def test_stock_is_told_without_saying_that_there_is_any(stock: str) -> None:
    """A line that begins with 还有 would be untrue as soon as the figure is nought."""
    facts = {"product": Fact("大衣"), "link_no": Fact("2"), "stock": Fact(stock)}
    said = [phrase.render(facts, 0) for phrase in of("stock") if phrase.slots]
    assert all(f"库存{stock}" in text and "还有" not in text and "现货" not in text for text in said)


def test_the_shipped_file_is_what_the_library_writes() -> None:
    assert dump_csv(PHRASES, full=True) == files(starter).joinpath("phrases.csv").read_bytes()
