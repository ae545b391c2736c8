"""That nothing is skipped unseen where nothing may be skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SKIPPING = {
    "within": "import pytest\n\ndef test_it():\n    pytest.skip('no engine')\n",
    "marked": "import pytest\n\n@pytest.mark.skip(reason='no engine')\ndef test_it():\n    pass\n",
    "fixture": "import pytest\n\n@pytest.fixture\ndef engine():\n    pytest.skip('no engine')\n\n"
    "def test_it(engine):\n    pass\n",
    "file": "import pytest\n\npytest.skip('no engine', allow_module_level=True)\n",
    "expected": "import pytest\n\n@pytest.mark.xfail\ndef test_it():\n    assert False\n",
}


@pytest.mark.parametrize("strict", [False, True])
def test_a_skip_is_a_failure_where_nothing_may_be_skipped(tmp_path: Path, strict: bool) -> None:
    ours = (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8")
    (tmp_path / "conftest.py").write_text(ours, encoding="utf-8")
    for name, body in SKIPPING.items():
        (tmp_path / f"test_{name}.py").write_text(body, encoding="utf-8")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("CHANGKONG_")}
    if strict:
        surroundings["CHANGKONG_TESTS_SKIP_NOTHING"] = "1"
    words = [
        "-q",
        "-p",
        "no:cacheprovider",
        "-o",
        "addopts=",
        "--continue-on-collection-errors",
        str(tmp_path),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=tmp_path, env=surroundings, capture_output=True, encoding="utf-8", timeout=60,
    )  # fmt: skip
    told = done.stdout.splitlines()[-1]
    if strict:
        assert done.returncode == 1
        assert "1 failed, 1 xfailed, 3 errors" in told
        assert "CHANGKONG_TESTS_SKIP_NOTHING is set" in done.stdout
        assert "no engine" in done.stdout
    else:
        assert done.returncode == 0
        assert "4 skipped, 1 xfailed" in told
