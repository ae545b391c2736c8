"""What a batch leaves in the record."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from bot.policy import Instruction
from tests.bot.stores import commit, journal_in
from tests.builders import SHOP, comment


def test_instructions_are_recorded_without_viewers_and_goods(tmp_path: Path) -> None:
    told = [
        Instruction("settled", "house", {"viewers": ["uid-of-a-viewer"]}),
        Instruction("shop", "store", {"shop": SHOP}),
        Instruction("red_on", "amy", {"reason": "价格说错了"}),
    ]
    with journal_in(tmp_path) as journal:
        commit(journal, None, comment("a"), *told)
        with journal.store.read() as conn:
            bodies = [str(row[0]) for row in conn.execute(text("SELECT body FROM audit_record ORDER BY seq"))]
    instructed = "".join(body for body in bodies if '"instruction"' in body)
    assert "uid-of-a-viewer" not in "".join(bodies)
    assert "羊毛大衣" not in "".join(bodies)
    for kind, data in (("settled", '"viewers":1'), ("shop", '"products":2'), ("red_on", "价格说错了")):
        assert f'"kind":"{kind}"' in instructed
        assert data in instructed
