"""The words of the public pages: flat keys in `messages/<lang>.json`, `{name}` for what is filled in.

They are the public pages' own, since an exported page carries all of them with it. A missing key is an error at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from bot.printing import Messages

LANGS = ("zh", "en")
"""`zh` is simplified Chinese, the default."""

HTML_LANG = {"zh": "zh-CN", "en": "en"}
FOR_SCRIPTS = "js."
"""Prefix of the words that the scripts need as well."""

_FOLDER = Path(__file__).parent / "messages"


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All words of one language of LANGS."""
    found: dict[str, str] = json.loads((_FOLDER / f"{lang}.json").read_text(encoding="utf-8"))
    return MappingProxyType(found)


class Words(Messages):
    """The words of one language; a language nobody knows gives the first of LANGS."""

    __slots__ = ("lang",)

    def __init__(self, lang: str) -> None:
        self.lang = lang if lang in LANGS else LANGS[0]
        super().__init__(catalogue(self.lang))

    def for_scripts(self) -> dict[str, str]:
        """The part that the browser needs, without the prefix."""
        return {
            key[len(FOR_SCRIPTS) :]: text for key, text in self._known.items() if key.startswith(FOR_SCRIPTS)
        }


def preferred(cookie: str | None, accepted: str) -> str:
    """The language to show: the one chosen (`cookie`), else the first of LANGS in an Accept-Language header."""
    if cookie in LANGS:
        return str(cookie)
    for part in accepted.lower().split(",")[:20]:
        tag = part.partition(";")[0].strip()
        for lang in LANGS:
            if tag == lang or tag.startswith(f"{lang}-"):
                return lang
    return LANGS[0]
