"""The network that is shipped gives what was taught."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from bot.errors import InputError
from bot.learning import reader_export
from bot.learning.reader_training import beginning, values_of
from classifiers.pieces import BEGIN, END
from classifiers.reader import RUNTIME
from tests.bot.learning.test_reader_training import PIECES, small_origin


def test_without_onnx_the_error_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(InputError, match="needs onnx"):
        reader_export.write(tmp_path / "reader.onnx", beginning(small_origin(), range(len(PIECES))), 2)


@pytest.mark.extra
def test_the_network_gives_what_was_taught(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed; the reader is taught elsewhere")
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    runtime = pytest.importorskip(RUNTIME, reason="the extra `reader` is not installed")
    weights = beginning(small_origin(), range(len(PIECES)))
    onnx.save(reader_export.network(weights, 2), str(tmp_path / "plain.onnx"))
    reader_export.write(tmp_path / "reader.onnx", weights, 2)
    ids = np.array([[BEGIN, 4, 8, 7, END]])
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
    meant = values_of(torch, tensors, torch.from_numpy(ids), torch.ones(1, 5), 2, 0.0).numpy()
    for name, close in (("plain.onnx", 0.02), ("reader.onnx", 0.2)):
        session = runtime.InferenceSession(str(tmp_path / name), providers=["CPUExecutionProvider"])
        assert np.abs(session.run(["values"], {"pieces": ids})[0] - meant).max() < close, name
