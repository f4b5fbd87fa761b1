"""The words of language 1.1: sizes, counts and messages by hand, receptive fields unit by unit."""

from __future__ import annotations

import json
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.checks.expectations import check
from tests.language.refusing import found_in

Items = list[Any]


def report_of(layers: Items, input: Any = (8, 12, 10), **keys: Any) -> Report:
    (model,) = cnncalc.loads(json.dumps({"input": input, "layers": layers, **keys}))
    report = cnncalc.analyze(model)
    assert report.failed is None, report.diagnostics
    return report


def last_of(layers: Items, input: Any = (8, 12, 10), **keys: Any) -> LayerReport:
    return report_of(layers, input, **keys).layers[-1]


def refused(layers: Items, input: Any = (8, 12, 10), **keys: Any) -> tuple[str, str, str | None]:
    """Code, message and help of the one error."""
    models = cnncalc.loads(json.dumps({"input": input, "layers": layers, **keys}))
    (error,) = cnncalc.analyze(models[0]).diagnostics
    return error.code, error.message, error.help


FUNCTIONS = (
    *("square", "sqrt", "rsqrt", "exp", "log", "abs", "neg", "softplus", "softsign", "hardtanh", "celu"),
    *("logsigmoid", "tanhshrink", "drop_path", "pow", "l2norm"),
)


@pytest.mark.parametrize("word", FUNCTIONS)
def test_a_function_of_each_element_keeps_all(word: str) -> None:
    layer = last_of([{"conv3x3": 8}, word])
    assert layer.shape.axes == (8, 10, 8)
    assert (layer.params, layer.buffers, layer.macs) == (0, 0, 0)
    assert layer.field.size == (3, 3)


@pytest.mark.parametrize("word", ["square", "softplus", "logsigmoid", {"hardtanh": {"low": 0, "high": 20}}])
def test_functions_are_activations(word: Any) -> None:
    assert last_of([{"conv3x3": {"out": 4, "act": word}}]).shape.axes == (4, 10, 8)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("hardtanh: {low: 2, high: 1}", "a range from 2 to 1 is empty"),
        ("celu: 0", "an alpha of 0 divides by zero"),
        ("drop_path: 1.5", "the rate 1.5 is outside 0 .. 1"),
        ("squeeze: -1", "-1 is below the smallest possible value, 0"),
        ("custom: {shape: [4, 0], params: 0}", "0 is below the smallest possible value, 1"),
        ("custom: {shape: [4, 2, 2], out: 4}", "both `out: 4` and `shape: [4, 2, 2]` give the channels"),
        ("custom: {kernel: 3, rf: all}", "`rf: all` beside a kernel or a stride"),
    ],
)
def test_arguments_out_of_range_are_refused(item: str, message: str) -> None:
    ((_, place, found, help),) = found_in(f"input: [8, 12, 10]\nlayers:\n  - {item}\n")
    assert found == message
    assert place.startswith("3:")
    assert help is None or help


# Channels


@pytest.mark.parametrize(("word", "channels"), [("channel_mean", 1), ("channel_max", 1), ("glu", 4)])
def test_channel_words(word: str, channels: int) -> None:
    layer = last_of([{"conv3x3": 8}, word])
    assert layer.shape.axes == (channels, 10, 8)
    assert layer.field.size == (3, 3)


def test_an_odd_number_has_no_halves() -> None:
    assert refused(["glu"], (7, 4, 4)) == (
        "E302",
        "7 channels cannot be divided into 2 halves",
        "multiples of 2 near it: 6, 8",
    )


# Joins


@pytest.mark.parametrize("op", ["add", "sub", "mul", "div", "max"])
@pytest.mark.parametrize(
    ("small", "note"),
    [
        ((1, 12, 10), "one channel"),
        ((8, 1, 10), "one row"),
        ((8, 12, 1), "one column"),
        ((1, 1, 10), "one channel, one row"),
        ((8, 1, 1), "a point"),
        ((1, 1, 1), "one number"),
        ((8, 12, 10), "all"),
    ],
)
def test_arithmetic_spreads_what_has_size_1(op: str, small: tuple[int, ...], note: str) -> None:
    layer = last_of([{op: ["a", "b"]}], {"a": [8, 12, 10], "b": list(small)})
    assert layer.shape.axes == (8, 12, 10), note
    assert last_of([{op: ["b", "a"]}], {"a": [8, 12, 10], "b": list(small)}).shape.axes == (8, 12, 10)


def test_two_that_spread_each_other() -> None:
    assert last_of([{"mul": ["a", "b"]}], {"a": [8, 12, 1], "b": [1, 1, 10]}).shape.axes == (8, 12, 10)


