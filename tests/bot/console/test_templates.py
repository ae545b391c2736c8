"""The pages' files: no inline script or style, no word without a translation, nothing fetched from elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import bot.console
from bot.console.words import LANGS, Words, catalogue

HERE = Path(bot.console.__file__).parent
TEMPLATES = sorted((HERE / "templates").glob("*.html"))
SCRIPTS = sorted((HERE / "static").glob("*.js"))
SHEETS = sorted((HERE / "static").glob("*.css"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_inline_script_style_or_handler(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for script in re.findall(r"<script\b[^>]*>", text):
        assert " src=" in script
        assert " defer" in script
    assert re.findall(r"<script\b[^>]*>(?!</script>)", text) == []
    assert "<style" not in text
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=", re.sub(r"\{[%{].*?[%}]\}", "", text))
    assert "javascript:" not in text
    assert "|safe" not in text.replace(" ", "")
    assert "autoescape" not in text
    assert not re.search(r"hx-on|hx-vals=.js|hx-headers='js", text)


@pytest.mark.parametrize("path", [*TEMPLATES, *SCRIPTS, *SHEETS], ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"(https?:)?//[a-z0-9]+\.", text.replace("// ", ""))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_set_text_never_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for word in (
        "innerHTML =",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        ".style.",
    ):
        assert word not in text
    assert 'setAttribute("style' not in text


def test_both_languages_have_the_same_keys_and_slots() -> None:
    first, *others = (catalogue(lang) for lang in LANGS)
    for other in others:
        assert first.keys() == other.keys()
        for key in first:
            assert sorted(re.findall(r"\{[a-z_]+\}", first[key])) == sorted(
                re.findall(r"\{[a-z_]+\}", other[key])
            ), key
    assert all(text.strip() for lang in LANGS for text in catalogue(lang).values())


def test_every_word_used_exists() -> None:
    known = catalogue("zh")
    used: set[str] = set()
    for path in TEMPLATES:
        used |= set(re.findall(r"\bt\(\s*['\"]([a-z_]+\.[a-z0-9_]+)['\"]", path.read_text(encoding="utf-8")))
    for path in SCRIPTS:
        used |= set(re.findall(r"ck\.word\(\s*\"(js\.[a-z0-9_]+)\"", path.read_text(encoding="utf-8")))
    for path in HERE.rglob("*.py"):
        used |= set(re.findall(r"\"(error\.(?!html)[a-z_]+)\"", path.read_text(encoding="utf-8")))
    assert len(used) > 150
    assert sorted(used - known.keys()) == []


def test_every_group_of_codes_is_named() -> None:
    from bot.console.draw_board import Phase
    from bot.console.roles import ROLES
    from bot.console.stored_rows import OPEN_STATES
    from bot.console.views import DISPOSITIONS
    from bot.decision import Withheld
    from bot.policy import SEVERITY
    from bot.storage.casework import DISPOSITIONS as STORED
    from classifiers.verdict import INTENTS, KINDS
    from lottery.claim import CLAIM_OUTCOMES, CLAIM_REASONS
    from lottery.entry import Refusal
    from lottery.law import LAW
    from lottery.record import VOID_REASONS
    from lottery.rules import KINDS as CONTESTS
    from lottery.rules import PRESETS, PRIZE_KINDS, TEXTS, RuleSheet
    from lottery.states import State
    from replies.errors import REASONS

    known = catalogue("en")
    hushed = (
        "operator_off",
        "red_light",
        "quiet",
        "held",
        "off_duty",
        "breaker",
        "session_over",
        "platform_draw",
    )
    groups = {
        "gate": (*REASONS, *hushed),
        "intent": INTENTS, "kind": KINDS, "withheld": Withheld.__args__, "role": ROLES, "disposition": DISPOSITIONS,
        "case_state": OPEN_STATES, "code": SEVERITY, "entry": tuple(Refusal), "void": VOID_REASONS,
        "preset": PRESETS, "prize_kind": PRIZE_KINDS, "draw_state": tuple(State),
        "contest": CONTESTS, "contest_how": CONTESTS, "field": RuleSheet.__dataclass_fields__.keys() - TEXTS.keys(),
        "overlay": [f"phase_{one}" for one in Phase.__args__], "law": {one.mark for one in LAW.values()},
        "claimed": [one for one in (*CLAIM_OUTCOMES, *CLAIM_REASONS) if one],
        "alts": ("names_alike", "uids_in_a_row", "burst_of_new"),
    }  # fmt: skip
    missing = [
        f"{group}.{code}"
        for group, codes in groups.items()
        for code in codes
        if f"{group}.{code}" not in known
    ]
    assert missing == []
    assert set(DISPOSITIONS) == STORED


def test_words_fill_slots_plainly() -> None:
    words = Words("zh")
    assert words("js.new", n="{n}<b>") == "＋{n}<b> 条新评论"
    assert words.name("code", "ZZ9") == "ZZ9"
    assert Words("xx").lang == "zh"
    with pytest.raises(KeyError):
        words("no.such")
    assert json.dumps(words.for_scripts())
    assert all(key.split(".")[0] != "error" for key in words.for_scripts())


def test_colours_have_enough_contrast() -> None:
    """WCAG 2.2 AA, 4.5:1, for the pairs of text and ground that the sheets use, in light and dark."""
    sheet = (HERE / "static/tokens.css").read_text(encoding="utf-8")
    blocks = {
        "light": sheet[sheet.index(":root {") : sheet.index(":root:lang")],
        "dark": sheet[sheet.index('[data-theme="dark"]') : sheet.index("@media")],
    }
    pairs = [
        ("ink", "paper"), ("ink", "card"), ("ink-2", "paper"), ("ink-2", "card"), ("ink-2", "sunk"), ("ink-3", "card"),
        ("ink-3", "paper"), ("on-go", "go"), ("go-ink", "go-soft"), ("go-ink", "card"), ("on-danger", "danger"),
        ("danger-ink", "danger-soft"), ("danger-ink", "card"), ("warn-ink", "warn-soft"), ("info-ink", "info-soft"),
        ("mark-ink", "mark"), ("on-brand", "brand"), ("brand", "card"), ("card", "sev1"), ("card", "sev2"),
        ("card", "sev3"), ("card", "sev4"), ("sev4", "card"), ("sev2", "card"),
    ]  # fmt: skip
    for name, block in blocks.items():
        colours = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6})\b", block))
        for text, ground in pairs:
            assert contrast(colours[text], colours[ground]) >= 4.5, (name, text, ground)


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(char * 2 for char in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_dark_is_the_same_by_choice_and_by_the_system() -> None:
    sheet = (HERE / "static/tokens.css").read_text(encoding="utf-8")
    chosen = sheet[sheet.index('[data-theme="dark"] {') : sheet.index("@media")]
    system = sheet[sheet.index('[data-theme="auto"] {') :]
    find = re.compile(r"--[a-z0-9-]+: [^;]+;")
    assert find.findall(chosen) == find.findall(system)
