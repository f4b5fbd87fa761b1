"""Diagnostics about a translated file name its node, not a line of a text that nobody sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc import analyze, load
from cnncalc.errors import CnncalcError
from cnncalc.render.diagnostics import render
from tests.importers.onnx.files import graph, node, weights, written


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Two branches of which one is centred one position further to the right."""
    body = graph(
        [
            node("Conv", ["x", "w3"], ["a"], "/stem/left/Conv"),
            node("Conv", ["x", "w5"], ["b"], "/stem/right/Conv", pads=[0, 0, 2, 2]),
            node("Add", ["a", "b"], ["y"], "/stem/sum/Add"),
        ],
        {"x": (1, 3, 10, 10)},
        ["y"],
        [weights("w3", (4, 3, 3, 3)), weights("w5", (4, 3, 5, 5))],
    )
    return written(tmp_path, body)


def test_a_warning_names_the_node(file: str) -> None:
    (model,) = load(file)
    (found,) = analyze(model).diagnostics
    assert found.code == "W502"
    assert found.location is not None
    assert (found.location.file, found.location.node) == (file, "stem.sum")
    assert found.location.said == f"{file}: node stem.sum"
    assert f"--> {file}: node stem.sum (" in render([found])


def test_an_error_at_another_size_names_the_node(file: str) -> None:
    (model,) = load(file)
    (found,) = analyze(model, input="3x2x2").diagnostics
    assert found.severity == "error"
    assert str(CnncalcError(found)).startswith(f"{file}: node stem.left: E3")
