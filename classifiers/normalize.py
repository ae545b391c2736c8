"""The one way a comment's text is brought into a plain form, with a map back to what was typed.

Three views of one text:

  normal     NFKC, case folded, simplified, look-alike letters made Latin, Martian variants (火星文) made common;
             symbols, spaces, marks and invisible characters dropped; anything but a number repeated three times or
             more kept twice. Labels are read from it.
  undisguised  the same with pictures spoken (薇❤ -> 薇心) and split characters joined (弓虽 -> 强). Only evasions
             are looked for in it. None when it would equal the normal view.
  syllables  a view's hanzi and digits replaced, one for one, by private characters for their toneless syllable.

Typed pinyin, and what sounds alike only roughly, is read in sound.py.

Every function is total: any str, lone surrogates included, has a result. The tables are data files made once by
`classifiers.tables`; `NORMALIZER` is the hash of all of them, so equal versions mean equal results.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLES = Path(__file__).parent / "data" / "tables"
_SYLLABLE_BASE = 0xE000
NUMBERS = "0123456789零〇一二三四五六七八九幺"
"""Characters that may be repeated without being shortened: 1000 is not 100."""
_REPEATED = re.compile(rf"([^{NUMBERS}])\1{{2,}}")
_DIGITS = ("ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu")


@dataclass(frozen=True, slots=True)
class Normal:
    """A plain form of a text. `origins[i]` is the code-point range (start, end) that made `text[i]`;
    None when each character of `text` stands where it was typed."""

    text: str
    length: int
    origins: Sequence[tuple[int, int]] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The range of original code points, end excluded, that made `text[start:end]`.

        An empty or reversed range gives an empty range at its place. Raises IndexError outside `text`.
        """
        if not 0 <= start <= len(self.text) or end > len(self.text):
            raise IndexError(f"Range {start}-{end} lies outside a text of {len(self.text)} characters.")
        if self.origins is None:
            return start, max(start, end)
        if end <= start:
            at = self.origins[start][0] if start < len(self.origins) else self.length
            return at, at
        return self.origins[start][0], self.origins[end - 1][1]


def lines(name: str) -> list[tuple[str, str]]:
    """The rows of one of the tables, left and right of the tab; a row without one has an empty right side."""
    rows = []
    for line in (_TABLES / name).read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            left, _, right = line.partition("\t")
            rows.append((left, right))
    return rows


def _version() -> str:
    digest = hashlib.sha256(b"changkong-normalizer-3")
    for name in ("fold.txt", "syllables.txt", "splits.txt", "emoji.txt", "polyphones.txt"):
        digest.update((_TABLES / name).read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:12]


NORMALIZER = _version()
"""Version of the normaliser: 12 hex digits of the SHA-256 over its tables."""


@cache
def fold_table() -> dict[int, str | None]:
    """Code point -> what it becomes, None when dropped. Absent: stays as it is."""
    table: dict[int, str | None] = dict.fromkeys((*range(0xD800, 0xF900), 0xFFFF))
    for target, ranges in lines("fold.txt"):
        for part in ranges.split(" "):
            first, _, last = part.partition("-")
            for number in range(int(first, 16), int(last or first, 16) + 1):
                table[number] = target or None
    return table


@cache
def syllable_table() -> dict[int, str]:
    """Hanzi and digit -> private character of its toneless syllable."""
    table = {}
    for syllable, characters in lines("syllables.txt"):
        table.update(dict.fromkeys(map(ord, characters), private(syllable)))
    table.update({ord("0") + value: private(name) for value, name in enumerate(_DIGITS)})
    return table


@cache
def syllable_names() -> tuple[str, ...]:
    """All toneless syllables, in the order of their private characters."""
    return tuple(name for name, _ in lines("syllables.txt"))


@cache
def _numbers() -> dict[str, int]:
    return {name: number for number, name in enumerate(syllable_names())}


def private(syllable: str) -> str:
    """The private character that stands for a toneless syllable. Raises KeyError for no syllable."""
    return chr(_SYLLABLE_BASE + _numbers()[syllable])


def spelled(hanzi: str) -> str | None:
    """The toneless syllable of one simplified hanzi or digit, None when it has none."""
    character = syllable_table().get(ord(hanzi))
    return None if character is None else syllable_names()[ord(character) - _SYLLABLE_BASE]


@cache
def pictures() -> dict[str, str]:
    """One picture character -> what is said when it is typed for a syllable."""
    return dict(lines("emoji.txt"))


