"""One section of a Darknet cfg as items, by the sizes and counts of Darknet's own code.

Source: src/parser.c and the layers' files of AlexeyAB/darknet
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from cnncalc.geometry.shape import Shape
from cnncalc.importers.building import Building
from cnncalc.importers.darknet.cfg import Section
from cnncalc.importers.items import Value, unknown_item
from cnncalc.support.handlers import Handlers


def words(text: str) -> frozenset[str]:
    """The words of a text, for sets of many names."""
    return frozenset(text.split())


_TRAINING = words(
    """stopbackward dontload dontloadscales train_only_bn burnin_update dont_update
    onlyforward flipped stream wait_stream grad_centr learning_rate bin_output binary
    xnor angle"""
)
"""Options of any section that change nothing of what a trained network computes in shape or count."""
_INEFFECTIVE = words(
    """antialiasing assisted_excitation sway rotate stretch stretch_sway coordconv reverse
    dot maxpool_depth out_channels maxpool_zero_nonmax"""
)
"""Options that change a layer where they are not 0, and are not understood then."""
_WHOLE = re.compile(r"[-+]?[0-9]{1,9}")


class Layer(NamedTuple):
    """One section: its options, the tensors before it, and where items go."""

    section: Section
    label: str
    building: Building
    input: str
    """The tensor after the section before it."""
    made: list[str]
    """The tensor after each section before it."""
    weights: dict[int, str]
    """The items of convolutions by the index of their section."""

    @property
    def shape(self) -> Shape:
        """The shape of the tensor that it reads."""
        return self.building.shapes[self.input]

    def add(
        self,
        op: str,
        shape: Shape,
        *inputs: str,
        part: str = "",
        share: str | None = None,
        note: str | None = None,
        **arguments: Value | None,
    ) -> str:
        """An item that reads some tensors, the section's input where none is named; ``part`` is what it is
        called within the section.
        """
        label = f"{self.label}.{part}" if part else self.label
        return self.building.add(
            op, inputs or (self.input,), shape, label, share=share, note=note, **arguments
        )

    def refuse(self, reason: str, line: int | None = None) -> None:
        """Note what is not understood; ``line`` is that of an option."""
        self.building.refuse(self.label, f"[{self.section.name}]", reason, line or self.section.line)

    def unknown(self, reason: str) -> str:
        """Note that the section is not understood; the tensor that it would make."""
        self.refuse(reason)
        output = self.building.tensor(self.label)
        self.building.items.append(
            unknown_item(
                f"[{self.section.name}]", (self.input,), output, reason=reason, label=self.label, shape=None
            )
        )
        self.building.shapes[output] = Shape(None, (None,) * self.shape.rank)
        return output

    def word(self, key: str, default: str) -> str:
        """An option as text."""
        option = self.section.options.get(key)
        return option.text if option else default

    def whole(self, key: str, default: int) -> int:
        """An option as Darknet reads whole numbers: digits at the start, the rest left."""
        option = self.section.options.get(key)
        if option is None:
            return default
        match = _WHOLE.match(option.text)
        if match is None:
            self.refuse(f"`{key}={option.text}` is no whole number", option.line)
            return default
        return int(match[0])

    def positive(self, key: str, default: int) -> int:
        """An option as a whole number of at least 1."""
        value = self.whole(key, default)
        if value < 1:
            self.refuse(f"`{key}={value}` is less than 1")
            return 1
        return value

    def strides(self) -> tuple[int, int]:
        """The strides along height and width."""
        stride = self.positive("stride", 1)
        along_x, along_y = (self.whole(key, -1) for key in ("stride_x", "stride_y"))
        return (along_y if along_y > 0 else stride, along_x if along_x > 0 else stride)

    def tensors(self, key: str) -> list[str]:
        """The tensors that an option names by section: from the start, or back from here where negative;
        none where one is not there, which is noted.
        """
        text = self.word(key, "")
        found: list[str] = []
        for word in text.split(","):
            match = _WHOLE.match(word)
            if match is None and not word and found:
                continue
            index = int(match[0]) if match else len(self.made)
            index = index + len(self.made) if index < 0 else index
            if not 0 <= index < len(self.made):
                self.refuse(f"`{key}={text}` names no layer before this one")
                return []
            found.append(self.made[index])
        return found


Step = Callable[[Layer], str | None]
"""What a section does: the tensor that it makes, ``None`` where it makes none."""


class Kind(NamedTuple):
    """A kind of sections: what it does, the options that it understands, and whether it needs a map."""

    step: Step
    options: frozenset[str]
    needs_map: bool


KINDS = Handlers[Kind](
    "cnncalc.importers.darknet", "windows", "weighted", "elementwise", "joins", "moving", "resizing"
)
"""Every section that is a layer, by its name."""


def section(*names: str, options: str = "", needs_map: bool = False) -> Callable[[Step], Step]:
    """Register what sections of these names do; ``options`` are those that they understand."""

    def register(step: Step) -> Step:
        KINDS.update(dict.fromkeys(names, Kind(step, words(options), needs_map)))
        return step

    return register


def translate(layer: Layer) -> str | None:
    """Append the items of a section; the tensor that it makes."""
    kind = KINDS.get(layer.section.name.lower())
    if kind is None:
        return layer.unknown("there is no such layer in the spec language")
    for key, option in layer.section.options.items():
        is_off = key in _INEFFECTIVE and option.text in ("0", "0.0")
        if not (key in kind.options or key in _TRAINING or is_off):
            layer.refuse(f"the option `{key}={option.text}` is not understood", option.line)
    if kind.needs_map and layer.shape.rank != 2:
        return layer.unknown(f"it needs a map, the layer before gives a vector of {layer.shape}")
    return kind.step(layer)
