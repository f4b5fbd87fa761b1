"""The base of all shorthands: declared arguments that expand into layers, without arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol

from cnncalc.layers.catalogue import Catalogue
from cnncalc.layers.fields import NO_PADDING, Declared, PerAxis
from cnncalc.network.structure import Body, Part

SHORTHANDS: Catalogue[Shorthand] = Catalogue(
    "cnncalc.blocks",
    {
        "series": ("seq", "head"),
        "join": ("concat", "add", "sub", "mul", "div", "max"),
        "residual": ("residual",),
        "dense": ("dense_block",),
        "inception": ("inception",),
        "separable": ("separable",),
        "deformable": ("deform_conv",),
        "pyramid": ("spp", "ppm"),
    },
)
"""Every shorthand by the name it has in a spec, family by family in the order of the listing."""


class Widths(NamedTuple):
    """One entry of an inception-like mapping: a kernel with its output channels, after an optional
    reduction.
    """

    key: str
    kernel: PerAxis | None
    """``None`` for the pool branch."""
    out: int | None
    """``None`` for a pool branch without a projection."""
    reduce: int | None = None


NOTHING_IMPLIED: Mapping[str, Any] = MappingProxyType({})


UNIT_STEPS: Mapping[str, Any] = MappingProxyType({"stride": PerAxis((1,)), "dilation": PerAxis((1,))})
"""For a convolution inside a shorthand that keeps the map's size, whatever the file's defaults for others.
"""
POINTWISE: Mapping[str, Any] = MappingProxyType(
    {**UNIT_STEPS, "kernel": PerAxis((1,)), "padding": NO_PADDING}
)


class MakeLayer(Protocol):
    """Builds a layer as if written in the spec at the place of the shorthand: with the file's defaults, norm
    and act.

    ``implied`` applies where neither ``values`` nor the file's defaults have a value.
    """

    def __call__(
        self, op: str, label: str | None = None, implied: Mapping[str, Any] = NOTHING_IMPLIED, **values: Any
    ) -> tuple[Part, ...]: ...


def implied_by(norm: Part | None) -> Mapping[str, Any]:
    """The defaults that a normalization after a convolution or linear layer implies: ``bn`` subtracts any
    bias.
    """
    return {"bias": False} if norm is not None and norm.label == "bn" else NOTHING_IMPLIED


class Shorthand(Declared):
    """A structure by name. ``expand`` says what it stands for."""

    kernel_keys: ClassVar[bool] = False
    """Whether kernels such as ``3x3`` are keys of its mapping; ``widths`` then holds what they say."""
    widths: tuple[Widths, ...]
    given: dict[str, Any]
    """The arguments that the spec gives, without those left to defaults."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "op" in vars(cls):
            SHORTHANDS.add(cls)

    def __init__(self, widths: tuple[Widths, ...] = (), **values: Any) -> None:
        self.__dict__["widths"] = widths
        self.__dict__["given"] = dict(values)
        super().__init__(**values)

    def expand(self, make: MakeLayer) -> tuple[Part, ...]:
        """The parts it stands for; the first carries the name of the item."""
        return (Part(self.op, self.body(make)),)

    def given_of(self, *names: str) -> dict[str, Any]:
        """Those of these arguments that the spec gives, ``none`` included, for a layer inside that has
        defaults of its own.
        """
        return {name: self.given[name] for name in names if name in self.given}

    def body(self, make: MakeLayer) -> Body:
        """The one body of a shorthand that is a single structure."""
        raise NotImplementedError


__all__ = [
    "NOTHING_IMPLIED",
    "POINTWISE",
    "SHORTHANDS",
    "UNIT_STEPS",
    "MakeLayer",
    "Shorthand",
    "Widths",
    "implied_by",
]
