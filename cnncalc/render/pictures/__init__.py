"""Pictures as SVG: one file per kind, and the registry that everything about kinds derives from.

To add a kind: a file here, named as the kind, with ``draw(drawing: Drawing) -> str``, and a line in
``PICTURES``. The option ``--what``, its help, completion and errors, ``cnncalc.draw`` and the tests follow
from that line; a test says what is missing of one that is half there.
"""

from __future__ import annotations

from importlib import import_module
from typing import Literal, NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.errors import InputError

Needs = Literal["a network", "networks", "a layer"]


class Picture(NamedTuple):
    """One kind of picture: all that options, their help and the guide need to know of it."""

    name: str
    about: str
    """What it shows, in a few words."""
    needs: Needs
    """What it is drawn of: each network alone, several together, or a layer of each."""
    takes: tuple[str, ...] = ()
    """Which of the choices ``layers``, ``at``, ``depth`` and ``behind`` it heeds."""


class Drawing(NamedTuple):
    """What is to be drawn, and which part of it."""

    reports: tuple[Report, ...]
    layers: tuple[str, ...] = ()
    """The paths of layers asked for; the kind chooses where there are none."""
    at: tuple[int, ...] | None = None
    """The unit asked for."""
    depth: int | None = None
    """Structures below so many path components are one."""
    behind: str = ""
    """A picture to draw the input on, as an address that holds all of it."""


PICTURES = {
    picture.name: picture
    for picture in (
        Picture("growth", "how the receptive field grows with depth", "a network"),
        Picture("field", "the region of the input that a unit sees", "a layer", ("layers", "at", "behind")),
        Picture("graph", "the network as nested boxes, folded by --depth", "a network", ("depth",)),
        Picture("cost", "parameters, MACs and activations as bars", "a network", ("depth",)),
        Picture("pool", "windows, and how often each position is read", "a layer", ("layers",)),
        Picture("spp", "the bins of a spatial pyramid", "a layer", ("layers",)),
        Picture(
            "align", "whether branches are centred alike, and checkerboards", "a layer", ("layers", "at")
        ),
        Picture("erf", "the effective receptive field's profile", "a layer", ("layers", "at")),
        Picture("scatter", "networks by parameters, MACs and receptive field", "networks"),
    )
}
"""The kinds of pictures, the usual one first."""
USUAL = next(iter(PICTURES))


def draw(what: str, drawing: Drawing) -> str:
    """A picture of a kind as SVG text.

    Raises:
        NoAnswer: where there is nothing to draw.
        InputError: for a layer or a unit that does not exist, and for a choice that the kind has no use for.
    """
    for choice in ("layers", "at", "depth", "behind"):
        if getattr(drawing, choice) not in ((), None, "") and choice not in PICTURES[what].takes:
            others = ", ".join(one.name for one in PICTURES.values() if choice in one.takes)
            option = choice.removesuffix("s")
            raise InputError(f"{what} has no use for `{option}`: leave it out, or draw one of {others}")
    text = import_module(f"{__name__}.{what}").draw(drawing)
    assert isinstance(text, str)
    return text
