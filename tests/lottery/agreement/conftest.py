"""The verifiers that are there on this machine; whoever is missing is skipped by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from . import judges
from .judges import Case, Verdict

Judge = Callable[[Sequence[Case]], list[Verdict]]


@pytest.fixture(scope="module", params=["python", "node", pytest.param("page", marks=pytest.mark.browser)])
def judge(request: pytest.FixtureRequest) -> Iterator[Judge]:
    """One of the three verifiers. A browser driven from here holds this thread's event loop: not beyond its module."""
    if request.param == "python":
        yield judges.by_python
    elif request.param == "node":
        if judges.NODE is None:
            pytest.skip("Node is not installed, so lottery/verifiers/verify.js was not tried")
        yield judges.by_node
    else:
        pytest.importorskip(
            "playwright.sync_api", reason="playwright is not installed, so browser.js was not tried"
        )
        if judges.CHROMIUM is None:
            pytest.skip("there is no Chromium on this machine, so browser.js was not tried")
        with judges.open_page() as page:
            yield lambda cases: judges.by_page(page, cases)
