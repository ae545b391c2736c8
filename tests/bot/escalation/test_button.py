"""Buttons: signed, short, and nothing but ours is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.escalation.button import ACTIONS, MAX_BYTES, button_data, read_button

SECRET = b"k" * 32


@given(st.integers(0, 2**63 - 1), st.sampled_from(sorted(ACTIONS)))
def test_every_button_is_read_back_and_fits(case_id: int, action):
    data = button_data(SECRET, case_id, action)
    assert len(data.encode("utf-8")) <= MAX_BYTES
    assert read_button(SECRET, data) == (case_id, action)


@given(st.text(st.characters(), max_size=80))
def test_whatever_is_sent_is_only_refused(data: str):
    assert read_button(SECRET, data) is None


def test_a_signature_holds_for_one_case_and_one_action():
    signature = button_data(SECRET, 1, "claim").rpartition(":")[2]
    assert read_button(SECRET, f"c:1:claim:{signature}") == (1, "claim")
    assert read_button(SECRET, f"c:2:claim:{signature}") is None
    assert read_button(SECRET, f"c:1:resolve:{signature}") is None
    assert read_button(b"x" * 32, f"c:1:claim:{signature}") is None
    assert read_button(SECRET, "c:1:claim:\ud800") is None


def test_an_id_too_long_for_a_button_is_refused():
    with pytest.raises(ValueError, match="64"):
        button_data(SECRET, 10**40, "escalate")
