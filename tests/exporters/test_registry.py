"""Every exporter is declared once: the command, its help, the guide and Python derive from the registry."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import cnncalc
from cnncalc.exporters import registry
from cnncalc.exporters.registry import EXPORTERS, TABLES, Exporter, Settings, exporter_of_file
from tests.cli.running import Ran

SMALL = "name: Small\ninput: [3, 8, 8]\nlayers: [conv3x3: 4, relu]\n"


def report_of(text: str) -> cnncalc.Report:
    (model,) = cnncalc.loads(text)
    return cnncalc.analyze(model)


@pytest.mark.parametrize("exporter", EXPORTERS.values(), ids=lambda one: one.name)
def test_an_exporter_is_whole(exporter: Exporter) -> None:
    assert exporter.endings and all(ending.startswith(".") for ending in exporter.endings)
    assert exporter.about and not exporter.about.endswith(".")
    assert set(exporter.takes) <= set(Settings._fields)
    framework = "tensorflow" if exporter.name == "keras" else "pytorch"
    (model,) = cnncalc.loads(SMALL)
    written = cnncalc.export(cnncalc.analyze(model, framework=framework), exporter.name)
    assert isinstance(written, bytes if exporter.binary else str) and written
    if isinstance(written, str):
        assert written.endswith("\n")


def test_every_exporter_is_registered() -> None:
    folder = Path(registry.__file__).parent
    writes = [
        path
        for path in [*folder.glob("*.py"), *folder.glob("*/__init__.py")]
        if re.search(r"^def write\(report", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    names = {path.parent.name if path.name == "__init__.py" else path.stem for path in writes}
    missing = names - set(EXPORTERS)
    assert not missing, f"add {missing} to EXPORTERS in cnncalc/exporters/registry.py"
    unwritten = sorted({one.name for one in EXPORTERS.values() if not one.home} - names)
    assert not unwritten, f"write cnncalc/exporters/{unwritten[0]}.py, with `write(report, settings)`"


def test_the_ending_of_a_file_chooses_the_form() -> None:
    for exporter in EXPORTERS.values():
        for ending in exporter.endings:
            found = exporter_of_file(f"NET{ending.upper()}")
            assert found is not None and ending in found.endings
    assert exporter_of_file("net.docx") is None


def test_nothing_of_an_exporter_is_loaded_before_it_is_used() -> None:
    code = "import sys, cnncalc.exporters.registry; print([name for name in sys.modules if 'exporters.torch' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_exports_that_cannot_be_asked_for() -> None:
    report = report_of(SMALL)
    with pytest.raises(TypeError, match="a report is what `analyze` returns, not str"):
        cnncalc.export("vgg16", "torch")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no form is named 'touch'; did you mean 'torch'"):
        cnncalc.export(report, "touch")
    with pytest.raises(ValueError, match="torch takes no depth"):
        cnncalc.export(report, "torch", depth=2)
    with pytest.raises(cnncalc.ShapeError, match="E301"):
        cnncalc.export(report_of(SMALL.replace("8, 8", "2, 2")), "torch")


def test_all_refusals_come_in_one_run_and_copies_are_one() -> None:
    text = "input: [3, 8, 8]\nlayers:\n  - custom: {params: 1, macs: 0}\n    repeat: 3\n  - roi_pool: 2\n"
    with pytest.raises(cnncalc.ExportError) as caught:
        cnncalc.export(report_of(text), "torch")
    found = [(one.code, one.path, one.location and one.location.line) for one in caught.value.diagnostics]
    assert found == [("E330", "custom_1[0]", 3), ("E330", "roi_pool_1", 5)]


def test_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SMALL, encoding="utf-8")
    shown = Ran(capsys, "export", "net.yaml", "--to", "torch")
    assert (shown.code, shown.err) == (0, "")
    assert Ran(capsys, "export", "net.yaml", "-o", "net.py").code == 0
    assert Path("net.py").read_text(encoding="utf-8") == shown.out
    again = Ran(capsys, "export", "net.yaml", "-o", "net.py")
    assert again.code == 2 and "net.py is there already: pass --force" in again.err
    assert Ran(capsys, "export", "net.yaml", "-o", "net.py", "--force", "--input", "3x9x9").code == 0
    assert list(tmp_path.glob("*.tmp")) == []
    assert "say which of torch" in Ran(capsys, "export", "net.yaml").err
    assert "'net.docx' is that of no form" in Ran(capsys, "export", "net.yaml", "-o", "net.docx").err
    assert "none of .py" in Ran(capsys, "export", "net.yaml", "--to", "torch", "-o", "net.onnx").err
    assert "Did you mean 'torch'?" in Ran(capsys, "export", "net.yaml", "--to", "toch").err
    several = Ran(capsys, "export", "googlenet", "--to", "torch")
    assert several.code == 2 and "choose one of 'paper', 'torchvision'" in several.err
    broken = Ran(capsys, "export", "net.yaml", "--to", "torch", "--input", "3x2x2")
    assert broken.code == 1 and broken.out == "" and "E301" in broken.err
    missing = Ran(capsys, "export", "nets.yaml", "--to", "torch")
    assert missing.code == 2 and "E110" in missing.err


def test_a_binary_form_is_no_text_for_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:

    binary = Exporter(name="bytes", about="bytes", endings=(".bin",), binary=True, home=__name__)
    monkeypatch.setitem(registry.EXPORTERS, "torch", binary._replace(name="torch"))
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SMALL, encoding="utf-8")
    assert Ran(capsys, "export", "net.yaml", "--to", "torch", "-o", "net.bin").code == 0
    assert Path("net.bin").read_bytes() == b"\x00Small"
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    refused = Ran(capsys, "export", "net.yaml", "--to", "torch")
    assert refused.code == 2 and "write it to a file, `-o net.bin`" in refused.err


def write(report: cnncalc.Report, settings: Settings) -> bytes:
    """A form for the test above."""
    return b"\x00" + report.name.encode()


def test_the_help_names_every_form(capsys: pytest.CaptureFixture[str]) -> None:
    help = " ".join(Ran(capsys, "export", "--help").out.split())
    for exporter in EXPORTERS.values():
        assert exporter.name in help
    assert all(table in help for table in TABLES)


SIZED = """name: Sized
vars: {c: 4}
input: [4, 33, 33]
models:
  deep:
    layers:
      - {residual: {body: [conv3x3: {out: c, padding: 1}], shortcut: project}, name: unit}
  flat: {layers: [maxpool3: {stride: 2}]}
