"""Specs that ask for too much are refused, or shown as unknown, before they take long or much memory."""

from __future__ import annotations

import re
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

import cnncalc
from cnncalc.analysis.effort import TOO_MANY_UNITS
from cnncalc.analysis.report import Report
from cnncalc.checks.expectations import check
from cnncalc.cli import main
from cnncalc.errors import MOST_ERRORS, CnncalcError, Diagnostic, NoAnswer
from cnncalc.geometry.axis import TOO_IRREGULAR, TOO_LARGE
from cnncalc.network.model import Model
from cnncalc.questions.flow import TOO_DEEP, Flow, Gradient
from cnncalc.questions.tile import tile
from cnncalc.render.surface import PLAIN
from cnncalc.render.view import View
from tests.documents import limits
from tests.limited import run_limited
from tests.render.writing import networks
from tests.rotation import todays

INPUT = "input: [4, 8, 8]\n"
CONV = "conv: {kernel: 3, out: 4, padding: 1}"
BLOCK = "blocks: {a: {params: [n], layers: [%s]}}\nlayers: [{a: i + 1, repeat: 90000}]\n"
SUM = " + ".join(["1/3"] * 80)


def last(spec: str) -> Diagnostic:
    """The last diagnostic of a spec, from reading or from the evaluation."""
    try:
        models = cnncalc.loads(spec, "f.yaml")
    except CnncalcError as error:
        return next((found for found in error.diagnostics if found.code == "E102"), error.diagnostics[-1])
    return cnncalc.analyze(models[0]).diagnostics[-1]


def said_of(spec: str) -> str:
    """All messages about a spec."""
    try:
        models = cnncalc.loads(spec, "f.yaml")
    except CnncalcError as error:
        return str(error)
    return "\n".join(one.message for one in cnncalc.analyze(models[0]).diagnostics)


def report_of(spec: str) -> Report:
    (model,) = cnncalc.loads(spec, "f.yaml")
    return cnncalc.analyze(model)


def nested(depth: int, before: str, after: str, core: str = "[relu]") -> str:
    return f"{INPUT}layers: {before * depth}{core}{after * depth}\n"


