"""One test per refusal of what stands around the layers: keys, inputs, variables, defaults, blocks, models, cases."""

from __future__ import annotations

import pytest

import cnncalc
from tests.language.refusing import INPUT, Found, found_in


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            "vars: {n: 5}\ninput: [4, 8, 8]\nlayers:\n  - conv3x3: n/2\n",
            (
                "E204",
                "4:14",
                "`n/2` is 2 1/2, not an integer",
                "write `n//2` to round down, or use round() or ceil()",
            ),
            id="not whole",
        ),
        pytest.param(
            "vars: {n: 5}\ninput: [4, 8, 8]\nlayers:\n  - conv3x3: N\n",
            ("E203", "4:14", "unknown name `N`", "did you mean `n`?"),
            id="unknown name",
        ),
        pytest.param(
            INPUT + "layers:\n  - {relu: , from: b}\n  - {relu: , name: b}\n",
            (
                "E201",
                "3:20",
                "no earlier tensor is named `b`",
                "it comes later; refer to an earlier name",
            ),
            id="later",
        ),
        pytest.param(
            INPUT + "layers:\n  - seq: [{relu: , name: a}]\n  - {relu: , from: a}\n",
            ("E201", "4:20", "no earlier tensor is named `a`", "names so far: input, seq_1"),
            id="inner name",
        ),
        pytest.param(
            INPUT + "layers:\n  - {relu: , name: a}\n  - {relu: , name: a}\n",
            ("E208", "4:6", "the name `a` is used twice", "give each item of a list another name"),
            id="name twice",
        ),
        pytest.param(
            INPUT + "layers:\n  - {conv3x3: {out: 4, p: 1}, name: a}\n  - {depthwise3x3: {p: 1}, share: a}\n",
            (
                "E209",
                "4:35",
                "`a` is of kind conv, but this is depthwise",
                "share weights only between layers of the same kind and shape",
            ),
            id="share kind",
        ),
        pytest.param(
            INPUT
            + "blocks: {basic: {params: [c, s], layers: [conv3x3: {out: c, s: s}]}}\nlayers: [basic: {c: 3}]\n",
            ("E106", "3:10", "the block `basic` needs `s`", "it takes c, s"),
            id="block missing",
        ),
        pytest.param(
            INPUT + "blocks: {basic: {params: [c], layers: [conv3x3: c]}}\nlayers: [basic: [3]]\n",
            ("E105", "3:17", "expected a value for `c`, found a list", None),
            id="block list",
        ),
        pytest.param(
            INPUT + "blocks: {basic: {layers: [relu]}}\nlayers: [basic: 3]\n",
            ("E104", "3:10", "the block `basic` takes no arguments", None),
            id="block no args",
        ),
        pytest.param(
            INPUT + "blocks: {basic: 3}\nlayers: [relu]\n",
            (
                "E105",
                "2:17",
                "the block `basic` is a mapping, found `3`",
                "with `params: [c, s=1]` and `layers: [...]`",
            ),
            id="block scalar",
        ),
        pytest.param(
            INPUT + "blocks: {basic: {params: [c]}}\nlayers: [relu]\n",
            ("E106", "2:10", "the block `basic` has no `layers`", None),
            id="block without layers",
        ),
        pytest.param(
            INPUT + "blocks: {basic: {args: [c], layers: [relu]}}\nlayers: [relu]\n",
            ("E104", "2:18", "unknown key of a block `args`", "did you mean `params`?"),
            id="block key",
        ),
        pytest.param(
            INPUT + "blocks: {relu: {layers: [bn]}}\nlayers: [relu]\n",
            ("E208", "2:10", "a block named `relu` would hide the operation", "choose another name"),
            id="block hides",
        ),
        pytest.param(
            INPUT + "blocks: {conv3x3: {layers: [bn]}}\nlayers: [relu]\n",
            ("E208", "2:10", "a block named `conv3x3` would hide the operation", "choose another name"),
            id="block hides kernel",
        ),
        pytest.param(
            INPUT + "blocks: {basic: {params: c, layers: [relu]}}\nlayers: [relu]\n",
            ("E105", "2:26", "params of the block `basic` are a list, found `c`", "for instance [c, s=1]"),
            id="block params scalar",
        ),
        pytest.param(
            INPUT + "blocks: {basic: {params: [1], layers: [relu]}}\nlayers: [relu]\n",
            ("E114", "2:27", "`1` is not a parameter", "write a name, or a name with a default: `s=1`"),
            id="block param number",
        ),
        pytest.param(
            INPUT + "blocks: {basic: {params: [c, c], layers: [relu]}}\nlayers: [relu]\n",
            ("E208", "2:30", "the parameter `c` is given twice", None),
            id="block param twice",
        ),
        pytest.param(
            INPUT + "blocks: {basic: {params: [i], layers: [relu]}}\nlayers: [relu]\n",
            ("E114", "2:27", "`i` is not a parameter", "write a name, or a name with a default: `s=1`"),
            id="block param i",
        ),
        pytest.param(
            INPUT + "blocks: {a: {layers: [b]}, b: {layers: [a]}}\nlayers: [a]\n",
            ("E206", "2:41", "the block `a` calls itself: a -> b -> a", "use `repeat`"),
            id="block recursion",
        ),
        pytest.param(
            INPUT + "blocks: {a: {layers: [{relu: , from: stem}]}}\nlayers: [{relu: , name: stem}, a]\n",
            ("E201", "2:38", "no earlier tensor is named `stem`", "names so far: input"),
            id="block name outside",
        ),
        pytest.param(
            INPUT + "vars: [a]\nlayers: [relu]\n",
            ("E105", "2:7", "`vars` is a mapping of names, found a list", None),
            id="vars list",
        ),
        pytest.param(
            INPUT + "vars: {a: [1]}\nlayers: [relu]\n",
            ("E105", "2:11", "the variable `a` is a number, found a list", None),
            id="vars value list",
        ),
        pytest.param(
            INPUT + "vars: {2a: 1}\nlayers: [relu]\n",
            (
                "E114",
                "2:8",
                "`2a` cannot be the name of a variable",
                "letters, digits and `_`; not `i` or a function",
            ),
            id="vars name",
        ),
        pytest.param(
            INPUT + "vars: {i: 1}\nlayers: [relu]\n",
            (
                "E114",
                "2:8",
                "`i` cannot be the name of a variable",
                "letters, digits and `_`; not `i` or a function",
            ),
            id="vars i",
        ),
        pytest.param(
            INPUT + "vars: {min: 1}\nlayers: [relu]\n",
            (
                "E114",
                "2:8",
                "`min` cannot be the name of a variable",
                "letters, digits and `_`; not `i` or a function",
            ),
            id="vars function",
        ),
        pytest.param(
            INPUT + "vars: {a: b, b: a}\nlayers: [relu]\n",
            ("E205", "2:17", "the variable `a` depends on itself: a -> b -> a", None),
            id="vars cycle",
        ),
        pytest.param(
            INPUT + "vars: {a: 1/0}\nlayers: [relu]\n",
            ("E207", "2:11", "`1/0`: division by zero", None),
            id="vars division",
        ),
        pytest.param(
            INPUT + "vars: {a: }\nlayers: [relu]\n",
            ("E202", "2:11", "an expression is missing", None),
            id="vars nothing",
        ),
        pytest.param(
            "defaults: []\nlayers: [relu]\n",
            ("E105", "1:11", "`defaults` is a mapping of names, found a list", None),
            id="defaults list",
        ),
        pytest.param(
            "defaults: {cnv: {padding: 1}}\nlayers: [relu]\n",
            ("E111", "1:12", "unknown operation `cnv`", "did you mean `conv`?"),
            id="defaults op",
        ),
        pytest.param(
            "defaults: {conv3x3: {padding: 1}}\nlayers: [relu]\n",
            ("E111", "1:12", "unknown operation `conv3x3`", "defaults are given without a kernel: `conv`"),
            id="defaults kernel",
        ),
        pytest.param(
            "defaults: {conv: {filters: 1}}\nlayers: [relu]\n",
            ("E104", "1:19", "unknown argument of conv `filters`", "did you mean `out`?"),
            id="defaults arg",
        ),
        pytest.param(
            "defaults: {conv: 3}\nlayers: [relu]\n",
            ("E105", "1:18", "defaults of conv are a mapping of arguments, found `3`", None),
            id="defaults scalar",
        ),
        pytest.param(
            "defaults: {concat: {branches: []}}\nlayers: [relu]\n",
            ("E104", "1:21", "`branches` of concat has no default", None),
            id="defaults structure",
        ),
        pytest.param(
            "defaults: {conv: {stride: 2, s: 2}}\nlayers: [conv3x3]\n",
            ("E107", "1:30", "`stride` is given twice, also as `s`", "write only one of them"),
            id="defaults both forms",
        ),
        pytest.param(
            "name: x\n",
            (
                "E106",
                "1:1",
                "the spec has no `layers`",
                "a network is a list below `layers:`, variants are below `models:`",
            ),
            id="no layers",
        ),
        pytest.param(
            "[]\n",
            (
                "E105",
                "1:1",
                "a spec is a mapping of keys, found a list",
                "for instance `layers:` with a list of layers below it",
            ),
            id="list root",
        ),
        pytest.param(
            "layers:\n",
            (
                "E105",
                "1:8",
                "expected a list of layers, found nothing",
                "write it as `- ...` items, or in brackets",
            ),
            id="layers nothing",
        ),
        pytest.param(
            "layers: {relu: }\n",
            (
                "E105",
                "1:9",
                "expected a list of layers, found a mapping",
                "write it as `- ...` items, or in brackets",
            ),
            id="layers mapping",
        ),
        pytest.param(
            "layers: relu\n",
            (
                "E105",
                "1:9",
                "expected a list of layers, found `relu`",
                "write it as `- ...` items, or in brackets",
            ),
            id="layers scalar",
        ),
        pytest.param(
            "layers: [relu]\nframwork: caffe\n",
            ("E104", "2:1", "unknown key `framwork`", "did you mean `framework`?"),
            id="unknown key",
        ),
        pytest.param(
            "network: [relu]\nlayers: [relu]\n",
            ("E104", "1:1", "unknown key `network`", "did you mean `layers`?"),
            id="foreign key",
        ),
        pytest.param(
            "layers: [relu]\nframework: torch\n",
            ("E112", "2:12", "unknown framework `torch`", "did you mean `pytorch`?"),
            id="framework",
        ),
        pytest.param(
            "layers: [relu]\nframework: [a]\n",
            (
                "E105",
                "2:12",
                "expected a framework's name, found a list",
                "pytorch, tensorflow, caffe, onnx",
            ),
            id="framework list",
        ),
        pytest.param(
            "layers: [relu]\nname: [x]\n",
            ("E105", "2:7", "expected text, found a list", None),
            id="name list",
        ),
        pytest.param(
            "models: 3\n",
            ("E105", "1:9", "models are a mapping of names to models, found `3`", None),
            id="models scalar",
        ),
        pytest.param(
            "models: {}\n",
            ("E106", "1:9", "`models` names no model", "for instance {naive: {layers: [...]}}"),
            id="models empty",
        ),
        pytest.param(
            "models: {a: 3}\n",
            ("E105", "1:13", "the model `a` is a mapping of keys, found `3`", None),
            id="model scalar",
        ),
        pytest.param(
            "models: {a: {}}\n",
            ("E106", "1:10", "the model `a` has no `layers`", None),
            id="model without layers",
        ),
        pytest.param(
            "models: {a: {layers: [relu], models: {}}}\n",
            (
                "E104",
                "1:30",
                "unknown key `models`",
                "possible: name, description, source, framework, input, vars, defaults, blocks, layers, expect, cases",
            ),
            id="model key",
        ),
        pytest.param(
            "input: [3, 0, 8]\nlayers: [relu]\n",
            (
                "E109",
                "1:12",
                "0 is below the smallest possible value, 1",
                "for instance [3, 224, 224] or 3x224x224; `any` is an unknown size",
            ),
            id="input axis 0",
        ),
        pytest.param(
            "input: RGBx8x8\nlayers: [relu]\n",
            (
                "E203",
                "1:8",
                "unknown name `RGB`",
                "for instance [3, 224, 224] or 3x224x224; `any` is an unknown size",
            ),
            id="input word",
        ),
        pytest.param(
            "input: [3, [8], 8]\nlayers: [relu]\n",
            (
                "E105",
                "1:12",
                "expected a whole number, found a list",
                "for instance [3, 224, 224] or 3x224x224; `any` is an unknown size",
            ),
            id="input nested",
        ),
        pytest.param(
            "input: []\nlayers: [relu]\n",
            ("E106", "1:8", "an empty shape", "for instance [3, 224, 224] or 3x224x224"),
            id="input empty",
        ),
        pytest.param(
            "input: {}\nlayers: [relu]\n",
            ("E106", "1:8", "`input` names no input", "for instance {left: [3, 64, 64], right: [3, 64, 64]}"),
            id="input no names",
        ),
        pytest.param(
            "input: {prev: [3, 8, 8]}\nlayers: [relu]\n",
            (
                "E114",
                "1:9",
                "`prev` cannot be a name",
                "use a name of at least one character, without `/`, without an index such as `[0]` at its end, and not `prev`",
            ),
            id="input prev",
        ),
        pytest.param(
            "input: [3, 8.5, 8]\nlayers: [relu]\n",
            (
                "E204",
                "1:12",
                "`8.5` is 8 1/2, not an integer",
                "write `floor(8.5)` to round down, or use round() or ceil()",
            ),
            id="input fraction",
        ),
        pytest.param(
            "input: {left: [3, 8], right: [3, 8]}\nlayers: [concat: [left, right]]\ncases: [{input: {rigth: [3, 9]}}]\n",
            ("E104", "3:18", "unknown input `rigth`", "did you mean `right`?"),
            id="case input name",
        ),
        pytest.param(
            "input: {left: [3, 8], right: [3, 8]}\nlayers: [concat: [left, right]]\ncases: [{input: [3, 9]}]\n",
            ("E105", "3:17", "the network has several inputs", "name one: left, right"),
            id="case input unnamed",
        ),
        pytest.param(
            "layers: [relu]\ncases: {a: 1}\n",
            (
                "E105",
                "2:8",
                "cases are a list, found a mapping",
                "for instance `- {input: 3x180x180, expect: [1000]}`",
            ),
            id="cases mapping",
        ),
        pytest.param(
            "layers: [relu]\ncases: [3]\n",
            ("E105", "2:9", "a case is a mapping of keys, found `3`", None),
            id="case scalar",
        ),
        pytest.param(
            "layers: [relu]\ncases: [{inptu: 3}]\n",
            ("E104", "2:10", "unknown key of a case `inptu`", "did you mean `input`?"),
            id="case key",
        ),
        pytest.param(
            "vars: {n: 3}\nlayers: [relu]\ncases: [{vars: {m: 5}}]\n",
            ("E203", "3:17", "unknown variable `m`", "possible: n"),
            id="case variable",
        ),
        pytest.param(
            "layers: [relu]\nexpect: {error: 301}\n",
            ("E105", "2:17", "an error is expected by its code", "for instance `error: E301`"),
            id="expect error code",
        ),
    ],
)
def test_spec(spec: str, expected: Found) -> None:
    assert found_in(spec) == [expected]


