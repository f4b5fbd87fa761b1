"""Chains of layers as ONNX models run in ONNX Runtime: sizes, weights and positions read under `framework: onnx`.

Single layers, and where ONNX Runtime leaves the text of the standard, are in test_frameworks_onnx.py; chains keep off
those places: no dilation and no stride beyond the kernel under auto_pad.
"""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

import pytest

import cnncalc

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

import numpy as np  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402

CHANNELS = 2


class Link(NamedTuple):
    """One layer of a chain, as cnncalc and as ONNX write it."""

    item: str
    op: str
    attributes: dict[str, Any]
    weight: tuple[int, ...] | None = None
    """The shape of the weights; ``None`` for a pool."""


def conv(random: Random, rank: int) -> Link:
    kernel, stride, dilation = ([random.randint(1, most) for _ in range(rank)] for most in (4, 3, 2))
    given: dict[str, Any] = {"kernel_shape": kernel, "strides": stride, "dilations": dilation}
    padding = _padding(random, rank, given)
    if padding == "same":
        given["dilations"] = dilation = [1] * rank
    item = f"conv: {{out: {CHANNELS}, kernel: {kernel}, stride: {stride}, dilation: {dilation}, bias: false, padding: {padding}}}"
    return Link(item, "Conv", given, (CHANNELS, CHANNELS, *kernel))


