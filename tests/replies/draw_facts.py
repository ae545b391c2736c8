"""What a draw would fill its notices with."""

from replies.facts import DRAW_SLOTS, Fact

DRAW_FACTS = {
    "draw_number": Fact("第3场抽奖"),
    "draw_how": Fact("发送「新年快乐」"),
    "draw_prize": Fact("无火香薰"),
    "draw_minutes": Fact("3"),
    "draw_count": Fact("1742"),
}
assert set(DRAW_FACTS) == set(DRAW_SLOTS)
