"""``cnncalc schema``: the language as a JSON Schema, for editors."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from cnncalc.cli import options
from cnncalc.cli.output import emit, keep_specs
from cnncalc.errors import FINE

Output = Annotated[
    str | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to a file that ends in .json.")
]


def schema(output: Output = None) -> int:
    """The JSON Schema of specs, for editors."""
    keep_specs(output, ())
    if output is not None:
        options.check_ending(output, (".json",))
    from cnncalc.language.schema.spec import schema as build

    emit(json.dumps(build(), indent=1) + "\n", output)
    return FINE
