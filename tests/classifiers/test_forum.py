"""Forum posts: told apart by their header, read whole, refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers import forum, labelled
from classifiers.errors import TrainingDataError
from classifiers.forum import Post

GOOD = 'text,label,topic\n你们都一样,offensive,region\n"好的,谢谢\n大家",safe,race\n'


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_posts_are_read(tmp_path: Path, encoding: str, ends: str) -> None:
    path = write(tmp_path / "posts.csv", GOOD.replace("\n", ends).encode(encoding))
    assert forum.read(path) == [Post("你们都一样", True), Post(f"好的,谢谢{ends}大家", False)]


def test_other_columns_may_follow_or_be_absent(tmp_path: Path) -> None:
    assert forum.read(write(tmp_path / "p.csv", "text,label\n坏,offensive\n")) == [Post("坏", True)]
    assert forum.read(write(tmp_path / "p.csv", "text,label\n")) == []


def test_files_are_told_apart_by_their_header(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.csv", GOOD)
    marked = write(tmp_path / "b.csv", GOOD.encode("utf-8-sig"))
    windows = write(tmp_path / "c.csv", b"text,label\r\n")
    comments = write(tmp_path / "d.csv", ",".join(labelled.COLUMNS) + "\n")
    empty, foreign = write(tmp_path / "e.csv", b""), write(tmp_path / "f.csv", b"\xff\xfe\0")
    alike = write(tmp_path / "g.csv", "texts,label\n")
    missing = tmp_path / "nowhere.csv"
    given = [comments, marked, empty, missing, plain, foreign, windows, alike]
    assert forum.apart(given) == ([marked, plain, windows], [comments, empty, missing, foreign, alike])
    assert forum.apart([]) == ([], [])


def test_a_shipped_file_is_no_forum() -> None:
    paths = labelled.files([labelled.SHIPPED])
    assert forum.apart(paths) == ([], paths)


def test_a_header_without_end_is_not_read_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "long.csv", b"text,label" + b"x" * 2_000_000)
    assert forum.apart([path]) == ([], [path])


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("坏,bad,x", 3),
        (",offensive,x", 3),
        ("坏", 3),
        ("坏,,x", 3),
        ("坏,Offensive,x", 3),
        ('"坏\n的",bad,x', 4),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, number: int) -> None:
    path = write(tmp_path / "posts.csv", f"text,label,topic\n好,safe,x\n{line}\n")
    with pytest.raises(TrainingDataError, match=rf"posts\.csv:{number}: .*offensive or safe"):
        forum.read(path)


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.csv", write(tmp_path / "gb.csv", GOOD.encode("gb18030"))):
        with pytest.raises(TrainingDataError, match="cannot be read as UTF-8"):
            forum.read(path)


def test_hostile_texts_are_only_texts(tmp_path: Path) -> None:
    texts = ["=1+1", "<script>", "\x1b[31m", "a\u202eb", "\x7f", "x" * 100_000]
    lines = "".join(f'"{text}",offensive\n' for text in texts)
    assert [post.text for post in forum.read(write(tmp_path / "p.csv", "text,label\n" + lines))] == texts
