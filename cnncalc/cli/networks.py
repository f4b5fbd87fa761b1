"""The commands that show networks: params, rf, shapes, summary. They differ only in their columns."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.analysis.roofline import Machine
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


Effective = Annotated[
    bool,
    typer.Option(
        "--effective",
        help="Show also the effective receptive field at initialisation: where the gradient is.",
    ),
]
SeenFrom = Annotated[
    str | None,
    typer.Option(
        "--seen-from",
        metavar="Y,X",
        help="Show also which units of each layer see this position of the input.",
        show_default=False,
    ),
]
Profiled = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="LAYER",
        help="Instead: how the gradient of a unit of this layer, the middle one or that of --at, is spread "
        "over the input, and by how many paths.",
        show_default=False,
    ),
]
Cropped = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--crop",
        metavar="LAYER UNITS",
        help="Instead: the region of the input that these units need, such as `--crop conv5 3..5,2..7`.",
        show_default=False,
    ),
]


Peak = Annotated[
    str | None,
    typer.Option(
        "--peak",
        metavar="FLOPS",
        help="With --bandwidth: floating-point operations per second of a machine, such as 19.5T.",
        show_default=False,
    ),
]
Bandwidth = Annotated[
    str | None,
    typer.Option(
        "--bandwidth",
        metavar="BYTES/S",
        help="Bytes per second of its memory, such as 1555G: gives the least time of each layer.",
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
    seen_from: SeenFrom = None,
    effective: Effective = False,
    profile: Profiled = None,
    crop: Cropped = None,
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
    unit = None if at is None else options.whole_numbers(at, "--at", ",x", example="12,20")
    position = (
        None if seen_from is None else options.whole_numbers(seen_from, "--seen-from", ",x", example="12,20")
    )
    request = _request(specs, input, sets, model, framework, max_layers)
    if profile is not None or crop is not None:
        from cnncalc.cli import fields

        asked = fields.Asked(profile, crop, unit)
        fields.check(asked, seen_from=seen_from, effective=effective, depth=depth)
        return fields.show(request, asked, format, output)
    view = View("rf", depth, all_layers, unit, paths=paths, effective=effective, seen_from=position)
    return run.show(request, view, format, output)


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
    peak: Peak = None,
    bandwidth: Bandwidth = None,
    format: options.LayersFormatName = None,
    output: options.Output = None,
) -> int:
    """Sizes, parameters, MACs and fields, with activations and memory.

    With --peak and --bandwidth also the least time that each layer can take on a machine, by the roofline.
    """
    limits = machine(peak, bandwidth)
    request = _request(specs, input, sets, model, framework, max_layers)
    view = View("summary", depth, all_layers, dtype=dtype, paths=paths, machine=limits)
    return run.show(request, view, format, output)


def machine(peak: str | None, bandwidth: str | None) -> Machine | None:
    """The machine that two options describe."""
    if peak is None and bandwidth is None:
        return None
    if peak is None or bandwidth is None:
        given, other = ("--peak", "--bandwidth") if bandwidth is None else ("--bandwidth", "--peak")
        message = f"a bound needs both: add {other}, such as `--peak 19.5T --bandwidth 1555G`"
        raise typer.BadParameter(message, param_hint=given)
    return Machine(
        options.per_second(peak, "--peak", "flops|flop/s", "FLOPs per second, such as 19.5T or 300G"),
        options.per_second(bandwidth, "--bandwidth", "b/s|bps", "bytes per second, such as 1555G or 2TB/s"),
    )


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
