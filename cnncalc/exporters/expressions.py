"""How modules are built: calls, sequences, loops over copies and instances of classes."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from cnncalc.exporters.calls import Call


class Sequence(NamedTuple):
    """Modules one behind the other."""

    items: tuple[Expression, ...]


class Loop(NamedTuple):
    """Copies one behind the other, which differ in numbers only."""

    copies: tuple[Expression, ...]


class New(NamedTuple):
    """An instance of one of the written classes: which class, and its number among all instances."""

    kind: int
    number: int


Expression: TypeAlias = Call | Sequence | Loop | New


def flat(expression: Expression) -> tuple[Expression, ...]:
    """The items of a sequence, or the one expression."""
    return expression.items if isinstance(expression, Sequence) else (expression,)


def joined(expressions: list[Expression]) -> Expression:
    """Several expressions as one."""
    items = tuple(item for expression in expressions for item in flat(expression))
    return items[0] if len(items) == 1 else Sequence(items)
