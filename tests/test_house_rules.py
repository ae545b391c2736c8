"""The rules of the house that a machine can check: tests beside files, words with everything public, doors one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("bot", "classifiers", "replies", "lottery")

TESTED_ELSEWHERE: dict[str, str] = {}
"""Source file to the test file (or files) that cover it instead of one of its own, with the reason below.

Only where a file is one half of a thing that is tested whole."""

SOURCES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.parts and "__pycache__" not in path.parts
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_code(path: Path) -> bool:
    """A file with nothing but words, imports and names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return not any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in ast.walk(tree))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_file_has_a_test_of_its_own(path: Path) -> None:
    if path.name in ("__init__.py", "__main__.py") and without_code(path):
        return
    if without_code(path):
        return
    name = name_of(path)
    mirrored = ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{path.stem.strip('_')}.py"
    if path.name == "__init__.py":
        mirrored = ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{path.parent.name}.py"
    if name in TESTED_ELSEWHERE:
        assert not mirrored.exists(), f"{name} has its own test now: take it off the list"
        for other in TESTED_ELSEWHERE[name].split(":")[0].split():
            assert (ROOT / other).exists(), other
        return
    assert mirrored.exists(), f"{name} wants {name_of(mirrored)}"


def public(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Public functions and classes of a file, and public methods of its public classes."""
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield node.name, node


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_everything_public_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    if text.strip():
        assert ast.get_docstring(tree), f"{name_of(path)} does not say what it is"
    silent = [
        name
        for name, node in public(tree)
        if not ast.get_docstring(node)  # type: ignore[arg-type]
    ]
    assert silent == [], f"{name_of(path)}: {silent}"


MAY_PRINT = ("bot/cli/", "lottery/command.py")


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_only_commands_print(path: Path) -> None:
    if name_of(path).startswith(MAY_PRINT):
        return
    calls = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert calls == [], f"{name_of(path)} prints at lines {calls}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_files_are_opened_with_an_encoding(path: Path) -> None:
    missing = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr in ("read_text", "write_text") and not any(one.arg == "encoding" for one in node.keywords):
            missing.append(node.lineno)
    assert missing == [], f"{name_of(path)}: lines {missing}"


def test_every_folder_of_tests_is_a_package() -> None:
    """Two test files of one name would be taken for one otherwise."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [name_of(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_the_doors_open_one_way() -> None:
    """The import contracts of pyproject.toml."""
    command = "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run(['--no-cache']))"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_jieba_in_one_file() -> None:
    users = [
        name_of(path)
        for path in SOURCES
        if any(
            (isinstance(node, ast.Import) and any(one.name.split(".")[0] == "jieba" for one in node.names))
            or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "jieba")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    ]
    assert users == ["classifiers/segment.py"]
