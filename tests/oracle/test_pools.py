"""Every small window along one axis, executed by PyTorch: how many outputs, and which positions each one reads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import pytest

import cnncalc
from cnncalc.analysis.report import LayerReport

torch = pytest.importorskip("torch")

from tests.oracle.build import Refusal  # noqa: E402
from tests.oracle.modules import F, spp_level  # noqa: E402

LONGEST = 14


class Case(NamedTuple):
    """A window over an axis of ``size``."""

    size: int
    kernel: int
    stride: int
    padding: int
    dilation: int = 1
    ceil: bool = False
    output_padding: int = 0


def grid(paddings: int | None, dilations: int, ceils: bool) -> Iterator[Case]:
    """All small cases; ``paddings`` is the largest padding, ``None`` half the kernel."""
    for kernel in range(1, 6):
        for stride in range(1, 6):
            for padding in range((kernel // 2 if paddings is None else paddings) + 1):
                for dilation in range(1, dilations + 1):
                    for ceil in (False, True)[: 1 + ceils]:
                        for size in range(1, LONGEST + 1):
                            yield Case(size, kernel, stride, padding, dilation, ceil)


def record(size: int, layer: str) -> LayerReport | None:
    """The record of one layer; ``None`` where cnncalc refuses it."""
    (model,) = cnncalc.loads(f"input: [1, {size}]\nlayers: [{layer}]")
    report = cnncalc.analyze(model)
    return None if report.failed else report.layers[0]


def positions(found: LayerReport | None, size: int) -> list[list[int]] | None:
    """First and last position inside the input for each unit, by cnncalc."""
    if found is None:
        return None
    (field,), (units,) = found.field.axes, found.shape.sizes
    spans = [field.at(unit) for unit in range(units or 0)]
    if field.is_global:
        return [[0, size - 1]] * len(spans)
    return [
        [] if span is None or span[0] >= size or span[1] < 0 else [max(0, span[0]), min(size - 1, span[1])]
        for span in spans
    ]


def impulses(size: int) -> Any:
    return torch.eye(size, dtype=torch.double).unsqueeze(1)


def read(responses: Any) -> list[list[int]]:
    """First and last position that each unit responds to; the batch counts the positions."""
    spans = []
    for unit in range(responses.shape[2]):
        found = torch.nonzero(responses[:, 0, unit] > 1e-9).flatten().tolist()
        spans.append([found[0], found[-1]] if found else [])
    return spans


def window_of(case: Case) -> str:
    ceil = ", ceil: true" if case.ceil else ""
    return f"kernel: {case.kernel}, stride: {case.stride}, padding: {case.padding}, dilation: {case.dilation}{ceil}"


def differences(found: LayerReport | None, expected: list[list[int]] | None, size: int, widen: bool) -> bool:
    """Whether cnncalc differs; with ``widen`` dilated windows at a border may hold fewer positions than their hull."""
    got = positions(found, size)
    if got is None or expected is None or not widen:
        return got != expected
    return len(got) != len(expected) or not all(
        covers(one, other) for one, other in zip(got, expected, strict=True)
    )


def covers(got: list[int], expected: list[int]) -> bool:
    return got == expected or (
        bool(got) and (not expected or (got[0] <= expected[0] and expected[1] <= got[1]))
    )


def pooled(case: Case, maximum: bool) -> list[list[int]] | None:
    """What PyTorch reads; of a max pool the sizes and the winner of a peak tell it."""
    x = impulses(case.size)
    try:
        if maximum:
            y = F.max_pool1d(x, case.kernel, case.stride, case.padding, case.dilation, case.ceil)
        else:
            y = F.avg_pool1d(x, case.kernel, case.stride, case.padding, case.ceil)
    except RuntimeError:
        return None
    return read(y)


@pytest.mark.parametrize("ceil", [False, True])
def test_every_max_pool(ceil: bool) -> None:
    wrong = []
    for case in grid(None, 2, True):
        if case.ceil == ceil:
            found = record(case.size, f"maxpool: {{{window_of(case)}}}")
            if differences(found, pooled(case, True), case.size, widen=case.dilation > 1):
                wrong.append(case)
    assert wrong == []


@pytest.mark.parametrize("ceil", [False, True])
def test_every_average_pool(ceil: bool) -> None:
    wrong = []
    for case in grid(None, 1, True):
        if case.ceil == ceil:
            found = record(case.size, f"avgpool: {{{window_of(case)}}}")
            if differences(found, pooled(case, False), case.size, widen=False):
                wrong.append(case)
    assert wrong == []


@pytest.mark.parametrize(("kernel", "padding"), [(2, 2), (3, 2), (4, 3), (5, 3), (1, 1)])
@pytest.mark.parametrize("op", ["maxpool", "avgpool"])
def test_padding_beyond_half_the_kernel_is_refused(op: str, kernel: int, padding: int) -> None:
    case = Case(9, kernel, 2, padding)
    assert pooled(case, op == "maxpool") is None
    assert record(9, f"{op}: {{{window_of(case)}}}") is None


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("padding", range(5))
@pytest.mark.parametrize("kernel", [2, 3])
def test_the_limit_of_padding_with_dilation(rank: int, kernel: int, padding: int) -> None:
    """Half the kernel, or half the dilated one: what PyTorch says decides."""
    x = torch.rand(1, 1, *(9,) * rank)
    try:
        shape = tuple(getattr(F, f"max_pool{rank}d")(x, kernel, 1, padding, 3).shape[1:])
    except RuntimeError:
        shape = None
    layer = f"maxpool: {{kernel: {kernel}, stride: 1, padding: {padding}, dilation: 3}}"
    (model,) = cnncalc.loads(f"input: {[1] + [9] * rank}\nlayers: [{layer}]")
    report = cnncalc.analyze(model)
    assert (None if report.failed else report.layers[0].shape.axes) == shape


def test_every_convolution() -> None:
    wrong = []
    for case in grid(3, 2, False):
        found = record(case.size, f"conv: {{out: 1, {window_of(case)}}}")
        ones = torch.ones(1, 1, case.kernel, dtype=torch.double)
        try:
            expected = read(
                F.conv1d(impulses(case.size), ones, None, case.stride, case.padding, case.dilation)
            )
        except RuntimeError:
            expected = None
        if differences(found, expected, case.size, widen=case.dilation > 1):
            wrong.append(case)
    assert wrong == []


def test_every_transposed_convolution() -> None:
    wrong = []
    for case in grid(3, 2, False):
        for extra in range(max(case.stride, case.dilation) + 1):
            layer = f"conv_transpose: {{out: 1, {window_of(case)}, output_padding: {extra}}}"
            found = record(case.size, layer)
            ones = torch.ones(1, 1, case.kernel, dtype=torch.double)
            try:
                y = F.conv_transpose1d(
                    impulses(case.size), ones, None, case.stride, case.padding, extra, 1, case.dilation
                )
                expected: list[list[int]] | None = read(y)
            except RuntimeError:
                expected = None
            if differences(found, expected, case.size, widen=case.stride > 1 or case.dilation > 1):
                wrong.append(case._replace(output_padding=extra))
    assert wrong == []


@pytest.mark.parametrize("mode", ["max", "avg"])
def test_every_adaptive_bin(mode: str) -> None:
    for size in range(1, LONGEST + 1):
        for bins in range(1, LONGEST + 1):
            y = getattr(F, f"adaptive_{mode}_pool1d")(impulses(size), bins)
            assert positions(record(size, f"adaptive_{mode}pool: {bins}"), size) == read(y), (size, bins)


def test_bins_by_the_places_of_the_maxima() -> None:
    """On a rising and on a falling map the place of the maximum is the last and the first position of the bin."""
    for size in range(1, LONGEST + 1):
        ramp = torch.arange(float(size)).view(1, 1, size)
        for bins in range(2, LONGEST + 1):
            last = F.adaptive_max_pool1d(ramp, bins, return_indices=True)[1].flatten().tolist()
            first = F.adaptive_max_pool1d(-ramp, bins, return_indices=True)[1].flatten().tolist()
            for op in ("adaptive_maxpool", "roi_pool"):
                spans = positions(record(size, f"{op}: {bins}"), size)
                assert spans == [list(span) for span in zip(first, last, strict=True)], (size, bins)


@pytest.mark.parametrize(
    ("mode", "kind"), [*product(["paper", "exact", "adaptive"], ["max", "avg"]), ("caffe", "max")]
)
def test_every_level_of_a_pyramid(mode: str, kind: str) -> None:
    wrong = []
    for size in range(1, LONGEST + 1):
        for bins in range(1, LONGEST + 1):
            x = impulses(size)
            try:
                expected: list[list[int]] | None = read(
                    spp_level({"bins": bins, "mode": mode, "kind": kind}, [x])(x)
                )
            except Refusal:
                expected = None
            if (
                positions(record(size, f"spp_level: {{bins: {bins}, mode: {mode}, kind: {kind}}}"), size)
                != expected
            ):
                wrong.append((size, bins))
    assert wrong == []


@pytest.mark.parametrize("mode", ["exact", "adaptive"])
@pytest.mark.parametrize(("height", "width"), [(13, 13), (10, 13), (7, 5), (4, 4), (11, 64)])
def test_the_length_of_a_pyramid(mode: str, height: int, width: int) -> None:
    (model,) = cnncalc.loads(
        f"input: [5, {height}, {width}]\nlayers: [spp: {{levels: [4, 3, 2, 1], mode: {mode}}}]"
    )
    x = torch.rand(1, 5, height, width)
    parts = []
    for bins in (4, 3, 2, 1):
        if mode == "adaptive":
            parts.append(F.adaptive_max_pool2d(x, bins).flatten())
        else:
            stride = (height // bins, width // bins)
            kernel = (height - (bins - 1) * stride[0], width - (bins - 1) * stride[1])
            parts.append(F.max_pool2d(x, kernel, stride).flatten())
    assert cnncalc.analyze(model).outputs[0].shape.axes == (torch.cat(parts).numel(),)


@pytest.mark.parametrize("linear", [False, True])
def test_every_factor_of_upsampling(linear: bool) -> None:
    """Inside; the outermost units of linear interpolation read the edge twice."""
    mode = "linear" if linear else "nearest"
    for size in range(1, LONGEST + 1):
        for factor in range(1, 8):
            y = F.interpolate(impulses(size), scale_factor=float(factor), mode=mode)
            spans = positions(
                record(size, f"upsample: {{factor: {factor}, mode: {'bilinear' if linear else 'nearest'}}}"),
                size,
            )
            assert spans == read(y), (size, factor)


@pytest.mark.parametrize("linear", [False, True])
def test_every_resize(linear: bool) -> None:
    mode = "linear" if linear else "nearest"
    wrong = []
    for size in range(1, 33):
        for target in range(1, 33):
            y = F.interpolate(impulses(size), size=target, mode=mode)
            spans = positions(
                record(size, f"upsample: {{size: {target}, mode: {'bilinear' if linear else 'nearest'}}}"),
                size,
            )
            if spans != read(y):
                wrong.append((size, target))
    assert wrong == []
