"""``cnncalc stream``: how late the answer is, and what must be remembered."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Annotated

import typer

from cnncalc.cli import options
from cnncalc.cli.asking import Request, answer
from cnncalc.loading import Options
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.questions.stream import stream as stream_of
from cnncalc.render.listings.streams import Streams

Rate = Annotated[
    str | None,
    typer.Option(
        "--rate",
        metavar="HZ",
        help="Positions of the input per second, such as 24000, 24k or 44.1kHz: gives times in ms.",
        show_default=False,
    ),
]
Dtype = Annotated[options.Dtype, typer.Option("--dtype", help="How the state is stored.")]


def stream(
    spec: options.Spec,
    rate: Rate = None,
    dtype: Dtype = "float32",
    input: options.Input = None,
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    max_layers: options.MaxLayers = MOST_LAYERS,
    format: options.FormatName = None,
    output: options.Output = None,
) -> int:
    """Delay, chunks and state of a network over time.

    For networks of one spatial axis. Look-back and look-ahead are the most positions of the input that a unit
    reads before and after its nominal one; the delay is what must have arrived from that on. Chunks of a
    multiple of `chunk` leave every layer without a remainder, and the state is what is kept between them.
    """
    request = Request(
        (spec,),
        options.input_shape(input),
        Options(options.settings(sets), framework, model, max_layers),
        format,
        output,
    )
    hertz = None if rate is None else frequency(rate)
    return answer(request, lambda one: stream_of(one, rate=hertz, dtype=dtype, input=request.input), Streams)


def frequency(text: str) -> Fraction:
    """``24000``, ``24k`` or ``44.1 kHz`` as positions per second."""
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)\s*([km]?)(?:hz)?", text.strip().lower())
    if match is None or Fraction(match[1]) == 0:
        raise typer.BadParameter(
            f"{text!r} is not a rate of more than 0 positions per second, such as 24000, 24k or 44.1kHz",
            param_hint="--rate",
        )
    return Fraction(match[1]) * {"": 1, "k": 1000, "m": 10**6}[match[2]]
