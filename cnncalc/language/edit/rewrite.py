"""Measured values written into a spec's text: only what an ``expect`` says changes, every other character
stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, NoReturn

from cnncalc.errors import Location
from cnncalc.language import nodes
from cnncalc.language.edit.document import Document, Edit, Stays, applied
from cnncalc.language.edit.spelling import BoundAndValue, is_number, is_numeric, respelt, spelt
from cnncalc.language.nodes import Mapping, Scalar
from cnncalc.language.source import Source
from cnncalc.network.expectation import FITTING, Bounds, Finding, Quantity


class Change(NamedTuple):
    """One expectation that was rewritten or put in: what it was, empty where there was none, and
    what it is now.
    """

    location: Location
    what: str
    old: str
    new: str


class Left(NamedTuple):
    """One failed expectation that stays as it is, or one that is not added, and why."""

    location: Location
    what: str
    reason: str
    fate: Literal["stays", "is not added"] = "stays"


class Rewritten(NamedTuple):
    """A spec's text with its changes; the text is the same object where there is none."""

    text: str
    changes: tuple[Change, ...] = ()
    left: tuple[Left, ...] = ()


class Addition(NamedTuple):
    """An ``expect`` for the model whose keys start at a place; without a text where there is nothing to
    say.
    """

    place: Location
    what: str
    text: str
    missing: tuple[str, ...] = ()
    """Metrics that are not in it because they are not known."""


def update(source: Source, findings: Iterable[Finding]) -> Rewritten:
    """The text with measured values in place of those that failed.

    An exact value (an expression too) becomes the measured number; ``~62.4M`` keeps its unit and decimals;
    of a bound or a range the limit that failed becomes the measured number, so that it just holds. An
    expectation that is evaluated several times (in a block, in a file with variants) changes only where one
    text is right for all.
    """
    document = Document(source)
    left: list[Left] = []
    possible: list[tuple[Change, list[Edit]]] = []
    for group in _by_place(findings):
        failed = next(finding for finding in group if not finding.ok)
        location = _location(failed)
        try:
            written = _written(document, group)
            possible.append(
                (Change(location, failed.what, written.old or failed.wanted, written.new), written.edits)
            )
        except Stays as reason:
            left.append(Left(location, failed.what, str(reason)))
    return _made(document, possible, left, "its text is used elsewhere too")


def add(source: Source, additions: Iterable[Addition]) -> Rewritten:
    """The text with an ``expect`` for each model that has none: behind its other keys, in braces before
    them.
    """
    document = Document(source)
    left: list[Left] = []
    possible: list[tuple[Change, list[Edit]]] = []
    nowhere = "it cannot be added without changing the rest"
    for addition in additions:
        place, what = addition.place, f"{addition.what}: expect"
        left += [
            Left(place, f"{addition.what}: {one}", "the value is not known", "is not added")
            for one in addition.missing
        ]
        edit = document.insertion(place, f"expect: {addition.text}")
        if addition.text and edit is None:
            left.append(Left(place, what, nowhere, "is not added"))
        elif addition.text and edit is not None:
            possible.append((Change(place, what, "", addition.text), [edit]))
    return _made(document, possible, left, nowhere, "is not added")


def _made(
    document: Document,
    possible: Sequence[tuple[Change, list[Edit]]],
    left: list[Left],
    reason: str,
    fate: Literal["stays", "is not added"] = "stays",
) -> Rewritten:
    """All changes made, but for those that would change more than expectations."""
    edits = [edit for _, found in possible for edit in found]
    if not document.says_the_same(edits):
        fitting = [document.says_the_same(found) for _, found in possible]
        left += [
            Left(change.location, change.what, reason, fate)
            for (change, _), fits in zip(possible, fitting, strict=True)
            if not fits
        ]
        possible = [one for one, fits in zip(possible, fitting, strict=True) if fits]
        edits = [edit for _, found in possible for edit in found]
    text = applied(document.source.text, edits) if edits else document.source.text
    return Rewritten(text, tuple(change for change, _ in possible), tuple(left))


