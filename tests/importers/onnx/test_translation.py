"""Small ONNX graphs as items of a spec: what becomes of each operator and exporter's habit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Network, Refused, Request
from cnncalc.importers.onnx import operators, read
from cnncalc.importers.onnx.file import Constant, read_model
from cnncalc.importers.onnx.translation import Translation
from cnncalc.importers.onnx.walk import walk
from cnncalc.importers.translating import translated
from tests.importers.onnx.files import Shape as Axes
from tests.importers.onnx.files import content, floats, graph, integers, node, number, weights, written


def network(
    folder: Path,
    nodes: Sequence[bytes],
    constants: Sequence[bytes] = (),
    shape: Axes = (1, 4, 8, 8),
    opset: int = 17,
    outputs: Sequence[str] = ("y",),
    sizes: dict[str, Shape] | None = None,
) -> Network:
    path = written(folder, graph(nodes, {"x": shape}, outputs, constants), opset)
    found = read(Request(path, sizes or {}))
    translated(found)  # the spec agrees with the shapes, or this raises
    return found


def ops(found: Network) -> list[str]:
    return [one.op for one in found.items]


def refusal(
    folder: Path, nodes: Sequence[bytes], constants: Sequence[bytes] = (), **options: object
) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as raised:
        network(folder, nodes, constants, **options)  # type: ignore[arg-type]
    return [(problem.operator, problem.reason) for problem in raised.value.problems]


def test_a_convolution_with_its_counts(tmp_path: Path) -> None:
    found = network(
        tmp_path,
        [node("Conv", ["x", "w", "b"], ["y"], strides=[2, 2], pads=[1, 1, 1, 1])],
        [weights("w", [6, 4, 3, 3]), weights("b", [6])],
    )
    (conv,) = found.items
    assert conv.shape == Shape(6, (4, 4))
    assert found.stated.params == 6 * 4 * 9 + 6
    assert found.stated.macs == 4 * 4 * 6 * 4 * 9


def test_groups_of_one_channel_are_depthwise(tmp_path: Path) -> None:
    found = network(tmp_path, [node("Conv", ["x", "w"], ["y"], group=4)], [weights("w", [8, 1, 3, 3])])
    assert [(one.op, one.given("mult")) for one in found.items] == [("depthwise", 2)]


def test_padding_to_the_same_size_keeps_its_word(tmp_path: Path) -> None:
    found = network(
        tmp_path,
        [node("Conv", ["x", "w"], ["y"], strides=[2, 2], auto_pad="SAME_UPPER")],
        [weights("w", [8, 4, 3, 3])],
        shape=(1, 4, 7, 8),
    )
    assert found.items[0].given("padding") == "same"
    assert found.items[0].shape == Shape(8, (4, 4))


def test_a_vector_added_after_a_convolution_is_its_bias(tmp_path: Path) -> None:
    nodes = [node("Conv", ["x", "w"], ["a"]), node("Add", ["a", "b"], ["y"])]
    found = network(tmp_path, nodes, [weights("w", [6, 4, 1, 1]), weights("b", [1, 6, 1, 1])])
    assert [(one.op, one.given("bias")) for one in found.items] == [("conv", True)]
    assert found.stated.params == 6 * 4 + 6


def test_a_vector_that_multiplies_is_a_scale(tmp_path: Path) -> None:
    found = network(tmp_path, [node("Mul", ["x", "g"], ["y"])], [weights("g", [4, 1, 1])])
    assert ops(found) == ["scale"]
    assert found.stated.params == 4


def test_numbers_added_and_multiplied_change_no_count(tmp_path: Path) -> None:
    nodes = [node("Mul", ["x", "c"], ["a"]), node("Relu", ["a"], ["y"])]
    assert ops(network(tmp_path, nodes, [floats("c", [0.5], [])])) == ["relu"]


@pytest.mark.parametrize(
    ("nodes", "op"),
    [
        ([node("Sigmoid", ["x"], ["s"]), node("Mul", ["x", "s"], ["y"])], "silu"),
        ([node("HardSigmoid", ["x"], ["s"], alpha=1 / 6), node("Mul", ["s", "x"], ["y"])], "hardswish"),
        ([node("Softplus", ["x"], ["s"]), node("Tanh", ["s"], ["t"]), node("Mul", ["x", "t"], ["y"])], "mish"),
        ([node("Add", ["x", "3"], ["a"]), node("Clip", ["a", "0", "6"], ["b"]), node("Div", ["b", "6"], ["y"])], "hardsigmoid"),
        ([node("Add", ["x", "3"], ["a"]), node("Clip", ["a", "0", "6"], ["b"]), node("Mul", ["x", "b"], ["c"]), node("Div", ["c", "6"], ["y"])], "hardswish"),
        ([node("Add", ["x", "3"], ["a"]), node("Clip", ["a", "0", "6"], ["b"]), node("Div", ["b", "6"], ["c"]), node("Mul", ["x", "c"], ["y"])], "hardswish"),
        ([node("Div", ["x", "1.41421356"], ["a"]), node("Erf", ["a"], ["b"]), node("Add", ["b", "1"], ["c"]), node("Mul", ["x", "c"], ["d"]), node("Mul", ["d", "0.5"], ["y"])], "gelu"),
        ([node("Div", ["x", "1.41421356"], ["a"]), node("Erf", ["a"], ["b"]), node("Add", ["b", "1"], ["c"]), node("Mul", ["x", "0.5"], ["d"]), node("Mul", ["d", "c"], ["y"])], "gelu"),
        ([node("Clip", ["x", "0", "6"], ["y"])], "relu6"),
        ([node("Neg", ["x"], ["a"]), node("Softplus", ["a"], ["b"]), node("Neg", ["b"], ["y"])], "logsigmoid"),
        ([node("Sigmoid", ["x"], ["a"]), node("Log", ["a"], ["y"])], "logsigmoid"),
        ([node("Tanh", ["x"], ["a"]), node("Sub", ["x", "a"], ["y"])], "tanhshrink"),
        ([node("Split", ["x"], ["a", "b"], axis=1), node("Sigmoid", ["b"], ["c"]), node("Mul", ["c", "a"], ["y"])], "glu"),
    ],
)  # fmt: skip
def test_activations_written_as_several_nodes_are_named(tmp_path: Path, nodes: list[bytes], op: str) -> None:
    constants = [floats(text, [float(text)], []) for text in ("0", "1", "3", "6", "0.5", "1.41421356")]
    assert ops(network(tmp_path, nodes, constants)) == [op]


@pytest.mark.parametrize(
    ("nodes", "batch", "reason"),
    [
        ([node("Reshape", ["x", "two"], ["y"])], 1, "Reshape: the first axis of the result, 2x128, is not the batch"),
        ([node("Reshape", ["x", "all"], ["y"])], 1, "Reshape: the first axis of the result, 256, is not"),
        ([node("Reshape", ["x", "all"], ["y"])], 3, "Reshape: the first axis of the result, 768, is not"),
        ([node("Gather", ["x", "zero"], ["y"], axis=0)], 1, "Gather: the first axis of the result, 4x8x8, is not"),
        ([node("ReduceMean", ["x"], ["y"], axes=[0])], 1, "ReduceMean: it goes over the batch"),
        ([node("ReduceMean", ["x"], ["y"], axes=[0, 2, 3])], 3, "ReduceMean: it goes over the batch"),
        ([node("Transpose", ["x"], ["t"], perm=[1, 0, 2, 3]), node("Relu", ["t"], ["r"]), node("Reshape", ["r", "eight"], ["y"])],
         2, "Transpose: the first axis of the result, 8x8x8, is not"),
    ],
)  # fmt: skip
def test_an_output_whose_first_axis_is_not_the_batch_is_refused(
    nodes: list[bytes], batch: int, reason: str, tmp_path: Path
) -> None:
    zero = number(2, 7) + content(8, "zero") + content(9, bytes(8))
    constants = [integers("two", [2, -1]), integers("all", [-1]), integers("eight", [-1, 8, 8]), zero]
    with pytest.raises(Refused, match=reason):
        network(tmp_path, nodes, constants, (batch, 4, 8, 8))


@pytest.mark.parametrize("batch", [1, 2])
def test_a_batch_behind_other_axes_is_remarked(batch: int, tmp_path: Path) -> None:
    found = network(tmp_path, [node("Transpose", ["x"], ["y"], perm=[2, 3, 0, 1])], shape=(batch, 4, 8, 8))
    assert found.remarks == (
        "an output has the batch behind other axes: its shape here is that of one example",
    )


@pytest.mark.parametrize(
    ("limits", "op", "given"),
    [
        (["0", ""], "relu", {}),
        (["0", "6"], "relu6", {}),
        (["0", "1"], "hardtanh", {"low": 0.0, "high": 1.0}),
        (["0.5", ""], "hardtanh", {"low": 0.5, "high": 1e30}),
        (["", "3"], "hardtanh", {"low": -1e30, "high": 3.0}),
        (["least", "3"], "hardtanh", {"low": -1e30, "high": 3.0}),
    ],
)
def test_limits_of_values_are_said(
    limits: list[str], op: str, given: dict[str, float], tmp_path: Path
) -> None:
    constants = [floats(text, [float(text)], []) for text in ("0", "1", "3", "6", "0.5")]
    found = network(
        tmp_path, [node("Clip", ["x", *limits], ["y"])], [*constants, floats("least", [-3.4e38], [])]
    )
    (one,) = found.items
    assert (one.op, dict(one.arguments)) == (op, given)
    has_note = 1e30 in map(abs, given.values())
    assert (one.note or "").startswith("there is no") is has_note


@pytest.mark.parametrize("limits", [["3", "1"], ["x", "3"]])
def test_limits_that_are_none_are_refused(limits: list[str], tmp_path: Path) -> None:
    constants = [floats(text, [float(text)], []) for text in ("1", "3")]
    with pytest.raises(Refused, match=r"which is empty|a limit is computed from the input"):
        network(tmp_path, [node("Clip", ["x", *limits], ["y"])], constants)


@pytest.mark.parametrize(
    ("name", "producer", "params"),
    [("block.gain", "pytorch", 1), ("onnx::Mul_12", "pytorch", 0), ("/block/Constant_output_0", "pytorch", 0),
     ("block.gain", "other", 0)],
)  # fmt: skip
def test_a_number_of_a_parameters_name_is_learned(
    name: str, producer: str, params: int, tmp_path: Path
) -> None:
    body = graph([node("Mul", ["x", name], ["y"])], {"x": (1, 4, 6, 6)}, ("y",), [floats(name, [0.5], [])])
    found = read(Request(written(tmp_path, body, 17, content(2, producer))))
    assert found.stated.params == params
    assert ops(found) == (["scale"] if params else [])


TO_FIRST = node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2])


@pytest.mark.parametrize(
    ("nodes", "constants", "axes"),
    [
        ([TO_FIRST, node("Conv", ["t", "w"], ["y"])], [weights("w", [2, 4, 3, 3])], (2, 6, 4)),
        (
            [
                node("Mul", ["x", "k"], ["s"]),
                node("Pad", ["s", "pads"], ["p"]),
                node("Transpose", ["p"], ["t"], perm=[0, 3, 1, 2]),
                node("Conv", ["t", "w"], ["y"]),
            ],
            [
                floats("k", [0.5], []),
                integers("pads", [0, 1, 0, 0, 0, 0, 2, 0]),
                weights("w", [2, 4, 3, 3]),
            ],
            (2, 7, 6),
        ),
        ([node("ReduceMean", ["x"], ["y"], axes=[1, 2], keepdims=0)], [], (4, 1, 1)),
        ([node("MatMul", ["x", "w"], ["y"])], [weights("w", [4, 5])], (5, 8, 6)),
        ([node("GlobalAveragePool", ["x"], ["y"])], [], (8, 1, 1)),
    ],
    ids=["transposed", "padded", "pooled", "linear", "channels first"],
)
def test_the_first_layer_tells_which_axis_of_the_input_is_the_channels(
    nodes: list[bytes], constants: list[bytes], axes: tuple[int, ...], tmp_path: Path
) -> None:
    """As tf2onnx writes the networks of Keras, whose channels are last."""
    found = network(tmp_path, nodes, constants, shape=(1, 8, 6, 4), opset=13)
    is_last = axes != (8, 1, 1)
    assert found.inputs == (("x", Shape(4, (8, 6)) if is_last else Shape(8, (6, 4))),)
    assert found.items[-1].shape == Shape(axes[0], axes[1:])
    given = network(
        tmp_path, nodes, constants, shape=("n", "h", "w", 4) if is_last else ("n", 8, "h", "w"), opset=13
    )
    assert given.inputs == (("x", Shape(found.inputs[0][1].channels, (None, None))),)


def test_quantized_operators_are_those_they_stand_for(tmp_path: Path) -> None:
    """As ONNX Runtime's quantization writes them: each tensor followed by its scale and zero."""
    runtime = {"domain": "com.microsoft"}
    nodes = [
        node("QLinearSigmoid", ["x", "s", "z", "s", "z"], ["a"], **runtime),
        node("QLinearConcat", ["s", "z", "a", "s", "z", "x", "s", "z"], ["b"], **runtime, axis=1),
        node(
            "QLinearAveragePool",
            ["b", "s", "z", "s", "z"],
            ["c"],
            **runtime,
            kernel_shape=[2, 2],
            strides=[2, 2],
        ),
        node("QLinearGlobalAveragePool", ["c", "s", "z", "s", "z"], ["d"], **runtime),
        node("Flatten", ["d"], ["e"]),
        node("QGemm", ["e", "s", "z", "w", "s", "z", "v", "s", "z"], ["y"], **runtime, transB=1),
    ]
    constants = [floats("s", [1.0], []), integers("z", [0]), weights("w", [10, 8]), weights("v", [10])]
    found = network(tmp_path, nodes, constants)
    assert ops(found) == ["sigmoid", "concat", "avgpool", "global_avgpool", "linear"]
    assert found.stated.params == 90
    (problem,) = refusal(
        tmp_path, [node("QLinearSigmoid", ["x", "s", "z"], ["y"], **runtime, other=3)], constants
    )
    assert problem == ("com.microsoft.QLinearSigmoid", "attribute `other` is not understood")


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([node("GlobalAveragePool", ["x"], ["p"]), node("Transpose", ["p"], ["y"], perm=[0, 2, 3, 1])], ["global_avgpool"]),
        ([node("GlobalAveragePool", ["x"], ["p"]), node("Squeeze", ["p", "3"], ["s"]), node("Transpose", ["s"], ["y"], perm=[0, 2, 1])], ["global_avgpool"]),
        ([node("GlobalAveragePool", ["x"], ["p"]), node("Flatten", ["p"], ["f"]), node("MatMul", ["f", "w"], ["m"]), node("Unsqueeze", ["m", "1"], ["y"])], ["global_avgpool", "linear"]),
    ],
)  # fmt: skip
def test_an_output_of_one_position_is_given_out_as_it_is(
    nodes: list[bytes], words: list[str], tmp_path: Path
) -> None:
    constants = [integers("1", [1]), integers("3", [3]), weights("w", [4, 5])]
    assert ops(network(tmp_path, nodes, constants)) == words


