from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lottery.errors import ProofError, RecordError
from lottery.fields import Fields

READS: list[tuple[Any, Callable[[Fields], Any]]] = [
    (1, lambda f: f.text("x")),
    ("", lambda f: f.text("x")),
    ("abc", lambda f: f.text("x", 2)),
    ("AB", lambda f: f.hex("x", 1)),
    (" a", lambda f: f.hex("x", 1)),
    ("abc", lambda f: f.hex("x", 1)),
    (None, lambda f: f.hex("x", 1)),
    (True, lambda f: f.integer("x")),
    (-1, lambda f: f.integer("x")),
    ("1", lambda f: f.integer("x")),
    (True, lambda f: f.constant("x", 1)),
    (2, lambda f: f.constant("x", 1)),
    ({}, lambda f: f.items("x")),
    ([1, 2], lambda f: f.items("x", 1)),
    ([1, False], lambda f: f.integers("x")),
    ([-1], lambda f: f.integers("x")),
    (["a", ""], lambda f: f.texts("x", 2, 3)),
    (["abcd"], lambda f: f.texts("x", 2, 3)),
    (["a", 1], lambda f: f.texts("x", 2, 3)),
    (["a"] * 3, lambda f: f.texts("x", 2, 3)),
    (1, lambda f: f.boolean("x")),
    (None, lambda f: f.boolean("x")),
    (["ab", "abcd"], lambda f: f.hexes("x", (1, 2), 5)),
    (["ab"], lambda f: f.hexes("x", (2,), 5)),
    (["AB"], lambda f: f.hexes("x", (1,), 5)),
    (["ab", 1], lambda f: f.hexes("x", (1,), 5)),
    ([1], lambda f: f.hexes("x", (1,), 5)),
    ([""], lambda f: f.hexes("x", (1,), 5)),
    (["ab"] * 6, lambda f: f.hexes("x", (1,), 5)),
    (["a\n"], lambda f: f.hexes("x", (1,), 5)),
    ("abc", lambda f: f.hex_text("x", 5)),
    ("AB", lambda f: f.hex_text("x", 5)),
    ("abab", lambda f: f.hex_text("x", 1)),
    (["ab"], lambda f: f.hex_text("x", 5)),
    ("ababab", lambda f: f.hex_any("x", (1, 2))),
    ("AB", lambda f: f.hex_any("x", (1, 2))),
    (None, lambda f: f.hex_any("x", (1, 2))),
]


@pytest.mark.parametrize(("value", "read"), READS)
def test_a_value_of_the_wrong_kind_is_refused(value: Any, read: Callable[[Fields], Any]) -> None:
    with pytest.raises(RecordError, match="'x'"):
        read(Fields({"x": value}, "thing"))


def test_missing_and_left_over_fields_are_refused() -> None:
    fields = Fields({"a": 1, "b": 2}, "thing", ProofError)
    assert fields.integer("a") == 1
    with pytest.raises(ProofError, match="lacks"):
        fields.take("a")
    with pytest.raises(ProofError, match="'b'"):
        fields.done()


@pytest.mark.parametrize("value", [[], "x", None, 1])
def test_only_objects_have_fields(value: Any) -> None:
    with pytest.raises(RecordError, match="not a JSON object"):
        Fields(value, "thing")


def test_lists_are_read_in_one_go() -> None:
    assert Fields({"x": ["ab", "cd"]}, "thing").hexes("x", (1, 2), 2) == (b"\xab", b"\xcd")
    assert Fields({"x": []}, "thing").hexes("x", (1,), 2) == ()
    assert Fields({"x": ["a", "b"]}, "thing").texts("x", 2, 1) == ("a", "b")
    assert Fields({"x": ""}, "thing").hex_text("x", 0) == b""
    assert Fields({"x": "abcd"}, "thing").hex_any("x", (1, 2)) == b"\xab\xcd"
    assert Fields({"x": False}, "thing").boolean("x") is False
