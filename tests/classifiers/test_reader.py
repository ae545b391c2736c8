"""The reader: loaded only when asked for, refused when damaged, and the shipped one sound and worth its place."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifiers import model
from classifiers.cascade import Cascade
from classifiers.errors import ModelError
from classifiers.model import COLUMNS, JUDGED
from classifiers.pieces import BEGIN, END, UNKNOWN, Pieces
from classifiers.reader import RUNTIME, SHIPPED, Reader, read_card
from classifiers.second import beside


def installed() -> None:
    pytest.importorskip(RUNTIME, reason="the extra `reader` (onnxruntime) is not installed")


class Fake:
    """A session that tells how many pieces it was given, and what they sum up to."""

    def __init__(self) -> None:
        self.given: list[list[list[int]]] = []

    def run(self, names: Sequence[str] | None, given: Mapping[str, Any]) -> Sequence[Any]:
        self.given.append(given["pieces"].tolist())
        return [np.full((1, len(JUDGED)), given["pieces"].sum(), dtype=np.float32)]


def test_each_text_is_read_alone_by_its_pieces() -> None:
    session = Fake()
    pieces = Pieces(["<s>", "<pad>", "</s>", "<unk>", "▁", "好", "吗"], [0, 0, 0, 0, -1, -1, -1])
    values = Reader(pieces, session, {}, "v").read(["好吗", "", "貂"])
    assert session.given == [[[BEGIN, 4, 5, 6, END]], [[BEGIN, 4, END]], [[BEGIN, 4, UNKNOWN, END]]]
    assert values.shape == (3, len(JUDGED))
    assert values[:, 0].tolist() == [17, 6, 9]


def test_nothing_read_is_no_rows() -> None:
    pieces = Pieces(["<s>", "<pad>", "</s>", "<unk>", "▁"], [0, 0, 0, 0, -1])
    assert Reader(pieces, Fake(), {}, "v").read([]).shape == (0, len(JUDGED))


def test_judging_does_not_import_the_runtime() -> None:
    code = (
        "import sys; from classifiers.cascade import Cascade; Cascade.load().judge(['多少钱']);"
        "sys.exit('onnxruntime' in sys.modules or 'classifiers.reader' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_the_runtime_there_is_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifiers.reader.RUNTIME", "a_runtime_nobody_has")
    assert Reader.load() is None


def test_the_shipped_card_fits_the_shipped_model_and_files() -> None:
    card, _ = read_card(SHIPPED)
    assert card["model"] == model.load().version, "run `python -m bot.learning.reader_fitting`"
    for name, digest in card["files"].items():
        assert hashlib.sha256((SHIPPED / name).read_bytes()).hexdigest() == digest, name
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 14_000_000
    assert len(Pieces.load(SHIPPED / "pieces.txt")) > 10_000
    assert "MIT" in (SHIPPED / "NOTICE.txt").read_text(encoding="utf-8")


def test_the_shipped_reader_gains_on_comments_nobody_learnt_from() -> None:
    test = read_card(SHIPPED)[0]["figures"]
    gains = [
        test["both"][name] - test["first"][name]
        for name in ("faq_macro_f1", "purchase_f1", "negative_f1", "kinds_macro_f1")
    ]
    assert min(gains) >= 0
    assert sum(gains) / len(gains) >= 0.005
    assert test["both"]["false_answers_on_chatter"] <= 0.005


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "missing or damaged"), (b"{", "missing or damaged"), (b"\xff", "missing or damaged"), (b"[]", "another"),
     (b'{"format": 1, "columns": ["faq:price"]}', "another version")],
)  # fmt: skip
def test_a_card_that_does_not_fit_is_refused(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    if content is not None:
        (tmp_path / "card.json").write_bytes(content)
    with pytest.raises(ModelError, match=complaint):
        read_card(tmp_path)


def test_line_ends_do_not_change_the_version(tmp_path: Path) -> None:
    raw = (SHIPPED / "card.json").read_bytes()
    (tmp_path / "card.json").write_bytes(raw.replace(b"\n", b"\r\n"))
    assert read_card(tmp_path)[1] == raw


@pytest.mark.extra
def test_a_damaged_network_is_refused(tmp_path: Path) -> None:
    installed()
    for name in ("card.json", "pieces.txt"):
        shutil.copyfile(SHIPPED / name, tmp_path / name)
    with pytest.raises(ModelError, match="is missing"):
        Reader.load(tmp_path)
    (tmp_path / "reader.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot be loaded"):
        Reader.load(tmp_path)


@pytest.mark.extra
def test_the_shipped_reader_reads_plain_comments() -> None:
    installed()
    reader = Reader.load()
    assert reader is not None
    asked, bought, angry, _ = reader.read(["这件多少钱", "已下单 付款了", "骗子 虚假宣传", ""])
    assert COLUMNS[int(asked[:24].argmax())] == "faq:price"
    assert bought[COLUMNS.index("purchase>=3")] > 0
    assert angry[COLUMNS.index("negative")] > 0
    assert angry[COLUMNS.index("purchase>=2")] < 0


@pytest.mark.extra
def test_the_same_comment_has_the_same_values_in_any_company() -> None:
    installed()
    reader = Reader.load()
    assert reader is not None
    texts = ["多少钱", "\ud800", "好" * 500, "晚上好"]
    together = reader.read(texts)
    assert all(np.array_equal(together[at], reader.read([text])[0]) for at, text in enumerate(texts))


@pytest.mark.extra
def test_the_shipped_reader_stands_beside_the_shipped_model() -> None:
    installed()
    cascade = Cascade.load()
    both = cascade.with_second(beside(cascade.model, each_s=None))
    texts = ["多少钱", "晚上好", "六楼没电梯送上去不", "呵呵"]
    assert len(both.judge(texts)) == 4
    assert both.judge(texts)[0].versions.model.startswith(f"{cascade.model.version}+")
