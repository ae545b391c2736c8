"""Forum posts marked offensive or safe, which teach the classifiers what abuse looks like beyond a live room.

The published set COLD (Deng et al., EMNLP 2022, Apache-2.0; `train.csv` with the columns text,label,topic) has this
form. It is not part of this repository: `changkong train --data` takes a copy, and the card says whether one was used.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from classifiers.errors import TrainingDataError

_LABELS = {"offensive": True, "safe": False}


@dataclass(frozen=True, slots=True)
class Post:
    """One forum post and whether readers called it offensive."""

    text: str
    offensive: bool


def apart(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Files of forum posts, and the others, each in the order given. Told by the header: `text,label,…`."""
    posts = [path for path in paths if _begins_like_posts(path)]
    return posts, [path for path in paths if path not in posts]


def _begins_like_posts(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.readline(1000).removeprefix(b"\xef\xbb\xbf").strip().split(b",")[:2] == [
                b"text",
                b"label",
            ]
    except OSError:
        return False


def _rows(reader: csv.DictReader[str], path: Path) -> Iterator[dict[str, str]]:
    try:
        yield from reader
    except csv.Error:
        raise TrainingDataError(f"{path.name}:{reader.line_num}: a cell is too long or broken.") from None


def read(path: Path) -> list[Post]:
    """All posts of one UTF-8 file. Raises TrainingDataError with file and line for a label that is neither word."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise TrainingDataError(
            f"{path} cannot be read as UTF-8. Check the name, the rights and the file."
        ) from None
    posts = []
    reader = csv.DictReader(io.StringIO(text, newline=""))
    for row in _rows(reader, path):
        label = row.get("label")
        if label not in _LABELS or not row.get("text"):
            raise TrainingDataError(
                f"{path.name}:{reader.line_num}: the label must be offensive or safe, with a text."
            )
        posts.append(Post(row["text"], _LABELS[label]))
    return posts
