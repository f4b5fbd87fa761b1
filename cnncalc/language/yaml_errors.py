"""Errors of YAML syntax in plain words: what was found where, and what would work."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from cnncalc.language.expressions import by_name
from cnncalc.support.words import shown

Place = tuple[int, int]
"""Line and column, counted from 0, as the parser does."""

_INDENT = re.compile(r"\s*(?:-\s+)*")
_TOKEN = re.compile(r"[\w.]+:?|\S")
_NO_SPACE = re.compile(r"\s*(?:-\s+)*((\w[\w.]*):(?!//)([^\s:].*))$")
_NO_SPACE_DASH = re.compile(r"\s*-(?=[^\W\d])(.+)$")
_BARE_ITEM = re.compile(r"\s*-\s+(\w+)\s*$")
_KEY = r"\w+:\s"
_ARGUMENTS = re.compile(rf"\s*(?:-\s+)+(\w+):\s+((?:[^,:\s]+|{_KEY}[^,:]+)(?:,\s*{_KEY}[^,:]+)+)$")
"""An item whose operation has several arguments and no braces: ``- conv3x3: 32, padding: 1``."""
_QUOTABLE = re.compile(r"[^\\\"#,\]}]*")


class Explained(NamedTuple):
    """What is wrong, at which place, how wide."""

    place: Place
    width: int
    message: str
    help: str | None = None


class _SyntaxError(NamedTuple):
    lines: Sequence[str]
    problem: str
    place: Place
    context: str
    start: Place
    """Where the thing began that the parser was reading; the place itself where it does not say."""

    def line(self, number: int) -> str:
        return self.lines[number] if 0 <= number < len(self.lines) else ""

    def character(self, place: Place) -> str:
        return self.line(place[0])[place[1] : place[1] + 1]

    def token(self, place: Place) -> str:
        found = _TOKEN.match(self.line(place[0]), place[1])
        return found[0] if found else ""

    def above(self) -> int:
        """The nearest line above the problem that is not blank."""
        return next((n for n in range(self.place[0] - 1, -1, -1) if self.line(n).strip()), self.place[0])

    def columns(self) -> list[int]:
        """The columns, from 1, at which the lists and mappings around the problem start."""
        found: set[int] = set()
        outer = len(self.line(self.place[0]))
        for number in range(self.place[0] - 1, -1, -1):
            text = self.line(number)
            starts = [match.start() for match in re.finditer(r"(?<![^\s])\S", text[: _first_word(text)])]
            if text.strip() and starts and starts[0] < outer:
                outer = starts[0]
                found.update(start + 1 for start in starts)
            if outer == 0:
                break
        return sorted(found)

    @property
    def at_end(self) -> bool:
        """Whether nothing follows the place."""
        line, column = self.place
        return not self.line(line)[column:].strip() and not any(map(str.strip, self.lines[line + 1 :]))


def in_plain_words(
    lines: Sequence[str], problem: str, place: Place, context: str | None, start: Place | None
) -> Explained:
    """The parser's ``problem`` at a place, met in a ``context`` that began at ``start``, as a person would
    put it.
    """
    if place[0] >= len(lines):  # the end, where the last line has no line break
        place = (len(lines) - 1, len(lines[-1]))
    error = _SyntaxError(lines, problem, place, context or "", start or place)
    for recognise in _RECOGNISERS:
        explained = recognise(error)
        if explained is not None:
            return explained
    return Explained(place, 1, f"not valid YAML: {shown(problem)}")


def reserved_start(character: str, rest: str) -> tuple[str, str]:
    """Message and help for a value that starts with a character that means something else in YAML."""
    found = _QUOTABLE.match(rest)
    value = found[0].strip() if found else ""
    fits = len(value) > 1 and shown(value) == value
    name = "a backtick" if character == "`" else f"`{character}`"
    return (
        f"a value cannot start with {name}",
        f'write it in quotes: "{value}"' if fits else "write it in quotes",
    )


def missing_space(key: str, value: str) -> tuple[str, str]:
    """Message and help for ``key:value``."""
    return (
        f"there is no space after the colon of `{shown(f'{key}:{value}')}`",
        f"write `{shown(f'{key}: {value}')}`",
    )


def _first_word(text: str) -> int:
    """The length of a line's margin with its dashes and one character more."""
    margin = _INDENT.match(text)
    return (margin.end() if margin else 0) + 1


