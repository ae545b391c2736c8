"""Negated, asked, quoted: within the clause of the hit and no further."""

from __future__ import annotations

import pytest

from classifiers.excuse import excused


def judged(text: str, term: str, *excuses: str) -> bool:
    at = text.index(term)
    return excused(set(excuses), text, at, at + len(term))


@pytest.mark.parametrize(
    ("text", "excuse"),
    [
        ("不是最低价", "negated"), ("算不上什么最低价", "negated"), ("最低价个屁", "negated"), ("最低价吗", "asked"),
        ("是不是最低价啊", "asked"), ("最低价？", "asked"), ("最低价 是吗", "asked"), ("写着最低价", "quoted"),
        ("“最低价”呵呵", "quoted"), ('"最低价"', "quoted"),
    ],
)  # fmt: skip
def test_excused_by_one_context_only_when_the_code_allows_it(text: str, excuse: str) -> None:
    assert judged(text, "最低价", excuse)
    assert not judged(text, "最低价")


@pytest.mark.parametrize(
    "text", ["不错 最低价", "最低价 多少人在看", "最低价好吗", "最低价", "他说完了 最低价"]
)
def test_not_excused(text: str) -> None:
    assert not judged(text, "最低价", "negated", "asked", "quoted")
