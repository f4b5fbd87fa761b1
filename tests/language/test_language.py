"""The spec language, sentence by sentence: principles, a file and its keys, layers and their arguments, the vocabulary."""

from __future__ import annotations

from fractions import Fraction

import pytest

import cnncalc
from cnncalc.analysis.report import LayerReport
from cnncalc.errors import Origin, SpecError
from tests.language.reading import INPUT, layers, models, one, paths, report_of, same, shape

# Principles


def test_a_scalar_fills_the_primary_argument() -> None:
    same("[conv3x3: 64]", "[conv: {kernel: 3x3, out: 64}]")
    for item, named in [
        ("maxpool: 2", "maxpool: {kernel: 2}"),
        ("conv_transpose3x3: 7", "conv_transpose3x3: {out: 7}"),
        ("upsample: 2", "upsample: {factor: 2}"),
        ("gn: 2", "gn: {groups: 2}"),
        ("depthwise3x3: 2", "depthwise3x3: {mult: 2}"),
        ("adaptive_avgpool: [6, 5]", "adaptive_avgpool: {out: [6, 5]}"),
        ("spp: [2, 1]", "spp: {levels: [2, 1]}"),
        ("slice: [0, 2]", "slice: {channels: [0, 2]}"),
        ("pad: [1, 2]", "pad: {margins: [1, 2]}"),
        ("crop_to: input", "crop_to: {target: input}"),
        ("residual: [relu]", "residual: {body: [relu]}"),
        ("seq: [relu]", "seq: {layers: [relu]}"),
        ("unfold: 3", "unfold: {kernel: 3}"),
        ("ppm: [1, 2]", "ppm: {bins: [1, 2]}"),
    ]:
        same(f"[{item}]", f"[{named}]")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("010", 10),
        ("'12'", 12),
        ("1_0", 10),
        ("1e1", 10),
        ("4.0", 4),
        ("+4", 4),
        ("2*3", 6),
        ("0b1 if false else 3", None),
    ],
)
def test_a_number_is_what_its_field_makes_of_it(written: str, value: int | None) -> None:
    if value is None:
        with pytest.raises(SpecError):
            one(f"conv1x1: {written}")
    else:
        assert one(f"conv1x1: {written}").shape.channels == value


@pytest.mark.parametrize("written", ["13:13", "0x10", ".inf", "0o17", "1e-1", "true", "2001-01-01x"])
def test_words_of_yaml_1_1_are_no_numbers(written: str) -> None:
    with pytest.raises(SpecError):
        one(f"conv1x1: {written}")


@pytest.mark.parametrize("word", ["no", "off", "yes", "on", "n", "y", "False"])
def test_words_of_yaml_1_1_are_no_truth_values(word: str) -> None:
    with pytest.raises(SpecError):
        one(f"conv1x1: {{out: 3, bias: {word}}}")


def test_words_of_yaml_1_1_are_names() -> None:
    assert paths("[{relu: , name: no}, {relu: , name: 010}, {relu: , name: 1:30, from: no}]") == [
        "no",
        "010",
        "1:30",
    ]


def test_absent_is_not_zero() -> None:
    layer = one("conv3x3")
    assert layer.shape == shape(None, 10, 10)
    assert (layer.params, layer.macs) == (None, None)
    assert layer.reasons == ("`conv3x3_1` gives no `out` channels",)


# A file


def test_keys_of_a_file() -> None:
    (model,) = models(
        "# yaml-language-server: $schema=x\n"
        "name: Inception 3a\ndescription: what it is\nsource: [a, b]\nframework: caffe\ninput: 192x28x28\nlayers: [relu]\n"
    )
    assert (model.name, model.description, model.sources, model.framework.name) == (
        "Inception 3a",
        "what it is",
        ("a", "b"),
        "caffe",
    )
    assert model.inputs == (("input", shape(192, 28, 28)),)


