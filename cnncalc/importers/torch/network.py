"""A module as a network: recorded at two sizes, walked, and held to what PyTorch says of it."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import prod
from types import MappingProxyType
from typing import NamedTuple

import cnncalc.importers.torch.functions  # noqa: F401  (registers what each function becomes)
from cnncalc.errors import Diagnostic, SourceError, UsageError
from cnncalc.geometry.shape import Shape, channels_first
from cnncalc.importers.items import Network, Problem, Refused, Request, Stated
from cnncalc.importers.torch.calls import Call, CallRange, Recording, macs_of
from cnncalc.importers.torch.recorder import Module, record
from cnncalc.importers.torch.walk import UNKNOWN, NotUnderstood, Walk
from cnncalc.support.words import listed, shown

Sizes = tuple[int, ...]

MORE = ((35, 21), (64, 32), (None, None), (1, 2), (-1, -2))
"""By how much the second size is larger: odd numbers first, which tell most of the rules; then
a multiple of 32, as many networks need; then twice the size; then by so little that a linear layer does not
see it behind windows that round down, or up.
"""
LONGER = 13
"""By how much a sequence is longer whose features are behind."""
MOST_ALONE = 2
"""Calls of a module inside the network that become layers by themselves; with more the module is one."""
CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
"""Classes that say nothing of what a module is."""


class Recorded(NamedTuple):
    """A module's recordings."""

    first: Recording
    other: Recording | None
    shapes: tuple[Sizes, ...]
    other_shapes: tuple[Sizes, ...]
    remark: str | None
    """Why there is no second one, or none at odd sizes; ``None`` where there is nothing to say."""


def input_shapes(module: Module, request: Request) -> list[Sizes]:
    """The shapes of a module's inputs as asked for; of a timm model the one that it states.

    Raises:
        UsageError: where a shape is missing.
    """
    names = _inputs(module)
    stated = getattr(module, "pretrained_cfg", None) or {}
    found: list[Sizes] = []
    for place, name in enumerate(names):
        shape = request.shape_of(name, place == 0)
        if shape is None and place == 0 and "input_size" in stated:
            found.append(tuple(stated["input_size"]))
        elif shape is None:
            what = "--input 3x224x224" if len(names) == 1 else f"--input {name}=3x224x224"
            raise UsageError(
                Diagnostic(
                    "E113", "error", f"a module does not say how large its input `{name}` is", f"pass {what}"
                )
            )
        elif None in shape.axes:
            raise UsageError(
                Diagnostic(
                    "E113", "error", f"a module is run at a size, not at {shape}", "pass --input 3x224x224"
                )
            )
        else:
            found.append(tuple(size or 0 for size in shape.axes))
    return found


def _inputs(module: Module) -> list[str]:
    """The parameters of ``forward`` without a default."""
    parameters = inspect.signature(module.forward).parameters.values()
    plain = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    needed = [one.name for one in plain if one.default is one.empty]
    return needed or [one.name for one in plain[:1]] or ["input"]


def network_of(
    module: Module, shapes: Sequence[Sizes], *, name: str, source: str, partial: bool = False
) -> Network:
    """The network of a module on the meta device; ``shapes`` without the batch.

    Raises:
        SourceError: where it cannot be run.
        Refused: with every call that is not understood.
    """
    recorded = recordings(module, shapes)
    return network_from_recordings(recorded, name=name, source=source, partial=partial)


def recordings(module: Module, shapes: Sequence[Sizes]) -> Recorded:
    """A module at the sizes asked for and at others, so that what depends on them shows.

    Raises:
        SourceError: where it cannot be run.
    """
    _refuse_compiled(module)
    try:
        first = record(module, [(1, *shape) for shape in shapes])
    except (Exception, SystemExit) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        at = ", ".join("x".join(map(str, shape)) for shape in shapes)
        message = f"running the module at {at} fails: {shown(said)}"
        meant = [channels_first(Shape(channels, tuple(sizes))) for channels, *sizes in shapes]
        first_ones = ", ".join(str(one) for one in meant if one is not None)
        help = (
            f"channels come first: {first_ones}"
            if first_ones
            else (
                "check the size of the input; the module is run on meta tensors, which have no values: "
                "code that branches on values cannot be recorded"
            )
        )
        raise SourceError(Diagnostic("E110", "error", message, help)) from error
    remark: str | None = None
    for larger in _larger(shapes):
        try:
            other = record(module, [(1, *shape) for shape in larger], counts=False)
        except Exception as error:
            remark = (
                remark or f"it does not run at {_times(larger[0])}: {shown(' '.join(str(error).split()))}"
            )
            continue
        if all(len(one) == 2 and one[-1] == larger[place][-1] for place, one in enumerate(shapes)):
            remark = None  # other features than the layers have would be no network
        if _same_calls(first, other):
            return Recorded(first, other, tuple(shapes), larger, remark)
        remark = remark or f"its code takes another path at {_times(larger[0])}; numbers there may differ"
    if all(len(shape) == 1 for shape in shapes):
        remark = None  # the features of a vector are no size
    return Recorded(first, None, tuple(shapes), (), remark)


