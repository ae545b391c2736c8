"""Rule sheets and people from chance: what the draws of the comparison are drawn up from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lottery.canonical import nfc
from lottery.contests import answer_value
from lottery.rules import Prize, RuleSheet, WaveSheet

# People's names and ids as platforms carry them: CJK, right to left, accents in two forms, emoji of several code
# points, characters beyond the basic plane, white space within, the byte order mark as a character.
_SCRIPTS = (
    "user{}",
    "观众{}号",
    "مشاهد{}",
    "Zoë{}",
    "Zoe\u0308{}",
    "한국{}",
    "👩‍👩‍👧‍👦{}",
    "𠮷野{}",
    "a b {}",
    "\ufeff{}",
    "Å{}",
    "ｕ{}",
)
TITLES = (
    "周年抽奖",
    "Élan 🎁 «7»",
    'quote " and \\ back',
    "lines\u2028part",
    "𠮷野家",
    "<script>alert(1)</script>",
    "=1+1",
    "é" * 40,
)


def uids(chance: random.Random, count: int) -> list[str]:
    """`count` ids of accounts, in any script, distinct after NFC."""
    made: dict[str, str] = {}
    while len(made) < count:
        uid = chance.choice(_SCRIPTS).format(chance.randrange(10**9))
        made.setdefault(nfc(uid), uid)
    return list(made.values())


def sheet_of(chance: random.Random, kind: str, weighted: bool = False) -> RuleSheet:
    """A rule sheet of `kind` with 1 to 5 classes of prizes, some of several pieces."""
    classes = chance.randint(2, 5) if kind == "rain" else chance.randint(1, 4)
    prizes = tuple(
        Prize(
            f"{rank}等奖",
            chance.choice(("电饭煲", "优惠券🎟")),
            chance.choice((1, 1, 2, 3, 30)),
            1000 + rank,
            "coupon",
            "满 50 元可用",
        )
        for rank in range(1, classes + 1)
    )
    sheet = RuleSheet(
        title=nfc(chance.choice(TITLES[:3] + TITLES[4:])),
        prizes=prizes,
        keyword="抽奖" if kind == "keyword" else "",
        entry_conditions="年满 18 周岁",
        entry_method="按屏幕提示参加",
        claim_conditions="凭参与账号领取",
        claim_method="按屏幕提示领取",
        delivery="七日内寄出",
        forfeiture="逾期视为放弃",
        organiser="示例商店",
        contact="客服热线见店铺首页",
        minors="未成年人须经监护人同意",
        price_basis="当日店铺售价",
        reserves=chance.choice((0, 2, 5, 50)),
        window_s=chance.choice((5, 60, 180)),
        lead_s=chance.choice((0, 10)),
        weight_rule="消费满额者权重更高" if weighted else "equal",
    )
    if kind != "purchase":  # an order tells nothing about its buyer
        follow, fan_level, level = chance.random() < 0.3, chance.choice((0, 0, 3)), chance.choice((0, 0, 1))
        sheet = replace(sheet, follow=follow, fan_level=fan_level, account_level=level)
    return replace(sheet, kind=kind, **_contest_fields(chance, kind, classes))


def _contest_fields(chance: random.Random, kind: str, classes: int) -> dict[str, Any]:
    if kind == "quiz":
        if chance.random() < 0.5:
            return {"question": "几号链接？", "options": ("一号", "Ｂ号", "ß"), "answers": ("一号", "ß")}
        return {
            "question": "主播家的猫叫什么？",
            "prefix": "答",
            "answers": ("Mi Mi", "咪咪", "\U0001f431", "\uff21"),
        }
    if kind == "guess":
        return {
            "question": "猜价格",
            "prefix": chance.choice(("", "价")),
            "decimals": 2,
            "least": 0,
            "most": 99_900,
            "answers": ("59.90",),
        }
    if kind == "rain":
        waves = tuple(WaveSheet(f"红包{i}", 20 * i, chance.choice((10, 20))) for i in range(classes))
        return {"waves": waves}
    return {"product": "商品-1"} if kind == "purchase" else {}


def said(chance: random.Random, sheet: RuleSheet) -> Sequence[tuple[int | None, int]]:
    """Value and wave of each accepted comment of one viewer."""
    if sheet.kind == "quiz":
        return [(answer_value(chance.choice((*sheet.answers, "二号"))), 0)]
    if sheet.kind == "guess":  # few different numbers, so that many tie, on both sides of the answer
        return [(chance.choice((0, 5990, 5980, 6000, 99_900, chance.randint(0, 99_900))), 0)]
    if sheet.kind == "rain":
        waves = range(len(sheet.waves))
        return [(None, wave) for wave in chance.sample(waves, chance.randint(1, len(waves)))]
    return [(None, 0)]
