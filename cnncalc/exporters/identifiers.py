"""Names of a spec as identifiers of Python: valid, distinct and as near to the name as possible."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable

BUILTIN = frozenset(("self", "super", "torch", "nn", "F", "keras", "layers", "range", "print", "__name__"))
"""What the written source itself refers to."""


class Identifiers:
    """Hands out identifiers, each once."""

    def __init__(self, taken: Iterable[str] = BUILTIN) -> None:
        self._taken = set(taken)

    def own(self, name: str) -> str:
        """An identifier for a name, with a number where it is taken."""
        base = identifier(name)
        found, number = base, 2
        while found in self._taken:
            found, number = numbered(base, number), number + 1
        self._taken.add(found)
        return found


def identifier(name: str, what: str = "n") -> str:
    """The identifier nearest to a name; ``what`` it is stands before one that begins with a digit."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    word = re.sub(r"\W+", "_", plain, flags=re.ASCII).strip("_") or "x"
    if word[0].isdigit():
        word = f"{what}{word}"
    return f"{word}_" if keyword.iskeyword(word) or keyword.issoftkeyword(word) else word


def numbered(base: str, number: int) -> str:
    """A name with a number at its end, which is told apart from one that it ends with already."""
    return f"{base}{'_' if base[-1:].isdigit() else ''}{number}"


def class_name(name: str) -> str:
    """The name of a class: words begin with a capital, as in `ResNet18`."""
    parts = re.split(r"[\W_]+", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    word = "".join(part[:1].upper() + part[1:] for part in parts)
    word = word or "Network"
    return f"Net{word}" if word[0].isdigit() or keyword.iskeyword(word) else word


def in_a_docstring(name: str, most: int) -> str:
    """The first characters of a name: printable, without what would end a docstring."""
    plain = "".join(character if character.isprintable() else " " for character in name)[:most]
    return plain.replace("\\", "/").replace('"', "'").strip()
