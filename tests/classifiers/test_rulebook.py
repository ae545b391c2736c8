"""The rule book: the shipped one is sound, and each kind of fault is named with its place."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from classifiers import rulebook
from classifiers.errors import RuleBookError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(rulebook.SHIPPED, tmp_path / "book"))


def spoil(folder: Path, name: str, old: str, new: str) -> list[str]:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", newline="\n")
    return rulebook.check(folder)


def test_shipped_book_is_sound_and_large_enough() -> None:
    assert rulebook.check(rulebook.SHIPPED) == []
    book = rulebook.load()
    assert len(book.codes) >= 30
    assert len(book.terms) >= 1500
    assert not [code for code in book.codes if code.startswith("C") or code == "X02"]


def test_every_code_has_a_rule_a_basis_and_actions() -> None:
    book = rulebook.load()
    used = Counter(term.code for term in book.terms)
    used.update(rule[:3] for pattern in book.patterns for rule in pattern.rules)
    assert set(used) == set(book.codes)
    for code in book.codes.values():
        assert code.basis
        assert code.author == "Changkong"


def test_no_viewer_is_hidden_for_an_advertising_claim() -> None:
    # A viewer's praise is no advertisement (guide on the Advertising Law, item 4(3)).
    book = rulebook.load()
    assert all(code.viewer != "hide" for code in book.codes.values() if code.code[0] in "AMP")
    assert all(code.brand == "block" for code in book.codes.values() if code.code[0] in "AM")


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("terms.csv", "A01-0002,", "A01-0001,", "terms.csv:3: rule id A01-0001 is used twice."),
        ("terms.csv", "A01-0002,", "Z09-0002,", "terms.csv:3: code Z09 is not in codes.toml."),
        ("terms.csv", "A01-0002,", "A1-2,", "terms.csv:3: rule id 'A1-2' does not look like D01-0001."),
        ("terms.csv", "全网最低,", "全网最低,,,,,", "terms.csv:3: "),
        ("terms.csv", "rule,term", "rule,word", "terms.csv:1: the header"),
        ("terms.csv", "最便宜,", "。,", "terms.csv:5: '。' is too short"),
        ("terms.csv", "蕞便宜,H,", "蕞便宜,HX,", "terms.csv:5: readings 'HX' may hold only H, P, I and B."),
        ("terms.csv", "蕞便宜,H,,,", "蕞便宜,H,,shoes,", "terms.csv:5: products 'shoes' may hold only"),
        ("terms.csv", "最底价;", '"最底\n价";', "a cell holds a line break"),
        (
            "codes.toml",
            'applies_to = ["viewer", "brand"]',
            'applies_to = ["cat"]',
            "code A01: applies_to must",
        ),
        (
            "codes.toml",
            'zh = "绝对化用语"',
            'effective_to = 2020-01-01\nzh = "绝"',
            "effective_to lies before",
        ),
        ("codes.toml", "severity = 3", "severity = 7", "codes.toml:15: code A01: severity"),
        ("codes.toml", 'viewer = "log"', 'viewer = "shoot"', "codes.toml:15: code A01: viewer"),
        ("codes.toml", 'mark = "S"', 'mark = "?"', "codes.toml:15: code A01: a basis"),
        ("codes.toml", '"asked"', '"sung"', "codes.toml:15: code A01: unknown excuse 'sung'"),
        ("patterns.toml", "[0-9]{9}", "[0-9]+", "only bounded repetition"),
        ("patterns.toml", "(?<![0-9])[1-8]", "((?<![0-9])[1-8]", "does not compile"),
        ("patterns.toml", 'on = "plain"', 'on = "paper"', "a pattern needs"),
        ("allow.txt", "最后一件", "……", "allow.txt:2: "),
    ],
)
def test_faults_are_named_with_file_and_line(
    folder: Path, name: str, old: str, new: str, complaint: str
) -> None:
    problems = spoil(folder, name, old, new)
    assert any(complaint in problem for problem in problems), problems
    assert all(problem.startswith(name) for problem in problems)
    with pytest.raises(RuleBookError) as caught:
        rulebook.load(folder)
    assert caught.value.problems == problems


def test_every_rule_has_a_line_to_hit_and_one_to_spare(folder: Path) -> None:
    path = folder / "terms.csv"
    first, second, rest = path.read_text(encoding="utf-8").split("\n", 2)
    path.write_text("\n".join([first, ",".join(second.split(",")[:6]) + ",,", rest]), encoding="utf-8")
    assert rulebook.check(folder) == ["terms.csv:2: a line to hit and a line to spare are needed."]


def test_a_pack_is_merged_and_its_faults_are_named(folder: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    row = "D01-9001,找小蓝鸟,,H,,,都来找小蓝鸟聊,蓝色小鸟挂件\n"
    (pack / "terms.csv").write_text(",".join(rulebook.COLUMNS) + "\n" + row, encoding="utf-8")
    merged, plain = rulebook.load(folder, [pack]), rulebook.load(folder)
    assert len(merged.terms) == len(plain.terms) + 1
    assert merged.version != plain.version
    assert (merged.terms[-1].source, merged.terms[-1].line) == ("pack/terms.csv", 2)
    (pack / "terms.csv").write_text(
        ",".join(rulebook.COLUMNS) + "\n" + row.replace("9001", "0001"), encoding="utf-8"
    )
    (pack / "codes.toml").write_text((folder / "codes.toml").read_text(encoding="utf-8"), encoding="utf-8")
    problems = rulebook.check(folder, [pack])
    assert "pack/terms.csv:2: rule id D01-0001 is used twice." in problems
    assert "pack/codes.toml:15: code A01 is defined by the rule book already." in problems
    assert rulebook.check(folder, [tmp_path / "nowhere"])


def test_politics_is_left_to_packs() -> None:
    assert "I02" not in rulebook.load().codes


def test_a_missing_file_or_folder_is_a_problem(folder: Path) -> None:
    (folder / "rights.txt").unlink()
    assert rulebook.check(folder) == ["rights.txt: the file is missing or cannot be read."]
    assert rulebook.check(folder / "nowhere")


def test_version_follows_content_not_line_ends(folder: Path) -> None:
    version = rulebook.load().version
    path = folder / "terms.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert rulebook.load(folder).version == version
    assert spoil(folder, "allow.txt", "最后一件", "最后一袋") == []
    assert rulebook.load(folder).version != version


def test_expressions_of_the_shipped_book_are_compiled_when_looked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Examined by `check`, not at each start; those of any other book are examined when it is read."""
    problems = spoil(folder, "patterns.toml", "regex = '", "regex = '(")
    assert any("does not compile" in problem for problem in problems)
    with pytest.raises(RuleBookError, match="does not compile"):
        rulebook.load(folder)
    monkeypatch.setattr(rulebook, "SHIPPED", folder)
    first = rulebook.load().patterns[0]
    with pytest.raises(re.error):
        first.warm()
