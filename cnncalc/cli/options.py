"""The options that several commands share, and how their values are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cnncalc.errors import InputError
from cnncalc.frameworks import FRAMEWORKS, possible
from cnncalc.render.formats import Format, Formats, has_ending
from cnncalc.render.outputs import COMPARED, FORMATS, PICTURED

if TYPE_CHECKING:
    FormatWord = str
    PicturedWord = str
    ComparedWord = str
else:
    FormatWord = Literal[FORMATS.names]
    PicturedWord = Literal[PICTURED.names]
    ComparedWord = Literal[COMPARED.names]
PIXELS = (".png", ".jpg", ".jpeg", ".gif", ".webp")
"""Endings of pictures that no format has."""
VECTORS = (".pdf", ".eps", ".ps")
"""The same, of pictures for papers."""
SPEC_HELP = "A spec, a file such as net.onnx, `-` for standard input, or the name of a bundled network."
Dtype = Literal["float32", "float64", "float16", "bfloat16", "int8"]


def spec_names(incomplete: str) -> list[str]:
    """The bundled configs that a shell may complete a SPEC to, besides files."""
    from cnncalc import bundled

    unique = (name for name, configs in bundled.models().items() if len(configs) == 1)
    return [name for name in (*bundled.names(), *unique) if name.startswith(incomplete)]


def model_names(context: typer.Context, incomplete: str) -> list[str]:
    """The variants in the specs given so far that a shell may complete to."""
    from cnncalc import CnncalcError, load

    given = [context.args, *(context.params.get(name) or () for name in ("specs", "paths", "spec"))]
    names: dict[str, None] = {}
    for spec in (spec for specs in given for spec in ([specs] if isinstance(specs, str) else specs)):
        try:
            names.update(dict.fromkeys(model.name for model in load(spec)))
        except CnncalcError:
            continue
    return [name for name in names if name.startswith(incomplete)]


def framework_names(incomplete: str) -> list[str]:
    """The frameworks that a shell may complete to."""
    return [name for name in FRAMEWORKS if name.startswith(incomplete)]


def read_once(specs: list[str]) -> list[str]:
    """SPECs among which standard input is at most once, for its text is gone when it was read."""
    if specs.count("-") > 1:
        raise typer.BadParameter(
            "standard input (`-`) can be read once only: put the other network into a file",
            param_hint="SPEC...",
        )
    return specs


Specs = Annotated[
    list[str],
    typer.Argument(
        autocompletion=spec_names,
        callback=read_once,
        metavar="SPEC...",
        help=SPEC_HELP,
        show_default=False,
    ),
]
Spec = Annotated[
    str,
    typer.Argument(
        autocompletion=spec_names,
        metavar="SPEC",
        help=SPEC_HELP,
        show_default=False,
    ),
]
Input = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="SHAPE",
        help="Another input, such as 3x224x224; of several inputs `name=3x224x224`.",
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Another value for a variable of the spec. Repeatable."),
]
Variant = Annotated[
    str | None,
    typer.Option(
        "--model", metavar="VARIANT", autocompletion=model_names, help="Only this variant of `models:`."
    ),
]
FrameworkName = Annotated[
    str | None,
    typer.Option(
        "--framework",
        metavar="F",
        autocompletion=framework_names,
        help=f"Another framework's rules: {', '.join(possible())}.",
    ),
]
MaxLayers = Annotated[
    int,
    typer.Option(
        "--max-layers",
        metavar="N",
        min=1,
        help="Reject networks with more layers; memory grows with their number.",
    ),
]
Jobs = Annotated[
    int, typer.Option("-j", "--jobs", metavar="N", min=1, max=64, help="How many processes work.")
]
Depth = Annotated[
    int | None,
    typer.Option(
        "--depth", metavar="N", min=1, help="Fold layers deeper than N path components into one row."
    ),
]
All = Annotated[
    bool,
    typer.Option(
        "--all", help="Show every layer: also those without parameters that keep their shape, and each copy."
    ),
]
Paths = Annotated[
    bool,
    typer.Option("--paths", help="Show whole paths in place of a tree, and every copy.", show_default=False),
]
_USUAL_FORMAT = f"By default the ending of FILE decides, else {FORMATS.default.name}."
FormatName = Annotated[FormatWord | None, typer.Option("--format", help=_USUAL_FORMAT, show_default=False)]
LayersFormatName = Annotated[
    FormatWord | None,
    typer.Option(
        "--format", help=f"{_USUAL_FORMAT} JSON and CSV always have every layer.", show_default=False
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help=f"Write the result to a file: {', '.join(FORMATS.endings)}."
    ),
]
PicturedFormatName = Annotated[
    PicturedWord | None, typer.Option("--format", help=_USUAL_FORMAT, show_default=False)
]
PicturedOutput = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help=f"Write the result to a file: {', '.join(PICTURED.endings)}."
    ),
]
ComparedFormatName = Annotated[
    ComparedWord | None,
    typer.Option(
        "--format",
        help=f"{_USUAL_FORMAT} A file that ends in .html is the page of `draw`, with --format html a table.",
        show_default=False,
    ),
]
DtypeName = Annotated[Dtype, typer.Option("--dtype", help="The type of a weight, for the weight memory.")]


def format_of(format: str | None, output: str | None, formats: Formats = FORMATS) -> Format:
    """The format asked for, else that of the file's ending; the default where a file has none.

    Raises:
        typer.BadParameter: for the ending of no format, and for a format that others have.
    """
    if format is not None:
        if format not in formats.names:
            raise typer.BadParameter(
                f"there is no {format!r} of this; use one of {', '.join(formats.names)}",
                param_hint="--format",
            )
        return formats[format]
    return formats.default if output is None else of_ending(formats, output) or formats.default


def of_ending(formats: Formats, output: str, preferred: str | None = None) -> Format | None:
    """The format that the ending of a file asks for; ``None`` where it has no ending.

    Raises:
        typer.BadParameter: for the ending of no format.
    """
    found = formats.of_file(output, preferred)
    if found is None and has_ending(output):
        how = _pictures_of(output) if output.lower().endswith((".svg", *PIXELS, *VECTORS)) else ""
        raise typer.BadParameter(
            f"no format has the ending of {output!r}; use one of {', '.join(formats.endings)}, "
            f"or name the format{how}",
            param_hint="--output",
        )
    return found


def _pictures_of(output: str) -> str:
    """How to get a picture, also one in pixels or for a paper."""
    stem, _, ending = output.rpartition(".")
    if ending.lower() == "svg":
        return f"; pictures are drawn by `cnncalc draw SPEC -o {output}`"
    kind = ending.lower() if f".{ending.lower()}" in VECTORS else "png"
    form = "" if kind == "png" else f"-f {kind} "
    return (
        f"; pictures are SVG: `cnncalc draw SPEC -o {stem}.svg`, of which "
        f"`rsvg-convert {form}{stem}.svg -o {stem}.{kind}` makes a {kind.upper()}"
    )


def check_ending(output: str, endings: tuple[str, ...]) -> None:
    """Refuse a file that says by its ending that it holds something else.

    Raises:
        typer.BadParameter
    """
    if has_ending(output) and not output.lower().endswith(endings):
        raise typer.BadParameter(
            f"the ending of {output!r} is none of {', '.join(endings)}", param_hint="--output"
        )


def settings(given: list[str] | None) -> dict[str, str]:
    """``name=value`` pairs as a mapping.

    Raises:
        typer.BadParameter: for what is no such pair, and for a name that is given twice.
    """
    return _pairs(given or (), "--set", "n=3")


def values(given: list[str] | None) -> dict[str, Sequence[str]]:
    """The values of each variable, those of a repeated name one after the other."""
    from cnncalc.questions.sweep import parse_values

    found: dict[str, Sequence[str]] = {}
    for text in given or ():
        for name, values in settings([text]).items():
            try:
                parts = [parse_values(one) for one in _listed(values)]
            except InputError as error:
                raise typer.BadParameter(str(error), param_hint="--set") from error
            before = found.get(name)
            alone = len(parts) == 1 and before is None
            found[name] = parts[0] if alone else (*(before or ()), *(one for part in parts for one in part))
    return found


def _listed(text: str) -> tuple[str, ...]:
    """The values between the commas outside of brackets."""
    values, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            values.append("")
        else:
            values[-1] += character
    return tuple(value.strip() for value in values)


def input_shape(given: list[str] | None) -> str | Mapping[str, str] | None:
    """One shape for the only input, or shapes by the inputs' names."""
    if not given:
        return None
    if len(given) == 1 and "=" not in given[0]:
        return given[0]
    if not any("=" in text for text in given):
        raise typer.BadParameter(
            f"it is given {len(given)} times, with {' and '.join(given)}: give one shape; "
            f"`cnncalc sweep` computes several in one run",
            param_hint="--input",
        )
    return _pairs(given, "--input", "left=3x64x64")


