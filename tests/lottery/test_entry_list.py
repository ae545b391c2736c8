from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lottery import entry_list
from lottery.entry_list import EntryList, parse_list
from lottery.errors import EntryError, ProofError, RecordError
from lottery.merkle import EMPTY_ROOT

from .makers import contest_case, contest_list

CASE = contest_case("guess")
LIST = contest_list("guess")
CLOSED = CASE.closed[0].record


@pytest.mark.parametrize("kind", ["keyword", "quiz", "guess", "rain"])
def test_a_list_reads_back_with_its_trees(kind: str) -> None:
    case, made = contest_case(kind), contest_list(kind)
    assert parse_list(made.to_bytes()) == made
    assert parse_list(json.dumps(json.loads(made.to_bytes()), indent=2).encode()) == made
    assert made.roster(case.announced.record.valued) == case.roster
    assert made.exclusions(case.closed[0].record) == case.exclusions


def test_no_viewer_is_named_in_it() -> None:
    assert b"u9" not in LIST.to_bytes()


@pytest.mark.parametrize(
    "change",
    [
        {"format": "lfd1-proof"},
        {"v": 2},
        {"draw_id": ""},
        {"leaves": []},
        {"leaves": "0"},
        {"leaves": "AB"},
        {"leaves": "zz"},
        {"excluded": {}},
        {"excluded": [["ab" * 32]]},
        {"excluded": [["ab" * 31, "late"]]},
        {"excluded": [["AB" * 32, "late"]]},
        {"excluded": [["ab" * 32, ""]]},
        {"excluded": [["ab" * 32, 1]]},
        {"excluded": [[1, "late"]]},
        {"excluded": [["ab" * 32, "late", "x"]]},
        {"x": 1},
    ],
)
def test_a_list_that_is_not_whole_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ProofError):
        parse_list(json.dumps({**json.loads(LIST.to_bytes()), **change}).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{}", b"\xff", b'{"v":1,"v":1}'])
def test_what_is_no_list_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        parse_list(data)


def test_a_huge_file_is_refused_before_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_list, "LARGEST_BYTES", 10)
    with pytest.raises(ProofError, match="larger"):
        parse_list(b" " * 11)


def test_leaves_are_cut_as_the_contest_says() -> None:
    with pytest.raises(EntryError, match="40 bytes"):
        replace(LIST, leaves=LIST.leaves[:48]).roster(False)
    with pytest.raises(EntryError):
        replace(LIST, leaves=LIST.leaves[:240]).roster(False)


def test_the_exclusions_must_be_the_closed_ones() -> None:
    first, *rest = LIST.excluded
    wrong = [
        replace(LIST, excluded=tuple(rest)),
        replace(LIST, excluded=(*rest, first)),
        replace(LIST, excluded=(first, first, *rest)),
        replace(LIST, excluded=((first[0], "wrong_answer"), *rest)),
        replace(LIST, excluded=((first[0], "no_reason"), *rest)),
        replace(LIST, excluded=((b"\x00" * 32, "late"), *rest)),
    ]
    for one in wrong:
        with pytest.raises((EntryError, RecordError)):
            one.exclusions(CLOSED)
    with pytest.raises(EntryError, match="count again"):
        LIST.exclusions(replace(CLOSED, excluded=(("blacklisted", 1), ("duplicate", 3), ("late", 5))))
    with pytest.raises(RecordError, match="number"):
        LIST.exclusions(replace(CLOSED, excluded_viewers=3))
    with pytest.raises(RecordError, match="root"):
        LIST.exclusions(replace(CLOSED, excluded_root="00" * 32))


def test_a_list_of_a_draw_of_the_first_versions_has_no_number_to_compare() -> None:
    assert LIST.exclusions(replace(CLOSED, excluded_viewers=None)) == CASE.exclusions
    bare = replace(CLOSED, excluded_viewers=None, excluded_root=EMPTY_ROOT.hex())
    assert EntryList("d", b"", ()).exclusions(bare).leaves == ()
