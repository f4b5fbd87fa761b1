"""What would fix a shape error, with what is known of the whole network."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.answers import ask
from cnncalc.analysis.report import Report
from cnncalc.analysis.tensors import Tensor
from cnncalc.errors import Diagnostic, Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.shape import Shape, Size, channels_first
from cnncalc.layers.base import Layer
from cnncalc.network.graph import Node
from cnncalc.support.numbers import by
from cnncalc.support.words import listed

MOST_NAMES = 4
"""Of branches with the same shape."""
MOST_COLOURS = 4
"""Channels of an image at most, so that an axis of this size may be that of its channels."""


class Hints:
    """Messages and help for errors of a network, by its nodes, its number of inputs and the tensors."""

    def __init__(
        self, nodes: Sequence[Node], inputs: int, tensors: Sequence[Tensor], framework: Framework
    ) -> None:
        self._nodes = nodes
        self._inputs = inputs
        self._tensors = tensors
        self._framework = framework

    def message(self, fault: Fault, node: Node) -> str:
        """What is wrong; where the inputs of a join do not fit, with their names and all different shapes."""
        if fault.code != "E303" or not (isinstance(node.layer, Layer) and node.layer.is_join):
            return fault.message
        reason = fault.message.rpartition(": ")[2]
        alike = self._alike(node, reason)
        if len(alike) < 2:
            return fault.message
        said = [_group(group, node.path) for group in alike]
        return f"cannot join {listed(said[:-1])} and {said[-1]}: {reason}"

    def _alike(self, node: Node, reason: str) -> list[list[Tensor]]:
        """The inputs of a join, those together that fit each other; what does not fit the others first."""
        groups: dict[object, list[Tensor]] = {}
        for index in dict.fromkeys(node.inputs):
            tensor = self._tensors[index]
            groups.setdefault(_compared(tensor.shape, reason), []).append(tensor)
        alike = list(groups.values())
        if len({len(group) for group in alike}) > 1:
            alike.sort(key=len)
        return alike

    def _with_channels(self, node: Node) -> str:
        """What gives all inputs of an element-wise join the channels of most of them."""
        alike = [
            group
            for group in self._alike(node, "channels differ")
            if group[0].shape.channels not in (1, None)
        ]
        if len(alike[-1]) == len(alike[0]):
            alike.sort(key=lambda group: _ready(group[0], node.path))
        *others, (kept, *_) = alike
        wanted = kept.shape.channels
        ends = [(f"`{_branch(one.path, node.path)}`", _to(wanted, one)) for group in others for one in group]
        words = listed([f"{name} with `{item}`" for name, item in ends], MOST_NAMES)
        return f"end {words}: `{_branch(kept.path, node.path)}` has {wanted} channels"

    def help(self, fault: Fault, node: Node) -> str | None:
        """What would fix an error of a node."""
        if fault.code == "E306" and fault.help is None:
            return self._before_vector(node)
        if fault.code == "E303" and fault.help is None and isinstance(node.layer, Layer):
            return self._with_channels(node)
        first = self._tensors[0].shape
        if fault.code == "E304" and self._has_batch(node):
            sizes = ", ".join(map(_word, first.sizes))
            return f"{fault.help}; or leave out a batch axis, there is none: `input: [{sizes}]`"
        meant = channels_first(first) if fault.code == "E301" and self._inputs == 1 else None
        if meant is not None:
            return f"{fault.help}; {_meant(meant)}" if fault.help else _meant(meant)
        return fault.help

    def _before_vector(self, node: Node) -> str:
        """Where a layer belongs that reads a vector: before the layer, or behind the input, that made it
        one.
        """
        source = node.inputs[0]
        while source >= self._inputs and all(
            not self._tensors[one].shape.rank for one in self._nodes[source].inputs
        ):
            source = self._nodes[source].inputs[0]
        tensor = self._tensors[source]
        if source >= self._inputs:
            return f"it belongs before `{tensor.path}`, which makes the map a vector"
        size = _word(tensor.shape.channels)
        shapes = f"`[{size}, 1, 1]` is a map of {size} channels, `[3, {size}, {size}]` an image"
        return f"the input `{tensor.path}` has no spatial axes: {shapes}"

    def _has_batch(self, node: Node) -> bool:
        """Whether a layer would fit without the first axis of the only input, which is then probably the
        batch.
        """
        rank = self._tensors[node.inputs[0]].shape.rank
        is_input = self._inputs == 1 and rank == self._tensors[0].shape.rank
        if not is_input or rank < 2 or not isinstance(node.layer, Layer):
            return False
        try:
            ask(node.layer, (Shape(None, (None,) * (rank - 1)),) * len(node.inputs), self._framework)
        except Fault:
            return False
        return True


def channels_last(own: Sequence[tuple[str, Shape]], report: Report) -> tuple[Diagnostic, ...]:
    """A warning per shape that was given for an input and seems to have its channels last, as the network's
    own has them first; none where the error that ended the analysis says so already.
    """
    return tuple(
        Diagnostic(
            "W518",
            "warning",
            f"{given} is {given.channels} channels of {by(given.sizes)}, as channels come first; the spec's "
            f"own {_named(name)} is {known}",
            f"did you mean {meant}?",
        )
        for (name, known), (_, given) in zip(own, report.inputs, strict=True)
        if given != known and (meant := _turned(known, given)) is not None
        if not ((report.diagnostics and report.diagnostics[-1].help) or "").endswith(_meant(meant))
    )


def beside_own_axes(own: Sequence[tuple[str, Shape]], report: Report) -> Report:
    """The report with the network's own inputs in the help of an error about the number of axes, where
    others with another number were given.
    """
    last = report.diagnostics[-1] if report.diagnostics else None
    known = [
        f"the spec's own {_named(name)} is {shape}"
        for (name, shape), (_, given) in zip(own, report.inputs, strict=True)
        if shape.rank != given.rank and shape.channels is not None
    ]
    if last is None or last.code not in ("E304", "E306") or not known:
        return report
    help = "; ".join(filter(None, (last.help, *known)))
    return report._replace(diagnostics=(*report.diagnostics[:-1], last._replace(help=help)))


def _turned(known: Shape, given: Shape) -> Shape | None:
    """What was probably meant where the last axis has the channels of the network's own input."""
    *sizes, last = given.axes
    if known.channels is None:
        return channels_first(given)
    is_turned = (
        len(sizes) >= 2 and last == known.channels != given.channels and known.channels <= MOST_COLOURS
    )
    return Shape(last, tuple(sizes)) if is_turned else None


