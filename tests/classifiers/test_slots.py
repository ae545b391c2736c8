"""Lists and parts a pattern may name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import rulebook, rulefiles
from classifiers.lexicon import Lexicon
from classifiers.normalize import normalize
from classifiers.slots import Slots, any_of


def slots(
    lists: dict[str, object], parts: dict[str, object] | None = None
) -> tuple[Slots, list[tuple[str, str]]]:
    found = Slots()
    return found, list(found.take(lists, parts or {}))


@given(st.lists(st.text("治好病了ab.?+", min_size=1, max_size=4), min_size=1, max_size=12))
def test_any_of_matches_its_words_whole_and_nothing_else(words: list[str]) -> None:
    regex = re.compile(any_of(words))
    for word in words:
        found = regex.match(word)
        assert found is not None
        assert found.group() == word
        assert not regex.fullmatch(word + "外")
    assert not regex.fullmatch("外")


def test_the_longest_word_that_fits_is_taken() -> None:
    found = re.match(any_of(["颈椎", "颈椎病", "腰"]), "颈椎病好了")
    assert found is not None
    assert found.group() == "颈椎病"


def test_lists_and_parts_are_filled_in_and_repetitions_left_alone() -> None:
    found, faults = slots({"ill": "湿疹 癣"}, {"cured": "{ill}.{0,3}好"})
    assert faults == []
    regex = re.compile(found.filled("治{ill}|{cured}了{1,2}"))
    assert regex.search("能治癣")
    assert regex.search("湿疹全好了了")
    assert not regex.search("疹")
    assert found.spread(["痛", "{ill}", "癣"]) == ("痛", "湿疹", "癣")


def test_names_that_lead_nowhere_are_told() -> None:
    found, faults = slots({"ill": "癣"}, {"bad": "{gone}好"})
    assert faults == [("bad", "the part bad names gone, which is not there.")]
    assert found.unknown(["{ill}", "x{2,3}"]) == ""
    assert found.unknown(["{ill}{where}"]) == "where"


@pytest.mark.parametrize(
    ("lists", "parts"), [({"ill": ""}, {}), ({"Ill": "癣"}, {}), ({"ill": 3}, {}), ({}, {"p": 3})]
)
def test_what_is_no_list_or_part_is_a_fault(lists: dict[str, object], parts: dict[str, object]) -> None:
    assert len(slots(lists, parts)[1]) == 1


PATTERN = """
[lists]
ill = "湿疹 癣"

[[pattern]]
rules = ["M01-9001"]
term = "治病"
on = "plain"
anchors = ["{ill}"]
regex = '治{ill}'
beside = '枕'
apart = '医院'
hit = '枕着能治癣'
miss = '医院治癣的枕头'
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "terms.csv").write_text(",".join(rulefiles.COLUMNS) + "\n", encoding="utf-8")
    (folder / "patterns.toml").write_text(PATTERN, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "hit"),
    [("枕着能治癣", True), ("能治癣", False), ("枕着能治癣 医院都没法", False), ("枕着能治", False)],
)
def test_a_pattern_holds_only_beside_and_apart_from_what_it_names(pack: Path, text: str, hit: bool) -> None:
    lexicon = Lexicon(rulebook.load(None, [pack]))
    trials = lexicon.trace(text).trials
    assert any(trial.hit.rule == "M01-9001" for trial in trials) is hit
    assert lexicon.find(text, normalize(text).text) == lexicon.find_all([text], [normalize(text).text])[0]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("治{ill}'", "治{nowhere}'", "there is no list or part nowhere."),
        ('["{ill}"]', '["{nowhere}"]', "there is no list or part nowhere."),
        ("beside = '枕'", "beside = '枕+'", "only bounded repetition"),
        ('ill = "湿疹 癣"', 'ill = " "', "the list ill is not words"),
    ],
)
def test_faults_of_a_pattern_are_named(pack: Path, old: str, new: str, complaint: str) -> None:
    (pack / "patterns.toml").write_text(PATTERN.replace(old, new), encoding="utf-8")
    problems = rulebook.check(rulebook.SHIPPED, [pack])
    assert any(complaint in problem for problem in problems), problems
