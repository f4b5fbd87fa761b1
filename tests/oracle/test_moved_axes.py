"""Fields through `tokens`, `token`, `to_map` and `squeeze`, against PyTorch: every unit of random networks, one impulse per position."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from math import prod
from random import Random
from typing import Any, NamedTuple

import pytest

import cnncalc
from cnncalc.analysis.inside import inside_of_each

torch: Any = pytest.importorskip("torch")
F: Any = torch.nn.functional

Span = tuple[int, int]
Step = Callable[[Any, float], Any]
"""A layer over one channel with positive weights; the second argument is what its padding holds."""


class Layer(NamedTuple):
    item: Any
    step: Step


def window(draw: Random, sizes: list[int]) -> Layer:
    """A convolution every window of which reads a position of the map."""
    kernel = [draw.choice([k for k in (1, 2, 3) if k <= size]) for size in sizes]
    stride = [draw.choice((1, 1, 2)) for _ in sizes]
    padding = [draw.randint(0, (k - 1) // 2) for k in kernel]
    sizes[:] = [(n + 2 * p - k) // s + 1 for n, k, s, p in zip(sizes, kernel, stride, padding, strict=True)]
    run = getattr(F, f"conv{len(sizes)}d")
    pairs = [p for pad in reversed(padding) for p in (pad, pad)]

    def step(x: Any, filled: float) -> Any:
        return run(F.pad(x, pairs, value=filled), torch.ones(1, 1, *kernel, dtype=x.dtype), stride=stride)

    return Layer({"conv": {"kernel": kernel, "stride": stride, "padding": padding, "out": 1}}, step)


def squeezed(draw: Random, sizes: list[int]) -> list[Layer]:
    """One axis read as a whole by a convolution, and left out."""
    axis = draw.randrange(len(sizes))
    kernel = [size if at == axis else 1 for at, size in enumerate(sizes)]
    run = getattr(F, f"conv{len(sizes)}d")
    whole = Layer(
        {"conv": {"kernel": kernel, "out": 1}},
        lambda x, _: run(x, torch.ones(1, 1, *kernel, dtype=x.dtype)),
    )
    del sizes[axis]
    named = draw.random() < 0.5 or 1 in sizes
    return [whole, Layer({"squeeze": axis if named else None}, lambda x, _: x.squeeze(2 + axis))]


def in_line(draw: Random, sizes: list[int]) -> tuple[list[Layer], int]:
    extra = draw.choice((0, 0, 1, 2))
    sizes[:] = [prod(sizes) + extra]
    layer = Layer({"tokens": {"extra": extra}}, lambda x, _: F.pad(x.flatten(2), (extra, 0)))
    return [layer], extra


def in_rows(draw: Random, sizes: list[int], extra: int, before: list[int]) -> list[Layer]:
    """A map again, mostly as it was."""
    (length,) = sizes
    rows = before
    if prod(before) + extra != length or draw.random() < 0.3:
        extra = draw.choice([0, min(extra, length - 1)])
        first = draw.choice([size for size in range(1, length + 1) if (length - extra) % size == 0])
        rows = [first, (length - extra) // first]
    sizes[:] = rows
    step: Step = lambda x, _: x[..., extra:].unflatten(2, rows)  # noqa: E731
    return [Layer({"to_map": {"size": rows, "extra": extra}}, step)]


def network(draw: Random) -> tuple[list[int], list[Layer]]:
    """An input and layers, some of which lay axes out anew."""
    shape = [draw.randint(4, 7 if draw.random() < 0.8 else 5) for _ in range(2 if draw.random() < 0.8 else 3)]
    sizes, layers = list(shape), list[Layer]()
    layers += [window(draw, sizes) for _ in range(draw.randint(0, 2))]
    if draw.random() < 0.3:
        layers += squeezed(draw, sizes)
    if draw.random() < 0.8:
        before = list(sizes)
        line, extra = in_line(draw, sizes)
        layers += line
        layers += [window(draw, sizes) for _ in range(draw.randint(0, 2))]
        if draw.random() < 0.6:
            layers += in_rows(draw, sizes, extra, before)
        elif draw.random() < 0.3:
            place = draw.randrange(sizes[0])
            layers.append(Layer({"token": place}, lambda x, _: x[..., place]))
            return shape, layers
    layers += [window(draw, sizes) for _ in range(draw.randint(0 if layers else 1, 1))]
    return shape, layers


def responses(shape: list[int], layers: list[Layer]) -> list[tuple[Any, Any]]:
    """After each layer: which input positions each unit reads, and which units read padding."""
    count = prod(shape)
    x = torch.eye(count, dtype=torch.double).reshape(count, 1, *shape)
    border, found = torch.zeros(1, 1, *shape, dtype=torch.double), []
    for layer in layers:
        x, border = layer.step(x, 0.0), layer.step(border, 1.0)
        found.append((x[:, 0].reshape(*shape, *x.shape[2:]) > 0, border[0, 0] > 0))
    return found


def along(read: Any, shape: list[int], axis: int, to: int | None) -> list[Span | None]:
    """First and last position along an input axis that the units along an axis read, whatever the others are."""
    others = [at for at in range(read.dim()) if at not in (axis, None if to is None else len(shape) + to)]
    lines = read.amax(others) if others else read
    found = []
    for line in lines.T if lines.dim() == 2 else [lines]:
        positions = torch.nonzero(line).flatten().tolist()
        found.append((positions[0], positions[-1]) if positions else None)
    return found


def agree(draw: Random, seen: Counter[str]) -> None:
    shape, layers = network(draw)
    text = json.dumps({"input": [1, *shape], "layers": [layer.item for layer in layers]})
    (model,) = cnncalc.loads(text)
    report = cnncalc.analyze(model)
    assert report.failed is None, text
    inside = inside_of_each(report, 10_000)
    for record, (reads, border) in zip(report.layers, responses(shape, layers), strict=True):
        assert record.shape.sizes == tuple(reads.shape[len(shape) :]), text
        for axis, (field, to) in enumerate(zip(record.field.axes, record.along, strict=True)):
            if field.unknown:
                seen["unknown"] += border.numel()
                continue
            others = [at for at in range(border.dim()) if at != to]
            at_border = (border.amax(others) if others else border).reshape(-1)
            for unit, expected in enumerate(along(reads, shape, axis, to)):
                where = (record.path, axis, unit, text)
                assert inside[axis][record.path].spans[unit] == expected, where
                span = field.at(unit)
                if not at_border[unit]:
                    assert span == expected, where
                elif expected is not None:
                    assert span is not None, where
                    assert span[0] <= expected[0] <= expected[1] <= span[1], where
                seen[record.op] += 1


def test_every_unit_of_random_networks_with_moved_axes() -> None:
    seen: Counter[str] = Counter()
    for seed in range(120):
        agree(Random(seed), seen)
    assert min(seen[op] for op in ("tokens", "to_map", "squeeze", "conv")) > 100
    assert seen["token"] > 10
    assert seen["unknown"] < 0.2 * seen.total()
