"""The steps of a verification: each is one thing a doubter would ask of a proof.

They rest on each other in their order, and `verify.py` runs them. Nothing is taken on trust but the pinned beacon
key and the curve library.
"""

from __future__ import annotations

from collections.abc import Callable

from . import beacon as drand
from . import contests, draw
from .beacon import Beacon
from .entry_list import EntryList
from .errors import MerkleError, ProofError, RecordError
from .proof import Proof
from .record import ClosedRecord
from .roster import HEAVIEST, Roster, leaf_weight

_SHORTEST_EXPECT = 16  # hex digits: what is read out or stands on the screen


class NoteError(Exception):
    """Ends a step as a remark: nothing is wrong, but a reader should know."""


def expected_hash(text: str) -> str:
    """The expected hash, or its beginning, as it is compared: blanks, hyphens and dots between the groups that
    the screen shows are taken out. Raises ProofError unless 16 to 64 hex digits remain.
    """
    wanted = "".join(text.split()).replace("-", "").replace("·", "").lower()
    if not _SHORTEST_EXPECT <= len(wanted) <= 64 or any(c not in "0123456789abcdef" for c in wanted):
        raise ProofError(
            "The expected hash must be 16 to 64 hex digits, as shown in the room; copy it again."
        )
    return wanted


class Check:
    """The steps over one proof. Each gives a detail for the reader or raises a LotteryError."""

    def __init__(
        self,
        given: Proof,
        expect: str | None = None,
        real: bool = False,
        beacon: Beacon | None = None,
        entry_list: EntryList | None = None,
        known: Roster | None = None,
    ) -> None:
        self.proof = given
        self.commitment = given.commitment.record
        self.closed = given.closed[-1].record
        self.drawn = given.drawn.record
        self.expect = expect
        self.real = real
        self.own_beacon = beacon
        self.randomness = b""
        self.entry_list = entry_list
        self.roster = known  # checked when it was made; else the list step reads one, where there is one
        self.known = known is not None

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
        raise NoteError("PRACTICE: the beacon was known beforehand")

    def commitment_holds(self) -> str:
        self.proof.commitment.verify(self.commitment.signer)
        signed = "unsigned, bare" if self.commitment.signer is None else "signed"
        return f"{self.proof.commitment.hash} ({signed})"

    def is_expected(self) -> str:
        if self.expect is None:
            raise NoteError(
                "not compared: the file is only checked in itself; give --expect with the hash shown"
            )
        wanted = expected_hash(self.expect)
        for revision in self.proof.closed:
            if revision.hash.startswith(wanted):
                return f"closed record rev {revision.record.rev} is the one expected"
        if self.proof.commitment.hash.startswith(wanted):
            # Once the value is out, whoever holds the key can sign list after list until one pleases.
            raise NoteError(
                "the rules are those expected; the list was not compared: give the closed record's hash, shown "
                "before the beacon"
            )
        raise ProofError(
            "Neither the commitment nor a closed record has the expected hash: this is another draw."
        )

    def terms(self) -> str:
        self.commitment.check()
        if self.commitment.terms is None:
            raise NoteError("bare commitment without a rule sheet")
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
            self._counted(record, number)
            before, least = revision.hash, record.entries
        if self.closed.entries < 1:
            raise RecordError("The list is empty; such a draw is void and has no proof.")
        return f"{before} rev {len(self.proof.closed)}, root {self.closed.root}"

    def _counted(self, record: ClosedRecord, number: int) -> None:
        """What a closed record says about weights, refusals and the answer goes with the commitment."""
        alike = self.commitment.equal_weights or self.commitment.valued
        if alike and record.weight != record.entries:
            raise RecordError(f"Closed record {number} has weights, but every entry weighs the same.")
        if not {reason for reason, _ in record.excluded} <= set(self.commitment.refusals):
            raise RecordError(f"Closed record {number} refuses for a reason that the rules do not give.")
        if (record.excluded_viewers is None) is not self.commitment.first_shape:
            raise RecordError(f"Closed record {number} has other fields than its rules ask for.")
        if (record.excluded_viewers or 0) > sum(count for _, count in record.excluded):
            raise RecordError(f"Closed record {number} excludes more viewers than comments were refused.")
        contests.check_answer(self.commitment.contest, record.answer)  # so it is the same in all of them

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
            raise NoteError(
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
        said = f"{self.closed.entries} entries, weight {self.closed.weight}, root recomputed"
        if not self.known:
            self._read_lists()
        if self.roster is None:
            if not self.commitment.equal_weights or self.commitment.valued:
                raise ProofError(
                    "Without the list only a draw with equal weights can be checked; get the full file."
                )
            return f"{self.closed.entries} entries of weight 1, by paths"
        self._counts_and_root(self.roster)
        return said if self.entry_list is None else f"{said}; {len(self.entry_list.excluded)} excluded"

    def _read_lists(self) -> None:
        """The roster out of the proof, or out of the list file; both must be the closed one."""
        if self.proof.leaves is not None:
            self.roster = Roster.from_leaves(self.proof.leaves, self.commitment.valued)
        if self.entry_list is None:
            return
        if self.entry_list.draw_id != self.commitment.draw_id:
            raise ProofError("The list file is of another draw.")
        listed = self.entry_list.roster(self.commitment.valued)
        if self.roster is None:
            self.roster = listed
        elif listed.leaves != self.roster.leaves:
            raise ProofError("The list file has other entries than the proof.")
        self.entry_list.exclusions(self.closed)

    def _counts_and_root(self, roster: Roster) -> None:
        closed = self.closed
        if len(roster) != closed.entries or roster.weight != closed.weight:
            raise RecordError("The list's length or weight is not what the closed record says.")
        contests.check_values(self.commitment.contest, roster.values)
        if roster.root.hex() != closed.root:
            raise MerkleError("The list does not give the published root.")

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
        if self.known:
            chosen = (*self.drawn.winners, *self.drawn.reserves)
        elif self.roster is None:
            chosen = draw.select_equal(seed, self.closed.entries, picks)
        else:
            terms, answer = self.commitment.terms, self.closed.answer
            quotas = () if terms is None else [prize.quantity for prize in terms.prizes]
            chosen = contests.select(self.commitment.contest, seed, self.roster, picks, answer, quotas)
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
            if self.roster is None and leaf_weight(shown.leaf) != 1:
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
