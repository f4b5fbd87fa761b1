"""Lines of Python no longer than allowed, broken at brackets as formatters break them."""

from __future__ import annotations

from collections.abc import Iterator

WIDTH = 100
_OPEN, _CLOSE = "([{", ")]}"


def lines_of(text: str, indent: int) -> list[str]:
    """A statement or an item on as few lines as fit."""
    room = WIDTH - indent
    found = _last_group(text)
    if len(text) <= room or found is None:
        return [" " * indent + text]
    start, end = found
    head, body, tail = text[: start + 1], text[start + 1 : end], text[end:]
    if len(body) <= room - 4 and len(head) <= room:
        inner = [" " * (indent + 4) + body]
    else:
        inner = [line for item in _items(body) for line in lines_of(item, indent + 4)]
    return [" " * indent + head, *inner, " " * indent + tail]


def _items(body: str) -> list[str]:
    """The arguments with a comma behind each, or a comprehension before its `for`."""
    parts = list(_split(body, ", "))
    if len(parts) == 1 and len(clauses := list(_split(body, " for "))) > 1:
        return [clauses[0], *(f"for {clause}" for clause in clauses[1:])]
    return [f"{part}," for part in parts]


def _last_group(text: str) -> tuple[int, int] | None:
    """Where the last bracket at the outermost level opens and closes, if there is anything in it."""
    depth, start, found = 0, -1, None
    for place, character in _outside_strings(text):
        if character in _OPEN:
            is_index = character == "[" and place > 0 and text[place - 1] not in " ([,"
            start = place if depth == 0 and not is_index else start
            depth += 1
        elif character in _CLOSE:
            depth -= 1
            if depth == 0 and start >= 0 and place > start + 1:
                found, start = (start, place), -1
    return found


def _split(text: str, by: str) -> Iterator[str]:
    """The parts between separators outside of brackets and strings."""
    depth, begin = 0, 0
    for place, character in _outside_strings(text):
        depth += (character in _OPEN) - (character in _CLOSE)
        if depth == 0 and text.startswith(by, place):
            yield text[begin:place]
            begin = place + len(by)
    yield text[begin:]


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    """The characters that are not part of a string literal."""
    quoted = escaped = False
    for place, character in enumerate(text):
        if quoted:
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            quoted = True
        else:
            yield place, character
