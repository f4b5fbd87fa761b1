"""Reports as tables: what is shown, what is folded, what is unknown, and that nothing is cut."""

from __future__ import annotations

import re

import pytest

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.geometry.receptive_field import AxisField, IntervalMap
from cnncalc.geometry.shape import Shape
from cnncalc.geometry.window import Window
from cnncalc.render.listings.answers import Asked
from cnncalc.render.listings.comparison import beside, labels
from cnncalc.render.listings.streams import Streams
from cnncalc.render.outputs.table import drawn
from cnncalc.render.surface import PLAIN, Surface
from cnncalc.render.text import cells
from cnncalc.render.view import View
from tests.render.reports import affine, field, layer, misfit, relu, report
from tests.render.writing import networks

WHOLE = AxisField((), True)


def show(*reports: Report, surface: Surface = PLAIN, **view: object) -> str:
    return networks(reports, View(**{"command": "params", **view}), "table", surface)  # type: ignore[arg-type]


def row(text: str, name: str) -> list[str]:
    return next(re.split(r"\s{2,}", line) for line in text.splitlines() if line.startswith(name))


def test_a_params_table_as_a_whole() -> None:
    conv = layer("stem")
    assert show(
        report(
            conv, relu("relu_1", conv), layer("big", weights=1_234_567, biases=None, reasons=("no input",))
        )
    ) == (
        "net · 3x8x8 · pytorch\n"
        "\n"
        "layer  op    output    weights  biases  params  buffers   MACs\n"
        "──────────────────────────────────────────────────────────────\n"
        "stem   conv   4x8x8        108       4     112        0  6,912\n"
        "big    conv   4x8x8  1,234,567       ?       ?        0  6,912\n"
        "\n"
        "? no input\n"
        "1 layer without parameters that keeps its shape is not shown (--all)\n"
        "\n"
        "params                                    ?\n"
        "  weights                         1,234,675   1.2M\n"
        "  biases                                  ?\n"
        "buffers                                   0\n"
        "MACs                                 13,824  13.8K\n"
        "FLOPs (2 x MACs)                     27,648  27.6K\n"
        "weight memory in bytes (float32)          ?\n"
    )


def test_all_shows_what_is_folded() -> None:
    conv = layer("stem")
    text = show(report(conv, relu("relu_1", conv)), all_layers=True)
    assert row(text, "relu_1")[1] == "relu"
    assert "not shown" not in text


def test_a_window_of_one_position_changes_nothing() -> None:
    one, two = ((Window(kernel, 1),) * 2 for kernel in (1, 2))
    text = show(
        report(
            layer("stem"),
            relu("same", layer("stem"))._replace(windows=one),
            relu("other", layer("stem"))._replace(windows=two),
        )
    )
    assert "\nsame " not in text
    assert "\nother " in text


def test_a_layer_that_changes_the_field_is_not_folded() -> None:
    conv = layer("stem")
    norm = relu("norm", conv)._replace(field=field(WHOLE))
    assert row(show(report(conv, norm), command="rf"), "norm")[2] == "all"


def test_fields() -> None:
    gate = AxisField(affine(1, -3, 3).maps, True)
    uneven = AxisField((IntervalMap(1, ((0, 0), (0, 1))),))
    skew = affine(2, 0, 2)._replace(aligned=False)
    mixed = AxisField((IntervalMap(2, ((0, 0),)), IntervalMap(3, ((0, 4),))))
    text = show(
        report(
            layer("even", field=field(affine(2, -3, 3))),
            layer("unequal", field=field(affine(1, -1, 1), affine(2, -5, 5))),
            layer("global", field=field(WHOLE, units=(None, None))),
            layer("gate", field=field(gate)),
            layer("half", field=field(uneven)),
            layer("skew", field=field(skew)),
            layer("mixed", field=field(mixed)),
            layer("part", field=field(WHOLE, affine(1, 0, 4))),
            layer("early", field=field(affine(1, 1, 2))),
        ),
        command="rf",
    )
    assert row(text, "layer") == [
        "layer",
        "output",
        "rf size",
        "rf stride",
        "rf padding",
        "rf centre",
        "rf offset",
        "flags",
    ]
    assert row(text, "even") == ["even", "4x8x8", "7x7", "2", "3", "0", "-0.5"]
    assert row(text, "unequal") == ["unequal", "4x8x8", "3x11", "1x2", "1x5", "0", "0x-0.5"]
    assert row(text, "global") == ["global", "4x8x8", "all", "-", "-", "-", "-"]
    assert row(text, "gate") == ["gate", "4x8x8", "7x7 + all", "1", "3", "0", "0"]
    assert row(text, "half") == [
        "half",
        "4x8x8",
        "2x2",
        "1/2",
        "0",
        "0.5",
        "0.25",
        "non-uniform (of unit 1,1)",
    ]
    assert row(text, "skew") == ["skew", "4x8x8", "3x3", "2", "0", "1", "0.5", "not aligned"]
    assert row(text, "mixed") == [
        "mixed",
        "4x8x8",
        "12x12",
        "mixed",
        "-14",
        "19.5",
        "-",
        "non-uniform (of unit 7,7)",
    ]
    assert row(text, "part") == ["part", "4x8x8", "all x 5", "-x1", "-x0", "-x2", "-x2"]
    assert row(text, "early") == ["early", "4x8x8", "2x2", "1", "-1", "1.5", "1.5"]


