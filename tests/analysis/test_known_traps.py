"""The known traps: small networks whose numbers other tools get wrong, each with the answer and where it comes from."""

from __future__ import annotations

from fractions import Fraction

import pytest

import cnncalc
from cnncalc.analysis.report import LayerReport, Report


def report(layers: str, head: str = "") -> Report:
    (model,) = cnncalc.loads(f"{head}\nlayers:\n{layers}")
    return cnncalc.analyze(model)


def last(layers: str, head: str = "") -> LayerReport:
    return report(layers, head).layers[-1]


def test_transposed_convolution_counts_macs_on_its_input() -> None:
    layer = last("- conv_transpose4x4: {out: 8, stride: 2, padding: 1}", "input: [3, 16, 16]")
    assert layer.macs == 3 * 16 * 16 * 4 * 4 * 8 == 98_304


def test_grouped_transposed_convolution() -> None:
    layer = last(
        "- conv_transpose3x3: {out: 8, stride: 2, padding: 1, output_padding: 1, groups: 4}",
        "input: [8, 8, 8]",
    )
    assert layer.macs == 8 * 8 * 8 * 3 * 3 * (8 // 4) == 9_216


@pytest.mark.parametrize(
    ("pool", "size"),
    [
        ("maxpool2: {stride: 2, padding: 1, ceil: true}", 5),
        ("avgpool4: {stride: 4, padding: 2, ceil: true}", 9),
    ],
)
def test_a_last_window_that_would_start_in_the_padding_is_dropped(pool: str, size: int) -> None:
    assert last(f"- {pool}", f"input: [1, {size}, {size}]").shape.sizes == (3, 3)


def test_dilation_enters_size_and_start() -> None:
    field = last("- conv3x3: {dilation: 2, padding: 2}\n- conv3x3: {dilation: 4, padding: 4}").field
    assert (field.size, field.start) == ((13, 13), (-6, -6))


def test_unequal_axes() -> None:
    assert last("- conv1x7\n- conv3x5: {stride: [1, 2]}").field.size == (3, 11)


def test_a_union_of_unequal_branches() -> None:
    layers = """
- conv3x3: {stride: 2}
- residual: {body: [conv3x3: {stride: 2}, conv3x3], shortcut: [conv1x1: {stride: 2}]}
- conv3x3
"""
    field = last(layers).field
    assert (field.size, field.stride) == ((23, 23), (4, 4))


def test_squeeze_and_excitation_sees_all_beside_its_local_path() -> None:
    layers = """
- conv3x3: {out: 8, padding: 1}
- mul: {map: [], gate: [global_avgpool, conv1x1: 2, relu, conv1x1: 8, sigmoid]}
- conv3x3: {out: 8, padding: 1}
"""
    field = last(layers, "input: [3, 16, 16]").field
    assert (field.size, field.is_global) == ((5, 5), True)


def test_down_and_up_again() -> None:
    field = last(
        "- conv3x3: {stride: 2, padding: 1}\n- conv_transpose4x4: {stride: 2, padding: 1}\n- conv3x3: {padding: 1}"
    ).field
    assert (field.size, field.stride) == ((7, 7), (1, 1))


def test_a_skip_connection_around_a_pool() -> None:
    layers = """
- conv3x3: {out: 4, padding: 1}
  name: skip
- maxpool2: {stride: 2}
- conv3x3: {out: 4, padding: 1}
- conv_transpose2x2: {out: 4, stride: 2}
- concat: [prev, skip]
- conv3x3: {out: 4, padding: 1}
"""
    field = last(layers, "input: [1, 16, 16]").field
    assert (field.size, field.stride) == ((10, 10), (1, 1))


def test_a_transposed_convolution_alone_sees_one_and_two_by_turns() -> None:
    field = last("- conv_transpose3x3: {stride: 2, padding: 1, output_padding: 1}").field
    spans = [field.at((unit, unit))[0] for unit in range(4)]
    assert [stop - start + 1 for start, stop in filter(None, spans)] == [1, 2, 1, 2]
    assert (field.size, field.stride, field.uniform) == ((2, 2), (Fraction(1, 2),) * 2, False)


def test_nearest_upsampling_is_exact_unit_by_unit() -> None:
    field = last("- avgpool2\n- upsample: 2\n- conv3x3: {padding: 1}").field
    assert field.size == (4, 4)
    assert [(field.at((unit, unit))[0] or (None,))[0] for unit in range(4)] == [-2, 0, 0, 2]


def test_shifted_branches_are_not_aligned() -> None:
    layers = "- add: {a: [conv3x3: {padding: [[0, 2], [0, 2]]}], b: [conv3x3: {padding: [[2, 0], [2, 0]]}]}"
    result = report(layers)
    field = result.layers[-1].field
    assert (field.size, field.aligned) == ((5, 5), False)
    assert [diagnostic.code for diagnostic in result.diagnostics] == ["W502"]
    assert "2 input positions apart" in result.diagnostics[0].message


RESNET = """
blocks:
  unit:
    params: [c, s1=1, s2=1]
    layers:
      - residual:
          body: [conv1x1: {out: c, stride: s1}, conv3x3: {out: c, stride: s2, padding: 1}, conv1x1: 4*c]
          shortcut: project
layers:
  - conv7x7: {out: 64, stride: 2, padding: 3}
  - maxpool3x3: {stride: 2, padding: 1}
"""


def test_tf_slim_resnet_50_strides_in_the_last_unit() -> None:
    stages = "".join(
        f"  - unit: {{c: {channels}, s2: '{stride} if i == {units - 1} else 1'}}\n    repeat: {units}\n"
        for channels, units, stride in ((64, 3, 2), (128, 4, 2), (256, 6, 2), (512, 3, 1))
    )
    (model,) = cnncalc.loads(RESNET + stages)
    field = cnncalc.analyze(model).layers[-1].field
    assert (field.size, field.stride) == ((483, 483), (32, 32))


def test_torchvision_resnet_50_strides_in_the_3x3_of_the_first() -> None:
    stages = "".join(
        f"  - unit: {{c: {channels}, s2: '{stride} if i == 0 else 1'}}\n    repeat: {units}\n"
        for channels, units, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
    )
    (model,) = cnncalc.loads(RESNET + stages)
    field = cnncalc.analyze(model).layers[-1].field
    assert (field.size, field.stride, field.start) == ((427, 427), (32, 32), (-213, -213))


def test_an_offset_that_is_unknown_stays_unknown_at_the_next_join() -> None:
    """The crop takes as much from the start as the size decides, so that units see 1 or 2, and never 3, in whatever order."""
    head = "input: [1, any]\n"
    cut = " [{pad: [[2, 0]], name: padded}, {crop_to: input, name: cut}, %s]"
    for joined in (
        "concat: [input, cut, cut]",
        "concat: [cut, cut, input]",
        "{concat: [input, cut], name: j}, concat: [j, cut]",
    ):
        field = last(cut % joined, head).field
        assert (field.size, field.start) == ((1,), (None,)), joined
        assert last(cut % joined, "input: [1, 9]\n").field.size == (2,)


def test_a_size_that_may_be_spread_says_nothing_of_the_others() -> None:
    shape = last(" [add: [a, b]]", "input: {a: [4, any, any], b: [4, 1, any]}\n").shape
    assert shape.axes == (4, None, None)
    assert last(" [add: [a, b]]", "input: {a: [4, 5, 5], b: [4, 1, 1]}\n").shape.axes == (4, 5, 5)
    assert last(" [add: [a, b]]", "input: {a: [4, any, 6], b: [4, 1, any]}\n").shape.axes == (4, None, 6)
    assert last(" [add: [a, b]]", "input: {a: [4, 1, any], b: [4, 1, any]}\n").shape.axes == (4, 1, None)


def test_a_single_unit_is_spread_with_what_it_sees() -> None:
    """PyTorch's gradient of unit 5 is at 0 and 5 in the first, everywhere in the second."""
    head = "input: [1, 9]\n"
    field = last(" [add: {a: [conv1: {out: 1, stride: 9}], b: []}]", head).field
    assert (field.size, field.is_global) == ((None,), False)
    assert "a single unit" in (field.reason or "")
    field = last(" [add: {a: [conv9: {out: 1}], b: []}]", head).field
    assert (field.size, field.is_global) == ((1,), True)
