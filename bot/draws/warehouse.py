"""The warehouse's table: where each prize goes, out as CSV; tracking numbers, back in from the same table.

Cells that a spreadsheet would take for a formula are guarded (`replies.cells`), since names and addresses are typed by
strangers. Every table taken out is recorded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.draws.claims import ClaimBook
from bot.draws.prize_desk import Place, PrizeDesk
from bot.errors import ChangkongError, InputError
from bot.printing import harmless
from bot.sheets import lines_of
from replies.cells import csv_file, plain
from replies.errors import LibraryError

COLUMNS = (
    ("draw", "抽奖"), ("number", "期号"), ("prize", "奖品"), ("place", "名次"), ("code", "兑奖码"), ("name", "收件人"),
    ("phone", "电话"), ("address", "地址"), ("state", "状态"), ("tracking", "快递单号"),
)  # fmt: skip
HEADER = tuple(f"{zh} {name}" for name, zh in COLUMNS)
LISTED = frozenset({"confirmed", "shipped", "received"})
"""Places in the table: those whose prize was taken, but for coupons, which need no warehouse."""

MOST_PROBLEMS = 20

_ROUNDED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}|[0-9]{16,}\.0")
"""7.86012E+13: spreadsheets write long numbers so, and the digits left out are lost."""

_AS_TEXT = "Make that column text and type the tracking number anew."


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a returned table did: places sent now, places that were so already, and lines that could not be used, as
    (number of the line, what is wrong)."""

    shipped: int
    unchanged: int
    problems: tuple[tuple[int, str], ...]


def export(book: ClaimBook, draw_id: str, *, by: str, reason: str, now_ms: int) -> bytes:
    """The table of a draw as CSV (UTF-8 with BOM). The look at the addresses is recorded with `by` and `reason`.

    Raises InputError when there is no such draw or no reason is given.
    """
    draw = book.journal.draw(draw_id)
    if draw is None:
        raise InputError(f"There is no draw {draw_id!r:.80}. `changkong draw list` shows them.")
    if not any(char.isalnum() for char in reason):
        raise InputError("Say why the addresses are needed; it goes into the record.")
    places = [one for one in PrizeDesk(book).places(draw_id) if one.state in LISTED and not one.coupon]
    parcels = {one.place: one.fields for one in book.journal.parcels(draw_id)}
    with book.journal.settling(draw_id, now_ms) as settling:
        settling.note(
            "addresses taken out", {"by": by, "reason": reason[:300], "places": [one.place for one in places]}
        )
    rows = [_row(draw_id, draw.sequence, one, parcels.get(one.place, {})) for one in places]
    return csv_file([HEADER, *rows])


def _row(draw_id: str, number: int, place: Place, parcel: Mapping[str, str]) -> list[str]:
    fields = [parcel.get(name, "") for name in ("name", "phone", "address")]
    cells = [
        draw_id,
        str(number),
        place.prize,
        str(place.place),
        place.code,
        *fields,
        place.state,
        place.tracking,
    ]
    return [harmless(cell) for cell in cells]


def take_back(book: ClaimBook, draw_id: str, data: bytes, *, by: str, now_ms: int) -> TakenBack:
    """Tracking numbers out of the returned table: those of other draws, and empty ones, are passed over.

    Raises InputError when the table cannot be read or lacks the columns draw, place and tracking.
    """
    desk = PrizeDesk(book)
    before = {one.place: one for one in desk.places(draw_id)}
    shipped = unchanged = 0
    problems: list[tuple[int, str]] = []
    try:
        lines = list(lines_of(data, name="table"))
    except LibraryError as error:
        raise InputError(str(error)) from None
    where = _columns(lines[0][1] if lines else ())
    for line, cells in lines[1:]:
        said = {name: plain(cells[at]).strip() if at < len(cells) else "" for name, at in where.items()}
        if said["draw"] != draw_id or not said["tracking"]:
            continue
        number = said["place"].removesuffix(".0")
        place = before.get(int(number)) if number.isascii() and number.isdigit() and len(number) < 9 else None
        if place is None:
            problems.append((line, f"There is no place {number[:20]!r}."))
        elif _ROUNDED.fullmatch(said["tracking"]):
            problems.append((line, f"The spreadsheet has rounded {said['tracking'][:30]!r}. {_AS_TEXT}"))
        elif place.tracking == said["tracking"]:
            unchanged += 1
        else:
            try:
                desk.ship(draw_id, place.place, said["tracking"], by=by, now_ms=now_ms)
                shipped += 1
            except ChangkongError as error:
                problems.append((line, str(error)))
    return TakenBack(shipped, unchanged, tuple(problems[:MOST_PROBLEMS]))


def _columns(header: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(header):
        words = plain(cell).strip().casefold().split()
        for name, zh in COLUMNS:
            if name in words or zh in words:
                found.setdefault(name, at)
    missing = [name for name in ("draw", "place", "tracking") if name not in found]
    if missing:
        raise InputError(
            f"The table has no column {missing[0]!r}. Send back the table that was taken out here."
        )
    return {name: found[name] for name in ("draw", "place", "tracking")}
