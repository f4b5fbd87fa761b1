"""``cnncalc spp``: the levels of a spatial pyramid over a map."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cnncalc.cli import options
from cnncalc.cli.output import keep_specs
from cnncalc.cli.run import deliver
from cnncalc.errors import FINE, INVALID, Diagnostic
from cnncalc.geometry.pyramid import MODES, Tier, pyramid, shortfall
from cnncalc.render.listings.spp import Pyramids
from cnncalc.render.outputs import PICTURED

Mode = Literal["paper", "exact", "adaptive", "caffe", "all"]


def spp(
    size: Annotated[
        str,
        typer.Option("--in", metavar="N|HxW", help="The map's size, such as 13 or 13x9.", show_default=False),
    ],
    levels: Annotated[
        str,
        typer.Option(
            "--levels",
            metavar="N,...",
            help="Bins per axis of each level, such as 1,2,4.",
            show_default=False,
        ),
    ],
    mode: Annotated[
        Mode, typer.Option("--mode", help="The rule for the windows; `all` compares the modes.")
    ] = "paper",
    channels: Annotated[
        int | None, typer.Option("--channels", metavar="N", min=1, help="Channels, for the vector's length.")
    ] = None,
    format: options.PicturedFormatName = None,
    output: options.PicturedOutput = None,
) -> int:
    """Windows of spatial pyramid pooling, bins asked for and obtained."""
    keep_specs(output, ())
    sizes = options.map_size(size)
    sizes = sizes * 2 if len(sizes) == 1 else sizes
    wanted = options.whole_numbers(levels, "--levels", ",", 1, options.MOST_BINS)
    if len(wanted) > options.MOST_LEVELS:
        raise typer.BadParameter(f"more than {options.MOST_LEVELS} levels", param_hint="--levels")
    found = [pyramid(name, sizes, wanted) for name in (MODES if mode == "all" else (mode,))]
    diagnostics = _diagnostics(found[0].tiers) if len(found) == 1 else ()
    chosen = options.format_of(format, output, PICTURED)
    deliver(Pyramids(found, channels, diagnostics), chosen, output, diagnostics)
    return INVALID if any(one.severity == "error" for one in diagnostics) else FINE


def _diagnostics(tiers: tuple[Tier, ...]) -> tuple[Diagnostic, ...]:
    """Levels that are not possible, and levels without the bins asked for."""
    found = []
    for tier in tiers:
        if tier.fault is not None:
            found.append(tier.fault.at(None))
        elif (short := shortfall(tier.axes)) is not None:
            found.append(Diagnostic("W501", "warning", *short))
    return tuple(found)
