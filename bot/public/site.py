"""The public pages as files for any static host, or for a disk: each draw is one file that needs nothing else.

Style, scripts, the verifier with its library, the proof and the list stand inside. A policy in the page's head names
the hash of every script, so that nothing else runs there and nothing is fetched.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from bot.draws.publication import Publication, publication, records
from bot.public.moment import moment
from bot.public.pages.draws import file_stem
from bot.public.rendering import ASSETS, inert, inline_json, render
from bot.public.words import HTML_LANG, LANGS, Words

MOST_INLINE = 64 << 20
"""A file larger than this stays beside the page; browsers do not take pages of hundreds of megabytes."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One draw to export: its public record (as `bot.draws.publication` reads it), the bytes of its proof and of its
    list, None where not published."""

    record: Mapping[str, Any]
    proof: bytes | None
    entry_list: bytes | None


def export_site(draws: Iterable[Exported], folder: Path, *, now_ms: int) -> tuple[Path, ...]:
    """Write `<draw_id>.html` for every draw and `index.html` into `folder`; gives the paths written, the index last.

    Each file appears whole or not at all. Raises OSError when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written, shown = [], []
    for draw in draws:
        one = publication(draw.record)
        written.append(_write(folder / f"{file_stem(one.draw_id)}.html", draw_file(draw, now_ms)))
        for kind, data in (("proof", draw.proof), ("list", draw.entry_list)):
            if data is not None and len(data) > MOST_INLINE:
                written.append(_write(folder / f"{file_stem(one.draw_id)}.{kind}.json", data))
        shown.append(one)
    written.append(_write(folder / "index.html", _index_file(shown, now_ms)))
    return tuple(written)


def draw_file(draw: Exported, now_ms: int) -> bytes:
    """The page of one draw as one self-contained file."""
    one = publication(draw.record)
    given = {"proof": draw.proof, "list": draw.entry_list}
    beside = {name for name, data in given.items() if data is not None and len(data) > MOST_INLINE}
    mains = {
        lang: render(
            "draw_main.html", lang, one=one, moment=moment(one, now_ms), now_ms=now_ms, home="index.html",
            proof=draw.proof is not None, entry_list=draw.entry_list is not None, beside=beside, finding=False,
            claims=False, qr=False,
        )
        for lang in LANGS
    }  # fmt: skip
    files = {
        "records": inline_json({"draw_id": one.draw_id, "records": records(draw.record)}),
        **{
            name: Markup(inert(data.decode("utf-8")))
            for name, data in given.items()
            if data is not None and name not in beside
        },
    }
    scripts = ("noble-bls12-381.js", "lfd1.js", "page.js", "check.js")
    return _page(f"{one.title} · {one.draw_id}", mains, one.draw_id, files, scripts)


def _index_file(shown: list[Publication], now_ms: int) -> bytes:
    by_room: dict[str, list[tuple[Publication, str]]] = {}
    for one in sorted(shown, key=lambda one: (one.room, -one.number, one.draw_id)):
        by_room.setdefault(one.room, []).append((one, moment(one, now_ms).now))
    mains = {
        lang: render(
            "index_main.html", lang, rooms=list(by_room.items()), link=lambda one: f"{file_stem(one.draw_id)}.html"
        )
        for lang in LANGS
    }  # fmt: skip
    title = " · ".join(Words(lang)("site.title") for lang in LANGS)
    return _page(title, mains, "", {}, ("page.js",))


def _page(
    title: str, mains: Mapping[str, str], draw_id: str, files: Mapping[str, Markup], scripts: tuple[str, ...]
) -> bytes:
    css = ASSETS["page.css"].read_text(encoding="utf-8")
    codes = [_script(ASSETS[name].read_text(encoding="utf-8")) for name in scripts]
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src {_digest(css)}; script-src {' '.join(map(_digest, codes))}"
    )
    words = {lang: Words(lang) for lang in LANGS}
    text = render(
        "site_base.html", LANGS[0], policy=policy, title=title, css=Markup(css), words=words, html_langs=HTML_LANG,
        mains={lang: Markup(main) for lang, main in mains.items()}, draw_id=draw_id, files=files,
        scripts=[Markup(code) for code in codes],
        all_words={lang: words[lang].for_scripts() for lang in LANGS},
    )  # fmt: skip
    return text.encode("utf-8")


def _script(code: str) -> str:
    """A script as it may stand inside an element. Raises ValueError when something in it would end the element."""
    if "</script" in code.lower() or "<!--" in code:
        raise ValueError(
            "A script of the page holds what would end its element; it cannot be written into one file."
        )
    return code.replace("\r\n", "\n")


def _digest(text: str) -> str:
    """The source expression of an inline script or style: what the browser hashes is its text exactly."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def _write(path: Path, data: bytes) -> Path:
    beside = path.with_name(f"{path.name}.part")
    beside.write_bytes(data)
    os.replace(beside, path)
    return path
