"""A small labelled set that trains in a second, for tests that need a model of their own."""

from __future__ import annotations

import csv
from pathlib import Path

from classifiers.labelled import COLUMNS, SHIPPED, read


def small_data(folder: Path, *, every: int = 6) -> Path:
    """Write two batches with each `every`-th row of two shipped ones; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem in ("beauty-a", "food-a"):
        rows = read(SHIPPED / f"{stem}.csv")
        seen: dict[tuple[str | None, str | None], int] = {}
        with (folder / f"{stem}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for row in rows:
                kind = (row.faq, row.negative)
                seen[kind] = seen.get(kind, 0) + 1
                if seen[kind] > 3 and seen[kind] % every:
                    continue
                banned = ";".join(f"{code}:{span}" for code, span in row.banned)
                labels = [
                    row.faq or "",
                    ";".join(row.also),
                    row.purchase,
                    row.negative or "",
                    row.severity,
                    banned,
                ]
                writer.writerow([row.id, row.text, "", *labels, "", row.batch, ""])
    return folder
