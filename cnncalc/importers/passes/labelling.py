"""Names that the source has for layers and stages, where they say something."""

from __future__ import annotations

import re

from cnncalc.importers.items import UNNAMED
from cnncalc.importers.passes.blocks import common_scope
from cnncalc.language.written import Piece, evaluated

WITH_WEIGHTS = ("conv", "depthwise", "conv_transpose", "linear")
MOST_NAMES = 24
"""Names that a text is worth: beyond, only what is repeated or a block has one."""

_OPERATOR = re.compile(r"(_?[Cc]onv(2[dD])?|Gemm|MatMul|Add|Concat|Mul|node)(_\d+)?|n\d+|features")
"""Names that exporters make of operators, and of lists of layers."""


def labelled(pieces: tuple[Piece, ...], taken: set[str]) -> tuple[Piece, ...]:
    """The pieces of the main list with their own names, where these are words."""
    names = [_label(piece) for piece in pieces]
    counts = {name: names.count(name) for name in names if name}
    plain = sum(bool(name) and not pieces[place].inside for place, name in enumerate(names))
    found = []
    for piece, name in zip(pieces, names, strict=True):
        wanted = bool(piece.inside) or plain <= MOST_NAMES
        if piece.name is None and name and wanted and counts[name] == 1 and name not in taken:
            taken.add(name)
            piece = piece._replace(name=name)
        found.append(piece)
    return tuple(found)


def _label(piece: Piece) -> str | None:
    """What the source calls a piece; ``None`` where it has no word of its own for it."""
    if piece.op == "head" or not (piece.inside or piece.branches or piece.op in WITH_WEIGHTS):
        return None
    items = [one for one in evaluated((piece,)) if one.label]
    weighty = [one for one in items if one.op in WITH_WEIGHTS]
    own = [one.label for one in (weighty if piece.op in WITH_WEIGHTS else items)]
    label = named_part(common_scope(own))
    return label if _says_something(label) else None


def named_part(label: str) -> str:
    """A label up to the first word that is no name."""
    words = label.split(".")
    stop = next((place for place, word in enumerate(words) if word.startswith(UNNAMED)), len(words))
    return ".".join(words[:stop])


def node_name(label: str) -> str:
    """A label as messages have it."""
    return label.replace(UNNAMED, "")


def _says_something(label: str) -> bool:
    last = label.rpartition(".")[2]
    if last == label and _OPERATOR.fullmatch(label):
        return False
    return bool(last) and not last.isdigit() and last != "prev" and "/" not in label