_UNCOMPILED = (
    "set PYTORCH_JIT=0 in the environment where the code compiles it, or import what it was made from"
)


def _refuse_compiled(module: Module) -> None:
    """Refuse modules of TorchScript, which tell nobody what they call."""
    import torch

    for path, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            what = f"`{shown(path)}`" if path else "the module"
            message = f"{what} is compiled by TorchScript, so that its calls cannot be recorded"
            raise SourceError(Diagnostic("E110", "error", message, _UNCOMPILED))


def _larger(shapes: Sequence[Sizes]) -> Iterator[tuple[Sizes, ...]]:
    """Sizes to run a module at once more, vectors beside maps as they are; of a sequence whose features are
    behind other lengths last.
    """
    is_vector = [len(shape) == 1 and max(map(len, shapes)) > 1 for shape in shapes]
    for more in MORE:
        yield tuple(
            shape if stays else larger_size(shape, more)
            for shape, stays in zip(shapes, is_vector, strict=True)
        )
    if any(len(shape) == 2 for shape in shapes):
        yield tuple((one[0] + LONGER, one[1]) if len(one) == 2 else one for one in shapes)


def larger_size(shape: Sizes, more: tuple[int | None, int | None]) -> Sizes:
    """Another size of an input; frames of a video stay."""
    sizes = list(shape)
    for axis, step in zip((-2, -1) if len(shape) > 2 else (-1,), more, strict=False):
        sizes[axis] = max(1, sizes[axis] + (sizes[axis] if step is None else step))
    return tuple(sizes)


def _same_calls(first: Recording, other: Recording) -> bool:
    return [(call.function, call.module) for call in first.calls] == [
        (call.function, call.module) for call in other.calls
    ] and len(first.tensors) == len(other.tensors)


def network_from_recordings(recorded: Recorded, *, name: str, source: str, partial: bool) -> Network:
    """What the walk over the recordings gives.

    Raises:
        SourceError: where nothing comes out that depends on the input.
        Refused: with every call that is not understood.
    """
    first = recorded.first
    walk, outputs = _walked(recorded, partial)
    problems = list(walk.problems)
    if problems and not partial:
        raise Refused(problems)
    if not outputs:
        raise SourceError(Diagnostic("E110", "error", _NO_OUTPUT, _GIVEN_OUT))
    at = " and ".join(_times(one[0]) for one in (recorded.shapes, recorded.other_shapes) if one)
    calls = first.calls if walk.replaced else _needed(first)
    used = {ref.number for call in calls for ref in call.inputs}
    params = [index for index, one in enumerate(first.tensors) if one.kind == "parameter"]
    unused = [index for index in params if index not in used]
    return Network(
        name=name,
        inputs=tuple(walk.inputs),
        items=tuple(walk.items),
        outputs=outputs,
        framework=walk.framework,
        source=f"{source}, recorded at {at}",
        classes=MappingProxyType(
            {one.path: one.kind for one in first.modules if one.path and one.kind not in CONTAINERS}
        ),
        stated=Stated(
            params=sum(prod(first.tensors[index].shape) for index in params if index in used),
            buffers=sum(prod(first.tensors[index].shape) for index in walk.statistics) + walk.fixed,
            macs=macs_of(calls),
        ),
        nodes=len(first.calls),
        remarks=(*_remarks(recorded, walk), *_unused(first, unused), *_idle(first, calls)),
        unknown=tuple(walk.replaced),
    )


_NO_OUTPUT = "the module gives out no tensor that depends on its input"
_GIVEN_OUT = "`forward` returns the network's tensors, one alone or several in a tuple, a list or a dict"


def _walked(recorded: Recorded, partial: bool) -> tuple[Walk, tuple[str, ...]]:
    """The walk; with ``partial`` again, with what is not understood in pieces that become one layer each,
    until everything is.
    """
    causes: dict[int, Problem] = {}
    pieces: frozenset[CallRange] = frozenset()
    while True:
        walk = Walk(recorded.first, recorded.other, {one: _why(one, causes) for one in pieces})
        outputs = walk.run()
        if not partial or not walk.problems:
            walk.replaced = [problem for _, problem in sorted(causes.items())]
            return walk, outputs
        before = pieces
        for number, problem in zip(walk.failed, walk.problems, strict=True):
            found = _around(recorded.first, number, before)
            if found is None:
                continue
            if not any(number in range(one.first, one.last) for one in before) and (
                problem.reason == UNKNOWN or not any(found.first <= one < found.last for one in causes)
            ):
                causes[number] = problem
            if not any(one.holds(found) for one in pieces):
                pieces = frozenset(one for one in pieces if not found.holds(one)) | {found}
        if pieces == before:  # not even the whole module can be one layer
            raise Refused(
                [one._replace(help=one.help or _IRREPLACEABLE) for one in (*causes.values(), *walk.problems)]
            )


