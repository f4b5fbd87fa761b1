"""W508 to W513, W515, W516: biases, depth, unused outputs and names, and what would cost less."""

from __future__ import annotations

import re
from fractions import Fraction
from textwrap import dedent

import pytest

import cnncalc
from tests.advice.remarks import layers, messages, network, remarks

# W508


def test_biases_before_a_norm_are_counted() -> None:
    (found,) = layers("W508", "conv3x3: 16", "bn")
    assert found.message == "16 biases are redundant before `bn_1`, which subtracts the mean of each channel"
    assert found.help == "set `bias: false`: it saves 16 parameters and changes no output"
    assert found.path == "conv3x3_1"


def test_one_bias_is_one() -> None:
    (found,) = layers("W508", "conv1x1: 1", "bn")
    assert found.message == "1 bias is redundant before `bn_1`, which subtracts the mean of each channel"
    assert found.help == "set `bias: false`: it saves 1 parameter and changes no output"


@pytest.mark.parametrize(
    "items",
    [
        ("depthwise3x3", "instance_norm"),
        ("flatten", "linear: 16", "bn"),
        ("conv_transpose3x3: 16", "bn"),
        ("conv3x3: 16", "gn: 16"),
        ("conv3x3: {out: 16, norm: bn, bias: true}",),
    ],
)
def test_other_layers_and_norms_with_the_mean_of_each_channel(items: tuple[str, ...]) -> None:
    assert len(layers("W508", *items)) == 1


@pytest.mark.parametrize(
    "items",
    [
        ("conv3x3: {out: 16, bias: false}", "bn"),
        ("conv3x3: {out: 16, norm: bn}",),
        ("conv3x3: 16", "relu", "bn"),
        ("conv3x3: 16", "gn: 4"),  # the mean of four channels is not that of each
        ("conv3x3: 16", "ln"),
        ("conv3x3: 16", "lrn"),
        ("conv3x3: 16",),
        ("{conv3x3: 16, name: a}", "bn", "concat: [a, prev]"),  # read without the norm as well
    ],
)
def test_biases_that_count(items: tuple[str, ...]) -> None:
    assert not layers("W508", *items)


# W509 and W510


def test_depth_that_sees_nothing_new() -> None:
    items = ["conv9x9: {out: 8, padding: 4, bias: false}"] * 4 + ["conv1x1: 8"]
    (found,) = layers("W509", *items, input="[8, 16, 16]")
    assert found.path == "conv9x9_3"  # its input sees 1 + 8 + 8
    late, total = 2 * 81 * 64, 4 * 81 * 64 + 64 + 8
    assert found.message == (
        "the receptive field at its input, 17x17, is already larger than the input 16x16:"
        f" from here on 2 convolutions with {late:,} parameters ({100 * late / total:.1f} % of all) can see nothing new"
    )


def test_depth_of_an_unknown_width() -> None:
    items = ["conv9x9: {out: 8, padding: 4}"] * 2 + ["conv9x9: {padding: 4}"]
    (found,) = layers("W509", *items, input="[8, 16, 16]")
    assert found.message.endswith(
        "from here on 1 convolution with an unknown number of parameters can see nothing new"
    )


@pytest.mark.parametrize("input", ["[8, 17, 17]", "[8, 16, 17]", "[8, any, any]"])
def test_depth_that_still_sees_something(input: str) -> None:
    assert not layers("W509", *["conv9x9: {out: 8, padding: 4}"] * 3, input=input)


def test_generators_from_a_point_are_not_told_of_depth() -> None:
    assert not layers("W509", "conv_transpose4x4: 8", "conv3x3: {out: 8, padding: 1}", input="[8, 1, 1]")


def test_a_field_smaller_than_the_input() -> None:
    (found,) = layers("W510", "conv3x3: {out: 8, padding: 1}", "global_avgpool", "linear: 10")
    assert found.path == "global_avgpool_1"
    assert (
        found.message
        == "no unit sees the whole input before the pool: the receptive field is 3x3, the input 32x32"
    )


@pytest.mark.parametrize(
    "items",
    [
        ("conv3x3: {out: 8, padding: 1}", "flatten", "linear: 10"),  # combines what the units see
        ("conv33x33: {out: 8, padding: 16}", "global_avgpool", "linear: 10"),
        ("mul: {gate: [global_avgpool, conv1x1: 8, sigmoid], map: []}",),  # a gate is not the end
    ],
)
def test_fields_that_are_no_shortcoming(items: tuple[str, ...]) -> None:
    assert not layers("W510", *items)


# W511


