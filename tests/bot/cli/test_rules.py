"""The rules commands: problems named, a text explained, two rule books compared; nothing but JSON on stdout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from bot.cli import rules
from bot.errors import ChangkongError, InputError, RecordingError
from classifiers import rulebook

APP = typer.Typer()
rules.register(APP)
PACK = Path(__file__).parents[3] / "docs" / "example-pack"


def call(*arguments: str) -> tuple[list[dict[str, Any]], BaseException | None]:
    result = CliRunner().invoke(APP, ["rules", *arguments])
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return lines, None if isinstance(result.exception, SystemExit) else result.exception


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A rule book that lacks 全网最低价 and hits 烤红薯."""
    folder = Path(shutil.copytree(rulebook.SHIPPED, tmp_path / "book"))
    (folder / "patterns.toml").write_text("", encoding="utf-8")
    (folder / "terms.csv").write_text(
        "rule,term,forms,readings,spare,products,hit,miss\n"
        "U01-9001,烤红薯,,,,food,你这个烤红薯,红薯要现烤的\n"
        "D01-9001,加微信,,H,,,快加微信领券,加一份微辣的我信你\n",
        encoding="utf-8",
    )
    return folder


def test_check_proves_every_shipped_rule() -> None:
    (report,), error = call("check")
    assert error is None
    assert report["problems"] == []
    assert report["rules"] >= 1500


def test_check_names_file_and_line(book: Path, tmp_path: Path) -> None:
    path = book / "terms.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("你这个烤红薯", "你这个红薯"), encoding="utf-8")
    (report,), error = call("check", str(book))
    assert report["problems"] == ["terms.csv:2: U01-9001 (烤红薯) does not hit its line '你这个红薯'."]
    assert isinstance(error, ChangkongError)
    assert error.exit_code == 1
    _, error = call("check", str(tmp_path / "nowhere"))
    assert isinstance(error, InputError)


def test_list_tells_basis_speakers_and_products(book: Path) -> None:
    listed, error = call("list", "--code", "d01")
    assert error is None
    assert {rule["category"] for rule in listed} == {"D01"}
    assert all(rule["basis"] and rule["viewer"] == "hide" for rule in listed)
    assert all(rule["applies_to"] == ["viewer", "brand"] for rule in listed)
    (rule,), _ = call("list", "--rulebook", str(book), "--code", "U01")
    assert (rule["products"], rule["hit"], rule["effective_to"]) == (["food"], "你这个烤红薯", "")


def test_try_explains_what_stands_and_what_falls() -> None:
    (tried,), error = call("try", "大家为心 加薇❤ jia wei xin")
    assert error is None
    assert tried["normal"] == "大家为心加薇jiaweixin"
    assert tried["sound"] == "da jia wei xin jia wei j i a w e i x i n"
    assert tried["spelled"] == ["da jia wei xin jia wei jia wei xin"]
    assert tried["undisguised"] == "大家为心加薇心jiaweixin"
    offered = [(hit["category"], hit["text"], hit["viewer"]) for hit in tried["banned"]]
    assert offered == [("D01", "加薇❤ jia wei xin", "hide")]
    assert {"加薇❤", "jia wei xin"} <= {step["text"] for step in tried["steps"] if step["stands"]}
    fallen = {step["text"]: step["why_zh"] for step in tried["steps"] if not step["stands"]}
    assert fallen["家为心"] == "两端切断了词典里的词"
    assert any(step["stands"] and step["undone"] and step["found_by"] == "literal" for step in tried["steps"])


def test_try_with_a_product_on_show(book: Path) -> None:
    for product, count in (("food", 1), ("cosmetic", 0)):
        (tried,), _ = call("try", "你这个烤红薯", "--rulebook", str(book), "--product", product)
        assert len(tried["banned"]) == count
    assert tried["steps"][0]["why_en"] == "bound to other classes of goods"
    _, error = call("try", "烤红薯", "--product", "toys")
    assert isinstance(error, InputError)


def test_the_example_pack_is_sound_and_speaks() -> None:
    (report,), error = call("check", "--pack", str(PACK))
    assert error is None
    assert report["problems"] == []
    for text in ("雾登岛复国", "wu deng dao fu guo", "lmzdfx 今晚"):
        (tried,), _ = call("try", text, "--pack", str(PACK))
        assert [hit["category"] for hit in tried["banned"]] == ["I02"], text
    (tried,), _ = call("try", "雾灯岛复国")
    assert tried["banned"] == []


LINES = ["全网最低价", "烤红薯好香", "多少钱", "加微信"]


@pytest.mark.parametrize("form", ["lines", "csv", "recording"])
def test_diff_counts_and_shows_what_differs(book: Path, tmp_path: Path, form: str) -> None:
    if form == "lines":
        file = tmp_path / "a.jsonl"
        file.write_text("".join(json.dumps({"text": line}) + "\n" for line in LINES), encoding="utf-8")
    elif form == "csv":
        file = tmp_path / "a.csv"
        file.write_text("id,text\n" + "".join(f"1,{line}\n" for line in LINES), encoding="utf-8")
    else:
        file = tmp_path / "a.danmaku"
        file.write_text(
            "".join(json.dumps({"msg": line, "timestamp": 1583886311684, "uid": 7}) + "\n" for line in LINES),
            encoding="utf-8",
        )
    (report,), error = call("diff", str(rulebook.SHIPPED), str(book), str(file))
    assert error is None
    assert (report["comments"], report["differ"]) == (4, 2)
    assert report["codes"]["U01"] == {"old": 0, "new": 1, "added": 1, "removed": 0}
    assert report["codes"]["D01"] == {"old": 1, "new": 1, "added": 0, "removed": 0}
    assert report["codes"]["A01"]["removed"] == report["codes"]["A01"]["old"] == 1
    assert [line["text"] for line in report["first"]] == ["全网最低价", "烤红薯好香"]
    (report,), _ = call("diff", str(book), str(book), str(file), "--first", "0")
    assert (report["differ"], report["first"]) == (0, [])


def test_diff_says_what_it_cannot_read(tmp_path: Path) -> None:
    shipped = str(rulebook.SHIPPED)
    _, error = call("diff", shipped, shipped, str(tmp_path / "nowhere"))
    assert isinstance(error, InputError)
    broken = tmp_path / "b.jsonl"
    broken.write_text('{"text":"1"}\nnonsense\n', encoding="utf-8")
    _, error = call("diff", shipped, shipped, str(broken))
    assert isinstance(error, InputError)
    assert "b.jsonl:2" in str(error)
    strange = tmp_path / "c.bin"
    strange.write_bytes(b"\0\1\2" * 50)
    _, error = call("diff", shipped, shipped, str(strange))
    assert isinstance(error, RecordingError)


def test_hostile_text_stays_a_quoted_value(book: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps({"text": "烤红薯\n<script>\ud800"}) + "\n", encoding="utf-8")
    (report,), error = call("diff", str(rulebook.SHIPPED), str(book), str(file))
    assert error is None
    assert report["first"][0]["text"] == "烤红薯\n<script>\ud800"
