"""What can go wrong with phrases and facts.

RepliesError        base; also raised for a stored cooldown state that cannot be read
  PhraseRefused     a phrase may not be said now; `reason` is a short code, `phrase_id` names it
  ShopError         the shop's goods or facts are wrong
  LibraryError      a phrase file or library is wrong; `problems` has one sentence with file and line each
"""

from __future__ import annotations

from collections.abc import Sequence

REASONS: dict[str, str] = {
    "unknown": "is not in the library",
    "not_approved": "is not an approved version",
    "not_yet": "is not valid yet",
    "expired": "is past its validity",
    "digest": "was changed after it had been chosen",
    "practice_only": "is approved for practice rooms only",
    "other_room": "belongs to another room or shop",
    "stale_fact": "needs a fact that is missing or out of date",
    "bad_fact": "needs a fact whose value is too long to be said",
    "not_live": "is not live",
    "exemption": "rests on an exemption that does not hold",
    "substance": "was changed after it had been approved",
    "other_product": "is about another product",
    "other_text": "has no such words: the row was changed",
    "wording": "would carry words the shop may not say",
    "too_long": "is longer than the platform takes and cannot be parted",
}
"""Reason code of a refusal to the words that follow the phrase's id."""


class RepliesError(Exception):
    """Base of all errors of this package. The message is one or two plain sentences with a remedy."""


class PhraseRefused(RepliesError):
    """The phrase may not be said now. `reason` is a key of REASONS; `detail` names the slot where there is
    one."""

    def __init__(self, reason: str, phrase_id: str, detail: str = "") -> None:
        words = REASONS.get(reason, reason)
        super().__init__(f"Phrase {phrase_id!r} {words}{f' ({detail})' if detail else ''}; it was not said.")
        self.reason = reason
        self.phrase_id = phrase_id
        self.detail = detail


class ShopError(RepliesError):
    """A product, fact or slot number is wrong; the message names it."""


class LibraryError(RepliesError):
    """A phrase file cannot be used. `problems`: one sentence each, beginning with file and line."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(f"The phrase library has {len(problems)} problem(s); first: {problems[0]}")
        self.problems = tuple(problems)
