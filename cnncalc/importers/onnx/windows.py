"""Kernel, stride, padding and dilation of a node, and the sizes that come of them."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.frameworks import ONNX
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.geometry.window import Rounding, Window
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.held import Unknown

AUTO = {"SAME_UPPER": "same", "SAME_LOWER": "same_lower"}


class Windows:
    """Kernel, stride, padding and dilation of a node, along each axis."""

    def __init__(self, call: Call, kernel: Sequence[int], rank: int) -> None:
        stated = call.attribute("kernel_shape", tuple(kernel))
        if tuple(stated) != tuple(kernel) or len(kernel) != rank:
            raise Unknown(f"attribute `kernel_shape` is {list(stated)}, the weight has {list(kernel)}")
        self.kernel = tuple(kernel)
        self.stride = self._per_axis(call, "strides", 1)
        self.dilation = self._per_axis(call, "dilations", 1)
        pads = tuple(call.attribute("pads", (0,) * (2 * rank)))
        self.auto = call.attribute("auto_pad", "NOTSET")
        if len(pads) != 2 * rank or self.auto not in (*AUTO, "NOTSET", "VALID"):
            raise Unknown(f"attribute `pads` is {list(pads)}, `auto_pad` is {self.auto}")
        if self.auto != "NOTSET":
            pads = (0,) * (2 * rank)
        self.pads = tuple(zip(pads[:rank], pads[rank:], strict=True))
        if min(*self.stride, *self.dilation, *self.kernel) < 1:
            raise Unknown(f"strides {list(self.stride)}, dilations {list(self.dilation)}")

    def _per_axis(self, call: Call, name: str, default: int) -> tuple[int, ...]:
        found = tuple(call.attribute(name, (default,) * len(self.kernel)))
        if len(found) != len(self.kernel):
            raise Unknown(f"attribute `{name}` is {list(found)}")
        return found

    @property
    def arguments(self) -> dict[str, object]:
        padding: object = AUTO.get(self.auto, self.pads)
        return {
            "kernel": self.kernel, "stride": self.stride, "dilation": self.dilation, "padding": padding,
        }  # fmt: skip

    @property
    def is_padded(self) -> bool:
        return self.auto in AUTO or any(map(any, self.pads))

    def negative(self) -> bool:
        return any(pad < 0 for pair in self.pads for pad in pair)

    def sizes(self, sizes: Sequence[int], rounding: Rounding | None = None) -> tuple[int, ...]:
        """What comes out of a map of these sizes."""
        if self.auto in AUTO:
            same = AxisPadding(same=True)
            return tuple(
                ONNX.conv_window(kernel, stride, same, dilation, size).output_size(size) or 0
                for size, kernel, stride, dilation in zip(
                    sizes, self.kernel, self.stride, self.dilation, strict=True
                )
            )
        found = []
        for size, kernel, stride, (before, after), dilation in zip(
            sizes, self.kernel, self.stride, self.pads, self.dilation, strict=True
        ):
            window = Window(kernel, stride, before, after, dilation, rounding or Rounding())
            found.append(window.output_size(size) or 0)
        return tuple(found)
