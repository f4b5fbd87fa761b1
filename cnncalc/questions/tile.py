"""How to cut a large image so that tiles, computed one by one and put together, equal the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import product
from math import ceil, lcm, prod
from typing import NamedTuple

from cnncalc.analysis.run import Given, analyze, rules_of, with_input
from cnncalc.errors import InputError, NoAnswer
from cnncalc.geometry.axis import IDENTITY_TAPS, Run, Taps
from cnncalc.geometry.shape import LARGEST_SIZE, Shape
from cnncalc.network.model import Model
from cnncalc.questions.answers import SPATIAL, failure, refusal
from cnncalc.questions.trace import Placed, Trace, alignment, check_local, taps_of, trace
from cnncalc.support import display
from cnncalc.support.dtypes import DTYPES
from cnncalc.support.numbers import by, plural

_UNBOUNDED = LARGEST_SIZE
MOST_TILES = 100_000
"""Tiles along one axis."""
_MOST_TRACED = 500_000
"""Layers whose traces are kept, of all sizes that were tried."""


class Tile(NamedTuple):
    """One crop of the image along an axis, and what its run contributes."""

    begin: int
    size: int
    keep: tuple[int, int]
    """First and last unit of the whole output that is taken from this tile."""
    at: int
    """Where these begin in the tile's own output."""


class TiledAxis(NamedTuple):
    """The tiles along one axis."""

    size: int
    """Of the image."""
    output: int
    """Of the whole output."""
    align: int
    """Tiles begin at multiples of it."""
    tiles: tuple[Tile, ...]


class Tiling(NamedTuple):
    """A plan: every tile of the first axis with every tile of the others."""

    name: str
    file: str
    inputs: tuple[tuple[str, Shape], ...]
    framework: str
    axes: tuple[TiledAxis, ...]
    tiles: int
    macs: int
    """Of all tiles together."""
    extra_macs: float
    """The share that comes on top of the whole image's."""
    peak_bytes: int
    """Of the activations that are held at once, for a batch of the largest tiles."""
    weight_bytes: int
    """Of weights, biases and buffers."""
    whole_bytes: int
    """What the activations of the whole image would take."""
    output: str
    """The main output, which is the one meant."""
    other_outputs: tuple[str, ...]
    """The heads, and the layers that no other one reads."""

    def _repr_html_(self) -> str:
        return display.html(self)

    def _repr_markdown_(self) -> str:
        return display.markdown(self)

    def __rich__(self) -> object:
        return display.rich(self)


def places(aligns: Iterable[int]) -> str:
    """Where tiles may begin along some axes."""
    steps = by(dict.fromkeys(aligns))
    return "tiles may begin anywhere" if steps == "1" else f"tiles begin at multiples of {steps}"


class _Failed(Exception):
    """No plan with tiles of some size; ``layer`` is where nothing is right any more, where one is."""

    def __init__(self, layer: Placed | None = None) -> None:
        super().__init__()
        self.layer = layer


def tile(
    model: Model,
    image: tuple[int, ...],
    *,
    tile: int | tuple[int, ...] | None = None,
    memory: int | None = None,
    dtype: str = "float32",
    batch: int = 1,
    input: Given | None = None,
    framework: str | None = None,
) -> Tiling:
    """A plan of tiles whose outputs, put together, equal the output of the whole image number by number.

    Args:
        model: one of the models that ``load`` returns.
        image: the spatial sizes of the image.
        tile: how large a tile may be, for all axes or per axis.
        memory: instead, how many bytes activations and weights of one run may take.
        dtype: how numbers are stored.
        batch: how many tiles are run at once.
        input: another input than the spec's, whose channels count.
        framework: another framework's rules than the spec's.

    Raises:
        NoAnswer: where no plan exists, with the layer in the way or the smallest tile that works.
        InputError, ValueError: for sizes that are none.
    """
    rules = rules_of(model, framework)
    model = _at(model._replace(inputs=with_input(model.inputs, input), framework=rules), image)
    if (tile is None) == (memory is None):
        raise ValueError("give a tile size or a memory limit, one of them")
    if dtype not in DTYPES:
        raise ValueError(f"no dtype {dtype!r}; possible: {', '.join(DTYPES)}")
    planner = _Planner(model, image)
    cost = _Cost(model, DTYPES[dtype], batch)
    if memory is not None:
        return _plan(planner, cost, _within(planner, cost, memory))
    limits = (tile,) * len(image) if isinstance(tile, int) else tile
    assert limits is not None
    if len(limits) != len(image):
        raise InputError(f"{len(limits)} tile sizes for {len(image)} axes: give one, or one per axis")
    return _plan(planner, cost, tuple(limits))


