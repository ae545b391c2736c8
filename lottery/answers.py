"""The right answer of a quiz or a guess: committed by its hash beforehand, opened when the list is closed.

The salt keeps anybody from trying answers against the hash while entries are open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .canonical import digest, utf8
from .errors import EntryError, RuleError
from .fields import Fields
from .spoken import normalise_answer

SALT_SIZE = 32
MOST_ANSWERS = 20
LONGEST_ANSWER = 400
_VALUE_SIZE = 6  # bytes: below 2^53, so that it is an integer for every reader
_DIGITS = re.compile(r"0|[1-9][0-9]{0,10}", re.ASCII)


def answer_commit(salt: bytes, answers: Iterable[str]) -> str:
    """H("answer", salt, answer, …) over the sorted normalised answers, in hex.

    Raises RuleError unless the salt has 32 bytes.
    """
    if len(salt) != SALT_SIZE:
        raise RuleError("The salt of the answers must be 32 random bytes from the operating system.")
    return digest("answer", salt, *(utf8(one) for one in sorted(set(map(normalise_answer, answers))))).hex()


def answer_value(text: str) -> int:
    """What is stored of an answer that somebody typed: the first six bytes of H("answer-value", answer).

    It is below 2^48. While entries are open nobody who sees it learns which answer is right. Raises
    CanonicalError for text with half a character.
    """
    return int.from_bytes(digest("answer-value", utf8(normalise_answer(text)))[:_VALUE_SIZE], "big")


@dataclass(frozen=True, slots=True)
class Answer:
    """The right answers with the salt (hex) of their commitment; normalised, distinct, ascending.

    A guess has one, the number in the smallest unit as digits.
    """

    salt: str
    answers: tuple[str, ...]

    @classmethod
    def of(cls, salt: bytes, answers: Iterable[str]) -> Answer:
        """From answers as written in a rule sheet."""
        return cls(salt.hex(), tuple(sorted(set(map(normalise_answer, answers)))))

    @property
    def commit(self) -> str:
        """The hash that stands in the commitment, hex. The texts are hashed as they stand."""
        return digest("answer", bytes.fromhex(self.salt), *map(utf8, self.answers)).hex()

    @property
    def values(self) -> frozenset[int]:
        """`answer_value` of each right answer."""
        return frozenset(map(answer_value, self.answers))

    @property
    def number(self) -> int:
        """The right number of a guess, smallest unit. Raises EntryError when this is no number."""
        if len(self.answers) != 1 or not _DIGITS.fullmatch(self.answers[0]):
            raise EntryError("The answer to a guess must be one number in digits; open the right answer.")
        return int(self.answers[0])

    def to_json(self) -> dict[str, Any]:
        """{"salt", "answers"}."""
        return {"salt": self.salt, "answers": list(self.answers)}

    @classmethod
    def from_json(cls, value: object) -> Answer:
        """Read it back. Raises RecordError."""
        fields = Fields(value, "answer")
        salt, texts = fields.hex("salt", SALT_SIZE).hex(), fields.items("answers", MOST_ANSWERS)
        whole = all(isinstance(text, str) and 1 <= len(text) <= LONGEST_ANSWER for text in texts)
        if not texts or not whole or any(one >= two for one, two in pairwise(texts)):
            fields.refuse("answers", f"1 to {MOST_ANSWERS} texts in ascending order, each once")
        fields.done()
        return cls(salt, tuple(texts))
