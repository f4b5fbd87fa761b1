"""The structure of a network as written: steps in lists, joins with branches, references by name."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.errors import Origin
from cnncalc.layers.base import Adapter, Layer
from cnncalc.network.expectation import Expectation


class Ref(NamedTuple):
    """A reference to an earlier tensor by name. ``depth`` counts the calls of blocks around the list the name
    belongs to.
    """

    name: str
    depth: int
    origin: Origin = Origin()


class Current(NamedTuple):
    """The tensor that flows into a structure: ``prev`` in a listed join, the entry of a branch."""


class Entry(NamedTuple):
    """The tensor at the beginning of the list that contains a layer."""


class LayerBody(NamedTuple):
    """One layer, which also reads the tensors of ``references`` after its main input."""

    layer: Layer
    references: tuple[Ref | Entry | Current, ...] = ()
    reads_current: bool = True
    """Whether the previous tensor is its main input; otherwise the first of the references is."""


class AdapterBody(NamedTuple):
    """Layers decided by shapes: from the input of the structure to the output of the branch before."""

    adapter: Adapter


class SeriesBody(NamedTuple):
    """Steps in sequence, in a list of their own. ``is_block`` hides the names around the list."""

    steps: Steps
    is_block: bool = False


class HeadBody(NamedTuple):
    """An extra output computed from the current tensor; the main path continues as if it were not there."""

    steps: Steps


class Branch(NamedTuple):
    """One input of a join: steps from the join's entry on. ``name`` is its part of the path, empty for
    directly below.
    """

    name: str
    body: SeriesBody | AdapterBody


class JoinBody(NamedTuple):
    """Branches joined to one tensor by ``layer``; ``op`` is the name of the record. ``lead`` runs before the
    branches.
    """

    op: str
    layer: Layer
    branches: tuple[Branch | Ref | Current, ...]
    lead: Steps = ()


Body = LayerBody | SeriesBody | HeadBody | JoinBody


class Part(NamedTuple):
    """A body with the label that its automatic name is made from."""

    label: str
    body: Body


class Step(NamedTuple):
    """One item of a list: its parts in sequence (a convolution and its norm and activation), once per
    copy.
    """

    copies: tuple[tuple[Part, ...], ...]
    name: str | None = None
    is_repeated: bool = False
    source: Ref | None = None
    """The tensor it reads instead of the one before it."""
    share: Ref | None = None
    """The earlier item whose weights it uses."""
    expectations: tuple[Expectation, ...] = ()
    """Its ``expect``, which is not read here."""
    origin: Origin = Origin()
    labels: tuple[str, ...] = ()
    """The labels of the parts, also where there is no copy."""
    is_head: bool = False
    """Whether the main path continues as if it were not there."""
    is_frozen: bool = False
    """Whether its parameters are not trained."""
    is_open: bool = False
    """Whether the number of its copies is not known, one being there for all."""


class LayerStep(NamedTuple):
    """An item that is one layer behind the one before it, with nothing beside it, as most are."""

    label: str
    layer: Layer
    origin: Origin


Steps = tuple[LayerStep | Step, ...]
"""A list."""


def step_of(parts: tuple[Part, ...]) -> Step:
    """A step that occurs once and has no name, as shorthands make them."""
    return Step((parts,), labels=tuple(part.label for part in parts))