def _within(planner: _Planner, cost: _Cost, memory: int) -> tuple[int, ...]:
    """The largest tile that takes no more than so many bytes.

    Raises:
        NoAnswer: saying what the smallest tile takes that works.
    """

    def taken(sizes: tuple[int, ...]) -> int:
        return cost.bytes_of(sizes) + cost.weights

    found = planner.largest(lambda sizes: taken(sizes) <= memory, cost.runs_at)
    if found is not None and planner.serves(found):
        return found
    least = planner.smallest()
    shape = "x".join(map(str, least))
    raise refusal(
        planner.model,
        f"no tile that works fits into {plural(memory, 'byte')}",
        None,
        f"the smallest one, of {shape}, takes {taken(least):,} bytes: allow that, "
        "or store numbers in fewer bytes with --dtype",
    )


def _at(model: Model, image: tuple[int, ...]) -> Model:
    """The model with the image as its input; of several inputs all that are as large as the first."""
    first = model.inputs[0][1]
    if not first.rank:
        message = f"the input `{model.inputs[0][0]}` is a vector: there is nothing to cut"
        raise refusal(model, message, None, SPATIAL)
    if first.rank != len(image):
        axes = "1 spatial axis" if first.rank == 1 else f"{first.rank} spatial axes"
        meant = "x".join(map(str, (image * first.rank)[: first.rank]))
        raise InputError(f"{model.name} has {axes}, the image {len(image)}: write for instance {meant}")
    given = {name: Shape(shape.channels, image) for name, shape in model.inputs if shape.sizes == first.sizes}
    other = next((name for name, shape in model.inputs if shape.sizes != first.sizes and shape.rank), None)
    if other is not None:
        raise refusal(
            model,
            f"the input `{other}` is of another size than `{model.inputs[0][0]}`: which part of it "
            "belongs to a tile is not known",
        )
    return model._replace(inputs=with_input(model.inputs, given))


class _Cost:
    """What a run takes at some sizes."""

    def __init__(self, model: Model, width: int, batch: int) -> None:
        self.model = model
        self.width = width
        self.batch = batch
        self.weights = 0
        """Bytes of the numbers stored."""
        self._known: dict[tuple[int, ...], tuple[int, int] | None] = {}

    def of(self, sizes: tuple[int, ...]) -> tuple[int, int]:
        """MACs of one input, and the bytes of a batch's activations."""
        found = self._measured(sizes)
        if found is None:
            raise failure(analyze(_at(self.model, sizes)))
        return found

    def runs_at(self, sizes: tuple[int, ...]) -> bool:
        """Whether the network takes an input of these sizes at all."""
        return self._measured(sizes) is not None

    def _measured(self, sizes: tuple[int, ...]) -> tuple[int, int] | None:
        if sizes in self._known:
            return self._known[sizes]
        report = analyze(_at(self.model, sizes))
        totals = report.totals
        found = None
        if report.failed is None:
            if report.peak is None or totals.params is None or totals.buffers is None or totals.macs is None:
                reasons = [reason for layer in report.layers for reason in layer.reasons]
                why = reasons[0] if reasons else "a count is unknown"
                raise refusal(self.model, f"the cost of a tile is not known: {why}")
            self.weights = (totals.params + totals.buffers) * self.width
            found = (totals.macs, report.peak * self.batch * self.width)
        self._known[sizes] = found
        return found

    def macs_of(self, sizes: tuple[int, ...]) -> int:
        return self.of(sizes)[0]

    def bytes_of(self, sizes: tuple[int, ...]) -> int:
        return self.of(sizes)[1]


