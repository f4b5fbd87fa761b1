"""A picture of the user's as text, so that it can be in an SVG file."""

from __future__ import annotations

from base64 import b64encode

from cnncalc.errors import InputError
from cnncalc.support.numbers import plural
from cnncalc.support.words import shown

KINDS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif", b"RIFF": "webp"}
"""The kinds of pictures by how their files begin."""
MOST_BYTES = 20_000_000


def data_url(file: str) -> str:
    """The whole file as an address.

    Raises:
        InputError: for a file that cannot be read, is too large, or is no picture that browsers show.
    """
    try:
        with open(file, "rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read {shown(file)}: {error.strerror or error}") from error
    if len(content) > MOST_BYTES:
        raise InputError(f"{shown(file)} has more than {plural(MOST_BYTES, 'byte')}")
    kind = next((kind for start, kind in KINDS.items() if content.startswith(start)), None)
    if kind is None or (kind == "webp" and content[8:12] != b"WEBP"):
        raise InputError(f"{shown(file)} is none of {', '.join(KINDS.values())}")
    return f"data:image/{kind};base64,{b64encode(content).decode('ascii')}"
