"""Every bundled config, all variants and cases, built and run in PyTorch without memory for the tensors."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.network.model import Model
from tests.oracle.build import Network, networks

torch = pytest.importorskip("torch")

from tests.oracle.modules import run  # noqa: E402

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))
CONVERTIBLE = ("pytorch", "caffe")
"""What PyTorch can express: Caffe's windows too, with their ceil rounding and norms without gamma and beta."""


UNBUILT_OPERATIONS = frozenset(
    ("attention", "tokens", "token", "to_map", "squeeze", "deform_conv", "lstm", "gru", "rnn")
)
"""Words that this rebuilding has no module for; ``test_words.py`` holds each of them against PyTorch."""
UNBUILT_PHRASES = ("[*]", "learned: false")
"""References to copies and fixed weights, which it does not resolve."""


def is_built(path: Path, model: Model) -> bool:
    """Whether every word of a network can be rebuilt here."""
    text = path.read_text(encoding="utf-8")
    operations = {node.op for node in model.graph.nodes}
    return not operations & UNBUILT_OPERATIONS and not any(phrase in text for phrase in UNBUILT_PHRASES)


@cache
def models_of(path: Path) -> list[Model]:
    """The models with their cases, in the order of ``networks``."""
    return [one for model in cnncalc.load(path) for one in (model, *(case.model for case in model.cases))]


def computable() -> list[tuple[str, Network, Model]]:
    found = []
    for path in CONFIGS:
        pairs = zip(networks(path.read_text()), models_of(path), strict=True)
        for network, model in pairs:
            sizes: list[Any] = [size for shape in network.inputs.values() for size in shape]
            if network.framework in CONVERTIBLE and "any" not in sizes and is_built(path, model):
                found.append((f"{path.stem}:{network.name}", network, model))
    return found


NETWORKS = computable()


def test_all_configs_are_here() -> None:
    assert len(CONFIGS) >= 14
    built = {path.stem for path in CONFIGS if any(is_built(path, model) for model in models_of(path))}
    assert {name.partition(":")[0] for name, _, _ in NETWORKS} == built
    assert len(built) > 0.85 * len(CONFIGS)


@pytest.mark.parametrize(
    ("network", "model"), [pair[1:] for pair in NETWORKS], ids=[pair[0] for pair in NETWORKS]
)
def test_every_layer_of(network: Network, model: Model) -> None:
    trace = run(network, "meta")
    report = cnncalc.analyze(model)
    got = [(one.op, one.shape.axes, one.weights, one.biases, one.buffers, one.macs) for one in report.layers]
    assert got == [tuple(record) for record in trace.records]
    assert (trace.error is None) == (report.failed is None), (trace.error, report.diagnostics)
    if trace.error is None:
        assert report.totals.params == sum(record.weights + record.biases for record in trace.records)
        assert report.totals.macs == sum(record.macs for record in trace.records)
