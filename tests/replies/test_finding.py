"""A finding says where, how grave, and on what law it stands."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from replies import law
from replies.finding import Finding


def test_what_stands_behind_it_follows_from_the_code_or_the_own_name() -> None:
    assert Finding("p", "text", 0, 1, "A01-0002", "…", category="A01").why is law.explain("A01")
    assert Finding("p", "text", 0, 1, "house-rule-7", "…", category="A01").why is law.explain("A01")
    assert Finding("p", "text", 0, 1, "urgency", "…").why is law.explain("urgency")


def test_it_refuses_unless_it_says_otherwise_and_never_changes() -> None:
    one = Finding("p", "text", 0, 1, "urgency", "…")
    assert (one.level, one.row, one.exempted_by) == ("refuse", None, "")
    with pytest.raises(FrozenInstanceError):
        one.level = "warn"  # type: ignore[misc]
