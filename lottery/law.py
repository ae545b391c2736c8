"""The law that the preflight stands on, each point with how well it is known. Not legal advice.

Marks, from the house's reading of the sources: "seen" the text, or a full reprint of it, was read; "secondary"
known from notes, checklists or commentary about it; "memory" the number of the article was not looked up again;
"none" no rule was found, the point is prudence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SEEN, SECONDARY, MEMORY, NONE = "seen", "secondary", "memory", "none"

DEAREST_FEN = 5_000_000
"""Largest value of what one entry can win, in fen: 50,000 yuan (`LAW["cap"]`)."""

LEAST_DAYS_KEPT = 3 * 365 + 1
"""How long the file of a draw is kept at least: three years (`LAW["kept"]`)."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a requirement rests on, in Chinese and English, and the evidence mark."""

    zh: str
    en: str
    mark: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of the preflight: `field` of the sheet, `code` for machines, texts for people.

    `basis`, `basis_en` and `mark` as in `Basis`; all "" for what is no law but arithmetic or good order.
    """

    field: str
    code: str
    zh: str
    en: str
    basis: str = ""
    basis_en: str = ""
    mark: str = ""


_ORDER = "《规范促销行为暂行规定》"
_ORDER_EN = "SAMR Order 32 (2020), Interim Provisions on Promotion"
_UNFAIR = "《反不正当竞争法》"
_UNFAIR_EN = "Anti-Unfair Competition Law"

LAW: Mapping[str, Basis] = MappingProxyType(
    {
        "covered": Basis(
            f"{_ORDER}第十二条：为获取流量、关注等赠送奖品也属有奖销售",
            f"{_ORDER_EN}, article 12: prizes given to win traffic count too",
            SEEN,
        ),
        "complete": Basis(
            f"{_ORDER}第十三条：事前公布奖项、参与条件与方式、开奖时间与方式、奖品信息、数量或中奖概率、"
            "兑奖、交付、弃奖、主办方及联系方式",
            f"{_ORDER_EN}, article 13: what to publish before the draw",
            SEEN,
        ),
        "unclear": Basis(
            f"{_ORDER}第五条、{_UNFAIR}（2019）第十条：信息须真实准确、清晰醒目，不得影响兑奖",
            f"{_ORDER_EN}, article 5; {_UNFAIR_EN} (2019), article 10: information true, clear, conspicuous",
            SEEN,
        ),
        "use_rules": Basis(
            f"{_ORDER}第十四条：以积分、卡券等为奖品的须公布使用规则",
            f"{_ORDER_EN}, article 14: points and coupons need their rules of use",
            SEEN,
        ),
        "sham": Basis(
            f"{_ORDER}第十五条：不得虚构奖品或只在部分范围投放",
            f"{_ORDER_EN}, article 15: no sham prizes",
            SECONDARY,
        ),
        "arranged": Basis(
            f"{_ORDER}第十六条：不得让内部员工、指定人员中奖",
            f"{_ORDER_EN}, article 16: no arranged winners",
            MEMORY,
        ),
        "cap": Basis(
            f"{_ORDER}第十七条、{_UNFAIR}（2019）第十条：抽奖式有奖销售最高奖不得超过五万元",
            f"{_ORDER_EN}, article 17; {_UNFAIR_EN} (2019), article 10: top prize at most 50,000 yuan",
            SECONDARY,
        ),
        "price": Basis(
            f"{_ORDER}第十八条：非现金奖品按同期市场同类价格计算",
            f"{_ORDER_EN}, article 18: prizes at the market price of the same time",
            SECONDARY,
        ),
        "frozen": Basis(
            f"{_ORDER}第十三条、{_UNFAIR}（2025 修订）第十一条：活动开始后不得变更、不得附加条件",
            f"{_ORDER_EN}, article 13; {_UNFAIR_EN} (2025), article 11: no change after the start",
            SECONDARY,
        ),
        "kept": Basis(
            "《直播电商监督管理办法》第三十一条：互动内容记录保存不少于三年；"
            f"{_ORDER}第十九条：有奖销售档案保存两年",
            "SAMR and CAC Order 117 (2025), article 31: records at least three years; Order 32, article 19: two",
            SECONDARY,
        ),
        "minors": Basis(
            "未见关于未成年人参与抽奖的专门条款；规则应写明须成年或经监护人同意",
            "no rule about minors as entrants was found; say 18+ or a guardian's consent",
            NONE,
        ),
    }
)
"""Point to its basis."""


def problem(law: str, field: str, code: str, zh: str, en: str) -> Problem:
    """A finding that rests on `LAW[law]`."""
    basis = LAW[law]
    return Problem(field, code, zh, en, basis.zh, basis.en, basis.mark)
