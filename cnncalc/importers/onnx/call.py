"""One node with what its inputs hold, and which of it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnncalc.importers.onnx.file import Constant, OnnxNode
from cnncalc.importers.onnx.held import Feature, Held, Offsets, Scores, Spread, Unknown
from cnncalc.importers.onnx.layout import times

_LISTS = """axes perm pads kernel_shape strides dilations output_padding output_shape pooled_shape scales
    starts ends shape split"""
_TYPES: dict[str, Any] = {
    **dict.fromkeys(_LISTS.split(), tuple),
    **dict.fromkeys(("axis", "blocksize", "hidden_size", "size", "max", "min", "ratio"), int | float),
}
"""Of attributes that handlers give no default."""


class Call:
    """One node with what its inputs hold. Attributes that no handler asks for are not understood, and neither
    are inputs that depend on the network's.
    """

    def __init__(
        self, node: OnnxNode, inputs: tuple[Held | None, ...], attributes: Mapping[str, Any]
    ) -> None:
        self.node = node
        self._inputs = inputs
        self._attributes = attributes
        self._asked: set[str] = set()
        self._read: set[int] = set()

    @property
    def inputs(self) -> tuple[Held | None, ...]:
        """All of them, which are read with it."""
        self._read.update(range(len(self._inputs)))
        return self._inputs

    def first(self, *kinds: type) -> Any:
        """The first input that holds one of these, which alone is read with it; ``None`` where none does."""
        for place, held in enumerate(self._inputs):
            if isinstance(held, kinds):
                return self.input(place)
        return None

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute of the type of its default, or of the one that it has in all operators."""
        self._asked.add(name)
        found = self._attributes.get(name)
        if found is None:
            return default
        wanted = _TYPES.get(name) or (float | int if isinstance(default, float | int) else type(default))
        if default is None and name not in _TYPES:
            return found
        has_text = type(found) is tuple and any(isinstance(one, str) for one in found)
        if has_text or not isinstance(found, wanted):
            raise Unknown(f"attribute `{name}` is {found}")
        return found

    def ignore(self, *names: str) -> None:
        """Attributes on which no shape and no count depends."""
        self._asked.update(names)

    def ignore_input(self, place: int) -> None:
        """An input on whose values no shape and no count depends."""
        self._read.add(place)

    def must_be(self, name: str, *allowed: Any) -> None:
        """Refuse an attribute with another value than these; the first is the default."""
        found = self.attribute(name, allowed[0])
        if found not in allowed:
            raise Unknown(f"attribute `{name}` is {found}")

    def as_operator(self, operator: str, places: Sequence[int]) -> Call:
        """The node as another operator of some of its inputs; the others are known to change nothing."""
        self._read.update(range(len(self._inputs)))
        node = self.node._replace(operator=operator, inputs=tuple(self.node.inputs[one] for one in places))
        found = Call(node, tuple(self._inputs[one] for one in places), self._attributes)
        found._asked = self._asked
        return found

    def unread(self) -> list[str]:
        """The attributes and the inputs that no handler asked for."""
        attributes = [f"attribute `{name}`" for name in sorted(set(self._attributes) - self._asked)]
        return attributes + [
            f"input {place} (`{name}`)"
            for place, name in enumerate(self.node.inputs)
            if place not in self._read
            and isinstance(self._inputs[place], Feature | Scores | Offsets | Spread)
        ]

    def input(self, place: int) -> Held | None:
        self._read.add(place)
        return self._inputs[place] if place < len(self._inputs) else None

    def feature(self, place: int = 0) -> Feature:
        found = self.input(place)
        if isinstance(found, Spread):
            raise Unknown(
                f"its input {place} is of {times(found.feature.sizes)} repeated to {times(found.sizes)}"
            )
        if not isinstance(found, Feature):
            raise Unknown(f"input {place} is {'missing' if found is None else 'a constant'}")
        return found

    def constant(self, place: int, what: str) -> Constant:
        found = self.input(place)
        if not isinstance(found, Constant):
            raise Unknown(f"{what} is {'missing' if found is None else 'computed from the input'}")
        if found.picks is not None and found.values is None:
            raise Unknown(f"{what} is looked up in a weight")
        return found

    def values(self, place: int, what: str) -> tuple[Any, ...] | None:
        """The values of an optional constant input; ``None`` where it is absent."""
        if self.input(place) is None:
            return None
        found = self.constant(place, what)
        if found.values is None:
            raise Unknown(f"{what} has no values in the file")
        if any(isinstance(one, str) for one in found.values[:1]):
            raise Unknown(f"{what} is text")
        return found.values
