"""The form of a rule sheet: from what was typed to the sheet, and from a sheet to what the form shows.

Prices are typed in yuan and kept in fen; numbers of a guess are typed as they are said and kept in the smallest unit.
What is no number is a finding beside those of the preflight, never a lost form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lottery.rules import KINDS, TEXTS, Prize, Problem, RuleSheet, WaveSheet

LEAST_PRIZES = 3
"""Rows for prizes that are always there."""

MOST_ROWS = 20
"""Rows for prizes and for waves at most; a rain has no more waves."""

_PRIZE = ("rank", "name", "quantity", "value", "kind", "use_rules")
_DAY_S = 86_400


class Typed:
    """Reads the fields of a form; `wrong` gathers what is no number."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self._form = form
        self.wrong: list[Problem] = []

    def line(self, name: str) -> str:
        """The text without white space around it."""
        return self._form.get(name, "").strip()

    def lines(self, name: str) -> tuple[str, ...]:
        """One value a line, empty lines left out."""
        return tuple(one.strip() for one in self._form.get(name, "").splitlines() if one.strip())

    def ticked(self, name: str) -> bool:
        """Whether the box is ticked."""
        return self._form.get(name) == "1"

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number of at most 12 digits; `default` for an empty field, where there is one."""
        return self._number(name, 0, default)

    def amount(self, name: str, decimals: int = 2, default: int | None = None) -> int:
        """A number with at most `decimals` digits after the point, in its smallest unit."""
        return self._number(name, decimals, default)

    def _number(self, name: str, decimals: int, default: int | None) -> int:
        value = self.line(name)
        if not value and default is not None:
            return default
        whole, point, part = value.partition(".")
        digits = f"{whole}{part}"
        good = (
            digits.isascii()
            and digits.isdigit()
            and whole
            and len(whole) < 13
            and (bool(part) == bool(point))
        )
        if not good or len(part) > decimals:
            places = f"，小数至多 {decimals} 位" if decimals else ""
            self.wrong.append(
                Problem(name, "number", f"“{value[:20]}”须为数字{places}", f"“{value[:20]}” must be a number")
            )
            return 0
        return int(whole + part.ljust(decimals, "0"))


def read_form(form: Mapping[str, str]) -> tuple[RuleSheet, tuple[Problem, ...]]:
    """The sheet typed into the form, and what in it is no number (those are 0 in the sheet). Fields of another kind of
    contest than the form's are not looked at; an unknown kind is a keyword's."""
    typed = Typed(form)
    kind = form.get("kind", "") if form.get("kind", "") in KINDS else "keyword"
    texts: dict[str, Any] = {name: typed.line(name).replace("\r\n", "\n") for name in TEXTS}
    sheet = RuleSheet(
        title=typed.line("title"), prizes=_prizes(typed), kind=kind,
        window_s=typed.whole("window_s", 60), lead_s=typed.whole("lead_s", 0),
        claim_within_s=typed.whole("claim_days", 7) * _DAY_S, reserves=typed.whole("reserves", 0),
        linked_value_fen=typed.amount("linked_value", 2, 0), follow=typed.ticked("follow"),
        fan_level=typed.whole("fan_level", 0), account_level=typed.whole("account_level", 0),
        exclude_previous_days=typed.whole("exclude_previous_days", 0), **_contest(typed, kind), **texts,
    )  # fmt: skip
    return sheet, tuple(typed.wrong)


def _contest(typed: Typed, kind: str) -> dict[str, Any]:
    """The fields of this kind of contest."""
    if kind == "keyword":
        return {"keyword": typed.line("keyword")}
    if kind == "purchase":
        return {"keyword": "", "product": typed.line("product")}
    if kind == "rain":
        return {"keyword": "", "waves": _waves(typed)}
    asked: dict[str, Any] = {
        "keyword": "", "question": typed.line("question"), "prefix": typed.line("prefix"),
        "answers": typed.lines("answers"),
    }  # fmt: skip
    if kind == "quiz":
        return asked | {"options": typed.lines("options")}
    decimals = min(typed.whole("decimals", 0), 2)
    least, most = typed.amount("least", decimals, 0), typed.amount("most", decimals, 0)
    return asked | {"decimals": decimals, "least": least, "most": most}


def _prizes(typed: Typed) -> tuple[Prize, ...]:
    found = []
    for row in range(MOST_ROWS):
        rank, name = typed.line(f"prize{row}_rank"), typed.line(f"prize{row}_name")
        if rank or name:
            found.append(Prize(
                rank, name, typed.whole(f"prize{row}_quantity", 0), typed.amount(f"prize{row}_value", 2, 0),
                typed.line(f"prize{row}_kind") or "goods", typed.line(f"prize{row}_use_rules"),
            ))  # fmt: skip
    return tuple(found)


def _waves(typed: Typed) -> tuple[WaveSheet, ...]:
    return tuple(
        WaveSheet(
            typed.line(f"wave{row}_keyword"),
            typed.whole(f"wave{row}_after", 0),
            typed.whole(f"wave{row}_window", 0),
        )
        for row in range(MOST_ROWS)
        if typed.line(f"wave{row}_keyword")
    )


def filled(sheet: RuleSheet, timing: str) -> dict[str, str]:
    """What the form shows for a sheet: `read_form` of it gives the sheet again."""
    form = {
        "kind": sheet.kind, "title": sheet.title, "preset": timing, "window_s": str(sheet.window_s),
        "lead_s": str(sheet.lead_s), "claim_days": str(sheet.claim_within_s // _DAY_S), "reserves": str(sheet.reserves),
        "linked_value": _said(sheet.linked_value_fen, 2) if sheet.linked_value_fen else "",
        "follow": "1" if sheet.follow else "", "fan_level": str(sheet.fan_level),
        "account_level": str(sheet.account_level), "exclude_previous_days": str(sheet.exclude_previous_days),
        "keyword": sheet.keyword, "question": sheet.question, "prefix": sheet.prefix, "product": sheet.product,
        "options": "\n".join(sheet.options), "answers": "\n".join(sheet.answers), "decimals": str(sheet.decimals),
        "least": _said(sheet.least, sheet.decimals), "most": _said(sheet.most, sheet.decimals),
        **{name: getattr(sheet, name) for name in TEXTS},
    }  # fmt: skip
    for row, prize in enumerate(sheet.prizes):
        value = _said(prize.value_fen, 2) if prize.value_fen else ""
        said = (prize.rank, prize.name, str(prize.quantity), value, prize.kind, prize.use_rules)
        form |= {f"prize{row}_{name}": one for name, one in zip(_PRIZE, said, strict=True)}
    for row, wave in enumerate(sheet.waves):
        form |= {
            f"wave{row}_keyword": wave.keyword, f"wave{row}_after": str(wave.after_s),
            f"wave{row}_window": str(wave.window_s),
        }  # fmt: skip
    return form


def rows(form: Mapping[str, str], name: str, least: int) -> range:
    """The rows that the form shows for prizes or waves: those filled, and one more."""
    used = [
        row
        for row in range(MOST_ROWS)
        if any(form.get(f"{name}{row}_{part}", "").strip() for part in _NAMES[name])
    ]
    return range(min(MOST_ROWS, max([least, *(row + 2 for row in used)])))


_NAMES = {"prize": ("rank", "name"), "wave": ("keyword",)}


def only_sheet(form: Mapping[str, str]) -> dict[str, str]:
    """The fields of a form that say something of the draw, without tokens and keys: to be carried on."""
    return {
        name: value for name, value in form.items() if name not in ("_csrf", "key", "name") and value != ""
    }


def _said(number: int, decimals: int) -> str:
    """A number of smallest units as people write it: 3990 with two decimals is 39.9."""
    if not decimals:
        return str(number)
    whole, part = divmod(number, 10**decimals)
    return f"{whole}.{part:0{decimals}}".rstrip("0").rstrip(".")
