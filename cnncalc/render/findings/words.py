"""What several formats say alike: the closing line, and files as machines find them."""

from __future__ import annotations

import os

from cnncalc.checking import Results
from cnncalc.figures import plural
from cnncalc.render.text import inert


def closing(results: Results) -> str:
    """The sums in a line."""
    total = results.tally
    parts = [f"{plural(total.held, 'expectation')} held, {total.failed:,} failed"]
    parts += [plural(total.errors, "error")] if total.errors else []
    parts += [plural(total.warnings, "warning")] if total.warnings else []
    parts += [f"{plural(results.skipped, 'file')} skipped"] if results.skipped else []
    parts += [f"{total.undone:,} not checked"] if total.undone else []
    return f"{plural(total.files, 'file')}: {', '.join(parts)}"


def relative(file: str) -> str:
    """A file from the working folder on, where it lies in there, with forward slashes."""
    if not os.path.isabs(file):
        return inert(os.path.normpath(file).replace(os.sep, "/")) if file else ""
    below = os.path.relpath(file)
    return inert((file if below.startswith(os.pardir) else below).replace(os.sep, "/"))
