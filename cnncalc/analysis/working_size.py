"""The input size that works, for the help of an error about a map that is too small: found by asking."""

from __future__ import annotations

from cnncalc.analysis.along import Along, Unanswered
from cnncalc.analysis.fitting import Classes, Fitting, is_valid
from cnncalc.analysis.report import Report
from cnncalc.analysis.run import analyze
from cnncalc.errors import Diagnostic
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.shape import Shape, channels_first
from cnncalc.network.model import Model

EFFORT = 100_000
"""Layers that are asked at most, for a help that comes at once."""


def explained(report: Report, model: Model, rules: Framework) -> Report:
    """A report whose error about sizes names inputs that work: of E301 the next one, of E303 those around."""
    last = report.diagnostics[-1] if report.diagnostics else None
    if report.failed is None or last is None or not _is_about_sizes(last) or len(report.inputs) != 1:
        return report
    if last.code == "E303":
        return _with_neighbours(report, model._replace(inputs=report.inputs, framework=rules), rules, last)
    if channels_first(report.inputs[0][1]) is not None:
        return report
    found = working_size(model._replace(inputs=report.inputs, framework=rules), rules)
    if found is None:
        return report
    size, is_smallest = found
    here = last.help or ""
    own = report.inputs[0][1].sizes
    if {new for old, new in zip(own, size.sizes, strict=True) if new != old} == {_number_at_end(here)}:
        return report
    help = f"the {'smallest' if is_smallest else 'next larger'} input that works is {size}"
    help = f"{here}; {help}" if here else help
    return report._replace(diagnostics=(*report.diagnostics[:-1], last._replace(help=help)))


def _with_neighbours(report: Report, model: Model, rules: Framework, last: Diagnostic) -> Report:
    """The report with the nearest inputs that fit, below and above, in the help of its last error."""
    shape = model.inputs[0][1]
    below, above = [], []
    for size, classes in zip(shape.sizes, _classes(model, rules), strict=False):
        if size is None or classes.smallest is None:
            return report
        below.append(size if size in classes else classes.below(size))
        above.append(size if size in classes else classes.above(size))
    if len(below) < shape.rank or tuple(below) == shape.sizes:
        return report
    near = [
        str(other)
        for other in (Shape(shape.channels, tuple(sizes)) for sizes in (below, above) if None not in sizes)
        if not _is_spread(report, analyze(model, other))
    ]
    if not near:
        return report
    what = "nearest inputs that fit" if len(near) > 1 else "nearest input that fits"
    help = f"{what}: {' and '.join(near)}"
    help = f"{last.help}; {help}" if last.help else help
    return report._replace(diagnostics=(*report.diagnostics[:-1], last._replace(help=help)))


def _is_spread(report: Report, fitting: Report) -> bool:
    """Whether the join at which a report ended fits at another input only since a branch has become a single
    position there, which is spread over the others: nobody asks for that.
    """
    was, now = (
        {**dict(one.inputs), **{layer.path: layer.shape for layer in one.layers}} for one in (report, fitting)
    )
    branches = next(layer.inputs for layer in fitting.layers if layer.path == report.failed)
    largest = [max(axis) for axis in zip(*(now[one].sizes for one in branches if now[one].rank), strict=True)]
    return any(
        size == 1 != old and most > 1
        for one in branches
        for old, size, most in zip(was[one].sizes, now[one].sizes, largest, strict=False)
    )


def _classes(model: Model, rules: Framework) -> tuple[Classes, ...]:
    """The valid sizes along each axis; nothing where they cannot be told, or not at once."""
    lines: list[Along] = []
    found: list[Classes] = []
    try:
        for axis in range(model.inputs[0][1].rank):
            line = Along(model, rules, axis)
            same = next((at for at, other in enumerate(lines) if line.is_like(other)), None)
            lines.append(line)
            found.append(
                Fitting(line, EFFORT // len(model.graph.nodes)).sizes(is_valid)
                if same is None
                else found[same]
            )
    except Unanswered:
        return ()
    return tuple(found)


def working_size(model: Model, rules: Framework) -> tuple[Shape, bool] | None:
    """The smallest input that works of those at least as large as the model's along each axis, and whether no
    smaller one works either; ``None`` where there is none, or where it would take too long to tell.
    """
    shape = model.inputs[0][1]
    sizes: list[int] = []
    is_smallest = True
    for size, classes in zip(shape.sizes, _classes(model, rules), strict=False):
        found = None if size is None else classes.above(size - 1)
        if found is None:
            return None
        sizes.append(found)
        is_smallest &= found == classes.smallest
    return (Shape(shape.channels, tuple(sizes)), is_smallest) if len(sizes) == shape.rank else None


def _is_about_sizes(found: Diagnostic) -> bool:
    return found.code == "E301" or (found.code == "E303" and found.message.endswith(": sizes differ"))


def _number_at_end(text: str) -> int | None:
    last = text.split()[-1:]
    return int(last[0]) if last and last[0].isdigit() else None
