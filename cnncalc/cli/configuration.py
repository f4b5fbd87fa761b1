"""``[tool.cnncalc]`` in pyproject.toml: which files ``check`` looks at and which warnings count; nothing that
changes a number.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

from cnncalc.codes import chosen
from cnncalc.errors import Diagnostic, Location, UsageError
from cnncalc.support.words import did_you_mean, shown

FILE, TABLE = "pyproject.toml", "tool.cnncalc"
BROKEN = "E903"


class Settings(NamedTuple):
    """What a project says of checking; paths of patterns count from ``root``."""

    root: str = ""
    include: tuple[str, ...] = ()
    """Patterns that a file found in a folder must match; none for all of them."""
    exclude: tuple[str, ...] = ()
    """Patterns of files and folders that are skipped, unless a file is named."""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool = False

    def takes(self, file: str) -> bool:
        """Whether a file found in a folder is to be checked."""
        path = os.path.relpath(os.path.abspath(file), self.root or None).replace(os.sep, "/")
        if self.include and not any(_pattern(one).match(path) for one in self.include):
            return False
        return not any(_pattern(one).match(path) for one in self.exclude)

    def names(self, file: str) -> bool:
        """Whether a file of another format is named by a pattern with its ending, such as ``nets/*.onnx``."""
        ending = os.path.splitext(file)[1]
        own = tuple(one for one in self.include if ending and one.endswith(ending))
        return bool(own) and self._replace(include=own).takes(file)


NOTHING = Settings()


def settings_for(path: str) -> Settings:
    """The settings of the nearest ``pyproject.toml`` that has any, from the file or folder upwards.

    Raises:
        UsageError: E903, for one that cannot be read, with the line that is wrong.
    """
    place = os.path.abspath("." if path == "-" else path)
    return _settings_in(place if os.path.isdir(place) else os.path.dirname(place))


@lru_cache(maxsize=4096)
def _settings_in(folder: str) -> Settings:
    text = _text(os.path.join(folder, FILE))
    if text is not None and "cnncalc" in text:
        found = _read(os.path.join(folder, FILE), text)
        if found is not None:
            return found
    above = os.path.dirname(folder)
    return NOTHING if above == folder else _settings_in(above)


def places(folders: Iterable[str]) -> tuple[str, ...]:
    """Where configurations for what is in some folders are or could be, each once."""
    found: dict[str, None] = {}
    for folder in folders:
        while (file := os.path.join(folder, FILE)) not in found:
            found[file] = None
            folder = os.path.dirname(folder)
    return tuple(found)


def forget() -> None:
    """Read again what was read: the files may have changed."""
    _settings_in.cache_clear()


def _text(file: str) -> str | None:
    try:
        with open(file, encoding="utf-8", newline="") as opened:
            return opened.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        _refuse(
            _Place(file, ""),
            0,
            f"`{FILE}` cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}",
            None,
        )


class _Place(NamedTuple):
    """A file with its text, for messages."""

    file: str
    text: str


def _read(file: str, text: str) -> Settings | None:
    """The settings of a file; ``None`` where it has no such table."""
    import tomllib  # here, because most folders have nothing to read and it costs start-up time

    place = _Place(file, text)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, line = _reason(str(error))
        _refuse(place, line, message, None)
    tool = document.get("tool")
    table = tool.get("cnncalc") if isinstance(tool, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        _refuse(
            place, _line_of(text, "cnncalc"), f"`{TABLE}` is a table", f"write `[{TABLE}]` above its keys"
        )
    values = {key: _value(place, key, value) for key, value in table.items()}
    settings = Settings(os.path.dirname(file), **values)
    _check_codes(place, settings)
    _check_patterns(place, settings)
    return settings


def _reason(error: str) -> tuple[str, int]:
    """What the parser says, without the place in it, and the line of that."""
    found = re.fullmatch(r"(.*?) \(at (?:line ([0-9]+), column [0-9]+|end of document)\)", error)
    if found is None:
        return f"this is not TOML: {error}", 0
    return f"this is not TOML: {found[1][:1].lower()}{found[1][1:]}", int(found[2] or 0)


def _value(place: _Place, key: str, value: object) -> Any:
    reader = _READERS.get(key)
    line = _line_of(place.text, key)
    if reader is None:
        guess = did_you_mean(key, _READERS)
        help = f"did you mean `{guess}`?" if guess else f"possible: {', '.join(_READERS)}"
        _refuse(place, line, f"unknown key `{shown(key)}` in `{TABLE}`", help)
    found, wanted = reader(value)
    if found is None:
        _refuse(place, line, f"`{key}` is {wanted}", None)
    return found


def _patterns(value: object) -> tuple[tuple[str, ...] | None, str]:
    is_list = isinstance(value, list) and all(isinstance(one, str) and _names(one) for one in value)
    return (tuple(value) if is_list else None), 'a list of patterns, such as ["nets/**/*.yaml"]'  # type: ignore[arg-type]


