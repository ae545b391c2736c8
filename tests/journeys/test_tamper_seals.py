"""Whoever touches a seal, in the store or in `seals.log`, is found out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.storage.engine import open_store
from bot.storage.journal import Journal
from tests.journeys.conftest import AT_MS
from tests.journeys.hand import Hand, other


@pytest.mark.parametrize("kind", ["checkpoint", "day"])
def test_a_changed_seal_is_noticed_whatever_its_kind_and_column(hand: Hand, kind: str) -> None:
    (rowid,) = hand.file.execute("SELECT rowid FROM audit_seal WHERE kind = ? LIMIT 1", (kind,)).fetchone()
    for column, _ in hand.columns("audit_seal"):
        value = hand.file.execute(f'SELECT "{column}" FROM audit_seal WHERE rowid = ?', (rowid,)).fetchone()[
            0
        ]
        assert hand.refuses_change("audit_seal", rowid, column, other(value)), column
    assert hand.trouble() is None


def _log(hand: Hand) -> tuple[Path, list[bytes]]:
    path = hand.data / "seals.log"
    return path, path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize("which", [0, -1])
def test_an_edited_line_of_the_seals_log_is_noticed(hand: Hand, which: int) -> None:
    path, lines = _log(hand)
    lines[which] = lines[which].replace(b'"count":', b'"count":1', 1)
    path.write_bytes(b"".join(lines))
    assert hand.trouble() is not None


def test_a_line_taken_out_of_the_seals_log_is_noticed(hand: Hand) -> None:
    path, lines = _log(hand)
    assert len(lines) > 2
    path.write_bytes(b"".join(lines[1:]))
    assert "seals.log" in str(hand.trouble())


def test_a_line_put_into_the_seals_log_is_noticed(hand: Hand) -> None:
    path, lines = _log(hand)
    path.write_bytes(b"".join([*lines, lines[0]]))
    assert hand.trouble() is not None
    path.write_bytes(b"".join([*lines, lines[0].replace(b'"seq":', b'"seq":9', 1)]))
    assert hand.trouble() is not None


def test_a_missing_seals_log_is_noticed(hand: Hand) -> None:
    path, _ = _log(hand)
    path.unlink()
    assert hand.trouble() is not None


def test_the_newest_seal_missing_in_the_log_is_the_trace_of_a_crash_and_is_made_good(hand: Hand) -> None:
    """Between COMMIT and the line the power may fail, so its absence is no proof of tampering; anything older is."""
    path, lines = _log(hand)
    newest = json.loads(lines[-1])["at_ms"]
    kept = [line for line in lines if json.loads(line)["at_ms"] < newest]
    path.write_bytes(b"".join(kept))
    assert hand.trouble() is None
    store = open_store(hand.data, create=False)
    try:
        Journal(store, lambda: AT_MS)
    finally:
        store.close()
    assert sorted(path.read_bytes().splitlines(keepends=True)) == sorted(lines)
    path.write_bytes(b"".join(kept[:-1]))
    assert "seals.log" in str(hand.trouble())
