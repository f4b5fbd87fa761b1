"""``cnncalc sizes``: which input sizes fit."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import options
from cnncalc.cli.asking import Request, answer
from cnncalc.loading import Options
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.questions.sizes import sizes as sizes_of
from cnncalc.render.listings.sizes import FittingSizes

Near = Annotated[
    int | None,
    typer.Option(
        "--near", metavar="N", min=1, max=10**9, help="Also whether this size fits, and those around it."
    ),
]


def sizes(
    spec: options.Spec,
    near: Near = None,
    input: options.Input = None,
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    max_layers: options.MaxLayers = MOST_LAYERS,
    format: options.FormatName = None,
    output: options.Output = None,
) -> int:
    """Which input sizes fit.

    Per axis, a size is valid if every window fits and every join agrees, whole if besides no layer drops
    positions by rounding down, kept if the main output has as many positions as the input; with same weights
    every layer that flattens has the map that it has at the spec's own input.
    """
    request = Request(
        (spec,),
        options.input_shape(input),
        Options(options.settings(sets), framework, model, max_layers),
        format,
        output,
    )
    return answer(request, lambda one: sizes_of(one, near, input=request.input), FittingSizes)