def _location(finding: Finding) -> Location:
    assert finding.place is not None
    return finding.place


def _by_place(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings of each expectation that failed in one of its uses, in the order of the file."""
    groups: dict[tuple[int, int], list[Finding]] = {}
    for finding in findings:
        if finding.place is not None:
            groups.setdefault(finding.place[1:3], []).append(finding)
    return [groups[place] for place in sorted(groups) if not all(finding.ok for finding in groups[place])]


# One expectation

AxisValues = tuple[Quantity | None, ...]
"""One per axis."""


class Written(NamedTuple):
    """The edits of an expectation, and what it says with them."""

    edits: list[Edit]
    new: str
    old: str = ""
    """What stood there; empty where the expectation itself says it so."""


def _written(document: Document, group: Sequence[Finding]) -> Written:
    """What makes one expectation hold in all its uses.

    Raises:
        Stays
    """
    if group[0].metric == "error":
        raise Stays("an expected error is not a measured value")
    if group[0].metric == FITTING:
        raise Stays(f"write it by hand: the sizes that fit are {group[0].got}")
    uses = [_measured(finding) for finding in group]
    node = document.values.get(_location(group[0])[1:3])
    if node is None:
        raise Stays("its place in the file is not known")
    if isinstance(node, nodes.Sequence):
        return _list(document, node, group, uses)
    entries = _known(pair for finding, use in zip(group, uses, strict=True) for pair in _pairs(finding, use))
    if isinstance(node, Mapping):
        return _range(document, node, entries)
    assert group[0].expectation is not None
    if group[0].expectation.is_listed:
        return _sizes(document, node, group[0].expectation.bounds, uses)
    new = respelt(node.text, entries)
    if new is not None:
        return _in_quotes(document, node, new)
    per_axis = _per_axis(node.text, entries[: len(uses[0])]) if _agree(uses) else None
    return _as_list(document, node, per_axis) if per_axis is not None else _cannot_be(node.text, entries)


def _in_quotes(document: Document, node: Scalar, text: str) -> Written:
    return Written([document.replacement(node, text)], text, node.text)


def _as_list(document: Document, node: Scalar, texts: Iterable[str]) -> Written:
    text = f"[{', '.join(texts)}]"
    return Written([Edit(*document.extent(node), text)], text, node.text)


def _agree(uses: Sequence[AxisValues]) -> bool:
    return all(use == uses[0] for use in uses)


def _differ() -> NoReturn:
    raise Stays("its uses measure different values")


def _cannot_be(text: str, entries: Iterable[BoundAndValue]) -> NoReturn:
    if is_numeric(text) and not all(is_number(value) for _, value in entries):
        raise Stays("the measured value is not a number")
    _differ()


def _measured(finding: Finding) -> AxisValues:
    """What was measured along each axis; unknown only where that was allowed."""
    values = finding.measured if isinstance(finding.measured, tuple) else (finding.measured,)
    if not values:
        raise Stays("there are no axes to measure")
    assert finding.expectation is not None
    is_other = finding.expectation.is_listed and len(finding.expectation.bounds) != len(values)
    if None in values and (is_other or not all(map(_may_be, _spread(finding, len(values)), values))):
        raise Stays("the value is not known")
    return values


def _may_be(bound: Bounds, value: Quantity | None) -> bool:
    return value is not None or bound.hold(None)


def _texts(values: AxisValues, like: str = "") -> list[str]:
    return [spelt(value, like) for value in values if value is not None]


def _known(entries: Iterable[tuple[Bounds, Quantity | None]]) -> list[BoundAndValue]:
    return [(bound, value) for bound, value in entries if value is not None]


def _pairs(finding: Finding, values: AxisValues) -> Iterable[tuple[Bounds, Quantity | None]]:
    return zip(_spread(finding, len(values)), values, strict=True)


def _spread(finding: Finding, count: int) -> tuple[Bounds, ...]:
    """One bound per measured value."""
    assert finding.expectation is not None
    bounds = finding.expectation.bounds
    return bounds if len(bounds) == count else bounds[:1] * count


def _sizes(
    document: Document, node: Scalar, bounds: tuple[Bounds, ...], uses: Sequence[AxisValues]
) -> Written:
    """A shape that stands as one text: ``64x112x112``, or the length of a vector."""
    parts = node.text.split("x")
    values = uses[0]
    is_other = len(values) != len(parts)
    if any(len(use) != len(values) for use in uses) or ((is_other or len(values) == 1) and not _agree(uses)):
        _differ()
    if len(values) == 1:
        return _in_quotes(document, node, _texts(values, node.text)[0])
    texts = (
        _texts(values)
        if is_other
        else [_size(*one) for one in zip(parts, bounds, zip(*uses, strict=True), strict=True)]
    )
    if not is_other and all(_SIZE.fullmatch(text) for text in texts):
        return _in_quotes(document, node, "x".join(texts))
    return _as_list(document, node, ("any" if text == "?" else text for text in texts))


_SIZE = re.compile(r"[0-9]{1,18}|any|\?")
"""What may stand in a shape that is one text."""


def _size(part: str, bound: Bounds, values: AxisValues) -> str:
    """One size of such a shape, in all uses."""
    if all(map(bound.hold, values)):
        return part
    if len(set(values)) > 1:
        _differ()
    return str(values[0]) if isinstance(values[0], int) else _texts(values)[0]


def _per_axis(text: str, entries: Sequence[BoundAndValue]) -> list[str] | None:
    """One text per axis where one for all of them cannot hold."""
    texts = [respelt(text, [entry]) for entry in entries]
    known = [f'"{one}"' if one.startswith(">") else one for one in texts if one is not None]
    return known if len(known) == len(texts) else None


def _range(document: Document, node: Mapping, entries: Sequence[BoundAndValue]) -> Written:
    """The limits that the values go beyond."""
    if not all(is_number(value) or bound.hold(value) for bound, value in entries):
        raise Stays("it is a range, and the measured value is not a number")
    numbers = [(bound, value) for bound, value in entries if is_number(value)]
    below = [value for bound, value in numbers if bound.low is not None and value < bound.low]
    above = [value for bound, value in numbers if bound.high is not None and value > bound.high]
    broken = {"min": min(below, default=None), "max": max(above, default=None)}
    edits: list[Edit] = []
    texts: list[str] = []
    for key, value in node.entries:
        assert isinstance(value, Scalar)
        limit = broken[key.text]
        new = value.text if limit is None else spelt(limit, value.text)
        edits += [] if limit is None else [document.replacement(value, new)]
        texts.append(f"{key.text}: {new}")
    return Written(edits, f"{{{', '.join(texts)}}}")


def _list(
    document: Document, node: nodes.Sequence, group: Sequence[Finding], uses: Sequence[AxisValues]
) -> Written:
    """The items that failed, or the whole list where it has another length."""
    count = len(uses[0])
    if any(len(use) != count for use in uses) or (count != len(node.items) and not _agree(uses)):
        _differ()
    if count != len(node.items):
        texts = _texts(uses[0])
        return Written(document.whole_list(node, texts), f"[{', '.join(texts)}]")
    items = [
        _item(
            document,
            item,
            _known(
                (_spread(finding, count)[axis], use[axis]) for finding, use in zip(group, uses, strict=True)
            ),
        )
        for axis, item in enumerate(node.items)
    ]
    return Written(
        [edit for item in items for edit in item.edits], f"[{', '.join(item.new for item in items)}]"
    )


def _item(document: Document, item: nodes.YamlNode, entries: Sequence[BoundAndValue]) -> Written:
    if isinstance(item, Mapping):
        return _range(document, item, entries)
    if not isinstance(item, Scalar):
        _differ()
    new = respelt(item.text, entries)
    if new is None:
        _cannot_be(item.text, entries)
    return _in_quotes(document, item, new) if new != item.text else Written([], new)
