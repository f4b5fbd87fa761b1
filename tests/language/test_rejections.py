"""Refusals at the evaluation, of several things at once, and within blocks; the paths, words and bounds of messages."""

from __future__ import annotations

import re

import pytest

import cnncalc
from cnncalc.errors import GraphError, SpecError
from tests.language.refusing import INPUT, Found, found_in, refusals

# At the evaluation: the layer is named, everything before it is there


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (
            "conv9x9: 4",
            ("E301", "4:5", "window 9 does not fit the size 8", "the smallest size that works here is 9"),
        ),
        (
            "conv3x3: {out: 4, d: 4, p: [0, 1]}",
            (
                "E301",
                "4:5",
                "window 9 (kernel 3, dilation 4) does not fit the size 8",
                "the smallest size that works here is 9",
            ),
        ),
        (
            "conv3x3: {out: 6, groups: 3}",
            ("E302", "4:5", "4 channels cannot be divided into 3 groups", "multiples of 3 near it: 3, 6"),
        ),
        (
            "pixel_shuffle: 3",
            (
                "E302",
                "4:5",
                "4 channels cannot be divided into 9 blocks of pixels",
                "multiples of 9 near it: 9",
            ),
        ),
        (
            "pixel_unshuffle: 3",
            (
                "E302",
                "4:5",
                "8 positions along an axis cannot be divided into blocks of 3",
                "multiples of 3 near it: 6, 9",
            ),
        ),
        (
            "slice: [2, 5]",
            (
                "E309",
                "4:5",
                "channels 2..6 are beyond the 4 channels of the input",
                "write `channels: [first, count]`, counted from 0",
            ),
        ),
        (
            "conv3x3x3: 4",
            (
                "E304",
                "4:5",
                "kernel 3x3x3 has 3 values, but the map has 2 spatial axes",
                "give one value, or 2",
            ),
        ),
        (
            "conv3x3: {out: 4, padding: [1, 2, 3]}",
            (
                "E304",
                "4:5",
                "padding [[1, 1], [2, 2], [3, 3]] has 3 values, but the map has 2 spatial axes",
                "give one value, or 2",
            ),
        ),
        (
            "conv3x3: {out: 4, stride: 2, padding: same}",
            (
                "E305",
                "4:5",
                "pytorch has padding `same` with stride 1 only, here the stride is 2",
                "write `padding: 1`, or `framework: tensorflow` for its meaning",
            ),
        ),
        (
            "maxpool3: {padding: 2}",
            (
                "E305",
                "4:5",
                "padding 2 is too large for a pool of kernel 3: pytorch allows at most half the kernel",
                "use `padding: 1`, or a `pad` layer before it",
            ),
        ),
        ("crop: 4", ("E307", "4:5", "cutting 4+4 leaves nothing of size 8", "cut less, or crop later")),
    ],
)
def test_evaluation_ends_at_the_layer_that_fails(item: str, expected: Found) -> None:
    spec = f"{INPUT}layers:\n  - {{relu: , name: good}}\n  - {item}\n  - relu\n"
    assert found_in(spec) == [expected]
    (model,) = cnncalc.loads(spec)
    report = cnncalc.analyze(model)
    assert [layer.path for layer in report.layers] == ["good"]
    assert report.failed == f"{item.partition(':')[0]}_1" == report.diagnostics[0].path
    assert (report.totals.params, report.totals.macs, report.peak, report.outputs) == (None, None, None, ())


def test_convolution_of_a_vector() -> None:
    spec = f"{INPUT}layers: [flatten, conv3x3: 4]\n"
    message = "conv works on a map, its input is a vector of 256"
    assert found_in(spec) == [
        ("E306", "2:19", message, "it belongs before `flatten_1`, which makes the map a vector")
    ]


