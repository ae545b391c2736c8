from __future__ import annotations

from pathlib import Path

import pytest

from bot.public.pages.rest import own_path
from bot.public.rendering import ASSETS, VERIFIERS
from tests.bot.public.fair import open_site


async def test_the_language_is_kept_in_a_cookie(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    async with site.client() as client:
        answer = await client.get("/lang/en?back=/d/one")
        assert (answer.status_code, answer.headers["location"]) == (303, "/d/one")
        assert "Draws anyone can check" in (await client.get("/")).text
        assert (await client.get("/lang/tlh")).status_code == 404


@pytest.mark.parametrize(
    ("back", "path"),
    [
        ("/d/one?x=1", "/d/one?x=1"), ("http://[", "/"), ("//[", "/"),
        ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"), ("/a\r\nset-cookie: x", "/"), ("", "/"), ("d/one", "/"),
    ],
)  # fmt: skip
def test_one_is_led_back_to_this_site_only(back: str, path: str) -> None:
    assert own_path(back) == path


async def test_the_verifier_served_is_the_very_file_that_others_may_read(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    async with site.client() as client:
        served = await client.get("/static/lfd1.js?0123456789")
        assert served.content == (VERIFIERS / "browser.js").read_bytes()
        assert served.headers["content-type"] == "text/javascript; charset=utf-8"
        assert "immutable" in served.headers["cache-control"]
        assert "immutable" not in (await client.get("/static/lfd1.js")).headers["cache-control"]
        for name in ASSETS:
            assert (await client.get(f"/static/{name}")).status_code == 200
        for name in ("ports.py", "..%2fports.py", "README.md", "page.js%00"):
            assert (await client.get(f"/static/{name}")).status_code == 404


async def test_a_browser_finds_the_icon_before_it_has_read_the_page(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    async with site.client() as client:
        answer = await client.get("/favicon.ico")
        assert answer.status_code == 308
        assert (await client.get(answer.headers["location"])).status_code == 200
        assert "Disallow: /d/*/claim" in (await client.get("/robots.txt")).text