def test_no_number_depends_on_the_texts_for_readers() -> None:
    spec = "input: [4, 8, 8]\nlayers: [conv3x3: 5, relu]\n"
    bare, told = report_of(spec), report_of("name: n\ndescription: d\nsource: [s, t]\n" + spec)
    assert bare.totals == told.totals
    assert [layer[4:12] for layer in bare.layers] == [layer[4:12] for layer in told.layers]


def test_name_is_the_stem_otherwise() -> None:
    assert cnncalc.loads("layers: [relu]\n", "some/where/vgg.yaml")[0].name == "vgg"


def test_source_is_a_string_or_a_list() -> None:
    assert models("source: Table 1\nlayers: [relu]\n")[0].sources == ("Table 1",)


@pytest.mark.parametrize(
    ("written", "axes"),
    [
        ("[192, 28, 28]", (192, 28, 28)),
        ("192x28x28", (192, 28, 28)),
        ("[3, n, 2*n]", (3, 8, 16)),
        ("[3, any, any]", (3, None, None)),
        ("3xanyx9", (3, None, 9)),
        ("3x?x9", (3, None, 9)),
        ("[any, 9]", (None, 9)),
        ("[1, 56]", (1, 56)),
        ("[3, 4, 5, 6]", (3, 4, 5, 6)),
        ("100", (100,)),
    ],
)
def test_input_shapes(written: str, axes: tuple[int | None, ...]) -> None:
    assert models(f"vars: {{n: 8}}\ninput: {written}\nlayers: [relu]\n")[0].inputs == (
        ("input", shape(*axes)),
    )


@pytest.mark.parametrize(
    ("head", "item", "rank"),
    [
        ("input: [3, 9]\n", "conv3: 4", 1),
        ("input: [3, 9, 9]\n", "conv3: 4", 2),
        ("input: [3, 9, 9, 9]\n", "conv3: 4", 3),
        ("", "conv3: 4", 2),
        ("", "conv3x3x3: 4", 3),
        ("", "seq: [relu, seq: [conv: {kernel: [1, 3, 3]}]]", 3),
        ("", "relu", 2),
        ("", "maxpool3x3x3", 3),
    ],
)
def test_the_number_of_axes(head: str, item: str, rank: int) -> None:
    assert layers(f"[{item}]", head)[-1].shape.rank == rank


def test_several_inputs_by_name() -> None:
    head = "input: {left: [3, 64, 64], right: [5, 64, 64]}\n"
    first, second, joined = layers(
        "[{conv3x3: 8, name: a}, {conv3x3: 8, from: right}, {add: [a, prev]}]", head
    )
    assert (first.inputs, second.inputs, joined.inputs) == (("left",), ("right",), ("a", "conv3x3_1"))
    assert (first.weights, second.weights) == (9 * 3 * 8, 9 * 5 * 8)


def test_the_single_input_is_called_input() -> None:
    assert layers("[relu, {relu: , from: input}]")[1].inputs == ("input",)


def test_a_stack_without_input_and_out_has_a_receptive_field() -> None:
    last = layers("[conv3x3, conv3x3: {stride: 2}, conv3x3]", "")[-1]
    assert (last.field.size, last.field.stride, last.field.start) == ((9, 9), (Fraction(2),) * 2, (0, 0))
    assert last.shape == shape(None, None, None)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("maxpool3: {stride: 2, padding: 1}", None),
        ("conv3: {stride: 2, padding: same}", "needs the input size: add `input: ...` or pass --input"),
        ("adaptive_avgpool: 7", "needs the input size: add `input: ...` or pass --input"),
        ("global_avgpool", None),
    ],
)
def test_a_field_needs_the_size_where_padding_or_bins_follow_it(item: str, reason: str | None) -> None:
    (layer,) = layers(f"[{item}]", "framework: tensorflow\n")
    assert layer.field.reason == reason


