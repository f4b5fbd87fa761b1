"""The formats that networks are imported from, one entry each; nothing of them is loaded before it is
used.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from cnncalc.importers.items import Network, Request

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
    runs_code: bool = False
    """Whether it runs the source's code, and is therefore used only where it is asked for."""

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
        ),
        Importer(name="caffe", title="Caffe", endings=(".prototxt",)),
        Importer(name="darknet", title="Darknet", endings=(), shared_endings=(".cfg",)),
    )
}
"""Every importer by its name. A format is added here and in a module ``cnncalc/importers/NAME.py`` (or
folder)
with ``read(request) -> Network``.
"""


def importer_for(source: str, start: bytes = b"") -> Importer | None:
    """The importer of a source, told by how it is written and, of a file, its first bytes; ``None`` where
    there
    is none.
    """
    return next((one for one in IMPORTERS.values() if one.recognises(source, start)), None)


def foreign_endings() -> tuple[str, ...]:
    """The endings of files that are read by an importer wherever a spec is taken."""
    return tuple(ending for one in IMPORTERS.values() if not one.runs_code for ending in one.endings)
