"""The rule sheet as a value: the announcement as people fill it in, with one field for each item the law asks
for, and flat, so that a form and a JSON file can hold it. Whether it is complete is the preflight's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

EQUAL = "equal"
"""The weight rule of ordinary draws: every entry weighs 1. Any other text states the rule in words."""

PRIZE_KINDS = ("goods", "service", "cash", "coupon", "points", "virtual")


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
class WaveSheet:
    """One wave of a rain: its keyword, when it begins after the opening, and how long it takes, in seconds."""

    keyword: str
    after_s: int
    window_s: int


@dataclass(frozen=True, slots=True)
class RuleSheet:
    """The announcement, one field for each item of Order 32 article 13. Prizes stand in winning order.

    `window_s` is how long entries are taken, `lead_s` how long after the announcement that begins, in
    seconds; `claim_within_s` counts from the draw. `linked_value_fen` is what the same entry can win in
    other draws of the same promotion; it counts against the cap. `minors` says how minors may take part
    (18+, or a guardian's consent).

    `kind` is one of `contests.KINDS`, and `FIELDS_OF` names the fields that only that kind has: `keyword`;
    `question`, `options`, `prefix`, `answers` (the right ones; a guess has one, a number as people write it);
    `decimals`, `least`, `most` (smallest unit: with two decimals, 9950 is 99.50); `waves`; `product`. Conditions
    an account must meet: `follow`, `fan_level`, `account_level` (0: none). Winners of the last
    `exclude_previous_days` days may not win again (0: they may); whoever announces looks them up.
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
    kind: str = "keyword"
    question: str = ""
    options: tuple[str, ...] = ()
    prefix: str = ""
    answers: tuple[str, ...] = ()
    decimals: int = 0
    least: int = 0
    most: int = 0
    waves: tuple[WaveSheet, ...] = ()
    product: str = ""
    follow: bool = False
    fan_level: int = 0
    account_level: int = 0
    exclude_previous_days: int = 0

    @property
    def k(self) -> int:
        """Number of winners: all pieces of all prizes."""
        return sum(prize.quantity for prize in self.prizes)

    @property
    def span_s(self) -> int:
        """How long entries are taken, in seconds: in a rain until its last wave ends, else `window_s`."""
        if self.kind == "rain" and self.waves:
            return self.waves[-1].after_s + self.waves[-1].window_s
        return self.window_s


FIELDS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "keyword": ("keyword",),
        "quiz": ("question", "options", "prefix", "answers"),
        "guess": ("question", "prefix", "answers", "decimals", "least", "most"),
        "rain": ("waves",),
        "purchase": ("product",),
    }
)
"""Kind to the fields of the sheet that it uses and not every kind has; the others must be left empty."""

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