def test_what_needs_no_unknown_is_computed() -> None:
    report = report_of("input: [3, any, any]\nlayers: [conv3x3: 8, bn, global_avgpool, linear: 10]\n")
    conv, bn, pool, linear = report.layers
    assert (conv.params, conv.macs, conv.shape) == (9 * 3 * 8 + 8, None, shape(8, None, None))
    assert (bn.params, bn.buffers) == (16, 16)
    assert (pool.shape, linear.params, linear.macs) == (shape(8, 1, 1), 8 * 10 + 10, 80)
    assert (report.totals.params, report.totals.macs) == (224 + 16 + 90, None)


def test_the_unknown_is_shown_with_its_reason() -> None:
    needs = "needs the input size: add `input: ...` or pass --input"
    conv, flat, linear = layers("[conv3x3: 4, flatten, linear: 3]", "input: [3, any, 8]\n")
    assert conv.reasons == flat.reasons == linear.reasons == (needs,)
    assert (flat.shape, linear.shape, linear.params) == (shape(None), shape(3), None)


def test_the_reason_travels_from_where_the_unknown_began() -> None:
    assert layers("[{conv3x3: , name: stem}, relu, conv1x1: 3]")[-1].reasons == (
        "`stem` gives no `out` channels",
    )


# models


MODELS = """\
name: the file
description: of the file
framework: caffe
input: [4, 8, 8]
vars: {n: 3, m: 2}
defaults: {conv: {padding: 1, bias: false}, maxpool: {stride: 2}}
blocks: {b: {layers: [{conv3x3: n}]}, c: {layers: [relu]}}
expect: {params: 108}
models:
  one: {layers: [b]}
  two: {vars: {n: m+2}, defaults: {conv: {bias: true}}, layers: [b, maxpool3], input: 4x9x9, description: own, expect: [4, 4, 4]}
  three: {framework: pytorch, blocks: {b: {layers: [bn, c]}}, layers: [b]}
"""


def test_models_share_and_override() -> None:
    one_, two, three = models(MODELS)
    assert [model.name for model in (one_, two, three)] == ["one", "two", "three"]
    assert [model.framework.name for model in (one_, two, three)] == ["caffe", "caffe", "pytorch"]
    assert [model.description for model in (one_, two, three)] == ["of the file", "own", "of the file"]
    assert [model.inputs[0][1] for model in (one_, two, three)] == [
        shape(4, 8, 8),
        shape(4, 9, 9),
        shape(4, 8, 8),
    ]
    assert [expectation.metric for model in (one_, two, three) for expectation in model.expectations] == [
        "params",
        "shape",
        "params",
    ]


def test_vars_defaults_and_blocks_of_a_model_merge_with_those_of_the_file() -> None:
    reports = [cnncalc.analyze(model) for model in models(MODELS)]
    assert [layer.params for layer in reports[0].layers] == [9 * 4 * 3]
    assert [layer.params for layer in reports[1].layers] == [9 * 4 * 4 + 4, 0]
    assert [layer.op for layer in reports[2].layers] == ["bn", "relu"]


def test_models_may_share_the_layers_of_the_file() -> None:
    spec = "vars: {n: 3}\ninput: [4, 8, 8]\nlayers: [conv1x1: n]\nmodels: {a: {vars: {n: 5}}, b: {layers: [relu]}}\n"
    assert [cnncalc.analyze(model).layers[0].shape for model in models(spec)] == [
        shape(5, 8, 8),
        shape(4, 8, 8),
    ]


# Layers: items, siblings, kernels, short forms


def test_an_operation_without_arguments_is_a_word_or_takes_an_empty_one() -> None:
    same("[relu, bn]", "[{relu: }, {bn: {}}]")
    assert paths("[{bn: , name: x}]") == ["x"]


def test_siblings_of_the_operation() -> None:
    spec = f"""{INPUT}layers:
  - conv3x3: {{out: 4, padding: 1}}
    name: stem
    note: [anything, {{at: all}}]
  - conv3x3: {{out: 4, padding: 1}}
    from: input
    share: stem
    repeat: 2
    expect: [4, 12, 12]
"""
    stem, first, second = report_of(spec).layers
    assert (first.path, first.inputs, first.shares) == ("conv3x3_1[0]", ("input",), "stem")
    assert (second.path, second.inputs, second.shares) == ("conv3x3_1[1]", ("conv3x3_1[0]",), "stem")
    assert stem.shares is None


