"""What a name of the graph holds while nodes are translated, and what is not understood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cnncalc.geometry.shape import Shape
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.layout import Atom, Layout, known, sizes_of


class Unknown(Exception):
    """What is not understood of a node: the reason, and what would help."""

    def __init__(self, reason: str, help: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.help = help


class Feature(NamedTuple):
    """A tensor computed from the network's inputs: the map of an item, and how its axes lie in the tensor."""

    tensor: str
    layout: Layout

    @property
    def sizes(self) -> tuple[int, ...]:
        return sizes_of(self.layout)


class Lost(NamedTuple):
    """A tensor that depends on something not understood."""


KEYS = 8
"""Added to the axes of a map where they are those of keys."""
ATTENTION_HELP = (
    "attention in another form may be read from PyTorch: `cnncalc import package.module:callable`"
)


class Scores(NamedTuple):
    """How much each query of attention weighs each key: half of an item."""

    query: str
    key: str
    layout: Layout
    """Batch, positions of queries, those of keys, and heads, which are the channels here."""
    heads: int
    head: int
    """Channels of a head."""
    blocks: tuple[int, ...] | None
    """The sizes of blocks of positions that attend within themselves."""
    moved: tuple[int, ...]
    """By how much each axis is moved round."""
    has_table: bool = False
    along: tuple[int, ...] = ()
    """Axes along which there is a learned vector for each offset."""
    is_masked: bool = False
    weighed: bool = False
    """Whether the softmax is done."""
    reads: int = 1
    """Products that read the queries."""

    def sizes(self, shapes: Mapping[str, Shape]) -> tuple[int, ...]:
        """Along each axis the positions of queries that attend to one another."""
        return self.blocks or known(shapes[self.query])[1:]

    def key_sizes(self, shapes: Mapping[str, Shape]) -> tuple[int, ...]:
        return self.blocks or known(shapes[self.key])[1:]


class Term(NamedTuple):
    """The products of queries with learned vectors, brought into some order."""

    table: str
    """The weight that has the vectors."""
    rows: int
    width: int
    steps: tuple[tuple[Atom, int], ...]
    """How far apart in the product queries are along each part of an axis."""
    codes: tuple[int, ...]
    """Which element of the product each element is, its vectors the fastest; -1 for what is none."""

    def step_of(self, atom: Atom) -> int:
        """How far apart in the product queries are along a part of an axis that scores have."""
        for one, step in self.steps:
            if (
                (one.axis, one.moved) == (atom.axis, atom.moved)
                and one.stride <= atom.stride
                and atom.stride * atom.size <= one.stride * one.size
            ):
                return step * (atom.stride // one.stride)
        raise Unknown("what learned vectors give is of other queries", ATTENTION_HELP)


class Offsets(NamedTuple):
    """What is to be added to scores: what learned vectors give for each query."""

    query: str
    dims: tuple[int, ...]
    terms: tuple[Term, ...]


class Spread(NamedTuple):
    """A feature some axes of which, of size 1, are repeated: only what is joined elementwise reads it."""

    feature: Feature
    sizes: tuple[int, ...]


Held = Feature | Constant | Lost | Scores | Offsets | Spread


def tensors_of(held: Held | None) -> tuple[str, ...]:
    """The tensors that what a name holds is computed from."""
    if isinstance(held, Scores):
        return (held.query, held.key)
    if isinstance(held, Offsets):
        return (held.query,)
    found = held.feature if isinstance(held, Spread) else held
    return (found.tensor,) if isinstance(found, Feature) else ()


class Names(dict[str, Held]):
    """What each name of the graph holds, and the names of each tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.of: dict[str, list[str]] = {}

    def __setitem__(self, name: str, held: Held) -> None:
        super().__setitem__(name, held)
        if type(held) is Feature:
            self.of.setdefault(held.tensor, []).append(name)
