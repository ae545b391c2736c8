from __future__ import annotations

from pathlib import Path

import pytest

from bot.draws.publication import Publication, publication
from bot.public.moment import moment
from tests.bot.public.fair import PaperDraws
from tests.lottery.makers import PRACTICE_NOW, closed_case


@pytest.fixture
def paper(tmp_path: Path) -> PaperDraws:
    return PaperDraws(tmp_path)


def running(paper: PaperDraws) -> Publication:
    return publication(paper.announce("one"))


def test_a_running_draw_is_read_by_the_clock(paper: PaperDraws) -> None:
    one = running(paper)
    assert one.closes_ms is not None
    assert moment(one, PRACTICE_NOW - 1).now == "announced"
    assert (moment(one, PRACTICE_NOW).now, moment(one, PRACTICE_NOW).until_ms) == ("open", one.closes_ms)
    assert moment(one, one.closes_ms).now == "listing"
    assert moment(one, one.closes_ms + 10**9).now == "listing"  # no record, so nothing is said to be done


def test_a_closed_draw_waits_for_the_number_and_then_for_the_result(paper: PaperDraws) -> None:
    one = publication(paper.close(closed_case(5)))
    assert one.beacon_ms is not None
    before, after = moment(one, one.beacon_ms - 1), moment(one, one.beacon_ms)
    assert (before.now, before.until_ms, before.step) == ("waiting", one.beacon_ms, 3)
    assert (after.now, after.until_ms, after.step) == ("drawing", None, 4)


def test_a_drawn_one_takes_claims_until_their_time_is_over(paper: PaperDraws) -> None:
    record = paper.finish(closed_case(5))
    one = publication(record)
    assert one.claim_ms is not None
    assert (moment(one, one.claim_ms - 1).now, moment(one, one.claim_ms - 1).step) == ("claim", 5)
    assert moment(one, one.claim_ms).now == "archived"
    assert moment(publication(record | {"state": "archived"}), PRACTICE_NOW).now == "archived"


@pytest.mark.parametrize("later", [0, 10**9])
def test_a_void_one_stays_where_it_stopped(paper: PaperDraws, later: int) -> None:
    one = publication(paper.void("gone", "cancelled"))
    assert (moment(one, PRACTICE_NOW + later).now, moment(one, PRACTICE_NOW + later).step) == ("void", 1)
    closed = paper.close(closed_case(5)) | {"void": {"record": {"reason": "foul_play"}, "hash": "ab" * 32}}
    assert moment(publication(closed), PRACTICE_NOW).step == 3


def test_an_archived_void_one_is_still_void(paper: PaperDraws) -> None:
    record = paper.void("gone", "cancelled") | {"state": "archived"}
    assert moment(publication(record), PRACTICE_NOW).now == "void"
