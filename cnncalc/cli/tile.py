"""``cnncalc tile``: how to cut a large image."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from cnncalc.cli import options
from cnncalc.cli.asking import Request, answer
from cnncalc.errors import InputError
from cnncalc.loading import Options
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.network.model import Model
from cnncalc.questions.tile import Tiling
from cnncalc.questions.tile import tile as tiles_of
from cnncalc.render.listings.tiles import Tiles

Image = Annotated[
    str,
    typer.Option(
        "--image",
        metavar="HxW",
        help="The spatial sizes of the image, such as 4096x4096.",
        show_default=False,
    ),
]
Size = Annotated[
    str | None,
    typer.Option("--tile", metavar="N", help="How large a tile may be: 512, or 512x256.", show_default=False),
]
Memory = Annotated[
    str | None,
    typer.Option(
        "--memory",
        metavar="BYTES",
        help="Instead: what activations and weights of one run may take, such as 2GiB or 500MB.",
        show_default=False,
    ),
]
Batch = Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Tiles that are run at once.")]
Dtype = Annotated[options.Dtype, typer.Option("--dtype", help="How activations and weights are stored.")]

_UNITS = {
    "": 1,
    "k": 10**3,
    "m": 10**6,
    "g": 10**9,
    "t": 10**12,
    "ki": 2**10,
    "mi": 2**20,
    "gi": 2**30,
    "ti": 2**40,
}
LARGEST_IMAGE = 10**9


def tile(
    spec: options.Spec,
    image: Image,
    tile: Size = None,
    memory: Memory = None,
    dtype: Dtype = "float32",
    batch: Batch = 1,
    input: options.Input = None,
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    max_layers: options.MaxLayers = MOST_LAYERS,
    format: options.FormatName = None,
    output: options.Output = None,
) -> int:
    """How to cut a large image into tiles.

    Running the unchanged network on every tile and putting the kept parts together equals the run on the
    whole image, number by number. What sees the whole map (a global pool, a group norm) is refused.
    """
    sizes = options.whole_numbers(image, "--image", "x,", 1, LARGEST_IMAGE, "4096x4096")
    if (tile is None) == (memory is None):
        raise typer.BadParameter(
            "give one of --tile and --memory: how large a tile may be, such as --tile 512, or what one run "
            "may take, such as --memory 2GiB",
            param_hint="--tile",
        )
    limit = None if tile is None else options.whole_numbers(tile, "--tile", "x,", 1, LARGEST_IMAGE, "512")
    room = None if memory is None else number_of_bytes(memory)
    request = Request(
        (spec,),
        options.input_shape(input),
        Options(options.settings(sets), framework, model, max_layers),
        format,
        output,
    )

    def ask(one: Model) -> Tiling:
        if limit is not None and len(limit) not in (1, len(sizes)):
            raise typer.BadParameter(
                f"{len(limit)} tile sizes for {len(sizes)} axes: give one, or one per axis",
                param_hint="--tile",
            )
        try:
            return tiles_of(
                one,
                sizes,
                tile=limit if limit is None or len(limit) > 1 else limit[0],
                memory=room,
                dtype=dtype,
                batch=batch,
                input=request.input,
            )
        except InputError as error:
            raise typer.BadParameter(str(error), param_hint="--image") from error

    return answer(request, ask, Tiles)


def number_of_bytes(text: str) -> int:
    """``2GiB``, ``500 MB`` or a plain number of bytes."""
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([kmgt]i?)?b?", text.strip().lower())
    if match is None or float(match[1]) == 0:
        raise typer.BadParameter(
            f"{text!r} is not an amount of memory, such as 2GiB, 500MB or 1000000", param_hint="--memory"
        )
    from fractions import Fraction

    return int(Fraction(match[1]) * _UNITS[match[2] or ""])
