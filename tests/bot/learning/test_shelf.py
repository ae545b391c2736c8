"""Which model is used: proposed by one, approved by another, taken back in one step, and never by a file alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bot.errors import ChangkongError, NotAllowed
from bot.learning import shelf
from bot.learning.shelf import SHIPPED, Proposal
from bot.storage.audit import verify
from classifiers.cascade import Cascade
from classifiers.errors import ModelError
from classifiers.gate import Gate, Label
from tests.bot.learning.desk import Desk, records
from tests.bot.learning.models import copy_of_shipped

WORSE = {"faq:price": Label(0.5, 0.9, 0.01, 50, True)}


@pytest.fixture(scope="module")
def shipped() -> str:
    return Cascade.load().versions.model


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two models by version."""
    found = {}
    for note in ("one", "two"):
        folder = tmp_path_factory.mktemp(note)
        found[copy_of_shipped(folder, note)] = folder
    return found


def gate(version: str, against: str, labels: dict[str, Label] | None = None) -> Gate:
    return Gate(version, against, 100, "split", labels or {}, ())


def data_of(desk: Desk) -> Path:
    file = desk.journal.store.file
    assert file is not None
    return file.parent


def put(desk: Desk, made: dict[str, Path], version: str, against: str, *, by: str = "lin") -> Proposal:
    shelf.take_in(data_of(desk), made[version], version)
    return shelf.propose(desk.journal, desk.readings, gate(version, against), by=by)


def approve(desk: Desk, number: int, by: str = "an") -> shelf.Shelf:
    return shelf.approve(desk.journal, desk.readings, data_of(desk), number, by=by)


def roll_back(desk: Desk, **more: bool) -> shelf.Shelf:
    return shelf.roll_back(desk.journal, desk.readings, data_of(desk), by="an", **more)


def test_from_proposal_to_use_and_back(desk: Desk, made: dict[str, Path], shipped: str) -> None:
    one, two = made
    data = data_of(desk)
    assert shelf.load(data).versions.model == shipped
    first = put(desk, made, one, shipped)
    assert first.state == "waiting"
    assert shelf.named(data) == SHIPPED  # a proposal changes nothing yet
    assert approve(desk, first.number).used == (SHIPPED, one)
    assert shelf.load(data).versions.model == one
    shelf.require_recorded(desk.readings, data)
    second = put(desk, made, two, one)
    assert approve(desk, second.number).current == two
    assert roll_back(desk).used == (SHIPPED, one)
    assert shelf.load(data).versions.model == one
    assert roll_back(desk).current == SHIPPED
    assert shelf.load(data).versions.model == shipped
    with pytest.raises(NotAllowed, match="none before"):
        roll_back(desk)
    acts = [body["act"] for body in records(desk, "model_change", "house")]
    assert acts == ["proposed", "approved", "proposed", "approved", "rolled_back", "rolled_back"]
    assert verify(desk.journal.store).verified


def test_back_to_the_shipped_model_at_once(desk: Desk, made: dict[str, Path], shipped: str) -> None:
    one, two = made
    approve(desk, put(desk, made, one, shipped).number)
    approve(desk, put(desk, made, two, one).number)
    shutil.rmtree(data_of(desk) / "models" / one)
    with pytest.raises(ModelError):
        roll_back(desk)  # the one before cannot be loaded any more: nothing is changed
    assert shelf.named(data_of(desk)) == two
    assert roll_back(desk, to_shipped=True).used == (SHIPPED,)
    assert shelf.named(data_of(desk)) == SHIPPED


@pytest.mark.parametrize(
    ("by", "why"),
    [("lin", "somebody else"), ("nobody", "Nobody here"), ("mei", "takes one of"), ("LIN ", "Nobody here")],
)
def test_the_second_person(desk: Desk, made: dict[str, Path], shipped: str, by: str, why: str) -> None:
    desk.journal.change_person("lin", by="test", role="operator,admin")
    number = put(desk, made, next(iter(made)), shipped).number
    with pytest.raises(NotAllowed, match=why):
        approve(desk, number, by)
    assert shelf.named(data_of(desk)) == SHIPPED
    desk.journal.change_person("an", by="test", active=False)
    with pytest.raises(NotAllowed, match="Nobody here"):
        approve(desk, number)