def _pairs(given: Iterable[str], option: str, example: str) -> dict[str, str]:
    """Pairs as a mapping, each name once."""
    found: dict[str, str] = {}
    for text in given:
        name, value = _pair(text, option, example)
        if name in found:
            raise typer.BadParameter(
                f"{name!r} is given twice, as {found[name]} and as {value}: give one of them; "
                f"`cnncalc sweep` computes several in one run",
                param_hint=option,
            )
        found[name] = value
    return found


def _pair(text: str, option: str, example: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise typer.BadParameter(
            f"{text!r} is not of the form name=value, such as {example}", param_hint=option
        )
    return name, value


MOST_LEVELS, MOST_BINS = 32, 10_000
"""Levels of a pyramid, and bins of one of them along an axis."""


def whole_numbers(
    text: str, option: str, separators: str = "x", least: int = 0, most: int = 10**9, example: str = ""
) -> tuple[int, ...]:
    """``13x9`` or ``1,2,4`` as numbers."""
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    parts = text.split(separators[0])
    digits = len(str(most))
    if not all(
        part.isascii() and part.isdigit() and len(part) <= digits and least <= int(part) <= most
        for part in parts
    ):
        raise typer.BadParameter(
            f"{text!r} is not made of whole numbers from {least} to {most:,}"
            + (f", such as {example}" if example else ""),
            param_hint=option,
        )
    return tuple(map(int, parts))


def per_axis(text: str, rank: int, option: str, least: int = 0) -> tuple[int, ...]:
    """``3`` for every axis, or one number per axis."""
    from cnncalc.geometry.participation import LONGEST_AXIS

    numbers = whole_numbers(text, option, "x,", least, LONGEST_AXIS)
    if len(numbers) == 1:
        return numbers * rank
    if len(numbers) != rank:
        raise typer.BadParameter(f"{text!r} has {len(numbers)} numbers for {rank} axes", param_hint=option)
    return numbers


def map_size(text: str) -> tuple[int, ...]:
    """``--in``: one length or two."""
    from cnncalc.geometry.participation import LONGEST_AXIS

    sizes = whole_numbers(text, "--in", "x,", 1, LONGEST_AXIS)
    if len(sizes) > 2:
        raise typer.BadParameter(
            f"{text!r} has {len(sizes)} axes, but at most 2 can be shown", param_hint="--in"
        )
    return sizes


def per_second(text: str, option: str, units: str, example: str) -> Fraction:
    """``19.5T`` or ``1555 GB/s`` as a number per second."""
    number = r"([0-9]{1,15}(?:\.[0-9]{1,9})?)(?:e([0-9]{1,2}))?"
    match = re.fullmatch(rf"{number}\s*([kmgtp]i?)?(?:{units})?", text.strip().lower())
    if match is None or Fraction(match[1]) == 0:
        raise typer.BadParameter(f"{text!r} is not a number of {example}", param_hint=option)
    prefix = match[3] or ""
    power = " kmgtp".index(prefix[0]) if prefix else 0
    base = 1024 if prefix.endswith("i") else 1000
    return Fraction(match[1]) * Fraction(10) ** int(match[2] or 0) * Fraction(base) ** power
