"""The card of a case: its text and its buttons, as plain values. What is sent is decided here, how elsewhere.

A card crosses the border (PIPL 38, 39, 55), so it is de-identified: number, alias of the room, code and name,
severity, time left, how many comments. No viewer's name ever, and words only when the operator has asked for them:
then one sample, with numbers, addresses and accounts covered and cut to 60 characters. Cards go out without parse
mode; the covering also keeps a viewer's address from becoming a link.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import msgspec

from bot.escalation.button import Action
from bot.escalation.categories import Lang, name_of
from bot.storage.values import Case

OPEN_STATES = frozenset({"new", "claimed", "snoozed", "regressed", "escalated"})
"""States in which somebody still has to do something."""

SAMPLE_LENGTH = 60
SAMPLE_READ = 2_000
"""Characters of a comment looked at; a longer one is cut before it is covered."""

SEVERITY = {1: ("低", "low"), 2: ("中", "medium"), 3: ("高", "high"), 4: ("危急", "critical")}
STATE = {
    "new": ("🆕 待认领", "🆕 nobody has it"),
    "claimed": ("✋ {holder} 处理中", "✋ {holder} is on it"),
    "snoozed": ("💤 稍后提醒", "💤 snoozed"),
    "regressed": ("🔁 再次出现", "🔁 it is back"),
    "escalated": ("⤴ 已升级，等合规处理", "⤴ escalated to compliance"),
    "resolved": ("✅ {disposition} · {holder}", "✅ {disposition} · {holder}"),
    "archived": ("🗄 已归档", "🗄 archived"),
}
DISPOSITION = {
    "answered": ("已答复", "answered"),
    "hidden": ("已隐藏", "hidden"),
    "warned": ("已提醒", "warned"),
    "muted": ("已静音", "muted"),
    "false_positive": ("误报", "false alarm"),
    "duplicate": ("重复", "duplicate"),
    "no_action": ("无需处理", "no action"),
    "customer_service": ("转客服", "to customer service"),
    "compliance": ("转合规", "to compliance"),
}
LABEL: dict[str, tuple[str, str]] = {
    "claim": ("认领", "Claim"),
    "resolve": ("已答复", "Answered"),
    "release": ("放回", "Put back"),
    "escalate": ("升级", "Escalate"),
    "open": ("打开", "Open"),
}


class Button(msgspec.Struct, frozen=True):
    """One button: either an `action` or a `url`."""

    label: str
    action: Action | None = None
    url: str | None = None


class Face(msgspec.Struct, frozen=True):
    """What a card shows. Equal faces need no edit."""

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()


def case_number(case_id: int) -> str:
    """How a case is called among people: its id, or the last six digits of a long one."""
    digits = str(case_id)
    return f"#{digits}" if len(digits) <= 6 else f"#{digits[-6:]}"


def aliases(rooms: Sequence[str]) -> dict[str, str]:
    """`房间A`, `房间B` … for `rooms` in the order of the settings, so that no room id leaves the country."""
    return {room: f"房间{_letters(index)}" for index, room in enumerate(rooms)}


def _letters(index: int) -> str:
    first, last = divmod(index, 26)
    return (_letters(first - 1) if first else "") + chr(ord("A") + last)


def link_into(public_url: str | None) -> Callable[[int], str | None]:
    """Where a case's page is, for people elsewhere; None while the console has no address outside this machine
    (Telegram refuses a button to such an address, and a phone could not follow it)."""
    parts = urlsplit(public_url or "")
    if (
        parts.scheme not in ("http", "https")
        or "." not in (parts.hostname or "")
        or _is_here(parts.hostname or "")
    ):
        return lambda case_id: None
    return lambda case_id: f"{(public_url or '').rstrip('/')}/cases/{case_id}"


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.endswith(".localhost")


def face(
    case: Case, *, alias: str, holder: str | None, now_ms: int, lang: Lang = "zh", sample: str | None = None,
    url: str | None = None,
) -> Face:  # fmt: skip
    """The card as it is now. `holder` is a colleague's name; `sample` a comment's words, None to send none; `url`
    leads into the console, None when the console cannot be reached from outside."""
    which = 0 if lang == "zh" else 1
    parts = [
        case_number(case.case_id), alias, name_of(case.category, lang), SEVERITY.get(case.severity, ("?", "?"))[which],
    ]  # fmt: skip
    if case.state in OPEN_STATES:
        parts.append(time_left(case.sla_due_ms - now_ms, lang))
    parts.append(f"×{case.comment_count}")
    lines = [" · ".join(parts), _state_line(case, holder, which)]
    others = [code for code in case.codes if code != case.category]
    if others:
        lines.append(
            ("另有 " if lang == "zh" else "also ") + "、".join(name_of(code, lang) for code in others)
        )
    if sample is not None:
        lines.append(f"「{redacted(sample)}」")
    return Face("\n".join(lines), _buttons(case, which, url))


def time_left(left_ms: int, lang: Lang) -> str:
    """`⏱1:40`, or that the time is over."""
    if left_ms <= 0:
        return "⏱超时" if lang == "zh" else "⏱overdue"
    minutes, seconds = divmod((left_ms + 999) // 1000, 60)
    return f"⏱{minutes}:{seconds:02d}"


def _state_line(case: Case, holder: str | None, which: int) -> str:
    words = STATE.get(case.state, (case.state, case.state))[which]
    disposition = DISPOSITION.get(case.disposition or "", ("已处理", "done"))[which]
    return words.format(holder=plain(holder or "?", 40), disposition=disposition)


def _buttons(case: Case, which: int, url: str | None) -> tuple[tuple[Button, ...], ...]:
    acts: tuple[Action, ...] = ()
    if case.state in ("new", "regressed", "snoozed"):
        acts = ("claim", "resolve", "escalate")
    elif case.state == "escalated":
        acts = ("claim",)
    elif case.state == "claimed":
        acts = ("resolve", "release", "escalate")
    row = tuple(Button(LABEL[act][which], act) for act in acts)
    if url is not None:
        row += (Button(LABEL["open"][which], None, url),)
    return (row,) if row else ()


_COVERS = (
    (re.compile(r"[a-z][a-z0-9+.\-]{0,20}://\S{1,500}", re.I), "[链接]"),
    (re.compile(r"[\w.+\-]{1,64}@[\w\-]{1,64}(?:\.[\w\-]{1,64}){0,4}"), "[邮箱]"),
    (re.compile(r"@\w{2,64}"), "[账号]"),
    (re.compile(r"(?<![\w.])(?:[a-z0-9\-]{1,63}\.){1,4}[a-z]{2,24}\b(?:/\S{0,500})?", re.I | re.A), "[链接]"),
    (re.compile(r"[a-z][\w\-]{5,64}", re.I | re.A), "[账号]"),
    (re.compile(r"\d(?:[\s\-.·]?\d){4,}"), "[号码]"),
)
"""Addresses, accounts and numbers, in this order. Latin words of six letters or more look like accounts."""


def redacted(text: str) -> str:
    """The words with addresses, accounts and numbers covered, in one line of at most 60 characters."""
    text = plain(unicodedata.normalize("NFKC", _encodable(text[:SAMPLE_READ])), SAMPLE_READ)
    for pattern, cover in _COVERS:
        text = pattern.sub(cover, text)
    return text if len(text) <= SAMPLE_LENGTH else text[: SAMPLE_LENGTH - 1] + "…"


def plain(text: str, length: int) -> str:
    """One line without control, format (also bidirectional) and surrogate characters, cut to `length`."""
    kept = (" " if char.isspace() else char for char in text)
    line = "".join(char for char in kept if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return " ".join(line.split())[:length]


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
