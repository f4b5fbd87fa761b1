"""The contract of importers: items hold plain values, problems of one kind are one finding."""

from __future__ import annotations

import pytest

from cnncalc.errors import Location
from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Malformed, Problem, Refused, Request, item, unknown_item
from cnncalc.importers.registry import importer_for


def test_an_item_holds_plain_values_and_leaves_out_what_is_none() -> None:
    one = item("conv", "x", "y", kernel=[3, 3], padding=[[0, 1], [0, 1]], out=8, bias=None, label="stem.conv")
    assert one.inputs == ("x",)
    assert dict(one.arguments) == {"kernel": (3, 3), "padding": ((0, 1), (0, 1)), "out": 8}
    assert one.given("out") == 8
    assert one.given("groups", 1) == 1


def test_an_item_cannot_be_changed() -> None:
    one = item("relu", "x", "y")
    with pytest.raises(AttributeError):
        one.op = "tanh"  # type: ignore[misc]
    with pytest.raises(TypeError):
        one.arguments["slope"] = 1  # type: ignore[index]


def test_values_of_other_libraries_are_refused() -> None:
    with pytest.raises(TypeError, match="not object"):
        item("conv", "x", "y", out=object())


def test_problems_of_one_kind_are_one_finding_with_their_number() -> None:
    problems = [
        Problem("a", "Einsum", "unknown operator"),
        Problem("b", "NonZero", "unknown operator"),
        Problem("c", "Einsum", "unknown operator"),
    ]
    refused = Refused(problems)
    assert [(one.path, one.message) for one in refused.diagnostics] == [
        ("a", "Einsum: unknown operator (2 of them)"),
        ("b", "NonZero: unknown operator"),
    ]
    assert {one.code for one in refused.diagnostics} == {"E117"}


def test_a_damaged_file_is_an_error_with_its_place() -> None:
    (found,) = Malformed("net.onnx", "cut off", place=Location("net.onnx", 1, 7)).diagnostics
    assert (found.code, found.message, found.location) == ("E116", "cut off", Location("net.onnx", 1, 7))


def test_what_is_not_understood_becomes_a_custom_that_states_its_shape() -> None:
    one = unknown_item(
        "Einsum",
        ["x"],
        "y",
        reason="unknown operator",
        label="blocks.0",
        shape=Shape(8, (None, 4)),
        params=12,
        macs=0,
    )
    assert one.op == "custom"
    assert dict(one.arguments) == {"params": 12, "macs": 0, "rf": "all", "shape": (8, "any", 4)}
    assert one.note is not None and one.note.startswith("Einsum: unknown operator")


def test_sizes_are_asked_by_name_or_for_the_main_input() -> None:
    request = Request("net.onnx", {"": Shape(3, (8, 8)), "right": Shape(1, (4,))})
    assert request.shape_of("left", is_main=True) == Shape(3, (8, 8))
    assert request.shape_of("right", is_main=False) == Shape(1, (4,))
    assert request.shape_of("other", is_main=False) is None


def test_the_importer_is_told_by_the_ending() -> None:
    found = importer_for("nets/Model.ONNX")
    assert found is not None and found.name == "onnx"
    assert importer_for("net.yaml") is None
