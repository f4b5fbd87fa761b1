"""The published table of receptive fields of TF-Slim networks, row by row, against the bundled configs/tfslim.

Figures in ``tests/data/receptive_field_table.csv``: google-research/receptive_field, RECEPTIVE_FIELD_TABLE.md (Apache-2.0), made
by that project from the TensorFlow graphs of tensorflow/models, research/slim/nets. A padding of None is one that depends on
the input size where this is not given: SAME before a window that strides. Its FLOPs are 2 per multiply-accumulate, 1 per output
of a convolution with bias and k*k per output of a pool, and nothing for normalization, sums and activations.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from math import prod
from pathlib import Path
from typing import NamedTuple

import pytest

import cnncalc
from cnncalc import bundled
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.network.model import Model

TABLE = Path(__file__).parents[1] / "data" / "receptive_field_table.csv"

NETWORKS = {  # by config
    "slim_alexnet_v2": ["alexnet_v2"],
    "slim_inception_resnet_v2": ["inception_resnet_v2", "inception_resnet_v2-same"],
    "slim_inception_v2": ["inception_v2", "inception_v2-no-separable-conv"],
    "slim_inception_v3": ["inception_v3"],
    "slim_inception_v4": ["inception_v4"],
    "slim_mobilenet_v1": ["mobilenet_v1", "mobilenet_v1_075"],
    "slim_resnet_v1": ["resnet_v1_50", "resnet_v1_101", "resnet_v1_152", "resnet_v1_200"],
    "slim_resnet_v2": ["resnet_v2_50", "resnet_v2_101", "resnet_v2_152", "resnet_v2_200"],
    "slim_vgg": ["vgg_a", "vgg_16"],
}
SIZE_FREE = ["alexnet_v2", "vgg_a", "vgg_16", "inception_v3", "inception_v4", "inception_resnet_v2"]
"""Networks whose every strided window is VALID, so that no padding depends on the input size."""


class Row(NamedTuple):
    """One row: the field of an end point, alike along both axes."""

    endpoint: str
    size: int
    stride: int
    padding: int | None


def _read() -> dict[tuple[str, str], list[dict[str, str]]]:
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    with TABLE.open(newline="") as file:
        for row in csv.DictReader(file):
            groups.setdefault((row["cnn"], row["resolution"]), []).append(row)
    return groups


ROWS = _read()
SIZED = [key for key in ROWS if key[1] != "None"]


@lru_cache(maxsize=1)
def _models() -> dict[str, Model]:
    """The bundled networks by the name they have in the table."""
    return {model.name: model for config in NETWORKS for model in cnncalc.load(config)}


@lru_cache(maxsize=8)
def _report(network: str, resolution: str) -> Report:
    size = "any" if resolution == "None" else resolution
    return cnncalc.analyze(_models()[network], f"3x{size}x{size}")


def _record(report: Report, network: str, endpoint: str) -> LayerReport:
    """The layer an end point names; of a block, its last."""
    return report.within(endpoint.removeprefix(f"{network}/"))[-1]


def _row(endpoint: str, record: LayerReport) -> Row:
    height, width = (
        (size, stride, None if start is None else -start)
        for size, stride, start in zip(
            record.field.size, record.field.stride, record.field.start, strict=True
        )
    )
    assert height == width
    size, stride, padding = height
    assert size is not None
    assert stride is not None
    return Row(endpoint, size, int(stride), padding)


def _number(text: str) -> int | None:
    return None if text == "None" else int(text)


def _operations(layers: Iterable[LayerReport]) -> int:
    """FLOPs by the table's convention."""
    total = 0
    for layer in layers:
        assert layer.macs is not None
        total += 2 * layer.macs
        assert layer.activations is not None
        if layer.op in ("conv", "depthwise") and layer.biases:
            total += layer.activations
        if layer.op in ("maxpool", "avgpool"):
            assert layer.windows is not None
            total += layer.activations * prod(window.kernel for window in layer.windows)
    return total


def test_every_network_of_the_table_is_bundled() -> None:
    assert [name for name in bundled.names() if name.startswith("slim_")] == list(NETWORKS)
    assert {config: [model.name for model in cnncalc.load(config)] for config in NETWORKS} == NETWORKS
    assert {network for network, _ in ROWS} <= set(_models())
    assert sum(map(len, ROWS.values())) == 264


@pytest.mark.parametrize(("network", "resolution"), ROWS)
def test_every_row_is_reproduced(network: str, resolution: str) -> None:
    report = _report(network, resolution)
    assert report.ok
    wanted = [
        Row(row["endpoint"], int(row["rf"]), int(row["effective_stride"]), _number(row["effective_padding"]))
        for row in ROWS[network, resolution]
    ]
    got = [_row(row.endpoint, _record(report, network, row.endpoint)) for row in wanted]
    assert got == wanted


@pytest.mark.parametrize(("network", "resolution"), SIZED)
def test_operations_are_the_tables_to_its_last_digit(network: str, resolution: str) -> None:
    report = _report(network, resolution)
    for row in ROWS[network, resolution]:
        until = report.layers.index(_record(report, network, row["endpoint"])) + 1
        assert f"{_operations(report.layers[:until]) / 1e9:.3f}" == row["flops_b"], row["endpoint"]


@pytest.mark.parametrize("network", list(chain.from_iterable(NETWORKS.values())))
def test_only_the_padding_depends_on_the_input_size(network: str) -> None:
    unknown, even, odd = (_report(network, resolution) for resolution in ("None", "224", "321"))
    fields = [
        [(layer.path, layer.field.size, layer.field.stride) for layer in report.layers]
        for report in (unknown, even, odd)
    ]
    assert fields[0] == fields[1] == fields[2]
    local = [layer for layer in unknown.layers if not layer.field.is_global]
    undecided = [layer for layer in local if None in layer.field.start]
    assert all("input size" in (layer.field.reason or "") for layer in undecided)
    assert bool(undecided) == (network not in SIZE_FREE)
    starts = {layer.path: layer.field.start for layer in unknown.layers if layer not in undecided}
    for report in (even, odd):
        assert starts == {layer.path: layer.field.start for layer in report.layers if layer.path in starts}
