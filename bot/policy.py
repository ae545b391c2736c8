"""The moderation handbook: what is to be done about one comment, and nothing else.

`decide` is pure. It is handed the comment, its verdict, the state of the room and the handbook (library, abilities
of the room, limits), and gives the decision with the state that follows. Cooldowns, merge windows and pacing
advance here and nowhere else. Order of thought, as a moderator's: is it an entry of the draw, does a human have to
see it, may it be hidden, and only then: may we answer.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from bot.comment import Comment, Happening, RoomKey
from bot.decision import (
    Capabilities,
    Decision,
    Entry,
    Escalation,
    Mask,
    Reply,
    Withheld,
)
from classifiers.verdict import Faq, Verdict
from lottery.entry import EntryRule, Refused, normalise
from replies.cooldown import Cooldowns
from replies.errors import ShopError
from replies.facts import Fact, Shop
from replies.library import Library
from replies.selector import Silence, choose

COMPLAINT_OF_KIND = {
    "quality": "C01",
    "price": "C01",
    "logistics": "C01",
    "service": "C01",
    "deception": "C04",
}
"""Complaint codes by kind of negativity (docs/labels.md, section 4). Abuse and disruption are no complaints."""

SEVERITY = {
    "A06": 4, "A09": 4, "C01": 2, "C02": 4, "C03": 3, "C04": 3, "D01": 3, "D02": 4, "I01": 4, "I02": 4,
    "I03": 3, "I04": 4, "I05": 3, "L01": 4, "P03": 3, "S01": 1, "U01": 3, "U02": 3, "U03": 3, "U04": 3,
}  # fmt: skip
"""Severity of the codes that a viewer's comment can bring to a human (compliance facts, section 2). Codes that are
only logged for viewers (absolute terms and other advertising wording: 执法指南(一) item 4(3)) are not here."""

SLA_MS = {4: 30_000, 3: 120_000, 2: 600_000, 1: 3_600_000}
"""How soon a human should act, by severity."""

GRACE_MS = 2_000
"""How long after its closing time a draw's list is drawn up: entries sent in time may still be on their way through
the platform and the queue. It is less than every preset's `root_within_s`."""

BACKLOG_MS = 60_000
"""A comment that reaches us so long after it was made is answered no more. Wide enough for a platform's clock to
be off by half a minute."""

HIDEABLE = frozenset({"D", "I", "S", "U"})
"""First letters of codes for which the law lets an operator hide a viewer's words at all."""

HIDDEN_AT_ONCE = frozenset({"I01", "I02", "I03", "I04", "D02"})
"""Codes hidden without waiting for a human, where the platform gives us that right."""


class OpenDraw(msgspec.Struct, frozen=True):
    """The draw that takes entries now. Times in ms, `closes_ms` excluded. `staff` are uids that may not win.

    The rule itself is `lottery.entry.EntryRule`; this is its form at rest, beside the room it belongs to.
    """

    draw_id: str
    keyword: str
    opens_ms: int
    closes_ms: int
    staff: frozenset[str] = frozenset()

    def rule(self, room: RoomKey) -> EntryRule:
        return EntryRule(self.keyword, room.platform, room.room_id, self.opens_ms, self.closes_ms, self.staff)


class Recent(msgspec.Struct, frozen=True):
    """Keys seen lately: two generations, each at most `limit`; the older one is forgotten when the newer is full.

    Adding copies nothing big: a generation is a tuple of sets that double in size.
    """

    young: tuple[frozenset[str], ...] = ()
    old: tuple[frozenset[str], ...] = ()
    limit: int = 20_000

    def __contains__(self, key: str) -> bool:
        return any(key in level for level in self.young) or any(key in level for level in self.old)

    def with_key(self, key: str) -> Recent:
        young = grown(self.young, key)
        if sum(map(len, young)) >= self.limit:
            return Recent((), young, self.limit)
        return Recent(young, self.old, self.limit)


class Members:
    """Sets of keys that look like one set."""

    __slots__ = ("_levels",)

    def __init__(self, levels: tuple[frozenset[str], ...]) -> None:
        self._levels = levels

    def __contains__(self, key: object) -> bool:
        return any(key in level for level in self._levels)


