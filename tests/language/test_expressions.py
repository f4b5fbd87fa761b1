"""Expressions against Python's own exact arithmetic, and every refusal with its message."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.errors import Fault
from cnncalc.language.expressions import (
    NO_NAMES,
    UNDETERMINED,
    PassedWord,
    Value,
    as_integer,
    compile_expression,
    fast_int,
    shown_value,
)
from cnncalc.support.words import did_you_mean, shown
from tests.timing import ratio

NAMES: dict[str, Value] = {
    "c": 64,
    "n": 7,
    "i": 0,
    "width": Fraction(5, 4),
    "act": PassedWord("relu"),
    "on": True,
}


def value(text: str, **names: Value) -> Value:
    return compile_expression(text).evaluate({**NAMES, **names})


def fault(text: str) -> tuple[str, str, str | None]:
    with pytest.raises(Fault) as raised:
        value(text)
    return raised.value.code, raised.value.message, raised.value.help


# --- The oracle: a random tree, its text with as many parentheses as needed, and Python's own value ---


class Tree(NamedTuple):
    text: str
    level: int
    """The precedence of the outermost operation; higher binds tighter."""
    value: Any
    """Python's value, or the exception it raised."""


def _apply(function: Callable[..., Any], *arguments: Any) -> Any:
    failed = next((argument for argument in arguments if isinstance(argument, Exception)), None)
    if failed is not None:
        return failed
    try:
        result = function(*arguments)
    except ZeroDivisionError as error:
        return error
    exact = Fraction(result)
    return OverflowError() if max(abs(exact.numerator), exact.denominator) > 10**30 else result


def _inside(tree: Tree, level: int) -> str:
    return tree.text if tree.level >= level else f"({tree.text})"


def _binary(
    symbol: str, level: int, function: Callable[[Any, Any], Any]
) -> Callable[[Tree, Tree, str], Tree]:
    def build(left: Tree, right: Tree, space: str) -> Tree:
        text = f"{_inside(left, level)}{space}{symbol}{space}{_inside(right, level + 1)}"
        return Tree(text, level, _apply(function, left.value, right.value))

    return build


def _quotient(a: Any, b: Any) -> Fraction:
    return Fraction(a) / Fraction(b)


