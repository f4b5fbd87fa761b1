"""``cnncalc import``: a network of another format as the text of a spec that agrees with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.bundled import ENDINGS
from cnncalc.cli import options
from cnncalc.cli.output import Trouble, emit, warn
from cnncalc.cli.run import report_diagnostics
from cnncalc.errors import FINE, INVALID, CnncalcError, InputError, SourceError, UsageError
from cnncalc.geometry.shape import Shape, as_shape
from cnncalc.importers.registry import IMPORTERS, Importer
from cnncalc.render.text import inert
from cnncalc.support.words import did_you_mean

if TYPE_CHECKING:
    from cnncalc.importers.items import Item, Network, Problem, Request
    from cnncalc.importers.translating import Translated


def import_(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help=f"A network: {', '.join(source for one in IMPORTERS.values() for source in one.sources)}.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write the spec to a file.", show_default=False),
    ] = None,
    input: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="SHAPE",
            help="The input where the source leaves sizes open, such as 3x224x224; of several inputs "
            "`name=3x224x224`.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="What the network is called in the spec.")
    ] = None,
    flat: Annotated[bool, typer.Option("--flat", help="List the layers without structure.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the file where it is there already.")
    ] = False,
    format: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FORMAT",
            help=f"The source's format where its ending does not say: {', '.join(IMPORTERS)}.",
            show_default=False,
        ),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Write what is not understood as `custom` with stated numbers.")
    ] = False,
) -> int:
    """Write a network of another format as a spec."""
    from cnncalc.importers.items import Request
    from cnncalc.importers.translating import read_network, translated, with_hash

    importer = _importer(format)
    if output is not None:
        options.check_ending(output, ENDINGS)
    if output is not None and os.path.exists(output) and not force:
        raise Trouble(f"{output} is there already: pass --force to overwrite it")
    request = Request(source, _sizes(input), partial)
    try:
        network = with_hash(read_network(request, importer, name), request)
        found = translated(network, flat, source)
    except CnncalcError as error:
        if isinstance(error, UsageError):
            raise
        report_diagnostics(error.diagnostics)
        return 2 if isinstance(error, SourceError) else INVALID
    emit(found.text, output)
    warn("".join(f"{line}\n" for line in closing(found, request)))
    return FINE


def _importer(name: str | None) -> Importer | None:
    if name is None or name in IMPORTERS:
        return IMPORTERS.get(name or "")
    guess = did_you_mean(name, IMPORTERS)
    meant = f" Did you mean {guess!r}?" if guess else f" Possible: {', '.join(IMPORTERS)}."
    raise typer.BadParameter(f"{name!r} is no format.{meant}", param_hint="--from")


def _sizes(given: list[str] | None) -> dict[str, Shape]:
    shapes = options.input_shape(given)
    found: Mapping[str, str] = {"": shapes} if isinstance(shapes, str) else shapes or {}
    try:
        return {name: as_shape(shape) for name, shape in found.items()}
    except InputError as error:
        raise typer.BadParameter(str(error), param_hint="--input") from error


def closing(found: Translated, request: Request) -> list[str]:
    """What was written, what was compared, and what the user should know."""
    network = found.network
    convolutions = sum(one.op in ("conv", "depthwise", "conv_transpose") for one in network.items)
    lines = found.text.count("\n")
    written = (
        f"{_number(convolutions, 'convolution')}, {_number(network.nodes, 'node')}, {_number(lines, 'line')}"
    )
    agreed = []
    if found.agreement.tensors:
        agreed.append(f"shapes of {_number(found.agreement.tensors, 'tensor')}")
    if found.agreement.params is not None:
        agreed.append(f"{found.agreement.params:,} parameters")
    if found.agreement.macs is not None:
        agreed.append(f"{found.agreement.macs:,} MACs")
    closing = written + (f"; {_listed(agreed)} agree with the source" if agreed else "")
    remarks = [inert(remark) for remark in network.remarks]
    return [closing, *remarks, *_stated(network)]


def _stated(network: Network) -> list[str]:
    """What part of the totals is stated instead of computed, and why."""
    from cnncalc.importers.items import gathered

    if not network.unknown:
        return []
    customs = [one for one in network.items if one.op == "custom"]
    params, macs = (_sum_of(customs, name) for name in ("params", "macs"))
    return [
        f"stated, not computed: {_number(len(customs), 'layer')} with {params} parameters and {macs} MACs",
        *(inert(f"  {_cause(problem)}") for problem in gathered(network.unknown)),
    ]


def _cause(problem: Problem) -> str:
    """What is not understood, and where, of several at the first place."""
    where = problem.node or "the graph"
    others = "" if problem.times == 1 else f", and {problem.times - 1:,} more"
    return f"{problem.operator}: {problem.reason} ({where}{others})"


def _sum_of(layers: list[Item], count: str) -> str:
    """The sum of a count that layers state; a layer that does not state it has an unknown one."""
    given = [one.given(count) for one in layers]
    known = [value for value in given if isinstance(value, int)]
    return f"{sum(known):,}" if len(known) == len(given) else "an unknown number of"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


globals()["import"] = import_
