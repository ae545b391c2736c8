"""`browser.js` in Node: the published vectors, draws of every kind made by hand, and "was I in it?"."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from . import hand
from .hand import VECTORS, Draw, guess, purchase, quiz, rain, waves
from .stage import GOLDEN, Node, Refused, failed, golden


@pytest.mark.parametrize("known", VECTORS["rounds"], ids=lambda r: str(r["round"]))
def test_real_rounds(script: Node, known: dict[str, Any]) -> None:
    assert script.call("verifyBeacon", known) == known["randomness"]
    assert script.call("verifyBeacon", known | {"round": known["round"] + 1}) is None


@pytest.mark.parametrize("bad", VECTORS["rejected"], ids=lambda r: str(r["why"]))
def test_the_rejection_list(script: Node, bad: dict[str, Any]) -> None:
    assert script.call("verifyBeacon", {"round": bad["round"], "signature": bad["signature"]}) is None
    proof = golden("bare.proof.json")
    proof["beacon"]["signature"] = proof["drawn"]["record"]["beacon"]["signature"] = bad["signature"]
    assert failed(script.verify(proof)) is not None


@pytest.mark.parametrize("vector", VECTORS["draws"], ids=lambda v: str(v["name"]))
def test_published_draws(script: Node, vector: dict[str, Any]) -> None:
    record = script.call("readJson", vector["commitment"])
    assert script.call("canonical", record) == vector["commitment"]
    assert script.call("hashHex", "commit", record) == vector["commit_hash"]
    by_name = Draw(draw_id=record["draw_id"])
    salt = hashlib.sha256(b"test salt " + record["draw_id"].encode()).digest()
    leaves, owners = {}, {}
    for uid, weight in zip(vector["uids"], vector["weights"], strict=True):
        place = hand.lp(b"test") + hand.lp(uid.encode())
        own = hmac.digest(salt, hand.lp(b"lfd1/entry-salt") + place, "sha256")
        who = script.call("pseudonym", own.hex(), by_name.draw_id, "test", uid)
        leaves[who], owners[who] = who + weight.to_bytes(8, "big").hex(), uid
    order = sorted(leaves)
    assert script.call("rootHex", [leaves[who] for who in order]) == vector["root"]
    weights = [int(leaves[who][64:], 16) for who in order]
    positions = script.call("drawWeighted", vector["seed"], weights, vector["k"])
    assert positions == vector["positions"]
    assert [owners[order[i]] for i in positions] == vector["winners"]
    if set(weights) == {1}:
        assert script.call("drawEqual", vector["seed"], len(weights), vector["k"]) == positions


def test_the_first_vector_in_detail(script: Node) -> None:
    known = VECTORS["draw_a"]
    who = script.call("pseudonym", known["entry_salt"], "draw-A", "test", known["uid"])
    assert who == known["pseudonym"]
    leaf = who + "00" * 7 + "01"
    root = VECTORS["draws"][0]["root"]
    assert script.call("checkPath", leaf, 1, 5, known["path"], root)
    for position, size in ((0, 5), (2, 5), (1, 4), (1, 3), (5, 5), (-1, 5)):
        assert not script.call("checkPath", leaf, position, size, known["path"], root)
    for path in (known["path"][:-1], [*known["path"], root], [*known["path"][:-1], root], ["x"], None):
        assert not script.call("checkPath", leaf, 1, 5, path, root)


def test_trees_of_rfc_6962(script: Node) -> None:
    known = VECTORS["rfc6962"]
    for size, root in enumerate(known["roots"]):
        assert script.call("rootHex", known["leaves"][:size]) == root


ALL_KINDS: dict[str, Callable[[], Draw]] = {
    "keyword": Draw,
    "fan bag": lambda: Draw(conditions={"follow": True, "fan_level": 3, "account_level": 2}),
    "quiz": quiz,
    "quiz of options": lambda: _changed_contest(quiz(), options=["五月", "六月"], prefix=""),
    "guess": guess,
    "guess with more picks than entries": lambda: guess(reserves=20),
    "rain": rain,
    "rain with few entries": lambda: rain(entries=[("a", 1, 1), ("b", 1, 4), ("c", 1, 4)]),
    "rain of twenty waves": lambda: waves(20),
    "purchase": purchase,
    "weights": lambda: Draw(weight_rule="一元一份", entries=[(f"u{i}", 10**i, 0) for i in range(7)]),
    "real": lambda: Draw(preset="quick"),
    "all win": lambda: Draw(quantities=(9,), reserves=0),
    "one": lambda: Draw(entries=[("唯一", 1, 0)]),
    "many": lambda: Draw(entries=[(f"用户{i}", 1, 0) for i in range(300)], quantities=(100, 50), reserves=20),
}


def _changed_contest(draw: Draw, **new: Any) -> Draw:
    draw.contest |= new
    return draw


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.glob("*.list.json")))
def test_golden_lists(script: Node, name: str) -> None:
    listed = (GOLDEN / name).read_text(encoding="utf-8")
    proof = golden(name.replace(".list.", ".proof."))
    assert failed(script.verify(proof, list=listed)) is None
    other = json.loads(listed)
    other["excluded"] = other["excluded"][1:] or [["00" * 32, "staff"]]
    assert failed(script.verify(proof, list=json.dumps(other))) == "list"


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_draws_made_by_hand_hold(script: Node, kind: str) -> None:
    draw = ALL_KINDS[kind]()
    proof = draw.proof()
    listed = json.dumps(draw.entry_list())
    for options in ({}, {"list": listed}):
        result = script.verify(proof, **options)
        assert failed(result) is None, result["steps"]
        assert result["winners"] + result["reserves"] == [one["position"] for one in proof["winners"]]


def test_a_short_proof_and_its_list(script: Node) -> None:
    draw = Draw()
    short, listed = draw.proof(full=False), json.dumps(draw.entry_list())
    assert failed(script.verify(short)) is None
    assert failed(script.verify(short, list=listed)) is None
    for unfit in (guess(), rain(), Draw(weight_rule="一元一份")):
        both = {"list": json.dumps(unfit.entry_list())}
        assert failed(script.verify(unfit.proof(full=False))) == "list"
        assert failed(script.verify(unfit.proof(full=False), **both)) == "list"


def test_find_tells_a_holder_of_an_entry_salt(script: Node) -> None:
    draw = guess()
    parsed = script.call("parseProof", json.dumps(draw.proof()))
    listed = script.call("parseList", json.dumps(draw.entry_list()), 48)
    won = parsed["winners"][0]
    found = script.call("find", parsed, won["leaf"][:64], listed)
    assert (found["place"], found["position"], found["winner"], found["value"]) == (
        1,
        won["position"],
        True,
        9950,
    )
    all_found = [script.call("find", parsed, one["leaf"][:64])["winner"] for one in parsed["winners"]]
    assert all_found == [True] * 3 + [False] * 2
    reserve = script.call("find", parsed, parsed["winners"][-1]["leaf"][:64])
    assert (reserve["winner"], reserve["excluded"], reserve["known"]) == (False, None, True)
    assert script.call("find", parsed, draw.pseudonym("u0").hex(), listed)["excluded"] == ["duplicate"]
    absent = script.call("find", parsed, draw.pseudonym("s").hex(), listed)
    assert (absent["position"], absent["place"], absent["excluded"]) == (None, None, ["staff"])
    _check_absence(script, draw, absent)


def _check_absence(script: Node, draw: Draw, absent: dict[str, Any]) -> None:
    leaves = draw.leaves()
    levels = hand.tree(leaves)
    root, size, who = levels[-1][0].hex(), len(leaves), draw.pseudonym("s").hex()

    def shown(*positions: int | None) -> list[dict[str, Any]]:
        return [
            {"position": i, "leaf": leaves[i].hex(), "path": hand.path(levels, i)}
            for i in positions
            if i is not None
        ]

    beside = shown(absent["before"], absent["after"])
    first, last = "00" * 32, "ff" * 32
    good = [
        (who, beside, size),
        (who, beside[::-1], size),
        (first, shown(0), size),
        (last, shown(size - 1), size),
    ]
    own, final = leaves[0][:32].hex(), leaves[size - 1][:32].hex()
    bad: list[tuple[str, Any, int]] = [
        (own, beside, size), (own, shown(0), size), (final, shown(size - 1), size), ("x", beside, size),
        (who, [], size), (who, None, size), (who, beside, 0), (who, beside[:1], size), (who, shown(0), size),
        (who, shown(0, size - 1), size), (who, shown(0, 1, 2), size), (first, shown(1), size),
        (first, shown(size - 1), size), (last, shown(size - 2), size), (last, shown(0), size),
    ]  # fmt: skip
    for one, neighbours, count in good:
        assert script.call("checkAbsence", one, neighbours, count, root), (one, neighbours)
        assert not script.call("checkAbsence", one, neighbours, count, "44" * 32)
    for one, claimed, count in bad:
        assert not script.call("checkAbsence", one, claimed, count, root), (one, claimed)
    assert script.call("checkAbsence", who, [], 0, hand.EMPTY_ROOT)
    assert not script.call("checkAbsence", who, [], 0, root)
    assert not script.call("checkAbsence", who, beside, 0, hand.EMPTY_ROOT)


def test_an_excluded_viewer_and_an_envelope_can_be_shown(script: Node) -> None:
    draw = Draw()
    out = draw.excluded_leaves()
    leaves = [who + hand.lp(reason.encode()) for who, reason in out]
    made = [script.call("excludedLeaf", who.hex(), reason) for who, reason in out]
    assert made == [leaf.hex() for leaf in leaves]
    assert script.call("checkPath", made[1], 1, 2, hand.path(hand.tree(leaves), 1), hand.root(leaves))
    claim = hand.sealed("claim", {"kind": "claim", "v": 1}, hand.KEY)
    assert script.call("checkEnvelope", "claim", claim, hand.KEY.public)
    assert not script.call("checkEnvelope", "void", claim, hand.KEY.public)
    assert not script.call("checkEnvelope", "claim", claim, None)
    assert not script.call("checkEnvelope", "claim", claim | {"signature": None}, hand.KEY.public)


def test_the_receipt_code(script: Node) -> None:
    salt = bytes(range(32))
    bits = int.from_bytes(hand.tagged("receipt", salt)[:8], "big") >> 4
    digits = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits >> shift & 31] for shift in range(55, -1, -5))
    assert script.call("receipt", salt.hex()) == f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"
    with pytest.raises(Refused, match="64 hex"):
        script.call("pseudonym", "00", "d", "p", "u")