REFUSED = {
    "repeats in repeats": (
        "blocks: {a: {layers: [{relu: , repeat: 999}]}, b: {layers: [{a: , repeat: 999}]}}\nlayers: [{b: , repeat: 999}]\n",
        "more than 200,000 layers in the file",
    ),
    "repeats that differ": (
        "blocks: {a: {params: [n], layers: [{conv1x1: n+i, repeat: 99}]}, b: {params: [n], layers: [{a: n+i, repeat: 99}]}}\n"
        "layers: [{b: i, repeat: 999}]\n",
        "more than 200,000 items after expanding blocks and repeats",
    ),
    "dense blocks of dense blocks": (
        f"{INPUT}layers: [dense_block: {{repeat: 99, body: [dense_block: {{repeat: 99, body: [dense_block: {{repeat: 99, "
        "body: [conv1x1: 2]}]}]}]\n",
        "more than 200,000 layers in the file",
    ),
    "repeats of nothing": (
        "layers: [{seq: [{seq: [], repeat: 100000}], repeat: 100000}]\n",
        "more than 200,000 copies without a layer in them",
    ),
    "all cases together": (
        f"{INPUT}layers: [{{relu: , repeat: 10000}}]\ncases: [{', '.join(['{input: 4x9x9}'] * 999)}]\n",
        "more than 200,000 layers in the file",
    ),
    "all models together": (
        "models: {" + ", ".join(f"m{n}: {{layers: [{{relu: , repeat: 20000}}]}}" for n in range(50)) + "}\n",
        "more than 200,000 layers in the file",
    ),
    "joins of joins": (
        f"{INPUT}layers: [{{identity: , name: a}}, {{concat: [{', '.join(['a'] * 9000)}], repeat: 9000}}]\n",
        "more than 2,000,000 inputs of layers",
    ),
    "paths": (
        "layers: " + f"[seq: [{{name: {'n' * 900}, seq: " * 30 + "[{relu: , repeat: 90000}]" + "}]]" * 30 + "\n",
        "the paths of all layers have more than 64,000,000 characters",
    ),
    "a block of many numbers": (BLOCK % f"spp: [{', '.join(['1'] * 9000)}]", "more than 200,000 items after expanding blocks and repeats"),
    "a block of many expectations": (
        BLOCK % f"{{relu: , expect: [{', '.join(['1'] * 9000)}]}}",
        "blocks, repeats, variants and cases make more than 2,000,000 nodes to be read again",
    ),
    "a block of expressions": (
        BLOCK % ", ".join([f"conv1x1: 3 * ({SUM})"] * 20),
        "blocks, repeats, variants and cases make more than 2,000,000 nodes to be read again",
    ),
    "variables copied for blocks": (
        "vars: {" + ", ".join(f"v{n}: {n}" for n in range(9000)) + "}\n" + BLOCK % "conv1x1: n",
        "blocks, repeats, variants and cases make more than 2,000,000 nodes to be read again",
    ),
    "variables": ("vars: {" + ", ".join(f"v{n}: {n}" for n in range(10_001)) + "}\nlayers: [relu]\n", "more than 10,000 variables"),
    "parameters": (
        "blocks: {a: {params: [" + ", ".join(f"p{n}=1" for n in range(101)) + "], layers: [relu]}}\nlayers: [a]\n",
        "more than 100 parameters of a block",
    ),
    "channels that double": (f"{INPUT}layers: [{{concat: [prev, prev], repeat: 90000}}]\n", "its channels or a size exceed 10**18"),
    "sizes that grow": (f"{INPUT}layers: [{{upsample: 1000000000000, repeat: 90000}}]\n", "its channels or a size exceed 10**18"),
    "errors": ("layers: [" + ", ".join(f"nonsense_{n}" for n in range(90_000)) + "]\n", f"more than {MOST_ERRORS} errors"),
    "doubled keys": ("k: 1\n" * 90_000, f"more than {MOST_ERRORS} errors"),
    "unknown names": (
        "layers: [relu" + ", relu" * 50_000 + "".join(f", {{relu: , from: x{n}}}" for n in range(40_000)) + "]\n",
        f"more than {MOST_ERRORS} errors",
    ),
    "axes": (f"input: {'1x' * 10**6}1\nlayers: [relu]\n", "1,000,001 axes are more than the channels and 3 spatial axes"),
    "axes of a kernel": (f"layers: [conv: {{kernel: [{', '.join('1' * 9000)}]}}]\n", "9,000 values are more than the 3 axes"),
    "axes of an expectation": (f"layers: [{{relu: , expect: [{', '.join('1' * 9000)}]}}]\n", "9,000 values are more than the channels and the 3"),
    "an expectation": (f"layers: [{{relu: , expect: {{params: {'9' * 10**6}}}}}]\n", "has 1,000,000 characters; an expectation has at most 500"),
    "a name": (f"layers: [{{relu: , name: {'n' * 1001}}}]\n", f"`{'n' * 59}…` cannot be a name"),
    "an opset": (f"framework: onnx:0001{'1' * 9000}\nlayers: [relu]\n", "unknown framework `onnx:000111"),
    "long texts by alias": (
        f"description: &d {'x' * 10**6}\nlayers: [{', '.join(['{relu: , note: *d}'] * 999)}]\n",
        "the spec has more than 1,000,000 nodes, aliases expanded",
    ),
    "depth": (nested(65, "[seq: ", "]"), "structures and blocks are nested deeper than 65 levels"),
}  # fmt: skip

