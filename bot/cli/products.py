"""`changkong products`: the shop's goods and facts, taken in from a file with a preview, listed, written out."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bot.cli.importing import (
    ByOption,
    DataOption,
    DbOption,
    SkipOption,
    author,
    now_ms,
    opened_journal,
    out,
    write_file,
)
from bot.cli.stores import opened
from bot.errors import ChangkongError, InputError
from replies.errors import LibraryError, ShopError
from replies.facts import Fact, Product
from replies.goods import Change, Diff, Goods, clashes, diff, merge
from replies.goods_sheet import dump_goods, read_goods

if TYPE_CHECKING:
    from bot.storage.journal import Journal

KEEPERS = frozenset({"operator", "admin"})
"""Roles that may set facts."""


def register(app: typer.Typer) -> None:
    """Add the sub-app `products` to `app`."""
    products = typer.Typer(
        name="products",
        no_args_is_help=True,
        help="The shop's goods and facts: import, export, list. 商品与信息：导入、导出、列出",
        epilog="Example: changkong products import goods.xlsx",
    )
    products.command(
        "import", epilog="Example: changkong products import goods.xlsx --yes --by mei --data data"
    )(import_)
    products.command("export", epilog="Example: changkong products export goods.xlsx --data data")(export)
    products.command("list", epilog="Example: changkong products list --data data")(list_)
    app.add_typer(products)


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV (UTF-8 or GB18030) or XLSX. 表格文件")],
    yes: Annotated[bool, typer.Option("--yes", help="Take it in without asking. 不再询问")] = False,
    skip_broken: SkipOption = False,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="The file is the whole shop: goods without a line go. 文件即全部商品"),
    ] = False,
    data: DataOption = None,
    db: DbOption = None,
    by: ByOption = None,
) -> None:
    """Take goods and facts in: one product a line, one fact a column; what would change is shown first. 导入商品

    Columns (Chinese or English): 编号 id, 名称 name, 链接号 slot; 别名 aliases, 类别 class, 店铺 merchant, 价格
    price, 库存 stock and further facts, 来源 source, 有效期至 valid_until (a time with its zone, or 本场). A column
    such as 价格@有效期至 holds for that fact alone; the id * is the whole house. An empty cell takes a fact away, a
    missing column leaves it. Stop `changkong run` first.

    What is wrong and what would change come as JSONL, a count last. On a terminal you are asked; elsewhere --yes is
    needed. Exit code 1: rows are broken (then nothing is taken in without --skip-broken), or the answer was no.
    """
    goods = _read(file)
    with opened_journal(data, db) as journal:
        keeper = author(journal, by, KEEPERS)
        moment = now_ms()
        for problem in goods.problems:
            out({
                "row": problem.line, "column": problem.column, "reason": problem.en, "reason_zh": problem.zh,
                "level": "refuse",
            })  # fmt: skip
        rows = len({one.line for one in goods.problems})
        if rows and not skip_broken:
            raise ChangkongError(
                f"{rows} rows are broken, so nothing was imported. Mend them, or leave them out with --skip-broken. "
                f"有 {rows} 行有错，没有导入任何内容。"
            )
        if rows and whole:
            raise InputError(
                "With broken rows the file cannot be the whole shop. Mend them, or leave out --whole."
            )
        before = _stored(journal)
        after = merge(before, goods, moment, whole=whole)
        for one, other in clashes(after):
            raise ChangkongError(
                f"Nothing was imported: {one.id} and {other.id} would share link number {one.slot}. Give each its own. "
                f"链接号 {one.slot} 重复，没有导入任何内容。"
            )
        change = diff(before, after)
        for line in _shown(change):
            out(line)
        if not change or not (yes or _agreed(change)):
            out({"broken": rows, **_counted(change), "imported": False})
            if change:
                raise ChangkongError("Nothing was imported.")
            return
        _keep(journal, change, after, keeper, moment)
        out({"broken": rows, **_counted(change), "imported": True})


def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or .xlsx; - is stdout (CSV). 输出文件")],
    lang: Annotated[Literal["zh", "en"], typer.Option(help="Language of the headers. 表头语言")] = "zh",
    data: DataOption = None,
    db: DbOption = None,
) -> None:
    """Write the goods with all their facts, ready to be edited and imported again. 导出商品"""
    from bot.sheets import file_of

    write_file(file, file_of(dump_goods(_goods(data, db), chinese=lang == "zh"), file))


def list_(data: DataOption = None, db: DbOption = None) -> None:
    """One JSON object a line: each product with its facts; `current` says whether a fact may be said now. 列出商品"""
    goods, moment = _goods(data, db), now_ms()
    for merchant, facts in sorted(goods.house.items()):
        if facts:
            out({"id": "*", "merchant": merchant, "facts": _facts(facts, moment)})
    for one in goods.products:
        out({**_described(one), "facts": _facts(one.facts, moment)})


def _read(file: Path) -> Goods:
    from bot.sheets import lines_of

    if not file.is_file():
        raise InputError(f"There is no file {file}. Give a CSV or XLSX file of goods.")
    try:
        return read_goods(lines_of(file), name=file.name)
    except LibraryError as error:
        raise InputError(error.problems[0]) from error
    except ShopError as error:
        raise InputError(str(error)) from error


def _stored(journal: Journal) -> Goods:
    from bot.storage.stock import goods_of

    return goods_of(journal.products(), journal.facts())


def _goods(data: Path | None, db: str | None) -> Goods:
    from bot.storage.shelf import ShelfRows
    from bot.storage.stock import goods_of

    with opened(data, db, read_only=True) as store:
        shelf = ShelfRows(store, now_ms)
        return goods_of(shelf.products(), shelf.facts())


def _keep(journal: Journal, change: Diff, after: Goods, by: str, moment: int) -> None:
    from bot.storage.stock import rows_of

    products, facts, gone = rows_of(change, after, moment)
    journal.save_shelf(products, facts, gone, by=by)


def _agreed(change: Diff) -> bool:
    """Ask on a terminal. Raises InputError where nobody can be asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise InputError("Nothing was imported: look at what would change, then give --yes.")
    counted = ", ".join(f"{count} {kind}" for kind, count in _counted(change).items() if count)
    return typer.confirm(f"{counted}. Take it in? 确认导入？", err=True)


