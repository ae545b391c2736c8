"""Draws made by hand from the protocol page: a third reading of it, plain and slow, that can also make wrong ones.

Each hook changes a part before it is hashed and signed, so that a wrong draw is as well sealed as a right one: what
a signer who cheats could publish. Nothing here uses `lottery`, except for signing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lottery.signer import SigningKey

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[1] / "vectors.json").read_text(encoding="utf-8")
)

KEY = SigningKey.from_seed(b"h" * 32)
SALT = hashlib.sha256(b"a salt").digest()
ANSWER_SALT = hashlib.sha256(b"a salt of the answer").digest()
SIGNATURES = {known["round"]: known["signature"] for known in VECTORS["rounds"]}
PRACTICE_ROUNDS = sorted(SIGNATURES)
REAL_ROUND = 31089008
CLOSE = 1_790_000_180_000
REAL_CLOSE = (1692803367 + (REAL_ROUND - 1) * 3 - 45) * 1000
EMPTY_ROOT = hashlib.sha256(b"").hexdigest()
CODES = (
    "early", "late", "other_room", "unknown_viewer", "staff", "blacklisted", "previous_winner", "not_following",
    "fan_level", "account_level", "wrong_answer", "out_of_range", "duplicate",
)  # fmt: skip
RULES = (
    "entry_conditions", "entry_method", "claim_conditions", "claim_method", "delivery", "forfeiture", "organiser",
    "contact", "minors", "price_basis", "draw_method",
)  # fmt: skip

Hook = Callable[[Any], Any]


def lp(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def tagged(name: str, *fields: bytes) -> bytes:
    return hashlib.sha256(b"".join(map(lp, (f"lfd1/{name}".encode(), *fields)))).digest()


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sealed(kind: str, record: dict[str, Any], key: SigningKey | None) -> dict[str, Any]:
    raw = tagged(kind, canonical(record))
    return {"record": record, "hash": raw.hex(), "signature": None if key is None else key.sign(raw).hex()}


def tree(leaves: list[bytes]) -> list[list[bytes]]:
    """All levels, leaf hashes first; a lone last node moves up."""
    levels = [[hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = [below[i : i + 2] for i in range(0, len(below), 2)]
        levels.append([hashlib.sha256(b"\1" + p[0] + p[1]).digest() if len(p) == 2 else p[0] for p in pairs])
    return levels


def root(leaves: list[bytes]) -> str:
    return tree(leaves)[-1][0].hex() if leaves else EMPTY_ROOT


def path(levels: list[list[bytes]], position: int) -> list[str]:
    """Sibling hashes of a leaf in the tree with these levels."""
    made = []
    for level in levels[:-1]:
        if position ^ 1 < len(level):
            made.append(level[position ^ 1].hex())
        position //= 2
    return made


class Stream:
    def __init__(self, seed: bytes) -> None:
        self.seed, self.block = seed, 0

    def below(self, most: int) -> int:
        while True:
            message = b"lfd1/draw" + self.block.to_bytes(8, "big")
            value = int.from_bytes(hmac.digest(self.seed, message, "sha256"), "big")
            self.block += 1
            if value < 2**256 - 2**256 % most:
                return value % most


@dataclass
class Draw:
    """One draw to be made. `entries` are (name, weight, value); the hooks change a part before it is sealed."""

    kind: str = "keyword"
    entries: list[tuple[str, int, int]] = field(default_factory=lambda: [(f"u{i}", 1, 0) for i in range(9)])
    contest: Any = None
    quantities: tuple[int, ...] = (1, 2)
    reserves: int = 2
    answers: tuple[str, ...] = ()
    excluded: tuple[tuple[str, str], ...] = (("s", "staff"), ("u0", "duplicate"))
    weight_rule: str = "equal"
    preset: str = "practice"
    conditions: dict[str, Any] = field(
        default_factory=lambda: {"follow": False, "fan_level": 0, "account_level": 0}
    )
    key: SigningKey | None = KEY
    draw_id: str = "抽奖-1"
    on_commit: Hook = lambda record: None
    on_leaves: Hook = lambda leaves: None
    on_closed: Hook = lambda record: None
    on_drawn: Hook = lambda record: None

    @property
    def close_at(self) -> int:
        return CLOSE if self.preset == "practice" else REAL_CLOSE

    @property
    def valued(self) -> bool:
        return self.kind in ("guess", "rain")

    def pseudonym(self, uid: str) -> bytes:
        place = lp(b"test") + lp(uid.encode())
        salt = hmac.digest(SALT, lp(b"lfd1/entry-salt") + place, "sha256")
        return hmac.digest(salt, lp(b"lfd1/pseudonym") + lp(self.draw_id.encode()) + place, "sha256")

    def leaves(self) -> list[bytes]:
        made = []
        for uid, weight, value in self.entries:
            tail = value.to_bytes(8, "big") if self.valued else b""
            made.append(self.pseudonym(uid) + weight.to_bytes(8, "big") + tail)
        made.sort()
        return self.on_leaves(made) or made

    def excluded_leaves(self) -> list[tuple[bytes, str]]:
        return sorted(
            ((self.pseudonym(uid), reason) for uid, reason in self.excluded),
            key=lambda one: one[0] + lp(one[1].encode()),
        )

    def commitment(self) -> dict[str, Any]:
        if self.preset == "practice":
            number = int.from_bytes(tagged("practice-round", self.draw_id.encode()), "big") % 11
            beacon = {"round": PRACTICE_ROUNDS[number], "mode": "practice", "due_at": self.close_at + 15_000}
        else:
            beacon = {"round": REAL_ROUND}
        chain = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
        prizes = [
            {
                "rank": f"{i}等奖",
                "name": "礼品",
                "quantity": q,
                "value_fen": 100,
                "kind": "goods",
                "use_rules": "",
            }
            for i, q in enumerate(self.quantities, 1)
        ]
        record: dict[str, Any] = {
            "v": 1, "draw_id": self.draw_id, "title": "抽奖", "k": sum(self.quantities), "prev": "00" * 32,
            "salt_commit": tagged("salt", SALT).hex(),
            "beacon": {"chain_hash": chain, "scheme": "bls-unchained-g1-rfc9380", **beacon},
            "platform": "test", "room": "1", "sequence": 1, "prizes": prizes, "reserves": self.reserves,
            "rules": {name: "文字" for name in RULES}, "entry": self.entry(), "weight_rule": self.weight_rule,
            "announced_at": self.close_at - 70_000, "open_at": self.close_at - 60_000, "close_at": self.close_at,
            "publish_by": self.close_at + (5_000 if self.preset == "practice" else 10_000),
            "claim_by": self.close_at + 86_400_000, "preset": self.preset, "staff_hash": "11" * 32,
            "software": "hand", "signer": KEY.public if self.key is None else self.key.public,
        }  # fmt: skip
        return self.on_commit(record) or record

    def entry(self) -> dict[str, Any]:
        asked = self.conditions
        never = {
            "not_following": not asked["follow"], "fan_level": not asked["fan_level"],
            "account_level": not asked["account_level"], "wrong_answer": self.kind != "quiz",
            "out_of_range": self.kind != "guess",
        }  # fmt: skip
        return {
            "kind": self.kind, "per_account": 1, "refusals": [code for code in CODES if not never.get(code)],
            "keyword": "抽奖" if self.kind == "keyword" else None, "conditions": asked,
            "previous_hash": "22" * 32, "blacklist_hash": "33" * 32, "contest": self.contest,
        }  # fmt: skip

    def chosen(self, seed: bytes, leaves: list[bytes]) -> list[int]:
        stream, made = Stream(seed), list[int]()
        picks = min(sum(self.quantities) + self.reserves, len(leaves))
        values = [int.from_bytes(leaf[40:], "big") for leaf in leaves]

        def group(members: list[int], count: int) -> int:
            left = [one for one in members if one not in made]
            taken = min(count, len(left))
            for _ in range(taken):
                made.append(left.pop(stream.below(len(left))))
            return count - taken

        everybody = list(range(len(leaves)))
        if self.kind == "guess":
            answer = int(self.answers[0])
            for away in sorted({abs(value - answer) for value in values}):
                group([i for i in everybody if abs(values[i] - answer) == away], picks - len(made))
        elif self.kind == "rain":
            over = 0
            for wave, quantity in enumerate(self.quantities):
                over = group([i for i in everybody if values[i] >> wave & 1], quantity + over)
            group(everybody, picks - len(made))
        else:
            equal = self.weight_rule == "equal"
            weights = [1 if equal else int.from_bytes(leaf[32:40], "big") for leaf in leaves]
            left = everybody
            while len(made) < picks and any(weights[i] for i in left):
                at = stream.below(sum(weights[i] for i in left))
                for i in left:
                    if at < weights[i]:
                        break
                    at -= weights[i]
                made.append(i)
                left = [one for one in left if one != i]
        return made

    def closed(self, commit_hash: str, leaves: list[bytes]) -> dict[str, Any]:
        out = self.excluded_leaves()
        answer = {"salt": ANSWER_SALT.hex(), "answers": list(self.answers)} if self.answers else None
        record = {
            "kind": "closed", "v": 1, "draw_id": self.draw_id, "commit_hash": commit_hash, "prev": commit_hash,
            "rev": 1, "root": root(leaves), "entries": len(leaves),
            "weight": sum(int.from_bytes(leaf[32:40], "big") for leaf in leaves),
            "excluded": {reason: 5 for _, reason in self.excluded},
            "excluded_root": root([who + lp(reason.encode()) for who, reason in out]),
            "closed_at": self.close_at, "issued_at": self.close_at + 900, "latest_beacon": None,
            "excluded_viewers": len(out), "answer": answer,
        }  # fmt: skip
        return self.on_closed(record) or record

    def proof(self, full: bool = True) -> dict[str, Any]:
        """The proof file as an object."""
        leaves = self.leaves()
        commit = sealed("commit", self.commitment(), self.key)
        closed = sealed("closed", self.closed(commit["hash"], leaves), self.key)
        terms, last = commit["record"], closed["record"]
        number = terms["beacon"]["round"]
        beacon = {"round": number, "signature": SIGNATURES.get(number, SIGNATURES[1])}
        randomness = hashlib.sha256(bytes.fromhex(beacon["signature"])).digest()
        seed = tagged(
            "seed", bytes.fromhex(commit["hash"]), bytes.fromhex(last["root"]), last["entries"].to_bytes(8, "big"),
            last["weight"].to_bytes(8, "big"), number.to_bytes(8, "big"), randomness, b"",
        )  # fmt: skip
        chosen = self.chosen(seed, leaves)
        record = {
            "kind": "drawn", "v": 1, "draw_id": self.draw_id, "commit_hash": commit["hash"], "prev": closed["hash"],
            "beacon": dict(beacon), "randomness": randomness.hex(), "seed": seed.hex(), "winners": chosen[: terms["k"]],
            "reserves": chosen[terms["k"] :], "drawn_at": self.close_at + 45_000,
        }  # fmt: skip
        drawn = sealed("drawn", self.on_drawn(record) or record, self.key)
        levels = tree(leaves)
        winners = [
            {"place": place, "position": i, "leaf": leaves[i].hex(), "path": path(levels, i)}
            for place, i in enumerate(chosen, 1)
        ]
        return {
            "format": "lfd1-proof", "v": 1, "kind": "full" if full else "short", "commitment": commit,
            "closed": [closed], "beacon": beacon, "drawn": drawn, "winners": winners,
            "leaves": [leaf.hex() for leaf in leaves] if full else None,
        }  # fmt: skip

    def entry_list(self) -> dict[str, Any]:
        """The list file as an object."""
        return {
            "format": "lfd1-list", "v": 1, "draw_id": self.draw_id, "leaves": b"".join(self.leaves()).hex(),
            "excluded": [[who.hex(), reason] for who, reason in self.excluded_leaves()],
        }  # fmt: skip


def answer_commit(*answers: str) -> str:
    return tagged("answer", ANSWER_SALT, *(one.encode() for one in answers)).hex()


def quiz(**more: Any) -> Draw:
    contest = {
        "question": "几月？",
        "options": [],
        "prefix": "答",
        "answer_commit": answer_commit("五月", "5月"),
    }
    ordered = tuple(sorted(("五月", "5月")))
    contest["answer_commit"] = answer_commit(*ordered)
    return Draw(
        **{"kind": "quiz", "contest": contest, "answers": ordered, "excluded": (("w", "wrong_answer"),)}
        | more
    )


def guess(**more: Any) -> Draw:
    contest = {
        "question": "多少钱？", "prefix": "", "decimals": 2, "least": 0, "most": 100_000,
        "answer_commit": answer_commit("9950"),
    }  # fmt: skip
    values = (9900, 10_000, 9950, 0, 100_000, 9900, 10_000, 9000, 10_900)
    entries = [(f"u{i}", 1, value) for i, value in enumerate(values)]
    return Draw(**{"kind": "guess", "contest": contest, "answers": ("9950",), "entries": entries} | more)


def rain(**more: Any) -> Draw:
    opens = CLOSE - 60_000
    waves = [
        {"keyword": f"红包{i}", "open_at": opens + 20_000 * i, "close_at": opens + 20_000 * (i + 1)}
        for i in range(3)
    ]
    bits = (0b001, 0b011, 0b111, 0b001, 0b101, 0b001, 0b001, 0b100, 0b100)
    entries = [(f"u{i}", 1, value) for i, value in enumerate(bits)]
    made = {"kind": "rain", "contest": {"waves": waves}, "entries": entries, "quantities": (2, 4, 1)}
    return Draw(**made | more)


def purchase(**more: Any) -> Draw:
    return Draw(**{"kind": "purchase", "contest": {"product": "p-1"}} | more)


def waves(count: int) -> Draw:
    """A rain of so many waves, right in all but perhaps the number."""
    opens, length = CLOSE - 60_000, 60_000 // count
    times = [opens + length * i for i in range(count)] + [CLOSE]
    made = [{"keyword": f"红包{i}", "open_at": times[i], "close_at": times[i + 1]} for i in range(count)]
    entries = [("a", 1, 1), ("b", 1, 2**count - 1)]
    return rain(contest={"waves": made}, quantities=(1,) * count, entries=entries, reserves=0)
