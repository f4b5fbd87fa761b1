"""Plans of tiles against every plan: no tiles of the wanted size give the whole output with fewer of them."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

import pytest

import cnncalc
from cnncalc.network.model import Model
from cnncalc.questions.tile import tile
from tests.rotation import todays

Values = list[int]
Layer = tuple[str, tuple[int, ...]]


class Numbers:
    """A number for each expression, the same for the same one: two units are equal where what they compute is."""

    def __init__(self) -> None:
        self.known: dict[tuple[Any, ...], int] = {}

    def of(self, *expression: Any) -> int:
        return self.known.setdefault(expression, len(self.known))

    def after(self, layers: list[Layer], given: Values) -> Values | None:
        """What a chain makes of its input; ``None`` where a window does not fit."""
        for place, (op, numbers) in enumerate(layers):
            made = getattr(self, op)(place, given, *numbers)
            if not made:
                return None
            given = made
        return given

    def conv(
        self, place: int, given: Values, kernel: int, stride: int, padding: int, dilation: int
    ) -> Values:
        units = (len(given) + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
        return [
            self.of(
                place, *(self._at(given, unit * stride - padding + dilation * tap) for tap in range(kernel))
            )
            for unit in range(units)
        ]

    def maxpool(self, place: int, given: Values, kernel: int, stride: int) -> Values:
        return self.conv(place, given, kernel, stride, 0, 1)

    def residual(self, place: int, given: Values, dilation: int) -> Values:
        return [
            self.of(place, one, other)
            for one, other in zip(given, self.conv(place, given, 3, 1, dilation, dilation), strict=True)
        ]

    def upsample(self, place: int, given: Values, factor: int) -> Values:
        return [one for one in given for _ in range(factor)]

    def conv_transpose(self, place: int, given: Values, kernel: int, stride: int, padding: int) -> Values:
        units = (len(given) - 1) * stride - 2 * padding + kernel
        return [
            self.of(
                place,
                *(
                    (tap, self._at(given, (unit + padding - tap) // stride))
                    for tap in range(kernel)
                    if (unit + padding - tap) % stride == 0
                ),
            )
            for unit in range(units)
        ]

    @staticmethod
    def _at(given: Values, place: int) -> int | None:
        return given[place] if 0 <= place < len(given) else None


def random_layers(random: Random) -> list[Layer]:
    found: list[Layer] = []
    for _ in range(random.randint(1, 4)):
        kernel, stride = random.randint(1, 5), random.choice((1, 1, 2, 3))
        found.append(
            random.choice(
                [
                    ("conv", (kernel, stride, random.randint(0, kernel // 2), random.choice((1, 1, 2)))),
                    ("conv", (kernel, 1, kernel // 2, 1)),
                    ("maxpool", (max(kernel, 2), max(stride, 2))),
                    ("residual", (1,)),
                    ("upsample", (2,)),
                    (
                        "conv_transpose",
                        (max(kernel, stride), stride, random.randint(0, (max(kernel, stride) - 1) // 2)),
                    ),
                ]
            )
        )
    return found


def item_of(op: str, numbers: tuple[int, ...]) -> dict[str, Any]:
    if op == "residual":
        (dilation,) = numbers
        return {"residual": [{"conv": {"kernel": 3, "out": 1, "padding": dilation, "dilation": dilation}}]}
    if op == "upsample":
        return {"upsample": numbers[0]}
    names = ("kernel", "stride", "padding", "dilation")
    return {op: dict(zip(names, numbers, strict=False)) | ({} if op == "maxpool" else {"out": 1})}


def fewest(layers: list[Layer], size: int, limit: int, align: int) -> int | None:
    """The fewest crops that begin at multiples of ``align`` and have all units of the whole among theirs."""
    numbers = Numbers()
    image = [numbers.of("input", place) for place in range(size)]
    whole = numbers.after(layers, image)
    assert whole is not None
    crops = [
        numbers.after(layers, image[begin:end]) or []
        for begin in range(0, size, align)
        for end in range(begin + 1, min(begin + limit, size) + 1)
    ]
    kept = count = 0
    while kept < len(whole):
        best = max(_reach(made, whole, kept) for made in crops)
        if best == kept:
            return None
        kept, count = best, count + 1
    return count


def _reach(made: Values, whole: Values, first: int) -> int:
    """Behind the last unit of the whole that a crop has from ``first`` on, one behind the other."""
    return max(
        (first + _alike(made[at:], whole[first:]) for at, one in enumerate(made) if one == whole[first]),
        default=first,
    )


def _alike(some: Values, others: Values) -> int:
    """How many of the first ones are the same."""
    return next(
        (at for at, (one, other) in enumerate(zip(some, others, strict=False)) if one != other),
        min(len(some), len(others)),
    )


FOUND: dict[str, tuple[list[Layer], int, int, int]] = {
    "the last position is dropped": ([("maxpool", (3, 2)), ("upsample", (2,)), ("conv_transpose", (5, 2, 1))], 24, 23, 1),
    "a dilated window passes over the last position": ([("conv", (5, 3, 2, 2)), ("upsample", (2,))], 18, 17, 1),
    "a tile that ends before the end": ([("maxpool", (2, 2)), ("conv", (2, 1, 1, 1)), ("conv", (2, 1, 1, 1))], 17, 6, 6),
    "transposed": ([("maxpool", (3, 2)), ("conv_transpose", (5, 1, 1)), ("residual", (1,))], 22, 15, 4),
    "dilated at both ends": ([("conv", (4, 3, 0, 1)), ("residual", (2,))], 39, 20, 4),
    "nothing but padding": ([("maxpool", (2, 3)), ("residual", (3,))], 6, 4, 2),
}  # fmt: skip


@pytest.mark.parametrize(("layers", "size", "limit", "count"), FOUND.values(), ids=FOUND)
def test_what_nothing_reads_costs_no_tile(layers: list[Layer], size: int, limit: int, count: int) -> None:
    (axis,) = tile(model_of(layers, size), (size,), tile=limit).axes
    assert len(axis.tiles) == count == fewest(layers, size, limit, axis.align)


@pytest.mark.parametrize("seed", todays(range(180)))
def test_no_plan_has_fewer_tiles(seed: int) -> None:
    """Of any network without wide dilation, where what is right of a tile is one run of units at each layer."""
    random = Random(seed)
    layers, size = random_layers(random), random.randint(6, 24)
    limit = random.randint(1, size)
    model = model_of(layers, size)
    if cnncalc.analyze(model).failed is not None:
        assert Numbers().after(layers, list(range(size))) is None
        return
    try:
        (axis,) = tile(model, (size,), tile=limit).axes
    except cnncalc.NoAnswer as error:
        found = re.match(
            "tiles (?:begin at multiples of ([0-9]+)|may begin anywhere)", error.diagnostics[0].help or ""
        )
        assert found is not None
        assert fewest(layers, size, limit, int(found[1] or 1)) is None
    else:
        assert len(axis.tiles) == fewest(layers, size, limit, axis.align)
        assert all(one.size <= limit for one in axis.tiles)


def model_of(layers: list[Layer], size: int) -> Model:
    (model,) = cnncalc.loads(json.dumps({"input": [1, size], "layers": [item_of(*one) for one in layers]}))
    return model
