"""Which layers changed from one network to another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cnncalc import analyze, loads
from cnncalc.analysis.report import LayerReport
from cnncalc.checks.changes import Change, changes


def layers(items: str) -> tuple[LayerReport, ...]:
    (model,) = loads(f"input: [4, 32, 32]\nlayers: [{items}]\n")
    return analyze(model).layers


def between(old: str, new: str) -> list[tuple[str, str | None, str | None]]:
    return [
        (change.kind, change.old and change.old.path, change.new and change.new.path)
        for change in changes(layers(old), layers(new))
    ]


def test_the_same_network_has_no_changes() -> None:
    assert between("conv3x3: 4, relu", "conv3x3: 4, relu") == []


def test_numbers_of_unnamed_layers_do_not_matter() -> None:
    assert between("conv1x1: 4, relu, conv1x1: 4", "relu, conv1x1: 4, relu, conv1x1: 4") == [
        ("added", None, "relu_1")
    ]


def test_a_layer_that_is_gone() -> None:
    assert between("relu, bn, tanh", "relu, tanh") == [("removed", "bn_1", None)]


def test_another_operation_in_its_place() -> None:
    assert between("relu, bn, tanh", "relu, lrn, tanh") == [
        ("removed", "bn_1", None),
        ("added", None, "lrn_1"),
    ]


def test_another_kernel_is_a_change() -> None:
    (change,) = changes(layers("relu, conv1x1: 4"), layers("relu, conv3x3: {out: 4, padding: 1}"))
    assert (change.kind, change.path, change.differs) == (
        "changed",
        "conv3x3_1",
        ("window", "params", "macs", "rf"),
    )


def test_a_change_goes_on_in_the_layers_behind_it() -> None:
    found = changes(
        layers("conv1x1: 4, relu, conv1x1: 8, relu"), layers("conv1x1: 5, relu, conv1x1: 8, relu")
    )
    assert [(change.path, change.differs) for change in found] == [
        ("conv1x1_1", ("shape", "params", "macs")),
        ("relu_1", ("shape",)),
        ("conv1x1_2", ("params", "macs")),
    ]


def test_named_layers_keep_their_names() -> None:
    old = "{conv1x1: 4, name: a}, {conv1x1: 4, name: b}"
    assert between(old, "{conv1x1: 4, name: a}, {conv1x1: 6, name: b}") == [("changed", "b", "b")]


def test_long_networks_are_compared_by_path() -> None:
    old, new = layers("{relu: , repeat: 3000}"), layers("{tanh: , name: relu_1, repeat: 3000}")
    assert {(change.kind, change.differs) for change in changes(old, new)} == {("changed", ("op",))}


ITEMS = st.lists(
    st.sampled_from(["relu", "conv1x1: 4", "conv1x1: 6", "bn", "{tanh: , repeat: 2}", "residual: [relu]"]),
    max_size=9,
)


@given(ITEMS, ITEMS)
def test_every_layer_is_the_same_or_accounted_for_once(old: list[str], new: list[str]) -> None:
    before, after = (layers(", ".join(["identity", *items])) for items in (old, new))
    found = changes(before, after)
    same = len(after) - _count(found, "added") - _count(found, "changed")
    assert len(before) == same + _count(found, "removed") + _count(found, "changed")
    mirrored = changes(after, before)
    assert bool(found) == bool(mirrored)


def _count(found: tuple[Change, ...], kind: str) -> int:
    return sum(change.kind == kind for change in found)
