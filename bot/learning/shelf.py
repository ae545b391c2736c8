"""Which model judges, and how that changes: proposed by one person, approved by another, taken back in one step.

    <data>/models/<version>/   a model, copied in when it was proposed; the version is the hash of its files
    <data>/models/current      one line: the version in use; no such file: the shipped model

Every step is a `model_change` record of the house's chain; what is in use, what was before it and what waits follow
from the records alone. The file `current` says the same to whoever starts the rooms; it is written after the record,
and where the two differ no room is opened.

Two people: who proposed may not approve, and both must be known here with a role that may. The command line cannot
prove who types a name; the record says what was claimed, and whoever has the machine can claim. A proposal is void as
soon as another model is in use than the one it was examined against.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from bot.errors import ChangkongError, InputError, NotAllowed
from bot.storage.chain import HOUSE
from bot.storage.journal import Journal
from bot.storage.lessons import LessonReadings
from bot.storage.values import Person, RecordRow
from classifiers import model as models
from classifiers import second
from classifiers.cascade import Cascade
from classifiers.errors import ModelError
from classifiers.gate import Gate

RECORD = "model_change"
SHIPPED = "shipped"
"""The name of the model that came with the program."""

MAY_PROPOSE = frozenset({"operator", "compliance", "admin"})
MAY_APPROVE = frozenset({"compliance", "admin"})
FILES = ("card.json", "weights.npz")
_VERSION = re.compile(r"[0-9a-f]{12}|shipped")


class Proposal(msgspec.Struct, frozen=True):
    """A proposal: `number` is the seq of its record, `against` what was in use, `worse` the labels on which the gate
    found it worse (none: it passed), `examined_against` the hash of what it was compared with. `state`: waiting,
    approved, refused (by the gate), void."""

    number: int
    version: str
    against: str
    examined_against: str
    by: str
    at_ms: int
    worse: tuple[str, ...]
    state: str


class Shelf(msgspec.Struct, frozen=True):
    """How it stands by the records. `used`: versions in the order they came into use, the last one in use now."""

    proposals: tuple[Proposal, ...] = ()
    used: tuple[str, ...] = (SHIPPED,)

    @property
    def current(self) -> str:
        """The version in use."""
        return self.used[-1]

    def proposal(self, number: int) -> Proposal:
        """The proposal of that number. Raises NotAllowed when there is none."""
        for one in self.proposals:
            if one.number == number:
                return one
        raise NotAllowed(f"There is no proposal {number}. `changkong model list` shows those there are.")


def fold(records: Iterable[RecordRow]) -> Shelf:
    """The shelf after these records, in their order."""
    proposals: dict[int, Proposal] = {}
    used = [SHIPPED]
    for record in records:
        data: dict[str, Any] = record.body["data"]
        match data.get("act"):
            case "proposed":
                worse = tuple(data["worse"])
                proposals[record.seq] = Proposal(
                    record.seq, data["version"], data["against"], data["examined_against"], data["by"], record.at_ms,
                    worse, "refused" if worse else "waiting",
                )  # fmt: skip
            case "approved":
                used.append(data["version"])
                one = proposals[data["proposal"]]
                proposals[one.number] = msgspec.structs.replace(one, state="approved")
            case "rolled_back":
                used = used[: used.index(data["version"]) + 1] if data["version"] == SHIPPED else used[:-1]
    stale = {n: one for n, one in proposals.items() if one.state == "waiting" and one.against != used[-1]}
    proposals |= {n: msgspec.structs.replace(one, state="void") for n, one in stale.items()}
    return Shelf(tuple(proposals.values()), tuple(used))


def shelf(readings: LessonReadings) -> Shelf:
    """How it stands in a store."""
    return fold(readings.all_records(RECORD, HOUSE))


def folder(data: Path, version: str) -> Path | None:
    """Where a version lies; None for the shipped one."""
    return None if version == SHIPPED else data / "models" / version


def named(data: Path | None) -> str:
    """The version that `<data>/models/current` names. Raises ChangkongError when it names nothing that could be one."""
    file = None if data is None else data / "models" / "current"
    try:
        text = SHIPPED if file is None else file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return SHIPPED
    except (OSError, UnicodeDecodeError):
        text = ""
    if not _VERSION.fullmatch(text):
        raise ChangkongError(f"{file} does not name a model. `changkong model rollback` puts it right.")
    return text


def load(
    data: Path | None, version: str | None = None, packs: Sequence[Path] = (), *, second_reader: bool = False
) -> Cascade:
    """The judges with a version of `data` (None: the one in use) and rule-book packs, and the second reader if wanted.

    Raises ModelError (the second reader may be missing, or go with another model), RuleBookError, and ChangkongError
    when the model is not the one it is named for: then somebody changed its files after it was examined.
    """
    version = named(data) if version is None else version
    place = None if data is None else folder(data, version)
    cascade = Cascade.load(place, packs=packs)
    if place is not None and cascade.versions.model != version:
        raise ChangkongError(
            f"The model in {place} is not the one that was approved (it is {cascade.versions.model}). "
            "Propose it anew, or go back with `changkong model rollback`."
        )
    return cascade.with_second(second.beside(cascade.model)) if second_reader else cascade


def require_recorded(readings: LessonReadings, data: Path | None) -> None:
    """Raises ChangkongError unless `<data>/models/current` names the model that the records say is in use."""
    recorded, found = shelf(readings).current, named(data)
    if recorded != found:
        raise ChangkongError(
            f"By the record the model {recorded} is in use, but {data}/models/current names {found}. "
            "`changkong model rollback` writes what the record says."
        )


def take_in(data: Path, candidate: Path, version: str) -> None:
    """Copy the model of that version to its place under `data`. Raises ModelError, InputError."""
    place = data / "models" / version
    with suppress(ModelError):
        if models.load(place).version == version:
            return
    part = place.with_name(f"{version}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        for name in FILES:
            shutil.copyfile(candidate / name, part / name)
        if models.load(part).version != version:
            raise InputError(f"The model in {candidate} was changed while it was examined. Propose it again.")
        shutil.rmtree(place, ignore_errors=True)
        os.replace(part, place)
    except OSError as error:
        raise InputError(f"The model cannot be copied to {place}: {error.strerror}.") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def propose(journal: Journal, readings: LessonReadings, gate: Gate, *, by: str) -> Proposal:
    """Record a proposal with what the gate found; a refused one is recorded too. Raises NotAllowed."""
    require(journal.by_login(by), by, MAY_PROPOSE)
    before = shelf(readings)
    if gate.candidate == gate.against:
        raise NotAllowed(f"The model {gate.candidate} is in use already.")
    body = {
        "act": "proposed", "version": gate.candidate, "against": before.current, "by": by, "worse": list(gate.worse),
        "split": gate.split, "rows": gate.rows, "examined_against": gate.against,
    }  # fmt: skip
    number = journal.append_record(HOUSE, RECORD, body)
    return shelf(readings).proposal(number)


def approve(journal: Journal, readings: LessonReadings, data: Path, number: int, *, by: str) -> Shelf:
    """Take a proposal into use, from the next start on. Raises NotAllowed, ModelError, InputError."""
    person = require(journal.by_login(by), by, MAY_APPROVE)
    before = shelf(readings)
    one = before.proposal(number)
    if person.login == one.by:
        raise NotAllowed(f"{by} has proposed this model; somebody else must approve it.")
    if one.state != "waiting":
        raise NotAllowed(f"Proposal {number} is {_WHY[one.state]}")
    if load(data).versions.model != one.examined_against:  # the program came with a new model meanwhile
        raise NotAllowed(f"Proposal {number} is {_WHY['void']}")
    load(data, one.version)
    body = {"act": "approved", "proposal": number, "version": one.version, "before": before.current, "by": by}
    journal.append_record(HOUSE, RECORD, body)
    _write_current(data, one.version)
    return shelf(readings)


def roll_back(
    journal: Journal, readings: LessonReadings, data: Path, *, by: str, to_shipped: bool = False
) -> Shelf:
    """Go back to the model used before, or to the shipped one. Where `current` does not say what the records say, that
    alone is put right. Raises NotAllowed when there is nothing before it, ModelError when that one cannot be loaded any
    more (the shipped one always can)."""
    before = shelf(readings)
    if _named_safely(data) != before.current:
        _write_current(data, before.current)
        return before
    if len(before.used) == 1:
        raise NotAllowed("The shipped model is in use; there is none before it.")
    version = SHIPPED if to_shipped else before.used[-2]
    load(data, version)
    body = {"act": "rolled_back", "version": version, "before": before.current, "by": by}
    journal.append_record(HOUSE, RECORD, body)
    _write_current(data, version)
    return shelf(readings)


def _named_safely(data: Path) -> str:
    with suppress(ChangkongError):
        return named(data)
    return ""


def require(person: Person | None, login: str, roles: frozenset[str]) -> Person:
    """The person, when known, active and of one of `roles`. Raises NotAllowed."""
    if person is None or not person.active:
        raise NotAllowed(
            f"Nobody here is called {login!r}. People come from [[people]] when `changkong run` starts."
        )
    if roles.isdisjoint(person.role.split(",")):
        raise NotAllowed(f"{login} is {person.role}; this takes one of {', '.join(sorted(roles))}.")
    return person


_WHY = {
    "approved": "approved already.",
    "refused": "refused by the gate: the model is worse on a label. Train a better one and propose that.",
    "void": "void: another model is in use than the one it was examined against. Propose it again.",
}


def _write_current(data: Path, version: str) -> None:
    file = data / "models" / "current"
    part = file.with_name("current.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(version + "\n", encoding="utf-8")
        os.replace(part, file)
    except OSError as error:
        raise InputError(
            f"{file} cannot be written ({error.strerror}). It must hold the one line {version}; the record says so."
        ) from None