def _named(name: str) -> str:
    return "input" if name == "input" else f"`{name}`"


def _meant(shape: Shape) -> str:
    return f"channels come first: did you mean `input: [{', '.join(map(_word, shape.axes))}]`?"


def _branch(path: str, join: str) -> str:
    """What a join's input is called: its branch where it is below the join, else its path."""
    inside = path.removeprefix(f"{join}/")
    return inside.partition("/")[0] if inside != path else path


def _ready(tensor: Tensor, join: str) -> tuple[bool, bool]:
    """How little an input of a join is meant to be changed: least what is read from outside, most a gate or
    a shortcut.
    """
    follows = tensor.shape.is_point or _branch(tensor.path, join) == "shortcut"
    return not follows, not tensor.path.startswith(f"{join}/")


def _to(channels: Size, tensor: Tensor) -> str:
    """The item that gives a tensor a number of channels."""
    rank = tensor.shape.rank
    return f"conv{'x'.join('1' * rank)}: {channels}" if rank else f"linear: {channels}"


def _compared(shape: Shape, reason: str) -> object:
    """What of a shape differs, by the reason of an error."""
    return {"sizes differ": shape.sizes, "channels differ": shape.channels}.get(reason, shape.rank)


def _group(tensors: Sequence[Tensor], join: str) -> str:
    """Inputs of a join that fit each other, with their shapes; of many only the first ones."""
    shapes = {tensor.shape for tensor in tensors}
    names = [f"`{_branch(tensor.path, join)}`" for tensor in tensors]
    if len(shapes) > 1:
        names = [f"{name} ({tensor.shape})" for name, tensor in zip(names, tensors, strict=True)]
    return listed(names, MOST_NAMES) + (f" ({shapes.pop()})" if len(shapes) == 1 else "")


def _word(size: Size) -> str:
    """A size as a spec writes it."""
    return "any" if size is None else str(size)
