"""The console's words: flat keys in JSON, `{name}` for what is filled in. `messages/zh.json` holds what all pages
share, `messages/<topic>.zh.json` the words of one topic.

A missing key is an error at once, never a blank on the page; a key that stands twice is one as well.
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
_FOLDER = Path(__file__).parent / "messages"

FOR_SCRIPTS = ("js.", "intent.", "code.", "withheld.", "kind.", "outcome.", "entry.")
"""Prefixes of the words that the scripts need as well."""


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """All words of one language of LANGS. Raises ValueError when two files have a key in common."""
    words: dict[str, str] = {}
    for file in sorted([*_FOLDER.glob(f"{lang}.json"), *_FOLDER.glob(f"*.{lang}.json")]):
        more = json.loads(file.read_text(encoding="utf-8"))
        if twice := words.keys() & more.keys():
            raise ValueError(f"{file.name} holds words that another file has: {min(twice)}")
        words |= more
    return MappingProxyType(words)


class Words(Messages):
    """The words of one language. `words("cases.title")`, `words("live.new", n=12)`."""

    __slots__ = ("lang",)

    def __init__(self, lang: str) -> None:
        self.lang = lang if lang in LANGS else LANGS[0]
        super().__init__(catalogue(self.lang))

    def for_scripts(self) -> dict[str, str]:
        """The part that the browser needs."""
        return {key: text for key, text in self._known.items() if key.startswith(FOR_SCRIPTS)}
