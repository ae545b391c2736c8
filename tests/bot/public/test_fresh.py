from __future__ import annotations

import asyncio

import pytest

from bot.public import fresh
from bot.public.fresh import Fresh


async def test_who_comes_meanwhile_gets_the_same_answer() -> None:
    made = 0
    ready = asyncio.Event()

    async def make() -> int:
        nonlocal made
        made += 1
        await ready.wait()
        return made

    kept: Fresh[int] = Fresh(1.0, lambda: 0.0)
    asking = [asyncio.create_task(kept.get("page", make)) for _ in range(50)]
    await asyncio.sleep(0)
    asking[0].cancel()  # one visitor goes away
    await asyncio.sleep(0)
    ready.set()
    assert await asyncio.gather(*asking[1:]) == [1] * 49
    assert await kept.get("page", make) == 1


async def test_an_answer_is_made_anew_when_its_time_is_over() -> None:
    now, made = [0.0], iter(range(10))

    async def make() -> int:
        return next(made)

    kept: Fresh[int] = Fresh(1.0, lambda: now[0])
    assert [await kept.get("a", make), await kept.get("b", make)] == [0, 1]
    now[0] = 0.99
    assert await kept.get("a", make) == 0
    now[0] = 1.0
    assert await kept.get("a", make) == 2


async def test_an_error_is_told_and_not_kept() -> None:
    tries = 0

    async def make() -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError("no")
        return tries

    kept: Fresh[int] = Fresh(1.0, lambda: 0.0)
    with pytest.raises(OSError, match="no"):
        await kept.get("a", make)
    assert await kept.get("a", make) == 2


async def test_it_holds_no_more_than_so_many() -> None:
    async def make() -> int:
        return 1

    kept: Fresh[int] = Fresh(1.0, lambda: 0.0)
    for number in range(fresh.MOST_KEPT + 20):
        await kept.get(number, make)
    assert len(kept._kept) == fresh.MOST_KEPT
    assert kept._making == {}
