"""The effective receptive field: how a unit's gradient is spread over its receptive field."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from cnncalc.analysis.report import Report
from cnncalc.geometry.spread import Share, deviation
from cnncalc.geometry.spread import width_of as effective_width
from cnncalc.questions.answers import layer_of
from cnncalc.questions.effective import MASS, AxisProfile, Profile, profile_of
from cnncalc.questions.flow import TOO_DEEP
from cnncalc.render.pictures import Drawing
from cnncalc.render.pictures.common import AXES, Said, absent, nothing, side_by_side, title, titled
from cnncalc.render.pictures.svg import GRID, LINE, Element, Panel, group, line, path, rect, text, width_of
from cnncalc.support.numbers import plural

WIDE, HIGH = 480, 160


def draw(drawing: Drawing) -> str:
    """The profiles of the layers asked for, else of the last one that sees a part of the input."""
    return side_by_side("Effective receptive field", drawing.reports, lambda report: _panels(report, drawing))


def _panels(report: Report, drawing: Drawing) -> Iterator[Said]:
    layers = [layer_of(report, name).path for name in drawing.layers]
    if not layers:
        if report.last_local is None:
            raise absent(report, "no layer sees a part of the input only")
        layers = [report.last_local.path]
    for layer in layers:
        profile = profile_of(report, layer, drawing.at)
        if not any(profile.axes):
            reason = profile.reason or "it sees the whole input at once"
            help = "name a layer nearer to the input by --layer" if reason == TOO_DEEP else None
            raise nothing(report, f"the profile of `{layer}` is not known: {reason}", help)
        yield _panel(report, profile)


def _panel(report: Report, profile: Profile) -> Said:
    names = AXES[len(profile.axes)]
    alike: dict[tuple[object, ...], list[str]] = {}
    for name, one in zip(names, profile.axes, strict=True):
        key = (name,) if one is None else (one.gradient, one.paths)
        alike.setdefault(key, []).append(name)
    elements: list[Element] = []
    words: list[str] = []
    y = 0.0
    for some in alike.values():
        one = profile.axes[names.index(some[0])]
        if one is None:
            continue
        said = f"{' and '.join(some)}: {_said(one)}"
        elements.append(text(0, y + 13, said))
        elements.append(group(*_curve(one), y=y + LINE + GRID))
        words.append(said)
        y += LINE + GRID + HIGH + LINE + 2 * GRID
    unit = ",".join(map(str, profile.unit))
    head = f"{title(report)}: {profile.path}, unit {unit}"
    notes = [
        f"shaded: the fewest positions in a row with {MASS:.1%} of the gradient; frame: the receptive field"
    ]
    if any(0 in one.paths for one in profile.axes if one):
        notes.append("marks at the bottom: positions that no path reaches")
    if profile.approximate:
        notes.append("gradients are correlated here, so that the profile is approximate")
    if profile.reason is not None:
        notes.append(f"an axis is not drawn: {profile.reason}")
    width = max([WIDE, *map(width_of, words)])
    return titled(head, Panel(width, y - GRID, tuple(elements)), notes), f"{head}. {'. '.join(words)}."


def _said(one: AxisProfile) -> str:
    share = Share(one.first, list(one.gradient))
    return (
        f"{plural(len(one.gradient), 'position')} seen, {MASS:.1%} of the gradient in "
        f"{effective_width(share, MASS)}, standard deviation {deviation(share):.1f}"
    )


def _curve(one: AxisProfile) -> Iterator[Element]:
    """The share of each position as a step, the largest as high as the frame."""
    count, most = len(one.gradient), max(one.gradient)
    pixels = WIDE / count
    start, width = _narrowest(one)
    last = one.first + count - 1
    yield rect(
        0, 0, WIDE, HIGH, "frame", f"positions {one.first} to {last}", data_first=one.first, data_last=last
    )
    yield rect(start * pixels, 0, width * pixels, HIGH, "band", plural(width, "position"), data_width=width)
    steps: list[tuple[float, float]] = [(0.0, float(HIGH))]
    for at, value in enumerate(one.gradient):
        top = HIGH * (1 - value / most)
        steps += [(at * pixels, top), ((at + 1) * pixels, top)]
    yield path([*steps, (float(WIDE), float(HIGH))], "line-a", data_most=f"{most:.6g}")
    for at, paths in enumerate(one.paths):
        if not paths:
            x = (at + 0.5) * pixels
            yield line(x, HIGH - 6, x, HIGH, "late", data_hole=one.first + at)
    if pixels >= 1:
        yield from _positions(one, pixels)
    middle = sum((at + 0.5) * value for at, value in enumerate(one.gradient)) * pixels
    yield line(middle, 0, middle, HIGH, "axis", stroke_dasharray="2 3")
    yield text(0, HIGH + LINE - 2, str(one.first), "soft")
    yield text(WIDE, HIGH + LINE - 2, str(last), "soft end")


def _positions(one: AxisProfile, pixels: float) -> Iterator[Element]:
    """What a pointer shows of each position: nothing is seen of the marks themselves."""
    for at, (share, paths) in enumerate(zip(one.gradient, one.paths, strict=True)):
        words = f"position {one.first + at}: {100 * share:.2f} %, {plural(paths, 'path')}"
        yield rect(
            at * pixels, 0, pixels, HIGH, "", words, fill_opacity=0, data_at=one.first + at, data_paths=paths
        )


def _narrowest(one: AxisProfile) -> tuple[int, int]:
    """Where the fewest positions in a row are that hold the mass, and how many these are."""
    width = effective_width(Share(one.first, list(one.gradient)), MASS)
    sums = [0.0, *accumulate(one.gradient)]
    spare = len(one.gradient) - width

    def merit(at: int) -> tuple[float, int]:
        """How much is there, and of equally much how near to the middle."""
        return round(sums[at + width] - sums[at], 12), -abs(2 * at - spare)

    return max(range(spare + 1), key=merit), width