def test_a_bias_that_is_one_number_for_all_channels_is_not_learned(tmp_path: Path) -> None:
    nodes = [node("Expand", ["0", "6"], ["b"]), node("Conv", ["x", "w", "b"], ["y"])]
    constants = [floats("0", [0.0], []), integers("6", [6]), weights("w", [6, 4, 3, 3])]
    found = network(tmp_path, nodes, constants)
    assert found.items[0].given("bias") is False
    assert found.stated.params == 6 * 4 * 9


def test_a_number_cast_to_the_type_of_a_map_is_that_number(tmp_path: Path) -> None:
    nodes = [
        node("CastLike", ["0", "x"], ["low"]),
        node("CastLike", ["6", "x"], ["high"]),
        node("Clip", ["x", "low", "high"], ["y"]),
    ]
    assert ops(network(tmp_path, nodes, [floats("0", [0.0], []), floats("6", [6.0], [])])) == ["relu6"]


def test_a_reshape_of_a_single_channel_tells_it_too(tmp_path: Path) -> None:
    nodes = [node("Reshape", ["x", "s"], ["t"]), node("Conv", ["t", "w"], ["y"])]
    constants = [integers("s", [-1, 1, 8, 6]), weights("w", [2, 1, 3, 3])]
    assert network(tmp_path, nodes, constants, shape=(1, 8, 6, 1)).inputs == (("x", Shape(1, (8, 6))),)


