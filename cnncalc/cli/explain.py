"""``cnncalc explain``: what a code means and how to fix it, or a page of the guide."""

from __future__ import annotations

from itertools import groupby
from textwrap import dedent, wrap
from typing import Annotated

import typer

from cnncalc.cli.output import emit, target_surface
from cnncalc.codes import CODES, GROUPS, Code
from cnncalc.errors import FINE
from cnncalc.render.surface import BOLD, Surface
from cnncalc.support.words import did_you_mean

WIDTH = 100


def _subjects(incomplete: str) -> list[str]:
    """The topics and codes that a shell may complete a word to."""
    from cnncalc.guide import topics

    return [
        *(topic for topic in topics() if topic.startswith(incomplete.lower())),
        *(code for code in CODES if code.startswith(incomplete.upper())),
    ]


def explain(
    subject: Annotated[
        str | None,
        typer.Argument(
            autocompletion=_subjects,
            metavar="[CODE | TOPIC]",
            help="A code, such as E301, or a page of the guide, such as language.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """What a code means, or a page of the guide."""
    surface = target_surface(None)
    if subject is None:
        emit("\n".join(_listed(surface)) + "\n")
    elif subject.upper() in CODES:
        emit("\n".join(_explained(CODES[subject.upper()], surface)) + "\n")
    else:
        emit(_page(subject, surface))
    return FINE


def _page(subject: str, surface: Surface) -> str:
    from cnncalc.guide import page, topics

    topic, known = subject.lower(), topics()
    if topic not in known:
        guess = did_you_mean(subject.upper(), CODES) or did_you_mean(topic, known)
        help = f", did you mean {guess}?" if guess else ", `cnncalc explain` lists all"
        raise typer.BadParameter(f"no code or topic {subject!r}{help}", param_hint="CODE | TOPIC")
    from cnncalc.render.manual import render

    return render(page(topic).text, surface)


def _listed(surface: Surface) -> list[str]:
    lines: list[str] = []
    for group, codes in groupby(CODES.values(), key=lambda code: code.code[:2]):
        lines += ["", surface.styled(f"{group}xx {GROUPS[group]}", BOLD)]
        lines += [f"  {code.code}  {code.title}{' (where selected)' if code.quiet else ''}" for code in codes]
    return [
        *lines[1:],
        "",
        "`cnncalc explain CODE` shows one with its reasons and examples.",
        "",
        surface.styled("guide", BOLD),
        *_pages(),
        "",
        "`cnncalc explain TOPIC` shows a page.",
    ]


def _pages() -> list[str]:
    from cnncalc.guide import page, topics

    return [f"  {topic:<{max(map(len, topics()))}}  {page(topic).title}" for topic in topics()]


def _explained(code: Code, surface: Surface) -> list[str]:
    lines = [
        surface.styled(f"{code.code}: {code.title}", BOLD),
        f"({code.severity})",
        "",
        *wrap(code.explanation, min(surface.width or WIDTH, WIDTH)),
    ]
    for title, example in (("Causes it:", code.bad), ("Does not:", code.good)):
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
