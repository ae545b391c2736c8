"""Labelled data: the shipped files are valid, and every fault is named with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers import labelled
from classifiers.errors import TrainingDataError

HEADER = ",".join(labelled.COLUMNS)
GOOD = "x-1,多少钱,beauty,price,,1,,0,,,x,"


def write(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "x.csv"
    path.write_bytes("\n".join([HEADER, *lines, ""]).encode(encoding))
    return path


@pytest.mark.parametrize("path", labelled.files([labelled.SHIPPED]), ids=lambda path: path.stem)
def test_shipped_data_is_valid(path: Path) -> None:
    assert labelled.problems(path) == []
    assert {row.batch for row in labelled.read(path)} == {path.stem}


def test_the_held_out_batch_is_there_and_shares_no_id_with_the_rest() -> None:
    rows = [row for path in labelled.files([labelled.SHIPPED]) for row in labelled.read(path)]
    assert {row.batch for row in rows} > labelled.HELD_OUT
    assert len({row.id for row in rows}) == len(rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_read_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    path = write(
        tmp_path,
        "x-1,加薇信; 有券吗,beauty,discount,link;gift,1,disruption,2,D01:加薇信; 有;S01:券,,x,",
        encoding=encoding,
    )
    assert labelled.read(path) == [
        labelled.Labelled("x-1", "加薇信; 有券吗", "discount", ("link", "gift"), 1, "disruption", 2,
                          (("D01", "加薇信; 有"), ("S01", "券")), "x")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("x-2,多少钱,,prize,,1,,0,,,x,", "'prize' is no intent"),
        ("x-2,多少钱,,,price,1,,0,,,x,", "`also` needs a main intent"),
        ("x-2,多少钱,,price,price,1,,0,,,x,", "`also` needs a main intent"),
        ("x-2,多少钱,,price,,4,,0,,,x,", "purchase must be 0 to 3"),
        ("x-2,太差,,,,0,bad,1,,,x,", "'bad' is no kind"),
        ("x-2,太差,,,,0,quality,0,,,x,", "severity must be"),
        ("x-2,太差,,,,0,,2,,,x,", "severity must be"),
        ("x-2,太差,,,,0,,0,D01:加薇,,x,", "banned D01:加薇 is not in the text"),
        (",太差,,,,0,,0,,,x,", "id and text are needed"),
        ("x-1,太差,,,,0,,0,,,x,", "id x-1 is used twice"),
        ("x-2,太差,,,,0,,0,,", "too few or too many columns"),
    ],
)
def test_faults_name_file_and_line(tmp_path: Path, line: str, complaint: str) -> None:
    path = write(tmp_path, GOOD, line)
    (problem,) = labelled.problems(path)
    assert problem.startswith("x.csv:3: ")
    assert complaint in problem
    with pytest.raises(TrainingDataError, match=r"x\.csv:3"):
        labelled.read(path)


def test_missing_files_and_columns(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="does not exist"):
        labelled.files([tmp_path / "nowhere"])
    with pytest.raises(TrainingDataError, match="No labelled CSV"):
        labelled.files([tmp_path])
    (tmp_path / "y.csv").write_text("id,words\n1,a\n", encoding="utf-8")
    with pytest.raises(TrainingDataError, match=r"y\.csv:1: the header lacks the column text"):
        labelled.read(tmp_path / "y.csv")
    (tmp_path / "z.csv").write_bytes(b"\xff\xff\xff")
    with pytest.raises(TrainingDataError, match="neither UTF-8 nor GB18030"):
        labelled.read(tmp_path / "z.csv")


def test_fingerprint_ignores_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    before = labelled.fingerprint([path])
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert labelled.fingerprint([path]) == before
    write(tmp_path, GOOD.replace("price", "link"))
    assert labelled.fingerprint([path]) != before
