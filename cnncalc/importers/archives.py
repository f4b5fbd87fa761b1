"""One text out of a ZIP archive, bounded; nothing else in it is unpacked."""

from __future__ import annotations

from collections.abc import Callable
from zipfile import BadZipFile, ZipFile, ZipInfo

from cnncalc.errors import Diagnostic, Location, SourceError
from cnncalc.importers.building import LARGEST_TEXT
from cnncalc.importers.items import Malformed


def unpacked(path: str, choose: Callable[[ZipFile], ZipInfo], name: str, help: str | None = None) -> bytes:
    """The entry that `choose` finds in an archive; its stated size is bounded before anything is unpacked.

    Raises:
        SourceError: E110, where there is no such file.
        Malformed: E116, where the archive is damaged (with `help`), or the entry, called `name`, too large.
    """
    try:
        with ZipFile(path) as archive:
            entry = choose(archive)
            if entry.file_size > LARGEST_TEXT:
                raise Malformed(path, f"{name} has {entry.file_size:,} bytes, more than {LARGEST_TEXT:,}")
            with archive.open(entry) as file:
                data = file.read(LARGEST_TEXT + 1)
    except FileNotFoundError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise SourceError(Diagnostic("E110", "error", message, location=Location(path, 1, 1))) from error
    except (BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise Malformed(path, f"the archive is damaged: {error}", help) from error
    except Exception as error:  # what the decompressor raises has no common name
        if type(error).__module__ not in ("zlib", "lzma", "_lzma"):
            raise
        raise Malformed(path, f"the archive is damaged: {error}") from error
    if len(data) > LARGEST_TEXT:
        raise Malformed(path, f"{name} has more than {LARGEST_TEXT:,} bytes")
    return data
