"""The rule book as data: codes with their legal basis, terms, patterns, harmless wordings.

A rule book is a folder: codes.toml, terms.csv, patterns.toml, allow.txt, health.txt, rights.txt. The shipped one lies
in `classifiers/rulebook`. A *pack* is a further folder merged into it, with at least terms.csv: an operator's own
terms, political ones among them, which are never shipped (docs/example-pack). Columns of terms.csv:

  rule      id such as D01-0007; the part before the dash is its code
  term      the canonical reading, reported with each hit; itself a spelling that is looked for
  forms     further spellings, separated by `;`
  readings  H: each syllable also as any homophone, digit or pinyin · P: syllables also as pinyin, the rest literal ·
            I: also as pinyin initials · B: only where no word of the dictionary is cut at either end
  spare     longer harmless wordings, separated by `;`: a hit inside one of them is none
  products  classes of goods it is bound to, separated by `;`; empty: any
  hit       a line somebody might type that it must hit
  miss      a harmless line with two characters of the term that it must spare
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from classifiers.errors import RuleBookError
from classifiers.rule import EXCUSES, PRODUCTS, SPEAKERS, Basis, Code, Pattern, RuleBook, Term
from classifiers.rulefiles import COLUMNS, FILES, read

__all__ = [
    "COLUMNS", "EXCUSES", "FILES", "PRODUCTS", "SHIPPED", "SPEAKERS", "Basis", "Code", "Pattern", "RuleBook", "Term",
    "check", "load",
]  # fmt: skip

SHIPPED = Path(__file__).parent / "rulebook"


def load(folder: Path | None = None, packs: Sequence[Path] = ()) -> RuleBook:
    """The rule book in `folder`, the shipped one for None, with `packs` merged into it in order.

    Raises RuleBookError naming every problem of the files. Whether each rule hits its own line is not asked here
    (proof.py): a show must not wait for that. Nor are the expressions of the shipped book examined, which `check` does.
    """
    book, problems = read(folder or SHIPPED, packs, proven=folder is None)
    if problems:
        raise RuleBookError(problems)
    return book


def check(folder: Path, packs: Sequence[Path] = ()) -> list[str]:
    """Every problem of the files of a rule book, one sentence each with file and line; empty when sound."""
    return read(folder, packs)[1]
