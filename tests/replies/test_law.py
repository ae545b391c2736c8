"""Every finding is explained, with the law, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from classifiers import rulebook
from replies import law
from replies.wording import REFUSED_CATEGORIES

BOOK = rulebook.load(rulebook.SHIPPED)


@pytest.mark.parametrize("code", sorted(BOOK.codes))
def test_every_code_the_shop_may_not_say_is_explained_by_the_rule_books_own_law(code: str) -> None:
    if code[0] not in REFUSED_CATEGORIES:
        return
    shown = {(one.law, one.edition, one.article, one.mark) for one in law.explain(code).bases}
    held = {(one.law, one.edition, one.article, one.mark) for one in BOOK.codes[code].basis}
    assert shown == held


def test_every_finding_of_our_own_is_explained() -> None:
    folder = Path(law.__file__).parent
    made = set()
    for name in ("lint.py", "wording.py"):
        source = (folder / name).read_text(encoding="utf-8")
        made |= set(re.findall(r'Finding\([^"]*"(?:text|disclosure)",[^"]*"([a-z-]+)"', source))
        made |= set(re.findall(r'Finding\(phrase\.id, field, [^"]*"([a-z-]+)"', source))
    assert {"empty", "urgency", "price-compare", "device-notice", "promise"} <= made
    assert made == set(law.own())


@pytest.mark.parametrize(
    "explanation", [*law.codes().values(), *law.own().values()], ids=lambda one: one.en[:30]
)
def test_sentences_are_short_and_in_their_language(explanation: law.Explanation) -> None:
    assert re.search("[一-鿿]", explanation.zh)
    assert len(explanation.zh) <= 40
    assert len(explanation.en) <= 110
    assert explanation.en.endswith(".")
    assert bool(explanation.bases) == bool(explanation.law_zh) == bool(explanation.law_en)


def test_a_rule_stands_on_its_code() -> None:
    assert law.explain("A01-0002") is law.explain("A01")
    assert "《广告法》（2021）第9(3)条" in law.explain("A01-0002").law_zh
    assert "广告法 (2021) art. 9(3)" in law.explain("A01-0002").law_en
    assert [one.code for one in law.explain("A01").grounds][:2] == ["EX4", "EX5.1"]


def test_an_unverified_basis_says_so() -> None:
    assert "待法务核对" in law.explain("device-notice").law_zh
    assert "to be checked by counsel" in law.explain("D01").law_en


@pytest.mark.parametrize("rule", ["Z99-0001", "no such name", "", "A01x", "A99"])
def test_an_unknown_rule_is_explained_without_law_or_exemption(rule: str) -> None:
    known = law.explain(rule)
    assert (known.bases, known.grounds) == ((), ())
    assert known.zh


@pytest.mark.parametrize("code", ["M01", "M04", "A06", "A07", "D01", "D02", "I01", "U01", "X01", "S02"])
def test_where_the_law_knows_no_exemption_there_is_none(code: str) -> None:
    assert law.explain(code).grounds == ()