def test_only_what_has_weights_shares_them() -> None:
    spec = f"""{INPUT}layers:
  - {{identity: , name: b}}
  - {{seq: [conv3x3: 4, relu, bn, flatten], name: t}}
  - {{seq: [conv3x3: 4, relu, bn, flatten], name: u, from: b, share: t}}
"""
    shares = {layer.path: layer.shares for layer in report_of(spec).within("u")}
    assert shares == {"u/conv3x3_1": "t/conv3x3_1", "u/relu_1": None, "u/bn_1": "t/bn_1", "u/flatten_1": None}


@pytest.mark.parametrize(
    ("named", "kernel"),
    [
        ("conv3x3: 5", "3x3"),
        ("conv1x7: 5", "1x7"),
        ("conv5: 5", "[5, 5]"),
        ("maxpool2", "2"),
        ("conv_transpose4x4: 5", "[4, 4]"),
        ("depthwise3x5", "[3, 5]"),
        ("avgpool3x2", "3x2"),
        ("lppool2", "2"),
        ("unfold2x3", "[2, 3]"),
    ],
)
def test_a_kernel_in_the_name(named: str, kernel: str) -> None:
    name, _, out = named.partition(": ")
    op = name.rstrip("0123456789x:")
    argument = f"{{kernel: {kernel}, out: {out}}}" if out else f"{{kernel: {kernel}}}"
    same(f"[{named}]", f"[{op}: {argument}]")


def test_a_kernel_of_three_axes_in_the_name() -> None:
    assert one("conv3x3x3: 2", "input: [1, 5, 5, 5]\n").weights == 27 * 2


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("3", (3, 3)),
        ("[3, 5]", (3, 5)),
        ("3x5", (3, 5)),
        ("[k, k+2]", (3, 5)),
        ("k", (3, 3)),
        ("[3]", (3, 3)),
    ],
)
def test_axis_values(written: str, values: tuple[int, int]) -> None:
    layer = one(f"conv: {{kernel: {written}, out: 1}}", INPUT + "vars: {k: 3}\n")
    assert tuple(window.kernel for window in layer.windows or ()) == values


def test_short_forms() -> None:
    same(
        "[conv: {out: 5, k: 3, s: 2, p: 1, d: 2}]",
        "[conv: {out: 5, kernel: 3, stride: 2, padding: 1, dilation: 2}]",
    )
    same("[maxpool: {k: 3, s: 2, p: 1, d: 2}]", "[maxpool: {kernel: 3, stride: 2, padding: 1, dilation: 2}]")
    same("[unfold: {k: 3, s: 2, p: 1, d: 2}]", "[unfold: {kernel: 3, stride: 2, padding: 1, dilation: 2}]")
    same("[custom: {k: 3, s: 2, p: 1}]", "[custom: {kernel: 3, stride: 2, padding: 1}]")


@pytest.mark.parametrize(
    ("padding", "pairs"),
    [
        ("valid", [(0, 0), (0, 0)]),
        ("half", [(1, 1), (2, 2)]),
        ("same", [(1, 1), (1, 2)]),
        ("2", [(2, 2), (2, 2)]),
        ("[1, 2]", [(1, 1), (2, 2)]),
        ("1x2", [(1, 1), (2, 2)]),
        ("[[0, 1], [2, 3]]", [(0, 1), (2, 3)]),
        ("[[0, 1]]", [(0, 1), (0, 1)]),
        ("n-1", [(1, 1), (1, 1)]),
        ("[[n, 0], [0, n]]", [(2, 0), (0, 2)]),
    ],
)
def test_paddings(padding: str, pairs: list[tuple[int, int]]) -> None:
    layer = one(f"conv3x4: {{out: 1, padding: {padding}}}", INPUT + "vars: {n: 2}\n")
    assert [window.padding for window in layer.windows or ()] == pairs


