"""``cnncalc pool``: where the windows of a pool lie, and how often each input is used."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import options
from cnncalc.cli.output import keep_specs
from cnncalc.cli.run import deliver, report_diagnostics
from cnncalc.errors import FINE, INVALID, Fault
from cnncalc.frameworks import DEFAULT, framework_named, unknown_framework
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.geometry.participation import Pooled, pooled
from cnncalc.render.listings.pool import Pools
from cnncalc.render.outputs import PICTURED


def pool(
    numbers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SIZE [KERNEL [STRIDE [PADDING]]]]",
            help="The same without names: `pool 7 3 2`.",
            show_default=False,
        ),
    ] = None,
    size: Annotated[
        str | None,
        typer.Option("--in", metavar="N|HxW", help="The size of one axis or of a map.", show_default=False),
    ] = None,
    kernel: Annotated[
        str | None,
        typer.Option("-k", "--kernel", metavar="K", help="The window, such as 3 or 3x2.", show_default=False),
    ] = None,
    stride: Annotated[
        str | None, typer.Option("-s", "--stride", metavar="S", help="By default the framework's.")
    ] = None,
    padding: Annotated[
        str | None,
        typer.Option("-p", "--padding", metavar="P", help="Padding on both sides; by default 0."),
    ] = None,
    dilation: Annotated[
        str, typer.Option("-d", "--dilation", metavar="D", help="Distance between the positions of a window.")
    ] = "1",
    ceil: Annotated[
        bool | None,
        typer.Option("--ceil/--floor", help="Rounding of the output size; by default the framework's."),
    ] = None,
    framework: options.FrameworkName = None,
    format: options.PicturedFormatName = None,
    output: options.PicturedOutput = None,
) -> int:
    """Windows of a pool, and how often each input position is read."""
    keep_specs(output, ())
    name = DEFAULT.name if framework is None else framework
    rules = framework_named(name)
    if rules is None:
        raise typer.BadParameter("; ".join(unknown_framework(name)), param_hint="--framework")
    size, kernel, stride, padding = _named(numbers or [], (size, kernel, stride, padding))
    sizes = options.map_size(_wanted(size, "--in"))
    rank = len(sizes)
    paddings = options.per_axis(padding or "0", rank, "--padding")
    dilations = options.per_axis(dilation, rank, "--dilation", 1)
    asked = zip(
        sizes,
        options.per_axis(_wanted(kernel, "--kernel"), rank, "--kernel", 1),
        (None,) * rank if stride is None else options.per_axis(stride, rank, "--stride", 1),
        paddings,
        dilations,
        strict=True,
    )

    def laid(length: int, window: int, step: int | None, pad: int, spread: int) -> Pooled:
        return pooled(
            rules.pool_window(window, step, AxisPadding(pad, pad), spread, ceil, length, any(paddings)),
            length,
        )

    chosen = options.format_of(format, output, PICTURED)
    try:
        rules.check("maxpool", dilation=any(one > 1 for one in dilations))
        axes = tuple(laid(*one) for one in asked)
    except Fault as fault:
        found = (fault.at(None),)
        if chosen.diagnostics:
            deliver(Pools(None, rules.name, found), chosen, output)
        else:
            report_diagnostics(found)
        return INVALID
    deliver(Pools(axes, rules.name), chosen, output)
    return FINE


_NAMES = ("--in", "--kernel", "--stride", "--padding")


def _named(numbers: list[str], given: tuple[str | None, ...]) -> list[str | None]:
    """The values of the options, given with their names or by their places.

    Raises:
        typer.BadParameter: for one that is given twice, and for numbers without a meaning.
    """
    if len(numbers) > len(_NAMES):
        raise typer.BadParameter(f"at most {len(_NAMES)} numbers, not {len(numbers)}", param_hint="SIZE")
    found = list(given)
    for at, number in enumerate(numbers):
        if found[at] is not None:
            raise typer.BadParameter(f"given twice: {number} and {found[at]}", param_hint=_NAMES[at])
        found[at] = number
    return found


def _wanted(value: str | None, option: str) -> str:
    if value is None:
        raise typer.BadParameter("it is missing; for example: cnncalc pool 7 3", param_hint=option)
    return value
