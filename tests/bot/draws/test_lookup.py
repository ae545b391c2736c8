""" "Was I in it?" answered with what the viewer can check, and no more than may be known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.draws import lookup
from bot.draws.answers import Found, Query, TurnedAway
from bot.draws.lookup import Finder
from bot.errors import InputError
from bot.printing import clock
from lottery import merkle
from lottery.entry import entry_salt, pseudonym, receipt
from lottery.roster import Absence, Shown
from tests.bot.draws.prize_stage import SALT, PrizeStage, prize_stage
from tests.builders import NOON

MINUTE = clock(NOON + 40_000, "%H:%M")
REFUSED = {"boss": "staff", "slow": "late"}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[PrizeStage]:
    with prize_stage(tmp_path, refused=REFUSED) as made:
        yield made


@pytest.fixture
def finder(stage: PrizeStage) -> Finder:
    return Finder(stage.journal)


def receipt_of(uid: str) -> str:
    return receipt(entry_salt(SALT, "practice", uid))


def ask(
    finder: Finder,
    how: str,
    text: str,
    *,
    minute: str = "",
    client: str = "c1",
    draw: str = "draw-1-aaaa",
    at: int = 0,
) -> Found:
    return finder.find(draw, Query(how, text, minute), client, NOON + at)  # type: ignore[arg-type]


def shown(found: Found) -> Shown:
    assert found.position is not None
    return Shown(found.position, bytes.fromhex(found.leaf), tuple(map(bytes.fromhex, found.path)))


def say_code(stage: PrizeStage, uid: str, code: str) -> None:
    with stage.journal.deed() as deed:
        row = {
            "draw_id": stage.draw_id, "code": stage.journal.vault.code_mark(stage.draw_id, code),
            "subject_id": stage.journal.vault.viewer("practice", uid), "comment_id": "", "at_ms": NOON,
        }  # fmt: skip
        deed.record("practice:1", "batch", {}, [deed.put("draw_code", row)])


def records(stage: PrizeStage) -> list[dict[str, Any]]:
    with stage.journal.store.read() as conn:
        found = conn.exec_driver_sql(
            "SELECT body FROM audit_record WHERE record_type = 'lookup' ORDER BY seq"
        )
        return [msgspec.json.decode(row[0])["data"] for row in found]


def test_a_receipt_shows_position_and_path_that_anybody_can_check(stage: PrizeStage, finder: Finder) -> None:
    for uid in stage.viewers:
        found = ask(finder, "receipt", receipt_of(uid).lower())
        assert (found.state, found.size, found.root) == ("in", 8, stage.closed.record.root)
        shown(found).verify(found.size, bytes.fromhex(stage.closed.record.root))
        name = pseudonym(bytes.fromhex(found.entry_salt), stage.draw_id, "practice", uid)
        assert found.leaf[:64] == found.pseudonym == name.hex()


@pytest.mark.parametrize(("uid", "reason"), REFUSED.items())
def test_a_refused_entry_is_proved_with_its_reason(
    stage: PrizeStage, finder: Finder, uid: str, reason: str
) -> None:
    found = ask(finder, "receipt", receipt_of(uid))
    assert (found.state, found.reason, found.excluded, found.comments) == ("refused", reason, True, 1)
    assert found.root == stage.closed.record.excluded_root
    merkle.verify_path(
        bytes.fromhex(found.leaf), found.position or 0, found.size, tuple(map(bytes.fromhex, found.path)),
        bytes.fromhex(found.root),
    )  # fmt: skip
    assert bytes.fromhex(found.leaf).endswith(reason.encode())


def test_a_receipt_of_nobody_finds_nothing(finder: Finder) -> None:
    assert ask(finder, "receipt", receipt_of("stranger")) == Found("none")
    assert ask(finder, "receipt", "no receipt") == Found("none")


def test_a_code_typed_in_the_room_finds_the_same(stage: PrizeStage, finder: Finder) -> None:
    say_code(stage, "u3", "LUCKY7")
    found = ask(finder, "code", " lucky７ ")
    # Who typed the same code later sees by the name that it is not theirs.
    assert (found.state, found.name) == ("in", "名**")
    assert found.entry_salt == ""
    shown(found).verify(found.size, bytes.fromhex(found.root))
    assert ask(finder, "code", "OTHER1") == Found("none")
    assert ask(finder, "code", "") == Found("none")


def test_who_typed_a_code_but_never_entered_is_proved_to_be_absent(stage: PrizeStage, finder: Finder) -> None:
    from tests.bot.stores import commit
    from tests.builders import comment

    commit(stage.journal, None, comment("你好", uid="stranger", at=41_000), session="s2")
    say_code(stage, "stranger", "NOTIN1")
    found = ask(finder, "code", "NOTIN1")
    assert (found.state, found.position) == ("none", None)
    sides = [
        Shown(one.position, bytes.fromhex(one.leaf), tuple(map(bytes.fromhex, one.path)))
        for one in found.neighbours
    ]
    name = bytes.fromhex(found.pseudonym)
    before = next((one for one in sides if one.leaf[:32] < name), None)
    after = next((one for one in sides if one.leaf[:32] > name), None)
    Absence(before, after).verify(name, found.size, bytes.fromhex(found.root))


def test_by_name_anybody_learns_only_whether_it_counts(stage: PrizeStage, finder: Finder) -> None:
    assert ask(finder, "name", " 名Ｕ3 ", minute=MINUTE) == Found("in", name="名**")
    assert ask(finder, "name", "名boss", minute=MINUTE) == Found("refused", name="名**")
    assert ask(finder, "name", "路人", minute=MINUTE) == Found("none")
    told = records(stage)
    assert [one["answer"] for one in told] == ["in", "refused", "none"]
    assert all(set(one) == {"draw", "how", "asked", "client", "answer"} for one in told)
    assert "名" not in msgspec.json.encode(told).decode()
    assert told[0]["client"] == told[1]["client"] != told[0]["asked"]


@pytest.mark.parametrize("minute", ["", "25:00", "12", "aa:bb", "00:00:00", "１２:００", "9" * 50])
def test_a_minute_outside_the_time_of_entries_is_refused(finder: Finder, minute: str) -> None:
    with pytest.raises(TurnedAway) as wrong:
        ask(finder, "name", "名u3", minute=minute)
    assert (wrong.value.code, wrong.value.field) == ("field", "minute")


def test_a_name_needs_letters(finder: Finder) -> None:
    for name in ("", "  ", "x" * 201):
        with pytest.raises(TurnedAway) as wrong:
            ask(finder, "name", name, minute=MINUTE, client=name[:1])
        assert wrong.value.field == "text"


def test_two_of_one_name_and_too_great_a_crowd_are_told_apart_by_code_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with prize_stage(tmp_path, viewers=3, reserves=0) as stage:
        finder = Finder(stage.journal)
        monkeypatch.setattr(lookup, "MOST_NAMES", 2)
        assert ask(finder, "name", "名u0", minute=MINUTE).state == "many"
        with pytest.raises(TurnedAway):
            finder.receipts(stage.draw_id, "名u0", MINUTE, by="amy", reason="私信")
        monkeypatch.setattr(lookup, "MOST_NAMES", 3)
        assert ask(finder, "name", "名u0", minute=MINUTE).state == "in"
        monkeypatch.setattr(lookup, "_plain", lambda name: "same")
        assert ask(finder, "name", "名u0", minute=MINUTE).state == "many"


def test_before_the_list_is_out_there_is_no_position(tmp_path: Path) -> None:
    with prize_stage(tmp_path, drawn=False, refused=REFUSED) as stage:
        finder = Finder(stage.journal)
        found = ask(finder, "receipt", receipt_of("u1"))
        assert (found.state, found.position, found.path) == ("wait", None, ())
        assert ask(finder, "receipt", receipt_of("boss")).reason == "staff"
        stage.close()
        assert ask(finder, "receipt", receipt_of("u1")).state == "in"


def test_an_erased_viewer_is_found_by_receipt_and_no_longer_by_name(
    stage: PrizeStage, finder: Finder
) -> None:
    stage.journal.erase_subject("practice", "u3", by="amy")
    assert ask(finder, "receipt", receipt_of("u3")).state == "in"
    assert ask(finder, "name", "名u3", minute=MINUTE).state == "none"


def test_askers_are_limited_one_by_one_and_together(stage: PrizeStage, finder: Finder) -> None:
    for number in range(5):
        ask(finder, "name", "路人", minute=MINUTE, at=number)
    with pytest.raises(TurnedAway) as wrong:
        ask(finder, "name", "路人", minute=MINUTE, at=5)
    assert wrong.value.code == "limit"
    assert ask(finder, "receipt", receipt_of("u1"), at=5).state == "in"
    assert ask(finder, "name", "路人", minute=MINUTE, at=60_000).state == "none"
    for number in range(60):
        try:
            ask(finder, "name", "路人", minute=MINUTE, client=f"x{number}", at=60_001)
        except TurnedAway:
            break
    else:
        pytest.fail("a crowd of askers was not limited")


def test_a_draw_that_is_none(finder: Finder) -> None:
    for draw in ("draw-9-none", "", "x" * 65, "\ud800"):
        with pytest.raises(TurnedAway) as wrong:
            ask(finder, "receipt", "x", draw=draw)
        assert wrong.value.code == "no_draw"


def test_staff_hand_a_receipt_over_with_a_reason(stage: PrizeStage, finder: Finder) -> None:
    (one,) = finder.receipts(stage.draw_id, "名u3", MINUTE, by="amy", reason="私信询问")
    assert (one.receipt, one.refused, one.name) == (receipt_of("u3"), "", "名u3")
    (boss,) = finder.receipts(stage.draw_id, "名boss", MINUTE, by="amy", reason="私信询问")
    assert (boss.receipt, boss.refused) == (receipt_of("boss"), "staff")
    assert finder.receipts(stage.draw_id, "路人", MINUTE, by="amy", reason="私信询问") == ()
    assert [one["how"] for one in records(stage)] == ["receipt handed out"] * 3
    assert "名" not in msgspec.json.encode(records(stage)).decode()
    with pytest.raises(InputError):
        finder.receipts(stage.draw_id, "名u3", MINUTE, by="amy", reason=" ")


def test_refusals_from_before_pseudonyms_of_the_refused_were_kept(stage: PrizeStage, finder: Finder) -> None:
    boss = stage.journal.vault.viewer("practice", "boss")
    say_code(stage, "boss", "BOSS1")
    with stage.journal.store.write() as conn:
        conn.exec_driver_sql(
            "UPDATE draw_entry SET pseudonym = NULL, entry_salt = NULL WHERE refused = 'staff'"
        )
    found = ask(finder, "code", "BOSS1")
    assert (found.state, found.reason, found.comments) == ("refused", "staff", 1)
    (one,) = finder.receipts(stage.draw_id, "名boss", MINUTE, by="amy", reason="私信询问")
    assert one.receipt == receipt_of("boss")
    assert [attempt.refused for attempt in stage.journal.attempts_by(stage.draw_id, boss)] == ["staff"]


def test_who_typed_a_code_and_was_erased_is_still_found_by_it(stage: PrizeStage, finder: Finder) -> None:
    say_code(stage, "u3", "LUCKY7")
    stage.journal.erase_subject("practice", "u3", by="amy")
    found = ask(finder, "code", "LUCKY7")
    assert found.state == "in"
    shown(found).verify(found.size, bytes.fromhex(found.root))
