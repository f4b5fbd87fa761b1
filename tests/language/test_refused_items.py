"""One test per refusal of an item of a list of layers: code, place, message and help."""

from __future__ import annotations

import pytest

from cnncalc.layers.activation import Activation
from cnncalc.layers.base import OPERATIONS
from tests.language.refusing import INPUT, Found, found_in


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(
            "conv3x3: 0",
            ("E109", "3:14", "0 is below the smallest possible value, 1", None),
            id="out 0",
        ),
        pytest.param(
            "conv3x3: {out: 3, padding: -1}",
            ("E109", "3:32", "-1 is below the smallest possible value, 0", None),
            id="negative padding",
        ),
        pytest.param(
            "conv3x3: {out: 3, padding: sme}",
            ("E112", "3:32", "unknown padding `sme`", "did you mean `same`?"),
            id="padding word",
        ),
        pytest.param(
            "conv3x3: {out: 3, padding: full}",
            (
                "E112",
                "3:32",
                "unknown padding `full`",
                "possible: valid, half, causal, same, a number, one per axis, [[before, after], ...]",
            ),
            id="padding full",
        ),
        pytest.param(
            "conv3x3: {out: 3, padding: {a: 1}}",
            (
                "E105",
                "3:32",
                "expected a number or one per axis, found a mapping",
                "for instance 3, 3x5 or [3, 5]",
            ),
            id="padding mapping",
        ),
        pytest.param(
            "conv3x3: {out: 3, padding: [[1], [1]]}",
            ("E105", "3:32", "expected [before, after], found a list", "for instance [[0, 1], [0, 1]]"),
            id="padding pair",
        ),
        pytest.param(
            "conv3x3: {out: 3, padding: []}",
            ("E106", "3:32", "an empty list", "give one value per axis"),
            id="padding empty",
        ),
        pytest.param(
            "conv3x3: {out: 3, stride: }",
            ("E105", "3:31", "expected a number or one per axis, found nothing", None),
            id="stride nothing",
        ),
        pytest.param(
            "conv3x3: {out: [3], stride: 1}",
            ("E105", "3:20", "expected a whole number, found a list", None),
            id="stride list",
        ),
        pytest.param(
            "conv3x3: [64, 2]",
            (
                "E105",
                "3:14",
                "expected a whole number, found a list",
                "several arguments are named: `conv3x3: {out: 64, stride: 2, padding: 1}`",
            ),
            id="arguments in order",
        ),
        pytest.param(
            "conv: 3x3",
            (
                "E105",
                "3:11",
                "expected a whole number, found `3x3`",
                "the kernel goes into the name, as in `conv3x3: 64`",
            ),
            id="kernel scalar",
        ),
        pytest.param(
            "conv: 6",
            (
                "E106",
                "3:5",
                "conv needs `kernel`: window size, also in the name: 3x3",
                "for instance `conv3x3: {out: 64, stride: 2, padding: 1}`",
            ),
            id="no kernel",
        ),
        pytest.param(
            "conv3x3: {out: 3, kernel: 3}",
            ("E107", "3:23", "the kernel is already in the name: 3x3", "write it once"),
            id="kernel twice",
        ),
        pytest.param(
            "conv3x3: {out: 3, k: 3}",
            ("E107", "3:23", "the kernel is already in the name: 3x3", "write it once"),
            id="kernel twice short",
        ),
        pytest.param(
            "maxpool2: 3",
            (
                "E107",
                "3:15",
                "the kernel is already in the name `maxpool2`",
                "for instance `maxpool2: {stride: 2}`",
            ),
            id="kernel twice scalar",
        ),
        pytest.param(
            "conv3x3: {out: 3, stride: 2, s: 2}",
            ("E107", "3:34", "`stride` is given twice, also as `s`", "write only one of them"),
            id="both forms",
        ),
        pytest.param(
            "conv: {out: 3, k: 3, kernel: 3}",
            ("E107", "3:26", "`kernel` is given twice, also as `k`", "write only one of them"),
            id="both forms k",
        ),
        pytest.param(
            "conv0x3: 64",
            ("E111", "3:5", "unknown operation `conv0x3`", "a kernel is at least 1 along each axis"),
            id="kernel 0",
        ),
        pytest.param(
            "relu3x3:",
            ("E111", "3:5", "unknown operation `relu3x3`", "`relu` takes no kernel in its name"),
            id="kernel on relu",
        ),
        pytest.param(
            "conv3x3: 99999999999999",
            ("E109", "3:14", "99999999999999 is beyond the largest possible value, 1,000,000,000,000", None),
            id="too large",
        ),
        pytest.param(
            "conv3x3: 13:13",
            ("E202", "3:14", "found `:` at character 3 of `13:13` where an operator is expected", None),
            id="sexagesimal",
        ),
        pytest.param(
            "conv3x3: {out: 3, bias: no}",
            ("E105", "3:29", "expected true or false, found `no`", "write `false`"),
            id="no is not false",
        ),
        pytest.param(
            "conv3x3: {out: 3, bias: 0}",
            ("E105", "3:29", "expected true or false, found `0`", None),
            id="0 is not false",
        ),
        pytest.param(
            "conv3x3: true",
            ("E105", "3:14", "expected a whole number, found `true`", None),
            id="true is not a number",
        ),
        pytest.param(
            "conv3x3: i",
            (
                "E203",
                "3:14",
                "unknown name `i`",
                "`i` is the index of a copy, inside an item with `repeat`",
            ),
            id="i outside",
        ),
        pytest.param(
            "conv3x3: 3K",
            (
                "E202",
                "3:14",
                "found `K` at character 2 of `3K` where an operator is expected",
                "the suffixes K, M, G and T are for `expect`; write the digits, grouped as in 3_000",
            ),
            id="suffix",
        ),
        pytest.param(
            "conv3x3: {out: 4, groups: 3}",
            ("E302", "3:5", "out 4 cannot be divided into 3 groups", None),
            id="groups",
        ),
        pytest.param(
            "upsample: {factor: 2, mode: area}",
            ("E112", "3:33", "unknown mode `area`", "possible: nearest, bilinear, bicubic"),
            id="unknown mode",
        ),
        pytest.param(
            "upsample: {factor: 2, size: 3}",
            (
                "E107",
                "3:5",
                "upsample takes either a factor or a size",
                "write `upsample: 2` or `upsample: {size: 56}`",
            ),
            id="upsample both",
        ),
        pytest.param(
            "upsample:",
            (
                "E106",
                "3:5",
                "upsample takes either a factor or a size",
                "write `upsample: 2` or `upsample: {size: 56}`",
            ),
            id="upsample none",
        ),
        pytest.param(
            "slice: [1, 2, 3]",
            ("E105", "3:12", "expected 2 numbers, found 3", "[first, count]"),
            id="slice count",
        ),
        pytest.param(
            "slice: [1, 0]",
            (
                "E109",
                "3:5",
                "a slice of 0 channels is empty",
                "write `channels: [first, count]`, counted from 0",
            ),
            id="slice empty",
        ),
        pytest.param(
            "spp: {levels: [1], mode: papr}",
            ("E112", "3:30", "unknown mode `papr`", "did you mean `paper`?"),
            id="spp mode",
        ),
        pytest.param(
            "linear:",
            (
                "E106",
                "3:5",
                "linear needs `out`: output features",
                "for instance `linear: {out: 4096, act: relu}`",
            ),
            id="linear none",
        ),
        pytest.param(
            "relu: 3",
            ("E105", "3:11", "relu takes no argument, found `3`", None),
            id="relu argument",
        ),
        pytest.param(
            "custom: 3",
            (
                "E105",
                "3:13",
                "custom takes arguments by name only, found `3`",
                "for instance `custom: {kernel: 3, padding: 1, params: 1234, macs: 0}`",
            ),
            id="custom scalar",
        ),
        pytest.param(
            "conv3x3: {out: 3, norm: batchnorm}",
            ("E112", "3:29", "unknown norm `batchnorm`", "did you mean `bn`?"),
            id="norm word",
        ),
        pytest.param(
            "conv3x3: {out: 3, act: swish}",
            ("E112", "3:28", "unknown act `swish`", "did you mean `silu`?"),
            id="act word",
        ),
        pytest.param(
            "conv3x3: {out: 3, act: bn}",
            (
                "E112",
                "3:28",
                "unknown act `bn`",
                f"possible: {', '.join(op for op, layer in OPERATIONS.items() if issubclass(layer, Activation))}",
            ),
            id="act is norm",
        ),
        pytest.param(
            "conv3x3: {out: 3, act: [relu]}",
            ("E105", "3:28", "expected one operation, found a list", "for instance `relu` or `{gn: 32}`"),
            id="act list",
        ),
        pytest.param(
            "[relu]",
            ("E108", "3:5", "expected a layer, found a list", "for instance `- conv3x3: 64`"),
            id="item list",
        ),
        pytest.param(
            "~",
            ("E108", "3:5", "expected a layer, found an empty item", "for instance `- conv3x3: 64`"),
            id="item null",
        ),
        pytest.param(
            "{name: x}",
            ("E108", "3:5", "an item without an operation", "for instance `- conv3x3: 64`"),
            id="item without operation",
        ),
        pytest.param(
            "{conv3x3: 3, relu: }",
            ("E108", "3:18", "two operations in one item, `conv3x3` and `relu`", "start each with `- `"),
            id="two operations",
        ),
        pytest.param(
            "{conv3x3: 3, stride: 2}",
            (
                "E104",
                "3:18",
                "`stride` is an argument of conv3x3, not of the item",
                "write `conv3x3: {..., stride: ...}`",
            ),
            id="argument beside",
        ),
        pytest.param(
            "{conv3x3: 3, activation: relu}",
            ("E104", "3:18", "unknown key `activation`", "write `conv3x3: {..., act: ...}`"),
            id="foreign argument beside",
        ),
        pytest.param(
            "{conv3x3: 3, nmae: x}",
            ("E104", "3:18", "unknown key `nmae`", "did you mean `name`?"),
            id="unknown sibling",
        ),
        pytest.param(
            "{conv3x3: 3, inputs: x}",
            ("E104", "3:18", "unknown key `inputs`", "did you mean `from`?"),
            id="foreign sibling",
        ),
        pytest.param(
            "{conv3x3: 3, name: [x]}",
            ("E105", "3:24", "expected a name, found a list", None),
            id="name kinds",
        ),
        pytest.param(
            "{conv3x3: 3, name: }",
            ("E105", "3:24", "expected a name, found nothing", None),
            id="name nothing",
        ),
        pytest.param(
            "{conv3x3: 3, name: prev}",
            (
                "E114",
                "3:24",
                "`prev` cannot be a name",
                "use a name of at least one character, without `/`, without an index such as `[0]` at its end, and not `prev`",
            ),
            id="name prev",
        ),
        pytest.param(
            "{conv3x3: 3, name: a/b}",
            (
                "E114",
                "3:24",
                "`a/b` cannot be a name",
                "use a name of at least one character, without `/`, without an index such as `[0]` at its end, and not `prev`",
            ),
            id="name path",
        ),
        pytest.param(
            "{conv3x3: 3, name: 'a[0]'}",
            (
                "E114",
                "3:24",
                "`a[0]` cannot be a name",
                "use a name of at least one character, without `/`, without an index such as `[0]` at its end, and not `prev`",
            ),
            id="name index",
        ),
        pytest.param(
            "{conv3x3: 3, from: [a, b]}",
            (
                "E105",
                "3:24",
                "`from` is the name of an earlier tensor, found a list",
                "several tensors are joined by `concat: [a, b]` or `add: [a, b]`",
            ),
            id="from list",
        ),
        pytest.param(
            "{conv3x3: 3, from: }",
            ("E105", "3:24", "`from` is the name of an earlier tensor, found nothing", None),
            id="from nothing",
        ),
        pytest.param(
            "{conv3x3: 3, repeat: {}}",
            ("E105", "3:26", "expected a whole number, found a mapping", None),
            id="repeat mapping",
        ),
        pytest.param(
            "{conv3x3: 3, repeat: -1}",
            ("E109", "3:26", "-1 is below the smallest possible value, 0", None),
            id="repeat negative",
        ),
        pytest.param(
            "{conv3x3: 3, repeat: 3/2}",
            (
                "E204",
                "3:26",
                "`3/2` is 1 1/2, not an integer",
                "write `3//2` to round down, or use round() or ceil()",
            ),
            id="repeat fraction",
        ),
        pytest.param(
            "{conv3x3: 3, repeat: 1000000}",
            (
                "E102",
                "3:26",
                "1,000,000 copies exceed the limit of 200,000 layers",
                "lower a `repeat`, or pass --max-layers",
            ),
            id="repeat huge",
        ),
        pytest.param(
            "{conv3x3: 3, from: inptu}",
            ("E201", "3:24", "no earlier tensor is named `inptu`", "did you mean `input`?"),
            id="unknown",
        ),
        pytest.param(
            "{conv3x3: 3, from: -1}",
            ("E201", "3:24", "no earlier tensor is named `-1`", "names so far: input"),
            id="integer reference",
        ),
        pytest.param(
            "{relu: , name: a, from: a}",
            (
                "E201",
                "3:29",
                "no earlier tensor is named `a`",
                "an item cannot refer to itself",
            ),
            id="itself",
        ),
        pytest.param(
            "{relu: , name: input}",
            ("E208", "3:6", "the name `input` is used twice", "give each item of a list another name"),
            id="name of input",
        ),
        pytest.param(
            "concat: [prev, nope]",
            ("E201", "3:20", "no earlier tensor is named `nope`", "names so far: input"),
            id="concat unknown",
        ),
        pytest.param(
            "concat: prev",
            (
                "E105",
                "3:13",
                "expected branches, found `prev`",
                "for instance `[stem, prev]` or `{a: [...], b: [...]}`",
            ),
            id="concat scalar",
        ),
        pytest.param(
            "concat: [prev, {relu: }]",
            (
                "E105",
                "3:20",
                "expected a name or a list of layers, found a mapping",
                "a string is an earlier name, a list in brackets is a branch",
            ),
            id="concat mapping item",
        ),
        pytest.param(
            "concat: []",
            ("E106", "3:5", "concat has nothing to join", "for instance `concat: [stem, prev]`"),
            id="concat empty",
        ),
        pytest.param(
            "concat:",
            (
                "E106",
                "3:5",
                "concat needs `branches`: named branches, or a list of names, `prev` and lists of layers",
                "for instance `concat: [stem, prev]`",
            ),
            id="concat nothing",
        ),
        pytest.param(
            "concat: {a: relu}",
            (
                "E105",
                "3:17",
                "expected a list of layers, found `relu`",
                "write it as `- ...` items, or in brackets",
            ),
            id="concat branch scalar",
        ),
        pytest.param(
            "crop_to: nope",
            ("E201", "3:14", "no earlier tensor is named `nope`", "names so far: input"),
            id="crop_to unknown",
        ),
        pytest.param(
            "{conv3x3: 3, share: nope}",
            ("E201", "3:25", "no earlier tensor is named `nope`", "names so far: input"),
            id="share unknown",
        ),
        pytest.param(
            "seq: relu",
            (
                "E105",
                "3:10",
                "expected a list of layers, found `relu`",
                "write it as `- ...` items, or in brackets",
            ),
            id="seq scalar",
        ),
        pytest.param(
            "seq:",
            ("E106", "3:5", "seq needs `layers`: the layers", "for instance `seq: [conv3x3: 64, bn, relu]`"),
            id="seq nothing",
        ),
        pytest.param(
            "residual: {shortcut: project}",
            (
                "E106",
                "3:5",
                "residual needs `body`: the layers of the body",
                "for instance `residual: {body: [conv3x3: {out: 64, padding: 1}], shortcut: project}`",
            ),
            id="residual nothing",
        ),
        pytest.param(
            "residual: {body: [relu], shortcut: projct}",
            ("E112", "3:40", "unknown shortcut `projct`", "did you mean `project`?"),
            id="shortcut word",
        ),
        pytest.param(
            "residual: {body: [relu], shortcut: {relu: }}",
            (
                "E105",
                "3:40",
                "expected a shortcut, found a mapping",
                "possible: identity, project, a list of layers",
            ),
            id="shortcut mapping",
        ),
        pytest.param(
            "residual: {conv3x3: 4}",
            (
                "E104",
                "3:16",
                "unknown argument `conv3x3` of residual",
                "write the layers as a list: `residual: {body: [conv3x3: {out: 64, padding: 1}], shortcut: project}`",
            ),
            id="residual layer",
        ),
        pytest.param(
            "dense_block: {body: [relu]}",
            (
                "E106",
                "3:5",
                "dense_block needs `repeat`: number of copies",
                "for instance `dense_block: {repeat: 6, body: [bn, relu, conv3x3: {out: 32, padding: 1, bias: false}]}`",
            ),
            id="dense no repeat",
        ),
        pytest.param(
            "dense_block: 3",
            (
                "E105",
                "3:18",
                "dense_block takes arguments by name only, found `3`",
                "for instance `dense_block: {repeat: 6, body: [bn, relu, conv3x3: {out: 32, padding: 1, bias: false}]}`",
            ),
            id="dense scalar",
        ),
        pytest.param(
            "inception: {}",
            (
                "E106",
                "3:5",
                "inception has no branches",
                "for instance `inception: {1x1: 64, 3x3: [96, 128], 5x5: [16, 32], pool: 32}`",
            ),
            id="inception empty",
        ),
        pytest.param(
            "inception: 64",
            (
                "E105",
                "3:16",
                "inception takes arguments by name only, found `64`",
                "for instance `inception: {1x1: 64, 3x3: [96, 128], 5x5: [16, 32], pool: 32}`",
            ),
            id="inception scalar",
        ),
        pytest.param(
            "inception: {3x3: [1, 2, 3]}",
            ("E105", "3:22", "expected [reduce, out], found 3 numbers", "for instance `3x3: [96, 128]`"),
            id="inception reduce",
        ),
        pytest.param(
            "inception: {1x1: 3, pool: false}",
            (
                "E105",
                "3:31",
                "expected a whole number or true, found `false`",
                "leave `pool` out for no such branch",
            ),
            id="inception pool false",
        ),
        pytest.param(
            "inception: {3X3: 4}",
            ("E104", "3:17", "unknown argument `3X3` of inception", "did you mean `3x3`?"),
            id="inception 3X3",
        ),
        pytest.param(
            "inception: {3x3: {out: 4}}",
            ("E105", "3:22", "expected a whole number, found a mapping", None),
            id="inception mapping",
        ),
        pytest.param(
            "{conv3x3: 4, expect: {parms: 3}}",
            ("E104", "3:27", "unknown expectation `parms`", "did you mean `params`?"),
            id="expect metric",
        ),
        pytest.param(
            "{conv3x3: 4, expect: {flops: 3}}",
            ("E104", "3:27", "unknown expectation `flops`", "flops are 2 x macs: expect `macs`"),
            id="expect flops",
        ),
        pytest.param(
            "{conv3x3: 4, expect: []}",
            ("E106", "3:26", "an empty list", "give one value per axis"),
            id="expect empty list",
        ),
        pytest.param(
            "{conv3x3: 4, expect: }",
            (
                "E106",
                "3:26",
                "expected an expectation, found nothing",
                'a number, ~62.4M, "<= 5M", ">= 224", or {min: a, max: b}',
            ),
            id="expect nothing",
        ),
        pytest.param(
            "{conv3x3: 4, expect: {params: < 5M}}",
            (
                "E105",
                "3:35",
                "`< 5M` is not an expectation",
                'write "<= 5M", ">= 224", ~62.4M, a number, or {min: a, max: b}',
            ),
            id="expect strict",
        ),
        pytest.param(
            "{conv3x3: 4, expect: {params: 5m}}",
            ("E105", "3:35", "`5m` is not a number", "write `5M`"),
            id="expect suffix",
        ),
        pytest.param(
            "{conv3x3: 4, expect: {params: {mn: 3}}}",
            ("E104", "3:35", "`mn` is not a limit", "a range is {min: a, max: b}"),
            id="expect limit",
        ),
        pytest.param(
            "{conv3x3: 4, expect: {params: {min: 3, max: 2}}}",
            ("E109", "3:35", "min 3 is larger than max 2", None),
            id="expect limits",
        ),
        pytest.param(
            "{conv3x3: 4, expect: {params: {}}}",
            ("E106", "3:35", "an empty range", "a range is {min: a, max: b}"),
            id="expect no limits",
        ),
        pytest.param(
            "{conv3x3: 4, expect: {params: [3]}}",
            ("E105", "3:35", "params is one number, not a list", None),
            id="expect list",
        ),
        pytest.param(
            "{conv3x3: 4, expect: {params: ~abc}}",
            ("E105", "3:35", "`~abc` is not a rounded number", "write it like ~62.4M"),
            id="expect rounded",
        ),
        pytest.param(
            "{conv3x3: 4, expect: {error: E301}}",
            (
                "E104",
                "3:27",
                "unknown expectation `error`",
                "possible: shape, size, in, channels, params, trainable, buffers, macs, rf, stride, padding",
            ),
            id="expect error on a layer",
        ),
        pytest.param(
            "{conv3x3: 4, expect: {params: true}}",
            ("E105", "3:35", "`true` is not a number", None),
            id="expect word",
        ),
    ],
)
def test_item(item: str, expected: Found) -> None:
    assert found_in(f"{INPUT}layers:\n  - {item}\n") == [expected]