@pytest.mark.parametrize("small", [(8, 2, 10), (4, 12, 10), (8, 12, 5)])
def test_other_sizes_are_not_spread(small: tuple[int, ...]) -> None:
    code, message, _ = refused([{"add": ["a", "b"]}], {"a": [8, 12, 10], "b": list(small)})
    assert code == "E303"
    assert message.startswith("cannot join `a` (8x12x10) and `b` (")


def test_a_row_of_means_is_seen_by_its_column_alone() -> None:
    """Coordinate attention: a gate pooled along one axis makes that axis global, the other keeps its field."""
    layer = last_of([{"conv3x3": 8}, {"mul": {"gate": [{"avgpool": [10, 1]}], "map": []}}])
    y, x = layer.field.axes
    assert (y.is_global, x.is_global) == (True, False)
    assert layer.field.size == (3, 3)


def test_cbam_gates_can_be_written() -> None:
    spatial = [
        {"concat": [["channel_mean"], ["channel_max"]]},
        {"conv7x7": {"out": 1, "padding": 3}},
        "sigmoid",
    ]
    report = report_of([{"mul": {"gate": spatial, "map": []}}])
    assert report.totals.params == 2 * 49 + 1
    assert report.layers[-1].shape.axes == (8, 12, 10)
    assert report.layers[-1].field.size == (7, 7)


# Norms, factors, offsets


@pytest.mark.parametrize(
    ("item", "weights", "biases", "buffers"),
    [
        ({"bn": {"gamma": False}}, 0, 8, 16),
        ({"bn": {"beta": False}}, 8, 0, 16),
        ({"bn": {"scale": False}}, 0, 0, 16),
        ({"bn": {"scale": False, "beta": True}}, 0, 8, 16),
        ({"gn": {"groups": 4, "beta": False}}, 8, 0, 0),
        ({"ln": {"gamma": False}}, 0, 8, 0),
        ({"ln": {"beta": False}}, 8, 0, 0),
        ({"instance_norm": {"affine": True, "beta": False}}, 8, 0, 0),
        ({"instance_norm": {"beta": True}}, 0, 8, 0),
        ("scale", 8, 0, 0),
        ({"scale": {"per_channel": False}}, 1, 0, 0),
        ({"scale": {"per_channel": False, "bias": True}}, 1, 1, 0),
        ("shift", 0, 8, 0),
        ({"shift": {"per_channel": False}}, 0, 1, 0),
        ({"shift": {"per_position": True}}, 0, 8 * 12 * 10, 0),
        ({"shift": {"per_position": True, "per_channel": False}}, 0, 12 * 10, 0),
    ],
)
def test_factors_and_offsets(item: Any, weights: int, biases: int, buffers: int) -> None:
    layer = last_of([item])
    assert (layer.weights, layer.biases, layer.buffers) == (weights, biases, buffers)
    assert layer.shape.axes == (8, 12, 10)


def test_offsets_per_position_need_the_size() -> None:
    layer = last_of([{"shift": {"per_position": True}}], [8, "any", 10])
    assert layer.biases is None
    assert layer.reasons == ("needs the input size: add `input: ...` or pass --input",)


# Fixed and frozen


@pytest.mark.parametrize(
    ("item", "buffers", "macs"),
    [
        ({"depthwise3x3": {"learned": False, "stride": 2}}, 8 * 9, 8 * 9 * 5 * 4),
        ({"conv3x3": {"out": 4, "learned": False}}, 4 * 8 * 9, 4 * 8 * 9 * 10 * 8),
        ({"conv3x3": {"out": 4, "learned": False, "bias": True}}, 4 * 8 * 9 + 4, 4 * 8 * 9 * 10 * 8),
        ({"conv_transpose2x2": {"out": 4, "learned": False, "stride": 2}}, 4 * 8 * 4, 4 * 8 * 4 * 12 * 10),
    ],
)
def test_fixed_weights_are_buffers(item: Any, buffers: int, macs: int) -> None:
    layer = last_of([item])
    assert (layer.params, layer.buffers, layer.macs) == (0, buffers, macs)


def test_all_weights_of_a_fixed_shorthand_are_buffers() -> None:
    report = report_of([{"separable3x3": {"out": 4, "learned": False, "norm": "bn"}}])
    assert (report.totals.params, report.totals.buffers) == (8, 8 * 9 + 8 * 4 + 8)
    assert report.totals.macs == 8 * 9 * 10 * 8 + 8 * 4 * 10 * 8
    report = report_of([{"deform_conv3x3": {"out": 4, "learned": False}}])
    offsets = 18 * 8 * 9
    assert (report.totals.params, report.totals.buffers) == (0, 4 * 8 * 9 + offsets)


def test_the_parameters_of_a_fixed_custom_operation_are_buffers() -> None:
    given = {"params": 7, "macs": 5, "buffers": 2}
    layer = last_of([{"custom": given}])
    assert (layer.params, layer.buffers) == (7, 2)
    layer = last_of([{"custom": {**given, "learned": False}}])
    assert (layer.params, layer.buffers, layer.macs) == (0, 9, 5)
    layer = last_of([{"custom": {"learned": False, "macs": 5}}])
    assert (layer.params, layer.buffers) == (0, None)


