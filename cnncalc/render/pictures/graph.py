"""The network as nested boxes: rows for series and columns for branches, sizes on the edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import NamedTuple

from cnncalc.advice.depth import sees_nothing_new
from cnncalc.analysis.report import LayerReport, Report, totals_of
from cnncalc.geometry.shape import Shape
from cnncalc.render.pictures import Drawing
from cnncalc.render.pictures.blocks import Block, Chain, Fork, Ladder, Section, arranged, ordered
from cnncalc.render.pictures.common import (
    Folding,
    copies,
    failed,
    field_size,
    folding,
    group_names,
    input_sizes,
    nothing,
    title,
    titled,
)
from cnncalc.render.pictures.svg import (
    GRID,
    Element,
    Panel,
    circle,
    group,
    label,
    path,
    rect,
    sheet,
    strokes,
    text,
    width_of,
)
from cnncalc.render.rows import rows
from cnncalc.render.text import brief, exact, once
from cnncalc.support.numbers import by, plural

WIDE, HIGH, TEXT = 224, 60, 16
GAP = 32
"""From a box to the next one in series, with room for a size beside the edge."""
COLUMN, BUS = 3 * GRID, 14
"""Between branches, and from where they part to the first box."""
PAD, HEAD = 12, 20
"""Around what is in a structure's box, and the room for its name."""
LANE = 12
MOST = 40
"""Boxes up to which a network is not folded unasked."""
MOST_DRAWN = 2_000


class Leaf(NamedTuple):
    """A box without others in it: a layer, several as one, or an input."""

    path: str
    name: str
    """The path with how many copies are one in it."""
    lines: tuple[str, str]
    shape: Shape
    said: str
    reads: tuple[str, ...]
    is_late: bool = False
    params: str = ""
    field: str = ""


class Laid(NamedTuple):
    """A part with its place for what leads in and out, which is ``axis`` from its left."""

    width: float
    height: float
    axis: float
    elements: tuple[Element, ...]


class Scope(NamedTuple):
    """What is in a structure, or in the network: leaves and structures by their paths."""

    path: str
    children: dict[str, Scope | None]


def draw(drawing: Drawing) -> str:
    """A panel per network."""
    panels = []
    words = []
    for report in drawing.reports:
        leaves = _leaves(report, drawing.depth)
        if len(leaves) > MOST_DRAWN:
            raise nothing(
                report, f"{len(leaves):,} boxes are too many for one picture", "fold it by a smaller --depth"
            )
        panels.append(_panel(report, leaves))
        words.append(f"{title(report)}: {', '.join(leaf.said for leaf in leaves.values())}.")
    names = ", ".join(title(report) for report in drawing.reports)
    return sheet(f"Graph: {names}", " ".join(words), panels)


def _leaves(report: Report, depth: int | None) -> dict[str, Leaf]:
    """The inputs, and the layers that tables show or what they are folded into, in their order."""
    shown = rows(report.layers, None, all_layers=False).layers
    fold = folding(report._replace(layers=shown), MOST) if depth is None else Folding(depth)
    groups = group_names(fold, shown)
    home = {layer.path: key for key, layers in groups.items() for layer in layers}
    hidden = {
        layer.path: layer.inputs[0] for layer in report.layers if layer.path not in home and layer.inputs
    }

    def resolved(name: str) -> str:
        while name in hidden:
            name = hidden[name]
        return home.get(name, name)

    found = {
        name: Leaf(name, name, (f"input {shape}".removeprefix(f"{name} "), ""), shape, f"input {shape}", ())
        for name, shape in report.inputs
    }
    sizes = input_sizes(report)
    known = tuple(size for size in sizes if size is not None)
    records = {layer.path: layer for layer in report.layers}
    for key, layers in groups.items():
        reads = dict.fromkeys(resolved(name) for layer in layers for name in _data(layer))
        late = sum(
            len(known) == len(sizes) > 0
            and len(report.inputs) == 1
            and sees_nothing_new(layer, records.get(layer.inputs[0]), known)
            for layer in layers
        )
        name = copies(fold, key, layers)
        found[key] = _leaf(key, name, layers, tuple(one for one in reads if one != key), late)
    return found


