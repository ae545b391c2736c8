"""The warehouse's table: out with guarded cells and a record, back with tracking numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from bot.draws.answers import Delivery
from bot.draws.prize_desk import PrizeDesk
from bot.draws.warehouse import HEADER, export, take_back
from bot.errors import InputError
from bot.sheets import xlsx_file
from tests.bot.draws.prize_stage import COUPONS, PrizeStage, prize_stage

HOSTILE = Delivery("=cmd|' /C calc'!A0", "+86 138-0000", "<b>路</b>\n@SUM(1)")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[PrizeStage]:
    with prize_stage(tmp_path) as made:
        made.book.deliver(made.draw_id, made.bound(1), HOSTILE, made.now)
        made.book.accept(made.draw_id, made.bound(3), made.now)
        yield made


def table(stage: PrizeStage) -> list[list[str]]:
    data = export(stage.book, stage.draw_id, by="amy", reason="发货", now_ms=stage.now)
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_the_table_holds_what_is_to_be_sent_and_no_formula(stage: PrizeStage) -> None:
    header, first, third = table(stage)
    assert tuple(header) == HEADER
    code = PrizeDesk(stage.book).places(stage.draw_id)[0].code
    assert first == [
        stage.draw_id, "1", "大衣", "1", code, "'=cmd|' /C calc'!A0", "'+86 138-0000", "<b>路</b>\n@SUM(1)",
        "confirmed", "",
    ]  # fmt: skip
    assert third[3:8] == ["3", PrizeDesk(stage.book).places(stage.draw_id)[2].code, "", "", ""]


def test_taking_it_out_is_recorded_and_needs_a_reason(stage: PrizeStage) -> None:
    for reason in ("", " \u200b"):
        with pytest.raises(InputError, match="Say why"):
            export(stage.book, stage.draw_id, by="amy", reason=reason, now_ms=stage.now)
    with pytest.raises(InputError, match="no draw"):
        export(stage.book, "draw-9-none", by="amy", reason="发货", now_ms=stage.now)
    table(stage)
    with stage.journal.store.read() as conn:
        body = conn.exec_driver_sql(
            "SELECT body FROM audit_record WHERE record_type = 'claim' ORDER BY seq DESC"
        )
        last = msgspec.json.decode(body.scalars().first())["data"]
    assert last == {
        "act": "addresses taken out", "by": "amy", "reason": "发货", "places": [1, 3], "draw": stage.draw_id
    }  # fmt: skip


def test_coupons_shown_are_not_for_the_warehouse(tmp_path: Path) -> None:
    with prize_stage(tmp_path, COUPONS) as stage:
        stage.book.coupons.add("十元券", ["AAA"], by="amy")
        stage.book.reveal(stage.draw_id, stage.bound(1), stage.now)
        assert len(table(stage)) == 1


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_tracking_numbers_come_back(stage: PrizeStage, kind: str) -> None:
    lines = table(stage)
    lines[1][9], lines[2][9] = "SF001", ""
    other = ["draw-other", *lines[1][1:]]
    wrong = [stage.draw_id, "1", "x", "77", "", "", "", "", "", "SF9"]
    early = [stage.draw_id, "1", "x", "2", "", "", "", "", "", "SF2"]
    lines += [other, wrong, early, []]
    text = "\r\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
    data = xlsx_file(lines) if kind == "xlsx" else text.encode("gb18030")
    back = take_back(stage.book, stage.draw_id, data, by="amy", now_ms=stage.now)
    assert (back.shipped, back.unchanged) == (1, 0)
    assert [words.partition(",")[0].partition(".")[0] for _, words in back.problems] == [
        "There is no place '77'", "Place 2 has not taken the prize"
    ]  # fmt: skip
    assert PrizeDesk(stage.book).places(stage.draw_id)[0].tracking == "SF001"
    again = take_back(stage.book, stage.draw_id, data, by="amy", now_ms=stage.now)
    assert (again.shipped, again.unchanged) == (0, 1)


@pytest.mark.parametrize("rounded", ["7.86012E+13", "7,86E+13", "1.23456789012346e+18", "1234567890123460.0"])
def test_a_number_that_a_spreadsheet_has_rounded_is_no_tracking_number(
    stage: PrizeStage, rounded: str
) -> None:
    lines = table(stage)
    lines[1][9] = rounded
    text = "\r\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
    back = take_back(stage.book, stage.draw_id, text.encode(), by="amy", now_ms=stage.now)
    assert (back.shipped, len(back.problems)) == (0, 1)
    assert "rounded" in back.problems[0][1]
    assert PrizeDesk(stage.book).places(stage.draw_id)[0].tracking == ""


@pytest.mark.parametrize(
    "data", [b"", b"a,b,c\n1,2,3\n", b"draw,place\nx,1\n", b"\x00", "抽奖,名次\n".encode()]
)
def test_a_table_that_is_not_ours_is_refused(stage: PrizeStage, data: bytes) -> None:
    with pytest.raises(InputError):
        take_back(stage.book, stage.draw_id, data, by="amy", now_ms=stage.now)