def test_a_fixed_linear_layer() -> None:
    layer = last_of(["flatten", {"linear": {"out": 5, "learned": False}}])
    assert (layer.params, layer.buffers, layer.macs) == (0, 960 * 5, 960 * 5)


def test_frozen_parameters_are_counted_but_not_trainable() -> None:
    report = report_of([{"conv3x3": {"out": 4, "norm": "bn"}, "frozen": True}, {"conv1x1": 2}])
    assert report.totals.params == 4 * 8 * 9 + 8 + 10
    assert report.totals.trainable == 10
    assert [layer.trainable for layer in report.layers] == [0, 0, 10]
    assert report.totals.buffers == 8


def test_a_frozen_block_freezes_all_in_it() -> None:
    blocks = {
        "unit": {
            "params": ["c"],
            "layers": [{"residual": {"body": [{"conv1x1": "c"}], "shortcut": "project"}}],
        }
    }
    report = report_of([{"unit": 4, "frozen": True, "repeat": 2}, {"conv1x1": 2}], blocks=blocks)
    assert report.totals.trainable == 4 * 2 + 2
    assert report.totals.params == report.totals.trainable + (8 * 4 + 4) + (8 * 4 + 8) + (4 * 4 + 4)


def test_trainable_is_an_expectation_of_its_own() -> None:
    spec = {
        "input": [8, 4, 4],
        "layers": [{"conv1x1": 4, "frozen": True}],
        "expect": {"trainable": 0, "params": 36},
    }
    (model,) = cnncalc.loads(json.dumps(spec))
    assert all(finding.ok for finding in check(model))


def test_frozen_is_true_or_false() -> None:
    ((code, place, message, _),) = found_in("input: [8, 4, 4]\nlayers:\n  - conv1x1: 4\n    frozen: 3\n")
    assert (code, place, message) == ("E105", "4:13", "expected true or false, found `3`")


def test_a_block_may_have_the_name_of_a_newer_word() -> None:
    """Files of version 1 keep their meaning."""
    for word in ("squeeze", "frozen", "max"):
        blocks = {word: {"params": ["c"], "layers": [{"conv1x1": "c"}]}}
        assert last_of([{word: 3}], blocks=blocks).shape.axes == (3, 12, 10)


# Pools, axes


def test_the_global_norm_pool() -> None:
    layer = last_of([{"global_lppool": {"power": 3}}])
    assert layer.shape.axes == (8, 1, 1)
    assert layer.field.is_global


@pytest.mark.parametrize(
    ("input", "item", "shape"),
    [
        ([512, 1, 40], "squeeze", (512, 40)),
        ([512, 1, 40], {"squeeze": 0}, (512, 40)),
        ([512, 40, 1], {"squeeze": 1}, (512, 40)),
        ([512, 1, 1], "squeeze", (512,)),
        ([512, 1, 1], {"squeeze": 1}, (512, 1)),
        ([512, 3, 4], "squeeze", (512, 3, 4)),
        ([512, "any", 40], {"squeeze": 0}, (512, 40)),
        ([512, 5, 1, 4], "squeeze", (512, 5, 4)),
    ],
)
def test_squeeze(input: Any, item: Any, shape: tuple[int, ...]) -> None:
    assert last_of([item], input).shape.axes == shape


def test_what_squeeze_refuses() -> None:
    assert refused([{"squeeze": 0}])[1] == "axis 0 of 8x12x10 has size 12, only size 1 can be left out"
    assert refused([{"squeeze": 2}])[1] == "there is no axis 2: 8x12x10 has the spatial axes 0 to 1"
    assert refused(["squeeze"], [8, "any", 10])[1] == "which axes of 8x?x10 have size 1 is not known"
    assert refused(["flatten", "squeeze"])[0] == "E306"


def test_behind_squeeze_each_axis_keeps_its_field() -> None:
    """The height is seen as the one row saw it, the width goes on as before."""
    layer = last_of([{"conv3x3": {"out": 4, "padding": 1}}, {"avgpool": [12, 1]}, "squeeze", {"conv3": 5}])
    assert layer.shape.axes == (5, 8)
    y, x = layer.field.axes
    assert {y.at(unit) for unit in range(8)} == {(-1, 12)}
    assert [x.at(unit) for unit in range(8)] == [(unit - 1, unit + 3) for unit in range(8)]


def test_joins_behind_squeeze_agree() -> None:
    branch = [{"avgpool": [12, 1]}, "squeeze"]
    layer = last_of(
        [{"add": [branch, [{"maxpool": [12, 1]}, "squeeze", {"conv3": {"out": 8, "padding": 1}}]]}]
    )
    assert layer.shape.axes == (8, 10)
    assert layer.field.axes[1].at(4) == (3, 5)
    assert layer.field.axes[0].at(4) == (0, 11)


