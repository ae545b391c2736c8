"""Codes typed in the room."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import typed
from bot.decision import CodeSaid
from tests.bot.standing import STATE
from tests.builders import comment

DRAWN = msgspec.structs.replace(STATE, latest_draw="draw-7")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("查询 abc1", ("lookup", "ABC1")), ("查询abc1", ("lookup", "ABC1")), ("查询：ＡＢＣ１", ("lookup", "ABC1")),
        ("查詢 abcdefgh1234", ("lookup", "ABCDEFGH1234")), ("查询 abc", None), ("查询 abcdefgh12345", None),
        ("查询 快递", None), ("查询", None), ("查询 ab-cd", None), ("我要查询 abc1", None),
        ("兑奖 ABCD2345", ("claim", "ABCD2345")), ("兑奖 abcd-2345", ("claim", "ABCD2345")),
        ("兌獎 abcd 2345", ("claim", "ABCD2345")), ("兑奖 ABCD234", None), ("兑奖 ABCD23456", None), ("怎么兑奖", None),
        ("查询 " + "a" * 100, None), ("查询 ab\u202ecd", None), ("查询 \ud800abc", None),
    ],
)  # fmt: skip
def test_what_is_a_code(said: str, code: tuple[str, str] | None) -> None:
    assert typed.read(said) == code


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["查询", "兑奖", ""]), st.text(max_size=50))
def test_a_code_is_only_letters_and_digits(start: str, rest: str) -> None:
    found = typed.read(start + rest)
    assert found is None or (found[1].isascii() and found[1].isalnum() and found[1].upper() == found[1])


def test_which_codes_count() -> None:
    assert typed.heard(comment("查询 abc1"), DRAWN) == (True, CodeSaid("lookup", "ABC1", "draw-7"))
    assert typed.heard(comment("查询 abc1"), STATE) == (True, None), "there was no draw yet"
    assert typed.heard(comment("兑奖 abcd2345"), STATE) == (True, CodeSaid("claim", "ABCD2345", ""))
    assert typed.heard(comment("多少钱"), DRAWN) == (False, None)
    for one in (
        comment("查询 abc1", uid=None),
        comment("查询 abc1", edited=True),
        comment("查询 abc1", mirrored=True),
    ):
        assert typed.heard(one, DRAWN) == (True, None)
