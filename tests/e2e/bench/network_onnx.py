"""Writes the network for tables as ONNX graphs, for bench/onnx.mjs: `python network_onnx.py prior.pack FOLDER` (needs `onnx` and `numpy`).

- context.onnx: cells of the labelled rows -> keys and values of each block
- question.onnx: cells of questions, keys and values -> corrections
- whole.onnx: both in one graph

As an exporter with a hand for speed would write it: weights stay in 8 bits (DequantizeLinear, folded when a session is created; without the
session's option `disable_quant_qdq`, the products are computed in 8 bits, too, and corrections are off by up to 0.01), attention to the labelled
rows has its free place in the keys, norms are in the form that ONNX Runtime fuses, and the last block works on the label's cell
alone. `crates/fewshop-train/src/prior/net.rs` is the same network in burn.
"""

import struct
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

INPUTS, EPSILON = 32, 1e-6
OF_BLOCK = 14


class Pack:
    """The arrays of prior.pack, of matrices their codes and scales; see `Network::from_bytes`."""

    def __init__(self, path):
        data = Path(path).read_bytes()
        assert data[:4] == b"FSTN", path
        self.width, self.heads, self.blocks, hidden = struct.unpack("<4I", data[4:20])
        w, self.arrays, at = self.width, [], 20
        attention = [(1, w)] + [(w, w)] * 4
        block = attention + attention + [(1, w), (w, hidden), (1, hidden), (hidden, w)]
        for rows, columns in [(INPUTS, w)] + block * self.blocks + [(1, w), (1, w)]:
            floats = np.frombuffer(data, "<f4", columns, at)
            at += 4 * columns
            if rows == 1:
                self.arrays.append(floats)
                continue
            codes = np.frombuffer(data, "<i1", rows * columns, at).reshape(rows, columns)
            self.arrays.append((codes, floats))
            at += rows * columns
        assert at == len(data)


class Graph:
    """One graph. Names are the numbers of nodes."""

    def __init__(self, pack):
        self.pack, self.nodes, self.constants, self.count = pack, [], {}, 0
        self.width, self.heads, self.size = pack.width, pack.heads, pack.width // pack.heads

    def node(self, kind, *inputs, **attributes):
        self.count += 1
        name = f"{kind}{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, name, value):
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def floats(self, value):
        return self.constant(f"f{value}", np.array(value, np.float32))

    def ints(self, *values):
        return self.constant("i" + "_".join(map(str, values)), np.array(values, np.int64))

    def weights(self, at):
        array = self.pack.arrays[at]
        if not isinstance(array, tuple):
            return self.constant(f"w{at}", array)
        codes, scales = (self.constant(f"{part}{at}", value) for part, value in zip("cs", array))
        return self.node("DequantizeLinear", codes, scales, axis=1)

    def product(self, x, at):
        return self.node("MatMul", x, self.weights(at))

    def norm(self, x, at):
        square = self.node("ReduceMean", self.node("Pow", x, self.floats(2.0)), axes=[-1], keepdims=1)
        root = self.node("Sqrt", self.node("Add", square, self.floats(EPSILON)))
        return self.node("Mul", self.node("Div", x, root), self.weights(at))

    def split(self, x, order):
        """[rows, cells, width] to [rows, cells, heads, size], then in this order."""
        return self.node("Transpose", self.node("Reshape", x, self.ints(0, 0, self.heads, self.size)), perm=order)

    def read(self, queries, keys, values, order):
        """Attention, back to [rows, cells, width]."""
        scores = self.node("Mul", self.node("MatMul", queries, keys), self.floats(float(self.size**-0.5)))
        read = self.node("MatMul", self.node("Softmax", scores, axis=-1), values)
        return self.node("Reshape", self.node("Transpose", read, perm=order), self.ints(0, 0, self.width))

    def embed(self, cells):
        return self.product(cells, 0)

    def keys_and_values(self, x, block):
        """Of the labelled rows, with the free place: a key and a value of 0."""
        at = 1 + block * OF_BLOCK
        normed = self.norm(x, at)
        keys = self.split(self.product(normed, at + 2), [1, 2, 3, 0])
        values = self.split(self.product(normed, at + 3), [1, 2, 0, 3])
        return self.node("Pad", keys, self.ints(0, 0, 0, 0, 0, 0, 0, 1)), self.node("Pad", values, self.ints(0, 0, 0, 0, 0, 0, 1, 0))

    def block(self, x, keys, values, block, is_last):
        at = 1 + block * OF_BLOCK
        queries = self.split(self.product(self.norm(x, at), at + 1), [1, 2, 0, 3])
        x = self.node("Add", x, self.product(self.read(queries, keys, values, [2, 0, 1, 3]), at + 4))
        normed = self.norm(x, at + 5)
        keys = self.split(self.product(normed, at + 7), [0, 2, 3, 1])
        values = self.split(self.product(normed, at + 8), [0, 2, 1, 3])
        if is_last:
            x, normed = (self.node("Slice", all, self.ints(-1), self.ints(2**31), self.ints(1)) for all in (x, normed))
        queries = self.split(self.product(normed, at + 6), [0, 2, 1, 3])
        x = self.node("Add", x, self.product(self.read(queries, keys, values, [0, 2, 1, 3]), at + 9))
        units = self.node("Relu", self.node("Add", self.product(self.norm(x, at + 10), at + 11), self.weights(at + 12)))
        return self.node("Add", x, self.product(units, at + 13))

    def context(self, cells):
        x, out = self.embed(cells), []
        for block in range(self.pack.blocks):
            keys, values = self.keys_and_values(x, block)
            out += [keys, values]
            if block + 1 < self.pack.blocks:
                x = self.block(x, keys, values, block, False)
        return out

    def corrections(self, cells, context):
        x = self.embed(cells)
        for block in range(self.pack.blocks):
            x = self.block(x, context[2 * block], context[2 * block + 1], block, block + 1 == self.pack.blocks)
        last = 1 + self.pack.blocks * OF_BLOCK
        head = self.constant("head", self.pack.arrays[last + 1].reshape(-1, 1))
        return self.node("Reshape", self.node("MatMul", self.norm(x, last), head), self.ints(-1))

    def save(self, path, inputs, outputs):
        """Inputs and outputs are names with shapes; `outputs` maps names in the graph to those outside."""
        for inside, (outside, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [inside], [outside]))
        value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        named = [value(name, shape) for name, shape in inputs.items()]
        graph = helper.make_graph(self.nodes, "fewshop-table", named, [value(*of) for of in outputs.values()], list(self.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        checker.check_model(model, full_check=True)
        save(model, path)


def main(pack, folder):
    pack, folder = Pack(pack), Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    size, heads = pack.width // pack.heads, pack.heads
    shapes = [["cells", heads, size, "places"], ["cells", heads, "places", size]] * pack.blocks
    kept = [f"kept{at}" for at in range(len(shapes))]
    labelled, questions = {"labelled": ["rows", "cells", INPUTS]}, {"questions": ["asked", "cells", INPUTS]}
    answer = lambda name: {name: ("corrections", ["asked"])}

    graph = Graph(pack)
    made = graph.context("labelled")
    graph.save(folder / "context.onnx", labelled, {name: of for name, of in zip(made, zip(kept, shapes))})

    graph = Graph(pack)
    graph.save(folder / "question.onnx", {**questions, **dict(zip(kept, shapes))}, answer(graph.corrections("questions", kept)))

    graph = Graph(pack)
    graph.save(folder / "whole.onnx", {**labelled, **questions}, answer(graph.corrections("questions", graph.context("labelled"))))


if __name__ == "__main__":
    main(*sys.argv[1:])
