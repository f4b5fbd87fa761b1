"""Residual connections whose shortcut is a strided 1x1 convolution and a batch norm: ``project``."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.language.written import Branch, Piece

_STRIDELESS = ("custom", "attention", "lstm", "gru", "rnn")
_STRIDED = ("conv", "deform_conv", "depthwise", "maxpool", "avgpool", "lppool")


def with_projections(pieces: tuple[Piece, ...], shapes: Mapping[str, Shape | None]) -> tuple[Piece, ...]:
    """A list, and those inside it, with projected shortcuts as a word."""
    return tuple(_piece(piece, shapes) for piece in pieces)


def _piece(piece: Piece, shapes: Mapping[str, Shape | None]) -> Piece:
    branches = tuple(
        branch._replace(pieces=with_projections(branch.pieces, shapes)) for branch in piece.branches
    )
    piece = piece._replace(branches=branches)
    if piece.op == "residual" and _is_projection(branches[0], branches[1], shapes):
        return piece._replace(arguments={"shortcut": _word(branches[1].pieces[0])})
    return piece


def _word(conv: Piece) -> Any:
    """``project``, with what differs from a convolution without bias and a batch norm."""
    norm = conv.arguments.get("norm", "none")
    bias = conv.arguments.get("bias", norm != "bn")
    beside = {**({"bias": True} if bias else {}), **({"norm": norm} if norm != "bn" else {})}
    return {"project": beside} if beside else "project"


def _is_projection(body: Branch, shortcut: Branch, shapes: Mapping[str, Shape | None]) -> bool:
    """Whether ``project`` makes this shortcut: it strides as the body does, changes the shape, and makes that
    of the body, not one that the join spreads it over.
    """
    if len(shortcut.pieces) != 1 or body.tensor is not None or _is_strideless(body.pieces):
        return False
    (conv,) = shortcut.pieces
    if conv.op != "conv" or set(conv.arguments) - {"stride", "norm", "bias"} != {"kernel", "out"}:
        return False
    if not isinstance(conv.arguments.get("norm", "none"), str):
        return False
    if not conv.is_plain or conv.frozen or set(conv.arguments["kernel"]) != {1}:
        return False
    before, after = shapes.get(conv.items[0].inputs[0]), shapes.get(conv.output)
    made = shapes.get(body.pieces[-1].output) if body.pieces else before
    if made is not None and after is not None and made.channels != after.channels:
        return False
    stride = conv.arguments.get("stride", 1)
    if isinstance(stride, tuple) or _stride(body.pieces) != stride:
        return False
    return stride != 1 or (before is not None and after is not None and before.channels != after.channels)


def _is_strideless(pieces: tuple[Piece, ...]) -> bool:
    """Whether a list has an operation whose stride is not known, or that sees all positions at once."""
    return any(
        piece.op in _STRIDELESS
        or piece.op.startswith("global_")
        or any(_is_strideless(branch.pieces) for branch in piece.branches)
        for piece in pieces
    )


def _stride(pieces: tuple[Piece, ...]) -> int | None:
    """The stride of a list along each axis; ``None`` where it is not plain."""
    found = []
    for piece in pieces:
        stride = piece.arguments.get("stride", 1) if piece.op in _STRIDED else 1
        if not isinstance(stride, int) or piece.op.startswith(
            ("upsample", "conv_transpose", "pixel", "adaptive")
        ):
            return None
        found.append(stride)
    return prod(found)
