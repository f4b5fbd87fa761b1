"""Reports of many input sizes one after the other are those of each size alone."""

from __future__ import annotations

from random import Random

import pytest

import cnncalc
from cnncalc.analysis import recall
from cnncalc.analysis.run import analyze_each
from cnncalc.network.model import Model
from tests.questions.networks import Writer

NAMES = ["unet", "resnet50:paper", "googlenet", "densenet121", "shufflenet_v2", "deeplabv3", "wavenet", "lenet5:caffe"]  # fmt: skip


def check(model: Model, sizes: list[int]) -> None:
    """Sizes may repeat; each report is as if it were the only one."""
    (_, own), *_ = model.inputs
    inputs = [own._replace(sizes=(size,) * own.rank) for size in sizes]
    if len(model.inputs) > 1 or not own.rank:
        return
    for input, report in zip(inputs, analyze_each(model, inputs), strict=True):
        assert report == next(analyze_each(model, (input,)))


@pytest.mark.parametrize("name", NAMES)
def test_bundled_networks(name: str) -> None:
    random = Random(name)
    for model in cnncalc.load(name)[:1]:
        check(model, [random.choice((64, 65, 96, 188, 192, 193, 224, 572)) for _ in range(7)])


def test_random_networks() -> None:
    tested = 0
    for seed in range(150):
        try:
            models = cnncalc.loads(Writer(seed).spec())
        except cnncalc.CnncalcError:
            continue
        random = Random(seed)
        check(models[0], [random.randint(12, 40) for _ in range(6)])
        tested += 1
    assert tested > 100


def test_offsets_that_other_joins_have_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Branches apart, shared weights, and a memory that is emptied again and again."""
    monkeypatch.setattr(recall, "MOST_KNOWN", 3)
    pair = "{add: [[{conv3: 4}], [{crop: [[0, 2]]}]]}"
    (model,) = cnncalc.loads(
        f"input: [4, 30]\nlayers: [{pair}, {pair}, {{conv3: {{out: 4, padding: 1}}, name: a}}, {{conv3: {{out: 4, padding: 1}}, share: a}},"
        " maxpool2, {residual: {body: [{conv3: {out: 8, padding: 1, stride: 2}}], shortcut: project}}, flatten, {linear: 3}]"
    )
    check(model, [30, 31, 30, 24, 31, 30, 3, 30])
