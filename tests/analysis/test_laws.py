"""Laws of whole networks: shorthands equal what they stand for, structure that changes nothing, cost, peak memory."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.report import LayerReport, Report
from tests.analysis.naive import Item, networks, spec_of
from tests.timing import ratio

Fact = tuple[Any, ...]
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def analyzed(spec: str) -> Report:
    (model,) = cnncalc.loads(spec)
    report = cnncalc.analyze(model)
    assert report.failed is None, report.diagnostics
    return report


def report_of(layers: str, head: str = "input: [4, 12, 12]") -> Report:
    return analyzed(f"{head}\nlayers: {layers}\n")


def fact(layer: LayerReport) -> Fact:
    """Everything computed for a layer; not its path, and not by which of the equal names a join is called."""
    op = (
        "concat"
        if layer.op in ("inception", "spp", "ppm", "dense_block")
        else "add"
        if layer.op == "residual"
        else layer.op
    )
    counts = (layer.weights, layer.biases, layer.buffers, layer.macs, layer.activations)
    return (op, layer.in_shape, layer.shape, layer.windows, counts, layer.field, layer.is_join)


def facts(report: Report) -> list[Fact]:
    return [fact(layer) for layer in report.layers]


def same(one: Report, other: Report) -> None:
    """Equal records in equal order, equal totals, outputs and peak; paths aside."""
    assert facts(one) == facts(other)
    assert (one.totals, one.peak) == (other.totals, other.peak)
    assert [output.shape for output in one.outputs] == [output.shape for output in other.outputs]


EXPANSIONS = [
    pytest.param(
        "[inception: {1x1: 6, 3x3: [4, 8], 5x5: [2, 3], pool: 5}]",
        "[concat: {a: [conv1x1: 6], b: [conv1x1: 4, conv3x3: {out: 8, padding: 1}],"
        " c: [conv1x1: 2, conv5x5: {out: 3, padding: 2}], d: [maxpool3x3: {stride: 1, padding: 1}, conv1x1: 5]}]",
        id="inception",
    ),
    pytest.param(
        "[inception: {3x3: 8, pool: true}]",
        "[concat: [[conv3x3: {out: 8, padding: 1}], [maxpool3x3: {s: 1, p: 1}]]]",
        id="inception without reductions",
    ),
    pytest.param(
        "[inception: {1x1: 6, 3x5: [4, 8], pool: 5, norm: bn, act: relu}]",
        "[concat: [[conv1x1: {out: 6, bias: false}, bn, relu],"
        " [conv1x1: {out: 4, bias: false}, bn, relu, conv3x5: {out: 8, padding: [1, 2], bias: false}, bn, relu],"
        " [maxpool3x3: {s: 1, p: 1}, conv1x1: {out: 5, bias: false}, bn, relu]]]",
        id="inception with norm and act",
    ),
    pytest.param(
        "[conv3x3: {out: 8, norm: bn, act: relu}]",
        "[conv3x3: {out: 8, bias: false}, bn, relu]",
        id="norm bn drops the bias",
    ),
    pytest.param(
        "[conv3x3: {out: 8, norm: bn, bias: true}]", "[conv3x3: 8, bn]", id="norm bn with a bias of its own"
    ),
    pytest.param(
        "[conv3x3: {out: 8, norm: {gn: 2}, act: {leaky_relu: 0.1}}]",
        "[conv3x3: 8, gn: 2, leaky_relu: 0.1]",
        id="gn, leaky",
    ),
    pytest.param(
        "[flatten, linear: {out: 5, norm: ln, act: gelu}]",
        "[flatten, linear: 5, ln, gelu]",
        id="norm and act on linear",
    ),
    pytest.param(
        "[separable3x3: {out: 8, padding: 1}]", "[depthwise3x3: {padding: 1}, conv1x1: 8]", id="separable"
    ),
    pytest.param(
        "[separable5x3: {out: 8, s: [2, 1], d: 2, p: 2, mult: 3, bias: false, act: relu}]",
        "[depthwise5x3: {mult: 3, stride: [2, 1], dilation: 2, padding: 2, bias: false}, conv1x1: {out: 8, bias: false}, relu]",
        id="separable with everything",
    ),
    pytest.param(
        "[residual: [conv3x3: {out: 4, padding: 1}]]",
        "[add: {body: [conv3x3: {out: 4, padding: 1}], skip: []}]",
        id="residual",
    ),
    pytest.param(
        "[residual: {body: [conv3x3: {out: 8, s: 2, p: 1}], shortcut: project}]",
        "[add: [[conv3x3: {out: 8, s: 2, p: 1}], [conv1x1: {out: 8, stride: 2, bias: false}, bn]]]",
        id="projection",
    ),
    pytest.param(
        "[residual: {body: [conv3x3: {out: 4, p: 1}], shortcut: project}]",
        "[residual: [conv3x3: {out: 4, p: 1}]]",
        id="projection where shapes agree",
    ),
    pytest.param(
        "[dense_block: {repeat: 3, body: [bn, conv3x3: {out: 2 + i, padding: 1}]}]",
        "[concat: [prev, [bn, conv3x3: {out: 2, p: 1}]], concat: [prev, [bn, conv3x3: {out: 3, p: 1}]],"
        " concat: [prev, [bn, conv3x3: {out: 4, p: 1}]]]",
        id="dense block",
    ),
    pytest.param(
        "[spp: {levels: [4, 2, 1], mode: adaptive}]",
        "[concat: [[adaptive_maxpool: 4, flatten], [adaptive_maxpool: 2, flatten], [global_maxpool, flatten]]]",
        id="adaptive spp",
    ),
    pytest.param(
        "[ppm: {bins: [1, 3], out: 2, norm: bn, act: relu}]",
        "[identity, {concat: [prev,"
        " [adaptive_avgpool: 1, conv1x1: {out: 2, norm: bn, act: relu}, upsample: {size: 12, mode: bilinear}],"
        " [adaptive_avgpool: 3, conv1x1: {out: 2, norm: bn, act: relu}, upsample: {size: 12, mode: bilinear}]]}]",
        id="ppm",
    ),
    pytest.param("[conv3x3: 4]", "[{conv: {out: 4, kernel: [3, 3]}}]", id="kernel in the name"),
]


def loose(report: Report) -> list[Fact]:
    """Facts without the operation's name, for layers that do the same under another one."""
    drop = ("identity",)
    return [fact(layer)[1:3] + fact(layer)[4:6] for layer in report.layers if layer.op not in drop]


