"""The walk over a recording: every call becomes items, or a problem with its module's path."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from cnncalc.geometry.shape import Shape, Size, total
from cnncalc.importers.items import Item, Problem, Value, item, unknown_item
from cnncalc.importers.torch.calls import Call, CallRange, Recording, Ref, macs_of, refs
from cnncalc.importers.torch.inputs import laid_out
from cnncalc.importers.torch.views import CHANNELS, COPIES, Dim, Pieces, View, whole_axis
from cnncalc.layers.base import OPERATIONS


class NotUnderstood(Exception):
    """Why a call cannot become items."""

    def __init__(self, reason: str, help: str | None = None) -> None:
        super().__init__(reason)
        self.help = help


def no_map(held: object) -> NotUnderstood:
    """Why a call cannot work on something; what is half of a layer says itself what it is (``what``)."""
    what = getattr(held, "what", None)
    return NotUnderstood(f"it reads {what}" if what else "it works on what is no map")


class Const(NamedTuple):
    """A tensor that does not depend on the network's input: parameters, and what is computed from them."""

    shape: tuple[int, ...]
    parameters: frozenset[int] = frozenset()
    buffers: frozenset[int] = frozenset()
    macs: Size = 0
    """Multiply-accumulates of layers that compute it."""


class Opaque(NamedTuple):
    """What comes of a call that was not understood; problems that only follow from it are not reported."""

    shape: tuple[int, ...]


UNKNOWN = "the function is not known"
MOST_AXES = 5
"""Of a tensor: batch, channels and three of positions."""
Held = Any
"""A ``View``, ``Const``, ``Opaque``, or what an attention is made of."""

HANDLERS: dict[str, Callable[..., Any]] = {}
"""What a function of PyTorch becomes, by its name without underscores around it; parameters are called as
PyTorch calls them.
"""