BINARY = [
    *(_binary(symbol, 5, function) for symbol, function in (("+", operator.add), ("-", operator.sub))),
    *(
        _binary(symbol, 6, function)
        for symbol, function in (
            ("*", operator.mul),
            ("/", _quotient),
            ("//", lambda a, b: Fraction(a) // Fraction(b)),
            ("%", lambda a, b: Fraction(a) % Fraction(b)),
        )
    ),
]
COMPARE = [
    (symbol, function)
    for symbol, function in (
        ("<", operator.lt),
        ("<=", operator.le),
        (">", operator.gt),
        (">=", operator.ge),
        ("==", operator.eq),
        ("!=", operator.ne),
    )
]


def leaves() -> st.SearchStrategy[Tree]:
    integers = st.integers(0, 99).map(lambda n: Tree(str(n), 9, n))
    padded = st.integers(0, 99).map(lambda n: Tree(f"0{n}", 9, n))
    decimals = st.integers(0, 9999).map(lambda n: Tree(f"{n // 100}.{n % 100:02}", 9, Fraction(n, 100)))
    names = st.sampled_from(["c", "n", "i", "width"]).map(lambda name: Tree(name, 9, NAMES[name]))
    return integers | padded | decimals | names


def _choice(then: Tree, left: Tree, comparison: tuple[str, Any], right: Tree, otherwise: Tree) -> Tree:
    condition = _apply(comparison[1], left.value, right.value)
    text = (
        f"{_inside(then, 1)} if {_inside(left, 5)} {comparison[0]} {_inside(right, 5)} else {otherwise.text}"
    )
    if isinstance(condition, Exception):
        return Tree(text, 0, condition)
    return Tree(text, 0, then.value if condition else otherwise.value)


def _grow(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    spaces = st.sampled_from(["", " "])
    return st.one_of(
        st.builds(
            lambda build, a, b, space: build(a, b, space), st.sampled_from(BINARY), inner, inner, spaces
        ),
        st.builds(lambda a: Tree(f"-{_inside(a, 7)}", 7, _apply(operator.neg, a.value)), inner),
        st.builds(
            lambda a, n: Tree(f"{_inside(a, 9)}**{n}", 8, _apply(lambda x: Fraction(x) ** n, a.value)),
            inner,
            st.integers(0, 3),
        ),
        st.builds(_choice, inner, inner, st.sampled_from(COMPARE), inner, inner),
        st.builds(
            lambda f, xs: Tree(
                f"{f.__name__}({', '.join(x.text for x in xs)})",
                9,
                _apply(lambda *v: f(v), *(x.value for x in xs)),
            ),
            st.sampled_from([min, max]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(
            lambda f, a: Tree(f"{f[0]}({a.text})", 9, _apply(f[1], a.value)),
            st.sampled_from(
                [("round", round), ("abs", abs), ("floor", lambda x: x // 1), ("ceil", lambda x: -(-x // 1))],
            ),
            inner,
        ),
    )


@pytest.mark.slow
@settings(max_examples=600, deadline=None)
@given(st.recursive(leaves(), _grow, max_leaves=12))
def test_values_are_those_of_exact_arithmetic(tree: Tree) -> None:
    if len(tree.text) > 500:
        return
    try:
        found = value(tree.text)
    except Fault as refused:
        assert refused.code == "E207"
        assert isinstance(tree.value, ZeroDivisionError if "division" in refused.message else OverflowError)
        return
    assert found == tree.value
    assert type(found) is (int if Fraction(tree.value).denominator == 1 else Fraction)


# --- What the language says ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("010", 10),
        ("1_000", 1000),
        ("1.25", Fraction(5, 4)),
        (".5", Fraction(1, 2)),
        ("2.", 2),
        ("1e3", 1000),
        ("2.5e-3", Fraction(1, 400)),
        ("c/3", Fraction(64, 3)),
        ("c/2", 32),
        ("n//2", 3),
        ("-n//2", -4),
        ("-n % 4", 1),
        ("-2**2", -4),
        ("2**-1", Fraction(1, 2)),
        ("2**3**2", 512),
        ("--3", 3),
        ("2 if i == 0 else 1", 2),
        ("1 if i else 2 if n else 3", 2),
        ("1 if i == 0 else 1/0", 1),
        ("round(2.5)", 2),
        ("round(3.5)", 4),
        ("round(-0.5)", 0),
        ("max(3)", 3),
        ("10**30", 10**30),
        ("-1e30", -(10**30)),
        ("1e-30", Fraction(1, 10**30)),
        ("min(n, c, 3)", 3),
        (" c\n + 1 ", 65),
        ("(i == 0)*8", 8),
        ("-on", -1),
        ("abs(-n)", 7),
    ],
)
def test_numbers(text: str, expected: int | Fraction) -> None:
    found = value(text)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 < n < 9", True),
        ("1 < n > 9", False),
        ("9 < n < 1/0", False),
        ("not i", True),
        ("not i == 0", False),
        ("i or n", True),
        ("n and i", False),
        ("i and 1/0", False),
        ("n or 1/0", True),
        ("i == 1 or n == 7 and c == 64", True),
        ("true", True),
        ("false or i", False),
        ("act == act", True),
        ("act != 1", True),
        ("act == 1", False),
    ],
)
def test_truth_values(text: str, expected: bool) -> None:
    assert value(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("divisible(1.25*64, 8)", 80),
        ("divisible(0.75*16, 8)", 16),  # 12 is half way and goes up
        ("divisible(0.35*32, 8)", 16),  # 11.2 to 8 would lose more than 10 %
        ("divisible(3, 8)", 8),
        ("divisible(20, 18)", 18),  # exactly 90 % stays
        ("divisible(0.1*9, 9)", 9),
    ],
)
def test_divisible_is_the_rounding_of_mobilenet(text: str, expected: int) -> None:
    assert value(text) == expected


@given(st.integers(1, 2000), st.integers(1, 64))
def test_divisible_keeps_its_definition(x: int, d: int) -> None:
    found = value("divisible(x, d)", x=x, d=d)
    assert isinstance(found, int)
    assert found % d == 0
    assert found >= d and found >= Fraction(9, 10) * x
    smaller = found - d
    assert smaller < d or abs(smaller - x) >= abs(found - x) or smaller < Fraction(9, 10) * x


def test_a_word_passes_through_and_is_the_same_word() -> None:
    assert value("act if i == 0 else 1") == PassedWord("relu")
    assert isinstance(value("act"), PassedWord)


def test_names_are_all_names_in_any_branch_but_no_functions_or_keywords() -> None:
    assert compile_expression("max(a, 2) if true and b else not d").names == {"a", "b", "d"}
    assert compile_expression("12").names == frozenset()


def test_a_text_is_compiled_once() -> None:
    assert compile_expression("2*c + 1") is compile_expression("2*c + 1")


@pytest.mark.parametrize(
    "text",
    ["u", "-u", "not u", "u + 1", "1 - u", "u**2", "u/0", "u < 3", "1 < u < 3", "u == u", "2 if u else 2", "max(u, 3)",
     "round(u)", "divisible(u, 8)", "u and n", "n and u", "u or n", "act == u", "act*u"],
)  # fmt: skip
def test_what_is_calculated_with_the_undetermined_is_undetermined(text: str) -> None:
    assert value(text, u=UNDETERMINED) is UNDETERMINED


@pytest.mark.parametrize(("text", "expected"), [("i and u", False), ("n or u", True), ("2 if n else u", 2)])
def test_the_undetermined_that_is_not_reached_does_not_matter(text: str, expected: Value) -> None:
    assert value(text, u=UNDETERMINED) == expected


# --- Refusals ---


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("", "an expression is missing", None),
        ("  ", "an expression is missing", None),
        ("2*", "`2*` ends where a value is expected", None),
        ("(c", "`(c` ends where `)` is expected", None),
        ("max(c", "`max(c` ends where `,` or `)` is expected", None),
        ("1 if c", "`1 if c` ends where `else` is expected", None),
        ("2 $ 3", "found `$` at character 3 of `2 $ 3` where an operator is expected", None),
        (" 2 3", "found `3` at character 4 of ` 2 3` where an operator is expected", None),
        ("*c", "found `*` at character 1 of `*c` where a value is expected", None),
        ("max(1 2)", "found `2` at character 7 of `max(1 2)` where `,` or `)` is expected", None),
        ("max(1,)", "found `)` at character 7 of `max(1,)` where a value is expected", None),
        ("1 if else 2", "found `else` at character 6 of `1 if else 2` where a value is expected", None),
        ("1.2.3", "found `.3` at character 4 of `1.2.3` where an operator is expected", None),
        ("1__0", "found `__0` at character 2 of `1__0` where an operator is expected", "a product is written `1*__0`"),
        ("2c", "found `c` at character 2 of `2c` where an operator is expected", "a product is written `2*c`"),
        ("5M", "found `M` at character 2 of `5M` where an operator is expected",
         "the suffixes K, M, G and T are for `expect`; write the digits, grouped as in 5_000"),
        ("1,000", "found `,` at character 2 of `1,000` where an operator is expected",
         "digits are grouped as in 1_000, and several values are a list, as in [1, 2]"),
        ("c^2", "found `^` at character 2 of `c^2` where an operator is expected", "a power is written `**`"),
        ("c=2", "found `=` at character 2 of `c=2` where an operator is expected", "equality is written `==`"),
        ("i && n", "found `&&` at character 3 of `i && n` where an operator is expected", "write `and`"),
        ("i ? 1 : 2", "found `?` at character 3 of `i ? 1 : 2` where an operator is expected",
         "a choice is written `a if condition else b`"),
        ("٣", "found `٣` at character 1 of `٣` where a value is expected", None),
        ("1\x1b", "found `\\x1b` at character 2 of `1\\x1b` where an operator is expected", None),
        ("max()", "`max` at character 1 takes at least 1 value, found 0", None),
        ("1+round(1, 2)", "`round` at character 3 takes 1 value, found 2", None),
        ("divisible(8)", "`divisible` at character 1 takes 2 values, found 1", None),
    ],
)  # fmt: skip
def test_what_is_no_expression(text: str, message: str, help: str | None) -> None:
    assert fault(text) == ("E202", message, help)


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("widht*2", "unknown name `widht`", "did you mean `width`?"),
        ("C", "unknown name `C`", "did you mean `c`?"),
        ("foo", "unknown name `foo`", "known here: c, n, i, width, act, on"),
        ("1 if n else foo", "unknown name `foo`", "known here: c, n, i, width, act, on"),
        ("maxx(1, 2)", "unknown function `maxx`", "did you mean `max`?"),
        ("sqrt(4)", "unknown function `sqrt`", "known here: min, max, ceil, floor, round, abs, divisible"),
        (
            "__import__(1)",
            "unknown function `__import__`",
            "known here: min, max, ceil, floor, round, abs, divisible",
        ),
    ],
)
def test_unknown_names(text: str, message: str, help: str | None) -> None:
    assert fault(text) == ("E203", message, help)


