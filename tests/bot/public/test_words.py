from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.public.rendering import HERE
from bot.public.words import Words, catalogue, preferred


def test_both_languages_have_the_same_words_with_the_same_slots() -> None:
    zh, en = catalogue("zh"), catalogue("en")
    assert zh.keys() == en.keys()
    for key in zh:
        assert zh[key].strip()
        assert en[key].strip()
        assert sorted(re.findall(r"\{([a-z_]+)\}", zh[key])) == sorted(
            re.findall(r"\{([a-z_]+)\}", en[key])
        ), key


def test_every_word_used_exists() -> None:
    known = catalogue("zh")
    used: set[str] = set()
    for path in HERE.joinpath("templates").glob("*.html"):
        used |= set(re.findall(r"\bt\(\"([a-z_]+\.[a-z0-9_.]+)\"[,)]", path.read_text(encoding="utf-8")))
    for path in HERE.joinpath("static").glob("*.js"):
        used |= {f"js.{key}" for key in re.findall(r"\bt\(\"([a-z_.]+)\"", path.read_text(encoding="utf-8"))}
    for path in HERE.rglob("*.py"):
        used |= set(re.findall(r"\"((?:error|away|claim)\.[a-z_]+)\"", path.read_text(encoding="utf-8")))
    assert len(used) > 150
    assert sorted(used - known.keys() - {"error.html", "claim.html", "claim.js"}) == []


def test_every_step_of_the_verifier_has_words_for_its_failing() -> None:
    verifier = Path(__file__).parents[3] / "docs" / "draws-protocol.md"
    steps = re.findall(
        r"`([a-z_]+)`", verifier.read_text(encoding="utf-8").rpartition("Steps, in this order")[2]
    )
    named = [step for step in steps if step not in ("skipped", "note")]
    assert len(named) == 15
    for step in named:
        assert f"js.fails.{step}" in catalogue("zh")


def test_a_slot_is_filled_and_its_value_is_not_looked_into() -> None:
    assert Words("en")("draw.number", n="{n}") == "No. {n}"
    assert Words("xx").lang == "zh"
    assert Words("zh").name("void", "cancelled") == "无人参与前取消"
    assert Words("zh").name("void", "<b>") == "<b>"
    with pytest.raises(KeyError):
        Words("zh")("no.such")


@pytest.mark.parametrize(
    ("cookie", "accepted", "lang"),
    [
        (None, "", "zh"), ("en", "zh-CN", "en"), ("klingon", "en-GB,en;q=0.8", "en"), (None, "fr, de;q=0.5", "zh"),
        (None, "zh-TW,zh;q=0.9,en;q=0.8", "zh"), (None, "EN", "en"), (None, "e" * 9_000, "zh"),
    ],
)  # fmt: skip
def test_the_language_is_the_chosen_one_else_the_browsers(
    cookie: str | None, accepted: str, lang: str
) -> None:
    assert preferred(cookie, accepted) == lang
