"""The same networks for other tools: ``python -m tests.benchmarks.others TOOL SPEC VARIANT ONNX``. Exit code 3 where it cannot be done."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any


def module_of(spec: str, variant: str, device: str) -> tuple[Any, tuple[Any, ...]]:
    """A network of a spec as one torch module, and its inputs."""
    from tests.oracle.build import Builder, networks
    from tests.oracle.modules import Modules, inputs_of, nn

    network = next(one for one in networks(Path(spec).read_text(encoding="utf-8")) if one.name == variant)
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


def resnet50() -> Any:
    """ResNet-50 in plain PyTorch."""
    from torch import nn

    def unit(inner: int, outer: int, kernel: int, stride: int = 1) -> list[Any]:
        made = nn.Conv2d(inner, outer, kernel, stride, kernel // 2, bias=False)
        return [made, nn.BatchNorm2d(outer)]

    class Bottleneck(nn.Module):  # type: ignore[misc]
        def __init__(self, inner: int, width: int, stride: int) -> None:
            super().__init__()
            first, last = unit(inner, width, 1), unit(width, 4 * width, 1)
            self.path = nn.Sequential(*first, nn.ReLU(), *unit(width, width, 3, stride), nn.ReLU(), *last)
            same = stride == 1 and inner == 4 * width
            self.short = nn.Identity() if same else nn.Sequential(*unit(inner, 4 * width, 1, stride))
            self.relu = nn.ReLU()

        def forward(self, tensor: Any) -> Any:
            return self.relu(self.path(tensor) + self.short(tensor))

    parts: list[Any] = [*unit(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inner = 64
    for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for at in range(count):
            parts.append(Bottleneck(inner, width, stride if at == 0 else 1))
            inner = 4 * width
    parts += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inner, 1000)]
    return nn.Sequential(*parts).eval()


def torchinfo(spec: str, variant: str, _: str) -> None:
    from torchinfo import summary

    module, inputs = module_of(spec, variant, "meta")
    print(summary(module, input_data=inputs, device="meta", verbose=0))


def export(spec: str, variant: str, target: str) -> None:
    import torch

    module, inputs = module_of(spec, variant, "cpu")
    torch.onnx.export(module, inputs, target, dynamo=False, export_params=False)


def onnx(_: str, __: str, target: str) -> None:
    import onnx as library

    print(len(library.shape_inference.infer_shapes(library.load(target)).graph.value_info))


def onnx_tool(_: str, __: str, target: str) -> None:
    import onnx_tool as library

    library.model_profile(target)


TOOLS = {tool.__name__: tool for tool in (torchinfo, export, onnx, onnx_tool)}

if __name__ == "__main__":
    try:
        TOOLS[sys.argv[1]](*sys.argv[2:])
    except Exception as error:
        print(f"{type(error).__name__}: {error}"[:300], file=sys.stderr)
        sys.stderr.flush()
        os._exit(3)
