"""Forgeries by somebody who writes into the file and recomputes nothing (the last few do have the key)."""

from __future__ import annotations

from typing import Any

from lottery import beacon as drand

from .bases import KEY, OTHER_ROUND, File, record_hash, rehash
from .forgery import (
    DRAWN,
    EDIT,
    FRIEND,
    LAST,
    Forgery,
    change,
    friend_enters,
    other,
    other_round,
    promote_reserve,
    put,
    swap_first,
    weight,
)


def _shorten(file: File) -> None:
    """Weighted, yet shown by paths alone."""
    file.proof.update(kind="short", leaves=None)


def _second_signature(file: File) -> None:
    file.proof["drawn"]["signature"] = file.proof["closed"][-1]["signature"]


def _at_infinity(file: File) -> None:
    """Under the key at infinity the signature at infinity would hold for everything."""
    file.commitment["signer"] = "c0" + "00" * 95
    rehash(file)
    for envelope in (file.proof["commitment"], *file.proof["closed"], file.proof["drawn"]):
        envelope["signature"] = "c0" + "00" * 47


def _others_first(file: File) -> None:
    """The first two winners' entries change their places in the file, and are numbered anew."""
    swap_first("winners")(file)
    for place, winner in enumerate(file.proof["winners"], 1):
        winner["place"] = place


def _drawn_from_the_first(file: File) -> None:
    file.drawn["prev"] = file.proof["closed"][0]["hash"]
    _seal(file.proof["drawn"], "drawn")


def _follows_the_commitment(file: File) -> None:
    second = file.proof["closed"][1]
    second["record"]["prev"] = file.proof["commitment"]["hash"]
    _seal(second, "closed")
    file.drawn["prev"] = second["hash"]
    _seal(file.proof["drawn"], "drawn")


def _another_commitment(file: File) -> None:
    """The drawn record names another commitment."""
    file.drawn["commit_hash"] = "11" * 32
    _seal(file.proof["drawn"], "drawn")


def _seal(envelope: dict[str, Any], kind: str) -> None:
    """Hash and sign one record with the pinned key."""
    envelope["hash"] = record_hash(kind, envelope["record"])
    envelope["signature"] = KEY.sign(bytes.fromhex(envelope["hash"])).hex()


EDITS = (
    Forgery(
        "another position among the winners",
        EDIT,
        "keyword",
        "selection",
        change(*DRAWN, "winners", 0, lambda at: (at + 1) % 12),
    ),
    Forgery("two winners exchange their prizes", EDIT, "keyword", "selection", swap_first(*DRAWN, "winners")),
    Forgery("a reserve is promoted over a winner", EDIT, "keyword", "selection", promote_reserve),
    Forgery(
        "one digit of a leaf",
        EDIT,
        "keyword",
        "list",
        change("leaves", 3, lambda leaf: other(leaf[:64]) + leaf[64:]),
    ),
    Forgery("a leaf is left out", EDIT, "keyword", "list", lambda file: file.leaves.pop(2)),
    Forgery("a leaf is put in", EDIT, "keyword", "list", friend_enters),
    Forgery("two leaves exchange their places", EDIT, "keyword", "list", swap_first("leaves")),
    Forgery("a leaf weighs more in a draw with weights", EDIT, "weighted", "list", weight(900_000)),
    Forgery("one digit of a path", EDIT, "keyword", "winners", change("winners", 0, "path", 0, other)),
    Forgery("the winners' entries in another order", EDIT, "keyword", "file", swap_first("winners")),
    Forgery(
        "a winner's leaf is another one",
        EDIT,
        "short",
        "winners",
        lambda f: f.proof["winners"][0].update(leaf=FRIEND + "0" * 15 + "1"),
    ),
    Forgery("one digit of the seed", EDIT, "keyword", "seed", change(*DRAWN, "seed", other)),
    Forgery("one digit of the randomness", EDIT, "keyword", "seed", change(*DRAWN, "randomness", other)),
    Forgery("the beacon of another round", EDIT, "keyword", "beacon", other_round),
    Forgery(
        "another round's signature under the right number",
        EDIT,
        "keyword",
        "beacon",
        put("beacon", "signature", drand.PRACTICE_SIGNATURES[OTHER_ROUND]),
    ),
    Forgery(
        "the beacon's point negated",
        EDIT,
        "keyword",
        "beacon",
        change("beacon", "signature", lambda text: f"{int(text[:2], 16) ^ 0x20:02x}" + text[2:]),
    ),
    Forgery(
        "the beacon at infinity", EDIT, "keyword", "beacon", put("beacon", "signature", "c0" + "00" * 47)
    ),
    Forgery(
        "the beacon outside the subgroup",
        EDIT,
        "keyword",
        "beacon",
        put("beacon", "signature", "80" + "00" * 47),
    ),
    Forgery("a signature taken away", EDIT, "keyword", "closed", put("closed", -1, "signature", None)),
    Forgery("the signature of another record", EDIT, "keyword", "drawn", _second_signature),
    Forgery(
        "a signature where nobody is pinned",
        EDIT,
        "bare",
        "commitment",
        put("commitment", "signature", KEY.sign(bytes(32)).hex()),
    ),
    Forgery(
        "a practice draw shown as a real one",
        EDIT,
        "practice",
        "commitment",
        lambda f: [f.commitment["beacon"].pop(name) for name in ("mode", "due_at")],
    ),
    Forgery("a weighted draw by paths alone", EDIT, "weighted", "list", _shorten),
    Forgery("a field that nobody knows, in a record", EDIT, "keyword", "file", put(*LAST, "note", "hello")),
    Forgery("a field that nobody knows, in the file", EDIT, "keyword", "file", put("winner_names", ["a"])),
    Forgery("a field is missing", EDIT, "keyword", "file", lambda file: file.drawn.pop("drawn_at")),
    Forgery("upper-case hex", EDIT, "keyword", "file", change(*DRAWN, "seed", str.upper)),
    Forgery("true in place of 1", EDIT, "keyword", "file", put(*LAST, "v", True)),
    Forgery("the answer of a quiz is taken out", EDIT, "quiz", "file|closed", put(*LAST, "answer", None)),
    Forgery("the signer and all signatures at infinity", EDIT, "keyword", "commitment", _at_infinity),
    Forgery(
        "another hash beside the commitment",
        EDIT,
        "keyword",
        "commitment",
        change("commitment", "hash", other),
    ),
    Forgery(
        "another hash beside a closed record", EDIT, "keyword", "closed", change("closed", -1, "hash", other)
    ),
    Forgery("another hash beside the drawn record", EDIT, "keyword", "drawn", change("drawn", "hash", other)),
    Forgery("a kind of proof that nobody knows", EDIT, "keyword", "file", put("kind", "medium")),
    Forgery("no closed record at all", EDIT, "keyword", "file", put("closed", [])),
    Forgery("a short proof with the list in it", EDIT, "keyword", "file", put("kind", "short")),
    Forgery("winners' entries in another order, numbered anew", EDIT, "keyword", "winners", _others_first),
    Forgery("drawn from the first of two revisions, signed", EDIT, "keyword", "drawn", _drawn_from_the_first),
    Forgery(
        "a revision that follows the commitment, signed", EDIT, "keyword", "closed", _follows_the_commitment
    ),
    Forgery("drawn for another commitment, signed", EDIT, "keyword", "drawn", _another_commitment),
)
