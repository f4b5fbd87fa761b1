"""Advice asks layers for traits: it knows no family, and a layer of none of them is advised on all the same."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import ClassVar

import cnncalc
from cnncalc.advice import advise
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.axis import AxisRule
from cnncalc.geometry.resample import All
from cnncalc.geometry.shape import Shape, Size
from cnncalc.geometry.window import Window
from cnncalc.layers.base import Layer, Params
from cnncalc.layers.fields import Padding
from cnncalc.network.model import Model

ADVICE = Path(cnncalc.__file__).parent / "advice"
BASE, FIELDS = "cnncalc.layers.base", "cnncalc.layers.fields"


def test_advice_imports_no_family_of_layers() -> None:
    for path in ADVICE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cnncalc.layers"):
                assert node.module in (BASE, FIELDS), f"{path.name} imports {node.module}: ask for a trait"


class Strange(Layer):
    """A layer of no family: a 5-wide window that keeps the size."""

    biases: ClassVar[int] = 0
    wide: ClassVar[int] = 5

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        return (Window(self.wide, 1, self.wide // 2, self.wide // 2),) * shapes[0].rank

    def params(self, shape: Shape, framework: Framework) -> Params:
        return Params((shape.channels or 0) ** 2 * self.wide**shape.rank, self.biases)


class Biased(Strange):
    adds_biases = True
    biases: ClassVar[int] = 8


class Narrow(Strange):
    wide: ClassVar[int] = 3


class Stackable(Strange):
    def with_window(self, kernel: tuple[int, ...], padding: Padding) -> Layer | None:
        return Narrow() if kernel == (3, 3) else None


class Mean(Layer):
    def subtracts_means(self, shape: Shape) -> bool:
        return True


class Pool(Layer):
    pools_all = True

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        return (All(),) * shapes[0].rank


class Joined(Layer):
    is_join = True
    concatenates = True

    def combine(self, shapes: tuple[Shape, ...]) -> Shape:
        return Shape(sum(shape.channels or 0 for shape in shapes), shapes[0].sizes)


class Point(Layer):
    def out_channels(self, shape: Shape) -> Size:
        return 4

    def params(self, shape: Shape, framework: Framework) -> Params:
        return Params((shape.channels or 0) * 4)


class Reducible(Strange):
    def reduction(self, channels: int, rank: int) -> Layer | None:
        return Point() if channels == 4 and rank == 2 else None


def model(*layers: Layer) -> Model:
    """A network of `relu`s whose layers are replaced by others."""
    items = "- relu\n" * len(layers)
    (found,) = cnncalc.loads(f"input: [8, 32, 32]\nlayers:\n{items}")
    replaced, graph = list(layers), found.graph
    nodes = [node._replace(layer=replaced.pop(0)) if node.layer else node for node in graph.nodes]
    return found._replace(graph=graph._replace(nodes=tuple(nodes)))


def codes(network: Model) -> set[str]:
    report = cnncalc.analyze(network)
    return {found.code for found in advise(network, report, frozenset(("W508", "W510", "W515", "W516")))}


def test_redundant_biases() -> None:
    assert codes(model(Biased(), Mean())) == {"W508"}
    assert codes(model(Strange(), Mean())) == set()
    assert codes(model(Biased(), Strange())) == set()


def test_a_pool_of_a_small_field() -> None:
    assert codes(model(Strange(), Pool())) == {"W510"}


def test_a_stack_of_small_kernels() -> None:
    assert codes(model(Stackable())) == {"W515"}
    assert codes(model(Strange())) == set()


def test_a_reduction_before_a_wide_join() -> None:
    (found,) = cnncalc.loads("input: [8, 32, 32]\nlayers:\n- concat: {a: [relu], b: [relu]}")

    def with_layers(inside: Layer, join: Layer) -> Model:
        nodes = tuple(
            node._replace(layer=join if node.op == "concat" else inside) if node.layer else node
            for node in found.graph.nodes
        )
        return found._replace(graph=found.graph._replace(nodes=nodes))

    assert codes(with_layers(Reducible(), Joined())) == {"W516"}
    assert codes(with_layers(Strange(), Joined())) == set()


def test_a_layer_that_takes_ceil_is_told_of_it() -> None:
    for item, told in (("maxpool2", True), ("conv2x2: {out: 8, stride: 2}", False)):
        (found,) = cnncalc.loads(f"input: [8, 15, 15]\nlayers:\n- {item}")
        (remark,) = advise(found, cnncalc.analyze(found), frozenset(("W504",)))
        assert ("ceil: true" in (remark.help or "")) == told
