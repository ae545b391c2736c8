"""Why a phrase may not be said: each finding in one sentence of Chinese and of English, the law behind it, and the
exemption that could apply.

Not legal advice. `mark` says how far a basis was checked: S the article was read in a copy of the text, N only a
summary was read, U it was written down from general knowledge and is to be checked by counsel. The texts are data, in
law.toml; the articles of the rule book's codes are those of the shipped rule book.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Mark = Literal["S", "N", "U"]


@dataclass(frozen=True, slots=True)
class Basis:
    """One article. `edition` is the year of the text, `article` '' where only the whole is meant."""

    law: str
    edition: str
    article: str
    mark: Mark = "S"

    @property
    def zh(self) -> str:
        article = f"第{self.article}条" if self.article[:1].isdigit() else self.article
        return f"《{self.law}》（{self.edition}）{article}{'' if self.mark == 'S' else '（待法务核对）'}"

    @property
    def en(self) -> str:
        article = f" art. {self.article}" if self.article[:1].isdigit() else ""
        return (
            f"{self.law} ({self.edition}){article}{'' if self.mark == 'S' else ' (to be checked by counsel)'}"
        )


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground on which an exemption may rest, and what must be shown for it. `code` names it."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """`zh`/`en`: one sentence. `bases` is empty for a matter of form or of style; `grounds` is empty where the law
    knows no exemption: then an exemption changes nothing."""

    zh: str
    en: str
    bases: tuple[Basis, ...] = ()
    grounds: tuple[Ground, ...] = ()

    @property
    def law_zh(self) -> str:
        return "；".join(basis.zh for basis in self.bases)

    @property
    def law_en(self) -> str:
        return "; ".join(basis.en for basis in self.bases)


_CODE = re.compile(r"([A-Z]\d{2})(?:-.*)?", re.DOTALL)
_UNKNOWN = Explanation("规则库不允许店铺这样说。", "The rule book does not let the shop say this.")


def explain(rule: str) -> Explanation:
    """What stands behind a finding. `rule` is a code (A01), a rule of it (A01-0002) or one of this package's own
    names (urgency); for a code that is not known here, from somebody's own rule book, a sentence without law and
    without exemption."""
    code = _CODE.fullmatch(rule)
    known = codes() if code else own()
    return known.get(code[1] if code else rule, _UNKNOWN)


@cache
def codes() -> Mapping[str, Explanation]:
    """What the rule book's codes mean for the shop's own speech, by code."""
    return _explanations("codes")


@cache
def own() -> Mapping[str, Explanation]:
    """The findings this package makes itself, by name."""
    return _explanations("own")


def _explanations(part: str) -> dict[str, Explanation]:
    data: dict[str, Any] = tomllib.loads(files("replies").joinpath("law.toml").read_text(encoding="utf-8"))
    grounds = {code: Ground(code, one["zh"], one["en"]) for code, one in data["grounds"].items()}
    return {
        name: Explanation(
            one["zh"],
            one["en"],
            tuple(Basis(**basis) for basis in one.get("bases", ())),
            tuple(grounds[code] for code in one.get("grounds", ())),
        )
        for name, one in data[part].items()
    }