def pool(random: Random, rank: int) -> Link:
    """An average pool where all of a window is to be seen; it rounds as a max pool does."""
    kernel, stride = ([random.randint(1, most) for _ in range(rank)] for most in (4, 3))
    given: dict[str, Any] = {"kernel_shape": kernel, "strides": stride}
    if random.random() < 0.3:
        given["auto_pad"], padding = "SAME_UPPER", "same"
        given["strides"] = stride = list(map(min, stride, kernel))
        ceil = ""
    else:
        halves = [random.randint(0, k // 2) for k in kernel]
        given["pads"] = halves * 2
        padding = str(halves)
        given["ceil_mode"] = random.randint(0, 1)
        ceil = f", ceil: {'true' if given['ceil_mode'] else 'false'}"
    op, name = random.choice([("MaxPool", "maxpool"), ("AveragePool", "avgpool")])
    return Link(f"{name}: {{kernel: {kernel}, stride: {stride}, padding: {padding}{ceil}}}", op, given)


def transposed(random: Random, rank: int) -> Link:
    kernel, stride = ([random.randint(1, most) for _ in range(rank)] for most in (4, 3))
    pads = [random.randint(0, (k - 1) // 2) for k in kernel]
    extra = [random.randint(0, s - 1) for s in stride]
    given = {"kernel_shape": kernel, "strides": stride, "pads": pads * 2, "output_padding": extra}
    more = f"padding: {pads}, output_padding: {extra}, bias: false"
    item = f"conv_transpose: {{out: {CHANNELS}, kernel: {kernel}, stride: {stride}, {more}}}"
    return Link(item, "ConvTranspose", given, (CHANNELS, CHANNELS, *kernel))


def _padding(random: Random, rank: int, given: dict[str, Any]) -> str:
    if random.random() < 0.4:
        given["auto_pad"] = "SAME_UPPER"
        return "same"
    pairs = [[random.randint(0, 2), random.randint(0, 2)] for _ in range(rank)]
    given["pads"] = [before for before, _ in pairs] + [after for _, after in pairs]
    return str(pairs)


def chain(seed: int, kinds: tuple[Any, ...]) -> tuple[list[int], list[Link]]:
    random = Random(seed)
    rank = random.randint(1, 2)
    sizes = [random.randint(13, 26) for _ in range(rank)]
    return sizes, [random.choice(kinds)(random, rank) for _ in range(random.randint(1, 4))]


def executed(sizes: list[int], links: list[Link], feed: Any) -> list[Any] | None:
    """The outputs of all layers, with weights of 1; ``None`` where ONNX Runtime refuses."""
    nodes, weights = [], []
    for number, link in enumerate(links):
        inputs = [f"x{number}"]
        if link.weight is not None:
            inputs.append(f"w{number}")
            weights.append(
                helper.make_tensor(
                    f"w{number}", TensorProto.FLOAT, link.weight, [1.0] * int(np.prod(link.weight))
                )
            )
        nodes.append(helper.make_node(link.op, inputs, [f"x{number + 1}"], **link.attributes))
    outputs = [
        helper.make_tensor_value_info(f"x{number + 1}", TensorProto.FLOAT, None)
        for number in range(len(links))
    ]
    entry = helper.make_tensor_value_info("x0", TensorProto.FLOAT, [None, CHANNELS, *sizes])
    graph = helper.make_graph(nodes, "chain", [entry], outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        found: list[Any] = session.run(None, {"x0": feed})
    except Exception:  # onnxruntime's exceptions have no common base of their own
        return None
    return found if all(one.size for one in found) else None


def analyzed(sizes: list[int], links: list[Link]) -> cnncalc.Report:
    layers = "\n".join(f"  - {link.item}" for link in links)
    (model,) = cnncalc.loads(f"framework: onnx\ninput: {[CHANNELS, *sizes]}\nlayers:\n{layers}\n")
    return cnncalc.analyze(model)


def test_sizes_and_weights_of_chains() -> None:
    agreed = 0
    for seed in range(400):
        sizes, links = chain(seed, (conv, conv, pool, transposed))
        found = executed(sizes, links, np.ones((1, CHANNELS, *sizes), np.float32))
        report = analyzed(sizes, links)
        if report.failed is not None:
            continue
        assert found is not None, (seed, sizes, links)
        agreed += 1
        for layer, link, y in zip(report.layers, links, found, strict=True):
            assert layer.shape.axes == y.shape[1:], (seed, sizes, links)
            assert layer.params == (0 if link.weight is None else int(np.prod(link.weight)))
    assert agreed > 300


def impulses(sizes: list[int], axis: int) -> Any:
    feed: Any = np.zeros((sizes[axis], CHANNELS, *sizes), np.float32)
    for position in range(sizes[axis]):
        np.moveaxis(feed, 2 + axis, 1)[position, position] = 1
    return feed


def spans(responses: Any, axis: int) -> list[tuple[int, int] | None]:
    """First and last impulse that the units along an axis respond to."""
    others = tuple(dim for dim in range(1, responses.ndim) if dim != 2 + axis)
    lines = responses.max(axis=others) > 0
    found = [np.flatnonzero(line).tolist() for line in lines.T]
    return [(line[0], line[-1]) if line else None for line in found]


@pytest.mark.parametrize("kinds", [(conv, pool), (conv, pool, transposed)], ids=["windows", "transposed"])
def test_positions_read_by_chains(kinds: tuple[Any, ...]) -> None:
    exact = 0
    for seed in range(250):
        sizes, links = chain(seed, kinds)
        report = analyzed(sizes, links)
        if report.failed is None:
            exact += sum(compared(sizes, links, report, axis) for axis in range(len(sizes)))
    assert exact > 2_000


def compared(sizes: list[int], links: list[Link], report: cnncalc.Report, axis: int) -> int:
    """How many units agree exactly.

    One whose field lies inside the input touches no padding on the way; but what a transposed one cuts off may be padded again.
    """
    found = executed(sizes, links, impulses(sizes, axis))
    assert found is not None, (sizes, links)
    exact, seen_cut = 0, False
    for layer, link, y in zip(report.layers, links, found, strict=True):
        seen_cut = seen_cut or link.op == "ConvTranspose"
        for unit, span in enumerate(spans(y, axis)):
            got = layer.field.axes[axis].at(unit)
            if got is not None and got[0] >= 0 and got[1] < sizes[axis] and not seen_cut:
                assert got == span, (sizes, links, layer.path, axis, unit)
                exact += 1
            elif span is not None:
                assert got is not None, (sizes, links, layer.path, axis, unit)
                assert got[0] <= span[0] <= span[1] <= got[1], (
                    sizes,
                    links,
                    layer.path,
                    axis,
                    unit,
                    got,
                    span,
                )
    return exact
