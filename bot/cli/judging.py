"""`changkong classify`, `train`, `evaluate`: the judgements on the command line."""

from __future__ import annotations

import json
import math
import queue
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from bot.errors import ChangkongError, InputError

if TYPE_CHECKING:
    from classifiers.cascade import Cascade

BATCH = 256
"""Lines judged together at most; fewer when no more have arrived."""

SecondOption = Annotated[
    bool,
    typer.Option(
        "--second-reader",
        help="Read unsure comments again with the small transformer (needs the extra `reader`), without a time limit.",
    ),
]
ModelOption = Annotated[
    Path | None, typer.Option("--model", help="Folder of a model; default: the shipped one.")
]
BookOption = Annotated[
    Path | None, typer.Option("--rulebook", help="Folder of a rule book; default: the shipped one.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("classify")(classify_command)
    app.command("train")(train_command)
    app.command("evaluate")(evaluate_command)


def classify_command(
    file: Annotated[str, typer.Argument(help="JSON lines with at least `text`; - is standard input.")] = "-",
    model: ModelOption = None,
    rulebook: BookOption = None,
    second_reader: SecondOption = False,
) -> None:
    """Judge comments: JSON lines in, JSON lines out, same order and count. Exit code 1 when a line was bad.

    Example: changkong classify comments.jsonl
    """
    with _opened(file) as source:
        from classifiers.cascade import Cascade

        cascade = Cascade.load(existing_folder(model), existing_folder(rulebook))
        if second_reader:
            from classifiers.second import beside

            cascade = cascade.with_second(beside(cascade.model, each_s=None))
        bad = total = 0
        for lines in _batches(source):
            answers = judge_lines(cascade, lines, total + 1)
            sys.stdout.write("".join(json_line(answer) for answer in answers))
            sys.stdout.flush()
            total += len(lines)
            bad += sum("error" in answer and "versions" not in answer for answer in answers)
    if bad:
        raise ChangkongError(f"{bad} of {total} lines could not be judged; each has an `error` in its place.")


def judge_lines(cascade: Cascade, lines: Sequence[bytes], first: int = 1) -> list[dict[str, Any]]:
    """The output object of each input line. `first` is the number of the first line, for messages.

    A bad line gives `{"id", "line", "error"}` (id only when it could be read).
    """
    from classifiers.wire import to_wire

    given = [_parsed(line, first + at) for at, line in enumerate(lines)]
    good = [entry for entry in given if isinstance(entry.get("text"), str)]
    verdicts = iter(cascade.judge([entry["text"] for entry in good]))
    return [
        {**entry, **to_wire(next(verdicts))} if isinstance(entry.get("text"), str) else entry
        for entry in given
    ]


def _parsed(line: bytes, number: int) -> dict[str, Any]:
    """The object of one line with a `text`, or one with `error` and without `text`."""
    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        entry = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except UnicodeDecodeError:
        return {"line": number, "error": f"Line {number} is not UTF-8."}
    except (ValueError, RecursionError):
        return {"line": number, "error": f"Line {number} is not JSON. Each must be an object with a `text`."}
    if isinstance(entry, dict) and isinstance(entry.get("text"), str):
        return entry
    known = {"id": entry["id"]} if isinstance(entry, dict) and "id" in entry else {}
    return {**known, "line": number, "error": f"Line {number} has no `text` that is a string."}


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    """1e999 would come back as Infinity, which is no JSON and would break the answer's line."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is too large")
    return number


def json_line(value: dict[str, Any]) -> str:
    """One line of JSON. A lone surrogate cannot be written as UTF-8, so such a line is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        text = json.dumps(value)
    return text + "\n"


def _batches(source: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Lines as they come, up to BATCH together. Whoever types slowly is answered line by line.

    A thread reads ahead, at most four batches, so that memory does not grow with the file.
    """
    waiting: queue.Queue[bytes | BaseException | None] = queue.Queue(maxsize=4 * BATCH)

    def read() -> None:
        try:
            for line in source:
                waiting.put(line)
        except BaseException as error:
            waiting.put(error)
        else:
            waiting.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        lines: list[bytes] = []
        item = waiting.get()
        while isinstance(item, bytes):
            lines.append(item)
            if len(lines) == BATCH or waiting.empty():
                break
            item = waiting.get()
        if lines:
            yield lines
        if item is None:
            return
        if isinstance(item, BaseException):
            raise InputError(f"The input could not be read to its end: {item}.")


@contextmanager
def _opened(file: str) -> Iterator[IO[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        source = open(file, "rb")  # noqa: SIM115
    except OSError as error:
        raise InputError(
            f"{file} cannot be read: {error.strerror}. Name a file with JSON lines, or -."
        ) from None
    with source:
        yield source


def existing_folder(path: Path | None) -> Path | None:
    """The folder itself, None for None. Raises InputError when there is none."""
    if path is not None and not path.is_dir():
        raise InputError(f"{path} is not a folder. Name a folder that holds what the option asks for.")
    return path


def train_command(
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="Folder or CSV of labelled comments; may be repeated.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder the model is written to.")] = Path("model"),
) -> None:
    """Train the classifiers and print the model's card. Without --data the shipped comments are used.

    Example: changkong train --data my-comments --out my-model
    """
    from classifiers import labelled, training
    from classifiers.errors import TrainingDataError

    try:
        card = training.train(data or [labelled.SHIPPED], out, say=lambda line: print(line, file=sys.stderr))
    except TrainingDataError as error:
        raise InputError(str(error)) from None
    except OSError as error:
        raise InputError(f"The model cannot be written to {out}: {error.strerror}.") from None
    sys.stdout.write(json_line(card))


def evaluate_command(
    files: Annotated[
        list[Path], typer.Argument(help="CSV files of labelled comments, or folders with them.")
    ],
    model: ModelOption = None,
    rulebook: BookOption = None,
    second_reader: SecondOption = False,
) -> None:
    """Judge labelled comments and print how well the judgements agree.

    Example: changkong evaluate classifiers/data/comments/exam-p.csv
    """
    from classifiers.errors import TrainingDataError
    from classifiers.evaluation import evaluate

    try:
        report = evaluate(
            existing_folder(model), files, existing_folder(rulebook), second_reader=second_reader
        )
    except TrainingDataError as error:
        raise InputError(str(error)) from None
    sys.stdout.write(json_line(report))