UNKNOWN = {
    "strides": ("layers: [{conv: {kernel: 3, out: 4, stride: 1000000000000}, repeat: 9000}]\n", TOO_LARGE),
    "strides and padding": ("framework: tensorflow\nlayers: [{conv: {kernel: 3, stride: 2, padding: same}, repeat: 9000}]\n", "input size"),
    "crops by an unknown amount": ("layers: [{identity: , name: a}, {crop_to: a, repeat: 9000}]\n", "needs the input size"),
    "uneven units": (f"{INPUT}layers: [upsample: 10000, {{{CONV}, repeat: 900}}]\n", TOO_MANY_UNITS),
    "uneven layers that differ": (
        "input: [4, 9973, 9973]\nlayers: [{upsample: {size: 9000+i, mode: bilinear}, repeat: 900}]\n",
        TOO_MANY_UNITS,
    ),
    "periods that do not meet": (
        "input: [4, 60, 60]\nlayers: [concat: {a: [upsample: {size: 7919}], b: [maxpool2, upsample: {size: 7919, mode: bilinear}]}]\n",
        "",
    ),
    "strides side by side": (
        "layers: [concat: {" + ", ".join(f"b{n}: [maxpool1: {{stride: {n}}}]" for n in range(1, 900)) + "}]\n",
        "joins paths of more than 64 different strides",
    ),
    "a wide kernel over uneven units": (f"{INPUT}layers: [upsample: 9973, conv: {{kernel: 9972, out: 4, padding: half}}]\n", ""),
    "a wide kernel over units in no order": (
        f"{INPUT}layers: [conv_transpose: {{kernel: 7, stride: 4999, dilation: 999, out: 4}}, conv: {{kernel: 4001, out: 4}}]\n",
        TOO_IRREGULAR,
    ),
    "a transposed kernel": (f"{INPUT}layers: [conv_transpose: {{kernel: 1000000000000, stride: 9973, out: 4}}]\n", ""),
}  # fmt: skip
"""What is computed, with a part of the reason why the field is not."""


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    spec, message = REFUSED[name]
    found = last(spec)
    assert message in found.message
    assert found.location is not None
    assert len(found.message) < 200


@pytest.mark.slow
@pytest.mark.parametrize("name", UNKNOWN)
def test_fields_that_are_not_followed(name: str) -> None:
    spec, reason = UNKNOWN[name]
    report = report_of(spec)
    assert report.failed is None
    field = report.layers[-1].field
    assert reason in (field.reason or "")
    assert bool(reason) is (None in (*field.size, *field.start))
    assert networks([report], View("rf"), "json", PLAIN)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*REFUSED, *UNKNOWN])
