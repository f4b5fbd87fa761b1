"""Items as layers of a spec: arguments in their shortest form, those left out that need not be said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.frameworks.rules import Framework
from cnncalc.importers.items import Item
from cnncalc.language.written import Piece
from cnncalc.layers.base import OPERATIONS
from cnncalc.layers.fields import Field, Padding, PerAxis


def refers(one: Item) -> tuple[str, ...]:
    """The tensors behind the first that an item reads and that a spec gives by their names."""
    fields = OPERATIONS[one.op].fields.values() if one.op in OPERATIONS else ()
    has_names = any(field.kind in ("name", "names", "size") for field in fields)
    return one.inputs[1:] if has_names else ()


def layer(one: Item, framework: Framework) -> Piece:
    """The item as a piece of its own."""
    return Piece(
        op=one.op,
        arguments=written(one.op, one.arguments, framework),
        items=(one,),
        targets=refers(one),
        note=one.note,
        share=one.share,
        frozen=one.frozen,
        output=one.output,
    )


def written(op: str, arguments: Mapping[str, Any], framework: Framework) -> dict[str, Any]:
    """The arguments that say something, each in its shortest form, in the order of the language."""
    fields = OPERATIONS[op].fields if op in OPERATIONS else {}
    found = {}
    first = [name for name, field in fields.items() if field.primary]
    for name in dict.fromkeys((*first, *fields, *arguments)):
        if name not in arguments:
            continue
        value = short(arguments[name], fields.get(name))
        if name not in fields or not is_default(op, fields[name], value, arguments, framework):
            found[name] = value
    return found


def short(value: Any, field: Field[Any] | None) -> Any:
    """One number for all axes where they are alike, pairs as numbers where both ends are."""
    if field is None or not isinstance(value, tuple) or not value:
        return value
    if field.kind in ("padding", "margins"):
        pairs = tuple(pair if isinstance(pair, tuple) else (pair, pair) for pair in value)
        if any(before != after for before, after in pairs):
            return pairs
        value = tuple(before for before, _ in pairs)
    if (
        field.kind in ("axes", "factors", "padding", "margins")
        and len(set(value)) == 1
        and field.name != "kernel"
    ):
        return value[0]
    return value


def is_default(
    op: str, field: Field[Any], value: Any, arguments: Mapping[str, Any], framework: Framework
) -> bool:
    """Whether an argument may be left out."""
    if field.required:
        return False
    if op in ("maxpool", "avgpool", "lppool") and field.name == "stride":
        kernel = short(arguments.get("kernel"), None)
        usual = kernel if framework.pool_stride_is_kernel else 1
        return bool(value == usual or (isinstance(usual, tuple) and set(usual) == {value}))
    if field.name == "ceil":
        return bool(value == framework.pool_rounds_up)
    if field.name == "bias" and field.default is None:
        return bool(value == arguments.get("learned", True))
    if op == "bn" and field.name == "scale":
        return bool(value == framework.norm_scale)
    if op == "instance_norm" and field.name == "affine":
        return bool(value == framework.instance_norm_affine)
    return bool(value == _plain_default(field.default))


def _plain_default(default: Any) -> Any:
    if isinstance(default, PerAxis):
        return default.values[0]
    if isinstance(default, Padding):
        return 0 if default.mode == "explicit" else default.mode
    return default
