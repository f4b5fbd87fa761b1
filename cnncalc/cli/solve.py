"""``cnncalc solve``: the largest or smallest value of a variable with which conditions hold."""

from __future__ import annotations

from typing import Annotated

import typer

from cnncalc.cli import options
from cnncalc.cli.asking import Request, answer
from cnncalc.loading import Loaded, Options
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.network.model import Model
from cnncalc.questions.solve import Solution, Solver, conditions, range_of
from cnncalc.render.listings.solutions import Solutions

Vary = Annotated[
    str,
    typer.Option(
        "--vary",
        metavar="NAME[=LOW..HIGH[/STEP]]",
        help="The variable, or `input` for its size, and perhaps its range: width, width=8..512/8.",
        show_default=False,
    ),
]
SoThat = Annotated[
    list[str],
    typer.Option(
        "--so-that",
        metavar="CONDITION",
        help='What must hold, as in --fail-if of compare: "params <= 2M". Repeatable.',
        show_default=False,
    ),
]
Step = Annotated[
    str | None,
    typer.Option(
        "--step", metavar="STEP", help="Between values, such as 8 or 1/32; 1 by default.", show_default=False
    ),
]
Smallest = Annotated[
    bool,
    typer.Option("--smallest", help='The smallest value instead: "rf >= 1000".', show_default=False),
]


def solve(
    spec: options.Spec,
    vary: Vary,
    so_that: SoThat,
    step: Step = None,
    smallest: Smallest = False,
    input: options.Input = None,
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    max_layers: options.MaxLayers = MOST_LAYERS,
    format: options.FormatName = None,
    output: options.Output = None,
) -> int:
    """The largest value within budgets, or the smallest.

    Values that make no network, such as fractions where widths must be whole, are skipped. Where a metric is
    seen to fall as the variable grows, this is said, and all values of the range are tried.
    """
    wanted = conditions(so_that)
    values = range_of(vary, step)
    request = Request(
        (spec,),
        options.input_shape(input),
        Options(options.settings(sets), framework, model, max_layers),
        format,
        output,
    )
    solvers: list[Solver] = []

    def read(spec: str, options: Options) -> Loaded:
        solvers.append(Solver(spec, options, request.input))
        return solvers[0].loaded()

    def ask(one: Model) -> Solution:
        return solvers[0].solve(values, wanted, one, smallest)

    return answer(request, ask, Solutions, read)
