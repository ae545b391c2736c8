"""The codes of complaints and banned phrases by name, as a moderator reads them.

The list follows the taxonomy of docs (complaints C, illegal content I, users U, diversion D, spam S, adverts A,
medical M, prices P, draws L, disclosure X). G are our own: what the gate or the account's fuse kept back.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Lang = Literal["zh", "en"]

NAMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "A01": ("绝对化用语", "absolute wording"),
        "A02": ("虚假宣传", "false claims"),
        "A03": ("引证无出处", "claims without source"),
        "A04": ("贬低竞品", "running down rivals"),
        "A05": ("国家机关/特供", "state organs"),
        "A06": ("收益承诺", "promised returns"),
        "A07": ("教育效果保证", "promised grades"),
        "A08": ("迷信", "superstition"),
        "A09": ("烟草/处方药/代乳", "tobacco, drugs, formula"),
        "A10": ("酒类违规", "alcohol claims"),
        "A11": ("专利宣称", "patent claims"),
        "M01": ("医疗用语", "medical wording"),
        "M02": ("保健食品断言", "health food claims"),
        "M03": ("化妆品医疗作用", "cosmetic cures"),
        "M04": ("食品治病", "food as medicine"),
        "M05": ("医药功效保证", "guaranteed cures"),
        "P01": ("虚假比价", "false comparison of prices"),
        "P02": ("促销条件不清", "unclear promotion"),
        "P03": ("价格承诺未兑现", "broken price promise"),
        "P04": ("虚假库存/销量", "false stock or sales"),
        "L01": ("抽奖违规", "draw rules"),
        "D01": ("引流/私下交易", "dealing off the platform"),
        "D02": ("诈骗/刷单", "fraud"),
        "I01": ("违法信息", "illegal content"),
        "I02": ("涉政/英烈", "politics"),
        "I03": ("色情低俗", "indecency"),
        "I04": ("违禁品", "contraband"),
        "I05": ("谣言/恐慌", "rumours"),
        "U01": ("辱骂", "abuse"),
        "U02": ("歧视", "discrimination"),
        "U03": ("泄露个人信息", "personal data"),
        "U04": ("未成年人", "minors"),
        "C01": ("质量/售后/物流投诉", "complaint about goods or service"),
        "C02": ("人身安全/不良反应", "health or safety"),
        "C03": ("退款/维权", "refund and rights"),
        "C04": ("质疑抽奖/虚假宣传", "alleged deceit"),
        "S01": ("刷屏/广告号", "spam"),
        "S02": ("水军/虚假评价", "paid comments"),
        "X01": ("冒充/未标识AI", "impersonation"),
        "X02": ("主播口误", "slip of the host"),
        "G01": ("话术被拦下", "answer kept back"),
        "G02": ("账号已停发", "account stopped"),
    }
)


def name_of(code: str, lang: Lang) -> str:
    """`U01 辱骂`; an unknown code stands alone."""
    names = NAMES.get(code)
    return f"{code} {names[0 if lang == 'zh' else 1]}" if names else code
