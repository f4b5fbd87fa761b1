"""The networks bundled with the package, found by bare name."""

from __future__ import annotations

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


@lru_cache(maxsize=1)
def _paths() -> dict[str, Path]:
    files = sorted(path for path in _folder().rglob("*") if path.suffix in ENDINGS)
    return {path.stem: path for path in files}


def _folder() -> Path:
    """``configs/`` inside an installed package, beside the package in a checkout."""
    package = Path(__file__).parent
    inside = package / "configs"
    return inside if inside.is_dir() else package.parent / "configs"
