"""The moderation handbook: what is to be done about one comment, and nothing else.

`decide` is pure. It is handed the comment, its verdict, the state of the room and the handbook (library, abilities
of the room, limits), and gives the decision with the state that follows. Cooldowns, merge windows and pacing
advance here and nowhere else. Order of thought, as a moderator's: is it an entry of the draw, a vote or a code typed,
does a human have to see it, may it be hidden, and only then: may we answer.
"""

from __future__ import annotations

import msgspec

from bot import polls, typed
from bot.answering import BACKLOG_MS, answer, asks
from bot.codes import (
    COMPLAINT_OF_KIND,
    HIDDEN_AT_ONCE,
    HIDEABLE,
    SEVERITY,
    SLA_MS,
    codes_of,
    complains,
    escalation_of,
    incident,
    mask_of,
)
from bot.comment import Comment, Happening, Role, RoomKey, Viewer
from bot.decision import Decision, Entry, Reply, Withheld
from bot.instructions import SILENCING, Instruction, InstructionKind, fact_in, obey, recorded, vetted
from bot.news import FactChange, facts_in, note, ordered
from bot.room_state import (
    EVERYTHING,
    SUGGESTION_MS,
    TIME_TO_LIVE_MS,
    Handbook,
    Members,
    OpenDraw,
    OpenPoll,
    OpenWave,
    Recent,
    ReplyMode,
    RoomState,
    grown,
)
from classifiers.verdict import Verdict
from lottery.entry import Entered, Heard, Refused

__all__ = [
    "BACKLOG_MS", "COMPLAINT_OF_KIND", "EVERYTHING", "GRACE_MS", "HIDDEN_AT_ONCE", "HIDEABLE", "SEVERITY", "SILENCING",
    "SLA_MS", "SUGGESTION_MS", "TIME_TO_LIVE_MS",
    "FactChange", "Handbook", "Instruction", "InstructionKind", "Members", "OpenDraw", "OpenPoll", "OpenWave", "Recent",
    "ReplyMode", "RoomState", "asks", "codes_of", "decide", "fact_in", "facts_in", "grown", "note", "obey",
    "order_entry", "recorded", "vetted",
]  # fmt: skip

GRACE_MS = 2_000
"""How long after its closing time a draw's list is drawn up: entries sent in time may still be on their way through
the platform and the queue. It is less than every preset's `root_within_s`."""


def decide(
    comment: Comment, verdict: Verdict, state: RoomState, handbook: Handbook
) -> tuple[Decision, RoomState]:
    """The decision about `comment`, and the state after it. Pure: equal arguments give equal results."""
    codes = codes_of(verdict)
    entry, state = _entry(comment, state)
    voting, vote, state = polls.heard(comment, state)
    typing, code = typed.heard(comment, state)
    escalation = escalation_of(comment, verdict, codes)
    if escalation is not None and complains(codes):
        state = _troubled(comment, verdict, codes, state)
    mask = mask_of(codes, handbook.abilities)
    told: Reply | Withheld | None = None
    if entry is None and not voting and not typing:
        told, state = answer(comment, verdict, codes, state, handbook)
    reply = told if isinstance(told, Reply) else None
    withheld = None if isinstance(told, Reply) else told
    reasons = tuple(
        reason
        for reason in (
            f"entry:{entry.refused or 'accepted'}" if entry else None,
            f"vote:{vote.option}" if vote else None,
            f"code:{code.kind}" if code else None,
            f"escalate:{escalation.codes[0]}" if escalation else None,
            f"mask:{mask.code}" if mask else None,
            f"{reply.mode}:{reply.intent}" if reply else None,
            f"withheld:{withheld}" if withheld else None,
        )
        if reason
    )
    flagged = bool(verdict.banned)
    return Decision(reply, withheld, escalation, mask, entry, flagged, codes, reasons, vote, code), state


def _troubled(comment: Comment, verdict: Verdict, codes: tuple[str, ...], state: RoomState) -> RoomState:
    """Who complains hears no promotion, and what is said to have harmed somebody is not promoted, until a person has
    looked. A comment of another room is about that room's goods."""
    harmful = None
    if incident(verdict, codes) and not comment.mirrored:
        named = state.shop.resolve(comment.text, state.on_show).product_id
        harmful = named or state.on_show or EVERYTHING
    return state.troubled(comment.viewer.uid, harmful)


def _entry(comment: Comment, state: RoomState) -> tuple[Entry | None, RoomState]:
    draw = state.draw
    if draw is None or comment.edited:
        return None, state
    room = RoomKey(comment.room.platform, "") if comment.mirrored else comment.room
    viewer = comment.viewer
    heard = Heard(
        comment.text, viewer.uid, room.platform, room.room_id, _in_time(comment.at_ms, draw, state),
        viewer.follows, viewer.fan_level, viewer.level,
    )  # fmt: skip
    outcome = draw.rule(state.room).judge(heard, Members(state.entered))
    return _judged(outcome, viewer.role, draw, state)


def order_entry(happening: Happening, state: RoomState) -> tuple[Entry | None, RoomState]:
    """The entry that a paid order makes in a purchase draw, and the state after it; None for anything else.

    The order counts when it is paid for within the window. A refund afterwards does not undo the entry: the list is
    public as it was, and taking somebody out of it would be a hand in the draw. What the winner has to show is in the
    conditions of claiming.
    """
    draw, viewer = state.draw, happening.viewer or Viewer(None)
    if draw is None or draw.kind != "purchase" or happening.kind != "order":
        return None, state
    if happening.data.get("state") != "paid":
        return None, state
    product = ordered(happening.data, state.shop)
    room, at_ms = happening.room, _in_time(happening.at_ms, draw, state)
    outcome = draw.rule(state.room).judge_order(
        product, viewer.uid, room.platform, room.room_id, at_ms, Members(state.entered)
    )
    return _judged(outcome, viewer.role, draw, state)


def _in_time(at_ms: int, draw: OpenDraw, state: RoomState) -> int:
    """The time that counts. Once the list is drawn up, what comes late is late, whatever time it carries."""
    return max(at_ms, draw.closes_ms) if state.now_ms >= draw.closes_ms + GRACE_MS else at_ms


def _judged(
    outcome: Entered | Refused | None, role: Role, draw: OpenDraw, state: RoomState
) -> tuple[Entry | None, RoomState]:
    if outcome is None:
        return None, state
    if isinstance(outcome, Refused):
        return Entry(draw.draw_id, outcome.reason.value), state
    if role != "viewer":
        return Entry(draw.draw_id, "staff"), state
    entry = Entry(draw.draw_id, None, outcome.value, outcome.wave)
    return entry, msgspec.structs.replace(state, entered=grown(state.entered, outcome.key))
