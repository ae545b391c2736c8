"""The operator's signature under records: BLS on the curve of the beacon, with its own domain.

One key for each installation. The commitment pins the public key, so every later record of that draw must
carry its signature. BLS signatures are unique, so a record cannot be given a second valid one.
"""

from __future__ import annotations

import hashlib

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

from .beacon import SIGNATURE_SIZE, signature_point
from .canonical import lp
from .errors import BeaconError, SignatureError

DST = b"CHANGKONG_DRAW_BLS12381G1_XMD:SHA-256_SSWU_RO_V1"
PUBLIC_SIZE = 96
SEED_SIZE = 32


class SigningKey:
    """A secret key. Printing it shows the public key only."""

    __slots__ = ("_scalar", "public")

    def __init__(self, scalar: Scalar) -> None:
        self._scalar = scalar
        self.public: str = bytes((G2Point() * scalar).to_compressed_bytes()).hex()

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """The key that belongs to 32 secret random bytes. Raises SignatureError for another length."""
        if len(seed) != SEED_SIZE:
            raise SignatureError("A signing seed must be 32 random bytes from the operating system.")
        wide = hashlib.sha512(lp(b"lfd1/signing-key") + seed).digest()
        return cls(Scalar.from_be_bytes_mod_order(wide))

    def sign(self, record_hash: bytes) -> bytes:
        """Signature over a record's hash: 48 bytes."""
        return bytes((G1Point.hash_to_curve(record_hash, DST) * self._scalar).to_compressed_bytes())

    def __repr__(self) -> str:
        return f"SigningKey(public={self.public[:16]}…)"


def verify(public: str, record_hash: bytes, signature: bytes) -> None:
    """Raise SignatureError unless `signature` (48 bytes) is the key's over `record_hash`; `public` is hex."""
    key = public_point(public)
    try:
        point = signature_point(signature)
    except BeaconError:
        raise SignatureError(
            f"A signature must be {SIGNATURE_SIZE} bytes that write a point of the curve."
        ) from None
    hashed = G1Point.hash_to_curve(record_hash, DST)
    if not GT.pairing_check([point, -hashed], [G2Point(), key]):
        raise SignatureError(
            "The signature is not the committed signer's; the record was changed or is another's."
        )


def public_point(public: str) -> G2Point:
    """The point of a signer's public key in hex. Raises SignatureError for one that is malformed or at
    infinity, since under the point at infinity the signature at infinity holds for every record.
    """
    try:
        raw = bytes.fromhex(public)
        key = G2Point.from_compressed_bytes(raw)
    except ValueError:
        raise SignatureError(
            "The signer's public key is not a point of the curve; take it from a genuine file."
        ) from None
    if key == G2Point.identity() or bytes(key.to_compressed_bytes()) != raw:
        raise SignatureError("The signer's public key is at infinity or not the one way to write its point.")
    return key