@cache
def splits() -> dict[str, str]:
    """Two or three parts, as they stand side by side in a normal text -> the character they make."""
    return dict(lines("splits.txt"))


@cache
def _first_parts() -> frozenset[str]:
    return frozenset(parts[0] for parts in splits())


def _folded(
    text: str, pieces: Sequence[tuple[str, int, int]] | None
) -> tuple[str, list[tuple[int, int]] | None]:
    """Fold `text`, or pieces (content, start, end in the original); origins None when nothing moved."""
    table = fold_table()
    if pieces is None:
        plain = text.translate(table)
        if len(plain) == len(text) and not _moves(text, table):
            return plain, None
        pieces = [(character, at, at + 1) for at, character in enumerate(text)]
    out: list[str] = []
    origins: list[tuple[int, int]] = []
    for content, start, end in pieces:
        target = table.get(ord(content), content) if len(content) == 1 else content.translate(table)
        if target:
            out.append(target)
            origins.extend([(start, end)] * len(target))
    return "".join(out), origins


def _moves(text: str, table: dict[int, str | None]) -> bool:
    """Whether some character is dropped or becomes several (equal lengths alone could be an accident)."""
    for character in set(text):
        target = table.get(ord(character), character)
        if target is None or len(target) != 1:
            return True
    return False


def _collapsed(text: str, length: int, origins: list[tuple[int, int]] | None) -> Normal:
    """Keep two of what is repeated; the second kept one covers the rest of the run."""
    if not _REPEATED.search(text):
        return Normal(text, length, None if origins is None else tuple(origins))
    origins = origins or [(at, at + 1) for at in range(len(text))]
    out: list[str] = []
    kept: list[tuple[int, int]] = []
    at = 0
    for run in _REPEATED.finditer(text):
        out.append(text[at : run.start() + 2])
        kept.extend(origins[at : run.start() + 1])
        kept.append((origins[run.start() + 1][0], origins[run.end() - 1][1]))
        at = run.end()
    out.append(text[at:])
    kept.extend(origins[at:])
    return Normal("".join(out), length, tuple(kept))


def normalize(text: str) -> Normal:
    """The normal view of `text`. Normalising a normal text again changes nothing."""
    plain, origins = _folded(text, None)
    return _collapsed(plain, len(text), origins)


def normal_text(text: str) -> str:
    """The normal view without its map back: `normalize(text).text`, in half the time."""
    plain = text.translate(fold_table())
    return _REPEATED.sub(r"\1\1", plain) if _REPEATED.search(plain) else plain


def undisguised(text: str) -> Normal | None:
    """The view with pictures spoken and split characters joined, None when there is nothing to undo.

    At most one space or symbol may stand between two parts of a character; other symbols go as in the normal view.
    """
    spoken, table, firsts = pictures(), fold_table(), _first_parts()
    pieces: list[tuple[str, int, int]] = []
    at, undone = 0, False
    while at < len(text):
        character, end = text[at], at + 1
        meant = spoken.get(character)
        if meant is None and table.get(ord(character), character) in firsts:
            meant, end = _joined(text, at) or (None, end)
        undone = undone or meant is not None
        pieces.append((meant or character, at, end))
        at = end
    if not undone:
        return None
    plain, origins = _folded(text, pieces)
    return _collapsed(plain, len(text), origins)


def _joined(text: str, at: int) -> tuple[str, int] | None:
    """The character whose parts begin at `at`, and where they end; three parts are tried before two."""
    parts, ends = "", []
    for _ in range(3):
        found = _part(text, at, first=not parts)
        if found is None:
            break
        parts += found[0]
        at = found[1]
        ends.append(at)
    for count in (3, 2):
        if len(ends) >= count and (meant := splits().get(parts[:count])):
            return meant, ends[count - 1]
    return None


def _part(text: str, at: int, *, first: bool) -> tuple[str, int] | None:
    """The folded character at `at`, or behind one dropped character there, and the place after it."""
    table = fold_table()
    for place in range(at, min(len(text), at + (1 if first else 2))):
        folded = table.get(ord(text[place]), text[place])
        if folded:
            return (folded, place + 1) if len(folded) == 1 else None
    return None


def syllables(text: str) -> str:
    """A normal text with hanzi and digits replaced by their syllables' private characters; same length."""
    return text.translate(syllable_table())
