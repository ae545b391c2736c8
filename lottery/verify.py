"""Checking a proof: pure, offline, and with nothing taken on trust but the pinned beacon key and the curve
library.

Each step below is one thing a doubter would ask. They run in order; when one fails, those after it are not
checked, because they rest on it. Without `expect` a proof can only be shown to be consistent in itself, and
the report says so: whether it is the draw that was announced is shown by comparing with the hash from the
room.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import beacon as drand
from . import draw, proof
from .beacon import Beacon
from .errors import LotteryError, MerkleError, ProofError, RecordError
from .proof import Proof
from .report import Report, Status, Step
from .roster import HEAVIEST, Roster, leaf_weight

_SHORTEST_EXPECT = 16  # hex digits: what is read out or stands on the screen


class _NoteError(Exception):
    """Ends a step as a remark: nothing is wrong, but a reader should know."""


def verify_bytes(
    data: bytes, expect: str | None = None, real: bool = False, beacon: Beacon | None = None
) -> Report:
    """`verify` for a file's content. A file that is no whole proof gives a failed report.

    Raises ProofError only when the content is not a JSON object at all.
    """
    value = proof.read_object(data)
    try:
        read = proof.parse(value)
    except ProofError as error:
        step = Step("file", "文件格式", "proof file", "failed", str(error))
        return Report((step,), True if _says_practice(value) else None)
    return verify(read, expect, real, beacon)


def verify(
    given: Proof, expect: str | None = None, real: bool = False, beacon: Beacon | None = None
) -> Report:
    """Recompute the draw of a proof.

    `expect`: the commitment's or a closed record's hash as shown in the room, at least its first 16 hex
    digits. `real`: refuse practice draws. `beacon`: the round's value from a source of the checker's own.
    """
    check = _Check(given, expect, real, beacon)
    steps: list[Step] = []
    broken = False
    for name, zh, en, run in check.steps():
        if broken:
            steps.append(Step(name, zh, en, "skipped", ""))
            continue
        status: Status = "ok"
        try:
            detail = run()
        except _NoteError as note:
            status, detail = "note", str(note)
        except LotteryError as error:
            status, detail, broken = "failed", str(error), True
        steps.append(Step(name, zh, en, status, detail))
    drawn = given.drawn.record
    return Report(
        tuple(steps),
        given.practice,
        given.commitment.hash,
        given.closed[-1].hash,
        () if broken else drawn.winners,
        () if broken else drawn.reserves,
    )


def expected_hash(text: str) -> str:
    """The expected hash, or its beginning, as it is compared. Raises ProofError unless 16 to 64 hex
    digits.
    """
    wanted = text.strip().lower()
    if not _SHORTEST_EXPECT <= len(wanted) <= 64 or any(c not in "0123456789abcdef" for c in wanted):
        raise ProofError(
            "The expected hash must be 16 to 64 hex digits, as shown in the room; copy it again."
        )
    return wanted


def _says_practice(value: Any) -> bool:
    """Whether a file that is no whole proof still calls itself practice; then its report must say so as
    well.
    """
    for name in ("commitment", "record", "beacon"):
        value = value.get(name) if isinstance(value, dict) else None
    return isinstance(value, dict) and "mode" in value


class _Check:
    """The steps over one proof. Each gives a detail for the reader or raises a LotteryError."""

    def __init__(self, given: Proof, expect: str | None, real: bool, beacon: Beacon | None) -> None:
        self.proof = given
        self.commitment = given.commitment.record
        self.closed = given.closed[-1].record
        self.drawn = given.drawn.record
        self.expect = expect
        self.real = real
        self.own_beacon = beacon
        self.randomness = b""
        self.weights: tuple[int, ...] | None = None

    def steps(self) -> tuple[tuple[str, str, str, Callable[[], str]], ...]:
        """All steps in order: name, Chinese, English, what to run."""
        return (
            ("file", "文件格式", "proof file", self.file),
            ("real", "真实抽奖", "real draw", self.is_real),
            ("key", "信标公钥", "pinned beacon key", drand.check_pinned),
            ("commitment", "承诺", "commitment", self.commitment_holds),
            ("expect", "与现场公布的哈希一致", "hash shown in the room", self.is_expected),
            ("terms", "规则一致", "rules agree with each other", self.terms),
            ("closed", "截止记录", "closed record", self.closed_holds),
            ("timing", "先公布名单后出随机数", "list fixed before the beacon", self.timing),
            ("publish_by", "按承诺时间公布", "list published when promised", self.publish_by),
            ("beacon", "信标签名", "beacon signature", self.beacon_holds),
            ("list", "参与名单", "entry list", self.list_holds),
            ("seed", "种子", "seed", self.seed),
            ("selection", "中奖位置", "winning positions", self.selection),
            ("winners", "中奖条目", "winners' entries", self.winners),
            ("drawn", "开奖记录", "drawn record", self.drawn_holds),
        )

    def file(self) -> str:
        return "full list" if self.proof.leaves is not None else "winners only"

    def is_real(self) -> str:
        if not self.commitment.practice:
            return f"beacon round {self.commitment.beacon.round}"
        if self.real:
            raise ProofError(
                "This is a PRACTICE draw: its beacon was known beforehand. It proves no real draw."
            )
        raise _NoteError("PRACTICE: the beacon was known beforehand")

    def commitment_holds(self) -> str:
        self.proof.commitment.verify(self.commitment.signer)
        signed = "unsigned, bare" if self.commitment.signer is None else "signed"
        return f"{self.proof.commitment.hash} ({signed})"

    def is_expected(self) -> str:
        if self.expect is None:
            raise _NoteError(
                "not compared: the file is only checked in itself; give --expect with the hash shown"
            )
        wanted = expected_hash(self.expect)
        if self.proof.commitment.hash.startswith(wanted):
            return "the commitment is the one expected"
        for revision in self.proof.closed:
            if revision.hash.startswith(wanted):
                return f"closed record rev {revision.record.rev} is the one expected"
        raise ProofError(
            "Neither the commitment nor a closed record has the expected hash: this is another draw."
        )

    def terms(self) -> str:
        self.commitment.check()
        if self.commitment.terms is None:
            raise _NoteError("bare commitment without a rule sheet")
        return f"k={self.commitment.k}, reserves={self.commitment.picks - self.commitment.k}"

    def closed_holds(self) -> str:
        commitment, before, least = self.proof.commitment, self.proof.commitment.hash, 0
        for number, revision in enumerate(self.proof.closed, 1):
            record = revision.record
            revision.verify(self.commitment.signer)
            if record.rev != number or record.prev != before:
                raise RecordError(f"Closed record {number} does not follow the record before it.")
            if record.commit_hash != commitment.hash or record.draw_id != self.commitment.draw_id:
                raise RecordError(f"Closed record {number} belongs to another draw.")
            if record.entries < least or not record.entries <= record.weight <= record.entries * HEAVIEST:
                raise RecordError(
                    f"Closed record {number} has fewer entries than before, or an impossible weight."
                )
            before, least = revision.hash, record.entries
        if self.closed.entries < 1:
            raise RecordError("The list is empty; such a draw is void and has no proof.")
        return f"{before} rev {len(self.proof.closed)}, root {self.closed.root}"

    def timing(self) -> str:
        terms, last = self.commitment.terms, 0
        for revision in self.proof.closed:
            record = revision.record
            if terms is not None and record.closed_at != terms.close_at:
                raise RecordError("The draw was not closed at the committed time.")
            if record.issued_at < max(record.closed_at, last):
                raise RecordError(
                    "A closed record was made before the closing, or before the revision ahead of it."
                )
            if record.issued_at >= self.commitment.deadline_ms:
                raise RecordError(
                    "A closed record was made less than 10 s before the beacon: the draw is void."
                )
            if record.latest_beacon is not None:
                self._seen(record.latest_beacon)
            last = record.issued_at
        return f"{(self.commitment.beacon.due_ms - last) / 1000:.1f} s before the beacon"

    def _seen(self, seen: Beacon) -> None:
        drand.verify(seen, seen.round)
        if not self.commitment.practice and seen.round >= self.commitment.beacon.round:
            raise RecordError(
                "A closed record knows the committed round, or a later one: it was made too late."
            )

    def publish_by(self) -> str:
        terms = self.commitment.terms
        late = 0 if terms is None else self.proof.closed[0].record.issued_at - terms.publish_by
        if late > 0:
            raise _NoteError(
                f"the root came {late / 1000:.1f} s after the promised time, still before the deadline"
            )
        return ""

    def beacon_holds(self) -> str:
        committed = self.commitment.beacon
        self.randomness = drand.verify(self.proof.beacon, committed.round, committed.chain_hash)
        if self.own_beacon is not None:
            drand.verify(self.own_beacon, committed.round, committed.chain_hash)
        return f"round {committed.round}, randomness {self.randomness.hex()}"

    def list_holds(self) -> str:
        closed = self.closed
        if self.proof.leaves is None:
            if not self.commitment.equal_weights or closed.weight != closed.entries:
                raise ProofError(
                    "Without the list only a draw with equal weights can be checked; get the full file."
                )
            return f"{closed.entries} entries of weight 1, by paths"
        roster = Roster.from_leaves(self.proof.leaves)
        if len(roster) != closed.entries or roster.weight != closed.weight:
            raise RecordError("The list's length or weight is not what the closed record says.")
        if self.commitment.equal_weights and roster.weight != len(roster):
            raise RecordError("The commitment promises equal weights, but the list has others.")
        if roster.root.hex() != closed.root:
            raise MerkleError("The list does not give the published root.")
        self.weights = roster.weights
        return f"{closed.entries} entries, weight {closed.weight}, root recomputed"

    def seed(self) -> str:
        made = self._seed()
        if self.drawn.seed != made.hex() or self.drawn.randomness != self.randomness.hex():
            raise RecordError("The drawn record has another seed or randomness than the published data give.")
        return made.hex()

    def _seed(self) -> bytes:
        closed, commit = self.closed, bytes.fromhex(self.proof.commitment.hash)
        rounds = self.commitment.beacon.round
        return draw.seed(
            commit, bytes.fromhex(closed.root), closed.entries, closed.weight, rounds, self.randomness
        )

    def selection(self) -> str:
        seed, picks, k = self._seed(), self.commitment.picks, self.commitment.k
        if self.weights is None:
            chosen = draw.select_equal(seed, self.closed.entries, picks)
        else:
            chosen = draw.select(seed, self.weights, picks)
        if (self.drawn.winners, self.drawn.reserves) != (chosen[:k], chosen[k:]):
            raise RecordError("The drawn record names other winners than the seed gives.")
        return ",".join(str(position) for position in chosen[:20]) + (" …" if len(chosen) > 20 else "")

    def winners(self) -> str:
        expected = (*self.drawn.winners, *self.drawn.reserves)
        if tuple(shown.position for shown in self.proof.winners) != expected:
            raise ProofError("The winners listed are not those of the drawn record, or not in its order.")
        root = bytes.fromhex(self.closed.root)
        for shown in self.proof.winners:
            shown.verify(self.closed.entries, root)
            if self.weights is None and leaf_weight(shown.leaf) != 1:
                raise ProofError("A winner weighs more than 1, which the commitment does not allow.")
        return f"{len(expected)} paths lead to the root"

    def drawn_holds(self) -> str:
        drawn = self.drawn
        self.proof.drawn.verify(self.commitment.signer)
        if drawn.prev != self.proof.closed[-1].hash or drawn.commit_hash != self.proof.commitment.hash:
            raise RecordError("The drawn record does not follow the last closed record.")
        if drawn.draw_id != self.commitment.draw_id or drawn.beacon != self.proof.beacon:
            raise RecordError("The drawn record is of another draw or another beacon.")
        if self.commitment.practice and drawn.drawn_at < self.commitment.beacon.due_ms:
            raise RecordError("The practice draw was made before its due time.")
        return self.proof.drawn.hash
