"""Just enough protobuf to read the two bilibili commands that carry one: fields by number, unknown ones
skipped."""

from __future__ import annotations

import base64
import binascii

from bot.rooms.wire import WireError, clean

MAX_FIELDS = 10_000

Fields = dict[int, list[int | bytes]]
"""The values of each field number in order; a number is a varint or fixed field, bytes a length-delimited
one."""


def read_base64(text: str) -> Fields:
    """The fields of a base64 message. Raises WireError when it is neither base64 nor a protobuf message."""
    try:
        return read(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise WireError("not a base64 protobuf message") from error


def read(data: bytes) -> Fields:
    """The fields of one message; nested messages stay bytes. Raises WireError when it is cut or malformed."""
    fields: Fields = {}
    offset = count = 0
    while offset < len(data):
        count += 1
        key, offset = _varint(data, offset)
        number, kind = key >> 3, key & 7
        value: int | bytes
        if kind == 0:
            value, offset = _varint(data, offset)
        elif kind in (1, 5):
            value, offset = _take(data, offset, 8 if kind == 1 else 4)
            value = int.from_bytes(value, "little")
        elif kind == 2:
            length, offset = _varint(data, offset)
            value, offset = _take(data, offset, length)
        else:
            raise WireError(f"protobuf wire type {kind}")
        if number == 0 or count > MAX_FIELDS:
            raise WireError("malformed protobuf message")
        fields.setdefault(number, []).append(value)
    return fields


def _varint(data: bytes, offset: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if offset >= len(data):
            raise WireError("protobuf message is cut")
        byte = data[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, offset
    raise WireError("protobuf number is too long")


def _take(data: bytes, offset: int, length: int) -> tuple[bytes, int]:
    if offset + length > len(data):
        raise WireError("protobuf message is cut")
    return data[offset : offset + length], offset + length


def number(fields: Fields, key: int) -> int:
    """The last varint of the field, 0 when absent."""
    value = fields.get(key, [0])[-1]
    return value if isinstance(value, int) else 0


def text(fields: Fields, key: int) -> str:
    """The last string of the field, empty when absent; broken UTF-8 becomes U+FFFD."""
    value = fields.get(key, [b""])[-1]
    return clean(value.decode("utf-8", "replace")) if isinstance(value, bytes) else ""


def messages(fields: Fields, key: int) -> list[Fields]:
    """Every nested message of the field. Raises WireError when one is malformed."""
    return [read(value) for value in fields.get(key, []) if isinstance(value, bytes)]
