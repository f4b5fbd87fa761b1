"""What a framework decides: defaults, the meaning of ``same``, the rounding of pools, and what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.geometry.shape import Size
from cnncalc.geometry.window import CEIL, FLOOR, Rounding, TransposedWindow, Window


class Same(Enum):
    """What ``padding: same`` means."""

    STRIDE_ONE = "keeps the size, with stride 1 only"
    BY_SIZE = "gives ceil(size / stride) outputs, an odd total pads more at the end"
    ABSENT = "is not offered"


class Ceil(Enum):
    """What ``ceil: true`` on a pool means for a last window that would start in the padding at the end."""

    DROPS = "it is dropped"
    DROPS_IF_PADDED = "it is dropped only where there is padding"
    KEEPS = "it is kept"
    ABSENT = "there is no such option"


class PoolPadding(Enum):
    """How far a pool may be padded."""

    HALF_KERNEL = "at most half the kernel"
    BELOW_KERNEL = "less than the kernel"
    FREE = "any"


class Transposed(Enum):
    """How the output of a transposed convolution is cut to size."""

    BY_PADDING = "by the padding and output_padding given"
    AUTO_PAD = "by the padding and output_padding given, or `same` gives n*s"
    KERAS = "`same` gives n*s, `valid` n*s + max(k_e - s, 0)"


class LinearOnMap(Enum):
    """What a linear layer does with a map of more than one position."""

    FLATTENS = "it flattens the map"
    PER_POSITION = "it is applied at every position"
    REFUSES = "it is an error"


class AxisPadding(NamedTuple):
    """The padding of one axis as a spec gives it: elements before and after, ``same`` with an odd one at the
    end or start, or ``causal``, so much before that no window reads ahead.
    """

    before: int = 0
    after: int = 0
    same: bool = False
    lower: bool = False
    causal: bool = False

    def split(self, total: int) -> tuple[int, int]:
        """A total under ``same``, before and after."""
        small = total // 2
        return (total - small, small) if self.lower else (small, total - small)


class Versions(NamedTuple):
    """Older rules of a framework, which a spec asks for as ``NAME:NUMBER`` or ``{NAME: {WORD: NUMBER}}``."""

    word: str
    """What its versions are called, such as opset."""
    newest: int
    at: Callable[[int], Framework]
    """The rules of a version."""


class Framework(NamedTuple):
    """One framework's answers; the defaults are what most agree on."""

    name: str
    title: str
    """Its name as it is written in a text."""
    source: str
    """Where its rules are documented."""
    same: Same
    same_lower: bool
    """Whether an odd total of padding may be put at the start (``same_lower``)."""
    pool_ceil: Ceil
    pool_rounds_up: bool
    pool_stride_is_kernel: bool
    pool_padding: PoolPadding
    transposed: Transposed
    norm_scale: bool
    """Whether batch normalization learns gamma and beta by default."""
    instance_norm_affine: bool
    """Whether instance normalization learns gamma and beta by default."""
    linear_on_map: LinearOnMap
    recurrent_biases: Mapping[str, int]
    """How many biases each gate has, by operation; those that are not there it does not have."""
    lacks: Mapping[str, tuple[str, ...]] = {}
    """Arguments that an operation does not take, by operation."""
    aliases: tuple[str, ...] = ()
    """Other names for it."""
    ported_with_same: bool = False
    """Whether padding of half a kernel is usually written ``same`` when a network is converted to it."""
    versions: Versions | None = None

    def conv_window(
        self, kernel: int, stride: int, padding: AxisPadding, dilation: int, size: Size
    ) -> Window:
        """The window of a convolution along one axis of length ``size``."""
        if padding.causal:
            return Window(kernel, stride, dilation * (kernel - 1), 0, dilation)
        if not padding.same:
            return Window(kernel, stride, padding.before, padding.after, dilation)
        return self._same_window(kernel, stride, padding, dilation, size)

    def pool_window(
        self,
        kernel: int,
        stride: int | None,
        padding: AxisPadding,
        dilation: int,
        ceil: bool | None,
        size: Size,
        padded: bool,
    ) -> Window:
        """The window of a pool along one axis; ``None`` for stride or ceil is the framework's default.

        ``padded`` says whether any axis of the pool is padded: Caffe clips the windows of all axes then.
        """
        if stride is None:
            stride = kernel if self.pool_stride_is_kernel else 1
        if padding.same:
            return self._same_window(kernel, stride, padding, dilation, size)
        rounding = self._pool_rounding(ceil, padded)
        if padding.causal:
            return Window(kernel, stride, dilation * (kernel - 1), 0, dilation, rounding)
        self._check_pool_padding(kernel, max(padding.before, padding.after))
        return Window(kernel, stride, padding.before, padding.after, dilation, rounding)

    def transposed_window(
        self, kernel: int, stride: int, padding: AxisPadding, dilation: int, output_padding: int
    ) -> TransposedWindow:
        """The window of a transposed convolution along one axis.

        Raises:
            Fault: E305, for what the framework rejects.
        """
        extent = dilation * (kernel - 1) + 1
        if padding.causal:
            cut = max(extent - stride, 0)
            message = f"{self.name} has no padding `causal` for transposed convolutions"
            raise Fault("E305", message, f"cut what reads ahead off the end: `padding: [[0, {cut}]]`")
        if padding.same:
            self._check_same(extent, padding)
        is_keras = self.transposed is Transposed.KERAS
        if output_padding >= (stride if is_keras else max(stride, dilation)):
            limit = f"the stride {stride}" if is_keras else f"the stride {stride} or the dilation {dilation}"
            message = f"output_padding {output_padding} is not smaller than {limit}"
            raise Fault("E305", message, f"{self.name} rejects it; use a smaller output_padding")
        if is_keras:
            return _keras_transposed(kernel, stride, padding, dilation, output_padding)
        if not padding.same:
            return TransposedWindow(kernel, stride, padding.before, padding.after, dilation, output_padding)
        if self.transposed is Transposed.BY_PADDING:
            message = f"{self.name} has no padding `same` for transposed convolutions"
            raise Fault("E305", message, _number_for_same(extent, stride))
        return _n_times_s(kernel, stride, padding, dilation, output_padding)

    def check(self, op: str, **given: bool) -> None:
        """Reject arguments that this framework does not take; ``given`` says which are present.

        Raises:
            Fault: E305, naming the framework and the fix.
        """
        for argument in self.lacks.get(op, ()):
            if given.get(argument):
                raise Fault("E305", f"{self.name} has no {argument} for {op}", _INSTEAD.get(argument))

    def biases_of(self, op: str) -> int:
        """How many biases each gate of a recurrent layer has.

        Raises:
            Fault: E305, where there is no such layer.
        """
        if op not in self.recurrent_biases:
            raise Fault("E305", f"{self.name} has no {op}", "state what it costs: `custom: {params: ...}`")
        return self.recurrent_biases[op]

    def _same_window(
        self, kernel: int, stride: int, padding: AxisPadding, dilation: int, size: Size
    ) -> Window:
        extent = dilation * (kernel - 1) + 1
        self._check_same(extent, padding)
        if stride == 1:
            total = extent - 1
        elif self.same is Same.STRIDE_ONE:
            message = f"{self.name} has padding `same` with stride 1 only, here the stride is {stride}"
            help = f"write `padding: {extent // 2}`, or `framework: tensorflow` for its meaning"
            raise Fault("E305", message, help)
        elif size is None:
            return self._same_of_unknown_size(kernel, stride, padding, dilation)
        else:
            outputs = -(-size // stride)
            total = max((outputs - 1) * stride + extent - size, 0)
        return Window(kernel, stride, *padding.split(total), dilation)

    def _same_of_unknown_size(self, kernel: int, stride: int, padding: AxisPadding, dilation: int) -> Window:
        """What ``same`` pads before is known where it is the same for every size: the total lies between
        these two.
        """
        extent = dilation * (kernel - 1) + 1
        most, least = padding.split(extent - 1)[0], padding.split(max(extent - stride, 0))[0]
        return Window(kernel, stride, most if most == least else None, None, dilation)

    def _check_same(self, extent: int, padding: AxisPadding) -> None:
        if self.same is Same.ABSENT:
            raise Fault(
                "E305", f"{self.name} has no padding `same`", f"write `padding: {extent // 2}` or `half`"
            )
        if padding.lower and not self.same_lower:
            raise Fault(
                "E305",
                f"{self.name} has no padding `same_lower`",
                "write `same`, or [before, after] per axis",
            )

    def _check_pool_padding(self, kernel: int, padding: int) -> None:
        if self.pool_padding is PoolPadding.HALF_KERNEL and 2 * padding > kernel:
            limit = kernel // 2
        elif self.pool_padding is PoolPadding.BELOW_KERNEL and padding >= kernel:
            limit = kernel - 1
        else:
            return
        message = (
            f"padding {padding} is too large for a pool of kernel {kernel}: {self.name} "
            f"allows {self.pool_padding.value}"
        )
        raise Fault("E305", message, f"use `padding: {limit}`, or a `pad` layer before it")

    def _pool_rounding(self, ceil: bool | None, padded: bool) -> Rounding:
        up = self.pool_rounds_up if ceil is None else ceil
        if not up:
            return FLOOR
        if self.pool_ceil is Ceil.ABSENT:
            raise Fault("E305", f"{self.name} does not offer `ceil` on pools", "use `padding: same`")
        keeps = self.pool_ceil is Ceil.KEEPS or (self.pool_ceil is Ceil.DROPS_IF_PADDED and not padded)
        return Rounding(up=True, drop_in_padding=False) if keeps else CEIL


_INSTEAD = {
    "padding": "put a `pad` layer before it",
    "dilation": "only some pools take one: `cnncalc layers` lists them",
}


def _number_for_same(extent: int, stride: int) -> str:
    """The padding of a transposed convolution along one axis that makes exactly stride times the size."""
    cut = extent - stride
    if stride == 1 and cut % 2:
        return "for the same size use an odd kernel: an even one needs unlike paddings"
    padding = max(0, (cut + 1) // 2)
    more = f", output_padding: {2 * padding - cut}" if 2 * padding > cut else ""
    times = "the same size" if stride == 1 else f"{stride} times the size"
    return f"for {times} write `padding: {padding}{more}`"


def _n_times_s(
    kernel: int, stride: int, padding: AxisPadding, dilation: int, output_padding: int
) -> TransposedWindow:
    """The window that makes n*s outputs of n: padding cuts what is too much, output padding adds what is too
    little.

    Source: https://onnx.ai/onnx/operators/onnx__ConvTranspose.html (auto_pad)
    """
    surplus = dilation * (kernel - 1) + 1 + output_padding - stride
    before, after = padding.split(max(surplus, 0))
    return TransposedWindow(kernel, stride, before, after, dilation, output_padding + max(-surplus, 0))


def _keras_transposed(
    kernel: int, stride: int, padding: AxisPadding, dilation: int, output_padding: int
) -> TransposedWindow:
    """Keras's sizes; with an explicit output padding ``same`` cuts half a kernel off both ends, less that
    padding.

    Source: ``_get_output_shape_given_tf_padding`` in keras/src/backend/common/backend_utils.py
    """
    extent = dilation * (kernel - 1) + 1
    if padding.same and not output_padding:
        return _n_times_s(kernel, stride, padding, dilation, 0)
    if padding.same:
        surplus = extent // 2 * 2 - output_padding
        before, after = padding.split(max(surplus, 0))
        return TransposedWindow(kernel, stride, before, after, dilation, max(-surplus, 0))
    gap = 0 if output_padding or padding.before or padding.after else max(stride - extent, 0)
    return TransposedWindow(kernel, stride, padding.before, padding.after, dilation, output_padding + gap)