# Causal padding


@pytest.mark.parametrize("op", ["conv", "depthwise", "maxpool", "avgpool", "unfold"])
def test_causal_padding_never_reads_ahead(op: str) -> None:
    more = {"out": 3} if op == "conv" else {}
    dilation = {} if op == "avgpool" else {"dilation": 3}
    layer = last_of([{op: {"kernel": 4, "stride": 1, "padding": "causal", **dilation, **more}}], [8, 20])
    reach = 3 if op == "avgpool" else 9
    assert layer.shape.sizes == (20,)
    assert [layer.field.axes[0].at(unit) for unit in (0, 7, 19)] == [
        (-reach, 0),
        (7 - reach, 7),
        (19 - reach, 19),
    ]


def test_causal_padding_with_a_stride_is_that_of_keras() -> None:
    assert last_of([{"conv3": {"out": 2, "stride": 2, "padding": "causal"}}], [8, 20]).shape.sizes == (10,)


def test_a_transposed_convolution_has_no_causal_padding() -> None:
    item = {"conv_transpose4": {"out": 2, "stride": 2, "padding": "causal"}}
    assert refused([item], [8, 20]) == (
        "E305",
        "pytorch has no padding `causal` for transposed convolutions",
        "cut what reads ahead off the end: `padding: [[0, 2]]`",
    )


# Projections


@pytest.mark.parametrize(
    ("project", "params"),
    [
        ("project", 8 * 4 + 8),
        ({"project": {"bias": True}}, 8 * 4 + 4 + 8),
        ({"project": {"bias": True, "norm": "none"}}, 8 * 4 + 4),
        ({"project": {"norm": "none"}}, 8 * 4),
        ({"project": {"norm": {"gn": 2}}}, 8 * 4 + 8),
        ({"project": None}, 8 * 4 + 8),
    ],
)
def test_a_projection_has_what_is_said(project: Any, params: int) -> None:
    body = [{"conv1x1": {"out": 4, "bias": False, "stride": 2}}]
    report = report_of([{"residual": {"body": body, "shortcut": project}}])
    assert report.totals.params == 8 * 4 + params


@pytest.mark.parametrize(
    ("project", "message"),
    [
        ("{project: {act: relu}}", "unknown argument of project `act`"),
        ("{project: 3}", "expected bias and norm of the projection, found `3`"),
        ("{project: {norm: relu}}", "unknown norm `relu`"),
        ("{projct: {}}", "expected a shortcut, found a mapping"),
    ],
)
def test_what_a_projection_is_not(project: str, message: str) -> None:
    spec = f"input: [8, 4, 4]\nlayers:\n  - residual: {{body: [conv1x1: 4], shortcut: {project}}}\n"
    ((_, place, found, _),) = found_in(spec)
    assert found == message
    assert place.startswith("3:")


# Custom


def test_custom_with_dilation_and_buffers() -> None:
    layer = last_of([{"custom": {"kernel": 3, "dilation": 2, "params": 5, "macs": 6, "buffers": 7}}])
    assert layer.shape.axes == (8, 8, 6)
    assert (layer.params, layer.macs, layer.buffers) == (5, 6, 7)
    assert layer.field.size == (5, 5)


@pytest.mark.parametrize(
    ("arguments", "shape", "size"),
    [
        ({"rf": "all"}, (8, 12, 10), (None, None)),
        ({"rf": "unit"}, (8, 12, 10), (1, 1)),
        ({"shape": [3, 6, 5]}, (3, 6, 5), (None, None)),
        ({"shape": [3, 6, 5], "rf": "all"}, (3, 6, 5), (None, None)),
        ({"shape": [3, 12, 10], "rf": "unit"}, (3, 12, 10), (1, 1)),
        ({"shape": [3]}, (3,), (None, None)),
        ({"shape": [3, 7]}, (3, 7), (None, None)),
    ],
)
def test_custom_with_a_stated_output(arguments: Any, shape: tuple[int, ...], size: Any) -> None:
    layer = last_of([{"custom": {**arguments, "params": 0, "macs": 0}}])
    assert layer.shape.axes == shape
    assert layer.field.size == size
    assert layer.field.is_global == (arguments.get("rf") == "all")
    assert (layer.field.reason is None) == ("rf" in arguments)


def test_custom_reads_the_tensors_that_it_names() -> None:
    layers = [
        {"conv3x3": {"out": 4, "padding": 1}, "name": "a"},
        {"conv5x5": {"out": 6, "padding": 2}, "name": "b"},
        "relu",
        {"custom": {"inputs": ["a", "b"], "kernel": 3, "padding": 1, "params": 0, "macs": 0}},
    ]
    layer = last_of(layers)
    assert layer.inputs == ("a", "b")
    assert layer.shape.axes == (4, 12, 10)
    assert layer.field.size == (9, 9), "b sees 7, and 2 more by the window"