def grown(levels: tuple[frozenset[str], ...], key: str) -> tuple[frozenset[str], ...]:
    """`levels` with one more key; sets of like size are merged, so n additions cost n log n in all."""
    new = frozenset((key,))
    while levels and len(levels[-1]) <= len(new):
        new |= levels[-1]
        levels = levels[:-1]
    return (*levels, new)


ReplyMode = Literal["auto", "suggest", "off"]


class RoomState(msgspec.Struct, frozen=True):
    """All that a decision depends on besides the comment. Replaced, never changed; small enough to store.

    `seq` numbers the session's comments from 0. `now_ms` is the highest time seen in this session. `modes` maps an
    intent to how it is answered; intents not named are `auto`. `entered` holds uids that are in the open draw;
    it is rebuilt from the entries stored, as `seen` is from the message ids stored, so neither is written with the
    state.
    """

    room: RoomKey
    session: str = ""
    opened_ms: int = 0
    closed: bool = False
    seq: int = 0
    now_ms: int = 0
    on_show: str | None = None
    replies_on: bool = True
    modes: dict[str, ReplyMode] = msgspec.field(default_factory=dict)
    platform_draw: str | None = None
    draw: OpenDraw | None = None
    cooldowns: Cooldowns = msgspec.field(default_factory=Cooldowns)
    used: dict[str, int] = msgspec.field(default_factory=dict)
    shop: Shop = msgspec.field(default_factory=Shop)
    entered: tuple[frozenset[str], ...] = ()
    seen: Recent = msgspec.field(default_factory=Recent)

    def fresh(self, session: str, at_ms: int) -> RoomState:
        """The state in which a new session begins: what the operator set stays, what the show did is forgotten.

        An open draw stays open: its times are promised in public, and only its own timetable closes it.
        """
        return msgspec.structs.replace(
            self, session=session, opened_ms=at_ms, now_ms=at_ms, closed=False, seq=0, platform_draw=None,
            cooldowns=Cooldowns(), used={},
        )  # fmt: skip


class Handbook(msgspec.Struct, frozen=True):
    """What the operator has laid down for a room before the show.

    `practice` opens the practice-signed phrases (they live only in practice rooms, demo and replay).
    `time_to_live_ms`: an answer later than this is worth nothing.
    """

    library: Library
    abilities: Capabilities
    practice: bool
    lang: str = "zh"
    time_to_live_ms: int = 20_000


InstructionKind = Literal[
    "replies_on", "replies_off", "mode", "on_show", "draw_open", "draw_close", "end_session"
]


class Instruction(msgspec.Struct, frozen=True):
    """What a person (or the draw's own timetable) tells the room, folded in between two comments.

    `data`: mode {intent, mode}, on_show {product: id or None}, draw_open {draw: OpenDraw}, draw_close {draw_id}.
    """

    kind: InstructionKind
    by: str
    data: dict[str, object] = msgspec.field(default_factory=dict)


def obey(instruction: Instruction, state: RoomState) -> RoomState:
    """The state after `instruction`."""
    data = instruction.data
    replace = msgspec.structs.replace
    match instruction.kind:
        case "replies_on" | "replies_off":
            return replace(state, replies_on=instruction.kind == "replies_on")
        case "mode":
            mode = msgspec.convert(data["mode"], ReplyMode)
            return replace(state, modes={**state.modes, str(data["intent"]): mode})
        case "on_show":
            product = data.get("product")
            return replace(state, on_show=None if product is None else str(product))
        case "draw_open":
            opened = msgspec.convert(data["draw"], OpenDraw)
            # Told again after a restart: who is in stays in.
            again = state.draw is not None and state.draw.draw_id == opened.draw_id
            return replace(state, draw=opened, entered=state.entered if again else ())
        case "draw_close" if state.draw is not None and state.draw.draw_id == data.get("draw_id"):
            return replace(state, draw=None, entered=())
    return state


def note(happening: Happening, state: RoomState) -> RoomState:
    """What a happening changes in what the room knows."""
    data = happening.data
    replace = msgspec.structs.replace
    match happening.kind:
        case "product":
            return replace(state, on_show=_product_named(data, state.shop))
        case "facts":
            return replace(state, shop=_with_facts(data, state.shop))
        case "platform_draw_start":
            return replace(state, platform_draw=str(data.get("text", "")))
        case "platform_draw_end":
            return replace(state, platform_draw=None)
    return state