RECURRENT = {"w": [1, 12, 5], "r": [1, 12, 3], "b": [1, 24]}


def test_a_sequence_over_time_of_channels_last(tmp_path: Path) -> None:
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
        node("LSTM", ["t", "w", "r", "b"], ["all", "last"], hidden_size=3),
        node("Squeeze", ["last", "0"], ["y"]),
    ]
    constants = [*(weights(name, dims) for name, dims in RECURRENT.items()), integers("0", [0])]
    found = network(tmp_path, nodes, constants, shape=(1, 9, 5))
    assert found.inputs == (("x", Shape(5, (9,))),)


def test_numbers_of_tokens_are_positions(tmp_path: Path) -> None:
    found = network(tmp_path, [node("Gather", ["w", "x"], ["y"])], [weights("w", [100, 16])], shape=(1, 50))
    assert found.inputs == (("x", Shape(1, (50,))),)
    assert [(one.op, one.shape) for one in found.items] == [("embedding", Shape(16, (50,)))]


def test_one_channel_times_a_vector_is_refused(tmp_path: Path) -> None:
    nodes = [node("ReduceMean", ["x"], ["m"], axes=[1]), node("Mul", ["m", "v"], ["y"])]
    (found,) = refusal(tmp_path, nodes, [weights("v", [1, 6, 1, 1])], opset=13)
    assert found == ("Mul", "it is with a constant of 1x6x1x1, which is not per channel")


