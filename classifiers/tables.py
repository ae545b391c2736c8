"""Makes the shipped tables of the normaliser: `python -m classifiers.tables`. Run by hand, never while judging.

Needs opencc and pypinyin (dependency group `tables`). Writes two files into `classifiers/data/tables`:

  fold.txt       one line per target: `target<TAB>characters that become it`; an empty target drops them
  syllables.txt  one line per toneless syllable: `jia<TAB>加家佳…` (simplified hanzi of the basic block)

`martian.txt` (火星文, read here and folded into fold.txt), `splits.txt` and `emoji.txt` in the same folder are not
made here. Both made files depend on the Unicode tables of the Python that ran this program, so they are made once
and shipped; the normaliser's version is the hash of the four files it reads.
"""

from __future__ import annotations

import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

TABLES = Path(__file__).parent / "data" / "tables"

# Letters of other scripts that look like a Latin one, and a few shapes NFKC leaves alone.
LOOK_ALIKES = {
    "a": "αаɑᴀ", "b": "βвьʙ", "c": "сϲᴄ", "d": "ԁᴅ", "e": "εеєᴇ", "f": "ƒғ", "g": "ɡɢ", "h": "нһʜ", "i": "ιіɪı",
    "j": "јᴊ", "k": "κкᴋ", "l": "ʟӏ", "m": "мᴍ", "n": "ηпɴ", "o": "οоσᴏ", "p": "ρрᴘ", "q": "ԛ", "r": "гʀ",
    "s": "ѕꜱ", "t": "τтᴛ", "u": "υᴜ", "v": "νѵᴠ", "w": "ωшԝᴡ", "x": "χхⅹ", "y": "γуʏ", "z": "ᴢ",
}  # fmt: skip
# A plus sign is typed for 加 far more often than for addition.
WORDS_FOR_SIGNS = {"加": "+＋➕﹢⁺₊✚"}
# Enclosed alphabets and digits without a compatibility decomposition.
_ENCLOSED = ((0x1F150, "a", 26), (0x1F170, "a", 26), (0x1F1E6, "a", 26), (0x2776, "1", 9), (0x2780, "1", 9),
             (0x278A, "1", 9), (0x24F5, "1", 9))  # fmt: skip


def by_hand() -> dict[str, str]:
    """Look-alikes, signs and Martian variants: character -> what it stands for."""
    fixed: dict[str, str] = {}
    martian = dict(
        line.split("\t", 1)
        for line in (TABLES / "martian.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    for table in (LOOK_ALIKES, WORDS_FOR_SIGNS, martian):
        for target, characters in table.items():
            fixed.update(dict.fromkeys(characters, target))
    for first, letter, count in _ENCLOSED:
        fixed.update({chr(first + i): chr(ord(letter) + i) for i in range(count)})
    return fixed


# A stroke that is no word by itself and is typed as a separator: 加丨微丨信.
SEPARATORS = frozenset("丨〡ㅣ")


def dropped(character: str) -> bool:
    """Punctuation, symbols, spaces, controls, marks, surrogates, the private area of the first plane, SEPARATORS."""
    if character in SEPARATORS:
        return True
    category = unicodedata.category(character)
    if category in ("Cn", "Co"):
        return 0xE000 <= ord(character) <= 0xF8FF
    return category[0] in "PSZC" or category in ("Mn", "Me", "Mc")


def fold(character: str, simplify: Callable[[str], str], fixed: dict[str, str]) -> str:
    """What one character becomes; folding the result again changes nothing."""
    seen = character
    for _ in range(6):
        step = "".join(fixed.get(c, c) for c in seen)
        step = unicodedata.normalize("NFKC", step).casefold()
        step = "".join(c if "\u3040" <= c <= "\u30ff" or "\uac00" <= c <= "\ud7a3"
                       else unicodedata.normalize("NFKD", c) for c in step)  # fmt: skip
        step = "".join(simplify(c) for c in step if c in fixed or not dropped(c))
        if step == seen:
            break
        seen = step
    return seen


def code_points() -> Iterator[str]:
    """Every assigned character, the surrogates and the first private area."""
    for number in range(0x110000):
        character = chr(number)
        if unicodedata.category(character) != "Cn" and not (number >= 0xF0000):
            yield character


def make_fold(simplify: Callable[[str], str]) -> dict[str, str]:
    """All characters that change, with what they become. Surrogates are dropped by the loader, not listed."""
    fixed, table = by_hand(), {}
    for character in code_points():
        if 0xD800 <= ord(character) <= 0xF8FF and unicodedata.category(character) in ("Cs", "Co"):
            continue
        target = fold(character, simplify, fixed)
        if target != character:
            table[character] = target
    return table


def make_syllables(pinyin: Callable[[str], str]) -> dict[str, str]:
    """Toneless syllable (v for ü) -> the hanzi of the basic block whose commonest reading it is."""
    syllables: dict[str, list[str]] = defaultdict(list)
    for number in (0x3007, *range(0x4E00, 0x9FA6)):
        syllable = pinyin(chr(number))
        if syllable.isascii() and syllable.isalpha():
            syllables[syllable].append(chr(number))
    return {syllable: "".join(characters) for syllable, characters in sorted(syllables.items())}


def main() -> int:
    """Write both tables; says how much was written."""
    import opencc
    from pypinyin import Style, lazy_pinyin

    converter = opencc.OpenCC("t2s")
    cache: dict[str, str] = {}

    def simplify(character: str) -> str:
        if not "\u3400" <= character <= "\U0003ffff":
            return character
        if character not in cache:
            converted = str(converter.convert(character))
            cache[character] = converted if len(converted) == 1 else character
        return cache[character]

    folded: dict[str, list[str]] = defaultdict(list)
    table = make_fold(simplify)
    for character, target in table.items():
        folded[target].append(character)
    lines = [f"{target}\t{_spelled(characters)}" for target, characters in sorted(folded.items())]
    _write("fold.txt", lines)
    syllables = make_syllables(lambda c: str(lazy_pinyin(c, style=Style.NORMAL, v_to_u=False)[0]))
    _write("syllables.txt", [f"{name}\t{characters}" for name, characters in syllables.items()])
    print(f"fold.txt {len(table)} characters, syllables.txt {len(syllables)} syllables", file=sys.stderr)
    return 0


def _spelled(characters: list[str]) -> str:
    """Code points as hex ranges for what does not show (dropped ones), else the characters themselves."""
    numbers = sorted(map(ord, characters))
    parts: list[str] = []
    start = previous = numbers[0]
    for number in [*numbers[1:], -1]:
        if number == previous + 1:
            previous = number
            continue
        parts.append(f"{start:x}" if start == previous else f"{start:x}-{previous:x}")
        start = previous = number
    return " ".join(parts)


def _write(name: str, lines: list[str]) -> None:
    with (TABLES / name).open("w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