def _product_named(data: dict[str, object], shop: Shop) -> str | None:
    """The id of the product now on show: by id or by slot; None when it is none of the shop's."""
    product = shop.product(str(data.get("id", "")))
    slot = str(data.get("slot", ""))
    if product is None and slot.isdecimal() and len(slot) <= 3:
        product = shop.by_slot(int(slot))
    return None if product is None else product.id


def _with_facts(data: dict[str, object], shop: Shop) -> Shop:
    """The shop after a `facts` event {product: id or slot, price, stock} or {product, facts: {name: value}}; what
    cannot be true is ignored."""
    facts = data.get("facts", {name: data[name] for name in ("price", "stock") if name in data})
    product = _product_named({"id": data.get("product", ""), "slot": data.get("product", "")}, shop)
    if not isinstance(facts, dict) or product is None:
        return shop
    for name, value in facts.items():
        try:
            shop = shop.with_fact(product, str(name), Fact(str(value), "platform"))
        except ShopError:
            continue
    return shop


def decide(
    comment: Comment, verdict: Verdict, state: RoomState, handbook: Handbook
) -> tuple[Decision, RoomState]:
    """The decision about `comment`, and the state after it. Pure: equal arguments give equal results."""
    codes = codes_of(verdict)
    entry, state = _entry(comment, state)
    escalation = _escalation(comment, verdict, codes)
    mask = _mask(codes, handbook.abilities)
    answer: Reply | Withheld | None = None
    if entry is None:
        answer, state = _answer(comment, verdict, codes, state, handbook)
    reply = answer if isinstance(answer, Reply) else None
    withheld = None if isinstance(answer, Reply) else answer
    reasons = tuple(
        reason
        for reason in (
            f"entry:{entry.refused or 'accepted'}" if entry else None,
            f"escalate:{escalation.codes[0]}" if escalation else None,
            f"mask:{mask.code}" if mask else None,
            f"{reply.mode}:{reply.intent}" if reply else None,
            f"withheld:{withheld}" if withheld else None,
        )
        if reason
    )
    return Decision(reply, withheld, escalation, mask, entry, bool(verdict.banned), codes, reasons), state


def codes_of(verdict: Verdict) -> tuple[str, ...]:
    """Every code of the comment, gravest first: the rule book's hits and the complaints (C codes).

    C02 needs health or safety wording, C03 refund, rights, regulator or press wording, both beside a negative
    kind. A negative comment aimed at people is U01, one that disturbs the room S01, unless the rule book says A04
    (a rival's advert).
    """
    codes = {hit.category for hit in verdict.banned}
    kind = verdict.negative.kind
    if kind is not None:
        if kind in COMPLAINT_OF_KIND:
            codes.add(COMPLAINT_OF_KIND[kind])
        elif kind == "abuse":
            codes.add("U01")
        elif "A04" not in codes:
            codes.add("S01")
        if verdict.health:
            codes.add("C02")
        if verdict.rights:
            codes.add("C03")
    return tuple(sorted(codes, key=lambda code: (-SEVERITY.get(code, 0), code)))


def _escalation(comment: Comment, verdict: Verdict, codes: tuple[str, ...]) -> Escalation | None:
    """A human is called for every complaint, and for codes that have a severity for viewers.

    Two are called for only when somebody means it: swearing (U01) that is aimed at nobody (真他妈香) is logged, and so
    is a disturbance (S01) below severity 2.
    """
    if comment.viewer.role in ("bot", "host"):
        return None
    negative = verdict.negative
    spared = set() if negative.kind is not None else {"U01"}
    if negative.kind != "disruption" or negative.severity < 2:
        spared.add("S01")
    grave = [code for code in codes if code in SEVERITY and code not in spared]
    if not grave:
        return None
    hideable = not any(code.startswith("C") for code in codes) and any(code[0] in HIDEABLE for code in codes)
    return Escalation(codes, max(SEVERITY[code] for code in grave), hideable)