def handles(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a handler under the names of functions."""

    def register(handler: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            HANDLERS[name] = handler
        return handler

    return register


class Walk:
    """The items so far, and what each tensor of the recording is."""

    def __init__(
        self, recording: Recording, other: Recording | None, stated: Mapping[CallRange, str] | None = None
    ) -> None:
        self.recording = recording
        self.other = other
        self.stated = stated or {}
        """What becomes one layer each, and why it is not understood."""
        self.items: list[Item] = []
        self.place: dict[str, int] = {}
        self.shapes: dict[str, Shape] = {}
        self.other_sizes: dict[str, tuple[int, ...]] = {}
        self.held: dict[int, Held] = {}
        self.owners: dict[frozenset[int], str] = {}
        self.added: dict[frozenset[int], str] = {}
        self._read: frozenset[int] | None = None
        self.counted: set[int] = set()
        self.problems: list[Problem] = []
        self.failed: list[int] = []
        self.remarks: Counter[str] = Counter()
        self.call: Call = Call("", (), {}, (), -1, 0, 0)
        self.uses = Counter(ref.number for call in recording.calls for ref in call.inputs)
        self.uses.update(ref.number for ref in recording.outputs)
        self.count = 0
        self.same_padding: dict[str, Value] = {}
        """Items padded by TensorFlow's rule, with the numbers at the first size."""
        self.statistics: set[int] = set()
        self.fixed = 0
        self.dropped: set[str] = set()
        self.replaced: list[Problem] = []
        self.now = -1
        self.cuts: dict[tuple[str, int, int, int, int], str] = {}
        self.parts: dict[frozenset[int], list[int]] = {}
        """The calls that each multiply by one of some learned numbers."""
        self.copied: dict[View, tuple[int, ...]] = {}
        """The positions at the second size of what was spread over them."""
        self.loops: dict[int, tuple[str, int]] = {}
        """Calls that are steps of a loop over a sequence: the layer that the loop is, and which step."""
        self.loop_inputs: dict[tuple[str, int], tuple[str, int]] = {}
        """What each step of such a loop has to read: a sequence, and a position of it."""
        self.last: set[tuple[str, int]] = set()
        """Positions of lines that are the last one by what the code says, whatever the size."""
        for index, tensor in enumerate(recording.tensors):
            if tensor.kind == "parameter":
                self.held[index] = Const(tensor.shape, parameters=frozenset({index}))
            elif tensor.kind == "buffer":
                self.held[index] = Const(tensor.shape, buffers=frozenset({index}))
            elif tensor.kind == "constant":
                self.held[index] = Const(tensor.shape)
        self.inputs: list[tuple[str, Shape]] = []
        for number, ref in enumerate(recording.inputs):
            self._take_input(number, ref)

    def _take_input(self, number: int, ref: Ref) -> None:
        name = "input" if len(self.recording.inputs) == 1 else f"input{number + 1}"
        given, laid = self.recording.shape(ref), laid_out(self.recording, ref)
        channels = 1 if laid.channels is None else given[laid.channels]
        shape = Shape(channels, tuple(given[axis] for axis in laid.positions))
        self.inputs.append((name, shape))
        self.shapes[name] = shape
        if self.other is not None:
            other = self.other.shape(ref)
            self.other_sizes[name] = tuple(other[axis] for axis in laid.positions)
        places = {axis: place for place, axis in enumerate(laid.positions, 1)}
        if laid.channels is not None:
            places[laid.channels] = CHANNELS
        dims = tuple(
            whole_axis(places[axis], size) if axis in places else () for axis, size in enumerate(given)
        )
        self.held[ref.number] = View(name, dims, (0,) * (1 + shape.rank))
        if shape.axes != given[1:]:
            self.remark(f"the input of {_times(given[1:])} is written channels first, as {shape}")

    def as_input(self, constant: Const) -> View:
        """Numbers that do not depend on the input, such as coordinates or a first state, as an input."""
        if constant.parameters:
            raise NotUnderstood("one of its tensors is learned and does not depend on the input")
        if not 1 < len(constant.shape) <= MOST_AXES or constant.shape[0] != 1:
            raise NotUnderstood(f"one of its tensors, {_times(constant.shape)}, does not depend on the input")
        name = f"constant{sum(one.startswith('constant') for one, _ in self.inputs) + 1}"
        shape = Shape(constant.shape[1], constant.shape[2:])
        self.inputs.append((name, shape))
        self.shapes[name] = shape
        self.remark_here(f"numbers that do not depend on the input come in as `{name}`, {shape}")
        return self.plain_view(name)

    # what the passes need of the recording

    def run(self) -> tuple[str, ...]:
        """Walk over all calls; the outputs' items."""
        number = 0
        stated = {piece.first: piece for piece in self.stated if piece.last > piece.first}
        while number < len(self.recording.calls):
            self.now = number
            piece = stated.get(number)
            if piece is None:
                self._step(number)
                number += 1
                continue
            try:
                self._stand_in(piece)
            except NotUnderstood as reason:
                self.fail(number, reason)
            number = piece.last
        self._check_parts()
        outputs = self._outputs()
        self._leave_out()
        self._settle_same()
        return outputs

    def _check_parts(self) -> None:
        """Refuse learned numbers of which each is not one factor."""
        for key, calls in self.parts.items():
            count = sum(prod(self.recording.tensors[index].shape) for index in key)
            if count != len(calls):
                self.fail(calls[0], NotUnderstood(f"its {count} learned numbers make {len(calls)} factors"))

    @property
    def framework(self) -> str:
        """Whose rules the items follow."""
        return "tensorflow" if self.same_padding else "pytorch"

    def _settle_same(self) -> None:
        """TensorFlow's padding in numbers, where the network has something that TensorFlow does not."""
        if not any(one.given("ceil") or one.op == "conv_transpose" for one in self.items):
            return
        for output, padding in self.same_padding.items():
            self.amend(output, padding=padding)
            where = self.items[self.place[output]].label
            self.remark(
                f"{where}: its padding follows the input size and is fixed to that at the recorded size"
            )
        self.same_padding = {}

    def _step(self, number: int) -> None:
        call = self.call = self.recording.calls[number]
        self.other_call = None if self.other is None else self.other.calls[number]
        for ref in call.inputs:
            self._see_whether_constant(ref)
        given = [self.held.get(ref.number) for ref in call.inputs]
        if any(isinstance(one, Opaque) for one in given):
            if call.function.strip("_") not in HANDLERS:
                self.fail(number, NotUnderstood(UNKNOWN))
            for ref in call.outputs:
                self.held[ref.number] = Opaque(self.recording.shape(ref))
            return
        if all(isinstance(one, Const) for one in given):
            self._hold_constants(call, given)
            return
        try:
            self._hold(call, self._translated(call, given))
        except NotUnderstood as reason:
            self.fail(number, reason)

    def _see_whether_constant(self, ref: Ref) -> None:
        """A constant that was changed in place is one still, where it was changed by constants."""
        tensor = self.recording.tensors[ref.number]
        if tensor.kind != "stale" or ref.number in self.held:
            return
        before, _, writer = tensor.name.partition(" ")
        old = self.held.get(int(before))
        read = self.recording.calls[int(writer)].inputs
        if isinstance(old, Const) and all(isinstance(self.held.get(one.number), Const) for one in read):
            self.held[ref.number] = old

    def fail(self, number: int, reason: NotUnderstood) -> None:
        """Note a problem; what comes of the call is opaque."""
        call = self.recording.calls[number]
        self.problems.append(
            Problem(
                node=self.path(call) or "the module itself",
                operator=call.function,
                reason=str(reason),
                help=reason.help,
            )
        )
        self.failed.append(number)
        for ref in call.outputs:
            self.held[ref.number] = Opaque(self.recording.shape(ref))

    def _hold_constants(self, call: Call, given: Iterable[Any]) -> None:
        parameters = frozenset().union(*(one.parameters for one in given))
        buffers = frozenset().union(*(one.buffers for one in given))
        macs = total((call.macs, *(one.macs for one in given)))
        for ref in call.outputs:
            self.held[ref.number] = Const(self.recording.shape(ref), parameters, buffers, macs)

    def _translated(self, call: Call, given: Iterable[Any]) -> Any:
        if any(one is None for one in given):
            kinds = {
                self.recording.tensors[ref.number].kind for ref in call.inputs if ref.number not in self.held
            }
            if "stale" in kinds:
                raise NotUnderstood("it reads a tensor that was changed in place through another view of it")
            raise NotUnderstood("it reads a tensor that no recorded call has made")
        handler = HANDLERS.get(call.function.strip("_"))
        if handler is None:
            raise NotUnderstood(UNKNOWN)
        bound = self._bound(handler, call)
        other = bound if self.other_call is None else self._bound(handler, self.other_call)
        self.other_arguments = other.arguments
        args = tuple(self._resolved(one) for one in bound.args[1:])
        named = {name: self._resolved(one) for name, one in bound.kwargs.items()}
        if any(isinstance(one, Pieces) for one in args):
            from cnncalc.importers.torch.functions.pieces import of_each

            return of_each(self, handler, args, named)
        return handler(self, *args, **named)

    def _bound(self, handler: Callable[..., Any], call: Call) -> inspect.BoundArguments:
        given = {name: value for name, value in call.kwargs.items() if name != "out" or value is not None}
        try:
            return inspect.signature(handler).bind(self, *call.args, **given)
        except TypeError as error:
            raise NotUnderstood(f"its arguments are not those known: {error}") from None

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, Ref):
            return self.held[value.number]
        if isinstance(value, list):
            return [self._resolved(one) for one in value]
        if isinstance(value, tuple):
            return tuple(self._resolved(one) for one in value)
        return value

    def _hold(self, call: Call, made: Any) -> None:
        outputs = call.outputs
        views = list(made) if isinstance(made, list) else [made]
        if len(views) != len(outputs):
            raise NotUnderstood(f"{len(outputs)} tensors come out where {len(views)} were expected")
        for ref, view in zip(outputs, views, strict=True):
            self._check_shape(ref, view)
            self.held[ref.number] = view
            self._learn_other_sizes(ref, view)

    def _check_shape(self, ref: Ref, view: Any) -> None:
        actual = self.recording.shape(ref)
        if isinstance(view, View):
            shape = view.shape
            if view.pads:
                shape = tuple(size + sum(pad) for size, pad in zip(shape, view.pads, strict=True))
        else:
            shape = tuple(view.shape)
        if shape != actual:
            raise NotUnderstood(f"its result of {_times(actual)} was followed as {_times(shape)}")

    def _learn_other_sizes(self, ref: Ref, view: Any) -> None:
        """Sizes at the second input of a tensor that is a map as it is."""
        if self.other is None or not isinstance(view, View) or view.node in self.other_sizes or view.pads:
            return
        shape = self.shapes[view.node]
        actual = self.other.shape(ref)
        if view.dims == self.plain_dims(shape) and len(actual) == len(view.dims):
            self.other_sizes[view.node] = actual[2:]

    def is_read(self, ref: Ref) -> bool:
        """Whether a tensor is read by another call, or an output."""
        if self._read is None:
            every = (one for call in self.recording.calls for one in call.inputs)
            self._read = frozenset(one.number for one in (*every, *self.recording.outputs))
        return ref.number in self._read

    # views of maps

    def plain_dims(self, shape: Shape) -> tuple[Dim, ...]:
        """The dimensions of a map as PyTorch has it: batch, channels, positions."""
        axes = (shape.channels or 1, *(size or 1 for size in shape.sizes))
        return ((), *(whole_axis(axis, size) for axis, size in enumerate(axes)))

    def plain_view(self, node: str) -> View:
        """A map as it is."""
        shape = self.shapes[node]
        return View(node, self.plain_dims(shape), (0,) * (1 + shape.rank))

    def axis_size(self, node: str, axis: int) -> int:
        """The size of an axis of a map; 0 is that of the channels."""
        shape = self.shapes[node]
        return (shape.channels if axis == CHANNELS else shape.sizes[axis - 1]) or 1

    # items

    def emit(
        self,
        op: str,
        inputs: str | Iterable[str],
        shape: Shape,
        weights: Iterable[Any] = (),
        *,
        label: str | None = None,
        note: str | None = None,
        **arguments: Any,
    ) -> str:
        """Write down an item that owns some weights; the name of its output."""
        self.count += 1
        output = f"t{self.count}"
        learned = _learned(weights)
        share = self._share(op, learned)
        if share is None and learned:
            self.owners[learned] = output
            self.counted |= learned
        made = item(
            op,
            inputs,
            output,
            label=self.label(op, learned) if label is None else label,
            shape=shape,
            note=note,
            share=share,
            frozen=bool(learned) and not any(self.recording.tensors[one].trained for one in learned),
            **arguments,
        )
        self.place[output] = len(self.items)
        self.items.append(made)
        self.shapes[output] = shape
        return output

    def amend(self, output: str, **arguments: Value) -> None:
        """Give an item written before more arguments."""
        index = self.place[output]
        old = self.items[index]
        self.items[index] = old._replace(arguments={**old.arguments, **arguments})

    def item_of(self, output: str) -> Item | None:
        """The item that makes a tensor; ``None`` for an input."""
        index = self.place.get(output)
        return None if index is None else self.items[index]

    def own(self, output: str, weights: Iterable[Any]) -> None:
        """Count more weights as those of an item written before."""
        learned = _learned(weights)
        if learned & self.counted:
            raise NotUnderstood("its weights are those of another layer in part")
        self.counted |= learned
        self.added[learned] = output

    def added_to(self, weight: Const) -> str | None:
        """The tensor of the item that owns a weight beside its own; ``None`` where there is none."""
        return self.added.get(weight.parameters)

    def take_over(self, output: str, part: str) -> None:
        """Let an item stand for another one, too, which is left out."""
        self.dropped.add(part)

    def settle_projection(self, output: str, bias: bool) -> None:
        """Let an attention have the linear layer behind it."""
        index = self.place[output]
        old = self.items[index]
        arguments = {name: value for name, value in old.arguments.items() if name != "project"}
        shape = Shape(self.shapes[old.inputs[0]].channels, self.shapes[output].sizes)
        self.items[index] = old._replace(arguments={**arguments, "out_bias": bias}, shape=shape)

    def _leave_out(self) -> None:
        """Drop the items that others stand for."""
        read = {tensor for one in self.items if one.output not in self.dropped for tensor in one.inputs}
        if read & self.dropped:
            reason = "queries, keys or values are used by something else, too"
            self.problems.append(Problem("the module itself", "attention", reason))
            self.failed.append(-1)
        self.items = [one for one in self.items if one.output not in self.dropped]
        self.place = {one.output: place for place, one in enumerate(self.items)}

    def _share(self, op: str, learned: frozenset[int]) -> str | None:
        if not learned or not learned & self.counted:
            return None
        owner = self.owners.get(learned)
        found = None if owner is None else self.item_of(owner)
        if found is None or found.op != op:
            names = sorted(self.recording.tensors[one].name for one in learned & self.counted)
            raise NotUnderstood(
                f"its weights `{names[0]}` are those of another layer in part, or of another kind of layer",
                "layers of one kind share all of their weights (`share`); untie these to count them",
            )
        return found.output

    def numel(self, weights: Iterable[Any]) -> int:
        """How many learned numbers some tensors are computed from."""
        learned = frozenset().union(*(one.parameters for one in weights if one is not None))
        return sum(prod(self.recording.tensors[index].shape) for index in learned)

    def path(self, call: Call) -> str:
        """The path of the module that made a call."""
        return self.recording.modules[call.module].path if call.module >= 0 else ""

    def label(self, op: str, learned: frozenset[int] = frozenset()) -> str:
        """What the source calls an item: the module that owns its weights or does nothing else, or the module
        around it with the operation.
        """
        path = self.path(self.call)
        for index in sorted(learned):
            owner = self.recording.tensors[index].name.rpartition(".")[0]
            if owner == path:
                return path
        module = self.recording.modules[self.call.module] if self.call.module >= 0 else None
        if module is not None and module.path and module.last - module.first == 1:
            return path
        return f"{path}.{op}" if path else op

    def tensor_of(self, sizes: tuple[int, ...], others: tuple[int, ...]) -> str | None:
        """The latest tensor with some sizes at both sizes of the input, which then follow it."""
        if sizes == others:
            return None
        for found in reversed([*(name for name, _ in self.inputs), *self.place]):
            if self.shapes[found].sizes == sizes and self.other_sizes.get(found) == others:
                return found
        return None

    def knows(self, word: str) -> bool:
        """Whether the language has a word."""
        return word in OPERATIONS

    def fields(self, word: str) -> Mapping[str, Any]:
        """The arguments of a word."""
        return OPERATIONS[word].fields

    # the second size

    def other_argument(self, name: str) -> Any:
        """An argument at the second size of the input."""
        return self.other_arguments.get(name)

    def remark(self, text: str) -> None:
        """Something the user should know, with the number of times."""
        self.remarks[text] += 1

    def remark_here(self, text: str) -> None:
        """The same of the module that the current call is in."""
        self.remark(f"{self.path(self.call) or 'the network'}: {text}")

    def keep_sizes(self, made: str, source: str) -> None:
        """That at the second size, too, a tensor has the positions of the one that it is made of."""
        if source in self.other_sizes:
            self.other_sizes[made] = self.other_sizes[source]

    # outputs and stand-ins

    def _outputs(self) -> tuple[str, ...]:
        from cnncalc.importers.torch.batches import lost_batch
        from cnncalc.importers.torch.functions.states import States, joined_states
        from cnncalc.importers.torch.rearrange import given_out

        found: list[str] = []
        self.call = Call("output", (), {}, (), -1, 0, 0)
        for ref in self.recording.outputs:
            view = self.held.get(ref.number)
            try:
                view = joined_states(self, view) if isinstance(view, States) else view
            except NotUnderstood as reason:
                self._fail_output(Problem("the module itself", "output", str(reason), reason.help))
                continue
            if isinstance(view, View):
                problem = lost_batch(self, ref)
                try:
                    found.append(given_out(self, view))
                except NotUnderstood as reason:
                    problem = Problem("the module itself", "output", str(reason))
                if problem is not None:
                    self._fail_output(problem)
            elif isinstance(view, Const):
                self.remark("an output that does not depend on the input is left out")
            elif not isinstance(view, Opaque):
                what = getattr(view, "what", None)
                given = f"it is {what}" if what else "it is no map or vector"
                self._fail_output(Problem("the module itself", "output", given))
        return tuple(dict.fromkeys(found))

    def _fail_output(self, problem: Problem) -> None:
        self.problems.append(problem)
        self.failed.append(-1)

    def _stand_in(self, piece: CallRange) -> None:
        """What is not understood as one ``custom`` for each of its results."""
        from cnncalc.importers.torch.rearrange import materialised

        calls = self.recording.calls[piece.first : piece.last]
        self.call = calls[0]
        made = {ref.number for call in calls for ref in call.outputs}
        made |= {
            number
            for number, one in enumerate(self.recording.tensors)
            if one.kind == "stale" and piece.first <= int(one.name.partition(" ")[2]) < piece.last
        }
        read = dict.fromkeys(ref.number for call in calls for ref in call.inputs if ref.number not in made)
        later = {ref.number for call in self.recording.calls[piece.last :] for ref in call.inputs}
        later |= {ref.number for ref in self.recording.outputs}
        later |= {ref.number for ref in piece.outputs if piece.last - piece.first > 1}
        results = [Ref(one) for one in sorted(made & later)]
        for ref in results:
            self._require_map(ref)
        views = [self.held[one] for one in read if isinstance(self.held.get(one), View)]
        if len(views) < sum(not isinstance(self.held.get(one), Const) for one in read):
            raise NotUnderstood("what comes into it is not understood")
        inputs = [materialised(self, view).node for view in views]
        fresh = _learned(one for number in read if isinstance(one := self.held[number], Const)) - self.counted
        self.counted |= fresh
        params = sum(prod(self.recording.tensors[one].shape) for one in fresh)
        macs = macs_of(calls)
        buffers = self._running_statistics(calls)
        for ref in results:
            counts = (params, macs, buffers)
            self.held[ref.number] = self._custom(piece, inputs, views, ref, counts)
            params = macs = buffers = 0

    def _require_map(self, ref: Ref) -> None:
        """Refuse a result that is no map or vector of one example, which no layer gives."""
        shape = self.recording.shape(ref)
        if not 1 < len(shape) <= MOST_AXES or shape[0] != 1:
            raise NotUnderstood(f"its result of {_times(shape)} is no map of one example")

    def _running_statistics(self, calls: Sequence[Call]) -> int:
        """The running means and variances that norms among some calls read, each counted once."""
        tensors = self.recording.tensors
        read = {ref.number for call in calls if call.function == "batch_norm" for ref in call.inputs}
        fresh = {one for one in read if tensors[one].kind == "buffer"} - self.statistics
        self.statistics |= fresh
        return sum(prod(tensors[one].shape) for one in fresh)

    def _custom(
        self,
        piece: CallRange,
        inputs: list[str],
        views: list[View],
        ref: Ref,
        counts: tuple[int, Size, int],
    ) -> View:
        params, macs, buffers = counts
        actual = self.recording.shape(ref)
        like = next((view for view in views if view.shape == actual and not view.pads), None)
        if like is not None:
            shape, dims = self.shapes[like.node], like.dims
        else:
            shape = Shape(actual[1], actual[2:])
            dims = self.plain_dims(shape)
        self.count += 1
        output = f"t{self.count}"
        made = unknown_item(
            piece.kind,
            dict.fromkeys(inputs),
            output,
            reason=self.stated[piece],
            label=piece.path,
            shape=shape,
            params=params,
            macs=macs,
            buffers=buffers,
        )
        self.place[output] = len(self.items)
        self.items.append(made)
        self.shapes[output] = shape
        return View(output, dims, (0,) * (1 + shape.rank))


def _learned(weights: Iterable[Any]) -> frozenset[int]:
    """The parameters that some tensors are computed from."""
    given = [one for one in weights if one is not None]
    if any(one.macs != 0 for one in given):
        raise NotUnderstood("its weights are computed by layers of their own")
    return frozenset().union(*(one.parameters for one in given))


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "1"


__all__ = [
    "COPIES",
    "HANDLERS",
    "Const",
    "Mapping",
    "NotUnderstood",
    "Opaque",
    "Walk",
    "handles",
    "no_map",
    "refs",
]
