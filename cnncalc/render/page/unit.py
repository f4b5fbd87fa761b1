"""The unit that a page moves: its controls, and drawings of what it sees and of its place in the layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from cnncalc.render.text import exact, inert

KEYS = (
    "Drag on the input, or use the arrow keys on it (with Shift ten units at a time) or the sliders. "
    "In the table, the arrow keys go from row to row and open and close structures."
)
ON_INPUT = {
    "pads": "unit",
    "frame": "whole",
    "image": "whole",
    "shade": "whole",
    "sees": "inside",
    "next": "next",
    "region": "unit",
}
"""What is drawn of the input, later ones above earlier ones, and the box that the script gives it."""
ON_LAYER = {"frame": "whole", "cells": "cells", "next": "next", "region": "unit"}
_HATCH = '<path class="stroke" d="M0 1L1 0"/>'
_CELL = '<path class="cell" d="M1 0V1H0"/>'


def card(at: int, data: dict[str, Any], paths: Sequence[str], behind: str) -> str:
    """The controls and drawings of the network at this place of the page, of its data; or why there are none,
    with the list of its layers for the script.
    """
    layers = "".join(f"<option>{escape(inert(path))}" for path in paths)
    tools = (
        f'<div class="tools"><label>Layer <select aria-describedby="keys{at}">{layers}</select></label>'
        '<label class="file">Picture behind it <input type="file" accept="image/*"></label></div>'
    )
    if data["reason"]:
        return f'<div hidden>{tools}</div><p class="reading">{escape(data["reason"])}</p>'
    return (
        f"{tools}\n"
        '<noscript><p class="failed">Moving a unit needs JavaScript, '
        "the rest of the page does not.</p></noscript>"
        f'<div class="views">{"".join(_views(at, data, behind))}</div>\n'
        f'<div class="sliders">{"".join(map(_slider, data["axes"]))}</div>\n'
        '<p class="reading"></p>\n'
        '<p class="soft key"><span class="swatch sees"></span>seen <span class="swatch pads"></span>padding '
        '<span class="swatch next"></span>neighbouring unit</p>\n'
        f'<p class="soft keys" id="keys{at}">{escape(KEYS)} Your picture stays in this browser.</p>'
    )


def _slider(axis: str) -> str:
    return f'<label><span></span><input type="range" min="0" aria-label="unit along {axis}"></label>'


def _views(at: int, data: dict[str, Any], behind: str) -> Iterator[str]:
    """Drawings of the input and of the layer for every two axes from the last on; one left is a strip."""
    names, sizes = data["axes"], data["size"]
    for across in range(len(names) - 1, -1, -2):
        # an odd number of axes has one more in the data, of a single unit
        down = across - 1 if across else len(names)
        axes = range(max(across - 1, 0), across + 1)
        along = " and ".join(names[axis] for axis in axes)
        size = (
            f"{' x '.join(exact(sizes[axis]) for axis in axes)} ({', '.join(names[axis] for axis in axes)})"
        )
        frame = f'data-x="{across}" data-y="{down}" role="application" tabindex="0"'
        if not across:
            frame += ' class="strip" preserveAspectRatio="none"'
        key = f"{at}-{across}"
        yield (
            f'<figure class="input"><svg {frame} aria-label="the input along {along}">'
            f"{_pattern('hatch', key, _HATCH)}{_mask(key)}{_boxes(ON_INPUT, key, behind)}</svg>"
            f"<figcaption>input {size}</figcaption></figure>"
            f'<figure class="units"><svg {frame} aria-label="the units of the layer along {along}">'
            f"{_pattern('grid', key, _CELL)}{_boxes(ON_LAYER, key, behind)}</svg>"
            "<figcaption>units</figcaption></figure>"
        )


def _pattern(name: str, key: str, path: str) -> str:
    kind = f'class="{name}" id="{name}{key}" width="1" height="1" patternUnits="userSpaceOnUse"'
    return f"<pattern {kind}>{path}</pattern>"


def _mask(key: str) -> str:
    """Everything but what the unit sees, which the user's picture is dimmed by."""
    return f'<mask id="mask{key}"><rect class="all"/><rect class="hole" data-box="inside"/></mask>'


def _boxes(boxes: Mapping[str, str], key: str, behind: str) -> str:
    source = f' href="{escape(behind)}"' if behind else ""
    own = {
        "pads": f' fill="url(#hatch{key})"',
        "cells": f' fill="url(#grid{key})"',
        "shade": f' mask="url(#mask{key})"',
        "image": f'{source} preserveAspectRatio="xMidYMid slice"',
    }
    return "".join(
        f'<{"image" if name == "image" else "rect"} class="{name}" data-box="{box}"{own.get(name, "")}/>'
        for name, box in boxes.items()
    )
