"""Bulk paste in the form that keyword bots use, one question a line: `词/词|回复|回复`.

Before the first bar the words, any of which makes the question; behind it the answers, said in turn. Full-width
`｜ ／` count as well; blank lines and lines that begin with # or // are left out. Everything comes out as a draft: own
questions that still want sample asks, and phrases that still want a reviewer.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from replies.phrase import Phrase

MAX_LINES = 2_000
MAX_WORDS, MAX_WORD = 30, 30
MAX_ANSWERS, MAX_ANSWER = 20, 300
FEWEST_ASKS = 3
"""Sample asks an own question needs before it works."""

_BAR = re.compile(r"[|｜]")
_SLASH = re.compile(r"[/／]")
_UNSAYABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class DraftQuestion:
    """An own question as pasted. `slug` follows from its words; `must` are those words; `asks` begin with them, and
    `wanting` more are needed before it can work."""

    line: int
    slug: str
    name: str
    must: tuple[str, ...]
    asks: tuple[str, ...]

    @property
    def wanting(self) -> int:
        return max(0, FEWEST_ASKS - len(self.asks))


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that is not taken, from 1, and why, in both languages."""

    line: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a paste holds. `lines` names for each phrase id the line it stands in."""

    questions: tuple[DraftQuestion, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    bad: tuple[Bad, ...] = ()
    lines: tuple[tuple[str, int], ...] = ()


def read(text: str, *, author: str = "", merchant: str | None = None, taken: Collection[str] = ()) -> Pasted:
    """The drafts of a pasted text. `taken`: slugs there are already; a line with the same words is bad then."""
    questions: dict[str, DraftQuestion] = {}
    phrases: list[Phrase] = []
    bad: list[Bad] = []
    lines: list[tuple[str, int]] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith(("#", "＃", "//")):
            continue
        if number > MAX_LINES:
            bad.append(
                Bad(
                    number,
                    f"超过 {MAX_LINES} 行，请分批粘贴。",
                    f"More than {MAX_LINES} lines; paste in parts.",
                )
            )
            break
        found = _line(number, bare, taken, questions)
        if isinstance(found, Bad):
            bad.append(found)
            continue
        question, answers = found
        questions[question.slug] = question
        for place, answer in enumerate(answers, 1):
            id = f"{question.slug}-{place}"
            lines.append((id, number))
            phrases.append(Phrase(
                id, f"own:{question.slug}", "any", None, None, "zh" if _is_chinese(answer) else "en", answer,
                author=author, merchant=merchant,
            ))  # fmt: skip
    return Pasted(tuple(questions.values()), tuple(phrases), tuple(bad), tuple(lines))


def _line(
    number: int, line: str, taken: Collection[str], before: dict[str, DraftQuestion]
) -> tuple[DraftQuestion, tuple[str, ...]] | Bad:
    if any(unicodedata.category(char) in _UNSAYABLE for char in line.replace("\t", " ")):
        return Bad(number, "含有看不见的字符。", "It holds an invisible character.")
    first, *rest = (part.strip() for part in _BAR.split(line.replace("\t", " ")))
    words = tuple(dict.fromkeys(word.strip() for word in _SLASH.split(first) if word.strip()))
    answers = tuple(dict.fromkeys(answer for answer in rest if answer))
    if not words:
        return Bad(number, "竖线前没有关键词。", "No word stands before the bar.")
    if not answers:
        return Bad(number, "没有回复，请写成 词/词|回复。", "There is no answer; write word/word|answer.")
    if len(words) > MAX_WORDS or any(len(word) > MAX_WORD for word in words):
        return Bad(number, f"最多 {MAX_WORDS} 个词，每个不超过 {MAX_WORD} 字。",
                   f"At most {MAX_WORDS} words of {MAX_WORD} characters.")  # fmt: skip
    if len(answers) > MAX_ANSWERS or any(len(answer) > MAX_ANSWER for answer in answers):
        return Bad(number, f"最多 {MAX_ANSWERS} 条回复，每条不超过 {MAX_ANSWER} 字。",
                   f"At most {MAX_ANSWERS} answers of {MAX_ANSWER} characters.")  # fmt: skip
    slug = slug_of(words)
    if slug in before:
        line_before = before[slug].line
        return Bad(number, f"和第 {line_before} 行的词相同。", f"The same words stand in line {line_before}.")
    if slug in taken:
        return Bad(number, "已经有这些词的问题。", "There is a question of these words already.")
    return DraftQuestion(number, slug, words[0], words, words), answers


def slug_of(words: Collection[str]) -> str:
    """The name of a question in `own:<slug>`: the same for the same words in whatever order and case."""
    key = "\n".join(sorted(unicodedata.normalize("NFKC", word).casefold() for word in words))
    return f"q-{hashlib.sha256(key.encode('utf-8', 'backslashreplace')).hexdigest()[:10]}"


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text) or not any(char.isalpha() for char in text)