@pytest.mark.parametrize(
    ("items", "maker"),
    [
        ("{linear: 100, name: fc}, conv3x3: 16", "fc"),
        ("linear: 100, relu, {dropout: , name: d}, conv3x3: 16", "linear_1"),
        ("global_avgpool, flatten, linear: 7, conv_transpose4x4: 16", "flatten_1"),
        ("concat: {a: [flatten], b: [flatten]}, upsample: 2", "concat_1/a/flatten_1"),
        ("seq: [linear: 3], maxpool2", "seq_1/linear_1"),
    ],
)
def test_the_layer_that_made_a_vector_is_named(items: str, maker: str) -> None:
    ((code, _, _, help),) = found_in(f"framework: caffe\n{INPUT}layers: [{items}]\n")
    assert (code, help) == ("E306", f"it belongs before `{maker}`, which makes the map a vector")


def test_the_input_that_is_a_vector_is_named() -> None:
    ((code, _, message, help),) = found_in("input: 224\nlayers: [relu, conv3x3: 16]\n")
    assert (code, message) == ("E306", "conv works on a map, its input is a vector of 224")
    assert help is not None and help.startswith("the input `input` has no spatial axes")
    for shape in ("[224, 1, 1]", "[3, 224, 224]"):
        assert f"`{shape}`" in help and found_in(f"input: {shape}\nlayers: [conv1x1: 16]\n") == []


@pytest.mark.parametrize(
    ("given", "items", "advised"),
    [
        ("[32, 3, 224, 224]", "conv3x3: 8", "[3, 224, 224]"),
        ("[32, 3, 224, any]", "relu, maxpool2, conv3x3: 8", "[3, 224, any]"),
        ("[8, 4, 100]", "conv: {kernel: [3], out: 8, padding: [[1, 1], [1, 1], [1, 1]]}", None),
        ("[32, 3, 224]", "conv3x3x3: 8", None),
    ],
)
def test_a_batch_axis(given: str, items: str, advised: str | None) -> None:
    ((code, _, _, help),) = found_in(f"input: {given}\nlayers: [{items}]\n")
    assert code == "E304" and help is not None
    assert (advised is None) == ("batch" not in help)
    if advised is not None:
        assert help.endswith(f"; or leave out a batch axis, there is none: `input: {advised}`")


@pytest.mark.parametrize("given", ["3x32", "32", "3x32x32x3"])
def test_another_number_of_axes_than_the_spec_has_is_told_from_one_of_the_spec(given: str) -> None:
    (model,) = cnncalc.loads("input: [3, 32, 32]\nlayers: [conv3x3: 8]\n")
    (error,) = cnncalc.analyze(model, given).diagnostics
    assert error.help is not None and error.help.endswith("; the spec's own input is 3x32x32")
    (own,) = cnncalc.analyze(model._replace(inputs=cnncalc.analyze(model, given).inputs)).diagnostics
    assert own.help is not None and error.help.startswith(own.help) and "own input" not in own.help


@pytest.mark.parametrize(
    ("given", "advised"),
    [("64", "[1, 64]"), ("[2, 300]", "[1, 300]"), ("[1, 8, 9]", "[1, 9]"), ("[3, any]", "[1, any]")],
)
def test_the_input_of_an_embedding_keeps_its_length(given: str, advised: str) -> None:
    ((code, _, _, help),) = found_in(f"input: {given}\nlayers: [embedding: {{out: 8, vocab: 100}}]\n")
    assert (code, help) == ("E306", f"write `input: {advised}`")


