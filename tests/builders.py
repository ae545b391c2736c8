"""Small values that many tests need: comments, verdicts, a library and a shop."""

from __future__ import annotations

from bot.comment import Comment, EventKind, Happening, RoomKey, Viewer
from bot.decision import Capabilities
from bot.policy import Handbook
from classifiers.verdict import Faq, Hit, Negative, Purchase, Verdict, Versions
from replies.facts import Fact, Product, Shop
from replies.library import Library
from replies.phrase import Phrase

ROOM = RoomKey("practice", "1")
NOON = 1_755_000_000_000
"""A moment in 2025, in ms; tests count from here."""

VERSIONS = Versions("model-1", "rules-1", "norm-1")

PRICE = Phrase("price-1", "price", "any", None, None, "zh", "到手{price}", state="live", signed="practice")
PRICE_GENERIC = Phrase(
    "price-2", "price", "any", None, None, "zh", "价格以购物车页面为准", state="live", signed="practice"
)
SELLING = Phrase(
    "gift-1", "gift", "any", None, None, "zh", "现在拍还有小样", tone="sales", state="live", signed="practice"
)
RETURNS = Phrase(
    "returns-1",
    "returns",
    "any",
    None,
    None,
    "zh",
    "不合适可以退",
    tone="after_sales",
    state="live",
    signed="practice",
)
LIBRARY = Library([PRICE, PRICE_GENERIC, SELLING, RETURNS])

SHOP = Shop(
    (
        Product("P1", "洁面乳", ("洗面奶",), 1, "beauty", {"price": Fact("59元")}),
        Product("P2", "羊毛大衣", ("大衣",), 2, "clothing", {"price": Fact("399元")}),
    )
)


def comment(text: str = "多少钱", *, at: int = 0, uid: str | None = "u1", **changes: object) -> Comment:
    """A viewer's comment `at` ms after noon; further fields of Comment and Viewer by name."""
    given = {"role": "viewer", "name": "", **changes}
    viewer = Viewer(uid, str(given.pop("name")), role=given.pop("role"))  # type: ignore[arg-type]
    fields: dict[str, object] = {"room": ROOM, "received_ms": NOON + at, **given}
    return Comment(viewer=viewer, text=text, at_ms=NOON + at, **fields)  # type: ignore[arg-type]


def happening(kind: EventKind, *, at: int = 0, msg_id: str | None = None, **data: object) -> Happening:
    """A happening `at` ms after noon."""
    return Happening(ROOM, kind, NOON + at, NOON + at, msg_id=msg_id, data=data)


def hit(category: str, text: str = "词") -> Hit:
    """A place where the rule book matched."""
    return Hit(category, 0, len(text), text, text, f"{category}-0001")


def verdict(
    intent: str | None = None,
    *,
    level: int = 0,
    kind: str | None = None,
    banned: tuple[str, ...] = (),
    normal: str = "",
    health: bool = False,
    rights: bool = False,
) -> Verdict:
    """A verdict by what was found; scores are of a sure judge."""
    return Verdict(
        faq=None if intent is None else Faq(intent, 0.95),
        purchase=Purchase(level, 0.9 if level >= 2 else 0.1),
        negative=Negative(kind, 2 if kind else 0, 0.9 if kind else 0.05),
        banned=tuple(hit(code) for code in banned),
        versions=VERSIONS,
        normal=normal,
        health=health,
        rights=rights,
    )


def handbook(
    library: Library = LIBRARY, *, practice: bool = True, lang: str = "zh", **abilities: bool
) -> Handbook:
    """What the operator laid down; `abilities` name Capabilities, by default the room may be answered."""
    return Handbook(library, Capabilities(**{"reply": True, **abilities}), practice, lang)