def test_neither_takes_long_nor_much_memory(name: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text({**REFUSED, **UNKNOWN}[name][0], encoding="utf-8")
    said = run_limited("check", str(spec))
    assert ("1 file: " in said) and (name in UNKNOWN or REFUSED[name][1] in said)


# Commands that are asked for too much

WIDE = "input: [3, 1000000000, 1000000000]\nlayers: [conv3x3: 4, maxpool2]\n"
VARIED = "vars: {c: 4}\ninput: [3, 1000000000, 1000000000]\nlayers: [conv3x3: c, maxpool2]\n"
LONG = "input: [1, 1000000000000]\nlayers: [conv3: {out: 4, stride: 2}, conv: {kernel: 1000000000, out: 4, dilation: 99}]\n"
BINS = "input: [3, 1000000000, 1000000000]\nlayers: [spp: [1, 2, 4]]\n"
LARGER = "input: [3, 1000000000, 1000000000]\nlayers: [conv_transpose3x3: {out: 4, stride: 2}]\n"
ASKED: dict[str, tuple[str, list[str], int, str]] = {
    "a sweep of too many sizes": (WIDE, ["sweep", "--input", "3x1..1000000000000"], 2, "1,000,000,000,000 combinations are more than the 100,000"),
    "a sweep of a number that is none": (VARIED, ["sweep", "--set", "c=1e999"], 2, "a value grows beyond 10**30"),
    "a wide sweep": (WIDE, ["sweep", "--input", "3x999999999..1000000000"], 0, "1000000000"),
    "sizes": (WIDE, ["sizes", "--near", "1000000000"], 0, "near 1000000000: "),
    "sizes of a long kernel": (LONG, ["sizes"], 1, "is regular only for sizes from 197,999,999,808 on"),
    "a stream": (LONG, ["stream", "--rate", "44.1kHz"], 0, "look-ahead 197,999,999,804"),
    "a rate": (LONG, ["stream", "--rate", "1e308"], 2, "is not a rate"),
    "tiles of a wide image": (WIDE, ["tile", "--image", "1000000000x1000000000", "--memory", "1GiB"], 1, "fits into 1,073,741,824 bytes"),
    "tiles that are too many": (WIDE, ["tile", "--image", "1000000000x1000000000", "--tile", "64"], 1, "a tile of 64 is too small"),
    "no memory": (WIDE, ["tile", "--image", "1000000000x1000000000", "--memory", "1"], 1, "fits into 1 byte"),
    "a solution": (WIDE, ["solve", "--vary", "input", "--so-that", "macs <= 999T"], 0, "3041383 998,999,825,813,388"),
    "a picture of windows": (WIDE, ["draw", "--what", "pool"], 1, "positions, of which at most 100,000 along an axis are drawn"),
    "a picture of bins": (BINS, ["draw", "--what", "spp"], 1, "of which at most 100,000 along an axis are drawn"),
    "a picture of an upsampling": (LARGER, ["draw", "--what", "align"], 1, "of which at most 100,000 along an axis are drawn"),
    "a picture of a unit": (WIDE, ["draw", "--what", "field", "--at", "99999999,99999999"], 0, "<svg"),
    "a profile": (WIDE, ["draw", "--what", "erf"], 0, "<svg"),
    "source": (WIDE, ["export", "--to", "torch"], 0, "import torch"),
    "a comparison of a range": (VARIED, ["compare", "--set", "c=1..1000000000"], 2, "where an operator is expected"),
}  # fmt: skip
"""A spec, a command, its exit code, and a part of what it says."""


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKED)
def test_a_command_that_is_asked_for_much_answers_or_refuses_in_little_memory(
    name: str, tmp_path: Path
) -> None:
    text, (command, *options), code, message = ASKED[name]
    spec = tmp_path / "net.yaml"
    spec.write_text(text, encoding="utf-8")
    said = " ".join(run_limited(command, str(spec), *options, code=code).split())
    assert said and message in said


# Commands on networks of very many layers: what grows with their square would not end in time

STACK = "input: [4, 32, 32]\nlayers: [{residual: [{conv3x3: {out: 4, padding: 1}}, {conv1x1: 4}], repeat: 4000}]\n"
WRITTEN = "input: [4, 9000]\nlayers:\n" + "".join(
    f"  - conv3: {{out: {4 + n % 7}, padding: 1}}\n" for n in range(12_000)
)
DEEP: dict[str, tuple[str, list[str], int, str]] = {
    "a picture of joins": (STACK, ["draw", "--what", "align"], 0, "<svg"),
    "an effective field": (STACK, ["draw", "--what", "erf"], 1, "takes more than 20,000,000 numbers to be added up"),
    "source of PyTorch": (WRITTEN, ["export", "--to", "torch"], 0, "import torch"),
    "source of Keras": (WRITTEN, ["export", "--to", "keras", "--framework", "tensorflow"], 0, "import keras"),
    "what a unit reads": (STACK, ["rf", "--at", "5,5"], 0, "0..31, 0..31"),
}  # fmt: skip
"""As ``ASKED``."""


@pytest.mark.slow
@pytest.mark.parametrize("name", todays(list(DEEP), 2))
def test_a_command_on_12_000_layers_ends_in_time(name: str, tmp_path: Path) -> None:
    text, (command, *options), code, message = DEEP[name]
    spec = tmp_path / "net.yaml"
    spec.write_text(text, encoding="utf-8")
    assert message in " ".join(run_limited(command, str(spec), *options, code=code).split())


# Each row of the guide's table: what is just within the limit, and what is just beyond it


def chain(blocks: int) -> str:
    """Blocks that call one another."""
    each = ", ".join(
        f"b{one}: {{layers: [{f'b{one + 1}' if one < blocks - 1 else 'relu'}]}}" for one in range(blocks)
    )
    return f"blocks: {{{each}}}\nlayers: [b0]\n"


def listed(count: int, what: str) -> str:
    return ", ".join(what.replace("N", str(one)) for one in range(count))


