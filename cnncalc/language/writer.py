"""The text of a spec from its structure: as short as by hand, lists on one line where they fit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cnncalc.frameworks import FRAMEWORKS
from cnncalc.geometry.shape import Shape
from cnncalc.language.written import CURRENT, Block, Branch, Expression, Piece, Sheet
from cnncalc.layers.base import OPERATIONS, Layer

WIDTH = 110
"""Characters of a line; what is longer goes on several."""

_PLAIN = re.compile(r"[A-Za-z0-9_*(][A-Za-z0-9_.*/+()<>=% -]*[A-Za-z0-9_)*]|[A-Za-z0-9_]")
_LIKE_ANOTHER = re.compile(
    r"(?i)(null|~|true|false|yes|no|on|off|none|any|prev|[-+]?[0-9][0-9_]*(\.[0-9]*)?(e[-+]?[0-9]+)?)\Z"
)
"""Words that mean something else where a text is wanted."""


class Name(str):
    """A text such as a name or a note, which must not be read as anything else."""

    __slots__ = ()


class Nothing:
    """An argument that is empty."""


NOTHING = Nothing()


def text_of(sheet: Sheet) -> str:
    """The file, ending with a newline."""
    lines = [f"name: {flow(Name(sheet.name))}"]
    if sheet.description:
        lines.append(f"description: {flow(Name(sheet.description))}")
    if sheet.source:
        lines.append(f"source: {flow(Name(sheet.source))}")
    if sheet.framework != "pytorch":
        lines.append(f"framework: {_framework(sheet.framework)}")
    lines.extend(_entry("input", _inputs(sheet), 0))
    items = _Items(sheet)
    if sheet.blocks:
        lines.append("blocks:")
        for block in sheet.blocks:
            lines.append(f"  {block.name}:")
            for key, value in items.block(block).items():
                lines.extend(_entry(key, value, 4))
    lines.append("layers:" if sheet.pieces else "layers: []")
    lines.extend(_list(items.list(sheet.pieces), 2))
    if sheet.expect:
        lines.extend(_entry("expect", dict(sheet.expect), 0))
    return "\n".join(lines) + "\n"


def _framework(name: str) -> str:
    """A framework, its version by its word: ``onnx:17`` is ``{onnx: {opset: 17}}``."""
    base, _, number = name.partition(":")
    versions = FRAMEWORKS[base].versions if base in FRAMEWORKS else None
    return name if not number or versions is None else f"{{{base}: {{{versions.word}: {number}}}}}"


def _inputs(sheet: Sheet) -> Any:
    shapes = {name: axes_of(shape) for name, shape in sheet.inputs}
    return shapes["input"] if list(shapes) == ["input"] else shapes


def axes_of(shape: Shape) -> list[Any]:
    """A shape as it is written."""
    return ["any" if size is None else size for size in shape.axes]


class _Items:
    """Pieces as mappings and lists, which then become lines."""

    def __init__(self, sheet: Sheet) -> None:
        self.names = sheet.names
        self.primaries = {block.name: block.params[0][0] for block in sheet.blocks if block.params}

    def block(self, block: Block) -> dict[str, Any]:
        params = [Expression(name if value is None else f"{name}={value}") for name, value in block.params]
        return {**({"params": params} if params else {}), "layers": self.list(block.pieces)}

    def list(self, pieces: tuple[Piece, ...]) -> list[Any]:
        return [self.item(piece) for piece in pieces]

    def item(self, piece: Piece) -> Any:
        key, argument = self._operation(piece)
        beside = self._beside(piece)
        if argument is NOTHING and not beside:
            return key
        return {key: argument, **beside}

    def _targets(self, meaning: type[Layer], targets: tuple[str, ...]) -> dict[str, Any]:
        """The arguments that name tensors."""
        for name, field in meaning.fields.items():
            if field.kind in ("name", "size"):
                return {name: self._named(targets[0])}
            if field.kind == "names":
                return {name: [Expression("prev"), *map(self._named, targets)]}
        raise AssertionError(f"{meaning.op} reads one tensor")

    def _beside(self, piece: Piece) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if piece.name is not None:
            found["name"] = Name(piece.name)
        if piece.source is not None:
            found["from"] = self._named(piece.source)
        if piece.repeat is not None:
            found["repeat"] = piece.repeat
        if piece.share is not None:
            found["share"] = self._named(piece.share)
        if piece.frozen:
            found["frozen"] = True
        if piece.note is not None:
            found["note"] = Name(piece.note)
        return found

    def _named(self, tensor: str) -> Name:
        return Name(self.names[tensor])

    def _operation(self, piece: Piece) -> tuple[str, Any]:
        if piece.branches:
            return piece.op, self._structure(piece)
        arguments = dict(piece.arguments)
        meaning = OPERATIONS.get(piece.op) if piece.op in OPERATIONS else None
        key = piece.op
        if meaning is not None and meaning.kernel_in_name and _is_whole(arguments.get("kernel")):
            key += "x".join(map(str, arguments.pop("kernel")))
        elif isinstance(arguments.get("kernel"), tuple) and len(set(arguments["kernel"])) == 1:
            arguments["kernel"] = arguments["kernel"][0]
        if piece.targets and meaning is not None:
            arguments = {**self._targets(meaning, piece.targets), **arguments}
        primary = meaning.primary() if meaning is not None else None
        first = self.primaries.get(piece.op) if primary is None else primary.spec_name
        if not arguments:
            return key, NOTHING
        if first is not None and list(arguments) == [first] and not isinstance(arguments[first], Mapping):
            return key, arguments[first]
        return key, arguments

    # Structures

    def _structure(self, piece: Piece) -> Any:
        if piece.op in ("seq", "head"):
            return self.list(piece.branches[0].pieces)
        if piece.op == "dense_block":
            return {**piece.arguments, "body": self.list(piece.branches[0].pieces)}
        if piece.op == "residual":
            return self._residual(piece)
        if all(branch.tensor is not None for branch in piece.branches):
            return [self._tensor(branch) for branch in piece.branches]
        if any(branch.tensor for branch in piece.branches):
            return [
                self._tensor(branch) if branch.tensor is not None else self.list(branch.pieces)
                for branch in piece.branches
            ]
        names = branch_names(piece)
        return {name: self.list(branch.pieces) for name, branch in zip(names, piece.branches, strict=True)}

    def _residual(self, piece: Piece) -> Any:
        body, shortcut = piece.branches
        if piece.arguments.get("shortcut"):
            return {"body": self.list(body.pieces), "shortcut": piece.arguments["shortcut"]}
        if shortcut.tensor == CURRENT:
            return self.list(body.pieces)
        return {"body": self.list(body.pieces), "shortcut": self.list(shortcut.pieces)}

    def _tensor(self, branch: Branch) -> Any:
        return Expression("prev") if branch.tensor == CURRENT else self._named(str(branch.tensor))


def branch_names(piece: Piece) -> list[str]:
    """Names for the branches of a join."""
    if piece.op == "mul" and len(piece.branches) == 2:
        currents = [branch.tensor == CURRENT for branch in piece.branches]
        if sum(currents) == 1:
            return ["map" if is_current else "gate" for is_current in currents]
    return [branch.name or f"b{place}" for place, branch in enumerate(piece.branches, 1)]


def _is_whole(kernel: Any) -> bool:
    return isinstance(kernel, tuple) and all(isinstance(one, int) and one < 10_000 for one in kernel)


# Lines


def _list(items: list[Any], indent: int) -> list[str]:
    lines: list[str] = []
    for item in items:
        lines.extend(_item(item, indent))
    return lines


def _item(item: Any, indent: int) -> list[str]:
    """An item with its dash."""
    space = " " * indent
    if not isinstance(item, dict):
        if isinstance(item, list) and len(one := flow(item)) + indent + 2 > WIDTH:
            inner = _list(item, indent + 2)
            return [f"{space}- {inner[0].lstrip()}", *inner[1:]]
        return [f"{space}- {flow(item)}" if not isinstance(item, list) else f"{space}- {one}"]
    lines: list[str] = []
    for key, value in item.items():
        lines.extend(_entry(key, value, indent + 2))
    lines[0] = f"{space}- {lines[0].lstrip()}"
    return lines


def _entry(key: str, value: Any, indent: int) -> list[str]:
    """A key with its value, on one line where that fits and is no list of structures."""
    space = " " * indent
    written = flow_key(key)
    if value is NOTHING:
        return [f"{space}{written}:"]
    line = f"{space}{written}: {flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return [line]
    lines = [f"{space}{written}:"]
    if isinstance(value, list):
        return lines + _list(value, indent + 2)
    for inner, one in value.items():
        lines.extend(_entry(inner, one, indent + 2))
    return lines


def flow_key(key: str) -> str:
    return key if _PLAIN.fullmatch(key) and not _LIKE_ANOTHER.match(key) else quoted(key)


def flow(value: Any) -> str:
    """A value on one line."""
    if value is NOTHING:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow_key(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow_item, value)) + "]"
    if isinstance(value, Name):
        is_plain = _PLAIN.fullmatch(value) and not _LIKE_ANOTHER.match(value) and " " not in value[:1]
        return str(value) if is_plain and ": " not in value else quoted(value)
    if isinstance(value, str):
        return str(value)
    return repr(value) if isinstance(value, float) else str(value)


def _flow_item(value: Any) -> str:
    """An item of a list on one line; one key needs no braces."""
    if isinstance(value, dict) and len(value) == 1:
        return flow(value)[1:-1]
    return flow(value)


def quoted(text: str) -> str:
    """A text in double quotes, with what YAML cannot hold escaped."""
    found = []
    for letter in text:
        code = ord(letter)
        if letter in '"\\':
            found.append("\\" + letter)
        elif (
            code < 0x20 or 0x7F <= code < 0xA0 or code in (0x2028, 0x2029, 0xFEFF) or 0xD800 <= code < 0xE000
        ):
            found.append(f"\\u{code:04X}" if not 0xD800 <= code < 0xE000 else "?")
        elif code in (0xFFFE, 0xFFFF):
            found.append("?")
        else:
            found.append(letter)
    return '"' + "".join(found) + '"'


def grouped(number: int) -> Expression:
    """A large number as it is written, its digits in groups."""
    return Expression(f"{number:_}")


__all__ = ["Name", "flow", "grouped", "text_of"]
