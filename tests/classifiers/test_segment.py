"""Word borders: silent, without a cache file, the same each time."""

from __future__ import annotations

import pytest

from classifiers import segment


def test_borders_and_words() -> None:
    assert segment.borders("参加我们的活动") == {0, 2, 4, 5, 7}
    assert segment.is_word("威信")
    assert not segment.is_word("薇信")
    assert not segment.is_word("我")


def test_reading_the_dictionary_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    segment.borders("多少钱")
    assert capfd.readouterr() == ("", "")
