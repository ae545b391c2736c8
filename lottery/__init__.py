"""Draws that anybody can check: the LFD1 algorithm, its records, and an offline verifier.

Commit to rules and to a future drand round; take entries; publish the Merkle root of the list before that
round exists; let its value choose. Winners are a pure function of public data. Read `states.py` first.

Needs the standard library and `py_arkworks_bls12381`; knows no database, network or clock.
"""

from .beacon import Beacon
from .claim import ClaimRecord, settle
from .commitment import Commitment
from .contests import Answer, Conditions, Guess, Keyword, Purchase, Quiz, Rain, Wave
from .entry import Entered, EntryRule, Heard, Refusal, Refused
from .entry_list import EntryList, parse_list
from .errors import (
    BeaconError,
    CanonicalError,
    EntryError,
    LifeError,
    LotteryError,
    MerkleError,
    ProofError,
    RecordError,
    RuleError,
    SignatureError,
)
from .life import Finished, Place, add_missing, announce, close, finish, void
from .proof import Proof
from .record import ClosedRecord, DrawnRecord, VoidRecord
from .report import Report, Step
from .roster import Exclusions, Roster
from .rules import PRESETS, Prize, Problem, RuleSheet, WaveSheet, preflight
from .signed import Signed
from .signer import SigningKey
from .sorting import sorted_entries
from .states import State
from .verify import verify, verify_bytes

__all__ = [
    "PRESETS",
    "Answer",
    "Beacon",
    "BeaconError",
    "CanonicalError",
    "ClaimRecord",
    "ClosedRecord",
    "Commitment",
    "Conditions",
    "DrawnRecord",
    "Entered",
    "EntryError",
    "EntryList",
    "EntryRule",
    "Exclusions",
    "Finished",
    "Guess",
    "Heard",
    "Keyword",
    "LifeError",
    "LotteryError",
    "MerkleError",
    "Place",
    "Prize",
    "Problem",
    "Proof",
    "ProofError",
    "Purchase",
    "Quiz",
    "Rain",
    "RecordError",
    "Refusal",
    "Refused",
    "Report",
    "Roster",
    "RuleError",
    "RuleSheet",
    "SignatureError",
    "Signed",
    "SigningKey",
    "State",
    "Step",
    "VoidRecord",
    "Wave",
    "WaveSheet",
    "add_missing",
    "announce",
    "close",
    "finish",
    "parse_list",
    "preflight",
    "settle",
    "sorted_entries",
    "verify",
    "verify_bytes",
    "void",
]
