"""One Node for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .stage import NODE, Node, node


@pytest.fixture(scope="module")
def script() -> Iterator[Node]:
    """`lfd1` in Node. Skips, saying so, where there is none."""
    if NODE is None:
        pytest.skip("there is no node on this machine")
    with node() as running:
        yield running
