"""What the second reader is taught, and with what it begins; the teaching itself where torch is installed."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from bot.errors import InputError
from bot.learning.reader_origin import Array, Origin
from bot.learning.reader_training import LAYERS, SLOWEST, Taught, beginning, kept, share_at, taught, teach
from classifiers.forum import Post
from classifiers.labelled import Labelled
from classifiers.model import ABUSE, JUDGED
from classifiers.pieces import BEGIN, END, Pieces

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "多", "少", "钱", "多少", "骂", "龘", "犇", "ß", "a", "▁多少"]
SCORES = [0.0] * 4 + [-2.0, -5.0, -5.0, -5.0, -6.0, -5.0, -9.0, -9.0, -9.0, -5.0, -7.0]
WIDTH = 32
NEGATIVE, SEVERE = JUDGED.index("negative"), JUDGED.index("severity>=2")


def small_origin() -> Origin:
    """An origin of two heads with random weights."""
    random = np.random.default_rng(1)
    raw, places = b"", {}
    shapes = {"emb.word": (len(PIECES), WIDTH), "emb.pos": (130, WIDTH), "emb.type": (2, WIDTH),
              "emb.ln.w": (WIDTH,), "emb.ln.b": (WIDTH,)}  # fmt: skip
    for layer in range(LAYERS):
        for part in ("q", "k", "v", "ao"):
            shapes[f"l{layer}.{part}.w"], shapes[f"l{layer}.{part}.b"] = (WIDTH, WIDTH), (WIDTH,)
        for part in ("aln", "oln"):
            shapes[f"l{layer}.{part}.w"] = shapes[f"l{layer}.{part}.b"] = (WIDTH,)
        shapes[f"l{layer}.fi.w"], shapes[f"l{layer}.fi.b"] = (2 * WIDTH, WIDTH), (2 * WIDTH,)
        shapes[f"l{layer}.fo.w"], shapes[f"l{layer}.fo.b"] = (WIDTH, 2 * WIDTH), (WIDTH,)
    for name, shape in shapes.items():
        array = random.normal(0, 0.1, shape).astype(np.float32) + ("ln.w" in name)
        array = array.astype(np.float32)
        places[name] = (array.size, len(raw), array.nbytes)
        raw += array.tobytes()
    return Origin(WIDTH, LAYERS, 2, PIECES, np.array(SCORES, dtype=np.float32), raw, places)


def row(text: str, negative: str | None = None, severity: int = 0, faq: str | None = None) -> Labelled:
    return Labelled(text, text, faq, (), 0, negative, severity, (), "some-batch")


def test_pieces_met_and_common_characters_are_kept() -> None:
    numbers = kept(small_origin(), ["多少钱", "多少钱啊", "犇"], ["骂"] * 4)
    assert [PIECES[number] for number in numbers] == [
        "<s>", "<pad>", "</s>", "<unk>", "▁", "多", "少", "钱", "骂", "犇", "a", "▁多少",
    ]  # fmt: skip


def test_severity_is_taught_by_blame_and_posts_teach_abuse_alone() -> None:
    lesson = taught(
        [row("多少钱", faq="price"), row("骂", "abuse", 2)], [Post("骂钱" * 60, True), Post("钱", False)],
        Pieces(PIECES, SCORES),
    )  # fmt: skip
    assert lesson.ids[0] == [BEGIN, 14, 7, END]
    assert len(lesson.ids[2]) == 48
    assert lesson.truth[:, ABUSE].tolist() == [0, 1, 1, 0]
    assert lesson.truth[0].sum() == 2  # price, and that something is asked
    assert lesson.weight[:, ABUSE].tolist() == [1, 1, 1, 1]
    assert lesson.weight[:, SEVERE].tolist() == [0, 1, 0, 0]
    assert lesson.weight[:, NEGATIVE].tolist() == [1, 1, 0, 0]


def test_it_begins_with_the_first_layers_and_a_quiet_head() -> None:
    origin = small_origin()
    start = beginning(origin, [0, 1, 2, 3, 7])
    assert np.array_equal(start["word"], origin.tensor("emb.word").reshape(-1, WIDTH)[[0, 1, 2, 3, 7]])
    assert start["l0.fi.w"].shape == (2 * WIDTH, WIDTH)
    assert f"l{LAYERS - 1}.q.w" in start
    assert f"l{LAYERS}.q.w" not in start
    assert start["head.w"].shape == (len(JUDGED), WIDTH)
    assert (start["head.b"] == -3).all()


def test_without_torch_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match="pip install torch"):
        teach(Taught([], *(np.zeros((0, 38), dtype=np.float32),) * 2), {}, 2, print)


def test_the_rate_rises_then_falls_with_the_steps_or_with_the_clock_whichever_is_further() -> None:
    assert share_at(0, 1000, 0.0) == pytest.approx(1 / 60)
    assert share_at(59, 1000, 0.9) == pytest.approx(1.0)
    assert share_at(530, 1000, 0.0) == pytest.approx(0.5)
    assert share_at(100, 1000, 0.53) == pytest.approx(0.5)
    assert share_at(999, 1000, 0.0) == share_at(100, 1000, 1.0) == SLOWEST


@pytest.mark.extra
def test_teaching_ends_when_the_time_is_up() -> None:
    pytest.importorskip("torch", reason="torch is not installed; the reader is taught elsewhere")
    ids, ticks = [[BEGIN, 4, END]] * 640, iter(range(100))
    what = Taught(ids, *(np.ones((640, len(JUDGED)), dtype=np.float32),) * 2)
    start = beginning(small_origin(), range(len(PIECES)))
    _, done = teach(what, start, 2, print, epochs=1, limit_s=3.0, clock=lambda: float(next(ticks)))
    assert done == 3


@pytest.mark.extra
def test_teaching_brings_the_loss_down() -> None:
    pytest.importorskip("torch", reason="torch is not installed; the reader is taught elsewhere")
    origin, said = small_origin(), []
    ids = [[BEGIN, 4, 5 + n % 2, END] for n in range(64 * 100)]
    truth = np.zeros((len(ids), len(JUDGED)), dtype=np.float32)
    truth[::2, 0] = 1
    start: dict[str, Array] = beginning(origin, range(len(PIECES)))
    weights, done = teach(Taught(ids, truth, np.ones_like(truth)), start, 2, said.append, epochs=2)
    assert set(weights) == set(start)
    assert done == 200
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in said]
    assert losses[-1] < losses[0]
