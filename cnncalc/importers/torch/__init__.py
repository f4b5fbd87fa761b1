"""PyTorch: one forward pass recorded on meta tensors, in the user's own environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnncalc.geometry.shape import as_shape
from cnncalc.importers.items import Network, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnncalc.importers.torch.recorder import Module
    from cnncalc.network.model import Model


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


def from_torch(
    module: Module, *, input: str | Sequence[int] | Sequence[Sequence[int]], partial: bool = False
) -> tuple[Model, ...]:
    """The models of a PyTorch module, as ``load`` gives those of the spec that ``import`` would write.

    The module is run once or twice on meta tensors, which have no values; it is not changed.

    Args:
        module: a ``torch.nn.Module``.
        input: the shape of its input without the batch, such as ``(3, 224, 224)`` or ``"3x224x224"``; a list
            of shapes for a module with several inputs.
        partial: whether what is not understood becomes a ``custom`` with stated numbers.

    Raises:
        TypeError: for an input that is no shape, or what is no module.
        SourceError: where PyTorch is missing, or the module cannot be run.
        Refused: of ``cnncalc.importers.items``, with every call that is not understood.
    """
    from cnncalc.importers.translating import model_of, translated

    if not callable(getattr(module, "named_parameters", None)):
        raise TypeError(f"a module is a torch.nn.Module, not {type(module).__name__}")
    found = translated(network_from(module, _shapes(input), partial))
    return (model_of(found.text, found.network.name),)


def _shapes(input: str | Sequence[int] | Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """One shape or several, as tuples of positive numbers."""
    given: list[Any] = list(input) if isinstance(input, list | tuple) else []
    if isinstance(input, str):
        given = list(as_shape(input).axes)
    several = any(isinstance(one, list | tuple) for one in given)
    parts = given if several else [given]
    shapes = [tuple(one) if isinstance(one, list | tuple) else () for one in parts]
    for shape in shapes:
        if not shape or not all(type(size) is int and size > 0 for size in shape):
            raise TypeError(f"an input is a shape such as (3, 224, 224), or a list of shapes, not {input!r}")
    return shapes


__all__ = ["from_torch", "network_from", "read"]
