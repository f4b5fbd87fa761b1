"""PyTorch with whole-number weights in float64, so that sums are exact whatever their order; weights depend on the place of a layer only."""

from __future__ import annotations

from typing import Any

from tests.oracle.build import Builder, Network, Refusal, networks, per_axis
from tests.oracle.modules import MAKERS, F, Function, Modules, Tensor, flat, nn, torch

Args = dict[str, Any]


class WholeNumbers(Modules):
    """Modules whose weights are small whole numbers, the same for every input; TensorFlow's ``same`` is emulated."""

    def fill(self, value: Tensor, generator: Any) -> Tensor:
        """The numbers of one weight."""
        return torch.randint(-3, 4, value.shape, generator=generator).double()

    def _apply(self, op: str, args: Args, tensors: list[Tensor], tie: int | None) -> Tensor:
        before = None
        if args.get("padding") == "same" and self.framework == "tensorflow":
            args = {**args, "padding": 0}
            before = _same(op, args, tensors[0])
            tensors = [before(tensors[0]), *tensors[1:]]
        module = MAKERS[op](args, tensors).eval().double()
        generator = torch.Generator().manual_seed(len(self.modules))
        for _, value in sorted(module.named_parameters()):
            with torch.no_grad():
                value.copy_(self.fill(value, generator))
        for part in module.modules():
            if isinstance(part, nn.modules.batchnorm._BatchNorm):
                part.eps = 0.0
        y = module(*tensors)
        if 0 in y.shape:
            raise ValueError("nothing left")
        self.modules.append(module)
        self.records.append(None)  # type: ignore[arg-type]
        return y


def _same(op: str, args: Args, x: Tensor) -> Any:
    """Padding to ceil(n / stride) outputs, the odd one at the end."""
    rank = x.dim() - 2
    kernel = per_axis(args["kernel"], rank)
    stride = per_axis(args.get("stride", args["kernel"] if "pool" in op else 1), rank)
    dilation = per_axis(args.get("dilation", 1), rank)
    pairs = []
    for size, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True):
        total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
        pairs.append([total // 2, total - total // 2])
    empty = -1e9 if op == "maxpool" else 0
    return Function(lambda x: F.pad(x, flat(pairs), value=empty))


def network_of(text: str) -> Network:
    (network,) = networks(text)
    return network


def image_of(network: Network, sizes: tuple[int, ...]) -> Tensor:
    """An image of whole numbers."""
    (shape,) = network.inputs.values()
    generator = torch.Generator().manual_seed(7)
    return torch.randint(-4, 5, (1, shape[0], *sizes), generator=generator).double()


def run(network: Network, x: Tensor) -> Tensor:
    """The main output."""
    (name,) = network.inputs
    backend = WholeNumbers(network.framework)
    with torch.no_grad():
        return Builder(network, backend).run({name: x}).tensor


__all__ = ["Refusal", "image_of", "network_of", "run"]
