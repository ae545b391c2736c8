"""May we answer, and with what: every reason for silence, and the order in which they are thought of."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest

from bot.answering import BACKLOG_MS, asks
from bot.bait import ANSWERS, SILENCE_MS, WITHIN_MS, Provoking
from bot.decision import Capabilities, Priority, Withheld
from bot.policy import Handbook, Instruction, RoomState, decide, note, obey
from bot.room_state import SUGGESTION_MS, TIME_TO_LIVE_MS, OpenDraw, Reach
from classifiers.verdict import KINDS, Asked, Faq, Negative, Verdict
from replies.cooldown import Cooldowns, Limits
from replies.facts import Fact
from replies.library import Library
from replies.phrase import Phrase
from tests.bot.standing import STATE, answered, decided, later
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

FULL = Cooldowns(slots=tuple(range(NOON, NOON + 15_075, 75)))
"""Not a moment is left within the time an answer lives."""


def phrase(text: str, **changes: object) -> Phrase:
    made = dataclasses.replace(PRICE_GENERIC, id=f"p-{text}", text=text)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def test_a_question_is_answered_with_the_facts_of_the_product_on_show() -> None:
    reply, after = answered(comment("多少钱"), verdict("price"))
    assert (reply.text, reply.product, reply.intent, reply.mode) == ("到手59元", "P1", "price", "send")
    assert reply.digest == PRICE.digest
    assert (reply.due_ms, reply.expires_ms) == (NOON, NOON + TIME_TO_LIVE_MS)
    assert after.used == {"price-1": NOON}


def test_words_just_said_make_way_for_others() -> None:
    reply, after = answered(comment("多少钱"), verdict("price"))
    assert after.said == {reply.text: NOON}
    soon = msgspec.structs.replace(later(after, 25_000), on_show="P1")
    again, after = answered(comment("多少钱", uid="u2", at=25_000), verdict("price"), soon)
    assert again.text != reply.text
    assert after.said == {reply.text: NOON, again.text: NOON + 25_000}
    assert later(after, 29_999).said_lately() == {again.text}
    assert later(after, 30_000).said_lately() == frozenset()


def test_what_is_only_suggested_was_not_said() -> None:
    assert answered(comment("多少钱"), verdict("price"), reply=False)[1].said == {}


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


def test_a_question_not_answered_lately_slips_in_and_one_answered_lately_lines_up() -> None:
    first, after = answered(comment(uid="a"), verdict("price"))
    repeated, after = answered(comment("2号多少钱", uid="b"), verdict("price"), after)
    fresh, _ = answered(comment(uid="c"), verdict("returns"), after)
    assert repeated.due_ms - first.due_ms == Limits().gap_ms
    assert fresh.due_ms - first.due_ms == Limits().fresh_gap_ms
    assert (fresh.priority, repeated.priority) == (Priority.FRESH, Priority.ANSWER)


def test_who_is_about_to_buy_goes_first() -> None:
    assert answered(comment(), verdict("price", level=2))[0].priority == Priority.BUYING
    assert answered(comment(), verdict("price", level=1))[0].priority == Priority.FRESH


def test_a_suggestion_waits_for_no_turn_takes_none_and_lasts_longer() -> None:
    reply, after = answered(
        comment(), verdict("price"), msgspec.structs.replace(STATE, cooldowns=FULL), reply=False
    )
    assert (reply.mode, reply.due_ms, reply.expires_ms) == ("suggest", NOON, NOON + SUGGESTION_MS)
    assert after.cooldowns.slots == FULL.slots
    assert decided(comment(uid="b"), verdict("price"), after, reply=False).withheld == "merged"


def test_the_platforms_pace_is_kept() -> None:
    book = msgspec.structs.replace(handbook(), abilities=Capabilities(reply=True, pace=(1, 10_000)))
    first, state = decide(comment(uid="a"), verdict("price"), STATE, book)
    second, state = decide(comment(uid="b"), verdict("returns"), state, book)
    third, _ = decide(comment(uid="c"), verdict("gift"), state, book)
    assert first.reply is not None
    assert second.reply is not None
    assert second.reply.due_ms - first.reply.due_ms == 10_000
    assert third.withheld == "overload"


def test_no_answer_is_due_when_it_is_worth_nothing_any_more() -> None:
    brief = msgspec.structs.replace(handbook(), time_to_live_ms=3_000)
    _, state = decide(comment(uid="a"), verdict("price"), STATE, brief)
    assert decide(comment("2号多少钱", uid="b"), verdict("price"), state, brief)[0].withheld == "overload"
    patient = msgspec.structs.replace(brief, time_to_live_ms=3_001)
    assert decide(comment("2号多少钱", uid="b"), verdict("price"), state, patient)[0].reply is not None


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


# Who is unhappy


@pytest.mark.parametrize("kind", KINDS)
def test_any_kind_of_negativity_shuts_out_promotion(kind: str) -> None:
    """An insult or a disturbance gets no answer at all; a rival's advert is one the rule book names."""
    withheld = "flagged" if kind in ("abuse", "disruption") else "tone"
    assert decided(comment(), verdict("gift", kind=kind)).withheld == withheld
    assert decided(comment(), verdict("gift", kind="disruption", banned=("A04",))).withheld == "tone"


