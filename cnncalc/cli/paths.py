"""Which files are meant by the paths, folders, patterns and names that a command is given."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from cnncalc.bundled import ENDINGS

EDITORS_LOCK = ".#"
"""How the links begin that Emacs lays beside a file that is being edited; they lead nowhere."""


class Found(NamedTuple):
    """A file, and whether it was named, so that it is taken for a spec whatever it holds."""

    file: str
    is_named: bool = True

    @property
    def identity(self) -> str:
        """The same for the same file, however it was found."""
        return self.file if self.file == "-" else os.path.realpath(self.file)


def _is_none(file: str) -> bool:
    return False


def files_of(path: str, also: Callable[[str], bool] = _is_none) -> Iterator[Found]:
    """A file itself, all specs under a folder, whatever a pattern matches; else the name as it is, to be
    looked for. ``also`` tells which files under a folder are taken besides specs.
    """
    if os.path.isdir(path):
        yield from (Found(file, False) for file in _under(path, also))
    elif any(mark in path for mark in "*?[") and not os.path.exists(path):
        yield from _matching(path, also)
    else:
        yield Found(path)


def _matching(pattern: str, also: Callable[[str], bool]) -> Iterator[Found]:
    from glob import glob

    named = set(_parts(pattern))
    for match in sorted(glob(pattern, recursive=True)):
        is_folder = os.path.isdir(match)
        folders = _folders_above(os.path.join(match, "") if is_folder else match)
        if any(_is_passed_over(folder) for folder in folders if os.path.basename(folder) not in named):
            continue
        if is_folder:
            yield from (Found(file, False) for file in _under(match, also))
        else:
            yield Found(match, False)


def _under(folder: str, also: Callable[[str], bool]) -> Iterator[str]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_passed_over(os.path.join(place, name)))
        for name in sorted(files):
            file = os.path.join(place, name)
            if not name.startswith(EDITORS_LOCK) and (name.endswith(ENDINGS) or also(file)):
                yield file


def _is_passed_over(folder: str) -> bool:
    """Whether a folder holds nobody's own files, so that it is looked into only where it is named: hidden, or
    an environment.
    """
    name = os.path.basename(folder)
    return (
        name == "node_modules" or name.startswith(".") or os.path.exists(os.path.join(folder, "pyvenv.cfg"))
    )


def _folders_above(path: str) -> Iterator[str]:
    parts = _parts(path)
    return (
        "/".join(parts[:end])
        for end in range(1, len(parts))
        if parts[end - 1] not in ("", os.curdir, os.pardir)
    )


def _parts(path: str) -> list[str]:
    return path.replace(os.sep, "/").split("/")
