"""Coupons out of files into pools, sealed, each once; formulas and markup are only text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.draws import coupons as module
from bot.draws.coupons import Coupons, pool_name, read_coupons
from bot.errors import InputError
from bot.sheets import xlsx_file
from bot.storage.audit import verify
from bot.storage.journal import Journal
from lottery.rules import Prize
from tests.bot.stores import journal_in


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with journal_in(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    "data",
    [
        b"A-1\nB-2\n",
        "\ufeff券码\r\nA-1\r\nB-2\r\n".encode(),
        "code,备注\nA-1,x\nB-2,y\n".encode(),
        "兑换码\nA-1\nB-2".encode("gb18030"),
    ],
)
def test_text_and_csv_in_any_usual_form(data: bytes) -> None:
    assert read_coupons(data, "codes.csv").codes == ("A-1", "B-2")


def test_a_workbook() -> None:
    assert read_coupons(xlsx_file([["券码"], ["A-1"], ["=1+1"], ["100"]]), "codes.xlsx").codes == (
        "A-1",
        "=1+1",
        "100",
    )


def test_repeated_empty_and_unseeable_lines_are_told() -> None:
    read = read_coupons("A\n\n A \nB\u200b\nC\u202e\n".encode() + b"x" * 201 + b"\nD\n", "codes.txt")
    assert (read.codes, read.repeated) == (("A", "D"), 1)
    assert read.refused == (4, 5, 6)


def test_formulas_and_markup_stay_as_they_are() -> None:
    lines = ["=HYPERLINK(1)", "<script>alert(1)</script>", "'=1+1", "{{7*7}}"]
    assert read_coupons("\n".join(lines).encode(), "x").codes == (lines[0], lines[1], "=1+1", lines[3])


@pytest.mark.parametrize("data", [b"", b"\n\n", "券码\n".encode(), b"\xff\xfe\x00", b"PK\x03\x04rubbish"])
def test_a_file_with_nothing_in_it_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        read_coupons(data, "codes.csv")


def test_too_many_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 3)
    with pytest.raises(InputError, match="More than 3"):
        read_coupons(b"1\n2\n3\n4\n", "codes.txt")


def test_a_coupon_is_taken_in_once_and_never_stands_in_the_clear(journal: Journal, tmp_path: Path) -> None:
    pool = Coupons(journal)
    assert pool.add(" 十元券 ", ["SECRET-AAA", "SECRET-BBB"], by="amy").added == 2
    again = pool.add("十元券", ["SECRET-BBB", "SECRET-CCC", "SECRET-CCC"], by="amy")
    assert (again.added, again.known) == (1, 2)
    assert pool.add("另一池", ["SECRET-DDD"], by="amy").added == 1
    assert {(one.pool, one.total, one.left) for one in pool.pools()} == {("另一池", 1, 1), ("十元券", 3, 3)}
    assert (pool.left("十元券"), pool.left("没有")) == (3, 0)
    journal.checkpoint(force=True)
    assert b"SECRET" not in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert verify(journal.store).verified


def test_a_prize_is_paid_from_the_pool_named_for_it_or_called_like_it(journal: Journal) -> None:
    pool = Coupons(journal)
    coupon, goods = Prize("一", "十元券", 1, 1000, "coupon", "x"), Prize("二", "大衣", 1, 100)
    assert (pool.pool_of("d", 0, coupon), pool.pool_of("d", 1, goods)) == ("", None)
    pool.add("十元券", ["A"], by="amy")
    assert pool.pool_of("d", 0, coupon) == "十元券"
    pool.name_pool("d", 0, "十二月", by="amy")
    pool.name_pool("d", 1, "卡密", by="amy")
    assert pool.pools_of("d") == {0: "十二月", 1: "卡密"}
    assert (pool.pool_of("d", 0, coupon), pool.pool_of("d", 1, goods)) == ("十二月", "卡密")
    assert pool.pool_of("other", 0, coupon) == "十元券"
    pool.name_pool("d", 1, " ", by="amy")
    assert pool.pool_of("d", 1, goods) is None
    assert verify(journal.store).verified


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\x00", "a\u202eb", "\ud800"])
def test_a_pool_needs_a_name_people_can_read(name: str) -> None:
    with pytest.raises(InputError):
        pool_name(name)
