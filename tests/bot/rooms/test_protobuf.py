from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rooms import protobuf
from bot.rooms.wire import WireError


def test_fields_of_every_kind():
    fields = protobuf.read(
        b"\x08\x96\x01" + b"\x12\x03abc" + b"\x1d\x01\x00\x00\x00" + b"\x21" + b"\x02" + b"\x00" * 7
    )
    assert protobuf.number(fields, 1) == 150
    assert protobuf.text(fields, 2) == "abc"
    assert protobuf.number(fields, 3) == 1
    assert protobuf.number(fields, 4) == 2
    assert protobuf.number(fields, 9) == 0
    assert protobuf.text(fields, 1) == ""


@pytest.mark.parametrize(
    "data", [b"\x08", b"\x12\x05ab", b"\x0b", b"\x08" + b"\xff" * 11, b"\x00\x00", b"\x1d\x01"]
)
def test_cut_and_malformed_messages(data: bytes):
    with pytest.raises(WireError):
        protobuf.read(data)


@pytest.mark.parametrize("text", ["!", "é", "A", "AAA=A"])
def test_not_base64(text: str):
    with pytest.raises(WireError):
        protobuf.read_base64(text)


def test_number_of_fields_is_bounded():
    with pytest.raises(WireError):
        protobuf.read(b"\x08\x01" * (protobuf.MAX_FIELDS + 1))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes):
    try:
        fields = protobuf.read(data)
    except WireError:
        return
    assert sum(len(values) for values in fields.values()) <= len(data)
