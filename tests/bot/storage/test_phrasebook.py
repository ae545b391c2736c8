"""The life of a phrase in the store, and attempts to get round its review."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bot.approval import SITTING_MS, SOLO_STAMP, SOLO_WAIT_MS, ApprovalRefused, DutyMode, Grant
from bot.errors import NotAllowed
from bot.storage.audit import verify
from bot.storage.journal import Journal
from bot.storage.phrase_rows import one_each

from .conftest import Wall
from .review import DAY, MINUTE, PDF, T0, approve, approver, granted, live, people, phrase, submitted


@pytest.fixture(autouse=True)
def _staff(journal: Journal) -> None:
    people(journal)


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(ApprovalRefused) as caught:
        act()
    return caught.value.code


def test_a_phrase_goes_from_draft_to_live_and_is_withdrawn(journal: Journal, wall: Wall) -> None:
    one = phrase(signed="practice", state="live", author="boss", reviewer="boss", tone="sales", merchant="a")
    row = journal.draft_phrase(one, by="ann", screen="desk-1")
    assert (row.state, row.signed, row.author, row.approval_id) == ("draft", "", "ann", None)
    assert (row.digest, row.substance, row.edited_ms) == (one.digest, one.substance, T0)
    assert row.body["state"] == "draft"
    assert journal.vouch_phrase(row.id, row.digest, T0, practice=True) == "not_live"
    wall.ms += MINUTE
    assert journal.submit_phrase(row.id, row.digest, by="bob").submitted_ms == T0 + MINUTE
    done = approve(journal, row, "cat")
    assert (done.state, done.approved_by, done.mode, done.stamp) == ("live", "cat", "pair", "双人审核")
    assert done.signed == f"approval:{done.approval_id}"
    assert journal.live_phrases() == [done]
    assert journal.vouch_phrase(row.id, row.digest, wall.ms, practice=False) is None
    journal.withdraw_phrase(row.id, row.digest, "eve", "not nice")
    assert journal.live_phrases() == []
    assert journal.vouch_phrase(row.id, row.digest, wall.ms, practice=True) == "not_live"
    assert verify(journal.store).first_bad is None


def test_every_step_is_a_record(journal: Journal, wall: Wall) -> None:
    row = submitted(journal, phrase())
    journal.return_phrase(row.id, row.digest, by="cat", reason="too long")
    row = live(journal, phrase())
    journal.withdraw_phrase(row.id, row.digest, "eve")
    with journal.store.read() as conn:
        found = conn.exec_driver_sql(
            "SELECT body FROM audit_record WHERE record_type = 'phrase' ORDER BY seq"
        )
        acts = [msgspec.json.decode(body)["data"]["act"] for (body,) in found]
    assert acts == ["drafted", "submitted", "returned", "submitted", "approved", "withdrawn"]


def test_steps_out_of_order_are_refused(journal: Journal) -> None:
    row = journal.draft_phrase(phrase(), by="ann", screen="desk-1")
    with pytest.raises(NotAllowed, match="cannot be returned"):
        journal.return_phrase(row.id, row.digest, by="cat", reason="")
    given = Grant("x", None, "phrase", row.id, row.substance or "", "cat", "pair")
    with pytest.raises(NotAllowed, match="cannot be approved"):
        journal.approve_phrase(
            row.id, row.digest, grant=given, approver=approver("cat", T0), mode="pair", now_ms=T0
        )
    journal.submit_phrase(row.id, row.digest, by="ann")
    with pytest.raises(NotAllowed, match="cannot be sent to review"):
        journal.submit_phrase(row.id, row.digest, by="ann")
    for act in (journal.submit_phrase, journal.withdraw_phrase):
        with pytest.raises(NotAllowed, match="There is no phrase"):
            act("none", "d", by="ann")
    with pytest.raises(NotAllowed, match="being approved"):
        journal.save_phrase(row.body, state="live", signed="me", by="ann")


def test_the_live_version_stays_until_the_next_is_approved(journal: Journal) -> None:
    first = live(journal, phrase())
    second = submitted(journal, phrase("价格看购物车"), by="bob")
    assert [one.digest for one in journal.live_phrases()] == [first.digest]
    with pytest.raises(NotAllowed, match="very words"):
        journal.draft_phrase(phrase(tone="sales"), by="bob")
    assert journal.draft_phrase(phrase(), by="bob").state == "live"
    approve(journal, second, "cat")
    assert {one.digest: one.state for one in journal.phrase_versions()} == {
        first.digest: "withdrawn", second.digest: "live"
    }  # fmt: skip
    assert [one.digest for one in one_each(journal.phrase_versions())] == [second.digest]
    third = journal.draft_phrase(phrase("第三版"), by="ann")
    assert one_each([*journal.phrase_versions("draft"), *journal.phrase_versions("withdrawn")]) == [third]


@pytest.mark.parametrize("more", [{"tone": "sales"}, {"merchant": "b"}, {"room": "bilibili:2"}])
def test_an_edit_of_what_the_digest_leaves_out_voids_submission_and_approval(
    journal: Journal, wall: Wall, more: dict[str, Any]
) -> None:
    row = submitted(journal, phrase(valid_from_ms=T0 + DAY))
    given = granted(journal, row, "cat")
    wall.ms += MINUTE
    edited = journal.draft_phrase(phrase(valid_from_ms=T0 + DAY, **more), by="bob", screen="desk-2")
    assert (edited.state, edited.digest, edited.author, edited.editors) == (
        "draft",
        row.digest,
        "ann",
        ("bob",),
    )
    assert (edited.substance != row.substance, edited.submitted_ms) == (True, None)
    again = journal.submit_phrase(row.id, row.digest, by="ann")
    cat = approver("cat", wall.ms)
    assert (
        refused(
            lambda: journal.approve_phrase(
                row.id, row.digest, grant=given, approver=cat, mode="pair", now_ms=wall.ms
            )
        )
        == "changed"
    )
    assert refused(lambda: approve(journal, again, "bob")) == "own_work"
    assert approve(journal, again, "cat").state == "approved"
    assert journal.draft_phrase(phrase(valid_from_ms=T0 + DAY), by="ann").state == "draft"
    wall.ms += DAY
    assert journal.advance_phrases(wall.ms) == []


def test_a_made_up_grant_gets_nothing_through(journal: Journal, wall: Wall) -> None:
    row = submitted(journal, phrase())

    def tried(by: str, mode: DutyMode = "pair", *, glass: bool = False, sitting_ms: int | None = T0) -> str:
        given = Grant("双人审核", None, "phrase", row.id, row.substance or "", by, mode, glass)
        who = msgspec.structs.replace(
            approver(by, T0), sitting_ms=sitting_ms, roles=frozenset({"admin", "compliance"})
        )
        return refused(
            lambda: journal.approve_phrase(
                row.id, row.digest, grant=given, approver=who, mode=mode, now_ms=T0 + DAY
            )
        )

    assert tried("ann") == "own_work"
    assert tried("ann", "solo") == "mode"
    assert tried("eve") == "role"
    assert tried("nobody") == "role"
    assert tried("cat", glass=True) == "role"
    assert tried("cat", sitting_ms=None) == "sitting"
    assert tried("cat", sitting_ms=T0 - SITTING_MS - 1) == "sitting"
    journal.change_person("cat", by="dan", active=False)
    assert tried("cat") == "role"
    journal.set_duty_mode("solo", by="dan")
    assert tried("ann", "solo") == "too_soon"
    wall.ms += SOLO_WAIT_MS
    assert tried("ann", "solo", sitting_ms=wall.ms) == "second_reading"
    other = submitted(journal, phrase("另一句", id="other"))
    given = Grant("x", None, "phrase", other.id, other.substance or "", "bob", "solo")
    assert (
        refused(
            lambda: journal.approve_phrase(
                row.id,
                row.digest,
                grant=given,
                approver=approver("bob", wall.ms),
                mode="solo",
                now_ms=wall.ms,
            )
        )
        == "changed"
    )


def test_alone_with_ten_minutes_and_another_screen(journal: Journal, wall: Wall) -> None:
    journal.set_duty_mode("solo", by="dan")
    row = submitted(journal, phrase())
    assert refused(lambda: approve(journal, row, "ann", "solo")) == "too_soon"
    wall.ms += SOLO_WAIT_MS
    journal.note_reading("phrase", row.id, row.digest, by="ann", screen="desk-1")
    assert refused(lambda: approve(journal, row, "ann", "solo")) == "second_reading"
    journal.note_reading("phrase", row.id, row.digest, by="ann", screen="phone")
    done = approve(journal, row, "ann", "solo")
    assert (done.state, done.stamp, done.mode) == ("live", SOLO_STAMP, "solo")
    assert [one.stamp for one in journal.approvals("phrase", row.id)] == [SOLO_STAMP]


def test_a_reading_before_the_edit_is_none_of_what_stands_there_now(journal: Journal, wall: Wall) -> None:
    journal.set_duty_mode("solo", by="dan")
    row = submitted(journal, phrase())
    wall.ms += 1
    journal.note_reading("phrase", row.id, row.digest, by="ann", screen="phone")
    journal.draft_phrase(phrase(tone="sales"), by="ann", screen="desk-1")
    wall.ms += SOLO_WAIT_MS
    journal.draft_phrase(phrase(), by="ann", screen="desk-1")  # back to what was read before
    again = journal.submit_phrase(row.id, row.digest, by="ann")
    assert refused(lambda: approve(journal, again, "ann", "solo")) == "too_soon"
    wall.ms += SOLO_WAIT_MS
    assert refused(lambda: approve(journal, again, "ann", "solo")) == "second_reading"


def test_break_glass_holds_for_a_day_and_is_reviewed_by_another(journal: Journal, wall: Wall) -> None:
    row = submitted(journal, phrase(), by="dan")
    done = approve(journal, row, "dan", break_glass=True)
    assert (done.break_glass, done.expires_ms) == (True, T0 + DAY)
    (task,) = journal.review_tasks()
    assert refused(lambda: journal.close_review_task(task.id, by="dan")) == "own_work"
    assert refused(lambda: journal.close_review_task(task.id, by="eve")) == "role"
    assert journal.close_review_task(task.id, by="cat").reviewed_by == "cat"
    assert journal.review_tasks() == []
    with pytest.raises(NotAllowed, match="no review task"):
        journal.close_review_task(task.id, by="cat")
    assert journal.vouch_phrase(row.id, row.digest, T0 + DAY - 1, practice=False) is None
    assert journal.vouch_phrase(row.id, row.digest, T0 + DAY, practice=False) == "expired"
    assert journal.advance_phrases(T0 + DAY - 1) == []
    assert [one.state for one in journal.advance_phrases(T0 + DAY)] == ["expired"]
    assert verify(journal.store).first_bad is None


def test_an_editor_does_not_close_the_review_either(journal: Journal) -> None:
    journal.draft_phrase(phrase(), by="ann")
    journal.draft_phrase(phrase(tone="sales"), by="bob")
    row = journal.submit_phrase("price-1", phrase().digest, by="bob")
    approve(journal, row, "dan", break_glass=True)
    (task,) = journal.review_tasks()
    for login in ("ann", "bob"):
        assert refused(lambda login=login: journal.close_review_task(task.id, by=login)) == "own_work"


def test_time_brings_approved_phrases_live_and_ends_them(journal: Journal, wall: Wall) -> None:
    first = live(journal, phrase())
    row = live(journal, phrase("双十一见", valid_from_ms=T0 + 10, valid_until_ms=T0 + 20))
    assert (row.state, journal.vouch_phrase(row.id, row.digest, T0 + 15, practice=False)) == (
        "approved",
        "not_live",
    )
    assert journal.advance_phrases(T0 + 9) == []
    assert [one.state for one in journal.advance_phrases(T0 + 10)] == ["live"]
    assert [one.digest for one in journal.live_phrases()] == [row.digest]
    version = journal.phrase_version(first.id, first.digest)
    assert version is not None
    assert version.state == "withdrawn"
    assert journal.vouch_phrase(row.id, row.digest, T0 + 9, practice=False) == "not_yet"
    assert [one.state for one in journal.advance_phrases(T0 + 20)] == ["expired"]
    assert journal.live_phrases() == []
    wall.ms += 100
    with pytest.raises(NotAllowed, match="run out"):
        live(journal, phrase("又来", id="late", valid_until_ms=T0 + 50))


def test_evidence_and_exemptions_must_be_there_and_hold(journal: Journal, wall: Wall) -> None:
    row = journal.draft_phrase(phrase(evidence=("0" * 64,)), by="ann")
    with pytest.raises(NotAllowed, match="not kept here"):
        journal.submit_phrase(row.id, row.digest, by="ann")
    file = journal.keep_evidence(PDF, "r.pdf", "application/pdf", by="ann")
    row = journal.draft_phrase(phrase(evidence=(file,), exemptions=("1",)), by="ann")
    with pytest.raises(NotAllowed, match="no exemption"):
        journal.submit_phrase(row.id, row.digest, by="ann")
    one = journal.add_exemption("price-1", "A01", "figures", [file], author="ann", valid_until_ms=T0 + DAY)
    row = journal.submit_phrase(row.id, row.digest, by="ann")
    assert refused(lambda: approve(journal, row, "cat")) == "exempted"
    given = _granted_exemption(journal, one.id, "cat")
    assert given.state == "granted"
    done = approve(journal, row, "cat")
    assert journal.vouch_phrase(row.id, row.digest, T0, practice=False) is None
    assert journal.vouch_phrase(row.id, row.digest, T0 + DAY, practice=False) == "exemption"
    journal.withdraw_exemption(one.id, by="eve", reason="lapsed")
    assert journal.vouch_phrase(row.id, row.digest, T0, practice=False) == "exemption"
    assert [(one.digest, one.state) for one in journal.advance_phrases(T0)] == [(done.digest, "expired")]


def _granted_exemption(journal: Journal, id: int, by: str) -> Any:
    from bot.approval import grant

    matter, now_ms = journal.exemption_matter(id), journal.now()
    given = grant(matter, approver(by, now_ms), "pair", readings=(), now_ms=now_ms)
    return journal.grant_exemption(id, grant=given, approver=approver(by, now_ms), mode="pair")


def test_rows_forged_from_outside_are_vouched_for_by_nobody(journal: Journal) -> None:
    row = live(journal, phrase())
    other = live(journal, phrase("正品保证", id="real-1", intent="authenticity"))

    def forge(statement: str, *values: object) -> None:
        with journal.store.write() as conn:
            mark = "?" if conn.dialect.name == "sqlite" else "%s"
            conn.exec_driver_sql(statement.replace("?", mark), values)

    def vouched(id: str = row.id, digest: str = row.digest) -> str | None:
        return journal.vouch_phrase(id, digest, T0, practice=True)

    assert vouched() is None
    body = msgspec.json.encode({**row.body, "text": "全网最低价"}).decode()
    forge("UPDATE phrase_version SET body = ? WHERE id = ?", body, row.id)
    assert vouched() == "not_approved"
    body = msgspec.json.encode({**row.body, "tone": "sales"}).decode()
    forge("UPDATE phrase_version SET body = ? WHERE id = ?", body, row.id)
    assert vouched() == "not_approved"
    body = msgspec.json.encode({**row.body, "more": 1}).decode()
    forge("UPDATE phrase_version SET body = ? WHERE id = ?", body, row.id)
    assert vouched() == "not_approved"
    forge("UPDATE phrase_version SET body = ?, approval_id = ? WHERE id = ?", msgspec.json.encode(row.body).decode(),
          other.approval_id, row.id)  # fmt: skip
    assert vouched() == "not_approved"
    forge("UPDATE phrase_version SET approval_id = NULL WHERE id = ?", row.id)
    assert vouched() == "not_approved"
    assert vouched("none") == "unknown"


def test_what_was_changed_outside_while_in_review_is_not_approved(journal: Journal) -> None:
    row = submitted(journal, phrase())
    body = msgspec.json.encode({**row.body, "text": "全网最低价"}).decode()
    with journal.store.write() as conn:
        mark = "?" if conn.dialect.name == "sqlite" else "%s"
        conn.exec_driver_sql(f"UPDATE phrase_version SET body = {mark}", (body,))
    assert refused(lambda: approve(journal, row, "cat")) == "changed"


def test_two_people_can_keep_a_phrase_in_turns(journal: Journal, wall: Wall) -> None:
    live(journal, phrase("一"), by="ann", approved_by="bob")
    wall.ms += MINUTE
    two = submitted(journal, phrase("二"), by="bob")
    assert two.editors == ()
    assert refused(lambda: approve(journal, two, "bob")) == "own_work"
    wall.ms += MINUTE
    three = submitted(journal, phrase("三"), by="cat")
    assert three.editors == ("bob",)  # nobody has approved his words yet, and they may be in it
    assert refused(lambda: approve(journal, three, "bob")) == "own_work"
    assert approve(journal, three, "ann").state == "live"


def test_shipped_phrases_are_for_practice_and_newer_ones_take_their_place(journal: Journal) -> None:
    old, new, newest = (_body(phrase(words, id="p")) for words in "甲乙丙")
    assert journal.seed_practice_library([old]) == 1
    assert journal.vouch_phrase("p", old["digest"], T0, practice=True) is None
    assert journal.vouch_phrase("p", old["digest"], T0, practice=False) == "practice_only"
    assert journal.seed_practice_library([new]) == 1
    states = {one.digest: one.state for one in journal.phrase_versions()}
    assert states == {old["digest"]: "withdrawn", new["digest"]: "live"}
    journal.withdraw_phrase("p", new["digest"], "ann", "no")
    assert journal.seed_practice_library([newest]) == 0
    one = phrase(id="mine")
    live(journal, one)
    assert journal.seed_practice_library([{"id": "mine", "digest": "d9"}]) == 0
    shipped = phrase(id="q")
    journal.seed_practice_library([_body(shipped), {"id": "r", "digest": "d", "text": "no phrase"}])
    assert journal.vouch_phrase("r", "d", T0, practice=True) == "not_approved"
    journal.seed_practice_library([_body(phrase(id="s")) | {"digest": "another's"}])
    assert journal.vouch_phrase("s", "another's", T0, practice=True) == "not_approved"
    with pytest.raises(NotAllowed, match="id of its own"):
        journal.draft_phrase(shipped, by="ann")
    assert verify(journal.store).first_bad is None


def _body(one: Any) -> dict[str, Any]:
    return dataclasses.asdict(one) | {"digest": one.digest}


def test_hostile_text_is_kept_as_text(journal: Journal) -> None:
    row = live(journal, phrase("a\0b\ud800'; DROP TABLE phrase_version; --", id="x'; --\ud800"))
    assert row.body["text"].startswith("a\ufffdb\ufffd'")
    assert journal.vouch_phrase(row.id, row.digest, T0, practice=False) is None
    assert verify(journal.store).first_bad is None