@pytest.mark.parametrize("by", ["mei", "bo", "nobody"])
def test_who_may_not_propose(desk: Desk, made: dict[str, Path], shipped: str, by: str) -> None:
    with pytest.raises(NotAllowed):
        put(desk, made, next(iter(made)), shipped, by=by)
    assert records(desk, "model_change") == []


def test_what_the_gate_refused_is_recorded_and_cannot_be_approved(
    desk: Desk, made: dict[str, Path], shipped: str
) -> None:
    one = next(iter(made))
    proposal = shelf.propose(desk.journal, desk.readings, gate(one, shipped, WORSE), by="lin")
    assert (proposal.state, proposal.worse) == ("refused", ("faq:price",))
    with pytest.raises(NotAllowed, match="refused by the gate"):
        approve(desk, proposal.number)


def test_a_proposal_is_void_when_another_model_came_into_use(
    desk: Desk, made: dict[str, Path], shipped: str
) -> None:
    one, two = made
    first, second = put(desk, made, one, shipped), put(desk, made, two, shipped)
    approve(desk, first.number)
    with pytest.raises(NotAllowed, match="approved already"):
        approve(desk, first.number)
    with pytest.raises(NotAllowed, match="void"):
        approve(desk, second.number)
    with pytest.raises(NotAllowed, match="no proposal"):
        approve(desk, 999)
    with pytest.raises(NotAllowed, match="in use already"):
        shelf.propose(desk.journal, desk.readings, gate(one, one), by="lin")


def test_a_proposal_is_void_when_the_program_came_with_another_model(
    desk: Desk, made: dict[str, Path]
) -> None:
    proposal = put(desk, made, next(iter(made)), "0123456789ab")
    with pytest.raises(NotAllowed, match="void"):
        approve(desk, proposal.number)


def test_a_model_changed_after_it_was_examined_is_not_taken(
    desk: Desk, made: dict[str, Path], shipped: str
) -> None:
    one = next(iter(made))
    proposal = put(desk, made, one, shipped)
    card = data_of(desk) / "models" / one / "card.json"
    card.write_text(json.dumps({**json.loads(card.read_text(encoding="utf-8")), "x": 1}), encoding="utf-8")
    with pytest.raises(ChangkongError, match="not the one that was approved"):
        approve(desk, proposal.number)
    with pytest.raises(ChangkongError, match="changed while"):
        shelf.take_in(data_of(desk), made[one], "0123456789ab")
    shelf.take_in(data_of(desk), made[one], one)  # puts the right one back
    assert approve(desk, proposal.number).current == one


def test_the_file_alone_puts_no_model_into_use(desk: Desk, made: dict[str, Path], shipped: str) -> None:
    data, one = data_of(desk), next(iter(made))
    shelf.take_in(data, made[one], one)
    (data / "models" / "current").write_text(one, encoding="utf-8")
    with pytest.raises(ChangkongError, match="By the record"):
        shelf.require_recorded(desk.readings, data)
    assert roll_back(desk).current == SHIPPED  # puts the file right, and that alone
    shelf.require_recorded(desk.readings, data)
    assert records(desk, "model_change") == []


@pytest.mark.parametrize(
    "content", ["../../etc", "", "C:\\x", "0123456789AB", "0123456789ab/..", "\0", "shipped x"]
)
def test_a_file_that_names_no_model_is_said(desk: Desk, content: str) -> None:
    file = data_of(desk) / "models" / "current"
    file.parent.mkdir()
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ChangkongError, match="does not name a model"):
        shelf.load(data_of(desk))
    roll_back(desk)
    assert shelf.named(data_of(desk)) == SHIPPED


def test_without_a_data_directory_the_shipped_model_judges(shipped: str) -> None:
    assert shelf.load(None).versions.model == shipped


def test_the_second_reader_is_set_beside_the_model_only_when_asked_for(
    monkeypatch: pytest.MonkeyPatch, shipped: str
) -> None:
    class Nobody:
        version = "0123456789ab"

    monkeypatch.setattr("classifiers.second.beside", lambda model: Nobody())
    assert shelf.load(None).versions.model == shipped
    assert shelf.load(None, second_reader=True).versions.model == f"{shipped}+0123456789ab"
