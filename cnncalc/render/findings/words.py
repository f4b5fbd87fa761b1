"""What several formats share: the closing line, and the paths of files for machines."""

from __future__ import annotations

import os

from cnncalc.checks.files import Results
from cnncalc.render.text import inert
from cnncalc.support.numbers import plural

MOST_NAMED = 3
"""Files that are skipped and named in the closing line."""
_NO_FILES = ("", "-", "<stdin>")


def closing(results: Results) -> str:
    """The sums in a line."""
    total = results.tally
    parts = [f"{plural(total.held, 'expectation')} met, {total.failed:,} failed"]
    parts += [plural(total.errors, "error")] if total.errors else []
    parts += [plural(total.warnings, "warning")] if total.warnings else []
    parts += (
        [f"{plural(len(results.skipped), 'file')} skipped{_names(results.skipped)}"]
        if results.skipped
        else []
    )
    parts += [f"{total.undone:,} not checked"] if total.undone else []
    return f"{plural(total.files, 'file')}: {', '.join(parts)}"


def _names(files: tuple[str, ...]) -> str:
    """Those of a few files."""
    return f" ({', '.join(map(relative, files))})" if len(files) <= MOST_NAMED else ""


def relative(file: str) -> str:
    """A file from the working folder on, where it lies in there, with forward slashes."""
    if not os.path.isabs(file):
        return inert(os.path.normpath(file).replace(os.sep, "/")) if file else ""
    below = os.path.relpath(file)
    return inert((file if below.startswith(os.pardir) else below).replace(os.sep, "/"))


def in_repository(file: str, variable: str) -> str:
    """A file from its repository's root on: the one that a CI's variable names, else git's; else from the
    working folder.
    """
    if file in _NO_FILES:
        return file
    for root in (os.environ.get(variable), _root_of_git(file)):
        below = _below(root, file) if root else None
        if below is not None:
            return inert(below.replace(os.sep, "/"))
    return relative(file)


def _root_of_git(file: str) -> str | None:
    folder = os.path.dirname(os.path.abspath(file))
    while not os.path.exists(os.path.join(folder, ".git")):
        if folder == (folder := os.path.dirname(folder)):
            return None
    return folder


def _below(root: str, file: str) -> str | None:
    """A file from a folder on, links followed where it does not lie there as it is named; ``None`` for one
    outside.
    """
    folder, name = os.path.split(os.path.abspath(file))
    for above, place in ((os.path.abspath(root), folder), (os.path.realpath(root), os.path.realpath(folder))):
        if os.path.commonpath((above, place)) == above:
            return os.path.relpath(os.path.join(place, name), above)
    return None
