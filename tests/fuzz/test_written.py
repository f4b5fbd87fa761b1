"""Specs written by the grammar, half of them with something odd in it: computed, or refused with located errors."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.harness import survive
from tests.fuzz.writing import Writer


def writer(chance: Random) -> Writer:
    return Writer(lambda most: chance.randint(0, most))


@given(st.randoms(use_true_random=False))
@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_written_specs(chance: Any) -> None:
    survive(writer(chance).spec(), briefly=True)


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_changed_networks(chance: Any) -> None:
    survive(writer(chance).mutated(), briefly=True)


@given(st.binary(max_size=300))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_any_bytes(data: bytes) -> None:
    survive(data, briefly=True)
    survive(b"layers: [" + data + b"]", briefly=True)


@pytest.mark.parametrize("seed", range(40))
def test_the_writer_writes_valid_specs_too(seed: int) -> None:
    """Else nothing behind the reader would be reached. One spec in six is fine, so 20 may well hold none."""
    outcomes = [survive(writer(Random(40 * seed + number)).spec(), briefly=True) for number in range(40)]
    assert {"fine", "refused"} <= set(outcomes)
