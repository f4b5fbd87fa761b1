"""The program in an archive of torch.export: its JSON alone, bounded; weights and pickles are not opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from cnncalc.errors import Diagnostic, Location, SourceError
from cnncalc.importers.building import LARGEST_TEXT, text_of
from cnncalc.importers.items import Malformed
from cnncalc.support.words import shown

Program = Mapping[str, Any]

_BEFORE_2_8 = "serialized_exported_program.json"


def program_of(path: str) -> Program:
    """The program of a file.

    Raises:
        SourceError: E110, where the file cannot be read.
        Malformed: E116, where it holds none.
    """
    text = text_of(path, _entry(path))
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise Malformed(path, f"the program is no JSON: {error.msg} at offset {error.pos}") from error
    except (RecursionError, ValueError) as error:
        raise Malformed(path, "the JSON is nested too deep or has a number too long") from error
    if not isinstance(found, dict) or not isinstance(found.get("graph_module"), dict):
        raise Malformed(path, "the JSON is no exported program: it has no `graph_module`")
    return found


def _entry(path: str) -> bytes:
    """The JSON of the one program; its stated size is bounded before anything is unpacked."""
    try:
        with ZipFile(path) as archive:
            entry = _chosen(path, archive.infolist())
            with archive.open(entry) as file:
                data = file.read(LARGEST_TEXT + 1)
    except FileNotFoundError as error:
        raise SourceError(
            Diagnostic(
                "E110", "error", f"cannot read {path}: {error.strerror}", location=Location(path, 1, 1)
            )
        ) from error
    except (BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        raise Malformed(path, f"the archive is damaged: {error}", "`torch.export.save` writes it") from error
    except Exception as error:  # what the decompressor raises has no common name
        if type(error).__module__ not in ("zlib", "lzma", "_lzma"):
            raise
        raise Malformed(path, f"the archive is damaged: {error}") from error
    if len(data) > LARGEST_TEXT:
        raise Malformed(path, f"the program has more than {LARGEST_TEXT:,} bytes")
    return data


def _chosen(path: str, entries: list[ZipInfo]) -> ZipInfo:
    found = [
        one
        for one in entries
        if one.filename == _BEFORE_2_8
        or (one.filename.split("/")[-2:-1] == ["models"] and one.filename[-5:] == ".json")
    ]
    if len(found) != 1:
        names = ", ".join(shown(one.filename) for one in found[:5])
        held = f"{len(found)} programs: {names}" if found else "no program"
        raise Malformed(path, f"the archive has {held}", "save one with `torch.export.save(program, file)`")
    if found[0].file_size > LARGEST_TEXT:
        raise Malformed(path, f"the program has {found[0].file_size:,} bytes, more than {LARGEST_TEXT:,}")
    return found[0]


__all__ = ["Program", "program_of"]