@pytest.mark.parametrize(
    ("join", "found"),
    [
        ("concat: [prev, [conv3x3: 5]]", "`input` (4x8x8) and `branch_2` (5x6x6): sizes differ"),
        ("add: {a: [conv1x1: 4], b: [conv3x3: 4]}", "`a` (4x8x8) and `b` (4x6x6): sizes differ"),
        (
            "add: {a: [relu], b: [relu], c: [conv3x3: 4], d: [relu], e: [relu], f: [relu]}",
            "`c` (4x6x6) and `a`, `b`, `d`, `e` and 1 more (4x8x8): sizes differ",
        ),
        (
            "add: {a: [conv1x1: 4], b: [conv3x3: 4], c: [conv5x5: 4]}",
            "`a` (4x8x8), `b` (4x6x6) and `c` (4x4x4): sizes differ",
        ),
        (
            "concat: {a: [conv1x1: 2], b: [conv1x1: 3], c: [conv5x5: 4], d: []}",
            "`c` (4x4x4) and `a` (2x8x8), `b` (3x8x8), `input` (4x8x8): sizes differ",
        ),
        ("mul: {gate: [conv1x1: 3], map: []}", "`gate` (3x8x8) and `input` (4x8x8): channels differ"),
        (
            "residual: [conv1x1: 4, conv3x3: 4]",
            "`conv3x3_1` (4x6x6) and `input` (4x8x8): sizes differ",
        ),
        ("concat: {a: [flatten], b: []}", "`a` (256) and `input` (4x8x8): the numbers of axes differ"),
    ],
)
def test_a_join_of_unlike_maps_names_the_branches_and_their_shapes(join: str, found: str) -> None:
    ((code, place, message, _),) = found_in(f"{INPUT}layers:\n  - {join}\n")
    assert (code, place, message) == ("E303", "3:5", f"cannot join {found}")


@pytest.mark.parametrize("body", ["[conv3x3: {out: 8, s: 2, p: 1}]", "[conv1x1: 8]"])
def test_residual_of_another_shape_leads_to_the_projection(body: str) -> None:
    ((code, place, _, help),) = found_in(f"{INPUT}layers:\n  - residual: {body}\n")
    assert (code, place) == ("E303", "3:5")
    assert help is not None
    assert "`shortcut: project`" in help


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ("dense_block: {repeat: 2, body: [conv3x3: 3]}", "dense_block_1/body[0]"),
        ("inception: {1: 3, 3x3x3: 4}", "inception_1/3x3x3/conv3x3x3_1"),
        ("spp: {levels: [9], mode: paper}", "spp_1/level_9/spp_level_1"),
        ("separable3x3x3: 4", "separable3x3x3_1/depthwise3x3x3_1"),
        ("residual: {body: [upsample: 2], shortcut: project}", "residual_1/shortcut"),
    ],
)
def test_errors_inside_shorthands_have_the_place_of_the_shorthand(item: str, path: str) -> None:
    (found,) = refusals(f"{INPUT}layers:\n  - {item}\n")
    assert found.location is not None
    assert (found.location.line, found.location.column) == (3, 5)
    assert found.path == path


# Several at once


def test_all_errors_of_a_file_in_one_run_and_in_its_order() -> None:
    spec = """\
framwork: caffe
vars: {a: b, b: a}
defaults: {conv: {filters: 3}}
blocks:
  unused: {layers: [conv3x3: {out: 4, strides: 2}]}
layers:
  - conv3x3: {out: 0, pading: 1}
  - fc: 10
  - relu:
    from: nope
  - concat: [[maxpol2], prev]
expect: {parms: 3}
cases: [{inptu: 3}]
"""
    expected = ["1:1", "2:17", "3:19", "5:39", "7:20", "7:23", "8:5", "10:11", "11:15", "12:10", "13:10"]
    assert [place for _, place, _, _ in found_in(spec)] == expected


def test_the_same_error_in_copies_is_reported_once() -> None:
    block = "blocks: {basic: {params: [c], layers: [conv3x3: {out: c, pading: 1}]}}\n"
    assert len(refusals(f"{INPUT}{block}layers: [{{basic: 4, repeat: 10}}, basic: 5, basic: 6]\n")) == 1


def test_errors_of_models_that_share_a_block_are_reported_once() -> None:
    block = "blocks: {b: {layers: [conv3x3: {pading: 1}]}}\n"
    spec = block + "models: {one: {layers: [b]}, two: {layers: [b]}, three: {layers: [fc: 1]}}\n"
    assert [place for _, place, _, _ in found_in(spec)] == ["1:33", "2:67"]


