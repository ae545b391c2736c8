"""The gate: a model worse on any label is named, one that merely differs by chance is not."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from classifiers.errors import TrainingDataError
from classifiers.gate import ERRORS, FEWEST, LABELS, POINT, Gate, Label, compare, examine, frozen_split
from classifiers.labelled import COLUMNS, TEST
from classifiers.verdict import INTENTS, KINDS, Faq, Negative, Purchase, Verdict, Versions

V = Versions("m", "r", "n")


class Judge:
    """Judges by a table of text to (intent, level, kind, severity)."""

    def __init__(
        self, name: str, table: dict[str, tuple[str | None, int, str | None, int]], **card: object
    ) -> None:
        self.versions = Versions(name, "r", "n")
        self.model = SimpleNamespace(card=card)
        self.table = table

    def judge(self, texts: Sequence[str]) -> list[Verdict]:
        out = []
        for text in texts:
            intent, level, kind, severity = self.table[text]
            faq = Faq(intent, 0.9) if intent else None
            out.append(Verdict(faq, Purchase(level, 0.5), Negative(kind, severity, 0.5), (), V))
        return out


def split(folder: Path, rows: Sequence[tuple[str, str, int, str, int]], batch: str = "exam-x") -> Path:
    file = folder / f"{batch}.csv"
    with file.open("w", encoding="utf-8", newline="") as sheet:
        writer = csv.writer(sheet)
        writer.writerow(COLUMNS)
        for n, (text, faq, level, kind, severity) in enumerate(rows):
            writer.writerow([f"{batch}-{n}", text, "", faq, "", level, kind, severity, "", "", batch, ""])
    return file


ROWS = [
    (f"{n}号{['多少钱', '有货吗', '骗子', '666'][n % 4]}", ["price", "stock", "", ""][n % 4], [1, 1, 0, 0][n % 4],
     "deception" if n % 4 == 2 else "", 2 if n % 4 == 2 else 0)
    for n in range(80)
]  # fmt: skip
RIGHT = {text: (faq or None, level, kind or None, severity) for text, faq, level, kind, severity in ROWS}


def test_a_model_as_good_passes_and_one_worse_is_named(tmp_path: Path) -> None:
    file = split(tmp_path, ROWS)
    good = examine(Judge("new", dict(RIGHT)), Judge("old", RIGHT), [file])  # type: ignore[arg-type]
    assert (good.passed, good.worse, good.rows) == (True, (), 80)
    assert good.labels["faq:price"] == Label(1.0, 1.0, 0.0, 20, False)
    deaf = {text: (None, level, kind, severity) for text, (_, level, kind, severity) in RIGHT.items()}
    bad = examine(Judge("new", deaf), Judge("old", RIGHT), [file])  # type: ignore[arg-type]
    assert bad.worse == ("faq:none", "faq:price", "faq:stock")
    assert not bad.passed
    mild = {
        text: (faq, level, kind, min(severity, 1)) for text, (faq, level, kind, severity) in RIGHT.items()
    }
    assert examine(Judge("n", mild), Judge("o", RIGHT), [file]).worse == ("severity>=2",)  # type: ignore[arg-type]
    back = examine(Judge("new", RIGHT), Judge("old", deaf), [file])  # type: ignore[arg-type]
    assert back.passed
    assert json.loads(json.dumps(back.to_json()))["labels"]["faq:stock"]["against"] == 0.0


def test_labels_too_rare_are_named_and_not_examined(tmp_path: Path) -> None:
    gate = examine(Judge("n", RIGHT), Judge("o", RIGHT), [split(tmp_path, ROWS)])  # type: ignore[arg-type]
    assert "faq:gift" in gate.unexamined
    assert "kind:abuse" in gate.unexamined
    assert set(gate.unexamined) | set(gate.labels) == set(LABELS)
    assert all(label.count >= FEWEST for label in gate.labels.values())
    assert len(LABELS) == 1 + len(INTENTS) + 3 + 1 + len(KINDS) + 2


def test_who_has_learned_from_the_split_is_not_examined_with_it(tmp_path: Path) -> None:
    file = split(tmp_path, ROWS)
    for new, old in (({"exam-x": 80}, {}), ({}, {"exam-x": 80})):
        with pytest.raises(TrainingDataError, match="has learned from the batch exam-x"):
            examine(Judge("n", RIGHT, rows=new), Judge("o", RIGHT, rows=old), [file])  # type: ignore[arg-type]
    with pytest.raises(TrainingDataError, match="no labelled comment"):
        examine(Judge("n", RIGHT), Judge("o", RIGHT), [split(tmp_path, [], "empty")])  # type: ignore[arg-type]


def marks(*columns: Sequence[bool]) -> np.ndarray:
    return np.array(columns, dtype=np.bool_).T


def outcome(truth: Sequence[bool], new: Sequence[bool], old: Sequence[bool]) -> Label:
    labels, _ = compare(["x"], marks(truth), marks(new), marks(old))
    return labels["x"]


def test_one_comment_more_or_less_is_chance_many_are_not() -> None:
    truth = [n < 400 for n in range(2000)]
    flipped = [n < 400 and n != 7 for n in range(2000)]
    assert not outcome(truth, flipped, truth).worse  # a quarter of a point, one comment: chance
    twelve = [n < 400 and n >= 12 for n in range(2000)]
    loss = outcome(truth, twelve, truth)
    assert loss.worse
    assert 0.01 < loss.against - loss.candidate < 0.02


def test_less_than_a_point_is_let_pass_and_so_is_what_two_errors_explain() -> None:
    truth = [n < 4000 for n in range(8000)]
    small = outcome(truth, [n < 4000 and n >= 30 for n in range(8000)], truth)
    assert 0 < small.against - small.candidate < POINT
    assert small.against - small.candidate > ERRORS * small.standard_error
    assert not small.worse
    few = [n < 20 for n in range(2000)]
    rare = outcome(few, [n < 20 and n >= 2 for n in range(2000)], few)
    assert POINT < rare.against - rare.candidate < ERRORS * rare.standard_error
    assert not rare.worse


def test_as_much_won_as_lost_is_no_loss() -> None:
    truth = [n < 400 for n in range(2000)]
    old = [n < 400 and n >= 20 for n in range(2000)]
    new = [n < 400 and not 40 <= n < 60 for n in range(2000)]
    assert not outcome(truth, new, old).worse


def test_the_outcome_is_the_same_every_time() -> None:
    truth, new = [n % 5 == 0 for n in range(300)], [n % 7 == 0 for n in range(300)]
    assert outcome(truth, new, truth) == outcome(truth, new, truth)


def test_the_frozen_split_is_the_batches_nothing_is_learnt_from() -> None:
    assert {path.stem for path in frozen_split()} <= TEST


def test_nothing_worse_is_passed() -> None:
    assert Gate("a", "b", 1, "s", {}, ()).passed
