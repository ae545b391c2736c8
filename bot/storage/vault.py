"""Viewers' words and ids: encrypted under a key per subject, so that one person can be forgotten.

A *subject* is a viewer of a platform, known by an HMAC of platform and uid; where the uid is hidden, all nameless
viewers of a session are one subject, and a session's speech is another. Destroying a subject's key (crypto-shred)
makes its words unreadable while every hash in the record stays what it was.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, bindparam, text

from bot.storage.keys import KeyRing
from bot.storage.values import Words

REMEMBERED = 20_000
"""Subject keys kept ready in memory, the least recently used going first: about 10 MB."""

NONCE = 12
SALT = 16


class Payload(msgspec.Struct, frozen=True, array_like=True):
    """What is encrypted: words as UTF-8 with lone surrogates let through, so that nothing typed is changed."""

    salt: bytes
    text: bytes
    normal: bytes = b""
    name: bytes = b""
    spans: tuple[bytes, ...] = ()
    readings: tuple[bytes, ...] = ()
    more: dict[str, Any] = msgspec.field(default_factory=dict)


class SubjectKey(msgspec.Struct, frozen=True):
    """A subject's data key, ready for use."""

    key_id: str
    cipher: AESGCM


pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Payload).decode


def to_bytes(words: str) -> bytes:
    """UTF-8, lone surrogates let through."""
    try:
        return words.encode()
    except UnicodeEncodeError:
        return words.encode("utf-8", "surrogatepass")


def commitment(salt: bytes, words: bytes) -> bytes:
    """SHA-256(salt || text): what the record keeps of a text."""
    return hashlib.sha256(salt + words).digest()


class Vault:
    """The subjects' keys of one store. Not for several threads at once unless the caller holds a lock."""

    def __init__(self, keys: KeyRing) -> None:
        self._pseudonym = keys.pseudonym
        self._master = AESGCM(keys.master)
        self.master_id = keys.master_id
        self._known: OrderedDict[str, SubjectKey] = OrderedDict()

    def viewer(self, platform: str, uid: str) -> str:
        """The subject id of a viewer: 32 hex digits."""
        name = to_bytes(platform)
        return self._subject(b"viewer" + struct.pack(">I", len(name)) + name + to_bytes(uid))

    def nameless(self, session: str) -> str:
        """The subject id of all viewers of a session whose uid the platform hides."""
        return self._subject(b"nameless" + to_bytes(session))

    def speech(self, session: str) -> str:
        """The subject id of what was said on air in a session, and of what came without a viewer."""
        return self._subject(b"speech" + to_bytes(session))

    def _subject(self, message: bytes) -> str:
        return hmac.digest(self._pseudonym, message, "sha256").hex()[:32]

    def code_mark(self, scope: str, code: str) -> str:
        """What is stored of a code that a viewer typed: 32 hex digits, to find it by and not to read it from (people
        type telephone numbers). `scope`: the draw's id for a code of one's own choice, "claim" for a claim code."""
        name = to_bytes(scope)
        return self._subject(b"code" + struct.pack(">I", len(name)) + name + to_bytes(code))

    def known(self, subject_id: str) -> SubjectKey | None:
        """The key, if it is in memory."""
        key = self._known.get(subject_id)
        if key is not None:
            self._known.move_to_end(subject_id)
        return key

    def remember(self, keys: Iterable[tuple[str, SubjectKey]]) -> None:
        """Keep keys ready. Only keys that are committed."""
        known = self._known
        for subject_id, key in keys:
            known[subject_id] = key
        while len(known) > REMEMBERED:
            known.popitem(last=False)

    def forget(self, subject_id: str) -> None:
        self._known.pop(subject_id, None)

    def load(self, conn: Connection, subject_ids: Sequence[str]) -> dict[str, SubjectKey]:
        """The living keys of these subjects that are in the store."""
        keys: dict[str, SubjectKey] = {}
        for start in range(0, len(subject_ids), 500):
            found = conn.execute(_KEYS, {"ids": list(subject_ids[start : start + 500])})
            for subject_id, key_id, wrapped in found:
                raw = self._unwrap(subject_id, key_id, bytes(wrapped))
                if raw is not None:
                    keys[subject_id] = SubjectKey(key_id, AESGCM(raw))
        return keys

    def make(self, subject_id: str) -> tuple[SubjectKey, bytes]:
        """A new key and its wrapped form (nonce and ciphertext, bound to subject and key id)."""
        raw, fresh = os.urandom(32), os.urandom(8 + NONCE)
        key_id, nonce = fresh[:8].hex(), fresh[8:]
        wrapped = nonce + self._master.encrypt(nonce, raw, f"{subject_id}/{key_id}".encode())
        return SubjectKey(key_id, AESGCM(raw)), wrapped

    def _unwrap(self, subject_id: str, key_id: str, wrapped: bytes) -> bytes | None:
        try:
            return self._master.decrypt(wrapped[:NONCE], wrapped[NONCE:], f"{subject_id}/{key_id}".encode())
        except (InvalidTag, ValueError):
            return None

    def lock_up(self, value: bytes, what: str) -> bytes:
        """`value` under the master key, bound to `what` it is."""
        nonce = os.urandom(NONCE)
        return nonce + self._master.encrypt(nonce, value, what.encode())

    def unlock(self, value: bytes, what: str) -> bytes | None:
        """What `lock_up` locked; None when it was not this key or not this thing."""
        try:
            return self._master.decrypt(value[:NONCE], value[NONCE:], what.encode())
        except (InvalidTag, ValueError):
            return None