def test_a_broken_item_keeps_its_name() -> None:
    """Later references to it are no errors of their own."""
    spec = f"{INPUT}layers:\n  - {{conv3x3: {{oot: 4}}, name: stem}}\n  - {{fc: 3, name: two}}\n  - add: [stem, two]\n"
    assert [code for code, _, _, _ in found_in(spec)] == ["E104", "E111"]


def test_a_broken_variable_is_reported_once() -> None:
    spec = "vars: {a: 1/0, b: a+1}\ninput: [a, b, 8]\nlayers: [{conv3x3: a, repeat: b, expect: [a, 6, 6]}]\nexpect: {params: b}\n"
    assert [place for _, place, _, _ in found_in(spec)] == ["1:11"]


def test_a_refused_block_is_reported_once() -> None:
    """Its uses are not unknown operations on top."""
    assert [
        code for code, _, _, _ in found_in(f"{INPUT}blocks: {{basic: [relu]}}\nlayers: [basic, basic]\n")
    ] == ["E105"]


def test_graph_errors_alone_are_graph_errors() -> None:
    with pytest.raises(GraphError):
        cnncalc.loads("layers: [{relu: , from: nope}]\n")
    with pytest.raises(SpecError):
        cnncalc.loads("layers: [{relu: , from: nope}, fc: 3]\n")


# Blocks: the chain of uses, the place in the block


CHAINED = """\
input: [4, 8, 8]
blocks:
  inner:
    params: [c]
    layers:
      - conv3x3: {out: c}
  outer:
    params: [c, d=c-4]
    layers:
      - conv1x1: c
      - inner: d
layers:
  - outer: 6
  - {outer: 4, name: bad}
"""


def test_chain_of_blocks_leads_from_the_use_to_the_error() -> None:
    (found,) = refusals(CHAINED)
    assert (found.code, found.message) == ("E109", "`c` = 0 is below the smallest possible value, 1")
    assert found.location is not None
    assert (found.location.line, found.location.column, found.location.width) == (6, 24, 1)
    assert found.excerpt == "      - conv3x3: {out: c}"
    assert found.chain == ("`outer` at line 14", "`inner` at line 11")
    assert found.path == "bad/inner_1/conv3x3_1"


def test_chain_of_blocks_at_a_shape_error() -> None:
    (found,) = refusals(CHAINED.replace("outer: 4", "outer: 9").replace("conv3x3", "conv9x9"))
    assert (found.code, found.path) == ("E301", "outer_1/inner_1/conv9x9_1")
    assert found.chain == ("`outer` at line 13", "`inner` at line 11")


def test_recursion_shows_the_chain() -> None:
    spec = f"{INPUT}blocks: {{a: {{layers: [b]}}, b: {{layers: [c]}}, c: {{layers: [a]}}}}\nlayers: [a]\n"
    (found,) = refusals(spec)
    assert (found.code, found.message, found.help) == (
        "E206",
        "the block `a` calls itself: a -> b -> c -> a",
        "use `repeat`",
    )


@pytest.mark.parametrize(
    ("layers", "place", "message"),
    [
        ("[conv3x3: {out: c, filters: 3}]", "1:54", "unknown argument of conv `filters`"),
        ("[fc: c]", "1:36", "unknown operation `fc`"),
        ("[concat: [prev, nope]]", "1:51", "no earlier tensor is named `nope`"),
        ("[{relu: , repeat: d}]", "1:53", "unknown name `d`"),
    ],
)
def test_blocks_that_nothing_uses_are_checked(layers: str, place: str, message: str) -> None:
    assert [
        found[1:3]
        for found in found_in(f"blocks: {{b: {{params: [c], layers: {layers}}}}}\nlayers: [relu]\n")
    ] == [(place, message)]