def test_same_is_an_error_where_the_framework_has_no_such_option() -> None:
    for op in ("conv3x3: {out: 4, padding: same}", "maxpool3: {stride: 1, padding: same}"):
        (found,) = report_of(f"framework: caffe\n{INPUT}layers: [{op}]\n").diagnostics
        assert (found.code, found.message) == ("E305", "caffe has no padding `same`")


@pytest.mark.parametrize(
    ("item", "written"),
    [
        ("conv3x3: {out: 5, norm: bn, act: relu}", "conv3x3: {out: 5, bias: false}, bn, relu"),
        ("conv3x3: {out: 5, norm: bn, bias: true}", "conv3x3: {out: 5, bias: true}, bn"),
        ("conv3x3: {out: 4, norm: {gn: 2}, act: gelu}", "conv3x3: 4, gn: 2, gelu"),
        ("depthwise3x3: {norm: bn, act: relu6}", "depthwise3x3: {bias: false}, bn, relu6"),
        (
            "flatten, linear: {out: 7, norm: bn, act: relu}",
            "flatten, linear: {out: 7, bias: false}, bn, relu",
        ),
        ("flatten, linear: {out: 7, act: relu}", "flatten, linear: 7, relu"),
    ],
)
def test_norm_and_act_are_as_if_they_were_written(item: str, written: str) -> None:
    """`norm: bn` makes `bias` false where it is not given."""
    same(f"[{item}]", f"[{written}]")


def test_bias_groups_and_dilation() -> None:
    layer = one("conv3x3: {out: 8, groups: 2, bias: false, dilation: [1, 2]}")
    assert (layer.weights, layer.biases, layer.shape) == (9 * 4 // 2 * 8, 0, shape(8, 10, 8))


# Variables and expressions


def test_variables_in_any_order() -> None:
    assert one("conv1x1: a", INPUT + "vars: {a: b+1, b: c*2, c: 3}\n").shape.channels == 7


def test_a_long_chain_of_variables() -> None:
    chain = ", ".join(f"v{n}: v{n + 1}+1" for n in range(2000))
    assert one("conv1x1: v0", f"{INPUT}vars: {{{chain}, v2000: 1}}\n").shape.channels == 2001


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2*c", 12),
        ("n//2", 2),
        ("n/2*2", 5),
        ("divisible(1.25*c, 8)", 8),
        ("2 if n == 5 else 1", 2),
        ("max(c, n) + min(1, 2)", 7),
        ("ceil(n/2)", 3),
        ("2**3 % 5", 3),
        ("round(2.6) + abs(-2) + floor(7/2)", 8),
    ],
)
def test_expressions_in_numeric_fields(expression: str, value: int) -> None:
    report = report_of(f"{INPUT}vars:\n  c: 6\n  n: 5\nlayers:\n  - conv1x1: {expression}\n")
    assert report.layers[0].shape.channels == value


def test_expressions_everywhere_a_number_is() -> None:
    head = "vars: {n: 2, b: n > 1}\ninput: [2*n, 6*n, 6*n]\n"
    same(
        "[{conv: {out: n**2, kernel: [n+1, 3], stride: n, padding: n//2, groups: n, bias: b}, repeat: n}]",
        "[{conv: {out: 4, kernel: 3, stride: 2, padding: 1, groups: 2, bias: true}, repeat: 2}]",
        head,
    )


@pytest.mark.parametrize("text", ["divisible(c, 8)", "max(c, 2)"])
def test_a_comma_in_braces_needs_quotes(text: str) -> None:
    head = INPUT + "vars: {c: 8}\n"
    assert one(f"conv1x1: {{out: '{text}'}}", head).shape.channels == 8
    assert layers(f"\n  - conv1x1: {text}", head)[0].shape.channels == 8
    with pytest.raises(SpecError) as caught:
        one(f"conv1x1: {{out: {text}}}", head)
    assert (
        caught.value.diagnostics[0].help
        == "a comma ends a value inside {...} and [...]: put the expression in quotes"
    )


