"""``cnncalc explain``: what a code means, and how to mend it."""

from __future__ import annotations

from itertools import groupby
from textwrap import dedent, wrap
from typing import Annotated

import typer

from cnncalc.cli.output import emit, target_surface
from cnncalc.codes import CODES, GROUPS, Code
from cnncalc.errors import FINE
from cnncalc.render.surface import BOLD, Surface
from cnncalc.support.suggest import did_you_mean

WIDTH = 100


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="A code, such as E301.", show_default=False)
    ] = None,
) -> int:
    """What a code means, or all codes."""
    surface = target_surface(None)
    if code is None:
        emit("\n".join(_listed(surface)) + "\n")
        return FINE
    found = CODES.get(code.upper())
    if found is None:
        guess = did_you_mean(code.upper(), CODES)
        help = f", did you mean {guess}?" if guess else ", `cnncalc explain` lists all"
        raise typer.BadParameter(f"no code {code!r}{help}", param_hint="CODE")
    emit("\n".join(_explained(found, surface)) + "\n")
    return FINE


def _listed(surface: Surface) -> list[str]:
    lines: list[str] = []
    for group, codes in groupby(CODES.values(), key=lambda code: code.code[:2]):
        lines += ["", surface.styled(f"{group}xx {GROUPS[group]}", BOLD)]
        lines += [f"  {code.code}  {code.title}{' (where selected)' if code.quiet else ''}" for code in codes]
    return [*lines[1:], "", "`cnncalc explain CODE` shows one with its reasons and examples."]


def _explained(code: Code, surface: Surface) -> list[str]:
    lines = [
        surface.styled(f"{code.code}: {code.title}", BOLD),
        f"({code.severity})",
        "",
        *wrap(code.explanation, WIDTH),
    ]
    for title, example in (("Not so:", code.bad), ("But so:", code.good)):
        if example:
            lines += [
                "",
                surface.styled(title, BOLD),
                *(f"    {line}".rstrip() for line in dedent(example).strip().splitlines()),
            ]
    if code.is_warning:
        lines += [
            "",
            f"Turned off by `--ignore {code.code}`, or on a line by `# cnncalc: ignore[{code.code}]`.",
        ]
    return lines