@pytest.mark.parametrize(
    "layers",
    [
        "[conv3x3: c, conv1x1: {out: 2*c, bias: c > 4}, {relu: , repeat: c}]",
        "[{conv3x3: c, expect: [c, 6, 6]}, {conv3x3: c, expect: {params: c, macs: {min: c}}}]",
        "[dense_block: {repeat: c, body: [conv3x3: {out: c*i + 1, padding: c}]}]",
        "[conv3x3: {out: 4, act: c}, {concat: [c, prev]}, {relu: , from: c}, inception: {1x1: c, 3x3: [c, 4]}]",
        "[upsample: {factor: 2, mode: c}, conv: {kernel: c, out: 3}, spp: [c]]",
    ],
)
def test_blocks_that_nothing_uses_may_leave_their_parameters_open(layers: str) -> None:
    assert found_in(f"blocks: {{b: {{params: [c], layers: {layers}}}}}\nlayers: [relu]\n") == []


# Paths


@pytest.mark.parametrize(
    ("layers", "broken", "path"),
    [
        ("[{conv3x3: {out: 4, p: 1}, name: stem}, conv3x3: 5]", "conv3x3: {out: 0}", "conv3x3_1"),
        ("[conv3x3: {out: 4, norm: bn}, bn]", "bn: {foo: 1}", "bn_2"),
        ("[{relu: , name: relu_1}, relu]", "relu: 3", "relu_2"),
        ("[{seq: [relu, conv3x3: 5], repeat: 2}]", "conv3x3: -i", "seq_1[0]/conv3x3_1"),
        ("[residual: [relu, conv1x1: 4]]", "conv1x1: 0", "residual_1/conv1x1_1"),
        ("[residual: {body: [relu], shortcut: [conv1x1: 4]}]", "conv1x1: 0", "residual_1/shortcut/conv1x1_1"),
        ("[concat: {a: [relu], b: [conv1x1: 4]}]", "conv1x1: 0", "concat_1/b/conv1x1_1"),
        ("[concat: [prev, [conv1x1: 4]]]", "conv1x1: 0", "concat_1/branch_2/conv1x1_1"),
        ("[dense_block: {repeat: 2, body: [conv1x1: 4]}]", "conv1x1: 0", "dense_block_1/body[0]/conv1x1_1"),
        ("[head: [conv1x1: 4]]", "conv1x1: 0", "head_1/conv1x1_1"),
    ],
)
def test_an_error_carries_the_path_that_the_record_would_have(layers: str, broken: str, path: str) -> None:
    good = layers.replace(f"{broken.partition(':')[0]}: 5", "@").replace("conv1x1: 4", "@")
    if "@" not in good:
        good = f"{layers.rpartition(', ')[0]}, @]"
    (model,) = cnncalc.loads(f"{INPUT}layers: {layers}\n")
    assert path in [layer.path for layer in cnncalc.analyze(model).layers]
    assert refusals(f"{INPUT}layers: {good.replace('@', broken)}\n")[0].path == path


# Names from a file do not reach a message raw


@pytest.mark.parametrize("word", ["\x1b[31mred", "a\nb"])
@pytest.mark.parametrize(
    "spec",
    [
        'layers: [{relu: , from: "WORD"}]',
        'layers: ["WORD"]',
        'layers: [{relu: , name: "WORD"}, {relu: , name: "WORD"}]',
        'layers: [conv3x3: {out: 4, "WORD": 3}]',
        'layers: [conv3x3: "WORD"]',
        'layers: [conv3x3: {out: 4, padding: "WORD"}]',
        'blocks: {"WORD": {params: [c], layers: [relu]}}\nlayers: [{"WORD": [3]}]',
        'vars: {"WORD": 3}\nlayers: [relu]',
        'layers: [relu]\nframework: "WORD"',
        'layers: [{relu: , expect: {"WORD": 3}}]',
        'layers: [{conv3x3: 4, name: "WORD"}, {depthwise3x3: , share: "WORD"}]',
    ],
)
def test_control_characters_of_names_are_escaped_in_messages(spec: str, word: str) -> None:
    escaped = word.encode("unicode_escape").decode()
    for found in refusals(spec.replace("WORD", escaped)):
        assert found.message.isprintable()
        assert (found.help or "").isprintable()


