"""Random networks exported to ONNX give PyTorch's values, layer by layer, with all weights alike."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

torch = pytest.importorskip("torch")
pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")

import numpy as np  # noqa: E402

import cnncalc  # noqa: E402
from cnncalc.errors import GraphError, SpecError  # noqa: E402
from tests.exporters import onnx_files as running  # noqa: E402
from tests.oracle.build import Builder, Refusal, networks  # noqa: E402
from tests.oracle.modules import Modules, inputs_of  # noqa: E402
from tests.oracle.strategies import networks_of, specs  # noqa: E402

WEIGHT = 0.05


class Alike(Modules):
    """Modules whose weights and statistics are all one number; what they gave is kept."""

    def __init__(self, framework: str) -> None:
        super().__init__(framework)
        self.values: list[Any] = []

    def _apply(self, op: str, args: dict[str, Any], tensors: list[Any], tie: int | None) -> Any:
        super()._apply(op, args, tensors, tie)
        module = self.modules[-1]
        for value in (*module.parameters(), *module.buffers()):
            if value.dtype.is_floating_point:
                value.fill_(WEIGHT)
        self.values.append(module(*tensors))
        return self.values[-1]


@pytest.mark.slow
@networks_of("exported values")
@given(specs())
def test_random_networks_compute_what_pytorch_computes(text: str) -> None:
    try:
        (model,) = cnncalc.loads(text)
    except (SpecError, GraphError):
        return
    report = cnncalc.analyze(model)
    (network,) = networks(text)
    backend, inputs = Alike(network.framework), inputs_of(network)
    try:
        Builder(network, backend).run(inputs)
    except Refusal:
        return
    assert report.ok
    data = cnncalc.export(report, "onnx")
    assert isinstance(data, bytes)
    onnx_model = running.filled(running.checked(data), WEIGHT)
    made = running.run(onnx_model, {name: tensor.numpy() for name, tensor in inputs.items()})
    for layer, value in zip(report.layers, backend.values, strict=True):
        assert made[layer.path].shape == tuple(value.shape), layer.path
        assert np.allclose(made[layer.path], value.numpy(), rtol=2e-3, atol=1e-4, equal_nan=True), layer.path