BOUNDS: dict[str, tuple[Callable[[int], str], str, str]] = {
    "bytes of text": (lambda n: "layers: [relu]\n".ljust(n, "#"), "E102", "is larger than 8 MiB of text"),
    "lists and mappings inside one another": (lambda n: f"description: {'[' * (n - 1)}{']' * (n - 1)}\nlayers: [relu]\n", "E102", "nested deeper than 200 levels"),
    "lists of layers inside one another, calls of blocks included": (lambda n: chain(n - 1), "E102", "nested deeper than 65 levels"),
    "variables of a file": (lambda n: f"vars: {{{listed(n, 'vN: N')}}}\nlayers: [relu]\n", "E102", "more than 10,000 variables"),
    "parameters of a block": (lambda n: f"blocks: {{a: {{params: [{listed(n, 'pN=1')}], layers: [relu]}}}}\nlayers: [a]\n", "E102", "more than 100 parameters of a block"),
    "a number that is written": (lambda n: f"layers: [conv: {{kernel: {n}}}]\n", "E109", "is beyond the largest possible value"),
    "characters of a name": (lambda n: f"layers: [{{relu: , name: {'n' * n}}}]\n", "E114", "cannot be a name"),
    "spatial axes of a map": (lambda n: f"input: [1{', 8' * n}]\nlayers: [relu]\n", "E109", "5 axes are more than the channels and 3 spatial axes"),
    "channels or a size that is computed": (lambda n: f"input: [1, {n // 10**12 + n % 10}]\nlayers: [upsample: {10**12}]\n", "E102", "exceed 10**18"),
    "characters of an expression": (lambda n: f"layers: [conv: {{kernel: {'1' * (2 - n % 2)}{'+1' * ((n - 1) // 2)}}}]\n", "E207", "an expression has at most 500"),
    "an exponent in an expression": (lambda n: f"layers: [conv: {{kernel: 1**{n}}}]\n", "E207", "the exponent 65 is beyond 64"),
    "errors of a file that are reported": (lambda n: f"layers: [{listed(n, '{conv1x1: -1}')}]\n", "E102", "more than 500 errors"),
}  # fmt: skip
"""A spec that has as many, the code where it is one more, and what is said then."""
ELSEWHERE = {
    "YAML nodes, aliases counted as what they refer to": "long texts by alias",
    "layers of a file (`--max-layers`)": "repeats in repeats",
    "inputs of all layers, per layer on average": "joins of joins",
    "nodes read again for blocks, repeats, variants and cases, per layer on average": "a block of expressions",
    "characters of the paths of all layers": "paths",
    "units of a network that are computed one by one for non-uniform fields": "uneven units",
    "combinations of a sweep": "a sweep of too many sizes",
    "positions of an axis whose windows are listed or drawn": "a picture of windows",
    "positions along an axis of an image to be tiled": "tiles of a wide image",
}
"""Rows whose limits are larger: the case above that goes beyond them, or to their end."""
OWN = {
    "units after which a non-uniform receptive field must repeat": "test_a_field_repeats_soon_enough_or_is_unknown",
    "combinations of a sweep whose rows are written as they come": "test_ten_million_combinations_and_no_more",
    "numbers that are added up for effective receptive fields": "test_as_many_numbers_are_added_up_for_an_effective_field_and_no_more",
    "tiles along an axis": "test_100_000_tiles_and_no_more",
}
"""Rows that are no limits on a spec: their tests below."""


def rows() -> dict[str, int]:
    found = re.findall(r"^\| (.+?) \| ([\d,]+) \|$", limits(), re.MULTILINE)
    return {name: int(number.replace(",", "")) for name, number in found}


def test_every_row_of_the_guide_is_tried() -> None:
    assert set(rows()) == {*BOUNDS, *ELSEWHERE, *OWN}
    assert set(ELSEWHERE.values()) <= {*REFUSED, *UNKNOWN, *ASKED} and set(OWN.values()) <= set(globals())