def _plan(planner: _Planner, cost: _Cost, limits: tuple[int, ...]) -> Tiling:
    """The plan with tiles as large as the limits allow."""
    axes: list[TiledAxis] = []
    for at, limit in enumerate(limits):
        same = next((one for one in range(at) if limits[one] == limit and planner.is_like(at, one)), None)
        axes.append(planner.axis(at, limit, len(set(limits)) == 1) if same is None else axes[same])
    sizes = [[tile.size for tile in axis.tiles] for axis in axes]
    macs = 0
    for one in product(*[sorted(set(some)) for some in sizes]):
        times = prod([some.count(size) for some, size in zip(sizes, one, strict=True)])
        macs += times * cost.macs_of(one)
    whole = cost.macs_of(planner.image)
    main, *others = planner.model.graph.ends()
    return Tiling(
        name=planner.model.name,
        file=planner.model.file,
        inputs=planner.model.inputs,
        framework=planner.model.framework.name,
        axes=tuple(axes),
        tiles=prod([len(axis.tiles) for axis in axes]),
        macs=macs,
        extra_macs=float(Fraction(macs - whole, whole)) if whole else 0.0,
        peak_bytes=cost.bytes_of(tuple(map(max, sizes))),
        weight_bytes=cost.weights,
        whole_bytes=cost.bytes_of(planner.image),
        output=main,
        other_outputs=tuple(others),
    )


class _Right(NamedTuple):
    """The units of a tensor that are right in a tile, in the tile's own numbers."""

    first: int
    last: int
    shift: int
    """What is added to have the number in the whole."""


