from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from bot.storage import vault as vaults
from bot.storage.canonical import clean, cleaned
from bot.storage.keys import KeyRing
from bot.storage.terms import Terms, fold
from bot.storage.vault import Payload, SubjectKey, Vault, decrypt, encrypt, pack, to_bytes, words_of

RING = KeyRing(*(bytes([n]) * 32 for n in range(4)))


def test_subjects_differ_by_platform_uid_and_kind_and_tell_nothing() -> None:
    vault = Vault(RING)
    made = {
        vault.viewer("a", "b"), vault.viewer("ab", ""), vault.viewer("", "ab"), vault.nameless("b"), vault.speech("b"),
        Vault(KeyRing(*(os.urandom(32) for _ in range(4)))).viewer("a", "b"),
    }  # fmt: skip
    assert len(made) == 6
    assert all(len(one) == 32 for one in made)


def test_words_are_bound_to_their_text_and_key() -> None:
    key, wrapped = Vault(RING).make("s")
    other, _ = Vault(RING).make("s")
    payload = Payload(b"salt", b"words")
    sealed = encrypt(key, b"n" * 12, pack(payload), "t1")
    assert decrypt(key, key.key_id, b"n" * 12, sealed, "t1") == payload
    assert decrypt(key, key.key_id, b"n" * 12, sealed, "t2") is None
    assert decrypt(SubjectKey(key.key_id, other.cipher), key.key_id, b"n" * 12, sealed, "t1") is None
    assert decrypt(key, "older", b"n" * 12, sealed, "t1") is None
    assert decrypt(None, key.key_id, b"n" * 12, sealed, "t1") is None
    assert len(wrapped) == 12 + 32 + 16


def test_memory_of_keys_is_bounded() -> None:
    vault = Vault(RING)
    key, _ = vault.make("s")
    vault.remember((str(n), key) for n in range(vaults.REMEMBERED + 5))
    assert vault.known("4") is None
    assert vault.known("5") is key


def test_what_is_locked_up_opens_only_as_what_it_is() -> None:
    vault = Vault(RING)
    locked = vault.lock_up(b"x", "draw/1")
    assert vault.unlock(locked, "draw/1") == b"x"
    assert vault.unlock(locked, "draw/2") is None
    assert vault.unlock(b"", "draw/1") is None


@given(st.text(st.characters(codec=None), max_size=40))
def test_any_words_survive_and_any_page_takes_them(words: str) -> None:
    assert to_bytes(words).decode("utf-8", "surrogatepass") == words
    words_of(Payload(b"", to_bytes(words))).text.encode()
    safe = clean(words)
    safe.encode()
    assert "\0" not in safe
    assert cleaned({words: [words, 1.5, float("nan"), None]}) == {safe: [safe, 1.5, 0.0, None]}


def test_tokens_need_the_key_and_fold_case_and_width() -> None:
    terms = Terms(b"k" * 32)
    assert terms.of_query("ＡＢ c") == terms.of_query("abC")
    assert terms.of_query("ab")[0] != Terms(b"x" * 32).of_query("ab")[0]
    assert all(len(token) == 13 and token.isalnum() for token in terms.of_query("价格")[0])
    assert len(fold("长" * 10_000)) == 512