@pytest.mark.parametrize("axis", [1, 2])
def test_maps_whose_channels_are_last_are_cut_and_padded(axis: int, tmp_path: Path) -> None:
    pads = [0, 0, 0, 0, *(2 * (one == axis) for one in range(4))]
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[0, 2, 3, 1]),
        node("Slice", ["t", "1", "6", "axis", "2"], ["s"]),
        node("Slice", ["t", "1", "6", "axis"], ["c"]),
        node("Pad", ["c", "pads"], ["p"]),
        node("Transpose", ["s"], ["y"], perm=[0, 3, 1, 2]),
        node("Transpose", ["p"], ["z"], perm=[0, 3, 1, 2]),
    ]
    constants = [*(integers(f"{one}", [one]) for one in (1, 2, 6)), integers("axis", [axis])]
    found = network(tmp_path, nodes, [*constants, integers("pads", pads)], outputs=("y", "z"))
    sizes = [(3, 8), (5, 8), (7, 8)] if axis == 1 else [(8, 3), (8, 5), (8, 7)]
    assert ops(found) == ["crop", "maxpool", "crop", "pad"]
    shapes = [one.shape.sizes for one in found.items if one.shape is not None]
    assert shapes[1:] == sizes


@pytest.mark.parametrize("outputs", [("y",), ("s",), ("e",)])
def test_what_no_layer_gives_out_is_said(outputs: tuple[str, ...], tmp_path: Path) -> None:
    reasons = {"y": "a matrix multiplies the channels", "s": "scores of attention", "e": "repeats the values"}
    nodes = {
        "y": [node("Reshape", ["t", "heads"], ["h"]), node("MatMul", ["h", "w"], ["y"])],
        "s": [node("Transpose", ["t"], ["k"], perm=[0, 2, 1]), node("MatMul", ["t", "k"], ["s"])],
        "e": [node("GlobalAveragePool", ["x"], ["g"]), node("Expand", ["g", "size"], ["e"])],
    }[outputs[0]]
    first = [node("Reshape", ["x", "line"], ["l"]), node("Transpose", ["l"], ["t"], perm=[0, 2, 1])]
    constants = [
        *(integers(name, sizes) for name, sizes in {"line": [1, 4, 64], "heads": [1, 64, 2, 2]}.items()),
        integers("size", [1, 4, 8, 8]),
        weights("w", [2, 3]),
    ]
    with pytest.raises(Refused, match=reasons[outputs[0]]):
        network(tmp_path, [*first, *nodes], constants, outputs=outputs)


@pytest.mark.parametrize(("dims", "params"), [([1], 5), ([1, 1, 1], 5), ([], 4)])
def test_a_number_added_to_one_channel_is_its_bias(dims: list[int], params: int, tmp_path: Path) -> None:
    nodes = [node("Conv", ["x", "w"], ["c"], kernel_shape=[1, 1]), node("Add", ["c", "b"], ["y"])]
    found = network(tmp_path, nodes, [weights("w", [1, 4, 1, 1]), floats("b", [0.5], dims)])
    assert (ops(found), found.stated.params) == (["conv"], params)


@pytest.mark.parametrize(("dims", "words"), [([1, 1, 4], ["conv"]), ([1, 4], ["linear", "relu"])])
def test_a_map_of_one_position_is_no_vector(dims: list[int], words: list[str], tmp_path: Path) -> None:
    nodes = [
        node("GlobalAveragePool", ["x"], ["g"]),
        node("Reshape", ["g", "dims"], ["r"]),
        node("MatMul", ["r", "w"], ["m"]),
        node("Transpose", ["m"], ["y"], perm=[0, 2, 1]) if len(dims) > 2 else node("Relu", ["m"], ["y"]),
    ]
    found = network(tmp_path, nodes, [integers("dims", dims), weights("w", [4, 6])], (1, 4, 8))
    assert ops(found) == ["global_avgpool", *words]


@pytest.mark.parametrize(("second", "reason"), [("Mul", ""), ("Add", "one of another kind of layer")])
def test_a_learned_number_of_two_layers_counts_once(second: str, reason: str, tmp_path: Path) -> None:
    nodes = [
        node("Mul", ["x", "a.gain"], ["m"]),
        node("Relu", ["m"], ["r"]),
        node(second, ["r", "a.gain"], ["y"]),
    ]
    body = graph(nodes, {"x": (1, 4, 6, 6)}, ("y",), [floats("a.gain", [0.5], [1])])
    path = written(tmp_path, body, 17, content(2, "pytorch"))
    if reason:
        with pytest.raises(Refused, match=reason):
            read(Request(path))
        return
    found = translated(read(Request(path)))
    assert (found.report.totals.params, [one.op for one in found.report.layers]) == (
        1,
        ["scale", "relu", "scale"],
    )


def test_learned_numbers_that_several_layers_have_are_no_bias_of_one(tmp_path: Path) -> None:
    """Untrained layers whose numbers are equal, which PyTorch's older exporter writes once for all of them."""
    nodes = [
        node("Mul", ["x", "a.gain"], ["m"]),
        node("Add", ["m", "a.bias"], ["p"]),
        node("Relu", ["p"], ["r"]),
        node("Identity", ["a.gain"], ["b.gain"]),
        node("Mul", ["r", "b.gain"], ["n"]),
        node("Add", ["n", "a.bias"], ["y"]),
    ]
    numbers = [floats("a.gain", [1.0], [1]), floats("a.bias", [0.5], [1])]
    path = written(tmp_path, graph(nodes, {"x": (1, 4, 6, 6)}, ("y",), numbers), 17, content(2, "pytorch"))
    found = translated(read(Request(path)))
    assert [one.op for one in found.report.layers] == ["scale", "shift", "relu", "scale", "shift"]
    assert found.report.totals.params == 2


