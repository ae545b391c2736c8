from __future__ import annotations

import msgspec
import pytest

from bot.approval import ApprovalRefused, Grant, grant
from bot.errors import NotAllowed
from bot.storage.audit import verify
from bot.storage.journal import Journal
from bot.storage.values import ExemptionRow

from .conftest import Wall
from .review import DAY, PDF, T0, approver, people


@pytest.fixture
def file(journal: Journal) -> str:
    people(journal)
    return journal.keep_evidence(PDF, "r.pdf", "application/pdf", by="ann")


def given(journal: Journal, id: int, by: str, *, glass: bool = False) -> ExemptionRow:
    matter, now_ms = journal.exemption_matter(id), journal.now()
    allowed = grant(
        matter, approver(by, now_ms), journal.duty_mode(), readings=(), now_ms=now_ms, break_glass=glass
    )
    mode = journal.duty_mode()
    return journal.grant_exemption(id, grant=allowed, approver=approver(by, now_ms), mode=mode)


def test_an_exemption_is_granted_by_another_person_and_ends(journal: Journal, file: str) -> None:
    one = journal.add_exemption(
        "p-1", "A01", "第三方统计", [file, file], author="ann", valid_until_ms=T0 + DAY
    )
    assert (one.state, one.evidence, one.holds(T0)) == ("draft", (file,), False)
    with pytest.raises(ApprovalRefused) as caught:
        given(journal, one.id, "ann")
    assert caught.value.code == "own_work"
    done = given(journal, one.id, "cat")
    assert (done.state, done.granted_by) == ("granted", "cat")
    assert (done.holds(T0 + DAY - 1), done.holds(T0 + DAY)) == (True, False)
    assert journal.exemptions("p-1", "granted") == [done]
    assert journal.exemptions("p-2") == journal.exemptions(state="draft") == []
    with pytest.raises(NotAllowed, match="cannot be granted"):
        given(journal, one.id, "cat")
    assert journal.withdraw_exemption(one.id, by="eve").state == "withdrawn"
    with pytest.raises(NotAllowed, match="cannot be granted"):
        given(journal, one.id, "cat")
    assert verify(journal.store).first_bad is None


def test_it_needs_evidence_a_reason_and_its_names(journal: Journal, file: str) -> None:
    for phrase_id, rule, reason, evidence in (
        ("p-1", "A01", "x", []), ("p-1", "A01", "x", ["0" * 64]), ("p-1", "A01", " ", [file]),
        ("p-1", "", "x", [file]), ("", "A01", "x", [file]),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            journal.add_exemption(phrase_id, rule, reason, evidence, author="ann")
    for act in (journal.exemption_matter, lambda id: journal.withdraw_exemption(id, by="ann")):
        with pytest.raises(NotAllowed, match="no exemption"):
            act(7)
    assert journal.exemptions() == []


def test_nobody_alone_grants_one_in_any_mode(journal: Journal, file: str, wall: Wall) -> None:
    one = journal.add_exemption("p-1", "A01", "x", [file], author="dan")
    with pytest.raises(ApprovalRefused) as caught:
        given(journal, one.id, "dan", glass=True)
    assert caught.value.code == "mode"
    journal.set_duty_mode("solo", by="dan")
    wall.ms += DAY
    with pytest.raises(ApprovalRefused) as caught:
        given(journal, one.id, "dan")
    assert caught.value.code == "exempted"
    made_up = Grant(
        "x", None, "exemption", str(one.id), journal.exemption_matter(one.id).digest, "dan", "solo"
    )
    for forged in (made_up, msgspec.structs.replace(made_up, break_glass=True)):
        with pytest.raises(ApprovalRefused):
            journal.grant_exemption(one.id, grant=forged, approver=approver("dan", wall.ms), mode="solo")
    other = journal.add_exemption("p-1", "A02", "x", [file], author="dan")
    with pytest.raises(ApprovalRefused) as caught:
        journal.grant_exemption(other.id, grant=made_up, approver=approver("cat", wall.ms), mode="solo")
    assert caught.value.code == "changed"