def test_an_output_nobody_uses_with_what_is_computed_for_it() -> None:
    items = ("{conv1x1: 8, name: a}", "conv1x1: 16", "conv3x3: 4", "{conv1x1: 2, from: a}")
    (found,) = layers("W511", *items)
    params, macs = 8 * 16 + 16 + 16 * 4 * 9 + 4, 8 * 16 * 32 * 32 + 16 * 4 * 9 * 30 * 30
    assert found.path == "conv3x3_1"
    assert (
        found.message
        == f"this output is not used; computing it takes 2 layers with {params} parameters and {macs:,} MACs"
    )


def test_a_projection_counts_with_what_it_projects() -> None:
    items = (
        "{conv1x1: 8, name: a}",
        "residual: {body: [conv3x3: {out: 4, stride: 2, padding: 1}], shortcut: project}",
    )
    (found,) = layers("W511", *items, "{conv1x1: 2, from: a}", input="[8, 16, 16]")
    body, shortcut, norm = 8 * 4 * 9 + 4, 8 * 4, 2 * 4
    macs = (8 * 4 * 9 + 8 * 4) * 8 * 8
    assert found.path == "residual_1"
    assert found.message == (
        f"this output is not used; computing it takes 4 layers with {body + shortcut + norm} parameters and {macs:,} MACs"
    )


def test_the_records_of_a_node_are_all_that_it_made() -> None:
    body = "residual: {body: [conv3x3: {out: %d, padding: 1}], shortcut: project}"
    found = network("relu", body % 8, body % 4)
    made = [
        [record.path.rpartition("/")[2] for record in found.records_of(index)]
        for index in range(len(found.nodes))
    ]
    assert made == [
        [],
        ["relu_1"],
        ["conv3x3_1"],
        [],
        ["residual_1"],
        ["conv3x3_1"],
        ["conv1x1_1", "bn_1"],
        ["residual_2"],
    ]


def test_what_an_unused_output_costs_may_be_unknown() -> None:
    unused = ("{conv1x1: 8, name: a}", "conv3x3: {out: 4, padding: 1}", "{conv1x1: 2, from: a}")
    (found,) = layers("W511", *unused, input="[3, any, any]")
    params = 8 * 4 * 9 + 4
    assert found.message == (
        f"this output is not used; computing it takes 1 layer with {params} parameters and an unknown number of MACs"
    )
    (found,) = layers("W511", *unused[:1], "conv3x3: {padding: 1}", unused[2], input="[3, 8, 8]")
    unknown = "an unknown number of parameters and an unknown number of MACs"
    assert found.message == f"this output is not used; computing it takes 1 layer with {unknown}"


def test_an_input_nobody_uses() -> None:
    (found,) = layers("W511", "{conv1x1: 8, from: left}", input="{left: [3, 8, 8], right: [3, 8, 8]}")
    assert found.message == "the input `right` is not used"


@pytest.mark.parametrize(
    "items",
    [
        ("conv1x1: 8", "head: [conv1x1: 2]", "conv1x1: 4"),
        ("{conv1x1: 8, name: a}", "conv1x1: 8", "add: [a, prev]"),
        ("{conv1x1: 8, name: a}", "{upsample: 2, from: input}", "crop_to: a"),
    ],
)
def test_outputs_that_are_used(items: tuple[str, ...]) -> None:
    assert not layers("W511", *items)


# W515


def test_a_stack_of_small_kernels_as_in_the_article() -> None:
    (found,) = layers("W515", "conv5x5: {out: 64, padding: 2, bias: false}", input="[64, 32, 32]")
    new, old = 18 * 64 * 64, 25 * 64 * 64
    assert found.message == (
        f"two 3x3 have the receptive field of this 5x5: {new:,} parameters instead of {old:,} (-28.0 %),"
        f" {new * 32 * 32:,} MACs instead of {old * 32 * 32:,} (-28.0 %)"
    )


def test_the_stack_costs_what_it_costs_when_written() -> None:
    whole = network("conv7x7: {out: 16, bias: true}", input="[8, 20, 20]")
    stack = network(*["conv3x3: 16"] * 3, input="[8, 20, 20]")
    assert whole.report.outputs[0].shape == stack.report.outputs[0].shape
    assert whole.report.layers[-1].field.size == stack.report.layers[-1].field.size
    (found,) = layers("W515", "conv7x7: {out: 16, bias: true}", input="[8, 20, 20]")
    totals = stack.report.totals
    assert found.message.startswith(
        f"three 3x3 have the receptive field of this 7x7: {totals.params:,} parameters"
    )
    assert f"{totals.macs:,} MACs instead of {whole.report.totals.macs:,}" in found.message


