"""The spec language: references, joins, structures, copies, shared weights, names and paths."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from tests.language.reading import INPUT, layers, one, paths, report_of, shape

# From, prev, joins


def test_from_reads_that_tensor_instead() -> None:
    assert [layer.inputs for layer in layers("[{relu: , name: a}, tanh, {gelu: , from: a}, silu]")] == [
        ("input",),
        ("a",),
        ("a",),
        ("gelu_1",),
    ]


def test_automatic_names_can_be_read_from() -> None:
    assert layers("[relu, tanh, {gelu: , from: relu_1}]")[2].inputs == ("relu_1",)


def test_names_of_enclosing_lists_can_be_read_from() -> None:
    inner = layers("[{relu: , name: a}, tanh, {concat: {x: [{seq: [gelu, {elu: , from: a}]}], y: []}}]")
    assert [layer.inputs for layer in inner if layer.op == "elu"] == [("a",)]


def test_an_inner_name_hides_the_outer_one() -> None:
    inner = layers(
        "[{relu: , name: a}, {seq: [{tanh: , name: a}, gelu, {elu: , from: a}]}, {silu: , from: a}]"
    )
    assert [(layer.op, layer.inputs) for layer in inner[-2:]] == [("elu", ("seq_1/a",)), ("silu", ("a",))]


def test_a_name_stands_for_the_last_copy_and_the_end_of_a_structure() -> None:
    assert layers("[{relu: , name: a, repeat: 3}, tanh, {gelu: , from: a}]")[-1].inputs == ("a[2]",)
    assert layers("[{seq: [relu, tanh], name: a}, elu, {gelu: , from: a}]")[-1].inputs == ("a/tanh_1",)
    assert layers("[{concat: [prev, [relu]], name: a}, elu, {gelu: , from: a}]")[-1].inputs == ("a",)


def test_a_name_stands_for_what_comes_out_of_norm_and_act() -> None:
    assert layers("[{conv1x1: {out: 4, norm: bn, act: relu}, name: a}, tanh, {gelu: , from: a}]")[
        -1
    ].inputs == ("relu_1",)


def test_named_branches_are_all_fed_by_the_current_tensor() -> None:
    found = layers(
        "[{relu: , name: a}, {concat: {b1: [conv1x1: 2], b3: [conv1x1: 3, tanh], pool: [maxpool3x3: {s: 1, p: 1}], id: []}}]"
    )
    assert [(layer.path, layer.inputs) for layer in found[1:]] == [
        ("concat_1/b1/conv1x1_1", ("a",)),
        ("concat_1/b3/conv1x1_1", ("a",)),
        ("concat_1/b3/tanh_1", ("concat_1/b3/conv1x1_1",)),
        ("concat_1/pool/maxpool3x3_1", ("a",)),
        ("concat_1", ("concat_1/b1/conv1x1_1", "concat_1/b3/tanh_1", "concat_1/pool/maxpool3x3_1", "a")),
    ]
    assert found[-1].shape.channels == 2 + 3 + 4 + 4


def test_a_listed_join_takes_names_prev_and_branches() -> None:
    found = layers("[{relu: , name: stem}, tanh, {concat: [stem, prev, [gelu], input, []]}]")
    assert found[-1].inputs == ("stem", "tanh_1", "concat_1/branch_3/gelu_1", "input", "tanh_1")
    assert found[-1].shape.channels == 5 * 4


@pytest.mark.parametrize("op", ["add", "mul"])
def test_add_and_mul_broadcast_a_map_of_ones(op: str) -> None:
    gate = layers(f"[{{{op}: {{gate: [global_avgpool, conv1x1: 4, sigmoid], map: []}}}}]")[-1]
    assert gate.shape == shape(4, 12, 12)
    assert gate.field.is_global
    assert gate.field.size == (1, 1)


def test_concat_does_not_broadcast() -> None:
    assert report_of(f"{INPUT}layers: [concat: [[global_avgpool], prev]]\n").failed == "concat_1"


def test_prev_inside_a_branch_is_the_current_tensor_there() -> None:
    found = layers("[relu, {concat: [[tanh, {add: [prev, input]}], prev]}]")
    assert found[2].inputs == ("concat_1/branch_1/tanh_1", "input")
    assert found[3].inputs == ("concat_1/branch_1/add_1", "relu_1")


# Structure


def test_shortcuts_of_a_residual() -> None:
    identity = layers("[residual: {body: [conv3x3: {out: 4, padding: 1}], shortcut: identity}]")
    assert [(layer.path, layer.inputs) for layer in identity] == [
        ("residual_1/conv3x3_1", ("input",)),
        ("residual_1", ("residual_1/conv3x3_1", "input")),
    ]
    project = layers("[residual: {body: [conv3x3: {out: 8, stride: 2, padding: 1}], shortcut: project}]")
    assert [(layer.path, layer.params, layer.buffers) for layer in project] == [
        ("residual_1/conv3x3_1", 9 * 4 * 8 + 8, 0),
        ("residual_1/shortcut/conv1x1_1", 4 * 8, 0),
        ("residual_1/shortcut/bn_1", 2 * 8, 2 * 8),
        ("residual_1", 0, 0),
    ]
    assert project[1].windows is not None
    assert project[1].windows[0].stride == 2
    own = layers("[residual: {body: [conv3x3: {out: 4, padding: 1}], shortcut: [avgpool3: {s: 1, p: 1}]}]")
    assert own[-1].inputs == ("residual_1/conv3x3_1", "residual_1/shortcut/avgpool3_1")


@pytest.mark.parametrize("norm", ["none", "{gn: 2}", "ln"])
def test_a_projection_has_a_bn_whatever_the_body_has(norm: str) -> None:
    body = f"[residual: {{body: [conv1x1: {{out: 8, norm: {norm}}}], shortcut: project}}]"
    assert [layer.op for layer in layers(body) if "/shortcut/" in layer.path] == ["conv", "bn"]
    assert not [layer for layer in layers(body.replace("8", "4")) if "/shortcut/" in layer.path]


def test_a_projection_whose_stride_needs_the_size_has_weights_and_no_window() -> None:
    """Seven bins of an unknown size: the shortcut comes to 8x7x7 too, by a stride that is 2 for 14 and none for 15."""
    body = "[residual: {body: [conv1x1: 8, adaptive_avgpool: 7], shortcut: project}]"
    _, _, conv, norm, join = layers(body, "input: [4, any, any]\n")
    assert (conv.op, conv.weights, conv.biases, conv.macs) == ("conv", 4 * 8, 0, 7 * 7 * 4 * 8)
    assert (conv.windows, conv.shape, norm.shape, join.shape) == (None, *[shape(8, 7, 7)] * 3)
    assert [axis.maps for axis in conv.field.axes] == [(), ()]
    assert conv.reasons == ("needs the input size: add `input: ...` or pass --input",)


def test_a_projection_is_refused_where_its_stride_decides_whether_there_is_one() -> None:
    (model,) = cnncalc.loads(
        "input: [4, any, any]\nlayers: [residual: {body: [adaptive_avgpool: 7], shortcut: project}]"
    )
    (found,) = cnncalc.analyze(model).diagnostics
    assert (found.code, found.path) == ("E303", "residual_1/shortcut")
    assert (
        found.message
        == "whether the shortcut needs a projection is unknown: the body's stride depends on the input size"
    )
    assert cnncalc.analyze(model, "4x7x7").layers[-1].inputs == ("residual_1/adaptive_avgpool_1", "input")
    assert "residual_1/shortcut/conv1x1_1" in [
        layer.path for layer in cnncalc.analyze(model, "4x14x14").layers
    ]


def test_a_projection_of_a_body_that_reads_everything_has_no_stride() -> None:
    (model,) = cnncalc.loads(
        "input: [4, 14, 14]\nlayers: [residual: {body: [global_avgpool, conv1x1: 8], shortcut: project}]"
    )
    (found,) = cnncalc.analyze(model).diagnostics
    assert (found.code, found.message) == ("E303", "the shortcut cannot be projected: the body has no stride")


@pytest.mark.parametrize(
    ("before", "input"), [("adaptive_avgpool: 9", "[4, any, any]"), ("global_avgpool", "[4, 9, 9]")]
)
def test_a_projection_has_the_stride_of_its_body_whatever_came_before(before: str, input: str) -> None:
    """What is not known of the way to the residual is in both of its branches."""
    wide = f"[{before}, residual: {{body: [conv3x3: {{out: 8, stride: 2, padding: 1}}], shortcut: project}}]"
    conv = layers(wide, f"input: {input}\n")[-3]
    assert conv.windows is not None
    assert [window.stride for window in conv.windows] == [2, 2]


def test_a_resize_to_a_map_does_not_go_on_from_that_map() -> None:
    """What is resized has lost its place to a global pool; the body keeps the size all the same, and the projection strides by 1."""
    body = "[global_avgpool, conv1x1: 8, upsample_to: stem]"
    wide = f"[{{conv3x3: {{out: 4, stride: 2, padding: 1}}, name: stem}}, residual: {{body: {body}, shortcut: project}}]"
    conv = layers(wide)[-3]
    assert (conv.op, conv.in_shape, conv.shape) == ("conv", shape(4, 6, 6), shape(8, 6, 6))


def test_a_projection_of_unequal_strides() -> None:
    project = layers("[residual: {body: [conv3x3: {out: 4, stride: [1, 2], padding: 1}], shortcut: project}]")
    assert project[1].shape == shape(4, 12, 6)


def test_a_head_is_an_extra_output() -> None:
    report = report_of(
        f"{INPUT}layers: [relu, {{head: [global_avgpool, linear: 10], name: aux}}, tanh, head: []]\n"
    )
    assert [(output.path, output.shape) for output in report.outputs] == [
        ("tanh_1", shape(4, 12, 12)),
        ("aux/linear_1", shape(10)),
        ("tanh_1", shape(4, 12, 12)),
    ]
    assert report.layers[-1].inputs == ("relu_1",)
    assert report.totals.params == 4 * 10 + 10


def test_a_head_can_be_read_from_and_repeated_no_times() -> None:
    found = layers(
        "[relu, {head: [tanh], name: aux}, {gelu: , from: aux}, {head: [elu], from: input, repeat: 0}, silu]"
    )
    assert [layer.inputs for layer in found[-2:]] == [("aux/tanh_1",), ("gelu_1",)]


def test_heads_in_branches_and_blocks_are_outputs_of_the_network() -> None:
    spec = f"{INPUT}blocks: {{b: {{layers: [head: [conv1x1: 3], relu]}}}}\nlayers: [b, concat: [[head: [conv1x1: 2]], prev]]\n"
    assert [output.shape.channels for output in report_of(spec).outputs] == [8, 3, 2]


def test_each_copy_of_a_dense_block_sees_all_before() -> None:
    found = layers("[dense_block: {repeat: 3, body: [bn, conv3x3: {out: 2+i, padding: 1}]}]")
    assert [layer.in_shape.channels for layer in found if layer.op == "conv"] == [4, 4 + 2, 4 + 2 + 3]
    assert (found[-1].path, found[-1].op, found[-1].shape) == (
        "dense_block_1",
        "dense_block",
        shape(4 + 2 + 3 + 4, 12, 12),
    )
    assert found[0].path == "dense_block_1/body[0]/bn_1"


def test_a_dense_block_of_no_copies_is_its_input() -> None:
    assert one("dense_block: {repeat: 0, body: [relu]}").shape == shape(4, 12, 12)


def test_inception_keeps_the_size_and_names_its_branches() -> None:
    found = layers("[inception: {1x1: 64, 3x3: [96, 128], 5x5: [16, 32], pool: 32}]")
    assert [layer.path for layer in found] == [
        "inception_1/1x1/conv1x1_1",
        "inception_1/3x3/conv1x1_1",
        "inception_1/3x3/conv3x3_1",
        "inception_1/5x5/conv1x1_1",
        "inception_1/5x5/conv5x5_1",
        "inception_1/pool/maxpool3x3_1",
        "inception_1/pool/conv1x1_1",
        "inception_1",
    ]
    assert found[-1].shape == shape(64 + 128 + 32 + 32, 12, 12)


def test_inception_with_a_pool_that_is_not_projected() -> None:
    assert layers("[inception: {pool: true, 3x3: n}]", INPUT + "vars: {n: 5}\n")[-1].shape == shape(
        4 + 5, 12, 12
    )


def test_inception_on_a_sequence() -> None:
    assert layers("[inception: {1: 2, 3: [2, 3], pool: 5}]", "input: [4, 9]\n")[-1].shape == shape(
        2 + 3 + 5, 9
    )


def test_bias_norm_and_act_of_an_inception_apply_to_all_its_convolutions() -> None:
    found = layers("[inception: {1x1: 2, 3x3: [3, 4], pool: 5, bias: false, norm: bn, act: relu}]")
    assert [layer.op for layer in found].count("bn") == [layer.op for layer in found].count("relu") == 4
    assert sum(layer.biases or 0 for layer in found if layer.op == "conv") == 0


def test_joins_have_a_record_seq_head_and_blocks_have_none() -> None:
    spec = "[seq: [relu], head: [relu], b, add: [prev, [relu]], concat: [prev], mul: [prev], residual: [relu], spp: [1]]"
    found = layers(spec, INPUT + "blocks: {b: {layers: [relu]}}\n")
    assert [layer.path for layer in found if layer.is_join] == [
        "add_1",
        "concat_1",
        "mul_1",
        "residual_1",
        "spp_1",
    ]
    assert not {"seq_1", "head_1", "b_1"} & {layer.path for layer in found}


def test_spp_is_flat_whatever_the_size() -> None:
    for size in (13, 12, 7):
        assert layers("[spp: {levels: [4, 2, 1], mode: adaptive}]", f"input: [8, {size}, {size}]\n")[
            -1
        ].shape == shape(8 * 21)


def test_spp_of_an_unknown_size() -> None:
    adaptive = layers("[spp: {levels: [4, 2, 1], mode: adaptive}, linear: 10]", "input: [8, any, any]\n")
    assert (adaptive[-1].params, adaptive[-1].shape) == (8 * 21 * 10 + 10, shape(10))
    assert layers("[spp: [4, 2, 1]]", "input: [8, any, any]\n")[-1].shape == shape(None)


# Repeat


def test_repeat_applies_in_sequence_with_the_index() -> None:
    found = layers("[{conv1x1: 2*i+1, repeat: 3}]")
    assert [(layer.path, layer.inputs, layer.shape.channels) for layer in found] == [
        ("conv1x1_1[0]", ("input",), 1),
        ("conv1x1_1[1]", ("conv1x1_1[0]",), 3),
        ("conv1x1_1[2]", ("conv1x1_1[1]",), 5),
    ]


def test_repeat_of_structures_and_blocks() -> None:
    head = INPUT + "blocks: {b: {params: [c=4], layers: [conv1x1: {out: c+i}]}}\n"
    found = layers("[{seq: [{b: , repeat: 2}, {conv1x1: i+1, repeat: 2}], repeat: 2, name: s}]", head)
    assert [layer.path for layer in found] == [
        "s[0]/b_1[0]/conv1x1_1", "s[0]/b_1[1]/conv1x1_1", "s[0]/conv1x1_1[0]", "s[0]/conv1x1_1[1]",
        "s[1]/b_1[0]/conv1x1_1", "s[1]/b_1[1]/conv1x1_1", "s[1]/conv1x1_1[0]", "s[1]/conv1x1_1[1]",
    ]  # fmt: skip
    assert [layer.shape.channels for layer in found] == [4, 5, 1, 2] * 2


def test_the_index_of_an_outer_repeat_reaches_in() -> None:
    found = layers("[{seq: [conv1x1: i+1, {residual: [conv1x1: i+1]}], repeat: 3}]")
    assert [layer.shape.channels for layer in found if layer.op == "conv"] == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(
    "repeated", ["{conv1x1: 9, repeat: 0}", "{seq: [conv1x1: 9], repeat: n-n}", "{b: 3, repeat: 0, name: x}"]
)
def test_repeat_zero_is_nothing(repeated: str) -> None:
    head = INPUT + "vars: {n: 2}\nblocks: {b: {params: [c], layers: [conv1x1: c]}}\n"
    assert [layer.inputs for layer in layers(f"[relu, {repeated}, tanh]", head)] == [("input",), ("relu_1",)]


def test_repeat_one_still_has_an_index() -> None:
    assert paths("[{relu: , repeat: 1}]") == ["relu_1[0]"]


@pytest.mark.slow
def test_many_copies() -> None:
    assert len(layers("[{relu: , repeat: 100000}]")) == 100_000


@pytest.mark.slow
def test_many_layers() -> None:
    items = "".join("- conv3x3: {out: 4, padding: 1}\n- relu\n" for _ in range(10_000))
    assert len(report_of(f"{INPUT}layers:\n{items}").layers) == 20_000


# Share


def test_shared_weights_count_once_and_cost_per_use() -> None:
    report = report_of(
        f"{INPUT}layers: [{{conv3x3: {{out: 4, padding: 1}}, name: a}}, relu, {{conv3x3: {{out: 4, padding: 1}}, share: a}}]\n"
    )
    first, _, second = report.layers
    assert (first.params, second.params, report.totals.params) == (148, 0, 148)
    assert first.macs == second.macs == 9 * 4 * 4 * 144
    assert (first.shares, second.shares) == (None, "a")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("conv3x3: {out: 4, padding: 1}", "conv3x3: {out: 4, padding: 2, dilation: 2}"),
        ("conv3x3: {out: 4, padding: 1}", "conv: {k: 3, out: 4, padding: 1, stride: 2}"),
        ("conv3x3: {out: 4, p: 1, act: relu}", "conv3x3: {out: 4, p: 1, act: sigmoid}"),
        ("conv3x3: {out: 4, p: 1}", "conv3x3: {out: 4, p: 1, act: relu}"),
        ("conv3x3: {out: 4, p: 1, norm: bn}", "conv3x3: {out: 4, p: 1, norm: bn}"),
        ("seq: [conv3x3: {out: 4, p: 1}, bn]", "seq: [conv3x3: {out: 4, p: 1}, bn]"),
        ("residual: [conv3x3: {out: 4, p: 1}]", "residual: [conv3x3: {out: 4, p: 1}]"),
        ("bn: ", "bn: "),
        ("inception: {1x1: 2, pool: 2}", "inception: {1x1: 2, pool: 2}"),
    ],
)
def test_what_may_share(first: str, second: str) -> None:
    report = report_of(f"{INPUT}layers:\n  - {{{first}, name: a}}\n  - {{{second}, share: a}}\n")
    assert report.failed is None
    own = [layer for layer in report.layers if layer.shares is None]
    assert report.totals.params == sum(layer.params or 0 for layer in own)
    assert sum(layer.params or 0 for layer in report.within("a")) > 0
    assert all(layer.params == 0 for layer in report.layers if layer.shares is not None)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("conv3x3: {out: 4, p: 1}", "depthwise3x3: {p: 1}"),
        ("conv3x3: {out: 4, p: 1}", "conv5x5: {out: 4, p: 1}"),
        ("conv1x3: {out: 4, bias: false}", "conv3x1: {out: 4, bias: false}"),
        ("conv3x3: {out: 8, p: 1, bias: false}", "conv3x3: {out: 4, p: 1, bias: false}"),
        ("conv3x3: {out: 4, p: 1}", "conv3x3: {out: 4, p: 1, groups: 2}"),
        ("conv3x3: {out: 4, p: 1}", "conv3x3: {out: 4, p: 1, bias: false}"),
        ("prelu: {per_channel: true}", "prelu: "),
        ("seq: [conv1x1: 4, relu]", "seq: [relu, conv1x1: 4]"),
        ("seq: [flatten, linear: 4]", "seq: [flatten, linear: 4]"),
    ],
)
def test_what_may_not_share(first: str, second: str) -> None:
    spec = f"{INPUT}layers:\n  - {{{first}, name: a}}\n  - {{{second}, share: a}}\n"
    try:
        codes = [found.code for found in report_of(spec).diagnostics if found.severity == "error"]
    except CnncalcError as error:
        codes = [found.code for found in error.diagnostics]
    assert codes == ["E209"]


def test_one_number_is_shared_by_maps_of_different_channels() -> None:
    number = "scale: {per_channel: false}"
    layers = f"  - {{{number}, name: a}}\n  - conv1x1: {{out: 7, bias: false}}\n  - {{{number}, share: a}}\n"
    report = report_of(f"{INPUT}layers:\n{layers}")
    assert (report.failed, report.totals.params) == (None, 1 + 4 * 7)


def test_every_copy_of_a_repeat_shares() -> None:
    found = layers(
        "[{conv3x3: {out: 4, padding: 1}, name: a}, {conv3x3: {out: 4, padding: 1}, share: a, repeat: 3}]"
    )
    assert [layer.shares for layer in found] == [None, "a", "a", "a"]


def test_copies_share_with_their_counterparts() -> None:
    found = layers("[{conv1x1: 4, name: a, repeat: 2}, {conv1x1: 4, share: a, repeat: 2}]")
    assert [layer.shares for layer in found] == [None, None, "a[0]", "a[1]"]


def test_sharing_what_is_shared_goes_back_to_the_owner() -> None:
    assert [
        layer.shares
        for layer in layers(
            "[{conv1x1: 4, name: a}, {conv1x1: 4, share: a, name: b}, {conv1x1: 4, share: b}]"
        )
    ] == [
        None,
        "a",
        "a",
    ]


def test_sharing_with_unknown_channels_is_no_error() -> None:
    assert [layer.params for layer in layers("[{conv3x3: 4, name: a}, {conv3x3: 4, share: a}]", "")] == [
        None,
        0,
    ]


# Names and paths


def test_unnamed_layers_get_a_number_unique_in_their_list() -> None:
    assert paths(
        "[relu, conv1x1: 3, relu, {conv1x1: 3, name: relu_3}, relu, seq: [relu], {relu: , name: x}, relu]"
    ) == [
        "relu_1",
        "conv1x1_1",
        "relu_2",
        "relu_3",
        "relu_4",
        "seq_1/relu_1",
        "x",
        "relu_5",
    ]


def test_norm_and_act_are_layers_of_their_own() -> None:
    assert paths(
        "[{conv1x1: {out: 3, norm: bn, act: relu}, name: stem}, relu, conv1x1: {out: 3, act: relu}]"
    ) == [
        "stem",
        "bn_1",
        "relu_1",
        "relu_2",
        "conv1x1_1",
        "relu_3",
    ]


def test_the_path_of_the_reference() -> None:
    items = "[{seq: [residual: [conv3x3: {out: 4, padding: 1}, conv3x3: {out: 4, padding: 1}]], name: stage3, repeat: 2}]"
    assert "stage3[1]/residual_1/conv3x3_2" in paths(items)


def test_input_names_are_not_given_again() -> None:
    found = layers("[conv3x3: 4, {add: [prev, [conv1x1: 4]]}]", "input: {conv3x3_1: [3, 8, 8]}\n")
    names = {"conv3x3_1"} | {layer.path for layer in found}
    assert len(names) == 1 + len(found)


def test_names_are_taken_literally() -> None:
    assert paths(
        "[{relu: , name: '[red]'}, {relu: , name: 'a b: c'}, {relu: , name: \"\\e[31m\", from: '[red]'}]"
    ) == [
        "[red]",
        "a b: c",
        "\x1b[31m",
    ]
