"""Words of other frameworks and slips of the pen lead to the words of the language."""

from __future__ import annotations

import re

import pytest

from tests.language.refusing import INPUT, found_in


@pytest.mark.parametrize(
    ("item", "place", "word", "op", "meant"),
    [
        ("conv3x3: {filters: 3}", "3:15", "filters", "conv", "out"),
        ("conv3x3: {out_channels: 3}", "3:15", "out_channels", "conv", "out"),
        ("conv3x3: {out: 3, strides: 2}", "3:23", "strides", "conv", "stride"),
        ("conv: {out: 3, kernel_size: 3}", "3:20", "kernel_size", "conv", "kernel"),
        ("maxpool: {pool_size: 2}", "3:15", "pool_size", "maxpool", "kernel"),
        ("linear: {units: 3}", "3:14", "units", "linear", "out"),
        ("linear: {out_features: 3}", "3:14", "out_features", "linear", "out"),
        ("conv3x3: {out: 3, use_bias: false}", "3:23", "use_bias", "conv", "bias"),
        ("conv3x3: {out: 3, activation: relu}", "3:23", "activation", "conv", "act"),
        ("conv3x3: {out: 3, dilation_rate: 2}", "3:23", "dilation_rate", "conv", "dilation"),
        ("conv3x3: {out: 3, pad: 1}", "3:23", "pad", "conv", "padding"),
        ("conv3x3: {out: 3, pading: 1}", "3:23", "pading", "conv", "padding"),
        ("maxpool3x3: {ceil_mode: true}", "3:18", "ceil_mode", "maxpool", "ceil"),
        ("upsample: {scale_factor: 2}", "3:16", "scale_factor", "upsample", "factor"),
        ("gn: {num_groups: 2}", "3:10", "num_groups", "gn", "groups"),
        ("depthwise3x3: {depth_multiplier: 2}", "3:20", "depth_multiplier", "depthwise", "mult"),
        ("residual: {bodi: [relu]}", "3:16", "bodi", "residual", "body"),
    ],
)
def test_argument_of_another_name(item: str, place: str, word: str, op: str, meant: str) -> None:
    spec = f"{INPUT}layers:\n  - {item}\n"
    assert found_in(spec) == [
        ("E104", place, f"unknown argument of {op} `{word}`", f"did you mean `{meant}`?")
    ]


@pytest.mark.parametrize(
    ("item", "meant"),
    [
        ("fc: 3", "linear"),
        ("dense: 3", "linear"),
        ("Linear: 3", "linear"),
        ("InnerProduct: 3", "linear"),
        ("MaxPool2d: 2", "maxpool"),
        ("MaxPooling2D: 2", "maxpool"),
        ("nn.Conv2d: 3", "conv"),
        ("Conv2D: 3", "conv"),
        ("BatchNorm2d:", "bn"),
        ("BatchNormalization:", "bn"),
        ("ConvTranspose2d: 3", "conv_transpose"),
        ("Conv2DTranspose: 3", "conv_transpose"),
        ("deconv: 3", "conv_transpose"),
        ("SeparableConv2D: 3", "separable"),
        ("DepthwiseConv2D: 1", "depthwise"),
        ("GlobalAveragePooling2D:", "global_avgpool"),
        ("AdaptiveAvgPool2d: 1", "adaptive_avgpool"),
        ("UpSampling2D: 2", "upsample"),
        ("Concatenate: [prev]", "concat"),
        ("cat: [prev]", "concat"),
        ("Sequential: [relu]", "seq"),
        ("LeakyReLU:", "leaky_relu"),
        ("swish:", "silu"),
        ("GroupNorm: 2", "gn"),
        ("LayerNorm:", "ln"),
        ("ZeroPadding2D: 1", "pad"),
        ("Conv3x3: 4", "conv3x3"),
        ("conv3X3: 4", "conv3x3"),
        ("conv_3x3: 4", "conv3x3"),
        ("conv-3x3: 4", "conv3x3"),
        ("conv3*3: 4", "conv3x3"),
        ("conv3x3s2: 4", "conv3x3"),
        ("convv3x3: 4", "conv3x3"),
        ("maxpol2:", "maxpool2"),
        ("basci: 4", "basic"),
    ],
)
def test_operation_of_another_name(item: str, meant: str) -> None:
    word = item.partition(":")[0]
    spec = f"{INPUT}blocks: {{basic: {{params: [c], layers: [relu]}}}}\nlayers:\n  - {item}\n"
    assert found_in(spec) == [("E111", "4:5", f"unknown operation `{word}`", f"did you mean `{meant}`?")]


