"""The commands that show networks: params, rf, shapes, summary. They differ only in their columns."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import options, run
from cnncalc.loading import Options
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.render.view import View

At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="Y,X",
        help="Show also the input region that this unit of each layer sees.",
        show_default=False,
    ),
]


def params(
    specs: options.Specs,
    input: options.Input = None,
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    max_layers: options.MaxLayers = MOST_LAYERS,
    depth: options.Depth = None,
    all_layers: options.All = False,
    paths: options.Paths = False,
    dtype: options.DtypeName = "float32",
    format: options.LayersFormatName = None,
    output: options.Output = None,
) -> int:
    """Weights, biases, buffers and MACs per layer."""
    request = _request(specs, input, sets, model, framework, max_layers)
    return run.show(request, View("params", depth, all_layers, dtype=dtype, paths=paths), format, output)


def rf(
    specs: options.Specs,
    at: At = None,
    input: options.Input = None,
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    max_layers: options.MaxLayers = MOST_LAYERS,
    depth: options.Depth = None,
    all_layers: options.All = False,
    paths: options.Paths = False,
    format: options.LayersFormatName = None,
    output: options.Output = None,
) -> int:
    """Receptive fields: size, stride (jump), padding."""
    unit = None if at is None else options.whole_numbers(at, "--at", ",x")
    request = _request(specs, input, sets, model, framework, max_layers)
    return run.show(request, View("rf", depth, all_layers, unit, paths=paths), format, output)


def shapes(
    specs: options.Specs,
    input: options.Input = None,
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    max_layers: options.MaxLayers = MOST_LAYERS,
    depth: options.Depth = None,
    all_layers: options.All = False,
    paths: options.Paths = False,
    format: options.LayersFormatName = None,
    output: options.Output = None,
) -> int:
    """Output sizes per layer."""
    request = _request(specs, input, sets, model, framework, max_layers)
    return run.show(request, View("shapes", depth, all_layers, paths=paths), format, output)


def summary(
    specs: options.Specs,
    input: options.Input = None,
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    max_layers: options.MaxLayers = MOST_LAYERS,
    depth: options.Depth = None,
    all_layers: options.All = False,
    paths: options.Paths = False,
    dtype: options.DtypeName = "float32",
    format: options.LayersFormatName = None,
    output: options.Output = None,
) -> int:
    """All of these, with activations and memory."""
    request = _request(specs, input, sets, model, framework, max_layers)
    return run.show(request, View("summary", depth, all_layers, dtype=dtype, paths=paths), format, output)


def _request(
    specs: list[str],
    input: list[str] | None,
    sets: list[str] | None,
    model: str | None,
    framework: str | None,
    max_layers: int,
) -> run.Request:
    wanted = Options(options.settings(sets), framework, model, max_layers)
    return run.Request(tuple(specs), options.input_shape(input), wanted)
