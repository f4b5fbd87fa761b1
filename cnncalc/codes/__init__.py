"""Every diagnostic code, declared once: its meaning, its fix, and examples with and without it."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.codes.advice import CODES as ADVICE
from cnncalc.codes.code import Code
from cnncalc.codes.expectations import CODES as EXPECTATIONS
from cnncalc.codes.grammar import CODES as GRAMMAR
from cnncalc.codes.internal import CODES as INTERNAL
from cnncalc.codes.names import CODES as NAMES
from cnncalc.codes.portability import CODES as PORTABILITY
from cnncalc.codes.shapes import CODES as SHAPES

GROUPS = {
    "E1": "file and grammar",
    "E2": "names and expressions",
    "E3": "shapes",
    "E4": "expectations",
    "W5": "advice",
    "W6": "portability",
    "E9": "outside the spec",
}
"""The subject of a code, by its first two characters."""

_ALL = (*GRAMMAR, *NAMES, *SHAPES, *EXPECTATIONS, *ADVICE, *PORTABILITY, *INTERNAL)
CODES: dict[str, Code] = {code.code: code for code in _ALL}
"""All of them in the order of the groups; a published code never changes its meaning."""


def chosen(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> frozenset[str]:
    """The warnings that are wanted.

    Both take codes or their beginnings; the longer one decides, ``ignore`` where they are equal. Without
    ``select`` all that are not quiet are wanted.

    Raises:
        ValueError: for a text that no warning's code begins with.
    """
    wanted, unwanted = tuple(select), tuple(ignore)
    for prefix in (*wanted, *unwanted):
        _check(prefix)
    return frozenset(
        code.code for code in CODES.values() if code.is_warning and _is_chosen(code, wanted, unwanted)
    )


def _is_chosen(code: Code, wanted: tuple[str, ...], unwanted: tuple[str, ...]) -> bool:
    by_default = not wanted and not code.quiet
    return _longest(code, unwanted) < (_longest(code, wanted) or int(by_default))


def _longest(code: Code, prefixes: tuple[str, ...]) -> int:
    """The length of the longest beginning of a code among some."""
    return max((len(prefix) for prefix in prefixes if code.code.startswith(prefix)), default=0)


def _check(prefix: str) -> None:
    found = [code for code in CODES.values() if prefix and code.code.startswith(prefix)]
    if not found:
        raise ValueError(f"no code begins with {prefix!r}: `cnncalc explain` lists them")
    if not any(code.is_warning for code in found):
        raise ValueError(f"{prefix!r} is an error, and errors are always reported: choose warnings only")


__all__ = ["CODES", "GROUPS", "Code", "chosen"]