@pytest.mark.parametrize("row", BOUNDS)
def test_one_more_is_refused_with_its_place(row: str) -> None:
    spec, code, message = BOUNDS[row]
    most = rows()[row]
    within = said_of(spec(most))
    assert message not in within
    assert within == "" or row in (
        "lists and mappings inside one another",
        "errors of a file that are reported",
    )
    found = last(spec(most + 1))
    assert (found.code, message in found.message, found.location is not None) == (code, True, True), found


@pytest.mark.parametrize(
    "spec",
    [
        lambda n: "name: a\n" * (n + 1) + "layers: [relu]\n",
        lambda n: f"layers: [{listed(n, '{relu: , from: xN}')}]\n",
    ],
    ids=["keys", "names"],
)
def test_as_many_errors_are_reported_by_every_stage(spec: Callable[[int], str]) -> None:
    for count in (MOST_ERRORS, MOST_ERRORS + 1):
        with pytest.raises(CnncalcError) as caught:
            cnncalc.loads(spec(count))
        codes = [found.code for found in caught.value.diagnostics]
        assert (len(codes), codes.count("E102")) == (count, count - MOST_ERRORS)


def test_a_field_repeats_soon_enough_or_is_unknown() -> None:
    most = rows()["units after which a non-uniform receptive field must repeat"]
    reasons = [
        report_of(f"input: [1, 64]\nlayers: [upsample: {n}]\n").layers[-1].field.reason
        for n in (most, most + 1)
    ]
    assert reasons == [None, TOO_IRREGULAR]


def test_ten_million_combinations_and_no_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that are written as they come begin at once: tests/questions/test_engines.py."""
    spec = tmp_path / "net.yaml"
    spec.write_text(INPUT + "layers: [relu]\n", encoding="utf-8")
    most = rows()["combinations of a sweep whose rows are written as they come"]
    assert main(["sweep", str(spec), "--input", f"4x1..{most + 1}", "--format", "csv"]) == 2
    assert f"{most + 1:,} combinations are more than the {most:,}" in " ".join(
        capsys.readouterr().err.split()
    )


@pytest.mark.slow
def test_as_many_numbers_are_added_up_for_an_effective_field_and_no_more() -> None:
    """The layer number n adds up 3 for each of the 2n + 1 positions that its units see."""
    most = rows()["numbers that are added up for effective receptive fields"]
    depth = max(n for n in range(10_000) if 3 * (n * n + 2 * n) <= most)
    report = report_of(f"input: [1, 64]\nlayers: [{{conv3: {{out: 1, padding: 1}}, repeat: {depth + 1}}}]\n")
    flow = Flow(report, Gradient())
    reasons = [flow.enter(layer).reason for layer in report.layers]
    assert reasons == [None] * depth + [TOO_DEEP]


@pytest.mark.slow
def test_100_000_tiles_and_no_more() -> None:
    """A tile of 3 is one unit of a convolution of 3."""
    (model,) = cnncalc.loads("input: [1, 64]\nlayers: [conv3: 1]\n")
    most = rows()["tiles along an axis"]
    assert len(tile(model, (most + 2,), tile=3).axes[0].tiles) == most
    with pytest.raises(NoAnswer, match="the smallest tile that works is 4"):
        tile(model, (most + 3,), tile=3)


# What the limits leave room for


def test_memory_grows_with_the_number_of_layers() -> None:
    def peak(layers: int) -> int:
        tracemalloc.start()
        report_of(f"{INPUT}layers: [{{seq: [{CONV}, relu], repeat: {layers // 2}}}]\n")
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(100)  # what is loaded once
    assert 1.4 < peak(1000) / peak(500) < 3  # of what grows with its square 4


@pytest.mark.slow
def test_100_000_layers_of_each_kind() -> None:
    chain = report_of(f"{INPUT}layers: [{{{CONV}, repeat: 100000}}]\n")
    assert (len(chain.layers), chain.layers[-1].field.size) == (100_000, (200_001, 200_001))
    residual = report_of(f"{INPUT}layers: [{{residual: [{CONV}], repeat: 50000}}]\n")
    assert len(residual.layers) == 100_000
    joined = report_of(f"{INPUT}layers: [{{identity: , name: a}}, concat: [{', '.join(['a'] * 100_000)}]]\n")
    assert joined.layers[-1].shape.channels == 400_000


def test_the_deepest_nesting_is_read_from_any_depth_of_the_stack() -> None:
    deep = "(" * 15 + "4" + ")" * 15
    spec = nested(62, "[seq: ", "]", f"[conv1x1: {{out: '{deep}', norm: bn, act: {{leaky_relu: '{deep}'}}}}]")

    def at(depth: int) -> tuple[Model, ...]:
        return at(depth - 1) if depth else cnncalc.loads(spec)

    for depth in (0, 300, sys.getrecursionlimit() - 250):
        assert len(cnncalc.analyze(at(depth)[0]).layers) == 3


@pytest.mark.slow
def test_more_layers_where_they_are_asked_for() -> None:
    spec = f"{INPUT}layers: [{{relu: , repeat: 250000}}]\n"
    assert "250,000 copies exceed the limit of 200,000 layers" in last(spec).message
    (model,) = cnncalc.loads(spec, max_layers=300_000)
    assert len(model.graph.nodes) == 250_001
    with pytest.raises(CnncalcError, match="more than 2 layers in the file"):
        cnncalc.loads(f"{INPUT}layers: [{{relu: , repeat: 2}}, relu]\n", max_layers=2)


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("models: {a: {layers: [relu]}, b: {layers: [relu]}}", 2),
        ("input: {left: [3, 8, 8], right: [3, 8, 8]}\nlayers: [{add: [left, right]}, relu]", 2),
        ("input: [3, 8, 8]\nlayers: [relu, relu]\ncases: [{input: [3, 9, 9]}, {input: [3, 7, 7]}]", 3 * 2),
    ],
)
def test_inputs_are_no_layers(text: str, layers: int) -> None:
    assert cnncalc.loads(text, max_layers=layers)
    with pytest.raises(CnncalcError, match=f"more than {layers - 1} "):
        cnncalc.loads(text, max_layers=layers - 1)


@pytest.mark.parametrize("spec", ["lenet5", "resnet50"])
def test_few_layers_are_said_to_be_few(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Not the effort of reading again what a block, a variant or a case shares."""
    assert main(["rf", spec, "--max-layers", "2"]) == 1
    err = capsys.readouterr().err
    assert "error[E102]: more than 2 items after expanding blocks and repeats" in err
    assert "pass --max-layers" in err


