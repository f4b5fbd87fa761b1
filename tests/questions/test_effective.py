"""Effective receptive fields: known values, and when they are exact. The profiles themselves are held against PyTorch
in tests/oracle/test_effective_fields.py.
"""

from __future__ import annotations

from math import sqrt

import pytest

import cnncalc
from cnncalc.network.model import Model
from cnncalc.questions.effective import EffectiveField, effective, profile

C = "{conv3: {out: 4, padding: 1}}"


def model_of(layers: str, input: str = "[4, 64]") -> Model:
    (model,) = cnncalc.loads(f"input: {input}\nlayers: {layers}")
    return model


def last(model: Model) -> EffectiveField:
    """Of the last layer with a local path."""
    return next(one for one in reversed(effective(model).layers) if one.std and one.std[0] is not None)


def variance(kernel: int, step: int = 1) -> float:
    """Of an even spread over a window, ``step`` input positions between its taps."""
    return step**2 * (kernel**2 - 1) / 12


@pytest.mark.parametrize(
    ("layers", "std", "width"),
    [
        (f"[{', '.join([C] * 5)}]", sqrt(5 * variance(3)), 8),
        ("[conv3: 4, conv3: {out: 4, dilation: 2}, conv3: {out: 4, dilation: 4}]", sqrt(variance(3) + variance(3, 2) + variance(3, 4)), 14),
        (f"[{', '.join(['{residual: [' + C + ', ' + C + ']}'] * 4)}]", sqrt(4 * 2 * variance(3) / 2), 7),
        ("[conv7: {out: 4, stride: 2}, maxpool3: {stride: 2}]", sqrt(variance(7) + variance(3, 2)), 11),
        ("[conv3: {out: 4, dilation: 2}, conv3: {out: 4, dilation: 2}, conv3: {out: 4, dilation: 2}]", sqrt(3 * variance(3, 2)), 11),
    ],
)  # fmt: skip
def test_chains_and_residuals(layers: str, std: float, width: int) -> None:
    """The variance of a chain is the sum of its windows'; half of a residual's gradient passes its body."""
    found = last(model_of(layers))
    assert found.std == pytest.approx((std,))
    assert found.width == (width,)
    assert not found.approximate


@pytest.mark.parametrize(
    ("name", "std", "width", "size"),
    [("vgg16", 27.639, 110, 212), ("resnet18", 38.52, 160, 435), ("resnet50", 36.17, 146, 427)],
)
def test_networks_of_the_field(name: str, std: float, width: int, size: int) -> None:
    found = last(cnncalc.load(name)[0])
    assert found.std == pytest.approx((std, std), abs=0.005)
    assert found.width == (width, width)
    assert found.ratio == (width / size, width / size)


@pytest.mark.parametrize(
    "layers",
    [
        f"[{C}, {C}, {{maxpool3: {{stride: 2}}}}, {C}, relu, conv5: 4]",
        "[conv3: {out: 4, dilation: 2}, relu, conv3: {out: 4, dilation: 4}, relu, conv5: 4]",
        f"[{C}, concat: [[conv1: 6], [conv7: {{out: 3, padding: 3}}]], {C}, avgpool2, {C}]",
    ],
)
def test_the_width_is_the_fewest_positions_in_a_row_that_hold_as_much(layers: str) -> None:
    """All runs of positions are tried; activations change nothing."""
    model = model_of(layers)
    for layer in effective(model).layers:
        (axis,) = profile(model, layer.path).axes
        assert axis is not None
        gradient = axis.gradient
        holding = [
            end - begin
            for end in range(1, len(gradient) + 1)
            for begin in range(end)
            if sum(gradient[begin:end]) >= 0.9545 - 1e-9
        ]
        assert layer.width == (min(holding),)
    linear = effective(model_of(layers.replace("relu, ", ""))).layers[-1]
    assert (linear.std, linear.width) == (layer.std, layer.width)


