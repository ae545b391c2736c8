from __future__ import annotations

import re

import pytest
import segno

from bot.console.qr import QUIET, code_of, drawn_code, reachable


@pytest.mark.parametrize(
    ("site", "open_to_viewers"),
    [
        (None, False), ("", False), ("http://127.0.0.1:8788", False), ("http://localhost:1", False),
        ("http://[::1]:8788", False), ("https://draws.example.com", True), ("http://192.168.1.9:8788", True),
        ("no address", False),
    ],
)  # fmt: skip
def test_a_code_is_only_made_where_viewers_can_open_it(site: str | None, open_to_viewers: bool) -> None:
    assert reachable(site) is open_to_viewers
    assert (drawn_code(site, "draw-1") is not None) is open_to_viewers


def test_the_path_paints_exactly_the_dark_modules() -> None:
    made = code_of("https://draws.example.com/d/draw-7-aabbccdd")
    dark = {
        (int(x) + n - QUIET, int(y) - QUIET)
        for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", made.path)
        for n in range(int(wide))
    }
    matrix = segno.make(made.url, error="m", micro=False).matrix
    assert dark == {(x, y) for y, row in enumerate(matrix) for x, bit in enumerate(row) if bit}
    assert made.size == len(matrix) + 2 * QUIET


def test_a_hostile_id_stays_within_its_address() -> None:
    made = drawn_code("https://draws.example.com", "../x?y=<b>\"'#z")
    assert made is not None
    assert made.url == "https://draws.example.com/d/..%2Fx%3Fy%3D%3Cb%3E%22%27%23z"
    assert set(made.path) <= set("M0123456789 hv-1z")