@pytest.mark.parametrize("command", ["params", "rf", "shapes", "summary", "compare", "check"])
def test_more_layers_on_the_command_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text("layers: [{relu: , repeat: 3}]\n", encoding="utf-8")
    assert main([command, str(spec), "--max-layers", "2"]) == 1
    out, err = capsys.readouterr()
    assert "3 copies exceed the limit of 2 layers" in out + err
    assert main([command, str(spec), "--max-layers", "3"]) == 0


@pytest.mark.parametrize("most", [0, -1])
def test_a_limit_on_layers_that_is_none(most: int) -> None:
    with pytest.raises(ValueError, match="`max_layers` is at least 1"):
        cnncalc.loads("layers: [relu]", max_layers=most)


@pytest.mark.slow
def test_as_many_expectations_as_layers() -> None:
    spec = f"{INPUT}blocks: {{a: {{layers: [{{{CONV}, expect: {{params: 148}}}}]}}}}\nlayers: [{{a: , repeat: 40000}}]\n"
    (model,) = cnncalc.loads(spec)
    findings = check(model)  # a search through all layers for each would take minutes
    assert len(findings) == 40_000
    assert all(finding.ok for finding in findings)


@pytest.mark.slow
def test_a_long_table() -> None:
    report = report_of(f"{INPUT}layers: [{{{CONV}, repeat: 50000}}]\n")
    table = networks([report], View("summary", paths=True), "table", PLAIN).splitlines()
    rows = [line for line in table if line.startswith("conv_1[")]
    assert len(rows) == 50_000
    assert {row.index("4x8x8") + len("4x8x8") for row in rows} == {rows[0].index("4x8x8") + len("4x8x8")}
