from __future__ import annotations

import asyncio
import dataclasses

import pytest

from bot.desk.scenes import Scene, Scenes
from bot.desk.timers import Timers
from bot.errors import NotAllowed
from replies.facts import Shop
from tests.bot.desk.room import Room
from tests.bot.desk.test_timers import plain


async def test_a_scene_is_one_press_and_its_undo_brings_all_of_it_back() -> None:
    room = Room()
    first, second = (one.id for one in room.state.shop.products[:2])
    timers = Timers(room.place, room.voice)
    one, two = await timers.add(plain(room), 600, "mei"), await timers.add(plain(room), 300, "mei")
    scenes = Scenes(room.place, timers)
    room.do("on_show", product=first)
    room.do("mode", intent="price", mode="off")
    room.do("floor", intent="size", score=0.8)
    await timers.switch(two.id, False, "mei")
    await scenes.save("开场", "mei")

    room.do("on_show", product=second)
    room.do("mode", intent="price", mode="suggest")
    room.do("mode", intent="stock", mode="off")
    room.do("floor", intent="size", score=None)
    await timers.run_only([two.id], "mei")
    before = (room.state.on_show, dict(room.state.modes), dict(room.state.floors), timers.rows)

    await scenes.apply("开场", "mei")
    assert room.state.on_show == first
    assert {name: mode for name, mode in room.state.modes.items() if mode != "auto"} == {"price": "off"}
    assert room.state.floors == {"size": 0.8}
    assert [row.id for row in timers.rows if row.running] == [one.id]

    await scenes.undo("mei")
    assert (room.state.on_show, room.state.modes, room.state.floors, timers.rows) == before
    assert [body["act"] for body in room.recorded("scene")] == ["applied", "undone"]
    with pytest.raises(NotAllowed):
        await scenes.undo("mei")


async def test_nothing_changes_when_the_room_cannot_follow() -> None:
    room = Room()
    scenes = Scenes(room.place, Timers(room.place, room.voice))
    room.do("on_show", product=room.state.shop.products[0].id)
    await scenes.save("开场", "mei")
    room.do("on_show", product=None)
    room.do("mode", intent="price", mode="off")
    room.do("shop", shop=Shop(room.state.shop.products[1:]))
    with pytest.raises(NotAllowed, match="Save the scene anew"):
        await scenes.apply("开场", "mei")
    assert room.state.modes == {"price": "off"}
    assert scenes.before is None
    with pytest.raises(NotAllowed):
        await scenes.apply("没有", "mei")


async def test_scenes_and_undo_outlive_a_restart() -> None:
    room = Room()
    timers = Timers(room.place, room.voice)
    scenes = Scenes(room.place, timers)
    await scenes.save("开场", "mei", draw="quick")
    room.do("on_show", product=room.state.shop.products[0].id)
    await scenes.apply("开场", "mei")
    again = Scenes(room.place, timers)
    assert again.rows == (Scene("开场", draw="quick"),)
    await again.undo("mei")
    assert room.state.on_show == room.state.shop.products[0].id


async def test_the_name_again_replaces_it() -> None:
    room = Room()
    scenes = Scenes(room.place, Timers(room.place, room.voice))
    await scenes.save("开场", "mei")
    await scenes.save("开场", "mei")
    assert len(scenes.rows) == 1
    await scenes.remove("开场", "mei")
    assert scenes.rows == ()


def test_a_scene_tells_only_what_differs() -> None:
    room = Room()
    scene = Scene("x", None, {"price": "auto"}, {}, ())
    assert scene.instructions(room.state, "mei") == []
    assert len(dataclasses.replace(scene, modes={"price": "off"}).instructions(room.state, "mei")) == 1


async def test_scenes_saved_at_once_are_all_kept_and_applied_at_once_come_one_after_the_other() -> None:
    room = Room()
    first, second = (one.id for one in room.state.shop.products[:2])
    scenes = Scenes(room.place, Timers(room.place, room.voice))
    room.do("on_show", product=first)
    await asyncio.gather(scenes.save("一", "mei"), scenes.save("二", "lin"), scenes.save("三", "mei"))
    await asyncio.gather(scenes.remove("三", "mei"), scenes.save("四", "lin"))
    assert [one.name for one in scenes.rows] == ["一", "二", "四"]
    room.do("on_show", product=second)
    await scenes.save("二", "mei")
    room.do("on_show", product=None)
    await asyncio.gather(scenes.apply("一", "mei"), scenes.apply("二", "lin"))
    assert (room.state.on_show, scenes.current) == (second, "二")
    await scenes.undo("mei")
    assert (room.state.on_show, scenes.current) == (first, "一")
    assert [body["name"] for body in room.recorded("scene")] == ["一", "二", "一"]
