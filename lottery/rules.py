"""The rule sheet: what must be published before a prize draw opens, and the preflight that refuses gaps.

规范促销行为暂行规定 (SAMR Order 32, in force 2020-12-01): article 13 lists what to publish; article 12 counts
free draws that win traffic; article 14 asks for the rules of use of points and coupons; article 17 and
反不正当竞争法 cap a prize at 50,000 yuan, whatever its kind; articles 15 and 16 forbid sham prizes and
arranged winners, for which there is simply no field here. Not legal advice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .canonical import nfc
from .entry import check_keyword
from .errors import CanonicalError, RuleError

DEAREST_FEN = 5_000_000
"""Largest value of what one entry can win, in fen: 50,000 yuan (Order 32 article 17; 反不正当竞争法)."""

EQUAL = "equal"
"""The weight rule of ordinary draws: every entry weighs 1. Any other text states the rule in words."""

PRIZE_KINDS = ("goods", "service", "cash", "coupon", "points", "virtual")
_NEEDS_USE_RULES = ("coupon", "points")  # Order 32 article 14
MOST_PRIZES = 10_000
LONGEST_WINDOW_S = 86_400
_LONGEST_TEXT = 4_000
_LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class Preset:
    """A timing: the root within `root_within_s` of closing, the beacon round `delay_s` after closing, in
    seconds.
    """

    name: str
    root_within_s: int
    delay_s: int


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "quick": Preset("quick", 10, 45),
        "large": Preset("large", 30, 180),
        "practice": Preset("practice", 5, 15),
    }
)
"""`quick` for a host who cannot talk over three minutes, `large` otherwise, `practice` with an old beacon."""


@dataclass(frozen=True, slots=True)
class Prize:
    """One class of prizes.

    `rank` is the class shown ("一等奖"); `quantity` from 1; `value_fen` the market price of one piece in fen
    at the time of the draw (Order 32 article 18); `kind` one of `PRIZE_KINDS`; `use_rules` needed for
    coupons and points.
    """

    rank: str
    name: str
    quantity: int
    value_fen: int
    kind: str = "goods"
    use_rules: str = ""


@dataclass(frozen=True, slots=True)
class RuleSheet:
    """The announcement, one field for each item of Order 32 article 13. Prizes stand in winning order.

    `window_s` is how long entries are taken, `lead_s` how long after the announcement that begins, in
    seconds; `claim_within_s` counts from the draw. `linked_value_fen` is what the same entry can win in
    other draws of the same promotion; it counts against the cap. `minors` says how minors may take part
    (18+, or a guardian's consent).
    """

    title: str
    prizes: tuple[Prize, ...]
    keyword: str
    entry_conditions: str
    entry_method: str
    claim_conditions: str
    claim_method: str
    delivery: str
    forfeiture: str
    organiser: str
    contact: str
    minors: str
    price_basis: str
    window_s: int = 60
    lead_s: int = 0
    claim_within_s: int = 7 * 86_400
    reserves: int = 0
    weight_rule: str = EQUAL
    linked_value_fen: int = 0

    @property
    def k(self) -> int:
        """Number of winners: all pieces of all prizes."""
        return sum(prize.quantity for prize in self.prizes)


TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "entry_conditions": ("参加条件", "entry conditions"),
        "entry_method": ("参加方式", "how to enter"),
        "claim_conditions": ("兑奖条件", "claim conditions"),
        "claim_method": ("兑奖方式", "how to claim"),
        "delivery": ("奖品交付方式", "delivery"),
        "forfeiture": ("弃奖条件", "forfeiture"),
        "organiser": ("主办方名称", "organiser"),
        "contact": ("主办方联系方式", "contact"),
        "minors": ("未成年人参与说明", "minors"),
        "price_basis": ("奖品价格依据", "basis of the prices"),
    }
)
"""Texts of the sheet that go into the commitment as they are: field to its name in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of the preflight: `field` of the sheet, `code` for machines, texts for people."""

    field: str
    code: str
    zh: str
    en: str


def preflight(sheet: RuleSheet, preset: str = "quick") -> tuple[Problem, ...]:
    """All problems of a sheet, in the order of its fields; empty when it may be announced."""
    found = [*_text_problems(sheet), *_prize_problems(sheet), *_number_problems(sheet)]
    try:
        check_keyword(sheet.keyword)
    except RuleError:
        found.append(
            Problem(
                "keyword",
                "keyword",
                "口令须为 1–40 个可见字符",
                "the keyword needs 1 to 40 visible characters",
            )
        )
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
            found.append(
                Problem(name, "text", f"{zh}须填写（1–{most} 字）", f"the {en} needs 1 to {most} characters")
            )
    return found


def _prize_problems(sheet: RuleSheet) -> list[Problem]:
    found = []
    if not 1 <= sheet.k <= MOST_PRIZES:
        en = f"there must be 1 to {MOST_PRIZES} pieces"
        found.append(Problem("prizes", "quantity", f"奖品总数须为 1–{MOST_PRIZES} 件", en))
    for number, prize in enumerate(sheet.prizes):
        field = f"prizes[{number}]"
        if not (is_text(prize.rank, _LONGEST_TITLE) and is_text(prize.name, _LONGEST_TITLE)):
            found.append(
                Problem(field, "text", "奖品等级与名称须填写", "a prize needs its class and its name")
            )
        if prize.quantity < 1:
            found.append(
                Problem(field, "quantity", "奖品数量至少为 1", "a prize needs a quantity of 1 or more")
            )
        if prize.value_fen < 1:
            found.append(Problem(field, "value", "须标明奖品价格", "a prize needs its market price"))
        elif prize.value_fen + max(sheet.linked_value_fen, 0) > DEAREST_FEN:
            en = "one entry may win at most 50,000 yuan"
            found.append(Problem(field, "cap", "单次中奖最高不得超过五万元", en))
        if prize.kind not in PRIZE_KINDS:
            found.append(Problem(field, "kind", "奖品种类不明", "the kind of prize is unknown"))
        elif prize.kind in _NEEDS_USE_RULES and not is_text(prize.use_rules, _LONGEST_TEXT):
            en = "points and coupons need their rules of use"
            found.append(Problem(field, "use_rules", "积分、卡券须公布使用规则", en))
        elif prize.use_rules and not is_text(prize.use_rules, _LONGEST_TEXT):
            found.append(
                Problem(
                    field, "use_rules", "使用规则含无效字符或过长", "the rules of use are too long or unclean"
                )
            )
    return found


def _number_problems(sheet: RuleSheet) -> list[Problem]:
    limits = {
        "window_s": ("参加时长（秒）", 5, LONGEST_WINDOW_S),
        "lead_s": ("开始前等待（秒）", 0, LONGEST_WINDOW_S),
        "claim_within_s": ("兑奖期限（秒）", 3600, 366 * 86_400),
        "reserves": ("候补名额", 0, MOST_PRIZES),
        "linked_value_fen": ("关联奖品价值（分）", 0, 10**12),
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
    if not text.strip() or len(text) > longest:
        return False
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c != "\n" for c in text):
        return False
    try:
        return bool(nfc(text))
    except CanonicalError:
        return False


def draw_method(round_number: int, practice: bool) -> str:
    """The "how the draw is made" text of the announcement (Order 32 article 13), in Chinese."""
    source = (
        "练习用的旧随机数，结果事先可知，仅作演示"
        if practice
        else "drand quicknet 公共随机信标，任何人都无法预知或更改"
    )
    return (
        f"开奖算法 LFD1：截止后先公布参与名单的默克尔根，"
        f"再以第 {round_number} 轮随机数（{source}）计算中奖位置。"
        "开奖后公布验证文件，任何人可用 python -m lottery verify 复算。"
    )
