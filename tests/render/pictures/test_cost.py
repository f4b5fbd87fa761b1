"""Bars of costs: every length is in proportion to a number of the report."""

from __future__ import annotations

import pytest

from cnncalc.render.pictures import Drawing, draw
from tests.render.pictures.reading import elements, reports, texts


@pytest.mark.parametrize("depth", [None, 1, 2])
@pytest.mark.parametrize("name", ["vgg16", "resnet18", "googlenet"])
def test_every_bar_is_the_sum_of_its_layers(name: str, depth: int | None) -> None:
    report = reports(name)[0]
    drawn = elements(draw("cost", Drawing((report,), depth=depth)), "rect", "data-value")
    lengths: dict[str, set[float]] = {}
    for bar in drawn:
        within = report.within(bar["data-layer"]) if depth or len(drawn) // 3 < 30 else None
        value = int(bar["data-value"].replace(",", ""))
        alone = next((one for one in report.layers if one.path == bar["data-layer"]), None)
        sums = {sum(getattr(one, bar["data-figure"]) for one in within or ())}
        if alone is not None:
            sums.add(getattr(alone, bar["data-figure"]))
        if within is not None:
            assert value in sums
        if float(bar["width"]) > 20:
            lengths.setdefault(bar["data-figure"], set()).add(round(value / float(bar["width"]), -4))
    for ratios in lengths.values():
        assert max(ratios) <= 1.01 * min(ratios) + 20_000


def test_bars_of_a_folded_network_add_up_to_its_totals() -> None:
    (report,) = reports("resnet18")
    drawn = elements(draw("cost", Drawing((report,), depth=1)), "rect", "data-value")
    for figure in ("params", "macs", "activations"):
        values = [int(bar["data-value"].replace(",", "")) for bar in drawn if bar["data-figure"] == figure]
        assert sum(values) == getattr(report.totals, figure)


def test_many_layers_are_folded_unasked() -> None:
    (report,) = reports("densenet")[:1]
    assert len(texts(draw("cost", Drawing((report,))))) < 4 * 41 + 10


def test_an_unknown_number_has_no_bar() -> None:
    svg = draw("cost", Drawing(reports("slim_vgg", "3xanyxany")[:1]))
    assert not [bar for bar in elements(svg, "rect", "data-value") if bar["data-figure"] == "macs"]
    assert "?" in texts(svg)


def test_networks_beside_each_other_have_the_same_scale() -> None:
    svg = draw("cost", Drawing((*reports("vgg16"), *reports("resnet18")), depth=1))
    bars = [bar for bar in elements(svg, "rect", "data-value") if bar["data-figure"] == "macs"]
    ratios = [
        int(bar["data-value"].replace(",", "")) / float(bar["width"])
        for bar in bars
        if float(bar["width"]) > 9
    ]
    assert max(ratios) == pytest.approx(min(ratios), rel=0.01)
