"""`cnncalc import` of PyTorch code: a callable of a package or a file, run in the user's own environment."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cnncalc
from tests.cli.running import Ran

pytestmark = pytest.mark.slow
pytest.importorskip("torch")

CODE = """
import torch
from torch import nn
from helper import WIDTH

class Net(nn.Sequential):
    def __init__(self, width=WIDTH):
        super().__init__(nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2))

ready = Net(8)
stating = Net(8)
stating.pretrained_cfg = {"input_size": (3, 32, 32)}
number = 7
wide = lambda: Net(16)

def needs(width, depth):
    return Net(width)

def breaks():
    raise RuntimeError("no data here")

def text():
    return "no module"
"""


@pytest.fixture(autouse=True)
def _code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A file, and a package with the same code, in the folder that the command is run in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    Path("helper.py").write_text("WIDTH = 4\n", encoding="utf-8")
    Path("nets").mkdir()
    for name in ("net_of_file.py", "nets/mine.py"):
        Path(name).write_text(CODE, encoding="utf-8")
    Path("broken.py").write_text("import absent_package\n", encoding="utf-8")
    Path("script.py").write_text("raise SystemExit(3)\n", encoding="utf-8")
    yield
    for name in ("helper", "nets", "nets.mine", "net_of_file", "broken", "script"):
        if name not in before:
            sys.modules.pop(name, None)


@pytest.mark.parametrize(
    ("source", "width"),
    [
        ("net_of_file.py:Net", 4),
        ("nets.mine:Net", 4),
        ("nets.mine:ready", 8),
        ("nets.mine:wide", 16),
    ],
)
def test_a_callable_of_a_file_or_package_becomes_a_spec(
    source: str, width: int, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, "import", source, "--input", "3x32x32", "-o", "net.yaml")
    assert ran.code == 0, ran.err
    (model,) = cnncalc.load("net.yaml")
    report = cnncalc.analyze(model)
    assert report.totals.params == 3 * width * 3 * 3 + width + 2 * width
    assert [str(layer.shape) for layer in report.layers][-1] == f"{width}x16x16"
    assert Ran(capsys, "check", "net.yaml").code == 0


def test_a_size_is_asked_for_where_the_module_does_not_state_one(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "import", "nets.mine:ready")
    assert (ran.code, ran.out) == (2, "")
    assert "pass --input 3x224x224" in ran.err
    assert "input: [3, 32, 32]\n" in Ran(capsys, "import", "nets.mine:stating").out


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        ("net_of_file.py:Nett", 2, "`net_of_file.py` has no `Nett`"),
        ("net_of_file.py:Nett", 2, "did you mean `Net`?"),
        ("net_of_file.py:needs", 2, "`net_of_file.py:needs` needs arguments: width, depth"),
        ("net_of_file.py:number", 2, "`number` is an int, not a module or what makes one"),
        ("net_of_file.py:text", 2, "`text` gives a str, not a torch.nn.Module"),
        ("net_of_file.py:breaks", 2, "calling `net_of_file.py:breaks` fails: RuntimeError: no data here"),
        ("absent.py:Net", 2, "`absent.py` does not exist"),
        (
            "broken.py:Net",
            2,
            "importing `broken.py` fails: ModuleNotFoundError: No module named 'absent_package' = help: run cnncalc in the",
        ),
        (
            "nets.absent:Net",
            2,
            "importing `nets.absent` fails: ModuleNotFoundError: No module named 'nets.absent' = help: the part before",
        ),
        (
            "script.py:Net",
            2,
            "importing `script.py` fails: SystemExit: 3 = help: put what the file does when it is run below `if",
        ),
    ],
)
def test_what_is_no_module_is_said(
    source: str, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, "import", source, "--input", "3x32x32")
    assert (ran.code, ran.out) == (code, "")
    assert said in " ".join(ran.err.split())