class _Planner:
    """The plans of one network for one image."""

    def __init__(self, model: Model, image: tuple[int, ...]) -> None:
        self.model = model
        self.image = image
        self.whole = trace(model)
        check_local(model, self.whole, "what it gives for a tile is not what it gives for the image")
        found = [alignment(model, self.whole, axis) for axis in range(len(image))]
        self.aligns = tuple([align for align, _ in found])
        self._steps = [step for _, step in found]
        """Positions of the image for each unit of the main output, per axis."""
        self._ends = [self._end(axis) for axis in range(len(image))]
        """So near to an end of the image what is right may depend on where it is."""
        self._traces: dict[tuple[int, int], Trace | None] = {}
        self._rights: dict[tuple[int, int, int | None, int | None], _Right] = {}

    def _end(self, axis: int) -> int:
        """The positions that strides drop, or dilated windows pass over, in all layers together at most."""
        steps: dict[int, Fraction] = dict.fromkeys(range(self.whole.inputs), Fraction(1))
        end = Fraction(0)
        for number, layer in self.whole.placed():
            reads = taps_of(self.model, layer, axis)
            step = steps[layer.inputs[0]]
            end += step * (reads.advance - 1 + max(run.step - 1 for run in reads.runs))
            steps[number] = step * Fraction(reads.advance, len(reads.runs))
        return ceil(end)

    def is_like(self, axis: int, other: int) -> bool:
        """Whether plans along two axes are the same."""
        return self.image[axis] == self.image[other] and all(
            layer.record.rules[axis] == layer.record.rules[other] for _, layer in self.whole.placed()
        )

    # How large a tile may be

    def largest(
        self, fits: Callable[[tuple[int, ...]], bool], runs: Callable[[tuple[int, ...]], bool]
    ) -> tuple[int, ...] | None:
        """The largest tile, as long along every axis, at which the network runs and that fits into memory."""
        step = lcm(*self.aligns)
        if fits(self.image):
            return self.image
        rests = sorted({size % step for size in self.image} | {0})
        best = 0
        for rest in rests:
            low, high = 0, -(-max(self.image) // step)
            while high - low > 1:
                middle = (low + high) // 2
                sizes = self._square(middle * step + rest)
                if not runs(sizes) or fits(sizes):  # what is too small to run is too small to fill memory
                    low = middle
                else:
                    high = middle
            if low and runs(self._square(low * step + rest)):
                best = max(best, low * step + rest)
        return self._square(best) if best else None

    def smallest(self) -> tuple[int, ...]:
        """The smallest tile with which there is a plan, as long along every axis; else the image."""
        step = lcm(*self.aligns)
        least = [self._smallest(axis, 0) or size for axis, size in enumerate(self.image)]
        found = self._square(-(-max(least) // step) * step)
        return found if self.serves(found) else self.image

    def serves(self, sizes: tuple[int, ...]) -> bool:
        """Whether there is a plan with tiles that are no larger."""
        return all(self._has_plan(axis, size) for axis, size in enumerate(sizes))

    def _square(self, size: int) -> tuple[int, ...]:
        """That size along every axis, as far as the image goes."""
        return tuple([min(size, one) for one in self.image])

    # Plans along one axis

    def axis(self, axis: int, limit: int, is_square: bool = False) -> TiledAxis:
        """The fewest tiles that are no larger than the limit, which may be that of all axes."""
        if limit < 1:
            raise InputError("a tile has at least 1 position")
        size, align = self.image[axis], self.aligns[axis]
        output = self.whole.shapes[self.whole.main].sizes[axis]
        assert output is not None
        try:
            tiles = self._best(axis, limit)
        except _Failed as failed:
            axes = range(len(self.image)) if is_square else (axis,)
            raise self._too_small(axis, limit, failed.layer, axes) from None
        return TiledAxis(size, output, align, tiles)

    def _best(self, axis: int, limit: int) -> tuple[Tile, ...]:
        size, align = self.image[axis], self.aligns[axis]
        if limit >= size:
            return self._laid(axis, size)
        failed = _Failed()
        found: list[tuple[Tile, ...]] = []
        for candidate in dict.fromkeys((limit, limit - limit % align, limit - (limit - size) % align)):
            try:
                found.append(self._laid(axis, candidate))
            except _Failed as error:
                failed = failed if failed.layer is not None else error
        if not found:
            raise failed
        return self._even(axis, min(found, key=len))

    def _even(self, axis: int, tiles: tuple[Tile, ...]) -> tuple[Tile, ...]:
        """As many tiles of one size, where they are no more work."""
        align = self.aligns[axis]
        if len({tile.size for tile in tiles}) == 1:
            return tiles
        total, rest = sum(tile.size for tile in tiles), tiles[0].size % align
        overlap = tiles[0].size - tiles[1].begin
        least = -(-(self.image[axis] + (len(tiles) - 1) * overlap) // len(tiles))
        try:
            other = self._laid(axis, least + (rest - least) % align)
        except _Failed:
            return tiles
        is_even = len({tile.size for tile in other}) == 1 and len(other) == len(tiles)
        return other if is_even and sum(tile.size for tile in other) <= total else tiles

    def _count(self, axis: int, size: int) -> int:
        try:
            return len(self._laid(axis, size))
        except _Failed:
            return 0

    def _laid(self, axis: int, size: int) -> tuple[Tile, ...]:
        """Tiles of some size, each as far to the right as the one before allows."""
        whole, align = self.image[axis], self.aligns[axis]
        output = self.whole.shapes[self.whole.main].sizes[axis]
        assert output is not None
        if size < 1:
            raise _Failed
        tiles: list[Tile] = []
        begin = kept = 0
        while kept < output:
            end = min(begin + size, whole)
            right = self._right(axis, begin, end)
            first, last = right.first + right.shift, min(right.last + right.shift, output - 1)
            if first > kept or last < kept or len(tiles) == MOST_TILES:
                raise _Failed
            tiles.append(Tile(begin, end - begin, (kept, last), kept - right.shift))
            tiles += _repeated(tiles, self._ends[axis], whole, output)
            begin, kept = tiles[-1].begin, tiles[-1].keep[1] + 1
            if kept < output:
                begin = self._next(axis, begin, size, kept, align)
        return tuple(tiles)

    def _next(self, axis: int, begin: int, size: int, kept: int, align: int) -> int:
        """The furthest begin from which the unit ``kept`` is right."""
        whole, ends = self.image[axis], self._ends[axis]
        low, high = begin // align, (whole - 1) // align
        if low >= high:
            raise _Failed
        far = self._furthest(axis, low + 1, high, size, kept)
        least = max(low + 1, far - ends // align)
        for step in range(far, least - 1, -1):
            if self._serves(axis, step * align, size, kept):
                return step * align
        # A last tile may be too small by itself: the largest one begins here, or earlier where nothing reads
        # the end of the image.
        last = max(low + 1, -(-(whole - size) // align))
        least = max(low + 1, -(-(whole - ends - size) // align))
        tried = (one for one in range(min(last, far), least - 1, -1))
        near = next((one for one in tried if self._serves(axis, one * align, size, kept)), None)
        if near is None:
            raise _Failed
        while far - near > 1:
            middle = (near + far) // 2
            near, far = (middle, far) if self._serves(axis, middle * align, size, kept) else (near, middle)
        return near * align

    def _furthest(self, axis: int, low: int, high: int, size: int, kept: int) -> int:
        """The multiple of ``align`` from which the unit ``kept`` would be right in a tile that touches no end
        of the image, as the one at ``low`` says.
        """
        align = self.aligns[axis]
        try:
            inner = self._right(axis, low * align, min(low * align + size, self.image[axis]))
        except _Failed:
            return high
        # One step further moves the first right unit by this.
        units = align / self._steps[axis]
        return min(high, low + max(0, int((kept - inner.first - inner.shift) // units)))

    def _serves(self, axis: int, begin: int, size: int, kept: int) -> bool:
        """Whether the unit ``kept`` is right in a tile that begins there."""
        try:
            found = self._right(axis, begin, min(begin + size, self.image[axis]))
        except _Failed:
            return False
        return found.first + found.shift <= kept <= found.last + found.shift

    def _too_small(self, axis: int, limit: int, layer: Placed | None, axes: Iterable[int]) -> NoAnswer:
        """No plan with tiles of a size: what the smallest one is that works along some axes."""
        each = [self._least(one, limit) for one in axes]
        smallest = max(filter(None, each), default=None) if all(each) else None
        message = f"a tile of {limit} is too small"
        if layer is not None:
            message += f": no unit of `{layer.record.path}` is right in it"
        begin = places(self.aligns[axis : axis + 1])
        help = (
            f"{begin}; no tile smaller than the image works"
            if smallest is None
            else f"{begin}; the smallest tile that works is {smallest}"
        )
        return refusal(self.model, message, None if layer is None else layer.node, help)

    def _least(self, axis: int, limit: int) -> int | None:
        """The smallest limit with which there is a plan, from one on with which there may be none."""
        if self._has_plan(axis, limit):
            return limit
        low, high = limit, self._smallest(axis, limit)
        if high is None:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._has_plan(axis, middle) else (middle, high)
        return high

    def _has_plan(self, axis: int, limit: int) -> bool:
        try:
            self._best(axis, limit)
        except _Failed:
            return False
        return True

    def _smallest(self, axis: int, limit: int) -> int | None:
        size, align = self.image[axis], self.aligns[axis]
        found = None
        for rest in {0, size % align}:
            low, high = limit // align, -(-size // align)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if self._count(axis, middle * align + rest) else (middle, high)
            candidate = high * align + rest
            if candidate < size and self._count(axis, candidate):
                found = candidate if found is None else min(found, candidate)
        return found

    # What is right in one tile

    def _right(self, axis: int, begin: int, end: int) -> _Right:
        """The units of the main output that are right in a tile.

        Raises:
            _Failed: where there are none.
        """
        whole = self.image[axis]
        gap = whole - end
        near = self._ends[axis]
        key = (axis, end - begin, begin if begin <= near else None, gap if gap <= near else None)
        known = self._rights.get(key)
        if known is None:
            found = self._found(axis, begin, end)
            known = self._rights[key] = found._replace(shift=found.shift - int(begin / self._steps[axis]))
        return known._replace(shift=known.shift + int(begin / self._steps[axis]))

    def _found(self, axis: int, begin: int, end: int) -> _Right:
        part = self._trace(axis, end - begin)
        found: dict[int, _Right] = {
            number: _Right(0, end - begin - 1, begin) for number in range(self.whole.inputs)
        }
        if [layer and layer.record.path for layer in part.layers] != [
            layer and layer.record.path for layer in self.whole.layers
        ]:
            raise _Failed
        for (number, here), (_, there) in zip(part.placed(), self.whole.placed(), strict=True):
            given = [found[one] for one in here.inputs]
            one = given[0]
            if here.joins:
                if len({right.shift for right in given}) > 1:
                    raise _Failed(here)
                one = _Right(max(r.first for r in given), min(r.last for r in given), one.shift)
            source = here.inputs[0]
            sizes = (_size(part, source, axis), _size(self.whole, source, axis))
            taps = (taps_of(self.model, here, axis), taps_of(self.model, there, axis))
            bounds = (min(0, -one.shift), max(sizes[0], sizes[1] - one.shift))
            units = _size(part, number, axis)
            right = _through(one, taps, bounds, units)
            if right is None:
                raise _Failed(here)
            right = right._replace(first=max(right.first, 0), last=min(right.last, units - 1))
            if right.first > right.last:
                raise _Failed(here)
            found[number] = right
        return found[self.whole.main]

    def _trace(self, axis: int, size: int) -> Trace:
        known = self._traces.get((axis, size))
        if (axis, size) not in self._traces:
            sizes = tuple([size if at == axis else one for at, one in enumerate(self.image)])
            try:
                known = trace(_at(self.model, sizes))
            except NoAnswer:
                known = None
            if (len(self._traces) + 1) * len(self.whole.layers) > _MOST_TRACED:
                self._traces.clear()
            self._traces[(axis, size)] = known
        if known is None:
            raise _Failed
        return known


def _repeated(tiles: list[Tile], near: int, whole: int, output: int) -> list[Tile]:
    """The tiles that follow two alike which are not ``near`` an end of the image: each as far from the one
    before, as long as they are not.

    Raises:
        _Failed: where they are too many.
    """
    if len(tiles) < 3:
        return []
    one, two = tiles[-2:]
    if one.begin <= near:
        return []
    step, units = two.begin - one.begin, two.keep[1] - one.keep[1]
    if (one.size, one.at, two.keep[0] - one.keep[0]) != (two.size, two.at, units):
        return []
    times = min((whole - 1 - near - two.size - two.begin) // step, (output - 2 - two.keep[1]) // units)
    times = max(times, 0)
    if len(tiles) + times > MOST_TILES:
        raise _Failed
    first, last = two.keep
    return [
        Tile(two.begin + n * step, two.size, (first + n * units, last + n * units), two.at)
        for n in range(1, times + 1)
    ]


def _size(traced: Trace, number: int, axis: int) -> int:
    size = traced.shapes[number].sizes[axis]
    assert size is not None
    return size


def _through(given: _Right, taps: tuple[Taps, Taps], bounds: tuple[int, int], units: int) -> _Right | None:
    """The right units of a layer's output; ``None`` where it reads otherwise in the tile than in the whole.

    Args:
        given: the right units of its input.
        taps: what it reads in the tile and in the whole.
        bounds: the first position that the input has in the tile or in the whole, and what is behind the last
            one, in the tile's numbers; beyond them is padding in both.
        units: how many it makes in the tile.
    """
    here = taps[0]
    if here is IDENTITY_TAPS and taps[1] is IDENTITY_TAPS:
        return given
    shift = _shift(given.shift, *taps)
    if shift is None:
        return None
    period = len(here.runs)
    first, last = 0, _UNBOUNDED
    for residue, run in enumerate(here.runs):
        if not run.length:
            continue
        final = (units - 1 - residue) // period
        before = _last_within(run, here.advance, bounds[0], given.first, final)
        if before is not None:
            first = max(first, before * period + residue + 1)
        behind = _first_within(run, here.advance, given.last + 1, bounds[1])
        if behind is not None:
            last = min(last, behind * period + residue - 1)
    return _Right(first, last, shift)


def _last_within(run: Run, advance: int, first: int, end: int, final: int) -> int | None:
    """The last turn up to the ``final`` one in which a run, which moves on with each, reads a position from
    ``first`` on that is before ``end``.
    """
    turn = min((end - 1 - run.start) // advance, final)
    while (
        turn >= 0
        and first < end
        and (begin := run.start + turn * advance) + (run.length - 1) * run.step >= first
    ):
        if begin + min((end - 1 - begin) // run.step, run.length - 1) * run.step >= first:
            return turn
        turn -= 1
    return None


def _first_within(run: Run, advance: int, first: int, end: int) -> int | None:
    """The first such turn."""
    turn = max(0, (first - 1 - run.start - (run.length - 1) * run.step) // advance + 1)
    while first < end and (begin := run.start + turn * advance) < end:
        if begin >= first or first + (begin - first) % run.step < end:
            return turn
        turn += 1
    return None


def _shift(given: int, here: Taps, there: Taps) -> int | None:
    """Where the outputs of a tile are in the whole, its inputs being at ``given``; ``None`` where they read
    otherwise.
    """
    if (here.advance, len(here.runs)) != (there.advance, len(there.runs)):
        return None
    aparts = set()
    for one, other in zip(here.runs, there.runs, strict=True):
        if (one.step, one.length) != (other.step, other.length):
            return None
        if one.length:
            aparts.add(other.start - one.start)
    if len(aparts) > 1:
        return None
    turns, rest = divmod(given - (aparts.pop() if aparts else 0), here.advance)
    return None if rest else turns * len(here.runs)
