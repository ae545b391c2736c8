from __future__ import annotations

from dataclasses import replace

import pytest

from lottery import life
from lottery.announcement import answer_of, contest_of
from lottery.contests import Guess, Keyword, Purchase, Quiz, Rain, Wave, refusals_of
from lottery.entry import list_hash, staff_hash
from lottery.errors import RuleError
from lottery.rules import WaveSheet
from lottery.terms import Terms

from .makers import ANSWER_SALT, KEY, PLACE, PRACTICE_NOW, SALT, SHEET, SHEETS, closed_case, contest_case

ANNOUNCED = closed_case().announced
TERMS = ANNOUNCED.record.terms


def test_an_incomplete_sheet_is_not_announced() -> None:
    with pytest.raises(RuleError):
        life.announce(replace(SHEET, contact=""), "draw-1", PLACE, SALT, KEY, PRACTICE_NOW)


@pytest.mark.parametrize("draw_id", ["", "../up", "a/b", "a" * 65, "奖", ".hidden", "a b", "a\n"])
def test_a_draws_id_names_a_file(draw_id: str) -> None:
    with pytest.raises(RuleError, match="id"):
        life.announce(SHEET, draw_id, PLACE, SALT, KEY, PRACTICE_NOW)


def test_the_announcement_is_signed_and_names_staff_by_hash() -> None:
    ANNOUNCED.verify(KEY.public)
    assert TERMS is not None
    assert TERMS.staff_hash == staff_hash(SALT, ["staff-1"])
    assert b"staff-1" not in ANNOUNCED.to_bytes()


def terms_of(kind: str) -> Terms:
    terms = contest_case(kind).announced.record.terms
    assert terms is not None
    return terms


def test_the_lists_of_those_who_may_not_win_are_fixed_by_hash() -> None:
    terms = terms_of("keyword")
    assert terms.previous_hash == list_hash("previous", SALT, ["u90"])
    assert terms.blacklist_hash == list_hash("blacklist", SALT, ["u92", "u91"])
    assert b"u90" not in contest_case("keyword").announced.to_bytes()
    assert terms.refusals == refusals_of(terms.contest, terms.conditions)
    assert {"not_following", "fan_level", "account_level"} < set(terms.refusals)


def test_each_kind_of_sheet_becomes_its_contest() -> None:
    made = {kind: contest_of(sheet, 1_000, ANSWER_SALT) for kind, sheet in SHEETS.items()}
    assert {kind: type(contest) for kind, contest in made.items()} == {
        "keyword": Keyword,
        "quiz": Quiz,
        "guess": Guess,
        "rain": Rain,
        "purchase": Purchase,
    }
    assert made["rain"] == Rain((Wave("红包一", 1_000, 21_000), Wave("红包二", 31_000, 61_000)))
    guess = made["guess"]
    assert isinstance(guess, Guess)
    answer = answer_of(SHEETS["guess"], ANSWER_SALT)
    assert answer is not None
    assert (answer.answers, answer.number) == (("9950",), 9_950)
    assert guess.answer_commit == answer.commit


def test_a_rain_closes_with_its_last_wave() -> None:
    assert terms_of("rain").close_at - terms_of("rain").open_at == 60_000
    longer = replace(SHEETS["rain"], waves=(WaveSheet("a", 0, 20), WaveSheet("b", 40, 50)), window_s=5)
    announced = life.announce(longer, "draw-1", PLACE, SALT, KEY, PRACTICE_NOW, "practice")
    assert announced.record.terms is not None
    assert announced.record.terms.close_at - announced.record.terms.open_at == 90_000


@pytest.mark.parametrize("kind", ["quiz", "guess"])
def test_nothing_tells_the_answer_while_entries_are_open(kind: str) -> None:
    announced = contest_case(kind).announced
    for text in ("99.5", "9950"):
        assert text.encode() not in announced.to_bytes()
    assert ANSWER_SALT.hex().encode() not in announced.to_bytes()
    assert announced.to_bytes().count("九点".encode()) == (kind == "quiz"), "only among the options"


@pytest.mark.parametrize("salt", [None, b"", b"short"])
def test_an_answer_without_a_salt_could_be_tried_out(salt: bytes | None) -> None:
    for kind in ("quiz", "guess"):
        with pytest.raises(RuleError, match="32 random bytes"):
            life.announce(SHEETS[kind], "d", PLACE, SALT, KEY, PRACTICE_NOW, "practice", answer_salt=salt)
    assert answer_of(SHEET, salt) is None


@pytest.mark.parametrize("answers", [(), ("x",), ("1.234",)])
def test_a_guess_without_a_number_has_no_answer(answers: tuple[str, ...]) -> None:
    with pytest.raises(RuleError, match="number"):
        answer_of(replace(SHEETS["guess"], answers=answers), ANSWER_SALT)


def test_the_draw_method_says_how_ties_and_waves_are_decided() -> None:
    texts = {kind: dict(terms_of(kind).texts)["draw_method"] for kind in SHEETS}
    assert "差距" in texts["guess"]
    assert "每一波" in texts["rain"]
    assert "答对" in texts["quiz"]
