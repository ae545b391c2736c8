from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.desk.control_room import ControlRoom
from bot.desk.place import Place
from tests.bot.desk.room import KEY, Paper, Room
from tests.bot.desk.test_timers import plain


@dataclass
class Watched(Paper):
    """A store that sees whether the place's lock was held at each write."""

    place: Place | None = None
    held: dict[str, bool] = field(default_factory=dict)

    def save_setting(self, key: str, value: Any, *, by: str = "house") -> None:
        assert self.place is not None
        name = key.removeprefix("desk.").removesuffix(f".{KEY}")
        self.held[name] = self.held.get(name, True) and self.place.lock.locked()
        super().save_setting(key, value, by=by)


async def test_whatever_the_desk_keeps_is_written_under_the_lock_of_its_place() -> None:
    store = Watched()
    room = Room(store=store)
    store.place = place = room.place
    desk = ControlRoom(place, room.voice, lambda text: ())
    await desk.cues.edit(["慢一点"], "mei")
    await desk.order.add("note", "喝水", None, None, "mei")
    await desk.order.move(1, True, "mei")
    await desk.order.again("mei")
    await desk.order.tick(1, "mei")
    await desk.order.remove(1, "mei")
    await desk.timers.add(plain(room), 60, "mei", on="follow")
    await desk.timers.switch(1, True, "mei")
    desk.timers.heard(["follow"], room.now)
    due = desk.timers.next_due()
    assert due is not None
    await desk.timers.step(due)
    await desk.scenes.save("开场", "mei")
    await desk.timers.run_only([], "mei")
    await desk.scenes.apply("开场", "mei")
    await desk.scenes.undo("mei")
    await desk.scenes.remove("开场", "mei")
    await desk.timers.remove(1, "mei")
    await desk.slips.press("price", "mei")
    await desk.slips.press("gift", "mei")
    await desk.slips.corrected(1, "mei")
    await desk.slips.dismiss(2, "mei")
    await desk.outages.write("不好意思刚刚掉线了", "mei")
    await desk.outages.begin("mei", phrase=plain(room), minutes=5)
    await desk.outages.end("mei")
    await desk.overlays.make("主机", "mei")
    await desk.overlays.revoke(desk.overlays.rows[0].mark, "mei")
    assert store.held == dict.fromkeys(
        ("cues", "order", "timers", "scenes", "scene_before", "slips", "outage_line", "outage", "overlays"),
        True,
    )
    assert not place.lock.locked()
