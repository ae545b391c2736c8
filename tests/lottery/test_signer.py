from __future__ import annotations

import pytest
from py_arkworks_bls12381 import G1Point, G2Point

from lottery import beacon as drand
from lottery import signer
from lottery.errors import SignatureError
from lottery.signer import SigningKey

from .makers import KEY

HASH = b"h" * 32
SIGNATURE = KEY.sign(HASH)


def test_a_signature_holds_for_its_key_and_record_only() -> None:
    signer.verify(KEY.public, HASH, SIGNATURE)
    other = SigningKey.from_seed(b"o" * 32)
    for public, record, signature in [
        (other.public, HASH, SIGNATURE),
        (KEY.public, b"i" * 32, SIGNATURE),
        (KEY.public, HASH, other.sign(HASH)),
    ]:
        with pytest.raises(SignatureError):
            signer.verify(public, record, signature)


def test_the_same_seed_gives_the_same_key_and_signature() -> None:
    again = SigningKey.from_seed(b"k" * 32)
    assert (again.public, again.sign(HASH)) == (KEY.public, SIGNATURE)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        SIGNATURE[:-1],
        bytes(48),
        b"\xff" * 48,
        b"\xc0" + bytes(47),
        bytes([SIGNATURE[0] ^ 0x20]) + SIGNATURE[1:],
    ],
)
def test_malformed_signatures_are_refused(signature: bytes) -> None:
    with pytest.raises(SignatureError):
        signer.verify(KEY.public, HASH, signature)


@pytest.mark.parametrize(
    "public", ["", "zz", "00" * 96, "c0" + "00" * 95, "ff" * 96, KEY.public + "00", KEY.public[:-2]]
)
def test_malformed_keys_are_refused(public: str) -> None:
    with pytest.raises(SignatureError):
        signer.verify(public, HASH, SIGNATURE)
    with pytest.raises(SignatureError):
        signer.public_point(public)


def test_a_lenient_decoder_of_keys_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lenient:
        identity = staticmethod(G2Point.identity)
        from_compressed_bytes = staticmethod(lambda raw: G2Point())

    monkeypatch.setattr(signer, "G2Point", Lenient)
    with pytest.raises(SignatureError):
        signer.public_point(KEY.public)


def test_the_point_at_infinity_signs_nothing() -> None:
    """With key and signature both at infinity every pairing would hold."""
    key = bytes(G2Point.identity().to_compressed_bytes()).hex()
    with pytest.raises(SignatureError):
        signer.public_point(key)
    with pytest.raises(SignatureError):
        signer.verify(key, HASH, bytes(G1Point.identity().to_compressed_bytes()))


def test_signatures_are_kept_apart_from_beacons() -> None:
    assert drand.QUICKNET.dst != signer.DST


def test_a_seed_has_32_bytes_and_is_not_printed() -> None:
    with pytest.raises(SignatureError):
        SigningKey.from_seed(b"short")
    assert repr(KEY) == f"SigningKey(public={KEY.public[:16]}…)"