def test_a_pad_that_also_cuts_is_a_crop_and_a_pad(tmp_path: Path) -> None:
    """As the cells of NASNet shift a map by one position."""
    pads = integers("pads", [0, 0, -1, -2, 0, 0, 1, 3])
    found = network(tmp_path, [node("Pad", ["x", "pads"], ["y"])], [pads])
    assert [(one.op, one.given("margins")) for one in found.items] == [
        ("crop", ((1, 0), (2, 0))),
        ("pad", ((0, 1), (0, 3))),
    ]
    assert found.items[-1].shape == Shape(4, (8, 9))


def test_a_maps_part_of_two_is_swapped(tmp_path: Path) -> None:
    """The channels from the second on, and before them the first: no axis of positions that is moved round."""
    nodes = [
        node("Slice", ["x", "1", "end", "1"], ["a"]),
        node("Slice", ["x", "0", "1", "1"], ["b"]),
        node("Concat", ["a", "b"], ["y"], axis=1),
    ]
    constants = [integers("0", [0]), integers("1", [1]), integers("end", [2**62])]
    found = network(tmp_path, nodes, constants)
    assert ops(found) == ["slice", "slice", "concat"]
    with pytest.raises(Refused, match=r"it cuts axis 2, which is not the channels|moved round|joins along"):
        network(
            tmp_path,
            [
                node("Slice", ["x", "1", "3", "2"], ["a"]),
                node("Slice", ["x", "0", "1", "2"], ["b"]),
                node("Concat", ["a", "b"], ["y"], axis=2),
            ],
            [*constants, integers("2", [2]), integers("3", [3])],
        )


def test_layer_norm_written_as_several_nodes_is_named(tmp_path: Path) -> None:
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[0, 2, 3, 1]),
        node("ReduceMean", ["t"], ["m"], axes=[-1]),
        node("Sub", ["t", "m"], ["d"]),
        node("Pow", ["d", "2"], ["q"]),
        node("ReduceMean", ["q"], ["v"], axes=[-1]),
        node("Add", ["v", "eps"], ["e"]),
        node("Sqrt", ["e"], ["s"]),
        node("Div", ["d", "s"], ["n"]),
        node("Mul", ["n", "g"], ["p"]),
        node("Add", ["p", "b"], ["l"]),
        node("Transpose", ["l"], ["y"], perm=[0, 3, 1, 2]),
    ]
    found = network(
        tmp_path,
        nodes,
        [floats("2", [2.0], []), floats("eps", [1e-5], []), weights("g", [4]), weights("b", [4])],
    )
    assert ops(found) == ["ln"]
    assert found.stated.params == 8


@pytest.mark.parametrize("spread", [True, False])
def test_a_tensor_divided_by_its_norm_over_the_channels_is_of_unit_length(
    tmp_path: Path, spread: bool
) -> None:
    nodes = [
        node("ReduceL2", ["x", "axis"], ["n"], keepdims=1),
        node("Clip", ["n", "eps", ""], ["c"]),
        node("Shape", ["x"], ["s"]),
        *([node("Expand", ["c", "s"], ["e"])] if spread else []),
        node("Div", ["x", "e" if spread else "c"], ["y"]),
    ]
    assert ops(network(tmp_path, nodes, [integers("axis", [1]), floats("eps", [1e-12], [])])) == ["l2norm"]
    one = [node("LpNormalization", ["x"], ["y"], axis=1, p=2)]
    assert ops(network(tmp_path, one)) == ["l2norm"]
    assert refusal(tmp_path, [node("LpNormalization", ["x"], ["y"], p=2)]) == [
        ("LpNormalization", "it is along axis 3, which is not the channels")
    ]


def test_a_norm_is_a_pool_over_positions_and_no_layer_over_channels(tmp_path: Path) -> None:
    axes = [integers("axes", [2, 3])]
    assert ops(network(tmp_path, [node("ReduceL2", ["x", "axes"], ["y"])], axes)) == ["global_lppool"]
    assert refusal(tmp_path, [node("ReduceL2", ["x", "axes"], ["y"])], [integers("axes", [1])]) == [
        ("ReduceL2", "the norm over the channels by itself is no layer")
    ]


def test_a_graph_that_changes_nothing_is_an_identity(tmp_path: Path) -> None:
    nodes = [node("Cast", ["x"], ["a"], to=10), node("Dropout", ["a"], ["b"]), node("Identity", ["b"], ["y"])]
    path = written(tmp_path, graph(nodes, {"x": (1, 4, 8, 8)}, ["y"]))
    found = translated(read(Request(path)))
    assert "layers:\n  - identity\n" in found.text
    assert [str(one.shape) for one in found.report.outputs] == ["4x8x8"]
    assert found.report.totals.params == found.report.totals.macs == 0


def test_an_input_that_is_given_out_as_well_is_an_output(tmp_path: Path) -> None:
    nodes = [node("Identity", ["x"], ["a"]), node("Conv", ["x", "w"], ["y"])]
    path = written(tmp_path, graph(nodes, {"x": (1, 4, 8, 8)}, ["a", "y"], [weights("w", [6, 4, 3, 3])]))
    outputs = translated(read(Request(path))).report.outputs
    assert [str(one.shape) for one in outputs] == ["6x6x6", "4x8x8"]


# Axis labels


def test_a_reshape_a_transpose_and_a_reshape_are_a_channel_shuffle(tmp_path: Path) -> None:
    nodes = [
        node("Reshape", ["x", "s"], ["a"]), node("Transpose", ["a"], ["b"], perm=[0, 2, 1, 3, 4]), node("Reshape", ["b", "t"], ["c"]),
        node("Conv", ["c", "w"], ["y"]),
    ]  # fmt: skip
    constants = [integers("s", [1, 2, 3, 8, 8]), integers("t", [1, 6, 8, 8]), weights("w", [1, 6, 1, 1])]
    found = network(tmp_path, nodes, constants, shape=(1, 6, 8, 8))
    first = found.items[0]
    assert (first.op, first.given("groups")) == ("channel_shuffle", 2)


