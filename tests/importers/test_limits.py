"""The limits on files of other formats: each row of the guide's table is a limit that holds, one more is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from cnncalc.importers import archives, building
from cnncalc.importers.caffe import prototxt
from cnncalc.importers.darknet import cfg
from cnncalc.importers.keras import model as keras_model
from cnncalc.importers.onnx import file as onnx_file
from cnncalc.importers.onnx import folding, walk
from cnncalc.importers.pt2 import sizes
from cnncalc.support import wire
from tests.documents import import_limits
from tests.importers.caffe.networks import data
from tests.importers.examples import EXAMPLES, _keras_layer
from tests.importers.onnx import files as onnx

RELUS = onnx.model(
    onnx.graph(
        [onnx.node("Relu", [f"x{one}"], [f"x{one + 1}"]) for one in range(3)], {"x0": (1, 3, 8, 8)}, ["x3"]
    )
)
SHAPED = onnx.model(
    onnx.graph(
        [onnx.node("Reshape", ["x", "s"], ["y"])], {"x": (1, 3, 8, 8)}, ["y"], [onnx.integers("s", [1, 192])]
    )
)
"""A flattening that the two values of a constant say."""
SPREAD = onnx.model(
    onnx.graph(
        [
            onnx.node("Mul", ["a", "b"], ["s"]),
            onnx.node("Reshape", ["x", "s"], ["y"]),
        ],
        {"x": (1, 3, 8, 8)},
        ["y"],
        [onnx.integers("a", [1, 64]), onnx.integers("b", [1, 3])],
    )
)
"""The same with the product of two constants."""


def function(depth: int) -> bytes:
    """A call of a function that calls another, and so on: the last is a ReLU."""

    def one(number: int) -> bytes:
        body = (
            onnx.node("Relu", ["a"], ["b"])
            if number == depth
            else onnx.node(f"F{number + 1}", ["a"], ["b"], "", "my")
        )
        return b"".join(
            (
                onnx.content(1, f"F{number}"),
                onnx.content(4, "a"),
                onnx.content(5, "b"),
                onnx.content(7, body),
                onnx.content(9, onnx.content(1, "") + onnx.number(2, 17)),
                onnx.content(10, "my"),
            )
        )

    graph = onnx.graph([onnx.node("F1", ["x"], ["y"], "", "my")], {"x": (1, 3, 8, 8)}, ["y"])
    functions = b"".join(onnx.content(25, one(number)) for number in range(1, depth + 1))
    return onnx.model(graph, 17, onnx.content(8, onnx.content(1, "my") + onnx.number(2, 1)) + functions)


def keras(depth: int, layers: int) -> bytes:
    """Models inside one another, the innermost of some ReLUs."""
    inside = [_keras_layer("ReLU") | {"config": {"name": f"r{one}"}} for one in range(layers)]
    for number in range(depth):
        inside = [
            {
                "module": "keras",
                "class_name": "Sequential",
                "config": {"name": f"m{number}", "layers": inside},
            }
        ]
    whole = [_keras_layer("InputLayer", batch_shape=[None, 8, 8, 3]), *inside]
    return json.dumps({"class_name": "Sequential", "config": {"name": "net", "layers": whole}}).encode()


def caffe(*params: str) -> bytes:
    return (
        data(8) + f'layer {{ name: "r" type: "ReLU" bottom: "data" top: "r" {" ".join(params)} }}'
    ).encode()


ROWS: dict[str, tuple[ModuleType, str, int, str, bytes, str]] = {
    "bytes of a file or archive entry that is text or JSON": (building, "LARGEST_TEXT", len(caffe()), "net.prototxt", caffe(), "bytes, more than the"),
    "nodes of an ONNX graph, functions expanded": (walk, "MOST_NODES", 3, "net.onnx", RELUS, "more than 2 nodes"),
    "messages inside one another in an ONNX file": (wire, "MOST_DEPTH", 6, "net.onnx", RELUS, "nested more than 5 deep"),
    "fields of an ONNX file": (wire, "MOST_FIELDS", 0, "net.onnx", RELUS, "more than"),
    "bytes of a text in an ONNX file": (wire, "LONGEST_TEXT", len("by hand"), "net.onnx", RELUS, "is a text of 7 bytes"),
    "values of an ONNX constant that are read": (onnx_file, "MOST_VALUES", 2, "net.onnx", SHAPED, "Reshape"),
    "elements of a constant that is computed": (folding, "MOST_FOLDED", 2, "net.onnx", SPREAD, "Mul"),
    "elements of all constants of a file that are computed": (folding, "MOST_FOLDED_IN_ALL", 2, "net.onnx", SPREAD, "more than 1 numbers would be computed"),
    "functions and branches of an ONNX graph inside one another": (walk, "MOST_DEPTH", 3, "net.onnx", function(3), "nested more than 2 deep"),
    "layers of a Keras model": (keras_model, "MOST_LAYERS", 4, "net.json", keras(0, 4), "more than 3 calls of layers"),
    "Keras models inside one another": (keras_model, "DEEPEST", 3, "net.json", keras(3, 1), "more than 2 models inside one another"),
    "words of a prototxt": (prototxt, "MOST_TOKENS", 0, "net.prototxt", caffe(), "words and values"),
    "messages of a prototxt inside one another": (prototxt, "DEEPEST", 2, "net.prototxt", caffe("relu_param { }"), "more than 1 messages inside"),
    "sections of a Darknet file": (cfg, "MOST_SECTIONS", 2, "net.cfg", EXAMPLES[".cfg"], "more than 1 sections"),
}  # fmt: skip
"""The module with the limit, the file's need of it (0: what the file is found to need), and what is said with one less."""


