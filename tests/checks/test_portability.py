"""Where another framework would make something else of the same layer."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.checks.portability import divergences


def found(spec: str) -> list[tuple[str, str | None, str]]:
    (model,) = cnncalc.loads(spec)
    return [(one.code, one.path, one.message) for one in divergences(model, cnncalc.analyze(model))]


def test_a_pool_that_caffe_rounds_up() -> None:
    assert found("input: [3, 112, 112]\nlayers:\n- maxpool3: {stride: 2}") == [
        ("W601", "maxpool3_1", "caffe makes 56x56 of 112x112, pytorch 55x55")
    ]


def test_same_with_stride_two_on_an_even_size_lies_elsewhere() -> None:
    codes = found("input: [3, 112, 112]\nlayers:\n- conv3x3: {out: 8, stride: 2, padding: 1}")
    assert codes == [
        (
            "W602",
            "conv3x3_1",
            "tensorflow with `same` pads 0+1 where pytorch pads 1+1: its windows begin 1 further",
        )
    ]


def test_the_same_on_an_odd_size_does_not() -> None:
    assert found("input: [3, 113, 113]\nlayers:\n- conv3x3: {out: 8, stride: 2, padding: 1}") == []


def test_what_is_rejected_elsewhere_is_said() -> None:
    codes = found(
        "framework: tensorflow\ninput: [3, 112, 112]\nlayers:\n- conv3x3: {out: 8, stride: 2, padding: same}"
    )
    assert [(code, message.partition(" ")[0]) for code, _, message in codes] == [
        ("W603", "pytorch"),
        ("W603", "caffe"),
    ]


def test_a_network_that_is_the_same_everywhere() -> None:
    assert (
        found("input: [3, 32, 32]\nlayers:\n- conv3x3: 8\n- maxpool2: {stride: 2}\n- flatten\n- linear: 10")
        == []
    )


def test_a_divergence_stands_at_its_layer() -> None:
    (model,) = cnncalc.loads("input: [3, 112, 112]\nlayers:\n- conv1x1: 8\n- maxpool3: {stride: 2}")
    (one,) = divergences(model, cnncalc.analyze(model))
    assert one.severity == "warning"
    assert one.location is not None
    assert one.location.line == 4


def test_layers_of_several_inputs_are_the_same_everywhere() -> None:
    assert (
        found(
            "input: [3, 9, 9]\nlayers:\n- identity:\n  name: a\n- conv3x3: 4\n- crop_to: prev\n- add: [prev, prev]"
        )
        == []
    )


@pytest.mark.parametrize(
    ("layer", "is_half"),
    [
        ("conv3x3: {out: 8, stride: 2, padding: half}", True),
        ("conv: {kernel: 3, out: 8, stride: 2, padding: [1, 1]}", True),
        ("conv3x5: {out: 8, stride: 2, padding: [1, 2]}", True),
        ("conv5x3: {out: 8, stride: 2, padding: 2}", False),  # half of 5, but not of 3
        ("conv1x1: {out: 8, stride: 2}", False),
        ("conv3x3: {out: 8, stride: 2}", False),
    ],
)
def test_padding_of_half_a_kernel_is_what_becomes_same(layer: str, is_half: bool) -> None:
    messages = [message for _, _, message in found(f"input: [3, 112, 112]\nlayers:\n- {layer}")]
    assert any("tensorflow with `same`" in message for message in messages) == is_half
