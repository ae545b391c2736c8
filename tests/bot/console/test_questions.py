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
