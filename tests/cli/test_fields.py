"""What `rf` answers besides its table: --seen-from, --crop, --effective and --profile."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.cli.running import Ran

SPEC = """\
name: Small
input: [1, 16, 20]
layers: [conv3x3: {out: 4, padding: 1, stride: 2}, maxpool2, conv3x3: {out: 4, dilation: 2, padding: 2}, global_avgpool]
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC)
    return str(path)


def test_the_units_that_see_a_position(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "rf", spec, "--seen-from", "8,0", "--format", "json")
    layers = json.loads(ran.out)["models"][0]["layers"]
    assert [layer["seen_from"]["first"] for layer in layers] == [[4, 0], [2, 0], [0, 0], [None, None]]
    assert [layer["seen_from"]["last"] for layer in layers] == [[4, 0], [2, 0], [3, 2], [None, None]]
    assert layers[-1]["seen_from"]["global"] == [True, True]
    table = Ran(capsys, "rf", spec, "--seen-from", "8,0").out
    assert "units that see it" in table and "2..2, 0..0" in table


def test_the_offset_of_centres(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of padding 1 and stride 2 unit 0 looks at position 0, half a position before where a resize puts it."""
    layers = json.loads(Ran(capsys, "rf", spec, "--format", "json").out)["models"][0]["layers"]
    assert [layer["rf"]["offset"] for layer in layers] == [[-0.5, -0.5], [-0.5, -0.5], [-0.5, -0.5], None]
    (row, *_) = csv.DictReader(io.StringIO(Ran(capsys, "rf", spec, "--format", "csv").out))
    assert row["rf_offset"] == "-1/2x-1/2"


def test_effective_fields(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "rf", spec, "--effective", "--format", "json")
    first, *_, last = json.loads(ran.out)["models"][0]["layers"]
    assert first["erf"]["width"] == [3, 3]
    assert first["erf"]["std"] == pytest.approx([(2 / 3) ** 0.5] * 2)
    assert last["erf"]["width"] == [None, None]
    assert "erf width" in Ran(capsys, "rf", spec, "--effective", "--depth", "1").out
    assert "erf" not in json.loads(Ran(capsys, "rf", spec, "--format", "json").out)["models"][0]["layers"][0]


def test_a_profile(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "rf", spec, "--profile", "maxpool2_1", "--at", "1,2", "--format", "json")
    (model,) = json.loads(ran.out)["models"]
    assert (model["layer"], model["unit"]) == ("maxpool2_1", [1, 2])
    assert model["profile"][0]["first"] == 3
    assert model["profile"][0]["paths"] == [1, 1, 2, 1, 1]
    assert sum(model["profile"][0]["gradient"]) == pytest.approx(1)
    assert "unit 1,2 of maxpool2_1" in Ran(capsys, "rf", spec, "--profile", "maxpool2_1", "--at", "1,2").out
    # Taps 8 positions apart, of a map that sees 5.
    assert "holes" in Ran(capsys, "rf", spec, "--profile", "conv3x3_2").out


def test_holes_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "input: [1, 16]\nlayers: [conv3: {out: 1, dilation: 2}, conv_transpose3: {out: 1, stride: 2}]"
    )
    assert "holes" in Ran(capsys, "rf", str(path), "--profile", "conv3_1").out
    assert (
        "paths into units vary by phase: 6, 3"
        in Ran(capsys, "rf", str(path), "--profile", "conv_transpose3_1").out
    )


def test_a_crop(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "rf", spec, "--crop", "maxpool2_1", "0..1,2", "--format", "json")
    (model,) = json.loads(ran.out)["models"]
    assert model["crop"][0] == {
        "units": [0, 1], "first": -1, "last": 7, "inside_first": 0, "inside_last": 7, "before": 1, "after": 0, "global": False,
    }  # fmt: skip
    assert "1 position before" in Ran(capsys, "rf", spec, "--crop", "maxpool2_1", "0..1,2").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--seen-from", "99,0"), "position 99 is outside the input `input` of 1x16x20"),
        (("--seen-from", "3"), "Small has 2 spatial axes, not 1"),
        (("--seen-from", "-1,0"), "'-1,0' is not made of whole numbers from 0"),
        (("--profile", "maxpol2_1"), "no layer of Small is named 'maxpol2_1': did you mean 'maxpool2_1'?"),
        (("--profile", "conv3x3_1", "--at", "1,99"), "`conv3x3_1` has no unit 1,99: it has 8x10 of them"),
        (("--profile", "conv3x3_1", "--at", "1"), "`conv3x3_1` has 2 axes, the unit 1"),
        (("--profile", "conv3x3_1", "--effective"), "--profile is a question by itself: leave out --effective"),
        (("--crop", "conv3x3_1", "0..1,0..1", "--at", "1,1"), "--crop is a question by itself: leave out --at"),
        (("--crop", "conv3x3_1", "-3..1,0"), "'-3..1,0' names no units: write the first and the last per axis"),
        (("--crop", "conv3x3_1", "0..8,0"), "`conv3x3_1` has no units 0..8: it has 0..7"),
        (("--crop", "conv3x3_1", "0"), "`conv3x3_1` has 2 axes, the units are given along 1"),
        (("--crop", "conv3x3_1", "5..2,0"), "the units 5..2 end before they begin"),
        (("--crop", "conv", "0,0"), "no layer of Small is named 'conv'"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_asked(
    arguments: tuple[str, ...], message: str, spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, "rf", spec, *arguments)
    assert ran.code == 2
    assert message in " ".join(ran.err.split())