def test_the_middle_unit_is_profiled_where_none_is_asked_for() -> None:
    model = model_of("[conv3x3: {out: 4, padding: 1}, maxpool2]", "[4, 20, 14]")
    assert profile(model, "maxpool2_1").unit == (10 // 2, 7 // 2)
    assert profile(model, "maxpool2_1", unit=(1, 2)).unit == (1, 2)


def test_of_units_that_see_unequally_much_the_largest_counts() -> None:
    """Taps 1 and 2 alternately: one position, or two side by side."""
    found = last(model_of("[conv_transpose3: {out: 4, stride: 2}]"))
    assert found.std == (0.5,)
    assert found.width == (2,)


@pytest.mark.parametrize(
    ("layers", "approximate"),
    [
        (f"[{{avgpool3: {{stride: 1}}}}, {C}, {{avgpool3: {{stride: 1}}}}]", True),
        (f"[avgpool2, {C}, avgpool2]", False),
        (f"[{{avgpool3: {{stride: 2}}}}, {C}, avgpool2]", True),
        (f"[{{maxpool3: {{stride: 2}}}}, {C}, avgpool2]", True),
        (f"[avgpool2, {C}, {{upsample: {{factor: 2, mode: bilinear}}}}]", False),
        (
            f"[{{upsample: {{factor: 2, mode: bilinear}}}}, {C}, {{upsample: {{factor: 2, mode: bilinear}}}}]",
            True,
        ),
        (f"[{{upsample: 2}}, {C}, avgpool2]", True),
        (f"[{{upsample: 2}}, {C}, {C}]", False),
        (f"[{C}, {{add: [[], [{{avgpool3: {{stride: 1, padding: 1}}}}]]}}]", True),
        (f"[{C}, {{add: [[], [{C}]]}}]", False),
        (f"[{C}, {{mul: [[{C}], [{C}]]}}]", True),
        (f"[{C}, {{mul: [[{C}, sigmoid], [{C}]]}}]", False),
        ("[{conv3: {out: 4}, name: a}, {conv3: {out: 4}, share: a}]", True),
    ],
)
def test_correlated_gradients_are_said(layers: str, approximate: bool) -> None:
    assert last(model_of(layers)).approximate is approximate


def test_the_other_axes_of_an_average_pool_weaken_its_branch() -> None:
    """Beside a convolution of as many channels a 3x3 average pool has 1/9 of the gradient."""
    layers = "[concat: [[{avgpool3x3: {stride: 1, padding: 1}}], [{conv: {kernel: [1, 5], out: 4, padding: [0, 2]}}]]]"
    found = last(model_of(layers, "[4, 20, 20]"))
    shares = (1 / 9 / (1 + 1 / 9), 1 / (1 + 1 / 9))
    assert found.std == pytest.approx(
        (sqrt(shares[0] * variance(3)), sqrt(shares[0] * variance(3) + shares[1] * variance(5)))
    )


def test_layers_that_see_all_have_none() -> None:
    fields = effective(model_of("[conv3: 4, global_avgpool, linear: 2]")).layers
    assert [one.std for one in fields] == [(pytest.approx(sqrt(2 / 3)),), (None,), (None,)]


def test_paths_into_a_unit_by_phase() -> None:
    """Twice a transposed convolution of kernel 3 and stride 2: an uneven pattern of period 4."""
    model = model_of("[conv_transpose3: {out: 1, stride: 2}, conv_transpose3: {out: 1, stride: 2}]")
    (axis,) = profile(model, "conv_transpose3_2").axes
    assert axis is not None
    assert axis.paths_by_phase == (3, 2, 3, 1)


def test_holes_are_positions_without_a_path() -> None:
    layers = "[conv3: {out: 4, dilation: 2}, conv3: {out: 4, dilation: 2}, conv3: {out: 4, dilation: 2}]"
    (axis,) = profile(model_of(layers), "conv3_3", unit=(0,)).axes
    assert axis is not None
    assert (axis.first, axis.paths) == (0, (1, 0, 3, 0, 6, 0, 7, 0, 6, 0, 3, 0, 1))
    assert axis.gradient == pytest.approx([count / 27 for count in axis.paths])


def test_a_layer_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match=r"no layer of .* is named 'conv_1': did you mean 'conv3_1'\?"):
        profile(model_of("[conv3: 4]"), "conv_1")


def test_a_unit_of_other_axes() -> None:
    with pytest.raises(ValueError, match="has 1 axis, the unit 2"):
        profile(model_of("[conv3: 4]"), "conv3_1", unit=(1, 1))


def test_a_thousand_residuals_neither_overflow_nor_vanish() -> None:
    """Of each the body gets as much as the identity, so the gradient doubles a thousand times."""
    item = "{residual: [{depthwise1: 1}], repeat: 1500}"
    found = last(model_of(f"[{C}, {item}, {C}]", "[1, 64]"))
    assert found.std == pytest.approx((sqrt(2 * variance(3)),))


def test_same_padding_of_an_unknown_size_shifts_and_spreads_alike() -> None:
    (model,) = cnncalc.loads("framework: tensorflow\ninput: [4, any]\nlayers: [conv3: {out: 4, padding: same}, conv4: {out: 4, stride: 2, padding: same}]")  # fmt: skip
    assert last(model).std == pytest.approx((sqrt(variance(3) + variance(4)),))


def test_branches_of_other_strides_have_no_answer() -> None:
    found = effective(
        model_of("[concat: [[{conv3: {out: 4, stride: 2}}, {upsample: {size: 64}}], []]]")
    ).layers[-1]
    assert found.std == (None,)
    assert found.reason is not None
