"""What was recorded of a forward pass, without PyTorch: calls, their arguments, tensors and modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cnncalc.geometry.shape import Size, total


class Ref(NamedTuple):
    """A tensor by its number in the recording; what a function changes in place gets a new number."""

    number: int


class Tensor(NamedTuple):
    """A tensor's shape and where it comes from."""

    shape: tuple[int, ...]
    kind: str
    """``input``, ``parameter``, ``buffer``, ``constant`` (made outside the recording), ``result``, or
    ``stale``: changed through another view of it.
    """
    name: str = ""
    """The path of a parameter or buffer in the module; of what is stale its number before and that of the
    call that changed it.
    """
    trained: bool = True
    """Whether a parameter is one that training changes."""


class Call(NamedTuple):
    """One function of PyTorch with its arguments; tensors stand in them as ``Ref``."""

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any
    """What came out, tensors as ``Ref``."""
    module: int
    """The module call it was made in, as an index into ``Recording.modules``."""
    macs: Size
    """Multiply-accumulates as PyTorch's own counter has them; ``None`` where they are not known."""
    products: Size
    """Those of them that are products of two tensors."""

    @property
    def inputs(self) -> tuple[Ref, ...]:
        """The tensors among the arguments."""
        return tuple(refs((self.args, self.kwargs)))

    @property
    def outputs(self) -> tuple[Ref, ...]:
        """The tensors that came out."""
        return tuple(refs(self.result))


class ModuleCall(NamedTuple):
    """One pass through a module: its path and class, the call around it, its tensors and the calls made
    inside.
    """

    path: str
    kind: str
    parent: int
    inputs: tuple[Ref, ...] = ()
    outputs: tuple[Ref, ...] = ()
    first: int = 0
    last: int = 0
    """The calls made inside are those numbered ``first`` to ``last - 1``."""


class CallRange(NamedTuple):
    """Calls in a row that become one layer: those of a module, or one alone."""

    first: int
    last: int
    """The calls are those numbered ``first`` to ``last - 1``."""
    path: str
    kind: str
    """The module's class, or the function."""
    outputs: tuple[Ref, ...]

    def holds(self, other: CallRange) -> bool:
        """Whether the calls of another one are among its own."""
        return self.first <= other.first and other.last <= self.last


class Recording(NamedTuple):
    """One forward pass."""

    tensors: tuple[Tensor, ...]
    calls: tuple[Call, ...]
    modules: tuple[ModuleCall, ...]
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]

    def shape(self, ref: Ref) -> tuple[int, ...]:
        """The shape of a tensor, batch included."""
        return self.tensors[ref.number].shape

    def range_of_module(self, index: int) -> CallRange:
        """The calls made inside a module."""
        one = self.modules[index]
        return CallRange(one.first, one.last, one.path, one.kind, one.outputs)

    def range_of_call(self, number: int) -> CallRange:
        """One call alone."""
        call = self.calls[number]
        path = self.modules[call.module].path if call.module >= 0 else ""
        name = call.function.strip("_")
        return CallRange(number, number + 1, f"{path}.{name}".lstrip("."), call.function, call.outputs)

    def stack(self, module: int) -> tuple[ModuleCall, ...]:
        """The module calls around and including one, outermost first."""
        found: list[ModuleCall] = []
        while module >= 0:
            found.append(self.modules[module])
            module = self.modules[module].parent
        return tuple(reversed(found))


def macs_of(calls: Iterable[Call]) -> Size:
    """The multiply-accumulates of some calls; ``None`` where those of one are not known."""
    return total(call.macs for call in calls)


def refs(value: Any) -> Iterator[Ref]:
    """The tensors in a value, in order."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from refs(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from refs(one)
    elif isinstance(value, slice):
        yield from refs((value.start, value.stop, value.step))


__all__ = ["Call", "CallRange", "ModuleCall", "Recording", "Ref", "Tensor", "macs_of", "refs"]
