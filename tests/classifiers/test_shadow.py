"""Two rule books over the same comments: what is counted, what is kept."""

from __future__ import annotations

import dataclasses

from classifiers import rulebook
from classifiers.lexicon import Lexicon
from classifiers.shadow import compare

SHIPPED = rulebook.load()
BOOK = dataclasses.replace(
    SHIPPED, terms=tuple(t for t in SHIPPED.terms if t.term in ("傻逼", "加微信")), patterns=()
)
OLD = Lexicon(BOOK)
NEW = Lexicon(dataclasses.replace(BOOK, terms=tuple(t for t in BOOK.terms if t.code != "U01")))


def test_differences_are_counted_and_the_first_are_kept() -> None:
    texts = ["傻逼主播", "多少钱", "加微信", "傻逼 加微信"] * 100
    found = compare(OLD, NEW, texts, first=3)
    assert (found.comments, found.differing) == (400, 200)
    assert found.old["U01"] == found.removed["U01"] == 200
    assert found.new["U01"] == 0
    assert found.old["D01"] == found.new["D01"] == 200
    assert not found.added
    assert [(d.text, [h.text for h in d.removed]) for d in found.first] == [
        ("傻逼主播", ["傻逼"]), ("傻逼 加微信", ["傻逼"]), ("傻逼主播", ["傻逼"]),
    ]  # fmt: skip


def test_the_other_way_round_they_are_added() -> None:
    found = compare(NEW, OLD, ["傻逼主播"])
    assert found.added == {"U01": 1}
    assert found.first[0].added[0].category == "U01"


def test_nothing_to_compare() -> None:
    found = compare(OLD, NEW, [])
    assert (found.comments, found.first) == (0, [])
