from __future__ import annotations

from bot.console.questions import HALF_MS, WINDOW_MS, question_key, unanswered
from bot.console.views import CommentRow

NOW = 10_000_000


def row(seq: int, text: str, *, at: int = NOW, who: str = "", **more: object) -> CommentRow:
    fields = {"outcome": "withheld", "withheld": "unsure", "fold": text.strip("？?"), **more}
    return CommentRow("s", seq, at, who or f"v{seq}", text, speaker=who or f"v{seq}", **fields)  # type: ignore[arg-type]


def test_near_equal_questions_are_one_with_a_count() -> None:
    found = unanswered([row(1, "有货吗"), row(2, "有货吗？"), row(3, "有货吗"), row(4, "几点播")], {}, NOW)
    assert [(one.text, one.count, one.people) for one in found] == [("有货吗", 3, 3), ("几点播", 1, 1)]


def test_one_person_asking_ten_times_does_not_outweigh_three() -> None:
    rows = [row(n, "在吗", who="a") for n in range(10)] + [row(20 + n, "怎么退") for n in range(3)]
    assert unanswered(rows, {}, NOW)[0].text == "怎么退"


def test_what_was_answered_or_said_is_gone_and_comes_back_when_asked_again() -> None:
    rows = [
        row(1, "多少钱", outcome="sent", withheld="", intent="price"),
        row(2, "偏大吗", intent="size", at=NOW - 100),
    ]
    assert [one.key for one in unanswered(rows, {}, NOW)] == ["intent:size"]
    assert unanswered(rows, {"intent:size": NOW - 50}, NOW) == []
    again = [*rows, row(3, "偏小吗", intent="size")]
    assert unanswered(again, {"intent:size": NOW - 50}, NOW)[0].count == 1


def test_suggested_answers_wait_for_the_host_too() -> None:
    assert question_key(row(1, "x", outcome="suggested", withheld="", intent="price")) == "intent:price"
    assert question_key(row(1, "x", outcome="withheld", withheld="merged", intent="price")) == ""


def test_fresh_and_near_buying_weigh_more_and_old_ones_go() -> None:
    rows = [
        row(1, "旧", at=NOW - HALF_MS),
        row(2, "新"),
        row(3, "买", purchase=3),
        row(4, "过期", at=NOW - WINDOW_MS - 1),
    ]
    assert [one.text for one in unanswered(rows, {}, NOW)] == ["买", "新", "旧"]


def test_at_most_five_and_keys_hold_no_words() -> None:
    found = unanswered([row(n, f"问题{n}\ud800") for n in range(9)], {}, NOW)
    assert len(found) == 5
    assert all("问题" not in one.key for one in found)


def test_erased_and_staff_are_left_out() -> None:
    erased = CommentRow("s", 1, NOW, "", None, outcome="withheld", withheld="unsure")
    assert unanswered([erased, row(2, "x", role="host")], {}, NOW) == []


def test_texts_that_read_nearly_the_same_are_one_question() -> None:
    rows = [
        row(1, "这个能配明年那台新的吗"), row(2, "这个能配明年那台新的么呀"), row(3, "能配明年那台新的吗"),
        row(4, "这个能寄到新疆吗"), row(5, "这个能配明年那台新的吗，我家里那个旧款的接口和它一样不一样"),
    ]  # fmt: skip
    found = unanswered(rows, {}, NOW)
    assert sorted(one.count for one in found) == [1, 4]
    assert len(found[0].comments) == 4


def test_an_intent_about_two_products_is_two_questions() -> None:
    asked = {"outcome": "suggested", "withheld": "", "intent": "price"}
    rows = [row(1, "1号多少钱", product="P1", **asked), row(2, "2号多少钱", product="P2", **asked)]
    assert {one.key for one in unanswered(rows, {}, NOW)} == {"intent:price@P1", "intent:price@P2"}


def test_who_was_pointed_to_an_answer_counts_while_it_waits_to_be_said() -> None:
    first = row(1, "多少钱", outcome="suggested", withheld="", intent="price", product="P1")
    merged = [row(n, "价格", withheld="merged", intent="price", at=NOW + n) for n in (2, 3)]
    (one,) = unanswered([first, *merged], {}, NOW + 10)
    assert (one.key, one.count, one.people) == ("intent:price@P1", 3, 3)
    assert unanswered([first, *merged], {"intent:price@P1": NOW + 5}, NOW + 10) == []
    answered = row(1, "多少钱", outcome="answered", withheld="", intent="price", product="P1")
    assert unanswered([answered, *merged], {}, NOW + 10) == []


def test_what_was_flagged_is_not_for_everybody() -> None:
    flagged = row(1, "骗子 有货吗", codes=("C04",))
    assert [one.clean for one in unanswered([flagged], {}, NOW)] == [False]
    assert [one.clean for one in unanswered([row(2, "有货吗")], {}, NOW)] == [True]