@pytest.mark.parametrize(("shorthand", "written_out"), EXPANSIONS)
def test_shorthands_equal_what_is_written_out(shorthand: str, written_out: str) -> None:
    one, other = report_of(shorthand), report_of(written_out)
    assert loose(one) == loose(other)
    assert one.totals.params == other.totals.params
    assert one.totals.macs == other.totals.macs
    if "spp" not in shorthand and "ppm" not in shorthand:
        same(one, other)


_PPM = "[{{ppm: {{bins: [2, 3], {}}}}}]"
_PPM_WRITTEN_OUT = """[{{concat: [prev, [adaptive_avgpool: 2, conv1x1: {{{0}}}, upsample_to: {{target: input, mode: bilinear}}],
    [adaptive_avgpool: 3, conv1x1: {{{0}}}, upsample_to: {{target: input, mode: bilinear}}]]}}]"""


@pytest.mark.parametrize(
    ("layers", "same_as"),
    [
        (
            "[{conv3x3: 8}, {inception: {1x1: 3, 3x3: [2, 4]}}]",
            "[{conv3x3: 8}, {concat: [[conv1x1: 3], [conv1x1: 2, conv3x3: {out: 4, padding: 1}]]}]",
        ),
        ("[separable3x3: 5]", "[depthwise3x3, conv1x1: 5]"),
        ("[{inception: {1x1: 3, norm: bn}}]", "[{concat: [[conv1x1: {out: 3, norm: bn}]]}]"),
        (_PPM.format("out: 5, norm: bn"), _PPM_WRITTEN_OUT.format("out: 5, norm: bn")),
        (
            "[{inception: {1x1: 3, norm: none, act: none}}]",
            "[{concat: [[conv1x1: {out: 3, norm: none, act: none}]]}]",
        ),
        (
            "[separable3x3: {out: 5, norm: none, act: none}]",
            "[depthwise3x3, conv1x1: {out: 5, norm: none, act: none}]",
        ),
        (
            _PPM.format("out: 5, norm: none, act: none"),
            _PPM_WRITTEN_OUT.format("out: 5, norm: none, act: none"),
        ),
        (_PPM.format("act: none"), _PPM_WRITTEN_OUT.format("act: none")),
    ],
)
@pytest.mark.parametrize(
    "defaults",
    [
        "{conv: {bias: false}}",
        "{conv: {bias: true}}",
        "{conv: {norm: bn, act: relu}}",
        "{conv: {out: 6, norm: bn}}",
        "{depthwise: {bias: false, act: relu6}}",
    ],
)
def test_defaults_reach_into_shorthands_as_into_layers(defaults: str, layers: str, same_as: str) -> None:
    head = f"input: [4, 12, 12]\ndefaults: {defaults}"
    same(report_of(layers, head), report_of(same_as, head))


