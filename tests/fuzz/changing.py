"""Files of other formats changed at random: bytes, words, JSON, messages."""

from __future__ import annotations

import ast
import json
import re
import struct
import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import cnncalc
from cnncalc.importers.onnx.tables import MESSAGES
from cnncalc.support.wire import Reader, Span, WireError
from cnncalc.support.wire_writer import Writer
from tests.importers.examples import EXAMPLES

SOURCES = Path(cnncalc.__file__).parent / "importers"
FOLDERS = {
    ".onnx": "onnx",
    ".json": "keras",
    ".keras": "keras",
    ".prototxt": "caffe",
    ".cfg": "darknet",
    ".pt2": "pt2",
}
"""Where the importer of each format is; the words of its code are the words of the format."""
ENTRIES = {".keras": "config.json", ".pt2": "net/models/model.json"}
"""What an archive holds."""
NUMBERS = (
    0,
    1,
    2,
    3,
    5,
    7,
    8,
    -1,
    -2,
    16,
    64,
    255,
    4096,
    10**6,
    2**31 - 1,
    2**31,
    2**62,
    2**63 - 1,
    -(2**63),
)
ODD: tuple[Any, ...] = (
    *NUMBERS,
    10**30,
    0.5,
    1e308,
    float("inf"),
    float("nan"),
    True,
    False,
    None,
    "",
    "x",
    [],
    {},
    [1, 1],
    [[]],
)
_UNREADABLE = (WireError, BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, zlib.error)
_UNCHANGEABLE = (ValueError, LookupError, TypeError, AttributeError, struct.error)


@cache
def words(ending: str) -> tuple[str, ...]:
    """The texts in the code of an importer: operators, layers, attributes, sections."""
    found = {
        node.value
        for path in (SOURCES / FOLDERS[ending]).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[\w.]+", node.value)
    }
    return tuple(sorted(found))


def changed_file(ending: str, data: bytes, chance: Random) -> bytes:
    """A file with one to four things changed, mostly in keeping with its format."""
    if chance.random() < 0.1:
        return _bytes(data, chance)
    try:
        return _CHANGES[ending](ending, data, chance)
    except (*_UNREADABLE, *_UNCHANGEABLE):
        return _bytes(data, chance)  # damaged already


def _bytes(data: bytes, chance: Random) -> bytes:
    """Bytes replaced, doubled, left out, or cut off."""
    found = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(found))
        size = chance.choice((0, 1, 1, 2, 8))
        more = bytes(chance.randrange(256) for _ in range(chance.choice((0, 1, 1, 2, 8))))
        found[at : at + size] = more if chance.random() < 0.7 else found[at : at + size] * 2
    return bytes(found[: chance.randint(0, len(found))] if chance.random() < 0.1 else found)


def _text(ending: str, data: bytes, chance: Random) -> bytes:
    """Words or lines replaced, moved, doubled or left out."""
    text = data.decode("utf-8")
    for _ in range(chance.randint(1, 4)):
        pieces = re.split(r"(\W)" if chance.random() < 0.7 else r"(\n)", text)
        place = chance.randrange(len(pieces))
        new = chance.choice((chance.choice(words(ending)), str(chance.choice(ODD))))
        pieces[place] = chance.choice(("", pieces[place] * 2, new, new, chance.choice(pieces)))
        text = "".join(pieces)
    return text.encode("utf-8", "surrogatepass")


def _json(ending: str, data: bytes, chance: Random) -> bytes:
    return json.dumps(_tree(json.loads(data), ending, chance, _any_value)).encode()


def _archived(ending: str, data: bytes, chance: Random) -> bytes:
    """An archive whose JSON is changed."""
    with ZipFile(BytesIO(data)) as archive:
        text = archive.read(ENTRIES[ending])
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        archive.writestr(ENTRIES[ending], _json(ending, text, chance))
    return target.getvalue()


def _message(ending: str, data: bytes, chance: Random) -> bytes:
    """An ONNX file with fields changed."""
    record = _with_content(Reader(data, MESSAGES).message("model"), data)
    return Writer(MESSAGES).message("model", _tree(record, ending, chance, _value_alike))


def _with_content(found: Any, data: bytes) -> Any:
    """A record with the bytes of its spans in their place."""
    if isinstance(found, Span):
        return data[found.start : found.stop]
    if isinstance(found, dict):
        return {name: _with_content(value, data) for name, value in found.items()}
    return [_with_content(one, data) for one in found] if isinstance(found, list) else found


_CHANGES: dict[str, Callable[[str, bytes, Random], bytes]] = {
    ".onnx": _message,
    ".json": _json,
    ".keras": _archived,
    ".prototxt": _text,
    ".cfg": _text,
    ".pt2": _archived,
}

Place = tuple[Any, Any]
"""A list or an object, and a number or a key of it."""


def _tree(root: Any, ending: str, chance: Random, value: Callable[[Any, str, Random], Any]) -> Any:
    """A tree of objects and lists with one to four of its values changed, left out, doubled or moved."""
    for _ in range(chance.randint(1, 4)):
        places = list(_places(root))
        if not places:
            return value(root, ending, chance)
        holder, key = chance.choice(places)
        what = chance.random()
        if what < 0.15:
            del holder[key]
        elif what < 0.3 and isinstance(holder, list):
            holder.insert(key, holder[key])
            root = _copied(root)
        elif what < 0.5:
            there, at = chance.choice([one for one in places if type(one[0][one[1]]) is type(holder[key])])
            holder[key] = _copied(there[at])
        else:
            holder[key] = value(holder[key], ending, chance)
    return root


def _places(root: Any) -> list[Place]:
    found: list[Place] = []
    waiting = [root]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        found += ((one, key) for key in keys)
        waiting += (one[key] for key in keys)
    return found


def _copied(one: Any) -> Any:
    if isinstance(one, dict):
        return {key: _copied(value) for key, value in one.items()}
    return [_copied(value) for value in one] if isinstance(one, list) else one


def _any_value(old: Any, ending: str, chance: Random) -> Any:
    """Another value, half the time of the same type."""
    if chance.random() < 0.5:
        return _value_alike(old, ending, chance)
    return _copied(chance.choice((*ODD, chance.choice(words(ending)))))


def _value_alike(old: Any, ending: str, chance: Random) -> Any:
    """Another value of the same type; objects and lists lose something or have it twice."""
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return chance.choice((*NUMBERS, old + 1, old - 1, old * 2, chance.randint(0, 9)))
    if isinstance(old, float):
        return chance.choice((0.0, -1.0, 0.5, 1e30, float("inf"), float("nan")))
    if isinstance(old, str):
        return chance.choice(("", chance.choice(words(ending)), chance.choice(words(ending)), old * 2))
    if isinstance(old, bytes):
        numbers = [chance.choice(NUMBERS) for _ in range(chance.randint(0, 4))]
        return chance.choice((old * 2, old[:-1], struct.pack(f"<{len(numbers)}q", *numbers)))
    if isinstance(old, list):
        return chance.choice((old[1:], old[:-1], old + _copied(old[-1:]), old[::-1]))
    return (
        {key: value for key, value in old.items() if chance.random() < 0.8} if isinstance(old, dict) else old
    )


def seeds(ending: str) -> list[bytes]:
    """Good files of a format, and those in which a fault was found."""
    folder = Path(__file__).parent / "corpus" / "files"
    return [EXAMPLES[ending], *(path.read_bytes() for path in sorted(folder.glob(f"*{ending}")))]
