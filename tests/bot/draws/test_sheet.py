"""Rule sheets from JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import pytest

from bot.app.demo import practice_sheet
from bot.draws.sheet import read_sheet, require_sayable, to_sheet
from bot.errors import InputError
from classifiers.verdict import Verdict
from tests.builders import verdict

SHEET = practice_sheet(
    {"title": "抽洁面乳", "keyword": "好运", "prize": "洁面乳", "quantity": 2, "value_fen": 5900, "reserves": 1,
     "lead_s": 30, "window_s": 60}
)  # fmt: skip


def body(**changes: object) -> dict[str, object]:
    return {**json.loads(json.dumps(asdict(SHEET))), **changes}


def test_a_sheet_written_as_json_is_read_back() -> None:
    assert read_sheet(json.dumps(body()).encode()) == SHEET
    assert to_sheet(body()) == SHEET


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_told(data: bytes) -> None:
    with pytest.raises(InputError, match="no JSON object"):
        read_sheet(data)


@pytest.mark.parametrize("data", [b"[]", b"3", b"null", b'"x"'])
def test_json_that_is_no_object_is_told(data: bytes) -> None:
    with pytest.raises(InputError):
        read_sheet(data)


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(InputError, match="winner"):
        to_sheet(body(winner="me"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"window_s": "long"}, "window_s"),
        ({"prizes": [{"rank": 1}]}, "prizes"),
        ({"keyword": None}, "keyword"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InputError, match=field):
        to_sheet(body(**changes))


def test_a_missing_field_is_named() -> None:
    fields = body()
    del fields["keyword"]
    with pytest.raises(InputError, match="keyword"):
        to_sheet(fields)


def test_a_keyword_that_breaks_the_rule_book_is_refused() -> None:
    def judge(texts: Sequence[str]) -> list[Verdict]:
        return [verdict(banned=("D01",) if "加微信" in text else ()) for text in texts]

    require_sayable(SHEET, judge)
    for field in ("keyword", "title"):
        with pytest.raises(InputError, match=f"The {field} of the rule sheet"):
            require_sayable(replace(SHEET, **{field: "加微信"}), judge)
    with pytest.raises(InputError, match=r"The prizes\[0\] of"):
        require_sayable(replace(SHEET, prizes=(replace(SHEET.prizes[0], name="加微信"),)), judge)
