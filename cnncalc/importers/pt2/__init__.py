"""Programs of torch.export (``.pt2``), read from the JSON in the archive; nothing is run or unpickled."""

from __future__ import annotations

import os

from cnncalc.importers.items import Network, Request


def read(request: Request) -> Network:
    """The network of a program.

    Raises:
        SourceError, Malformed: where the file cannot be read, or holds no program.
        UsageError: for a size that the program was not exported for.
        Refused: with every call that is not understood.
    """
    from cnncalc.importers.pt2.archive import program_of
    from cnncalc.importers.pt2.program import recorded
    from cnncalc.importers.torch.network import network_from_recordings

    program = program_of(request.source)
    file = os.path.basename(request.source)
    version = program.get("torch_version")
    return network_from_recordings(
        recorded(program, request),
        name=file.removesuffix(".pt2"),
        source=f"{file}, exported by PyTorch {version}" if version else file,
        partial=request.partial,
    )


__all__ = ["read"]
