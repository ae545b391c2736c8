"""`changkong model`: from what the desk judged to a labelled batch, from a trained model to the one in use."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.stores import DbOption
from bot.cli.wording import write_json
from bot.errors import ChangkongError, InputError

if TYPE_CHECKING:
    from bot.learning.shelf import Shelf
    from bot.storage.engine import Store
    from bot.storage.journal import Journal
    from bot.storage.lessons import LessonReadings
    from classifiers.cascade import Cascade
    from classifiers.gate import Gate

READER = "model training"
"""Who read viewers' words, in the `access` records of collecting and comparing."""
PAGE = 500

DataOption = Annotated[
    Path | None, typer.Option("--data", help="Data directory, where the models lie; ./data when not given.")
]
CandidateArgument = Annotated[Path, typer.Argument(help="Folder of the trained model.")]
AgainstOption = Annotated[
    Path | None, typer.Option("--against", help="Folder of the other model; default: the one in use.")
]
ByOption = Annotated[str, typer.Option("--by", help="Your login, as in [[people]].")]


def register(app: typer.Typer) -> None:
    """Add the sub-app `model` to `app`."""
    model = typer.Typer(
        help="Teach the classifiers from the desk, examine a trained model, take it into use, take it back.",
        epilog="Example: changkong model collect --out desk.csv",
        no_args_is_help=True,
    )
    for name, command in (
        ("collect", collect_command), ("gate", gate_command), ("shadow", shadow_command),
        ("propose", propose_command), ("approve", approve_command), ("list", list_command),
        ("rollback", rollback_command),
    ):  # fmt: skip
        model.command(name)(command)
    app.add_typer(model, name="model")


def collect_command(
    out: Annotated[Path, typer.Option("--out", help="CSV file to write.")],
    data: DataOption = None,
    db: DbOption = None,
) -> None:
    """Write what the desk judged as a batch of labelled comments for `changkong train`. Personal data is masked.

    Example: changkong model collect --data data --out my-comments/desk.csv
    """
    from bot.learning import examples

    batch = f"desk-{datetime.now(UTC):%Y-%m-%d}"
    with _house(data, db) as (_, readings):
        found = examples.collect(readings, reader=READER)
    if not found.examples:
        raise ChangkongError(
            f"There is nothing to learn yet{_counts(found.left_out)}. Judge comments in the console: "
            "a case's or an answer's link `Judged right?`."
        )
    examples.write(found.examples, out, batch)
    write_json(
        {"file": str(out), "batch": batch, "examples": len(found.examples), "left_out": dict(found.left_out)},
        "-",
    )


def _counts(left_out: Any) -> str:
    told = ", ".join(f"{n} {name}" for name, n in left_out.items())
    return f" ({told} left out)" if told else ""


def gate_command(
    candidate: CandidateArgument,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Labelled CSV files; default: the shipped frozen split.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="Folder of the other model; default: the shipped one.")
    ] = None,
) -> None:
    """Examine a model beside another on comments neither has learned from. Exit code 1 when it is worse on any label.

    Example: changkong model gate my-model
    """
    from classifiers.cascade import Cascade

    gate = _examined(_judges(candidate), Cascade.load(_folder(against)), files)
    write_json(gate.to_json(), "-")
    _require_passed(gate)


def _examined(candidate: Cascade, against: Cascade, files: list[Path] | None) -> Gate:
    from classifiers.errors import TrainingDataError
    from classifiers.gate import examine, frozen_split

    try:
        return examine(candidate, against, files or frozen_split())
    except TrainingDataError as error:
        raise InputError(str(error)) from None


def _require_passed(gate: Gate) -> None:
    if not gate.passed:
        raise ChangkongError(
            f"The model {gate.candidate} is worse than {gate.against} on {', '.join(gate.worse)}."
        )


def shadow_command(
    candidate: CandidateArgument,
    files: Annotated[
        list[Path] | None, typer.Argument(help="Recordings; without any, the last show of the store.")
    ] = None,
    against: AgainstOption = None,
    data: DataOption = None,
    db: DbOption = None,
    listed: Annotated[int, typer.Option("--list", min=0, help="How many differences to list.")] = 200,
) -> None:
    """Judge a show with two models and print where they differ. Nothing is answered or changed by it.

    Example: changkong model shadow my-model show.jsonl
    """
    from bot.learning.shadow import shadow
    from bot.learning.shelf import load
    from classifiers.cascade import Cascade

    new = _judges(candidate)
    old = Cascade.load(_folder(against)) if against is not None else load(_place(data))
    if files:
        write_json(shadow(new, old, _recorded(files), listed=listed), "-")
        return
    with _house(data, db) as (_, readings):
        write_json(shadow(new, old, _stored(readings), listed=listed), "-")


