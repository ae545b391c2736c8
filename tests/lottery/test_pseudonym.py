from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lottery import entry
from lottery.canonical import digest
from lottery.entry import Entrants
from lottery.errors import CanonicalError, RuleError
from lottery.merkle import leaf_hash
from lottery.roster import pack_leaf

from .makers import SALT, VECTORS


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


def test_a_receipt_is_sixty_bits_in_letters_nobody_misreads() -> None:
    own = entry.entry_salt(SALT, "test", "u1")
    code = entry.receipt(own)
    assert len(code) == 14
    assert code.count("-") == 2
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    number = 0
    for letter in code.replace("-", ""):
        number = number * 32 + alphabet.index(letter)
    assert number == int.from_bytes(digest("receipt", own), "big") >> 196
    assert code != entry.receipt(entry.entry_salt(SALT, "test", "u2"))


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=32, max_size=32), _texts, _texts, _texts)
def test_the_quick_way_gives_the_same_names(salt: bytes, draw_id: str, platform: str, uid: str) -> None:
    own = entry.entry_salt(salt, platform, uid)
    made = Entrants(salt, draw_id, platform)
    wanted = (own, entry.pseudonym(own, draw_id, platform, uid))
    assert made.of(uid) == wanted
    assert made.of(uid) == wanted, "nothing is left over from the one before"


def test_the_quick_way_refuses_the_same() -> None:
    with pytest.raises(RuleError):
        Entrants(b"short", "d", "p")
    with pytest.raises(CanonicalError):
        Entrants(SALT, "d", "p").of("\ud800")
