"""The networks bundled with the package, found by bare name."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

ENDINGS = (".yaml", ".yml")
"""The endings of spec files."""


def names() -> tuple[str, ...]:
    """The bare names of all bundled configs, sorted."""
    return tuple(sorted(_paths()))


def path_of(name: str) -> Path | None:
    """The file of a bundled config, by its name with or without an ending; ``None`` where there is none."""
    return _paths().get(Path(name).stem if name.endswith(ENDINGS) else name)


def name_of(file: str) -> str | None:
    """The bare name of a bundled config's file; ``None`` for other files."""
    folder = str(_folder())
    if not file.startswith(folder):
        return None
    name = Path(file).stem
    found = _paths().get(name)
    return name if found is not None and str(found) == file else None


@lru_cache(maxsize=1)
def models() -> dict[str, tuple[str, ...]]:
    """The bundled configs that have a model of a name, by that name; read from their texts, since parsing all
    takes seconds.
    """
    found: dict[str, tuple[str, ...]] = {}
    for config, path in sorted(_paths().items()):
        for name in _models_in(path.read_text(encoding="utf-8")):
            found[name] = (*found.get(name, ()), config)
    return found


def _models_in(text: str) -> list[str]:
    """The models of a config, as every bundled one is laid out: keys under ``models:``, or one ``name:``."""
    variants = re.search(r"^models:\n((?:[ #].*\n|\n)+)", text, re.MULTILINE)
    if variants is not None:
        return [_unquoted(name) for name in re.findall(r"^  ([^\s#].*?):(?:\s|$)", variants[1], re.MULTILINE)]
    return [_unquoted(name) for name in re.findall(r"^name: (.*?)(?:\s+#.*)?$", text, re.MULTILINE)[:1]]


def _unquoted(text: str) -> str:
    return text[1:-1] if text[:1] in "'\"" else text


@lru_cache(maxsize=1)
def _paths() -> dict[str, Path]:
    files = sorted(path for path in _folder().rglob("*") if path.suffix in ENDINGS)
    return {path.stem: path for path in files}


def _folder() -> Path:
    """``configs/`` inside an installed package, beside the package in a checkout."""
    package = Path(__file__).parent
    inside = package / "configs"
    return inside if inside.is_dir() else package.parent / "configs"