def test_names_of_inputs_under_a_misnamed_key_are_no_errors_too() -> None:
    for key in ("inputs", "inpt"):
        spec = f"{key}: {{left: [3, 4, 4], right: [3, 4, 4]}}\nlayers: [concat: [left, right]]\n"
        assert found_in(spec) == [("E104", "1:1", f"unknown key `{key}`", "did you mean `input`?")]


@pytest.mark.parametrize(
    ("spec", "place"),
    [("layers: []\n", "1:9"), ("models:\n  a: {layers: []}\n  b: {layers: [relu]}\n", "2:15")],
)
def test_a_network_without_a_layer(spec: str, place: str) -> None:
    assert found_in(spec) == [("E106", place, "`layers` has no layer", "for instance `- conv3x3: 64`")]


def test_more_than_three_spatial_axes() -> None:
    message = "5 axes are more than the channels and 3 spatial axes"
    assert found_in("input: [2, 3, 5, 5, 5]\nlayers: [relu]\n") == [
        ("E109", "1:8", message, "without a batch axis, for instance [3, 224, 224]")
    ]
    assert found_in("layers: [conv3x3x3x3: 4]\n")[0][0] == "E111"


@pytest.mark.parametrize("name", ["null", "~", "no", "010"])
def test_a_name_is_the_text_that_is_written(name: str) -> None:
    spec = f"name: {name}\nlayers:\n- {{relu: , name: {name}}}\n- {{relu: , from: {name}}}\n- concat: [{name}, prev]\n"
    (model,) = cnncalc.loads(f"{spec}- crop_to: {{target: {name}}}\n")
    report = cnncalc.analyze(model)
    assert (model.name, report.layers[0].path) == (name, name)
    assert [layer.inputs for layer in report.layers[1:]] == [(name,), (name, "relu_1"), ("concat_1", name)]


def test_an_empty_value_is_no_name() -> None:
    spec = "name:\nlayers:\n- relu:\n  name:\n- relu:\n  from:\n"
    assert [(code, place, message) for code, place, message, _ in found_in(spec)] == [
        ("E105", "4:8", "expected a name, found nothing"),
        ("E105", "6:8", "`from` is the name of an earlier tensor, found nothing"),
    ]
    (model,) = cnncalc.loads("name:\nlayers: [relu]\n", "stem.yaml")
    assert model.name == "stem"
