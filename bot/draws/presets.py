"""Presets of draws (口令3分钟, 福袋, 猜价格, 答题, 红包雨): whole rule sheets but for what only the shop knows,
which is who it is, how to reach it, and the prizes. Pressing 开始 fixes times and beacon round; a preset has neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import msgspec

from bot.draws.sheet import to_sheet
from bot.errors import InputError
from lottery.rules import PRESETS, Prize, RuleSheet, WaveSheet


@dataclass(frozen=True, slots=True)
class DrawPreset:
    """One preset. `id` names it in addresses and on the command line; `timing` is one of `lottery.rules.PRESETS`.
    `sheet` lacks organiser, contact and prizes when it is a shipped one."""

    id: str
    zh: str
    en: str
    timing: str
    sheet: RuleSheet

    @property
    def kind(self) -> str:
        """The kind of contest."""
        return self.sheet.kind


OPEN_TO = (
    "年满18周岁、或经监护人同意的观众，每个账号计一次。本店工作人员账号与黑名单账号不计入，名单在开始前封存。"
)
NOT_ALL = (
    "平台繁忙时不保证每条评论都送达，是否已计入以公示页名单为准；"
    "截止后可在公示页查自己在不在名单里；严重错漏时整场作废并公开原因。"
)

PLAIN = RuleSheet(
    title="",
    prizes=(Prize("一等奖", "", 1, 0),),
    keyword="",
    entry_conditions=OPEN_TO,
    entry_method="",
    claim_conditions="中奖账号本人在兑奖期限内确认。",
    claim_method=(
        "打开屏幕二维码的公示页取得兑奖码，用中奖账号在直播间发送“兑奖”加兑奖码，或私信客服报兑奖码；"
        "确认后在公示页填写收货信息或查看券码。任何人都不会在评论区索要地址。"
    ),
    delivery="实物自确认之日起7日内寄出，运费由主办方承担；券与积分在确认后即时发放。",
    forfeiture="逾期未确认视为放弃，由候补按抽出顺序递补，并享有同样长的兑奖时间；候补用尽则该奖项公示后作废。",
    organiser="",
    contact="",
    minors="未满18周岁的观众须经监护人同意方可参加，由监护人协助兑奖。",
    price_basis="同款商品在本店的同期标价。",
    window_s=180,
    reserves=3,
)
"""What all shipped presets share."""

SHIPPED: Mapping[str, DrawPreset] = MappingProxyType({
    one.id: one
    for one in (
        DrawPreset("keyword-3min", "口令3分钟", "Keyword, 3 minutes", "quick", replace(
            PLAIN, title="口令抽奖", keyword="暖冬福利",
            entry_method=f"开放时间内，在直播间发送口令（一字不差）。{NOT_ALL}",
        )),
        DrawPreset("fan-bag", "福袋", "Lucky bag for followers", "quick", replace(
            PLAIN, title="粉丝福袋", keyword="福袋", window_s=600, follow=True, fan_level=1,
            entry_conditions=f"已关注主播并已加入粉丝团（1级及以上）。{OPEN_TO}",
            entry_method=f"开放时间内，关注主播、加入粉丝团并在直播间发送口令（一字不差）。{NOT_ALL}",
        )),
        DrawPreset("guess-price", "猜价格", "Guess the price", "quick", replace(
            PLAIN, kind="guess", title="猜价格", question="这款商品的到手价是多少元？", prefix="猜", decimals=2,
            least=1, most=1_000_000,
            entry_method=(
                "开放时间内，在直播间发送“猜”加价格，例如“猜39.9”；只计第一次。"
                f"答案在开始前已封存，与答案相差最小者中奖，相差相同由随机数决定。{NOT_ALL}"
            ),
        )),
        DrawPreset("quiz", "答题", "Quiz", "quick", replace(
            PLAIN, kind="quiz", title="答题赢券", question="", options=("A", "B", "C"),
            entry_method=(
                "开放时间内，在直播间发送选项字母；只计第一次，开放期间不提示对错。"
                f"答案在开始前已封存，截止后公布，答对者参加抽取。{NOT_ALL}"
            ),
        )),
        DrawPreset("red-rain", "红包雨", "Red-packet rain", "quick", replace(
            PLAIN, kind="rain", title="红包雨", window_s=300,
            prizes=tuple(Prize(f"第{n}波", "", 5, 0) for n in "一二三四五"),
            waves=tuple(WaveSheet(f"红包{n}", at * 60, 40) for at, n in enumerate("一二三四五")),
            entry_method=(
                "分波开放，在直播间发送该波口令；每个账号每波计一次，全场最多中一次。"
                f"每波未抽满的份数并入下一波。{NOT_ALL}"
            ),
        )),
    )
})  # fmt: skip
"""The presets that come with Changkong, by id."""

SHOP_KNOWS = ("organiser", "contact")
"""Texts of the sheet that no preset can bring, and that are the same in every draw of a shop."""


def completed(preset: DrawPreset, **known: Any) -> RuleSheet:
    """The preset's sheet with what the shop knows. Raises TypeError for a field that no sheet has."""
    return replace(preset.sheet, **known)


def to_body(sheet: RuleSheet, timing: str) -> dict[str, Any]:
    """The sheet and its timing as JSON values, as they are kept."""
    body: dict[str, Any] = msgspec.to_builtins(sheet)
    return body | {"preset": timing}


def from_body(body: Mapping[str, Any]) -> tuple[RuleSheet, str]:
    """The sheet and timing that `to_body` wrote. Raises InputError for what is none (kept by another version)."""
    timing = body.get("preset")
    if timing not in PRESETS:
        raise InputError("The preset has no timing this version knows. Make it anew.")
    return to_sheet({name: value for name, value in body.items() if name != "preset"}), str(timing)