def reads(path: Path) -> str:
    """What is wrong with a file; nothing where it is read."""
    try:
        cnncalc.load(path)
    except CnncalcError as error:
        return str(error)
    return ""


def least(sets: Callable[[int], None], path: Path) -> int:
    """The smallest limit that a file is read with."""
    low, high = 0, 1 << 20
    while low + 1 < high:
        middle = (low + high) // 2
        sets(middle)
        low, high = (middle, high) if reads(path) else (low, middle)
    return high


def test_every_row_of_the_guide_is_tried() -> None:
    rows = re.findall(r"^\| (.+?) \| ([\d,]+) \|$", import_limits(), re.MULTILINE)
    longest = "characters of a size in a program of torch.export"
    assert [name for name, _ in rows] == [*ROWS, longest]
    limits = [getattr(module, name) for module, name, *_ in ROWS.values()]
    assert [int(number.replace(",", "")) for _, number in rows] == [*limits, sizes.LONGEST]


@pytest.mark.parametrize("row", ROWS)
def test_one_more_is_refused(row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module, limit, need, name, content, said = ROWS[row]
    path = tmp_path / name
    path.write_bytes(content)
    assert reads(path) == ""

    def sets(value: int) -> None:
        monkeypatch.setattr(module, limit, value)

    need = need or least(sets, path)
    sets(need)
    assert reads(path) == ""
    sets(need - 1)
    assert said in reads(path)


def test_an_archive_s_text_has_the_same_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.keras"
    path.write_bytes(EXAMPLES[".keras"])
    monkeypatch.setattr(archives, "LARGEST_TEXT", len(EXAMPLES[".json"]))
    assert reads(path) == ""
    monkeypatch.setattr(archives, "LARGEST_TEXT", len(EXAMPLES[".json"]) - 1)
    assert "more than" in reads(path)


def test_a_longer_size_of_a_program_is_not_looked_into() -> None:
    assert sizes.parsed({"as_expr": {"expr_str": "1".ljust(sizes.LONGEST)}})
    with pytest.raises(sizes.UnknownSize):
        sizes.parsed({"as_expr": {"expr_str": "1".ljust(sizes.LONGEST + 1)}})