def test_without_any_names_there_is_how_to_declare_one() -> None:
    with pytest.raises(Fault) as raised:
        compile_expression("foo").evaluate({})
    assert (raised.value.message, raised.value.help) == ("unknown name `foo`", NO_NAMES)
    assert NO_NAMES.startswith("no variable is declared: `vars: {name: 64}`")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1/0", "`1/0`: division by zero"),
        ("c//i", "`c//i`: division by zero"),
        ("c % i", "`c % i`: division by zero"),
        ("i**-1", "`i**-1`: division by zero"),
        ("2**65", "`2**65`: the exponent 65 is beyond 64"),
        ("2**-65", "`2**-65`: the exponent -65 is beyond 64"),
        ("4**0.5", "`4**0.5`: the exponent 1/2 is not an integer"),
        ("c**64", "`c**64`: a value grows beyond 10**30"),
        ("10**31", "`10**31`: a value grows beyond 10**30"),
        ("10**30 + 1", "`10**30 + 1`: a value grows beyond 10**30"),
        ("0*10**31", "`0*10**31`: a value grows beyond 10**30"),
        ("7**-40", "`7**-40`: a denominator grows beyond 10**30"),
        ("1e31", "`1e31`: a value grows beyond 10**30"),
        ("1e-31", "`1e-31`: a denominator grows beyond 10**30"),
        ("1e999999999", "`1e999999999`: a value grows beyond 10**30"),
        ("1e-999999999", "`1e-999999999`: a denominator grows beyond 10**30"),
        ("2*act", "`2*act`: `relu` is the name of an operation, not a number"),
        ("1 if act else 2", "`1 if act else 2`: `relu` is the name of an operation, not a number"),
        ("act < 2", "`act < 2`: `relu` is the name of an operation, not a number"),
        ("max(act, 2)", "`max(act, 2)`: `relu` is the name of an operation, not a number"),
        ("divisible(8, 0)", "`divisible(8, 0)`: divisible() needs a positive divisor, not 0"),
        ("9" * 501, f"`{'9' * 59}…` has 501 characters; an expression has at most 500"),
        ("1+" * 249 + "11", None),
        ("(" * 16 + "1" + ")" * 16, None),
        ("(" * 17 + "1" + ")" * 17, f"`{'(' * 17}1{')' * 17}`: nested deeper than 16 levels"),
        ("-" * 17 + "1", f"`{'-' * 17}1`: nested deeper than 16 levels"),
        ("2" + "**1" * 17, f"`{'2' + '**1' * 17}`: nested deeper than 16 levels"),
    ],
)
def test_what_cannot_be_calculated(text: str, message: str | None) -> None:
    if message is None:
        assert isinstance(value(text), int)
    else:
        assert fault(text) == ("E207", message, None)


