"""The tree of errors and what they tell."""

from __future__ import annotations

import pytest

from replies.errors import REASONS, LibraryError, PhraseRefused, RepliesError, ShopError


def test_one_tree() -> None:
    assert all(issubclass(one, RepliesError) for one in (PhraseRefused, ShopError, LibraryError))


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_refusal_says_which_phrase_and_why(reason: str) -> None:
    error = PhraseRefused(reason, "price-1", "price")
    assert "price-1" in str(error)
    assert REASONS[reason] in str(error)
    assert "(price)" in str(error)


def test_a_library_error_counts_and_shows_the_first() -> None:
    error = LibraryError(["a.csv:2: x", "a.csv:3: y"])
    assert error.problems == ("a.csv:2: x", "a.csv:3: y")
    assert "2 problem" in str(error)
    assert "a.csv:2: x" in str(error)