def _mask(codes: tuple[str, ...], abilities: Capabilities) -> Mask | None:
    """Hide at once only what the law wants gone, and never a comment that also complains."""
    if not abilities.delete or any(code.startswith("C") for code in codes):
        return None
    return next((Mask(code) for code in codes if code in HIDDEN_AT_ONCE), None)


def _entry(comment: Comment, state: RoomState) -> tuple[Entry | None, RoomState]:
    draw = state.draw
    if draw is None or comment.edited:
        return None, state
    room = RoomKey(comment.room.platform, "") if comment.mirrored else comment.room
    # Once the list is drawn up, a comment that comes late is late, whatever time it carries.
    at_ms = max(comment.at_ms, draw.closes_ms) if state.now_ms >= draw.closes_ms + GRACE_MS else comment.at_ms
    known = Members(state.entered)
    outcome = draw.rule(state.room).judge(
        comment.text, comment.viewer.uid, room.platform, room.room_id, at_ms, known
    )
    if outcome is None:
        return None, state
    if isinstance(outcome, Refused):
        return Entry(draw.draw_id, outcome.reason.value), state
    if comment.viewer.role != "viewer":
        return Entry(draw.draw_id, "staff"), state
    return Entry(draw.draw_id), msgspec.structs.replace(state, entered=grown(state.entered, outcome.uid))


def _answer(
    comment: Comment, verdict: Verdict, codes: tuple[str, ...], state: RoomState, handbook: Handbook
) -> tuple[Reply | Withheld | None, RoomState]:
    faq = verdict.faq
    if faq is None:
        left_open = comment.viewer.role == "viewer" and not comment.mirrored and asks(verdict.normal)
        return ("unsure" if left_open else None), state
    if any(code[0] in HIDEABLE for code in codes):
        return "flagged", state
    if reason := _silence_before_choosing(comment, faq, state, handbook):
        return reason, state
    product = state.shop.resolve(comment.text, state.on_show, intent=faq.intent).product_id
    # Without an id there is no limit per viewer: all unknown viewers would share one.
    viewer, now = comment.viewer.uid, state.now_ms
    if not state.cooldowns.viewer_free(viewer, faq.intent, now):
        return "cooldown", state
    if not state.cooldowns.answer_free(faq.intent, product, now):
        return "merged", state
    complains = verdict.negative.kind is not None or any(code.startswith("C") for code in codes)
    choice = choose(
        handbook.library, state.shop, faq.intent, product,
        tone_needed="after_sales" if complains else "sales", platform=comment.room.platform,
        practice=handbook.practice, now_ms=now, last_used=state.used, viewer_key=viewer or comment.viewer.name,
        lang=handbook.lang,
    )  # fmt: skip
    if isinstance(choice, Silence):
        return choice.reason, state
    admission, cooldowns = state.cooldowns.admit(viewer, faq.intent, product, now)
    if admission.at_ms is None:
        return "overload", state
    speaks = handbook.abilities.reply and state.modes.get(faq.intent, "auto") == "auto"
    reply = Reply(
        choice.phrase.id, choice.phrase.digest, faq.intent, product, choice.text,
        "send" if speaks else "suggest", admission.at_ms, now + handbook.time_to_live_ms,
    )  # fmt: skip
    used = {**state.used, choice.phrase.id: now}
    return reply, msgspec.structs.replace(state, cooldowns=cooldowns, used=used)


def _silence_before_choosing(
    comment: Comment, faq: Faq, state: RoomState, handbook: Handbook
) -> Withheld | None:
    if comment.mirrored:
        return "mirrored"
    if comment.viewer.role != "viewer":
        return "staff"
    if not state.replies_on or state.modes.get(faq.intent) == "off":
        return "operator_off"
    if state.platform_draw and normalise(state.platform_draw) == normalise(comment.text):
        return "platform_draw"
    if state.now_ms - comment.at_ms > BACKLOG_MS:
        return "backlog"
    return None


_ASKING = ("吗", "么", "多少", "什么", "怎么", "几", "哪", "啥", "咋", "能不能", "有没有", "可不可以", "求")


def asks(normal: str) -> bool:
    """Whether normalised text looks like a question by its words; bare question marks ask nothing.

    Used only to say `unsure` instead of nothing, so that the desk sees what was left unanswered.
    """
    return any(word in normal for word in _ASKING)
