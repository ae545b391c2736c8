"""From what a room said to what is to be committed: duplicates out, sessions found, judged, decided.

Pure: `fold` takes the last committed state and a run of inputs and gives a `Batch` with the state after it. The
caller commits the batch and only then keeps the new state; a failed batch is folded again from the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from bot import policy
from bot.comment import Comment, Event, Happening, RoomKey
from bot.decision import ClockSource, Entry, Judged
from bot.policy import FactChange, Handbook, Instruction, RoomState
from classifiers.verdict import Verdict

BATCH_LIMIT = 256
"""Comments in one transaction at most (docs/architecture.md, group commit)."""

IDLE_MS = 15 * 60 * 1000
"""A session closes after this long without any frame; a return within it continues the session."""

Input = Event | Instruction
Judge = Callable[[Sequence[str]], Sequence[Verdict]]


class SessionChange(msgspec.Struct, frozen=True):
    """A session opened (`closed_ms` None) or closed. `reason`: live_start, first_event, live_end, idle,
    operator, end_of_recording."""

    session: str
    room: RoomKey
    opened_ms: int
    closed_ms: int | None
    reason: str


class Placed(msgspec.Struct, frozen=True):
    """A happening, put into its session. `entry`: the order is an entry of the open draw, accepted or refused."""

    session: str
    happening: Happening
    now_ms: int
    entry: Entry | None = None


class Applied(msgspec.Struct, frozen=True):
    """An instruction, put into its session, at the moment it took effect."""

    session: str
    instruction: Instruction
    now_ms: int


class Batch(msgspec.Struct, frozen=True):
    """One transaction's worth of one room, in order of arrival within each kind. `state` is what follows. `facts` are
    what became known of the goods; of two with the same name and product the later holds."""

    room: RoomKey
    clock_source: ClockSource
    sessions: tuple[SessionChange, ...]
    judged: tuple[Judged, ...]
    happenings: tuple[Placed, ...]
    instructions: tuple[Applied, ...]
    duplicates: int
    state: RoomState
    facts: tuple[FactChange, ...] = ()

    @property
    def now_ms(self) -> int:
        """The show's or wall's time after this batch."""
        return self.state.now_ms


class Fold:
    """The running of one batch; lives only within `fold`."""

    def __init__(
        self, state: RoomState, handbook: Handbook, new_id: Callable[[], str], idle_ms: int | None, live: bool
    ) -> None:
        self.state = state
        self.handbook = handbook
        self.new_id = new_id
        self.idle_ms = idle_ms
        self.live = live
        self.sessions: list[SessionChange] = []
        self.judged: list[Judged] = []
        self.happenings: list[Placed] = []
        self.instructions: list[Applied] = []
        self.facts: list[FactChange] = []

    def _when(self, event: Event) -> int:
        """The room's time of an event: live this machine's, as the platform's clock may differ by any amount from the
        one that paces answers and closes draws; in a show the recording's, of which the highest so far rules."""
        return event.received_ms if self.live else event.at_ms

    def _open(self, at_ms: int, reason: str) -> None:
        self.state = self.state.fresh(self.new_id(), at_ms)
        self.sessions.append(SessionChange(self.state.session, self.state.room, at_ms, None, reason))

    def _close(self, reason: str) -> None:
        state = self.state
        self.sessions.append(SessionChange(state.session, state.room, state.opened_ms, state.now_ms, reason))
        self.state = state.ended()

    def _enter_session(self, at_ms: int, *, reason: str) -> None:
        state = self.state
        running = state.session and not state.closed
        if running and self.idle_ms is not None and at_ms - state.now_ms > self.idle_ms:
            self._close("idle")
            running = False
        if not running:
            self._open(at_ms, reason)
        elif at_ms > state.now_ms:
            self.state = msgspec.structs.replace(state, now_ms=at_ms)

    def comment(self, comment: Comment, verdict: Verdict) -> None:
        self._enter_session(self._when(comment), reason="first_event")
        decision, after = policy.decide(comment, verdict, self.state, self.handbook)
        self.judged.append(
            Judged(after.session, self.state.seq, comment, verdict, decision, self.state.now_ms)
        )
        self.state = msgspec.structs.replace(after, seq=self.state.seq + 1)

    def happening(self, happening: Happening) -> None:
        if happening.kind == "alive":
            self._alive(happening)
            return
        reason = "live_start" if happening.kind == "live_start" else "first_event"
        self._enter_session(self._when(happening), reason=reason)
        self.facts += policy.facts_in(happening, self.state)
        self.state = policy.note(happening, self.state)
        entry, self.state = policy.order_entry(happening, self.state)
        self.happenings.append(Placed(self.state.session, happening, self.state.now_ms, entry))
        if happening.kind == "live_end":
            self._close("live_end")

    def _alive(self, alive: Happening) -> None:
        """A sign of life keeps a running session open. It opens none, and nothing is written for it."""
        state = self.state
        at_ms = self._when(alive)
        late = self.idle_ms is not None and at_ms - state.now_ms > self.idle_ms
        if state.session and not state.closed and not late and at_ms > state.now_ms:
            self.state = msgspec.structs.replace(state, now_ms=at_ms)

    def instruction(self, instruction: Instruction) -> None:
        if instruction.kind == "end_session":
            if self.state.session and not self.state.closed:
                self._close(str(instruction.data.get("reason", "operator")))
            return
        change = policy.fact_in(instruction, self.state)
        self.facts += () if change is None else (change,)
        self.state = policy.obey(instruction, self.state)
        self.instructions.append(Applied(self.state.session, instruction, self.state.now_ms))


