"""The values a decision is told in."""

from __future__ import annotations

import msgspec
import pytest

from bot.decision import Capabilities, Decision, Escalation, Mask, Priority, Reply, Said


def test_a_room_of_which_nothing_is_known_may_only_be_read() -> None:
    unknown = Capabilities()
    assert unknown.read
    rights = (unknown.reply, unknown.delete, unknown.mute, unknown.links_allowed, unknown.replays_gaps)
    assert not any(rights)


def test_a_platform_that_names_no_limit_has_no_pace() -> None:
    assert Capabilities().pace is None


def test_a_person_goes_before_a_draw_before_a_buyer_before_the_others_before_a_timer() -> None:
    order = [
        Priority.PERSON,
        Priority.NOTICE,
        Priority.BUYING,
        Priority.FRESH,
        Priority.ANSWER,
        Priority.TIMED,
    ]
    assert sorted(Priority, reverse=True) == order


def test_an_empty_decision_does_nothing() -> None:
    nothing = Decision()
    assert nothing == Decision(None, None, None, None, None, False, (), ())


REPLY = Reply("p", "d", "price", None, "t", "send", 0, 1)


@pytest.mark.parametrize("value", [Decision(), Escalation((), 1, True), Mask("I01"), Said("sent"), REPLY])
def test_values_cannot_be_changed(value: msgspec.Struct) -> None:
    with pytest.raises(AttributeError):
        setattr(value, value.__struct_fields__[0], None)
