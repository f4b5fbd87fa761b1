"""Graphs: what is arranged leads on as the network does, and every box has the numbers of its layers."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from random import Random
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc import analyze, loads
from cnncalc.geometry.shape import Shape
from cnncalc.render.pictures import Drawing, draw
from cnncalc.render.pictures.blocks import Block, Chain, Fork, Ladder, Section, arranged, ordered
from cnncalc.render.pictures.graph import Leaf, Picture, tree
from cnncalc.render.pictures.svg import Panel, sheet
from tests.render.pictures.reading import elements, reports, texts

Leads = tuple[set[str], set[str], bool, set[tuple[str, str]]]
"""What reads what comes before, what leads on, whether what comes before leads on itself, and the edges."""


def leads(block: Block) -> Leads:
    """What an arrangement says leads where."""
    if isinstance(block, str):
        return {block}, {block}, False, set()
    if isinstance(block, Ladder):
        return _of_ladder(block)
    if isinstance(block, Fork):
        starts, ends, edges, passes = set[str](), set[str](), set[tuple[str, str]](), False
        for branch in block.branches:
            if branch.part is None:
                passes = True
                continue
            some_starts, some_ends, some_pass, some_edges = leads(branch.part)
            assert not some_pass
            assert (bool(some_starts), bool(some_ends)) == (branch.starts, branch.ends)
            starts, ends, edges = starts | some_starts, ends | some_ends, edges | some_edges
        return starts, ends, passes, edges
    return _of_chain(block)


def _of_chain(chain: Chain) -> Leads:
    starts, edges = set[str](), set[tuple[str, str]]()
    before: set[str] = set()
    comes = True
    for at, part in enumerate(chain.parts):
        some_starts, some_ends, passes, some_edges = leads(part)
        starts |= some_starts if comes else set()
        edges |= some_edges | {(one, other) for one in before for other in some_starts}
        assert at == 0 or chain.links[at - 1] == bool(before and (some_starts or passes))
        before = some_ends | (before if passes else set())
        comes = comes and passes
    return starts, before, comes, edges


def _of_ladder(ladder: Ladder) -> Leads:
    count = len(ladder.parts)
    named = dict(enumerate(ladder.parts))
    inner = {(named[a], named[b]) for a, b in ladder.jumps if a >= 0 and b < count}
    starts = {named[b] for a, b in ladder.jumps if a < 0 and b < count}
    ends = {named[a] for a, b in ladder.jumps if b == count and a >= 0}
    return starts, ends, False, inner


@st.composite
def sections(draw: st.DrawFn) -> Section:
    """Parts with edges from earlier to later ones."""
    count = draw(st.integers(1, 8))
    parts = tuple("abcdefgh"[:count])
    pairs = [(one, other) for at, other in enumerate(parts) for one in parts[:at]]
    edges = draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    starts = {one for one in parts if not any(edge[1] == one for edge in edges)} | draw(
        st.sets(st.sampled_from(parts), max_size=2)
    )
    ends = {one for one in parts if not any(edge[0] == one for edge in edges)}
    return Section(parts, frozenset(edges), frozenset(starts), frozenset(ends))


@settings(max_examples=100, deadline=None)
@given(sections())
def test_an_arrangement_leads_on_as_its_parts_do(section: Section) -> None:
    starts, ends, passes, edges = leads(arranged(section))
    assert (starts, ends, edges) == (section.starts, section.ends, section.edges)
    assert not passes


@settings(max_examples=30, deadline=None)
@given(sections(), st.randoms())
def test_an_order_has_every_part_after_what_it_reads(section: Section, random: Random) -> None:
    shuffled = list(section.parts)
    random.shuffle(shuffled)
    found = ordered(shuffled, section.edges)
    assert found is not None
    assert sorted(found) == sorted(section.parts)
    assert all(found.index(one) < found.index(other) for one, other in section.edges)


def test_parts_that_read_each_other_have_no_order() -> None:
    assert ordered(("a", "b"), [("a", "b"), ("b", "a")]) is None


@pytest.mark.parametrize("depth", [None, 1, 9])
@pytest.mark.parametrize("name", ["vgg16", "resnet18", "unet", "inception", "tcn", "densenet_cifar", "fpn"])
def test_every_box_has_the_numbers_of_its_layers(name: str, depth: int | None) -> None:
    for report in reports(name):
        boxes = elements(draw("graph", Drawing((report,), depth=depth)), "rect", "data-shape")
        layers = {layer.path: layer for layer in report.layers}
        inputs = dict(report.inputs)
        for box in boxes:
            path = box["data-layer"]
            if path in inputs:
                assert box["data-shape"] == str(inputs[path])
            elif depth == 9 or (path in layers and len(report.within(path)) == 1):
                layer = layers[path]
                assert box["data-shape"] == str(layer.shape)
                assert box["data-params"].replace(",", "") == str(layer.params).replace("None", "?")
        if depth is not None and report.totals.params is not None:
            params = sum(int(box["data-params"].replace(",", "") or 0) for box in boxes if box["data-params"])
            assert params == report.totals.params
        sizes = [tuple(float(box[key]) for key in ("width", "height")) for box in boxes]
        assert all(prod(size) > 0 for size in sizes)


def test_boxes_do_not_overlap() -> None:
    for name in ("unet", "inception", "densenet_cifar", "fpn", "wavenet"):
        for report in reports(name)[:1]:
            root = ElementTree.fromstring(draw("graph", Drawing((report,))))
            placed = list(_placed(root, 0, 0))
            assert len(placed) > 2
            for at, (x, y, width, height) in enumerate(placed):
                for a, b, c, d in placed[:at]:
                    assert x >= a + c or a >= x + width or y >= b + d or b >= y + height


def _placed(element: Element, x: float, y: float) -> Iterator[tuple[float, ...]]:
    for child in element:
        dx = dy = 0.0
        moved = child.get("transform")
        if moved:
            dx, dy = map(float, moved.removeprefix("translate(").removesuffix(")").split(","))
        if "data-shape" in child.attrib:
            left, top, width, height = (float(child.attrib[key]) for key in ("x", "y", "width", "height"))
            yield x + left, y + top, width, height
        yield from _placed(child, x + dx, y + dy)


def test_layers_that_see_nothing_new_are_marked() -> None:
    text = (
        "input: [3, 16, 16]\nlayers:\n"
        + "  - conv9x9: {out: 8, padding: 4}\n" * 2
        + "  - conv3x3: {out: 8}\n"
    )
    (report,) = (analyze(model) for model in loads(text))
    svg = draw("graph", Drawing((report,)))
    assert svg.count('class="late"') == 1  # 17 > 16 before the last one
    assert any("can see nothing new" in one for one in texts(svg)) or "see nothing new" in svg


@pytest.mark.parametrize("name", ["densenet121", "resnet50:torchvision", "inception_v3"])
def test_a_large_network_is_folded_until_there_are_few_boxes(name: str) -> None:
    (report,) = reports(name)
    boxes = elements(draw("graph", Drawing((report,))), "rect", "data-shape")
    whole = elements(draw("graph", Drawing((report,), depth=9)), "rect", "data-shape")
    assert len(boxes) <= 40 + len(report.inputs) < len(whole)
    assert sum(int(box["data-params"].replace(",", "") or 0) for box in boxes) == report.totals.params


def test_sizes_are_written_beside_the_edges_on_which_they_lead_on() -> None:
    (report,) = reports("vgg16")
    words = texts(draw("graph", Drawing((report,), depth=9)))
    shown = elements(draw("graph", Drawing((report,), depth=9)), "rect", "data-shape")
    for box in shown[:-1]:
        assert box["data-shape"] in words
    assert words.count("64x224x224") == 2  # from conv1_1 and from conv1_2


def test_copies_that_are_folded_are_told_apart() -> None:
    svg = draw("graph", Drawing(reports("resnet18")))
    names = [one for one in texts(svg) if one.endswith("residual_1")]
    assert names == [f"layer{stage}[{copy}]/residual_1" for stage in (1, 2, 3, 4) for copy in (0, 1)]


def test_structures_that_read_each_other_are_drawn_without_them() -> None:
    reads = {"a/one": (), "b/two": ("a/one",), "a/three": ("b/two",), "b/four": ("a/three",)}
    leaves = {
        path: Leaf(path, path, ("conv", ""), Shape(1, (2, 2)), path, sources)
        for path, sources in reads.items()
    }
    laid = Picture(leaves).scope(tree(leaves))
    svg = sheet("", "", [Panel(laid.width, laid.height, laid.elements)])
    assert [box["data-layer"] for box in elements(svg, "rect", "data-shape")] == list(reads)
    assert not elements(svg, "rect", "data-scope")
    apart = {path: leaf._replace(reads=()) for path, leaf in leaves.items()}
    laid = Picture(apart).scope(tree(apart))
    assert len(elements(sheet("", "", [Panel(9, 9, laid.elements)]), "rect", "data-scope")) == 2


def test_copies_in_one_box_that_read_each_other_are_drawn_once() -> None:
    (model,) = loads(
        "input: [3, 64, 64]\nlayers:\n  - conv3x3: {out: 8, padding: 1}\n"
        "  - {residual: {body: [conv3x3: {out: 8, padding: 1}, bn]}, repeat: 60, name: block}\n"
    )
    svg = draw("graph", Drawing((analyze(model),)))
    boxes = [box["data-layer"] for box in elements(svg, "rect")]
    assert boxes == ["input", "conv3x3_1", "block/conv3x3_1", "block/bn_1", "block"]
    assert "conv3x3_1 x60" in texts(svg)


def test_boxes_are_as_wide_as_their_numbers() -> None:
    (model,) = loads(
        "input: [3, 99, 99, 99]\nlayers: [conv_transpose16x14x12: {out: 8, stride: [8, 10, 11], dilation: [1, 2, 3]}]\n"
    )
    svg = draw("graph", Drawing((analyze(model),)))
    assert "conv_transpose 16x14x12, stride 8x10x11, dilation 1x2x3" in texts(svg)
    (wide,) = {float(box["width"]) for box in elements(svg, "rect")}
    assert wide > 300


def test_without_axes_there_is_no_field_to_show() -> None:
    (model,) = loads("input: [784]\nlayers: [linear: 300]")
    assert "235.5K params" in texts(draw("graph", Drawing((analyze(model),))))