def test_long_words_are_cut() -> None:
    assert all(
        len(message) < 200
        for _, _, message, _ in found_in(f"layers: [{'x' * 5000}: 3]\nframework: {'y' * 5000}\n")
    )


# Bounds


@pytest.mark.parametrize("digits", [20, 900, 5000])
@pytest.mark.parametrize(
    ("spec", "codes"),
    [
        ("layers: [conv3x3: N]", ["E109", "E207"]),
        ("layers: [conv: {out: 8, kernel: Nx3}]", ["E109"]),
        ("layers: [upsample: N]", ["E109", "E207"]),
        ("layers: [spp: [N]]", ["E109", "E207"]),
        ("layers: [{conv3x3: 8, repeat: N}]", ["E109", "E207"]),
        ("input: [3, N, 8]\nlayers: [relu]", ["E109", "E207"]),
        ("input: 3xNx8\nlayers: [relu]", ["E109", "E207"]),
        ("vars: {n: N}\nlayers: [conv3x3: n]", ["E109", "E207"]),
    ],
)
def test_numbers_without_measure_are_refused(spec: str, codes: list[str], digits: int) -> None:
    ((code, _, message, _),) = found_in(spec.replace("N", "9" * digits))
    assert code in codes
    assert len(message) < 200


@pytest.mark.parametrize("spec", ["layers: [convN: 3]", "layers: [inception: {Nx3: 4}]"])
def test_kernels_without_measure_in_names_are_refused(spec: str) -> None:
    """Longer keys are refused by YAML itself."""
    for digits in (20, 900):
        ((code, _, message, _),) = found_in(spec.replace("N", "9" * digits))
        assert code in ("E104", "E111", "E114")
        assert len(message) < 200


@pytest.mark.parametrize(
    "spec", ["{params: N}", "{params: ~N}", '{params: "<= N"}', "{shape: [N, 3]}", "Nx3"]
)
def test_expectations_without_measure_do_no_harm(spec: str) -> None:
    for digits in (900, 5000):
        assert all(
            len(message) < 200
            for _, _, message, _ in found_in(
                f"layers: [{{relu: , expect: {spec.replace('N', '9' * digits)}}}]"
            )
        )


def test_blocks_within_blocks_end_at_a_depth() -> None:
    chain = ", ".join(f"b{n}: {{layers: [b{n + 1}]}}" for n in range(100))
    ((code, _, message, help),) = found_in(
        f"{INPUT}blocks: {{{chain}, b100: {{layers: [relu]}}}}\nlayers: [b0]\n"
    )
    assert (code, message) == ("E102", "structures and blocks are nested deeper than 65 levels")
    assert help is not None


def test_blocks_that_double_end_at_a_number() -> None:
    doubling = ", ".join(f"b{n}: {{layers: [b{n + 1}, b{n + 1}]}}" for n in range(40))
    with pytest.raises(cnncalc.SpecError) as caught:
        cnncalc.loads(
            f"{INPUT}blocks: {{{doubling}, b40: {{layers: [relu]}}}}\nlayers: [b0]\n", max_layers=2_000
        )
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == (
        "E102",
        "more than 2,000 items after expanding blocks and repeats",
    )
    assert diagnostic.help == "lower a `repeat`, or pass --max-layers"


@pytest.mark.parametrize("levels", [65, 199])
def test_structures_within_structures_end_at_a_depth(levels: int) -> None:
    spec = f"{INPUT}layers: [{'seq: [' * levels}relu{']' * levels}]\n"
    assert [code for code, _, _, _ in found_in(spec)] == ["E102"]


