"""Which comment votes for what."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import polls
from bot.comment import Comment
from bot.decision import Vote
from bot.room_state import Members, OpenPoll
from tests.bot.standing import STATE
from tests.builders import comment

POLL = OpenPoll("poll-1", "要哪个", ("黑色", "White", "都要"))
POLLING = msgspec.structs.replace(STATE, poll=POLL)


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ("1", 1), ("１", 1), (" 2 ", 2), ("扣3", 3), ("扣 1", 1), ("选2", 2), ("111111", 1), ("黑色", 1), ("white", 2),
        ("ＷＨＩＴＥ", 2), ("4", None), ("12", None), ("1号", None), ("黑色的", None), ("", None), ("扣", None),
        ("1" * 61, None), ("\ud800", None), ("1\n2", None),
    ],
)  # fmt: skip
def test_the_option_a_comment_names(said: str, option: int | None) -> None:
    assert polls.option_of(said, POLL.options) == option


def test_an_option_that_is_a_number_means_itself() -> None:
    assert polls.option_of("36", ("35", "36")) == 2
    assert polls.option_of("2", ("2", "1")) == 1


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    option = polls.option_of(text, POLL.options)
    assert option is None or 1 <= option <= 3


@pytest.mark.parametrize(
    ("one", "speaks"),
    [
        (comment("1", uid=None), True), (comment("1", role="host"), True), (comment("1", role="staff"), True),
        (comment("1", edited=True), False), (comment("1", mirrored=True), False), (comment("1号链接"), False),
    ],
)  # fmt: skip
def test_who_does_not_count(one: Comment, speaks: bool) -> None:
    assert polls.heard(one, POLLING) == (speaks, None, POLLING)


def test_the_first_vote_of_an_account_counts() -> None:
    speaks, vote, after = polls.heard(comment("1", uid="a"), POLLING)
    assert (speaks, vote) == (True, Vote("poll-1", 1))
    assert "a" in Members(after.voted)
    assert polls.heard(comment("2", uid="a"), after) == (True, None, after)
    assert polls.heard(comment("1"), STATE) == (False, None, STATE)


@pytest.mark.parametrize(
    ("poll", "good"),
    [
        (POLL, True),
        (OpenPoll("p", "好看扣1", ("好看",)), True),
        (OpenPoll("", "?", ("1",)), False),
        (OpenPoll("p", " ", ("1",)), False),
        (OpenPoll("p", "?", ()), False),
        (OpenPoll("p", "?", tuple("1234567")), False),
        (OpenPoll("p", "?", ("a", "Ａ")), False),
        (OpenPoll("p", "?", ("a", " ")), False),
        (OpenPoll("p", "?", ("x" * 41,)), False),
        (OpenPoll("p", "x" * 101, ("x",)), False),
    ],
)
def test_which_polls_can_be_counted(poll: OpenPoll, good: bool) -> None:
    assert polls.fits(poll) is good
