"""The starter pack for a new shop: drafts for every question, for complaints, and scripts for bad moments.

Nothing here is approved: every phrase is an unsigned draft, so no room hears it until the shop has read it, made it
its own and had it approved. Drafts about the goods name the link or the product, as the room hears an answer without
its question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from replies.errors import LibraryError
from replies.library import Library, load_csv
from replies.phrase import Phrase
from replies.sheet import EMERGENCIES


@dataclass(frozen=True, slots=True)
class Script:
    """What is said in one emergency. `name` is one of `replies.sheet.EMERGENCIES`; `host` is spoken by the host,
    `chat` is written in the room. Both are drafts of the starter library, with ids ending in -host and -chat."""

    name: str
    host: Phrase
    chat: Phrase


@cache
def library() -> Library:
    """The starter library: three drafts in Chinese and one in English for each question, two for each kind of
    complaint, and the lines of `scripts`. Raises LibraryError when the shipped file is damaged."""
    return Library(load_csv(files(__name__).joinpath("phrases.csv").read_bytes(), name="starter/phrases.csv"))


@cache
def scripts() -> tuple[Script, ...]:
    """One script for each emergency, in the order of EMERGENCIES. Raises LibraryError as `library` does."""
    return tuple(_scripts(library()))


def _scripts(shipped: Library) -> Iterator[Script]:
    for name in EMERGENCIES:
        stem = f"starter-emergency-{name.replace('_', '-')}"
        host, chat = shipped.get(f"{stem}-host"), shipped.get(f"{stem}-chat")
        if host is None or chat is None:
            raise LibraryError([f"starter/phrases.csv: the emergency {name!r} lacks its host or chat line."])
        yield Script(name, host, chat)