@pytest.mark.parametrize(
    ("join", "wanted", "unwanted"),
    [
        ("concat: [skip, prev]", ("`upsample_to`", "`crop_to`"), "project"),
        ("add: [skip, prev]", ("`upsample_to`", "`crop_to`"), "project"),
        ("residual: {body: [conv3x3: 4]}", ("pad the body's windows", "`shortcut: project`"), "_to`"),
        (
            "residual: {body: [conv3x3: 4], shortcut: project}",
            ("pad the body's windows",),
            "`shortcut: project`",
        ),
        ("residual: {body: [conv3x3: 4], shortcut: [relu]}", ("`crop_to`",), "`shortcut: project`"),
        ("residual: {body: [conv1x1: 5]}", ("`shortcut: project`",), "same `out`"),
        ("concat: {a: [flatten, linear: 3], b: []}", ("flatten the maps",), "project"),
    ],
)
def test_ways_out_of_a_join_of_unequal_maps(join: str, wanted: tuple[str, ...], unwanted: str) -> None:
    spec = f"input: [4, 33, 33]\nlayers:\n  - {{relu: , name: skip}}\n  - maxpool2\n  - upsample: 2\n  - {join}\n"
    ((code, place, _, help),) = found_in(spec)
    assert (code, place) == ("E303", "6:5") and help is not None
    assert all(part in help for part in wanted) and unwanted not in help


@pytest.mark.parametrize("way", ["upsample_to: skip", "crop_to: small"])
def test_what_is_advised_for_an_odd_u_net_works(way: str) -> None:
    left = "skip" if way.startswith("up") else "prev"
    right = "prev" if way.startswith("up") else "small"
    lines = ["{relu: , name: skip}", "maxpool2", "{upsample: 2, name: small}"]
    lines += [way] if left == "skip" else [f"{{{way}, from: skip}}"]
    text = "\n".join(f"  - {line}" for line in [*lines, f"concat: [{left}, {right}]"])
    assert found_in(f"input: [4, 33, 33]\nlayers:\n{text}\n") == []


@pytest.mark.parametrize(
    ("input", "join", "branches"),
    [
        ("[8, 9, 9]", "mul", {"gate": ["global_avgpool", "linear: 4"], "map": []}),
        ("[8, 9, 9]", "mul", {"map": ["relu"], "gate": ["global_avgpool", "conv1x1: 4"]}),
        ("[8, 9, 9]", "add", {"a": ["conv1x1: 16"], "b": ["conv1x1: 8"]}),
        ("[8, 9]", "sub", {"a": ["conv1: 16"], "b": ["conv1: 8"], "c": ["conv1: 16"]}),
        ("[8, 9, 9, 9]", "max", {"a": [], "b": ["conv1x1x1: 5"], "c": ["conv1x1x1: 6"], "d": []}),
        (
            "[8, 9, 9]",
            "add",
            {"one": ["channel_mean"], "b": ["conv1x1: 3"], "c": ["conv1x1: 6"], "d": ["conv1x1: 6"]},
        ),
        ("[8]", "add", {"a": ["linear: 3"], "b": ["linear: 4"]}),
    ],
)
def test_what_is_advised_for_unlike_channels_works(
    input: str, join: str, branches: dict[str, list[str]]
) -> None:
    def spec() -> str:
        written = ", ".join(f"{name}: [{', '.join(items)}]" for name, items in branches.items())
        return f"input: {input}\nlayers:\n  - {join}: {{{written}}}\n"

    ((code, _, _, help),) = found_in(spec())
    assert code == "E303" and help is not None
    for name, item in re.findall("`([a-z]+)` with `([^`]+)`", help):
        branches[name].append(item)
    assert found_in(spec()) == []


def test_what_is_advised_for_a_shortcut_of_other_channels_works() -> None:
    spec = f"{INPUT}layers:\n  - residual: {{body: [conv1x1: 6], shortcut: [relu%s]}}\n"
    ((code, _, _, help),) = found_in(spec % "")
    assert (code, help) == ("E303", "end `shortcut` with `conv1x1: 6`: `conv1x1_1` has 6 channels")
    assert found_in(spec % ", conv1x1: 6") == []
