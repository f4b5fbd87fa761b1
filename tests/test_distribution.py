"""The wheel and the source distribution: what is in them, what they say of themselves, and that the wheel works by itself."""

from __future__ import annotations

import email
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from pathlib import Path

import pytest

from cnncalc import __version__

ROOT = Path(__file__).parent.parent
NAME = f"cnncalc-{__version__}"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

pytestmark = pytest.mark.slow
for _tool in ("build", "twine", "check_wheel_contents"):
    pytest.importorskip(_tool)


def run(*words: str | Path, folder: Path = ROOT) -> str:
    """The output of a command, which must end well and say nothing on standard error."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(folder: Path, *options: str) -> Path:
    run(sys.executable, "-m", "build", *options, "--outdir", folder)
    return folder / f"{NAME}-py3-none-any.whl"


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def files(folder: str) -> dict[str, bytes]:
    """The project's files in a folder."""
    paths = [path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"]
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in paths}


def holds_the_package_and_nothing_else(wheel: Path) -> None:
    found = contents(wheel)
    about = {name for name in found if name.startswith(f"{NAME}.dist-info/")}
    assert {name.partition("/")[2] for name in about} == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    }
    configs = {f"cnncalc/{name}": content for name, content in files("configs").items()}
    assert {name: found[name] for name in found.keys() - about} == files("cnncalc") | configs


def metadata_of(wheel: Path) -> Message:
    return email.message_from_bytes(contents(wheel)[f"{NAME}.dist-info/METADATA"])


def test_both_are_as_the_package_index_wants_them_and_agree_with_the_project(tmp_path: Path) -> None:
    wheel, source = build(tmp_path), tmp_path / f"{NAME}.tar.gz"  # the wheel is built from the source
    run(sys.executable, "-m", "twine", "check", "--strict", wheel, source)
    run(sys.executable, "-m", "check_wheel_contents", wheel)
    holds_the_package_and_nothing_else(wheel)
    with tarfile.open(source) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    assert names >= {*files("cnncalc"), *files("configs"), *files("tests"), *files(".github"), *files(".ci")}

    metadata = metadata_of(wheel)
    assert (metadata["Name"], metadata["Version"]) == ("cnncalc", __version__)
    assert (metadata["License-Expression"], metadata["Requires-Python"]) == ("MIT", ">=3.11")
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata["Summary"] == PROJECT["description"]
    description = metadata.get_payload(decode=True)
    assert description == (ROOT / "README.md").read_bytes()
    assert metadata.get_all("Provides-Extra") == sorted(PROJECT["optional-dependencies"])
    assert sorted(one for one in metadata.get_all("Requires-Dist", []) if "extra ==" not in one) == sorted(
        PROJECT["dependencies"]
    )


def test_the_wheel_works_where_nothing_else_is_installed(tmp_path: Path) -> None:
    wheel = build(tmp_path, "--wheel")
    holds_the_package_and_nothing_else(wheel)  # as the one that is built from the source distribution
    empty = tmp_path / "empty"
    run(sys.executable, "-m", "venv", "--without-pip", empty)
    run(sys.executable, "-m", "pip", "--python", empty / "bin" / "python", "install", "--quiet", wheel)
    installed = {path.name for path in empty.glob("lib/python*/site-packages/*")}
    assert {"cnncalc", "typer"} <= installed
    assert not installed & {"torch", "numpy", "onnx", "google", "keras", "h5py", "build", "pytest"}

    page, net, root = tmp_path / "page.html", tmp_path / "net.onnx", Path("/")
    program = empty / "bin" / "cnncalc"
    for words in (
        ["check", "vgg16"],
        ["rf", "stack3x3"],
        ["explain", "language"],
        ["draw", "resnet18", "-o", page],
        ["export", "resnet18", "--to", "onnx", "-o", net, "--force"],
        ["import", net],
        ["check", net],
    ):
        here = run(sys.executable, "-m", "cnncalc", *words)
        assert run(program, *words, folder=root) == here, words
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    imported = run(program, "params", net, "--format", "json", folder=root)
    assert '"params": 11689512' in imported  # ResNet-18
