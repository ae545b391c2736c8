from __future__ import annotations

import hashlib

import pytest

from lottery import entry
from lottery.entry import Entered, EntryRule, Refusal, Refused
from lottery.errors import CanonicalError, RuleError
from lottery.merkle import leaf_hash
from lottery.roster import pack_leaf

from .makers import SALT, VECTORS

RULE = EntryRule(entry.check_keyword(" 抽奖666 "), "test", "room-1", 1000, 2000, frozenset({"boss"}))


@pytest.mark.parametrize("text", ["抽奖666", "  抽奖666\n", "抽奖６６６", "\u3000抽奖666\u3000"])
def test_the_keyword_and_nothing_else_enters(text: str) -> None:
    assert RULE.judge(text, "u1", "test", "room-1", 1000, set()) == Entered("u1")


@pytest.mark.parametrize(
    "text", ["抽奖", "抽奖666!", "我要抽奖666", "抽 奖666", "", "\ud800", "抽奖666" * 100_000]
)
def test_other_comments_are_no_entries(text: str) -> None:
    assert RULE.judge(text, "u1", "test", "room-1", 1500, set()) is None


def test_case_is_kept() -> None:
    rule = EntryRule(entry.check_keyword("Go"), "test", "room-1", 0, 9)
    assert rule.matches("Ｇｏ")
    assert not rule.matches("go")


@pytest.mark.parametrize(
    ("uid", "room", "at", "reason", "named"),
    [
        ("u1", "room-2", 1500, Refusal.OTHER_ROOM, "u1"),
        ("u1", "room-1", 999, Refusal.EARLY, "u1"),
        ("u1", "room-1", 2000, Refusal.LATE, "u1"),
        (None, "room-1", 1500, Refusal.UNKNOWN_VIEWER, None),
        ("", "room-1", 1500, Refusal.UNKNOWN_VIEWER, None),
        ("\ud800", "room-1", 1500, Refusal.UNKNOWN_VIEWER, None),
        ("boss", "room-1", 1500, Refusal.STAFF, "boss"),
        ("in", "room-1", 1999, Refusal.DUPLICATE, "in"),
    ],
)
def test_every_refusal_has_its_reason(
    uid: str | None, room: str, at: int, reason: Refusal, named: str | None
) -> None:
    assert RULE.judge("抽奖666", uid, "test", room, at, {"in"}) == Refused(reason, named)


def test_another_platform_is_another_room() -> None:
    assert RULE.judge("抽奖666", "u1", "other", "room-1", 1500, set()) == Refused(Refusal.OTHER_ROOM, "u1")


@pytest.mark.parametrize(
    "keyword", ["", "   ", "a" * 41, "a\u200bb", "a\nb", "a" + " " * 200 + "b", "\ud800"]
)
def test_keywords_that_nobody_could_type_are_refused(keyword: str) -> None:
    with pytest.raises(RuleError):
        entry.check_keyword(keyword)


def test_pseudonym_of_the_published_draw() -> None:
    detail = VECTORS["draw_a"]
    salt = hashlib.sha256(b"test salt draw-A").digest()
    assert salt.hex() == detail["draw_salt"]
    assert entry.salt_commit(salt) == detail["salt_commit"]
    own = entry.entry_salt(salt, "test", detail["uid"])
    assert own.hex() == detail["entry_salt"]
    name = entry.pseudonym(own, "draw-A", "test", detail["uid"])
    assert name.hex() == detail["pseudonym"]
    assert leaf_hash(pack_leaf(name)).hex() == detail["leaf_hash"]


def test_pseudonyms_differ_by_draw_platform_viewer_and_salt() -> None:
    made = {
        entry.pseudonym_of(SALT, "d", "p", "u"),
        entry.pseudonym_of(SALT, "e", "p", "u"),
        entry.pseudonym_of(SALT, "d", "q", "u"),
        entry.pseudonym_of(SALT, "d", "p", "v"),
        entry.pseudonym_of(SALT[::-1], "d", "p", "u"),
        entry.pseudonym_of(SALT, "d", "pu", ""),
    }
    assert len(made) == 6


def test_two_ways_to_write_one_account_are_one() -> None:
    assert entry.pseudonym_of(SALT, "d", "p", "e\u0301") == entry.pseudonym_of(SALT, "d", "p", "\u00e9")
    with pytest.raises(CanonicalError):
        entry.pseudonym_of(SALT, "d", "p", "\ud800")


def test_the_salt_has_32_bytes() -> None:
    with pytest.raises(RuleError):
        entry.salt_commit(b"short")


def test_staff_hash_fixes_the_set() -> None:
    assert entry.staff_hash(SALT, ["a", "b"]) == entry.staff_hash(SALT, ["b", "a", "a"])
    assert entry.staff_hash(SALT, ["a", "b"]) != entry.staff_hash(SALT, ["a"])
    assert entry.staff_hash(SALT, ["ab"]) != entry.staff_hash(SALT, ["a", "b"])
    assert entry.staff_hash(SALT, ["a"]) != entry.staff_hash(SALT[::-1], ["a"])
