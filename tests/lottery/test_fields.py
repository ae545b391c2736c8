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
