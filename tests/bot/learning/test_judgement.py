"""What a person says of a comment: sound, in one word, recorded without words."""

from __future__ import annotations

import msgspec
import pytest

from bot.errors import NotAllowed
from bot.learning.judgement import Labels, judgements, require_sound, said
from tests.bot.learning.desk import PRICE, Desk, accused, records
from tests.builders import comment

VERDICT = Labels("price", ("stock",), 1, "quality", 2, (0, 1))
change = msgspec.structs.replace


@pytest.mark.parametrize(
    ("labels", "word"),
    [
        (VERDICT, "right"),
        (change(VERDICT, faq=None, also=()), "wrong_answer"),
        (change(VERDICT, also=()), "wrong_answer"),
        (change(VERDICT, negative=None, severity=0), "false_positive"),
        (change(VERDICT, hits=(1,)), "false_positive"),
        (change(VERDICT, negative="price"), "corrected"),
        (change(VERDICT, purchase=3), "corrected"),
        (change(VERDICT, hits=(), purchase=3), "corrected"),
    ],
)
def test_in_one_word(labels: Labels, word: str) -> None:
    assert said(labels, VERDICT) == word
    require_sound(labels, VERDICT)


@pytest.mark.parametrize(
    "change_to",
    [
        {"faq": "weather"}, {"faq": None}, {"also": ("price",)}, {"also": ("gift",)}, {"purchase": 4},
        {"purchase": -1}, {"negative": "grumpy"}, {"negative": None}, {"severity": 0}, {"hits": (2,)},
        {"hits": (1, 0)}, {"hits": (0, 0)},
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(change_to: dict[str, object]) -> None:
    with pytest.raises(NotAllowed):
        require_sound(change(VERDICT, **change_to), VERDICT)


def test_the_record_holds_labels_and_no_words(desk: Desk) -> None:
    first, second = desk.hear(
        (comment("多少钱", uid="u1"), PRICE), (comment("骗子", uid="u2"), accused("骗子"))
    )
    told = [desk.say(first), desk.say(second, Labels(), by="an")]
    assert [one.said for one in told] == ["right", "false_positive"]
    assert list(judgements(desk.readings)) == told
    for body in records(desk, "judgement"):
        assert "多少钱" not in str(body)
        assert "骗子" not in str(body)
        assert "u1" not in body.values()
    assert told[1].role == "compliance"


def test_a_record_of_another_shape_is_passed_by(desk: Desk) -> None:
    (id,) = desk.hear((comment("多少钱"), PRICE))
    desk.journal.append_record("practice:1", "judgement", {"comment": id, "labels": {"faq": 7}})
    assert list(judgements(desk.readings)) == []