@pytest.mark.parametrize(
    ("item", "place", "key", "operation"),
    [
        ("conv3x3: {out: 8, repeat: 3}", "3:23", "repeat", "conv3x3"),
        ("conv: {k: 3, name: a}", "3:18", "name", "conv"),
        ("maxpool2: {from: a}", "3:16", "from", "maxpool2"),
        ("relu: {expect: [4, 8, 8]}", "3:12", "expect", "relu"),
        ("residual: {body: [relu], share: x}", "3:30", "share", "residual"),
    ],
)
def test_a_key_of_the_item_among_the_arguments(item: str, place: str, key: str, operation: str) -> None:
    message = f"`{key}` is a key of the item, not an argument of {operation}"
    help = f"write `{key}: ...` beside `{operation}:`, not inside"
    assert found_in(f"{INPUT}layers:\n  - {item}\n") == [("E104", place, message, help)]


def test_a_key_of_the_item_among_the_arguments_of_a_block_or_the_branches_of_a_join() -> None:
    spec = f"{INPUT}blocks: {{b: {{layers: [relu]}}}}\nlayers: [b: {{repeat: 2}}, concat: {{x: [relu], name: y}}]\n"
    assert [(code, message) for code, _, message, _ in found_in(spec)] == [
        ("E104", "`repeat` is a key of the item, not an argument of b"),
        ("E104", "`name` is a key of the item, not a branch"),
    ]


def test_dense_block_has_a_repeat_of_its_own() -> None:
    assert found_in(f"{INPUT}layers: [dense_block: {{repeat: 2, body: [relu]}}]\n") == []


@pytest.mark.parametrize(
    ("item", "guess"),
    [
        ("conv3x3: {out: 4, norm: btch}", "bn"),
        ("conv3x3: {out: 4, norm: bm}", "bn"),
        ("conv3x3: {out: 4, norm: layer_nrm}", "ln"),
        ("conv3x3: {out: 4, act: rlu}", "relu"),
        ("concat: [prv, prev]", "prev"),
        ("{relu: , from: perv}", "prev"),
    ],
)
def test_the_word_that_was_probably_meant(item: str, guess: str) -> None:
    ((_, _, _, help),) = found_in(f"{INPUT}layers:\n  - {item}\n")
    assert help == f"did you mean `{guess}`?"
