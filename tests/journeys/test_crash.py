"""Kill the assistant at any point: what was acknowledged stays, nothing is said twice, what was missed is recorded."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from bot.comment import Comment, RoomKey
from bot.rooms import show
from tests.journeys.doorkeeper import Doorkeeper, Mood, doorkeeper
from tests.journeys.stage import (
    PATIENCE_S,
    PracticeRoom,
    eventually,
    here,
    looking,
    number,
    practice,
    process,
    rows,
    words_of,
)

KINDS = ("at once", "amid comments", "anywhere", "shown", "lost")
"""Right after attaching; after a batch; at a record drawn by lot; while an answer is under way that viewers saw, or
that never arrived."""

LAST_KILL = 0.7
"""No kill after this part of the show, so that the next start still finds it running."""


@dataclass
class Story:
    """What was seen from outside while the assistant was killed again and again."""

    data: Path
    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: set[tuple[Any, ...]] = field(default_factory=set)
    sending: set[tuple[int, str]] = field(default_factory=set)
    shown: list[dict[str, Any]] = field(default_factory=list)

    def look(self) -> None:
        """Everything committed at this moment is acknowledged."""
        self.acknowledged |= set(rows(self.data, "SELECT id, msg_id, record_seq FROM comment"))


def play(story: Story, folder: Path, kinds: list[str], *, speed: float, dice: random.Random) -> None:
    """One show from its beginning to its end, with a kill for each of `kinds` on the way; the last start sees the
    end. Kinds the show was too short for (a slow machine) stay in the list."""
    with practice(folder, speed=speed) as room, doorkeeper(room.door, folder) as keeper:
        length, wanted = show.builtin()[-1].t_ms, len(kinds)
        for turn in range(wanted):
            # somewhere in its own stretch of the show
            mark = length * LAST_KILL * (turn + dice.uniform(0.1, 0.9)) / wanted
            if not _attached_and_killed(story, room, keeper, kinds[0], mark, dice, folder):
                break
            kinds.pop(0)
        _seen_to_its_end(story, room, keeper, folder)
        story.shown += room.shown()


def killed(
    story: Story, folder: Path, kinds: Sequence[str], *, each: int, speed: float, dice: random.Random
) -> None:
    """Show after show on one store until every kind of kill was had; at most `each` in one show."""
    waiting, rounds = list(kinds), 0
    while waiting:
        rounds += 1
        now = waiting[:each]
        play(story, folder / f"room-{rounds}", now, speed=speed, dice=dice)
        waiting = now + waiting[each:]
        assert rounds <= len(kinds) + 5, "the machine is too slow for this show"


def _assistant(story: Story, keeper: Doorkeeper) -> list[str]:
    return words_of("demo", "--attach", keeper.door_file, "--headless", "--until-end", "--data", story.data)


def _attached_and_killed(
    story: Story,
    room: PracticeRoom,
    keeper: Doorkeeper,
    kind: str,
    mark: float,
    dice: random.Random,
    folder: Path,
) -> bool:
    """Start the assistant and kill it at `mark` ms of the show or after; False when the show was over before."""
    with process(_assistant(story, keeper), out=None, err=folder / "assistant.err") as running:
        sessions = keeper.starts

        def over() -> bool:
            assert running.poll() in (None, 0), (folder / "assistant.err").read_text(encoding="utf-8")[-2000:]
            return running.poll() is not None or room.state()["state"] == "ended"

        eventually(
            "the assistant attaches",
            lambda: over() or (keeper.starts > sessions and room.state()["attached"]),
        )
        if kind != "at once":
            heard = number(story.data, "SELECT COUNT(*) FROM comment")
            eventually(
                "comments are committed",
                lambda: (
                    over()
                    or (
                        room.state()["t_ms"] >= mark
                        and number(story.data, "SELECT COUNT(*) FROM comment") > heard
                    )
                ),
            )
        if kind in ("shown", "lost"):
            _hung(story, keeper, "show_then_hang" if kind == "shown" else "hang_then_lose", over)
        elif kind == "anywhere":
            wanted = number(story.data, "SELECT COUNT(*) FROM audit_record") + dice.randrange(1, 40)
            more = "SELECT COUNT(*) FROM audit_record"
            eventually("more is recorded", lambda: over() or number(story.data, more) >= wanted, every=0.001)
        if over():
            running.terminate()
            running.wait(PATIENCE_S)
            return False
        _kill(story, running, kind)
        keeper.release()
        keeper.end_session()
        return True


def _hung(story: Story, keeper: Doorkeeper, mood: Mood, over: Callable[[], bool]) -> None:
    """Wait until an answer is under way: its row is `sending` and the call has not come back."""
    hanging = keeper.hanging
    keeper.hang_next(mood)
    query = "SELECT id, session FROM outbox WHERE state = 'sending'"
    eventually(
        "an answer is under way", lambda: over() or (keeper.hanging > hanging and rows(story.data, query))
    )
    if not over():
        found = rows(story.data, query)
        assert len(found) == 1
        story.sending |= set(found)


def _kill(story: Story, running: Popen[str], kind: str) -> None:
    story.look()
    running.kill()
    running.wait(30)
    story.kills[kind] += 1
    story.look()
    kept = set(rows(story.data, "SELECT id, msg_id, record_seq FROM comment"))
    assert story.acknowledged <= kept


def _seen_to_its_end(story: Story, room: PracticeRoom, keeper: Doorkeeper, folder: Path) -> None:
    with process(_assistant(story, keeper), out=None, err=folder / "assistant.err") as running:
        eventually("the show ends", lambda: running.poll() is not None, every=0.1)
        assert running.returncode == 0, (folder / "assistant.err").read_text(encoding="utf-8")[-2000:]


def told(story: Story) -> dict[str, Any]:
    """Check everything that must hold after the last show, and give the figures."""
    data = story.data
    kept = set(rows(data, "SELECT id, msg_id, record_seq FROM comment"))
    assert story.acknowledged <= kept, "an acknowledged comment is gone"

    _judged_once(data)
    unknown = _said_once(story)
    missed = _missed_is_written_down(data)
    draws = _draws_went_on(data)
    verified = here("audit", "verify", "--data", data)
    assert verified.code == 0, verified.err
    return {
        "kills": dict(story.kills), "acknowledged_before_a_kill": len(story.acknowledged), "comments": len(kept),
        "visible": len(story.shown), "shown_twice": sum(line["duplicate"] for line in story.shown),
        "unknown": unknown, "missed": missed, "draws": draws,
        "gaps": number(data, "SELECT COUNT(*) FROM happening WHERE kind = 'gap'"),
        "records": verified.json["records"], "verified": verified.json["verified"],
    }  # fmt: skip


def _judged_once(data: Path) -> None:
    assert rows(data, "SELECT msg_id FROM comment GROUP BY msg_id HAVING COUNT(*) > 1") == []
    assert (
        rows(
            data, "SELECT comment_id FROM outbox WHERE comment_id IS NOT NULL GROUP BY 1 HAVING COUNT(*) > 1"
        )
        == []
    )
    assert rows(data, "SELECT comment_id FROM incident_comment GROUP BY 1 HAVING COUNT(*) > 1") == []
    judged = number(data, "SELECT COUNT(*) FROM audit_record WHERE record_type = 'comment'")
    assert judged == number(data, "SELECT COUNT(*) FROM comment")
    assert number(data, "SELECT SUM(judged) FROM session") == judged


def _said_once(story: Story) -> int:
    """No answer was seen twice; what was under way at a kill is `unknown` for good. Gives how many are unknown."""
    states = {f"{session}/{id}": (state, text) for id, session, state, text in
              rows(story.data, "SELECT id, session, state, text FROM outbox")}  # fmt: skip
    assert not [line for line in story.shown if line["duplicate"]]
    seen = [line["key"] for line in story.shown]
    assert len(seen) == len(set(seen))
    for line in story.shown:
        state, text = states[line["key"]]
        assert text == line["text"]
        assert state in ("sent", "unknown"), f"{line['key']} was seen and is {state}"
    assert {key for key, (state, _) in states.items() if state == "sent"} <= set(seen)
    assert {state for state, _ in states.values()} <= {"sent", "unknown", "expired", "blocked"}
    for id, session in story.sending:
        assert states[f"{session}/{id}"][0] == "unknown"
    unknown = [key for key, (state, _) in states.items() if state == "unknown"]
    assert len(unknown) >= len(story.sending)
    assert len(unknown) <= sum(story.kills.values())
    return len(unknown)


def _missed_is_written_down(data: Path) -> int:
    """Every comment of the show that is not in the store lies within a recorded gap. Gives how many were missed."""
    events = list(show.events_of(show.builtin(), RoomKey("practice", "1")))
    missed = 0
    with looking(data) as file:
        sessions = file.execute("SELECT id FROM session").fetchall()
        for (session,) in sessions:
            heard = file.execute("SELECT msg_id, at_ms FROM comment WHERE session = ?", (session,)).fetchall()
            if not heard:
                continue
            runs = {msg_id.split("-")[0] for msg_id, _ in heard}
            assert len(runs) == 1, "two shows in one session"
            numbers = {int(msg_id.split("-")[-1]): at_ms for msg_id, at_ms in heard}
            base = {at_ms - events[number].at_ms for number, at_ms in numbers.items()}
            assert len(base) == 1
            begin_ms = base.pop()
            gaps = [
                (at_ms - json.loads(body)["seconds"] * 1000, at_ms)
                for at_ms, body in file.execute(
                    "SELECT at_ms, data FROM happening WHERE session = ? AND kind = 'gap'", (session,)
                )
            ]
            opened, closed = file.execute(
                "SELECT opened_ms, closed_ms FROM session WHERE id = ?", (session,)
            ).fetchone()
            for place, event in enumerate(events):
                if not isinstance(event, Comment) or place in numbers:
                    continue
                at_ms = begin_ms + event.at_ms
                if at_ms < opened or (closed is None and at_ms > max(numbers.values())):
                    continue  # before anybody listened for the first time, or after everybody had gone
                missed += 1
                assert any(start - 1 <= at_ms <= end + 1 for start, end in gaps), (
                    session,
                    place,
                    at_ms,
                    gaps,
                )
    return missed


def _draws_went_on(data: Path) -> dict[str, int]:
    """Each draw finished with a proof that verifies, or stands where its time had come to."""
    found = rows(data, "SELECT id, state FROM draw ORDER BY sequence")
    for draw_id, state in found:
        if state in ("claim", "archived"):
            assert here("draw", "verify", data / "draws" / f"{draw_id}.proof.json").code == 0
        else:
            assert state in ("announced", "open", "closed", "challenge", "beacon", "void"), state
    entries = (
        "SELECT draw_id, subject_id FROM draw_entry WHERE refused IS NULL GROUP BY 1, 2 HAVING COUNT(*) > 1"
    )
    assert rows(data, entries) == []
    return dict(Counter(state for _, state in found))


def test_killed_three_times_in_one_show(tmp_path: Path) -> None:
    story = Story(tmp_path / "data")
    killed(story, tmp_path, ["shown", "anywhere", "lost"], each=3, speed=20, dice=random.Random(20))
    figures = told(story)
    assert figures["kills"] == {"shown": 1, "anywhere": 1, "lost": 1}
    assert figures["comments"] > figures["acknowledged_before_a_kill"] > 0
    assert figures["shown_twice"] == 0
    assert figures["gaps"] >= 1
    assert len(story.sending) == 2


@pytest.mark.slow
def test_killed_fifty_times(tmp_path: Path) -> None:
    """CRASH_SEED draws other moments."""
    story = Story(tmp_path / "data")
    dice = random.Random(int(os.environ.get("CRASH_SEED", "50")))
    killed(story, tmp_path, dice.choices(KINDS, k=50), each=10, speed=4, dice=dice)
    figures = told(story)
    print(json.dumps(figures, ensure_ascii=False))
    assert sum(figures["kills"].values()) == 50
    assert figures["shown_twice"] == 0
    assert story.sending