@pytest.mark.parametrize(
    ("defaults", "biases"),
    [
        ("{}", 0),
        ("{conv: {bias: true}}", 5),
        ("{depthwise: {bias: true}}", 4),
        ("{conv: {bias: true}, depthwise: {bias: true}}", 4 + 5),
    ],
)
def test_a_default_bias_stands_before_bn_in_a_separable_too(defaults: str, biases: int) -> None:
    """`norm: bn` takes the bias of both its convolutions by default only: 4 channels depthwise, 5 pointwise."""
    report = report_of("[separable3x3: {out: 5, norm: bn}]", f"input: [4, 12, 12]\ndefaults: {defaults}")
    assert sum(layer.biases or 0 for layer in report.layers if layer.op != "bn") == biases


@given(networks(2))
@QUICK
def test_seq_is_transparent(items: list[Item]) -> None:
    same(analyzed(spec_of(items, 2)), analyzed(spec_of([{"seq": items}], 2)))


@pytest.mark.slow
@given(networks(1), networks(1), networks(1))
@QUICK
def test_grouping_does_not_matter(a: list[Item], b: list[Item], c: list[Item]) -> None:
    left, right = [{"seq": [{"seq": a}, *b]}, *c], [*a, {"seq": [*b, {"seq": c}]}]
    same(analyzed(spec_of(left, 1)), analyzed(spec_of(right, 1)))


@given(networks(1))
@QUICK
def test_conv1x1_and_identity_change_no_field(items: list[Item]) -> None:
    after = [*items, {"identity": None}]
    around: list[Item] = [{"conv1": None}, *items, {"conv1": None}, {"identity": None}]
    assert (
        analyzed(spec_of(after, 1)).layers[-1].field.axes
        == analyzed(spec_of(around, 1)).layers[-1].field.axes
    )


@given(networks(1), st.integers(0, 3), st.integers(0, 2))
@QUICK
def test_nested_repeats_equal_the_unrolled(items: list[Item], inner: int, outer: int) -> None:
    nested: list[Item] = [{"seq": [{"seq": items, "repeat": inner}, {"relu": None}], "repeat": outer}]
    unrolled: list[Item] = [{"seq": (items * inner + [{"relu": None}]) * outer}]
    same(analyzed(spec_of(nested, 1)), analyzed(spec_of(unrolled, 1)))


@pytest.mark.slow
@given(st.lists(networks(1), min_size=2, max_size=4), st.randoms(use_true_random=False))
@QUICK
def test_order_of_branches_does_not_change_the_field(branches: list[list[Item]], random: Any) -> None:
    shuffled = random.sample(branches, len(branches))
    one, other = (
        analyzed(spec_of([{"concat": list(parts)}], 1)).layers[-1] for parts in (branches, shuffled)
    )
    for here, there in zip(one.field.axes, other.field.axes, strict=True):
        assert set(here.maps) == set(there.maps)
        assert here.aligned == there.aligned
    assert one.shape == other.shape


@given(networks(2))
@QUICK
def test_paths_are_unique(items: list[Item]) -> None:
    paths = [layer.path for layer in analyzed(spec_of(items, 2)).layers]
    assert len(set(paths)) == len(paths)


