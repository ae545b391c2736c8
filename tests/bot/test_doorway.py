from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from bot.doorway import host_name, neighbourhood, own_origin


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Draws.Example:8788", "draws.example"), ("[::1]:80", "[::1]"), ("", ""), ("a b", ""), ("x:123456", ""),
        ("evil.example@draws.example", ""), ("draws.example/", ""),
    ],
)  # fmt: skip
def test_a_host_header_is_read_strictly(host: str, name: str) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({"origin": "https://draws.example"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "https://evil.example/draws.example"}, False),
        ({"origin": "http://["}, False),
        ({"origin": "null", "sec-fetch-site": "same-origin"}, True),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({}, True),
    ],
)
def test_whose_request_it_is(headers: dict[str, str], own: bool) -> None:
    assert own_origin(Headers(headers), "draws.example") is own


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("", ""),
        ("x" * 500, "x" * 60),
    ],
)
def test_one_household_is_one_client(address: str, client: str) -> None:
    assert neighbourhood(address) == client
