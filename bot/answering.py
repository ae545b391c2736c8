"""May we answer, and with what: the reasons for silence in the order in which a moderator thinks of them.

Who asks (our own people, another room's), whether anything is said now at all (switched off, red light, quiet phase),
whether this is meant for us and in time (the platform's own draw, an old comment), how it is asked (bait, a rule
broken beside it), whether it is understood, whether it has been answered already, what there is to say, and last
whether there is room to say it.
"""

from __future__ import annotations

import re

import msgspec

from bot.bait import insults_the_bot
from bot.codes import HIDEABLE, complains
from bot.comment import Comment
from bot.decision import Priority, Reply, Withheld
from bot.room_state import Handbook, Reach, RoomState
from classifiers.verdict import Asked, Faq, Verdict
from lottery.entry import normalise
from replies.phrase import Tone
from replies.selector import Choice, Silence, choose

BACKLOG_MS = 60_000
"""A comment that reaches us so long after it was made is answered no more. Wide enough for a platform's clock to
be off by half a minute."""

BUYING = 2
"""The purchase level from which an asker is about to buy (docs/labels.md, section 2)."""

_ASKING = re.compile("[吗么几哪啥咋求]|多少|能不能|有没有|可不可以")

Answer = tuple[Reply | Withheld | None, RoomState]


def asks(normal: str) -> bool:
    """Whether normalised text looks like a question by its words; bare question marks ask nothing.

    Used only to name a reason instead of nothing, so that the desk sees what was left unanswered.
    """
    return _ASKING.search(normal) is not None


def answer(
    comment: Comment, verdict: Verdict, codes: tuple[str, ...], state: RoomState, handbook: Handbook
) -> Answer:
    """The answer, the reason for silence, or None where nothing was asked; and the state after it."""
    faq = _of_this_shop(comment, verdict.faq, state, handbook)
    if faq is None:
        ours = comment.viewer.role == "viewer" and not comment.mirrored
        if not ours or not asks(verdict.normal):
            return None, state
    if reason := _not_now(comment, faq, state):
        return reason, state
    provoked, state = _bait(comment, verdict, state)
    if provoked:
        return "bait", state
    if any(code[0] in HIDEABLE for code in codes):
        return "flagged", state
    if faq is None or faq.score < state.floors.get(faq.intent, 0.0):
        return "unsure", state
    return _spoken(comment, faq, verdict, codes, state, handbook)


def _of_this_shop(comment: Comment, faq: Faq | None, state: RoomState, handbook: Handbook) -> Faq | None:
    """What is asked, as far as this room's shop knows the question: own questions of all shops are listened for, and
    those of another shop, or about other goods, make way for the next one that was heard beside them."""
    if faq is None or faq.intent not in handbook.own:
        return faq
    asked = [
        (one, handbook.own.get(one.intent, Reach())) for one in (Asked(faq.intent, faq.score), *faq.also)
    ]
    known = [(one, reach) for one, reach in asked if reach.in_rooms_of(handbook.merchant)]
    for one, reach in known:
        about = state.shop.resolve(comment.text, state.on_show, intent=one.intent).product_id
        if reach.is_about(state.shop.product(about)):
            return Faq(one.intent, one.score)
    return Faq(known[0][0].intent, known[0][0].score) if known else None


def _not_now(comment: Comment, faq: Faq | None, state: RoomState) -> Withheld | None:
    """What keeps us silent whatever is asked; `faq` None when it is not known what."""
    if comment.viewer.role != "viewer":
        return "staff"
    if comment.mirrored:
        return "mirrored"
    silence = state.silence
    if silence == "operator_off" or (faq is not None and state.modes.get(faq.intent) == "off"):
        return "operator_off"
    if silence is not None:
        return silence
    if state.platform_draw and normalise(state.platform_draw) == normalise(comment.text):
        return "platform_draw"
    if state.now_ms - comment.at_ms > BACKLOG_MS:
        return "backlog"
    return None


def _bait(comment: Comment, verdict: Verdict, state: RoomState) -> tuple[bool, RoomState]:
    """Whether the asker plays with the bot. An account without an id cannot be told from others, and never does."""
    uid, now, provoking = comment.viewer.uid, state.now_ms, state.provoking
    if uid is None:
        return False, state
    if provoking.silenced(uid, now):
        return True, state
    if provoking.asks_on(uid, now) or insults_the_bot(verdict):
        return True, msgspec.structs.replace(state, provoking=provoking.with_silence(uid, now))
    return False, state


def _spoken(
    comment: Comment, faq: Faq, verdict: Verdict, codes: tuple[str, ...], state: RoomState, handbook: Handbook
) -> Answer:
    """The answer to a question that may be answered, if there is one and room for it."""
    product = state.shop.resolve(comment.text, state.on_show, intent=faq.intent).product_id
    # Without an id there is no limit per viewer: all unknown viewers would share one.
    viewer, now = comment.viewer.uid, state.now_ms
    cooldowns = state.cooldowns.with_ttl(handbook.time_to_live_ms)
    if not cooldowns.viewer_free(viewer, faq.intent, now):
        return "cooldown", state
    if not cooldowns.answer_free(faq.intent, product, now):
        return "merged", state
    choice = _choice(comment, faq, _tone(comment, verdict, codes, state), product, state, handbook)
    if isinstance(choice, Silence):
        return choice.reason, state
    speaks = handbook.abilities.reply and state.modes.get(faq.intent, "auto") == "auto"
    if state.draw is not None and state.draw.reveals(choice.text):
        speaks = False  # a person sees it and decides: it might answer the quiz for everybody
    admission, cooldowns = cooldowns.admit(
        viewer, faq.intent, product, now, pace=handbook.abilities.pace, spoken=speaks
    )
    if admission.at_ms is None:
        return "overload", state
    buying = verdict.purchase.level >= BUYING
    reply = Reply(
        choice.phrase.id, choice.phrase.digest, faq.intent, product, choice.text,
        "send" if speaks else "suggest", admission.at_ms,
        now + (handbook.time_to_live_ms if speaks else handbook.suggestion_ms),
        int(Priority.BUYING if buying else Priority.FRESH if admission.fresh else Priority.ANSWER),
    )  # fmt: skip
    provoking = state.provoking
    if speaks and viewer is not None:  # what is only suggested the viewer may never have heard
        provoking = provoking.with_answer(viewer, now)
    used = {**state.used, choice.phrase.id: now}
    after = msgspec.structs.replace(state, cooldowns=cooldowns, used=used, provoking=provoking)
    return reply, after.with_said(choice.text, admission.at_ms) if speaks else after


def _tone(comment: Comment, verdict: Verdict, codes: tuple[str, ...], state: RoomState) -> Tone:
    """Nobody hears promotion who is unhappy now (after-sales words rather), or whose complaint is still open."""
    if verdict.negative.kind is not None or complains(codes):
        return "after_sales"
    return "neutral" if comment.viewer.uid in state.aggrieved else "sales"


def _choice(
    comment: Comment, faq: Faq, tone: Tone, product: str | None, state: RoomState, handbook: Handbook
) -> Choice | Silence:
    return choose(
        handbook.library, state.shop, faq.intent, product,
        tone_needed=tone, platform=comment.room.platform, practice=handbook.practice, now_ms=state.now_ms,
        last_used=state.used, viewer_key=comment.viewer.uid or comment.viewer.name, lang=handbook.lang,
        room=str(state.room), merchant=handbook.merchant,
        held=state.is_held(product), on_duty=state.on_duty, lately=state.said_lately(),
    )  # fmt: skip
