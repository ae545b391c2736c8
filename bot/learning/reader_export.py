"""A taught reader as the network that is shipped: ONNX, one text at a time, weights as 8-bit whole numbers.

Needs onnx and onnxruntime. Words are kept as steps of their row's largest weight; the products inside the layers are
made 8-bit by onnxruntime's own dynamic quantisation.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import InputError
from bot.learning.reader_origin import Array

OPSET = 17
_STEPS = 127


def _needed(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise InputError(f"Making the reader's network needs {name}, which is not installed.") from None


class _Graph:
    """A network under construction: `node` gives the name of what it makes."""

    def __init__(self) -> None:
        self._onnx = _needed("onnx")
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, array: Any) -> str:
        self.constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, kind: str, *given: str, **attributes: Any) -> str:
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(self._onnx.helper.make_node(kind, list(given), [name], name=name, **attributes))
        return name

    def linear(self, x: str, name: str, weights: Mapping[str, Array]) -> str:
        product = self.node("MatMul", x, self.constant(f"{name}.w", weights[f"{name}.w"].T))
        return self.node("Add", product, self.constant(f"{name}.b", weights[f"{name}.b"]))

    def norm(self, x: str, name: str, weights: Mapping[str, Array]) -> str:
        scale, shift = (self.constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in "wb")
        return self.node("LayerNormalization", x, scale, shift, axis=-1, epsilon=1e-12)

    def model(self, columns: int) -> Any:
        helper, kinds = self._onnx.helper, self._onnx.TensorProto
        self.nodes[-1].output[0] = "values"
        graph = helper.make_graph(
            self.nodes, "reader", [helper.make_tensor_value_info("pieces", kinds.INT64, [1, "count"])],
            [helper.make_tensor_value_info("values", kinds.FLOAT, [1, columns])], self.constants,
        )  # fmt: skip
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def network(weights: Mapping[str, Array], heads: int) -> Any:
    """The ONNX model of taught weights (names as in reader_training.py), words in 8 bits, all else in floats."""
    graph = _Graph()
    width = weights["word"].shape[1]
    scale = np.maximum(np.abs(weights["word"]).max(axis=1, keepdims=True), 1e-9) / _STEPS
    steps = np.rint(weights["word"] / scale).astype(np.int8)
    words = graph.node("Cast", graph.node("Gather", graph.constant("word", steps), "pieces"), to=1)
    x = graph.node(
        "Mul", words, graph.node("Gather", graph.constant("scale", scale.astype(np.float32)), "pieces")
    )
    places = graph.constant("pos", weights["pos"] + weights["type"])
    count = graph.node("Slice", graph.node("Shape", "pieces"), *(
        graph.constant(name, np.array([at], dtype=np.int64)) for name, at in (("one", 1), ("two", 2))))  # fmt: skip
    nought = graph.constant("nought", np.array([0], dtype=np.int64))
    x = graph.norm(graph.node("Add", x, graph.node("Slice", places, nought, count, nought)), "eln", weights)
    split = graph.constant("split", np.array([1, -1, heads, width // heads], dtype=np.int64))
    joined = graph.constant("joined", np.array([1, -1, width], dtype=np.int64))
    root = graph.constant("root", np.float32(1 / np.sqrt(width // heads)))
    halves = [graph.constant(name, np.float32(value))
              for name, value in (("half", 0.5), ("unit", 1.0), ("sqrt2", np.sqrt(2)))]  # fmt: skip
    number = 0
    while f"l{number}.q.w" in weights:
        own = f"l{number}."
        q, k, v = (
            graph.node(
                "Transpose", graph.node("Reshape", graph.linear(x, own + part, weights), split), perm=perm
            )
            for part, perm in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3]))
        )
        looks = graph.node("Softmax", graph.node("Mul", graph.node("MatMul", q, k), root), axis=-1)
        seen = graph.node("Transpose", graph.node("MatMul", looks, v), perm=[0, 2, 1, 3])
        seen = graph.linear(graph.node("Reshape", seen, joined), own + "ao", weights)
        x = graph.norm(graph.node("Add", x, seen), own + "aln", weights)
        inner = graph.linear(x, own + "fi", weights)
        bent = graph.node("Add", graph.node("Erf", graph.node("Div", inner, halves[2])), halves[1])
        inner = graph.node("Mul", graph.node("Mul", inner, halves[0]), bent)
        x = graph.norm(graph.node("Add", x, graph.linear(inner, own + "fo", weights)), own + "oln", weights)
        number += 1
    graph.linear(graph.node("ReduceMean", x, axes=[1], keepdims=0), "head", weights)
    return graph.model(len(weights["head.b"]))


def write(path: Path, weights: Mapping[str, Array], heads: int) -> None:
    """Write the 8-bit network. Raises InputError when onnx or onnxruntime is not installed."""
    onnx, quantization = _needed("onnx"), _needed("onnxruntime.quantization")
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        onnx.save(network(weights, heads), str(plain))
        # Unsigned weights: signed ones overflow on processors without whole-number dot products.
        quantization.quantize_dynamic(
            str(plain), str(path), op_types_to_quantize=["MatMul"], per_channel=True,
            weight_type=quantization.QuantType.QUInt8, extra_options={"MatMulConstBOnly": True},
        )  # fmt: skip
