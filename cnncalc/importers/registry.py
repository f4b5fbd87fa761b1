"""The formats that networks are imported from, one entry each; nothing of them is loaded before it is
used.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from cnncalc.importers.items import Network, Request

GLIMPSE = 4096
"""Bytes that tell formats of one ending apart."""
_CALLABLE = re.compile(r"[^:]+:[A-Za-z_][A-Za-z0-9_.]*")


class Importer(NamedTuple):
    """One format: how its sources are told, and the function that reads them."""

    name: str
    """As ``--from`` has it."""
    title: str
    endings: tuple[str, ...]
    """Of files that are this format and nothing else; they are read wherever a SPEC is taken."""
    shared_endings: tuple[str, ...] = ()
    """Of files that may be this format; ``recognise`` of its module looks at the first bytes."""
    callables: bool = False
    """Whether its sources may also be written ``package.module:callable`` or ``net.py:callable``."""
    needs: str | None = None
    """The package of the user's that it imports, where it needs one."""
    extra: tuple[str, tuple[str, ...]] = ("", ())
    """An extra of cnncalc, and the endings of the files that need it."""
    runs_code: bool = False
    """Whether it runs the source's code, and is therefore used only where it is asked for."""

    @property
    def sources(self) -> tuple[str, ...]:
        """How its sources are written: endings of files, and the names of callables."""
        callables = ("package.module:callable", "net.py:callable") if self.callables else ()
        return (*self.endings, *self.shared_endings, *callables)

    @property
    def read(self) -> Callable[[Request], Network]:
        """What reads a source: ``read`` of the module ``cnncalc.importers.NAME``.

        It raises ``Malformed``, ``Refused``, or ``SourceError`` where there is no such file.
        """
        found: Callable[[Request], Network] = import_module(f"cnncalc.importers.{self.name}").read
        return found

    def recognises(self, source: str, start: bytes) -> bool:
        """Whether a source is of this format: by its ending, by its first bytes where others share that."""
        path = source.lower()
        if path.endswith(self.endings) or (self.callables and _CALLABLE.fullmatch(source)):
            return True
        if not path.endswith(self.shared_endings):
            return False
        found: Callable[[bytes], bool] = import_module(f"cnncalc.importers.{self.name}").recognise
        return found(start)


IMPORTERS: dict[str, Importer] = {
    one.name: one
    for one in (
        Importer(name="onnx", title="ONNX", endings=(".onnx",)),
        Importer(
            name="keras",
            title="Keras",
            endings=(".keras", ".h5", ".hdf5"),
            shared_endings=(".json",),
            extra=("h5", (".h5", ".hdf5")),
        ),
        Importer(name="caffe", title="Caffe", endings=(".prototxt",)),
        Importer(name="darknet", title="Darknet", endings=(), shared_endings=(".cfg",)),
        Importer(name="pt2", title="torch.export", endings=(".pt2",)),
        Importer(name="torch", title="PyTorch", endings=(), callables=True, needs="torch", runs_code=True),
    )
}
"""Every importer by its name. A format is added here and in a module ``cnncalc/importers/NAME.py``, or a
folder, with ``read(request) -> Network``.
"""


def importer_for(source: str, start: bytes = b"") -> Importer | None:
    """The importer of a source, told by how it is written and, of a file, by its first bytes; ``None`` where
    there is none.
    """
    return next((one for one in IMPORTERS.values() if one.recognises(source, start)), None)


def first_bytes(path: str) -> bytes:
    """The beginning of a file, by which formats of one ending are told apart; nothing where there is none."""
    try:
        if not os.path.isfile(path):
            return b""
        with open(path, "rb") as file:
            return file.read(GLIMPSE)
    except (OSError, ValueError):
        return b""


def file_importer(path: str, start_of: Callable[[str], bytes] = first_bytes) -> Importer | None:
    """The importer of a file that is read wherever a spec is taken; none that runs code."""
    lower = path.lower()
    shared = [one for one in IMPORTERS.values() if one.shared_endings and lower.endswith(one.shared_endings)]
    start = start_of(path) if shared else b""
    found = importer_for(path, start)
    return None if found is None or found.runs_code else found