def test_custom_with_inputs_of_other_sizes_must_say_how_they_are_read() -> None:
    layers: Items = [
        {"maxpool2x2": {}, "name": "a"},
        {"custom": {"inputs": ["input", "a"], "params": 0, "macs": 0}},
    ]
    assert refused(layers) == (
        "E303",
        "custom reads 8x12x10 and 8x6x5 by windows: the sizes differ",
        "bring them to one size, or write `rf: all`",
    )
    layers[1]["custom"]["rf"] = "all"
    assert last_of(layers).field.is_global


def test_custom_that_keeps_its_place_keeps_its_size() -> None:
    code, message, _ = refused([{"custom": {"shape": [3, 6, 5], "rf": "unit", "params": 0, "macs": 0}}])
    assert (code, message) == ("E303", "`rf: unit` keeps the sizes, but 8x12x10 becomes 3x6x5")


# Attention and tokens


@pytest.mark.parametrize(
    ("arguments", "params"),
    [
        ({"heads": 2}, 4 * 64 + 4 * 8),
        ({"heads": 2, "bias": False}, 4 * 64 + 8),
        ({"heads": 2, "out_bias": False}, 4 * 64 + 3 * 8),
        ({"heads": 2, "project": False}, 3 * 64 + 3 * 8),
        ({"heads": 2, "head": 3}, 2 * 8 * 6 + 2 * 8 * 6 + 3 * 6 + 8),
        ({"heads": 2, "head": 3, "value": 5}, 2 * 8 * 6 + 2 * 8 * 10 + 2 * 6 + 10 + 8),
        ({"heads": 2, "window": 4, "position": "table"}, 4 * 64 + 4 * 8 + 7 * 7 * 2),
        ({"heads": 2, "position": "table"}, 4 * 64 + 4 * 8 + 23 * 19 * 2),
        ({"heads": 2, "position": "axes"}, 4 * 64 + 4 * 8 + (23 + 19) * 4),
    ],
)
def test_what_attention_learns(arguments: Any, params: int) -> None:
    assert last_of([{"attention": arguments}]).params == params


def test_the_products_of_attention() -> None:
    layer = last_of([{"attention": {"heads": 2, "head": 3, "value": 5}}])
    count = 12 * 10
    assert layer.macs == count * 8 * (6 + 6 + 10) + count * 10 * 8 + count * count * (6 + 10)


def test_without_projection_the_values_come_out() -> None:
    assert last_of([{"attention": {"heads": 2, "value": 5, "project": False}}]).shape.axes == (10, 12, 10)


def test_attention_sees_all_and_a_block_sees_itself() -> None:
    assert last_of([{"attention": 2}]).field.is_global
    y, x = last_of([{"attention": {"heads": 2, "window": [4, 5], "shift": [1, 0]}}]).field.axes
    assert [y.at(unit) for unit in (0, 1, 4, 5, 11)] == [(-3, 0), (1, 4), (1, 4), (5, 8), (9, 12)]
    assert [x.at(unit) for unit in (0, 4, 5, 9)] == [(0, 4), (0, 4), (5, 9), (5, 9)]


def test_two_shifted_blocks_reach_into_each_other() -> None:
    windows = [{"attention": {"heads": 2, "window": 4, "shift": shift}} for shift in (0, 2)]
    (axis,) = last_of(windows, [8, 16]).field.axes
    assert [axis.at(unit) for unit in (2, 5, 6)] == [(0, 7), (0, 7), (4, 11)]


