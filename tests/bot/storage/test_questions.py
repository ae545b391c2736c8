from __future__ import annotations

from typing import Any

import pytest

from bot.errors import NotAllowed
from bot.storage.audit import verify
from bot.storage.journal import Journal

from .show import T0

BODY: dict[str, Any] = {
    "name": "能开发票吗",
    "asks": ["能开发票吗", " 有发票没 ", "发票怎么开", "能开发票吗"],
}


def test_a_question_is_live_at_once_and_can_be_switched(journal: Journal) -> None:
    one = journal.save_own_question("fapiao", BODY | {"must": ["发票"], "unknown": 1}, by="ann")
    assert one.body == {
        "name": "能开发票吗", "asks": ["能开发票吗", "有发票没", "发票怎么开"], "must": ["发票"], "must_not": [],
        "scope": "any", "product": None, "merchant": None,
    }  # fmt: skip
    assert (one.state, one.changed_by, one.changed_ms) == ("live", "ann", T0)
    assert journal.switch_own_question("fapiao", False, by="bob").state == "off"
    assert journal.save_own_question("fapiao", BODY, by="ann").state == "off"
    assert journal.own_questions("live") == []
    assert [one.slug for one in journal.own_questions()] == ["fapiao"]
    assert journal.switch_own_question("fapiao", True, by="bob") == journal.own_questions("live")[0]
    with pytest.raises(NotAllowed, match="no own question"):
        journal.switch_own_question("none", True, by="bob")
    assert verify(journal.store).first_bad is None


@pytest.mark.parametrize("slug", ["", "发票", "A", "-x", "a" * 41, "a b", "a/../b", "own:x", "a\n"])
def test_a_slug_is_a_short_plain_name(journal: Journal, slug: str) -> None:
    with pytest.raises(NotAllowed, match="short name"):
        journal.save_own_question(slug, BODY, by="ann")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"asks": ["一", "二", "一 "]}, "asks"),
        ({"asks": "一二三"}, "asks"),
        ({"asks": ["x" * 201, "二", "三"]}, "asks"),
        ({"must": [str(n) for n in range(201)]}, "must"),
        ({"must_not": 7}, "must_not"),
        ({"scope": "all"}, "scope"),
        ({"scope": "product"}, "scope"),
        ({"scope": "any", "product": "p1"}, "scope"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(journal: Journal, more: dict[str, Any], field: str) -> None:
    with pytest.raises(NotAllowed, match=f"^{field}: "):
        journal.save_own_question("x", BODY | more, by="ann")
    assert journal.own_questions() == []


def test_hostile_text_is_kept_as_text(journal: Journal) -> None:
    asks = ["a\0'; DROP TABLE own_question; --", "=cmd()", "<b>\ud800"]
    one = journal.save_own_question("x", {"name": "\0", "asks": asks}, by="ann\0")
    assert one.body["asks"] == ["a\ufffd'; DROP TABLE own_question; --", "=cmd()", "<b>\ufffd"]
    assert verify(journal.store).first_bad is None
