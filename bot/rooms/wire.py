"""JSON from outside, read with suspicion.

Whatever a platform, a recording or a browser script sends may lack a field, or carry another type, a number
of a thousand digits or half a surrogate pair in its place. These readers never raise anything but
`WireError`.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import msgspec

MAX_WHOLE = 2**53
"""Greatest whole number taken as given; beyond it JSON readers disagree and databases overflow."""

LATEST_MS = 4_102_444_800_000
"""The year 2100: a time beyond it is a mistake, and most calendars break not far after it."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_DIGITS = re.compile(r"-?[0-9]{1,17}\Z")


class WireError(ValueError):
    """The bytes are not the JSON expected. Caught inside `bot.rooms`, never shown."""


def clean(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD, so that it can be encoded, stored and shown."""
    return _SURROGATE.sub("\ufffd", text)


def decode(data: bytes | str) -> Any:
    """Parse one JSON value. Lone surrogates inside strings become U+FFFD.

    Raises WireError for anything that is not UTF-8 JSON, for NaN and Infinity, and for nesting beyond what
    can be read.
    """
    try:
        return msgspec.json.decode(data)
    except RecursionError as error:
        raise WireError("nested too deeply") from error
    except (msgspec.MsgspecError, UnicodeError):
        return _decode_leniently(data)


def _decode_leniently(data: bytes | str) -> Any:
    """msgspec refuses lone surrogates and huge integers; real rooms send the first. Slow path, same
    answer."""
    try:
        text = data if isinstance(data, str) else bytes(data).decode("utf-8")
        return _without_surrogates(json.loads(text, parse_constant=_refuse_constant))
    except (ValueError, RecursionError) as error:
        raise WireError(str(error)) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): _without_surrogates(item) for key, item in value.items()}
    return value


def decode_object(data: bytes | str) -> dict[str, Any]:
    """Parse one JSON object; WireError for any other value."""
    value = decode(data)
    if not isinstance(value, dict):
        raise WireError("not a JSON object")
    return value


def mapping(value: object) -> dict[str, Any]:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """The value when it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def at(value: object, *path: int) -> Any:
    """The element at the nested indexes `path` of nested arrays, or None where any step is missing."""
    for index in path:
        if not isinstance(value, list) or index >= len(value):
            return None
        value = value[index]
    return value


def text_of(value: object, default: str = "") -> str:
    """A string as it is, a number as its digits, anything else the default."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return str(value)
    return default


def whole(value: object, default: int = 0) -> int:
    """A whole number, also from its digits or a float; the default when absent, of another type or beyond
    2**53."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and _DIGITS.match(value):
        value = int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return default
        value = int(value)
    if isinstance(value, int) and abs(value) <= MAX_WHOLE:
        return value
    return default


def identity(value: object) -> str | None:
    """An id as text; None for absent, empty and 0, which platforms use for a hidden user. At most 128
    characters."""
    text = text_of(value).strip()
    return None if text in ("", "0") or len(text) > 128 else text


def epoch_ms(value: object, default: int) -> int:
    """Milliseconds since 1970 from seconds or milliseconds; the default when no date between 2001 and 2100
    results."""
    number = whole(value, -1)
    if 10**9 <= number <= LATEST_MS // 1000:
        return number * 1000
    if 10**12 <= number <= LATEST_MS:
        return number
    return default
