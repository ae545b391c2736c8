"""How a room is spoken in: into how many messages an answer goes."""

from __future__ import annotations

import pytest

from bot.outbox import Passed, Rules
from replies.errors import PhraseRefused
from tests.builders import PRICE

LONG = Passed(PRICE, "身高一米六穿M码，一米七穿L码。拿不准就两件都拍，不合适的退回来", "")


def test_a_room_without_a_limit_takes_it_whole() -> None:
    assert Rules().parts(LONG) == (LONG.text,)


def test_a_room_with_a_limit_takes_it_in_parts() -> None:
    parts = Rules(limit=25).parts(LONG)
    assert len(parts) == 2
    assert all(len(part) <= 25 for part in parts)


def test_the_disclosure_goes_with_every_part() -> None:
    passed = Passed(PRICE, LONG.text + "。限今天", "限今天")
    assert all(part.endswith("限今天") for part in Rules(limit=30).parts(passed))


def test_what_does_not_go_into_parts_is_refused_by_name() -> None:
    with pytest.raises(PhraseRefused) as refused:
        Rules(limit=8).parts(LONG)
    assert (refused.value.reason, refused.value.phrase_id) == ("too_long", PRICE.id)


def test_a_room_nobody_has_ruled_on_is_not_silenced() -> None:
    rules = Rules()
    assert (rules.silence(), rules.allowance(), rules.echoes(), rules.own_uid()) == (None, None, False, None)
