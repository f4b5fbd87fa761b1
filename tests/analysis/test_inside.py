"""What a unit really reads of the input, against positions followed one by one and against PyTorch's gradients."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.follow import Inside
from cnncalc.analysis.inside import Reads, inside, inside_of_each, units_reading
from cnncalc.questions.crop import crop

Item = dict[str, Any]
Read = list[set[int]]
"""The input positions that each unit of a tensor reads."""


def of_window(read: Read, kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> Read:
    """Windows laid one after the other over the padded map, as long as they fit."""
    padded: Read = [set() for _ in range(padding)] + read + [set() for _ in range(padding)]
    extent = dilation * (kernel - 1) + 1
    found: Read = []
    start = 0
    while start + extent <= len(padded) or (
        ceil and start < len(read) + padding and start + extent - stride < len(padded)
    ):
        taps = [start + m * dilation for m in range(kernel)]
        found.append(set().union(*(padded[tap] for tap in taps if tap < len(padded))))
        start += stride
    return found


def of_transposed(read: Read, kernel: int, stride: int, padding: int) -> Read:
    """Every input unit adds to the outputs under its window."""
    out: Read = [set() for _ in range((len(read) - 1) * stride + kernel)]
    for unit, seen in enumerate(read):
        for m in range(kernel):
            out[unit * stride + m] |= seen
    return out[padding : len(out) - padding]


def evaluated(items: list[Item], read: Read) -> Read | None:
    """What the units at the end of a list read; ``None`` where nothing is left on the way."""
    for item in items:
        ((op, a),) = item.items()
        if op in ("conv", "maxpool"):
            read = of_window(read, a["k"], a["s"], a["p"], a.get("d", 1), a.get("ceil", False))
        elif op == "conv_transpose":
            read = of_transposed(read, a["k"], a["s"], a["p"])
        elif op == "crop":
            read = read[a[0] : len(read) - a[1]]
        elif op == "pad":
            read = [*(set() for _ in range(a[0])), *read, *(set() for _ in range(a[1]))]
        elif op == "upsample":
            read = [seen for seen in read for _ in range(a)]
        else:
            other = evaluated(a, read)
            if other is None or len(other) != len(read):
                return None
            read = [one | two for one, two in zip(read, other, strict=True)]
        if not read:
            return None
    return read


def text_of(items: list[Item]) -> str:
    """A list of layers in flow style."""
    texts = []
    for item in items:
        ((op, a),) = item.items()
        if op == "residual":
            texts.append(f"residual: {text_of(a)}")
        elif op in ("crop", "pad"):
            texts.append(f"{op}: [[{a[0]}, {a[1]}]]")
        elif op == "upsample":
            texts.append(f"upsample: {a}")
        else:
            out = "" if op == "maxpool" else "out: 1, "
            given = ", ".join(f"{name}: {str(value).lower()}" for name, value in a.items())
            texts.append(f"{op}: {{{out}{given}}}")
    return "[" + ", ".join(texts) + "]"


def hull(seen: set[int]) -> tuple[int, int] | None:
    return (min(seen), max(seen)) if seen else None


WINDOWS = st.fixed_dictionaries(
    {"k": st.integers(1, 5), "s": st.integers(1, 3), "p": st.integers(0, 2), "d": st.integers(1, 3)}
)
POOLS = st.fixed_dictionaries(
    {"k": st.integers(2, 5), "s": st.integers(1, 3), "p": st.integers(0, 1), "ceil": st.booleans()}
)
SAME = st.sampled_from((1, 2, 3)).map(lambda d: [{"conv": {"k": 3, "s": 1, "p": d, "d": d}}])
MARGINS = st.tuples(st.integers(0, 3), st.integers(0, 3))
ITEMS = st.one_of(
    WINDOWS.map(lambda a: {"conv": a}),
    POOLS.map(lambda a: {"maxpool": a}),
    st.fixed_dictionaries({"k": st.integers(2, 4), "s": st.integers(1, 3), "p": st.integers(0, 1)}).map(
        lambda a: {"conv_transpose": a}
    ),
    MARGINS.map(lambda a: {"crop": a}),
    MARGINS.map(lambda a: {"pad": a}),
    st.integers(2, 3).map(lambda a: {"upsample": a}),
    st.lists(SAME, min_size=1, max_size=2).map(
        lambda some: {"residual": [one for each in some for one in each]}
    ),
)


@given(st.lists(ITEMS, min_size=1, max_size=6), st.integers(6, 24))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_unit_of_random_networks(items: list[Item], size: int) -> None:
    expected = evaluated(items, [{position} for position in range(size)])
    (model,) = cnncalc.loads(f"input: [1, {size}]\nlayers: {text_of(items)}")
    report = cnncalc.analyze(model)
    if report.failed is not None:
        return
    assert expected is not None
    path = report.outputs[0].path
    assert len(expected) == report.outputs[0].shape.sizes[0]
    for unit, seen in enumerate(expected):
        assert inside(report, (unit,))[path] == (hull(seen),), (unit, text_of(items))
    for position in (0, size // 3, size - 1):
        seeing = [unit for unit, seen in enumerate(expected) if seen and min(seen) <= position <= max(seen)]
        assert units_reading(report, (position,))[path] == (hull(set(seeing)),), (position, text_of(items))


def test_what_rounding_or_a_crop_dropped_no_unit_sees() -> None:
    (model,) = cnncalc.loads(
        "{input: [1, 8], layers: [conv3: {out: 1, stride: 2}, conv3: {out: 1, padding: 1}]}"
    )
    report = cnncalc.analyze(model)
    assert units_reading(report, (6,)) == {"conv3_1": ((2, 2),), "conv3_2": ((1, 2),)}
    assert units_reading(report, (7,)) == {"conv3_1": (None,), "conv3_2": (None,)}


Grid = list[Read]
"""The input positions that each unit of a map reads, row by row; a position is y * 100 + x."""
Rule = tuple[int, int, int]
"""Kernel, stride and padding along an axis; a negative stride for a transposed convolution."""


def along(line: Read, rule: Rule) -> Read:
    kernel, stride, padding = rule
    if stride < 0:
        return of_transposed(line, kernel, -stride, padding)
    return of_window(line, kernel, stride, padding, 1, ceil=False)


def of_map(grid: Grid, rules: tuple[Rule, Rule]) -> Grid:
    """Down the columns, then along the rows."""
    columns = [along(list(column), rules[0]) for column in zip(*grid, strict=True)]
    return [along(list(row), rules[1]) for row in zip(*columns, strict=True)]


Branch = list[tuple[Rule, Rule]]


def joined(grid: Grid, branches: tuple[Branch, Branch]) -> Grid:
    one, other = grid, grid
    for rules in branches[0]:
        one = of_map(one, rules)
    for rules in branches[1]:
        other = of_map(other, rules)
    return [[a | b for a, b in zip(*rows, strict=True)] for rows in zip(one, other, strict=True)]


def flow(rules: tuple[Rule, Rule]) -> str:
    (k0, s0, p0), (k1, s1, p1) = rules
    op = "conv_transpose" if s0 < 0 else "conv"
    return f"{op}: {{out: 1, kernel: [{k0}, {k1}], stride: [{abs(s0)}, {abs(s1)}], padding: [{p0}, {p1}]}}"


KEEPING = st.sampled_from([(1, 1, 0), (3, 1, 1), (5, 1, 2)])
SIDE = st.one_of(
    st.tuples(KEEPING, KEEPING).map(lambda rules: [rules]),
    # Padding first, so that what is read at the border of the map is padding alone.
    st.tuples(st.integers(0, 3), st.integers(0, 3)).map(
        lambda p: [((1, 1, p[0]), (1, 1, p[1])), ((2 * p[0] + 1, 1, 0), (2 * p[1] + 1, 1, 0))]
    ),
    # Shrunk, and padded again.
    st.tuples(KEEPING, KEEPING).map(
        lambda rules: [((3, 1, 0), rules[1]), ((1, 1, 1), (1, 1, 0)), ((1, 1, 0), rules[0])]
    ),
)
STRIDED = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(0, 3))
SPREAD = st.tuples(st.integers(1, 3), st.integers(-3, -1), st.just(0))
LAYER = st.one_of(st.tuples(STRIDED, STRIDED), st.tuples(SPREAD, SPREAD)).map(lambda rules: ("one", rules))
JOIN = st.tuples(st.sampled_from(["add", "concat", "mul"]), st.tuples(SIDE, SIDE))


@pytest.mark.slow
@given(st.lists(st.one_of(LAYER, JOIN, JOIN), min_size=1, max_size=4), st.integers(4, 7), st.integers(4, 7))
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_unit_of_random_maps(items: list[Any], height: int, width: int) -> None:
    """Both axes at once: what a branch reads along one of them is nothing where it reads padding along the other."""
    grid: Grid = [[{y * 100 + x} for x in range(width)] for y in range(height)]
    texts = []
    for op, what in items:
        if op != "one" and min(len(grid), len(grid[0])) < 3:
            return  # less than the window of a branch
        grid = of_map(grid, what) if op == "one" else joined(grid, what)
        if not grid or not grid[0] or len(grid) * len(grid[0]) > 150:
            return
        if op == "one":
            texts.append(flow(what))
        else:
            some = [f"[{', '.join(map(flow, branch))}]" for branch in what]
            texts.append(f"{op}: [{', '.join(some)}]" + (", conv1: 1" if op == "concat" else ""))
    (model,) = cnncalc.loads(f"input: [1, {height}, {width}]\nlayers: [{', '.join(texts)}]")
    report = cnncalc.analyze(model)
    path = report.outputs[0].path
    rows, columns = [along[path] for along in inside_of_each(report, 10_000)]
    for y, row in enumerate(grid):
        for x, seen in enumerate(row):
            expected = (hull({at // 100 for at in seen}), hull({at % 100 for at in seen}))
            assert inside(report, (y, x))[path] == expected, (y, x, texts)
            assert (of_unit(rows, y, columns, x), of_unit(columns, x, rows, y)) == expected, (y, x, texts)
    for position in ((0, 0), (height // 2, 0), (height - 2, width - 1)):
        seeing = [
            (y, x) for y, row in enumerate(grid) for x, seen in enumerate(row) if is_within(position, seen)
        ]
        expected = (hull({y for y, _ in seeing}), hull({x for _, x in seeing}))
        assert units_reading(report, position)[path] == expected, (position, texts)


def is_within(position: tuple[int, int], seen: set[int]) -> bool:
    """Whether a position is between the ends of what is read, along both axes."""
    rows, columns = {at // 100 for at in seen}, {at % 100 for at in seen}
    return bool(seen) and all(
        min(some) <= at <= max(some) for at, some in zip(position, (rows, columns), strict=True)
    )


def of_unit(reads: Reads, unit: int, other: Reads, at: int) -> Inside:
    """What a unit reads along one axis that is at this place along the other."""
    return reads.narrowed.get((other.ways[at],), reads.spans)[unit]


def test_a_branch_that_reads_padding_along_one_axis_counts_along_none() -> None:
    """Its first four rows are padding, so that its seven columns are not read there."""
    (model,) = cnncalc.loads(
        "input: [1, 9, 9]\n"
        "layers: [concat: {point: [conv1x1: 1], wide: [pad: [[4, 0], [0, 0]], crop: [[0, 4], [0, 0]], "
        "conv: {out: 1, kernel: [1, 7], padding: [0, 3]}]}]"
    )
    report = cnncalc.analyze(model)
    assert inside(report, (3, 4))["concat_1"] == ((3, 3), (4, 4))
    assert inside(report, (4, 4))["concat_1"] == ((0, 4), (1, 7))
    assert inside(report, (3, 4))["concat_1/wide/conv_1"] == (None, None)
    rows, columns = crop(model, "concat_1", ((0, 3), (4, 4))).axes
    assert (rows.inside, columns.inside) == ((0, 3), (4, 4))
    rows, columns = crop(model, "concat_1", ((0, 4), (4, 4))).axes
    assert (rows.inside, columns.inside) == ((0, 4), (1, 7))


def test_a_position_is_seen_by_the_units_that_say_so_along_all_axes() -> None:
    """The second branch reads nothing but padding in rows 0 to 5, and row 0 in row 6."""
    (model,) = cnncalc.loads(
        "input: [1, 7, 9]\n"
        "layers: [concat: {point: [conv1x1: 1], wide: [pad: [[6, 0], [0, 0]], crop: [[0, 6], [0, 0]], "
        "conv: {out: 1, kernel: [1, 7], padding: [0, 3]}]}]"
    )
    report = cnncalc.analyze(model)
    assert units_reading(report, (3, 4))["concat_1"] == ((3, 6), (1, 7))
    (model,) = cnncalc.loads(
        "input: [1, 9, 9]\nlayers: [concat: [[conv1x1: 1], [pad: 9, crop: [[0, 18], [6, 12]]]]]"
    )
    report = cnncalc.analyze(model)
    assert units_reading(report, (3, 4)) == {
        "concat_1/branch_1/conv1x1_1": ((3, 3), (4, 4)),
        "concat_1/branch_2/pad_1": ((12, 12), (13, 13)),
        "concat_1/branch_2/crop_1": (None, None),
        "concat_1": ((3, 3), (4, 4)),
    }


@pytest.mark.parametrize(
    ("spec", "unit", "expected"),
    [
        ("{input: [1, 8], layers: [conv3: {out: 1, stride: 2}, conv3: {out: 1, padding: 1}]}", 2, (2, 6)),
        ("{input: [1, 10], layers: [crop: 2, conv3: {out: 1, padding: 1}]}", 0, (2, 3)),
        ("{input: [1, 8], layers: [pad: 3, conv3: 1]}", 0, None),
        ("{input: [1, 8], layers: [mul: {gate: [global_avgpool, conv1: 1], map: []}, conv3: 1]}", 1, (1, 3)),
        (
            "{input: [1, any], layers: [conv3: 1]}",
            1,
            "needs the input size: add `input: ...` or pass --input",
        ),
    ],
    ids=["dropped", "cropped", "padding alone", "a gate", "unknown size"],
)
def test_known_answers(spec: str, unit: int, expected: object) -> None:
    (model,) = cnncalc.loads(spec)
    report = cnncalc.analyze(model)
    assert inside(report, (unit,))[report.outputs[0].path] == (expected,)


def test_every_layer_is_asked_for_its_own_unit() -> None:
    (model,) = cnncalc.loads("{input: [1, 9, 9], layers: [conv3x3: {out: 1, padding: 1}, maxpool2]}")
    found = inside(cnncalc.analyze(model), (3, 0))
    assert found == {"conv3x3_1": ((2, 4), (0, 1)), "maxpool2_1": ((5, 8), (0, 2))}


def test_axes_that_are_laid_out_anew() -> None:
    (model,) = cnncalc.loads(
        "{input: [1, 9, 7], layers: [conv: {out: 1, k: [9, 1]}, squeeze, conv3: {out: 1, padding: 1}]}"
    )
    assert inside(cnncalc.analyze(model), (0, 6))["conv3_1"] == ((0, 8), (5, 6))


@pytest.mark.parametrize("name", ["unet", "pix2pix", "resnet18", "segnet", "deeplab"])
def test_real_networks_lie_within_the_input_and_the_region(name: str) -> None:
    model = cnncalc.load(name)[0]
    report = cnncalc.analyze(model)
    unit = (0,) * report.inputs[0][1].rank
    found = inside(report, unit)
    for layer in report.layers:
        for read, seen, size in zip(
            found[layer.path], layer.field.at(unit), report.inputs[0][1].sizes, strict=True
        ):
            if isinstance(read, tuple):
                assert seen is not None
                assert max(0, seen[0]) <= read[0] <= read[1] <= min(seen[1], (size or 0) - 1)
