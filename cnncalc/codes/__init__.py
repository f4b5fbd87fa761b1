"""Every diagnostic code, declared once: its meaning, its fix, and examples with and without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from pkgutil import iter_modules

from cnncalc.codes.code import Code

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

HOMES = ("cnncalc.codes", "cnncalc.advice")
"""The folders whose modules declare codes in ``CODES``: those of rules here, advice where it is made."""


class _Codes(Mapping[str, Code]):
    """All codes in the order of the groups, read from their homes when they are first asked for."""

    @cached_property
    def _all(self) -> dict[str, Code]:
        groups = list(GROUPS)
        found = [code for home in HOMES for code in _declared_in(home)]
        return {
            code.code: code
            for code in sorted(found, key=lambda code: (groups.index(code.code[:2]), code.code))
        }

    def __getitem__(self, code: str) -> Code:
        return self._all[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


CODES: Mapping[str, Code] = _Codes()
"""All of them in the order of the groups; a published code never changes its meaning."""


def _declared_in(home: str) -> Iterator[Code]:
    for module in iter_modules(import_module(home).__path__, f"{home}."):
        yield from getattr(import_module(module.name), "CODES", ())


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
