"""Reports of many input sizes one after the other are those of each size alone."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis import recall, run
from cnncalc.analysis.dropped import dropped_positions
from cnncalc.analysis.run import Analyses
from cnncalc.analysis.tensors import Tensor
from cnncalc.geometry.receptive_field import AxisField
from cnncalc.geometry.shape import Shape, total
from cnncalc.network.model import Model
from tests.analysis.each import analyze_each
from tests.questions.networks import Writer

NAMES = ["unet", "resnet50:paper", "googlenet", "densenet121", "shufflenet_v2", "deeplabv3", "wavenet", "lenet5:caffe"]  # fmt: skip


def check(model: Model, sizes: list[int]) -> None:
    """Sizes may repeat; each report and its sums are as if it were the only one."""
    (_, own), *_ = model.inputs
    inputs = [own._replace(sizes=(size,) * own.rank) for size in sizes]
    inputs += [
        own._replace(sizes=(first, *one.sizes[1:])) for first, one in zip(sizes[1:], inputs, strict=False)
    ]
    if len(model.inputs) > 1 or not own.rank:
        return
    analyses = Analyses(model)
    for input in inputs:
        found = analyses.of(input)
        alone = next(analyze_each(model, (input,)))
        assert found.report == alone
        local = alone.last_local
        dropped = total(map(dropped_positions, alone.layers)) if alone.ok else None
        assert found.sums == (alone.totals, dropped, local.field if local and alone.ok else None)


@pytest.mark.parametrize("name", NAMES)
def test_bundled_networks(name: str) -> None:
    random = Random(name)
    for model in cnncalc.load(name)[:1]:
        check(model, [random.choice((64, 65, 96, 188, 192, 193, 224, 572)) for _ in range(5)])


def test_everything_goes_through_a_cut() -> None:
    """By the definition: whatever comes after it reads nothing from before it."""
    for name in NAMES:
        for model in cnncalc.load(name):
            graph = model.graph
            assert graph.cuts() == tuple(
                at
                for at in range(len(graph.nodes))
                if all(out >= at for out in graph.outputs)
                and all(
                    read >= at
                    for node in graph.nodes[at + 1 :]
                    for read in (*node.inputs, at if node.share is None else node.share)
                )
            )


def test_what_follows_is_taken_from_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool makes the same map of 64 and 65 rows, so nothing behind it is looked up, let alone evaluated."""
    asked: list[int] = []

    class Watched(recall.Recall):
        def of(self, node: int, inputs: tuple[Tensor, ...]) -> recall.Evaluated | None:
            asked.append(node)
            return super().of(node, inputs)

    monkeypatch.setattr(run, "Recall", Watched)
    (model,) = cnncalc.loads(
        "input: [3, 64]\nlayers: [relu, maxpool2, {conv3: {out: 4, padding: 1}}, relu, flatten, {linear: 5}]"
    )
    list(analyze_each(model, [model.inputs[0][1]._replace(sizes=(size,)) for size in (80, 64, 65)]))
    assert asked == [*range(1, 7), *range(1, 7), 1, 2]


def test_a_field_is_computed_once_along_both_axes_and_for_all_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three windows one is not square; the other layers read each position by itself."""
    through = AxisField.through
    computed: list[AxisField] = []

    def counted(field: AxisField, *arguments: Any) -> AxisField:
        computed.append(field)
        return through(field, *arguments)

    monkeypatch.setattr(AxisField, "through", counted)
    layers = "[conv3x3: {out: 4, padding: 1}, relu, maxpool2, bn, {conv: {kernel: [3, 5], out: 4}}]"
    (model,) = cnncalc.loads(f"input: [3, 64, 48]\nlayers: {layers}")
    analyses = Analyses(model)
    for sizes in ((64, 48), (65, 48), (80, 96)):
        analyses.of(Shape(3, sizes))
        assert len(computed) == 1 + 1 + 2
    cnncalc.analyze(
        model
    )  # without that memory once per layer, and once more for the other axis of the last one
    assert len(computed) == 4 + 5 + 1


def test_a_single_unit_that_sees_all_of_one_input_and_not_of_another() -> None:
    """The map is 8 wide at 16 and at 17, and the pool over it reads 16 positions: all of the first input only."""
    gate = "{mul: [[], [{avgpool: {kernel: 8, stride: 8}}, {conv: {kernel: 1, out: 3}}, sigmoid]]}"
    (model,) = cnncalc.loads(f"input: [3, 64]\nlayers: [maxpool2, {gate}, {{conv: {{kernel: 1, out: 3}}}}]")
    check(model, [16, 16, 17, 16, 17])


def test_random_networks() -> None:
    tested = 0
    for seed in range(150):
        try:
            models = cnncalc.loads(Writer(seed).spec())
        except cnncalc.CnncalcError:
            continue
        random = Random(seed)
        check(models[0], [random.randint(12, 40) for _ in range(4)])
        tested += 1
    assert tested > 100


def test_offsets_that_other_joins_have_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Branches apart, shared weights, and a memory that is emptied again and again."""
    pair = "{add: [[{conv3: 4}], [{crop: [[0, 2]]}]]}"
    (model,) = cnncalc.loads(
        f"input: [4, 30]\nlayers: [{pair}, {pair}, {{conv3: {{out: 4, padding: 1}}, name: a}}, {{conv3: {{out: 4, padding: 1}}, share: a}},"
        " maxpool2, {residual: {body: [{conv3: {out: 8, padding: 1, stride: 2}}], shortcut: project}}, flatten, {linear: 3}]"
    )
    for most in (3, 40, recall.MOST_KNOWN):
        monkeypatch.setattr(recall, "MOST_KNOWN", most)
        check(model, [30, 31, 30, 24, 31, 30, 3, 30])