def test_attention_to_another_tensor_keeps_its_own_field_beside_all_of_it() -> None:
    layers = [{"conv3x3": {"out": 8, "padding": 1}}, {"attention": {"heads": 2, "kv": "input"}}]
    layer = last_of(layers)
    assert layer.field.size == (3, 3)
    assert layer.field.is_global


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"heads": 3}, "8 channels cannot be divided into 3 heads"),
        ({"heads": 2, "window": 4, "shift": 4}, "a shift of 4 is not smaller than the window 4"),
        ({"heads": 2, "window": [4, 4, 4]}, "window 4x4x4 has 3 values, the map has 2 spatial axes"),
    ],
)
def test_attention_that_does_not_fit(arguments: Any, message: str) -> None:
    assert refused([{"attention": arguments}])[1].startswith(message.partition(",")[0])


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("attention: {heads: 2, shift: 3}", "a shift of 3 needs a `window`"),
        (
            "attention: {heads: 2, kv: input, window: 4}",
            "blocks of positions of two tensors do not correspond",
        ),
        (
            "attention: {heads: 2, kv: input, position: table}",
            "`position: table` is about offsets within one tensor, `kv` names another",
        ),
        ("attention: {heads: 2, kv: nobody}", "no earlier tensor is named `nobody`"),
        ("attention: {}", "attention needs `heads`: heads"),
        ("attention: {heads: 0}", "0 is below the smallest possible value, 1"),
        ("eca: 4", "a kernel of 4 channels has no middle"),
        ("tokens: {extra: -1}", "-1 is below the smallest possible value, 0"),
        ("to_map: [1, 2, 3, 4]", "4 axes are more than a map has, 3"),
        ("token: 0", "token works on positions along one axis, its input is 8x12x10"),
        ("to_map: [12, 10]", "to_map works on positions along one axis, its input is 8x12x10"),
        ("lstm: 4", "lstm works on a sequence of one axis, its input is 8x12x10"),
        ("lstm: {units: 4}", "unknown argument of lstm `units`"),
        ("upsample: 0", "0 is no factor: it is above 0, at most 1,000,000,000,000"),
        ("upsample: fast", "unknown name `fast`"),
        (
            "upsample: {factor: 2, align_corners: true}",
            "`align_corners` says where interpolated values lie, the mode is nearest",
        ),
        (
            "crop_to: {target: input, offset: [1, 1], align: true}",
            "both `offset` and `align` say where to cut",
        ),
        ("crop_to: {target: input, offset: [1, 1]}", "a map of size 12 has no 12 positions from 1 on"),
        (
            "conv_transpose2x2: {out: 2, stride: 2, size: 24, output_padding: 1}",
            "both `size` and `output_padding: 1` say what comes out",
        ),
        (
            "conv_transpose2x2: {out: 2, stride: 2, size: 30}",
            "a transposed convolution of size 12 makes no 30 positions",
        ),
        ("deform_conv3x3: {out: 4, offset_groups: 0}", "0 is below the smallest possible value, 1"),
        ("linear: 4", "linear reads a vector, its input is a map of 8x12x10: pytorch flattens nothing"),
    ],
)
def test_bad_input_to_the_new_words_is_located(item: str, message: str) -> None:
    found = found_in(f"input: [8, 12, 10]\nlayers:\n  - {item}\n")
    assert message in [one[2] for one in found]
    assert all(one[1].startswith("3:") for one in found)


def test_tokens_and_back() -> None:
    layers: Items = [
        {"conv2x2": {"out": 4, "stride": 2}},
        "tokens",
        {"to_map": [6, 5]},
        {"conv3x3": {"out": 2, "padding": 1}},
    ]
    report = report_of(layers)
    assert [layer.shape.axes for layer in report.layers] == [(4, 6, 5), (4, 30), (4, 6, 5), (2, 6, 5)]
    y, x = report.layers[1].field.axes
    assert [y.at(unit) for unit in (0, 4, 5, 29)] == [(0, 1), (0, 1), (2, 3), (10, 11)]
    assert [x.at(unit) for unit in (0, 4, 5, 29)] == [(0, 1), (8, 9), (0, 1), (8, 9)]
    written = last_of([layers[0], layers[3]])
    assert report.layers[-1].field.axes == written.field.axes


def test_the_numbers_of_a_vector_are_a_map() -> None:
    report = report_of(["flatten", {"linear": 48}, {"to_map": [4, 3]}, {"conv3x3": 2}])
    assert [layer.shape.axes for layer in report.layers] == [(960,), (48,), (4, 4, 3), (2, 2, 1)]
    assert report.layers[-1].field.is_global
    assert report.layers[-1].params == 9 * 4 * 2 + 2
    alone = report_of([{"linear": 48}, {"to_map": [4, 3]}, {"conv3x3": 2}], [10])
    assert [layer.shape.axes for layer in alone.layers] == [(48,), (4, 4, 3), (2, 2, 1)]
    assert refused(["flatten", {"to_map": [7, 3]}])[1] == (
        "960 numbers do not fill a map of 7x3 positions, 21 at a time"
    )
    assert refused(["flatten", {"to_map": {"size": [4, 3], "extra": 1}}])[1] == (
        "a vector of 960 has no tokens that could be left out"
    )


def test_a_line_read_in_other_rows_is_not_followed() -> None:
    layer = last_of(["tokens", {"to_map": [10, 12]}])
    assert layer.field.size == (None, None)
    assert layer.field.reason is not None


def test_class_tokens_see_nothing_and_the_others_their_place() -> None:
    report = report_of(["tokens", {"tokens": {"extra": 2}, "from": "input"}])
    layer = report.layers[-1]
    assert (layer.shape.axes, layer.params) == ((8, 122), 16)
    y, x = layer.field.axes
    assert [y.at(unit) for unit in (0, 1, 2, 12, 121)] == [None, None, (0, 0), (1, 1), (11, 11)]
    assert [x.at(unit) for unit in (0, 1, 2, 12, 121)] == [None, None, (0, 0), (0, 0), (9, 9)]
    back = last_of([{"tokens": {"extra": 2}}, {"to_map": {"size": [12, 10], "extra": 2}}])
    assert [back.field.axes[0].at(unit) for unit in (0, 5)] == [(0, 0), (5, 5)]