def test_an_author_with_an_open_case_hears_no_promotion_until_it_is_settled() -> None:
    _, state = decide(comment(uid="a"), verdict(kind="service"), STATE, handbook())
    assert decided(comment(uid="a"), verdict("gift"), state).withheld == "tone"
    assert decided(comment(uid="b"), verdict("gift"), state).reply is not None
    assert decided(comment(uid="a"), verdict("price"), state).reply is not None
    settled = obey(Instruction("settled", "amy", {"viewers": ["a"]}), state)
    assert decided(comment(uid="a"), verdict("gift"), settled).reply is not None


def test_what_is_no_complaint_makes_nobody_an_open_case() -> None:
    _, state = decide(comment(uid="a"), verdict(kind="abuse", banned=("U01",)), STATE, handbook())
    assert state.aggrieved == {}
    _, state = decide(comment(uid=None), verdict(kind="service"), STATE, handbook())
    assert state.aggrieved == {}


def hurt(severity: int = 3) -> Verdict:
    return msgspec.structs.replace(verdict(), negative=Negative("quality", severity, 0.9))


@pytest.mark.parametrize(
    ("said", "on_show", "held"),
    [("大衣掉毛", "P1", "P2"), ("用了烂脸", "P1", "P1"), ("用了烂脸", None, "*")],
)
def test_an_incident_holds_the_product_back(said: str, on_show: str | None, held: str) -> None:
    state = msgspec.structs.replace(STATE, on_show=on_show)
    for judged in (hurt(), verdict(kind="service", health=True)):
        _, after = decide(comment(said, uid="a"), judged, state, handbook())
        assert after.held == {held: NOON}
    assert decide(comment(said, uid="a"), hurt(2), state, handbook())[1].held == {}
    assert decide(comment(said, uid="a", mirrored=True), hurt(), state, handbook())[1].held == {}
    assert decide(comment(said, uid="a", role="host"), hurt(), state, handbook())[1].held == {}


def test_what_is_held_back_is_not_promoted_until_a_person_releases_it() -> None:
    _, state = decide(comment("用了烂脸", uid="a"), hurt(), STATE, handbook())
    assert decided(comment(uid="b"), verdict("gift"), state).withheld == "held"
    assert decided(comment("2号有赠品吗", uid="b"), verdict("gift"), state).reply is not None
    assert decided(comment(uid="b"), verdict("price"), state).reply is not None
    released = obey(Instruction("release", "amy", {"product": "P1"}), state)
    assert decided(comment(uid="b"), verdict("gift"), released).reply is not None


def test_a_person_or_a_time_is_promised_only_while_somebody_is_on_duty() -> None:
    book = handbook(Library([phrase("马上转人工")]))
    assert decide(comment(), verdict("price"), STATE, book)[0].withheld == "off_duty"
    on_duty = obey(Instruction("duty", "amy", {"on": True}), STATE)
    assert decide(comment(), verdict("price"), on_duty, book)[0].reply is not None
    other = handbook(Library([phrase("马上转人工"), phrase("请看购物车页面")]))
    reply = decide(comment(), verdict("price"), STATE, other)[0].reply
    assert reply is not None
    assert reply.text == "请看购物车页面"


# Bait

TOPICS = ("price", "returns", "gift", "stock")
BOOK = handbook(
    Library(
        [*LIBRARY, dataclasses.replace(PRICE_GENERIC, id="stock-1", intent="stock", text="库存以页面为准")]
    )
)


def asked(uid: str | None, topics: tuple[str, ...], gap_ms: int) -> tuple[list[Withheld | None], RoomState]:
    state, told = STATE, []
    for number, topic in enumerate(topics):
        state = later(state, gap_ms if number else 0)
        decision, state = decide(comment(uid=uid, at=state.now_ms - NOON), verdict(topic), state, BOOK)
        told.append(decision.withheld)
    return told, state


