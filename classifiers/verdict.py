"""What the judgement of one comment looks like. Definitions of the labels: docs/labels.md.

None of these values can be part of a ring, so they are made without the cost of being watched for one (`gc=False`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

Intent = Literal[
    "price", "discount", "link", "stock", "size", "variant", "material", "usage", "suitability",
    "authenticity", "shelf_life", "shipping_time", "shipping_fee", "courier", "returns", "after_sales",
    "order_status", "payment", "gift", "compare", "show_again", "schedule", "draw", "membership",
]  # fmt: skip
INTENTS: tuple[str, ...] = Intent.__args__  # type: ignore[attr-defined]

Kind = Literal["quality", "price", "logistics", "service", "deception", "abuse", "disruption"]
KINDS: tuple[str, ...] = Kind.__args__  # type: ignore[attr-defined]


class Versions(msgspec.Struct, frozen=True, gc=False):
    """What judged: file hashes or version names. Same text and same versions give the same verdict."""

    model: str
    rulebook: str
    normalizer: str


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A question recognised. `intent` is one of INTENTS or `own:<slug>`; `score` is calibrated, 0-1."""

    intent: str
    score: float


class Faq(msgspec.Struct, frozen=True, gc=False):
    """The main question of a comment; `also` holds further ones, in the order asked where that is known, else best
    first. Absent when unsure."""

    intent: str
    score: float
    also: tuple[Asked, ...] = ()


class Purchase(msgspec.Struct, frozen=True, gc=False):
    """`level` 0-3; `score` is the probability that level >= 2."""

    level: int = 0
    score: float = 0.0


class Negative(msgspec.Struct, frozen=True, gc=False):
    """`kind` None when not negative; `severity` 0-3; `score` probability of negative; `kinds` each on its own."""

    kind: str | None = None
    severity: int = 0
    score: float = 0.0
    kinds: dict[str, float] = {}


class Hit(msgspec.Struct, frozen=True, gc=False):
    """One place where the rule book matched. `start`/`end` count code points of the original, end excluded.

    `category` is a code such as D01; `reading` is what the span stands for; `rule` the rule's id.
    """

    category: str
    start: int
    end: int
    text: str
    reading: str
    rule: str


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """The four judgements of one comment, and what made them.

    `health` says that the text carries health or safety wording (rash, poisoning, fire: C02);
    `rights` that it names refund fights, regulators, press (C03). Both serve the policy's C codes
    (docs/labels.md section 4) and count only together with a negative kind.
    `normal` is the normalised text, kept for the record and for folding near-equal comments.
    """

    faq: Faq | None
    purchase: Purchase
    negative: Negative
    banned: tuple[Hit, ...]
    versions: Versions
    normal: str = ""
    health: bool = False
    rights: bool = False
