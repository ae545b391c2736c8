"""The moderation handbook, rule by rule."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.bait import Provoking
from bot.comment import Comment, Viewer
from bot.decision import CodeSaid, Entry, Vote
from bot.policy import (
    COMPLAINT_OF_KIND,
    GRACE_MS,
    HIDDEN_AT_ONCE,
    HIDEABLE,
    SEVERITY,
    SLA_MS,
    Instruction,
    Members,
    OpenDraw,
    OpenPoll,
    OpenWave,
    RoomState,
    decide,
    obey,
    order_entry,
)
from classifiers.verdict import KINDS, Negative, Verdict
from tests.bot.standing import STATE, decided
from tests.builders import (
    LIBRARY,
    NOON,
    comment,
    handbook,
    happening,
    verdict,
)

DRAW = OpenDraw("draw-1", "好运", NOON + 1_000, NOON + 60_000, frozenset({"boss"}))
DRAWING = msgspec.structs.replace(STATE, draw=DRAW, now_ms=NOON + 5_000)


# Escalation: who must see it


@pytest.mark.parametrize(
    ("judged", "severity"),
    [
        (verdict(kind="quality"), 2),
        (verdict(kind="quality", health=True), 4),
        (verdict(kind="service", rights=True), 3),
        (verdict(kind="deception"), 3),
        (verdict(kind="abuse"), 3),
        (verdict(banned=("D01",)), 3),
        (verdict(banned=("I04",)), 4),
        (verdict(banned=("L01",)), 4),
    ],
)
def test_complaints_and_grave_codes_go_to_a_moderator(judged: Verdict, severity: int) -> None:
    escalation = decided(comment(), judged).escalation
    assert escalation is not None
    assert escalation.severity == severity
    assert severity in SLA_MS


@pytest.mark.parametrize("code", ["A01", "A02", "A04", "M01", "P01", "S02", "X01", "S01"])
def test_advertising_words_of_a_viewer_and_mere_flooding_trouble_nobody(code: str) -> None:
    decision = decided(comment(), verdict(banned=(code,)))
    assert decision.escalation is None
    assert decision.flagged
    assert decision.codes == (code,)


def test_swearing_at_nobody_is_logged_and_at_somebody_brings_a_moderator() -> None:
    assert decided(comment(), verdict(banned=("U01",))).escalation is None
    assert decided(comment(), verdict(kind="abuse", banned=("U01",))).escalation is not None


def test_a_disturbance_that_others_will_follow_brings_a_moderator() -> None:
    def stirred(severity: int) -> Verdict:
        return msgspec.structs.replace(verdict(), negative=Negative("disruption", severity, 0.9))

    assert decided(comment(), stirred(1)).escalation is None
    assert decided(comment(), stirred(2)).escalation is not None


@pytest.mark.parametrize("role", ["host", "bot"])
def test_our_own_words_open_no_case(role: str) -> None:
    assert decided(comment(role=role), verdict(kind="quality", banned=("D01",))).escalation is None


def test_a_comment_of_another_room_is_escalated_like_ours() -> None:
    assert decided(comment(mirrored=True), verdict(kind="quality")).escalation is not None


# Hiding


@pytest.mark.parametrize("code", sorted(HIDDEN_AT_ONCE))
def test_what_the_law_wants_gone_is_hidden_at_once_where_we_may(code: str) -> None:
    mask = decided(comment(), verdict(banned=(code,)), delete=True).mask
    assert mask is not None
    assert mask.code == code
    assert decided(comment(), verdict(banned=(code,)), delete=False).mask is None


@pytest.mark.parametrize("code", sorted(set(SEVERITY) - HIDDEN_AT_ONCE))
def test_everything_else_waits_for_a_human(code: str) -> None:
    assert decided(comment(), verdict(banned=(code,)), delete=True).mask is None


def test_a_complaint_keeps_an_illegal_comment_in_sight() -> None:
    decision = decided(comment(), verdict(kind="deception", banned=("I01", "D02")), delete=True)
    assert decision.mask is None
    assert decision.escalation is not None
    assert not decision.escalation.hideable
    assert "C04" in decision.escalation.codes


@pytest.mark.parametrize("code", ["A06", "A09", "L01", "P03"])
def test_only_d_i_s_and_u_codes_let_anybody_hide(code: str) -> None:
    escalation = decided(comment(), verdict(banned=(code,))).escalation
    assert escalation is not None
    assert not escalation.hideable
    both = decided(comment(), verdict(banned=(code, "U01"))).escalation
    assert both is not None
    assert both.hideable


CODES = sorted({*SEVERITY, "A01", "A02", "A04", "M01", "S02", "X01"} - {"C01", "C02", "C03", "C04"})
verdicts = st.builds(
    verdict,
    st.sampled_from([None, "price", "returns", "gift", "own:parking", "draw"]),
    level=st.integers(0, 3),
    kind=st.sampled_from([None, *KINDS]),
    banned=st.lists(st.sampled_from(CODES), max_size=4).map(tuple),
    normal=st.sampled_from(["", "多少钱", "骗子"]),
    health=st.booleans(),
    rights=st.booleans(),
)
comments = st.builds(
    comment,
    st.sampled_from(["多少钱", "好运", "2号怎么卖", "", "\ud800", "<b>加微信</b>", "好\u200b运"]),
    at=st.integers(-1_000_000, 1_000_000),
    uid=st.sampled_from([None, "u1", "u2", "boss"]),
    role=st.sampled_from(["viewer", "staff", "host", "bot"]),
    mirrored=st.booleans(),
    edited=st.booleans(),
)
states = st.builds(
    lambda now, on, mode, draw, show, more: msgspec.structs.replace(
        STATE, now_ms=NOON + now, replies_on=on, modes={"price": mode}, draw=draw, on_show=show, **more
    ),
    st.integers(0, 100_000),
    st.booleans(),
    st.sampled_from(["auto", "suggest", "off"]),
    st.sampled_from([None, DRAW]),
    st.sampled_from([None, "P1", "P2"]),
    st.fixed_dictionaries(
        {},
        optional={
            "quiet": st.booleans(),
            "red": st.sampled_from([None, "", "口误"]),
            "on_duty": st.booleans(),
            "held": st.sampled_from([{"P1": NOON}, {"*": NOON}]),
            "aggrieved": st.just({"u1": NOON}),
            "floors": st.just({"price": 0.99}),
            "provoking": st.just(Provoking({}, {"u2": NOON + 50_000})),
        },
    ),
)


@settings(max_examples=150, deadline=None)
@given(comments, verdicts, states, st.booleans(), st.booleans())
def test_what_always_holds(
    one: Comment, judged: Verdict, state: RoomState, reply: bool, delete: bool
) -> None:
    book = handbook(reply=reply, delete=delete)
    decision, after = decide(one, judged, state, book)
    complains = any(code.startswith("C") for code in decision.codes)
    assert complains == (
        judged.negative.kind in COMPLAINT_OF_KIND
        or (judged.negative.kind is not None and (judged.health or judged.rights))
    )
    if complains:
        assert decision.mask is None
        assert decision.escalation is None or not decision.escalation.hideable
        assert (decision.escalation is not None) == (one.viewer.role in ("viewer", "staff"))
    if decision.mask is not None:
        assert delete
        assert decision.mask.code[0] in HIDEABLE
    if decision.escalation is not None and decision.escalation.hideable:
        assert any(code[0] in HIDEABLE for code in decision.codes)
    assert decision.reply is None or decision.withheld is None
    if decision.reply is not None:
        assert one.viewer.role == "viewer"
        assert not one.mirrored
        phrase = LIBRARY.get(decision.reply.phrase_id)
        assert phrase is not None
        assert decision.reply.digest == phrase.digest
        assert state.now_ms <= decision.reply.due_ms <= decision.reply.expires_ms
        assert reply or decision.reply.mode == "suggest"
        assert state.silence is None
        if phrase.tone == "sales":
            assert decision.escalation is None or not complains
            assert one.viewer.uid not in state.aggrieved
            assert not after.is_held(decision.reply.product)
    else:
        assert after.cooldowns == state.cooldowns
        assert after.used == state.used
    if complains and decision.escalation is not None and one.viewer.uid is not None:
        assert one.viewer.uid in after.aggrieved
    assert decision.flagged == bool(judged.banned)
    assert decide(one, judged, state, book) == (decision, after)


# Draws


def test_the_keyword_enters_once() -> None:
    decision, after = decide(comment(" 好运 ", uid="a", at=5_000), verdict(), DRAWING, handbook())
    assert decision.entry is not None
    assert (decision.entry.draw_id, decision.entry.refused) == ("draw-1", None)
    assert decision.reasons == ("entry:accepted",)
    again, _ = decide(comment("好运", uid="a", at=6_000), verdict(), after, handbook())
    assert again.entry is not None
    assert again.entry.refused == "duplicate"
    other, _ = decide(comment("好运", uid="b", at=6_000), verdict(), after, handbook())
    assert other.entry is not None
    assert other.entry.refused is None


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (comment("好运", at=999), "early"),
        (comment("好运", at=60_000), "late"),
        (comment("好运", at=5_000, uid=None), "unknown_viewer"),
        (comment("好运", at=5_000, uid="boss"), "staff"),
        (comment("好运", at=5_000, role="host"), "staff"),
        (comment("好运", at=5_000, mirrored=True), "other_room"),
    ],
)
def test_an_entry_is_refused_with_its_reason(one: Comment, reason: str) -> None:
    decision, after = decide(one, verdict(), DRAWING, handbook())
    assert decision.entry is not None
    assert decision.entry.refused == reason
    assert after.entered == DRAWING.entered


def test_a_comment_that_arrives_after_the_close_was_seen_is_late_whatever_it_says() -> None:
    on_its_way = msgspec.structs.replace(DRAWING, now_ms=DRAW.closes_ms + GRACE_MS - 1)
    assert decided(comment("好运", at=59_000), verdict(), on_its_way).entry == Entry(DRAW.draw_id)
    listed = msgspec.structs.replace(DRAWING, now_ms=DRAW.closes_ms + GRACE_MS)
    assert decided(comment("好运", at=59_000), verdict(), listed).entry == Entry(DRAW.draw_id, "late")


def test_an_edited_comment_never_enters() -> None:
    assert decided(comment("好运", at=5_000, edited=True), verdict(), DRAWING).entry is None


def test_more_than_the_keyword_is_no_entry() -> None:
    assert decided(comment("好运来", at=5_000), verdict(), DRAWING).entry is None


def test_an_entry_is_not_answered_but_still_judged() -> None:
    decision = decided(comment("好运", at=5_000), verdict("price", kind="abuse"), DRAWING)
    assert decision.reply is None
    assert decision.withheld is None
    assert decision.escalation is not None


def opening(draw: OpenDraw = DRAW) -> Instruction:
    return Instruction("draw_open", "draw", {"draw": msgspec.to_builtins(draw, enc_hook=sorted)})


def test_a_draw_opens_and_closes_by_instruction() -> None:
    state = obey(opening(), STATE)
    assert state.draw == DRAW
    assert obey(Instruction("draw_close", "draw", {"draw_id": "another"}), state).draw == DRAW
    assert obey(Instruction("draw_close", "draw", {"draw_id": "draw-1"}), state).draw is None


def test_hearing_of_the_same_draw_again_forgets_nobody() -> None:
    _, state = decide(comment("好运", uid="a", at=5_000), verdict(), DRAWING, handbook())
    assert "a" in Members(obey(opening(), state).entered)
    another = msgspec.structs.replace(DRAW, draw_id="draw-2")
    assert "a" not in Members(obey(opening(another), state).entered)


def enters(one: Comment, draw: OpenDraw, state: RoomState = STATE) -> tuple[Entry | None, RoomState]:
    decision, after = decide(one, verdict(), msgspec.structs.replace(state, draw=draw), handbook())
    return decision.entry, after


QUIZ = OpenDraw("q", "", NOON, NOON + 60_000, kind="quiz", options=("红", "蓝"))
GUESS = OpenDraw("g", "", NOON, NOON + 60_000, kind="guess", decimals=2, least=0, most=100_000)
WAVES = (OpenWave("红包", NOON, NOON + 10_000), OpenWave("雨", NOON + 10_000, NOON + 20_000))
RAIN = OpenDraw("r", "", NOON, NOON + 20_000, kind="rain", waves=WAVES)
BUY = OpenDraw("b", "", NOON, NOON + 60_000, kind="purchase", product="P1", staff=frozenset({"boss"}))


def test_a_quiz_takes_every_answer_alike_and_the_first_counts() -> None:
    right, after = enters(comment(" 红 ", uid="a", at=1), QUIZ)
    wrong, _ = enters(comment("蓝", uid="b", at=2), QUIZ, after)
    assert right is not None
    assert wrong is not None
    assert (right.refused, wrong.refused) == (None, None)
    assert None not in (right.value, wrong.value)
    assert right.value != wrong.value
    second, _ = enters(comment("蓝", uid="a", at=3), QUIZ, after)
    assert second == Entry("q", "duplicate")
    assert enters(comment("绿", at=3), QUIZ)[0] is None


def test_what_judges_a_quiz_does_not_know_the_answer() -> None:
    names = OpenDraw.__struct_fields__
    assert not [name for name in names if "answer" in name or "secret" in name or "salt" in name]


def test_a_guess_is_stored_in_the_smallest_unit() -> None:
    assert enters(comment("99.5元", at=1), GUESS)[0] == Entry("g", None, 9_950)
    assert enters(comment("2000", at=1), GUESS)[0] == Entry("g", "out_of_range")
    assert enters(comment("9.999", at=1), GUESS)[0] == Entry("g", "out_of_range")
    assert enters(comment("贵", at=1), GUESS)[0] is None


def test_each_wave_of_a_rain_is_entered_once() -> None:
    first, after = enters(comment("红包", at=1), RAIN)
    again, _ = enters(comment("红包", at=2), RAIN, after)
    second, after = enters(comment("雨", at=10_000), RAIN, after)
    late, _ = enters(comment("红包", at=10_001), RAIN, after)
    assert (first, again) == (Entry("r"), Entry("r", "duplicate"))
    assert second == Entry("r", wave=1)
    assert late == Entry("r", "late")


@pytest.mark.parametrize(
    ("viewer", "refused"),
    [
        (Viewer("a", follows=True, fan_level=3, level=2), None),
        (Viewer("a", follows=False, fan_level=3, level=2), "not_following"),
        (Viewer("a", follows=None, fan_level=3, level=2), "not_following"),
        (Viewer("a", follows=True, fan_level=2, level=2), "fan_level"),
        (Viewer("a", follows=True, fan_level=None, level=2), "fan_level"),
        (Viewer("a", follows=True, fan_level=3, level=1), "account_level"),
        (Viewer("bad", follows=True, fan_level=3, level=2), "blacklisted"),
        (Viewer("won", follows=True, fan_level=3, level=2), "previous_winner"),
    ],
)
def test_the_conditions_of_a_lucky_bag(viewer: Viewer, refused: str | None) -> None:
    draw = msgspec.structs.replace(
        DRAW,
        follow=True,
        fan_level=3,
        account_level=2,
        blacklist=frozenset({"bad"}),
        previous=frozenset({"won"}),
    )
    one = msgspec.structs.replace(comment("好运", at=5_000), viewer=viewer)
    assert enters(one, draw, DRAWING)[0] == Entry("draw-1", refused)


def buys(draw: OpenDraw = BUY, uid: str | None = "a", *, at: int = 5, **data: object) -> Entry | None:
    order = happening("order", at=at, **{"product": "P1", "state": "paid", **data})
    order = msgspec.structs.replace(order, viewer=None if uid is None else Viewer(uid))
    return order_entry(order, msgspec.structs.replace(STATE, draw=draw))[0]


def test_only_a_paid_order_of_the_product_enters() -> None:
    assert buys() == Entry("b")
    assert buys(product="1") == Entry("b"), "by its slot"
    assert buys(product="P2") is None
    assert [buys(state=state) for state in ("placed", "refunded", None, 1)] == [None] * 4
    assert buys(uid=None) == Entry("b", "unknown_viewer")
    assert buys(uid="boss") == Entry("b", "staff")
    assert buys(at=60_000) == Entry("b", "late")
    assert buys(draw=DRAW) is None
    assert decided(comment("P1", at=5), verdict(), msgspec.structs.replace(STATE, draw=BUY)).entry is None


def test_an_account_buys_itself_in_once() -> None:
    order = happening("order", product="P1", state="paid")
    order = msgspec.structs.replace(order, viewer=Viewer("a"))
    first, after = order_entry(order, msgspec.structs.replace(STATE, draw=BUY))
    again, _ = order_entry(order, after)
    assert (first, again) == (Entry("b"), Entry("b", "duplicate"))
    late, _ = order_entry(order, msgspec.structs.replace(after, now_ms=BUY.closes_ms + GRACE_MS, entered=()))
    assert late == Entry("b", "late")


# Polls and codes


POLLING = msgspec.structs.replace(STATE, poll=OpenPoll("poll-1", "哪个颜色", ("黑", "白")))


def test_a_vote_counts_once_and_is_no_question() -> None:
    first, after = decide(comment("扣1", uid="a"), verdict("price"), POLLING, handbook())
    assert (first.vote, first.reply, first.withheld) == (Vote("poll-1", 1), None, None)
    assert first.reasons == ("vote:1",)
    again, _ = decide(comment("白", uid="a"), verdict("price"), after, handbook())
    assert (again.vote, again.reply, again.withheld) == (None, None, None)
    other, _ = decide(comment("白", uid="b"), verdict(), after, handbook())
    assert other.vote == Vote("poll-1", 2)
    question, _ = decide(comment("多少钱", uid="b"), verdict("price"), after, handbook())
    assert question.vote is None
    assert question.reply is not None


def test_a_keyword_may_be_a_vote_too() -> None:
    both = msgspec.structs.replace(
        POLLING, draw=msgspec.structs.replace(DRAW, keyword="1"), now_ms=NOON + 5_000
    )
    decision = decided(comment("1", at=5_000), verdict(), both)
    assert (decision.entry, decision.vote) == (Entry("draw-1"), Vote("poll-1", 1))


def test_a_code_is_heard_and_never_answered() -> None:
    after = msgspec.structs.replace(STATE, latest_draw="draw-1")
    decision = decided(comment("查询 ab12"), verdict("price"), after)
    assert decision.code == CodeSaid("lookup", "AB12", "draw-1")
    assert (decision.reply, decision.withheld, decision.reasons) == (None, None, ("code:lookup",))
    nameless = decided(comment("查询 ab12", uid=None), verdict("price"), after)
    assert (nameless.code, nameless.reply) == (None, None)


def test_a_new_session_leaves_an_open_draw_open() -> None:
    _, state = decide(comment("好运", uid="a", at=5_000), verdict(), DRAWING, handbook())
    fresh = state.fresh("s2", NOON + 10_000)
    assert fresh.draw == DRAW
    assert "a" in Members(fresh.entered)
