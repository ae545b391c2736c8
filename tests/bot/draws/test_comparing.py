"""A witness's list against the published one."""

from __future__ import annotations

import msgspec

from bot.comment import Comment
from bot.draws.book import closed_of, commitment_of
from bot.draws.comparing import Comparison, compare
from bot.draws.inspecting import InspectorFile, inspector_file
from bot.draws.witness import Listener, OwnList
from lottery.record import ClosedRecord
from tests.bot.draws.stage import DUE, KINDS, Stage
from tests.builders import comment

SALT = "5a" * 16


class Case:
    """A draw and a witness beside it; what each hears is said here."""

    def __init__(self, stage: Stage, kind: str = "keyword", staff: tuple[str, ...] = ()) -> None:
        self.stage = stage
        self.draw_id = stage.announce(sheet=KINDS[kind], staff=staff)
        announced = commitment_of(stage.row(self.draw_id))
        self.listener = Listener(announced, OwnList(self.draw_id, "practice:1", announced.hash, SALT))

    def both(self, *said: Comment) -> None:
        self.there(*said)
        self.here(*said)

    def there(self, *said: Comment) -> None:
        self.stage.hear(*said)

    def here(self, *said: Comment) -> None:
        for one in said:
            self.listener.comment(one, one.at_ms)

    async def closed(self) -> tuple[ClosedRecord, InspectorFile, tuple[bytes, ...]]:
        await self.stage.until(DUE)
        row = self.stage.row(self.draw_id)
        given = inspector_file(self.stage.journal, row, by="amy", reason="test")
        return closed_of(row)[-1].record, given, self.stage.draws.lists(self.draw_id).roster.leaves

    async def compared(self, with_inspector: bool = False) -> Comparison:
        record, given, leaves = await self.closed()
        commitment = commitment_of(self.stage.row(self.draw_id)).record
        return compare(self.listener.own, commitment, record, *((given, leaves) if with_inspector else ()))


def said(*uids: str, at: int = 40_000, text: str = "好运") -> list[Comment]:
    return [comment(text, uid=uid, at=at + number) for number, uid in enumerate(uids)]


async def test_the_same_heard_on_both_sides_agrees(stage: Stage) -> None:
    case = Case(stage)
    case.both(*said("a", "b", "a", "c"))
    found = await case.compared()
    assert found.agrees
    assert found.entries == (3, 3)
    assert found.refused == {"duplicate": (1, 1)}


async def test_entries_only_the_operator_heard_are_told(stage: Stage) -> None:
    case = Case(stage)
    case.both(*said("a", "b"))
    case.there(*said("stuffed", at=50_000))
    assert not (found := await case.compared()).agrees
    assert found.entries == (3, 2)


async def test_with_the_inspectors_file_each_account_is_named_with_its_minute(stage: Stage) -> None:
    case = Case(stage)
    case.both(*said("a", "b"))
    case.there(*said("stuffed", at=50_000))
    case.here(*said("dropped", at=55_000))
    assert (await case.compared()).agrees, "the numbers alone hide it"
    found = await case.compared(with_inspector=True)
    assert not found.agrees
    assert [(one.where, one.at_ms % 100_000) for one in found.differences] == [
        ("missing_here", 50_000), ("missing_there", 55_000),
    ]  # fmt: skip
    assert found.differences[0].pseudonym
    assert found.unfit == ()


async def test_refusals_by_lists_only_the_operator_knows_are_allowed_for(stage: Stage) -> None:
    case = Case(stage, staff=("boss",))
    case.both(*said("a", "boss"))
    found = await case.compared()
    assert (found.agrees, found.entries, found.allowed) == (True, (1, 2), 1)
    named = await case.compared(with_inspector=True)
    assert named.agrees
    assert [(one.where, one.reason) for one in named.differences] == [("refused_there", "staff")]


async def test_more_heard_here_than_those_lists_explain_is_told(stage: Stage) -> None:
    case = Case(stage, staff=("boss",))
    case.both(*said("a", "boss"))
    case.here(*said("dropped", at=50_000))
    assert not (await case.compared()).agrees


async def test_in_a_quiz_wrong_answers_are_told_apart_only_after_the_closing(stage: Stage) -> None:
    case = Case(stage, "quiz")
    case.both(*said("a", "b", text="B"), *said("c", at=45_000, text="A"))
    found = await case.compared()
    assert (found.agrees, found.entries) == (True, (2, 2))
    assert found.refused == {"wrong_answer": (1, 1)}
    named = await case.compared(with_inspector=True)
    assert (named.agrees, named.unfit, named.differences) == (True, (), ())


async def test_an_inspectors_file_that_does_not_fit_the_list_settles_nothing(stage: Stage) -> None:
    case = Case(stage)
    case.both(*said("a", "b"))
    record, given, leaves = await case.closed()
    commitment = commitment_of(stage.row(case.draw_id)).record
    fewer = msgspec.structs.replace(given, entries=given.entries[:1])
    found = compare(case.listener.own, commitment, record, fewer, leaves)
    assert (found.agrees, found.unfit) == (False, ("list",))
    more = compare(case.listener.own, commitment, record, given, leaves[:1])
    assert (more.agrees, more.unfit) == (False, ("list",))


async def test_who_was_erased_since_is_no_difference(stage: Stage) -> None:
    case = Case(stage)
    case.both(*said("a", "b"))
    await stage.until(DUE)
    stage.journal.erase_subject("practice", "b", by="amy")
    found = await case.compared(with_inspector=True)
    assert (found.agrees, found.differences) == (True, ())


async def test_a_guess_that_was_made_better_afterwards_is_told(stage: Stage) -> None:
    case = Case(stage, "guess")
    case.both(*said("a", "b", text="猜 20"))
    case.there(comment("猜39.90", uid="friend", at=42_000))  # the right price, which the friend never said
    case.here(comment("猜7", uid="friend", at=42_000))
    assert (await case.compared()).agrees, "the numbers alone hide it"
    found = await case.compared(with_inspector=True)
    assert not found.agrees
    assert [(one.where, one.at_ms % 100_000) for one in found.differences] == [("other_words", 42_000)]


async def test_an_inspectors_file_may_not_name_other_guesses_than_the_list(stage: Stage) -> None:
    case = Case(stage, "guess")
    case.both(*said("a", "b", text="猜20"))
    record, given, leaves = await case.closed()
    commitment = commitment_of(stage.row(case.draw_id)).record
    assert compare(case.listener.own, commitment, record, given, leaves).agrees
    bettered = tuple(leaf[:40] + (3990).to_bytes(8, "big") for leaf in leaves)
    found = compare(case.listener.own, commitment, record, given, bettered)
    assert (found.agrees, found.unfit) == (False, ("list",))


async def test_every_wave_of_a_rain_is_compared(stage: Stage) -> None:
    case = Case(stage, "rain")
    case.both(*said("a", at=40_000, text="红包一"), *said("a", "b", at=70_000, text="红包二"))
    found = await case.compared(with_inspector=True)
    assert (found.agrees, found.unfit, found.differences) == (True, (), ())
    case.here(*said("b", at=41_000, text="红包一"))
    assert [one.where for one in (await case.compared(with_inspector=True)).differences] == ["other_words"]