def test_who_has_had_three_answers_in_two_minutes_and_asks_on_hears_nothing_for_ten_minutes() -> None:
    assert len(TOPICS) == ANSWERS + 1
    told, state = asked("a", TOPICS, 30_000)
    assert told == [None, None, None, "bait"]
    assert decided(comment(uid="b", at=90_000), verdict("stock"), state).withheld != "bait"
    still = later(state, SILENCE_MS - 1)
    assert decided(comment(uid="a", at=still.now_ms - NOON), verdict("stock"), still).withheld == "bait"
    over = later(state, SILENCE_MS)
    assert decide(comment(uid="a", at=over.now_ms - NOON), verdict("stock"), over, BOOK)[0].reply is not None


def test_asking_at_leisure_is_no_bait_and_nobody_without_an_id_is_blamed() -> None:
    assert asked("a", TOPICS, WITHIN_MS // 3)[0] == [None] * 4
    assert asked(None, TOPICS, 1_000)[0] == [None] * 4


def test_suggestions_that_nobody_may_have_said_are_no_answers() -> None:
    state = STATE
    for topic in TOPICS:
        decision, state = decide(comment(uid="a"), verdict(topic), state, handbook(BOOK.library, reply=False))
        assert decision.withheld is None


@pytest.mark.parametrize("normal", ["机器人滚 几块钱", "傻逼ai 多少钱", "复读机你有啥用"])
@pytest.mark.parametrize("intent", ["price", None])
def test_insulting_the_bot_while_asking_is_bait(normal: str, intent: str | None) -> None:
    abuse = verdict(intent, kind="abuse", normal=normal)
    decision, state = decide(comment(uid="a"), abuse, STATE, handbook())
    assert decision.withheld == "bait"
    assert decision.escalation is not None
    assert decided(comment(uid="a"), verdict("price"), state).withheld == "bait"
    assert decided(comment(uid="a"), verdict("price", normal=normal)).reply is not None


# The order of thought

SALES = phrase("现在拍最合算", tone="sales")


def everything_against(reason: Withheld) -> Withheld | None:
    """What is withheld when `reason` and all reasons after it speak against an answer, and none before it."""
    first = ORDER.index(reason)

    def against(*reasons: Withheld) -> bool:
        return any(ORDER.index(one) >= first for one in reasons)

    one = comment(
        "多少钱",
        uid="a",
        role="staff" if against("staff") else "viewer",
        mirrored=against("mirrored"),
        at=-BACKLOG_MS - 1 if against("backlog") else 0,
    )
    judged = verdict(
        "price", kind="quality" if against("tone") else None, banned=("D01",) if against("flagged") else ()
    )
    state = msgspec.structs.replace(
        STATE,
        replies_on=not against("operator_off"),
        red="口误" if against("red_light") else None,
        quiet=against("quiet"),
        platform_draw="多少钱" if against("platform_draw") else None,
        provoking=Provoking({}, {"a": NOON + 1}) if against("bait") else Provoking(),
        floors={"price": 0.99} if against("unsure") else {},
        held={"P1": NOON} if against("held") else {},
        on_duty=not against("off_duty"),
        cooldowns=Cooldowns(
            viewers={("a", "price"): NOON} if against("cooldown") else {},
            answers={("price", "P1"): NOON} if against("merged") else {},
            slots=FULL.slots,
        ),
    )
    phrases = [phrase("页面有价")]
    if against("off_duty"):
        phrases = [phrase("马上转人工")]
    if against("held"):
        phrases = [SALES]
    if against("stale_fact"):
        phrases = [phrase("只要{stock}", tone="sales")]
    if against("no_phrase"):
        phrases = []
    return decide(one, judged, state, handbook(Library(phrases)))[0].withheld


ORDER: tuple[Withheld, ...] = (
    "staff", "mirrored", "operator_off", "red_light", "quiet", "platform_draw", "backlog", "bait", "flagged", "unsure",
    "cooldown", "merged", "no_phrase", "stale_fact", "tone", "held", "off_duty", "overload",
)  # fmt: skip


@pytest.mark.parametrize("reason", ORDER)
def test_the_first_reason_is_told_whatever_else_speaks_against_an_answer(reason: Withheld) -> None:
    """Take a check away, and its case here tells the next reason, or answers."""
    assert everything_against(reason) == reason


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("operator_off", {"replies_on": False}),
        ("red_light", {"red": ""}),
        ("quiet", {"quiet": True}),
        ("backlog", {"now_ms": NOON + BACKLOG_MS + 1}),
        ("bait", {"provoking": Provoking({}, {"u1": NOON + 1})}),
    ],
)
def test_what_seems_to_ask_has_its_reason_too(reason: Withheld, changes: dict[str, object]) -> None:
    unknown = verdict(normal="这个怎么弄")
    state = msgspec.structs.replace(STATE, **changes)
    assert decided(comment(), unknown, state).withheld == reason
    assert decided(comment(), unknown).withheld == "unsure"


