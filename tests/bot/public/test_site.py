from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.public import site as pages
from bot.public.site import Exported, draw_file, export_site
from lottery.verify import verify_bytes
from tests.bot.public.fair import HOSTILE, PaperDraws, furnish
from tests.lottery.makers import PRACTICE_NOW, SHEET, closed_case, contest_case


class Elements(HTMLParser):
    """The elements of a page as a browser sees them: scripts with their text, and every address in it."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.addresses: list[str] = []
        self.policy = ""
        self.titles: list[str] = []
        self._open: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._open.append((tag, given))
        self.addresses += [given[name] or "" for name in ("src", "href", "action") if name in given]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        if tag == "script":
            self.scripts.append((given, ""))

    def handle_data(self, data: str) -> None:
        tag, given = self._open[-1] if self._open else ("", {})
        if tag == "script":
            self.scripts[-1] = (given, self.scripts[-1][1] + data)
        elif tag == "style":
            self.styles.append(data)
        elif any(name == "h1" for name, _ in self._open):
            self.titles.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def exported(draws: PaperDraws, draw_id: str) -> Exported:
    proof, entries = draws.folder / f"{draw_id}.proof.json", draws.folder / f"{draw_id}.list.json"
    return Exported(
        draws.records[draw_id],
        proof.read_bytes() if proof.is_file() else None,
        entries.read_bytes() if entries.is_file() else None,
    )


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> PaperDraws:
    made = PaperDraws(tmp_path_factory.mktemp("paper") / "draws")
    furnish(made)
    return made


def test_every_draw_is_one_file_and_all_stand_in_the_index(paper: PaperDraws, tmp_path: Path) -> None:
    folder = tmp_path / "site" / "deep"
    written = export_site((exported(paper, one) for one in paper.records), folder, now_ms=PRACTICE_NOW)
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in written)
    assert written[-1].name == "index.html"
    assert len(written) == len(paper.records) + 1
    index = (folder / "index.html").read_text(encoding="utf-8")
    for draw_id in paper.records:
        assert f'href="{draw_id}.html"' in index
    assert "无人参与前取消" in index
    again = export_site((exported(paper, one) for one in paper.records), folder, now_ms=PRACTICE_NOW)
    assert again == written


@pytest.mark.parametrize("draw_id", ["drawn", "contest-rain", "open", "void", "hostile"])
def test_a_file_needs_nothing_and_runs_only_what_its_policy_names(paper: PaperDraws, draw_id: str) -> None:
    page = Elements(draw_file(exported(paper, draw_id), PRACTICE_NOW).decode("utf-8"))
    for address in page.addresses:
        assert address in ("index.html", "#"), address
    running = [text for given, text in page.scripts if given.get("type") is None]
    assert len(running) == 4
    named = re.search(r"script-src ([^;]+)", page.policy)
    assert named is not None
    assert named[1].split() == [digest(text) for text in running]
    assert f"style-src {digest(page.styles[0])}" in page.policy
    assert page.policy.startswith("default-src 'none'")
    data = {given["id"]: text for given, text in page.scripts if given.get("type") == "application/json"}
    for text in data.values():
        json.loads(text)
    assert ("proof" in data) is (draw_id in ("drawn", "contest-rain"))


def test_the_proof_inside_is_the_proof(paper: PaperDraws) -> None:
    page = Elements(draw_file(exported(paper, "contest-guess"), PRACTICE_NOW).decode("utf-8"))
    data = {given.get("id"): text for given, text in page.scripts}
    assert verify_bytes(data["proof"].encode(), list_data=data["list"].encode()).ok
    assert json.loads(data["records"])["draw_id"] == "contest-guess"


def test_a_title_that_would_end_the_element_does_not(tmp_path: Path) -> None:
    paper = PaperDraws(tmp_path)
    paper.finish(closed_case(5, sheet=replace(SHEET, title=HOSTILE[:90], organiser=HOSTILE), draw_id="bad"))
    text = draw_file(exported(paper, "bad"), PRACTICE_NOW).decode("utf-8")
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    page = Elements(text)
    assert any("alert(1)" in title for title in page.titles)  # shown as words
    data = {given.get("id"): inner for given, inner in page.scripts}
    assert verify_bytes(data["proof"].encode()).ok


def test_practice_is_said_first_and_last_in_both_languages(paper: PaperDraws) -> None:
    text = draw_file(exported(paper, "drawn"), PRACTICE_NOW).decode("utf-8")
    assert text.count("<strong>演练") == text.count("<strong>PRACTICE") == 2
    assert "<strong>演练" not in draw_file(exported(paper, "real"), PRACTICE_NOW).decode("utf-8")


def test_what_is_too_large_lies_beside_the_page(
    paper: PaperDraws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_INLINE", 1000)
    written = export_site([exported(paper, "drawn")], tmp_path / "site", now_ms=PRACTICE_NOW)
    assert [path.name for path in written] == [
        "drawn.html",
        "drawn.proof.json",
        "drawn.list.json",
        "index.html",
    ]
    assert (tmp_path / "site" / "drawn.proof.json").read_bytes() == (
        paper.folder / "drawn.proof.json"
    ).read_bytes()
    page = (tmp_path / "site" / "drawn.html").read_text(encoding="utf-8")
    assert 'id="proof"' not in page
    assert 'href="drawn.proof.json"' in page


def test_an_id_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    record = PaperDraws(tmp_path).announce("one") | {"draw_id": "../../evil"}
    written = export_site([Exported(record, None, None)], tmp_path / "site", now_ms=PRACTICE_NOW)
    assert {path.parent for path in written} == {tmp_path / "site"}
    assert written[0].name == "evil.html"


def test_a_script_that_would_end_its_element_is_refused(
    paper: PaperDraws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.js"
    bad.write_text('"</ScRipt>"', encoding="utf-8")
    monkeypatch.setitem(pages.ASSETS, "page.js", bad)
    with pytest.raises(ValueError, match="end its element"):
        draw_file(exported(paper, "open"), PRACTICE_NOW)


def test_a_list_of_contest_entries_is_inside_too(tmp_path: Path) -> None:
    paper = PaperDraws(tmp_path)
    paper.finish(contest_case("quiz"))
    page = Elements(draw_file(exported(paper, "contest-quiz"), PRACTICE_NOW).decode("utf-8"))
    assert any(given.get("id") == "list" for given, _ in page.scripts)
