"""Classes by the names they have in a spec, each family loaded when one of it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, TypeVar

from cnncalc.layers.fields import Declared

D = TypeVar("D", bound=Declared)


class Catalogue(Mapping[str, type[D]], Generic[D]):
    """What the modules of a package declare. ``families`` lists the names of each module, and a test compares
    the two.
    """

    def __init__(self, package: str, families: Mapping[str, tuple[str, ...]]) -> None:
        self.families = families
        self._package = package
        self._module_of = {name: family for family, names in families.items() for name in names}
        self._loaded: dict[str, type[D]] = {}

    def add(self, declared: type[D]) -> None:
        """Called by each class of a family as it is declared."""
        self._loaded[declared.op] = declared

    def __getitem__(self, name: str) -> type[D]:
        found = self._loaded.get(name)
        if found is None:
            import_module(f"{self._package}.{self._module_of[name]}")
            found = self._loaded[name]
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._module_of

    def __iter__(self) -> Iterator[str]:
        return iter(self._module_of)

    def __len__(self) -> int:
        return len(self._module_of)
