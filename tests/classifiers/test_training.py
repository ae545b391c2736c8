"""Training: reproducible, never learns from held-out batches, refuses what is too little."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifiers import labelled, model, packing, training
from classifiers.cascade import Cascade
from classifiers.errors import TrainingDataError
from classifiers.evaluation import evaluate
from classifiers.labelled import DEVELOPMENT, SHIPPED, TEST, Labelled, read
from classifiers.lesson import holds
from classifiers.lore import FEATURES
from classifiers.normalize import NORMALIZER
from classifiers.plain import plain
from classifiers.rulebook import load as load_book
from tests.classifiers.conftest import Small
from tests.classifiers.makers import small_data, write_rows

pytestmark = pytest.mark.usefixtures("short_lore")


@pytest.fixture
def data(tmp_path: Path, small: Small) -> Path:
    """A copy of what the small model was trained on."""
    return Path(shutil.copytree(small.data, tmp_path / "data"))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_same_data_same_bytes_and_a_model_that_works(tmp_path: Path) -> None:
    data = small_data(tmp_path / "data")
    told: list[str] = []
    card = training.train([data], tmp_path / "one", told.append)
    assert training.train([data], tmp_path / "two") == card
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")
    assert set(card["rows"]) == {"beauty-a", "food-a"}
    assert told[0] == f"learning from {sum(card['rows'].values())} comments and 0 forum posts"
    assert any("fold" in line for line in told)
    report = evaluate(tmp_path / "one", [data / "beauty-a.csv"])
    assert report["faq"]["macro_f1"] > 0.5
    assert Cascade.load(tmp_path / "one").versions.model == Cascade.load(tmp_path / "two").versions.model


def test_order_and_place_of_the_files_do_not_matter(tmp_path: Path, data: Path, small: Small) -> None:
    for stem in ("exam-p", "food-a"):
        (tmp_path / stem).mkdir()
        shutil.copy(data / f"{stem}.csv", tmp_path / stem)
    training.train([tmp_path / "exam-p", tmp_path / "food-a", data / "beauty-a.csv"], tmp_path / "two")
    assert bytes_of(small.folder) == bytes_of(tmp_path / "two")


def test_other_data_other_weights(tmp_path: Path, data: Path, small: Small) -> None:
    rows = read(data / "food-a.csv")
    write_rows(data / "food-a.csv", [replace(rows[0], text="全新的一句话", banned=()), *rows[1:]])
    card = training.train([data], tmp_path / "out")
    assert card["data_hash"] != model.load(small.folder).card["data_hash"]
    assert bytes_of(tmp_path / "out")["weights.npz"] != bytes_of(small.folder)["weights.npz"]


def test_development_batches_choose_constants_and_teach_no_weight(
    tmp_path: Path, data: Path, small: Small
) -> None:
    rows = read(data / "exam-p.csv")
    write_rows(data / "exam-p.csv", rows[: len(rows) // 2])
    told: list[str] = []
    card, before = training.train([data], tmp_path / "out", told.append), model.load(small.folder).card
    assert not any("fold" in line for line in told), "folds are for when there is no development batch"
    assert bytes_of(tmp_path / "out")["weights.npz"] == bytes_of(small.folder)["weights.npz"]
    assert as_read(card)["calibration"] != before["calibration"]
    assert card["rows"] == before["rows"]
    assert not set(card["rows"]) & DEVELOPMENT


@pytest.mark.parametrize("batch", sorted(DEVELOPMENT))
def test_a_development_row_in_a_file_of_another_name_teaches_no_weight(
    tmp_path: Path, data: Path, small: Small, batch: str
) -> None:
    secret = Labelled("secret-1", "龘靐齉多少钱", "price", (), 1, None, 0, (), batch)
    write_rows(data / "other.csv", [secret, replace(secret, id="secret-2")])
    training.train([data], tmp_path / "two")
    assert bytes_of(small.folder)["weights.npz"] == bytes_of(tmp_path / "two")["weights.npz"]


@pytest.mark.parametrize("batch", sorted(TEST))
def test_a_test_batch_changes_nothing_at_all(tmp_path: Path, data: Path, small: Small, batch: str) -> None:
    write_rows(data / f"{batch}.csv", read(SHIPPED / "exam-p.csv"), batch)
    training.train([data], tmp_path / "two")
    assert bytes_of(small.folder) == bytes_of(tmp_path / "two")


def test_a_test_batch_is_not_even_opened(tmp_path: Path, data: Path) -> None:
    (data / f"{min(TEST)}.csv").write_bytes(b"\xff\xff\xff no labelled file")
    training.train([data], tmp_path / "out")
    (data / "exam-t.csv").write_bytes(b"\xff\xff\xff no labelled file")
    with pytest.raises(TrainingDataError, match=r"exam-t\.csv"):
        training.train([data], tmp_path / "out")


def test_test_rows_in_a_file_of_another_name_are_left_out(tmp_path: Path, data: Path, small: Small) -> None:
    secret = Labelled("secret-1", "龘靐齉多少钱", "price", (), 1, None, 0, (), min(TEST))
    write_rows(data / "other.csv", [secret, replace(secret, id="secret-2")])
    card = training.train([data], tmp_path / "out")
    assert bytes_of(small.folder)["weights.npz"] == bytes_of(tmp_path / "out")["weights.npz"]
    assert {**as_read(card), "data_hash": ""} == {**model.load(small.folder).card, "data_hash": ""}


def as_read(card: dict[str, Any]) -> dict[str, Any]:
    """A card as it is read back from its file."""
    read_back: dict[str, Any] = json.loads(json.dumps(card))
    return read_back


def posts(path: Path, *pairs: tuple[str, str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [("text", "label", "topic"), *((text, label, "race") for text, label in pairs)]
        )
    return path


def test_forum_posts_teach_abuse_and_nothing_else(tmp_path: Path, data: Path, small: Small) -> None:
    people = ("这种人", "他们全家", "那一带的", "楼上", "那群", "这地方的")
    told = [(f"{who}就是龘靐", "offensive") for who in people] + [(f"{who}挺友善", "safe") for who in people]
    card = training.train([data, posts(tmp_path / "forum.csv", *told)], tmp_path / "out")
    before, after = model.load(small.folder), model.load(tmp_path / "out")
    assert (before.card["forum_posts"], before.card["forum_hash"]) == (0, "")
    assert card["forum_posts"] == len(told)
    assert card["forum_hash"]
    assert card["data_hash"] == before.card["data_hash"]
    one, two = (judge.decide(plain(["你就是龘靐", "多少钱"]), {}) for judge in (before, after))
    assert two[0, model.ABUSE] > one[0, model.ABUSE] + 1
    less, more = (
        packing.read((folder / "weights.npz").read_bytes()) for folder in (small.folder, tmp_path / "out")
    )
    assert not len(less["narrow"])
    assert len(more["narrow"])
    assert np.array_equal(more["keys"][: len(more["steps"])], less["keys"])
    others = np.arange(len(model.COLUMNS)) != model.ABUSE
    assert more["bias"][others] == pytest.approx(less["bias"][others], abs=1e-3)


def test_a_rare_word_of_the_forum_is_not_kept(tmp_path: Path, data: Path) -> None:
    file = posts(tmp_path / "forum.csv", ("全是龘靐", "offensive"), ("都挺友善", "safe"))
    training.train([data, file], tmp_path / "out")
    with np.load(tmp_path / "out" / "weights.npz") as arrays:
        assert not len(arrays["narrow"])


def test_a_mood_teaches_displeasure_only(tmp_path: Path, data: Path) -> None:
    """A remark in a bad mood that blames nobody (`vertical` mood) is displeased, and neither negative nor of a kind."""
    bias, values = {}, {}
    texts = ["今天好烦", "好烦啊今天", "心里好烦", "烦死了今天", "真的好烦"] * 4
    glad = ["今天开心", "好开心啊", "心里高兴", "真的开心"] * 4
    for vertical in ("mood", "chatter"):
        row = Labelled("", "", None, (), 0, None, 0, (), "forum-z", vertical)
        extra = [replace(row, id=f"m-{number}", text=text) for number, text in enumerate(texts)]
        extra += [replace(row, id=f"g-{number}", text=text, vertical="") for number, text in enumerate(glad)]
        write_rows(data / "forum-z.csv", extra)
        training.train([data], tmp_path / vertical)
        with np.load(tmp_path / vertical / "weights.npz") as arrays:
            bias[vertical] = arrays["bias"]
        values[vertical] = model.load(tmp_path / vertical).decide(plain(["真的好烦"]), {})[0]
    at = model.COLUMNS.index("displeased")
    assert values["mood"][at] > values["chatter"][at] + 1
    assert np.array_equal(np.delete(bias["mood"], at), np.delete(bias["chatter"], at))


def test_too_little_data(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        ",".join(labelled.COLUMNS) + "\nx-1,多少钱,,price,,1,,0,,,x,\n", encoding="utf-8"
    )
    with pytest.raises(TrainingDataError, match="fewer than two comments are labelled price"):
        training.train([tmp_path], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_one_batch_is_too_little(tmp_path: Path, data: Path) -> None:
    rows = [*read(data / "beauty-a.csv"), *read(data / "food-a.csv")]
    with pytest.raises(TrainingDataError, match="only one batch"):
        training.train([write_rows(tmp_path / "x.csv", rows, "x")], tmp_path / "out")


def test_held_out_batches_are_not_counted_as_enough(tmp_path: Path, data: Path) -> None:
    """What may not be learnt from does not make up for what is lacking."""
    for name in ("beauty-a", "food-a"):
        rows = [row for row in read(data / f"{name}.csv") if row.negative != "logistics"]
        write_rows(data / f"{name}.csv", rows)
    held = read(SHIPPED / "exam-p.csv")
    assert any(row.negative == "logistics" for row in held)
    for name in ("exam-p", min(TEST)):
        write_rows(data / f"{name}.csv", held, name)
    with pytest.raises(TrainingDataError, match="labelled logistics"):
        training.train([data], tmp_path / "out")


ROW = Labelled("x", "x", "price", ("link",), 2, "abuse", 2, (), "x")


@pytest.mark.parametrize(
    ("column", "row", "true"),
    [
        ("faq:price", ROW, True), ("faq:link", ROW, True), ("faq:size", ROW, False), ("asks", ROW, True),
        ("asks", replace(ROW, faq=None, also=()), False), ("purchase>=1", ROW, True), ("purchase>=2", ROW, True),
        ("purchase>=3", ROW, False), ("negative", ROW, True), ("negative", replace(ROW, negative=None), False),
        ("kind:abuse", ROW, True), ("kind:price", ROW, False), ("severity>=2", ROW, True),
        ("severity>=3", ROW, False), ("severity>=3", replace(ROW, severity=3), True),
    ],
)  # fmt: skip
def test_the_truth_of_a_column(column: str, row: Labelled, true: bool) -> None:
    assert holds(column, row) is true


def test_the_card_says_what_the_model_was_made_from(small: Small) -> None:
    card = model.load(small.folder).card
    assert card["data_hash"] == labelled.fingerprint(sorted(small.data.iterdir()))
    assert card["rows"] == {name: len(read(small.data / f"{name}.csv")) for name in ("beauty-a", "food-a")}
    book = load_book()
    assert (card["rulebook"], card["codes"]) == (book.version, sorted(book.codes))
    assert (card["normalizer"], card["features"]) == (NORMALIZER, FEATURES)
