from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lottery import canonical
from lottery.errors import CanonicalError

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(canonical.nfc)
_scalar = (
    st.none() | st.booleans() | st.integers(-canonical.LARGEST_INTEGER, canonical.LARGEST_INTEGER) | _text
)
_keys = st.text(st.characters(max_codepoint=127), max_size=8)
_values = st.recursive(
    _scalar,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(_values)
def test_what_is_written_reads_back_and_writes_the_same(value: Any) -> None:
    written = canonical.dumps(value)
    assert canonical.loads(written) == value
    assert canonical.dumps(canonical.loads(json.dumps(value, indent=3))) == written


def test_keys_are_sorted_and_text_is_raw_utf8() -> None:
    assert canonical.dumps({"b": [1, True, None], "a": "奖"}) == '{"a":"奖","b":[1,true,null]}'.encode()


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":2}',
        '{"o":{"a":1,"b":2,"a":1}}',
        "1.0",
        "-0",
        "[1, -0]",
        "1e3",
        "NaN",
        "-Infinity",
        "9007199254740992",
        "9" * 5000,
        '{"键":1}',
        '"e\\u0301"',
        '"\\ud800"',
        "[" * 20 + "]" * 20,
        "[" * 200_000,
        "{",
        "",
        "{} x",
    ],
)
def test_reading_is_strict(text: str) -> None:
    with pytest.raises(CanonicalError):
        canonical.loads(text)


@pytest.mark.parametrize(
    "value", [1.5, b"x", {1: 2}, {"k": {2}}, "e\u0301", "\ud800", 2**53, -(2**53), object()]
)
def test_writing_is_as_strict(value: object) -> None:
    with pytest.raises(CanonicalError):
        canonical.dumps(value)


def test_deep_nesting_is_refused_before_the_parser_runs_off_the_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Other libraries raise the recursion limit; then json itself would end the process."""
    monkeypatch.setattr(json, "loads", lambda *a, **k: pytest.fail("the parser was reached"))
    for text in ("[" * 100_000, '{"a":' * 100_000, "[" * 18 + "]" * 18):
        with pytest.raises(CanonicalError, match="nested"):
            canonical.loads(text)


def test_deep_values_are_not_written() -> None:
    value: list[Any] = []
    for _ in range(canonical.DEEPEST):
        value = [value]
    canonical.dumps(value)
    with pytest.raises(CanonicalError, match="nested"):
        canonical.dumps([value])


def test_brackets_in_text_are_no_nesting() -> None:
    value = {"a": ["[{" * 50, '\\"[[[[[[[[[[[[[[[[[[[[[[', "\\"] * 20}
    assert canonical.loads(json.dumps(value)) == value


def test_reading_takes_a_byte_order_mark_but_no_other_encoding() -> None:
    assert canonical.loads(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
    with pytest.raises(CanonicalError):
        canonical.loads('{"a":"奖"}'.encode("gb18030"))


def test_tagged_hash_is_the_formula_of_the_page() -> None:
    made = hashlib.sha256(b"\0\0\0\x09lfd1/salt" + b"\0\0\0\x02ab" + b"\0\0\0\0").digest()
    assert canonical.digest("salt", b"ab", b"") == made
    assert canonical.digest("salt", b"a", b"b") != canonical.digest("salt", b"ab", b"")


@pytest.mark.parametrize("number", [-1, 2**64])
def test_u64_has_limits(number: int) -> None:
    with pytest.raises(CanonicalError):
        canonical.u64(number)
