"""The spec language: blocks, their parameters and what they see."""

from __future__ import annotations

import pytest

from cnncalc.errors import CnncalcError
from tests.language.reading import INPUT, layers, paths, shape

# Blocks


BASIC = """\
blocks:
  basic:
    params: [c, s=1, m=2*c, act=relu]
    layers:
      - residual:
          body: [conv3x3: {out: m, stride: s, padding: 1, norm: bn, act: act}, conv3x3: {out: c, padding: 1, norm: bn}]
          shortcut: project
      - relu
"""


def test_parameters_and_their_defaults() -> None:
    found = layers("[basic: 4, basic: {c: 3, s: 2}, basic: {c: 5, m: 6, act: gelu}]", INPUT + BASIC)
    convs = [layer for layer in found if layer.path.endswith(("/conv3x3_1", "/conv3x3_2"))]
    assert [layer.shape for layer in convs] == [
        shape(8, 12, 12), shape(4, 12, 12), shape(6, 6, 6), shape(3, 6, 6), shape(6, 6, 6), shape(5, 6, 6)
    ]  # fmt: skip
    assert [layer.path for layer in found if layer.op == "gelu"] == ["basic_3/residual_1/gelu_1"]


def test_arguments_of_blocks_are_expressions_where_they_stand() -> None:
    head = (
        INPUT
        + "vars: {c: 3}\nblocks: {outer: {params: [c], layers: [inner: c+1]}, inner: {params: [c], layers: [conv1x1: c]}}\n"
    )
    assert [layer.shape.channels for layer in layers("[outer: c*2, conv1x1: c]", head)] == [3 * 2 + 1, 3]


def test_blocks_see_variables_and_inputs_but_no_names_around() -> None:
    head = INPUT + "vars: {n: 7}\nblocks: {b: {layers: [conv1x1: n, {relu: , from: input}]}}\n"
    assert [layer.inputs for layer in layers("[tanh, b]", head)] == [("input",), ("tanh_1",), ("input",)]


def test_blocks_see_the_index_of_their_copy() -> None:
    found = layers("[{b: , repeat: 3}]", INPUT + "blocks: {b: {layers: [conv1x1: i + 1]}}\n")
    assert [layer.shape.channels for layer in found] == [1, 2, 3]


@pytest.mark.parametrize(
    ("inside", "message"),
    [("{relu: , from: a}", "no earlier tensor is named `a`"), ("conv1x1: c", "unknown name `c`")],
)
def test_blocks_see_nothing_else(inside: str, message: str) -> None:
    """Neither the tensors around them nor the parameters of a block that calls them."""
    blocks = f"blocks: {{b: {{layers: [{inside}]}}, outer: {{params: [c], layers: [b]}}}}\n"
    with pytest.raises(CnncalcError) as caught:
        layers("[{relu: , name: a}, outer: 4]", INPUT + blocks)
    assert caught.value.diagnostics[0].message == message


def test_a_tensor_as_a_parameter() -> None:
    head = (
        INPUT
        + "blocks: {b: {params: [skip], layers: [tanh, {concat: [skip, prev]}]}, o: {params: [x], layers: [gelu, b: x]}}\n"
    )
    assert layers("[{relu: , name: a}, elu, b: a]", head)[-1].inputs == ("a", "b_1/tanh_1")
    assert layers("[{relu: , name: a}, elu, o: a]", head)[-1].inputs == ("a", "o_1/b_1/tanh_1")
    assert layers("[elu, b: input]", head)[-1].inputs == ("input", "b_1/tanh_1")
    assert layers("[elu, b: prev]", head)[-1].inputs == ("elu_1", "b_1/tanh_1")
    assert layers("[elu, relu, b: elu_1]", head)[-1].inputs == ("elu_1", "b_1/tanh_1")


@pytest.mark.parametrize(
    ("inside", "argument", "written_out"),
    [
        ("conv1x1: {out: 4, act: w}", "gelu", "conv1x1: {out: 4, act: gelu}"),
        ("conv1x1: {out: 4, act: w}", "none", "conv1x1: 4"),
        ("conv1x1: {out: 4, norm: w}", "bn", "conv1x1: {out: 4, norm: bn}"),
        ("conv3x3: {out: 4, padding: w}", "half", "conv3x3: {out: 4, padding: 1}"),
        ("conv3x3: {out: 4, padding: w}", "same", "conv3x3: {out: 4, padding: 1}"),
        ("conv3x3: {out: 4, padding: w}", "valid", "conv3x3: 4"),
        ("conv: {out: 4, kernel: w}", "1x3", "conv1x3: 4"),
        ("conv: {out: 4, kernel: w}", "3", "conv3x3: 4"),
        ("upsample: {factor: 2, mode: w}", "bilinear", "upsample: {factor: 2, mode: bilinear}"),
        ("conv1x1: {out: 4, bias: w}", "false", "conv1x1: {out: 4, bias: false}"),
        ("conv1x1: {out: 4, bias: w}", "1 > 2", "conv1x1: {out: 4, bias: false}"),
    ],
)
def test_words_as_parameters_mean_what_their_field_makes_of_them(
    inside: str, argument: str, written_out: str
) -> None:
    head = f"{INPUT}blocks: {{b: {{params: [w], layers: [{inside}]}}}}\n"
    found, expected = layers(f"[b: {argument}]", head), layers(f"[{written_out}]")
    assert [layer[4:12] for layer in found] == [layer[4:12] for layer in expected]


def test_a_block_may_use_other_blocks_in_any_order() -> None:
    head = INPUT + "blocks: {a: {layers: [b, b]}, b: {layers: [c]}, c: {layers: [relu]}}\n"
    assert paths("[a]", head) == ["a_1/b_1/c_1/relu_1", "a_1/b_2/c_1/relu_1"]


def test_sixty_levels() -> None:
    chain = ", ".join(f"b{n}: {{layers: [b{n + 1}]}}" for n in range(60))
    assert len(paths("[b0]", f"{INPUT}blocks: {{{chain}, b60: {{layers: [relu]}}}}\n")) == 1
    for opened, closed in (
        ("seq: [", "]"),
        ("residual: [", "]"),
        ("residual: {body: [", "]}"),
        ("concat: [[", "]]"),
        ("concat: {a: [", "]}"),
    ):
        assert layers(f"[{opened * 60}relu{closed * 60}]")


def test_an_empty_block() -> None:
    assert paths("[relu, b, tanh]", INPUT + "blocks: {b: {layers: []}}\n") == ["relu_1", "tanh_1"]
