"""The expression language of numeric fields: exact rationals, no Python evaluation, every size bounded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, NoReturn, TypeAlias

from cnncalc.errors import Fault
from cnncalc.language.arithmetic import (
    COMPARISONS,
    FUNCTIONS,
    UNDETERMINED,
    Impossible,
    PassedWord,
    Undetermined,
    Value,
    arithmetic,
    as_integer,
    bounded,
    compare,
    number,
    shown_value,
)
from cnncalc.support.numbers import Number
from cnncalc.support.words import did_you_mean, shown

__all__ = [
    "KEYWORDS",
    "LITERALS",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "UNDETERMINED",
    "Expression",
    "Names",
    "PassedWord",
    "Undetermined",
    "Value",
    "as_integer",
    "compile_expression",
    "fast_int",
    "shown_value",
]

MAX_LENGTH = 500
"""Characters of an expression."""
MAX_DEPTH = 16
"""Parentheses, signs and powers inside one another."""

Names: TypeAlias = Mapping[str, Value]
_Evaluate: TypeAlias = Callable[[Names], Value]


class Expression:
    """A text that was understood; evaluating it needs only the names it uses."""

    __slots__ = ("_in_order", "_run", "names", "text")

    def __init__(self, text: str, run: _Evaluate, names: tuple[str, ...]) -> None:
        self.text = text
        self.names = frozenset(names)
        """Every name it uses, in branches that are not taken as well."""
        self._run = run
        self._in_order = names

    def evaluate(self, names: Names) -> Value:
        """The value where the names have these values; whole numbers are ``int``.

        Raises Fault: E203 for a name that is not among them, E207 for what cannot be calculated.
        """
        for name in self._in_order:
            if name not in names:
                raise _unknown("name", name, names)
        try:
            value = self._run(names)
        except Impossible as impossible:
            raise Fault("E207", f"`{shown(self.text)}`: {impossible}") from None
        return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


@lru_cache(maxsize=4096)
def compile_expression(text: str) -> Expression:
    """Understands a text once; the same text gives the same object.

    Raises Fault: E202 for what is not an expression, E203 for an unknown function, E207 beyond a bound.
    """
    plain = fast_int(text)
    if plain is not None:
        return Expression(text, _constant(plain), ())
    if len(text) > MAX_LENGTH:
        raise Fault(
            "E207", f"`{shown(text)}` has {len(text):,} characters; an expression has at most {MAX_LENGTH}"
        )
    try:
        return _Parser(text).whole()
    except Impossible as impossible:
        raise Fault("E207", f"`{shown(text)}`: {impossible}") from None


def fast_int(text: str) -> int | None:
    """The value of plain decimal digits without the parser, ``010`` being 10; ``None`` for any other text."""
    return int(text) if len(text) <= 30 and text.isascii() and text.isdigit() else None


_FOREIGN_FUNCTIONS = {
    "int": "floor",
    "trunc": "floor",
    "ceiling": "ceil",
    "make_divisible": "divisible",
    "minimum": "min",
    "maximum": "max",
}


INDEX_ALONE = "`i` is the index of a copy, inside an item with `repeat`"
NO_NAMES = "no variable is declared: `vars: {name: 64}` at the top of the file declares some"


def _unknown(kind: str, name: str, known: Iterable[str], foreign: Mapping[str, str] | None = None) -> Fault:
    known = list(known)
    close = (foreign or {}).get(name.lower()) or did_you_mean(name, known)
    if close:
        help: str | None = f"did you mean `{close}`?"
    else:
        help = f"known here: {', '.join(map(shown, known))}" if 0 < len(known) <= 12 else None
    if help is None and kind == "name":
        help = INDEX_ALONE if name == "i" else None if known else NO_NAMES
    return Fault("E203", f"unknown {kind} `{shown(name)}`", help)


# --- What evaluates ---


def _constant(value: Value) -> _Evaluate:
    return lambda _: value


def _chain(first: _Evaluate, rest: list[tuple[str, _Evaluate]]) -> _Evaluate:
    """``a + b - c`` in a loop, so that long sums do not nest."""

    def run(names: Names) -> Value:
        value = first(names)
        for symbol, operand in rest:
            value = arithmetic(symbol, value, operand(names))
        return value

    return run


def _comparisons(first: _Evaluate, rest: list[tuple[str, _Evaluate]]) -> _Evaluate:
    """``a < b < c``: every pair holds; stops at the first that does not."""

    def run(names: Names) -> Value:
        left = first(names)
        for symbol, operand in rest:
            right = operand(names)
            held = compare(symbol, left, right)
            if held is not True:
                return held
            left = right
        return True

    return run


def _logic(symbol: str, operands: list[_Evaluate]) -> _Evaluate:
    """``and``, ``or``: a truth value, decided from the left; an undetermined operand that is reached leaves
    it open.
    """

    def run(names: Names) -> Value:
        for operand in operands:
            value = operand(names)
            if value is UNDETERMINED:
                return UNDETERMINED
            if (number(value) != 0) is (symbol == "or"):
                return symbol == "or"
        return symbol == "and"

    return run


def _signed(sign: str, operand: _Evaluate) -> _Evaluate:
    def run(names: Names) -> Value:
        value = operand(names)
        if value is UNDETERMINED:
            return UNDETERMINED
        if sign == "not":
            return number(value) == 0
        return -number(value) if sign == "-" else number(value)

    return run


def _choice(cases: list[tuple[_Evaluate, _Evaluate]], otherwise: _Evaluate) -> _Evaluate:
    """``a if c else b if d else e`` in a loop, so that long tables do not nest."""

    def run(names: Names) -> Value:
        for condition, then in cases:
            value = condition(names)
            if value is UNDETERMINED:
                return UNDETERMINED
            if number(value) != 0:
                return then(names)
        return otherwise(names)

    return run


def _call(function: Callable[..., Number], arguments: list[_Evaluate]) -> _Evaluate:
    def run(names: Names) -> Value:
        values = [argument(names) for argument in arguments]
        if UNDETERMINED in values:
            return UNDETERMINED
        return bounded(function(*map(number, values)))

    return run


# --- Text to what evaluates ---

# Patterns stay texts until an expression needs them: compiling them costs start-up time.
_LEXER = r"""\s*(?:
    (?P<number>(?:[0-9]+(?:_[0-9]+)*(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[^\W\d]\w*)
    |(?P<symbol>\*\*|//|==|!=|<=|>=|&&|\|\||[-+*/%<>(),])
    |(?P<other>\S)
    |(?P<end>$))"""

KEYWORDS = frozenset({"if", "else", "and", "or", "not"})
LITERALS: dict[str, bool] = {"true": True, "false": False}
_HINTS = {
    "^": "a power is written `**`",
    "=": "equality is written `==`",
    "!": "negation is written `not`",
    "&": "write `and`",
    "&&": "write `and`",
    "|": "write `or`",
    "||": "write `or`",
    "?": "a choice is written `a if condition else b`",
    "×": "a product is written `*`",
    "·": "a product is written `*`",
    "−": "a minus is written `-`",
    "÷": "a quotient is written `/`",
}
_SUFFIXES = frozenset("KMGTkm")
_TEMPLATE = r"[$%<{(.\s]*(?:vars\.)?([^\W\d]\w*)"
"""A variable as template languages write it: `$a`, `${a}`, `$(a)`, `{{ a }}`, `<a>`."""


def by_name(name: str) -> str:
    """The help where a variable is written as in a template."""
    return f"a variable is written by its name alone: `{shown(name)}`"


class _Token(NamedTuple):
    kind: str
    text: str
    at: int
    """The character it starts at, counted from 1."""


class _Parser:
    """Recursive descent, a method per level of precedence; ``depth`` bounds the recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.position = 0
        self.depth = 0
        self.names: dict[str, None] = {}

    def whole(self) -> Expression:
        run = self._choice()
        if self._token.kind != "end":
            self._unexpected("an operator")
        return Expression(self.text, run, tuple(self.names))

    @property
    def _token(self) -> _Token:
        return self.tokens[self.position]

    def _take(self, *texts: str) -> str | None:
        """Takes the next token if it is one of these."""
        token = self._token
        if token.text not in texts or token.kind == "end":
            return None
        self.position += 1
        return token.text

    def _deeper(self, parse: Callable[[], _Evaluate]) -> _Evaluate:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Impossible(f"nested deeper than {MAX_DEPTH} levels")
        run = parse()
        self.depth -= 1
        return run

    def _choice(self) -> _Evaluate:
        last = self._or()
        cases: list[tuple[_Evaluate, _Evaluate]] = []
        while self._take("if"):
            condition = self._or()
            if not self._take("else"):
                self._unexpected("`else`")
            cases.append((condition, last))
            last = self._or()
        return _choice(cases, last) if cases else last

    def _or(self) -> _Evaluate:
        operands = [self._and()]
        while self._take("or"):
            operands.append(self._and())
        return operands[0] if len(operands) == 1 else _logic("or", operands)

    def _and(self) -> _Evaluate:
        operands = [self._not()]
        while self._take("and"):
            operands.append(self._not())
        return operands[0] if len(operands) == 1 else _logic("and", operands)

    def _not(self) -> _Evaluate:
        if self._take("not"):
            return _signed("not", self._deeper(self._not))
        first = self._sum()
        rest: list[tuple[str, _Evaluate]] = []
        while symbol := self._take(*COMPARISONS):
            rest.append((symbol, self._sum()))
        return _comparisons(first, rest) if rest else first

    def _sum(self) -> _Evaluate:
        first = self._product()
        rest: list[tuple[str, _Evaluate]] = []
        while symbol := self._take("+", "-"):
            rest.append((symbol, self._product()))
        return _chain(first, rest) if rest else first

    def _product(self) -> _Evaluate:
        first = self._signed()
        rest: list[tuple[str, _Evaluate]] = []
        while symbol := self._take("*", "/", "//", "%"):
            rest.append((symbol, self._signed()))
        return _chain(first, rest) if rest else first

    def _signed(self) -> _Evaluate:
        sign = self._take("-", "+")
        if sign:
            return _signed(sign, self._deeper(self._signed))
        base = self._primary()
        return _chain(base, [("**", self._deeper(self._signed))]) if self._take("**") else base

    def _primary(self) -> _Evaluate:
        token = self._token
        if token.kind == "number":
            self.position += 1
            return _constant(_literal(token.text))
        if token.kind == "name" and token.text not in KEYWORDS:
            self.position += 1
            return self._named(token)
        if self._take("("):
            run = self._deeper(self._choice)
            if not self._take(")"):
                self._unexpected("`)`")
            return run
        self._unexpected("a value")

    def _named(self, token: _Token) -> _Evaluate:
        name = token.text
        if self._take("("):
            return self._arguments(token)
        if name in LITERALS:
            return _constant(LITERALS[name])
        self.names[name] = None
        return lambda names: names[name]

    def _arguments(self, token: _Token) -> _Evaluate:
        function = FUNCTIONS.get(token.text)
        if function is None:
            raise _unknown("function", token.text, FUNCTIONS, _FOREIGN_FUNCTIONS)
        arguments: list[_Evaluate] = []
        while not self._take(")"):
            if arguments and not self._take(","):
                self._unexpected("`,` or `)`")
            arguments.append(self._deeper(self._choice))
        if not function.least <= len(arguments) <= (function.most or len(arguments)):
            wanted = (
                f"{function.least} value{'s' if function.least > 1 else ''}"
                if function.most
                else "at least 1 value"
            )
            raise Fault(
                "E202", f"`{token.text}` at character {token.at} takes {wanted}, found {len(arguments)}"
            )
        return _call(function.call, arguments)

    def _unexpected(self, wanted: str) -> NoReturn:
        token = self._token
        if token.kind == "end":
            if not self.text.strip():
                raise Fault("E202", "an expression is missing")
            raise Fault("E202", f"`{shown(self.text)}` ends where {wanted} is expected")
        message = (
            f"found `{shown(token.text)}` at character {token.at} of `{shown(self.text)}` "
            f"where {wanted} is expected"
        )
        raise Fault("E202", message, self._hint(token))

    def _hint(self, token: _Token) -> str | None:
        before = self.tokens[self.position - 1] if self.position else token
        follows = before.at + len(before.text) == token.at
        if token.kind == "name" and before.kind == "number" and follows and token.text not in KEYWORDS:
            if token.text in _SUFFIXES:
                return (
                    f"the suffixes K, M, G and T are for `expect`; write the digits, "
                    f"grouped as in {before.text}_000"
                )
            return f"a product is written `{before.text}*{token.text}`"
        if token.text == "," and before.kind == "number":
            return "digits are grouped as in 1_000, and several values are a list, as in [1, 2]"
        if token.text in ("$", "{", "<") or (token.text == "." and before.text == "vars"):
            named = re.match(_TEMPLATE, self.text[token.at - 1 :])
            return by_name(named[1]) if named else None
        return _HINTS.get(token.text)


def _tokens(text: str) -> list[_Token]:
    lexer = re.compile(_LEXER, re.VERBOSE)
    tokens: list[_Token] = []
    position = 0
    while not tokens or tokens[-1].kind != "end":
        match = lexer.match(text, position)
        if match is None or match.lastgroup is None:
            raise AssertionError("the pattern matches everywhere")
        tokens.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup) + 1))
        position = match.end()
    return tokens


def _literal(text: str) -> Number:
    digits, _, exponent = text.replace("_", "").lower().partition("e")
    whole, _, decimals = digits.partition(".")
    shift = int(exponent or 0) - len(decimals)
    if abs(shift) > MAX_LENGTH:  # before such a power is formed
        raise Impossible("a value grows beyond 10**30" if shift > 0 else "a denominator grows beyond 10**30")
    mantissa = int(whole + decimals)
    return bounded(mantissa * 10**shift if shift >= 0 else Fraction(mantissa, 10**-shift))
