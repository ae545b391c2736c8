"""Goods as lines of a spreadsheet: one product a line, one fact a column.

Headers may be Chinese or English (`goods.COLUMNS`). `来源` and `有效期至` hold for every fact of the line; a column
such as `价格@有效期至` holds for that fact alone. `有效期至` takes a time with its zone, or `本场` (show): true until
the end of the show. A line with the id `*` holds facts of the whole house, or of the shop named under 店铺.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from replies.cells import Line, plain
from replies.errors import ShopError
from replies.facts import SLOTS, Fact, Product
from replies.goods import CLASSES, COLUMNS, FACTS, HOUSE, KEPT, Goods, Problem, clashes
from replies.sheet import moment_ms, written

_NAMES = {word: column for column, words in COLUMNS.items() for word in (column, *words)}
_SHOW = frozenset({"本场", "本场直播", "直播结束", "show", "this show"})
_ID = re.compile(r"[^\s<>{}|*@][^\s<>{}|]{0,39}")
_SEPARATORS = re.compile(r"[/／、;；|｜,，]")


def read_goods(lines: Iterable[Line], *, name: str = "products.csv", source: str = "sheet") -> Goods:
    """The goods of a file's lines, header first; `source` is that of facts whose line names none.

    Lines with a problem are left out and named. Raises ShopError when the file as a whole cannot be used: no header,
    no id or name column, an unknown or doubled column.
    """
    header: _Header | None = None
    products: dict[str, Product] = {}
    house: dict[str, dict[str, Fact]] = {}
    problems: list[Problem] = []
    at: dict[str, int] = {}
    for line, cells in lines:
        if header is None:
            header = _Header(line, cells, name)
        elif any(cell.strip() for cell in cells):
            row = _Row(line, header, cells, source)
            found = row.product(at)
            problems += row.problems
            if row.problems:
                continue
            if found is None:
                house.setdefault(row.said("merchant"), {}).update(row.facts)
            else:
                products[found.id] = found
                at[found.id] = line
    if header is None:
        raise ShopError(
            f"{name}:1: the file is empty. Its first line names the columns, such as 编号,名称,链接号."
        )
    problems += _same_slot(products.values(), at)
    broken = {one.line for one in problems}
    kept = tuple(one for one in products.values() if at[one.id] not in broken)
    return Goods(kept, house, header.columns, tuple(sorted(problems, key=lambda one: one.line)), at)


def _same_slot(products: Iterable[Product], at: Mapping[str, int]) -> Iterator[Problem]:
    """Two goods under one link number that could meet in one room: the later line is wrong."""
    for first, one in clashes(Goods(tuple(products))):
        yield Problem(
            at[one.id], "slot", f"链接号 {one.slot} 已在第 {at[first.id]} 行使用。",
            f"Link number {one.slot} is already used in line {at[first.id]}.",
        )  # fmt: skip


class _Header:
    """Which column stands where; `own` are columns that hold for one fact alone."""

    def __init__(self, line: int, cells: Sequence[str], name: str) -> None:
        self.titles = [cell.strip() for cell in cells]
        self.at: dict[str, int] = {}
        self.own: dict[tuple[str, str], int] = {}
        for index, title in enumerate(self.titles):
            if not title:
                continue
            base, _, part = re.sub(r"\s+", "", title).casefold().partition("@")
            column, aspect = _NAMES.get(base), _NAMES.get(part)
            known = column is not None and (
                not part or (column in FACTS and aspect in ("source", "valid_until"))
            )
            if column is None or not known:
                raise ShopError(
                    f"{name}:{line}: there is no column {title[:40]!r}. Known are {', '.join(COLUMNS)} and "
                    "their Chinese names; remove or rename it."
                )
            place: dict[object, int] = self.own if part else self.at  # type: ignore[assignment]
            key: object = (column, aspect) if part else column
            if key in place:
                raise ShopError(f"{name}:{line}: the column {column} stands twice. Remove one.")
            place[key] = index
        for needed in ("id", "name", "slot"):
            if needed not in self.at:
                raise ShopError(
                    f"{name}:{line}: the column {needed} ({COLUMNS[needed][0]}) is missing. Add it."
                )

    @property
    def columns(self) -> frozenset[str]:
        return frozenset(self.at) | {f"{name}@{part}" for name, part in self.own}

    def title(self, column: str) -> str:
        index = self.at.get(column)
        return column if index is None else self.titles[index]


class _Row:
    """One line being read; `problems` grow as it is."""

    def __init__(self, line: int, header: _Header, cells: Sequence[str], source: str) -> None:
        self.line, self.header, self.cells, self.source = line, header, cells, source
        self.problems: list[Problem] = []
        self.facts = self._facts()

    def said(self, column: str) -> str:
        return self._cell(self.header.at.get(column))

    def _cell(self, index: int | None) -> str:
        return plain(self.cells[index]).strip() if index is not None and index < len(self.cells) else ""

    def wrong(self, column: str, zh: str, en: str) -> None:
        self.problems.append(Problem(self.line, self.header.title(column) if column else "", zh, en))

    def product(self, before: Mapping[str, int]) -> Product | None:
        """The product of the line; None for a line of the house, or when something was wrong."""
        id = self.said("id")
        if id == HOUSE:
            if self.said("name") or self.said("slot"):
                self.wrong(
                    "id",
                    "整店信息行只填信息，不填名称和链接号。",
                    "A line of the house has no name and no link number.",
                )
            return None
        if not _ID.fullmatch(id):
            self.wrong(
                "id",
                "编号要 1 到 40 个字符，不含空格和 <>{}|。",
                "An id has 1 to 40 characters without spaces or <>{}|.",
            )
        elif id in before:
            self.wrong(
                "id", f"编号已在第 {before[id]} 行使用。", f"The id is already used in line {before[id]}."
            )
        name = self.said("name")
        if not name or len(name) > 60:
            self.wrong("name", "名称要 1 到 60 个字。", "A name has 1 to 60 characters.")
        elif not _sayable(name):
            self.wrong(
                "name", "名称含有标记或看不见的字符。", "The name holds markup or an invisible character."
            )
        slot = self.said("slot").removesuffix(".0")
        if not re.fullmatch(r"[0-9]{1,3}", slot) or not 1 <= int(slot) <= 999:
            self.wrong("slot", "链接号要 1 到 999 的整数。", "A link number is a whole number from 1 to 999.")
        aliases = tuple(
            dict.fromkeys(filter(None, (one.strip() for one in _SEPARATORS.split(self.said("aliases")))))
        )
        if any(len(alias) < 2 or len(alias) > 20 for alias in aliases) or len(aliases) > 30:
            self.wrong(
                "aliases",
                "别名每个 2 到 20 个字，最多 30 个。",
                "Aliases have 2 to 20 characters each, 30 at most.",
            )
        klass, merchant = self.said("klass"), self.said("merchant")
        if len(klass) > 40 or len(merchant) > 40:
            self.wrong("klass", "类别、店铺不超过 40 个字。", "Class and shop have 40 characters at most.")
        if self.problems:
            return None
        return Product(id, name, aliases, int(slot), CLASSES.get(klass, klass), self.facts, merchant)

    def _facts(self) -> dict[str, Fact]:
        found: dict[str, Fact] = {}
        for name in FACTS:
            value = self.said(name)
            if not value:
                continue
            if len(value) > SLOTS[name]:
                self.wrong(name, f"最多 {SLOTS[name]} 个字，现在 {len(value)} 个。",
                           f"At most {SLOTS[name]} characters; these are {len(value)}.")  # fmt: skip
                continue
            own = self.header.own
            source = self._cell(own.get((name, "source"))) or self.said("source") or self.source
            until = self._until(name)
            if not _sayable(value) or not _sayable(source):
                self.wrong(name, "含有标记或看不见的字符。", "It holds markup or an invisible character.")
            else:
                found[name] = Fact(value, source[:40], *until)
        return found

    def _until(self, name: str) -> tuple[int | None, bool]:
        """End of a fact in milliseconds, and whether it ends with the show."""
        index = self.header.own.get((name, "valid_until"))
        cell = self._cell(index) or self.said("valid_until")
        moment, _, rest = cell.partition(" ") if cell.casefold() not in _SHOW else ("", "", cell)
        show_end = rest.strip().casefold() in _SHOW
        if not moment or moment.casefold() == "-":
            return None, show_end
        try:
            return moment_ms(cell if not show_end else moment), show_end
        except ValueError:
            title = (
                self.header.titles[index]
                if index is not None and self._cell(index)
                else self.header.title("valid_until")
            )
            problem = Problem(
                self.line, title, "时间要带时区，例如 2026-11-21T20:00:00+08:00，或写 本场。",
                "Write a time with its zone, as 2026-11-21T20:00:00+08:00, or show.",
            )  # fmt: skip
            if problem not in self.problems:
                self.problems.append(problem)
            return None, False


def _sayable(value: str) -> bool:
    try:
        Fact(value[:60] or " ")
    except ShopError:
        return False
    return True


def dump_goods(goods: Goods, *, chinese: bool = True) -> Iterator[list[str]]:
    """The header and each line as cells: the house's first, then the products by link number. What is common to most
    facts of a line stands under source and valid_until, what differs in columns of its own."""
    lines: list[tuple[dict[str, str], Mapping[str, Fact]]] = [
        ({"id": HOUSE, "merchant": merchant}, facts)
        for merchant, facts in sorted(goods.house.items())
        if facts
    ]
    for one in sorted(goods.products, key=lambda one: (one.merchant, one.slot, one.id)):
        lines.append(({
            "id": one.id, "name": one.name, "aliases": "/".join(one.aliases), "slot": str(one.slot),
            "klass": one.klass, "merchant": one.merchant,
        }, one.facts))  # fmt: skip
    common = [_common(facts) for _, facts in lines]
    odd = {
        name
        for (_, facts), usual in zip(lines, common, strict=True)
        for name, fact in facts.items()
        if name in FACTS and _ends(fact) != usual
    }
    columns = [*KEPT, *FACTS, "source", "valid_until"]
    own = [(name, part) for name in FACTS if name in odd for part in ("source", "valid_until")]
    title = (lambda column: COLUMNS[column][0]) if chinese else (lambda column: column)
    yield [title(column) for column in columns] + [f"{title(name)}@{title(part)}" for name, part in own]
    for (said, facts), usual in zip(lines, common, strict=True):
        cells = {**said, **{name: fact.value for name, fact in facts.items()}}
        cells |= {"source": usual[0], "valid_until": usual[1]}
        ends = {name: _ends(fact) for name, fact in facts.items()}
        yield [cells.get(column, "") for column in columns] + [
            "" if name not in ends or ends[name] == usual else ends[name][part == "valid_until"] or "-"
            for name, part in own
        ]


def _ends(fact: Fact) -> tuple[str, str]:
    """Source and end of a fact as cells."""
    until = written(fact.valid_until_ms)
    return fact.source, " ".join(filter(None, (until, "本场" if fact.show_end else "")))


def _common(facts: Mapping[str, Fact]) -> tuple[str, str]:
    ends = [_ends(fact) for name, fact in facts.items() if name in FACTS]
    return max(sorted(set(ends)), key=ends.count) if ends else ("", "")
