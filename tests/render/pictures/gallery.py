"""The pictures in `.github/pictures`: `python -m tests.render.pictures.gallery` draws them anew by the commands that documents
show, a test fails where one is stale.
"""

from __future__ import annotations

import re
import shlex
import tempfile
from pathlib import Path

from cnncalc.cli import main
from tests.zoo import GROUPS

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / ".github" / "pictures"
SHOWN = (ROOT / "README.md", ROOT / "cnncalc" / "guide" / "pictures.md")
_COMMAND = re.compile(r"^(cnncalc .* -o (\w+\.svg))$", re.MULTILINE)


def commands() -> dict[str, str]:
    """The command of each picture by the name of its file: those in documents, and those of lessons."""
    found: dict[str, str] = {}
    for document in SHOWN:
        for command, name in _COMMAND.findall(document.read_text(encoding="utf-8")):
            assert found.setdefault(name, command) == command, f"{name} is made by two commands"
    for group in GROUPS.values():
        for spec, entry in group.items():
            if entry.picture:
                name = f"{spec}.svg"
                command = f"cnncalc draw {spec} --what {entry.picture} -o {name}"
                assert found.setdefault(name, command) == command, f"{name} is made by two commands"
    return found


def drawn(command: str) -> str:
    """What a command writes."""
    with tempfile.TemporaryDirectory() as folder:
        *words, name = shlex.split(command)[1:]
        target = Path(folder) / name
        assert main([*words, str(target)]) == 0, command
        return target.read_text(encoding="utf-8")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, command in commands().items():
        (FOLDER / name).write_text(drawn(command), encoding="utf-8")
    for path in FOLDER.iterdir():
        if path.name not in commands():
            path.unlink()
