from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.draws.publication import publication, records
from lottery.rules import TEXTS
from tests.bot.public.fair import PaperDraws
from tests.lottery.makers import closed_case, contest_case


def test_a_finished_draw_is_read_whole(tmp_path: Path) -> None:
    shown = publication(PaperDraws(tmp_path).finish(closed_case(12)))
    assert (shown.title, shown.state, shown.practice, shown.number) == ("周年抽奖", "claim", True, 1)
    assert [one.rank for one in shown.winners] == ["一等奖", "二等奖", "二等奖", "", ""]
    assert [one.reserve for one in shown.winners] == [False, False, False, True, True]
    assert {one.name for one in shown.winners} == {"橘**"}
    assert len(shown.texts) == len(TEXTS) + 1  # and how the draw is made
    assert (shown.entries, shown.revision, shown.excluded_viewers) == (12, 2, 2)
    assert len(shown.root) == len(shown.seed) == len(shown.commit_hash) == len(shown.closed_hash) == 64
    assert shown.seen_in_the_room == (shown.commit_hash[:16], shown.closed_hash[:16])


def test_prizes_pass_on_in_the_order_in_which_winners_dropped_out(tmp_path: Path) -> None:
    outcomes = [
        (2, "forfeited", "declined"), (1, "confirmed", ""), (4, "disqualified", "staff"),
        (3, "forfeited", "not_claimed"),
    ]  # fmt: skip
    winners = publication(PaperDraws(tmp_path).finish(closed_case(12), outcomes)).winners
    assert [(one.place, one.moved_up, one.rank, one.outcome, one.reason) for one in winners] == [
        (1, False, "一等奖", "confirmed", ""),
        (2, False, "二等奖", "forfeited", "declined"),
        (3, False, "二等奖", "forfeited", "not_claimed"),
        (4, True, "二等奖", "disqualified", "staff"),
        (5, True, "二等奖", "", ""),
    ]


def test_the_first_prize_goes_to_the_reserve_whose_turn_it_was(tmp_path: Path) -> None:
    outcomes = [(3, "forfeited", "declined"), (1, "forfeited", "declined")]
    winners = publication(PaperDraws(tmp_path).finish(closed_case(12), outcomes)).winners
    assert [one.rank for one in winners[3:]] == ["二等奖", "一等奖"]


def test_a_contest_brings_its_question_and_its_answer_only_after_closing(tmp_path: Path) -> None:
    paper = PaperDraws(tmp_path)
    shown = publication(paper.finish(contest_case("guess")))
    assert (shown.kind, shown.contest and shown.contest["prefix"], shown.keyword) == ("guess", "猜", "")
    assert shown.answer is not None
    assert shown.answer["answers"] == ["9950"]
    record = paper.records["contest-guess"]
    assert publication({**record, "closed": []}).answer is None


def test_what_is_not_published_yet_is_empty() -> None:
    shown = publication({"draw_id": "x"})
    assert (shown.root, shown.seed, shown.winners, shown.entries, shown.contest) == ("", "", (), None, None)
    junk: dict[str, Any] = {"draw_id": "x", "closed": "junk", "drawn": 7, "commitment": None, "claims": 3}
    assert publication(junk).draw_id == "x"
    assert records(junk) == []


def test_the_time_of_the_beacon_follows_from_its_round() -> None:
    shown = publication({"commitment": {"record": {"beacon": {"round": 2}}, "hash": "h"}})
    assert shown.beacon_ms == 1_692_803_370_000


def test_the_records_stand_in_the_order_of_the_chain(tmp_path: Path) -> None:
    record = PaperDraws(tmp_path).finish(closed_case(7), [(1, "confirmed", "")])
    listed = records(record)
    assert len(listed) == 5
    before = listed[0]["hash"]
    for envelope in listed[1:]:
        assert envelope["record"]["prev"] == before
        before = envelope["hash"]
