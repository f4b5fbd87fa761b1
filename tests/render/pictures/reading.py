"""Pictures read back: as XML, and the numbers that their elements carry."""

from __future__ import annotations

from functools import cache
from xml.etree import ElementTree

from cnncalc import analyze, load
from cnncalc.analysis.report import Report

SVG = "{http://www.w3.org/2000/svg}"


@cache
def reports(name: str, shape: str | None = None) -> tuple[Report, ...]:
    """The networks of a spec."""
    return tuple(analyze(model, shape) for model in load(name))


def elements(svg: str, tag: str, having: str = "data-layer") -> list[dict[str, str]]:
    """The attributes of all elements of a tag that have a certain one."""
    root = ElementTree.fromstring(svg)
    return [found.attrib for found in root.iter(SVG + tag) if having in found.attrib]


def texts(svg: str) -> list[str]:
    """What is written in a picture."""
    root = ElementTree.fromstring(svg)
    return ["".join(found.itertext()) for found in root.iter(SVG + "text")]
