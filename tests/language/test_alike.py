"""Items written alike are read once, and nothing shows it: neither in the models nor in what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc import analyze, load, loads
from cnncalc.errors import CnncalcError
from cnncalc.language.alike import Alike

ITEMS = (
    "relu",
    "relu:",
    "conv3x3: 4",
    'conv3x3: "4"',
    "conv3x3: n",
    "conv3x3: i",
    "conv3x3: {out: 4, padding: 1}",
    "conv3x3: {padding: 1, out: 4}",
    "conv: {out: 4, kernel: [3, 5]}",
    "conv: {out: 4, kernel: 3x5, norm: bn, act: {leaky_relu: 0.1}}",
    "separable3x3: {out: n+1, padding: 1}",
    "residual: [conv3x3: {out: 4, padding: 1}]",
    "concat: [[relu], prev]",
    "add: [r, prev]",
    "b",
    "b: {w: 4}",
    "seq: [relu, relu]",
    "maxpool2x2",
    "head: [global_avgpool]",
    # in error
    "conv3x3: x",
    "conv3x3: {out: -1}",
    "conv3x3: {out: 4, pading: 1}",
    "conv3x3: {filters: 4, strides: 2}",
    "conv3x3: []",
    "conw3x3: 4",
    "linear: {}",
    "c",
)
HEAD = """
input: 4x64x64
vars: {n: 4}
blocks:
  b: {params: [w=2], layers: [conv1x1: w, conv1x1: w, relu]}
  c: {params: [w=2], layers: [c, conv1x1: w, conv1x1: q]}
"""


@st.composite
def lists(draw: st.DrawFn) -> str:
    """Items in brackets, some copied, some named."""
    items = draw(st.lists(st.sampled_from(ITEMS), min_size=1, max_size=12))
    beside = st.sampled_from(("", "", "", "repeat: 2", "name: r"))
    words = []
    for item in items:
        key = item if ":" in item else f"{item}:"
        more = draw(beside)
        words.append(f"{{{key}, {more}}}" if more else item)
    return f"{HEAD}layers: [{', '.join(words)}]\n"


def found(read: Callable[[], object]) -> object:
    """The models that are read, or what is wrong."""
    try:
        return read()
    except CnncalcError as error:
        return error.diagnostics


def anew(read: Callable[[], object]) -> object:
    """The same with every item read by itself."""
    with patch.object(Alike, "read", Alike._anew):
        return found(read)


@settings(max_examples=60)
@given(lists(), st.sampled_from((200_000, 12, 8)))
def test_nothing_changes_by_it(text: str, most: int) -> None:
    def read() -> object:
        return loads(text, max_layers=most)

    assert found(read) == anew(read)


@pytest.mark.parametrize("name", ["resnet50", "inception_v3", "unet"])
def test_nor_in_bundled_networks(name: str) -> None:
    def reports() -> object:
        return [analyze(model) for model in load(name)]

    assert found(reports) == anew(reports)


def test_each_error_is_reported_where_it_is() -> None:
    text = "input: 4x9x9\nlayers:\n" + "  - conv3x3: {out: -1}\n" * 3
    with pytest.raises(CnncalcError) as caught:
        loads(text)
    lines = [one.location and one.location.line for one in caught.value.diagnostics]
    assert lines == [3, 4, 5]


def test_alike_items_are_one_layer_with_places_of_their_own() -> None:
    (model,) = loads("input: 4x9x9\nlayers:\n" + "  - conv3x3: {out: 4, padding: 1}\n" * 3)
    first, second, _ = model.graph.nodes[1:]
    assert first.layer is second.layer
    assert (first.path, second.path) == ("conv3x3_1", "conv3x3_2")
    assert (first.origin.location, second.origin.location) == (
        first.origin.location,
        first.origin.location._replace(line=4) if first.origin.location else None,
    )
