"""PyTorch: one forward pass recorded on meta tensors, in the user's own environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnncalc.importers.items import Network, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.importers.torch.recorder import Module


def read(request: Request) -> Network:
    """The network of ``package.module:callable`` or ``net.py:callable``.

    Raises:
        SourceError, UsageError: where there is no such module, or it cannot be run.
        Refused: with every call that is not understood.
    """
    from cnncalc.importers.torch.network import input_shapes, network_of
    from cnncalc.importers.torch.sources import module_at, require_torch

    version = require_torch()
    module = module_at(request.source)
    return network_of(
        module,
        input_shapes(module, request),
        name=request.source.rpartition(":")[2].rpartition(".")[2],
        source=f"{request.source}, PyTorch {version}",
        partial=request.partial,
    )


def network_from(module: Module, shapes: Sequence[tuple[int, ...]], partial: bool = False) -> Network:
    """The network of a module of the caller's; ``shapes`` without the batch."""
    from cnncalc.importers.torch.network import network_of
    from cnncalc.importers.torch.sources import on_meta, require_torch

    version, kind = require_torch(), type(module).__name__
    return network_of(
        on_meta(module), shapes, name=kind, source=f"{kind}, PyTorch {version}", partial=partial
    )


__all__ = ["network_from", "read"]
