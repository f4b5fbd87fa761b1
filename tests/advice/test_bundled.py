"""All advice on the bundled networks: none of it fails, whatever is known of the input, and each code finds something."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc import bundled
from cnncalc.advice import advise, on_networks
from cnncalc.geometry.shape import Shape

ALL = frozenset(on_networks())


@pytest.mark.parametrize("name", bundled.names())
def test_advice_is_given_on_every_network(name: str) -> None:
    for model in cnncalc.load(name):
        unknown = {input: Shape(None, (None,) * shape.rank) for input, shape in model.inputs}
        for report in (cnncalc.analyze(model), cnncalc.analyze(model, unknown)):
            if report.ok:
                assert all(
                    found.severity == "warning" and found.location for found in advise(model, report, ALL)
                )


@pytest.mark.slow
def test_every_kind_finds_something_in_some_network() -> None:
    names = ("dcgan", "fpn", "gridding", "inception", "nin", "pooling", "resnet", "segnet")
    models = [model for name in names for model in cnncalc.load(name)]
    found = {one.code for model in models for one in advise(model, cnncalc.analyze(model), ALL)}
    # Atrous rates for large images, on a small one.
    (small, *_) = cnncalc.load("deeplabv3")
    found |= {one.code for one in advise(small, cnncalc.analyze(small, "3x65x65"), ALL)}
    assert found >= ALL - {"W511"}
