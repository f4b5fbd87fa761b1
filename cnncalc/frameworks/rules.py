"""What a framework decides: defaults, the meaning of ``same``, the rounding of pools, and what it rejects."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.geometry.shape import Size
from cnncalc.geometry.window import CEIL, FLOOR, Rounding, TransposedWindow, Window


class Same(Enum):
    """What ``padding: same`` means."""

    STRIDE_ONE = "keeps the size, with stride 1 only"
    BY_SIZE = "gives ceil(size / stride) outputs"
    ABSENT = "is not offered"


class Ceil(Enum):
    """What ``ceil: true`` on a pool means."""

    OFFERED = "a last window that starts in the padding is dropped"
    DROPS_IF_PADDED = "such a window is dropped only if there is padding"
    ABSENT = "is not offered"


class PoolPadding(Enum):
    """How far a pool may be padded."""

    HALF_KERNEL = "at most half the kernel"
    BELOW_KERNEL = "less than the kernel"
    FREE = "any"


class AxisPadding(NamedTuple):
    """The padding of one axis as a spec gives it: a number of elements before and after, or ``same``."""

    before: int = 0
    after: int = 0
    same: bool = False


class Framework(NamedTuple):
    """One framework's answers."""

    name: str
    same: Same
    pool_ceil: Ceil
    pool_rounds_up: bool
    pool_stride_is_kernel: bool
    pool_padding: PoolPadding
    norm_scale: bool
    """Whether batch normalisation learns gamma and beta by default."""
    instance_norm_affine: bool
    """Whether instance normalisation learns gamma and beta by default."""

    def conv_window(self, kernel: int, stride: int, padding: AxisPadding, dilation: int, size: Size) -> Window:
        """The window of a convolution along one axis of length ``size``."""
        if not padding.same:
            return Window(kernel, stride, padding.before, padding.after, dilation)
        return self._same_window(kernel, stride, dilation, size)

    def pool_window(
        self, kernel: int, stride: int | None, padding: AxisPadding, dilation: int, ceil: bool | None, size: Size
    ) -> Window:
        """The window of a pool along one axis; ``None`` for stride or ceil is the framework's default."""
        if stride is None:
            stride = kernel if self.pool_stride_is_kernel else 1
        if padding.same:
            return self._same_window(kernel, stride, dilation, size)
        self._check_pool_padding(kernel, max(padding.before, padding.after))
        rounding = self._pool_rounding(ceil, padded=padding.before > 0 or padding.after > 0)
        return Window(kernel, stride, padding.before, padding.after, dilation, rounding)

    def transposed_window(
        self, kernel: int, stride: int, padding: AxisPadding, dilation: int, output_padding: int
    ) -> TransposedWindow:
        """The window of a transposed convolution along one axis."""
        if self.same is Same.BY_SIZE:
            return self._transposed_by_size(kernel, stride, padding, dilation, output_padding)
        if padding.same:
            raise Fault("E305", f"{self.name} has no padding `same` for transposed convolutions", "give the padding as a number")
        if output_padding >= max(stride, dilation):
            raise Fault(
                "E305",
                f"output_padding {output_padding} is not smaller than the stride {stride} or the dilation {dilation}",
                f"{self.name} rejects it; use a smaller output_padding",
            )
        return TransposedWindow(kernel, stride, padding.before, padding.after, dilation, output_padding)

    def _transposed_by_size(
        self, kernel: int, stride: int, padding: AxisPadding, dilation: int, output_padding: int
    ) -> TransposedWindow:
        """``same`` gives n*s outputs, ``valid`` n*s + max(k_e - s, 0).

        Source: ``_get_output_shape_given_tf_padding`` in keras/src/backend/common/backend_utils.py; ONNX ConvTranspose.
        """
        extent = dilation * (kernel - 1) + 1
        gap = max(stride - extent, 0)
        if padding.same:
            total = max(extent - stride, 0)
            return TransposedWindow(kernel, stride, total // 2, total - total // 2, dilation, output_padding or gap)
        if self.name == "tensorflow" and not (padding.before or padding.after):
            return TransposedWindow(kernel, stride, 0, 0, dilation, output_padding or gap)
        return TransposedWindow(kernel, stride, padding.before, padding.after, dilation, output_padding)

    def _same_window(self, kernel: int, stride: int, dilation: int, size: Size) -> Window:
        extent = dilation * (kernel - 1) + 1
        if self.same is Same.ABSENT:
            raise Fault("E305", f"{self.name} has no padding `same`", f"write `padding: {extent // 2}` or `half`")
        if stride == 1:
            total = extent - 1
        elif self.same is Same.STRIDE_ONE:
            raise Fault(
                "E305",
                f"{self.name} has padding `same` with stride 1 only, here the stride is {stride}",
                f"write `padding: {extent // 2}`, or `framework: tensorflow` where its meaning is wanted",
            )
        elif size is None:
            return Window(kernel, stride, None, None, dilation)
        else:
            outputs = -(-size // stride)
            total = max((outputs - 1) * stride + extent - size, 0)
        return Window(kernel, stride, total // 2, total - total // 2, dilation)

    def _check_pool_padding(self, kernel: int, padding: int) -> None:
        if self.pool_padding is PoolPadding.HALF_KERNEL and 2 * padding > kernel:
            limit = kernel // 2
        elif self.pool_padding is PoolPadding.BELOW_KERNEL and padding >= kernel:
            limit = kernel - 1
        else:
            return
        raise Fault(
            "E305",
            f"padding {padding} is too large for a pool of kernel {kernel}: {self.name} allows {self.pool_padding.value}",
            f"use `padding: {limit}`, or a `pad` layer before it",
        )

    def _pool_rounding(self, ceil: bool | None, padded: bool) -> Rounding:
        up = self.pool_rounds_up if ceil is None else ceil
        if not up:
            return FLOOR
        if self.pool_ceil is Ceil.ABSENT:
            raise Fault("E305", f"{self.name} does not offer `ceil` on pools", "use `padding: same`")
        if self.pool_ceil is Ceil.DROPS_IF_PADDED and not padded:
            return Rounding(up=True, drop_in_padding=False)
        return CEIL
