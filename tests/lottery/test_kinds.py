from __future__ import annotations

import json
from typing import Any

import pytest

from lottery.errors import RecordError
from lottery.kinds import Contest, Guess, Keyword, Purchase, Quiz, Rain, Wave, contest_json, read_contest

HASH = "ab" * 32
CONTESTS: list[Contest] = [
    Keyword("抽奖"),
    Quiz("几点？", ("八点", "九点"), "", HASH),
    Quiz("几点？", (), "答", HASH),
    Guess("多少？", "", 2, 0, 100, HASH),
    Rain((Wave("一", 0, 5), Wave("二", 5, 9))),
    Purchase("sku-7"),
]


def parts(contest: Contest) -> tuple[str, Any, Any]:
    keyword = contest.keyword if isinstance(contest, Keyword) else None
    return contest.KIND, keyword, json.loads(json.dumps(contest_json(contest)))


@pytest.mark.parametrize("contest", CONTESTS)
def test_contests_read_back(contest: Contest) -> None:
    assert read_contest(*parts(contest)) == contest


@pytest.mark.parametrize("contest", CONTESTS[1:])
def test_no_field_may_be_missing_unknown_or_of_another_kind(contest: Contest) -> None:
    kind, _, whole = parts(contest)
    for name in whole:
        with pytest.raises(RecordError):
            read_contest(kind, None, {key: value for key, value in whole.items() if key != name})
        with pytest.raises(RecordError):
            read_contest(kind, None, {**whole, name: 1.5})
    with pytest.raises(RecordError, match="nobody knows"):
        read_contest(kind, None, {**whole, "odds": 1})
    with pytest.raises(RecordError):
        read_contest(kind, "抽奖", whole)
    with pytest.raises(RecordError):
        read_contest(kind, None, None)


@pytest.mark.parametrize(
    ("kind", "keyword", "value"),
    [
        ("wheel", None, {}),
        ("keyword", None, None),
        ("keyword", "", None),
        ("keyword", "a" * 101, None),
        ("keyword", "抽奖", {}),
        ("quiz", None, {"question": "?", "options": ["a"] * 9, "prefix": "", "answer_commit": HASH}),
        ("quiz", None, {"question": "?", "options": ["a", ""], "prefix": "", "answer_commit": HASH}),
        ("quiz", None, {"question": "?", "options": ["a", 1], "prefix": "", "answer_commit": HASH}),
        ("quiz", None, {"question": "?", "options": ["a", "b"], "prefix": "", "answer_commit": HASH.upper()}),
        ("rain", None, {"waves": [{"keyword": "a", "open_at": 0, "close_at": 1}] * 21}),
        ("rain", None, {"waves": [{"keyword": "a", "open_at": 0, "close_at": 1, "x": 1}]}),
        ("rain", None, {"waves": [{"keyword": "a", "open_at": True, "close_at": 1}]}),
        ("purchase", None, {"product": ""}),
    ],
)
def test_contests_are_read_strictly(kind: str, keyword: Any, value: Any) -> None:
    with pytest.raises(RecordError):
        read_contest(kind, keyword, value)


@pytest.mark.parametrize("change", [{"decimals": 3}, {"decimals": -1}, {"least": -1}, {"most": 2**53}])
def test_a_guess_has_limits(change: dict[str, int]) -> None:
    _, _, whole = parts(CONTESTS[3])
    with pytest.raises(RecordError):
        read_contest("guess", None, {**whole, **change})
