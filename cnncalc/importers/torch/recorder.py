"""Recording one forward pass of a module on meta tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import product
from typing import Any

from cnncalc.importers.torch.calls import Call, ModuleCall, Recording, Ref, Tensor

Module = Any
"""A ``torch.nn.Module``; PyTorch is not imported for its type."""


def record(module: Module, shapes: Sequence[tuple[int, ...]], *, counts: bool = True) -> Recording:
    """One forward pass of a module whose parameters are on the meta device, in evaluation mode; ``shapes``
    are those of the inputs, batch included. Without ``counts`` no multiply-accumulates are counted. Where the
    module looks its inputs up in a table they are whole numbers, the fewest of them that will do.
    """
    kinds = sorted(product((False, True), repeat=len(shapes)), key=sum)[:MOST_KINDS]
    for whole in kinds[:-1]:
        try:
            return _record(module, shapes, whole, counts=counts)
        except (RuntimeError, IndexError) as error:
            if not any(word in str(error) for word in _NEEDS_WHOLE):
                raise
    return _record(module, shapes, kinds[-1], counts=counts)


MOST_KINDS = 16
"""Ways tried of telling numbers of tokens from maps."""
_NEEDS_WHOLE = ("indices", "one_hot", "index tensor", "dtype int64")
"""What PyTorch says where it reads a float as the number of a row."""


def _record(
    module: Module, shapes: Sequence[tuple[int, ...]], whole: Sequence[bool], *, counts: bool
) -> Recording:
    import torch
    from torch.overrides import TorchFunctionMode
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import FlopCounterMode

    class Shown(TorchDispatchMode):  # type: ignore[misc]
        """What compiled functions call is called from Python, as under PyTorch's counter."""

        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return function(*args, **(kwargs or {}))

    recorder = _Recorder(module)
    counter = FlopCounterMode(display=False) if counts else None

    class Mode(TorchFunctionMode):  # type: ignore[misc]
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return recorder.call(function, args, kwargs or {}, counter)

    inputs = [
        torch.empty(shape, device="meta", dtype=torch.long if is_whole else None)
        for shape, is_whole in zip(shapes, whole, strict=True)
    ]
    given = tuple(recorder.add(one, "input") for one in inputs)
    with ExitStack() as stack:
        for path, part in module.named_modules():
            _watch(stack, recorder, path, part)
        if counter is not None:
            _forbid_gradients(stack, module)
        stack.enter_context(torch.no_grad())
        stack.enter_context(torch.device("meta"))
        stack.enter_context(Shown() if counter is None else counter)
        stack.enter_context(Mode())
        result = module(*inputs)
    return Recording(
        tensors=tuple(recorder.tensors),
        calls=tuple(recorder.calls),
        modules=tuple(recorder.modules),
        inputs=given,
        outputs=tuple(recorder.ref(one) for one in tensors_in(result)),
    )


def _forbid_gradients(stack: ExitStack, module: Module) -> None:
    """PyTorch's counter fails where a module is given a parameter that wants a gradient without one."""
    for parameter in module.parameters():
        if parameter.requires_grad:
            parameter.requires_grad_(False)
            stack.callback(parameter.requires_grad_, True)


