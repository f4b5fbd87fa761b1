"""Random networks run in PyTorch: shapes, parameters, buffers and multiply-accumulates layer by layer, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given

import cnncalc
from cnncalc.errors import GraphError, SpecError
from cnncalc.layers import OPERATIONS
from tests.oracle.build import Builder, Refusal, networks
from tests.oracle.strategies import MOVING, NETWORKS, NEWER, networks_of, specs

torch = pytest.importorskip("torch")

from tests.oracle.modules import MAKERS, Modules, Record, Trace, inputs_of, run  # noqa: E402

ALL = (*NEWER, *MOVING)


def computed(text: str) -> Trace:
    """The same as ``run`` by cnncalc."""
    try:
        (model,) = cnncalc.loads(text)
    except (SpecError, GraphError) as error:
        return Trace([], str(error))
    report = cnncalc.analyze(model)
    records = [
        Record(
            layer.op,
            tuple(axis or 0 for axis in layer.shape.axes),
            layer.weights or 0,
            layer.biases or 0,
            layer.buffers or 0,
            layer.macs or 0,
        )
        for layer in report.layers
    ]
    errors = [found.message for found in report.diagnostics if found.severity == "error"]
    assert bool(errors) == (report.failed is not None)
    return Trace(records, errors[0] if errors else None)


QUIRKS = (
    "smaller than kernel size (kT",  # AvgPool3d alone compares the kernel with the map without its padding
    "Expected more than 1 spatial element",  # instance norm of a single position, which is 0
    "Expected more than 1 value per channel",  # group norm of a single number, which is 0
)
"""What PyTorch says where it refuses a layer whose result is nevertheless defined; cnncalc computes on."""


def agree(text: str) -> bool:
    """Hold cnncalc against PyTorch; whether both computed the network."""
    (network,) = networks(text)
    expected, got = run(network), computed(text)
    if any(quirk in (expected.error or "") for quirk in QUIRKS):
        assert not got.records or got.records[: len(expected.records)] == expected.records, text
        return False
    if got.error is None:
        assert expected.error is None, f"accepted, but PyTorch says: {expected.error}\n{text}"
    if expected.error is None:
        assert got.error is None, f"refused, but PyTorch runs it: {got.error}\n{text}"
    if got.records:
        assert got.records == expected.records, text
    return got.error is None


@networks_of("shapes, 1-D")
@given(specs(ranks=(1,), more=ALL))
def test_one_dimensional_networks(text: str) -> None:
    agree(text)


@networks_of("shapes, 2-D")
@given(specs(ranks=(2,), more=ALL))
def test_two_dimensional_networks(text: str) -> None:
    agree(text)


@networks_of("shapes, 3-D")
@given(specs(ranks=(3,), sizes=(5, 8), more=ALL))
def test_three_dimensional_networks(text: str) -> None:
    agree(text)


def test_networks_that_may_not_fit() -> None:
    outcomes: list[bool] = []

    @networks_of("shapes, often unfit")
    @given(specs(sizes=(1, 7), wild=True, more=ALL))
    def hold(text: str) -> None:
        outcomes.append(agree(text))

    hold()
    refused = outcomes.count(False)
    assert 1 / 15 < refused / len(outcomes) < 14 / 15


@networks_of("flops, 2-D")
@given(specs(ranks=(2,)))
def test_total_macs_are_half_of_what_pytorch_counts_as_flops(text: str) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    (network,) = networks(text)
    backend = Modules()
    with FlopCounterMode(display=False) as counter:
        try:
            Builder(network, backend).run(inputs_of(network))
        except Refusal:
            return
    (model,) = cnncalc.loads(text)
    unfolded = sum(record.op == "unfold" for record in backend.records)
    if not unfolded:
        assert cnncalc.analyze(model).totals.flops == counter.get_total_flops()


WRITTEN = {
    "tokens": """
input: [1, 12]
layers: [embedding: {out: 6, vocab: 50}, conv3: {out: 4, act: relu}, global_maxpool, dropout, linear: 2]
""",
    "two inputs": """
input: {left: [2, 8, 8], right: [3, 8, 8]}
layers:
  - {conv3x3: {out: 4, padding: 1}, name: a}
  - {conv3x3: {out: 4, padding: 1}, from: right, name: b}
  - add: [a, b]
  - concat: [prev, left, right]
""",
    "defaults, variables, blocks in blocks": """
vars: {m: 2*n, n: 3}
defaults: {conv: {padding: half, norm: bn, act: relu}, maxpool: {stride: 2}}
blocks:
  pair: {params: [c, k=3], layers: [{conv: {kernel: k, out: c}, repeat: 2}]}
  stage: {params: [c], layers: [pair: c, maxpool3, pair: {c: 2*c, k: 5}]}
input: [m, 16, 12]
layers:
  - stage: m
  - {conv3x3: {out: n*(i + 1), bias: true}, repeat: 3}
  - {head: [global_avgpool, linear: m], repeat: 1}
  - {inception: {1x1: m, 3x3: [n, m], pool: n}}
""",
    "weights shared by towers": """
input: {left: [2, 9, 9], right: [2, 9, 9]}
layers:
  - {seq: [{residual: {body: [conv3x3: {out: 4, padding: 1, norm: bn}], shortcut: project}}, flatten, linear: 5], name: tower, from: left}
  - {seq: [{residual: {body: [conv3x3: {out: 4, padding: 1, norm: bn}], shortcut: project}}, flatten, linear: 5], share: tower, from: right}
  - concat: [tower, prev]
""",
    "a projection after maps of unequal strides": """
input: [2, 12]
layers:
  - {conv3: {out: 2, padding: 1}, name: a}
  - maxpool3: {stride: 3}
  - conv2: 2
  - upsample_to: a
  - concat: [a, prev]
  - residual: {body: [conv3: {out: 4, stride: 2, padding: 1}], shortcut: project}
""",
    "a projection after a resize of odd stride": """
input: [2, 14, 11]
layers:
  - adaptive_avgpool: [9, 8]
  - residual: {body: [conv3x3: {out: 2, stride: [2, 1], padding: 1}, conv3x3: {out: 2, padding: 1}], shortcut: project}
""",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
def test_written_networks(text: str) -> None:
    assert agree(text)


def test_five_thousand_random_networks_run_in_pytorch() -> None:
    files = [*Path(__file__).parent.glob("test_*.py"), *Path(__file__).parents[1].glob("exporters/test_*.py")]
    used = [test for path in files for test in re.findall(r'@networks_of\("(.*)"\)', path.read_text("utf-8"))]
    assert sorted(used) == sorted(NETWORKS)
    assert sum(NETWORKS.values()) >= 5_000


def test_every_operation_is_built() -> None:
    missing = sorted(set(OPERATIONS) - set(MAKERS))
    assert not missing, f"say in MAKERS of tests/oracle/modules.py how PyTorch computes {', '.join(missing)}"


UNDRAWN = {"custom", "embedding", "global_lppool", "spp_level"}
"""Operations that are in no random network."""


def test_every_operation_is_in_random_networks() -> None:
    text = (Path(__file__).parent / "strategies.py").read_text(encoding="utf-8")
    missing = [op for op in OPERATIONS if op not in UNDRAWN and not re.search(rf'"{op}[\d"{{]', text)]
    assert not missing, f"write {', '.join(missing)} into the networks of tests/oracle/strategies.py"