def test_bombs_are_refused_at_once() -> None:
    bombs = [
        "9**9**9**9",
        "(" * 400,
        "-" * 499,
        "not " * 124 + "1",
        "10**30" + "*10**30" * 60,
        "1e" + "9" * 400,
    ]

    def refused() -> None:
        for text in bombs:
            with pytest.raises(Fault):
                value(text)

    long_sum = "1+" * 249 + "1"
    assert ratio(refused, lambda: [value(long_sum) for _ in bombs], 5) < 20


@settings(max_examples=300)
@given(st.text(alphabet="0123456789.eEcni+-*/%()<>=!, _ifelsandort", max_size=60) | st.text(max_size=40))
def test_any_text_gives_a_value_or_a_fault(text: str) -> None:
    try:
        assert isinstance(value(text), int | Fraction | PassedWord)
    except Fault as refused:
        assert refused.code in {"E202", "E203", "E207"}


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("c/3", "`c/3` is 21 1/3, not an integer", "write `c//3` to round down, or use round() or ceil()"),
        (
            "2*c / n",
            "`2*c / n` is 18 2/7, not an integer",
            "write `2*c // n` to round down, or use round() or ceil()",
        ),
        (
            "1/2*n",
            "`1/2*n` is 3 1/2, not an integer",
            "write `floor(1/2*n)` to round down, or use round() or ceil()",
        ),
        ("-n/2", "`-n/2` is -3 1/2, not an integer", "write `-n//2` to round down, or use round() or ceil()"),
        (
            "0.01*n",
            "`0.01*n` is 7/100, not an integer",
            "write `floor(0.01*n)` to round down, or use round() or ceil()",
        ),
        ("i == 0", "`i == 0` is true, not an integer", None),
        ("act", "`act` is relu, not an integer", None),
    ],
)
def test_what_is_no_integer(text: str, message: str, help: str | None) -> None:
    with pytest.raises(Fault) as raised:
        as_integer(value(text), text)
    assert (raised.value.code, raised.value.message, raised.value.help) == ("E204", message, help)
    if help is not None:
        suggested = help.split("`")[1]
        assert value(suggested) == value(f"floor({text})")


