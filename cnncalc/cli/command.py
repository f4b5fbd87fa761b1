"""A command of the command line: its values without a detour, and its help in colour."""

from __future__ import annotations

import re
import sys
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from cnncalc.cli.output import surface_of
from cnncalc.cli.overview import GROUPS
from cnncalc.render.surface import BOLD, CYAN, Surface

TERM = 24
"""Cells of an option with its value in help; what is said of a longer one begins below it."""


class Command(TyperCommand):
    """Takes plain values as they are: words, whole numbers and choices.

    From 0.29 on, typer has pydantic convert every value, also one that is not given, and imports it for that,
    which is half of the time of a run. What needs a conversion is left to typer.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        types = get_type_hints(self.callback, include_extras=True) if self.callback is not None else {}
        for parameter in self.params:
            wanted = types.get(parameter.name or "")
            if get_origin(wanted) is Annotated:
                type, *limits = get_args(wanted)
                _take_words(parameter, type, tuple(limits))
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [_BRACKETS.sub(r"\1\2", piece) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        write = formatter.write_dl
        formatter.write_dl = lambda rows, *more: write(
            [(_TYPE.sub("", term), _LIMITS.sub(_in_words, text)) for term, text in rows], *(more or (TERM,))
        )
        super().format_options(ctx, formatter)

    def get_help_option(self, ctx: Any) -> Any:
        return _help_option(super().get_help_option(ctx))

    def get_help(self, ctx: Any) -> str:
        return coloured(super().get_help(ctx), surface_of(sys.stdout))


class Group(TyperGroup):
    """The commands together, each under what it is for."""

    def get_help_option(self, ctx: Any) -> Any:
        return _help_option(super().get_help_option(ctx))

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for title, names in GROUPS.items():
            there = [(name, self.get_command(ctx, name)) for name in names]
            found = [(name, command) for name, command in there if command is not None]
            if found:
                width = formatter.width - 6 - max(len(name) for name, _ in found)
                with formatter.section(title):
                    formatter.write_dl([(name, one.get_short_help_str(width)) for name, one in found])

    def get_help(self, ctx: Any) -> str:
        return coloured(super().get_help(ctx), surface_of(sys.stdout))


def _help_option(option: Any) -> Any:
    if option is not None:
        _take_words(option, bool, ())
    return option


def _take_words(parameter: Any, type: Any, limits: tuple[Any, ...]) -> None:
    """Let a parameter take the values that are plain, and leave the others to what it does of itself."""
    convert = parameter.process_value

    def process_value(context: typer.Context, given: Any) -> Any:
        if given is None and not parameter.required:
            value = () if parameter.multiple or parameter.nargs == -1 else None
        else:
            value = _plain(given, type, limits)
            if value is None:
                try:
                    return convert(context, given)
                except typer.BadParameter as error:
                    error.message = _refusal(given, type, limits) or error.message
                    raise
        return value if parameter.callback is None else parameter.callback(context, parameter, value)

    parameter.process_value = process_value


def _plain(given: Any, type: Any, limits: tuple[Any, ...]) -> Any:
    """What a value means as a type, where that is plain; otherwise ``None``."""
    origin = get_origin(type)
    if origin is Literal:
        return given if given in get_args(type) else None
    if origin is list:
        (each,) = get_args(type)
        values = [_plain(one, each, limits) for one in given] if isinstance(given, list | tuple) else []
        return None if not values or None in values else values
    if origin is not None:
        meanings = [_plain(given, one, limits) for one in get_args(type)]
        return next((one for one in meanings if one is not None), None)
    if type is int and isinstance(given, str):
        return _whole(given, limits)
    return given if given.__class__ is type else None


def _whole(text: str, limits: tuple[Any, ...]) -> int | None:
    """The number that a text of few digits is, within the limits of its option."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        return None
    number = int(text)
    least, most = ([limit for one in limits if (limit := getattr(one, end)) is not None] for end in _ENDS)
    return number if all(number >= one for one in least) and all(number <= one for one in most) else None


_ENDS = ("min", "max")


def _refusal(given: Any, type: Any, limits: tuple[Any, ...]) -> str | None:
    """Why a value is not one of a type: in words of ours, for those of typer differ by its version."""
    origin = get_origin(type)
    if origin is Literal:
        return f"'{given}' is not one of {', '.join(map(repr, get_args(type)))}."
    if type is int:
        return _refused_number(given, limits)
    if origin is None or origin is list:
        return None
    return next((why for one in get_args(type) if (why := _refusal(given, one, limits))), None)


def _refused_number(given: Any, limits: tuple[Any, ...]) -> str | None:
    try:
        number = int(given)
    except ValueError:
        if str(given).isdecimal():
            return f"a number of {len(given):,} digits is too large."
        return f"'{given}' is not a whole number."
    for limit in limits:
        if limit.min is not None and number < limit.min:
            return f"{given} is too small, the least is {limit.min}."
        if limit.max is not None and number > limit.max:
            return f"{given} is too large, the most is {limit.max}."
    return None


_BRACKETS = re.compile(r"^(?:\{(.*)\}|\[(\[.*\])\])(?:\.\.\.)?$")
"""What typer writes around an argument in a usage line, whose own name says how often it is given."""
_TYPE = re.compile(r" <(?:str|int|list\[str\])>$")
"""The type that it writes behind a name, which says nothing to somebody who does not write Python."""
_LIMITS = re.compile(r"(?<=[\[ ])(?:([0-9]+)<=)?x(?:([<>])=([0-9]+))?(?=\]$)")
"""The limits of a number that it writes at the end of a text."""
_HEAD = re.compile(r"^(?:Usage|[A-Z][A-Za-z ]*)(?=:)", re.MULTILINE)
_TERM = re.compile(
    r"^  (-[\w-]+(?:(?:, | / )-[\w-]+)*|[a-z][a-z-]*(?=  )|\[?[A-Z][][A-Z.]*(?: [][A-Z.|]+)*(?=  |\n))",
    re.MULTILINE,
)


def _in_words(found: re.Match[str]) -> str:
    least, sign, limit = found[1], found[2], found[3]
    if least is not None:
        return f"{least} to {limit}"
    return f"at least {limit}" if sign == ">" else f"at most {limit}"


def coloured(text: str, surface: Surface) -> str:
    """Help with headings, options and commands set off."""
    if not surface.colour:
        return text
    text = _HEAD.sub(lambda found: surface.styled(found[0], BOLD), text)
    return _TERM.sub(lambda found: "  " + surface.styled(found[1], CYAN), text)
