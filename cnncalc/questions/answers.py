"""What questions have in common: an answer that there is not, and why."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import basename

from cnncalc import bundled
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.errors import Fault, InputError, NoAnswer, Origin
from cnncalc.network.graph import Node
from cnncalc.network.model import Model
from cnncalc.support.numbers import plural
from cnncalc.support.words import did_you_mean, listed, shown

NO_ANSWER = "E320"
SPATIAL = "an input with spatial axes is written as [channels, height, width], such as `input: [3, 224, 224]`"
MOST_NAMED = 16
"""Of more layers only the first ones are named."""


def refusal(model: Model, text: str, node: Node | None = None, help: str | None = None) -> NoAnswer:
    """Why a question has no answer, at the layer at fault or at the model."""
    origin = _whole(model.origin) if node is None else node.origin
    return NoAnswer(origin.place(Fault(NO_ANSWER, text, help), None if node is None else node.path))


def _whole(origin: Origin) -> Origin:
    """The place of a model; of a file with one network the file, since no line of it is to blame."""
    location = origin.location
    if location is None or (location.line, location.column) != (1, 1):
        return origin
    return Origin(location._replace(node=""), None, origin.chain)


def place(node: Node) -> str:
    """Where a layer is, for the end of a sentence about it."""
    location = node.origin.location
    if location is None:
        return ""
    file = location.file if bundled.name_of(location.file) is None else basename(location.file)
    return f" ({file}:{location.line})"


def failure(report: Report) -> NoAnswer:
    """A question about a network that cannot be computed at the sizes asked for."""
    return NoAnswer(next(found for found in report.diagnostics if found.severity == "error"))


def layer_of(report: Report, path: str) -> LayerReport:
    """The layer of that path; of a structure its last layer.

    Raises:
        InputError: where there is none.
    """
    found = report.within(path)
    if not found:
        raise InputError(f"no layer of {report.name} is named {shown(path)!r}: {_meant(report, path)}")
    return found[-1]


def other_axes(name: str, axes: int, unit: Sequence[int], option: str = "") -> str:
    """That a unit has another number of places than a network has axes, and how it would be written."""
    meant = ",".join(map(str, (*unit, *[unit[-1]] * axes)[:axes]))
    hint = f": write for instance {option}{meant}" if meant else ""
    return f"{shown(name)} has {plural(axes, 'spatial axis', 'spatial axes')}, not {len(unit)}{hint}"


def _meant(report: Report, path: str) -> str:
    """What a path may have meant; else some of those that there are."""
    # Layers first, then the structures around them.
    paths = [layer.path for layer in report.layers]
    heads = [path.rsplit("/", at)[0] for path in paths for at in range(1, path.count("/") + 1)]
    guess = did_you_mean(path, dict.fromkeys([*paths, *heads]))
    if guess:
        return f"did you mean {guess!r}?"
    tops = list(dict.fromkeys(one.split("/")[0] for one in paths))
    return f"it has {listed(tops, MOST_NAMED)}; `cnncalc rf` shows the paths of all layers"