def test_whole_numbers_are_integers_however_they_came_about() -> None:
    assert as_integer(value("c/2"), "c/2") == 32
    assert as_integer(Fraction(4, 1), "x") == 4
    assert type(value("x", x=Fraction(4, 1))) is int


def test_asking_the_undetermined_for_its_number_is_a_mistake_of_the_program() -> None:
    with pytest.raises(TypeError):
        as_integer(UNDETERMINED, "u")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("64", 64), ("010", 10), ("", None), ("-1", None), ("1_0", None), ("²", None), ("٣", None)],
)
def test_plain_digits_need_no_parser(text: str, expected: int | None) -> None:
    assert fast_int(text) == expected


@pytest.mark.parametrize(
    ("shows", "expected"),
    [(True, "true"), (False, "false"), (7, "7"), (Fraction(-1, 3), "-1/3"), (Fraction(-7, 3), "-2 1/3")],
)
def test_values_in_messages(shows: Value, expected: str) -> None:
    assert shown_value(shows) == expected


# --- Suggestions ---


@pytest.mark.parametrize(
    ("word", "candidates", "expected"),
    [
        ("strid", ["stride", "padding"], "stride"),
        ("MaxPool", ["maxpool", "avgpool"], "maxpool"),
        ("relU", ["relu6", "ReLU"], "ReLU"),
        ("xyz", ["stride"], None),
        ("", ["stride"], None),
        ("stride" * 20, ["stride" * 20], None),
        ("a", [], None),
        ("bm", ["bn", "relu"], "bn"),
        ("an", ["bn", "gn"], None),
        ("nb", ["bn"], None),
    ],
)
def test_did_you_mean(word: str, candidates: list[str], expected: str | None) -> None:
    assert did_you_mean(word, candidates) == expected


def test_a_thousand_candidates_are_compared_at_most() -> None:
    assert did_you_mean("stride", (f"unlike{n}" if n < 5000 else "stride" for n in range(6000))) is None


def test_text_is_shown_on_one_line_and_cut() -> None:
    assert shown("a\x1b[31m\nb\u202e") == "a\\x1b[31m\\nb\\u202e"
    assert shown("x" * 60) == "x" * 60
    assert shown("x" * 61) == "x" * 59 + "…"
