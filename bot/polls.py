"""The 扣1 poll: which option a comment votes for. No prize, one vote an account, and no vote is a question."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from bot.comment import Comment
from bot.decision import Vote
from bot.room_state import Members, OpenPoll, RoomState, grown
from lottery.entry import normalise

MOST_OPTIONS = 6
LONGEST_OPTION = 40
LONGEST_QUESTION = 100

_LONGEST_VOTE = 60
_NUMBER = re.compile(r"(?:扣|选|投|打)?\s*([1-6])\1{0,30}")
"""扣1, 选 2, and what people really type: 1, 11111."""


def option_of(text: str, options: Sequence[str]) -> int | None:
    """The option, from 1, that `text` votes for by its words or its number; None when it is no vote."""
    if len(text) > _LONGEST_VOTE:
        return None
    said = normalise(text).casefold()
    for number, option in enumerate(options, 1):
        if said == normalise(option).casefold():
            return number
    match = _NUMBER.fullmatch(said)
    if match is None or int(match[1]) > len(options):
        return None
    return int(match[1])


def heard(comment: Comment, state: RoomState) -> tuple[bool, Vote | None, RoomState]:
    """Whether the comment speaks to the open poll, the vote if it counts, and the state after it.

    The first vote of an account counts; of the shop's own people none, nor of viewers whose id is hidden.
    """
    poll = state.poll
    if poll is None or comment.edited or comment.mirrored:
        return False, None, state
    option = option_of(comment.text, poll.options)
    if option is None:
        return False, None, state
    uid = comment.viewer.uid
    if uid is None or comment.viewer.role != "viewer" or uid in Members(state.voted):
        return True, None, state
    after = msgspec.structs.replace(state, voted=grown(state.voted, uid))
    return True, Vote(poll.poll_id, option), after


def fits(poll: OpenPoll) -> bool:
    """Whether a room can count it: an id, a question, 1 to 6 options that differ and can be typed."""
    said = [normalise(option).casefold() for option in poll.options]
    return (
        bool(poll.poll_id)
        and 0 < len(normalise(poll.question)) <= LONGEST_QUESTION
        and 1 <= len(said) <= MOST_OPTIONS
        and len(set(said)) == len(said)
        and all(0 < len(one) <= LONGEST_OPTION for one in said)
    )
