"""The program in an archive of torch.export: its JSON alone, bounded; weights and pickles are not opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any
from zipfile import ZipFile, ZipInfo

from cnncalc.importers.archives import unpacked
from cnncalc.importers.building import text_of
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
    text = text_of(
        path, unpacked(path, partial(_chosen, path), "the program", "`torch.export.save` writes it")
    )
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise Malformed(path, f"the program is no JSON: {error.msg} at offset {error.pos}") from error
    except (RecursionError, ValueError) as error:
        raise Malformed(path, "the JSON is nested too deep or has a number too long") from error
    if not isinstance(found, dict) or not isinstance(found.get("graph_module"), dict):
        raise Malformed(path, "the JSON is no exported program: it has no `graph_module`")
    return found


def _chosen(path: str, archive: ZipFile) -> ZipInfo:
    """The one program."""
    found = [
        one
        for one in archive.infolist()
        if one.filename == _BEFORE_2_8
        or (one.filename.split("/")[-2:-1] == ["models"] and one.filename[-5:] == ".json")
    ]
    if len(found) != 1:
        names = ", ".join(shown(one.filename) for one in found[:5])
        held = f"{len(found)} programs: {names}" if found else "no program"
        raise Malformed(path, f"the archive has {held}", "save one with `torch.export.save(program, file)`")
    return found[0]


__all__ = ["Program", "program_of"]
