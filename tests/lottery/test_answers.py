from __future__ import annotations

from typing import Any

import pytest

from lottery.answers import Answer, answer_commit, answer_value
from lottery.canonical import digest
from lottery.errors import CanonicalError, EntryError, RecordError, RuleError

SALT = b"s" * 32


def test_the_commitment_is_over_the_sorted_normalised_answers() -> None:
    wanted = digest("answer", SALT, b"a", "九点".encode()).hex()
    assert answer_commit(SALT, ["九点 ", "A", "a", "Ａ"]) == wanted
    assert Answer.of(SALT, ["九点 ", "A"]).commit == wanted
    assert Answer.of(SALT, ["九点", "b"]).commit != wanted
    assert Answer.of(b"t" * 32, ["九点", "a"]).commit != wanted


def test_a_short_salt_could_be_guessed_and_is_refused() -> None:
    with pytest.raises(RuleError):
        answer_commit(b"s", ["a"])


def test_what_is_stored_of_an_answer_is_the_same_however_typed() -> None:
    assert answer_value(" Ａ ") == answer_value("a") < 2**48
    assert answer_value("a") != answer_value("b")
    assert answer_value("a") == int.from_bytes(digest("answer-value", b"a")[:6], "big")
    assert Answer.of(SALT, ["a", "b"]).values == {answer_value("A"), answer_value("B")}
    with pytest.raises(CanonicalError):
        answer_value("\ud800")


def test_an_answer_reads_back() -> None:
    made = Answer.of(SALT, ["九点", "8", "a"])
    assert Answer.from_json(made.to_json()) == made


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"salt": "00" * 31, "answers": ["a"]},
        {"salt": "00" * 32, "answers": []},
        {"salt": "00" * 32, "answers": ["a", "a"]},
        {"salt": "00" * 32, "answers": ["b", "a"]},
        {"salt": "00" * 32, "answers": [""]},
        {"salt": "00" * 32, "answers": ["a" * 401]},
        {"salt": "00" * 32, "answers": [1]},
        {"salt": "00" * 32, "answers": ["a"] + [f"b{i:02d}" for i in range(20)]},
        {"salt": "00" * 32, "answers": ["a"], "x": 1},
        ["a"],
    ],
)
def test_an_answer_is_read_strictly(value: Any) -> None:
    with pytest.raises(RecordError):
        Answer.from_json(value)


@pytest.mark.parametrize(
    "answers", [(), ("1", "2"), ("01",), ("-1",), ("1.5",), ("x",), ("123456789012",), ("１",)]
)
def test_only_one_plain_number_answers_a_guess(answers: tuple[str, ...]) -> None:
    assert Answer("00" * 32, ("9950",)).number == 9950
    assert Answer("00" * 32, ("0",)).number == 0
    with pytest.raises(EntryError):
        _ = Answer("00" * 32, answers).number
