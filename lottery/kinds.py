"""The kinds of contest as values: what a commitment says about how one enters.

Five kinds, and equal chances in each. A keyword (with conditions: 福袋), a quiz whose right answers stay in, a
guess where the nearest win and the draw only breaks ties, a rain of red packets over several waves, and the
purchase of a product. There is no field for odds, for winners chosen beforehand, or for another try.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from .fields import Fields

MOST_WAVES = 20
MOST_OPTIONS = 8
MOST_DECIMALS = 2
LONGEST_WORD = 100
LONGEST_QUESTION = 400


@dataclass(frozen=True, slots=True)
class Keyword:
    """Whoever types `keyword` (normalised) is in."""

    KIND: ClassVar[str] = "keyword"

    keyword: str


@dataclass(frozen=True, slots=True)
class Quiz:
    """Whoever gives an answer is in, and the right ones stay.

    Either `options` are the 2 to 8 texts that count as answers and `prefix` is "", or there are none and an
    answer is what follows `prefix`. `answer_commit` is hex.
    """

    KIND: ClassVar[str] = "quiz"

    question: str
    options: tuple[str, ...]
    prefix: str
    answer_commit: str


@dataclass(frozen=True, slots=True)
class Guess:
    """Whoever names a number of `least`..`most` (smallest unit, `decimals` digits after the point) is in; the
    nearest win.
    """

    KIND: ClassVar[str] = "guess"

    question: str
    prefix: str
    decimals: int
    least: int
    most: int
    answer_commit: str


@dataclass(frozen=True, slots=True)
class Wave:
    """One shower of a rain: its keyword counts from `open_at` until before `close_at`, Unix milliseconds."""

    keyword: str
    open_at: int
    close_at: int


@dataclass(frozen=True, slots=True)
class Rain:
    """Waves one after the other; each has the prize class of the same number."""

    KIND: ClassVar[str] = "rain"

    waves: tuple[Wave, ...]


@dataclass(frozen=True, slots=True)
class Purchase:
    """Whoever orders `product` (the platform's or the shop's id of it) within the window is in."""

    KIND: ClassVar[str] = "purchase"

    product: str


Contest = Keyword | Quiz | Guess | Rain | Purchase
KINDS = (Keyword.KIND, Quiz.KIND, Guess.KIND, Rain.KIND, Purchase.KIND)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an account must show besides: following the host, a fan level, an account level (0: none asked)."""

    follow: bool = False
    fan_level: int = 0
    account_level: int = 0


def contest_json(contest: Contest) -> dict[str, Any] | None:
    """What stands under "contest" in the entry rule; None for a keyword, which stands beside it."""
    if isinstance(contest, Quiz):
        return {
            "question": contest.question,
            "options": list(contest.options),
            "prefix": contest.prefix,
            "answer_commit": contest.answer_commit,
        }
    if isinstance(contest, Guess):
        return {
            "question": contest.question,
            "prefix": contest.prefix,
            "decimals": contest.decimals,
            "least": contest.least,
            "most": contest.most,
            "answer_commit": contest.answer_commit,
        }
    if isinstance(contest, Rain):
        waves = [{"keyword": w.keyword, "open_at": w.open_at, "close_at": w.close_at} for w in contest.waves]
        return {"waves": waves}
    return {"product": contest.product} if isinstance(contest, Purchase) else None


def read_contest(kind: str, keyword: object, value: object) -> Contest:
    """Read `kind`, `keyword` and `contest` of an entry rule back. Raises RecordError."""
    outer = Fields({"keyword": keyword, "contest": value}, "commitment's entry rule")
    if kind not in KINDS:
        outer.refuse("kind", "one of " + ", ".join(KINDS))
    if kind == Keyword.KIND:
        if value is not None:
            outer.refuse("contest", "null where there is a keyword")
        return Keyword(outer.text("keyword", LONGEST_WORD))
    if keyword is not None:
        outer.refuse("keyword", f"null in a {kind}")
    fields = Fields(value, f"commitment's {kind}")
    contest = _READ[kind](fields)
    fields.done()
    return contest


def _read_quiz(fields: Fields) -> Contest:
    return Quiz(
        question=fields.text("question", LONGEST_QUESTION),
        options=fields.texts("options", MOST_OPTIONS, LONGEST_WORD),
        prefix=fields.text("prefix", LONGEST_WORD, empty=True),
        answer_commit=fields.hex("answer_commit", 32).hex(),
    )


def _read_guess(fields: Fields) -> Contest:
    return Guess(
        question=fields.text("question", LONGEST_QUESTION),
        prefix=fields.text("prefix", LONGEST_WORD, empty=True),
        decimals=fields.integer("decimals", 0, MOST_DECIMALS),
        least=fields.integer("least"),
        most=fields.integer("most"),
        answer_commit=fields.hex("answer_commit", 32).hex(),
    )


def _read_rain(fields: Fields) -> Contest:
    waves = []
    for value in fields.items("waves", MOST_WAVES):
        one = Fields(value, "commitment's wave")
        keyword = one.text("keyword", LONGEST_WORD)
        waves.append(Wave(keyword, one.integer("open_at"), one.integer("close_at")))
        one.done()
    return Rain(tuple(waves))


def _read_purchase(fields: Fields) -> Contest:
    return Purchase(fields.text("product", 200))


_READ = {"quiz": _read_quiz, "guess": _read_guess, "rain": _read_rain, "purchase": _read_purchase}
