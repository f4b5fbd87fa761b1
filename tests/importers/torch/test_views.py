"""Factors of axes follow reshapes, permutations and ranges exactly: held against an array of indices."""

from __future__ import annotations

from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.importers.torch.views import (
    Dim,
    Factor,
    Unfit,
    merged,
    narrowed,
    progression,
    reshaped,
    whole_axis,
)

np = pytest.importorskip("numpy")

pytestmark = pytest.mark.slow


def indices(dims: tuple[Dim, ...], offsets: dict[int, int], axes: int) -> list[tuple[int, ...]]:
    """The index into the map of every element, row by row."""
    found = []
    digits = [factor for dim in dims for factor in dim]
    for place in product(*(range(factor.size) for factor in digits)):
        index = [offsets.get(axis, 0) for axis in range(axes)]
        for digit, factor in zip(place, digits, strict=True):
            index[factor.axis] += digit * factor.stride
        found.append(tuple(index))
    return found


def shapes_of(total: int, data: st.DataObject) -> list[int]:
    """A random way to write a number as a product."""
    found = []
    while total > 1:
        divisors = [one for one in range(2, total + 1) if total % one == 0]
        found.append(data.draw(st.sampled_from(divisors)))
        total //= found[-1]
    return found or [1]


@given(st.data())
def test_a_chain_of_rearrangements_is_that_of_an_array(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.sampled_from([2, 3, 4, 6]), min_size=1, max_size=3))
    array = np.arange(prod(sizes)).reshape(sizes)
    dims: tuple[Dim, ...] = tuple(whole_axis(axis, size) for axis, size in enumerate(sizes))
    offsets: dict[int, int] = {}
    for _ in range(data.draw(st.integers(1, 5))):
        what = data.draw(st.sampled_from(["reshape", "permute", "narrow"]))
        try:
            if what == "reshape":
                shape = shapes_of(array.size, data)
                dims, array = reshaped(dims, shape), array.reshape(shape)
            elif what == "permute":
                order = data.draw(st.permutations(range(len(dims))))
                dims, array = tuple(dims[one] for one in order), array.transpose(order)
            else:
                dim = data.draw(st.integers(0, len(dims) - 1))
                start = data.draw(st.integers(0, array.shape[dim] - 1))
                count = data.draw(st.integers(1, array.shape[dim] - start))
                found, more = narrowed(dims[dim], start, count)
                dims = (*dims[:dim], found, *dims[dim + 1 :])
                offsets = {axis: offsets.get(axis, 0) + more.get(axis, 0) for axis in {*offsets, *more}}
                array = array.take(range(start, start + count), axis=dim)
        except Unfit:
            continue  # said to be beyond factors; the walk refuses the call
    expected = [tuple(map(int, np.unravel_index(one, sizes))) for one in array.reshape(-1)]
    assert indices(dims, offsets, len(sizes)) == expected
    assert tuple(prod(one.size for one in dim) for dim in dims) == array.shape


def test_neighbouring_digits_are_one_number() -> None:
    assert merged((Factor(0, 8, 4), Factor(0, 2, 4), Factor(1, 1, 1))) == (Factor(0, 2, 16),)
    assert merged((Factor(0, 1, 2), Factor(0, 2, 4))) == (Factor(0, 1, 2), Factor(0, 2, 4))


def test_a_reshape_that_cuts_through_a_factor_is_refused() -> None:
    with pytest.raises(Unfit):
        reshaped((whole_axis(0, 3), whole_axis(1, 4)), (4, 3))


@pytest.mark.parametrize(
    ("factors", "steps"),
    [
        ([Factor(0, 1, 8)], (1, 8)),
        ([Factor(0, 4, 2), Factor(0, 1, 4)], (1, 8)),
        ([Factor(0, 6, 2), Factor(0, 1, 2)], None),  # 0 1 6 7
        ([Factor(0, 2, 5)], (2, 5)),
        ([], (1, 1)),
    ],
)
def test_even_steps_along_an_axis(factors: list[Factor], steps: tuple[int, int] | None) -> None:
    assert progression(factors) == steps
