"""Word borders: silent, without a cache file, the same each time, and those of jieba."""

from __future__ import annotations

import warnings

import pytest

from classifiers import labelled, segment
from classifiers.normalize import normalize


def test_borders_and_words() -> None:
    assert segment.borders("参加我们的活动") == {0, 2, 4, 5, 7}
    assert segment.words("usb口8个") == ((0, 3), (3, 4), (4, 5), (5, 6))
    assert segment.is_word("威信")
    assert not segment.is_word("薇信")
    assert not segment.is_word("我")
    assert segment.borders("") == {0}


def test_words_are_cut_as_jieba_cuts_them() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    tokenizer = jieba.Tokenizer()
    with tokenizer.get_dict_file() as file:
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(file)
    tokenizer.initialized = True
    rows = labelled.read(labelled.files([labelled.SHIPPED])[0])
    for text in {normalize(row.text).text for row in rows}:
        at, theirs = 0, {0}
        for word in tokenizer.cut(text, HMM=False):
            at += len(word)
            theirs.add(at)
        assert segment.borders(text) == theirs, text


def test_reading_the_dictionary_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    segment.warm()
    segment.borders("多少钱")
    assert capfd.readouterr() == ("", "")
