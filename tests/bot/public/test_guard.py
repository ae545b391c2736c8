from __future__ import annotations

from pathlib import Path

import pytest

from bot.public.guard import CSP, HEADERS, MOST_BYTES
from tests.bot.public.fair import open_site
from tests.lottery.makers import closed_case


@pytest.mark.parametrize(
    "path", ["/", "/d/one", "/d/one/now.json", "/d/no", "/static/page.css", "/healthz", "/nowhere"]
)
async def test_every_answer_carries_the_headers_and_none_of_the_server(tmp_path: Path, path: str) -> None:
    site = open_site(tmp_path)
    site.draws.announce("one")
    async with site.client() as client:
        answer = await client.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "server" not in answer.headers
    assert "cache-control" in answer.headers
    assert "unsafe" not in CSP


async def test_a_foreign_host_is_refused_with_what_to_do(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    async with site.client(base_url="http://draws.example") as client:
        answer = await client.get("/")
    assert answer.status_code == 421
    assert "public.base_url" in answer.text
    public = open_site(tmp_path, hosts=("draws.example",), base_url="https://draws.example")
    async with public.client(base_url="http://draws.example") as client:
        assert (await client.get("/")).status_code == 200
        rebound = await client.get("/", headers={"host": "evil.example"})
    assert rebound.status_code == 421
    assert "public.base_url" not in rebound.text


@pytest.mark.parametrize("path", ["/d/one/find", "/d/one/claim/begin", "/d/one/claim/accept"])
async def test_acts_from_another_site_are_refused(tmp_path: Path, path: str) -> None:
    site = open_site(tmp_path)
    site.draws.finish(closed_case(5, draw_id="one"))
    async with site.client() as client:
        answer = await client.post(path, headers={"origin": "https://evil.example"}, json={})
    assert answer.status_code == 403
    assert site.viewers.asked == []


@pytest.mark.parametrize("path", ["/d/one/find", "/d/one/claim/deliver"])
async def test_a_body_too_large_is_refused_in_one_sentence(tmp_path: Path, path: str) -> None:
    site = open_site(tmp_path)
    site.draws.finish(closed_case(5, draw_id="one"))
    async with site.client() as client:
        answer = await client.post(
            path,
            content=b"a=" + b"x" * MOST_BYTES,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
    assert answer.status_code == 413
    assert "太长" in answer.text
    assert site.viewers.asked == []