def _tab(error: _SyntaxError) -> Explained | None:
    line, column = error.place
    text = error.line(line)
    margin = text[: len(text) - len(text.lstrip())]
    if "\t" not in margin and error.character(error.place) != "\t":
        return None
    tab = margin.find("\t") if "\t" in margin else column
    return Explained((line, tab), 1, "a tab is used where only spaces are allowed", "indent with spaces")


def _reserved(error: _SyntaxError) -> Explained | None:
    if "cannot start any token" in error.problem or "mapping keys" in error.problem:
        place = error.place
    elif (
        re.search(r"block scalar|an? (?:alias|anchor|tag)$", error.context)
        or "undefined tag handle" in error.problem
    ):
        place = error.start
    else:
        return None
    line, column = place
    message, help = reserved_start(error.character(place), error.line(line)[column:])
    return Explained(place, 1, message, help)


def _document(error: _SyntaxError) -> Explained | None:
    if "incompatible YAML" in error.problem or "directive" in error.context + error.problem:
        return Explained(
            (error.place[0], 0), 1, "a line that starts with `%` is not part of a spec", "delete the line"
        )
    if "<document start>" not in error.problem:
        return None
    directive = next((n for n, line in enumerate(error.lines) if line.startswith("%")), None)
    if directive is not None:
        return Explained(
            (directive, 0), 1, "a line that starts with `%` is not part of a spec", "delete the line"
        )
    return Explained(
        error.place,
        1,
        "something follows the end of the document",
        "a file contains one spec: delete the `...`",
    )


def _quotes(error: _SyntaxError) -> Explained | None:
    if "quoted scalar" not in error.context:
        return None
    if "unexpected" in error.problem:
        return Explained(
            error.start,
            1,
            f"the quote `{error.character(error.start)}` is never closed",
            "close it, or delete it",
        )
    message = "double quotes do not know this use of the backslash"
    return Explained(error.place, 1, message, "write the text in single quotes, or double the backslash")


def _no_space(error: _SyntaxError) -> Explained | None:
    if not _is_about_keys(error):
        return None
    for number in (error.start[0], error.above()):
        found = _NO_SPACE.match(error.line(number))
        if found:
            message, help = missing_space(found[2], found[3].rstrip())
            return Explained((number, found.start(1)), len(found[1].rstrip()), message, help)
    return None


def _no_space_dash(error: _SyntaxError) -> Explained | None:
    found = _NO_SPACE_DASH.match(error.line(error.start[0])) if "expected ':'" in error.problem else None
    if not found:
        return None
    item = shown(found[1].rstrip())
    dash = found.start(1) - 1
    return Explained(
        (error.start[0], dash), 1, f"there is no space after the dash of `-{item}`", f"write `- {item}`"
    )


def _no_colon(error: _SyntaxError) -> Explained | None:
    if "expected ':'" not in error.problem:
        return None
    line, column = error.start
    text = shown(error.line(line)[column:].rstrip())
    return Explained(
        error.start, max(len(text), 1), f"`{text}` has no colon, so it is neither a key nor a list item"
    )


def _too_deep(error: _SyntaxError) -> Explained | None:
    line, column = error.place
    margin = _INDENT.match(error.line(line))
    begin = margin.end() if margin else 0
    key = error.line(line)[begin:column]
    above = error.above()
    if "mapping values" not in error.problem or ": " in key or above == line:
        return None
    place, width, key = (line, begin), max(len(key), 1), shown(key)
    bare = _BARE_ITEM.match(error.line(above))
    if bare:
        message = f"`{bare[1]}` needs a colon before `{key}:` can be beside it"
        return Explained((above, bare.start(1)), len(bare[1]), message, f"write `- {bare[1]}:`")
    indent = _INDENT.match(error.line(above))
    message = f"`{key}:` is indented too deep: the value on line {above + 1} is complete"
    return Explained(
        place,
        width,
        message,
        f"start it at column {(indent.end() if indent else 0) + 1}, like the key above it",
    )


