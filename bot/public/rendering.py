"""Templates to public pages: text escaped everywhere and made harmless first, unknown names an error."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.printing import clock, day_clock, harmless, span
from bot.public.moment import MARKS
from bot.public.words import HTML_LANG, LANGS, Words

HERE = Path(__file__).parent
STATIC = HERE / "static"
VERIFIERS = Path(__file__).parents[2] / "lottery" / "verifiers"
SCRIPTS = {
    "page.js": STATIC / "page.js",
    "check.js": STATIC / "check.js",
    "claim.js": STATIC / "claim.js",
    "noble-bls12-381.js": VERIFIERS / "vendor" / "noble-bls12-381.js",
    "lfd1.js": VERIFIERS / "browser.js",
}
"""Name under /static to the file; the verifier and its library are the very files that lie in `lottery/verifiers`."""

ASSETS = {**SCRIPTS, "page.css": STATIC / "page.css", "icon.svg": STATIC / "icon.svg"}


def _finalize(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Markup):
        return harmless(value)
    return value


def inline_json(value: object) -> Markup:
    """JSON that may stand inside a script element of type application/json: nothing in it can end the element."""
    return Markup(inert(json.dumps(value, ensure_ascii=True, separators=(",", ":"))))


def inert(text: str) -> str:
    """JSON text with every "<" as an escape. In JSON it stands inside of strings only, so the meaning is the same."""
    return text.replace("<", "\\u003c")


def groups(digits: str) -> list[str]:
    """The first 16 hex digits in four groups, as they stand on the screen in the room; [] for none."""
    return [digits[at : at + 4] for at in range(0, min(len(digits), 16), 4)]


def yuan(fen: object) -> str:
    """An amount of fen in yuan."""
    return f"{int(fen) / 100:,.2f}" if isinstance(fen, int) else "–"


def amount(value: object, decimals: object) -> str:
    """A number of the smallest unit with its decimals (contest `guess`)."""
    places = decimals if isinstance(decimals, int) and 0 <= decimals <= 2 else 0
    return f"{value / 10**places:.{places}f}" if isinstance(value, int) else "–"


@cache
def environment() -> Environment:
    """The template environment of the public pages."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates", encoding="utf-8"), autoescape=True, undefined=StrictUndefined,
        finalize=_finalize, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters.update(
        clock=clock,
        day_clock=day_clock,
        span=span,
        groups=groups,
        yuan=yuan,
        amount=amount,
        inline_json=inline_json,
    )
    made.globals.update(marks=MARKS, langs=LANGS)
    return made


def render(name: str, lang: str, /, **more: object) -> str:
    """The template `name` in one language."""
    words = Words(lang)
    return environment().get_template(name).render(
        t=words, lang=words.lang, html_lang=HTML_LANG[words.lang], **more
    )  # fmt: skip


@cache
def asset_mark(name: str) -> str:
    """A short mark of an asset's content, so that browsers fetch a changed one and keep an unchanged one."""
    return hashlib.sha256(ASSETS[name].read_bytes()).hexdigest()[:10]