def test_depthwise_and_flat_kernels() -> None:
    (found,) = layers("W515", "depthwise7x7: {padding: 3, bias: false}")
    assert f"{3 * 9 * 8:,} parameters instead of {49 * 8:,}" in found.message
    assert not layers(
        "W515", "conv1x7: {out: 8, padding: [0, 3], bias: false}"
    )  # three 1x3 have 9 weights for 7
    (found,) = layers("W515", "conv1x9: {out: 4, padding: [0, 4], bias: false}")
    assert (
        f"four 1x3 have the receptive field of this 1x9: {3 * 8 * 4 + 3 * 3 * 4 * 4} parameters instead of {9 * 8 * 4}"
        in found.message
    )


@pytest.mark.parametrize(
    "item",
    [
        "conv3x3: 64",
        "conv4x4: 64",
        "conv5x5: {out: 64, stride: 2, padding: 2}",
        "conv5x5: {out: 256, padding: 2, bias: false}",  # two wide 3x3 would cost more than one from 8 channels
        "conv_transpose5x5: 8",
        "maxpool5x5",
    ],
)
def test_kernels_that_no_stack_beats(item: str) -> None:
    assert not layers("W515", item)


# W516


def test_a_missed_bottleneck_with_its_figures() -> None:
    (found,) = layers("W516", "inception: {1x1: 64, 3x3: 128, 5x5: 32, pool: true}", input="[192, 28, 28]")
    old = network("inception: {3x3: 128, 5x5: 32}", input="[192, 28, 28]").report.totals
    new = network("inception: {3x3: [64, 128], 5x5: [16, 32]}", input="[192, 28, 28]").report.totals
    assert found.path == "inception_1"
    assert found.message.startswith(
        "3x3 and 5x5 read all 192 channels; after 1x1 reductions to 64 and 16 channels: "
    )
    assert f"{new.params:,} parameters instead of {old.params:,} (-" in found.message
    assert f"{new.macs:,} MACs instead of {old.macs:,} (-" in found.message
    assert found.help == "in an inception: `3x3: [64, 128], 5x5: [16, 32]`"


@pytest.mark.parametrize(
    "item",
    [
        "inception: {1x1: 64, 3x3: [32, 64], 5x5: [16, 32]}",
        "inception: {1x1: 64, pool: 32}",
        "inception: {1x1: 8, 3x3: 4}",  # nothing to reduce to
        "concat: [[conv3x3: {out: 64, padding: 1, groups: 64}], prev]",
        "seq: [conv3x3: 64]",
    ],
)
def test_joins_without_a_missed_bottleneck(item: str) -> None:
    assert not layers("W516", item, input="[64, 28, 28]")


def test_dilated_branches_are_not_told_to_be_an_inception() -> None:
    branches = "[[conv3x3: {out: 64, padding: 1}], [conv3x3: {out: 64, padding: 2, dilation: 2}]]"
    (found,) = layers("W516", f"concat: {branches}", input="[64, 28, 28]")
    assert found.help == "begin these branches with a 1x1 convolution"


def test_a_shared_bias_is_for_nothing_only_where_all_that_use_it_are_normalized() -> None:
    first = ("{conv3x3: {out: 8, padding: 1}, name: a}", "bn", "relu")
    assert [found.path for found in layers("W508", *first)] == ["a"]
    again = "{conv3x3: {out: 8, padding: 1}, share: a}"
    assert not layers("W508", *first, again, "relu")
    assert not layers("W508", *first, again)
    assert [found.path for found in layers("W508", *first, again, "bn", "relu")] == ["a"]
    chained = "{conv3x3: {out: 8, padding: 1}, share: b}"
    assert not layers("W508", *first, again.replace("share", "name: b, share"), "bn", chained, "relu")


# W501 to W503 come from the analysis


def test_the_analysis_warns_by_itself() -> None:
    assert messages("W501", "input: [8, 10, 10]\nlayers: [spp: {levels: [6]}]\n")[0].startswith(
        "mode paper gives 9x9 bins"
    )
    assert not messages("W501", "input: [8, 12, 12]\nlayers: [spp: {levels: [6]}]\n")
    shifted = "concat: [[conv3x3: {out: 8, padding: [[0, 2], [0, 2]]}], [conv3x3: {out: 8, padding: 1}]]"
    (found,) = layers("W502", shifted)
    assert found.message.endswith("are not aligned: their centres are 1 input position apart")
    # Of units 2q and 2q + 1 of the up-sampled both see 2q and 2q + 1, so that their centre is half a position behind and before:
    # nothing could bring them together.
    halved = "add: [[avgpool2, upsample: 2], {}]"
    assert not layers("W502", halved.format("prev"))
    (found,) = layers("W519", halved.format("prev"))
    assert found.message.endswith(
        "their centres are up to 1/2 input positions apart, alternately to either side"
    )
    # With four units for one they are 3/2 behind to 3/2 before, and a window that looks ahead by half a position moves that.
    (found,) = layers("W502", "add: [[avgpool4, upsample: 4], [depthwise2: {padding: [[0, 1], [0, 1]]}]]")
    assert found.message.endswith(
        "their centres are up to 2 input positions apart, alternately to either side"
    )
    (found,) = layers("W502", halved.format("[depthwise2: {padding: [[0, 1], [0, 1]]}]"))
    assert found.message.endswith("their centres are 0 to 1 input position apart, varying by phase")
    assert not layers("W502", shifted.replace("[[0, 2], [0, 2]]", "1"))
    same = "concat: [[conv3x3: {out: 8, padding: same, stride: 2}], [conv5x5: {out: 8, padding: same, stride: 2}]]"
    assert layers("W503", same, input="[8, any, any]", more="framework: tensorflow\n")
    assert not layers("W503", same, more="framework: tensorflow\n")


