"""The report: what is counted and how sure it is, on verdicts whose counts are known beforehand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers import labelled, model
from classifiers.errors import TrainingDataError
from classifiers.evaluation import WORST, binary, compare, draws, evaluate, resampled_f1
from classifiers.labelled import Labelled
from classifiers.verdict import KINDS, Asked, Faq, Hit, Negative, Purchase, Verdict, Versions
from tests.classifiers.conftest import Small
from tests.classifiers.makers import write_rows

V = Versions("m", "r", "n")
NOTHING = Verdict(None, Purchase(), Negative(), (), V)
ROW = Labelled("x-0", "好", None, (), 0, None, 0, (), "x")


class Judge:
    """Gives each comment the verdict laid down for it."""

    def __init__(self, *pairs: tuple[Labelled, Verdict]) -> None:
        self.versions = V
        self.rows = [replace(row, id=f"x-{number}") for number, (row, _) in enumerate(pairs)]
        self._verdicts = [verdict for _, verdict in pairs]

    def judge(self, texts: Sequence[str]) -> list[Verdict]:
        assert [row.text for row in self.rows] == list(texts)
        return self._verdicts

    def report(self) -> dict[str, Any]:
        return compare(self.rows, self)  # type: ignore[arg-type]


def asks(intent: str | None, *also: str) -> Labelled:
    return replace(ROW, faq=intent, also=also)


def answer(intent: str, score: float = 0.9, *also: str) -> Verdict:
    faq = Faq(intent, score, tuple(Asked(name, score / 2) for name in also))
    return Verdict(faq, Purchase(), Negative(), (), V)


def test_binary() -> None:
    found = binary([True, True, False, False], [True, False, True, False])
    assert {name: found[name] for name in ("f1", "precision", "recall", "count")} == {
        "f1": 0.5, "precision": 0.5, "recall": 0.5, "count": 2,
    }  # fmt: skip
    assert binary([False], [False]) == {
        "f1": 0.0, "low": 0.0, "high": 0.0, "precision": 0.0, "recall": 0.0, "count": 0,
    }  # fmt: skip
    assert binary([], [])["count"] == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=200))
def test_the_interval_contains_the_score(pairs: list[tuple[bool, bool]]) -> None:
    truth, said = [t for t, _ in pairs], [s for _, s in pairs]
    found = binary(truth, said)
    assert 0 <= found["low"] <= found["high"] <= 1
    # Where the yeses are very few, more than 2.5 % of the drawings hold none of them, and score 0.
    assert found["low"] - 1e-3 <= found["f1"] <= found["high"] + 1e-3 or sum(truth) + sum(said) < 6


def test_the_interval_grows_narrow_with_more_rows_and_is_the_middle_of_the_drawings() -> None:
    pattern = ([True] * 7 + [False] * 3, [True] * 5 + [False] * 2 + [True] + [False] * 2)
    few, many = (binary(pattern[0] * n, pattern[1] * n) for n in (3, 100))
    assert few["f1"] == many["f1"]
    assert few["high"] - few["low"] > 3 * (many["high"] - many["low"]) > 0
    assert binary(*pattern) == binary(*pattern), "no chance is left in it"
    truth, said = np.array(pattern[0] * 3), np.array(pattern[1] * 3)
    scores = resampled_f1(truth, said, draws(len(truth), 4000))
    assert np.quantile(scores, 0.025) == pytest.approx(few["low"], abs=0.05)
    assert np.quantile(scores, 0.975) == pytest.approx(few["high"], abs=0.05)


def test_draws_are_rows_with_replacement() -> None:
    drawn = draws(50, 30)
    assert drawn.shape == (30, 50)
    assert (drawn.sum(axis=1) == 50).all()
    assert drawn.max() > 1
    assert np.array_equal(drawn, draws(50, 30))
    assert draws(0).shape[0] == draws(3).shape[0]


def test_resampled_f1_equals_f1_of_the_rows_drawn() -> None:
    truth, said = np.array([True, True, False, True]), np.array([True, False, True, True])
    drawn = np.array([[1, 1, 1, 1], [4, 0, 0, 0], [0, 2, 2, 0], [0, 0, 0, 0]], dtype=np.float32)
    assert resampled_f1(truth, said, drawn).tolist() == pytest.approx([2 * 2 / 6, 1.0, 0.0, 0.0])


def test_intents() -> None:
    judge = Judge(
        (asks("price"), answer("price")), (asks("price", "link", "gift"), answer("price", 0.8, "link", "size")),
        (asks("link"), answer("price")), (asks("link"), NOTHING), (asks(None), answer("gift")), (asks(None), NOTHING),
        (replace(ROW, purchase=2), answer("gift")),
    )  # fmt: skip
    faq = judge.report()["faq"]
    assert faq["macro_f1"] == pytest.approx((2 * 2 / 5 + 0) / 2, abs=1e-4)
    assert faq["answer_precision"] == pytest.approx(2 / 5)
    assert faq["false_answers"] == pytest.approx(2 / 3, abs=1e-4)
    assert (faq["false_answers_on_chatter"], faq["chatter"]) == (0.5, 2)
    assert faq["also_f1"] == pytest.approx(2 * 1 / 4)
    assert set(faq["intents"]) == {"price", "link"}
    assert faq["intents"]["price"]["count"] == 2
    assert faq["confusion"] == [[None, "gift", 2], ["link", "price", 1], ["link", None, 1]]


def test_purchase_levels() -> None:
    levels = [(0, 0), (0, 2), (1, 1), (2, 3), (3, 3), (3, 1)]
    judge = Judge(
        *(
            (replace(ROW, purchase=true), Verdict(None, Purchase(said, said / 3), Negative(), (), V))
            for true, said in levels
        )
    )
    purchase = judge.report()["purchase"]
    assert purchase["accuracy"] == 0.5
    assert purchase["levels"] == [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 1, 0, 1]]
    assert purchase["at_least_2"]["precision"] == pytest.approx(2 / 3, abs=1e-4)
    assert purchase["at_least_2"]["recall"] == pytest.approx(2 / 3, abs=1e-4)


def blame(kind: str | None, severity: int = 0, score: float = 0.9) -> Verdict:
    return Verdict(None, Purchase(), Negative(kind, severity, score, dict.fromkeys(KINDS, 0.0)), (), V)


def blamed(kind: str | None, severity: int = 0) -> Labelled:
    return replace(ROW, negative=kind, severity=severity)


def test_kinds_and_severity() -> None:
    judge = Judge(
        (blamed("abuse", 2), blame("abuse", 2)), (blamed("abuse", 3), blame("service", 1)),
        (blamed("price", 1), blame(None, score=0.2)), (blamed(None), blame("abuse", 2)),
        (blamed(None), blame(None, score=0.0)),
    )  # fmt: skip
    negative = judge.report()["negative"]
    assert negative["any"]["f1"] == pytest.approx(2 * 2 / 6, abs=1e-4)
    assert negative["kinds"]["abuse"]["f1"] == 0.5
    assert negative["kinds_macro_f1"] == pytest.approx((0.5 + 0) / 2)
    assert negative["severity_accuracy"] == 0.5
    assert negative["confusion"] == [["abuse", "service", 1], ["price", None, 1], [None, "abuse", 1]]


def hit(code: str, start: int, end: int, text: str) -> Hit:
    return Hit(code, start, end, text, text, f"{code}-0001")


def test_a_banned_hit_counts_by_code_and_place() -> None:
    text = "全网最低加薇信加薇信"
    row = replace(ROW, text=text, banned=(("D01", "加薇信"),))
    verdicts = {
        "the very span": (hit("D01", 4, 7, "加薇信"),), "overlapping": (hit("D01", 3, 5, "低加"),),
        "another code": (hit("A01", 4, 7, "加薇信"),), "elsewhere": (hit("D01", 0, 4, "全网最低"),), "nothing": (),
        "twice": (hit("D01", 4, 7, "加薇信"), hit("D01", 7, 10, "加薇信")),
    }  # fmt: skip
    counts = {}
    for name, hits in verdicts.items():
        banned = Judge((row, Verdict(None, Purchase(), Negative(), hits, V))).report()["banned"]
        d01 = banned["codes"]["D01"]
        counts[name] = (
            d01["found"],
            d01["missed"],
            banned["exact"],
            sum(c["extra"] for c in banned["codes"].values()),
        )
    assert counts == {
        "the very span": (1, 0, 1.0, 0), "overlapping": (1, 0, 0.0, 0), "another code": (0, 1, 0.0, 1),
        "elsewhere": (0, 1, 0.0, 1), "nothing": (0, 1, 0.0, 0), "twice": (1, 0, 1.0, 1),
    }  # fmt: skip


def test_one_hit_finds_one_labelled_span() -> None:
    row = replace(ROW, text="加薇信领券", banned=(("D01", "加薇信"), ("D01", "加薇")))
    banned = Judge((row, Verdict(None, Purchase(), Negative(), (hit("D01", 0, 3, "加薇信"),), V))).report()[
        "banned"
    ]
    assert banned["codes"]["D01"] == {"found": 1, "missed": 1, "extra": 0}
    assert (banned["precision"], banned["recall"], banned["count"]) == (1.0, 0.5, 2)


def test_harmless_comments_that_were_flagged() -> None:
    flagged = Verdict(None, Purchase(), Negative(), (hit("A01", 0, 1, "好"),), V)
    banned = Judge((ROW, flagged), (ROW, NOTHING), (ROW, NOTHING), (ROW, NOTHING)).report()["banned"]
    assert banned["harmless_flagged"] == 0.25


def test_scores_that_are_right_have_no_calibration_error() -> None:
    bought = Verdict(Faq("price", 1.0), Purchase(3, 1.0), Negative("abuse", 2, 1.0), (), V)
    judge = Judge((replace(asks("price"), purchase=3, negative="abuse", severity=2), bought), (ROW, NOTHING))
    assert judge.report()["calibration"] == {"faq": 0.0, "purchase": 0.0, "negative": 0.0}


def test_calibration_error_is_the_gap_within_each_tenth() -> None:
    """0.3 right half of the time and 0.8 right half of the time: gaps of 0.2 and 0.3, that do not cancel out."""
    said = [(0.3, "abuse"), (0.3, None), (0.8, "abuse"), (0.8, None)]
    judge = Judge(*((blamed(kind, 1 if kind else 0), blame(None, score=score)) for score, kind in said))
    assert judge.report()["calibration"]["negative"] == pytest.approx(0.25)
    judge = Judge((asks("price", "link"), answer("link", 1.0)), (asks("gift"), NOTHING))
    assert judge.report()["calibration"]["faq"] == 0.0, (
        "a further intent is no wrong answer, silence has no score"
    )


def test_the_worst_errors_are_few_surest_first_and_complete() -> None:
    wrong = [(asks("link"), answer("price", 0.5 + number / 200)) for number in range(WORST + 20)]
    worst = Judge(*wrong).report()["worst"]
    assert len(worst) == WORST
    assert [error["sure"] for error in worst] == sorted((error["sure"] for error in worst), reverse=True)
    assert worst[0] == {"id": f"x-{WORST + 19}", "text": "好", "label": "faq", "truth": "link", "given": "price",
                        "sure": pytest.approx(0.5 + (WORST + 19) / 200)}  # fmt: skip


def test_which_errors_there_are() -> None:
    judge = Judge(
        (replace(ROW, purchase=2), Verdict(None, Purchase(1, 0.1), Negative(), (), V)),
        (ROW, Verdict(None, Purchase(2, 0.7), Negative(), (), V)),
        (blamed("abuse", 2), blame(None, score=0.4)), (blamed(None), blame("price", 1, 0.8)),
        (asks("price"), NOTHING), (replace(ROW, purchase=3), Verdict(None, Purchase(2, 0.9), Negative(), (), V)),
    )  # fmt: skip
    worst = [
        (error["label"], error["truth"], error["given"], error["sure"]) for error in judge.report()["worst"]
    ]
    assert worst == [("purchase", 2, 1, 0.9), ("negative", None, "price", 0.8), ("purchase", 0, 2, 0.7),
                     ("negative", "abuse", None, 0.6)]  # fmt: skip


def test_nothing_to_examine_gives_noughts() -> None:
    report = Judge().report()
    assert report["rows"] == 0
    assert report["worst"] == []
    assert report["faq"]["macro_f1"] == report["banned"]["f1"] == report["purchase"]["accuracy"] == 0.0


def test_a_file_is_examined_with_the_shipped_model(tmp_path: Path) -> None:
    rows = [
        "x-1,加薇信,,,,0,disruption,2,D01:加薇信,,x,",
        "x-2,全网最低价 加V,,,,0,disruption,2,D01:加V,,x,",
        "x-3,好的,,,,0,,0,D01:好,,x,",
    ]
    (tmp_path / "x.csv").write_text("\n".join([",".join(labelled.COLUMNS), *rows, ""]), encoding="utf-8")
    report = evaluate(None, [tmp_path / "x.csv"])
    banned = report["banned"]
    assert banned["codes"] == {
        "A01": {"found": 0, "missed": 0, "extra": 1},
        "D01": {"found": 2, "missed": 1, "extra": 0},
    }
    assert banned["f1"] == pytest.approx(4 / 6, abs=1e-4)
    assert banned["exact"] == 1.0
    assert report["speed"]["one_at_a_time"] > 0
    assert report["speed"]["p99_ms"] > 0
    assert json.loads(json.dumps(report))["rows"] == 3


def test_a_folder_is_examined_whole_and_twice_alike(tmp_path: Path, small: Small) -> None:
    rows = labelled.read(labelled.SHIPPED / "mixed-b.csv")
    write_rows(tmp_path / "a.csv", rows[:20])
    write_rows(tmp_path / "b.csv", rows[20:50])
    places = [[tmp_path], [tmp_path / "b.csv", tmp_path / "a.csv"]]
    one, two = ({**evaluate(small.folder, these), "speed": None} for these in places)
    assert one == two
    assert one["rows"] == 50
    assert one["versions"]["model"] == model.load(small.folder).version


def test_no_file_to_examine(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="No labelled CSV"):
        evaluate(None, [tmp_path])