_IRREPLACEABLE = "nor can the whole module be stated as one layer, which reads and gives maps of one example"


def _why(piece: CallRange, causes: Mapping[int, Problem]) -> str:
    """What in a piece is not understood."""
    inside = [one for number, one in causes.items() if piece.first <= number < piece.last]
    if piece.last - piece.first == 1 and inside:
        return inside[0].reason
    names = list(dict.fromkeys(one.operator for one in inside))
    verb = "is" if len(names) == 1 else "are"
    return f"{listed(names)} in it {verb} not understood" if names else "not understood"


def _around(recording: Recording, number: int, pieces: Collection[CallRange]) -> CallRange | None:
    """The smallest piece around a call that is not one already, or that is larger than the one there is;
    ``None`` where there is none.
    """
    chain = _pieces_of(recording, number)
    if number >= 0 and len(chain) > 2:
        alone = [one for one in pieces if one.last - one.first == 1]
        module = recording.calls[number].module
        if sum(recording.calls[one.first].module == module for one in alone) >= MOST_ALONE:
            chain = chain[1:]
    places = [place for place, one in enumerate(chain) if one in pieces]
    wanted = places[-1] + 1 if places else 0
    return chain[wanted] if wanted < len(chain) else None


def _pieces_of(recording: Recording, number: int) -> list[CallRange]:
    """The pieces that a call may be replaced in, the smallest first: the modules around it, and itself before
    a module that is more than layers, of which only this one call is to be lost.
    """
    module = recording.calls[number].module if number >= 0 else min(0, len(recording.modules) - 1)
    chain: list[CallRange] = []
    if number >= 0 and (module < 0 or _holds_structures(recording, module)):
        chain.append(recording.range_of_call(number))
    while module >= 0:
        chain.append(recording.range_of_module(module))
        module = recording.modules[module].parent
    return chain


def _holds_structures(recording: Recording, module: int) -> bool:
    """Whether a module is the whole network, or modules inside it have modules themselves."""
    if recording.modules[module].parent < 0:
        return True
    inside = {place for place, one in enumerate(recording.modules) if one.parent == module}
    return any(one.parent in inside for one in recording.modules)


def _remarks(recorded: Recorded, walk: Walk) -> list[str]:
    found = [text if count == 1 else f"{text} ({count} times)" for text, count in walk.remarks.items()]
    if recorded.remark and recorded.other is None:
        found.insert(0, f"recorded at one size only: {recorded.remark}; sizes that depend on it may be fixed")
    elif recorded.remark:
        found.insert(0, recorded.remark)
    return found


def _needed(recording: Recording) -> list[Call]:
    """The calls that the outputs depend on."""
    makers = {ref.number: number for number, call in enumerate(recording.calls) for ref in call.outputs}
    seen: set[int] = set()
    needed: set[int] = set()
    left = [ref.number for ref in recording.outputs]
    while left:
        one = left.pop()
        if one in seen:
            continue
        seen.add(one)
        read = [makers[one]] if one in makers else []
        tensor = recording.tensors[one]
        if tensor.kind == "stale":  # changed through another view of it
            before, _, writer = tensor.name.partition(" ")
            left.append(int(before))
            read.append(int(writer))
        needed.update(read)
        left += [ref.number for number in read for ref in recording.calls[number].inputs]
    return [recording.calls[number] for number in sorted(needed)]


def _unused(recording: Recording, unused: Sequence[int]) -> list[str]:
    """Parameters that no output depends on."""
    if not unused:
        return []
    count = sum(prod(recording.tensors[index].shape) for index in unused)
    owners = dict.fromkeys(recording.tensors[index].name.split(".")[0] for index in unused)
    return [f"{count:,} parameters are not used in inference and left out: {', '.join(owners)}"]


def _idle(recording: Recording, needed: Sequence[Call]) -> list[str]:
    """Work that no output depends on, which other counters count."""
    every, counted = macs_of(recording.calls), macs_of(needed)
    if every is None or counted is None or every == counted:
        return []
    return [f"{every - counted:,} multiply-accumulates that no output depends on are left out"]


def _times(shape: Sizes) -> str:
    return "x".join(map(str, shape))


__all__ = ["NotUnderstood", "input_shapes", "network_of", "recordings"]
