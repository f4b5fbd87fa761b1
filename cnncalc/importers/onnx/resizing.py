"""ONNX's Resize and Upsample: how large a map becomes, and which positions are read."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import item
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.held import Feature, Spread, Unknown
from cnncalc.importers.onnx.layout import known, plain, size_of, times
from cnncalc.importers.onnx.operators import operator
from cnncalc.importers.onnx.translation import Translation
from cnncalc.importers.scales import as_written, fraction_of

MODES = {"nearest": "nearest", "linear": "bilinear", "bilinear": "bilinear", "cubic": "bicubic"}


class _Axis(NamedTuple):
    """One axis: its size, the new one, and the factor where one is given."""

    size: int
    new: int
    given: Fraction | None

    @property
    def scale(self) -> Fraction:
        return self.given or Fraction(self.new, self.size)


class _Way(NamedTuple):
    """How new positions are laid on the old ones."""

    transformation: str
    mode: str
    nearest: str

    def is_ours(self, axis: _Axis) -> bool:
        """Whether `upsample` reads the same positions along an axis."""
        if axis.size == 1 or (axis.new == axis.size and axis.scale == 1):
            return True
        if self.mode == "nearest":
            return all(self._nearest(unit, axis) == _copied(unit, axis) for unit in range(axis.new))
        if self.transformation == "pytorch_half_pixel":
            return axis.new > 1
        if self.transformation == "half_pixel_symmetric":
            return axis.scale * axis.size == axis.new
        return self.transformation in ("half_pixel", "align_corners")

    def _nearest(self, unit: int, axis: _Axis) -> int:
        place = self._place(unit, axis)
        rounded = {
            "floor": floor(place),
            "ceil": ceil(place),
            "round_prefer_ceil": floor(place + Fraction(1, 2)),
        }.get(self.nearest, ceil(place - Fraction(1, 2)))
        return min(max(rounded, 0), axis.size - 1)

    def _place(self, unit: int, axis: _Axis) -> Fraction:
        """Where a new position lies on the old ones."""
        if self.transformation == "asymmetric":
            return unit / axis.scale
        if self.transformation == "align_corners":
            return Fraction(unit * (axis.size - 1), max(axis.new - 1, 1))
        if self.transformation == "pytorch_half_pixel" and axis.new == 1:
            return Fraction(0)
        place = (2 * unit + 1) / (2 * axis.scale) - Fraction(1, 2)
        if self.transformation == "half_pixel_symmetric":
            place += Fraction(axis.size, 2) * (1 - axis.new / (axis.scale * axis.size))
        return place


def _copied(unit: int, axis: _Axis) -> int:
    """The position that `upsample` copies to a new one."""
    return min(floor(unit / axis.scale), axis.size - 1)


@operator("Resize", "Upsample")
def resize(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), call.node.operator)
    call.ignore("cubic_coeff_a", "exclude_outside", "extrapolation_value", "height_scale", "width_scale")
    call.must_be("keep_aspect_ratio_policy", "stretch")
    shape = translation.shapes[source.tensor]
    channels, *sizes = known(shape)
    way, axes = _way(translation, call), _axes(translation, call, shape.rank, [channels, *sizes])
    if axes[0].new != channels:
        raise Unknown("it changes the number of channels")
    axes = axes[1:]
    new = Shape(channels, tuple(axis.new for axis in axes))
    if call.attribute("antialias", 0) and any(axis.new < axis.size for axis in axes):
        translation.moved.append((call.node.label, "averages what it leaves out (`antialias`)"))
    elif not all(map(way.is_ours, axes)):
        translation.moved.append((call.node.label, _words(way)))
    if new == shape:
        translation.alias(call, source)
        return
    how: dict[str, Any] = {"mode": way.mode}
    if way.transformation == "align_corners" and way.mode != "nearest":
        how["align_corners"] = True
    how |= _how_large(axes)
    translation.layer(call, "upsample", source.tensor, new, plain(new, translation.batch), **how)


def repeated(translation: Translation, call: Call, place: int) -> Feature:
    """An input; one whose axes of size 1 were repeated is enlarged."""
    held = call.input(place)
    if not isinstance(held, Spread):
        return call.feature(place)
    output = f"{held.feature.tensor}|{times(held.sizes)}"
    shape = translation.shapes[held.feature.tensor]
    new = Shape(shape.channels, held.sizes[2:])
    layout = plain(new, translation.batch)
    if held.feature.layout != plain(shape, translation.batch) or tuple(map(size_of, layout)) != held.sizes:
        return call.feature(place)  # which says that it is repeated
    if output not in translation.places:
        axes = [
            _Axis(size, wanted, None) for size, wanted in zip(known(shape)[1:], known(new)[1:], strict=True)
        ]
        enlarged = item(
            "upsample",
            held.feature.tensor,
            output,
            label=call.node.label,
            shape=new,
            mode="nearest",
            **_how_large(axes),
        )
        translation.add(enlarged)
    return Feature(output, layout)


def _words(way: _Way) -> str:
    rounding = f" and `{way.nearest}`" if way.mode == "nearest" else ""
    return f"lays positions by `{way.transformation}`{rounding}"


def _how_large(axes: Sequence[_Axis]) -> dict[str, Any]:
    """As factors where they are given or whole, else as sizes."""
    factors = [
        axis.given or (Fraction(axis.new, axis.size) if axis.new % axis.size == 0 else None) for axis in axes
    ]
    if any(factor is None for factor in factors):
        return {"size": tuple(axis.new for axis in axes)}
    return {"factor": tuple(as_written(factor) for factor in factors if factor)}


def _way(translation: Translation, call: Call) -> _Way:
    mode = MODES.get(call.attribute("mode", "nearest"))
    if mode is None:
        raise Unknown(f"attribute `mode` is {call.attribute('mode')}")
    old = call.node.operator == "Upsample" or translation.opset < 11
    asked = call.attribute("coordinate_transformation_mode", "asymmetric" if old else "half_pixel")
    if asked == "tf_crop_and_resize":
        raise Unknown("it resizes a part of the map")
    return _Way(asked, mode, call.attribute("nearest_mode", "floor" if old else "round_prefer_floor"))


def _axes(translation: Translation, call: Call, rank: int, sizes: Sequence[int]) -> list[_Axis]:
    """The channels and the axes of the map, each with what becomes of it."""
    places = tuple(int(axis) % (rank + 2) for axis in call.attribute("axes", range(rank + 2)))
    scales, wanted = _scales(translation, call)
    factors = dict(zip(places, scales, strict=False)) if scales else {}
    targets = dict(zip(places, wanted, strict=False)) if wanted else {}
    found = []
    for place, size in enumerate(sizes, 1):
        new = int(targets.get(place, int(size * factors.get(place, 1))))
        found.append(_Axis(size, new, fraction_of(factors.get(place, 1), size, new) if scales else None))
    return found


def _scales(translation: Translation, call: Call) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Scales and sizes, wherever the opset has them; one of them is empty."""
    if call.node.operator == "Upsample":
        return tuple(call.attribute("scales") or call.values(1, "`scales`") or ()), ()
    if translation.opset < 11:
        return tuple(call.values(1, "`scales`") or ()), ()
    sizes = call.values(3, "`sizes`") if len(call.inputs) > 3 and call.inputs[3] is not None else ()
    scales = call.values(2, "`scales`") if len(call.inputs) > 2 and not sizes else ()
    if not sizes and not scales:
        raise Unknown("neither `scales` nor `sizes` is there")
    return tuple(scales or ()), tuple(sizes or ())