def test_an_unknown_start_says_why() -> None:
    same = affine(1, -1, 1)._replace(unknown_start="needs the input size")
    text = show(report(layer("same", field=field(same))), command="rf")
    assert row(text, "same") == ["same", "4x8x8", "3x3", "1", "?", "?", "?"]
    assert "\n? needs the input size\n" in text


def test_regions() -> None:
    text = show(
        report(
            layer("stem", field=field(affine(2, -1, 1)), rules=(Window(3, 2, 1, 1),) * 2),
            layer("global", field=field(WHOLE, units=(None, None))),
            layer("small", field=field(affine(4, 0, 3), units=(2, 2))),
            layer(
                "outer",
                field=field(affine(9, -5, -1), affine(2, 0, 1)),
                rules=(Window(5, 9, 5, 5), Window(2, 2)),
            ),
        ),
        command="rf",
        unit=(0, 3),
    )
    assert row(text, "stem")[7:] == ["-1..1, 5..7", "0..1, 5..7"]
    assert row(text, "global")[7:] == ["all", "all"]
    assert row(text, "small")[7:] == ["no such unit", "-"]
    assert row(text, "outer")[7:] == ["-5..-1, 6..7", "padding, padding"]
    assert "1 layer shown has no unit 0,3 in the output" in text


def test_a_shape_error_ends_the_table_and_leaves_no_partial_totals() -> None:
    text = show(
        report(layer("stem"), failed="conv9x9_1", diagnostics=(misfit("conv9x9_1"),), outputs=(), peak=None)
    )
    lines = text.splitlines()
    assert row(text, "stem")[5] == "112"
    assert lines[lines.index(next(line for line in lines if line.startswith("stem"))) + 1] == (
        "x conv9x9_1: window 9 does not fit the size 7"
    )
    assert row(text, "params") == ["params", "?"]
    assert row(text, "MACs") == ["MACs", "?"]


def test_depth_folds_structures_and_copies_that_are_alike() -> None:
    inner = [
        layer(f"stage[{copy}]/conv_{at}", shape=Shape(4 * at, (8, 8))) for copy in (0, 1) for at in (1, 2)
    ]
    join = layer("block", "residual", is_join=True, windows=None, weights=0, biases=0, macs=0)
    text = show(report(*inner, layer("block/conv_1"), join), depth=1)
    assert row(text, "stage x2") == ["stage x2", "2 layers", "8x8x8", "216", "8", "224", "0", "13,824"]
    assert row(text, "block") == ["block", "residual", "4x8x8", "108", "4", "112", "0", "6,912"]


def test_shared_weights_say_whose() -> None:
    text = show(report(layer("stem"), layer("twin", weights=0, biases=0, shares="stem")))
    assert row(text, "twin")[-1] == "weights of stem"


def test_windows_in_shapes() -> None:
    windows = (Window(7, 2, 3, 3), Window(1, 1, 0, 1))
    text = show(
        report(layer("stem", windows=windows), layer("plain", windows=None, is_join=True)), command="shapes"
    )
    assert row(text, "stem") == ["stem", "conv", "7x1", "2x1", "3x0+1", "4x8x8"]
    assert row(text, "plain") == ["plain", "conv", "4x8x8"]


def test_summary_has_totals_of_everything() -> None:
    network = report(layer("stem"), description="What it is.", peak_in_place=400)
    text = show(network, command="summary", dtype="float16")
    assert row(text, "activations") == ["activations", "256"]
    assert row(text, "peak") == ["peak activations", "500"]
    assert row(text, "peak (in place)") == ["peak (in place)", "400"]
    assert row(text, "weight memory") == ["weight memory in bytes (float16)", "224"]
    assert "\nWhat it is.\n" in text


def test_two_variants_stand_side_by_side() -> None:
    small, large = layer("a", weights=5120, biases=0), layer("a", weights=8960, biases=0)
    text = show(report(large, name="naive"), report(small, name="reduced"))
    assert re.search(r"^params +8,960 +5,120 +-3,840 +-42\.9 % +x0\.571$", text, re.MULTILINE)
    assert re.search(r"^MACs +6,912 +6,912 +0 +0\.0 % +x1\.000$", text, re.MULTILINE)


