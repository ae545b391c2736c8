from __future__ import annotations

import dataclasses

import pytest

from bot.console.draw_plan import planned
from bot.draws.presets import SHIPPED
from lottery import life
from lottery.life import Place
from lottery.rules import PRESETS
from lottery.signer import SigningKey
from tests.bot.draws.test_presets import whole

NOW = 1_790_000_000_123


@pytest.mark.parametrize("id", SHIPPED)
@pytest.mark.parametrize("timing", PRESETS)
def test_the_plan_is_what_pressing_start_fixes(id: str, timing: str) -> None:
    """Against the commitment itself: the page must not promise another round or another time."""
    sheet = dataclasses.replace(whole(SHIPPED[id]), lead_s=7)
    made = life.announce(
        sheet, "draw-1", Place("practice", "1", 1), bytes(32), SigningKey.from_seed(bytes(32)), NOW, timing,
        answer_salt=bytes(32),
    ).record  # fmt: skip
    plan, terms = planned(sheet, timing, NOW), made.terms
    assert terms is not None
    assert (plan.announced_ms, plan.opens_ms, plan.closes_ms) == (NOW, terms.open_at, terms.close_at)
    assert (plan.publish_ms, plan.claim_ms) == (terms.publish_by, terms.claim_by)
    assert (plan.beacon_ms, plan.challenge_ms) == (made.beacon.due_ms, made.deadline_ms)
    assert plan.round == (None if timing == "practice" else made.beacon.round)
    assert [name for name, _ in plan.steps] == ["announced", "open", "closed", "challenge", "beacon", "claim"]
    assert [at for _, at in plan.steps] == sorted(at for _, at in plan.steps)
