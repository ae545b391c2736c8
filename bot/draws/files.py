"""A draw's files: the proof and the entry list, written whole or not at all, and where they lie."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


class Files:
    """The files of draws in one folder. A file that is there is complete: it is put in place by a rename."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def proof(self, draw_id: str) -> Path:
        """Where the proof (`lfd1-proof`) of a finished draw lies."""
        return self.folder / f"{draw_id}.proof.json"

    def entries(self, draw_id: str) -> Path:
        """Where the entry list (`lfd1-list`) of a closed draw lies."""
        return self.folder / f"{draw_id}.list.json"

    def write(self, path: Path, content: bytes) -> None:
        """Put `content` at `path`, on the disk when this returns. Raises OSError; then the old file, or none, stands.

        Each writer has a part file of its own, so two processes that write the same file do not mix.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        number, part = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
        try:
            with open(number, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
