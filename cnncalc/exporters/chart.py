"""A network as a chart: boxes in nested groups, and arrows with sizes; folded by depth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, Report, totals_of
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.support.numbers import by, plural

INPUT, LAYER, JOIN, FOLDED, OUTPUT = "input", "layer", "join", "folded", "output"
"""Kinds of boxes."""
_INDEX = re.compile(r"\[[0-9]+\]\Z")
_LONGEST = 200
"""Characters of a line in a box."""


class Box(NamedTuple):
    """A layer, several of them, an input or an output."""

    number: int
    kind: str
    lines: tuple[str, ...]


class Arrow(NamedTuple):
    """A tensor that goes from one box to another."""

    source: int
    target: int
    size: str


class Group:
    """A structure: the boxes and groups in it, in order of evaluation."""

    __slots__ = ("inside", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.inside: list[Box | Group] = []


class Opened(NamedTuple):
    """The beginning of a group."""

    number: int
    name: str


class Chart(NamedTuple):
    """A network ready to be written down."""

    name: str
    top: Group
    arrows: tuple[Arrow, ...]

    def walk(self) -> Iterator[tuple[int, Box | Opened | None]]:
        """Every box, and every group as it opens and (``None``) closes, each with how deep it is nested."""
        stack = [iter(self.top.inside)]
        number = 0
        while stack:
            item = next(stack[-1], None)
            if item is None:
                stack.pop()
                if stack:
                    yield len(stack), None
            elif isinstance(item, Box):
                yield len(stack), item
            else:
                yield len(stack), Opened(number, item.name)
                number += 1
                stack.append(iter(item.inside))


def depth_of(report: Report) -> int:
    """The most path components that a layer has."""
    return max((layer.path.count("/") + 1 for layer in report.layers), default=1)


def chart(report: Report, depth: int | None = None) -> Chart:
    """The boxes and arrows of a network; structures deeper than ``depth`` path components are one box."""
    most = depth_of(report) if depth is None else depth
    growing = _Growing(report)
    structures = _structures(report.layers, most)
    boxes: dict[str, list[LayerReport]] = {}
    for layer in report.layers:
        boxes.setdefault(_box_of(layer.path, most), []).append(layer)
    placed: set[str] = set()
    for layer in report.layers:
        key = _box_of(layer.path, most)
        if key not in placed:
            placed.add(key)
            growing.place(key, boxes[key], key in structures)
        growing.enter(layer, key)
    growing.leave()
    return Chart(report.name, growing.top, tuple(growing.arrows))


def _box_of(path: str, depth: int) -> str:
    """The path of the box that a layer is in."""
    return "/".join(path.split("/", depth)[:depth])


def _structures(layers: Iterable[LayerReport], depth: int) -> set[str]:
    """The paths that are groups: those above a box."""
    found: set[str] = set()
    for layer in layers:
        path = _box_of(layer.path, depth)
        while "/" in path:
            path = path.rpartition("/")[0]
            if path in found:
                break
            found.add(path)
    return found


class _Growing:
    """The chart while layers are added in order of evaluation."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.top = Group("")
        self.groups = {"": self.top}
        self.numbers: dict[str, int] = {}
        """The box of each path."""
        self.boxes: dict[str, int] = {}
        self.sizes: dict[str, str] = {}
        self.arrows: list[Arrow] = []
        self.seen: set[Arrow] = set()
        self.count = 0
        for name, shape in report.inputs:
            self.numbers[name] = self.add(self.top, INPUT, (name,))
            self.sizes[name] = str(shape)

    def add(self, group: Group, kind: str, lines: Sequence[str]) -> int:
        """One more box."""
        number = self.count
        self.count += 1
        group.inside.append(Box(number, kind, tuple(line[:_LONGEST] for line in lines)))
        return number

    def place(self, key: str, layers: list[LayerReport], is_structure: bool) -> None:
        """A box for the layers of a path, in the group that it belongs to."""
        last = layers[-1]
        scope = key if is_structure else key.rpartition("/")[0]
        group = self.group(scope)
        if len(layers) == 1 and last.path == key:
            self.boxes[key] = self.add(group, JOIN if last.is_join else LAYER, _lines(last))
        else:
            self.boxes[key] = self.add(group, FOLDED, _folded_lines(key, layers))

    def group(self, path: str) -> Group:
        """The group of a structure, made with those around it where it is new."""
        missing = []
        while path not in self.groups:
            missing.append(path)
            path = path.rpartition("/")[0]
        for path in reversed(missing):
            above, _, name = path.rpartition("/")
            self.groups[path] = Group(name)
            self.groups[above].inside.append(self.groups[path])
        return self.groups[path]

    def enter(self, layer: LayerReport, key: str) -> None:
        """A layer in its box, with the arrows to it."""
        number = self.boxes[key]
        for path in layer.inputs:
            self.arrow(path, number)
        self.numbers[layer.path], self.sizes[layer.path] = number, str(layer.shape)

    def arrow(self, path: str, target: int) -> None:
        found = Arrow(self.numbers[path], target, self.sizes[path])
        if found.source != target and found not in self.seen:
            self.seen.add(found)
            self.arrows.append(found)

    def leave(self) -> None:
        """The outputs."""
        for place, output in enumerate(self.report.outputs):
            name = "output" if not place else output.path
            self.arrow(output.path, self.add(self.top, OUTPUT, (name,)))


def _lines(layer: LayerReport) -> tuple[str, ...]:
    """What a box says of one layer; a name that is only the operation with a number is left out."""
    name, op = layer.path.rpartition("/")[2], _operation(layer)
    is_given = layer.op == op and not re.fullmatch(
        re.escape(op) + r"([0-9]+(x[0-9]+)*)?(_[0-9]+)?", _INDEX.sub("", name)
    )
    return (*((name,) if is_given else ()), _what(layer), *_counts(layer.params, layer.shares))


def _operation(layer: LayerReport) -> str:
    """The operation; of a structure the one that joins it."""
    return layer.op if layer.layer is None else layer.layer.op


def _what(layer: LayerReport) -> str:
    """The operation with its window: conv 3x3, stride 2."""
    op = _operation(layer)
    words = [op]
    windows = layer.windows
    if windows:
        words[0] += f" {by(window.kernel for window in windows)}"
    for word, values in _steps(windows or ()):
        words.append(f"{word} {values}")
    return ", ".join(words)


def _steps(windows: Sequence[Window | TransposedWindow]) -> Iterable[tuple[str, str]]:
    for word in ("stride", "dilation"):
        values = [getattr(window, word) for window in windows]
        if any(value != 1 for value in values):
            yield word, str(values[0]) if len(set(values)) == 1 else by(values)


def _folded_lines(path: str, layers: Sequence[LayerReport]) -> tuple[str, ...]:
    """What a box says of several layers."""
    return (
        path.rpartition("/")[2],
        plural(len(layers), "layer"),
        *_counts(totals_of(layers).params, None),
    )


def _counts(params: int | None, shares: str | None) -> tuple[str, ...]:
    if shares is not None:
        return (f"weights of {shares}",)
    if params is None:
        return ("? params",)
    return (f"{params:,} params",) if params else ()


def printable(text: str) -> str:
    """A text on one line, control characters as escapes."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "replace").decode("ascii", "replace")
        for c in text
    )
