"""The report: what is counted, and how good the shipped model is on comments it has never seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers import labelled
from classifiers.evaluation import binary, evaluate


def test_binary() -> None:
    assert binary([True, True, False, False], [True, False, True, False]) == {
        "f1": 0.5, "precision": 0.5, "recall": 0.5, "count": 2,
    }  # fmt: skip
    assert binary([False], [False]) == {"f1": 0.0, "precision": 0.0, "recall": 0.0, "count": 0}


def test_banned_spans_found_missed_and_extra(tmp_path: Path) -> None:
    rows = [
        "x-1,加薇信,,,,0,disruption,2,D01:加薇信,,x,",
        "x-2,全网最低价 加V,,,,0,disruption,2,D01:加V,,x,",
        "x-3,好的,,,,0,,0,D01:好,,x,",
    ]
    (tmp_path / "x.csv").write_text("\n".join([",".join(labelled.COLUMNS), *rows, ""]), encoding="utf-8")
    banned = evaluate(None, [tmp_path / "x.csv"])["banned"]
    assert banned["codes"] == {
        "A01": {"found": 0, "missed": 0, "extra": 1},
        "D01": {"found": 2, "missed": 1, "extra": 0},
    }
    assert banned["f1"] == pytest.approx(4 / 6, abs=1e-4)
    assert banned["exact"] == 1.0
