"""Caffe's changes of a map's size: crops, interpolation and unpooling."""

from __future__ import annotations

from cnncalc.geometry.shape import Shape
from cnncalc.importers.caffe.translation import Layer, Made, step


@step("crop")
def crop(layer: Layer) -> Made:
    given = layer.parameters("crop")
    axis, offsets = given.whole("axis", 2), given.wholes("offset")
    given.done()
    if axis != 2 or len(layer.inputs) != 2:
        layer.refuse(f"`axis: {axis}` with {len(layer.inputs)} inputs is not understood")
        return None
    target = layer.building.shapes[layer.inputs[1]]
    offsets = (offsets or [0]) * (layer.shape.rank if len(offsets) <= 1 else 1)
    shape = Shape(layer.shape.channels, target.sizes)
    return [layer.add_to(layer.inputs, "crop_to", shape, layer.name, offset=tuple(offsets))]


@step("upsample")
def unpooling(layer: Layer) -> Made:
    """Each value back to the place where the pool found it (SegNet's branch of Caffe); the mask that says
    where is the pool's second top.
    """
    given = layer.parameters("upsample")
    factors = (
        given.whole("scale_h", given.whole("scale", 2)),
        given.whole("scale_w", given.whole("scale", 2)),
    )
    wanted = (given.whole("upsample_h", 0), given.whole("upsample_w", 0))
    less = (int(given.flag("pad_out_h", False)), int(given.flag("pad_out_w", False)))
    given.done()
    if min(factors) < 1 or min(wanted) < 0:
        layer.refuse(f"factors of {factors}, sizes of {wanted} are not understood")
        return None
    shape = layer.shape
    enlarged = tuple(
        None if size is None else size * factor for size, factor in zip(shape.sizes, factors, strict=False)
    )
    if min(wanted):
        less = tuple((size or 0) - one for size, one in zip(enlarged, wanted, strict=True))  # type: ignore[assignment]
    if shape.rank != 2 or any(not 0 <= one < factor for one, factor in zip(less, factors, strict=True)):
        layer.refuse(
            f"sizes of {wanted[0]}x{wanted[1]} from {shape} by {factors[0]}x{factors[1]} are not understood"
        )
        return None
    note = "an unpooling: each value goes back to where the pool found it, zeros around it"
    made = layer.building.add(
        "upsample", layer.inputs[:1], Shape(shape.channels, enlarged), layer.name, note=note, factor=factors
    )
    if not any(less):
        return [made]
    sizes = tuple(None if size is None else size - one for size, one in zip(enlarged, less, strict=True))
    margins = tuple((0, one) for one in less)
    return [
        layer.add_to((made,), "crop", Shape(shape.channels, sizes), f"{layer.name}.crop", margins=margins)
    ]


@step("interp")
def interp(layer: Layer) -> Made:
    """Bilinear resizing in which the corners stay corners (DeepLab's and PSPNet's branches of Caffe).

    Source: src/caffe/layers/interp_layer.cpp of hszhao/PSPNet
    """
    given = layer.parameters("interp")
    wanted = (given.whole("height", 0), given.whole("width", 0))
    larger, smaller = given.whole("zoom_factor", 1), given.whole("shrink_factor", 1)
    given.only("pad_beg", "0")
    given.only("pad_end", "0")
    given.ignore("use_blob_size")
    given.done()
    if min(larger, smaller) < 1 or min(wanted) < 0:
        layer.refuse(f"`zoom_factor: {larger}`, `shrink_factor: {smaller}`, {wanted} are not understood")
        return None
    given_as: dict[str, object] = {"mode": "bilinear", "align_corners": True}
    if len(layer.inputs) == 2:
        shape = Shape(layer.shape.channels, layer.building.shapes[layer.inputs[1]].sizes)
        return [layer.add_to(layer.inputs, "upsample_to", shape, layer.name, **given_as)]
    sizes = tuple(
        size if size is None else _zoomed((size - 1) // smaller + 1, larger) for size in layer.shape.sizes
    )
    if min(wanted):
        sizes = wanted
    if None in sizes:
        layer.refuse(f"the size that comes out of {layer.shape} has to be known: pass --input")
        return None
    return [layer.add("upsample", Shape(layer.shape.channels, sizes), size=sizes, **given_as)]


def _zoomed(size: int, factor: int) -> int:
    return size + (size - 1) * (factor - 1)
