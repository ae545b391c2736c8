from __future__ import annotations

import dataclasses

import pytest

from bot.console.draw_board import DRAWN_MS, LATE_MS, SHOWN, VOID_MS, Board, asked, board, grouped
from bot.draws.presets import SHIPPED
from bot.draws.publication import Publication, publication
from tests.bot.console.show import SHEET, START, PaperDraws
from tests.bot.draws.test_presets import whole


def one_of(draws: PaperDraws, id: str) -> Publication:
    return publication(draws.records[id])


@pytest.fixture
def draws() -> PaperDraws:
    return PaperDraws()


def shown(draws: PaperDraws, id: str, at: int) -> Board:
    found = board(one_of(draws, id), at)
    assert found is not None
    return found


def test_the_digits_stand_from_before_the_opening_to_the_end(draws: PaperDraws) -> None:
    draws.add(dataclasses.replace(SHEET, lead_s=20), "d")
    commit = one_of(draws, "d").commit_hash
    soon, open_, sealing = (shown(draws, "d", START + at) for at in (0, 20_000, 80_000))
    assert [one.phase for one in (soon, open_, sealing)] == ["soon", "open", "sealing"]
    for one in (soon, open_, sealing):
        assert (one.seal, "".join(one.groups)) == ("commit", commit[:16])
        assert [len(group) for group in one.groups] == [4] * 4
    assert (soon.due_ms, open_.due_ms) == (START + 20_000, START + 80_000)
    assert soon.view != open_.view != sealing.view


def test_after_closing_those_of_the_list_and_the_wait_for_the_round(draws: PaperDraws) -> None:
    draws.add(SHEET, "d", close=True)
    one = one_of(draws, "d")
    assert one.beacon_ms is not None
    waiting, late = shown(draws, "d", one.beacon_ms - 1), shown(draws, "d", one.beacon_ms + LATE_MS)
    assert (waiting.phase, waiting.seal, "".join(waiting.groups)) == ("waiting", "list", one.closed_hash[:16])
    assert waiting.due_ms == one.beacon_ms
    assert (late.phase, late.due_ms) == ("late", None)


def test_winners_stay_for_a_while_and_go_by_themselves(draws: PaperDraws) -> None:
    draws.add(dataclasses.replace(SHEET, reserves=40), "d", entrants=60, finish=True)
    one = one_of(draws, "d")
    assert one.drawn_ms is not None
    found = shown(draws, "d", one.drawn_ms)
    assert (found.phase, len(found.picks), found.more) == ("drawn", SHOWN, 43 - SHOWN)
    assert [pick.winner.position for pick in found.picks] == [w.position for w in one.winners][:SHOWN]
    assert board(one, one.drawn_ms + DRAWN_MS) is None


def test_a_void_draw_says_why_and_is_not_passed_over_in_silence(draws: PaperDraws) -> None:
    draws.add(SHEET, "d")
    record = draws.records["d"] | {
        "state": "void", "void": {"record": {"reason": "failure", "voided_at": START + 5}, "hash": "ab"},
    }  # fmt: skip
    found = board(publication(record), START + 6)
    assert found is not None
    assert (found.phase, found.one.void_reason) == ("void", "failure")
    assert board(publication(record), START + 5 + VOID_MS) is None


def test_what_viewers_type_by_kind_of_contest(draws: PaperDraws) -> None:
    draws.add(SHEET, "keyword")
    draws.add(whole(SHIPPED["quiz"]), "quiz")
    draws.add(whole(SHIPPED["guess-price"]), "guess")
    assert asked(one_of(draws, "keyword"), START).type == "抽奖"
    quiz, guess = (asked(one_of(draws, id), START) for id in ("quiz", "guess"))
    assert (quiz.options, quiz.question) == (("A", "B", "C"), "山茶花什么时候开?")
    assert (guess.type, guess.question) == ("猜", "这款商品的到手价是多少元?")


@pytest.mark.parametrize(("id", "answer"), [("quiz", "b"), ("guess-price", "39.90")])
def test_the_answer_stands_nowhere_before_closing(draws: PaperDraws, id: str, answer: str) -> None:
    draws.add(whole(SHIPPED[id]), "open")
    draws.add(whole(SHIPPED[id]), "closed", close=True)
    for at in (0, 100_000, 10**6):
        assert asked(one_of(draws, "open"), START + at).answer == ""
    assert asked(one_of(draws, "closed"), START + 10**6).answer == answer


def test_waves_come_one_after_the_other(draws: PaperDraws) -> None:
    draws.add(whole(SHIPPED["red-rain"]), "d")
    one = one_of(draws, "d")
    found = [asked(one, START + at) for at in (0, 39_999, 40_000, 60_000, 279_999, 280_000)]
    assert [item.type for item in found] == ["红包一", "红包一", "", "红包二", "红包五", ""]
    assert [item.wave for item in found] == [1, 1, 2, 2, 5, 5]
    assert [item.next_ms for item in found[:4]] == [START + at for at in (40_000, 40_000, 60_000, 100_000)]
    assert found[-1].next_ms is None
    first, pause = shown(draws, "d", START + 39_999), shown(draws, "d", START + 40_000)
    assert first.view != pause.view


def test_groups_of_what_is_not_published_are_none() -> None:
    assert grouped("") == ()
    assert grouped("0123456789abcdef0123") == ("0123", "4567", "89ab", "cdef")
