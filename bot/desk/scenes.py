"""Scenes (场景): the product on show, how questions are answered, thresholds, timers and the draw's preset as one saved
set. Applying one remembers how things stood, and `undo` brings that back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.desk.place import Place, plain_line
from bot.desk.timers import Timers
from bot.errors import NotAllowed
from bot.policy import Instruction, RoomState

MOST = 24
LONGEST = 16


@dataclass(frozen=True, slots=True)
class Scene:
    """One set. `product` None: nothing on show. `modes`, `floors`: by intent, those not named are as usual. `timers`:
    ids of those that run. `draw`: id of a draw's preset, "" for none; a draw is never announced by a scene."""

    name: str
    product: str | None = None
    modes: Mapping[str, str] = field(default_factory=dict)
    floors: Mapping[str, float] = field(default_factory=dict)
    timers: tuple[int, ...] = ()
    draw: str = ""

    def instructions(self, state: RoomState, by: str) -> list[Instruction]:
        """What has to be told to a room in `state` so that it stands as this scene says."""
        told: list[Instruction] = []
        if self.product != state.on_show:
            told.append(Instruction("on_show", by, {"product": self.product}))
        for intent in sorted({*self.modes, *state.modes}):
            mode = self.modes.get(intent, "auto")
            if mode != state.modes.get(intent, "auto"):
                told.append(Instruction("mode", by, {"intent": intent, "mode": mode}))
        for intent in sorted({*self.floors, *state.floors}):
            score = self.floors.get(intent)
            if score != state.floors.get(intent):
                told.append(Instruction("floor", by, {"intent": intent, "score": score}))
        return told

    def body(self) -> dict[str, Any]:
        return {
            "name": self.name, "product": self.product, "modes": dict(self.modes), "floors": dict(self.floors),
            "timers": list(self.timers), "draw": self.draw,
        }  # fmt: skip


def as_it_stands(name: str, state: RoomState, timers: Timers, draw: str = "") -> Scene:
    """The scene that the room is in."""
    modes = {intent: str(mode) for intent, mode in state.modes.items() if mode != "auto"}
    running = tuple(one.id for one in timers.rows if one.running and one.until_ms is None)
    return Scene(name, state.on_show, modes, dict(state.floors), running, draw)


class Scenes:
    """The scenes of one room, and how it stood before the last one was applied."""

    def __init__(self, place: Place, timers: Timers) -> None:
        self._place, self._timers = place, timers
        self._turn = asyncio.Lock()
        """One scene at a time: `before` is how things stood before all of it. It tells the room, so it is not the
        place's lock."""
        self.rows: tuple[Scene, ...] = _scenes(place.kept("scenes", []))
        self.before: Scene | None = next(iter(_scenes(place.kept("scene_before", []))), None)
        self.current = ""

    async def save(self, name: str, by: str, draw: str = "") -> Scene:
        """Keep how things stand under a name; the name again replaces it. Raises NotAllowed."""
        async with self._place.lock:
            scene = as_it_stands(
                plain_line(name, LONGEST, "A scene's name"), self._place.state(), self._timers, draw
            )
            others = [one for one in self.rows if one.name != scene.name]
            if len(others) >= MOST:
                raise NotAllowed(f"There are {MOST} scenes already. Take one away first.")
            await self._keep((*others, scene), by)
            self.current = scene.name
            return scene

    async def remove(self, name: str, by: str) -> None:
        async with self._place.lock:
            await self._keep(tuple(one for one in self.rows if one.name != name), by)

    async def apply(self, name: str, by: str) -> Scene:
        """Let the room stand as the scene says. Raises NotAllowed when there is none of that name, or the room cannot
        follow (its product is no longer the shop's): then nothing is changed."""
        async with self._turn:
            scene = next((one for one in self.rows if one.name == name), None)
            if scene is None:
                raise NotAllowed(f"There is no scene {name!r}.")
            state = self._place.state()
            if scene.product is not None and state.shop.product(scene.product) is None:
                raise NotAllowed(
                    f"The product of scene {name!r} is no longer among the goods. Save the scene anew."
                )
            before = as_it_stands(self.current or "–", state, self._timers)
            await self._go(scene, by, "applied")
            await self._remember(before, by)
        return scene

    async def undo(self, by: str) -> Scene:
        """Back to how things stood before the last scene. Raises NotAllowed when there is nothing to go back to."""
        async with self._turn:
            before = self.before
            if before is None:
                raise NotAllowed("No scene has been applied that could be taken back.")
            await self._go(before, by, "undone")
            await self._remember(None, by)
        return before

    async def _go(self, scene: Scene, by: str, act: str) -> None:
        for instruction in scene.instructions(self._place.state(), by):
            await self._place.tell(instruction)
        await self._timers.run_only(scene.timers, by)
        await self._place.record("scene", {"act": act, **scene.body(), "by": by})
        self.current = scene.name if scene.name != "–" else ""

    async def _remember(self, before: Scene | None, by: str) -> None:
        async with self._place.lock:
            await self._place.keep("scene_before", [] if before is None else [before.body()], by)
            self.before = before
        self._place.changed()

    async def _keep(self, rows: Sequence[Scene], by: str) -> None:
        await self._place.keep("scenes", [one.body() for one in rows], by)
        self.rows = tuple(rows)
        self._place.changed()


def _scenes(kept: Any) -> tuple[Scene, ...]:
    rows = kept if isinstance(kept, list) else []
    return tuple(
        Scene(
            str(one["name"]), one.get("product"), dict(one.get("modes", {})), dict(one.get("floors", {})),
            tuple(one.get("timers", ())), str(one.get("draw", "")),
        )
        for one in rows
        if isinstance(one, dict) and one.get("name")
    )  # fmt: skip