def test_blocks_of_positions_as_channels_are_a_pixel_unshuffle(tmp_path: Path) -> None:
    nodes = [
        node("Reshape", ["x", "s"], ["a"]), node("Transpose", ["a"], ["b"], perm=[0, 1, 3, 5, 2, 4]), node("Reshape", ["b", "t"], ["c"]),
        node("Conv", ["c", "w"], ["y"]),
    ]  # fmt: skip
    constants = [integers("s", [1, 4, 4, 2, 4, 2]), integers("t", [1, 16, 4, 4]), weights("w", [1, 16, 1, 1])]
    found = network(tmp_path, nodes, constants)
    first = found.items[0]
    assert (first.op, first.shape) == ("pixel_unshuffle", Shape(16, (4, 4)))


def test_channels_as_blocks_of_positions_are_a_pixel_shuffle(tmp_path: Path) -> None:
    nodes = [
        node("Reshape", ["x", "s"], ["a"]), node("Transpose", ["a"], ["b"], perm=[0, 1, 4, 2, 5, 3]), node("Reshape", ["b", "t"], ["c"]),
        node("Conv", ["c", "w"], ["y"]),
    ]  # fmt: skip
    constants = [integers("s", [1, 1, 2, 2, 8, 8]), integers("t", [1, 1, 16, 16]), weights("w", [1, 1, 1, 1])]
    found = network(tmp_path, nodes, constants)
    first = found.items[0]
    assert (first.op, first.shape) == ("pixel_shuffle", Shape(1, (16, 16)))


def test_a_channels_last_linear_layer_is_a_1x1_convolution(tmp_path: Path) -> None:
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[0, 2, 3, 1]),
        node("MatMul", ["t", "w"], ["m"]),
        node("Add", ["m", "b"], ["n"]),
        node("Transpose", ["n"], ["y"], perm=[0, 3, 1, 2]),
    ]
    found = network(tmp_path, nodes, [weights("w", [4, 10]), weights("b", [10])])
    assert [(one.op, one.shape, one.given("bias")) for one in found.items] == [
        ("conv", Shape(10, (8, 8)), True)
    ]


def test_height_and_width_exchanged_are_refused(tmp_path: Path) -> None:
    nodes = [node("Transpose", ["x"], ["t"], perm=[0, 1, 3, 2]), node("Conv", ["t", "w"], ["y"])]
    found = refusal(tmp_path, nodes, [weights("w", [2, 4, 1, 1])], shape=(1, 4, 8, 6))
    assert found == [("Conv", "Conv: the axes of its input 1x4x6x8 are in no order that a spec has")]


def test_strided_slices_of_windows_are_no_pixel_unshuffle(tmp_path: Path) -> None:
    """As in a Swin block: positions are split into windows that stay positions."""
    nodes = [
        node("Reshape", ["x", "s"], ["a"]),
        node("Transpose", ["a"], ["b"], perm=[0, 2, 4, 1, 3, 5]),
        node("Reshape", ["b", "t"], ["c"]),
        node("Conv", ["c", "w"], ["y"]),
    ]
    constants = [integers("s", [1, 4, 4, 2, 4, 2]), integers("t", [16, 4, 2, 2]), weights("w", [1, 4, 1, 1])]
    assert refusal(tmp_path, nodes, constants)[0][0] == "Conv"


# Shape arithmetic


def test_a_flatten_by_computed_shapes_is_a_flatten(tmp_path: Path) -> None:
    nodes = [
        node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"], axis=0), node("Unsqueeze", ["n", "axes"], ["u"]),
        node("Concat", ["u", "rest"], ["t"], axis=0), node("Reshape", ["x", "t"], ["f"]), node("Gemm", ["f", "w", "b"], ["y"], transB=1),
    ]  # fmt: skip
    constants = [integers("axes", [0]), integers("rest", [-1]), weights("w", [10, 256]), weights("b", [10])]
    zero = integers("zero", [0])[2:]  # a number, not a list
    assert ops(network(tmp_path, nodes, [*constants, zero])) == ["flatten", "linear"]


@pytest.mark.parametrize(
    ("computed", "sizes"),
    [
        ([node("Clip", ["n", "low", "high"], ["s"])], (2, 16, 8)),  # of -3, 20 and 8
        ([node("ReduceMax", ["m", "first"], ["s"], keepdims=0)], (4, 16, 4)),  # of 4, 1, 4 and 1, 16, -2
        ([node("ReduceSum", ["m", "second"], ["r"]), node("Concat", ["r", "m"], ["c"], axis=1), node("Gather", ["c", "zero"], ["s"], axis=0)], (9, 4, 1, 4)),
        ([node("ReduceMean", ["m", "second"], ["s"], keepdims=0)], (3, 5)),
        ([node("Tile", ["first", "two"], ["z"]), node("Concat", ["n", "z"], ["s"], axis=0)], (-3, 20, 8, 0, 0)),
    ],
)  # fmt: skip
def test_shapes_are_computed_as_onnx_computes_them(
    computed: list[bytes], sizes: tuple[int, ...], tmp_path: Path
) -> None:
    matrix = number(1, 2) + number(1, 3) + integers("m", [4, 1, 4, 1, 16, -2])[2:]
    constants = [
        integers("n", [-3, 20, 8]), integers("low", [2])[2:], integers("high", [16])[2:], integers("first", [0]),
        integers("second", [1]), integers("zero", [0])[2:], integers("two", [2]), matrix,
    ]  # fmt: skip
    path = written(tmp_path, graph(computed, {"x": (1,)}, ("s",), constants), 18)
    translation = Translation(read_model(path), path, partial=False)
    walk(translation, translation.model.graph)
    held = translation.held["s"]
    assert isinstance(held, Constant)
    assert held.values == sizes


def test_open_sizes_stay_open_where_the_layers_do_not_depend_on_them(tmp_path: Path) -> None:
    found = network(
        tmp_path,
        [node("Conv", ["x", "w"], ["a"]), node("GlobalAveragePool", ["a"], ["y"])],
        [weights("w", [8, 4, 3, 3])],
        shape=("n", 4, "h", "w"),
    )
    assert found.inputs == (("x", Shape(4, (None, None))),)
    assert found.items[0].shape == Shape(8, (None, None))


