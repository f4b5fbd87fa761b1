"""``cnncalc draw``: networks as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cnncalc.analysis.report import Report
from cnncalc.cli import options, run
from cnncalc.cli.output import emit, is_watched, keep_specs
from cnncalc.cli.seen import Seen
from cnncalc.errors import INVALID, InputError, NoAnswer
from cnncalc.loading import Options
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.render.drawings import FORMS, Request
from cnncalc.render.pictures import PICTURES, USUAL, Drawing
from cnncalc.render.pictures.photo import data_url
from cnncalc.render.progress import Progress

if TYPE_CHECKING:
    Kind = str
    FormWord = str
else:
    Kind = Literal[tuple(PICTURES)]
    FormWord = Literal[FORMS.names]

What = Annotated[
    Kind | None,
    typer.Option(
        "--what",
        help=f"The kind of picture, by default {USUAL}: "
        f"{'; '.join(f'{one.name} is {one.about}' for one in PICTURES.values())}.",
        show_default=False,
    ),
]
Layers = Annotated[
    list[str] | None,
    typer.Option("--layer", metavar="PATH", help="A layer to draw. Repeatable.", show_default=False),
]
At = Annotated[
    str | None,
    typer.Option("--at", metavar="Y,X", help="The unit whose region is drawn.", show_default=False),
]
Behind = Annotated[
    str | None,
    typer.Option(
        "--behind",
        metavar="FILE",
        help="A picture (PNG, JPEG, GIF, WebP) that is the input, to draw the regions of --what field on.",
        show_default=False,
    ),
]
FormName = Annotated[
    FormWord | None,
    typer.Option(
        "--format",
        help=f"By default the ending of FILE decides, else {FORMS.default.name}.",
        show_default=False,
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help=f"Write the drawing to a file: {', '.join(FORMS.endings)}."
    ),
]


def draw(
    specs: options.Specs,
    what: What = None,
    layers: Layers = None,
    at: At = None,
    behind: Behind = None,
    depth: options.Depth = None,
    input: options.Input = None,
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    max_layers: options.MaxLayers = MOST_LAYERS,
    format: FormName = None,
    output: Output = None,
) -> int:
    """Networks as pictures, several side by side."""
    keep_specs(output, specs)
    form = options.format_of(format, output, FORMS)
    if what is not None and not form.one_kind:
        raise typer.BadParameter(f"leave it out: {form.name} is {form.about}", param_hint="--what")
    unit = None if at is None else options.whole_numbers(at, "--at", ",x", example="12,20")
    conditions = Options(options.settings(sets), framework, model, max_layers)
    seen = Seen()
    outcome = run.compute(run.Request(tuple(specs), options.input_shape(input), conditions), seen.read)
    diagnostics = outcome.diagnostics(warnings=False)
    reports = tuple(entry for entry in outcome.entries if isinstance(entry, Report))
    code = outcome.code
    if reports:
        try:
            photo = "" if behind is None else data_url(behind)
            drawn = Drawing(reports, tuple(layers or ()), unit, depth, photo)
            request = Request(what, drawn, tuple(seen.models), seen.texts)
            with Progress("drawing", is_shown=is_watched()):
                text = FORMS.render(form.name, request)
            emit(text, output)
        except NoAnswer as error:
            diagnostics += tuple(one for one in error.diagnostics if one not in diagnostics)
            code = max(code, INVALID)
        except InputError as error:
            given = {"--layer": layers, "--at": at, "--behind": behind}
            hint = " and ".join(name for name, value in given.items() if value)
            raise typer.BadParameter(str(error), param_hint=hint or None) from error
    run.report_diagnostics(diagnostics)
    return code
