from __future__ import annotations

import pytest

from bot.errors import Conflict, NotAllowed
from bot.storage.audit import verify
from bot.storage.journal import Journal

from .show import T0


def test_people_are_found_by_login_number_and_telegram(journal: Journal) -> None:
    li = journal.add_person("li", "李", "moderator", telegram_id="77")
    journal.add_person("hu", "胡", "compliance")
    journal.add_person("xu", "徐", "viewer")
    assert journal.by_login("li") == journal.by_telegram("77") == journal.person(li.id) == li
    assert journal.by_login("nobody") is None
    assert [one.login for one in journal.people()] == ["hu", "li", "xu"]


def test_logins_telegram_accounts_and_roles_are_checked(journal: Journal) -> None:
    journal.add_person("li", "李", "moderator", telegram_id="77")
    with pytest.raises(Conflict):
        journal.add_person("li", "另", "viewer")
    with pytest.raises(Conflict):
        journal.add_person("wang", "王", "viewer", telegram_id="77")
    with pytest.raises(NotAllowed, match="no role"):
        journal.add_person("wang", "王", "king")
    with pytest.raises(NotAllowed, match="no role"):
        journal.change_person("li", by="admin", role="king")
    with pytest.raises(NotAllowed, match="cannot be changed"):
        journal.change_person("li", by="admin", id=9)
    assert journal.change_person("li", by="admin", role="operator", active=False).active is False
    assert verify(journal.store).first_bad is None


def test_nobody_makes_himself_or_another_an_approver_but_an_administrator(journal: Journal) -> None:
    for login, role in (("ann", "operator"), ("dan", "admin"), ("old", "admin")):
        journal.add_person(login, login, role)
    journal.change_person("old", by="dan", active=False)
    with pytest.raises(NotAllowed, match="own role"):
        journal.change_person("dan", by="dan", role="admin,compliance")
    for by in ("ann", "old"):
        with pytest.raises(NotAllowed, match="administrator"):
            journal.change_person("old", by=by, active=True)
        with pytest.raises(NotAllowed, match="administrator"):
            journal.add_person("puppet", "x", "admin", by=by)
    with pytest.raises(NotAllowed, match="administrator"):
        journal.change_person("old", by="ann", role="viewer")
    assert journal.change_person("ann", by="ann", lang="en").lang == "en"
    assert journal.change_person("ann", by="dan", role="operator,compliance").role == "operator,compliance"


def test_a_login_link_works_once_and_in_time(journal: Journal) -> None:
    journal.add_person("li", "李", "moderator")
    token = journal.make_login_link("li", T0, lifetime_ms=1_000)
    assert journal.use_login_link(token, T0 + 999).login == "li"
    for bad, now_ms in (
        (token, T0),
        ("nonsense\ud800", T0),
        (journal.make_login_link("li", T0, 1_000), T0 + 1_000),
    ):
        with pytest.raises(NotAllowed):
            journal.use_login_link(bad, now_ms)
    with journal.store.read() as conn:
        kept = [bytes(row[0]) for row in conn.exec_driver_sql("SELECT token_hash FROM login_link")]
    assert all(token.encode() not in one for one in kept)


def test_who_is_switched_off_gets_no_link_and_uses_none(journal: Journal) -> None:
    journal.add_person("li", "李", "moderator")
    token = journal.make_login_link("li", T0)
    journal.change_person("li", by="admin", active=False)
    with pytest.raises(NotAllowed):
        journal.use_login_link(token, T0)
    with pytest.raises(NotAllowed):
        journal.make_login_link("li", T0)
