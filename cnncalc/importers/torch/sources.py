"""Where a module comes from: a callable of a package or file, or a module of the caller's."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Iterator
from typing import Any

from cnncalc.errors import Diagnostic, SourceError, UsageError
from cnncalc.importers.torch.recorder import Module
from cnncalc.support.words import did_you_mean, shown

ENVIRONMENT = "run cnncalc in the environment that the network runs in"


def require_torch() -> str:
    """The version of PyTorch.

    Raises:
        SourceError: where there is none.
    """
    try:
        import torch
    except ImportError as error:
        message = f"PyTorch cannot be imported: {error}"
        raise SourceError(Diagnostic("E110", "error", message, ENVIRONMENT)) from error
    return str(torch.__version__)


def module_at(source: str) -> Module:
    """The module that ``package.module:callable`` or ``net.py:callable`` gives, on the meta device.

    Raises:
        SourceError: where there is no such file or package, or running it fails.
        UsageError: where what it gives is no module.
    """
    import torch

    place, _, name = source.rpartition(":")
    found = _named(_python(place), place, name)
    if not isinstance(found, torch.nn.Module):
        if not callable(found):
            raise _usage(f"`{shown(name)}` is {_a(found)}, not a module or what makes one")
        found = _built(found, source)
    if not isinstance(found, torch.nn.Module):
        raise _usage(f"`{shown(name)}` gives {_a(found)}, not a torch.nn.Module")
    return on_meta(found)


def _python(place: str) -> Any:
    """The code of a file or package, run once."""
    try:
        if not place.endswith(".py"):
            if os.getcwd() not in sys.path:
                sys.path.insert(0, os.getcwd())
            return importlib.import_module(place)
        if not os.path.isfile(place):
            raise SourceError(Diagnostic("E110", "error", f"`{shown(place)}` does not exist"))
        name = os.path.basename(place).removesuffix(".py")
        spec = importlib.util.spec_from_file_location(name, place)
        assert spec is not None
        assert spec.loader is not None
        code = importlib.util.module_from_spec(spec)
        sys.modules.setdefault(name, code)
        sys.path.insert(0, os.path.dirname(os.path.abspath(place)))
        spec.loader.exec_module(code)
        return code
    except SourceError:
        raise
    except (Exception, SystemExit) as error:
        message = f"importing `{shown(place)}` fails: {_said(error)}"
        raise SourceError(Diagnostic("E110", "error", message, _importable(error, place))) from error


def _importable(error: BaseException, place: str) -> str | None:
    """What would let a file or package be imported."""
    if isinstance(error, SystemExit):
        return 'put what the file does when it is run below `if __name__ == "__main__":`'
    if not isinstance(error, ModuleNotFoundError):
        return None
    if place.split(".")[0] == (error.name or "").split(".")[0]:
        return "the part before `:` is a package's module, or a file ending in .py"
    return ENVIRONMENT


def _named(code: Any, place: str, name: str) -> Any:
    found = code
    for word in name.split("."):
        if not hasattr(found, word):
            guess = did_you_mean(word, [one for one in dir(found) if not one.startswith("_")])
            help = f"did you mean `{guess}`?" if guess else None
            raise _usage(f"`{shown(place)}` has no `{shown(name)}`", help)
        found = getattr(found, word)
    return found


def _built(make: Any, source: str) -> Any:
    """What a callable gives without arguments, built without memory where it can be."""
    import torch

    try:
        needed = [
            name
            for name, one in inspect.signature(make).parameters.items()
            if one.default is one.empty and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
        ]
    except (TypeError, ValueError):
        needed = []
    if needed:
        help = "write a function without arguments that makes the module, and name that"
        raise _usage(f"`{shown(source)}` needs arguments: {', '.join(needed)}", help)
    try:
        with torch.device("meta"):
            return make()
    except (Exception, SystemExit):
        pass  # some code computes with its weights; then it is built as it always is
    try:
        return make()
    except (Exception, SystemExit) as error:
        raise SourceError(
            Diagnostic("E110", "error", f"calling `{shown(source)}` fails: {_said(error)}")
        ) from error


def on_meta(module: Module) -> Module:
    """A copy of a module without memory, for inference; the module itself stays as it is."""
    import torch

    memo: dict[int, Any] = {}
    for tensor in _tensors(module):
        if isinstance(tensor, torch.nn.Parameter):
            twin: Any = torch.nn.Parameter(tensor.detach().to("meta"), requires_grad=tensor.requires_grad)
        else:
            twin = tensor.detach().to("meta")
        memo[id(tensor)] = twin
    copied = copy.deepcopy(module, memo)
    copied.eval()
    return copied


def _tensors(module: Module) -> Iterator[Any]:
    """Parameters, buffers and the tensors that modules keep as plain attributes."""
    import torch

    yield from module.parameters()
    yield from module.buffers()
    for part in module.modules():
        for value in vars(part).values():
            values = value if isinstance(value, list | tuple) else [value]
            yield from (one for one in values if isinstance(one, torch.Tensor))


def _a(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _said(error: BaseException) -> str:
    text = str(error).strip().split("\n")[0]
    return shown(f"{type(error).__name__}: {text}" if text else type(error).__name__)


def _usage(message: str, help: str | None = None) -> UsageError:
    return UsageError(Diagnostic("E113", "error", message, help))


__all__ = ["module_at", "on_meta", "require_torch"]
