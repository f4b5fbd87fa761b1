"""Random networks run in PyTorch: shapes, parameters, buffers and multiply-accumulates layer by layer, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

import cnncalc
from cnncalc.errors import GraphError, SpecError
from tests.oracle.build import Builder, Refusal, networks
from tests.oracle.strategies import STEADY, specs

torch = pytest.importorskip("torch")

from tests.oracle.modules import Modules, Record, Trace, inputs_of, run  # noqa: E402


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
        assert got.records[: len(expected.records)] == expected.records, text
        return False
    if got.error is None:
        assert expected.error is None, f"accepted, but PyTorch says: {expected.error}\n{text}"
    if expected.error is None:
        assert got.error is None, f"refused, but PyTorch runs it: {got.error}\n{text}"
    if got.records:
        assert got.records == expected.records, text
    return got.error is None


@settings(STEADY, max_examples=500)
@given(specs(ranks=(1,)))
def test_one_dimensional_networks(text: str) -> None:
    agree(text)


@settings(STEADY, max_examples=500)
@given(specs(ranks=(2,)))
def test_two_dimensional_networks(text: str) -> None:
    agree(text)


@settings(STEADY, max_examples=120)
@given(specs(ranks=(3,), sizes=(5, 8)))
def test_three_dimensional_networks(text: str) -> None:
    agree(text)


def test_networks_that_may_not_fit() -> None:
    outcomes: list[bool] = []

    @settings(STEADY, max_examples=900)
    @given(specs(sizes=(1, 7), wild=True))
    def hold(text: str) -> None:
        outcomes.append(agree(text))

    hold()
    refused = outcomes.count(False)
    assert 100 < refused < len(outcomes) - 100


@settings(STEADY, max_examples=60)
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
