"""Sizes of an exported program: numbers, and expressions of symbols for axes that it leaves open."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import prod
from typing import Any

Symbols = Mapping[str, int]
Number = int | float | Fraction

LONGEST = 2000
"""Characters of an expression."""


class UnknownSize(ValueError):
    """An expression that is not understood."""


def value_of(size: Any, symbols: Symbols) -> int:
    """A size as a number, its symbols having these values.

    Raises:
        UnknownSize: for what is no size.
    """
    if isinstance(size, dict):
        whole = size.get("as_int")
        if type(whole) is int:
            return whole
        if isinstance(size.get("as_expr"), dict):
            found = _value(parsed(size), symbols)
            if isinstance(found, int):
                return found
            raise UnknownSize(f"a size is {found}, no whole number")
    raise UnknownSize(f"{size!r} is no size")


def number_of(held: Any, symbols: Symbols) -> float:
    """A number that is computed from sizes, such as a factor.

    Raises:
        UnknownSize: for what is no number.
    """
    if isinstance(held, dict):
        if isinstance(held.get("as_expr"), dict):
            return float(_value(parsed(held), symbols))
        given = held.get("as_float", held.get("as_int"))
        if isinstance(given, int | float):
            return float(given)
    raise UnknownSize(f"{held!r} is no number")


def parsed(size: Any) -> ast.expr:
    """The expression of a size, as SymPy writes it: ``Mul(Integer(2), Symbol('s0'))``."""
    text = size["as_expr"].get("expr_str")
    if not isinstance(text, str) or len(text) > LONGEST:
        raise UnknownSize("an expression is no short text")
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnknownSize(f"`{text[:60]}` is no expression") from error


def solved(size: Any, wanted: int) -> tuple[str, int] | None:
    """The symbol that gives an open size a value: the size is it or a multiple of it; ``None`` where no whole
    number does.
    """
    found = parsed(size)
    name, args = _called(found)
    if name == "Symbol":
        return _symbol(args), wanted
    if name == "Mul" and len(args) == 2 and _called(args[0])[0] == "Integer":
        factor = int(_value(args[0], {}))
        inner, inner_args = _called(args[1])
        if inner == "Symbol" and factor > 0 and wanted % factor == 0:
            return _symbol(inner_args), wanted // factor
    return None


_FUNCTIONS: Mapping[str, Callable[..., Number]] = {
    "Add": lambda *values: sum(values),
    "Mul": lambda *values: prod(values),
    "FloorDiv": lambda one, other: one // other,
    "CleanDiv": lambda one, other: one // other,
    "Mod": lambda one, other: one % other,
    "PythonMod": lambda one, other: one % other,
    "CeilDiv": lambda one, other: -(-one // other),
    "IntTrueDiv": lambda one, other: one / other,
    "FloatTrueDiv": lambda one, other: one / other,
    "ToFloat": float,
    "TruncToFloat": lambda value: float(math.trunc(value)),
    "TruncToInt": math.trunc,
    "FloorToInt": math.floor,
    "CeilToInt": math.ceil,
    "RoundToInt": round,
    "Identity": lambda value: value,
    "Max": max,
    "Min": min,
}
"""Those of PyTorch's sizes, as ``torch.utils._sympy.functions`` computes them."""


def _value(found: ast.expr, symbols: Symbols) -> Number:
    name, args = _called(found)
    if name in _LITERALS:
        return _literal(name, args)
    if name == "Symbol":
        if _symbol(args) not in symbols:
            raise UnknownSize(f"nothing says how large `{_symbol(args)}` is")
        return symbols[_symbol(args)]
    function = _FUNCTIONS.get(name)
    if function is None:
        raise UnknownSize(f"the function `{name}` of sizes is not known")
    try:
        return function(*(_value(one, symbols) for one in args))
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        if isinstance(error, UnknownSize):
            raise
        raise UnknownSize(f"`{name}` cannot be computed") from error


_LITERALS: Mapping[str, Callable[..., Number]] = {"Integer": int, "Float": float, "Rational": Fraction}


def _literal(name: str, args: list[ast.expr]) -> Number:
    """A number as SymPy writes it: ``Integer(-2)``, ``Float('1.5', precision=53)``, ``Rational(1, 2)``."""
    try:
        return _LITERALS[name](*map(ast.literal_eval, args))
    except (TypeError, ValueError, ArithmeticError) as error:
        raise UnknownSize(f"`{name}` is no number") from error


def _called(found: ast.expr) -> tuple[str, list[ast.expr]]:
    if not isinstance(found, ast.Call) or not isinstance(found.func, ast.Name):
        raise UnknownSize("an expression of sizes is no function")
    return found.func.id, found.args


def _symbol(args: list[ast.expr]) -> str:
    if not args or not isinstance(args[0], ast.Constant):
        raise UnknownSize("a symbol has no name")
    return str(args[0].value)


__all__ = ["Symbols", "UnknownSize", "number_of", "solved", "value_of"]
