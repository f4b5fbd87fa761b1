"""W518: inputs that seem to have their channels last."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.codes.code import Code
from cnncalc.errors import Diagnostic, Fault
from cnncalc.geometry.shape import Shape, axis_size, channels_first
from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode
from cnncalc.language.source import Source
from cnncalc.support.numbers import by

CODE = "W518"


def channels_last(source: Source, root: YamlNode) -> Iterator[Diagnostic]:
    """A warning per input of the file, of its models and of its cases that has the sizes before the
    channels.
    """
    for node in _inputs(root):
        shape = _written(node)
        meant = None if shape is None else channels_first(shape)
        if shape is None or meant is None:
            continue
        message = f"{shape} is {shape.channels} channels of {by(shape.sizes)}, as channels come first"
        fault = Fault(CODE, message, f"write `[{', '.join(map(str, meant.axes))}]`")
        yield fault.at(source.location(node), None, source.excerpt(node.line))._replace(severity="warning")


def _inputs(node: YamlNode | None) -> Iterator[YamlNode]:
    """The nodes of all shapes below keys ``input``."""
    if not isinstance(node, Mapping):
        return
    given, models, cases = node.get("input"), node.get("models"), node.get("cases")
    if given is not None:
        yield from (one for _, one in given.entries) if isinstance(given, Mapping) else (given,)
    for _, model in models.entries if isinstance(models, Mapping) else ():
        yield from _inputs(model)
    for case in cases.items if isinstance(cases, Sequence) else ():
        yield from _inputs(case)


def _written(node: YamlNode) -> Shape | None:
    """A shape that is given in plain numbers."""
    if isinstance(node, Sequence):
        words = [item.text if isinstance(item, Scalar) else "" for item in node.items]
    else:
        words = node.text.split("x") if isinstance(node, Scalar) else []
    channels, *sizes = map(axis_size, words or [""])
    return None if channels is None or None in sizes else Shape(channels, tuple(sizes))


CODES = (
    Code(
        "W518",
        "an input that seems to have its channels last",
        "All sizes of the input but the last are equal and the last is 1 or 3, as in 224x224x3. Channels "
        "come first, so this is a map of 224 channels and 224x3 positions. Files of TensorFlow and Keras "
        "write them last.",
        """
        input: [224, 224, 3]
        layers:
          - conv3x3: {out: 64, padding: 1}
        """,
        """
        input: [3, 224, 224]
        layers:
          - conv3x3: {out: 64, padding: 1}
        """,
    ),
)
ON_FILES = {"W518": channels_last}