def test_several_variants_are_held_against_the_first_and_the_one_above() -> None:
    reports = [
        report(layer("a", weights=weights, biases=0), name=name)
        for name, weights in (("a", 10), ("b", 20), ("c", 5))
    ]
    text = show(*reports)
    assert re.search(r"^side by side +a +b +c$", text, re.MULTILINE)
    assert re.search(r"^params +10 +20 +5$", text, re.MULTILINE)
    assert re.search(r"^ +to the first +\+100\.0 % +-50\.0 %$", text, re.MULTILINE)
    assert re.search(r"^ +to the one before +\+100\.0 % +-75\.0 %$", text, re.MULTILINE)


def test_of_several_files_a_variant_is_named_with_its_file() -> None:
    given = [
        report(layer("a"), name="VGG-16", file="nets/vgg16.yaml"),
        report(layer("a"), name="paper", file="nets/googlenet.yaml")._replace(network="GoogLeNet"),
    ]
    assert labels(given) == ("VGG-16", "googlenet:paper")
    assert labels([one._replace(file="net.yaml") for one in given]) == ("VGG-16", "paper")


def test_many_variants_stand_below_each_other() -> None:
    reports = [
        report(layer("a", weights=weight, biases=0), name=f"m{weight}") for weight in (10, 20, 5, 40, 80)
    ]
    text = show(*reports)
    assert re.search(r"^params +m10 +10$", text, re.MULTILINE)
    assert re.search(r"^ +m5 +5 +-5 +-50\.0 % +x0\.500 +-75\.0 % +x0\.250$", text, re.MULTILINE)


def test_networks_of_different_files_are_not_compared() -> None:
    assert "side by side" not in show(report(layer("a")), report(layer("a"), file="other.yaml"))


def test_names_are_printed_literally() -> None:
    text = show(report(layer("[red]x\x1b[31m"), name="[bold]net\x07"))
    assert "[red]x␛[31m" in text
    assert "[bold]net␇" in text
    assert "\x1b" not in text


def test_colours_only_where_there_are_colours() -> None:
    failed = report(layer("stem"), failed="b", diagnostics=(misfit("b"),))
    assert "\x1b[31mx b: window" in show(failed, surface=Surface(None, True, True))
    assert "\x1b" not in show(failed)


def test_ascii_surfaces_get_ascii_alone() -> None:
    assert show(report(layer("stem")), surface=Surface(None, False)).isascii()


def test_nothing_is_cut_without_a_width() -> None:
    name = "/".join(["very_long_name_of_a_stage"] * 12)
    text = show(report(layer(name, weights=10**18)))
    assert name in text
    assert "1,000,000,000,000,000,000" in text


def test_a_narrow_terminal_loses_columns_by_name_and_never_digits() -> None:
    name = "/".join(["stage3[1]", "residual_1", "conv3x3_2", "conv3x3_1"])
    whole = report(layer(name, weights=123_456_789, biases=0))
    for width in range(30, 120):
        lines = show(whole, surface=Surface(width)).splitlines()
        assert max(map(len, lines)) <= width or width < 47, width
        table = lines[2 : lines.index("", 2)]
        assert any("123,456,789" in line for line in table), width
        folded = "".join(line.split("  ")[0].strip() for line in table[2:])
        assert folded == name, width
        notes = " ".join(lines[lines.index("", 2) :])
        left_out = re.search(r"not shown for lack of width: (\w+(?:, \w+)*)", notes)
        for title in ("op", "output", "weights", "biases", "params", "buffers", "MACs"):
            is_named = left_out is not None and title in left_out[1].split(", ")
            assert (title in table[0].split()) != is_named, (width, title)


def test_a_column_that_fits_again_is_put_back() -> None:
    """The flags go after the output and leave room for it: 5 + 6 + 6 + 5 + 7 + 9 characters and five gaps of 2 are 48."""
    uneven = field(AxisField((IntervalMap(1, ((0, 2), (0, 3))),), aligned=False))
    text = show(report(layer("stem", field=uneven)), command="summary", surface=Surface(48))
    assert text.splitlines()[2].split("  ") == ["layer", "output", "params", " MACs", "rf size", "rf stride"]
    assert " ".join(text.splitlines()[6:8]).endswith("rf padding, rf centre, flags")


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("width", [40, 60])
def test_a_comparison_keeps_its_numbers_and_whose_they_are(width: int, count: int) -> None:
    names = ["DenseNet of 121 layers", "U-Net", "C3D", "VGG-16", "ResNet-18"][:count]
    reports = [report(layer("a", weights=10**8 + at, biases=0), name=name) for at, name in enumerate(names)]
    lines = [*drawn(beside(reports, "compare", Surface(width)), Surface(width)).splitlines()]
    assert max(map(cells, lines)) <= width
    for at, name in enumerate(names):
        assert any(f"100,000,00{at}" in line and name.split()[0] in line for line in lines)