def _recorded(files: list[Path]) -> Iterator[tuple[str, str]]:
    from bot.comment import Comment
    from bot.rooms.recording import read

    for file in files:
        for number, event in enumerate(read(file).events, 1):
            if isinstance(event, Comment):
                yield f"{file.name}:{event.msg_id or event.line or number}", event.text


def _stored(readings: LessonReadings) -> Iterator[tuple[str, str]]:
    """The comments of the last show with comments in it, words that can still be read only."""
    last = next((one for one in readings.sessions() if one.judged), None)
    if last is None:
        raise InputError("The store holds no show with comments. Name a recording instead.")
    after = -1
    while page := readings.comments(last.id, reader=READER, after_seq=after, limit=PAGE):
        yield from ((one.id, one.words.text) for one in page if one.words is not None)
        after = page[-1].seq


def propose_command(
    candidate: CandidateArgument, by: ByOption, data: DataOption = None, db: DbOption = None
) -> None:
    """Examine a model beside the one in use and propose it; somebody else approves. Exit code 1 when it is worse.

    Example: changkong model propose my-model --by mei
    """
    from bot.learning import shelf

    new = _judges(candidate)
    with _house(data, db) as (journal, readings):
        place = _place(data)
        shelf.require(journal.by_login(by), by, shelf.MAY_PROPOSE)
        gate = _examined(new, shelf.load(place), None)
        if gate.passed:
            shelf.take_in(place, candidate, gate.candidate)
        proposal = shelf.propose(journal, readings, gate, by=by)
    write_json({"proposal": proposal.number, "state": proposal.state, **gate.to_json()}, "-")
    _require_passed(gate)


def approve_command(
    proposal: Annotated[int, typer.Argument(help="The proposal's number.")],
    by: ByOption,
    data: DataOption = None,
    db: DbOption = None,
) -> None:
    """Approve another's proposal: the model is used from the next start of `changkong run` on.

    Example: changkong model approve 41 --by an
    """
    from bot.learning import shelf

    with _house(data, db) as (journal, readings):
        write_json(_told(shelf.approve(journal, readings, _place(data), proposal, by=by), _place(data)), "-")


def list_command(data: DataOption = None, db: DbOption = None) -> None:
    """Print which model is in use, what was used before it, and every proposal with its state.

    Example: changkong model list
    """
    from bot.learning import shelf
    from bot.storage.lessons import LessonReadings

    with _store(data, db, read_only=True) as store:
        write_json(_told(shelf.shelf(LessonReadings(store)), _place(data)), "-")


def rollback_command(
    data: DataOption = None,
    db: DbOption = None,
    by: Annotated[str, typer.Option("--by", help="Your login, for the record.")] = "command line",
    shipped: Annotated[bool, typer.Option("--shipped", help="Back to the shipped model at once.")] = False,
) -> None:
    """Go back to the model used before this one (or to the shipped one), from the next start on.

    Example: changkong model rollback
    """
    from bot.learning import shelf

    with _house(data, db) as (journal, readings):
        place = _place(data)
        write_json(_told(shelf.roll_back(journal, readings, place, by=by, to_shipped=shipped), place), "-")


def _told(found: Shelf, place: Path) -> dict[str, Any]:
    import msgspec

    from bot.learning.shelf import folder

    lies = folder(place, found.current)
    return {
        "current": found.current, "folder": None if lies is None else str(lies), "used": list(found.used),
        "proposals": msgspec.to_builtins(found.proposals),
    }  # fmt: skip


def _judges(candidate: Path) -> Cascade:
    from classifiers.cascade import Cascade

    return Cascade.load(_folder(candidate))


def _folder(path: Path | None) -> Path | None:
    if path is not None and not path.is_dir():
        raise InputError(
            f"{path} is not a folder. Name the folder of a model, such as `changkong train --out` made."
        )
    return path


def _place(data: Path | None) -> Path:
    """Models lie in the data directory also when the rows are elsewhere."""
    return data or Path("data")


@contextmanager
def _store(data: Path | None, db: str | None, *, read_only: bool) -> Iterator[Store]:
    """The store at `db`, else the one of the data directory. Both may be named: rows there, keys and models here."""
    from bot.storage.engine import open_store

    place = data if db is not None else _place(data)
    store = open_store(place, db, create=False, read_only=read_only)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def _house(data: Path | None, db: str | None) -> Iterator[tuple[Journal, LessonReadings]]:
    """The store open for writing, its record sealed at the end."""
    from bot.storage.journal import Journal
    from bot.storage.lessons import LessonReadings

    with _store(data, db, read_only=False) as store:
        journal = Journal(store, lambda: time.time_ns() // 1_000_000)
        try:
            yield journal, LessonReadings(store, journal)
        finally:
            journal.close()
