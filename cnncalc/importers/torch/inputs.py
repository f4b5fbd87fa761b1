"""How an input lies over channels and positions, told by what reads it first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import NamedTuple

from cnncalc.geometry.shape import MOST_AXES
from cnncalc.importers.torch.calls import Call, Recording, Ref

Axes = tuple[int | None, ...]
"""Which axis of the input each dimension of a tensor is; ``None`` for one of size 1 that was put in."""
BATCH = 0
BATCH_FIRST = 8
"""The place of ``batch_first`` among the arguments of a recurrent layer."""
LEAST_IN_SPACE = 2
"""Axes of positions of a map that is no sequence."""


class Laid(NamedTuple):
    """The axes of an input as channels and positions."""

    channels: int | None
    """The axis of the channels, ``None`` where there is a single one without an axis."""
    positions: tuple[int, ...]


def laid_out(recording: Recording, ref: Ref) -> Laid:
    """What the first layer that reads an input takes as channels and positions; as PyTorch has maps where
    none tells.
    """
    shape = recording.shape(ref)
    usual = Laid(1, tuple(range(2, len(shape))))
    followed: dict[int, Axes] = {ref.number: tuple(range(len(shape)))}
    for call in recording.calls:
        read = [one for one in call.inputs if one.number in followed]
        if not read:
            continue
        axes, name = followed[read[0].number], call.function.strip("_")
        if name in _CELLS and call.inputs[0] in read:
            return _of_cell(axes, shape) or usual
        if name == "cat" and len(axes) < 2 + LEAST_IN_SPACE:
            continue  # sequences are joined along features or steps
        if name in _READERS:
            laid = _READERS[name](call, axes)
            laid = laid if laid is None else _with_steps(laid, axes, shape)
            return laid if laid is not None and _is_whole(laid, shape) else usual
        made = _picked(call, name, axes) or _moved(recording, call, name, read[0], axes)
        if made is not None:
            followed.update({one.number: made for one in call.outputs})
    return usual


def _with_steps(laid: Laid, axes: Axes, shape: Sequence[int]) -> Laid:
    """An axis of which a loop reads one index after the other, as positions: the frames of a video."""
    steps = [axis for axis in range(1, len(shape)) if axis not in axes]
    positions = sorted((*laid.positions, *steps))
    is_in_order = list(laid.positions) == sorted(laid.positions)
    return laid._replace(positions=tuple(positions)) if steps and is_in_order else laid


def _is_whole(laid: Laid, shape: Sequence[int]) -> bool:
    """Whether a reading has every axis of the input once, and no more than a map has."""
    taken = [axis for axis in (laid.channels, *laid.positions) if axis is not None]
    missing = [axis for axis, size in enumerate(shape) if axis and size > 1 and axis not in taken]
    return not missing and len(set(taken)) == len(taken) and len(laid.positions) <= MOST_AXES


_CELLS = ("gru_cell", "lstm_cell", "rnn_tanh_cell", "rnn_relu_cell")


def _of_cell(axes: Axes, shape: Sequence[int]) -> Laid | None:
    """Steps of a sequence, one by one."""
    steps = [axis for axis in range(1, len(shape)) if axis not in axes]
    if len(axes) != 2 or axes[0] != BATCH or axes[1] is None or len(steps) > 1:
        return None
    return Laid(axes[1], tuple(steps))


def _picked(call: Call, name: str, axes: Axes) -> Axes | None:
    """The axes of what a call takes out at one index of a dimension; ``None`` for other calls."""
    if name == "getitem" and isinstance(call.args[1], tuple) and len(call.args[1]) <= len(axes):
        index = (*call.args[1], *(slice(None),) * (len(axes) - len(call.args[1])))
        if sum(type(one) is int for one in index) == 1 and all(
            type(one) is int or one == slice(None) for one in index
        ):
            return tuple(axis for axis, one in zip(axes, index, strict=True) if type(one) is not int)
    if name in ("unbind", "select") and len(call.args) > 1 and type(call.args[1]) is int:
        dim = call.args[1] % len(axes)
        return (*axes[:dim], *axes[dim + 1 :])
    return None


def _moved(recording: Recording, call: Call, name: str, ref: Ref, axes: Axes) -> Axes | None:
    """The axes of what a call makes that only rearranges or works on each element; ``None`` for others."""
    if len(call.outputs) != 1:
        return None
    if name in ("permute", "transpose", "swapaxes", "swapdims") and len(call.args) < 2:
        return None  # by the names of its arguments, which nobody writes
    if name == "permute":
        order = call.args[1] if isinstance(call.args[1], list | tuple) else call.args[1:]
        return tuple(axes[one] for one in order)
    if name in ("transpose", "swapaxes", "swapdims"):
        found = list(axes)
        one, other = call.args[1:3]
        found[one], found[other] = found[other], found[one]
        return tuple(found)
    before, after = recording.shape(ref), recording.shape(call.outputs[0])
    if before == after:
        return axes
    large = [axis for axis, size in zip(axes, before, strict=True) if size > 1 or axis == BATCH]
    if [size for size in after if size > 1] != [size for size in before if size > 1] or prod(after) == 1:
        return None
    left, found = iter(large[1:]), [BATCH]
    if not after or after[0] != 1 or large[:1] != [BATCH]:
        return None
    return (*found, *(next(left) if size > 1 else None for size in after[1:]))


def _of_map(call: Call, axes: Axes) -> Laid | None:
    positions = _known(axes[2:])
    is_map = len(axes) > 1 and axes[0] == BATCH and positions is not None
    return Laid(axes[1], positions or ()) if is_map else None


def _of_features(call: Call, axes: Axes) -> Laid | None:
    """The last dimension are the channels."""
    positions = _known(axes[1:-1])
    is_map = len(axes) > 1 and axes[0] == BATCH and positions is not None
    return Laid(axes[-1], positions or ()) if is_map else None


def _of_steps(call: Call, axes: Axes) -> Laid | None:
    """A sequence with its features behind; the batch before or behind the steps."""
    batch, steps = (0, 1) if len(call.args) > BATCH_FIRST and call.args[BATCH_FIRST] else (1, 0)
    positions = _known(axes[steps : steps + 1])
    is_sequence = len(axes) == 3 and axes[batch] == BATCH and positions is not None
    return Laid(axes[2], positions or ()) if is_sequence else None


def _of_tokens(call: Call, axes: Axes) -> Laid | None:
    """Numbers of tokens, which have no channels."""
    positions = _known(axes[1:])
    return Laid(None, positions) if axes and axes[0] == BATCH and positions is not None else None


def _known(axes: Axes) -> tuple[int, ...] | None:
    """Axes of the input alone; ``None`` where one was put in."""
    found = tuple(axis for axis in axes if axis is not None)
    return found if len(found) == len(axes) else None


_MAPS = (
    *(f"conv{rank}d" for rank in (1, 2, 3)),
    *(f"conv_transpose{rank}d" for rank in (1, 2, 3)),
    *(f"{kind}_pool{rank}d" for kind in ("max", "avg", "adaptive_avg", "adaptive_max") for rank in (1, 2, 3)),
    "batch_norm",
    "group_norm",
    "instance_norm",
    "interpolate",
    "cat",
)
_READERS: dict[str, Callable[[Call, Axes], Laid | None]] = {
    **dict.fromkeys(_MAPS, _of_map),
    **dict.fromkeys(("linear", "layer_norm", "rms_norm", "multi_head_attention_forward"), _of_features),
    **dict.fromkeys(("lstm", "gru", "rnn_tanh", "rnn_relu"), _of_steps),
    "embedding": _of_tokens,
}

__all__ = ["Laid", "laid_out"]