def test_wide_characters_keep_the_columns_straight() -> None:
    lines = show(report(layer("卷积"), layer("conv"))).splitlines()
    assert lines[4].index("112") + 2 == lines[5].index("112")


NAMES = ["a", "stage3[1]/residual_1/conv3x3_2", "卷积/" * 9 + "x", "é\u0301" * 30, "x" * 90, "[red]/:smile:"]


@pytest.mark.parametrize("width", [90, 60, 40])
@pytest.mark.parametrize("unicode", [True, False])
def test_colours_change_nothing_but_colours(width: int, unicode: bool) -> None:
    whole = report(*(layer(name, weights=10**number) for number, name in enumerate(NAMES * 3)))
    plain = show(whole, surface=Surface(width, unicode))
    coloured = show(whole, surface=Surface(width, unicode, colour=True))
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == plain
    assert coloured != plain


def test_names_that_are_too_long_go_on_in_the_next_line() -> None:
    whole = report(*(layer(name, weights=10**9) for name in NAMES))
    lines = show(whole, surface=Surface(40), paths=True).splitlines()
    table = lines[4 : lines.index("", 3)]
    assert max(map(cells, table)) <= 40
    names = "".join(line[: line.rfind("  ")].strip() if "1,000" in line else line.strip() for line in table)
    assert names == "".join(NAMES)


DECODERS = (
    "conv3x3: {out: 4, stride: 2, padding: 1}",
    "conv_transpose3x3: {out: 4, stride: 2, padding: 1, output_padding: 1}",
    "upsample: {factor: 1.5, mode: bilinear}",
    "maxpool3x2: {stride: 2}",
    "add: [[conv3x3: {out: 4, padding: 1}], [pad: [[2, 0], [2, 0]], conv3x3: 4]]",
    "conv_transpose5x2: {out: 4, stride: [3, 2]}",
)


@pytest.mark.parametrize("first", DECODERS)
@pytest.mark.parametrize("second", DECODERS)
def test_a_row_is_about_one_unit(first: str, second: str) -> None:
    """Size, padding and centre are of the unit that the flags name, and no unit sees more."""
    items = "".join(f"  - {item}\n" for item in (first, second, "conv3x3: 4"))
    (model,) = cnncalc.loads(f"input: [4, 40, 40]\nlayers:\n{items}")
    found = cnncalc.analyze(model)
    last = found.layers[-1]
    _, _, size, _, padding, centre, offset, *flags = row(show(found, command="rf"), last.path)
    named = re.search(r"of unit ([0-9]+),([0-9]+)", flags[0]) if flags else None
    unit = (int(named[1]), int(named[2])) if named else (0, 0)
    for axis in range(2):
        seen = last.field.axes[axis].at(unit[axis])
        assert seen is not None
        stride = last.field.stride[axis]
        assert stride is not None
        # Where a resize by the edges puts the unit.
        edges = float(stride * unit[axis] + (stride - 1) / 2)
        span = (seen[1] - seen[0] + 1, -seen[0], sum(seen) / 2, sum(seen) / 2 - edges)
        shown = [cell.split("x")[axis] if "x" in cell else cell for cell in (size, padding, centre, offset)]
        assert [float(cell) for cell in shown] == pytest.approx(span, abs=0.001)
        every = [last.field.axes[axis].at(at) for at in range(last.shape.sizes[axis] or 0)]
        assert span[0] == max(one[1] - one[0] + 1 for one in every if one)


@pytest.mark.parametrize("format", ["table", "csv"])
def test_what_is_seen_of_a_layer_is_worked_out_once_for_all_columns(
    format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[AxisField] = []
    own = AxisField.largest_at

    def counted(axis: AxisField, units: int | None) -> int | None:
        asked.append(axis)
        return own(axis, units)

    monkeypatch.setattr(AxisField, "largest_at", counted)
    analyzed = cnncalc.analyze(
        cnncalc.loads("input: [3, 9, 9]\nlayers: [conv3x3: 4, conv3x3: 4, conv5x3: 4]")[0]
    )
    networks((analyzed,), View("rf"), format, PLAIN)
    assert len(asked) == 1 + 1 + 2, "once where both axes see the same"


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (1, "1 layer that looks no further and keeps nothing is not shown"),
        (2, "2 layers that look no further and keep nothing are not shown"),
    ],
)
def test_layers_left_out_of_a_stream_are_counted_in_words(points: int, said: str) -> None:
    (model,) = cnncalc.loads(f"input: [1, 50]\nlayers: [conv3: 4, {', '.join(['conv1: 4'] * points)}]")
    answer = Asked(model, cnncalc.stream(model))
    assert said in next(iter(Streams([answer]).listings(PLAIN))).notes
