"""A draw's files: whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.draws.files import Files


def test_a_file_is_written_and_replaced_whole(tmp_path: Path) -> None:
    files = Files(tmp_path / "draws")
    path = files.proof("draw-1-ab")
    files.write(path, b"one")
    files.write(path, b"two")
    assert path.read_bytes() == b"two"
    assert [one.name for one in path.parent.iterdir()] == ["draw-1-ab.proof.json"]
    assert files.entries("draw-1-ab").name == "draw-1-ab.list.json"


def test_a_write_that_fails_leaves_the_old_file_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = Files(tmp_path)
    path = files.proof("d")
    files.write(path, b"old")

    def full(number: int) -> None:
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        files.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
