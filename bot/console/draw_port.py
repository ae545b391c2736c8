"""The draws and their presets as the console may touch them.

There is no way here to draw twice, to weigh, to choose, or to remove anybody from a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.console.views import DrawRow
from bot.draws.alts import Flag
from bot.draws.barred import BarredLists
from bot.draws.presets import DrawPreset
from lottery.rules import Problem, RuleSheet


@dataclass(frozen=True, slots=True)
class DrawAside:
    """What staff see beside a draw's public record. Times in ms.

    `entries` and `refused` count as they stand now, answers right and wrong alike. `voidable`: reasons for which it
    could be declared void at this moment, often none.
    `waiting`: what it waits for, one plain word, or "". `told`: what came of the notices to the room since the
    assistant was started, `bot.draws.notices` name to "said" or the reason why it was not.
    """

    entries: int
    refused: Mapping[str, int]
    voidable: tuple[str, ...] = ()
    waiting: str = ""
    told: Mapping[str, str] = field(default_factory=dict)


class Draws(Protocol):
    """The draws. Errors are ChangkongError or LotteryError with one plain sentence."""

    async def list(self) -> Sequence[DrawRow]: ...

    async def show(self, draw_id: str) -> Mapping[str, object] | None:
        """The public record, which anybody may read (`bot.draws.publication` reads it); None: no such draw."""
        ...

    async def latest(self, room: str) -> Mapping[str, object] | None:
        """The public record of the room's newest draw, void ones among them; None before the first. Overlays ask once a
        second."""
        ...

    async def aside(self, draw_id: str) -> DrawAside | None:
        """What staff see beside it; None: no such draw."""
        ...

    async def check(self, room: str, sheet: Mapping[str, object]) -> Sequence[Problem]:
        """All that `announce` would refuse in this room now, without announcing: gaps of the sheet, conditions that the
        platform does not tell, words the rule book does not let through, another draw that takes entries."""
        ...

    async def announce(self, room: str, sheet: Mapping[str, object], *, by: str, key: str) -> str:
        """Publish the rule sheet (fields of lottery.rules.RuleSheet and `preset`); gives the draw's id.

        `key` makes a repeated press harmless. Raises RuleError with every problem of the sheet.
        """
        ...

    async def void(self, draw_id: str, reason: str, *, by: str, key: str) -> str:
        """Declare the draw void; it keeps its number. Gives the record's id."""
        ...

    async def paste_beacon(self, draw_id: str, text: str, *, by: str, key: str) -> str:
        """Take a beacon value from a person; it is checked like any relay's. Gives the record's id."""
        ...

    async def proof_bytes(self, draw_id: str) -> bytes | None:
        """The proof file; None before the draw is finished."""
        ...

    async def flags(self, draw_id: str, *, by: str) -> Sequence[Flag]:
        """Signs of several accounts in one hand, for people to look at; the look is recorded. Nobody is removed."""
        ...

    async def barred(self, merchant: str | None) -> BarredLists:
        """The shop's own lists of who may not win."""
        ...

    async def save_barred(self, merchant: str | None, lists: BarredLists, *, by: str) -> None:
        """Replace the lists; they hold for draws announced afterwards. Raises InputError."""
        ...


@dataclass(frozen=True, slots=True)
class KeptPreset:
    """A preset on offer. `kept`: the shop's own, which may be changed and taken away; `name` is then its name, else
    the shipped preset has one in each language."""

    preset: DrawPreset
    kept: bool = False
    changed_ms: int | None = None
    by: str = ""


class Presets(Protocol):
    """The shipped presets and the shop's own."""

    async def offered(self, merchant: str) -> Sequence[KeptPreset]:
        """The shop's own by name, then the shipped ones."""
        ...

    async def preset(self, id: str) -> KeptPreset | None:
        """One of them; None when there is none of that id."""
        ...

    async def save(self, merchant: str, name: str, sheet: RuleSheet, timing: str, *, by: str) -> str:
        """Keep a sheet, whole or not; the same name is replaced. Gives its id. Raises NotAllowed."""
        ...

    async def remove(self, id: str, *, by: str) -> None:
        """Take one of the shop's own away. Raises NotAllowed."""
        ...
