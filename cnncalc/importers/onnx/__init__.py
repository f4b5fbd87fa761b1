"""ONNX files: read by our own reader of the wire format, nodes translated to items, no package needed."""

from __future__ import annotations

from cnncalc.importers.items import Network, Request


def read(request: Request) -> Network:
    """The network in an ONNX file.

    Raises:
        Malformed, Refused, SourceError
    """
    from cnncalc.importers.onnx.network import network_of

    return network_of(request)
