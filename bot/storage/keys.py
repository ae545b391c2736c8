"""The four keys of a store: what they are for, where they lie, how they come to be.

`master` wraps the subjects' data keys and what only this house may read; `search` makes search tokens; `pseudonym`
makes subject ids; `seal` signs checkpoints (Ed25519). Each is 32 bytes, in a file of its own as hex, readable by
the owner alone where the system knows such a thing. Verifying the record needs none of them.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.errors import StoreError

NAMES = ("master", "search", "pseudonym", "seal")


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """The keys as raw bytes, 32 each. Never printed, never stored in the database."""

    master: bytes
    search: bytes
    pseudonym: bytes
    seal: bytes

    @property
    def signer(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seal)

    @property
    def public(self) -> bytes:
        """The public half of `seal`, 32 bytes."""
        return self.signer.public_key().public_bytes_raw()

    @property
    def seal_id(self) -> str:
        return key_id(self.public)

    @property
    def master_id(self) -> str:
        return key_id(self.master)


def key_id(key: bytes) -> str:
    """The name of a key: 16 hex digits of the SHA-256 over its bytes."""
    return hashlib.sha256(b"changkong key\0" + key).hexdigest()[:16]


def present(directory: Path) -> bool:
    """Whether `directory` holds any of the keys."""
    return any((directory / f"{name}.key").exists() for name in NAMES)


def load_keys(directory: Path) -> KeyRing:
    """Read the keys. Raises StoreError when one is missing or damaged."""
    return KeyRing(*(_read(directory / f"{name}.key") for name in NAMES))


def make_keys(directory: Path) -> KeyRing:
    """Draw new keys into `directory`. Raises StoreError when a key file is already there."""
    directory.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":
        directory.chmod(0o700)
    for name in NAMES:
        _write(directory / f"{name}.key", os.urandom(32))
    return load_keys(directory)


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise StoreError(
            f"The key file {path} is missing. Put it back from the backup: without it the viewers' words in "
            "this store cannot be read."
        ) from None
    except (OSError, ValueError) as error:
        raise StoreError(
            f"The key file {path} cannot be read: {error}. Put it back from the backup."
        ) from None
    if len(key) != 32:
        raise StoreError(f"The key file {path} does not hold 32 bytes. Put it back from the backup.")
    return key


def _write(path: Path, key: bytes) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise StoreError(f"The key file {path} is already there and is not overwritten.") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
