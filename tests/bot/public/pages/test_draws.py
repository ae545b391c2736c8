from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from bot.public import visit
from bot.public.pages.draws import file_stem, qr_svg
from bot.public.visit import SHARED_S
from lottery.proof import parse
from lottery.verify import verify_bytes
from tests.bot.public.fair import HOSTILE, furnish, open_site
from tests.lottery.makers import PRACTICE_NOW, closed_case, contest_case


async def test_a_drawn_draw_shows_everything_that_was_published(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    record = site.draws.finish(
        closed_case(12, draw_id="one"), [(1, "forfeited", "not_claimed"), (2, "confirmed", "")]
    )
    drawn = record["drawn"]["record"]
    async with site.client() as client:
        page = (await client.get("/d/one")).text
        for text in (
            record["commitment"]["hash"], record["closed"][-1]["hash"], record["closed"][-1]["record"]["root"],
            drawn["seed"], drawn["beacon"]["signature"], "橘**", "逾期未领", "已递补", "python -m lottery verify",
        ):  # fmt: skip
            assert text in page
        assert "橘子汽水" not in page
        for position in (*drawn["winners"], *drawn["reserves"]):
            assert f'data-position="{position}"' in page
        english = (await client.get("/d/one", headers={"accept-language": "en"})).text
    assert "not claimed in time" in english
    assert english.count("<strong>PRACTICE") == page.count("<strong>演练") == 2
    assert page.index("practice") < page.index("<h1>") < page.rindex('class="practice"')


async def test_a_real_draw_is_not_called_practice(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.draws.finish(closed_case(7, "quick", draw_id="real"))
    async with site.client() as client:
        assert "演练" not in (await client.get("/d/real")).text


async def test_a_running_draw_shows_what_is_published_and_no_more(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.draws.announce("one")
    site.clock[0] = PRACTICE_NOW + 20_000
    async with site.client() as client:
        page = (await client.get("/d/one")).text
        assert "尚未公布" in page
        assert 'data-until="' in page
        assert "0:40" in page
        assert "data-position" not in page
        assert re.search(r"data-run\s+disabled", page)
        for name in ("proof.json", "list.json"):
            assert (await client.get(f"/d/one/{name}")).status_code == 404
        assert (await client.get("/d/nothing")).status_code == 404
        asked = site.draws.shown
        for path in (
            "/d/%3Cscript%3E",
            "/d/..%2f..%2fsecret",
            "/d/" + "x" * 3000,
            "/d/a%00b",
            "/d/%ed%a0%80",
        ):
            assert (await client.get(path)).status_code == 404
            assert (await client.get(f"{path}/now.json")).status_code == 404
        assert site.draws.shown == asked


async def test_a_quiz_tells_nothing_of_the_answer_before_closing(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.draws.finish(contest_case("quiz"))
    record = site.draws.records["contest-quiz"]
    site.draws.records["open"] = {
        **record, "draw_id": "open", "state": "open", "closed": [], "drawn": None, "winners": [], "entries": 9,
    }  # fmt: skip
    async with site.client() as client:
        after = (await client.get("/d/contest-quiz")).text
        before = (await client.get("/d/open")).text
    assert "正确答案" in after
    assert "正确答案" not in before
    assert "封存" in before


async def test_files_come_byte_for_byte_and_verify(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.draws.finish(contest_case("guess", draw_id="one"))
    async with site.client() as client:
        proof, entries = await client.get("/d/one/proof.json"), await client.get("/d/one/list.json")
        assert proof.headers["content-disposition"] == 'attachment; filename="one.proof.json"'
        assert proof.headers["content-type"] == "application/json"
        assert (await client.head("/d/one/proof.json")).headers["content-length"] == str(len(proof.content))
    assert proof.content == (tmp_path / "draws" / "one.proof.json").read_bytes()
    assert verify_bytes(proof.content, list_data=entries.content).ok
    assert parse(proof.content)


async def test_a_file_is_not_given_before_its_record_is_published(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    record = site.draws.finish(closed_case(7, draw_id="one"))
    site.draws.records["one"] = {**record, "drawn": None}  # the file is written before the row
    async with site.client() as client:
        assert (await client.get("/d/one/proof.json")).status_code == 404
        assert (await client.get("/d/one/list.json")).status_code == 200
        assert re.search(r"data-run\s+disabled", (await client.get("/d/one")).text)
        await asyncio.sleep(0)
    other = open_site(tmp_path)
    other.draws.records["one"] = {**record, "drawn": None, "closed": []}
    async with other.client() as client:
        assert (await client.get("/d/one/list.json")).status_code == 404
        assert "/d/one/list.json" not in (await client.get("/d/one")).text


async def test_the_list_holds_all_of_them_the_void_ones_too(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    furnish(site.draws)
    async with site.client() as client:
        page = (await client.get("/")).text
        rows = (await client.get("/draws.json")).json()["draws"]
    for draw_id in site.draws.records:
        assert f'href="/d/{draw_id}"' in page
    assert "无人参与前取消" in page
    assert [row["draw_id"] for row in rows] == list(reversed(site.draws.records))
    void = next(row for row in rows if row["draw_id"] == "void")
    assert (void["void"], void["state"], void["records"]) == ("cancelled", "void", "/d/void/records.json")
    assert all({"room", "open_at", "close_at", "commit_hash"} <= row.keys() for row in rows)
    assert HOSTILE[:20] not in page


async def test_records_come_in_the_order_of_the_chain(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    record = site.draws.finish(closed_case(7, draw_id="one"), [(1, "confirmed", "")])
    async with site.client() as client:
        told = (await client.get("/d/one/records.json")).json()
    assert told["draw_id"] == "one"
    kinds = [one["record"].get("kind", "commit") for one in told["records"]]
    assert kinds == ["commit", "closed", "closed", "drawn", "claim"]
    assert told["records"][0] == record["commitment"]


async def test_news_tells_counts_time_and_a_mark_that_changes_with_the_rest(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.draws.announce("one")
    async with site.client() as client:
        first = (await client.get("/d/one/now.json")).json()
        page = (await client.get("/d/one")).text
    assert (first["entries"], first["refused"], first["now"], first["running"]) == (12, 7, "open", True)
    assert first["now_ms"] == PRACTICE_NOW
    assert f'data-mark="{first["mark"]}"' in page
    later = open_site(tmp_path)
    later.draws.records["one"] = {**site.draws.records["one"], "entries": 40, "server_ms": 5}
    async with later.client() as client:
        counted = (await client.get("/d/one/now.json")).json()
        later.draws.records["one"] |= {"state": "closed"}
        later.app.state.house.records._kept.clear()
        moved = (await client.get("/d/one/now.json")).json()
    assert (counted["mark"], counted["entries"], counted["now_ms"]) == (first["mark"], 40, 5)
    assert moved["mark"] != first["mark"]


async def test_a_whole_room_at_once_asks_the_store_once(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.draws.announce("one")
    async with site.client() as client:
        answers = await asyncio.gather(*(client.get("/d/one/now.json") for _ in range(60)))
    assert {one.status_code for one in answers} == {200}
    assert SHARED_S >= 1
    assert site.draws.shown <= 2


async def test_a_record_is_read_once_for_all_who_ask_within_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a hundred winners each reading costs a millisecond, and each phone asks every three seconds."""
    site = open_site(tmp_path)
    site.draws.finish(closed_case(7, draw_id="one"))
    reading, readings = visit.publication, []
    monkeypatch.setattr(visit, "publication", lambda record: readings.append(1) or reading(record))
    async with site.client() as client:
        for _ in range(20):
            assert (await client.get("/d/one/now.json")).status_code == 200
    assert len(readings) < 10  # one, and one more for each second that this machine was busy


async def test_the_code_to_scan_is_there_only_when_it_leads_somewhere(tmp_path: Path) -> None:
    site = open_site(tmp_path)
    site.draws.announce("one")
    async with site.client() as client:
        assert (await client.get("/d/one/qr.svg")).status_code == 404
        assert "qr.svg" not in (await client.get("/d/one")).text
    public = open_site(tmp_path, hosts=("draws.example",), base_url="https://draws.example")
    public.draws.announce("one")
    async with public.client(base_url="http://draws.example") as client:
        answer = await client.get("/d/one/qr.svg")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.content == qr_svg("https://draws.example/d/one")
        assert "qr.svg" in (await client.get("/d/one")).text


def test_a_draws_id_makes_a_plain_file_name() -> None:
    assert file_stem("draw-1_a") == "draw-1_a"
    assert file_stem('../../"x"\r\n') == "x"
    assert file_stem("抽奖") == "draw"