def _leaf(key: str, name: str, layers: Sequence[LayerReport], reads: tuple[str, ...], late: int) -> Leaf:
    last = layers[-1]
    sums = totals_of(layers)
    params = brief(sums.params)
    field = field_size(last)
    what = [f"{params} params"] if sums.params != 0 else []
    seen = [f"field {field}"] if last.field.axes else []
    op = f"{last.op} {_window(last)}".strip() if len(layers) == 1 else plural(len(layers), "layer")
    said = ", ".join([f"{name} ({op})", f"output {last.shape}", f"{exact(sums.params)} parameters", *seen])
    new = "" if not late else ", can see nothing new"
    return Leaf(
        path=key,
        name=name,
        lines=(op, " · ".join([*what, *seen])),
        shape=last.shape,
        said=f"{said}{new}",
        reads=reads,
        is_late=late > 0,
        params=exact(sums.params),
        field=field,
    )


def _data(layer: LayerReport) -> tuple[str, ...]:
    """The inputs whose numbers a layer reads; one that counts nothing and follows its first input only takes
    no more than the sizes of the others.
    """
    return layer.followed if layer.macs == 0 and len(layer.followed) == 1 else layer.inputs


def _window(layer: LayerReport) -> str:
    """The window in a word or two; nothing where there is none."""
    windows = layer.windows or ()
    if not windows:
        return ""
    kernel = by(window.kernel for window in windows)
    stride, dilation = (once(str(getattr(one, key)) for one in windows) for key in ("stride", "dilation"))
    more = "" if stride == "1" else f", stride {stride}"
    return f"{kernel}{more}{'' if dilation == '1' else f', dilation {dilation}'}"


def _panel(report: Report, leaves: Mapping[str, Leaf]) -> Panel:
    whole = Picture(leaves).scope(tree(leaves))
    notes = [*failed(report)]
    if any(leaf.is_late for leaf in leaves.values()):
        notes.append(
            "thick edge: the field at its input exceeds the network's input, so it can see nothing new"
        )
    return titled(title(report), Panel(whole.width, whole.height, whole.elements), notes)


def tree(leaves: Iterable[str]) -> Scope:
    """Leaves in the structures that their paths name. A layer that heads its structure is in it."""
    names = list(leaves)
    scopes = {name[:at] for name in names for at, sign in enumerate(name) if sign == "/"}
    top = Scope("", {})
    for leaf in names:
        at, parts = top, leaf.split("/")
        inside = parts if leaf in scopes else parts[:-1]
        for depth in range(1, len(inside) + 1):
            name = "/".join(inside[:depth])
            below = at.children.get(f"{name}/")
            if below is None:
                below = at.children[f"{name}/"] = Scope(name, {})
            at = below
        at.children[leaf] = None
    return _plain(top)


def _plain(scope: Scope) -> Scope:
    """Without structures that hold one thing only."""
    children: dict[str, Scope | None] = {}
    for key, child in scope.children.items():
        inner = None if child is None else _plain(child)
        if inner is not None and len(inner.children) == 1:
            children.update(inner.children)
        else:
            children[key] = inner
    return Scope(scope.path, children)


def _held(scope: Scope) -> Iterator[str]:
    """The leaves in a structure."""
    for key, child in scope.children.items():
        if child is None:
            yield key
        else:
            yield from _held(child)


