"""The preflight: what must be published before a prize draw opens, and what is refused.

规范促销行为暂行规定 (SAMR Order 32, in force 2020-12-01): article 13 lists what to publish; article 12 counts
free draws that win traffic; article 14 asks for the rules of use of points and coupons; article 17 and
反不正当竞争法 cap a prize at 50,000 yuan, whatever its kind; articles 15 and 16 forbid sham prizes and
arranged winners, for which there is simply no field here. Each finding cites its basis (`law.py`). What only
contests ask stands in `contest_rules.py`. Not legal advice.
"""

from __future__ import annotations

import unicodedata

from .canonical import nfc
from .contest_rules import contest_problems
from .errors import CanonicalError, RuleError
from .kinds import KINDS
from .law import DEAREST_FEN, Problem, problem
from .sheet import (
    EQUAL,
    FIELDS_OF,
    PRESETS,
    PRIZE_KINDS,
    TEXTS,
    Preset,
    Prize,
    RuleSheet,
    WaveSheet,
)
from .spoken import says_something

__all__ = [
    "DEAREST_FEN",
    "EQUAL",
    "FIELDS_OF",
    "KINDS",
    "LONGEST_WINDOW_S",
    "MOST_PRIZES",
    "PRESETS",
    "PRIZE_KINDS",
    "TEXTS",
    "Preset",
    "Prize",
    "Problem",
    "RuleSheet",
    "WaveSheet",
    "draw_method",
    "is_text",
    "preflight",
    "require",
]

_NEEDS_USE_RULES = ("coupon", "points")  # Order 32 article 14
MOST_PRIZES = 10_000
LONGEST_WINDOW_S = 86_400
_LONGEST_TEXT = 4_000
_LONGEST_TITLE = 100
_LAW_OF = {"minors": "minors", "price_basis": "price", "title": "unclear", "weight_rule": "complete"}


def preflight(sheet: RuleSheet, preset: str = "quick") -> tuple[Problem, ...]:
    """All problems of a sheet, in the order of its fields; empty when it may be announced."""
    found = [
        *_text_problems(sheet),
        *_prize_problems(sheet),
        *_number_problems(sheet),
        *contest_problems(sheet),
    ]
    if preset not in PRESETS:
        found.append(Problem("preset", "preset", "未知的时间方案", "the timing preset is unknown"))
    return tuple(found)


def require(sheet: RuleSheet, preset: str) -> None:
    """Raise RuleError, with all problems in it, when the sheet may not be announced."""
    problems = preflight(sheet, preset)
    if problems:
        listed = "; ".join(f"{p.field}: {p.en}" for p in problems)
        raise RuleError(f"The rule sheet may not be announced: {listed}. Fill these in first.", problems)


def _text_problems(sheet: RuleSheet) -> list[Problem]:
    found = []
    longest = {"title": _LONGEST_TITLE, **dict.fromkeys(TEXTS, _LONGEST_TEXT), "weight_rule": _LONGEST_TEXT}
    for name, most in longest.items():
        zh, en = {"title": ("活动名称", "title"), "weight_rule": ("权重规则", "weight rule"), **TEXTS}[name]
        if not is_text(getattr(sheet, name), most):
            told = (f"{zh}须填写（1–{most} 字）", f"the {en} needs 1 to {most} characters")
            found.append(problem(_LAW_OF.get(name, "complete"), name, "text", *told))
    return found


def _prize_problems(sheet: RuleSheet) -> list[Problem]:
    found = []
    if not 1 <= sheet.k <= MOST_PRIZES:
        en = f"there must be 1 to {MOST_PRIZES} pieces"
        found.append(problem("complete", "prizes", "quantity", f"奖品总数须为 1–{MOST_PRIZES} 件", en))
    for number, prize in enumerate(sheet.prizes):
        found += _problems_of_prize(prize, f"prizes[{number}]", max(sheet.linked_value_fen, 0))
    return found


def _problems_of_prize(prize: Prize, field: str, linked_fen: int) -> list[Problem]:
    found = []
    if not (is_text(prize.rank, _LONGEST_TITLE) and is_text(prize.name, _LONGEST_TITLE)):
        en = "a prize needs its class and its name"
        found.append(problem("complete", field, "text", "奖品等级与名称须填写", en))
    if prize.quantity < 1:
        en = "a prize needs a quantity of 1 or more"
        found.append(problem("complete", field, "quantity", "奖品数量至少为 1", en))
    if prize.value_fen < 1:
        found.append(problem("price", field, "value", "须标明奖品价格", "a prize needs its market price"))
    elif prize.value_fen + linked_fen > DEAREST_FEN:
        en = "one entry may win at most 50,000 yuan"
        found.append(problem("cap", field, "cap", "单次中奖最高不得超过五万元", en))
    if prize.kind not in PRIZE_KINDS:
        found.append(problem("complete", field, "kind", "奖品种类不明", "the kind of prize is unknown"))
    elif prize.kind in _NEEDS_USE_RULES and not is_text(prize.use_rules, _LONGEST_TEXT):
        en = "points and coupons need their rules of use"
        found.append(problem("use_rules", field, "use_rules", "积分、卡券须公布使用规则", en))
    elif prize.use_rules and not is_text(prize.use_rules, _LONGEST_TEXT):
        en = "the rules of use are too long or unclean"
        found.append(problem("use_rules", field, "use_rules", "使用规则含无效字符或过长", en))
    return found


def _number_problems(sheet: RuleSheet) -> list[Problem]:
    limits = {
        "window_s": ("参加时长（秒）", 5, LONGEST_WINDOW_S),
        "lead_s": ("开始前等待（秒）", 0, LONGEST_WINDOW_S),
        "claim_within_s": ("兑奖期限（秒）", 3600, 366 * 86_400),
        "reserves": ("候补名额", 0, MOST_PRIZES),
        "linked_value_fen": ("关联奖品价值（分）", 0, 10**12),
        "fan_level": ("粉丝等级", 0, 1000),
        "account_level": ("账号等级", 0, 1000),
        "exclude_previous_days": ("排除往期中奖者（天）", 0, 3650),
    }
    return [
        Problem(name, "range", f"{zh}须在 {least}–{most} 之间", f"{name} must be from {least} to {most}")
        for name, (zh, least, most) in limits.items()
        if not least <= getattr(sheet, name) <= most
    ]


def is_text(text: str, longest: int) -> bool:
    """Whether `text` says something: visible characters, no control characters but line breaks, at most
    `longest`.
    """
    if len(text) > longest or not says_something(text):
        return False
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c != "\n" for c in text):
        return False
    try:
        return bool(nfc(text))
    except CanonicalError:
        return False


_CHOICE = {
    "guess": "竞猜按与答案的差距由小到大排序，差距相同的以随机数决定先后",
    "rain": "每一波的奖品在参加该波且尚未中奖的账号中抽取，剩余名额顺延到下一波",
    "quiz": "答对的账号进入名单，中奖位置由随机数计算",
}


def draw_method(round_number: int, practice: bool, kind: str = "keyword") -> str:
    """The "how the draw is made" text of the announcement (Order 32 article 13), in Chinese."""
    source = (
        "练习用的旧随机数，结果事先可知，仅作演示"
        if practice
        else "drand quicknet 公共随机信标，任何人都无法预知或更改"
    )
    choice = f"{_CHOICE[kind]}。" if kind in _CHOICE else ""
    return (
        f"开奖算法 LFD1：截止后先公布参与名单的默克尔根，"
        f"再以第 {round_number} 轮随机数（{source}）计算中奖位置。{choice}"
        "开奖后公布验证文件，任何人可用 python -m lottery verify 复算。"
    )
