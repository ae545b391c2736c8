"""The open draw at rest: its rule comes back whole, and it knows what might give its answer away."""

from __future__ import annotations

import msgspec
import pytest

from bot.open_draw import OpenDraw, OpenWave
from lottery.contests import Guess, Keyword, Purchase, Quiz, Rain, Wave
from tests.builders import ROOM


def test_the_rule_of_an_open_draw_is_made_of_all_that_it_says() -> None:
    draw = OpenDraw(
        "d", "好运", 1, 9, frozenset({"a"}), frozenset({"b"}), frozenset({"c"}),
        follow=True, fan_level=2, account_level=3,
    )  # fmt: skip
    rule = draw.rule(ROOM)
    assert (rule.contest, rule.platform, rule.room) == (Keyword("好运"), ROOM.platform, ROOM.room_id)
    assert (rule.open_at, rule.close_at) == (1, 9)
    assert (rule.staff, rule.blacklist, rule.previous) == (draw.staff, draw.blacklist, draw.previous)
    assert (rule.conditions.follow, rule.conditions.fan_level, rule.conditions.account_level) == (True, 2, 3)


@pytest.mark.parametrize(
    ("changes", "contest"),
    [
        ({"kind": "quiz", "options": ("甲", "乙")}, Quiz("", ("甲", "乙"), "", "")),
        ({"kind": "quiz", "prefix": "答"}, Quiz("", (), "答", "")),
        (
            {"kind": "guess", "prefix": "猜", "decimals": 1, "least": 2, "most": 3},
            Guess("", "猜", 1, 2, 3, ""),
        ),
        ({"kind": "rain", "waves": (OpenWave("x", 1, 2),)}, Rain((Wave("x", 1, 2),))),
        ({"kind": "purchase", "product": "P1"}, Purchase("P1")),
    ],
)
def test_each_kind_of_contest_comes_back(changes: dict[str, object], contest: object) -> None:
    draw = msgspec.structs.replace(OpenDraw("d", "", 1, 9), **changes)
    assert draw.contest() == contest
    again = msgspec.convert(msgspec.to_builtins(draw, enc_hook=sorted), OpenDraw)
    assert again.contest() == contest


CHOICE = OpenDraw("d", "", 1, 9, kind="quiz", options=("棉", "Linen"))
PRICED = OpenDraw("d", "", 1, 9, kind="guess", decimals=2, least=5_000, most=150_000)


@pytest.mark.parametrize(
    ("draw", "text", "reveals"),
    [
        (CHOICE, "面料是棉的", True), (CHOICE, "ｌｉｎｅｎ 的", True), (CHOICE, "今天包邮", False),
        (OpenDraw("d", "", 1, 9, kind="quiz", prefix="答"), "今天包邮", True),
        (PRICED, "到手59元", True), (PRICED, "１，２９９元", True), (PRICED, "50", True), (PRICED, "1500.01", False),
        (PRICED, "49.99", False), (PRICED, "7天无理由", False), (PRICED, "价格看购物车", False),
        (PRICED, "到手九十九", True), (PRICED, "九块九包邮", True), (PRICED, "1.2千", True), (PRICED, "1k 出头", True),
        (PRICED, "七天无理由", False), (PRICED, "一样的，2 kg 装", False),
        (OpenDraw("d", "59", 1, 9), "到手59元", False),
    ],
)  # fmt: skip
def test_words_of_ours_that_might_give_the_answer_away(draw: OpenDraw, text: str, reveals: bool) -> None:
    assert draw.reveals(text) is reveals
