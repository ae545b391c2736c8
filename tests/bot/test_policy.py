"""The moderation handbook, rule by rule."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.comment import Comment
from bot.decision import Decision, Entry, Reply
from bot.policy import (
    BACKLOG_MS,
    COMPLAINT_OF_KIND,
    GRACE_MS,
    HIDDEN_AT_ONCE,
    HIDEABLE,
    SEVERITY,
    SLA_MS,
    Instruction,
    Members,
    OpenDraw,
    Recent,
    RoomState,
    asks,
    codes_of,
    decide,
    grown,
    note,
    obey,
)
from classifiers.verdict import KINDS, Negative, Verdict
from replies.cooldown import Cooldowns, Limits
from replies.facts import Fact
from replies.library import Library
from tests.builders import (
    LIBRARY,
    NOON,
    PRICE,
    PRICE_GENERIC,
    ROOM,
    SELLING,
    SHOP,
    comment,
    handbook,
    happening,
    verdict,
)

STATE = RoomState(ROOM, "s1", NOON, now_ms=NOON, shop=SHOP, on_show="P1")
DRAW = OpenDraw("draw-1", "好运", NOON + 1_000, NOON + 60_000, frozenset({"boss"}))
DRAWING = msgspec.structs.replace(STATE, draw=DRAW, now_ms=NOON + 5_000)


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


# What codes a comment carries


@pytest.mark.parametrize(
    ("kind", "code"), [*COMPLAINT_OF_KIND.items(), ("abuse", "U01"), ("disruption", "S01")]
)
def test_each_kind_of_negativity_has_its_code(kind: str, code: str) -> None:
    assert codes_of(verdict(kind=kind)) == (code,)


def test_every_kind_is_provided_for() -> None:
    assert set(COMPLAINT_OF_KIND) | {"abuse", "disruption"} == set(KINDS)


def test_a_rivals_advert_is_a04_and_not_also_a_disturbance() -> None:
    assert codes_of(verdict(kind="disruption", banned=("A04",))) == ("A04",)


def test_health_wording_makes_a_grievance_a_safety_complaint() -> None:
    assert codes_of(verdict(kind="quality", health=True)) == ("C02", "C01")


def test_rights_wording_makes_a_grievance_a_rights_complaint() -> None:
    assert codes_of(verdict(kind="service", rights=True)) == ("C03", "C01")


def test_health_and_rights_wording_without_a_grievance_is_a_mere_question() -> None:
    assert codes_of(verdict("suitability", health=True, rights=True)) == ()


def test_codes_come_gravest_first() -> None:
    assert codes_of(verdict(kind="quality", banned=("A01", "D02", "U01"))) == ("D02", "U01", "C01", "A01")


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
    lambda now, on, mode, draw, show: msgspec.structs.replace(
        STATE, now_ms=NOON + now, replies_on=on, modes={"price": mode}, draw=draw, on_show=show
    ),
    st.integers(0, 100_000),
    st.booleans(),
    st.sampled_from(["auto", "suggest", "off"]),
    st.sampled_from([None, DRAW]),
    st.sampled_from([None, "P1", "P2"]),
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
    else:
        assert after.cooldowns == state.cooldowns
        assert after.used == state.used
    assert decision.flagged == bool(judged.banned)
    assert decide(one, judged, state, book) == (decision, after)


# Answers


def test_a_question_is_answered_with_the_facts_of_the_product_on_show() -> None:
    reply, after = answered(comment("多少钱"), verdict("price"))
    assert (reply.text, reply.product, reply.intent, reply.mode) == ("到手59元", "P1", "price", "send")
    assert reply.digest == PRICE.digest
    assert (reply.due_ms, reply.expires_ms) == (NOON, NOON + 20_000)
    assert after.used == {"price-1": NOON}


def test_a_product_named_wins_over_the_one_on_show() -> None:
    assert answered(comment("2号链接多少钱"), verdict("price"))[0].text == "到手399元"


def test_a_room_that_lets_us_only_read_gets_suggestions() -> None:
    assert answered(comment(), verdict("price"), reply=False)[0].mode == "suggest"


def test_the_operator_may_have_an_intent_suggested_only() -> None:
    state = obey(Instruction("mode", "me", {"intent": "price", "mode": "suggest"}), STATE)
    assert answered(comment(), verdict("price"), state)[0].mode == "suggest"


def test_the_operator_may_silence_an_intent_or_everything() -> None:
    off = obey(Instruction("mode", "me", {"intent": "price", "mode": "off"}), STATE)
    assert decided(comment(), verdict("price"), off).withheld == "operator_off"
    assert decided(comment(), verdict("returns"), off).reply is not None
    silent = obey(Instruction("replies_off", "me"), STATE)
    assert decided(comment(), verdict("returns"), silent).withheld == "operator_off"
    speaking = obey(Instruction("replies_on", "me"), silent)
    assert decided(comment(), verdict("returns"), speaking).reply is not None


def test_one_answer_stands_for_all_who_ask_the_same() -> None:
    _, after = answered(comment(uid="a"), verdict("price"))
    assert decided(comment(uid="b", at=10_000), verdict("price"), later(after, 10_000)).withheld == "merged"
    assert decided(comment(uid="b", at=25_000), verdict("price"), later(after, 25_000)).reply is not None


def test_the_same_question_about_another_product_is_another_question() -> None:
    _, after = answered(comment(uid="a"), verdict("price"))
    assert decided(comment("2号多少钱", uid="b"), verdict("price"), after).reply is not None


def test_the_same_viewer_asking_again_waits_longer_than_the_others() -> None:
    _, after = answered(comment(uid="a"), verdict("price"))
    assert decided(comment(uid="a", at=25_000), verdict("price"), later(after, 25_000)).withheld == "cooldown"
    assert decided(comment(uid="a", at=61_000), verdict("price"), later(after, 61_000)).reply is not None


def test_viewers_without_an_id_share_no_cooldown() -> None:
    _, after = answered(comment(uid=None), verdict("price"))
    assert decided(comment(uid=None, at=25_000), verdict("price"), later(after, 25_000)).reply is not None


def test_answers_keep_their_distance() -> None:
    first, after = answered(comment(uid="a"), verdict("price"))
    second, _ = answered(comment(uid="b"), verdict("returns"), after)
    assert second.due_ms - first.due_ms == Limits().gap_ms


def test_an_answer_that_would_come_too_late_is_not_begun() -> None:
    crowded = msgspec.structs.replace(STATE, cooldowns=Cooldowns(next_free_ms=NOON + 21_000))
    assert decided(comment(), verdict("price"), crowded).withheld == "overload"


def test_a_comment_that_comes_a_minute_late_is_backlog() -> None:
    state = later(STATE, BACKLOG_MS + 1)
    assert decided(comment(), verdict("price"), state).withheld == "backlog"
    assert decided(comment(at=1), verdict("price"), state).reply is not None


@pytest.mark.parametrize("role", ["staff", "host", "bot"])
def test_our_own_people_get_no_answer(role: str) -> None:
    assert decided(comment(role=role), verdict("price")).withheld == "staff"


def test_a_comment_of_another_room_gets_no_answer() -> None:
    assert decided(comment(mirrored=True), verdict("price")).withheld == "mirrored"


def test_an_unsure_judge_says_so_when_a_viewer_seems_to_ask() -> None:
    unsure = verdict(normal="这个怎么弄")
    assert decided(comment(), unsure).withheld == "unsure"
    assert decided(comment(), verdict(normal="来了来了")).withheld is None
    assert decided(comment(role="bot"), unsure).withheld is None
    assert decided(comment(mirrored=True), unsure).withheld is None


@pytest.mark.parametrize(
    ("text", "asking"), [("有货吗", True), ("求链接", True), ("???", False), ("666", False)]
)
def test_what_seems_to_ask(text: str, asking: bool) -> None:
    assert asks(text) is asking


def test_the_platforms_own_draw_is_not_answered() -> None:
    state = note(happening("platform_draw_start", text="多少钱"), STATE)
    assert decided(comment(" 多少钱 "), verdict("price"), state).withheld == "platform_draw"
    assert decided(comment("多少钱啊"), verdict("price"), state).reply is not None
    over = note(happening("platform_draw_end"), state)
    assert decided(comment("多少钱"), verdict("price"), over).reply is not None


def test_an_unhappy_viewer_never_hears_a_sales_pitch() -> None:
    assert decided(comment(), verdict("gift")).reply is not None
    assert decided(comment(), verdict("gift", kind="quality")).withheld == "tone"


@pytest.mark.parametrize("code", ["D01", "I03", "U01", "S02"])
def test_an_advert_or_an_insult_is_not_lifted_up_by_an_answer(code: str) -> None:
    assert decided(comment(), verdict("price", banned=(code,))).withheld == "flagged"
    assert decided(comment(), verdict("price", banned=("A01",))).reply is not None


def test_a_complaint_may_be_answered_and_is_still_escalated() -> None:
    decision = decided(comment(), verdict("returns", kind="service"))
    assert decision.reply is not None
    assert decision.escalation is not None


def test_a_question_nobody_wrote_a_phrase_for_is_left_to_people() -> None:
    assert decided(comment(), verdict("own:parking")).withheld == "no_phrase"


def test_a_fact_that_has_run_out_is_not_said() -> None:
    stale = SHOP.with_fact("P1", "price", Fact("59元", valid_until_ms=NOON))
    state = msgspec.structs.replace(STATE, shop=stale)
    assert answered(comment(), verdict("price"), state)[0].phrase_id == PRICE_GENERIC.id
    book = handbook(Library([PRICE]))
    assert decide(comment(), verdict("price"), state, book)[0].withheld == "stale_fact"


def test_practice_phrases_are_not_said_in_a_real_room() -> None:
    assert decide(comment(), verdict("price"), STATE, handbook(practice=False))[0].withheld == "no_phrase"
    real = Library([dataclasses.replace(SELLING, signed="reviewer-1")])
    assert decide(comment(), verdict("gift"), STATE, handbook(real, practice=False))[0].reply is not None


def test_another_language_is_another_library() -> None:
    assert decide(comment(), verdict("price"), STATE, handbook(lang="en"))[0].withheld == "no_phrase"


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


def test_a_new_session_leaves_an_open_draw_open() -> None:
    _, state = decide(comment("好运", uid="a", at=5_000), verdict(), DRAWING, handbook())
    fresh = state.fresh("s2", NOON + 10_000)
    assert fresh.draw == DRAW
    assert "a" in Members(fresh.entered)


# What the room knows


def test_a_new_session_keeps_what_the_operator_set_and_forgets_the_show() -> None:
    state = msgspec.structs.replace(
        STATE, replies_on=False, modes={"price": "off"}, platform_draw="抽", seq=9, used={"price-1": 1},
        cooldowns=Cooldowns(next_free_ms=5), closed=True,
    )  # fmt: skip
    fresh = state.fresh("s2", NOON - 5)
    assert (fresh.session, fresh.opened_ms, fresh.now_ms, fresh.seq) == ("s2", NOON - 5, NOON - 5, 0)
    assert (fresh.replies_on, fresh.modes, fresh.on_show) == (False, {"price": "off"}, "P1")
    assert not fresh.closed
    assert (fresh.platform_draw, fresh.used, fresh.cooldowns) == (None, {}, Cooldowns())


def test_the_room_learns_what_is_on_show() -> None:
    assert note(happening("product", id="P2"), STATE).on_show == "P2"
    assert note(happening("product", slot=2), STATE).on_show == "P2"
    assert note(happening("product", slot="2"), STATE).on_show == "P2"
    assert note(happening("product", id="P9"), STATE).on_show is None
    assert note(happening("product", slot="²"), STATE).on_show is None
    assert note(happening("product", slot="9" * 5000), STATE).on_show is None
    assert obey(Instruction("on_show", "me", {"product": "P2"}), STATE).on_show == "P2"
    assert obey(Instruction("on_show", "me", {"product": None}), STATE).on_show is None


@pytest.mark.parametrize("data", [{"price": "49元"}, {"facts": {"price": "49元"}}])
@pytest.mark.parametrize("product", ["P1", 1, "1"])
def test_facts_from_the_room_change_the_next_answer(product: object, data: dict[str, object]) -> None:
    state = note(happening("facts", product=product, **data), STATE)
    assert answered(comment(), verdict("price"), state)[0].text == "到手49元"


@pytest.mark.parametrize(
    "data",
    [
        {"product": "P9", "facts": {"price": "1元"}},
        {"product": "P1", "facts": {"price": "<b>1元</b>"}},
        {"product": "P1", "facts": {"price": ""}},
        {"product": "P1", "facts": "1元"},
        {},
    ],
)
def test_facts_that_cannot_be_true_are_ignored(data: dict[str, object]) -> None:
    assert note(happening("facts", **data), STATE).shop == SHOP


def test_other_happenings_change_nothing() -> None:
    assert note(happening("gift", name="x"), STATE) == STATE


# Keys seen lately


def test_recent_remembers_at_least_limit_and_forgets_what_is_old() -> None:
    recent = Recent(limit=10)
    for number in range(25):
        recent = recent.with_key(str(number))
    assert all(str(number) in recent for number in range(15, 25))
    assert "0" not in recent


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=3), max_size=40))
def test_grown_levels_look_like_one_set(keys: list[str]) -> None:
    levels: tuple[frozenset[str], ...] = ()
    for key in keys:
        levels = grown(levels, key)
    members = Members(levels)
    assert all(key in members for key in keys)
    assert "another" not in members
    assert len(levels) <= 1 + len(keys).bit_length()