@pytest.mark.parametrize(
    ("word", "part", "wrong"),
    [
        ("reshape", "there is no reshape", "did you mean"),
        ("Reshape", "`input: [128, 1, 1]` and `conv_transpose4x4: 64`", "did you mean"),
        ("view", "there is no reshape", "did you mean"),
        ("nn.Unflatten", "there is no reshape", "did you mean"),
        ("transformer", "`custom: {out: 64, params: 1234, macs: 5678}`", "flatten"),
        ("MultiHeadAttention", "did you mean `attention`?", "flatten"),
        ("SEBlock", "`mul: {gate: [global_avgpool, ", "dense_block"),
        ("se_block", "`mul: {gate: [global_avgpool, ", "dense_block"),
        ("maxout", "`custom: {", "maxpool"),
        ("op", "the operation is itself the key", "crop"),
        ("Activation", "name the one that is meant: `- relu`", "attention"),
        ("Input", "`input: [3, 224, 224]` at the top of the file", "did you mean"),
    ],
)
def test_operation_that_the_language_lacks(word: str, part: str, wrong: str) -> None:
    ((code, place, message, help),) = found_in(f"{INPUT}layers:\n  - {word}: 3\n")
    assert (code, place, message) == ("E111", "3:5", f"unknown operation `{word}`")
    assert help is not None and part in help and wrong not in help


@pytest.mark.parametrize("word", ["reshape", "SEBlock", "transformer"])
def test_what_is_advised_for_a_missing_operation_is_accepted(word: str) -> None:
    ((_, _, _, help),) = found_in(f"{INPUT}layers:\n  - {word}: 3\n")
    assert help is not None
    advised = [
        text for text in re.findall("`(.*?)`", help) if text.startswith(("mul", "custom", "conv", "flatten"))
    ]
    head = "input: [64, 8, 8]\n"
    assert advised and all(found_in(f"{head}layers:\n  - {text}\n") == [] for text in advised)


def test_a_block_may_have_the_name_of_what_the_language_lacks() -> None:
    spec = f"{INPUT}blocks: {{attention: {{layers: [relu]}}}}\nlayers: [atention]\n"
    assert found_in(spec) == [("E111", "3:10", "unknown operation `atention`", "did you mean `attention`?")]


@pytest.mark.parametrize("key", ["type", "op", "class"])
def test_operation_as_a_value(key: str) -> None:
    spec = f"{INPUT}layers:\n  - {key}: conv3x3\n    out: 4\n    padding: 1\n"
    assert found_in(spec) == [
        ("E111", "3:5", f"unknown operation `{key}`", "the operation is itself the key: `- conv3x3: ...`")
    ]


@pytest.mark.parametrize(
    ("word", "meant"), [("int", "floor"), ("make_divisible", "divisible"), ("cel", "ceil")]
)
def test_function_of_another_name(word: str, meant: str) -> None:
    spec = f"{INPUT}layers:\n  - conv3x3: {word}(9/2)\n"
    assert found_in(spec) == [("E203", "3:14", f"unknown function `{word}`", f"did you mean `{meant}`?")]


def test_operation_that_resembles_nothing() -> None:
    assert found_in("layers:\n  - xyzzy: 3\n") == [
        ("E111", "2:5", "unknown operation `xyzzy`", "`cnncalc layers` lists the operations")
    ]
