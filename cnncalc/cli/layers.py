"""``cnncalc layers``: the operations of the language, as their classes describe them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from cnncalc.cli.output import emit, target_surface
from cnncalc.errors import FINE
from cnncalc.render.outputs.table import READABLE, aligned
from cnncalc.render.surface import BOLD, Surface
from cnncalc.render.text import wrapped
from cnncalc.support.words import did_you_mean

if TYPE_CHECKING:
    from cnncalc.language.vocabulary import Operation


def _names(incomplete: str) -> list[str]:
    """The operations that a shell may complete a word to."""
    from cnncalc.language.vocabulary import operations

    return [one.op for one in operations() if one.op.startswith(incomplete)]


def layers(
    op: Annotated[
        str | None,
        typer.Argument(
            autocompletion=_names,
            metavar="[OP]",
            help="One operation, with its arguments.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """The operations of the language."""
    from cnncalc.language.vocabulary import look_up, operations

    known = operations()
    surface = target_surface(None)
    if op is None:
        emit("\n".join(_families(known, surface)) + "\n")
        return FINE
    word = look_up(op)
    found = next((one for one in known if word is not None and one.op == word.meaning.op), None)
    if found is None:
        guess = did_you_mean(op, [one.op for one in known])
        help = f", did you mean {guess!r}?" if guess else ", `cnncalc layers` lists all"
        raise typer.BadParameter(f"no operation {op!r}{help}", param_hint="OP")
    emit("\n".join(_described(found, surface)) + "\n")
    return FINE


def _families(known: tuple[Operation, ...], surface: Surface) -> list[str]:
    from cnncalc.language.vocabulary import SIBLING_DOCS

    lines: list[str] = []
    for family, group in groupby(known, key=lambda one: one.family):
        lines += ["", surface.styled(family.replace("_", " "), BOLD)]
        operations = list(group)
        summaries = [_plain(one.summary) for one in operations]
        lines += _columns([["  " + one.op for one in operations], summaries], surface)
    lines += ["", surface.styled("keys beside an operation", BOLD)]
    lines += _columns([[f"  {key}" for key in SIBLING_DOCS], [*SIBLING_DOCS.values()]], surface)
    return [*lines[1:], "", "`cnncalc layers OP` shows an operation's arguments."]


def _described(one: Operation, surface: Surface) -> list[str]:
    lines = [surface.styled(one.op, BOLD), *wrapped(_plain(one.summary), surface.width or READABLE)]
    if one.kernel_in_name:
        lines += ["", f"The kernel may be part of the name: {one.op}3x3"]
    if one.fields:
        names = [
            f"  {field.name}, {field.short}" if field.short else f"  {field.name}" for field in one.fields
        ]
        defaults = [
            field.default + (" (the primary argument)" if field.primary else "") for field in one.fields
        ]
        lines += [
            "",
            *_columns(
                [["  argument", *names], ["default", *defaults], ["", *(field.doc for field in one.fields)]],
                surface,
            ),
        ]
    return [*lines, "", f"- {one.example}"]


def _columns(columns: list[list[str]], surface: Surface) -> list[str]:
    return aligned(columns, [False] * len(columns), surface.width)


def _plain(summary: str) -> str:
    """A docstring as a terminal shows it."""
    return summary.replace("``", "`")
