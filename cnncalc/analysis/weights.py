"""Layers that use the weights of another: whether these fit."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.answers import Answers
from cnncalc.analysis.report import LayerReport
from cnncalc.errors import Fault
from cnncalc.geometry.shape import Shape, Size
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.support.numbers import by


def owner_of_weights(answers: Answers, owners: Sequence[LayerReport], place: int, path: str) -> str:
    """The path of the layer whose weights are used: the one at ``place`` among those of the node ``path``.

    Raises:
        Fault: E209, where that one is of another kind or shape.
    """
    there = owners[place] if place < len(owners) else None
    if there is not None and _same_weights(there, answers):
        return there.path
    had = "nothing" if there is None else _in_words(there.windows, there.params, there.in_shape, there.shape)
    has = _in_words(answers.windows, answers.params.learned, answers.in_shape, answers.shape)
    message = f"the weights of `{path}` do not fit: they are {had}, here they are {has}"
    raise Fault("E209", message, "weights are shared between layers of the same kind and shape")


def _same_weights(there: LayerReport, here: Answers) -> bool:
    """Whether two layers of one kind can have the same weights, as far as is known."""
    pairs: list[tuple[Size, Size]] = [
        (there.weights, here.params.weights),
        (there.biases, here.params.biases),
    ]
    if there.weights and there.weights != 1:  # one number can be that of any channels
        pairs.append((there.shape.channels, here.shape.channels))
    if there.windows is not None and here.windows is not None:
        pairs.extend(
            (one.kernel, other.kernel) for one, other in zip(there.windows, here.windows, strict=False)
        )
    return all(one == other or one is None or other is None for one, other in pairs)


def _in_words(
    windows: tuple[Window | TransposedWindow, ...] | None, params: Size, given: Shape, made: Shape
) -> str:
    kernel = f" of kernel {by(window.kernel for window in windows)}" if windows else ""
    return f"{'?' if params is None else params} parameters{kernel} from {given} to {made}"
