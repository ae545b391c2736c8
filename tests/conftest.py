"""What holds for every test: a skip is told, and may be forbidden."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Real recordings lie beside the checkout; their licences keep them out of it."""

STRICT = "CHANGKONG_TESTS_SKIP_NOTHING"
"""Set to 1 (on the machine that decides), it turns every skipped test into a failed one, but for those marked `extra`,
which need a package that is no dependency (onnxruntime, torch)."""


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Tests marked `data` are skipped, saying so, where the real recordings are not at hand."""
    if REAL_DATA.is_dir():
        return
    missing = pytest.mark.skip(reason="the real recordings are not beside this checkout (../shared/data)")
    for item in items:
        if item.get_closest_marker("data") is not None:
            item.add_marker(missing)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where nothing may be skipped, a skip is a failure."""
    report: pytest.TestReport = yield  # type: ignore[misc]
    expected = hasattr(report, "wasxfail")
    extra = item.get_closest_marker("extra") is not None
    if os.environ.get(STRICT) == "1" and report.skipped and not expected and not extra:
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{STRICT} is set, yet this test was skipped: {why}"
    return report  # type: ignore[return-value]


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """The same for a file that skips itself as a whole."""
    report: pytest.CollectReport = yield  # type: ignore[misc]
    if os.environ.get(STRICT) == "1" and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{STRICT} is set, yet {collector.nodeid} was skipped as a whole."
    return report  # type: ignore[return-value]


@pytest.fixture
def real_data() -> Path:
    """The folder with real recordings; only tests marked `data` may ask for it."""
    if not REAL_DATA.is_dir():
        pytest.skip("the real recordings are not beside this checkout (../shared/data)")
    return REAL_DATA


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("CHANGKONG_") and name != STRICT:
            monkeypatch.delenv(name)
