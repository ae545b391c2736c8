from __future__ import annotations

import asyncio

import pytest

from bot.console.presses import KEPT, Presses


async def test_the_same_press_twice_acts_once_also_at_the_same_time() -> None:
    presses, acted, go = Presses(), [], asyncio.Event()

    async def act() -> int:
        await go.wait()
        acted.append(1)
        return len(acted)

    both = [asyncio.create_task(presses.once("a", "k", act)) for _ in range(2)]
    await asyncio.sleep(0)
    go.set()
    assert await asyncio.gather(*both) == [1, 1]
    assert await presses.once("a", "k", act) == 1
    assert await presses.once("b", "k", act) == 2  # another person's press
    assert await presses.once("a", "other", act) == 3


async def test_what_failed_may_be_pressed_again() -> None:
    presses, tries = Presses(), []

    async def act() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("once")
        return "done"

    with pytest.raises(ValueError, match="once"):
        await presses.once("a", "k", act)
    assert await presses.once("a", "k", act) == "done"


async def test_no_more_than_so_many_are_remembered() -> None:
    presses = Presses()

    async def act() -> int:
        return 1

    for n in range(KEPT + 5):
        await presses.once("a", str(n), act)
    assert len(presses._done) == KEPT
