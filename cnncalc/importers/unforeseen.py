"""Values of a file that no check has foreseen: an error of the file that says so, and where."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from cnncalc.errors import CnncalcError, Location
from cnncalc.importers.items import Malformed
from cnncalc.support.words import shown

KINDS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What values of another type, number or size than expected can cause; else the tool is at fault."""


@contextmanager
def reported(file: str, node: str | None = None, line: int = 1) -> Iterator[None]:
    """Report what the values of a file cause, at the node or the line that is being read.

    Raises:
        Malformed: E116, with the place in the reader for whoever looks into it.
    """
    try:
        yield
    except KINDS as error:
        if isinstance(error, CnncalcError):
            raise
        step = traceback.extract_tb(error.__traceback__)[-1]
        found = (
            f"{type(error).__name__}: {shown(str(error))}, {os.path.basename(step.filename)}:{step.lineno}"
        )
        raise Malformed(
            file,
            f"a value here is unforeseen by the reader ({found})",
            "the file may be damaged; if it is good, please report it",
            Location(file, line, 1, node=node),
        ) from error
