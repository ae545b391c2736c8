"""The people of the settings have accounts, and their Telegram presses count as theirs."""

from __future__ import annotations

from pathlib import Path

from bot.app.staffing import staff
from bot.settings import PersonSettings
from bot.storage.readings import Readings
from tests.bot.stores import journal_in


def test_accounts_follow_the_settings_and_nothing_new_makes_no_record(tmp_path: Path) -> None:
    with journal_in(tmp_path) as journal:
        mei = PersonSettings(login="mei", name="梅", telegram_id=77)
        assert staff(journal, [mei]) == ["mei"]
        pressed = journal.by_telegram("77")
        assert pressed is not None
        assert (pressed.login, pressed.name, pressed.role) == ("mei", "梅", "moderator")
        before = Readings(journal.store).chains()["house"]
        staff(journal, [mei])
        assert Readings(journal.store).chains()["house"] == before
        staff(journal, [PersonSettings(login="mei", roles=("moderator", "operator"), telegram_id=78)])
        moved = journal.by_telegram("78")
        assert moved is not None
        assert (moved.name, moved.role) == ("mei", "moderator,operator")
        assert journal.by_telegram("77") is None