def test_a_variable_may_carry_the_name_of_an_operation() -> None:
    assert one("conv1x1: relu", INPUT + "vars: {relu: 3}\n").shape.channels == 3


# Defaults


def test_defaults_fill_what_is_not_given() -> None:
    head = (
        INPUT
        + "vars: {n: 1}\ndefaults: {conv: {p: n, bias: false, norm: bn, act: relu}, maxpool: {stride: 1}}\n"
    )
    same(
        "[conv3x3: 4, maxpool3, conv3x3: {out: 4, padding: valid, act: none, norm: none, bias: true}]",
        "[conv3x3: {out: 4, padding: 1, bias: false, norm: bn, act: relu}, maxpool3: {stride: 1},"
        " conv3x3: {out: 4, padding: 0, act: none, norm: none, bias: true}]",
        head,
    )
    assert [layer.op for layer in layers("[conv3x3: 4]", head)] == ["conv", "bn", "relu"]


def test_defaults_of_a_kernel_and_of_a_shorthand() -> None:
    head = (
        INPUT + "defaults: {conv: {kernel: 3}, separable: {padding: 1, act: relu}, spp: {mode: adaptive}}\n"
    )
    same(
        "[conv: 5, conv1x1: 5, separable3x3: 5, spp: [5]]",
        "[conv3x3: 5, conv1x1: 5, separable3x3: {out: 5, p: 1, act: relu}, spp: {levels: [5], mode: adaptive}]",
        head,
    )


# Cases


def test_cases_evaluate_the_model_once_more() -> None:
    (model,) = models(
        "vars: {n: 3}\ninput: [4, 9, 9]\nlayers: [conv3x3: n, maxpool2]\n"
        "cases: [{name: big, input: 4x99x99}, {vars: {n: 5}}, {framework: caffe, input: [4, 10, 10]}, {note: nothing}]\n"
    )
    assert [
        (cnncalc.analyze(case.model).layers[-1].shape, case.model.framework.name) for case in model.cases
    ] == [
        (shape(3, 48, 48), "pytorch"),
        (shape(5, 3, 3), "pytorch"),
        (shape(3, 7, 7), "caffe"),
        (shape(3, 3, 3), "pytorch"),
    ]
    assert model.cases[0].name == "big"
    assert len({case.name for case in model.cases}) == 4


def test_variables_of_a_case_reach_the_input() -> None:
    (model,) = models("vars: {n: 8}\ninput: [4, n, n]\nlayers: [conv3x3: n]\ncases: [{vars: {n: 5}}]\n")
    assert cnncalc.analyze(model.cases[0].model).layers[0].shape == shape(5, 3, 3)


def test_a_case_may_name_some_of_several_inputs_in_any_order() -> None:
    (model,) = models(
        "input: {left: [3, 8, 8], right: [3, 8, 8]}\nlayers: [{conv3x3: 4, from: right}]\n"
        "cases: [{input: {right: [5, 9, 9], left: [1, 1, 1]}}, {input: {right: [7, 8, 8]}}]\n"
    )
    first, second = (cnncalc.analyze(case.model) for case in model.cases)
    assert (first.layers[0].in_shape, second.layers[0].in_shape) == (shape(5, 9, 9), shape(7, 8, 8))
    assert [name for name, _ in first.inputs] == ["left", "right"]


# Written in other ways


def test_flow_and_block_style_are_the_same() -> None:
    block = """\
input:
- 4
- 12
- 12
layers:
- conv:
    out: 8
    kernel: [3, 3]
    padding:
    - [0, 1]
    - [1, 0]
  name: stem
- concat:
    a:
    - relu
    b: []
"""
    stem = "{conv: {out: 8, kernel: 3x3, padding: [[0, 1], [1, 0]]}, name: stem}"
    flow = f"{{input: [4, 12, 12], layers: [{stem}, {{concat: {{a: [relu], b: []}}}}]}}"

    def anywhere(text: str) -> list[LayerReport]:
        return [layer._replace(line=0, origin=Origin()) for layer in report_of(text).layers]

    assert anywhere(block) == anywhere(flow)


