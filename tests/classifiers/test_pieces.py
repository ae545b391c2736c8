"""Cutting comments into pieces: the likeliest cut, total on hostile text, nothing lost."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.errors import ModelError
from classifiers.pieces import BEGIN, END, LONGEST, MOST, UNKNOWN, Pieces, folded

SIGNS = ["<s>", "<pad>", "</s>", "<unk>"]
KNOWN = {
    "▁": -2.0,
    "多": -3.0,
    "少": -3.0,
    "钱": -3.0,
    "多少": -4.0,
    "多少钱": -9.5,
    "▁多": -4.5,
    "?": -1.0,
    "ab": -2.0,
}
PIECES = Pieces([*SIGNS, *KNOWN], [0.0] * 4 + list(KNOWN.values()))
ANY = st.text(st.one_of(st.characters(), st.sampled_from("多少钱?？ ab\ud800\0")), max_size=40)


def test_a_text_is_folded_but_keeps_its_signs_and_single_spaces() -> None:
    assert folded("  Ａｂ\u3000 謝謝？ ") == "ab 谢谢?"
    assert folded("好好好好 1000") == "好好 1000"
    assert len(folded("多少" * 200)) == LONGEST


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("多少钱", ["▁", "多少", "钱"]),  # -9.0, before ▁多 少 钱 (-10.5) and ▁ 多少钱 (-11.5)
        ("少 钱?", ["▁", "少", "▁", "钱", "?"]),
        ("貂钱", ["▁", "貂", "钱"]),
        ("", ["▁"]),
    ],
)
def test_the_likeliest_cut(text: str, cut: list[str]) -> None:
    assert PIECES.cut(text) == cut


@given(st.text("多少钱?ab貂", max_size=7))
@settings(max_examples=60, deadline=None)
def test_no_other_cut_is_likelier(text: str) -> None:
    marked = "▁" + text
    strange = min(KNOWN.values()) - 10

    def score(cut: list[str]) -> float:
        return sum(KNOWN.get(piece, strange if len(piece) == 1 else -math.inf) for piece in cut)

    every = []
    for borders in itertools.product([False, True], repeat=len(marked) - 1):
        edges = [0, *(at + 1 for at, border in enumerate(borders) if border), len(marked)]
        every.append([marked[first:last] for first, last in itertools.pairwise(edges)])
    assert score(PIECES.cut(text)) == pytest.approx(max(map(score, every)))


@given(ANY)
@settings(max_examples=100, deadline=None)
def test_total_and_nothing_is_lost(text: str) -> None:
    plain = folded(text)
    assert "".join(PIECES.cut(plain)) == "▁" + plain.replace(" ", "▁")
    ids = PIECES.ids(text)
    assert (ids[0], ids[-1]) == (BEGIN, END)
    assert all(UNKNOWN <= number < len(PIECES) for number in ids[1:-1])


def test_long_texts_are_cut_off() -> None:
    assert len(PIECES.ids("钱多" * 60)) == MOST


def test_pieces_are_read_from_a_file(tmp_path: Path) -> None:
    lines = [
        f"{piece}\t{score}\n"
        for piece, score in zip([*SIGNS, *KNOWN], [0, 0, 0, 0, *KNOWN.values()], strict=True)
    ]
    (tmp_path / "pieces.txt").write_text("".join(lines), encoding="utf-8")
    assert Pieces.load(tmp_path / "pieces.txt").ids("多少钱") == PIECES.ids("多少钱") == [BEGIN, 4, 8, 7, END]


@pytest.mark.parametrize("content", [None, b"", b"<s>\t0\n", b"<s>\t0\na\nb\nc\nd\ne\n", b"\xff\t1\n"])
def test_damaged_files_are_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "pieces.txt").write_bytes(content)
    with pytest.raises(ModelError, match="missing or damaged"):
        Pieces.load(tmp_path / "pieces.txt")
