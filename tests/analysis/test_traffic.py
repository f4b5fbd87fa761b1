"""Bytes moved and arithmetic intensity: by hand, and of known networks."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.analysis.traffic import Moved, moved, moved_in_all


def analyzed(spec: str) -> Report:
    return cnncalc.analyze(cnncalc.loads(spec)[0])


@pytest.mark.parametrize(
    ("name", "intensity"),
    [("resnet18", 55.48), ("vgg16", 48.04), ("resnet50", 43.24), ("mobilenet_v2", 8.89)],
)
def test_known_intensities(name: str, intensity: float) -> None:
    found = moved_in_all(cnncalc.analyze(cnncalc.load(name)[0])).with_macs.intensity(4)
    assert found is not None
    assert round(found, 2) == intensity


def test_each_input_output_weight_and_bias_is_moved_once() -> None:
    spec = """
input: [2, 4, 4]
layers:
  - {conv3x3: {out: 5, padding: 1, bias: true}, name: first}
  - {relu: , name: act}
  - {add: [act, act], name: twice}
  - {bn: , name: norm}
"""
    report = analyzed(spec)
    assert moved(report) == {
        "first": Moved(32 + 80 + 2 * 5 * 9 + 5, 80 * 2 * 9),
        "act": Moved(80 + 80, 0),
        "twice": Moved(80 + 80, 0),
        "norm": Moved(80 + 80 + 10, 0),
    }
    traffic = moved_in_all(report)
    assert traffic.layers == Moved(207 + 160 + 160 + 170, 1440)
    assert traffic.with_macs == Moved(207, 1440)
    assert (traffic.layers.bytes(2), traffic.with_macs.intensity(2)) == (2 * 697, 2880 / 414)


def test_shared_weights_are_read_again() -> None:
    report = analyzed(
        "input: [4, 3, 3]\nlayers: [{conv1x1: 4, name: one}, {conv1x1: 4, share: one, name: two}]\n"
    )
    traffic = list(moved(report).values())
    assert report.layers[1].params == 0
    assert traffic == [Moved(36 + 36 + 16 + 4, 144)] * 2


def test_what_is_unknown_stays_unknown() -> None:
    sizeless = analyzed("input: [3, any, any]\nlayers: [conv3x3: 8]\n")
    assert [(layer.bytes(4), layer.intensity(4)) for layer in moved(sizeless).values()] == [(None, None)]
    failed = analyzed("input: [3, 8, 8]\nlayers: [conv3x3: 8, conv9x9: 8]\n")
    assert failed.failed is not None
    assert moved_in_all(failed) == (Moved(None, None), Moved(None, None))
    assert len(moved(failed)) == 1


def test_without_macs_there_is_no_intensity_to_compare() -> None:
    traffic = moved_in_all(analyzed("input: [3, 8, 8]\nlayers: [relu]\n"))
    assert (traffic.layers.bytes(4), traffic.layers.intensity(4)) == (2 * 192 * 4, 0)
    assert traffic.with_macs.intensity(4) is None