@given(networks(1))
@QUICK
def test_inputs_are_earlier_tensors(items: list[Item]) -> None:
    known = {"input"}
    for layer in analyzed(spec_of(items, 1)).layers:
        assert set(layer.inputs) <= known
        known.add(layer.path)


def test_dense_block_as_one_growing_concat() -> None:
    """The concat of everything before, as the paper writes it: totals and shape agree with joining once per copy."""
    block = report_of("[dense_block: {repeat: 3, body: [conv3x3: {out: 5, padding: 1}]}]")
    paper = report_of(
        "[{conv3x3: {out: 5, p: 1}, name: a}, {concat: [input, a]}, {conv3x3: {out: 5, p: 1}, name: b},"
        " {concat: [input, a, b]}, {conv3x3: {out: 5, p: 1}, name: c}, {concat: [input, a, b, c]}]"
    )
    assert block.layers[-1].shape == paper.layers[-1].shape
    assert block.layers[-1].field == paper.layers[-1].field
    assert (block.totals.params, block.totals.macs) == (paper.totals.params, paper.totals.macs)
    assert block.totals.params == sum(9 * (4 + 5 * n) * 5 + 5 for n in range(3))


# Cost


def diamonds(n: int) -> str:
    """A chain of joins with 2**n paths through it."""
    branches = "{concat: [[conv3x3: {out: 4, padding: 1}], [conv1x1: 4]]}"
    return f"input: [4, 32, 32]\nlayers: [{{seq: [{branches}, conv1x1: 4], repeat: {n}}}]\n"


def test_diamonds_cost_as_many_records_as_they_have_layers() -> None:
    for n in (1, 50, 200):
        assert len(analyzed(diamonds(n)).layers) == n * (2 + 1 + 1)


def test_diamonds_are_not_walked_path_by_path() -> None:
    assert analyzed(diamonds(200)).layers[-1].field.size == (1 + 2 * 200, 1 + 2 * 200)
    assert ratio(lambda: analyzed(diamonds(200)), lambda: analyzed(diamonds(20))) < 3 * 10


def test_diamonds_of_unequal_strides_stay_cheap() -> None:
    """Each join adds a map per stride, not per path."""
    join = {"concat": [[{"upsample": 2}], "prev"]}
    short, long = (json.dumps({"input": [1, "any"], "layers": [join] * n}) for n in (6, 12))
    assert len(analyzed(long).layers[-1].field.axes[0].maps) == 12 + 1
    assert ratio(lambda: analyzed(long), lambda: analyzed(short), 5) < 3 * 2**2


# Peak memory


@st.composite
def graphs(draw: st.DrawFn) -> list[tuple[str, int, list[int], bool]]:
    """Nodes as (operation, channels, sources, is head); sources are indices of tensors, 0 is the input, all others main ones."""
    nodes: list[tuple[str, int, list[int], bool]] = []
    readable = [0]
    for number in range(1, draw(st.integers(1, 9)) + 1):
        sources = draw(st.lists(st.sampled_from(readable), min_size=1, max_size=3))
        is_head = draw(st.sampled_from([False, False, False, True]))
        op = "conv" if len(sources) == 1 or is_head else "concat"
        nodes.append((op, draw(st.integers(1, 9)), sources[:1] if is_head else sources, is_head))
        if not is_head:
            readable.append(number)
    return nodes


def written(nodes: list[tuple[str, int, list[int], bool]]) -> str:
    def name(index: int) -> str:
        return f"t{index}" if index else "input"

    layers: list[Item] = []
    for number, (op, channels, sources, is_head) in enumerate(nodes, 1):
        conv = {"conv1x1": channels}
        if is_head:
            layers.append({"head": [conv], "from": name(sources[0]), "name": name(number)})
        elif op == "conv":
            layers.append({**conv, "from": name(sources[0]), "name": name(number)})
        else:
            layers.append({"concat": [name(source) for source in sources], "name": name(number)})
    return json.dumps({"input": [3, 2, 2], "layers": layers})


