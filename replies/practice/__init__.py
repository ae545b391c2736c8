"""The shipped shop and library for practice: six goods of an evening sale, and what may be said of them.

Everything here is signed `practice`: it is said in practice rooms, demo and replay, never in a real room.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from replies.facts import Shop, load_shop
from replies.library import Library, load_csv


@cache
def shop() -> Shop:
    """The practice shop, with nothing on show: the recording says what is."""
    return load_shop(files(__name__).joinpath("shop.json").read_text(encoding="utf-8"))


@cache
def library() -> Library:
    """The practice library."""
    return Library(load_csv(files(__name__).joinpath("phrases.csv").read_bytes(), name="phrases.csv"))