class _Recorder:
    """The tensors met so far by identity, and the calls and modules in order."""

    def __init__(self, module: Module) -> None:
        self.tensors: list[Tensor] = []
        self.calls: list[Call] = []
        self.modules: list[ModuleCall] = []
        self.open: list[int] = []
        self.known: dict[int, Ref] = {}
        self.alive: list[Any] = []
        self.in_storage: dict[int, list[Any]] = {}
        for name, tensor in module.named_parameters():
            self.add(tensor, "parameter", name, trained=bool(tensor.requires_grad))
        for name, tensor in module.named_buffers():
            self.add(tensor, "buffer", name)

    def add(self, tensor: Any, kind: str, name: str = "", trained: bool = True) -> Ref:
        """A tensor's next number."""
        ref = Ref(len(self.tensors))
        self.tensors.append(Tensor(tuple(map(int, tensor.shape)), kind, name, trained))
        self.known[id(tensor)] = ref
        self.alive.append(tensor)
        if kind == "result":
            self.in_storage.setdefault(_storage(tensor), []).append(tensor)
        return ref

    def ref(self, tensor: Any) -> Ref:
        """The number of a tensor; one that was never met was made outside the recording."""
        found = self.known.get(id(tensor))
        return self.add(tensor, "constant") if found is None else found

    def call(self, function: Callable[..., Any], args: Any, kwargs: Any, counter: Any) -> Any:
        """Run a function and write down what it did, where tensors came out or were changed."""
        before, versions = counted(counter), [(one, one._version) for one in tensors_in((args, kwargs))]
        given, named = self.plain(args), self.plain(kwargs)
        result = function(*args, **kwargs)
        written = [one for one, version in versions if one._version != version]
        for one in written:
            self._make_stale(one)
        outputs = result if any(True for _ in tensors_in(result)) else tuple(written)
        for one in (*written, *tensors_in(outputs)):
            self.add(one, "result")
        if any(True for _ in tensors_in(outputs)):
            after = counted(counter)
            self.calls.append(
                Call(
                    function=_name(function),
                    args=given,
                    kwargs=named,
                    result=self.plain(outputs),
                    module=self.open[-1] if self.open else -1,
                    macs=after[0] - before[0],
                    products=after[1] - before[1],
                )
            )
        return result

    def _make_stale(self, written: Any) -> None:
        """What else lies in the memory that a function has changed is no longer what was recorded of it."""
        for other in self.in_storage.get(_storage(written), ()):
            if other is not written and _overlap(other, written):
                self.add(other, "stale", f"{self.known[id(other)].number} {len(self.calls)}")

    def enter(self, path: str, kind: str, args: Any, kwargs: Any) -> None:
        """The beginning of a pass through a module."""
        self.modules.append(
            ModuleCall(
                path=path,
                kind=kind,
                parent=self.open[-1] if self.open else -1,
                inputs=tuple(self.ref(one) for one in tensors_in((args, kwargs))),
                first=len(self.calls),
            )
        )
        self.open.append(len(self.modules) - 1)

    def leave(self, result: Any) -> None:
        """The end of the innermost pass."""
        index = self.open.pop()
        self.modules[index] = self.modules[index]._replace(
            outputs=tuple(self.ref(one) for one in tensors_in(result)), last=len(self.calls)
        )

    def plain(self, value: Any) -> Any:
        """A value with its tensors as ``Ref`` and what is PyTorch's own as text."""
        import torch

        if isinstance(value, torch.Tensor):
            return self.ref(value)
        if value is None or value is ... or isinstance(value, bool | int | float | str | complex):
            return value
        if isinstance(value, slice):
            return slice(self.plain(value.start), self.plain(value.stop), self.plain(value.step))
        if isinstance(value, dict):
            return {key: self.plain(one) for key, one in value.items()}
        if isinstance(value, tuple):
            return tuple(map(self.plain, value))
        return list(map(self.plain, value)) if isinstance(value, list) else str(value)


def _watch(stack: ExitStack, recorder: _Recorder, path: str, part: Module) -> None:
    """Tell the recorder of every pass through a module, until the stack closes."""

    def enter(module: Module, args: Any, kwargs: Any) -> None:
        recorder.enter(path, type(module).__name__, args, kwargs)

    def leave(module: Module, args: Any, result: Any) -> None:
        recorder.leave(result)

    for handle in (
        part.register_forward_pre_hook(enter, with_kwargs=True),
        part.register_forward_hook(leave),
    ):
        stack.callback(handle.remove)


def counted(counter: Any) -> tuple[int, int]:
    """Multiply-accumulates so far, and those of products of two tensors."""
    if counter is None:
        return 0, 0
    counts = counter.flop_counts["Global"]
    products = sum(count for op, count in counts.items() if str(op).removeprefix("aten.") not in _LAYERS)
    return sum(counts.values()) // 2, products // 2


_LAYERS = ("convolution", "_convolution", "addmm", "mm")
"""What PyTorch counts that is a convolution or linear layer; the rest are products of two tensors."""


def tensors_in(value: Any) -> Iterator[Any]:
    """The tensors in a value, in order."""
    import torch

    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from tensors_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from tensors_in(one)


def _name(function: Any) -> str:
    """What a function is called; a property by its own name, one of compiled code without its overload."""
    function = getattr(function, "overloadpacket", function)
    name = getattr(function, "__name__", str(function))
    owner = getattr(function, "__self__", None) if name == "__get__" else None
    return name if owner is None else str(getattr(owner, "__name__", name))


def _storage(tensor: Any) -> int:
    return int(tensor.untyped_storage()._cdata)


def _overlap(one: Any, other: Any) -> bool:
    """Whether two tensors of one storage may have elements in common."""
    (first, last), (from_, to) = _extent(one), _extent(other)
    return first <= to and from_ <= last


def _extent(tensor: Any) -> tuple[int, int]:
    first = int(tensor.storage_offset())
    steps = zip(tensor.shape, tensor.stride(), strict=True)
    return first, first + sum((int(size) - 1) * int(step) for size, step in steps)


__all__ = ["record"]
