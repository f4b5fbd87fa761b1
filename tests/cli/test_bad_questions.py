"""Questions that have no answer as they are asked: each message says what would work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import Ran

SPECS = {
    "net.yaml": "name: Net\ninput: [3, 64, 64]\nlayers: [conv3x3: 4, {residual: [conv3x3: {out: 4, padding: 1}], name: mid}]\n",
    "any.yaml": "name: Any\ninput: [3, 64, 64]\nlayers: [conv: {kernel: 3, out: 4}, relu]\n",
    "small.yaml": "name: Small\ninput: [1, 64, 64]\nlayers: [conv3x3: 4, upsample: {size: 20}]\n",
    "vector.yaml": "name: Vector\ninput: [10]\nlayers: [linear: 4]\n",
    "whole.yaml": "name: Whole\nvars: {w: 4}\ninput: [3, 64, 64]\nlayers: [conv3x3: w]\n",
    "wide.yaml": "name: Wide\nvars: {w: 4}\ninput: [3, 64, 64]\nlayers: [conv3x3: 8*w]\n",
}


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ("tile net.yaml --image 4096 --tile 512", 2, "Net has 2 spatial axes, the image 1: write for instance 4096x4096"),
        ("tile net.yaml --image 64x64", 2, "how large a tile may be, such as --tile 512, or what one run may take, such as --memory 2GiB"),
        ("tile net.yaml --image large --tile 9", 2, "from 1 to 1,000,000,000, such as 4096x4096"),
        ("tile net.yaml --image 64x64 --memory 1KiB", 1, "no tile that works fits into 1,024 bytes"),
        ("tile small.yaml --image 64x64 --tile 32", 1, "write a factor in place of its size, or ask about the part of the network before it"),
        ("rf net.yaml --profile nope", 2, "it has conv3x3_1, mid; `cnncalc rf` shows the paths of all layers"),
        ("rf net.yaml --profile mid/conv3x3", 2, "did you mean 'mid/conv3x3_1'?"),
        ("rf net.yaml --crop nope 0..3,0..3", 2, "it has conv3x3_1, mid; `cnncalc rf` shows the paths of all layers"),
        ("rf net.yaml --crop mid 0..3", 2, "write those of each, the axes separated by a comma, such as 3..5,2..7"),
        ("rf net.yaml --seen-from nope", 2, "from 0 to 1,000,000,000, such as 12,20"),
        ("rf net.yaml --seen-from 9", 2, "Net has 2 spatial axes, not 1: write for instance --seen-from 9,9"),
        ("rf net.yaml --seen-from 64,3", 2, "position 64 is outside the input `input` of 3x64x64: it has 0..63"),
        ("rf net.yaml --at 9", 2, "Net has 2 spatial axes, not 1: write for instance --at 9,9"),
        ("rf vector.yaml --at 9", 2, "Vector has 0 spatial axes, not 1\n"),
        ("rf vector.yaml --seen-from 9", 2, "Vector has 0 spatial axes, not 1\n"),
        ("rf net.yaml --output=", 2, "error[E902]: cannot write to a file without a name\n"),
        ("rf net.yaml -o", 2, "\nTry `cnncalc rf --help`.\n"),
        ("rf net.yaml --crop mid", 2, "\nTry `cnncalc rf --help`.\n"),
        ("rf net.yaml -o x.svg", 2, "pictures are drawn by `cnncalc draw SPEC -o x.svg`"),
        ("export net.yaml --to torch --depth 1", 2, "Invalid value for --depth: torch takes no depth: mermaid, dot, latex do"),
        ("stream net.yaml", 1, "such as `input: [1, 24000]`; with 3x64 `conv3x3_1` fails: kernel 3x3 has 2 values"),
        ("stream any.yaml", 1, "all of its layers work along one axis too: ask with --input 3x64"),
        ("solve wide.yaml --vary w --so-that params<=9", 1, "allow more, or try smaller values: --vary w=1/32..1 --step 1/32"),
        ("solve wide.yaml --vary w=1/32..1 --step 1/32 --so-that params<=9", 1, "params is 28 at `w` = 1/8\n --> wide.yaml\n  = help: allow more\n"),
        ("solve whole.yaml --vary w --so-that params<=9", 1, " --> whole.yaml\n  = help: allow more\n"),
        ("draw net.yaml --what field --at 9", 2, "Net has 2 spatial axes, not 1: write for instance 9,9"),
        ("draw net.yaml --what field --layer nope", 2, "it has conv3x3_1, mid; `cnncalc rf` shows the paths of all layers"),
        ("draw net.yaml --what field --layer mid/conv3x3", 2, "did you mean 'mid/conv3x3_1'?"),
        ("solve wide.yaml --vary input=64..96/8 --so-that macs<=9", 1, "or try smaller values: --vary input=8..64/8"),
    ],
)  # fmt: skip
def test_what_would_work(
    asked: str, code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name, text in SPECS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    ran = Ran(capsys, *asked.split(" "))
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


def test_the_memory_that_a_message_asks_for_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPECS["net.yaml"], encoding="utf-8")
    ran = Ran(capsys, "tile", "net.yaml", "--image", "64x64", "--memory", "100B")
    assert "the smallest one, of " in ran.err
    least = int(ran.err.partition(" takes ")[2].partition(" bytes")[0].replace(",", ""))
    assert Ran(capsys, "tile", "net.yaml", "--image", "64x64", "--memory", f"{least}").code == 0
    assert Ran(capsys, "tile", "net.yaml", "--image", "64x64", "--memory", f"{least - 1}").code == 1


def test_what_is_about_no_line_names_the_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPECS["net.yaml"], encoding="utf-8")
    ran = Ran(capsys, "stream", "net.yaml")
    assert " --> net.yaml\n  = help:" in ran.err
