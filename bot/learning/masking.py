"""Personal data out of a viewer's words, character for character: every span of a hit stays where it was.

What goes: long numbers (telephone, QQ, parcel, identity card; also in Chinese numerals), account names where somebody
asks for contact or gives personal data away (D01, U03), the local part of mail addresses, whom a comment is addressed
to (`@…`), addresses with their names. The shape stays, so that the rule book still finds what it found: a masked
telephone number still looks like one. Honest limit: a name typed freely in a sentence is not recognised; read the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

PERSONAL = frozenset({"D01", "U03"})
"""Codes of hits that show contact details or personal data."""

_NUMERALS = "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖"
_DIGIT = rf"[\d{_NUMERALS}]"
_LONG = re.compile(rf"{_DIGIT}(?:[ \-_.·*]?{_DIGIT}){{7,}}|{_DIGIT}{{5,}}")
_SHORT = re.compile(rf"{_DIGIT}(?:[ \-_.·*]?{_DIGIT}){{2,}}")
"""Numbers of five digits and more anywhere (of eight, when broken up: "170 120斤" asks for a size), of three and more
inside a hit."""
_MAIL = re.compile(r"[\w.+-]+(?=[@＠][\w-]+\.\w)")
_ADDRESSED = re.compile(r"(?<![\w.+-])[@＠]([^\s@＠,，。!！?？:：;；]{1,20})")
_ACCOUNT = re.compile(r"[A-Za-z0-9_Ａ-Ｚａ-ｚ０-９-]{5,}")
_CHANNEL = re.compile(r"(?i)(?:vx|wx|qq|sf|yt|jd|zto|sto|yto|ems|jt)")
_KEPT = frozenset("路街小区花园苑村巷号楼单元栋室先生女士地址住在寄到是单快递运订身份证手机电话加微信薇扣群")
"""Characters of an address or a number's name that say nothing about anybody."""

Hit = tuple[str, int, int]
"""Code, start and end of a hit; code points of the text, end excluded."""


def mask(text: str, hits: Sequence[Hit] = ()) -> str:
    """`text` without personal data; the same length, and other characters unchanged."""
    letters = list(text)
    spans = [(start, end) for code, start, end in hits if code in PERSONAL]
    if spans:
        _accounts(letters, text, spans)
    for found in _MAIL.finditer(text):
        _fill(letters, range(*found.span()), "x")
    for found in _ADDRESSED.finditer(text):
        _fill(letters, range(*found.span(1)), "某")
    for code, start, end in hits:
        if code == "U03":
            _address(letters, range(start, min(end, len(text))))
    for found in _LONG.finditer(text):
        _number(letters, found.start(), found.group())
    for start, end in spans:
        for found in _SHORT.finditer(text, start, end):
            _number(letters, found.start(), found.group())
    return "".join(letters)


def _accounts(letters: list[str], text: str, spans: Sequence[tuple[int, int]]) -> None:
    """Names of accounts. Words inside a hit that hold no digit are its wording (jiaweixin) and stay."""
    for found in _ACCOUNT.finditer(text):
        token, (start, end) = found.group(), found.span()
        wording = any(first <= start and end <= last for first, last in spans)
        if token.isdigit() or (wording and not any(one.isdigit() for one in token)):
            continue
        channel = _CHANNEL.match(token)
        for at in range(start + (channel.end() if channel else 0), end):
            letters[at] = "0" if text[at].isdigit() else "x" if text[at].isalnum() else text[at]


def _number(letters: list[str], start: int, number: str) -> None:
    """All but the first two digits become nought. One digit said again and again (66666) is no number of anybody's."""
    digits = [at for at, one in enumerate(number) if one.isdigit() or one in _NUMERALS]
    if len({number[at] for at in digits}) == 1:
        return
    for at in digits[2:]:
        letters[start + at] = "0" if number[at].isdigit() else "零"


def _address(letters: list[str], place: range) -> None:
    for at in place:
        if "\u3400" <= letters[at] <= "\u9fff" and letters[at] not in _KEPT and letters[at] not in _NUMERALS:
            letters[at] = "某"


def _fill(letters: list[str], place: Iterable[int], letter: str) -> None:
    for at in place:
        letters[at] = letter
