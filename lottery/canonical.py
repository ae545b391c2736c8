"""Canonical JSON and the tagged hash of the LFD1 algorithm: the bytes that everything else commits to.

The form is RFC 8785 within limits that make it the same in every language: sorted ASCII keys, no floats,
integers below 2^53, text in NFC, no white space. Reading is as strict as writing, because two readings of
one text would be two draws.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import unicodedata
from typing import Any, NoReturn

from .errors import CanonicalError

LARGEST_INTEGER = 2**53 - 1
"""Largest magnitude of an integer: what a JavaScript reader still holds exactly (RFC 8785, 3.2.2.3)."""

DEEPEST = 16
"""Deepest nesting taken. A proof file needs five levels; a hostile one would need more stack than we have."""

_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)

ZERO_HASH = "00" * 32
"""Stands for "no record before this one"."""


def lp(data: bytes) -> bytes:
    """Length-prefix `data`: u32 big-endian length, then the bytes."""
    return struct.pack(">I", len(data)) + data


def u64(number: int) -> bytes:
    """Eight bytes big-endian. Raises CanonicalError outside 0..2^64-1."""
    if not 0 <= number < 2**64:
        raise CanonicalError(f"{number} does not fit in 64 bits without sign; check the count or weight.")
    return number.to_bytes(8, "big")


def digest(name: str, *fields: bytes) -> bytes:
    """H(name, f1, …) = SHA-256(lp("lfd1/" + name) || lp(f1) || …), 32 bytes.

    The name keeps hashes of different purposes apart; the prefixes keep field borders from moving.
    """
    hasher = hashlib.sha256(lp(b"lfd1/" + name.encode("ascii")))
    for field in fields:
        hasher.update(lp(field))
    return hasher.digest()


def nfc(text: str) -> str:
    """`text` in Unicode normal form C, the only form that is hashed.

    Raises CanonicalError for text with lone surrogates: it has no UTF-8 form.
    """
    normal = text if text.isascii() else unicodedata.normalize("NFC", text)
    utf8(normal)
    return normal


def utf8(text: str) -> bytes:
    """UTF-8 bytes of `text`. Raises CanonicalError for lone surrogates."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError(
            f"The text has half a character (a lone surrogate) at position {error.start}; remove it."
        ) from None


def dumps(value: object) -> bytes:
    """Canonical bytes of `value` (dict, list, tuple, str, int, bool, None).

    Raises CanonicalError for anything else, for floats, integers of 2^53 and more, keys that are not ASCII
    text, text that is not NFC, and nesting deeper than `DEEPEST`.
    """
    check(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def loads(data: bytes | str) -> Any:
    """Read JSON by meaning: white space and key order do not matter, everything else does.

    A byte order mark at the start is taken (Windows editors write one). Raises CanonicalError for text that
    is not JSON, duplicate keys, floats, NaN, and whatever `dumps` refuses.
    """
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        _check_nesting(text)
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_integer,
        )
    except UnicodeDecodeError as error:
        raise CanonicalError(
            f"The text is not UTF-8 at byte {error.start}; save the file as UTF-8."
        ) from None
    except json.JSONDecodeError as error:
        raise CanonicalError(
            f"The text is not JSON at line {error.lineno}, column {error.colno}; fetch the file again."
        ) from None
    check(value)
    return value


def check(value: object, depth: int = 0) -> None:
    """Raise CanonicalError unless `value` has a canonical form."""
    if depth > DEEPEST:
        raise CanonicalError(f"The value is nested more than {DEEPEST} levels deep; no record is.")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise CanonicalError("An integer is 2^53 or more, which not every reader holds exactly.")
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise CanonicalError(f"The key {key!r:.60} is not ASCII text; use plain ASCII keys.")
            check(item, depth + 1)
    elif isinstance(value, (list, tuple)):
        if depth < DEEPEST and set(map(type, value)) == {str} and all(map(str.isascii, value)):
            return  # the list of a large draw: a million hex texts, looked at in one go
        for item in value:
            check(item, depth + 1)
    else:
        raise CanonicalError(f"A {type(value).__name__} has no canonical form; use text or an integer.")


def _check_nesting(text: str) -> None:
    """Refuse deep nesting before parsing: the parser recurses in C, and where some other library has raised
    the interpreter's recursion limit, it would run off the stack and take the process with it.
    """
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for match in _BRACKET.finditer(text):
        token = match.group()
        if token in "[{":
            depth += 1
            if depth > DEEPEST + 1:
                raise CanonicalError(f"The JSON is nested more than {DEEPEST} levels deep; no record is.")
        elif token in "]}":
            depth -= 1


def _check_text(text: str) -> None:
    if text.isascii():
        return
    utf8(text)
    if not unicodedata.is_normalized("NFC", text):
        raise CanonicalError(
            f"The text {text!r:.60} is not in Unicode form NFC; normalise it before hashing."
        )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise CanonicalError(f"The key {twice!r:.60} stands twice in one object; one of them is a lie.")
    return made


def _no_float(text: str) -> NoReturn:
    raise CanonicalError(f"The number {text:.30} is not an integer; records hold integers only.")


def _integer(text: str) -> int:
    if (
        len(text) > 17
    ):  # a sign and the 16 digits of 2^53 - 1; also keeps huge digit strings from being converted
        raise CanonicalError("An integer is 2^53 or more, which not every reader holds exactly.")
    if text == "-0":
        raise CanonicalError("Minus zero is no integer that every reader keeps; write 0.")
    return int(text)