class Picture:
    """The boxes of one network."""

    def __init__(self, leaves: Mapping[str, Leaf]) -> None:
        self.leaves = leaves
        self.scopes: dict[str, Scope] = {}
        self.inside: list[str] = []
        """The structures that are being drawn, the innermost last."""
        self.sources: dict[str, str] = {}
        """Of each part the leaf in it whose output leads out."""
        longest = max((width_of(words) for leaf in leaves.values() for words in leaf.lines), default=0)
        self.wide = max(WIDE, ceil((longest + 20) / GRID) * GRID)
        """The width of a box, in which names are cut and numbers are not."""

    def scope(self, scope: Scope) -> Laid:
        """What is in a structure, arranged; without its structures where these read each other."""
        home: dict[str, str] = {}
        for key, child in scope.children.items():
            home.update(dict.fromkeys((key,) if child is None else _held(child), key))
            if child is not None:
                self.scopes[key] = child
        reads = [(source, leaf) for leaf in home for source in self.leaves[leaf].reads]
        edges = {
            (home[source], home[leaf])
            for source, leaf in reads
            if source in home and home[source] != home[leaf]
        }
        parts = ordered(tuple(scope.children), edges)
        if parts is None and any(scope.children.values()):
            return self.scope(Scope(scope.path, dict.fromkeys(_held(scope))))
        if parts is None:  # copies in one, of which each reads the one before: what leads back is left out
            place = {part: at for at, part in enumerate(scope.children)}
            edges = {(one, other) for one, other in edges if place[one] < place[other]}
            parts = tuple(place)
        outside = {source for leaf in self.leaves.values() if leaf.path not in home for source in leaf.reads}
        self._find_sources(
            home, [source for source, leaf in reads if home.get(source) != home[leaf]], outside
        )
        starts = {home[leaf] for source, leaf in reads if source not in home}
        ends = {key for leaf, key in home.items() if leaf in outside}
        self.inside.append(scope.path)
        laid = self.block(arranged(Section(parts, frozenset(edges), frozenset(starts), frozenset(ends))))
        self.inside.pop()
        return laid

    def _find_sources(self, home: dict[str, str], read: Sequence[str], outside: set[str]) -> None:
        """Which leaf of each part others read: within the structure, else beyond it, else its last one."""
        self.sources.update({key: leaf for leaf, key in home.items()})
        self.sources.update({home[leaf]: leaf for leaf in reversed(home) if leaf in outside})
        self.sources.update({home[leaf]: leaf for leaf in reversed(read) if leaf in home})

    def block(self, block: Block) -> Laid:
        """One part, of whatever kind."""
        if isinstance(block, str):
            return self._box(self.leaves[block]) if block in self.leaves else self._structure(block)
        if isinstance(block, Chain):
            return self._chain(block)
        return self._fork(block) if isinstance(block, Fork) else self._ladder(block)

    def _box(self, leaf: Leaf) -> Laid:
        op, numbers = leaf.lines
        around = f"{self.inside[-1]}/".removeprefix("/")
        name = (
            leaf.name.removeprefix(around) if leaf.path.startswith(around) else leaf.name.rpartition("/")[2]
        )
        elements = [
            rect(
                0,
                0,
                self.wide,
                HIGH,
                "box",
                leaf.said,
                rx=4,
                data_layer=leaf.path,
                data_params=leaf.params,
                data_field=leaf.field,
                data_shape=str(leaf.shape),
            )
        ]
        if leaf.is_late:
            elements.append(strokes([[(2, 4), (2, HIGH - 4)]], "late"))
        for at, (words, kind) in enumerate(((name, "bold"), (op, ""), (numbers, "soft"))):
            if words:
                elements.append(label(10, 17 + at * TEXT, words, self.wide - 20, kind))
        return Laid(self.wide, HIGH, self.wide / 2, tuple(elements))

    def _structure(self, key: str) -> Laid:
        scope = self.scopes[key]
        inner = self.scope(scope)
        width, height = inner.width + 2 * PAD, inner.height + HEAD + 2 * PAD
        axis = inner.axis + PAD
        name = scope.path.removeprefix(f"{self.inside[-1]}/")
        held = set(_held(scope))
        lines = []
        if any(source not in held for leaf in held for source in self.leaves[leaf].reads):
            lines.append([(axis, 0.0), (axis, HEAD + PAD)])
        if any(path not in held and not held.isdisjoint(leaf.reads) for path, leaf in self.leaves.items()):
            lines.append([(axis, height - PAD), (axis, height)])
        elements = (
            rect(0, 0, width, height, "outline", scope.path, rx=6, data_scope=scope.path),
            *([strokes(lines, "axis")] if lines else []),
            label(PAD, 16, name, axis - PAD - GRID, "soft"),
            group(*inner.elements, x=PAD, y=HEAD + PAD),
        )
        return Laid(width, height, axis, elements)

    def _chain(self, chain: Chain) -> Laid:
        """Parts below each other, their axes in one line."""
        laid = [self.block(part) for part in chain.parts]
        axis = max(one.axis for one in laid)
        width = axis + max(one.width - one.axis for one in laid)
        elements: list[Element] = []
        y = 0.0
        for at, one in enumerate(laid):
            if at:
                if chain.links[at - 1]:
                    elements.append(path([(axis, y), (axis, y + GAP)], "axis"))
                    size = self._size(chain.parts[at - 1])
                    if size:
                        elements.append(text(axis + 6, y + GAP / 2 + 4, size, "soft small"))
                        width = max(width, axis + 6 + width_of(size, 10))
                y += GAP
            elements.append(group(*one.elements, x=axis - one.axis, y=y))
            y += one.height
        return Laid(width, y, axis, tuple(elements))

    def _size(self, part: Block) -> str:
        """What leads on of a part; nothing where that is said at the ends of its branches."""
        while isinstance(part, Chain):
            part = part.parts[-1]
        if isinstance(part, str):
            return str(self.leaves[self.sources[part]].shape)
        return str(self.leaves[self.sources[part.parts[-1]]].shape) if isinstance(part, Ladder) else ""

    def _fork(self, fork: Fork) -> Laid:
        """Branches beside each other between two lines that join them."""
        laid = [Laid(2.0, 0, 1, ()) if one.part is None else self.block(one.part) for one in fork.branches]
        tall = max(one.height for one in laid)
        height = tall + 2 * BUS + TEXT
        x = 0.0
        elements: list[Element] = []
        tops, bottoms = [], []
        for branch, one in zip(fork.branches, laid, strict=True):
            at = x + one.axis
            size = "" if branch.part is None else self._size(branch.part)
            lines: list[list[tuple[float, float]]] = []
            if branch.starts:
                tops.append(at)
                lines.append([(at, 0), (at, BUS)])
            if branch.ends:
                bottoms.append(at)
                lines.append([(at, BUS + one.height), (at, height)])
                if size:
                    elements.append(text(at + 6, BUS + one.height + 14, size, "soft small"))
            if lines:
                elements.append(strokes(lines, "axis"))
            elements.append(group(*one.elements, x=x, y=BUS))
            x += max(one.width, one.axis + 6 + width_of(size, 10)) + COLUMN
        width = x - COLUMN
        axis = (min(tops or bottoms or [width / 2]) + max(tops or bottoms or [width / 2])) / 2
        for y, ends in ((0.0, tops), (height, bottoms)):
            if ends:
                elements.append(path([(min(*ends, axis), y), (max(*ends, axis), y)], "axis"))
        return Laid(width, height, axis, tuple(elements))

    def _ladder(self, ladder: Ladder) -> Laid:
        """Parts below each other, and beside them a lane for each edge that skips some."""
        laid = [self.block(part) for part in ladder.parts]
        axis = max(one.axis for one in laid)
        right = axis + max(one.width - one.axis for one in laid)
        elements: list[Element] = []
        tops = []
        y = float(GAP)
        for one in laid:
            elements.append(group(*one.elements, x=axis - one.axis, y=y))
            tops.append(y)
            y += one.height + GAP
        jumps = [jump for jump in ladder.jumps if jump[1] - jump[0] > 1]
        for start, end in ladder.jumps:
            if end - start == 1:
                top = 0.0 if start < 0 else tops[start] + laid[start].height
                elements.append(path([(axis, top), (axis, tops[end] if end < len(tops) else y)], "axis"))
                if start >= 0:
                    size = str(self.leaves[self.sources[ladder.parts[start]]].shape)
                    elements.append(text(axis + 6, top + GAP / 2 - 2, size, "soft small"))
        lanes: list[int] = []
        for start, end in sorted(jumps, key=lambda jump: (jump[0], -jump[1])):
            lane = next((at for at, until in enumerate(lanes) if until <= start), len(lanes))
            lanes[lane : lane + 1] = [end]
            elements += self._jump(start, end, tops, laid, axis, right + GRID + (lane + 1) * LANE, y)
        return Laid(right + GRID + (len(lanes) + 1) * LANE, y, axis, tuple(elements))

    def _jump(
        self, start: int, end: int, tops: list[float], laid: list[Laid], axis: float, x: float, below: float
    ) -> Iterator[Element]:
        """From beneath one part along a lane to above another one."""
        from_y = 4.0 if start < 0 else tops[start] + laid[start].height + 4
        to_y = below - 4 if end == len(tops) else tops[end] - 6
        first = [(axis, from_y), (x, from_y), (x, to_y), (axis, to_y)]
        yield path(first, "axis")
        yield circle(axis, to_y, 2, "dot")
