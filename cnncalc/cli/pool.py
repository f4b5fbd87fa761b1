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


def pool(
    size: Annotated[
        str,
        typer.Option("--in", metavar="N|HxW", help="The size of one axis or of a map.", show_default=False),
    ],
    kernel: Annotated[
        str, typer.Option("--kernel", metavar="K", help="The window, such as 3 or 3x2.", show_default=False)
    ],
    stride: Annotated[
        str | None, typer.Option("--stride", metavar="S", help="By default the framework's.")
    ] = None,
    padding: Annotated[str, typer.Option("--padding", metavar="P", help="Padding on both sides.")] = "0",
    dilation: Annotated[
        str, typer.Option("--dilation", metavar="D", help="Distance between the positions of a window.")
    ] = "1",
    ceil: Annotated[
        bool | None,
        typer.Option("--ceil/--floor", help="Rounding of the output size; by default the framework's."),
    ] = None,
    framework: options.FrameworkName = None,
    format: options.FormatName = None,
    output: options.Output = None,
) -> int:
    """Windows of a pool, and how often each input position is read."""
    keep_specs(output, ())
    name = DEFAULT.name if framework is None else framework
    rules = framework_named(name)
    if rules is None:
        raise typer.BadParameter("; ".join(unknown_framework(name)), param_hint="--framework")
    sizes = options.map_size(size)
    rank = len(sizes)
    paddings = options.per_axis(padding, rank, "--padding")
    dilations = options.per_axis(dilation, rank, "--dilation", 1)
    asked = zip(
        sizes,
        options.per_axis(kernel, rank, "--kernel", 1),
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

    chosen = options.format_of(format, output)
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
