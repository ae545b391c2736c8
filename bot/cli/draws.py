"""`changkong draw …`: check a draw offline, or run one by hand while no assistant has the store open."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import draw_files
from bot.cli.stores import DataOption, DbOption, opened
from bot.errors import InputError

if TYPE_CHECKING:
    from bot.decision import Capabilities
    from bot.draws import Draws

SheetArgument = Annotated[
    Path, typer.Argument(help="Rule sheet as JSON: the fields of lottery.rules.RuleSheet.")
]
DrawArgument = Annotated[str, typer.Argument(help="The draw's id, as `draw list` shows it.")]
RoomOption = Annotated[str, typer.Option("--room", help="The room, as platform:room_id.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    group = typer.Typer(
        help="Draws that anybody can check.",
        epilog="Example: changkong draw list --data data",
        no_args_is_help=True,
    )
    for name, command in (
        ("verify", verify_command),
        ("new", new_command),
        ("open", open_command),
        ("close", close_command),
        ("beacon", beacon_command),
        ("finish", finish_command),
        ("void", void_command),
        ("list", list_command),
    ):
        group.command(name)(command)
    draw_files.register(group)
    app.add_typer(group, name="draw")


def verify_command(
    proof: Annotated[Path, typer.Argument(help="The proof file.")],
    expect: Annotated[
        str | None, typer.Option(help="The commitment or closed hash shown in the room.")
    ] = None,
    real: Annotated[bool, typer.Option("--real", help="Refuse practice draws.")] = False,
    beacon: Annotated[Path | None, typer.Option(help="A relay's JSON to compare with.")] = None,
    entry_list: Annotated[Path | None, typer.Option("--list", help="The draw's entry list.")] = None,
) -> int:
    """Check a draw offline; prints each step with ok or failed. Exit code 1 when it does not verify.

    Example: changkong draw verify data/draws/draw-1-0a1b2c3d.proof.json
    """
    from lottery.command import verify_file

    own = None if beacon is None else str(beacon)
    listed = None if entry_list is None else str(entry_list)
    return verify_file(str(proof), expect, real, own, False, sys.stdout, sys.stderr, listed)


def new_command(
    sheet: SheetArgument,
    room: RoomOption,
    preset: Annotated[str | None, typer.Option(help="quick, large or practice; quick by itself.")] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", help="A preset: its id or the name the shop gave it; the sheet completes it."),
    ] = None,
    staff: Annotated[list[str] | None, typer.Option(help="A uid that may not win; may be repeated.")] = None,
    merchant: Annotated[
        str | None, typer.Option(help="The shop, where there are several: whose lists hold.")
    ] = None,
    data: DataOption = None,
    db: DbOption = None,
) -> None:
    """Announce a draw of any kind: its rules are frozen and cannot change. The assistant takes entries when it runs.

    Example: changkong draw new sheet.json --room bilibili:22000001 --preset quick
    """
    from bot.clock import WallClock
    from bot.draws.sheet import read_object, require_sayable, to_sheet
    from classifiers.cascade import Cascade

    if not sheet.is_file():
        raise InputError(f"There is no file {sheet}.")
    fields = read_object(sheet.read_bytes())
    body = {} if source is None else _preset(source, merchant, data, db)
    timing = preset or str(body.pop("preset", "quick"))
    rules = to_sheet({**body, **fields})
    require_sayable(rules, Cascade.load().judge)
    with _draws(data, db, room, create=True, merchant=merchant) as draws:
        made, _ = draws.announce(
            rules, timing, WallClock().now(), by="command line", session="", staff=staff or ()
        )
        _tell(draws, made)


def _preset(source: str, merchant: str | None, data: Path | None, db: str | None) -> dict[str, object]:
    """The fields of a preset that came along, or of one that the shop has kept. Raises InputError."""
    from bot.draws.presets import SHIPPED, to_body
    from bot.storage.presets import PresetRows

    shipped = SHIPPED.get(source)
    if shipped is not None:
        return to_body(shipped.sheet, shipped.timing)
    with opened(data, db, read_only=True) as store:
        for one in PresetRows(store, lambda: 0).draw_presets(merchant or ""):
            if one.name == source:
                return dict(one.body)
    raise InputError(f"There is no preset {source!r}. These come along: {', '.join(SHIPPED)}.")


def open_command(draw: DrawArgument, room: RoomOption, data: DataOption = None, db: DbOption = None) -> None:
    """Take the step to OPEN when its announced time has come.

    Example: changkong draw open draw-1-0a1b2c3d --room bilibili:22000001
    """
    _advance(draw, room, data, db)


def close_command(draw: DrawArgument, room: RoomOption, data: DataOption = None, db: DbOption = None) -> None:
    """Close the list when its announced time has come; never earlier.

    Example: changkong draw close draw-1-0a1b2c3d --room bilibili:22000001
    """
    _advance(draw, room, data, db)


def finish_command(
    draw: DrawArgument, room: RoomOption, data: DataOption = None, db: DbOption = None
) -> None:
    """Draw the winners once the beacon is there.

    Example: changkong draw finish draw-1-0a1b2c3d --room bilibili:22000001
    """
    _advance(draw, room, data, db)


def beacon_command(
    draw: DrawArgument,
    file: Annotated[Path, typer.Argument(help="A relay's JSON of the committed round; - reads stdin.")],
    room: RoomOption,
    data: DataOption = None,
    db: DbOption = None,
) -> None:
    """Hand in the beacon value by hand; it is verified under the pinned key like any relay's.

    Example: changkong draw beacon draw-1-0a1b2c3d round.json --room bilibili:22000001
    """
    if str(file) != "-" and not file.is_file():
        raise InputError(f"There is no file {file}.")
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InputError(f"{file} cannot be read as text. Save the relay's answer as it came.") from None
    with _draws(data, db, room) as draws:
        draws.paste_beacon(draw, text, by="command line")
        _tell(draws, draw)


def void_command(
    draw: DrawArgument,
    reason: Annotated[str, typer.Argument(help="A reason code, such as cancelled or failure.")],
    room: RoomOption,
    data: DataOption = None,
    db: DbOption = None,
) -> None:
    """Declare a draw void; it keeps its number and its reason is public.

    Example: changkong draw void draw-1-0a1b2c3d cancelled --room bilibili:22000001
    """
    from bot.clock import WallClock

    with _draws(data, db, room) as draws:
        draws.void(draw, reason, WallClock().now(), by="command line")
        _tell(draws, draw)


def list_command(data: DataOption = None, db: DbOption = None) -> None:
    """List all draws, one JSON object a line.

    Example: changkong draw list --data data
    """
    from bot.storage.drawbook import DrawRows

    with opened(data, db, read_only=True) as store:
        for row in DrawRows(store, lambda: 0).load_draws():
            line = {"id": row.id, "room": row.room, "sequence": row.sequence, "state": row.state}
            print(json.dumps(line, ensure_ascii=False))


def _advance(draw: str, room: str, data: Path | None, db: str | None) -> None:
    from bot.clock import WallClock

    with _draws(data, db, room) as draws:
        draws.proof_path(draw)  # refuses an unknown id with one sentence
        asyncio.run(draws.step(WallClock().now()))
        _tell(draws, draw)


def _tell(draws: Draws, draw: str) -> None:
    row = next(row for row in draws.rows() if row.id == draw)
    line = {
        "id": row.id,
        "state": row.state,
        "next_due_ms": row.next_due_ms,
        "commitment": row.body["commitment"]["hash"],
    }
    print(json.dumps(line, ensure_ascii=False))


@contextmanager
def _draws(
    data: Path | None, db: str | None, room: str, *, create: bool = False, merchant: str | None = None
) -> Iterator[Draws]:
    from bot.clock import WallClock
    from bot.comment import RoomKey
    from bot.draws import Draws, Salts
    from bot.draws.claims import ClaimBook
    from bot.storage.journal import Journal

    if ":" not in room:
        raise InputError(f"{room!r} is no room. Write it as platform:room_id, such as bilibili:22000001.")
    key = RoomKey.parse(room)
    with opened(data, db, read_only=False, create=create) as store:
        journal = Journal(store, WallClock().now)
        try:
            draws = Draws(
                key, journal, Salts(), (data or Path("data")) / "draws", tell_room=lambda instruction: None,
                merchant=merchant, abilities=lambda: _abilities(key.platform),
            )  # fmt: skip
            draws.claims = ClaimBook(journal, refresh=draws.refresh)
            yield draws
        finally:
            journal.close()


def _abilities(platform: str) -> Capabilities:
    """What a room of this platform tells of its viewers when it is attached."""
    from bot.decision import Capabilities
    from bot.rooms.bilibili_room import BilibiliRoom
    from bot.rooms.practice import PracticeRoom

    if platform == "bilibili":
        return BilibiliRoom.capabilities
    return Capabilities() if platform == "telegram" else PracticeRoom.capabilities
