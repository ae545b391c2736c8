"""A record with its hash and signature: the form in which every record is stored, published and proved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from . import signer as signing
from .beacon import SIGNATURE_SIZE
from .canonical import digest, dumps
from .commitment import Commitment
from .errors import RecordError, SignatureError
from .fields import Fields
from .record import ClosedRecord, DrawnRecord, VoidRecord
from .signer import SigningKey


class Record(Protocol):
    """What can be hashed and signed."""

    KIND: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object."""
        ...


R = TypeVar("R", bound=Record)


def record_hash(record: Record) -> bytes:
    """H(kind, canonical bytes), 32 bytes. For a commitment this is its commit_hash."""
    return digest(record.KIND, dumps(record.to_json()))


@dataclass(frozen=True, slots=True)
class Signed(Generic[R]):
    """A record, its hash (hex) and the signer's signature (hex), None only under a bare commitment."""

    record: R
    hash: str
    signature: str | None

    @classmethod
    def seal(cls, record: R, key: SigningKey | None) -> Signed[R]:
        """Hash and sign. `key` None leaves it unsigned, which only a bare commitment allows."""
        raw = record_hash(record)
        return cls(record, raw.hex(), None if key is None else key.sign(raw).hex())

    def verify(self, public: str | None) -> None:
        """Raise RecordError or SignatureError unless hash and signature hold for the key `public` (None:
        unsigned).
        """
        raw = record_hash(self.record)
        if raw.hex() != self.hash:
            raise RecordError(f"The {self.record.KIND} record does not give the hash written beside it.")
        if (public is None) is not (self.signature is None):
            raise SignatureError(
                f"The {self.record.KIND} record must be signed exactly when the commitment pins a key."
            )
        if public is not None and self.signature is not None:
            signing.verify(public, raw, bytes.fromhex(self.signature))

    def to_json(self) -> dict[str, Any]:
        """{"record", "hash", "signature"}."""
        return {"record": self.record.to_json(), "hash": self.hash, "signature": self.signature}

    def to_bytes(self) -> bytes:
        """Canonical bytes of `to_json`: what is stored and published."""
        return dumps(self.to_json())


def read_signed(value: object, read: Callable[[object], R], where: str) -> Signed[R]:
    """A signed record from its JSON object; hash and signature are not yet checked. Raises RecordError."""
    fields = Fields(value, f"{where}'s envelope")
    record, hash_ = fields.take("record"), fields.hex("hash", 32).hex()
    signature = fields.take("signature")
    if signature is not None:
        signature = fields.hex_of("signature", signature, SIGNATURE_SIZE).hex()
    fields.done()
    return Signed(read(record), hash_, signature)


def read_commitment(value: object) -> Signed[Commitment]:
    """`read_signed` for a commitment."""
    return read_signed(value, Commitment.from_json, "commitment")


def read_closed(value: object) -> Signed[ClosedRecord]:
    """`read_signed` for a closed record."""
    return read_signed(value, ClosedRecord.from_json, "closed record")


def read_drawn(value: object) -> Signed[DrawnRecord]:
    """`read_signed` for a drawn record."""
    return read_signed(value, DrawnRecord.from_json, "drawn record")


def read_void(value: object) -> Signed[VoidRecord]:
    """`read_signed` for a void record."""
    return read_signed(value, VoidRecord.from_json, "void record")
