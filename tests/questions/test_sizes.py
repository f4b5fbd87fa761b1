"""Which input sizes fit: known answers, and every size tried by the analysis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc import bundled
from cnncalc.analysis.dropped import dropped_along
from cnncalc.analysis.fitting import in_words
from cnncalc.analysis.report import Report
from cnncalc.geometry.axis import Unlaid
from cnncalc.geometry.shape import Shape
from cnncalc.network.model import Model
from cnncalc.questions.sizes import Axis, sizes
from tests.analysis.each import analyze_each
from tests.cli.running import Ran
from tests.questions.networks import Writer
from tests.rotation import todays
from tests.timing import ratio

DOUBLE = "{params: [c], layers: [conv3x3: {out: c, padding: 1}, conv3x3: {out: c, padding: 1}]}"


def model_of(text: str) -> Model:
    (model,) = cnncalc.loads(text)
    return model


def u_net(pools: int) -> Model:
    """A padded U-Net."""
    down = [f"{{double: {2**level}, name: d{level}}}, maxpool2" for level in range(pools)]
    up = [
        f"conv_transpose2x2: {{out: {2**level}, stride: 2}}, concat: [d{level}, prev], double: {2**level}"
        for level in reversed(range(pools))
    ]
    items = ", ".join([*down, f"double: {2**pools}", *up])
    return model_of(f"input: 1x512x512\nblocks: {{double: {DOUBLE}}}\nlayers: [{items}]")


def fpn(levels: int) -> Model:
    """Strided 3x3 convolutions, and up-sampling by 2 from the last one back to all but the first."""
    down = [f"{{conv3x3: {{out: 4, stride: 2, padding: 1}}, name: c{level}}}" for level in range(levels)]
    up = [f"upsample: 2, add: [c{level}, prev]" for level in reversed(range(1, levels - 1))]
    return model_of(f"input: 4x64x64\nlayers: [{', '.join([*down, *up])}]")


def hrnet(branches: int) -> Model:
    """A stem of stride 4, then branches each half as large as the one before, brought back to the first and added."""
    texts = []
    stem = ", ".join(["conv3x3: {out: 4, stride: 2, padding: 1}"] * 2)
    for at in range(branches):
        conv = "conv3x3: {out: 4, stride: 2, padding: 1}"
        texts.append("[" + ", ".join([conv] * at + ([f"upsample: {2**at}"] if at else ["identity"])) + "]")
    return model_of(f"input: 4x64x64\nlayers: [{stem}, add: [{', '.join(texts)}]]")


def words(model: Model, what: int = 0) -> str:
    return in_words(sizes(model).axes[0].classes[what])


def bundled_model(name: str) -> Model:
    return cnncalc.load(name)[0]


def test_known_answers() -> None:
    assert words(bundled_model("unet")) == "every size from 188"
    assert words(bundled_model("unet"), 1) == "12 modulo 16 from 188"
    assert [words(u_net(4), what) for what in range(3)] == ["multiples of 16"] * 3
    assert words(u_net(5)) == "multiples of 32"
    assert words(fpn(5)) == "1..4 and 0, 29..31 modulo 32"
    assert words(hrnet(3)) == "0, 13..15 modulo 16"
    assert words(bundled_model("vgg16")) == "every size from 32"
    assert sizes(bundled_model("vgg16")).axes[0].same_weights == ((224, 255),)
    assert words(bundled_model("inception_v3")) == "every size from 75"
    assert words(bundled_model("inception_v3"), 1) == "11 modulo 32 from 75"


def test_the_axes_are_independent() -> None:
    model = model_of("input: 3x32x30\nlayers: [maxpool2, {upsample: [2, 1]}, conv: {kernel: [3, 5], out: 2}]")
    height, width = sizes(model).axes
    assert (in_words(height.classes[0]), in_words(width.classes[0])) == (
        "every size from 4",
        "every size from 10",
    )
    assert (height.whole, width.whole) == ((0,), (0,))


def test_inputs_of_one_size_vary_together() -> None:
    both = "input: {a: 3x32, b: 3x32, mask: 1x7}\nlayers: [{concat: [a, b]}, {conv3: 4}]"
    answer = sizes(model_of(both))
    assert answer.varied == ("a", "b")
    assert in_words(answer.axes[0].classes[0]) == "every size from 3"


def test_a_join_with_a_fixed_size_takes_one_size() -> None:
    model = model_of(
        "input: 3x64\nlayers: [{concat: [[{upsample: {size: 20}}], [{conv3: {out: 2, stride: 3}}]]}]"
    )
    (axis,) = sizes(model).axes
    assert (axis.from_, axis.valid, axis.also) == (None, (), (60, 61, 62))


def test_a_size_far_away_is_found_without_trying_those_below() -> None:
    model = model_of(
        "input: 3x64\nlayers: [{concat: [[{upsample: {size: 300000}}], [{conv3: {out: 2, stride: 3}}]]}]"
    )
    (axis,) = sizes(model).axes
    assert axis.also == (900_000, 900_001, 900_002)


# Every size tried


def measured(report: Report, size: int, axis: int) -> tuple[bool, bool, bool]:
    """Valid, whole and kept, as the analysis of one size has it."""
    if not report.ok:
        return (False, False, False)
    whole = not any(missing for layer in report.layers for missing in dropped_along(layer))
    shape = report.outputs[0].shape
    return (True, whole, shape.rank > axis and shape.sizes[axis] == size)


def flattened(report: Report) -> list[Any]:
    return [
        layer.in_shape
        for layer in report.layers
        if layer.op in ("linear", "flatten") and layer.in_shape.rank and not layer.shape.rank
    ]


def hold(model: Model, axis: Axis, most: int) -> int:
    """Compare the answer for the one axis of a model with the analysis of each size."""
    channels = model.inputs[0][1].channels
    own = flattened(cnncalc.analyze(model))
    tried = range(1, most + 1)
    reports = analyze_each(model, [Shape(channels, (size,)) for size in tried])
    for size, report in zip(tried, reports, strict=True):
        expected = measured(report, size, 0)
        assert tuple(size in classes for classes in axis.classes) == expected, size
        if axis.from_ is not None and size >= axis.from_:
            residue = size % axis.period
            assert tuple(residue in some for some in (axis.valid, axis.whole, axis.kept)) == expected, size
        else:
            assert (size in axis.also) == expected[0], size
        if axis.same_weights is not None and report.ok:
            is_same = any(
                first <= size and (last is None or size <= last) for first, last in axis.same_weights
            )
            assert is_same == (flattened(report) == own), size
    return len(tried)


def tried(seed: int) -> bool:
    """Whether a random network has an answer, which is then compared with the analysis at every size."""
    model = model_of(Writer(seed).spec())
    try:
        (axis,) = sizes(model).axes
    except cnncalc.NoAnswer as error:
        text = error.diagnostics[0].message
        if text.startswith("no input size fits"):
            shapes = [Shape(4, (size,)) for size in range(1, 300)]
            assert not any(report.ok for report in analyze_each(model, shapes))
            return True
        assert "stride that depends on the input's size" in text, text
        return False
    starts = [classes.start or 0 for classes in axis.classes]
    horizon = max(*starts, *(classes.also[-1] for classes in axis.classes if classes.also), 1)
    assert hold(model, axis, horizon + 2 * axis.period)
    return True


@pytest.mark.slow
def test_random_networks_at_every_size() -> None:
    assert sum(tried(seed) for seed in range(60)) > 50


@pytest.mark.slow
def test_many_random_networks_at_every_size() -> None:
    seeds = todays(range(60, 2060), parts=32)
    assert sum(map(tried, seeds)) > 0.95 * len(seeds)


def test_two_axes_at_once() -> None:
    """A network of two axes takes a size where each axis takes it."""
    for seed in range(40):
        model = model_of(Writer(seed, 2).spec())
        try:
            height, width = sizes(model).axes
        except cnncalc.NoAnswer:
            continue
        pairs = [(y, x) for y in (17, 24, 31) for x in (16, 23, 29, 40)]
        for (y, x), report in zip(
            pairs, analyze_each(model, [Shape(4, pair) for pair in pairs]), strict=True
        ):
            assert report.ok == (height.fits(y) and width.fits(x)), (seed, y, x)


@pytest.mark.slow
@pytest.mark.parametrize("name", todays(bundled.names(), parts=4))
def test_bundled_networks_at_every_size(name: str) -> None:
    """Along the first axis, the others left open; those that are read by the size of another are given as they are."""
    for model in cnncalc.load(name):
        answer = sizes(model)
        axis = answer.axes[0]
        most = (axis.from_ or 1) + 2 * axis.period
        shape = model.inputs[0][1]
        tried = [*range(1, min(most, 260)), *range(max(260, most - 40), most)]
        given = [
            {
                one: own._replace(sizes=(size, *(None,) * (own.rank - 1)))
                for one, own in model.inputs
                if one in answer.varied
            }
            for size in tried
        ]
        for size, report in zip(tried, analyze_each(model, given), strict=True):
            valid, whole, kept = measured(report, size, 0)
            assert axis.fits(size) == valid, (model.name, size, shape)
            if not any(isinstance(rule, Unlaid) for layer in report.layers for rule in layer.rules):
                assert (size in axis.classes[1]) == whole, (model.name, size, shape)
            if valid and report.outputs[0].shape.rank:
                assert (size in axis.classes[2]) == kept, (model.name, size, shape)


@pytest.mark.slow
def test_the_sizes_of_all_bundled_networks_cost_few_analyses() -> None:
    """About 3 each, and not one per size."""
    models = [model for name in bundled.names() for model in cnncalc.load(name)]
    taken = ratio(
        lambda: [sizes(model) for model in models], lambda: [cnncalc.analyze(model) for model in models], 1
    )
    assert taken < 6, f"{taken:.1f} times an analysis"


# The command


def test_the_command_says_what_is_near(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "name: Net\ninput: 1x64x64\nlayers:\n  - {maxpool2: , name: down}\n  - upsample: 2\n  - concat: [input, prev]\n",
        encoding="utf-8",
    )
    ran = Ran(capsys, "sizes", str(path), "--near", "51")
    assert ran.code == 0
    assert "multiples of 2" in ran.out
    assert "near 51: 50 (crop 1) · 52 (pad 1)" in ran.out
    assert f"at 51 `concat_1` joins maps of 50 and 51 ({path}:6)" in ran.out
    document = json.loads(Ran(capsys, "sizes", str(path), "--near", "51", "--format", "json").out)
    near = document["models"][0]["axes"][0].pop("near")
    assert document["models"][0]["axes"][0] == {
        "period": 2, "from": 2, "valid": [0], "whole": [0], "kept": [0], "same_weights": None, "also": [], "smallest": 2,
    }  # fmt: skip
    reason = f"`concat_1` joins maps of 50 and 51 ({path}:6)"
    assert near == {"size": 51, "ok": False, "below": 50, "above": 52, "reason": reason}
    assert (
        Ran(capsys, "sizes", str(path), "--format", "csv").out.splitlines()[1]
        == f"{path},Net,0,valid,2,2,0,,2"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("input: 8\nlayers: [linear: 3]", "the input `input` is a vector: it has no spatial axes"),
        (
            "input: 3x8x8\nlayers: [concat: [[upsample: {size: 3}], [upsample: {size: 4}]]]",
            "no input size fits: cannot join",
        ),
        (
            "input: 3x8x8\nlayers: [{conv3x3: {out: 2, padding: same, stride: 2}}]",
            "no input size fits: pytorch has padding `same`",
        ),
        (
            "input: 1x200\nlayers: [conv1: {out: 1, stride: 101}, upsample: 101, maxpool103, upsample: 103, "
            "concat: [input, prev]]",
            "`maxpool103_1` makes sizes repeat only after more than 10,000 positions",
        ),
    ],
)
def test_networks_without_an_answer(text: str, message: str) -> None:
    with pytest.raises(cnncalc.NoAnswer) as found:
        sizes(model_of(text))
    assert found.value.diagnostics[0].message.startswith(message)


@pytest.mark.parametrize("near", [0, -3, True, "5"])
def test_a_size_that_is_none(near: Any) -> None:
    with pytest.raises(ValueError, match="a size is a whole number from 1 on"):
        sizes(bundled_model("unet"), near)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input: [2, 1, any]\nlayers: [squeeze: 0, conv5: 4]", ["1", "every size from 5"]),
        ("input: [2, any, 1]\nlayers: [squeeze: 1, conv5: {out: 4, stride: 2}]", ["every size from 5", "1"]),
        ("input: [2, any, any]\nlayers: [mul: {gate: [global_avgpool, flatten], map: [conv3x3: {out: 2, padding: 1}]}]", ["every size from 1"] * 2),
    ],
)  # fmt: skip
def test_axes_that_move(text: str, expected: list[str]) -> None:
    assert [in_words(axis.classes[0]) for axis in sizes(model_of(text)).axes] == expected


@pytest.mark.parametrize(
    ("layers", "kept"),
    [
        ("linear: 3", "every size from 2"),
        ("maxpool3: {stride: 3}, linear: 3", "none"),
        ("linear: 3, relu, bn, linear: 5", "every size from 2"),
        ("linear: 3, conv1: 2", "every size from 2"),
        ("{linear: 4, name: a}, relu, add: [prev, input]", "every size from 1"),
        ("conv2: {out: 4, stride: 2}, {linear: 4, name: a}, relu, upsample: 2, concat: [input, prev]", "multiples of 2 from 4"),
        ("linear: 3, upsample: {size: 20}", "20"),
        ("residual: {body: [linear: 8], shortcut: project}", "every size from 2"),
        ("linear: 3, lstm: 2", "every size from 2"),
        ("linear: 3, flatten, linear: 2", "none"),
        ("{conv3: {out: 4, padding: 1, stride: 3}, name: c}, {linear: 4, name: a}, add: [a, c], relu", "1"),
        ("linear: 4, mul: {gate: [global_avgpool], map: []}", "every size from 2"),
    ],
)  # fmt: skip
def test_keras_linear_layer_makes_a_vector_of_a_single_position(layers: str, kept: str) -> None:
    """And applied at several it is a map, so that what follows may need two."""
    model = model_of(f"framework: tensorflow\ninput: [4, 24]\nlayers: [{layers}]")
    (axis,) = sizes(model).axes
    assert hold(model, axis, 50) == 50
    assert in_words(axis.classes[2]) == kept


@pytest.mark.parametrize(
    "layers",
    [
        "conv3x3: {out: 4, padding: 1}, global_avgpool, linear: 3",
        "adaptive_avgpool: 1, linear: 3, relu, linear: 2",
        "adaptive_avgpool: {out: [1, 2]}, linear: 3",
        "mul: {gate: [global_avgpool, linear: 4], map: []}",
    ],
)
def test_keras_linear_layer_after_a_pool_of_both_axes(layers: str) -> None:
    model = model_of(f"framework: tensorflow\ninput: [4, 24, 16]\nlayers: [{layers}]")
    for at, axis in enumerate(sizes(model).axes):
        tried = [[size, 16] if at == 0 else [24, size] for size in range(1, 20)]
        for size, report in zip(
            range(1, 20), analyze_each(model, [Shape(4, tuple(one)) for one in tried]), strict=True
        ):
            assert tuple(size in some for some in axis.classes) == measured(report, size, at), (at, size)


def test_a_single_position_is_spread() -> None:
    model = model_of("input: [2, any]\nlayers: [add: {one: [maxpool2], other: [conv3: {out: 2, stride: 2}]}]")
    (axis,) = sizes(model).axes
    assert not axis.fits(6) and axis.fits(4) and axis.fits(5)
    assert hold(model, axis, 40) == 40


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("input: [2, any, any]\nlayers: [add: {one: [maxpool2], other: [conv3x3: {out: 2, stride: 2}]}]", []),
        ("input: [2, any, any]\nlayers: [conv3x3: {out: 2, stride: 2}, upsample: 2, concat: [prev, prev]]", []),
        ("framework: tensorflow\ninput: [2, any, any]\nlayers: [linear: 3, conv1x1: 2]", [(1, 1)]),
        ("framework: tensorflow\ninput: [2, any, any]\nlayers: [maxpool2, linear: 3, upsample: 2]", [(2, 2), (2, 3), (3, 2), (3, 3)]),
    ],
)  # fmt: skip
def test_axes_are_independent_but_for_a_vector_of_a_single_position(
    text: str, apart: list[tuple[int, int]]
) -> None:
    model = model_of(text)
    height, width = sizes(model).axes
    pairs = [(y, x) for y in range(1, 10) for x in range(1, 10)]
    reports = analyze_each(model, [Shape(2, pair) for pair in pairs])
    valid = [pair for pair, report in zip(pairs, reports, strict=True) if report.ok]
    fitting = [(y, x) for y, x in pairs if height.fits(y) and width.fits(x)]
    assert valid
    assert [pair for pair in fitting if pair not in valid] == apart
    assert set(valid) <= set(fitting)


def test_a_map_of_a_vector_fits_where_its_numbers_fill_it() -> None:
    model = model_of(
        "input: [3, any]\nlayers: [conv3: {out: 8, stride: 2, padding: 1}, flatten, to_map: [4, 4], conv3x3: 8]"
    )
    (line,) = sizes(model).axes
    reports = analyze_each(model, [Shape(3, (size,)) for size in range(1, 30)])
    assert [line.fits(size) for size in range(1, 30)] == [report.ok for report in reports]
    fixed = (
        "input: [3, any, any]\nlayers: [adaptive_avgpool: 4, flatten, linear: 32, to_map: [4, 4], conv3x3: 8]"
    )
    assert all(axis.fits(size) for axis in sizes(model_of(fixed)).axes for size in (1, 7, 224))
    both = "input: [3, any, any]\nlayers: [conv3x3: 8, flatten, to_map: [4, 4], conv3x3: 8]"
    with pytest.raises(
        cnncalc.NoAnswer, match="makes a map of a vector whose length depends on several axes"
    ):
        sizes(model_of(both))


def test_axes_whose_fate_depends_on_sizes_have_no_answer() -> None:
    with pytest.raises(cnncalc.NoAnswer, match="which axes of"):
        sizes(model_of("input: [2, 1, 9]\nlayers: [squeeze, conv5: 4]"))


def test_answers_show_themselves_in_a_notebook() -> None:
    """As their commands show them: HTML and Markdown with the title and the numbers."""
    model = model_of("name: Net\ninput: [2, 64]\nlayers: [conv3: {out: 2, stride: 2, padding: 1}]")
    (found,) = cnncalc.loads("name: Net\ninput: [2, 64]\nlayers: [conv3: {out: 2, stride: 2, padding: 1}]")
    answers: list[tuple[Any, str]] = [
        (sizes(model), "every size from 1"),
        (cnncalc.tile(model, (64,), tile=40), "begins at"),
        (cnncalc.stream(found, rate=8000), "look-ahead"),
        (cnncalc.solve("mobilenet_v1", "a", "macs <= 150M", step="1/4", model="mobilenet_v1"), "149,497,088"),
    ]
    for answer, text in answers:
        assert text in answer._repr_html_()
        assert text in answer._repr_markdown_()
        assert answer.__rich__() is not None


def test_a_size_for_each_axis(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = (axis.near for axis in sizes(bundled_model("unet"), (500, 508)).axes)
    assert first is not None and second is not None
    assert [(one.size, one.ok, one.reason is None) for one in (first, second)] == [
        (500, True, False),
        (508, True, True),
    ]
    assert sizes(bundled_model("unet"), [500, 500]) == sizes(bundled_model("unet"), 500)
    with pytest.raises(ValueError, match="3 sizes for 2 spatial axes: give one, or one per axis"):
        sizes(bundled_model("unet"), (8, 8, 8))
    with pytest.raises(ValueError, match="a size is a whole number from 1 on, not 0"):
        sizes(bundled_model("unet"), (8, 0))
    ran = Ran(capsys, "sizes", "unet", "--near", "500x508")
    assert "near 508 (width): it fits" in ran.out
    ran = Ran(capsys, "sizes", "unet", "--near", "5x5x5")
    assert (ran.code, ran.out) == (2, "")
    assert "Invalid value for --near: 3 sizes for 2 spatial axes" in ran.err
