"""What people (and the draw's own timetable) tell a room, folded in between two comments.

Data come from pages, scripts and files. `vetted` refuses what makes no sense before it is queued, with a sentence for
whoever sent it; `obey` runs inside a batch where nobody can be asked, so it never raises and passes over what it
cannot read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec

from bot.errors import NotAllowed
from bot.news import FactChange, is_time, possible, with_changes, words
from bot.polls import fits
from bot.room_state import EVERYTHING, OpenDraw, OpenPoll, ReplyMode, RoomState
from replies.facts import Shop

InstructionKind = Literal[
    "replies_on", "replies_off", "red_on", "red_off", "quiet_on", "quiet_off", "duty", "mode", "floor", "on_show",
    "hold", "release", "settled", "fact", "shop", "draw_open", "draw_close", "poll_open", "poll_close",
    "end_session",
]  # fmt: skip

SILENCING = frozenset({"replies_off", "red_on"})
"""Heeded from the moment they are given, whatever is still waiting to be judged before them."""

MAX_NAMED = 500
"""Most intents with a mode or a floor of their own."""

MAX_NAME = 100
MAX_REASON = 60


class Instruction(msgspec.Struct, frozen=True):
    """One thing told. `by` is a login, or what gives it by itself (draw, store, idle). `data` by kind:

    replies_on, replies_off, red_off, quiet_on, quiet_off: nothing · red_on {reason} · duty {on} · mode {intent, mode} ·
    floor {intent, score 0-1 or None} · on_show {product: id or None} · hold, release {product: id or EVERYTHING} ·
    settled {viewers: uids} · fact {product: id or None, name, value, show_end, valid_until_ms} · shop {shop: Shop} ·
    draw_open {draw: OpenDraw} · draw_close {draw_id} · poll_open {poll: OpenPoll} · poll_close {poll_id} ·
    end_session {reason}.
    """

    kind: InstructionKind
    by: str
    data: dict[str, object] = msgspec.field(default_factory=dict)


def obey(instruction: Instruction, state: RoomState) -> RoomState:
    """The state after `instruction`; unchanged when its data cannot be read. Never raises."""
    after = _follow(instruction, state)
    return state if after is None else after


def vetted(instruction: Instruction, state: RoomState) -> Instruction:
    """`instruction`, if the room as it stands could follow it. Raises NotAllowed, saying what was wrong with it."""
    if _follow(instruction, state) is None:
        raise NotAllowed(
            f"This cannot be done in the room: {_WANTED.get(instruction.kind, 'it is not known here.')}"
        )
    return instruction


def _follow(instruction: Instruction, state: RoomState) -> RoomState | None:
    """The state after, or None when the room cannot follow."""
    if not isinstance(instruction.data, dict):
        return None
    if instruction.kind == "end_session":  # it changes the session, which is the pipeline's
        return state
    change = _KINDS.get(instruction.kind) if isinstance(instruction.kind, str) else None
    return None if change is None else change(instruction.data, state)


def recorded(instruction: Instruction) -> dict[str, object]:
    """The data as they may stand in the record: no staff (the draw has a record of its own), no goods, no uids."""
    data = dict(instruction.data)
    match instruction.kind:
        case "draw_open":
            draw = data.pop("draw", None)
            told = draw.get("draw_id") if isinstance(draw, dict) else getattr(draw, "draw_id", None)
            return data | {"draw_id": told}
        case "poll_open":
            poll = data.pop("poll", None)
            told = poll.get("poll_id") if isinstance(poll, dict) else getattr(poll, "poll_id", None)
            return data | {"poll_id": told}
        case "shop":
            shop = data.pop("shop", None)
            return data | ({"products": len(shop.products)} if isinstance(shop, Shop) else {})
        case "settled":
            viewers = data.pop("viewers", ())
            return data | {"viewers": len(viewers) if isinstance(viewers, list | tuple) else 0}
    return data


def fact_in(instruction: Instruction, state: RoomState) -> FactChange | None:
    """The fact a `fact` instruction sets; None for other kinds and for what cannot be true."""
    data = instruction.data
    until, show_end = data.get("valid_until_ms"), data.get("show_end")
    product, name = data.get("product"), data.get("name")
    if instruction.kind != "fact" or not isinstance(name, str) or not is_time(until):
        return None
    if not (product is None or isinstance(product, str)) or not (show_end is None or type(show_end) is bool):
        return None
    ends = until is None if show_end is None else show_end
    change = FactChange(product, name, words(data.get("value")), "desk", until, bool(ends), state.now_ms)
    return change if possible(change, state.shop) else None


# Each gives the state after, or None when the data make no sense.

Change = Callable[[Mapping[str, object], RoomState], RoomState | None]


def _replies_on(_: Mapping[str, object], state: RoomState) -> RoomState:
    return msgspec.structs.replace(state, replies_on=True)


def _replies_off(_: Mapping[str, object], state: RoomState) -> RoomState:
    return msgspec.structs.replace(state, replies_on=False)


def _red_on(data: Mapping[str, object], state: RoomState) -> RoomState:
    """A red light is never refused: whatever reason was given, the room falls silent."""
    given = data.get("reason", "")
    reason = given[:1000] if isinstance(given, str) else ""
    plain = "".join(one for one in reason if unicodedata.category(one)[0] != "C")
    return msgspec.structs.replace(state, red=plain[:MAX_REASON])


def _red_off(_: Mapping[str, object], state: RoomState) -> RoomState:
    return msgspec.structs.replace(state, red=None)


def _quiet_on(_: Mapping[str, object], state: RoomState) -> RoomState:
    return msgspec.structs.replace(state, quiet=True)


def _quiet_off(_: Mapping[str, object], state: RoomState) -> RoomState:
    return msgspec.structs.replace(state, quiet=False)


def _duty(data: Mapping[str, object], state: RoomState) -> RoomState | None:
    on = data.get("on")
    return msgspec.structs.replace(state, on_duty=on) if isinstance(on, bool) else None


def _mode(data: Mapping[str, object], state: RoomState) -> RoomState | None:
    intent = _name(data.get("intent"))
    try:
        mode = msgspec.convert(data.get("mode"), ReplyMode)
    except msgspec.ValidationError:
        return None
    if intent is None or (intent not in state.modes and len(state.modes) >= MAX_NAMED):
        return None
    return msgspec.structs.replace(state, modes={**state.modes, intent: mode})


def _floor(data: Mapping[str, object], state: RoomState) -> RoomState | None:
    intent, score = _name(data.get("intent")), data.get("score")
    if intent is None:
        return None
    floors = {name: least for name, least in state.floors.items() if name != intent}
    if score is None:
        return msgspec.structs.replace(state, floors=floors)
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        return None
    if len(floors) >= MAX_NAMED:
        return None
    return msgspec.structs.replace(state, floors={**floors, intent: float(score)})


def _on_show(data: Mapping[str, object], state: RoomState) -> RoomState | None:
    product = data.get("product")
    if product is not None and (not isinstance(product, str) or state.shop.product(product) is None):
        return None
    return msgspec.structs.replace(state, on_show=product)


def _hold(data: Mapping[str, object], state: RoomState) -> RoomState | None:
    product = data.get("product")
    if not isinstance(product, str) or (product != EVERYTHING and state.shop.product(product) is None):
        return None
    return msgspec.structs.replace(state, held={product: state.now_ms, **state.held})


def _release(data: Mapping[str, object], state: RoomState) -> RoomState | None:
    """Exactly what is named: letting go of EVERYTHING lets go of no product that was held back by itself."""
    product = data.get("product")
    if not isinstance(product, str):
        return None
    return msgspec.structs.replace(state, held={one: at for one, at in state.held.items() if one != product})


def _settled(data: Mapping[str, object], state: RoomState) -> RoomState | None:
    viewers = data.get("viewers")
    if not isinstance(viewers, list | tuple):
        return None
    gone = {uid for uid in viewers if isinstance(uid, str)}
    left = {uid: at for uid, at in state.aggrieved.items() if uid not in gone}
    return msgspec.structs.replace(state, aggrieved=left)


def _fact(data: Mapping[str, object], state: RoomState) -> RoomState | None:
    change = fact_in(Instruction("fact", "", dict(data)), state)
    return (
        None if change is None else msgspec.structs.replace(state, shop=with_changes(state.shop, (change,)))
    )


def _shop(data: Mapping[str, object], state: RoomState) -> RoomState | None:
    shop = data.get("shop")
    if not isinstance(shop, Shop):
        return None
    on_show = state.on_show if shop.product(state.on_show) is not None else None
    return msgspec.structs.replace(state, shop=shop, on_show=on_show)


def _draw_open(data: Mapping[str, object], state: RoomState) -> RoomState | None:
    try:
        opened = msgspec.convert(data.get("draw"), OpenDraw)
    except msgspec.ValidationError:
        return None
    # Told again after a restart: who is in stays in.
    again = state.draw is not None and state.draw.draw_id == opened.draw_id
    entered = state.entered if again else ()
    return msgspec.structs.replace(state, draw=opened, entered=entered, latest_draw=opened.draw_id)


def _draw_close(data: Mapping[str, object], state: RoomState) -> RoomState:
    """Closing a draw that is not open changes nothing, and is no mistake: its timetable may tell it twice."""
    if state.draw is None or state.draw.draw_id != data.get("draw_id"):
        return state
    return msgspec.structs.replace(state, draw=None, entered=())


def _poll_open(data: Mapping[str, object], state: RoomState) -> RoomState | None:
    try:
        opened = msgspec.convert(data.get("poll"), OpenPoll)
    except msgspec.ValidationError:
        return None
    if not fits(opened):
        return None
    again = state.poll is not None and state.poll.poll_id == opened.poll_id
    return msgspec.structs.replace(state, poll=opened, voted=state.voted if again else ())


def _poll_close(data: Mapping[str, object], state: RoomState) -> RoomState:
    """Closing a poll that is not open changes nothing."""
    if state.poll is None or state.poll.poll_id != data.get("poll_id"):
        return state
    return msgspec.structs.replace(state, poll=None, voted=())


def _name(value: object) -> str | None:
    """The name of an intent, if it is one of reasonable length."""
    return value if isinstance(value, str) and 0 < len(value) <= MAX_NAME else None


_KINDS: dict[str, Change] = {
    "replies_on": _replies_on, "replies_off": _replies_off, "red_on": _red_on, "red_off": _red_off,
    "quiet_on": _quiet_on, "quiet_off": _quiet_off, "duty": _duty, "mode": _mode, "floor": _floor,
    "on_show": _on_show, "hold": _hold, "release": _release, "settled": _settled, "fact": _fact, "shop": _shop,
    "draw_open": _draw_open, "draw_close": _draw_close, "poll_open": _poll_open, "poll_close": _poll_close,
}  # fmt: skip

_WANTED: dict[str, str] = {
    "duty": "say whether somebody is on duty, yes or no.",
    "mode": "name a question, and auto, suggest or off.",
    "floor": "name a question, and a score from 0 to 1 or nothing.",
    "on_show": "the product on show must be one of the shop's.",
    "hold": "what is held back must be one of the shop's products, or everything.",
    "release": "name what is no longer held back.",
    "settled": "give the viewers as a list.",
    "fact": "name a product of the shop, a known fact and 1 to 60 characters of plain text, with a time in ms or none.",
    "shop": "the goods are given as a shop.",
    "draw_open": "the draw is not complete.",
    "poll_open": "a poll has a question and 1 to 6 different options of 1 to 40 characters.",
}