def test_one_token_is_a_vector() -> None:
    layer = last_of(["tokens", {"token": 23}])
    assert layer.shape.axes == (8,)
    assert [axis.at(0) for axis in layer.field.axes] == [(2, 2), (3, 3)]
    assert last_of([{"tokens": {"extra": 1}}, {"attention": 2}, {"token": 0}]).field.is_global
    assert refused(["tokens", {"token": 120}])[1] == "there is no token 120 among 120"


def test_the_last_token_is_that_of_any_length() -> None:
    layer = last_of(["tokens", {"token": -1}])
    assert [axis.at(0) for axis in layer.field.axes] == [(11, 11), (9, 9)]
    assert layer.field == last_of(["tokens", {"token": 119}]).field
    line: Items = ["global_avgpool", "tokens", {"token": -1}]
    assert last_of(line).field == last_of([*line[:-1], {"token": 0}]).field
    (found,) = found_in("input: [8, any]\nlayers:\n  - token: -2\n")
    assert found[2] == "-2 is below the smallest possible value, -1"
    (model,) = cnncalc.loads("input: [8, any]\nlayers:\n  - conv3: 4\n  - token: -1\n")
    layer = cnncalc.analyze(model).layers[-1]
    assert (layer.shape.axes, layer.field.size) == ((4,), (None,))


