from __future__ import annotations

import json

import pytest
from jinja2 import UndefinedError

from bot.public.rendering import ASSETS, amount, asset_mark, groups, inert, inline_json, render, yuan


def test_nothing_in_a_json_element_can_end_it() -> None:
    value = {"</script><script>alert(1)</script>": ["<!--", "\u2028", "\ud800", "&"]}
    text = str(inline_json(value))
    assert "<" not in text
    assert json.loads(text) == value
    assert json.loads(inert('{"a":"<b>"}')) == {"a": "<b>"}


def test_the_digits_stand_in_four_groups() -> None:
    assert groups("0123456789abcdef" + "f" * 48) == ["0123", "4567", "89ab", "cdef"]
    assert groups("") == []


def test_amounts() -> None:
    assert (yuan(39_900), yuan(1), yuan(None)) == ("399.00", "0.01", "–")
    assert (amount(9_950, 2), amount(100_000, 2), amount(7, 0), amount(7, 9), amount("x", 2)) == (
        "99.50", "1000.00", "7", "7", "–",
    )  # fmt: skip


def test_text_is_escaped_and_made_harmless() -> None:
    page = render(
        "error.html",
        "zh",
        path="/<>",
        asset=asset_mark,
        home="/",
        version="",
        code=404,
        text="<b>\x00\u202e</b>",
    )
    assert "&lt;b&gt;␀\N{REPLACEMENT CHARACTER}&lt;/b&gt;" in page


def test_a_name_nobody_gave_is_an_error_and_no_blank() -> None:
    with pytest.raises(UndefinedError):
        render("error.html", "zh", path="/", asset=asset_mark, home="/", version="", code=404)


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_every_asset_is_there_and_loads_nothing_from_elsewhere(name: str) -> None:
    text = ASSETS[name].read_text(encoding="utf-8")
    assert len(asset_mark(name)) == 10
    for word in ("http://", "https://", "@import", "//cdn", "eval(", "new Function"):
        if name == "icon.svg" and word == "http://":
            continue  # the name of SVG itself
        assert word not in text or name == "noble-bls12-381.js", (name, word)
    if name != "noble-bls12-381.js":
        assert "innerHTML" not in text
