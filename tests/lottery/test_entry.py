from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lottery import entry
from lottery.answers import answer_value
from lottery.canonical import digest
from lottery.contests import Conditions, Contest, Guess, Keyword, Purchase, Quiz, Rain, Wave
from lottery.entry import Entered, EntryRule, Heard, Refusal, Refused

from .makers import SALT

KEYWORD = Keyword(entry.check_keyword(" 抽奖666 "))
LISTS = (frozenset({"boss"}), frozenset({"banned"}), frozenset({"lucky"}))
RULE = EntryRule(KEYWORD, "test", "room-1", 1000, 2000, *LISTS)
HEARD = Heard("抽奖666", "u1", "test", "room-1", 1500)
NONE: frozenset[str] = frozenset()


def rule(contest: Contest, **conditions: Any) -> EntryRule:
    return replace(RULE, contest=contest, conditions=Conditions(**conditions))


def said(
    text: str, contest: Contest, at_ms: int = 1500, entered: frozenset[str] = NONE
) -> Entered | Refused | None:
    return rule(contest).judge(replace(HEARD, text=text, at_ms=at_ms), entered)


@pytest.mark.parametrize("text", ["抽奖666", "  抽奖666\n", "抽奖６６６", "\u3000抽奖666\u3000"])
def test_the_keyword_and_nothing_else_enters(text: str) -> None:
    assert RULE.judge(replace(HEARD, text=text, at_ms=1000), set()) == Entered("u1")
    assert RULE.matches(text)


@pytest.mark.parametrize(
    "text", ["抽奖", "抽奖666!", "我要抽奖666", "抽 奖666", "", "\ud800", "抽奖666" * 100_000]
)
def test_other_comments_are_no_entries(text: str) -> None:
    assert RULE.judge(replace(HEARD, text=text), set()) is None
    assert not RULE.matches(text)


def test_case_is_kept() -> None:
    assert rule(Keyword("Go")).matches("Ｇｏ")
    assert not rule(Keyword("Go")).matches("go")


REFUSED: list[tuple[dict[str, Any], Refusal, str | None]] = [
    ({"room": "room-2"}, Refusal.OTHER_ROOM, "u1"),
    ({"platform": "other"}, Refusal.OTHER_ROOM, "u1"),
    ({"at_ms": 999}, Refusal.EARLY, "u1"),
    ({"at_ms": 2000}, Refusal.LATE, "u1"),
    ({"uid": None}, Refusal.UNKNOWN_VIEWER, None),
    ({"uid": ""}, Refusal.UNKNOWN_VIEWER, None),
    ({"uid": "\ud800"}, Refusal.UNKNOWN_VIEWER, None),
    ({"uid": "1\x00u1"}, Refusal.UNKNOWN_VIEWER, None),
    ({"uid": "boss"}, Refusal.STAFF, "boss"),
    ({"uid": "banned"}, Refusal.BLACKLISTED, "banned"),
    ({"uid": "lucky"}, Refusal.PREVIOUS_WINNER, "lucky"),
    ({"uid": "in", "at_ms": 1999}, Refusal.DUPLICATE, "in"),
    ({"uid": "boss", "at_ms": 999}, Refusal.EARLY, "boss"),
]


@pytest.mark.parametrize(("change", "reason", "named"), REFUSED)
def test_every_refusal_has_its_reason(change: dict[str, Any], reason: Refusal, named: str | None) -> None:
    assert RULE.judge(replace(HEARD, **change), {"in", "boss"}) == Refused(reason, named)


@pytest.mark.parametrize(
    ("asked", "seen", "reason"),
    [
        ({"follow": True}, {"follows": True}, None),
        ({"follow": True}, {"follows": False}, Refusal.NOT_FOLLOWING),
        ({"follow": True}, {"follows": None}, Refusal.NOT_FOLLOWING),
        ({"fan_level": 3}, {"fan_level": 3}, None),
        ({"fan_level": 3}, {"fan_level": 2}, Refusal.FAN_LEVEL),
        ({"fan_level": 3}, {"fan_level": None}, Refusal.FAN_LEVEL),
        ({"account_level": 2}, {"level": 2}, None),
        ({"account_level": 2}, {"level": 1}, Refusal.ACCOUNT_LEVEL),
        ({}, {"follows": False, "fan_level": 0}, None),
    ],
)
def test_conditions_are_met_or_refused(
    asked: dict[str, Any], seen: dict[str, Any], reason: Refusal | None
) -> None:
    judged = rule(KEYWORD, **asked).judge(replace(HEARD, **seen), set())
    assert judged == (Entered("u1") if reason is None else Refused(reason, "u1"))


QUIZ = Quiz("几点？", ("八点", "Nine"), "", "ab" * 32)
FREE = Quiz("几点？", (), "答Ａ", "ab" * 32)
GUESS = Guess("多少？", "猜", 2, 100, 20_000, "ab" * 32)
RAIN = Rain((Wave("红包", 1000, 1200), Wave("再来", 1300, 1600), Wave("红包", 1700, 2000)))