DECODER = """\
    input: [4, 64, 64]
    layers:
      - {conv3x3: {out: 4, padding: 1}, name: fine}
      - maxpool2
      - {conv3x3: {out: 4, padding: 1}, name: middle}
      - maxpool2
      - conv3x3: {out: 4, padding: 1}
      - UP
      - concat: [middle, prev]
      - conv3x3: {out: 4, padding: PADDING}
      - UP
      - concat: [fine, prev]
"""


@pytest.mark.parametrize(
    "up",
    ["conv_transpose2x2: {out: 4, stride: 2}", "upsample: 2", "conv_transpose4x4: {out: 4, stride: 2, p: 1}"],
)
def test_a_decoder_that_enlarges_alike_to_both_sides_is_not_warned_of(up: str) -> None:
    """A pixel of the map below stands for two, half of it to the left and half to the right of its centre."""
    decoder = DECODER.replace("UP", up)
    plain = decoder.replace("PADDING", "1")
    assert not remarks("W502", plain)
    (model,) = cnncalc.loads(dedent(plain))
    joins = [layer.field.aligned for layer in cnncalc.analyze(model).layers if layer.is_join]
    assert joins == [False, False]


@pytest.mark.parametrize("up", ["conv_transpose2x2: {out: 4, stride: 2}", "upsample: 2"])
def test_a_shift_in_a_decoder_is_found_behind_joins_that_are_not_aligned_by_nature(up: str) -> None:
    """The padding shifts by one position of a map of stride 2; the enlarging, by 1/2 to both sides on top, and the join before,
    by 1 to both sides, widen that: it is 2 on average."""
    (found,) = remarks("W502", DECODER.replace("UP", up).replace("PADDING", "[[0, 2], [0, 2]]"))
    assert found.path == "concat_2"
    least, most = (
        Fraction(word) for word in re.findall(r"-?[0-9]+(?:/[0-9]+)?", found.message.partition(": ")[2])
    )
    assert (least + most) / 2 == 2


def test_copies_of_a_block_are_one_line() -> None:
    """Strides 1, 2 and 4 before the three calls, whose offsets are 1, 2 and 4 input positions."""
    block = (
        "blocks: {b: {layers: [{add: [[conv3x3: {out: 8, padding: [[0, 2], [0, 2]]}], "
        "[conv3x3: {out: 8, padding: 1}]]}, maxpool2]}}\n"
    )
    (found,) = layers("W502", "b", "b", "b", more=block)
    assert found.path == "b_1/add_1"
    assert found.message.endswith(
        "their centres are 1 input position apart; from this line also 2 more joins, the last: `b_3/add_1`"
    )
    (found,) = layers("W502", "b", "b", more=block)
    assert found.message.endswith("; from this line also another join: `b_2/add_1`")


def test_a_shift_is_reported_again_only_where_another_comes_of_it() -> None:
    """A sees -1 to 2, so that its centre is half a position behind the input's; with itself it is in line."""
    shifted = "[conv3x3: {out: 8, padding: [[0, 2], [0, 2]]}]"
    found = layers(
        "W502",
        f"{{add: [{shifted}, [conv3x3: {{out: 8, padding: 1}}]], name: a}}",
        "bn",
        "add: [prev, a]",
        "add: [input, prev]",
    )
    assert [(one.path, one.message.rpartition(": ")[2]) for one in found] == [
        ("a", "their centres are 1 input position apart"),
        ("add_2", "their centres are 1/2 input positions apart"),
    ]


def test_a_remark_stands_where_its_layer_is_written() -> None:
    spec = """\
        input: [8, 16, 16]
        blocks:
          stage: {params: [c], layers: [conv3x3: c, bn]}
        layers:
          - stage: 16
            name: first
    """
    (found,) = remarks("W508", spec)
    assert found.location is not None
    assert (found.path, found.location.line, found.chain) == ("first/conv3x3_1", 3, ("`stage` at line 5",))