def _shown(change: Diff) -> Iterator[Mapping[str, object]]:
    for one in change.added:
        yield {"change": "product_added", **_described(one), "facts": _facts(one.facts, None)}
    for one in change.removed:
        yield {"change": "product_removed", "id": one.id, "name": one.name}
    for each in change.changes:
        yield _said(each)


def _said(one: Change) -> Mapping[str, object]:
    said: dict[str, object] = {
        "change": one.kind, "product": one.product or "*", "name": one.name, "old": one.old, "new": one.new,
    }  # fmt: skip
    if one.fact is not None:
        said |= _end(one.fact)
    return said


def _counted(change: Diff) -> dict[str, int]:
    counts = {"products_added": len(change.added), "products_removed": len(change.removed)}
    return counts | {
        kind: sum(one.kind == kind for one in change.changes)
        for kind in ("added", "changed", "renewed", "removed")
    }


def _described(one: Product) -> dict[str, object]:
    return {
        "id": one.id, "name": one.name, "aliases": list(one.aliases), "slot": one.slot, "class": one.klass,
        "merchant": one.merchant,
    }  # fmt: skip


def _facts(facts: Mapping[str, Fact], moment: int | None) -> dict[str, object]:
    """Facts by name; `moment` (ms) None leaves out whether they are current."""
    told: dict[str, object] = {}
    for name, fact in facts.items():
        current = {} if moment is None else {"current": fact.current(moment)}
        told[name] = {"value": fact.value, **_end(fact), **current}
    return told


def _end(fact: Fact) -> dict[str, object]:
    return {"source": fact.source, "valid_until_ms": fact.valid_until_ms, "show_end": fact.show_end}
