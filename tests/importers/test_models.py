"""A model written as a spec is the same network: numbers of every layer, and the same text when written again."""

from __future__ import annotations

import random

import pytest

from cnncalc import analyze, bundled, load, loads, to_spec
from cnncalc.analysis.report import Report
from cnncalc.errors import CnncalcError
from cnncalc.importers.models import label_of, network_of
from cnncalc.importers.passes import cleaned, structured
from cnncalc.importers.translating import translated
from cnncalc.language.writer import text_of
from cnncalc.network.model import Model
from tests.fuzz.writing import Writer
from tests.rotation import todays

QUICK = ("resnet18", "vgg16", "googlenet", "mobilenet_v2", "densenet", "unet", "inception_v3", "spp")


def hold(model: Model, text: str) -> None:
    """A text stands for the same numbers as the model."""
    old, new = analyze(model), analyze(loads(text)[0])
    assert new.ok, text
    for what in ("params", "buffers", "macs"):
        assert getattr(total(old), what) == getattr(total(new), what), text
    assert [one.shape for one in old.outputs] == [one.shape for one in new.outputs], text
    if old.main is not None and new.main is not None:
        assert old.main.field.size == new.main.field.size, text
        assert old.main.field.start == new.main.field.start, text


def total(report: Report) -> object:
    return report.totals


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_bundled_networks_are_written_as_they_are(name: str) -> None:
    for model in load(name):
        text = to_spec(model)
        hold(model, text)
        assert translated(network_of(loads(text)[0])).text == text


@pytest.mark.slow
@pytest.mark.parametrize("name", todays(sorted(set(bundled.names()) - set(QUICK))))
def test_every_bundled_network_is_written_as_it_is(name: str) -> None:
    for model in load(name):
        text = to_spec(model)
        hold(model, text)
        assert translated(network_of(loads(text)[0])).text == text


def random_spec(seed: int) -> str:
    chance = random.Random(seed)
    return Writer(lambda most: chance.randrange(most + 1)).spec()


@pytest.mark.parametrize("seeds", [range(start, start + 60) for start in range(0, 480, 60)], ids=str)
def test_random_networks_are_the_same_flat_and_nested(seeds: range) -> None:
    tried = 0
    for seed in seeds:
        text = random_spec(seed)
        try:
            models = loads(text)
            networks = [(model, network_of(model)) for model in models if model.graph.layer_count]
        except CnncalcError:
            continue
        for model, network in networks:
            if not cleaned(network, flat=True).items:
                continue
            if {tensor for tensor, _ in network.inputs} & set(network.outputs):
                continue  # what gives out its input
            for flat in (False, True):
                hold(model, translated(network, flat).text)
                tried += 1
    assert tried > 2


def test_the_text_says_what_the_file_said() -> None:
    (model,) = loads(
        "name: Net\ndescription: small\nsource: A paper\ninput: {a: [3, 8, 8], b: [3, 8, 8]}\nlayers: [add: [a, b], conv3x3: 4]"
    )
    text = to_spec(model)
    assert text.startswith(
        "name: Net\ndescription: small\nsource: A paper\ninput: {a: [3, 8, 8], b: [3, 8, 8]}\n"
    )
    assert "  - add: [prev, b]\n  - conv3x3: 4\n" in text


def test_a_model_that_cannot_be_computed_is_refused() -> None:
    (model,) = loads("input: [3, 4, 4]\nlayers: [conv7x7: 4]")
    with pytest.raises(CnncalcError, match="E301"):
        to_spec(model)
    with pytest.raises(TypeError, match="what `load` returns one of"):
        to_spec("net.yaml")  # type: ignore[arg-type]


def test_numbers_of_unnamed_layers_are_marked_in_labels() -> None:
    assert (
        label_of("layer1[0]/residual_1/unit_2[1]/conv3x3_1", {"unit"})
        == "layer1.0.~residual_1.~unit_2.1.~conv3x3_1"
    )
    assert label_of("stage_2/left", set()) == "stage_2.left"


def test_a_written_spec_reads_as_its_sheet_says() -> None:
    (model,) = loads(
        "input: [3, 8, 8]\nlayers: [conv3x3: {out: 4, padding: 1, norm: bn, act: relu}, residual: [conv3x3: {out: 4, padding: 1}]]"
    )
    sheet = structured(cleaned(network_of(model)))
    assert text_of(sheet).splitlines()[-2:] == [
        "  - conv3x3: {out: 4, padding: 1, norm: bn, act: relu}",
        "  - residual: [conv3x3: {out: 4, padding: 1}]",
    ]


def test_layers_that_no_output_depends_on_count_in_a_spec() -> None:
    (model,) = loads(
        "input: [3, 8, 8]\nlayers:\n  - {conv3x3: 4, name: a}\n  - {conv1x1: 5, name: lost}\n  - {conv1x1: 6, from: a}"
    )
    text = to_spec(model)
    hold(model, text)
    assert "  - conv1x1: 5\n" in text


def test_the_main_output_stays_the_one_before_the_heads() -> None:
    (model,) = loads(
        "input: [3, 8, 8]\nlayers:\n  - conv3x3: 4\n  - head: [global_avgpool, linear: 10]\n  - relu\n  - head: [flatten, linear: 5]"
    )
    text = to_spec(model)
    hold(model, text)
    assert text.splitlines()[-2].endswith("head: [flatten, linear: 5]")


def test_weights_shared_by_layers_inside_structures_are_counted_once() -> None:
    (model,) = loads(
        "input: [4, 8, 8]\nlayers:\n  - {residual: [conv1x1: {out: 4, norm: bn, act: relu}], name: a}\n"
        "  - {residual: [conv1x1: {out: 4, norm: bn, act: relu}], share: a}"
    )
    text = to_spec(model)
    hold(model, text)
    assert analyze(loads(text)[0]).totals.params == 4 * 4 + 2 * 4
    assert text.count("share: ") == 2, "those with weights alone"


def test_a_deformable_convolution_is_written_with_its_offsets() -> None:
    layer = "deform_conv3x3: {out: 6, stride: 2, padding: 1, offset_groups: 2, modulated: true, norm: bn, act: relu}"
    (model,) = loads(f"input: [4, 8, 8]\nlayers:\n  - {layer}\n  - conv1x1: 3")
    text = to_spec(model)
    hold(model, text)
    assert f"  - {layer}\n" in text
    assert "deform_conv3x3: 6\n" in to_spec(loads("input: [4, 8, 8]\nlayers: [relu, deform_conv3x3: 6]")[0])


def test_a_join_of_one_tensor_within_a_branch_reads_the_current_one() -> None:
    text = "{input: [4, 8], layers: [{add: [[relu], [{max: {only: [log]}}]]}]}"
    (model,) = loads(text)
    written = to_spec(model)
    assert "residual: {body: [log, max: [prev]], shortcut: [relu]}" in written
    (again,) = loads(written)
    assert [layer.op for layer in analyze(again).layers] == ["log", "max", "relu", "residual"]
