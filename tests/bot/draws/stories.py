"""What may happen to a draw, told so that one guard or another has to stand in the way. Played by `test_guards.py`."""

from __future__ import annotations

from collections.abc import Callable

from bot.draws.book import commitment_of
from bot.policy import GRACE_MS
from tests.bot.draws.model import World

HOUR, DAY = 3_600_000, 86_400_000


def opened(world: World, *uids: str) -> str:
    """A draw that both processes know, with entries."""
    draw_id = world.announce()
    assert draw_id is not None
    world.restart(1)
    world.wait(31_000)
    world.restart(1)
    for uid in uids:
        world.speak(uid)
    world.check()
    return draw_id


def two_ends(world: World) -> None:
    """One process draws; the other, whose memory and clock are old, declares the draw void."""
    draw_id = opened(world, "a", "b")
    world.until("claim")
    now, world.now = world.now, world.start + 60_000
    world.void(draw_id, "failure", 1)
    world.now = now
    world.check()


def two_settle_one_place(world: World) -> None:
    draw_id = opened(world, "a", "b", "c")
    world.until("claim")
    world.restart(1)
    world.settle(draw_id, 1)
    world.settle(draw_id, 1, drop=True, which=1)
    world.check()


def a_paste_in_another_process(world: World) -> None:
    """Somebody pastes the beacon here; there the draw goes on as if nothing had been pasted."""
    draw_id = opened(world, "a", "b")
    world.until("challenge")
    world.restart(1)
    world.paste(draw_id)
    world.to_the_next(1)
    world.check()


def cancelled_when_shut(world: World) -> None:
    """Entries have ended but the list is not out; a process that has not heard so cancels the draw nobody entered."""
    draw_id = opened(world)
    world.fail(2)
    world.to_the_next()
    world.check()
    world.void(draw_id, "cancelled", 1)
    world.check()


def two_announce(world: World) -> None:
    world.announce(which=0)
    world.announce(which=1)
    world.check()


def announced_twice(world: World) -> None:
    world.announce()
    world.announce()
    world.check()


def announced_before_the_result(world: World) -> None:
    opened(world, "a")
    world.until("challenge")
    world.announce()
    world.check()


def void_while_the_beacon_comes(world: World) -> None:
    draw_id = opened(world, "a", "b")
    world.until("beacon")
    world.mood = "late"
    world.wait(DAY + HOUR)
    world.mood = "right"
    world.at_beacon = lambda: world.void(draw_id, "beacon_stopped")
    world.wait(HOUR)
    world.check()


def entry_after_the_list(world: World) -> None:
    """A comment made in time reaches the store when the list is out."""
    opened(world, "a")
    world.until("challenge")
    world.speak("b", lag=world.now - world.start - 80_000, prompt=False)
    world.check()


def entry_while_the_list_is_made(world: World) -> None:
    opened(world, "a")
    world.now = world.start + 90_000 + GRACE_MS
    world.meanwhile(1, lambda: world.speak("b", lag=15_000, prompt=False))
    world.step()
    world.check()


def entry_again_after_a_restart(world: World) -> None:
    opened(world, "a", "b")
    world.forget()
    world.speak("a")
    world.check()


def entry_on_its_way(world: World) -> None:
    opened(world, "a")
    world.now = world.start + 90_600
    world.step()
    world.speak("b", lag=900, prompt=False)
    world.check()


def entry_in_the_middle(world: World) -> None:
    opened(world, "a")
    world.wait(10_000)
    world.speak("b", prompt=False)
    world.check()


def the_clock_jumps_an_hour(world: World) -> None:
    opened(world, "a", "b")
    world.wait(HOUR)
    world.check()


def a_slow_disk(world: World) -> None:
    """Writing the list takes a minute of true time."""
    opened(world, "a", "b")
    world.now = world.start + 90_000 + GRACE_MS

    def later() -> None:
        world.now += 60_000

    world.meanwhile(2, later)
    world.step()
    world.check()


def void_at(state: str, reason: str, entered: str = "ab", after_ms: int = 0) -> Callable[[World], None]:
    """Somebody says `reason` in `state`, `after_ms` later, before any process takes another step."""

    def story(world: World) -> None:
        draw_id = opened(world, *entered)
        world.until(state)
        world.now += after_ms
        world.void(draw_id, reason)
        world.check()

    story.__name__ = f"{reason}_at_{state}"
    return story


def a_wrong_paste(world: World) -> None:
    draw_id = opened(world, "a", "b")
    world.until("beacon")
    right = commitment_of(world.row(draw_id)).record.beacon.round
    world.paste(draw_id, 2 if right == 1 else 1)
    world.check()


def a_wrong_beacon(world: World) -> None:
    opened(world, "a", "b")
    world.mood = "wrong"
    world.until("beacon")
    world.to_the_next()
    world.check()


def killed_while_the_result_is_stored(world: World) -> None:
    opened(world, "a", "b")
    world.until("beacon")
    world.now += 60_000
    world.kill(1, "after")
    world.step()
    world.check()


def overtaken_and_killed(world: World) -> None:
    """A process that is behind draws once more, later, and dies when its proof is written."""
    opened(world, "a", "b")
    world.until("beacon")
    world.restart(1)
    world.step(1)
    world.until("archived")
    world.kill(1, "after")
    world.step(1)
    world.check()


def anothers_proof(world: World) -> None:
    """In the place of the proof lies one of the same draw with another moment in it, and a process starts."""
    draw_id = opened(world, "a", "b")
    world.until("claim")
    file = world.folder / "draws" / f"{draw_id}.proof.json"
    hash_ = str(world.row(draw_id).body["drawn"]["hash"])
    file.write_bytes(file.read_bytes().replace(hash_.encode(), hash_[::-1].encode()))


def files_are_lost(world: World) -> None:
    opened(world, "a", "b")
    world.until("claim")
    for file in (world.folder / "draws").iterdir():
        file.unlink()


def the_other_goes_on(world: World) -> None:
    """One process takes the draw half way and stops; the other, left behind, takes it on."""
    opened(world, "a", "b")
    world.until("challenge")
    world.until("claim", 1)


def a_disk_that_fails_once(world: World) -> None:
    opened(world, "a", "b")
    world.until("beacon")
    world.fail(1)
    world.to_the_next()
    world.check()
    world.until("claim")
    assert world.now < world.start + HOUR, "the result came much too late"


def reserve_first(world: World) -> None:
    draw_id = opened(world, "a", "b", "c")
    world.until("claim")
    world.settle(draw_id, 3)
    world.check()


def claims_behind_its_back(world: World) -> None:
    draw_id = opened(world, "a", "b")
    world.until("claim")
    world.restart(1)
    world.settle(draw_id, 1)
    world.settle(draw_id, 2)
    world.wait(30 * DAY, 1)
    world.check()