def fold(
    state: RoomState,
    inputs: Sequence[Input],
    *,
    judge: Judge,
    handbook: Handbook,
    new_id: Callable[[], str],
    clock_source: ClockSource,
    idle_ms: int | None = IDLE_MS,
) -> Batch:
    """Judge and decide `inputs` in order, starting at the last committed `state`.

    `new_id` names new sessions. `idle_ms` None keeps everything in one session (a recording is one session).
    Comments whose platform message id was seen lately in this room are dropped and counted in `duplicates`.
    """
    kept, seen, duplicates = _without_duplicates(state.seen, inputs)
    # Each text is judged once: a burst of one sentence (a draw's keyword) costs no more than one comment.
    texts = list(dict.fromkeys(one.text for one in kept if isinstance(one, Comment)))
    verdicts = dict(zip(texts, judge(texts), strict=True)) if texts else {}
    run = Fold(msgspec.structs.replace(state, seen=seen), handbook, new_id, idle_ms, clock_source == "live")
    for one in kept:
        if isinstance(one, Comment):
            run.comment(one, verdicts[one.text])
        elif isinstance(one, Happening):
            run.happening(one)
        else:
            run.instruction(one)
    return Batch(
        state.room, clock_source, tuple(run.sessions), tuple(run.judged), tuple(run.happenings),
        tuple(run.instructions), duplicates, run.state, tuple(run.facts),
    )  # fmt: skip


def _without_duplicates(
    seen: policy.Recent, inputs: Sequence[Input]
) -> tuple[list[Input], policy.Recent, int]:
    kept: list[Input] = []
    duplicates = 0
    for one in inputs:
        key = _identity(one)
        if key is None:
            kept.append(one)
        elif key in seen:
            duplicates += 1
        else:
            seen = seen.with_key(key)
            kept.append(one)
    return kept, seen, duplicates


def _identity(one: Input) -> str | None:
    """What makes two deliveries the same. An edited comment is a new thing at its own time."""
    if isinstance(one, Instruction) or one.msg_id is None:
        return None
    if isinstance(one, Comment) and one.edited:
        return f"{one.msg_id}@{one.at_ms}"
    return one.msg_id