def liveness(nodes: list[tuple[str, int, list[int], bool]]) -> int:
    """The most elements held at once: at each step what is made there, and what was made before and is still to be read."""
    channels = [3]
    for op, out, sources, _ in nodes:
        channels.append(out if op == "conv" else sum(channels[source] for source in sources))
    main = [0, *(number for number, node in enumerate(nodes, 1) if not node[3])]
    kept = {main[-1], *(number for number, node in enumerate(nodes, 1) if node[3])}
    most = channels[0]
    for step in range(1, len(nodes) + 1):
        still_read = {source for _, _, sources, _ in nodes[step - 1 :] for source in sources}
        alive = {tensor for tensor in range(step + 1) if tensor in still_read | kept or tensor == step}
        most = max(most, sum(channels[tensor] for tensor in alive))
    return most * 2 * 2


@pytest.mark.slow
@given(graphs())
@settings(max_examples=200, deadline=None)
def test_peak_is_what_liveness_says(nodes: list[tuple[str, int, list[int], bool]]) -> None:
    assert analyzed(written(nodes)).peak == liveness(nodes)


def peak_from_records(report: Report) -> int:
    """The same from the records: a tensor lives from its record to the last record that names it, outputs to the end."""
    elements = {name: shape.elements() for name, shape in report.inputs} | {
        layer.path: layer.activations for layer in report.layers
    }
    order = list(elements)
    last = {path: order.index(path) for path in order}
    for step, layer in enumerate(report.layers, len(report.inputs)):
        last.update(dict.fromkeys(layer.inputs, step))
    last.update({output.path: len(order) for output in report.outputs})
    alive = [
        [path for made, path in enumerate(order) if made <= step <= last[path]] for step in range(len(order))
    ]
    return max(sum(elements[path] or 0 for path in paths) for paths in alive)


@pytest.mark.parametrize(
    "layers",
    [
        "[conv3x3: 8, relu, global_avgpool, linear: 10]",
        "[residual: {body: [conv3x3: {out: 4, padding: 1}], shortcut: project}, relu]",
        "[residual: {body: [conv3x3: {out: 32, s: 2, padding: 1}], shortcut: project}]",
        "[residual: {body: [conv3x3: {out: 1, s: 2, padding: 1}, conv1x1: 64], shortcut: project}, conv1x1: 1]",
        "[residual: {body: [conv1x1: 1, conv1x1: 64], shortcut: [conv1x1: 64, bn]}, conv1x1: 1]",
        "[residual: {body: [conv1x1: 1, conv1x1: 64], shortcut: project}, conv1x1: 1]",
        "[{residual: {body: [relu], shortcut: project}, repeat: 3}]",
        "[residual: {body: [residual: {body: [relu], shortcut: project}]}]",
        "[inception: {1x1: 64, 3x3: [96, 128], 5x5: [16, 32], pool: 32}]",
        "[dense_block: {repeat: 4, body: [conv3x3: {out: 3, padding: 1}]}, {head: [flatten, linear: 3]}, relu]",
        "[{ppm: {bins: [1, 2], out: 2}}]",
        "[{spp: [4, 2, 1]}]",
        "[{head: []}, relu, {seq: []}, relu]",
        "[{relu: , repeat: 0}]",
    ],
)
def test_peak_agrees_with_the_records(layers: str) -> None:
    report = report_of(layers)
    assert report.peak == peak_from_records(report)


@pytest.mark.parametrize(
    ("shorthand", "shape"),
    [
        ("separable3x3: {out: 8, padding: 1, stride: 1, dilation: 1}", "8x12x12"),
        ("ppm: {bins: [1, 2], out: 2}", "8x12x12"),
        ("inception: {1x1: 2, 3x3: [2, 3], pool: 1}", "6x12x12"),
    ],
)
def test_windows_of_other_convolutions_are_no_defaults_inside_shorthands(shorthand: str, shape: str) -> None:
    """Each of these keeps the map's size."""
    defaults = "defaults: {conv: {padding: 2, stride: 2, dilation: 2}, depthwise: {padding: 2, stride: 2}}\n"
    for head in ("", defaults):
        (model,) = cnncalc.loads(f"input: [4, 12, 12]\n{head}layers: [{shorthand}]\n")
        assert str(cnncalc.analyze(model).outputs[0].shape) == shape
