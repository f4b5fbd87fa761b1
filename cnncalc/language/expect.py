"""The grammar of ``expect``: from nodes to Expectations."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from cnncalc.errors import Fault
from cnncalc.geometry.shape import MOST_AXES, is_any
from cnncalc.language.arguments import kind_of
from cnncalc.language.context import Context, DependsOnParameter, Scope
from cnncalc.language.expressions import MAX_LENGTH
from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode
from cnncalc.network.expectation import (
    ALL,
    FIELD_METRICS,
    FITTING,
    METRICS,
    SHAPE_METRICS,
    Bounds,
    Expectation,
    SizeSet,
)
from cnncalc.support.numbers import AMOUNT, POWERS, Number, amount, decimals
from cnncalc.support.words import shown

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBER = re.compile(rf"([+-]?){AMOUNT}")
_SHAPE = re.compile(r"(?:[0-9]{1,18}|any|\?)(?:x(?:[0-9]{1,18}|any|\?)){1,100}")
_FORMS = 'a number, ~62.4M, "<= 5M", ">= 224", or {min: a, max: b}'
MOST_MODULO = 1_000_000
"""The largest size and modulus in an expectation of sizes."""
_PER_AXIS = (*SHAPE_METRICS, *FIELD_METRICS)


def read_expect(
    node: YamlNode, context: Context, scope: Scope, path: str | None, allow_error: bool = False
) -> tuple[Expectation, ...]:
    """What an ``expect`` says: a bare list or ``3x5`` is the shape, a mapping names its metrics."""
    if not isinstance(node, Mapping):
        return _one("shape", node, context, scope, path)
    found: list[Expectation] = []
    if not node.entries:
        context.error(
            "E106", node, "an empty expectation", "for instance `expect: {params: 9408}`", scope, path
        )
    for key, value in node.entries:
        if key.text == "error" and allow_error:
            found.extend(_error_code(value, context, scope, path))
        elif key.text == FITTING and allow_error:
            found.extend(_sizes(value, context, scope, path))
        elif key.text in METRICS:
            found.extend(_one(key.text, value, context, scope, path))
        elif key.text.lower() == "flops":
            context.error(
                "E104", key, "unknown expectation `flops`", "flops are 2 x macs: expect `macs`", scope, path
            )
        else:
            known = (*METRICS, FITTING, "error") if allow_error else METRICS
            context.unknown_word("E104", "expectation", key, known, scope, path, _FOREIGN)
    return tuple(found)


_FOREIGN = {
    "parameters": "params",
    "weights": "params",
    "mults": "macs",
    "out": "channels",
    "output": "shape",
    "receptive_field": "rf",
    "jump": "stride",
    "input": "in",
    "non_trainable": "buffers",
    "learnable": "trainable",
}


def _error_code(node: YamlNode, context: Context, scope: Scope, path: str | None) -> tuple[Expectation, ...]:
    if not isinstance(node, Scalar) or not re.fullmatch(r"E[0-9]{3}", node.text):
        context.error(
            "E105", node, "an error is expected by its code", "for instance `error: E301`", scope, path
        )
        return ()
    return (Expectation("error", (Bounds(node.text, word=node.text),), False, context.origin(node, scope)),)


_SIZES = "write {multiple_of: 32}, {valid_sizes: [0, 31], modulo: 32} or {smallest: 32}"


def _sizes(node: YamlNode, context: Context, scope: Scope, path: str | None) -> tuple[Expectation, ...]:
    """Which input sizes fit: ``multiple_of``, or ``valid_sizes`` with ``modulo``, and ``smallest``."""
    try:
        return (
            Expectation(FITTING, (), False, context.origin(node, scope), _size_set(node, context, scope)),
        )
    except Fault as fault:
        context.fault(fault, node, scope, path)
    except DependsOnParameter:
        pass
    return ()


def _size_set(node: YamlNode, context: Context, scope: Scope) -> SizeSet:
    if not isinstance(node, Mapping):
        raise Fault("E105", f"the sizes that fit are a mapping, found {kind_of(node)}", _SIZES)
    given: dict[str, tuple[int, ...]] = {}
    for key, value in node.entries:
        if key.text not in ("multiple_of", "valid_sizes", "modulo", "smallest"):
            raise Fault("E104", f"`{shown(key.text)}` says nothing of sizes", _SIZES)
        listed = value.items if isinstance(value, Sequence) and key.text == "valid_sizes" else (value,)
        given[key.text] = tuple([_size(one, key.text, context, scope) for one in listed])
    if not given:
        raise Fault("E106", "an empty expectation", _SIZES)
    if "multiple_of" in given and "valid_sizes" in given:
        raise Fault("E107", "multiple_of and valid_sizes exclude each other", _SIZES)
    if ("valid_sizes" in given) != ("modulo" in given):
        raise Fault("E106", "valid_sizes and modulo belong together", _SIZES)
    modulo = (given.get("modulo") or given.get("multiple_of") or (1,))[0]
    residues = (0,) if "multiple_of" in given else given.get("valid_sizes")
    if residues is not None and max(residues, default=0) >= modulo:
        raise Fault(
            "E109", f"{max(residues)} is no residue modulo {modulo}", f"residues are 0 to {modulo - 1}"
        )
    smallest = given["smallest"][0] if "smallest" in given else None
    text = ", ".join(
        f"{name}: [{', '.join(map(str, numbers))}]" if name == "valid_sizes" else f"{name}: {numbers[0]}"
        for name, numbers in given.items()
    )
    return SizeSet(
        None if residues is None else tuple(sorted(set(residues))), modulo, smallest, f"{{{text}}}"
    )


def _size(node: YamlNode, name: str, context: Context, scope: Scope) -> int:
    if not isinstance(node, Scalar) or node.is_null:
        raise Fault("E105", f"{name} is a whole number, found {kind_of(node)}", _SIZES)
    number = _number(_checked_text(node), context, scope)
    least = 0 if name == "valid_sizes" else 1
    if not isinstance(number, int) or not least <= number <= MOST_MODULO:
        raise Fault(
            "E109", f"{name} is a whole number from {least} to {MOST_MODULO:,}, found {number}", _SIZES
        )
    return number


def _one(
    metric: str, node: YamlNode, context: Context, scope: Scope, path: str | None
) -> tuple[Expectation, ...]:
    origin = context.origin(node, scope)
    try:
        if isinstance(node, Scalar) and metric in _PER_AXIS and _SHAPE.fullmatch(node.text):
            _check_number(node.text.count("x") + 1)
            bounds = tuple(
                _bounds(Scalar(text, False, node.line, node.column, node.width), context, scope)
                for text in node.text.split("x")
            )
            return (Expectation(metric, bounds, True, origin),)
        if isinstance(node, Sequence):
            if not node.items:
                raise Fault("E106", "an empty list", "give one value per axis")
            _check_number(len(node.items))
            if metric not in _PER_AXIS:
                raise Fault("E105", f"{metric} is one number, not a list")
            return (
                Expectation(
                    metric, tuple(_bounds(item, context, scope) for item in node.items), True, origin
                ),
            )
        is_listed = metric in ("shape", "in") and not _is_limit(node)
        return (Expectation(metric, (_bounds(node, context, scope),), is_listed, origin),)
    except Fault as fault:
        context.fault(fault, node, scope, path)
    except DependsOnParameter:
        pass
    return ()


def _is_limit(node: YamlNode) -> bool:
    """Whether a value is a bound, a range or a rounded number, which of a shape hold for every axis; one
    number is a vector.
    """
    return isinstance(node, Mapping) or (
        isinstance(node, Scalar) and node.text.strip().startswith(("<", ">", "~"))
    )


def _check_number(axes: int) -> None:
    if axes > MOST_AXES + 1:
        raise Fault(
            "E109",
            f"{axes:,} values are more than the channels and the {MOST_AXES} sizes that a shape can have",
        )


def _bounds(node: YamlNode, context: Context, scope: Scope) -> Bounds:
    """What one value may be, from a number, an expression, ``~``, ``<=``, ``>=`` or ``{min, max}``."""
    if isinstance(node, Mapping):
        return _range(node, context, scope)
    if not isinstance(node, Scalar):
        raise Fault("E105", "expected a value, found a list")
    text = _checked_text(node)
    if is_any(text):
        return Bounds("any")
    if text == ALL:
        return Bounds(ALL, word=ALL)
    for sign, make in _SIGNS.items():
        if text.startswith(sign):
            return make(text, _number(text[len(sign) :].strip(), context, scope))
    if text.startswith("~"):
        return _approximate(text)
    if text[:1] in "<>=":
        raise Fault(
            "E105",
            f"`{shown(text)}` is not an expectation",
            'write "<= 5M", ">= 224", ~62.4M, a number, or {min: a, max: b}',
        )
    number = _number(text, context, scope)
    return Bounds(text, number, number)


_SIGNS: dict[str, Callable[[str, Number], Bounds]] = {
    "<=": lambda text, limit: Bounds(text, None, limit),
    ">=": lambda text, limit: Bounds(text, limit, None),
}


def _checked_text(node: Scalar) -> str:
    text = node.text.strip()
    if node.is_null or not text:
        raise Fault("E106", f"expected an expectation, found {kind_of(node)}", _FORMS)
    if len(text) > MAX_LENGTH:
        raise Fault(
            "E207", f"`{shown(text)}` has {len(text):,} characters; an expectation has at most {MAX_LENGTH}"
        )
    return text


def _range(node: Mapping, context: Context, scope: Scope) -> Bounds:
    limits: dict[str, Number] = {}
    for key, value in node.entries:
        if key.text not in ("min", "max"):
            raise Fault("E104", f"`{shown(key.text)}` is not a limit", "a range is {min: a, max: b}")
        if not isinstance(value, Scalar) or value.is_null:
            raise Fault("E105", f"expected a number, found {kind_of(value)}", "a range is {min: a, max: b}")
        limits[key.text] = _number(value.text, context, scope)
    if not limits:
        raise Fault("E106", "an empty range", "a range is {min: a, max: b}")
    low, high = limits.get("min"), limits.get("max")
    if low is not None and high is not None and low > high:
        raise Fault("E109", f"min {low} is larger than max {high}")
    text = ", ".join(f"{name}: {limit}" for name, limit in limits.items())
    return Bounds(f"{{{text}}}", low, high)


def _number(text: str, context: Context, scope: Scope) -> Number:
    """A number with an optional suffix, or an expression."""
    match = _NUMBER.fullmatch(text)
    if match:
        return _whole(_written(match))
    if re.fullmatch(r"[0-9_.]+[kmgt]", text):
        raise Fault("E105", f"`{shown(text)}` is not a number", f"write `{text.upper()}`")
    value = context.evaluate(text, scope)
    if not isinstance(value, (int, Fraction)) or isinstance(value, bool):
        raise Fault("E105", f"`{shown(text)}` is not a number")
    return value


def _approximate(text: str) -> Bounds:
    """``~62.4M``: everything that rounds to what is written."""
    match = _NUMBER.fullmatch(text[1:].strip())
    if not match:
        raise Fault("E105", f"`{shown(text)}` is not a rounded number", "write it like ~62.4M")
    half = Fraction(POWERS[match[4]], 2 * 10 ** decimals(match[2]))
    return Bounds(text, _written(match) - half, _written(match) + half)


def _written(match: re.Match[str]) -> Fraction:
    value = amount(match[2], match[4])
    return -value if match[1] == "-" else value


def _whole(number: Fraction) -> Number:
    return int(number) if number.denominator == 1 else number
