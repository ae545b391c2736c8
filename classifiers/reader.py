"""The second reader: a small transformer that reads a comment as a row of pieces, with the columns a room is judged by.

It needs onnxruntime, which the base install does not bring (`pip install 'changkong[reader]'`), and nothing here
imports it before a reader is loaded. Its weights are the first layers of multilingual-e5-small (Wang et al., 2024,
MIT), its vocabulary cut down to the pieces comments hold, taught further with the labelled comments
(bot/learning/reader_training.py) and kept as 8-bit whole numbers.

One comment is read at a time: 8-bit activations share one scale within a call, so in company a comment's values would
depend on its neighbours. Values differ in the last digits from processor to processor.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from classifiers.errors import ModelError
from classifiers.model import JUDGED, Floats
from classifiers.pieces import Pieces

SHIPPED = Path(__file__).parent / "models" / "reader"
FORMAT = 1
RUNTIME = "onnxruntime"


class Session(Protocol):
    """What of onnxruntime's InferenceSession is used: input `pieces`, (1, count) whole numbers; output `values`."""

    def run(self, names: Sequence[str] | None, given: Mapping[str, Any]) -> Sequence[Any]: ...


class Reader:
    """A loaded reader. Immutable, and its session may be run by several threads, so they may share it."""

    def __init__(self, pieces: Pieces, session: Session, card: Mapping[str, Any], version: str) -> None:
        self.card = card
        self.version = version
        self._pieces = pieces
        self._session = session

    @classmethod
    def load(cls, folder: Path | None = None) -> Reader | None:
        """The reader in `folder`, the shipped one for None; None when onnxruntime is not installed.

        Raises ModelError when a file is missing or damaged, or was made for other columns than this program has.
        """
        if importlib.util.find_spec(RUNTIME) is None:
            return None
        folder = folder or SHIPPED
        card, raw = read_card(folder)
        try:
            network = (folder / "reader.onnx").read_bytes()
        except OSError:
            raise ModelError(f"The reader in {folder} is missing. Install Changkong anew.") from None
        version = hashlib.sha256(raw + network).hexdigest()[:12]
        return cls(Pieces.load(folder / "pieces.txt"), _session(network, folder), card, version)

    def read(self, texts: Sequence[str]) -> Floats:
        """Decision values, one row a text and one column for each of JUDGED. Total: any str, also an empty one."""
        values = np.empty((len(texts), len(JUDGED)), dtype=np.float32)
        for number, text in enumerate(texts):
            ids = np.array([self._pieces.ids(text)], dtype=np.int64)
            values[number] = self._session.run(["values"], {"pieces": ids})[0][0]
        return values


def read_card(folder: Path) -> tuple[dict[str, Any], bytes]:
    """The card of a reader and its bytes, line ends aside. Raises ModelError."""
    try:
        raw = (folder / "card.json").read_bytes().replace(b"\r\n", b"\n")
        card = json.loads(raw)
    except (OSError, ValueError):
        raise ModelError(f"The card of the reader in {folder} is missing or damaged.") from None
    if not isinstance(card, dict) or [card.get("format"), card.get("columns")] != [FORMAT, list(JUDGED)]:
        raise ModelError(f"The reader in {folder} was made for another version. Install Changkong anew.")
    return card, raw


def _session(network: bytes, folder: Path) -> Session:
    runtime = importlib.import_module(RUNTIME)
    runtime.disable_telemetry_events()
    options = runtime.SessionOptions()
    # One comment is too little work to share out, and the room's other threads need the processor.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session: Session = runtime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # what onnxruntime raises has no common base
        raise ModelError(f"The reader in {folder} cannot be loaded: {str(error)[:200]}") from None
    return session
