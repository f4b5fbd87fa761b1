"""Networks by parameters and MACs."""

from __future__ import annotations

import pickle
from math import log
from xml.dom import minidom

import pytest

import cnncalc
from cnncalc.errors import InputError, NoAnswer
from cnncalc.render.pictures import Drawing, draw
from cnncalc.render.pictures.scatter import MOST, drawn
from tests.cli.running import Ran
from tests.render.pictures.reading import elements, reports, texts


def test_every_circle_has_the_numbers_of_its_network() -> None:
    given = (*reports("vgg16"), *reports("resnet18"), *reports("googlenet"))
    circles = elements(draw("scatter", Drawing(given)), "circle", "data-network")
    found = {one["data-network"]: (int(one["data-params"]), int(one["data-macs"])) for one in circles}
    names = ["VGG-16", "ResNet-18", *(f"googlenet:{report.name}" for report in given[2:])]
    sums = [(report.totals.params, report.totals.macs) for report in given]
    assert found == dict(zip(names, sums, strict=True))
    fields = {one["data-network"]: one["data-field"] for one in circles}
    assert fields["VGG-16"] == "212x212"
    places = sorted((log(int(one["data-params"])), float(one["cx"])) for one in circles)
    (low, left), (high, right) = places[0], places[-1]
    for value, x in places:
        assert x == pytest.approx(left + (right - left) * (value - low) / (high - low), abs=0.05)


def test_areas_are_in_proportion_to_the_fields() -> None:
    svg = drawn([("a", 1000, 1000, (100, 50)), ("b", 2000, 4000, (400, 400))])
    radii = {one["data-network"]: float(one["r"]) for one in elements(svg, "circle", "data-network")}
    assert radii["b"] ** 2 / radii["a"] ** 2 == pytest.approx(4, rel=0.01)


def test_networks_without_numbers_are_counted_not_drawn() -> None:
    svg = drawn([("a", 1000, None, ()), ("b", 2000, 4000, (400, 400))])
    assert "1 network without parameters or MACs not drawn" in texts(svg)
    with pytest.raises(NoAnswer, match="no network has both"):
        drawn([("a", 0, 0, ())])
    with pytest.raises(NoAnswer, match="too many"):
        drawn([("a", 1, 1, ())] * (MOST + 1))


def test_a_sweep_without_anything_to_draw_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "sweep", "vgg16", "--input", "3x8", "--format", "svg")
    assert (ran.code, ran.out) == (1, "")
    assert "E320" in ran.err or "error" in ran.err


def test_from_python(tmp_path: object) -> None:
    (report,) = reports("vgg16")
    picture = cnncalc.draw(report, "growth")
    assert picture._repr_svg_() == draw("growth", Drawing((report,)))
    target = tmp_path / "x.svg"  # type: ignore[operator]
    picture.save(target)
    assert target.read_text(encoding="utf-8") == picture.svg
    assert "<Drawn growth" in repr(picture)
    assert picture == str(picture) == picture.svg
    (element,) = minidom.parseString(picture).getElementsByTagName("svg")  # as IPython.display.SVG does it
    assert element.getElementsByTagName("path") or element.getElementsByTagName("polyline")
    assert type(str(picture)) is type(picture.svg) is str
    again = pickle.loads(pickle.dumps(picture))
    assert (again, again.what, type(again)) == (picture, "growth", type(picture))
    assert cnncalc.draw([report, report], "scatter").svg.count("data-network") == 2
    with pytest.raises(InputError, match="did you mean 'growth'"):
        cnncalc.draw(report, "grow")
    with pytest.raises(InputError, match=r"does not end in \.svg"):
        picture.save("x.png")
    with pytest.raises(InputError, match="no report"):
        cnncalc.draw([], "growth")
