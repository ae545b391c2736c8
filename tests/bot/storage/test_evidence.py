from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import NotAllowed, StoreError
from bot.storage.audit import verify
from bot.storage.engine import Store, open_store
from bot.storage.evidence import MAX_BYTES
from bot.storage.journal import Journal

from .conftest import Wall
from .review import PDF
from .show import T0

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


def folder(store: Store) -> Path:
    return store.seals_log.parent / "evidence"


def test_a_file_is_kept_once_under_the_hash_of_its_bytes(journal: Journal) -> None:
    sha256 = journal.keep_evidence(PDF, "../../检测报告\0.pdf", "Application/PDF; x=1", by="ann")
    assert sha256 == hashlib.sha256(PDF).hexdigest()
    assert journal.keep_evidence(PDF, "again.pdf", "application/pdf", by="bob") == sha256
    assert [path.name for path in folder(journal.store).iterdir()] == [sha256]
    (file,) = journal.evidence_files()
    assert (file.name, file.media_type, file.size) == ("检测报告\ufffd.pdf", "application/pdf", len(PDF))
    assert (file.by, file.at_ms) == ("ann", T0)
    assert journal.evidence(sha256) == (file, PDF)
    assert verify(journal.store).first_bad is None


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        ("检测报告".encode(), "text/plain"),
    ],
)
def test_what_may_be_kept(journal: Journal, data: bytes, kind: str) -> None:
    assert journal.evidence(journal.keep_evidence(data, "x", kind, by="ann"))[1] == data


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"", "text/plain", "1 byte"),
        (b"x" * (MAX_BYTES + 1), "text/plain", "1 byte"),
        (b"<svg onload=alert(1)>", "image/svg+xml", "PNG, JPEG"),
        (b"<html>", "text/html", "PNG, JPEG"),
        (b"MZ", "", "PNG, JPEG"),
        (b"MZ\x90", "application/pdf", "calls itself"),
        (PNG, "image/jpeg", "calls itself"),
        (b"RIFF\0\0\0\0WAVE", "image/webp", "calls itself"),
        ("报告".encode("gbk"), "text/plain", "UTF-8"),
        (b"a\0b", "text/plain", "UTF-8"),
    ],
)
def test_what_may_not(journal: Journal, data: bytes, kind: str, words: str) -> None:
    with pytest.raises(NotAllowed, match=words):
        journal.keep_evidence(data, "x", kind, by="ann")
    assert journal.evidence_files() == []
    assert not folder(journal.store).exists()


def test_a_changed_or_lost_file_is_told(journal: Journal) -> None:
    sha256 = journal.keep_evidence(PDF, "r.pdf", "application/pdf", by="ann")
    path = folder(journal.store) / sha256
    path.write_bytes(PDF[:-1] + b"!")
    with pytest.raises(StoreError, match="changed on the disk"):
        journal.evidence(sha256)
    assert journal.keep_evidence(PDF, "r.pdf", "application/pdf", by="ann") == sha256
    assert journal.evidence(sha256)[1] == PDF
    path.unlink()
    with pytest.raises(StoreError):
        journal.evidence(sha256)
    for name in ("0" * 64, "../keys/master.key", ""):
        with pytest.raises(NotAllowed, match="no such evidence"):
            journal.evidence(name)


def test_a_store_named_by_its_file_keeps_evidence_beside_it(tmp_path: Path) -> None:
    store = open_store(url=f"sqlite:///{tmp_path / 'b.db'}")
    sha256 = Journal(store, Wall()).keep_evidence(PDF, "r.pdf", "application/pdf", by="ann")
    assert (tmp_path / "b.db.evidence" / sha256).read_bytes() == PDF
    store.close()


def test_a_file_half_written_is_not_taken_for_a_whole_one(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def torn(descriptor: int) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as then:
        then.setattr("bot.storage.evidence.os.fsync", torn)
        with pytest.raises(StoreError):
            journal.keep_evidence(PDF, "r.pdf", "application/pdf", by="ann")
    assert journal.evidence_files() == []
    sha256 = journal.keep_evidence(PDF, "r.pdf", "application/pdf", by="ann")
    assert journal.evidence(sha256)[1] == PDF


def test_after_opening_again_it_is_still_there(opener: Callable[..., Store]) -> None:
    store = opener()
    sha256 = Journal(store, Wall()).keep_evidence(PDF, "r.pdf", "application/pdf", by="ann")
    store.close()
    store = opener()
    assert Journal(store, Wall()).evidence(sha256)[1] == PDF
    store.close()
