"""The house's own terms, read again while a show runs."""

import os
import shutil
from pathlib import Path

import pytest

from bot.app.house import House, open_house
from bot.app.packs import Packs
from bot.storage.lessons import LessonReadings
from classifiers import proof
from classifiers import rulebook as rulebooks
from classifiers.cascade import Cascade
from tests.builders import NOON

EXAMPLE = Path(__file__).parents[3] / "docs" / "example-pack"
HARMLESS, TERM = "这盏雾灯挂在小岛台上好看", "雾灯岛复国就在今晚 都来集合"


@pytest.fixture(scope="module")
def judges() -> Cascade:
    return Cascade.load()


@pytest.fixture(autouse=True)
def only_own_rules_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped rules are proved in test_proof.py; here a pack's line that proves nothing stands for all."""

    def check(folder: Path, packs: object) -> list[str]:
        return ["terms.csv:2: I02-9001 does not hit its line."] if BROKEN else rulebooks.check(folder, packs)  # type: ignore[arg-type]

    monkeypatch.setattr(proof, "check", check)
    BROKEN.clear()


BROKEN: list[bool] = []


def pack_in(folder: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, folder / "pack"))


def touch(pack: Path) -> None:
    """The files as if written again a second later."""
    for file in pack.iterdir():
        state = file.stat()
        os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns + 10**9))


def add_a_term(pack: Path) -> None:
    with (pack / "terms.csv").open("a", encoding="utf-8") as file:
        file.write("I02-9004,青苔会,青苔党,,,,青苔会今晚招人,阳台上的青苔该刷了\n")
    touch(pack)


def test_nothing_is_done_while_the_files_stay_as_they_are(tmp_path: Path, judges: Cascade) -> None:
    packs = Packs([pack_in(tmp_path)])
    assert packs.look(judges) is None
    assert packs.look(judges) is None


def test_a_changed_pack_is_read_once_it_has_lain_still_for_one_look(tmp_path: Path, judges: Cascade) -> None:
    pack = pack_in(tmp_path)
    packs = Packs([pack])
    add_a_term(pack)
    assert packs.look(judges) is None
    found = packs.look(judges)
    assert found is not None
    assert found.cascade is not None
    assert found.cascade.model is judges.model
    assert [hit.rule for hit in found.cascade.judge(["青苔会今晚招人"])[0].banned] == ["I02-9004"]
    assert packs.look(found.cascade) is None


def test_files_touched_but_saying_the_same_change_nothing(tmp_path: Path) -> None:
    pack = pack_in(tmp_path)
    packs = Packs([pack])
    using = Cascade.load(packs=[pack])
    touch(pack)
    assert packs.look(using) is None
    assert packs.look(using) is None


@pytest.mark.parametrize("how", ["a broken line", "a rule that does not hit"])
def test_an_unsound_pack_is_refused_with_its_line(tmp_path: Path, judges: Cascade, how: str) -> None:
    pack = pack_in(tmp_path)
    packs = Packs([pack])
    if how == "a broken line":
        with (pack / "terms.csv").open("a", encoding="utf-8") as file:
            file.write("I02-9009,短\n")
    else:
        BROKEN.append(True)
    touch(pack)
    packs.look(judges)
    found = packs.look(judges)
    assert found is not None
    assert found.cascade is None
    assert "terms.csv:" in found.trouble
    assert packs.look(judges) is None, "the same files are not complained about twice"


def test_a_pack_taken_away_leaves_the_show_with_the_old_rules_and_says_so(
    tmp_path: Path, judges: Cascade
) -> None:
    pack = pack_in(tmp_path)
    packs = Packs([pack])
    shutil.rmtree(pack)
    packs.look(judges)
    found = packs.look(judges)
    assert found is not None
    assert found.cascade is None


@pytest.fixture
def house(tmp_path: Path) -> House:
    return open_house(
        data=tmp_path / "data", url=None, now=lambda: NOON, clock_source="live", packs=[pack_in(tmp_path)]
    )


def records(house: House) -> list[dict[str, object]]:
    rows = LessonReadings(house.store).all_records("rulebook_change", "house")
    return [row.body["data"] for row in rows]


def test_a_house_judges_by_the_shipped_rules_and_its_own(house: House) -> None:
    verdict, harmless = house.judge([TERM, HARMLESS])
    assert [hit.category for hit in verdict.banned] == ["I02"]
    assert not harmless.banned
    house.close()


def test_a_swap_between_two_batches_is_recorded_with_both_versions(house: House, tmp_path: Path) -> None:
    judge = house.judge
    before = house.versions()["rulebook"]
    add_a_term(tmp_path / "pack")
    assert house.look_at_packs() is None
    assert not judge(["青苔会今晚招人"])[0].banned
    assert house.look_at_packs() is not None
    assert judge(["青苔会今晚招人"])[0].banned
    after = house.versions()["rulebook"]
    assert before != after
    assert records(house) == [{"act": "swapped", "before": before, "version": after}]
    house.close()


def test_a_refused_pack_is_recorded_and_the_old_rules_go_on(house: House, tmp_path: Path) -> None:
    before = house.versions()
    BROKEN.append(True)
    touch(tmp_path / "pack")
    house.look_at_packs()
    found = house.look_at_packs()
    assert found is not None
    assert house.versions() == before
    assert [one["act"] for one in records(house)] == ["refused"]
    house.close()


def test_a_second_reader_stays_beside_the_model_when_rules_change(tmp_path: Path, judges: Cascade) -> None:
    class Nobody:
        version = "0123456789ab"

        def settle(self, *given: object) -> int:
            return 0

    pack = pack_in(tmp_path)
    packs = Packs([pack])
    using = judges.with_second(Nobody())  # type: ignore[arg-type]
    add_a_term(pack)
    packs.look(using)
    found = packs.look(using)
    assert found is not None
    assert found.cascade is not None
    assert found.cascade.second is using.second
    assert found.cascade.versions.model.endswith("+0123456789ab")
