"""The errors of this package.

    LotteryError
    ├── CanonicalError    a value or text that has no canonical JSON form
    ├── RuleError         a rule sheet that may not be announced
    ├── EntryError        an entry list that cannot be drawn from
    ├── MerkleError       a tree or path that does not hold
    ├── BeaconError       a beacon value that is not the committed one
    ├── SignatureError    a record whose signature does not hold
    ├── RecordError       a commitment or record with wrong fields
    ├── ProofError        a proof file that is not whole
    └── LifeError         a step that this stage of a draw does not allow

Each message is one or two plain sentences: what was wrong, where, and what to do.
"""

from __future__ import annotations


class LotteryError(Exception):
    """Base of everything this package raises on purpose."""


class CanonicalError(LotteryError):
    """A value, or a JSON text, outside the canonical form (floats, duplicate keys, text that is not NFC
    …).
    """


class RuleError(LotteryError):
    """A rule sheet that may not be announced.

    `problems` holds every finding of the preflight, so that a form can show them all at once.
    """

    def __init__(self, message: str, problems: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class EntryError(LotteryError):
    """An entry or an entry list outside the limits: duplicate pseudonym, weight out of range, too many."""


class MerkleError(LotteryError):
    """A Merkle tree was asked for a leaf it does not have, or a path does not lead to the root."""


class BeaconError(LotteryError):
    """A beacon value of the wrong round or chain, or one whose signature does not hold."""


class SignatureError(LotteryError):
    """A signature, or a signer's key, that is malformed or does not hold."""


class RecordError(LotteryError):
    """A commitment or record with a missing, unknown or impossible field."""


class ProofError(LotteryError):
    """A proof file that is not JSON, is not whole, or has fields that nobody knows."""


class LifeError(LotteryError):
    """A step that the present stage of the draw, or its clock, does not allow. Nothing was changed."""
