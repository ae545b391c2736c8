from __future__ import annotations

from pathlib import Path

import pytest

from bot.app.console_presets import ConsolePresets
from bot.draws.presets import SHIPPED
from bot.errors import NotAllowed
from tests.bot.draws.test_presets import whole
from tests.bot.stores import journal_in

SHEET = whole(SHIPPED["quiz"])


async def test_the_shops_own_stand_before_the_shipped_ones(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        presets = ConsolePresets(journal, lambda: 7)
        assert [one.preset for one in await presets.offered("甲")] == list(SHIPPED.values())
        id = await presets.save("甲", "晚场答题", SHEET, "large", by="mei")
        own, *rest = await presets.offered("甲")
        assert [one.preset for one in rest] == list(SHIPPED.values())
        assert (own.kept, own.by, own.changed_ms) == (True, "mei", 7)
        assert (own.preset.id, own.preset.zh, own.preset.timing, own.preset.sheet) == (
            id,
            "晚场答题",
            "large",
            SHEET,
        )
        assert await presets.preset(id) == own
        assert await presets.offered("乙") == rest
        await presets.remove(id, by="mei")
        assert await presets.preset(id) is None


async def test_shipped_ones_cannot_be_taken_away(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        presets = ConsolePresets(journal, lambda: 7)
        shipped = await presets.preset("quiz")
        assert shipped is not None
        assert not shipped.kept
        for id in ("quiz", "nothing", "-1", "1" * 30):
            with pytest.raises(NotAllowed):
                await presets.remove(id, by="mei")
            assert id == "quiz" or await presets.preset(id) is None


async def test_one_that_this_version_cannot_read_is_left_out(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        presets = ConsolePresets(journal, lambda: 7)
        id = journal.save_draw_preset("", "of tomorrow", "keyword", {"preset": "quantum"}, by="mei", now_ms=1)
        assert await presets.preset(str(id)) is None
        assert len(await presets.offered("")) == len(SHIPPED)
