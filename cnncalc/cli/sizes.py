"""``cnncalc sizes``: which input sizes fit."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.analysis.run import with_input
from cnncalc.cli import options
from cnncalc.cli.asking import Request, answer
from cnncalc.errors import InputError
from cnncalc.loading import Options
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.network.model import Model
from cnncalc.questions.sizes import Sizes, by_axis
from cnncalc.questions.sizes import sizes as sizes_of
from cnncalc.render.listings.sizes import FittingSizes

LARGEST = 10**9
Near = Annotated[
    str | None,
    typer.Option(
        "--near", metavar="N", help="Also whether this size fits, and those around it: 500, or 500x480."
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
    wanted = None if near is None else options.whole_numbers(near, "--near", "x,", 1, LARGEST, "500")

    def ask(one: Model) -> Sizes:
        rank = with_input(one.inputs, request.input)[0][1].rank
        if wanted is not None and rank:
            try:
                by_axis(wanted, rank)
            except InputError as error:
                raise typer.BadParameter(str(error), param_hint="--near") from error
        return sizes_of(one, wanted, input=request.input)

    return answer(request, ask, FittingSizes)
