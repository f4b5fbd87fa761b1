"""Peaks in place against a machine that holds tensors in numbered buffers, and against known networks."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.report import Report
from tests.analysis.naive import Item

Node = tuple[str, int, list[int]]


def analyzed(spec: str) -> Report:
    (model,) = cnncalc.loads(spec)
    report = cnncalc.analyze(model)
    assert report.failed is None, report.diagnostics
    return report


def channels_of(nodes: list[Node]) -> list[int]:
    """The channels of each tensor; 0 is the input of 3."""
    channels = [3]
    for op, out, sources in nodes:
        given_channels = [channels[source] for source in sources]
        made = {"conv": out, "concat": sum(given_channels), "add": max(given_channels)}
        channels.append(made.get(op, given_channels[0]))
    return channels


@st.composite
def graphs(draw: st.DrawFn) -> list[Node]:
    """Nodes as (operation, channels, sources); a sum is of tensors of equal channels, or of a single one that is spread."""
    nodes: list[Node] = []
    for number in range(1, draw(st.integers(1, 9)) + 1):
        channels = channels_of(nodes)
        op = draw(
            st.sampled_from(["conv", "softmax", "concat", "add", "add", "relu", "relu", "bn", "dropout"])
        )
        first = draw(st.integers(0, number - 1))
        sources = [first]
        if op in ("concat", "add"):
            fitting = [
                other for other in range(number) if op == "concat" or channels[other] in (channels[first], 1)
            ]
            sources += draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=2))
            sources = draw(st.permutations(sources))
        nodes.append((op, draw(st.integers(1, 5)), list(sources)))
    return nodes


def written(nodes: list[Node]) -> str:
    def name(index: int) -> str:
        return f"t{index}" if index else "input"

    layers: list[Item] = []
    for number, (op, out, sources) in enumerate(nodes, 1):
        named = {"name": name(number)}
        if op in ("concat", "add"):
            layers.append({op: [name(source) for source in sources], **named})
        else:
            body = {"conv1x1": out} if op == "conv" else {op: None}
            layers.append({**body, "from": name(sources[0]), **named})
    return json.dumps({"input": [3, 2, 2], "layers": layers})


def run_in_place(nodes: list[Node]) -> int:
    """The most elements of buffers at once, of a machine that evaluates the nodes and frees what nobody reads any more."""
    channels = channels_of(nodes)
    buffers = {0: channels[0]}
    holds = {0: 0}
    most = channels[0]
    for number, (op, _, sources) in enumerate(nodes, 1):
        later = {source for _, _, read in nodes[number:] for source in read}
        spent = [source for source in sources if source not in later]
        room = [source for source in spent if buffers[holds[source]] == channels[number]]
        if op in ("relu", "bn", "dropout", "add") and room:
            holds[number] = holds.pop(room[0])
        else:
            holds[number] = number
            buffers[number] = channels[number]
        most = max(most, sum(buffers.values()))
        holds = {tensor: at for tensor, at in holds.items() if tensor in later or tensor == len(nodes)}
        buffers = {at: size for at, size in buffers.items() if at in holds.values()}
    return most * 2 * 2


@given(graphs())
@settings(max_examples=150, deadline=None)
def test_peak_in_place_is_what_a_machine_with_buffers_needs(nodes: list[Node]) -> None:
    report = analyzed(written(nodes))
    assert report.peak_in_place == run_in_place(nodes)
    assert report.peak is not None
    assert report.peak_in_place <= report.peak


@pytest.mark.parametrize(
    ("name", "elements"),
    [("resnet50", 1_806_336), ("mobilenet_v2", 1_505_280), ("resnet18", 1_003_520), ("vgg16", 6_422_528)],
)
def test_known_peaks_in_place(name: str, elements: int) -> None:
    assert cnncalc.analyze(cnncalc.load(name)[0]).peak_in_place == elements


@pytest.mark.parametrize(
    ("layers", "peak", "in_place"),
    [
        pytest.param("[relu]", 2, 1, id="over the input"),
        pytest.param("[softmax]", 2, 2, id="a softmax reads all channels for each"),
        pytest.param("[flatten]", 2, 1, id="the same numbers in the same order"),
        pytest.param("[{relu: , name: a}, {add: [a, input]}]", 3, 2, id="the input is read again"),
        pytest.param("[{head: [relu]}, relu]", 3, 2, id="an output is kept"),
        pytest.param("[global_avgpool, {mul: [input, prev]}]", 2.25, 1.25, id="a gate over the map"),
    ],
)
def test_what_is_written_in_place(layers: str, peak: float, in_place: float) -> None:
    """In inputs, of 4 elements."""
    report = analyzed(f"input: [1, 2, 2]\nlayers: {layers}\n")
    assert (report.peak, report.peak_in_place) == (peak * 4, in_place * 4)


def test_an_unknown_size_leaves_both_peaks_unknown() -> None:
    report = analyzed("input: [3, any, any]\nlayers: [relu]\n")
    assert (report.peak, report.peak_in_place) == (None, None)
