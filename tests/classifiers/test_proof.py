"""The shipped rules are proved one by one, and each way a rule can fail its proof is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from classifiers import proof, rulebook

HEADER = "rule,term,forms,readings,spare,products,hit,miss\n"


def test_every_shipped_rule_hits_its_line_and_spares_the_other() -> None:
    assert proof.check(rulebook.SHIPPED) == []


def test_no_line_proves_two_rules_of_the_shipped_book() -> None:
    """A hit line copied from rule to rule would be a template."""
    lines = [rule.hit for rule in rulebook.load().terms]
    assert len(set(lines)) >= 0.97 * len(lines)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            "D01-0001,蓝小鸟,,,,,都来找小蓝鸟,蓝色的鸟",
            "terms.csv:2: D01-0001 (蓝小鸟) does not hit its line '都来找小蓝鸟'.",
        ),
        (
            "D01-0001,小蓝鸟,,,,,都来找小蓝鸟,我也有小蓝鸟",
            "terms.csv:2: D01-0001 (小蓝鸟) hits '我也有小蓝鸟', which",
        ),
        (
            "D01-0001,小蓝鸟,,,,,都来找小蓝鸟,蓝色多少钱",
            "terms.csv:2: the line to spare '蓝色多少钱' shares fewer",
        ),
        (
            "D01-0001,小蓝鸟,,,,,小 蓝 鸟,蓝色的鸟",
            "terms.csv:2: the line to hit is nothing but the term 小蓝鸟.",
        ),
        ("D01-0001,小蓝鸟,,,,,都来找小蓝鸟,蓝色的鸟", ""),
    ],
)
def test_what_is_wrong_with_a_rule(tmp_path: Path, row: str, complaint: str) -> None:
    folder = Path(shutil.copytree(rulebook.SHIPPED, tmp_path / "book"))
    (folder / "terms.csv").write_text(HEADER + row + "\n", encoding="utf-8")
    (folder / "patterns.toml").write_text("", encoding="utf-8")
    problems = proof.check(folder)
    assert len(problems) == bool(complaint)
    assert all(problem.startswith(complaint) for problem in problems)


def test_a_pattern_is_proved_for_each_of_its_rules(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(rulebook.SHIPPED, tmp_path / "book"))
    (folder / "terms.csv").write_text(HEADER, encoding="utf-8")
    (folder / "patterns.toml").write_text(
        '[[pattern]]\nrules = ["D01-0001", "U03-0001"]\nterm = "号"\non = "plain"\nanchors = []\n'
        "regex = '号[0-9]{4}'\nhit = '我的号1234'\nmiss = '号码12'\n",
        encoding="utf-8",
    )
    assert proof.check(folder) == []
    path = folder / "patterns.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("号码12", "号码9"), encoding="utf-8")
    (problem,) = proof.check(folder)
    assert problem == "patterns.toml:2: the line to spare '号码9' shares fewer than two characters with 号."
    path.write_text(path.read_text(encoding="utf-8").replace("我的号1234", "我的号"), encoding="utf-8")
    assert "patterns.toml:2: D01-0001 (号) does not hit its line '我的号'." in proof.check(folder)


def test_broken_files_are_told_before_anything_is_proved(tmp_path: Path) -> None:
    assert proof.check(tmp_path) == rulebook.check(tmp_path)