def test_open_sizes_that_a_layer_depends_on_are_asked_for(tmp_path: Path) -> None:
    nodes = [node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w"], ["y"])]
    constants = [weights("w", [256, 10])]
    assert refusal(tmp_path, nodes, constants, shape=("n", 4, "h", "w"))[0][0] == "Gemm"
    assert ops(
        network(tmp_path, nodes, constants, shape=("n", 4, "h", "w"), sizes={"": Shape(4, (8, 8))})
    ) == ["flatten", "linear"]


# Refusals


def test_everything_unknown_is_named_once_in_one_run(tmp_path: Path) -> None:
    nodes = [
        node("NonZero", ["x"], ["a"]),
        node("NonZero", ["x"], ["b"]),
        node("Relu", ["a"], ["c"]),
        node("Einsum", ["x"], ["d"]),
    ]
    with pytest.raises(Refused) as raised:
        network(tmp_path, nodes, outputs=("b", "c", "d"))
    assert [(one.operator, one.times) for one in raised.value.problems] == [("NonZero", 2), ("Einsum", 1)]


def test_an_attribute_that_is_not_known_is_refused(tmp_path: Path) -> None:
    found = refusal(tmp_path, [node("Conv", ["x", "w"], ["y"], novelty=1)], [weights("w", [8, 4, 3, 3])])
    assert found == [("Conv", "attribute `novelty` is not understood")]


@pytest.mark.parametrize(
    ("operator", "reason"),
    [
        ("Relu", "input 1 (`b`) is not understood"),
        ("Flatten", "input 1 (`b`) is not understood"),
        ("GlobalMaxPool", "input 1 (`b`) is not understood"),
    ],
)
def test_an_input_that_an_operator_has_not_is_refused(tmp_path: Path, operator: str, reason: str) -> None:
    """What is computed for it would be missing from the spec."""
    nodes = [
        node("Conv", ["x", "w"], ["b"]),
        node(operator, ["x", "b"], ["y"]),
    ]
    assert refusal(tmp_path, nodes, [weights("w", [8, 4, 3, 3])]) == [(operator, reason)]


@pytest.mark.parametrize("operator", ["Add", "Mul", "Sub", "Div"])
def test_an_operator_of_two_that_has_one_input_is_refused(tmp_path: Path, operator: str) -> None:
    reason = "input 1 is missing"
    assert refusal(tmp_path, [node(operator, ["x"], ["y"])]) == [(operator, reason)]
    # also within what is written for an activation or a normalization
    nodes = [node(operator, ["x"], ["a"]), node("Mul", ["a", "v"], ["m"]), node("Add", ["m", "v"], ["y"])]
    assert refusal(tmp_path, nodes, [weights("v", [4, 1, 1])]) == [(operator, reason)]


@pytest.mark.parametrize("operator", ["Conv", "ConvTranspose"])
@pytest.mark.parametrize("dims", [[8], [8, 4]])
def test_a_weight_without_a_spatial_axis_is_refused(tmp_path: Path, operator: str, dims: list[int]) -> None:
    reason = f"the weight has the shape {dims}, without a spatial axis"
    found = refusal(tmp_path, [node(operator, ["x", "w"], ["y"])], [weights("w", dims)])
    assert found == [(operator, reason)]


def test_a_slice_with_more_ends_than_axes_is_refused(tmp_path: Path) -> None:
    cut = [integers("s", [0]), integers("e", [3, 3]), integers("a", [2])]
    found = refusal(tmp_path, [node("Slice", ["x", "s", "e", "a"], ["y"])], cut)
    assert found == [("Slice", "`starts`, `ends`, `axes` and `steps` are not as many as each other")]


def test_vectors_of_another_number_than_the_channels_are_refused(tmp_path: Path) -> None:
    one = [weights("g", [1])]
    norm = node("LayerNormalization", ["x", "g"], ["y"], axis=-1)
    found = refusal(tmp_path, [norm], one, shape=(1, 4))
    assert found == [("LayerNormalization", "gamma or beta is of 1, for 4 channels")]
    (problem,) = refusal(tmp_path, [node("InstanceNormalization", ["x", "g", "g"], ["y"])], one)
    assert problem == ("InstanceNormalization", "it is of 1 channels, its input is 1x4x8x8")


@pytest.mark.parametrize(("given", "found"), [({}, "missing"), ({"blocksize": -2}, "-2")])
def test_blocks_without_a_size_are_refused(tmp_path: Path, given: dict[str, Any], found: str) -> None:
    reason = f"attribute `blocksize` is {found}"
    assert refusal(tmp_path, [node("DepthToSpace", ["x"], ["y"], **given)]) == [("DepthToSpace", reason)]


def test_a_domain_that_is_not_known_is_refused(tmp_path: Path) -> None:
    found = refusal(tmp_path, [node("Relu", ["x"], ["y"], domain="own.ops")])
    assert found == [("own.ops.Relu", "domain `own.ops`")]


def test_every_file_of_operators_is_loaded() -> None:
    folder = Path(operators.__file__).parent
    for file in sorted(folder.glob("*.py")):
        if "@operator(" in file.read_text(encoding="utf-8"):
            assert file.stem in operators.FAMILIES, (
                f"add {file.stem} to FAMILIES in cnncalc/importers/onnx/operators.py"
            )


def test_a_softmax_over_positions_is_refused(tmp_path: Path) -> None:
    reason = "it works over the positions of the map"
    assert refusal(tmp_path, [node("Softmax", ["x"], ["y"], axis=3)]) == [("Softmax", reason)]
    assert refusal(tmp_path, [node("Softmax", ["x"], ["y"])]) == [("Softmax", reason)]
    assert ops(network(tmp_path, [node("Softmax", ["x"], ["y"], axis=1)])) == ["softmax"]
    older = [node("Softmax", ["x"], ["y"])]  # over all axes from the first on, before opset 13
    assert refusal(tmp_path, older, opset=11) == [("Softmax", reason)]
    assert ops(network(tmp_path, older, shape=(1, 4), opset=11)) == ["softmax"]


def test_an_opset_that_is_not_known_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, [node("Relu", ["x"], ["y"])], opset=99)[0][0] == "opset"


