"""The sections of a Darknet cfg one after the other, as one network."""

from __future__ import annotations

import re
from pathlib import Path

from cnncalc.geometry.shape import Shape
from cnncalc.importers.building import Building, read_file, text_of
from cnncalc.importers.darknet.cfg import Section, sections
from cnncalc.importers.darknet.translation import Layer, translate
from cnncalc.importers.items import Malformed, Network, Refused, Request
from cnncalc.importers.unforeseen import reported

_OUTPUTS = ("yolo", "region", "detection", "gaussian_yolo")
"""Sections whose options say how outputs are decoded or trained."""
_NOTHING = ("cost",)


def recognise(start: bytes) -> bool:
    """Whether a file that ends in ``.cfg`` is Darknet's: its first section says so."""
    found = re.search(rb"^[ \t]*\[([a-z]+)\]", start, re.MULTILINE)
    return found is not None and found[1] in (b"net", b"network")


def read(request: Request) -> Network:
    """The network of a cfg file.

    Raises:
        SourceError: where the file cannot be read.
        Malformed: where it is no cfg.
        Refused: where a section or an option is not understood.
    """
    data = read_file(request.source)
    parts = sections(text_of(request.source, data), request.source)
    if not parts or parts[0].name not in ("net", "network"):
        raise Malformed(request.source, "the first section is not [net]", "a Darknet cfg begins with `[net]`")
    translation = _Translation(request, parts[0])
    for section in parts[1:]:
        with reported(request.source, line=section.line):
            translation.section(section)
    if translation.building.problems and not request.partial:
        raise Refused(translation.building.problems)
    return translation.network(len(parts) - 1)


class _Translation:
    """One file on its way to items: the tensor after each section, by its index."""

    def __init__(self, request: Request, net: Section) -> None:
        self.request = request
        self.building = Building(request.source)
        self.made: list[str] = []
        self.weights: dict[int, str] = {}
        self.outputs: list[str] = []
        self.current = self.building.tensor("input")
        self.input = self._input(net)
        self.building.shapes["input"] = self.input

    def _layer(self, section: Section, label: str) -> Layer:
        return Layer(section, label, self.building, self.current, self.made, self.weights)

    def _input(self, net: Section) -> Shape:
        asked = self.request.shape_of("input", True)
        if asked is not None:
            return asked
        layer = self._layer(net, net.name)
        height, width, channels = (layer.whole(key, 0) for key in ("height", "width", "channels"))
        numbers = layer.whole("inputs", 0)
        if height and width:
            return Shape(channels or 3, (height, width))
        return Shape(numbers) if numbers else Shape(channels or 3, (None, None))

    def section(self, section: Section) -> None:
        """Append what a section does to the tensor before it."""
        name = section.name.lower()
        if name in _OUTPUTS:
            self.outputs.append(self.current)
        elif name not in _NOTHING:
            made = translate(self._layer(section, f"{name}_{len(self.made)}"))
            self.current = self.current if made is None else made
        self.made.append(self.current)

    def network(self, nodes: int) -> Network:
        """The network of all sections, ``nodes`` in number."""
        outputs = list(self.outputs)
        read = {tensor for item in self.building.items for tensor in item.inputs}
        if not outputs or self.current not in (*outputs, *read):
            outputs.append(self.current)
        return Network(
            name=Path(self.request.source).stem,
            inputs=(("input", self.input),),
            items=tuple(self.building.items),
            outputs=tuple(dict.fromkeys(outputs)),
            framework="pytorch",
            source=f"{Path(self.request.source).name}, Darknet cfg",
            nodes=nodes,
            unknown=tuple(self.building.problems),
        )
