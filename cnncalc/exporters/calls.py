"""Source code as values: calls whose arguments are compared, turned into parameters and printed."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple, TypeAlias

Value: TypeAlias = "int | float | bool | str | tuple[int, ...] | tuple[float, ...] | Name | Call | None"


class _Missing(int):
    """A number that is not there."""


MISSING = _Missing()
"""The value of an argument that one instance of a class does not have."""


class Product(int):
    """A number that is written as a product."""

    factors: tuple[int, ...]

    @classmethod
    def of(cls, *factors: int) -> Product:
        found = cls(prod(factors))
        found.factors = factors
        return found


class Name(NamedTuple):
    """An expression that is printed as it is."""

    text: str


class Argument(NamedTuple):
    """One argument of a call; left out where it has its default."""

    name: str
    value: Value
    default: Value = None
    positional: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it may become a parameter of the class that contains the call."""
        if isinstance(self.value, Name | Call):
            return False
        one = self.value[0] if isinstance(self.value, tuple) and self.value else self.value
        return isinstance(one, int | float) and not isinstance(one, bool)


class Call(NamedTuple):
    """A call of a function or class, with what is called on the result."""

    function: str
    arguments: tuple[Argument, ...] = ()
    suffix: str = ""


def given(name: str, value: Value, default: Value = None) -> Argument:
    """An argument by its name."""
    return Argument(name, value, default)


def placed(name: str, value: Value) -> Argument:
    """An argument by its place, always given."""
    return Argument(name, value, None, True)


def alike(values: tuple[Any, ...]) -> Any:
    """One value where all axes have the same."""
    return values[0] if len(set(values)) == 1 else values


def literal(value: Value) -> str:
    """A value as source."""
    if isinstance(value, Name):
        return value.text
    if isinstance(value, Call):
        return written(value)
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, tuple):
        items = ", ".join(literal(one) for one in value)
        return f"({items},)" if len(value) == 1 else f"({items})"
    if isinstance(value, Product):
        return " * ".join(map(str, value.factors))
    return repr(value)


def quoted(text: str) -> str:
    """A string literal in double quotes, whatever the text."""
    inner = repr("'" + text)[2:-1]  # repr chooses double quotes, as there is a single one and
    if repr("'" + text)[0] == "'":  # else there are both kinds
        inner = inner.removeprefix("'").replace("\\'", "'").replace('"', '\\"')
    return f'"{inner}"'


def written(call: Call) -> str:
    """A call as source."""
    shown = [one for one in call.arguments if one.positional or one.value != one.default]
    texts = [literal(one.value) if one.positional else f"{one.name}={literal(one.value)}" for one in shown]
    return f"{call.function}({', '.join(texts)}){call.suffix}"