@pytest.mark.parametrize(("score", "withheld"), [(0.94, None), (0.95, None), (0.951, "unsure")])
def test_a_floor_makes_the_bot_choosier_about_one_question(score: float, withheld: Withheld | None) -> None:
    state = obey(Instruction("floor", "amy", {"intent": "price", "score": score}), STATE)
    assert decided(comment(), verdict("price"), state).withheld == withheld
    assert decided(comment(), verdict("returns"), state).reply is not None


def test_the_phrases_of_another_room_or_shop_are_not_said() -> None:
    def told(book: Handbook) -> bool:
        return decide(comment(), verdict("price"), STATE, book)[0].reply is not None

    elsewhere = handbook(Library([phrase("页面有价", room="practice:2")]))
    here = handbook(Library([phrase("页面有价", room=str(ROOM))]))
    assert (told(elsewhere), told(here)) == (False, True)
    theirs = handbook(Library([phrase("页面有价", merchant="south")]))
    assert not told(theirs)
    assert not told(msgspec.structs.replace(theirs, merchant="north"))
    assert told(msgspec.structs.replace(theirs, merchant="south"))


def own_asked(
    merchant: str | None, reach: Reach | None, *, text: str = "多少钱", also: bool = True
) -> str | None:
    """Which question is answered in a room of `merchant`, or why none, when an own question with this reach is heard
    first and, if `also`, the one about the price beside it."""
    faq = Faq("own:box", 0.99, (Asked("price", 0.9),) if also else ())
    heard = msgspec.structs.replace(verdict(normal="能包装吗"), faq=faq)
    library = Library([*LIBRARY, phrase("可以包装", intent="own:box")])
    own = {} if reach is None else {"own:box": reach}
    book = msgspec.structs.replace(handbook(library), merchant=merchant, own=own)
    decision = decide(comment(text), heard, STATE, book)[0]
    return decision.withheld if decision.reply is None else decision.reply.intent


@pytest.mark.parametrize(
    ("merchant", "reach", "first", "alone"),
    [
        ("south", Reach("south"), "own:box", "own:box"),
        ("south", Reach(), "own:box", "own:box"),
        ("south", None, "own:box", "own:box"),
        ("north", Reach("south"), "price", "unsure"),
        (None, Reach("south"), "price", "unsure"),
    ],
)
def test_an_own_question_of_another_shop_makes_way(
    merchant: str | None, reach: Reach | None, first: str, alone: str
) -> None:
    assert own_asked(merchant, reach) == first
    assert own_asked(merchant, reach, also=False) == alone


@pytest.mark.parametrize(
    ("reach", "text", "first"),
    [
        (Reach(None, "product", "P2"), "2号链接能包装吗", "own:box"),
        (Reach(None, "product", "P2"), "1号链接能包装吗", "price"),
        (Reach(None, "product", "P2"), "能包装吗", "price"),
        (Reach(None, "class", "clothing"), "大衣能包装吗", "own:box"),
        (Reach(None, "class", "clothing"), "洗面奶能包装吗", "price"),
    ],
)
def test_an_own_question_about_other_goods_makes_way(reach: Reach, text: str, first: str) -> None:
    assert own_asked("south", reach, text=text) == first
    assert own_asked("south", reach, text=text, also=False) == "own:box"  # understood all the same


def test_while_people_guess_the_price_a_person_decides_whether_to_say_it() -> None:
    guessing = OpenDraw("g", "", NOON, NOON + 60_000, kind="guess", prefix="猜", least=1, most=500)
    state = msgspec.structs.replace(STATE, draw=guessing)
    reply, after = answered(comment("多少钱"), verdict("price"), state)
    assert (reply.text, reply.mode) == ("到手59元", "suggest")
    assert after.said == {}, "nobody has heard it"
    far = msgspec.structs.replace(state, draw=msgspec.structs.replace(guessing, least=100))
    assert answered(comment("多少钱"), verdict("price"), far)[0].mode == "send"