def test_what_is_not_understood_becomes_a_custom_where_the_file_states_its_shape(tmp_path: Path) -> None:
    body = graph(
        [node("NonZero", ["x"], ["a"]), node("Relu", ["a"], ["y"])],
        {"x": [1, 4, 8, 8]},
        ["y"],
        values={"a": [1, 2, 8, 8]},
    )
    found = read(Request(written(tmp_path, body), partial=True))
    assert [(one.op, one.shape) for one in found.items] == [
        ("custom", Shape(2, (8, 8))),
        ("relu", Shape(2, (8, 8))),
    ]
    assert [problem.operator for problem in found.unknown] == ["NonZero"]
    done = translated(found)
    assert (done.report.totals.params, done.report.totals.macs) == (0, None)
    assert done.report.layers[0].reasons == ("`custom_1` gives no `macs`",)
    assert "macs" not in done.text.splitlines()[-1], "what is not known is not expected"


def test_what_a_node_counted_before_it_was_not_understood_is_counted_once(tmp_path: Path) -> None:
    body = graph(
        [node("Conv", ["x", "w", "b"], ["a"], odd=1), node("Relu", ["a"], ["y"])],
        {"x": [1, 4, 8, 8]},
        ["y"],
        [weights("w", [6, 4, 3, 3]), weights("b", [6])],
        {"a": [1, 6, 6, 6]},
    )
    found = read(Request(written(tmp_path, body), partial=True))
    assert ops(found) == ["custom", "relu"]
    assert translated(found).report.totals.params == 6 * 4 * 9 + 6


def test_operators_after_what_is_not_understood_are_named_too(tmp_path: Path) -> None:
    nodes = [
        node("NonZero", ["x"], ["a"], "first"),
        node("Relu", ["a"], ["b"]),
        node("Mystery", ["b"], ["y"]),
    ]
    reason = "no such operator is known"
    assert refusal(tmp_path, nodes) == [("NonZero", reason), ("Mystery", reason)]
    body = graph(nodes, {"x": [1, 4, 8, 8]}, ["y"])
    with pytest.raises(Refused) as raised:
        read(Request(written(tmp_path, body), partial=True))
    first, second = raised.value.problems
    assert first.help is not None
    assert second.help is not None
    assert "`--partial` needs the shape of its result" in first.help
    assert second.help == "it comes after what is not understood"


def test_a_custom_reads_all_that_its_node_reads_and_gives_all_that_is_used(tmp_path: Path) -> None:
    body = graph(
        [
            node("Relu", ["x"], ["r"]),
            node("Mystery", ["r", "x", "w"], ["a", "b", "c"]),
            node("Add", ["a", "b"], ["y"]),
        ],
        {"x": [1, 4, 8, 8]},
        ["y"],
        [weights("w", (3, 5))],
        values={"a": [1, 2, 8, 8], "b": [1, 2, 8, 8], "c": [1]},
    )
    found = read(Request(written(tmp_path, body), partial=True))
    customs = [one for one in found.items if one.op == "custom"]
    assert [(one.inputs, one.arguments["params"]) for one in customs] == [(("r", "x"), 15), (("r", "x"), 0)]
    report = translated(found).report
    assert report.totals.params == 15
    assert report.main is not None
    assert report.main.field.is_global


@pytest.mark.parametrize(
    ("nodes", "constants", "why"),
    [
        (
            [node("Split", ["x", "s"], ["y", "z"], axis=1)],
            [integers("s", [1, 1, 2])],
            "3 parts for 2 outputs",
        ),
        (
            [node("Split", ["x", "s"], ["y", "z"], axis=1)],
            [integers("s", [5, -1])],
            "parts [5, -1] of 4 channels",
        ),
        (
            [node("Split", ["x"], ["y", "z"], axis=1, num_outputs=4)],
            [],
            "attribute `num_outputs` is 4 for 2 outputs",
        ),
        ([node("Gemm", ["x", "w"], ["y"])], [weights("w", [4])], "the weight has the shape [4]"),
        (
            [node("Gemm", ["x", "w"], ["y"], transB=1)],
            [weights("w", [8, 8, 1])],
            "the weight has the shape [8, 8, 1]",
        ),
    ],
)
def test_inputs_that_contradict_the_operator_are_refused(
    tmp_path: Path, nodes: list[bytes], constants: list[bytes], why: str
) -> None:
    assert [reason for _, reason in refusal(tmp_path, nodes, constants)] == [why]


def test_what_does_not_fit_at_a_size_that_was_tried_is_said_to_be_so(tmp_path: Path) -> None:
    nodes = [node("Conv", ["x", "w"], ["c"]), node("Add", ["c", "p"], ["y"])]
    given = [weights("w", [4, 4, 1, 1]), weights("p", [4, 8, 8])]
    with pytest.raises(Refused) as raised:
        network(tmp_path, nodes, given, shape=(1, 4, "h", "w"))
    (problem,) = raised.value.problems
    assert problem.help == "the size of `x` is open, and 224x288 was tried: pass --input with its size"
    found = network(tmp_path, nodes, given, shape=(1, 4, "h", "w"), sizes={"": Shape(4, (8, 8))})
    assert ops(found) == ["conv", "shift"]


@pytest.mark.parametrize("width", [1, 4])
def test_a_shortcut_that_the_body_is_spread_over_is_written_out(width: int, tmp_path: Path) -> None:
    nodes = [
        node("Conv", ["x", "v"], ["a"]),
        node("Conv", ["x", "w"], ["b"]),
        node("Add", ["a", "b"], ["y"]),
    ]
    given = [weights("v", [width, 2, 1, 1]), weights("w", [4, 2, 1, 1])]
    found = network(tmp_path, nodes, given, shape=(1, 2, 8, 8))
    assert translated(found).agreement.params == 2 * width + 2 * 4
    assert ("shortcut: {project:" in translated(found).text) == (width == 4)
