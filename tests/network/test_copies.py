"""References to the copies of a repeated item: ``c[0]``, ``c[-1]`` and, in a join, ``c[*]``."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.analysis.report import LayerReport
from tests.language.refusing import found_in

SPEC = """input: [3, 8, 8]
layers:
  - conv3x3: {out: 4 + i, padding: 1}
    repeat: 3
    name: c
"""


def last_of(items: str, spec: str = SPEC) -> LayerReport:
    (model,) = cnncalc.loads(spec + items)
    report = cnncalc.analyze(model)
    assert report.failed is None
    return report.layers[-1]


@pytest.mark.parametrize(
    ("name", "channels"),
    [("c[0]", 4), ("c[1]", 5), ("c[2]", 6), ("c[-1]", 6), ("c[-3]", 4), ("c", 6)],
)
def test_a_copy_by_its_index(name: str, channels: int) -> None:
    assert last_of(f"  - relu:\n    from: {name}\n").shape.channels == channels


def test_all_copies_are_joined_in_their_order() -> None:
    layer = last_of('  - concat: [input, "c[*]"]\n')
    assert layer.shape.channels == 3 + 4 + 5 + 6
    assert layer.inputs == ("input", "c[0]", "c[1]", "c[2]")
    assert layer.field.size == (7, 7)
    assert last_of("  - concat:\n      - input\n      - c[*]\n").inputs == layer.inputs


def test_the_copies_of_a_block_end_where_it_ends() -> None:
    """C2f of YOLOv8: the input's halves and the output of every bottleneck."""
    spec = """input: [8, 8, 8]
blocks:
  bottleneck:
    params: [c]
    layers: [residual: [conv3x3: {out: c, padding: 1, norm: bn, act: silu}]]
layers:
  - {slice: [0, 4], name: first}
  - {slice: [4, 4], from: input, name: second}
  - {bottleneck: 4, repeat: 2, name: m}
"""
    layer = last_of('  - concat: [first, second, "m[*]"]\n', spec)
    assert layer.shape.channels == 16
    assert layer.inputs[2:] == ("m[0]/residual_1", "m[1]/residual_1")


def test_inner_lists_see_the_copies_of_outer_ones() -> None:
    assert last_of('  - seq: [seq: [concat: ["c[0]", "c[1]"]]]\n').shape.channels == 9


def test_a_norm_belongs_to_its_copy() -> None:
    spec = "input: [3, 8, 8]\nlayers:\n  - {conv1x1: {out: 2, norm: bn}, repeat: 2, name: c}\n"
    assert last_of('  - concat: ["c[0]", "c[1]"]\n', spec).inputs == ("bn_1[0]", "bn_1[1]")


def test_one_copy_shares_its_weights() -> None:
    spec = "input: [4, 8, 8]\nlayers:\n  - {conv1x1: 4, repeat: 2, name: c}\n"
    assert last_of("  - conv1x1: 4\n    share: c[1]\n", spec).shares == "c[1]"


def test_a_block_is_given_a_copy() -> None:
    spec = "blocks: {join: {params: [t], layers: [concat: [t, prev]]}}\n" + SPEC
    assert last_of("  - join: c[0]\n", spec).shape.channels == 10


@pytest.mark.parametrize(
    ("items", "message", "help"),
    [
        (
            "  - relu:\n    from: c[3]\n",
            "no earlier tensor is named `c[3]`",
            "`c` has the copies c[0] .. c[2]",
        ),
        (
            "  - relu:\n    from: c[-4]\n",
            "no earlier tensor is named `c[-4]`",
            "`c` has the copies c[0] .. c[2]",
        ),
        (
            "  - relu:\n    from: c[*]\n",
            "no earlier tensor is named `c[*]`",
            'all copies are joined in a list only: `concat: ["c[*]"]`; `c` is the last one',
        ),
        (
            "  - relu:\n    name: r\n  - concat: [r[0], prev]\n".replace("r[0]", '"r[0]"'),
            "no earlier tensor is named `r[0]`",
            "`r` has no copies, it says no `repeat`: name it `r`",
        ),
        ("  - concat: ['d[*]', prev]\n", "no earlier tensor is named `d[*]`", None),
        (
            "  - concat: [prev, c[0]]\n",
            "found `[` where `,` or `]` is expected",
            'inside brackets a copy is written in quotes: `"c[0]"`',
        ),
        (
            "  - concat: [c[*], prev]\n",
            "a value cannot start with `*`",
            'inside brackets a copy is written in quotes: `"c[*]"`',
        ),
    ],
)
def test_what_is_no_copy(items: str, message: str, help: str | None) -> None:
    found = found_in(SPEC + items)
    assert found[0][2] == message
    assert help is None or found[0][3] == help


def test_a_join_of_no_copies() -> None:
    spec = "input: [4, 8, 8]\nlayers:\n  - {conv1x1: 4, repeat: 0, name: c}\n"
    ((code, place, message, _),) = found_in(spec + '  - concat: ["c[*]"]\n')
    assert (code, place, message) == ("E106", "4:5", "concat has nothing to join: there are no copies")
    ((_, _, _, help),) = found_in(spec + "  - relu:\n    from: c[0]\n")
    assert help == "`c` has no copies"
