"""A room's state as bytes and back."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.bait import Provoking
from bot.comment import RoomKey
from bot.policy import OpenDraw, OpenPoll, OpenWave, RoomState
from bot.storage.state import decode_state, encode_state
from replies.cooldown import Cooldowns, Limits
from replies.facts import Shop
from tests.builders import NOON, ROOM, SHOP

FULL = RoomState(
    ROOM, "s1", NOON, True, 7, NOON + 5, "P1", False, {"price": "suggest"}, "福袋",
    OpenDraw(
        "d1", "", NOON, NOON + 9, frozenset({"boss"}), frozenset({"bad"}), frozenset({"won"}), "rain",
        waves=(OpenWave("红包", NOON, NOON + 4), OpenWave("雨", NOON + 4, NOON + 9)), follow=True, fan_level=3,
    ),
    Cooldowns(Limits(gap_ms=7), {("a", "price"): 5}, {("price", None): 6, ("price", "P1"): 7}, (5, 6)), {"p-1": 4},
    quiet=True, red="口误", on_duty=True, held={"P1": 1, "*": 2}, aggrieved={"a": 3},
    provoking=Provoking({"a": (1, 2, 3)}, {"b": 4}), floors={"price": 0.5}, said={"59元": 8},
    poll=OpenPoll("p1", "颜色", ("黑", "白")), latest_draw="d1",
)  # fmt: skip


def test_everything_that_is_not_rebuilt_comes_back() -> None:
    assert decode_state(encode_state(FULL)) == FULL
    assert decode_state(encode_state(msgspec.structs.replace(FULL, shop=SHOP))).shop == Shop()


@pytest.mark.parametrize("name", RoomState.__struct_fields__)
def test_every_field_was_given_something_to_lose(name: str) -> None:
    """A field added later has to be put into FULL, or it is not seen to come back."""
    if name in ("room", "shop", "entered", "voted", "seen"):
        return
    assert getattr(FULL, name) != getattr(RoomState(ROOM), name)


def test_a_state_of_an_earlier_version_is_read_with_the_defaults() -> None:
    old = json.loads(encode_state(RoomState(ROOM, "s1", NOON, now_ms=NOON, modes={"price": "off"})))
    for name in (
        "quiet",
        "red",
        "on_duty",
        "held",
        "aggrieved",
        "provoking",
        "floors",
        "said",
        "poll",
        "latest_draw",
    ):
        del old[name]
    old["cooldowns"] = {"viewers": [], "answers": [["price", None, NOON]], "next_free_ms": NOON + 3_000}
    old["limits"] = {"viewer_ms": 60_000, "merge_ms": 20_000, "gap_ms": 3_000, "ttl_ms": 20_000, "gone_ms": 1}
    state = decode_state(json.dumps(old).encode())
    cooldowns = Cooldowns(Limits(ttl_ms=20_000), answers={("price", None): NOON}, slots=(NOON,))
    assert state == RoomState(ROOM, "s1", NOON, now_ms=NOON, modes={"price": "off"}, cooldowns=cooldowns)


uids = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(uids, st.integers(0, 2**52), max_size=4), st.dictionaries(uids, st.floats(0, 1), max_size=4), uids,
    st.booleans(),
)  # fmt: skip
def test_whatever_the_names_the_state_comes_back(
    marks: dict[str, int], floors: dict[str, float], reason: str, on: bool
) -> None:
    state = RoomState(
        RoomKey("bridge", reason), aggrieved=marks, held=marks, floors=floors, red=reason, quiet=on, on_duty=on,
        provoking=Provoking({uid: (at,) for uid, at in marks.items()}, marks),
    )  # fmt: skip
    assert decode_state(encode_state(state)) == state
