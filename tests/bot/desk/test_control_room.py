from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.comment import Happening
from bot.desk.control_room import AIR_MS, PLACES, ControlRoom, placed
from bot.policy import Instruction
from tests.bot.desk.room import KEY, Room

KEYS = st.lists(st.sampled_from([f"q{n}" for n in range(14)]), unique=True, max_size=14)


def control_of(room: Room) -> ControlRoom:
    return ControlRoom(room.place, room.voice, lambda text: ())


def test_a_question_keeps_its_place_while_it_is_open() -> None:
    before = placed([], ["a", "b", "c", "d", "e", "f"])
    assert before == ["a", "b", "c", "d", "e"]
    assert placed(before, ["f", "e", "d", "c", "b", "a"]) == before
    assert placed(before, ["f", "a", "c", "d", "e"]) == ["a", "f", "c", "d", "e"]


def test_what_fell_far_behind_makes_room() -> None:
    ranked = [f"n{n}" for n in range(10)]
    assert placed(["old"], [*ranked, "old"]) == ranked[:5]
    assert placed(["old"], [*ranked, "old"], ["old"])[0] == "old"


def test_a_pinned_one_takes_the_last_place_of_one_that_is_not() -> None:
    full = ["a", "b", "c", "d", "e"]
    assert placed(full, [*full, "f"], ["f"]) == ["a", "b", "c", "d", "f"]


@settings(max_examples=120, deadline=None)
@given(KEYS, KEYS, KEYS)
def test_places_are_never_double_never_invented_and_never_wasted(
    before: list[str], ranked: list[str], pinned: list[str]
) -> None:
    found = placed(before[:PLACES], ranked, pinned)
    shown = [one for one in found if one]
    assert len(shown) == len(set(shown)) == min(PLACES, len(ranked))
    assert set(shown) <= set(ranked)
    kept = set(ranked[: 2 * PLACES])
    if not set(pinned) & set(ranked):
        assert all(found[at] == key for at, key in enumerate(before[:PLACES]) if key in kept)


async def test_skip_pin_and_said() -> None:
    room = Room()
    control = control_of(room)
    control.pin("intent:price")
    assert control.pinned == ("intent:price",)
    await control.skip("intent:price", "mei")
    assert control.pinned == ()
    assert control.silenced() == {"intent:price": room.now}
    room.now += 5
    control.said(["intent:price", "intent:size"])
    assert control.silenced() == {"intent:price": room.now, "intent:size": room.now}
    control.pin("a")
    control.pin("a")
    assert control.pinned == ()


async def test_another_show_forgets_what_was_pinned_skipped_and_said() -> None:
    import msgspec

    room = Room()
    control = control_of(room)
    await control.skip("a", "mei")
    control.said(["b"])
    control.pin("c")
    control.settle(["c", "d"])
    room.now -= 3_600_000
    room.state = msgspec.structs.replace(room.state, session="s2")
    assert control.silenced() == {}
    assert control.pinned == ()
    assert control.settle(["d", "c"]) == ["d", "c"]


def test_a_question_is_on_air_for_a_while() -> None:
    room = Room()
    control = control_of(room)
    assert control.air == ""
    control.on_air("k", "多少钱")
    assert control.air == "多少钱"
    room.now += AIR_MS
    assert control.air == ""


async def test_one_key_takes_the_next_product_round_and_round() -> None:
    room = Room()
    control = control_of(room)
    order = [one.id for one in sorted(room.state.shop.products, key=lambda one: one.slot)]
    seen = []
    for _ in range(len(order) + 1):
        found = control.neighbour(1)
        assert found is not None
        await control.show(found.id, "mei")
        seen.append(room.state.on_show)
    assert seen == [*order, order[0]]
    found = control.neighbour(-1)
    assert found is not None
    assert found.id == order[-1]


async def test_the_next_item_puts_its_product_on_show() -> None:
    room = Room()
    control = control_of(room)
    product = room.state.shop.products[1]
    await control.order.add("product", "", None, product.id, "mei")
    await control.go_on("mei")
    await control.go_on("mei")
    assert room.state.on_show == product.id
    assert control.order.next is None


async def test_another_product_on_show_brings_its_phrase_whoever_changed_it() -> None:
    room = Room()
    control = control_of(room)
    phrase = next(one.id for one in room.library if one.scope == "any" and not one.slots)
    await control.timers.add(phrase, 60, "mei", on="product")
    told = Instruction("on_show", "mei", {"product": room.state.shop.products[0].id})
    await control.heard([], [told], room.now)
    assert control.timers.next_due() is not None
    other = control_of(Room(store=room.store))
    await other.heard([Happening(KEY, "product", room.now, room.now, data={"slot": 1})], [], room.now)
    assert other.timers.next_due() is not None
