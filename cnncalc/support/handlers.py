"""Functions by the names of what they handle, from modules that are loaded until a name is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Generic, TypeVar

Handler = TypeVar("Handler")


class Handlers(Generic[Handler]):
    """What the modules of a package register; the next one is loaded when none before has a name."""

    def __init__(self, package: str, *modules: str) -> None:
        self._modules = [f"{package}.{module}" for module in modules]
        self._by_name: dict[str, Handler] = {}

    def handles(self, *names: str) -> Callable[[Handler], Handler]:
        """Register the function below under these names."""

        def register(handler: Handler) -> Handler:
            self.update(dict.fromkeys(names, handler))
            return handler

        return register

    def update(self, handlers: Mapping[str, Handler]) -> None:
        """Register several, by their names."""
        self._by_name.update(handlers)

    def get(self, name: str) -> Handler | None:
        """What handles a name; ``None`` where no module has it."""
        for module in self._modules:
            if name in self._by_name:
                break
            import_module(module)
        return self._by_name.get(name)