def test_tokens_in_three_dimensions() -> None:
    layer = last_of(["tokens"], [2, 3, 4, 5])
    assert layer.shape.axes == (2, 60)
    t, y, x = layer.field.axes
    for unit in range(60):
        assert (t.at(unit), y.at(unit), x.at(unit)) == (
            (unit // 20,) * 2,
            (unit // 5 % 4,) * 2,
            (unit % 5,) * 2,
        )


def test_an_unknown_size_leaves_the_tokens_unknown() -> None:
    layer = last_of(["tokens"], [2, "any", 5])
    assert layer.shape.axes == (2, None)


# Recurrent layers


@pytest.mark.parametrize(
    ("framework", "op", "biases"),
    [
        ("pytorch", "lstm", 2 * 4 * 5),
        ("onnx", "gru", 2 * 3 * 5),
        ("tensorflow", "lstm", 4 * 5),
        ("tensorflow", "gru", 2 * 3 * 5),
        ("tensorflow", "rnn", 5),
        ("caffe", "lstm", 4 * 5),
    ],
)
def test_biases_of_recurrent_layers_by_framework(framework: str, op: str, biases: int) -> None:
    gates = {"lstm": 4, "gru": 3, "rnn": 1}[op]
    layer = last_of([{op: 5}], [7, 9], framework=framework)
    assert (layer.weights, layer.biases) == (gates * 5 * (7 + 5), biases)


def test_what_caffe_lacks() -> None:
    assert refused([{"gru": 5}], [7, 9], framework="caffe")[1] == "caffe has no gru"
    item = {"lstm": {"hidden": 5, "bidirectional": True}}
    assert refused([item], [7, 9], framework="caffe")[1] == "caffe has no bidirectional for lstm"


def test_a_look_back_goes_on_through_windows() -> None:
    report = report_of([{"lstm": 5}, {"conv3": {"out": 2, "stride": 2}}], [7, 9])
    for layer, expected in zip(report.layers, ([(0, 3), (0, 8)], [(0, 8), (0, 18)]), strict=True):
        (axis,) = layer.field.axes
        assert axis.looks_back
        assert not axis.is_global
        assert layer.field.size == (None,)
        assert layer.field.extent == (float("inf"),)
        assert [axis.at(unit) for unit in (3, 8)] == expected


def test_a_look_back_covers_units_that_read_nothing_or_less() -> None:
    """A step reads what the one that ends last of those up to it reads: the holes and turns of what comes in are passed over."""
    ends = {}
    for name, args in {
        "holes": {"kernel": 1, "stride": 2},
        "to and fro": {"kernel": 2, "stride": 2, "dilation": 3},
    }.items():
        (axis,) = (
            report_of([{"conv_transpose": {"out": 2, **args}}, {"lstm": 5}], [7, 9]).layers[-1].field.axes
        )
        ends[name] = [span[1] for unit in range(6) if (span := axis.at(unit))]
    assert ends == {"holes": [0, 0, 1, 1, 2, 2], "to and fro": [0, 0, 1, 1, 2, 2]}


# Sizes


@pytest.mark.parametrize(
    ("framework", "shape", "params"),
    [("tensorflow", (5, 12, 10), 8 * 5 + 5), ("caffe", (5,), 8 * 12 * 10 * 5 + 5)],
)
def test_linear_on_a_map_by_framework(framework: str, shape: tuple[int, ...], params: int) -> None:
    layer = last_of([{"linear": 5}], framework=framework)
    assert (layer.shape.axes, layer.params) == (shape, params)
    assert layer.macs == (8 * 5 * 120 if framework == "tensorflow" else 8 * 120 * 5)
    assert layer.field.is_global == (framework == "caffe")


def test_linear_on_a_map_offers_both_ways_out() -> None:
    for framework in ("pytorch", "onnx"):
        code, _, help = refused([{"linear": 5}], framework=framework)
        assert (code, help) == (
            "E306",
            "write `flatten` before it, or `conv1x1: 5` for the same at every position",
        )


def test_linear_on_one_position_is_as_before() -> None:
    for framework in ("pytorch", "tensorflow", "caffe", "onnx"):
        assert last_of(["global_avgpool", {"linear": 5}], framework=framework).shape.axes == (5,)


def test_fcn_is_cut_where_the_centres_agree() -> None:
    """The offset 19 of FCN-32s, found from the receptive fields."""
    stages = [({"conv3x3": {"out": 2, "padding": 100}}, 1), ({"conv3x3": {"out": 2, "padding": 1}}, 1)]
    layers: Items = [item for item, _ in stages] + [{"maxpool2": {"stride": 2}}]
    for repeat in (2, 3, 3, 3):
        layers += [{"conv3x3": {"out": 2, "padding": 1}, "repeat": repeat}, {"maxpool2": {"stride": 2}}]
    layers += [{"conv7x7": 2}, {"conv_transpose64x64": {"out": 2, "stride": 32}}]
    for how in ({"align": True}, {"offset": 19}, {"offset": [19, 19]}):
        layer = last_of([*layers, {"crop_to": {"target": "input", **how}}], [2, 500, 500], framework="caffe")
        assert layer.shape.axes == (2, 500, 500)
        assert layer.field.start == (-202 - 19, -202 - 19)


def test_no_cut_aligns_what_begins_too_late() -> None:
    code, message, _ = refused([{"conv3x3": 4}, {"crop_to": {"target": "input", "align": True}}])
    assert (code, message) == (
        "E307",
        "no cut makes the centres of the receptive fields agree: the map begins 1 positions too late",
    )


def test_the_size_of_a_transposed_convolution() -> None:
    item = {"conv_transpose3x3": {"out": 2, "stride": 2, "padding": 1, "size": "input"}}
    down = {"conv3x3": {"out": 4, "stride": 2, "padding": 1}}
    for size in ((12, 10), (11, 9), (12, 9)):
        assert last_of([down, item], [3, *size]).shape.axes == (2, *size)
    assert last_of([down, item], [3, "any", "any"]).shape.axes == (2, None, None)


def test_a_custom_window_reads_maps_of_one_number_of_axes() -> None:
    """With unknown sizes too, where only the numbers of axes tell that the inputs do not fit."""
    spec = (
        "input: [8, any, any]\nlayers:\n  - {relu: , name: map}\n  - tokens\n"
        "  - custom: {kernel: 3, inputs: [prev, map], params: 3, macs: 4}\n"
    )
    (model,) = cnncalc.loads(spec)
    (found, *_) = cnncalc.analyze(model).diagnostics
    assert (found.code, found.message) == (
        "E303",
        "custom reads 8x? and 8x?x? by windows: the sizes differ",
    )


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(4, 3, 2), (2, 3, 1), (1, 2, 0), (3, 2, 1), (2, 4, 1)]
)
@pytest.mark.parametrize("size", [1, 2])
def test_a_size_wanted_of_a_transposed_convolution_may_be_output_padding_alone(
    kernel: int, stride: int, padding: int, size: int
) -> None:
    """Every size is reached that some output padding gives, also where none leaves nothing."""
    for wanted in range(1, 12):
        extra = wanted - ((size - 1) * stride - 2 * padding + kernel)
        item = f"conv_transpose{kernel}: {{out: 3, stride: {stride}, padding: {padding}, size: {wanted}}}"
        (model,) = cnncalc.loads(f"input: [2, {size}]\nlayers: [{item}]\n")
        found = cnncalc.analyze(model)
        assert found.ok == (0 <= extra < stride), (item, found.diagnostics)
        assert not found.ok or found.outputs[0].shape.sizes == (wanted,)


def test_offset_groups_divide_the_channels() -> None:
    """As torchvision.ops.deform_conv2d requires: n_in_channels a multiple of the offset groups."""
    (model,) = cnncalc.loads("input: [8, 9, 9]\nlayers: [deform_conv3x3: {out: 4, offset_groups: 3}]\n")
    (found,) = [one for one in cnncalc.analyze(model).diagnostics if one.severity == "error"]
    assert (found.code, found.message) == ("E302", "8 channels cannot be divided into 3 offset groups")
