from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_arkworks_bls12381 import G1Point

from lottery import beacon as drand
from lottery.beacon import QUICKNET, Beacon
from lottery.errors import BeaconError

from .makers import VECTORS

ROUNDS = VECTORS["rounds"]
THOUSAND = next(r for r in ROUNDS if r["round"] == 1000)


@pytest.mark.parametrize("known", ROUNDS, ids=lambda r: str(r["round"]))
def test_real_rounds_verify(known: dict[str, Any]) -> None:
    beacon = Beacon(known["round"], bytes.fromhex(known["signature"]))
    assert drand.verify(beacon, known["round"]).hex() == known["randomness"]
    assert drand.practice_beacon(known["round"]) == beacon


@pytest.mark.parametrize("bad", VECTORS["rejected"], ids=lambda r: str(r["why"]))
def test_the_rejection_list(bad: dict[str, Any]) -> None:
    beacon = Beacon(bad["round"], bytes.fromhex(bad["signature"]))
    with pytest.raises(BeaconError):
        drand.verify(beacon, bad["round"])


MALFORMED = [bad for bad in VECTORS["rejected"] if bad["round"] == 1000 and bad["why"] != "negated point"]


@pytest.mark.parametrize("bad", MALFORMED, ids=lambda r: str(r["why"]))
def test_what_writes_no_point_is_refused_before_the_pairing(bad: dict[str, Any]) -> None:
    with pytest.raises(BeaconError):
        drand.signature_point(bytes.fromhex(bad["signature"]))


def test_a_lenient_decoder_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lenient:
        from_compressed_bytes = staticmethod(lambda raw: G1Point())

    monkeypatch.setattr(drand, "G1Point", Lenient)
    with pytest.raises(BeaconError, match="one way"):
        drand.signature_point(bytes.fromhex(THOUSAND["signature"]))


@pytest.mark.parametrize("number", [-1, 0, 2**63, 2**64])
def test_rounds_that_cannot_be(number: int) -> None:
    with pytest.raises(BeaconError, match="no round"):
        drand.verify(Beacon(number, bytes.fromhex(THOUSAND["signature"])), number)


def test_the_right_signature_under_the_other_groups_tag_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(QUICKNET, dst=b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_")
    monkeypatch.setattr(drand, "QUICKNET", other)
    with pytest.raises(BeaconError, match="not drand's"):
        drand.verify(Beacon(1000, bytes.fromhex(THOUSAND["signature"])), 1000)


def test_another_round_than_the_committed_one_is_refused() -> None:
    with pytest.raises(BeaconError, match="commitment says 1001"):
        drand.verify(Beacon(1000, bytes.fromhex(THOUSAND["signature"])), 1001)


def test_the_default_chain_is_refused_even_with_a_good_signature() -> None:
    with pytest.raises(BeaconError, match="another drand chain"):
        drand.verify(drand.practice_beacon(1000), 1000, VECTORS["default_chain_hash"])


def test_chain_hash_is_recomputed_from_the_pinned_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drand.check_pinned() == "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
    monkeypatch.setattr(drand, "QUICKNET", replace(QUICKNET, public_key="aa" + QUICKNET.public_key[2:]))
    with pytest.raises(BeaconError, match="genuine copy"):
        drand.check_pinned()


@pytest.mark.parametrize(("seconds", "number"), VECTORS["round_at_or_after"])
def test_first_round_at_or_after(seconds: int, number: int) -> None:
    assert drand.round_at_or_after(seconds * 1000) == number


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 4_000_000_000_000))
def test_round_arithmetic_holds_together(time_ms: int) -> None:
    number = drand.round_at_or_after(time_ms)
    assert drand.round_time_ms(number) >= time_ms or number == 1
    assert number == 1 or drand.round_time_ms(number - 1) < time_ms
    latest = drand.latest_round_at(time_ms)
    assert drand.round_time_ms(latest + 1) > time_ms
    assert latest == 0 or drand.round_time_ms(latest) <= time_ms


def test_a_paste_equals_the_relays_answer() -> None:
    relay = json.dumps(THOUSAND)
    pasted = (
        "\ufeff  \n" + json.dumps({**THOUSAND, "signature": THOUSAND["signature"].upper()}, indent=4) + "\r\n"
    )
    assert (
        drand.parse_relay(relay) == drand.parse_relay(pasted.strip("\ufeff")) == drand.practice_beacon(1000)
    )
    assert drand.parse_relay(pasted.encode()) == drand.practice_beacon(1000)


@pytest.mark.parametrize(
    "change",
    [
        {"randomness": "00" * 32},
        {"randomness": 5},
        {"signature": "zz"},
        {"signature": None},
        {"signature": "１２"},
        {"round": 0},
        {"round": "1000"},
        {"round": True},
        {"chain_hash": VECTORS["default_chain_hash"]},
        {"previous_signature": "ab" * 48},
    ],
)
def test_a_paste_that_is_not_quicknets_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BeaconError):
        drand.parse_relay(json.dumps({**THOUSAND, **change}))


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"round":1000}', '{"round":1,"round":2}', "\ud800"])
def test_a_paste_that_is_no_answer_is_refused(text: str) -> None:
    with pytest.raises(BeaconError):
        drand.parse_relay(text)


def test_practice_rounds_are_fixed_by_the_draws_id() -> None:
    assert drand.practice_round("draw-1") == drand.practice_round("draw-1")
    seen = {drand.practice_round(f"draw-{i}") for i in range(200)}
    assert seen == {r["round"] for r in ROUNDS}
    with pytest.raises(BeaconError):
        drand.practice_beacon(1001)


def test_no_round_before_the_first() -> None:
    with pytest.raises(BeaconError):
        drand.round_time_ms(0)


@pytest.mark.slow
def test_a_pure_python_curve_agrees() -> None:
    """Second opinion without native code: py_ecc, one good round and one bad message."""
    hashing: Any = import_module("py_ecc.bls.hash_to_curve")
    points: Any = import_module("py_ecc.bls.point_compression")
    curve: Any = import_module("py_ecc.optimized_bls12_381")

    key = bytes.fromhex(QUICKNET.public_key)
    pk = points.decompress_G2((int.from_bytes(key[:48], "big"), int.from_bytes(key[48:], "big")))
    sig = points.decompress_G1(int.from_bytes(bytes.fromhex(THOUSAND["signature"]), "big"))

    def holds(number: int) -> bool:
        message = hashlib.sha256(number.to_bytes(8, "big")).digest()
        hashed = curve.neg(hashing.hash_to_G1(message, QUICKNET.dst, hashlib.sha256))
        pairs = [(curve.G2, sig), (pk, hashed)]
        product = curve.FQ12.one()
        for one, other in pairs:
            product *= curve.pairing(one, other, final_exponentiate=False)
        return bool(curve.final_exponentiate(product) == curve.FQ12.one())

    assert holds(1000)
    assert not holds(1001)
