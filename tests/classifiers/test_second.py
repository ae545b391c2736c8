"""Reading again: which comments are unsure, what the budget allows, what becomes of their verdicts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from classifiers import second
from classifiers.cascade import Cascade
from classifiers.errors import ModelError
from classifiers.model import COLUMNS, JUDGED, Floats
from classifiers.second import BATCH_S, EACH_S, Doubt, SecondReader, beside
from classifiers.verdict import Faq, Negative, Purchase

CASCADE = Cascade.load()
CARD: dict[str, Any] = {
    "model": CASCADE.model.version,
    "unsure": 0.5,
    "stack": dict.fromkeys(JUDGED, (0.0, 1.0, 0.0)),
    "calibration": dict.fromkeys(JUDGED, (1.0, 0.0)),
    "thresholds": dict.fromkeys(JUDGED, 0.5),
    "blame": {"right": [1.0, *[0.0] * 9], "displeased": 1.0, "score": [1.0, 0.0]},
    "faq": {
        "right": [1.0, *[0.0] * 9],
        "each": [1.0, 0.0],
        "threshold": 0.9,
        "margin": 0.0,
        "also": 0.9,
    },
}


class Fake:
    """A reader that says of every comment the same: columns named are +9, all others -9. Each takes `takes_s`."""

    version = "0123456789ab"

    def __init__(self, *columns: str, takes_s: float = 0.0, card: dict[str, Any] = CARD) -> None:
        self.card = card
        self.read_texts: list[str] = []
        self.now = 0.0
        self._takes_s = takes_s
        self._row = [9.0 if column in columns else -9.0 for column in JUDGED]

    def read(self, texts: Sequence[str]) -> Floats:
        self.read_texts += texts
        self.now += self._takes_s * len(texts)
        return np.array([self._row] * len(texts), dtype=np.float32)


def beside_model(fake: Fake, each_s: float | None = EACH_S, batch_s: float = BATCH_S) -> SecondReader:
    return SecondReader(fake, CASCADE.model, each_s=each_s, batch_s=batch_s, clock=lambda: fake.now)


def value_at(column: str, chance: float) -> float:
    """The decision value that the shipped card turns into a probability."""
    slope, constant = CASCADE.model.card["calibration"][column]
    return float((math.log(chance / (1 - chance)) - constant) / slope)


def values(*negative: float) -> Floats:
    """Decision values of comments that are sure of everything but, perhaps, of being negative."""
    rows = np.full((len(negative), len(COLUMNS)), -15.0, dtype=np.float32)
    rows[:, COLUMNS.index("negative")] = [value_at("negative", chance) for chance in negative]
    return rows


def judged(count: int) -> tuple[list[Faq | None], list[Purchase], list[Negative]]:
    return [None] * count, [Purchase()] * count, [Negative()] * count


def test_doubt_is_one_at_one_half_and_nothing_when_sure() -> None:
    found = Doubt(CASCADE.model.card).of(values(0.5, 0.95, 0.05, 1e-6))
    assert found[:3] == pytest.approx([1.0, 0.1, 0.1], abs=1e-3)
    assert found[3] < 0.01
    bought = values(1e-6)
    bought[0, COLUMNS.index("purchase>=2")] = value_at("purchase>=2", 0.5)
    assert Doubt(CASCADE.model.card).of(bought) == pytest.approx([1.0], abs=1e-3)


def test_only_unsure_comments_are_read_and_judged_anew() -> None:
    fake = Fake("faq:price", "asks", "purchase>=1", "negative", "kind:quality", "severity>=2")
    found = judged(4)
    count = beside_model(fake).settle(
        ["甲", "乙", "丙", "丁"], ["甲", "乙", "丙", "丁"], values(0.01, 0.5, 0.99, 0.6), found
    )
    assert count == 2
    assert fake.read_texts == ["乙", "丁"]
    assert found[0][::2] == [None, None]
    assert [faq.intent for faq in found[0] if faq] == ["price", "price"]
    assert [one.level for one in found[1]] == [0, 1, 0, 1]
    assert [(one.kind, one.severity) for one in found[2]] == [
        (None, 0),
        ("quality", 2),
        (None, 0),
        ("quality", 2),
    ]


def test_both_readers_values_are_summed_as_the_card_says() -> None:
    weights = (2.0, 0.5, 1.0)
    fake = Fake("negative", card={**CARD, "stack": dict.fromkeys(JUDGED, weights)})
    first, found = values(0.5), judged(1)
    beside_model(fake).settle(["甲"], ["甲"], first, found)
    summed = 2.0 * float(first[0, COLUMNS.index("negative")]) + 0.5 * 9 + 1.0
    assert found[2][0].score == pytest.approx(1 / (1 + math.exp(-summed)), rel=1e-5)


def test_empty_and_very_long_comments_keep_their_verdict() -> None:
    fake, found = Fake("negative"), judged(2)
    assert beside_model(fake).settle(["😂", "好" * 121], ["", "好好"], values(0.5, 0.5), found) == 0
    assert fake.read_texts == []
    assert found == judged(2)


def test_the_least_sure_are_read_first_and_the_rest_keep_their_verdict_when_time_is_up() -> None:
    fake, found = Fake("negative", "kind:abuse", takes_s=0.050), judged(4)
    texts = ["甲", "乙", "丙", "丁"]
    count = beside_model(fake, each_s=0.020).settle(texts, texts, values(0.7, 0.5, 0.35, 0.45), found)
    assert fake.read_texts == ["乙", "丁"]  # 4 x 20 ms: after the second reading 100 ms are gone
    assert count == 2
    assert [one.kind for one in found[2]] == [None, "abuse", None, "abuse"]


def test_a_batch_never_takes_much_longer_than_its_limit() -> None:
    fake = Fake(takes_s=0.010)
    texts = [str(number) for number in range(100)]
    count = beside_model(fake, each_s=0.020, batch_s=0.250).settle(
        texts, texts, values(*[0.5] * 100), judged(100)
    )
    assert count == 25
    assert fake.now == pytest.approx(0.250)


def test_no_time_reads_nothing_and_no_budget_reads_everything() -> None:
    hasty, patient = Fake(takes_s=9.0), Fake(takes_s=9.0)
    assert beside_model(hasty, each_s=0.0).settle(["甲"], ["甲"], values(0.5), judged(1)) == 0
    assert hasty.read_texts == []
    assert (
        beside_model(patient, each_s=None).settle(["甲", "乙"], ["甲", "乙"], values(0.5, 0.5), judged(2))
        == 2
    )


def test_a_reader_of_another_model_is_refused() -> None:
    with pytest.raises(ModelError, match="second_reader"):
        beside_model(Fake(card={**CARD, "model": "ffffffffffff"}))


def test_without_the_runtime_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifiers.reader.RUNTIME", "a_runtime_nobody_has")
    with pytest.raises(ModelError, match=r"changkong\[reader\]"):
        beside(CASCADE.model)


def test_a_cascade_with_a_reader_says_so_and_leaves_the_first_one_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = Fake("negative", "kind:quality", card={**CARD, "unsure": 0.0})
    both = CASCADE.with_second(beside_model(fake))
    assert both.judge(["晚上好"])[0].negative.kind == "quality"
    assert both.judge(["晚上好"])[0].versions.model == f"{CASCADE.model.version}+0123456789ab"
    assert CASCADE.judge(["晚上好"])[0].negative.kind is None
    assert both.with_second(None).versions == CASCADE.versions
    assert second.EACH_S <= 0.020


def test_one_by_one_and_together_give_the_same() -> None:
    fake = Fake("negative", "kind:quality")
    both = CASCADE.with_second(beside_model(fake, each_s=None))
    texts = ["多少钱", "这质量一般吧", "晚上好", "穿两天就那样", "想要", "呵呵 又是这套"]
    assert both.judge(texts) == [both.judge([text])[0] for text in texts]