"""


def test_the_options_of_other_commands_choose_the_network(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What sizes and variables decide is written as numbers."""
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SIZED, encoding="utf-8")

    def source(*words: str) -> str:
        ran = Ran(capsys, "export", "net.yaml", "--to", "torch", *words)
        assert ran.code == 0, ran.err
        return ran.out

    assert "Input 4x20x17: " in source("--model", "deep", "--input", "4x20x17")
    assert "BatchNorm2d" not in source("--model", "deep")
    assert "Conv2d(4, 6, kernel_size=1, bias=False), nn.BatchNorm2d(6)" in source(
        "--model", "deep", "--set", "c=6"
    )
    assert "ceil_mode" not in source("--model", "flat", "--input", "4x32x32")
    assert "ceil_mode=True" in source("--model", "flat", "--input", "4x32x32", "--framework", "caffe")


@pytest.mark.parametrize("table", ["params", "rf", "shapes", "summary"])
def test_a_latex_table_is_that_of_its_command(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    spec = ("stack3x3:5x5",)
    wanted = Ran(capsys, table, *spec, "--format", "latex").out
    assert Ran(capsys, "export", *spec, "--to", "latex", "--table", table).out == wanted
    assert (Ran(capsys, "export", *spec, "--to", "latex").out == wanted) is (table == "summary")
    assert "\\toprule" in wanted
