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


def test_held_out_batches_are_of_two_kinds() -> None:
    """Development batches choose thresholds, test batches choose nothing: none may be both."""
    assert not labelled.DEVELOPMENT & labelled.TEST
    assert labelled.HELD_OUT == labelled.DEVELOPMENT | labelled.TEST
    names = {path.stem for path in labelled.files([labelled.SHIPPED])}
    assert names > labelled.DEVELOPMENT


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_read_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    path = write(
        tmp_path,
        "x-1,加薇信; 有券吗,beauty,discount,link;gift,1,disruption,2,D01:加薇信; 有;S01:券,,x,",
        encoding=encoding,
    )
    assert labelled.read(path) == [
        labelled.Labelled("x-1", "加薇信; 有券吗", "discount", ("link", "gift"), 1, "disruption", 2,
                          (("D01", "加薇信; 有"), ("S01", "券")), "x", "beauty")
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


def test_all_problems_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    path = write(
        tmp_path, "x-1,多少钱,,prize,,1,,0,,,x,", GOOD.replace("x-1", "x-2"), "x-3,太差,,,,9,,0,,,x,"
    )
    assert len(labelled.problems(path)) == 2
    with pytest.raises(TrainingDataError, match=r"x\.csv:2: 'prize' is no intent\. \(2 problems in all\)"):
        labelled.read(path)


def test_empty_cells_and_other_columns(tmp_path: Path) -> None:
    (row,) = labelled.read(write(tmp_path, "x-1,哈哈,chatter,,,,,,,a note,,a second opinion"))
    assert row == labelled.Labelled("x-1", "哈哈", None, (), 0, None, 0, (), "x", "chatter"), (
        "batch: the file's stem"
    )


def test_an_own_question_is_an_intent(tmp_path: Path) -> None:
    (row,) = labelled.read(write(tmp_path, "x-1,能刻字吗,,own:engraving,own:gift_box,1,,0,,,x,"))
    assert (row.faq, row.also) == ("own:engraving", ("own:gift_box",))


def test_texts_with_commas_quotes_and_lines(tmp_path: Path) -> None:
    (row,) = labelled.read(write(tmp_path, 'x-1,"说是""正品"", 结果\n是假货",,,,0,deception,2,,,x,'))
    assert row.text == '说是"正品", 结果\n是假货'


def test_the_second_opinion_may_be_absent(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    path.write_text(",".join(labelled.COLUMNS[:11]) + "\nx-1,多少钱,,price,,1,,0,,,x\n", encoding="utf-8")
    assert [row.faq for row in labelled.read(path)] == ["price"]


def test_files_of_folders_and_names_without_repeats(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    (tmp_path / "a.csv").write_bytes(path.read_bytes())
    (tmp_path / "notes.txt").write_text("no data", encoding="utf-8")
    assert labelled.files([tmp_path, path]) == [tmp_path / "a.csv", path]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match="cannot be read"):
        labelled.read(tmp_path / "nowhere.csv")


def test_fingerprint_knows_names_but_not_places_nor_order(tmp_path: Path) -> None:
    one = write(tmp_path, GOOD)
    two = tmp_path / "a.csv"
    two.write_bytes(one.read_bytes())
    assert labelled.fingerprint([one, two]) == labelled.fingerprint([two, one])
    assert labelled.fingerprint([one]) != labelled.fingerprint([two])
    (tmp_path / "deep").mkdir()
    moved = write(tmp_path / "deep", GOOD)
    assert labelled.fingerprint([moved]) == labelled.fingerprint([one])
