"""Where text goes: results to standard output or a file, diagnostics to standard error."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable
from typing import TextIO

from cnncalc.bundled import ENDINGS
from cnncalc.render.surface import PLAIN, Surface

CANNOT_WRITE = "E902"
PIECE = 2**20
"""Characters that are encoded at a time, for a result may be large."""


class Trouble(Exception):
    """The job could not be done, for a reason outside the spec; exit code 2."""


def surface_of(stream: TextIO | None) -> Surface:
    """What may be written to a stream: lines of any length unless it is a terminal, ASCII unless it can
    encode more, colours where they are wanted.
    """
    if stream is None:
        return PLAIN
    unicode = _encodes(stream, "─│█░·⋮…")
    if not stream.isatty():
        return Surface(None, unicode, _has_colours(False))
    from shutil import get_terminal_size

    return Surface(max(get_terminal_size().columns, 1), unicode, _has_colours(True))


def _has_colours(is_terminal: bool) -> bool:
    """Colours are for terminals that are not dumb; ``NO_COLOR`` turns them off and ``FORCE_COLOR`` on."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal and os.environ.get("TERM") != "dumb")


def is_watched() -> bool:
    """Whether somebody looks at standard error, so that it may show how far a run is."""
    stream = sys.stderr
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def target_surface(output: str | None) -> Surface:
    """The surface of a result: that of the named file, else of standard output."""
    return PLAIN if output is not None else surface_of(sys.stdout)


def keep_specs(output: str | None, specs: Iterable[str]) -> None:
    """Make sure that no result overwrites a spec: one of those read, or one that a shell expanded from
    ``--output nets/*.yaml``.

    Raises:
        Trouble: where it would be.
    """
    if output is None or not os.path.isfile(output):
        return
    from cnncalc.checks.files import looks_like_spec
    from cnncalc.language.source import glimpse

    if any(os.path.exists(spec) and os.path.samefile(output, spec) for spec in specs):
        raise Trouble(f"cannot write {output}: it is one of the specs to read")
    if output.endswith(ENDINGS) and looks_like_spec(glimpse(output)):
        raise Trouble(f"cannot write {output}: it is a spec, and a result never overwrites one")


def emit(text: str, output: str | None = None) -> None:
    """Write a result.

    Raises:
        Trouble: where the target cannot be written.
    """
    emit_pieces((text,), output)


def emit_bytes(data: bytes, output: str | None = None) -> None:
    """Write a binary result.

    Raises:
        Trouble: where the target cannot be written.
    """
    if output is not None:
        _replace(output, data)
        return
    if sys.stdout is None:  # closed by the caller
        return
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        raise Trouble(f"cannot write to standard output: {error.strerror or error}") from error


def emit_pieces(pieces: Iterable[str], output: str | None = None) -> None:
    """Write a result as its pieces come; a file is there when the last one is.

    Raises:
        Trouble: where the target cannot be written.
    """
    if output is not None:
        _replace(output, pieces)
        return
    for text in pieces:
        _write(sys.stdout, text, "standard output")


def warn(text: str) -> None:
    """Write a diagnostic; a standard error that cannot take it is no further trouble."""
    try:
        _write(sys.stderr, text, "standard error")
    except Trouble:
        return


def _write(stream: TextIO | None, text: str, name: str) -> None:
    if stream is None or not text:
        return
    encoding = stream.encoding or "utf-8"
    try:
        for start in range(0, len(text), PIECE):
            stream.write(text[start : start + PIECE].encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        silence(stream)
    except OSError as error:
        silence(stream)
        raise Trouble(f"cannot write to {name}: {error.strerror or error}") from error


def silence(stream: TextIO) -> None:
    """Send what is still buffered nowhere, so that the interpreter's last flush finds no closed pipe."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return


def _replace(output: str, content: Iterable[str] | bytes) -> None:
    """Write a file in one step: what was there stays whole until the new text is."""
    if not output:
        raise Trouble("cannot write to a file without a name")
    try:
        target = os.path.realpath(output)
        if os.path.islink(target):  # what is left of links that lead in a circle
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if os.path.exists(target) and not os.path.isfile(target):
            _fill(target, "w", content)
            return
        _write_beside(target, content)
    except (OSError, ValueError) as error:
        raise Trouble(f"cannot write {output}: {_reason(output, error)}") from error


def _reason(output: str, error: OSError | ValueError) -> str:
    """Why a file cannot be written."""
    folder = os.path.dirname(output)
    if isinstance(error, FileNotFoundError) and folder and not os.path.exists(folder):
        return f"there is no folder {folder}"
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    return getattr(error, "strerror", None) or str(error)


def _fill(target: str, mode: str, content: Iterable[str] | bytes) -> None:
    if isinstance(content, bytes):
        with open(target, f"{mode}b") as file:
            file.write(content)
        return
    with open(target, mode, encoding="utf-8", errors="backslashreplace", newline="") as text:
        text.writelines(content)


def _write_beside(target: str, content: Iterable[str] | bytes) -> None:
    beside = f"{target}.{os.getpid()}.tmp"
    try:
        _fill(beside, "x", content)
        if os.path.exists(target):
            os.chmod(beside, os.stat(target).st_mode & 0o7777)
        os.replace(beside, target)
    except BaseException:
        if os.path.exists(beside):
            os.unlink(beside)
        raise


def _encodes(stream: TextIO, text: str) -> bool:
    try:
        text.encode(stream.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