@pytest.mark.parametrize(
    ("text", "contest", "answer"),
    [
        ("八点", QUIZ, "八点"),
        (" NINE ", QUIZ, "nine"),
        ("ｎｉｎｅ", QUIZ, "Nine"),
        ("答a 九点", FREE, "九点"),
        ("答A：九点", FREE, ":九点"),
    ],
)
def test_an_answer_is_stored_by_its_hash_right_or_wrong(text: str, contest: Quiz, answer: str) -> None:
    assert said(text, contest) == Entered("u1", answer_value(answer))


@pytest.mark.parametrize(
    ("text", "contest"),
    [("九点", QUIZ), ("八点吧", QUIZ), ("九点", FREE), ("答A", FREE), ("答A\ud800", FREE)],
)
def test_what_is_no_answer_is_no_entry(text: str, contest: Quiz) -> None:
    assert said(text, contest) is None


@pytest.mark.parametrize(
    ("text", "judged"),
    [
        ("猜99.5", Entered("u1", 9950)),
        ("猜 ¥1块", Entered("u1", 100)),
        ("猜200", Entered("u1", 20_000)),
        ("猜200.01", Refused(Refusal.OUT_OF_RANGE, "u1")),
        ("猜0.99", Refused(Refusal.OUT_OF_RANGE, "u1")),
        ("猜1.234", Refused(Refusal.OUT_OF_RANGE, "u1")),
        ("99", None),
        ("猜猜看", None),
    ],
)
def test_a_guess_is_a_number_in_the_range(text: str, judged: Entered | Refused | None) -> None:
    assert said(text, GUESS) == judged


def test_a_number_out_of_range_does_not_use_up_the_one_entry() -> None:
    assert said("猜999", GUESS) == Refused(Refusal.OUT_OF_RANGE, "u1")
    assert said("猜99", GUESS) == Entered("u1", 9900)
    assert said("猜98", GUESS, entered=frozenset({"u1"})) == Refused(Refusal.DUPLICATE, "u1")


@pytest.mark.parametrize(
    ("text", "at_ms", "judged"),
    [
        ("红包", 1000, Entered("u1")),
        ("红包", 1999, Entered("u1", wave=2)),
        ("再来", 1300, Entered("u1", wave=1)),
        ("再来", 1299, Refused(Refusal.EARLY, "u1")),
        ("再来", 1600, Refused(Refusal.LATE, "u1")),
        ("红包", 1250, Refused(Refusal.EARLY, "u1")),
        ("红包", 2000, Refused(Refusal.LATE, "u1")),
        ("红包", 999, Refused(Refusal.EARLY, "u1")),
        ("抽奖", 1500, None),
    ],
)
def test_each_wave_takes_its_own_keyword(text: str, at_ms: int, judged: Entered | Refused | None) -> None:
    assert said(text, RAIN, at_ms) == judged


def test_a_rain_takes_one_entry_for_each_account_and_wave() -> None:
    in_first = frozenset({Entered("u1").key})
    assert said("红包", RAIN, 1100, in_first) == Refused(Refusal.DUPLICATE, "u1")
    second = said("再来", RAIN, 1400, in_first)
    assert second == Entered("u1", wave=1)
    assert isinstance(second, Entered)
    assert said("再来", RAIN, 1400, in_first | {second.key}) == Refused(Refusal.DUPLICATE, "u1")
    assert (entry.entry_key("u1"), entry.entry_key("u1", 1)) == ("u1", "1\x00u1")


def test_an_order_of_the_product_enters_and_no_comment_does() -> None:
    buyers = rule(Purchase("sku-7"))

    def order(product: str = "sku-7", uid: str | None = "u1", at_ms: int = 1500) -> Entered | Refused | None:
        return buyers.judge_order(product, uid, "test", "room-1", at_ms, {"in"})

    assert order() == Entered("u1")
    assert order("sku-8") is None
    assert order(uid="in") == Refused(Refusal.DUPLICATE, "in")
    assert order(uid=None) == Refused(Refusal.UNKNOWN_VIEWER, None)
    assert order(uid="boss") == Refused(Refusal.STAFF, "boss")
    assert order(at_ms=2000) == Refused(Refusal.LATE, "u1")
    assert buyers.judge(replace(HEARD, text="sku-7"), set()) is None
    assert RULE.judge_order("sku-7", "u1", "test", "room-1", 1500, set()) is None


def test_staff_hash_fixes_the_set() -> None:
    assert entry.staff_hash(SALT, ["a", "b"]) == entry.staff_hash(SALT, ["b", "a", "a"])
    assert entry.staff_hash(SALT, ["a", "b"]) != entry.staff_hash(SALT, ["a"])
    assert entry.staff_hash(SALT, ["ab"]) != entry.staff_hash(SALT, ["a", "b"])
    assert entry.staff_hash(SALT, ["a"]) != entry.staff_hash(SALT[::-1], ["a"])


def test_the_hashed_lists_are_told_apart() -> None:
    names = ("staff", "previous", "blacklist")
    assert len({entry.list_hash(name, SALT, ["a"]) for name in names}) == 3
    assert entry.list_hash("staff", SALT, ["b", "a"]) == entry.staff_hash(SALT, ["a", "b"])
    assert entry.list_hash("previous", SALT, []) == digest("previous", SALT).hex()
