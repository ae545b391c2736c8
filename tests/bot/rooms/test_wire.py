from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rooms import wire
from bot.rooms.wire import WireError


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b"NaN",
        b'{"a":Infinity}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"1" * 6000,
        "{'a':1}",
    ],
)
def test_what_is_not_json_is_a_wire_error(data: bytes | str):
    with pytest.raises(WireError):
        wire.decode(data)


def test_objects_only():
    assert wire.decode_object(b'{"a":1}') == {"a": 1}
    for data in (b"[]", b"1", b"null"):
        with pytest.raises(WireError):
            wire.decode_object(data)


def test_surrogates_are_replaced_everywhere():
    assert wire.decode(b'{"\\ud800":["\\udfff",1]}') == {"\ufffd": ["\ufffd", 1]}
    assert wire.decode(b'"\\ud83d\\ude00"') == "\U0001f600"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_decode_or_raise_wire_error(data: bytes):
    try:
        wire.decode(data)
    except WireError:
        return


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5), ("5", 5), ("-7", -7), (5.9, 5), (True, 1), (2**53, 2**53), (2**53 + 1, -1), ("9" * 30, -1),
        (float("inf"), -1), (None, -1), ([], -1), ("5x", -1), ("٥", -1), (10.0**300, -1),
    ],
)  # fmt: skip
def test_whole(value: object, expected: int):
    assert wire.whole(value, -1) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, "7"),
        ("a", "a"),
        (" a ", "a"),
        ("", None),
        (0, None),
        ("0", None),
        (None, None),
        (True, None),
        ("x" * 129, None),
    ],
)
def test_identity(value: object, expected: str | None):
    assert wire.identity(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1755000000, 1755000000000),
        (1755000000649, 1755000000649),
        (5, -1),
        (10**11, -1),
        (10**15, -1),
        ("x", -1),
    ],
)
def test_epoch_ms(value: object, expected: int):
    assert wire.epoch_ms(value, -1) == expected


def test_paths_into_arrays():
    assert wire.at([[1, [2]]], 0, 1, 0) == 2
    assert wire.at([[1]], 0, 5) is None
    assert wire.at({"a": 1}, 0) is None
