"""``cnncalc schema``: the language as a JSON Schema, for editors."""

from __future__ import annotations

import json

from cnncalc.cli import options
from cnncalc.cli.output import emit, keep_specs
from cnncalc.errors import FINE


def schema(output: options.Output = None) -> int:
    """The JSON Schema of specs, for editors."""
    keep_specs(output, ())
    if output is not None:
        options.check_ending(output, (".json",))
    from cnncalc.language.schema.spec import schema as build

    emit(json.dumps(build(), indent=1) + "\n", output)
    return FINE
