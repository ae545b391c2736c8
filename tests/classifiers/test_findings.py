"""What is left of overlapping hits, and which hits are one."""

from __future__ import annotations

import pytest

from classifiers.findings import joined, settled
from classifiers.verdict import Hit


def hit(code: str, start: int, end: int, number: int = 1, text: str = "") -> Hit:
    return Hit(code, start, end, text, "", f"{code}-{number:04d}")


def test_the_longest_of_one_code_stays_and_other_codes_stay_beside_it() -> None:
    long, short, other = hit("A01", 0, 5), hit("A01", 2, 4, 2), hit("D01", 2, 4)
    assert settled([short, other, long]) == (long, other)


def test_medical_codes_give_way_to_one_another() -> None:
    """Which law a cure is claimed against hangs on the goods: one wording is one hit."""
    term, shape = hit("M01", 2, 5), hit("M04", 1, 6, 401)
    assert settled([term, shape]) == (shape,)
    assert settled([hit("M01", 0, 3), hit("M04", 4, 6)]) == (hit("M01", 0, 3), hit("M04", 4, 6))


@pytest.mark.parametrize(("gap", "count"), [(0, 1), (6, 1), (7, 2)])
def test_wordings_of_one_advert_are_one_hit(gap: int, count: int) -> None:
    text = "加微信" + "，" * gap + "私发你"
    found = joined([hit("D01", 0, 3, 1, "加微信"), hit("D01", 3 + gap, 6 + gap, 2, "私发你")], text)
    assert len(found) == count
    assert found[0].rule == "D01-0001"
    assert all(h.text == text[h.start : h.end] for h in found)
    if count == 1:
        assert found[0].text == text


def test_insults_are_counted_one_by_one_and_codes_are_never_mixed() -> None:
    text = "傻逼滚蛋加微信批发"
    hits = [
        hit("U01", 0, 2, 1, "傻逼"),
        hit("U01", 2, 4, 2, "滚蛋"),
        hit("D01", 4, 7, 1, "加微信"),
        hit("S01", 7, 9, 1, "批发"),
    ]
    assert joined(hits, text) == tuple(hits)