_KEYS = text(
    "SELECT subject_id, key_id, wrapped FROM subject_key WHERE wrapped IS NOT NULL AND subject_id IN :ids"
).bindparams(bindparam("ids", expanding=True))


def encrypt(key: SubjectKey, nonce: bytes, payload: bytes, text_id: str) -> bytes:
    """`payload` under a subject's key, bound to the id of its text."""
    return key.cipher.encrypt(nonce, payload, text_id.encode())


def decrypt(
    key: SubjectKey | None, key_id: str, nonce: bytes, ciphertext: bytes, text_id: str
) -> Payload | None:
    """The payload; None after erasure, or when the bytes are not what was stored."""
    if key is None or key.key_id != key_id:
        return None
    try:
        return _unpack(key.cipher.decrypt(nonce, ciphertext, text_id.encode()))
    except (InvalidTag, ValueError, msgspec.DecodeError):
        return None


def encrypt_uid(key: SubjectKey, uid: str, what: str) -> bytes:
    """A viewer's platform id under the viewer's own key."""
    nonce = os.urandom(NONCE)
    return nonce + key.cipher.encrypt(nonce, to_bytes(uid), what.encode())


def decrypt_uid(key: SubjectKey | None, cipher: bytes | None, what: str) -> str | None:
    """The platform id; None after erasure."""
    if key is None or cipher is None:
        return None
    try:
        return key.cipher.decrypt(cipher[:NONCE], cipher[NONCE:], what.encode()).decode(
            "utf-8", "surrogatepass"
        )
    except (InvalidTag, ValueError):
        return None


def words_of(payload: Payload) -> Words:
    """What a person reads. Lone surrogates become U+FFFD: no page, terminal or file could take them."""

    def shown(raw: bytes) -> str:
        return (
            raw.decode("utf-8", "surrogatepass")
            .encode("utf-16-le", "surrogatepass")
            .decode("utf-16-le", "replace")
        )

    return Words(
        shown(payload.text), shown(payload.normal), shown(payload.name),
        tuple(map(shown, payload.spans)), tuple(map(shown, payload.readings)),
    )  # fmt: skip


Syllables = Callable[[str], list[str]]
"""The syllables of a text, in order, e.g. pinyin without tones."""