def _second_colon(error: _SyntaxError) -> Explained | None:
    if "mapping values" not in error.problem:
        return None
    line, column = error.place
    if not re.search(r":\s", error.line(line)[:column]):
        return Explained(
            error.place,
            1,
            "this `:` ends no key",
            "a key is one name on one line, of at most 1,024 characters",
        )
    item = _ARGUMENTS.match(error.line(line))
    if item:
        arguments = _as_arguments(item[1], item[2])
        return Explained(
            error.place,
            1,
            "several arguments without braces",
            f"write `{shown(f'{item[1]}: {{{arguments}}}')}`",
        )
    key, _, value = error.line(line).strip().partition(": ")
    fits = '"' not in value and "\\" not in value and "#" not in value
    help = (
        f'write the text in quotes: `{shown(key)}: "{shown(value.strip())}"`'
        if fits
        else "write the text in quotes"
    )
    return Explained(error.place, 1, "a second colon in one value", help)


def _as_arguments(operation: str, value: str) -> str:
    """``32, padding: 1`` with the name of the first argument, where the operation has one for it."""
    from cnncalc.language.vocabulary import look_up  # here, because only errors need it

    first, comma, rest = value.partition(",")
    if re.match(_KEY, first):
        return value
    word = look_up(operation)
    primary = word.meaning.primary() if word is not None else None
    in_name = word is not None and word.kernel is not None
    if primary is None or (primary.spec_name == "kernel" and in_name):
        return f"...{comma}{rest}"
    return f"{primary.spec_name}: {first.strip()}{comma}{rest}"


def _list_beside_key(error: _SyntaxError) -> Explained | None:
    if "sequence entries" not in error.problem:
        return None
    message = "a list of `- ` items cannot start on the line of its key"
    return Explained(error.place, 1, message, "start it on the next line, or write it as `[...]`")


def _brackets(error: _SyntaxError) -> Explained | None:
    if "while parsing a flow" not in error.context:
        return None
    found = shown(error.token(error.place)) or "the end of the line"
    if "content" in error.problem:
        return Explained(error.place, 1, f"found `{found}` where a value is expected")
    opener = error.character(error.start)
    closer = "]" if "sequence" in error.context else "}"
    if error.at_end:
        return Explained(error.start, 1, f"the `{opener}` is never closed", f"close it with `{closer}`")
    line, column = error.start
    message = f"found `{found}` where `,` or `{closer}` is expected"
    help = f"the `{opener}` that is open here is on line {line + 1}, column {column + 1}"
    here, at = error.place
    template = re.search(r"\$\{+\s*([^\W\d]\w*)", error.line(here)[max(at - 1, 0) : at + 100])
    if found == "{" and template and template.start() == 0:
        help = by_name(template[1])
    return Explained(error.place, 1, message, help)


def _indentation(error: _SyntaxError) -> Explained | None:
    if "while parsing a block" not in error.context:
        return None
    line, column = error.place
    token = error.token(error.place)
    found, width = shown(token) or "the end", max(len(token), 1)
    if error.line(line)[:column].strip():
        return Explained(
            error.place,
            width,
            f"found `{found}` where the line should end",
            "a text with such a part needs quotes",
        )
    if column != error.start[1]:
        help = f"lines above start at column {' or '.join(map(str, error.columns()))}"
        return Explained(error.place, width, f"the indentation of `{found}` matches nothing above it", help)
    if "mapping" in error.context:
        message = f"found `{found}` among the keys of the mapping that starts on line {error.start[0] + 1}"
        return Explained(
            error.place, width, message, "a mapping has keys, a list has `- ` items: use one of them"
        )
    message = f"`{found}` is among the items of the list that starts on line {error.start[0] + 1}"
    return Explained(
        error.place, width, message, "start it with `- `, or indent it to make it part of the item above"
    )


def _is_about_keys(error: _SyntaxError) -> bool:
    return "mapping values" in error.problem or "expected ':'" in error.problem


_RECOGNISERS: tuple[Callable[[_SyntaxError], Explained | None], ...] = (
    _tab,
    _reserved,
    _document,
    _quotes,
    _no_space,
    _no_space_dash,
    _no_colon,
    _too_deep,
    _second_colon,
    _list_beside_key,
    _brackets,
    _indentation,
)


_COPY = re.compile(r"[^\s,\[\]{}:\"']+\[(?:-?[0-9]+|\*)\]")


def unquoted_copy(line: str, column: int) -> str | None:
    """The name of a copy, such as ``c[0]``, that holds this column without quotes."""
    for match in _COPY.finditer(line):
        if match.start() < column < match.end():
            return match[0]
    return None
