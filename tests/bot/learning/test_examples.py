"""What becomes a labelled example, what proves too little, and whose words never leave."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from bot.errors import InputError
from bot.learning.examples import NOTHING, Collected, collect, write
from bot.learning.judgement import Labels
from classifiers import labelled
from classifiers.normalize import normalize
from tests.bot.learning.desk import PRICE, SILENT, Desk, accused, records
from tests.builders import comment


def found(desk: Desk) -> Collected:
    return collect(desk.readings, reader="training")


def test_right_and_wrong_answers_become_rows_a_trainer_reads(desk: Desk, tmp_path: Path) -> None:
    right, wrong = desk.hear((comment("多少钱", uid="u1"), PRICE), (comment("这么多钱啊", uid="u2"), PRICE))
    first, second = desk.say(right), desk.say(wrong, Labels(), by="an")
    desk.hear((comment("没人看过", uid="u3"), PRICE))  # nobody judged it: no row
    collected = found(desk)
    assert collected.left_out == {}
    write(collected.examples, tmp_path / "desk.csv", "desk-2026-01-01")
    rows = labelled.read(tmp_path / "desk.csv")
    assert [(one.text, one.faq, one.also, one.purchase, one.negative, one.batch) for one in rows] == [
        ("多少钱", "price", ("stock",), 1, None, "desk-2026-01-01"),
        ("这么多钱啊", None, (), 0, None, "desk-2026-01-01"),
    ]
    assert [(one.note, one.second) for one in collected.examples] == [
        (f"{first.record} right", "moderator"),
        (f"{second.record} wrong_answer", "compliance"),
    ]
    raw = (tmp_path / "desk.csv").read_text(encoding="utf-8")
    for told in ("u1", "mei", "an,", desk.journal.vault.viewer("practice", "u1")):
        assert told not in raw
    assert labelled.problems(tmp_path / "desk.csv") == []


def test_a_case_alone_proves_too_little(desk: Desk) -> None:
    desk.hear((comment("骗子", uid="u1"), accused("骗子")))
    desk.close("false_positive")
    assert found(desk) == Collected((), {"partial": 1})


def test_a_false_positive_with_a_judgement_is_a_row_with_both_records(desk: Desk) -> None:
    text = "骗子 加微信"
    (id,) = desk.hear((comment(text, uid="u1"), accused(text, contact="加微信")))
    desk.close("false_positive")
    desk.say(id, Labels())
    (row,) = found(desk).examples
    assert (row.labels, row.banned) == (Labels(), ())
    assert row.note.count("#") == 2
    assert row.note.endswith("case false_positive")


@pytest.mark.parametrize(
    ("disposition", "labels", "rows"),
    [
        ("false_positive", Labels(negative="deception", severity=2), 0),
        ("false_positive", Labels(hits=(0,)), 0),
        ("false_positive", Labels("price"), 1),
        ("hidden", Labels(), 0),
        ("hidden", Labels(hits=(0,)), 1),
        ("no_action", Labels(), 1),
        ("duplicate", Labels(hits=(0,)), 1),
    ],
)
def test_a_case_that_contradicts_a_judgement_leaves_no_row(
    desk: Desk, disposition: str, labels: Labels, rows: int
) -> None:
    text = "骗子 加微信"
    (id,) = desk.hear((comment(text, uid="u1"), accused(text, contact="加微信")))
    desk.close(disposition)
    desk.say(id, labels)
    collected = found(desk)
    assert len(collected.examples) == rows
    assert collected.left_out == ({} if rows else {"disputed": 1})


def test_a_case_reopened_proves_nothing_any_more(desk: Desk) -> None:
    (id,) = desk.hear((comment("骗子", uid="u1"), accused("骗子")))
    number = desk.close("false_positive")
    desk.say(id)
    assert found(desk).left_out == {"disputed": 1}
    case = desk.readings.case(number)
    assert case is not None
    desk.journal.reopen(number, "an", case.version)
    assert len(found(desk).examples) == 1


def test_two_people_who_disagree_leave_no_row_and_the_last_word_of_each_counts(desk: Desk) -> None:
    (id,) = desk.hear((comment("多少钱", uid="u1"), PRICE))
    desk.say(id, Labels("price"))
    desk.say(id, Labels("discount"), by="an")
    assert found(desk) == Collected((), {"disputed": 1})
    desk.say(id, Labels("discount"))
    (row,) = found(desk).examples
    assert (row.labels.faq, row.second) == ("discount", "compliance; moderator")


def test_minors_and_erased_viewers_are_never_exported(desk: Desk) -> None:
    young = "我今年12岁"
    ids = desk.hear(
        (comment("多少钱", uid="child"), PRICE),
        (comment(young, uid="child"), accused(young, kind=None, minor=young)),
        (comment("多少钱呀", uid="gone"), PRICE),
        (comment("有券吗多少钱", uid="grown"), PRICE),
    )
    for id in ids:
        desk.say(id)
    desk.journal.erase_subject("practice", "gone", by="an")
    collected = found(desk)
    assert [one.text for one in collected.examples] == ["有券吗多少钱"]
    assert collected.left_out == {"minor": 2, "unreadable": 1}
    read = [body for body in records(desk, "access") if body["reader"] == "training"]
    assert read  # who read is on record,
    assert all(
        body["comments"] == [[2, 3]] or body["comments"] == [[3, 3]] for body in read
    )  # and no minor's words


def test_personal_data_is_masked_also_in_the_spans(desk: Desk) -> None:
    text = "@小王同学 打13912345678"
    (id,) = desk.hear((comment(text, uid="u1"), accused(text, contact="13912345678", kind=None)))
    desk.say(id)
    (row,) = found(desk).examples
    assert row.text == NOTHING + "@某某某某 打13000000000"
    assert row.banned == (("D01", "13000000000"),)


@pytest.mark.parametrize("text", ["=1+1", "+1", "@主播", "-2", "＝SUM(A1)", "\t=1"])
def test_no_cell_is_a_formula_and_judging_does_not_notice(desk: Desk, tmp_path: Path, text: str) -> None:
    (id,) = desk.hear((comment(text, uid="u1"), SILENT))
    desk.say(id)
    (row,) = found(desk).examples
    assert row.text.startswith(NOTHING)
    write([row], tmp_path / "x.csv", "desk-x")
    (read,) = labelled.read(tmp_path / "x.csv")
    assert read.text == row.text
    assert normalize(row.text).text == normalize(row.text.removeprefix(NOTHING)).text


def test_hostile_words_come_back_as_they_were_or_not_at_all(desk: Desk, tmp_path: Path) -> None:
    split = "加;D01:微 信"
    ids = desk.hear(
        (comment('a"b,c\n<script>\0\ud800', uid="u1"), SILENT),
        (comment(split, uid="u2"), accused(split, contact="加;D01:微", kind=None)),
        (comment("   ", uid="u3"), SILENT),
        (comment("好看", uid="u4"), SILENT),
        (comment("好看", uid="u5"), SILENT),
    )
    for id in ids:
        desk.say(id)
    collected = found(desk)
    assert collected.left_out == {"repeated": 1, "unclear": 1, "unreadable": 1}
    write(collected.examples, tmp_path / "x.csv", "desk-x")
    assert [one.text for one in labelled.read(tmp_path / "x.csv")] == [one.text for one in collected.examples]
    assert collected.examples[0].text.startswith('a"b,c\n<script>')


def test_the_file_is_whole_and_its_owners_alone(desk: Desk, tmp_path: Path) -> None:
    (id,) = desk.hear((comment("多少钱", uid="u1"), PRICE))
    desk.say(id)
    rows = found(desk).examples
    write(rows, tmp_path / "x.csv", "desk-x")
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "x.csv").stat().st_mode) == 0o600
    with pytest.raises(InputError, match="cannot be written"):
        write(rows, tmp_path / "nowhere" / "x.csv", "desk-x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "x.csv"]
