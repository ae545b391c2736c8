"""A room in the middle of a show, and what is decided about a comment in it."""

from __future__ import annotations

import msgspec

from bot.comment import Comment
from bot.decision import Decision, Reply
from bot.policy import RoomState, decide
from classifiers.verdict import Verdict
from tests.builders import NOON, ROOM, SHOP, handbook

STATE = RoomState(ROOM, "s1", NOON, now_ms=NOON, shop=SHOP, on_show="P1")


def decided(one: Comment, judged: Verdict, state: RoomState = STATE, **abilities: bool) -> Decision:
    return decide(one, judged, state, handbook(**abilities))[0]


def answered(
    one: Comment, judged: Verdict, state: RoomState = STATE, **abilities: bool
) -> tuple[Reply, RoomState]:
    decision, after = decide(one, judged, state, handbook(**abilities))
    assert decision.reply is not None, decision
    return decision.reply, after


def later(state: RoomState, ms: int) -> RoomState:
    return msgspec.structs.replace(state, now_ms=state.now_ms + ms)