def test_anchors_are_copies() -> None:
    found = layers("[&a {conv1x1: {out: 4, act: relu}}, *a, {seq: &b [*a, bn]}, {residual: *b}]")
    assert len(found) == 2 + 2 + 3 + 3 + 1


def test_an_empty_network_gives_its_input() -> None:
    report = report_of(f"{INPUT}layers: [{{relu: , repeat: 0}}]\n")
    assert [(output.path, output.shape) for output in report.outputs] == [("input", shape(4, 12, 12))]
    assert (report.layers, report.totals.params) == ((), 0)


@pytest.mark.parametrize(
    "empty",
    ["seq: []", "concat: [[]]", "concat: {a: [], b: []}", "residual: []", "add: [prev, []]", "head: []"],
)
def test_empty_lists_are_the_current_tensor(empty: str) -> None:
    assert layers(f"[relu, {empty}, tanh]")[-1].field.size == (1, 1)


# The vocabulary


SAME = (
    "bn", "gn: 2", "ln", "instance_norm", "lrn", "prelu", "prelu: {per_channel: true}", "scale", "dropout", "channel_shuffle: 2",
    "relu", "relu6", "leaky_relu", "sigmoid", "tanh", "gelu", "silu", "elu", "selu", "mish", "hardswish", "hardsigmoid",
    "softmax", "identity", "seq: [pad: 1, crop_to: input]",
)  # fmt: skip
VOCABULARY = [
    *((item, (4, 12, 12)) for item in SAME),
    ("conv3x3: 8", (8, 10, 10)),
    ("depthwise3x3: 2", (8, 10, 10)),
    ("separable3x3: 5", (5, 10, 10)),
    ("conv_transpose2: {out: 3, s: 2}", (3, 24, 24)),
    ("maxpool2", (4, 6, 6)),
    ("avgpool3: {s: 2, ceil: true}", (4, 6, 6)),
    ("lppool2", (4, 6, 6)),
    ("unfold2", (16, 11, 11)),
    ("global_avgpool", (4, 1, 1)),
    ("global_maxpool", (4, 1, 1)),
    ("adaptive_avgpool: 7", (4, 7, 7)),
    ("adaptive_maxpool: [6, 5]", (4, 6, 5)),
    ("spp: [4, 2, 1]", (4 * 21,)),
    ("roi_pool: {out: 7}", (4, 7, 7)),
    ("ppm: {bins: [1, 2], out: 3}", (10, 12, 12)),
    ("seq: [flatten, linear: 1000]", (1000,)),
    ("flatten", (576,)),
    ("pixel_shuffle: 2", (1, 24, 24)),
    ("pixel_unshuffle: 2", (16, 6, 6)),
    ("slice: {channels: [1, 2]}", (2, 12, 12)),
    ("upsample: 2", (4, 24, 24)),
    ("upsample: {factor: 2, mode: bilinear}", (4, 24, 24)),
    ("upsample: {size: [5, 7]}", (4, 5, 7)),
    ("pad: [1, 1]", (4, 14, 14)),
    ("crop: [[0, 1], [2, 0]]", (4, 11, 10)),
    ("custom: {kernel: 3, stride: 2, padding: 1, out: 7, params: 11, macs: 13}", (7, 6, 6)),
]


@pytest.mark.parametrize(("item", "axes"), VOCABULARY)
def test_every_operation_of_the_vocabulary_is_there(item: str, axes: tuple[int, ...]) -> None:
    assert layers(f"[{item}]")[-1].shape == shape(*axes)


def test_embedding_reads_a_sequence_of_tokens() -> None:
    assert one("embedding: {out: 300, vocab: 20000}", "input: [1, 56]\n").shape == shape(300, 56)
