"""The same networks for other tools: ``python -m tests.benchmarks.others TOOL SPEC [ONNX]``. Exit code 3 where it cannot be done."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


def module_of(spec: str, device: str) -> tuple[Any, tuple[Any, ...]]:
    """A spec's first network as one torch module, and its inputs."""
    from tests.oracle.build import Builder, networks
    from tests.oracle.modules import Modules, inputs_of, nn

    network = next(networks(Path(spec).read_text(encoding="utf-8")))
    made = Modules(network.framework, device)
    inputs = inputs_of(network, device)
    Builder(network, made).run(inputs)

    class Replay(nn.Module):  # type: ignore[misc]
        """Computes with the modules already made, in their order."""

        def __init__(self) -> None:
            super().__init__()
            self.parts = nn.ModuleList(made.modules)
            for part in made.modules:
                for inner in part.modules():
                    inner._forward_hooks.clear()

        def shape(self, tensor: Any) -> tuple[int, ...]:
            return tuple(int(size) for size in tensor.shape[1:])

        def apply(self, op: str, args: dict[str, Any], tensors: list[Any], tie: int | None) -> Any:
            self.count += 1
            return self.parts[self.count - 1](*tensors)

        def forward(self, *tensors: Any) -> Any:
            self.count = 0
            return Builder(network, self).run(dict(zip(inputs, tensors, strict=True))).tensor

    return Replay().eval(), tuple(inputs.values())


def torchinfo(spec: str) -> None:
    from torchinfo import summary

    module, inputs = module_of(spec, "meta")
    print(summary(module, input_data=inputs, device="meta", verbose=0))


def export(spec: str, target: str) -> None:
    import torch

    module, inputs = module_of(spec, "cpu")
    torch.onnx.export(module, inputs, target, dynamo=False, export_params=False)


def onnx(spec: str, target: str) -> None:
    import onnx as library

    print(len(library.shape_inference.infer_shapes(library.load(target)).graph.value_info))


def onnx_tool(spec: str, target: str) -> None:
    import onnx_tool as library

    library.model_profile(target)


if __name__ == "__main__":
    try:
        if sys.argv[1] == "torchinfo":
            torchinfo(sys.argv[2])
        else:
            {"export": export, "onnx": onnx, "onnx_tool": onnx_tool}[sys.argv[1]](sys.argv[2], sys.argv[3])
    except Exception as error:
        print(f"{type(error).__name__}: {error}"[:300], file=sys.stderr)
        sys.stderr.flush()
        os._exit(3)
