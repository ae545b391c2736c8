"""A small labelled set and a short list of senses that together train in about a second."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from classifiers import lore
from classifiers.labelled import COLUMNS, SHIPPED, Labelled, read


def write_rows(path: Path, rows: Sequence[Labelled], batch: str = "") -> Path:
    """One labelled file with these rows, of their own batches or all of `batch`; gives its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            banned = ";".join(f"{code}:{span}" for code, span in row.banned)
            labels = [
                row.faq or "",
                ";".join(row.also),
                row.purchase,
                row.negative or "",
                row.severity,
                banned,
            ]
            writer.writerow([row.id, row.text, row.vertical, *labels, "", batch or row.batch, ""])
    return path


def small_data(folder: Path, *, every: int = 6) -> Path:
    """Write two batches with each `every`-th row of two shipped ones; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem in ("beauty-a", "food-a"):
        seen: dict[tuple[str | None, str | None], int] = {}
        kept = []
        for row in read(SHIPPED / f"{stem}.csv"):
            kind = (row.faq, row.negative)
            seen[kind] = seen.get(kind, 0) + 1
            if seen[kind] <= 3 or seen[kind] % every == 0:
                kept.append(row)
        write_rows(folder / f"{stem}.csv", kept)
    return folder


def development(folder: Path, *, every: int = 5) -> Path:
    """Add each `every`-th row of a shipped development batch to a folder: then no folds are trained."""
    return write_rows(folder / "exam-p.csv", read(SHIPPED / "exam-p.csv")[::every])


@cache
def few_senses() -> dict[str, dict[int, float]]:
    """The first ten grams of each sense, instead of a hundred thousand that a thousand comments do not need."""
    return {sense: dict(list(words.items())[:10]) for sense, words in lore.senses().items()}