def _codes(value: object) -> tuple[tuple[str, ...] | None, str]:
    is_list = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return (tuple(value) if is_list else None), 'a list of codes, such as ["W504"]'  # type: ignore[arg-type]


def _flag(value: object) -> tuple[bool | None, str]:
    return (value if isinstance(value, bool) else None), "true or false"


_READERS: dict[str, Callable[[object], tuple[object, str]]] = {
    "include": _patterns,
    "exclude": _patterns,
    "select": _codes,
    "ignore": _codes,
    "strict": _flag,
}
"""The keys, and how each value is read: with what is wanted where it is not."""


def _check_codes(place: _Place, settings: Settings) -> None:
    for key in ("select", "ignore"):
        for code in getattr(settings, key):
            try:
                chosen((code,))
            except ValueError as error:
                _refuse(place, _line_of(place.text, key), f"`{key}`: {error}", None)


def _check_patterns(place: _Place, settings: Settings) -> None:
    for key in ("include", "exclude"):
        for text in getattr(settings, key):
            if os.pardir in _names(text):
                cause = "patterns are relative to the folder of this file"
                message = f"`{key}`: `{shown(text)}` can match nothing: {cause}"
                _refuse(
                    place,
                    _line_of(place.text, key),
                    message,
                    f"leave out `{os.pardir}`, or put a {FILE} there",
                )


def _line_of(text: str, key: str) -> int:
    """The line of a key in the table; that of the table where it is not seen; 0 for none."""
    table = re.search(r"^\s*\[\s*tool\s*\.\s*[\"']?cnncalc", text, re.MULTILINE)
    if table is None:
        return 0
    found = re.compile(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*=", re.MULTILINE).search(text, table.end())
    return text.count("\n", 0, found.start() if found else table.end()) + 1


def _refuse(place: _Place, line: int, message: str, help: str | None) -> NoReturn:
    excerpt = place.text.split("\n")[line - 1].rstrip("\r") if line else None
    key = (excerpt or "").partition("=")[0].rstrip()
    column = len(key) - len(key.lstrip()) + 1
    location = Location(os.path.relpath(place.file), line or 1, column, max(len(key.lstrip()), 1))
    raise UsageError(Diagnostic(BROKEN, "error", message, help, None, location, excerpt))


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    """A pattern of paths: ``*``, ``?`` and ``[ab]`` within a name, ``**`` for any folders; with all below
    what it names.

    Without a slash before its end it matches at any depth.
    """
    names = _names(text)
    if len(names) == 1 and not text.startswith(("/", "./")):
        names.insert(0, "**")
    parts = [r"(?:[^/]+/)*" if name == "**" else _name(name) + "/" for name in names[:-1]]
    parts.append(r".+" if names[-1] == "**" else _name(names[-1]))
    return re.compile("".join(parts) + r"(?:/.*)?\Z")


def _names(text: str) -> list[str]:
    """The names between the slashes, but for those that stay in the same folder."""
    return [name for name in text.split("/") if name not in ("", os.curdir)]


def _name(text: str) -> str:
    return "".join(map(_piece, re.findall(r"\[!?\]?[^\]]*\]|.", text, re.DOTALL)))


def _piece(text: str) -> str:
    """One character, a mark for some, or a choice such as ``[ab]`` and ``[!0-9]``, as the shell has them."""
    if len(text) == 1:
        return {"*": "[^/]*", "?": "[^/]"}.get(text, re.escape(text))
    from fnmatch import translate

    return f"(?!/){translate(text)[: -len(_END)]}"


_END = r"\Z"
"""What ``fnmatch`` ends a pattern with; in later versions another one of the same length."""
