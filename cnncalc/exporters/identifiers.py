"""Names of a spec as identifiers of Python: valid, distinct and as near to the name as possible."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable

BUILTIN = frozenset(("self", "super", "torch", "nn", "F", "keras", "layers", "range", "print", "__name__"))
"""What the written source itself refers to."""
LATIN = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D",
    "ð": "d", "Ð": "D", "ł": "l", "Ł": "L", "þ": "th", "Þ": "Th", "ı": "i", "ħ": "h", "Ħ": "H",
}  # fmt: skip
"""Latin letters that Unicode does not take apart into a letter of ASCII and an accent."""
_GREEK = re.compile(r"GREEK (SMALL|CAPITAL) LETTER (?:FINAL )?(\w+)$")


class Identifiers:
    """Hands out identifiers, each once."""

    def __init__(self, taken: Iterable[str] = BUILTIN) -> None:
        self._taken = set(taken)
        self._numbers: dict[str, int] = {}
        """By name, the first number that may be free behind it."""

    def own(self, name: str) -> str:
        """An identifier for a name, with a number where it is taken."""
        base = identifier(name)
        found, number = base, self._numbers.get(base, 2)
        while found in self._taken:
            found, number = numbered(base, number), number + 1
        self._numbers[base] = number
        self._taken.add(found)
        return found


def identifier(name: str, what: str = "n") -> str:
    """The identifier nearest to a name; ``what`` it is stands before one that begins with a digit."""
    word = re.sub(r"\W+", "_", in_ascii(name), flags=re.ASCII).strip("_") or "x"
    if word[0].isdigit():
        word = f"{what}{word}"
    return f"{word}_" if keyword.iskeyword(word) or keyword.issoftkeyword(word) else word


def in_ascii(text: str) -> str:
    """A text with letters without their accents, Greek ones by name and all others by their number."""
    return text if text.isascii() else "".join(map(_in_ascii, text))


def _in_ascii(character: str) -> str:
    if character.isascii() or character in LATIN:
        return LATIN.get(character, character)
    parts = unicodedata.normalize("NFKD", character)
    plain = parts.encode("ascii", "ignore").decode()
    if plain or unicodedata.name(character, "").startswith("COMBINING"):
        return plain
    greek = _GREEK.match(unicodedata.name(parts[0], ""))
    if greek is not None:
        letter = greek[2].replace("LAMDA", "LAMBDA")
        return letter.lower() if greek[1] == "SMALL" else letter.capitalize()
    is_letter = unicodedata.category(character)[0] in "LMN"
    return f"u{ord(character):x}" if is_letter else " "


def numbered(base: str, number: int) -> str:
    """A name with a number at its end, which is told apart from one that it ends with already."""
    return f"{base}{'_' if base[-1:].isdigit() else ''}{number}"


def class_name(name: str) -> str:
    """The name of a class: words begin with a capital, as in `ResNet18`, and numbers stay apart."""
    word = ""
    for part in re.split(r"[\W_]+", in_ascii(name)):
        apart = "_" if word[-1:].isdigit() and part[:1].isdigit() else ""
        word += apart + part[:1].upper() + part[1:]
    word = word or "Network"
    return f"Net{word}" if word[0].isdigit() or keyword.iskeyword(word) else word


def full_name(name: str, network: str | None) -> str:
    """The name of a variant with that of its network, which it may begin with or end in: `ResNet18` is the
    `resnet18` of ResNet, `MobileNet v3 large` the `mobilenet_v3_large` of MobileNet v3.
    """
    if network is None:
        return name
    begins = [match.start() for match in re.finditer(r"(?<![^\W_])[^\W_]|(?<=[a-z])[A-Z]", network)]
    first_word = re.search(r"[^\W_]+", network)
    ends = [(begin, len(network)) for begin in begins]
    for first, last in [*ends, *([first_word.span()] if first_word else [])]:
        rest = _after(name, network[first:last])
        if rest is not None:
            return network[:last] + rest
    return f"{network} {name}"


def _after(name: str, beginning: str) -> str | None:
    """What follows in a name that begins with these letters, as a word of its own or a number."""
    pattern = r"[\W_]*".join(re.escape(letter) for letter in beginning if letter.isalnum())
    match = re.match(rf"{pattern}(?![^\W\d_])", name, re.IGNORECASE)
    if not pattern or match is None:
        return None
    rest = name[match.end() :]
    return rest if rest[:1].isdigit() else " ".join(["", *re.split(r"[\W_]+", rest, maxsplit=1)[1:]])


def in_a_docstring(name: str, most: int) -> str:
    """The first characters of a name: printable, without what would end a docstring."""
    plain = "".join(character if character.isprintable() else " " for character in name)[:most]
    return plain.replace("\\", "/").replace('"', "'").strip()
