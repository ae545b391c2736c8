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

TESTED_ELSEWHERE: dict[str, str] = {
    # Values and protocols without behaviour, met by every test of whoever uses them.
    "bot/app/seat.py": "tests/bot/app/test_station.py",
    "bot/console/desk_port.py": "tests/bot/console/test_desk.py",
    "bot/console/draw_port.py": "tests/bot/console/pages/test_draws.py",
    "bot/console/prize_port.py": "tests/bot/console/pages/test_prizes.py",
    "bot/storage/tables_answers.py": "tests/bot/storage/test_engine.py",
    "bot/storage/tables_draws.py": "tests/bot/storage/test_engine.py",
    "bot/console/errors.py": "tests/bot/console/test_auth.py",
    "bot/console/ports.py": "tests/bot/console/test_publication.py",
    "bot/console/effect_port.py": "tests/bot/console/test_stored_effect.py",
    "bot/console/shelf_port.py": "tests/bot/console/pages/test_goods.py",
    "bot/console/shelf_views.py": "tests/bot/console/pages/test_review.py",
    "bot/console/views.py": "tests/bot/console/test_rendering.py",
    "bot/escalation/case_desk.py": "tests/bot/escalation/test_press.py",
    "bot/storage/values.py": "tests/bot/storage/test_journal.py",
    "classifiers/errors.py": "tests/classifiers/test_model.py",
    "classifiers/verdict.py": "tests/classifiers/test_wire.py",
    "lottery/errors.py": "tests/lottery/test_rules.py",
    "lottery/refusal.py": "tests/lottery/test_contests.py",
    "lottery/sheet.py": "tests/lottery/test_rules.py",
    "lottery/terms.py": "tests/lottery/test_commitment.py",
    # Parts of one thing that is tested whole.
    "bot/app/consoling.py": "tests/bot/app/test_station.py",
    "bot/app/demo.py": "tests/journeys/test_demo.py",
    "bot/cli/audit.py": "tests/bot/cli/test_cli.py",
    "bot/cli/check.py": "tests/bot/cli/test_cli.py",
    "bot/cli/draws.py": "tests/bot/cli/test_cli.py",
    "bot/cli/replay.py": "tests/bot/cli/test_cli.py",
    "bot/cli/shows.py": "tests/bot/cli/test_cli.py",
    "bot/cli/stores.py": "tests/bot/cli/test_cli.py",
    "bot/console/server.py": "tests/bot/console/test_security.py",
    "bot/console/desk_rows.py": "tests/bot/console/test_desk.py",
    "bot/console/desk_visit.py": "tests/bot/console/test_desk.py",
    "bot/console/pages/desk.py": "tests/bot/console/test_desk.py",
    "bot/console/pages/desk_acts.py": "tests/bot/console/test_desk.py",
    "bot/console/pages/desk_plans.py": "tests/bot/console/test_desk.py",
    "bot/console/pages/prompter.py": "tests/bot/console/test_desk.py",
    "bot/console/stored.py": "tests/bot/console/test_publication.py",
    "bot/console/pages/evidence.py": "tests/bot/console/pages/test_writing.py",
    "bot/console/stored_goods.py": "tests/bot/console/pages/test_goods.py",
    "bot/console/stored_judgements.py": "tests/bot/console/pages/test_judgements.py",
    "bot/console/stored_questions.py": "tests/bot/console/pages/test_own_questions.py",
    "bot/console/stored_review.py": "tests/bot/console/pages/test_review.py",
    "bot/console/stored_rows.py": "tests/bot/console/test_templates.py",
    "bot/console/stored_shelf.py": "tests/bot/console/pages/test_phrases.py",
    "bot/console/visit.py": "tests/bot/console/test_auth.py",
    "bot/console/wire.py": "tests/bot/console/test_feed.py",
    "bot/console/words.py": "tests/bot/console/test_templates.py",
    "bot/escalation/categories.py": "tests/bot/escalation/test_card.py",
    "bot/escalation/deadlines.py": "tests/bot/escalation/test_card_queue.py",
    "bot/escalation/delivery.py": "tests/bot/escalation/test_telegram.py",
    "bot/escalation/telegram_faults.py": "tests/bot/escalation/test_telegram.py",
    "bot/escalation/telegram_poller.py": "tests/bot/escalation/test_telegram.py",
    "bot/draws/answers.py": "tests/bot/public/pages/test_finding.py",
    "bot/public/errors.py": "tests/bot/public/test_server.py",
    "bot/public/ports.py": "tests/bot/public/test_server.py",
    "bot/public/visit.py": "tests/bot/public/pages/test_draws.py",
    "bot/rooms/bilibili_web.py": "tests/bot/rooms/test_bilibili_room.py",
    "bot/rooms/bridge_room.py": "tests/bot/rooms/test_bridge_dial.py",
    "bot/rooms/bridge_signing.py": "tests/bot/rooms/test_bridge.py",
    "bot/rooms/pace.py": "tests/bot/rooms/test_connection.py",
    "bot/rooms/practice_commands.py": "tests/bot/rooms/test_practice_stage.py",
    "bot/rooms/practice_server.py": "tests/bot/rooms/test_practice.py",
    "bot/rooms/recording_frames.py": "tests/bot/rooms/test_recording.py",
    "bot/rooms/recording_lines.py": "tests/bot/rooms/test_recording.py",
    "bot/rooms/recording_markup.py": "tests/bot/rooms/test_recording.py",
    "bot/rooms/recording_pages.py": "tests/bot/rooms/test_recording.py",
    "bot/rooms/recording_tables.py": "tests/bot/rooms/test_recording.py",
    "bot/rooms/status.py": "tests/bot/rooms/test_connection.py",
    "bot/rooms/telegram_faults.py": "tests/bot/rooms/test_telegram.py",
    "bot/rooms/telegram_messages.py": "tests/bot/rooms/test_telegram.py",
    "bot/rooms/websocket.py": "tests/bot/rooms/test_connection.py",
    "bot/storage/canonical.py": "tests/bot/storage/test_audit.py",
    "bot/storage/chain.py": "tests/bot/storage/test_audit.py",
    "bot/storage/figures.py": "tests/bot/storage/test_readings.py",
    "bot/storage/facts.py": "tests/bot/storage/test_shelf.py",
    "bot/storage/heard.py": "tests/bot/storage/test_readings.py",
    "bot/storage/phrase_rows.py": "tests/bot/storage/test_phrasebook.py",
    "bot/storage/phrase_standing.py": "tests/bot/storage/test_phrasebook.py",
    "bot/storage/phrase_steps.py": "tests/bot/storage/test_phrasebook.py",
    "bot/storage/keys.py": "tests/bot/storage/test_vault.py",
    "bot/storage/telling.py": "tests/bot/storage/test_batch.py",
    "bot/storage/seals.py": "tests/bot/storage/test_audit.py",
    "bot/storage/tables.py": "tests/bot/storage/test_engine.py",
    "bot/storage/terms.py": "tests/bot/storage/test_readings.py",
    "bot/storage/upgrade.py": "tests/bot/storage/test_engine.py",
    "classifiers/eye.py": "tests/classifiers/test_lexicon.py",
    "classifiers/faq.py": "tests/classifiers/test_heads.py",
    "classifiers/negativity.py": "tests/classifiers/test_heads.py",
    "classifiers/purchase.py": "tests/classifiers/test_heads.py",
    "classifiers/rule.py": "tests/classifiers/test_rulebook.py",
    "classifiers/rulefiles.py": "tests/classifiers/test_rulebook.py",
    "classifiers/tables.py": "tests/classifiers/test_normalize.py",
    "classifiers/weighing.py": "tests/classifiers/test_lexicon.py",
    "lottery/report.py": "tests/lottery/test_verify.py",
    "replies/practice/__init__.py": "tests/replies/test_practice.py",
    "replies/starter/__init__.py": "tests/replies/test_starter.py",
}
"""Source file to the test that covers it in the place of one of its own. Each is a value without behaviour or one
part of a thing that is only worth testing whole; whoever gives it a test of its own takes it off this list."""

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
    return not any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in ast.walk(tree)
    )


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_file_has_a_test_of_its_own(path: Path) -> None:
    if without_code(path):
        return
    name = name_of(path)
    mirrored = ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{path.stem.strip('_')}.py"
    if path.name == "__init__.py":
        mirrored = ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{path.parent.name}.py"
    if name in TESTED_ELSEWHERE:
        assert not mirrored.exists(), f"{name} has its own test now: take it off the list"
        assert (ROOT / TESTED_ELSEWHERE[name]).exists(), TESTED_ELSEWHERE[name]
        return
    assert mirrored.exists(), f"{name} wants {name_of(mirrored)}"


Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(tree: ast.Module) -> Iterator[Named]:
    """Public functions and classes of a file. A page's handler says what it is by its path."""
    for node in tree.body:
        if isinstance(node, Named) and not node.name.startswith("_"):
            routed = any(ast.unparse(one).startswith("router.") for one in node.decorator_list)
            if not routed:
                yield node


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_everything_public_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    if text.strip():
        assert ast.get_docstring(tree), f"{name_of(path)} does not say what it is"
    silent = [node.name for node in public(tree) if not ast.get_docstring(node)]
    assert silent == [], f"{name_of(path)}: {silent}"


MAY_PRINT = ("bot/cli/", "lottery/command.py", "classifiers/tables.py")
"""Commands, and the maker of tables, which is one."""


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
        if node.func.attr in ("read_text", "write_text") and not any(
            one.arg == "encoding" for one in node.keywords
        ):
            missing.append(node.lineno)
    assert missing == [], f"{name_of(path)}: lines {missing}"


def test_the_list_names_files_that_exist() -> None:
    assert [name for name in TESTED_ELSEWHERE if not (ROOT / name).exists()] == []


def test_every_folder_of_tests_is_a_package() -> None:
    """Two test files of one name would be taken for one otherwise."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [name_of(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_the_doors_open_one_way() -> None:
    """The import contracts of pyproject.toml."""
    command = (
        "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run(['--no-cache']))"
    )
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
            or (isinstance(node, ast.Constant) and node.value == "jieba")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        )
    ]
    assert users == ["classifiers/segment.py"]
