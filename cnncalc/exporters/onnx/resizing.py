"""Changed sizes as ONNX operators: Resize by coordinate transformation mode, pads and crops."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction

from cnncalc.exporters.onnx.writing import Call, Writing, writes
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.geometry.axis import AxisRule, Taps
from cnncalc.geometry.resample import Border

CUBIC = -0.75
"""The coefficient of PyTorch's bicubic interpolation, which is ONNX's default too."""


@writes("upsample", "upsample_to")
def resized(writing: Writing, call: Call) -> str:
    """To sizes, or by factors, which lay the new positions where sizes may not; the nearest positions by
    number where 32-bit arithmetic would find others.
    """
    factor = getattr(call.layer, "factor", None)
    scales = None if factor is None else _scales(call, factor.over(call.rank, "factor"))
    if call.layer.mode == "nearest" and call.record.in_shape.known and call.record.shape.known:
        axes = list(zip(call.record.rules, call.sizes, call.new[1:], strict=True))
        found = [_nearest(*axis) for axis in axes]
        paces = scales or [_float(new / size) for _, size, new in axes]
        if any(places != _rounded(pace, len(places)) for places, pace in zip(found, paces, strict=True)):
            return _gathered(writing, call, found)
    if scales is None:
        return _resize(writing, call, "", _sizes(writing, call))
    return _resize(writing, call, writing.floats(scales), "")


def _scales(call: Call, factors: Sequence[Fraction]) -> list[float]:
    """Factors as 32-bit numbers that give the sizes, however readers round; those of open sizes are exact."""
    found = []
    sizes = zip(factors, call.record.in_shape.sizes, call.record.shape.sizes, strict=True)
    for factor, size, new in sizes:
        scale = _float(float(factor))
        if size is None or new is None:
            if Fraction(scale) != factor:
                raise Inexpressible(f"the factor {factor} is no 32-bit number", "pass --input with the size")
        elif int(scale * size) < new:
            scale = _next(scale)
        found.append(scale)
    return found


def _nearest(rule: AxisRule, size: int, new: int) -> list[int]:
    """The position that each new one is a copy of."""
    reads = rule.reads(size, max(size, new))
    if not isinstance(reads, Taps):
        raise Inexpressible("which positions it copies is not known")
    turns = len(reads.runs)
    return [reads.runs[unit % turns].start + unit // turns * reads.advance for unit in range(new)]


def _rounded(scale: float, count: int) -> list[int]:
    """The same as 32-bit numbers find them, which is how ``Resize`` is computed."""
    return [int(_float(unit / scale)) for unit in range(count)]


def _float(value: float) -> float:
    """The 32-bit number nearest to one."""
    found: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return found


def _next(value: float) -> float:
    """The 32-bit number above a positive one."""
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    found: float = struct.unpack("<f", struct.pack("<I", bits + 1))[0]
    return found


def _gathered(writing: Writing, call: Call, places: Sequence[Sequence[int]]) -> str:
    tensor = call.input
    for axis, (found, size) in enumerate(zip(places, call.sizes, strict=True), 2):
        if list(found) != list(range(size)):
            tensor = writing.node("Gather", tensor, writing.integers(found), axis=axis)
    return tensor


def _sizes(writing: Writing, call: Call) -> str:
    """The sizes wanted: as numbers, or read from the tensor that has them."""
    sizes = call.record.shape.sizes
    known = tuple(size for size in sizes if size is not None)
    if len(known) == len(sizes):
        return writing.integers(known)
    if len(call.inputs) < 2:
        raise Inexpressible("its size is not known", "pass --input with the size")
    return writing.node("Shape", call.inputs[1], start=2)


def _resize(writing: Writing, call: Call, scales: str, sizes: str) -> str:
    mode = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic"}[call.layer.mode]
    if mode == "nearest":
        where = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    else:
        aligned = "align_corners" if call.layer.align_corners else "half_pixel"
        where = {"coordinate_transformation_mode": aligned}
    cubic = {"cubic_coeff_a": CUBIC} if mode == "cubic" else {}
    axes = list(range(2, 2 + call.rank))
    inputs = [call.input, "", scales, *((sizes,) if sizes else ())]
    return writing.node("Resize", *inputs, mode=mode, axes=axes, **where, **cubic)


@writes("pad", "crop", "crop_to")
def border(writing: Writing, call: Call) -> str:
    """Positions added or cut off at the ends."""
    rules = [rule for rule in call.record.rules if isinstance(rule, Border)]
    if len(rules) < call.rank:
        raise Inexpressible("how much it cuts is not known", "pass --input with the size")
    tensor = call.input
    cuts = [(max(-rule.before, 0), max(-rule.after, 0)) for rule in rules]
    pads = [(max(rule.before, 0), max(rule.after, 0)) for rule in rules]
    if any(map(any, pads)):
        tensor = writing.padded(tensor, pads)
    pieces = [
        (2 + axis, before, -after if after else _END)
        for axis, (before, after) in enumerate(cuts)
        if before or after
    ]
    if pieces:
        tensor = writing.cut(tensor, pieces)
    return tensor if pieces or any(map(any, pads)) else writing.node("Identity", tensor)


_END = 2**63 - 1
"""Behind the last position, however many there are."""
