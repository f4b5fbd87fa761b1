"""Layers that were evaluated at other input sizes: what comes of the same inputs is not worked out again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from cnncalc.analysis.memory import Peaks
from cnncalc.analysis.report import LayerReport
from cnncalc.analysis.sums import Sums
from cnncalc.analysis.tensors import Tensor

MOST_KNOWN = 50_000
"""Layers at distinct inputs, and distinct tensors, that are remembered; beyond that all are forgotten."""


class Evaluated(NamedTuple):
    """What a node made of its inputs."""

    inputs: tuple[Tensor, ...]
    """Kept so that no other tensors take their identities."""
    tensor: Tensor
    records: tuple[LayerReport, ...]
    units: int
    """Units of receptive fields that were looked at one by one."""


class Rest(NamedTuple):
    """What all nodes after one made, where everything goes through that one."""

    tensor: Tensor
    """Of that node; kept for its identity."""
    tensors: tuple[Tensor, ...]
    """Of the nodes up to the one that ``following`` comes after, as the records."""
    records: tuple[LayerReport, ...]
    units: int
    """Of all nodes, as the peaks and the sums."""
    peaks: Peaks
    sums: Sums
    following: Rest | None

    def parts(self) -> Iterator[Rest]:
        """This and all that follow."""
        part: Rest | None = self
        while part is not None:
            yield part
            part = part.following


class Recall:
    """What the nodes of one network made of tensors; a tensor is recognised by its identity, so that equal
    outputs of a node are made one.

    Args:
        cuts: the nodes through which everything goes, in their order.
    """

    remembers: ClassVar[bool] = True

    def __init__(self, cuts: tuple[int, ...] = ()) -> None:
        self.cuts = cuts
        self._known: dict[tuple[int, tuple[int, ...]], Evaluated] = {}
        self._tensors: dict[object, Tensor] = {}
        self._rests: dict[tuple[int, int], Rest] = {}

    def of(self, node: int, inputs: tuple[Tensor, ...]) -> Evaluated | None:
        """What is known of a node at these inputs."""
        return self._known.get((node, tuple(map(id, inputs))))

    @property
    def is_full(self) -> bool:
        """Whether it is time to begin anew."""
        return len(self._known) + len(self._tensors) > MOST_KNOWN

    def keep(self, node: int, found: Evaluated) -> None:
        """Remember what a node made."""
        self._known[node, tuple(map(id, found.inputs))] = found

    def rest(self, node: int, tensor: Tensor) -> Rest | None:
        """What is known of everything after a node that made this."""
        return self._rests.get((node, id(tensor)))

    def keep_rest(self, node: int, found: Rest) -> None:
        """Remember everything after a node."""
        self._rests[node, id(found.tensor)] = found

    def unique(self, node: int, tensor: Tensor) -> Tensor:
        """The one of all equal tensors of a node."""
        fields = tuple(map(id, tensor.fields))
        key = (node, tensor.path, tensor.shape, fields, tensor.along, tensor.paces, tensor.why, tensor.ends)
        return self._tensors.setdefault(key, tensor)


class NoRecall(Recall):
    """Of a network at one input, where nothing comes again."""

    remembers = False

    def unique(self, node: int, tensor: Tensor) -> Tensor:
        return tensor
