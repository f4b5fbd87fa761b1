"""Arguments of operations: from nodes to the values that their fields declare."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from cnncalc.errors import Fault
from cnncalc.geometry.shape import MOST_AXES
from cnncalc.language.context import Context, DependsOnParameter, Scope
from cnncalc.language.expressions import UNDETERMINED, as_integer, by_name
from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode
from cnncalc.language.vocabulary import SIZES
from cnncalc.layers.activation import Activation
from cnncalc.layers.base import OPERATIONS, Layer
from cnncalc.layers.fields import PADDING_WORDS, Factors, Field, Padding, PerAxis
from cnncalc.layers.normalization import Normalization
from cnncalc.support.words import did_you_mean, shown

_LONGEST_DIGITS = 18
LARGEST = 10**12
"""Sizes, counts and kernels beyond this are refused as slips."""


def kind_of(node: YamlNode) -> str:
    """What a node is, in words for a message."""
    if isinstance(node, Scalar):
        return "nothing" if node.is_null else f"`{shown(node.text)}`" if node.text else "an empty text"
    return "a list" if isinstance(node, Sequence) else "a mapping"


def braced(node: YamlNode) -> str | None:
    """The name in `{a}`, a variable as template languages have it, which is a mapping to YAML."""
    if not isinstance(node, Mapping) or len(node.entries) != 1:
        return None
    ((key, value),) = node.entries
    return key.text if isinstance(value, Scalar) and value.is_null and key.text.isidentifier() else None


def read_integer(
    node: YamlNode, context: Context, scope: Scope, minimum: int = 0, what: str = "a whole number"
) -> int:
    """An integer or an expression that gives one.

    Raises:
        Fault, DependsOnParameter
    """
    if not isinstance(node, Scalar) or (node.is_null and not node.quoted):
        name = braced(node)
        raise Fault("E105", f"expected {what}, found {kind_of(node)}", by_name(name) if name else None)
    text = node.text
    if SIZES.fullmatch(text):
        raise Fault("E105", f"expected {what}, found {kind_of(node)}")
    value = (
        int(text)
        if text.isdigit() and text.isascii() and len(text) < 19
        else _integer_value(text, context, scope, what)
    )
    if value < minimum:
        raise Fault("E109", f"{_evaluated(text, value)} is below the smallest possible value, {minimum}")
    if value > LARGEST:
        raise Fault("E109", f"{_evaluated(text, value)} is beyond the largest possible value, {LARGEST:,}")
    return value


def _integer_value(text: str, context: Context, scope: Scope, what: str) -> int:
    value = context.evaluate(text, scope)
    if isinstance(value, bool):
        raise Fault("E105", f"expected {what}, found `{shown(text)}`")
    return as_integer(value, text)


def _evaluated(text: str, value: int | Fraction) -> str:
    return text if text == str(value) else f"`{shown(text)}` = {value}"


def _int(field: Field[Any], node: YamlNode, context: Context, scope: Scope) -> int:
    return read_integer(node, context, scope, field.minimum or 0)


def _bool(field: Field[Any], node: YamlNode, context: Context, scope: Scope) -> bool:
    return read_flag(node, context, scope)


def read_flag(node: YamlNode, context: Context, scope: Scope) -> bool:
    """``true``, ``false``, or an expression that compares.

    Raises:
        Fault, DependsOnParameter
    """
    if not isinstance(node, Scalar) or node.is_null:
        raise Fault("E105", f"expected true or false, found {kind_of(node)}")
    if node.text in ("true", "false"):
        return node.text == "true"
    if node.text not in scope.names and node.text.lower() in _BOOLEANS:
        raise Fault(
            "E105", f"expected true or false, found `{node.text}`", f"write `{_BOOLEANS[node.text.lower()]}`"
        )
    value = context.evaluate(node.text, scope)
    if not isinstance(value, bool):
        raise Fault("E105", f"expected true or false, found `{shown(node.text)}`")
    return value


_BOOLEANS = {"yes": "true", "on": "true", "no": "false", "off": "false", "true": "true", "false": "false"}


def _number(field: Field[Any], node: YamlNode, context: Context, scope: Scope) -> float:
    if not isinstance(node, Scalar) or node.is_null:
        raise Fault("E105", f"expected a number, found {kind_of(node)}")
    value = context.evaluate(node.text, scope)
    if isinstance(value, (str, bool)):
        raise Fault("E105", f"expected a number, found `{shown(node.text)}`")
    return float(value)  # type: ignore[arg-type]


def _axes(field: Field[Any], node: YamlNode, context: Context, scope: Scope) -> PerAxis:
    minimum = field.minimum or 0
    if isinstance(node, Sequence):
        if not node.items:
            raise Fault("E106", "an empty list", "give one value per axis")
        _check_number(len(node.items))
        return PerAxis(tuple(read_integer(item, context, scope, minimum) for item in node.items))
    if isinstance(node, Scalar) and SIZES.fullmatch(node.text):
        digits = node.text.split("x")
        _check_number(len(digits))
        values = tuple(int(text[-_LONGEST_DIGITS:]) for text in digits)
        if max(map(len, digits)) > _LONGEST_DIGITS or min(values) < minimum or max(values) > LARGEST:
            raise Fault("E109", f"{shown(node.text)} has a value outside {minimum} .. {LARGEST:,}")
        return PerAxis(values)
    if isinstance(node, Mapping):
        raise Fault(
            "E105", "expected a number or one per axis, found a mapping", "for instance 3, 3x5 or [3, 5]"
        )
    return PerAxis((read_integer(node, context, scope, minimum, "a number or one per axis"),))


def _check_number(axes: int) -> None:
    if axes > MOST_AXES:
        raise Fault(
            "E109",
            f"{axes:,} values are more than the {MOST_AXES} axes that a map can have",
            "give one value per axis",
        )


def _padding(field: Field[Any], node: YamlNode, context: Context, scope: Scope) -> Padding:
    if isinstance(node, Scalar) and node.text.lower() in PADDING_WORDS:
        return PADDING_WORDS[node.text.lower()]
    if isinstance(node, Scalar) and node.text.replace("_", "").isalpha() and node.text not in scope.names:
        guess = did_you_mean(node.text, PADDING_WORDS)
        help = (
            f"did you mean `{guess}`?"
            if guess
            else "possible: valid, half, causal, same, a number, one per axis, [[before, after], ...]"
        )
        raise Fault("E112", f"unknown padding `{shown(node.text)}`", help)
    return _margins(field, node, context, scope)


def _margins(field: Field[Any], node: YamlNode, context: Context, scope: Scope) -> Padding:
    if isinstance(node, Sequence) and any(isinstance(item, Sequence) for item in node.items):
        _check_number(len(node.items))
        return Padding(tuple(_pair(item, context, scope) for item in node.items))
    values = _axes(field, node, context, scope).values
    return Padding(tuple((value, value) for value in values))


def _pair(node: YamlNode, context: Context, scope: Scope) -> tuple[int, int]:
    if not isinstance(node, Sequence) or len(node.items) != 2:
        raise Fault(
            "E105", f"expected [before, after], found {kind_of(node)}", "for instance [[0, 1], [0, 1]]"
        )
    before, after = (read_integer(item, context, scope) for item in node.items)
    return (before, after)


def _choice(field: Field[Any], node: YamlNode, context: Context, scope: Scope) -> str:
    possible = ", ".join(field.choices)
    if not isinstance(node, Scalar):
        raise Fault("E105", f"expected one word, found {kind_of(node)}", f"possible: {possible}")
    if scope.names.get(node.text) is UNDETERMINED:
        raise DependsOnParameter
    word = node.text
    if word not in field.choices:
        guess = did_you_mean(word, field.choices)
        raise Fault(
            "E112",
            f"unknown {field.spec_name} `{shown(word)}`",
            f"did you mean `{guess}`?" if guess else f"possible: {possible}",
        )
    return word


def _integers(field: Field[Any], node: YamlNode, context: Context, scope: Scope) -> tuple[int, ...]:
    items = node.items if isinstance(node, Sequence) else [node]
    if len(items) != field.count if field.count else not items:
        wanted = f"{field.count} numbers" if field.count else "at least one number"
        raise Fault("E105", f"expected {wanted}, found {len(items)}", field.doc)
    return tuple(read_integer(item, context, scope, field.minimum or 0) for item in items)


def _name(field: Field[Any], node: YamlNode, context: Context, scope: Scope) -> Any:
    if not isinstance(node, Scalar) or node.is_empty:
        raise Fault("E105", f"expected the name of an earlier tensor, found {kind_of(node)}")
    return context.reference(node, scope)


def _factors(field: Field[Any], node: YamlNode, context: Context, scope: Scope) -> Factors:
    items = node.items if isinstance(node, Sequence) else [node]
    if not items:
        raise Fault("E106", "an empty list", "give one factor per axis")
    _check_number(len(items))
    if isinstance(node, Scalar) and SIZES.fullmatch(node.text):
        return Factors(tuple(map(Fraction, _axes(field, node, context, scope).values)))
    return Factors(tuple(_factor(item, context, scope) for item in items))


def _factor(node: YamlNode, context: Context, scope: Scope) -> Fraction:
    """A positive rational number, such as 2, 1.5 or 3/2."""
    if not isinstance(node, Scalar) or (node.is_null and not node.quoted):
        raise Fault(
            "E105", f"expected a factor or one per axis, found {kind_of(node)}", "for instance 2, 1.5 or 3/2"
        )
    value = context.evaluate(node.text, scope)
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise Fault(
            "E105", f"expected a factor or one per axis, found {kind_of(node)}", "for instance 2, 1.5 or 3/2"
        )
    if not Fraction(1, LARGEST) <= value <= LARGEST:
        raise Fault(
            "E109", f"{_evaluated(node.text, value)} is no factor: it is above 0, at most {LARGEST:,}"
        )
    return Fraction(value)


def _size(field: Field[Any], node: YamlNode, context: Context, scope: Scope) -> Any:
    """Sizes, or the name of the tensor that has them."""
    if isinstance(node, Scalar) and node.text not in scope.names:
        label = re.fullmatch(r"(.*[^\W\d].*)_[0-9]+", node.text)
        if node.text in scope.tensors or context.is_declared(node.text) or label is not None:
            return context.reference(node, scope)
        if node.text.isidentifier():
            raise _no_size(node, context, scope)
    return _axes(field, node, context, scope)


def _no_size(node: Scalar, context: Context, scope: Scope) -> Fault:
    """A lone word that is the name of neither a number nor a tensor."""
    text = node.text
    known = [*scope.names, *dict.fromkeys((*scope.tensors, *context.names_before(node)))]
    close = did_you_mean(text, known)
    if close:
        help = f"did you mean `{close}`?"
    else:
        help = f"a number or a name: {', '.join(map(shown, known[:12]))}" if known else "write a number"
    return Fault("E203", f"unknown name `{shown(text)}`", help)


def _names(field: Field[Any], node: YamlNode, context: Context, scope: Scope) -> Any:
    items = node.items if isinstance(node, Sequence) else [node]
    if not items:
        raise Fault("E106", "an empty list", "name the tensors that it reads")
    return tuple(_name(field, item, context, scope) for item in items)


ReadField = Callable[[Field[Any], YamlNode, Context, Scope], Any]
READERS: dict[str, ReadField] = {
    "int": _int,
    "bool": _bool,
    "number": _number,
    "axes": _axes,
    "padding": _padding,
    "margins": _margins,
    "choice": _choice,
    "ints": _integers,
    "factors": _factors,
    "size": _size,
    "name": _name,
    "names": _names,
}
"""How each kind of field is read. Readers raise Fault, or DependsOnParameter."""

FAMILIES: dict[str, type[Layer]] = {"norm": Normalization, "act": Activation}
"""The kinds of field that put a layer of a family behind another one."""


def family_words(kind: str) -> tuple[str, ...]:
    """The operations that ``norm`` or ``act`` may name."""
    return tuple(op for op, meaning in OPERATIONS.items() if issubclass(meaning, FAMILIES[kind]))


def has_default(field: Field[Any]) -> bool:
    """Whether ``defaults`` may hold it: what is no part of the network's structure."""
    return field.kind in READERS or field.kind in FAMILIES
