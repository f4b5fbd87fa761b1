"""The variables of a file: their names, and their values from expressions that may use each other."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingOf

from cnncalc.errors import Fault, UsageError
from cnncalc.language.arguments import kind_of
from cnncalc.language.arithmetic import FUNCTIONS
from cnncalc.language.context import Context, Scope
from cnncalc.language.expressions import (
    KEYWORDS,
    LITERALS,
    NO_NAMES,
    UNDETERMINED,
    PassedWord,
    Value,
    compile_expression,
)
from cnncalc.language.nodes import Mapping, Scalar, YamlNode
from cnncalc.language.vocabulary import is_word
from cnncalc.support.words import shown

IDENTIFIER = re.compile(r"[^\W\d]\w*")
RESERVED = frozenset({"i", *KEYWORDS, *LITERALS, *FUNCTIONS})
"""Names that mean something in expressions already."""

MOST_VARIABLES = 10_000
_CYCLE = "E205"

Texts = dict[str, tuple[str, YamlNode]]
"""The expression of each variable, and its place."""


def declared(node: Mapping, context: Context, scope: Scope) -> dict[str, tuple[YamlNode, YamlNode]]:
    """Key and value of each variable of a mapping."""
    if len(node.entries) > MOST_VARIABLES:
        context.error(
            "E102", node.entries[MOST_VARIABLES][0], f"more than {MOST_VARIABLES:,} variables", None, scope
        )
    return {key.text: (key, value) for key, value in node.entries[:MOST_VARIABLES]}


def evaluated(
    nodes: dict[str, tuple[YamlNode, YamlNode]],
    sets: MappingOf[str, str],
    context: Context,
    scope: Scope,
    unknown: frozenset[str] = frozenset(),
) -> dict[str, Value]:
    """All variables by name, in whatever order they use each other; ``sets`` are expressions given from
    outside, of ``unknown`` no value is known.

    Raises:
        UsageError: where one of these is invalid.
    """
    texts: Texts = {}
    for name, (key, value) in nodes.items():
        if not IDENTIFIER.fullmatch(name) or name in RESERVED:
            context.error(
                "E114",
                key,
                f"`{shown(name)}` cannot be the name of a variable",
                "letters, digits and `_`; not `i` or a function",
                scope,
            )
        elif not isinstance(value, Scalar):
            context.error(
                "E105",
                value,
                f"the variable `{shown(name)}` is a number, found {kind_of(value)}",
                None,
                scope,
            )
        else:
            texts[name] = (sets.get(name, value.text), value)
    values: dict[str, Value] = {name: UNDETERMINED for name in texts if name in unknown}
    for name in texts:
        if name not in values:
            _evaluate(name, texts, values, sets, context, scope)
    return values


def _evaluate(
    name: str,
    texts: Texts,
    values: dict[str, Value],
    sets: MappingOf[str, str],
    context: Context,
    scope: Scope,
) -> None:
    """Evaluate a variable after those it uses, without recursion: a chain may be as long as the file."""
    active = {name: None}
    while active:
        last = next(reversed(active))
        try:
            needed = next((other for other in _used(last, texts) if other not in values), None)
            if needed in active:
                chain = _chain([*list(active)[list(active).index(needed) :], needed])
                raise Fault(_CYCLE, f"the variable `{shown(needed or '')}` depends on itself: {chain}")
            if needed is not None:
                active[needed] = None
                continue
            values[last] = _value(last, texts, values)
        except Fault as error:
            fault = error if error.help != NO_NAMES else Fault(error.code, error.message)  # it is in `vars`
            given = (one for one in (active if fault.code == _CYCLE else (last,)) if one in sets)
            if (option := next(given, None)) is not None:
                message = f"`--set {shown(f'{option}={sets[option]}')}`: {fault.message}"
                raise UsageError(Fault(fault.code, message, fault.help).at(None)) from error
            context.fault(fault, texts[last][1], scope)
            values[last] = UNDETERMINED
        del active[last]


def _used(name: str, texts: Texts) -> list[str]:
    text = texts[name][0]
    if text not in texts and is_word(text):
        return []
    return sorted(other for other in compile_expression(text).names if other in texts)


def _value(name: str, texts: Texts, values: dict[str, Value]) -> Value:
    text = texts[name][0]
    if text not in texts and is_word(text):
        return PassedWord(text)
    return compile_expression(text).evaluate(values)


def _chain(names: list[str]) -> str:
    """Names that use each other, the middle ones of many left out."""
    return " -> ".join(map(shown, names if len(names) <= 8 else [*names[:4], "...", *names[-3:]]))
