"""`changkong draw …`: what is made of a draw beside running it: files for viewers, inspectors and the warehouse."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.stores import DataOption, DbOption, opened
from bot.errors import InputError

if TYPE_CHECKING:
    from bot.draws.comparing import Comparison
    from bot.storage.journal import Journal
    from bot.storage.values import DrawRow

DrawArgument = Annotated[str, typer.Argument(help="The draw's id, as `draw list` shows it.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; it goes into the record.")]

BY = "command line"


def register(group: typer.Typer) -> None:
    """Add the commands to the group `draw`."""
    group.command("show")(show_command)
    group.command("export")(export_command)
    group.command("inspect")(inspect_command)
    group.command("compare")(compare_command)
    group.command("claims")(claims_command)
    coupons = typer.Typer(
        help="Coupons that winners are given, each once.",
        epilog="Example: changkong draw coupons pools",
        no_args_is_help=True,
    )
    coupons.command("import")(coupons_import_command)
    coupons.command("pools")(coupons_pools_command)
    group.add_typer(coupons, name="coupons")


def show_command(draw: DrawArgument, data: DataOption = None, db: DbOption = None) -> None:
    """Print a draw's public records as JSON.

    Example: changkong draw show draw-1-0a1b2c3d --data data
    """
    print(json.dumps(_public(draw, data, db), ensure_ascii=False))


def export_command(
    draw: Annotated[
        str | None, typer.Argument(help="The draw's id; with --site all draws without it.")
    ] = None,
    target: Annotated[Path | None, typer.Argument(help="Where to write the public records.")] = None,
    site: Annotated[
        Path | None, typer.Option("--site", help="Write pages for any static host into this folder instead.")
    ] = None,
    data: DataOption = None,
    db: DbOption = None,
) -> None:
    """Write a draw's public records to a file, or the pages of draws as files that need nothing else.

    Example: changkong draw export --site public draw-1-0a1b2c3d --data data
    """
    from bot.cli.wording import write_json

    if site is not None:
        if target is not None:
            raise InputError("Give either a file for the records or --site with a folder, not both.")
        _export_site(draw, site, data, db)
        return
    if draw is None or target is None:
        raise InputError("Say which draw and into which file, or give --site with a folder.")
    write_json(_public(draw, data, db), str(target))


def _public(draw: str, data: Path | None, db: str | None) -> dict[str, object]:
    from bot.draws.book import envelopes_of
    from bot.storage.drawbook import DrawRows

    with opened(data, db, read_only=True) as store:
        row = _known(DrawRows(store, lambda: 0).draw(draw), draw)
    public: dict[str, object] = {
        name: row.body[name]
        for name in ("commitment", "closed", "drawn", "void", "claims")
        if name in row.body
    }
    about = {"id": row.id, "room": row.room, "sequence": row.sequence, "state": row.state}
    return {**about, **public, "last_hash": row.body["last_hash"], "records": envelopes_of(row)}


def _known(row: DrawRow | None, draw: str) -> DrawRow:
    if row is None:
        raise InputError(f"There is no draw {draw!r}. `changkong draw list` shows them.")
    return row


def _export_site(draw: str | None, folder: Path, data: Path | None, db: str | None) -> None:
    from bot.app.draw_record import PublicRecord
    from bot.clock import WallClock
    from bot.draws.files import Files
    from bot.public.site import Exported, export_site
    from bot.storage.drawbook import DrawRows

    files = Files((data or Path("data")) / "draws")
    with opened(data, db, read_only=True) as store:
        journal = DrawRows(store, lambda: 0)
        rows = journal.load_draws() if draw is None else [_known(journal.draw(draw), draw)]
        record = PublicRecord(journal)
        exported = [
            Exported(
                record.of(row),
                _bytes(files.proof(row.id)) if "drawn" in row.body else None,
                _bytes(files.entries(row.id)) if row.body["closed"] else None,
            )
            for row in rows
        ]
    try:
        written = export_site(exported, folder, now_ms=WallClock().now())
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}. Choose another folder.") from None
    print(json.dumps({"folder": str(folder), "files": [path.name for path in written]}, ensure_ascii=False))


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def inspect_command(
    draw: DrawArgument,
    out: Annotated[Path, typer.Option("--out", help="Where the inspector's file goes.")],
    reason: ReasonOption = "",
    data: DataOption = None,
    db: DbOption = None,
) -> None:
    """Write the inspector's file of a draw: its salt and all account ids. That it was made is recorded.

    Example: changkong draw inspect draw-1-0a1b2c3d --out inspector.json --reason "request 2026-17"
    """
    import msgspec

    from bot.draws.inspecting import inspector_file

    with _journal(data, db) as journal:
        given = inspector_file(journal, _known(journal.draw(draw), draw), by=BY, reason=reason)
    _write_private(out, msgspec.json.encode(given) + b"\n")
    print(
        f"{out}: {len(given.entries)} entries. It names accounts: keep it as the store itself.",
        file=sys.stderr,
    )


def compare_command(
    own: Annotated[Path, typer.Argument(help="A witness's list, as `run --witness` writes it.")],
    proof: Annotated[Path, typer.Argument(help="The proof file of the draw.")],
    inspector: Annotated[Path | None, typer.Option("--inspector", help="The inspector's file.")] = None,
    entry_list: Annotated[
        Path | None, typer.Option("--list", help="The entry list, for a short proof.")
    ] = None,
) -> int:
    """Compare a witness's list with a published draw. Exit code 1 when something is left unexplained.

    Example: changkong draw compare data/witness/draw-1-0a1b2c3d.json draw-1-0a1b2c3d.proof.json
    """
    import msgspec

    found = _compared(own, proof, inspector, entry_list)
    print(msgspec.json.encode(found).decode())
    return 0 if found.agrees else 1


def _compared(own: Path, proof: Path, inspector: Path | None, entry_list: Path | None) -> Comparison:
    import msgspec

    from bot.draws.comparing import compare
    from bot.draws.inspecting import read_inspector
    from bot.draws.witness import read_own
    from lottery.entry_list import parse_list
    from lottery.proof import parse
    from lottery.verify import verify

    try:
        mine = read_own(_content(own))
    except msgspec.MsgspecError:
        raise InputError(f"{own} is no witness's list. `changkong run --witness` writes one.") from None
    made = parse(_content(proof))
    listed = None if entry_list is None else parse_list(_content(entry_list))
    report = verify(made, entry_list=listed)
    if not report.ok:
        wrong = next(step for step in report.steps if step.status == "failed")
        raise InputError(f"{proof} does not verify ({wrong.name}): {wrong.detail}")
    if made.commitment.hash != mine.commit_hash:
        raise InputError(
            "The witness followed another commitment than that of this proof. Compare their hashes."
        )
    leaves = made.leaves
    if leaves is None and listed is not None:
        leaves = listed.roster(made.commitment.record.valued).leaves
    given = None if inspector is None else read_inspector(_content(inspector))
    return compare(mine, made.commitment.record, made.closed[-1].record, given, leaves)


def claims_command(
    draw: DrawArgument,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write the warehouse's table, with addresses, here.")
    ] = None,
    reason: ReasonOption = "",
    data: DataOption = None,
    db: DbOption = None,
) -> None:
    """Show the places of a draw, one JSON object a line, or write the table for the warehouse.

    Example: changkong draw claims draw-1-0a1b2c3d --csv parcels.csv --reason "sending out"
    """
    import dataclasses

    from bot.clock import WallClock
    from bot.draws.claims import ClaimBook
    from bot.draws.prize_desk import PrizeDesk
    from bot.draws.warehouse import export

    with _journal(data, db) as journal:
        _known(journal.draw(draw), draw)
        book = ClaimBook(journal)
        if csv is not None:
            table = export(book, draw, by=BY, reason=reason, now_ms=WallClock().now())
            _write_private(csv, table)
            return
        for place in PrizeDesk(book).places(draw):
            shown: dict[str, Any] = dataclasses.asdict(place)
            print(json.dumps(shown, ensure_ascii=False))


def coupons_import_command(
    pool: Annotated[str, typer.Argument(help="The pool the coupons go into.")],
    file: Annotated[Path, typer.Argument(help="Text, CSV or XLSX with one code a line.")],
    data: DataOption = None,
    db: DbOption = None,
) -> None:
    """Bring coupons into a pool. Codes that are there already are left alone.

    Example: changkong draw coupons import 满减券 codes.csv --data data
    """
    from bot.draws.coupons import Coupons, read_coupons

    read = read_coupons(_content(file), file.name)
    with _journal(data, db) as journal:
        added = Coupons(journal).add(pool, read.codes, by=BY)
    told = {"pool": pool, "added": added.added, "known": added.known, "refused_lines": list(read.refused)}
    print(json.dumps(told, ensure_ascii=False))


def coupons_pools_command(data: DataOption = None, db: DbOption = None) -> None:
    """Show the pools and how many coupons are left, one JSON object a line.

    Example: changkong draw coupons pools --data data
    """
    from bot.draws.coupons import Coupons

    with _journal(data, db) as journal:
        for one in Coupons(journal).pools():
            print(json.dumps({"pool": one.pool, "total": one.total, "left": one.left}, ensure_ascii=False))


@contextmanager
def _journal(data: Path | None, db: str | None) -> Iterator[Journal]:
    """The store opened for writing, with its single writer; closed afterwards."""
    from bot.clock import WallClock
    from bot.storage.journal import Journal

    with opened(data, db, read_only=False) as store:
        journal = Journal(store, WallClock().now)
        try:
            yield journal
        finally:
            journal.close()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Check the name.") from None


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all. Raises InputError."""
    part = path.with_name(path.name + ".part")
    try:
        part.unlink(missing_ok=True)
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(number, "wb") as file:
            file.write(content)
        os.replace(part, path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise InputError(f"{path} cannot be written: {error.strerror}. Choose another place.") from None
