"""Evidence: files that show why something may be said. The bytes lie in `evidence/` beside the seals log, each named by
its SHA-256; what they are called and who brought them is in the store. Nothing is ever replaced or deleted.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from sqlalchemy import text

from bot.errors import NotAllowed, StoreError
from bot.storage.canonical import AUDITED, clean
from bot.storage.chain import HOUSE
from bot.storage.engine import troubles
from bot.storage.ledger import Ledger
from bot.storage.values import EvidenceFile

MAX_BYTES = 10 * 1024 * 1024
"""A photograph of a test report or a PDF of twenty pages is smaller."""

MAGIC: dict[str, tuple[bytes, ...]] = {
    "application/pdf": (b"%PDF-",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
    "text/plain": (),
}
"""What may be kept, and how it begins. No SVG and no HTML: they would run in the reader's browser."""

_HASH = re.compile(r"[0-9a-f]{64}")
COLUMNS = ", ".join(f'"{name}"' for name in AUDITED["evidence_file"].columns)


class EvidenceRows(Ledger):
    """The evidence's part of the journal."""

    def keep_evidence(self, data: bytes, name: str, media_type: str, *, by: str) -> str:
        """Keep a file; gives its SHA-256 (64 hex digits). The same bytes again are kept once.

        Raises NotAllowed for an empty or too large file, or one that is no PNG, JPEG, GIF, WebP, PDF or plain text
        (UTF-8), whatever it is called; StoreError when the disk refuses.
        """
        kind = _checked(data, media_type)
        sha256 = hashlib.sha256(data).hexdigest()
        with troubles(str(self._evidence)):
            self._write(sha256, data)
        with self.deed() as deed:
            if deed.fetch("evidence_file", sha256=sha256) is None:
                row = {
                    "sha256": sha256, "name": _name(name), "media_type": kind, "size": len(data), "by": clean(by),
                    "at_ms": deed.written_ms,
                }  # fmt: skip
                told = {name: row[name] for name in ("sha256", "media_type", "size", "by")}
                deed.record(HOUSE, "evidence", told, [deed.put("evidence_file", row)])
        return sha256

    def evidence_files(self) -> list[EvidenceFile]:
        """What is kept, the latest last."""
        with self.store.read() as conn:
            found = conn.execute(text(f"SELECT {COLUMNS} FROM evidence_file ORDER BY at_ms, sha256"))
            return [EvidenceFile(*row) for row in found]

    def evidence(self, sha256: str) -> tuple[EvidenceFile, bytes]:
        """One file with its bytes. Raises NotAllowed when there is none, StoreError when it is gone or was changed."""
        with self.store.read() as conn:
            asked = text(f"SELECT {COLUMNS} FROM evidence_file WHERE sha256 = :hash")
            found = conn.execute(asked, {"hash": clean(sha256)}).first()
        if found is None or not _HASH.fullmatch(sha256):
            raise NotAllowed("There is no such evidence.")
        with troubles(str(self._evidence)):
            data = (self._evidence / sha256).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StoreError(
                f"The evidence {sha256[:12]}… was changed on the disk. Put back the last backup."
            )
        return EvidenceFile(*found), data

    @property
    def _evidence(self) -> Path:
        log = self.store.seals_log
        if log.name == "seals.log":
            return log.with_name("evidence")
        return log.with_name(log.name.removesuffix(".seals.log") + ".evidence")

    def _write(self, sha256: str, data: bytes) -> None:
        """Whole or not at all: under another name first."""
        place = self._evidence / sha256
        if place.is_file() and place.read_bytes() == data:
            return
        self._evidence.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = place.with_name(f"{sha256}.part")
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)


def _checked(data: bytes, media_type: str) -> str:
    """The kind of a file that may be kept. Raises NotAllowed."""
    kind = media_type.partition(";")[0].strip().lower()
    if not data or len(data) > MAX_BYTES:
        raise NotAllowed(f"A file of evidence has 1 byte to {MAX_BYTES // (1024 * 1024)} MB.")
    if kind not in MAGIC:
        raise NotAllowed(
            f"Evidence is a PNG, JPEG, GIF, WebP, PDF or plain text, not {kind[:60] or 'unnamed'}."
        )
    if kind == "text/plain":
        if not _is_text(data):
            raise NotAllowed("This is no plain text in UTF-8. Save it as such, or as a PDF.")
    elif not data.startswith(MAGIC[kind]) or (kind == "image/webp" and data[8:12] != b"WEBP"):
        raise NotAllowed(f"This file is not the {kind} it calls itself.")
    return kind


def _is_text(data: bytes) -> bool:
    try:
        words = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return "\0" not in words


def _name(name: str) -> str:
    """A file's name for people: its last part, without control characters. It is never used as a path."""
    last = re.split(r"[/\\]", clean(name))[-1]
    return "".join(char for char in last if char.isprintable())[:200] or "file"
