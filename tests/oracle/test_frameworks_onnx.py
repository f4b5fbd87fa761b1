"""Single layers as ONNX models, run in ONNX Runtime and through ONNX's shape inference: sizes and positions read, 1-D to 3-D."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper, shape_inference  # noqa: E402

from tests.oracle.grids import Answer, Case, answers, disagreements, drawn, grid, records  # noqa: E402
from tests.oracle.probing import impulses, positions  # noqa: E402

OPERATORS = {
    "conv": "Conv",
    "conv_transpose": "ConvTranspose",
    "maxpool": "MaxPool",
    "avgpool": "AveragePool",
    "lppool": "LpPool",
    "global_avgpool": "GlobalAveragePool",
    "global_maxpool": "GlobalMaxPool",
}
ATTRIBUTES = {"kernel": "kernel_shape", "stride": "strides", "dilation": "dilations"}
AUTO_PAD = {"same": "SAME_UPPER", "same_lower": "SAME_LOWER", "valid": "VALID"}
POOLS = ("maxpool", "avgpool", "lppool")
NODES_PER_MODEL = 500
Sizes = tuple[int, ...]


def attributes(case: Case) -> dict[str, Any]:
    """The layer's arguments under ONNX's names; arguments without a name here are ONNX's own."""
    rank = len(case.sizes)
    found: dict[str, Any] = {}
    for name, value in case.args.items():
        if name == "padding" and isinstance(value, str):
            found["auto_pad"] = AUTO_PAD[value]
        elif name == "padding":
            pairs = [pair if isinstance(pair, list) else [pair, pair] for pair in per_axis(value, rank)]
            found["pads"] = [before for before, _ in pairs] + [after for _, after in pairs]
        elif name == "ceil":
            found["ceil_mode"] = int(value)
        else:
            found[ATTRIBUTES.get(name, name)] = per_axis(value, rank) if name != "auto_pad" else value
    return found


def per_axis(value: Any, rank: int) -> list[Any]:
    return list(value) if isinstance(value, list) else [value] * rank


def model(cases: Sequence[Case], opset: int) -> tuple[Any, dict[str, Any]]:
    """One graph in which each case is a node for each axis of its map, and the impulses it is to be fed with."""
    nodes, outputs, feeds, weights = [], [], {}, {}
    for number, case in enumerate(cases):
        given = attributes(case)
        for axis in range(len(case.sizes)):
            names = ["_".join(map(str, ("x", *case.sizes, axis)))]
            feeds[names[0]] = case.sizes, axis
            if case.op.startswith("conv"):
                kernel = given["kernel_shape"]
                names.append("_".join(map(str, ("w", *kernel))))
                weights[names[1]] = [1, 1, *kernel]
            nodes.append(helper.make_node(OPERATORS[case.op], names, [f"y{number}_{axis}"], **given))
            outputs.append(helper.make_tensor_value_info(f"y{number}_{axis}", TensorProto.FLOAT, None))
    graph = helper.make_graph(
        nodes,
        "cases",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [sizes[axis], 1, *sizes])
            for name, (sizes, axis) in feeds.items()
        ],
        outputs,
        [
            helper.make_tensor(name, TensorProto.FLOAT, dims, [1.0] * _elements(dims))
            for name, dims in weights.items()
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    return made, {name: impulses(*feed) for name, feed in feeds.items()}


def _elements(dims: Sequence[int]) -> int:
    total = 1
    for dim in dims:
        total *= dim
    return total


def executed(cases: Sequence[Case], opset: int = 22) -> list[Answer]:
    """What ONNX Runtime reads; a graph that it refuses is halved until the node refused is alone."""
    if len(cases) > NODES_PER_MODEL:
        return [
            one
            for first in range(0, len(cases), NODES_PER_MODEL)
            for one in executed(cases[first:][:NODES_PER_MODEL], opset)
        ]
    made, feeds = model(cases, opset)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        session = runtime.InferenceSession(
            made.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        results = iter(session.run(None, feeds))
    except Exception as error:  # onnxruntime's exceptions have no common base of their own
        if len(cases) == 1:
            return [Answer(refusal=str(error))]
        middle = len(cases) // 2
        return executed(cases[:middle], opset) + executed(cases[middle:], opset)
    return [_read(case, [next(results) for _ in case.sizes]) for case in cases]


def _read(case: Case, responses: Sequence[Any]) -> Answer:
    if not all(response.size for response in responses):
        return Answer(refusal="empty")
    return Answer(tuple(positions(response, axis) for axis, response in enumerate(responses)))


def inferred(cases: Sequence[Case], opset: int = 22) -> list[Sizes]:
    """The sizes that ONNX's shape inference gives."""
    made = shape_inference.infer_shapes(model(cases, opset)[0], strict_mode=True)
    shapes = {
        value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
        for value in made.graph.output
    }
    return [shapes[f"y{number}_0"][2:] for number, _ in enumerate(cases)]


def hold(cases: Sequence[Case], at_least: int, opset: int = 22, rules: int = 22) -> None:
    """All cases that cnncalc computes agree with ONNX Runtime, and there are as many as announced."""
    computed = answers(cases, f"onnx:{rules}")
    assert {got.refusal for got in computed} <= {None, "E301"}
    pairs = [(case, got) for case, got in zip(cases, computed, strict=True) if got.refusal is None]
    assert len(pairs) >= at_least
    fitting, got = [case for case, _ in pairs], [one for _, one in pairs]
    agree(disagreements(fitting, got, executed(fitting, opset)), len(pairs))


def hold_inferred(cases: Sequence[Case], at_least: int, opset: int = 22) -> None:
    """All cases that cnncalc computes agree with ONNX's shape inference of that opset, and there are as many as announced."""
    pairs = [
        (case, got.sizes)
        for case, got in zip(cases, answers(cases, f"onnx:{opset}"), strict=True)
        if got.refusal is None
    ]
    assert len(pairs) >= at_least
    wanted = inferred([case for case, _ in pairs], opset)
    agree(
        [
            f"{case}: cnncalc {got}, inferred {size}"
            for (case, got), size in zip(pairs, wanted, strict=True)
            if got != size
        ],
        len(pairs),
    )


def agree(wrong: Sequence[str], count: int) -> None:
    assert not wrong, f"{len(wrong)} of {count}\n" + "\n".join(wrong[:10])


# --- what agrees


@pytest.mark.parametrize("kernel", range(1, 6))
def test_every_small_convolution(kernel: int) -> None:
    paddings = [0, 1, 2, 3, "valid", [[0, 1]], [[2, 0]]]
    hold(
        grid(
            "conv",
            range(1, 11),
            kernel=[kernel],
            stride=[None, 1, 2, 3, 4],
            padding=paddings,
            dilation=[None, 2, 3],
        ),
        450,
    )


def test_convolutions_under_auto_pad() -> None:
    """Up to strides of the kernel: see the test on longer strides."""
    every: dict[str, Sequence[Any]] = {"padding": ["same", "same_lower"]}
    hold(
        [
            case
            for k in range(1, 7)
            for case in grid("conv", range(1, 15), kernel=[k], stride=range(1, k + 1), **every)
        ],
        580,
    )


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("padding", ["same", "same_lower", None])
def test_convolutions_over_several_axes(rank: int, padding: str | None) -> None:
    every: dict[str, Sequence[Any]] = {"kernel": [1, 2, 3, 4], "stride": [1, 2, 3]}
    if padding is None:
        cases = drawn(
            "conv", 300, rank, range(4, 9), **every, padding=[[0, 0], [1, 1], [0, 1], [2, 1]], dilation=[1, 2]
        )
    else:
        cases = [under(padding, case) for case in drawn("conv", 300, rank, range(1, 9), **every)]
    hold(cases, 200)


def under(padding: str, case: Case) -> Case:
    return case._replace(args={**case.args, "padding": padding})


@pytest.mark.parametrize("op", POOLS)
@pytest.mark.parametrize("kernel", range(1, 5))
def test_every_small_pool_at_opset_22(op: str, kernel: int) -> None:
    paddings = [*range(kernel), "valid", *([[[0, 1]], [[1, 0]]] if kernel > 1 else [])]
    every: dict[str, Sequence[Any]] = {
        "stride": [None, 1, 2, 3, 4],
        "padding": paddings,
        "dilation": [None, 2],
        "ceil": [None, True],
    }
    hold(grid(op, range(1, 13), kernel=[kernel], **every), 450)


@pytest.mark.parametrize("op", POOLS)
def test_pools_under_auto_pad(op: str) -> None:
    """Up to strides of the kernel: see the test on longer strides."""
    every: dict[str, Sequence[Any]] = {"padding": ["same", "same_lower"], "ceil": [None, True]}
    hold(
        [
            case
            for k in range(1, 6)
            for case in grid(op, range(1, 15), kernel=[k], stride=range(1, k + 1), **every)
        ],
        840,
    )


@pytest.mark.parametrize("op", POOLS)
@pytest.mark.parametrize("rank", [2, 3])
def test_pools_over_several_axes(op: str, rank: int) -> None:
    cases = drawn(
        op,
        200,
        rank,
        range(3, 9),
        kernel=[2, 3, 4],
        stride=[1, 2, 3, 4],
        padding=[[0, 0], [1, 1], [0, 1], [1, 0]],
    )
    hold([case._replace(args={**case.args, "ceil": bool(i % 2)}) for i, case in enumerate(cases)], 150)
    same = drawn(op, 100, rank, range(1, 9), kernel=[2, 3, 4], stride=[1, 2])
    hold([under(("same", "same_lower")[i % 2], case) for i, case in enumerate(same)], 100)


@pytest.mark.parametrize("op", ["global_avgpool", "global_maxpool"])
def test_global_pools(op: str) -> None:
    hold([Case(op, {}, (1, *range(n, n + rank))) for n in range(1, 6) for rank in (1, 2, 3)], 15)


@pytest.mark.parametrize("kernel", range(1, 5))
def test_every_small_transposed_convolution(kernel: int) -> None:
    """Output padding below the stride: see the test on more."""
    every: dict[str, Sequence[Any]] = {
        "kernel": [kernel],
        "padding": [0, 1, 2, 3, "valid", [[0, 1]], [[2, 1]]],
        "dilation": [None, 2, 3],
    }
    cases = [
        case
        for s in range(1, 4)
        for case in grid("conv_transpose", range(1, 7), stride=[s], output_padding=range(s), **every)
    ]
    hold(cases, 500)


def test_transposed_convolutions_under_auto_pad() -> None:
    """Up to strides of the dilated kernel: see the test on longer strides."""
    cases = grid(
        "conv_transpose",
        range(1, 8),
        kernel=range(1, 6),
        stride=range(1, 5),
        padding=["same", "same_lower"],
        dilation=[1, 2],
    )
    hold([case for case in cases if case.args["stride"] <= _extent(case)], 400)


def _extent(case: Case) -> int:
    extent: int = case.args.get("dilation", 1) * (case.args["kernel"] - 1) + 1
    return extent


@pytest.mark.parametrize("rank", [2, 3])
def test_transposed_convolutions_over_several_axes(rank: int) -> None:
    every: dict[str, Sequence[Any]] = {"kernel": [2, 3, 4], "stride": [1, 2]}
    hold(
        drawn(
            "conv_transpose",
            150,
            rank,
            range(1, 6),
            **every,
            padding=[[0, 0], [1, 1], [0, 1]],
            dilation=[1, 2],
        ),
        130,
    )
    same = drawn("conv_transpose", 100, rank, range(1, 6), **every)
    hold([under(("same", "same_lower")[i % 2], case) for i, case in enumerate(same)], 100)


@pytest.mark.parametrize("auto_pad", [None, "VALID", "SAME_UPPER", "SAME_LOWER"])
def test_transposed_convolutions_cut_to_an_output_shape(auto_pad: str | None) -> None:
    """In a spec the padding that the shape asks for: its odd one at the end for SAME_UPPER, else at the start."""
    given, written = [], []
    for case in grid("conv_transpose", range(1, 7), kernel=range(1, 5), stride=[1, 2, 3], dilation=[1, 2]):
        full = (case.sizes[0] - 1) * case.args["stride"] + _extent(case)
        for total in range(min(5, full)):
            shape = {"output_shape": full - total} | ({"auto_pad": auto_pad} if auto_pad else {})
            given.append(case._replace(args=case.args | shape))
            small, large = total // 2, total - total // 2
            pair = [small, large] if auto_pad == "SAME_UPPER" else [large, small]
            written.append(case._replace(args=case.args | {"padding": [pair]}))
    got = answers(written, "onnx")
    assert len(given) > 600
    assert [answer.sizes[0] for answer in got] == [case.args["output_shape"] for case in given]
    agree(disagreements(given, got, executed(given)), len(given))


def test_what_does_not_fit_gives_nothing_in_a_convolution() -> None:
    cases = grid(
        "conv", range(1, 8), kernel=range(1, 6), stride=[1, 2, 3], padding=[0, 1], dilation=[1, 2, 3]
    )
    misfits = [case for case, got in zip(cases, records(cases, "onnx"), strict=True) if got == "E301"]
    assert len(misfits) > 100
    assert all(answer.refusal for answer in executed(misfits))


# --- ONNX's shape inference


@pytest.mark.parametrize("op", POOLS)
@pytest.mark.parametrize("opset", [19, 22])
def test_shape_inference_of_pools_has_the_ceil_of_its_opset(op: str, opset: int) -> None:
    """Here with padding of the kernel and more and with dilation under auto_pad, where ONNX Runtime does otherwise."""
    every: dict[str, Sequence[Any]] = {"stride": [None, 1, 2, 3, 4], "dilation": [None, 2]}
    hold_inferred(
        grid(
            op,
            range(1, 11),
            kernel=range(1, 5),
            padding=[0, 1, 2, 3, "valid", [[0, 2]]],
            ceil=[None, True],
            **every,
        ),
        3000,
        opset,
    )
    hold_inferred(
        grid(op, range(1, 11), kernel=range(1, 5), padding=["same", "same_lower"], **every), 800, opset
    )


def test_shape_inference_of_convolutions() -> None:
    every: dict[str, Sequence[Any]] = {
        "stride": [None, 2, 3],
        "dilation": [None, 2, 3],
        "padding": [0, 1, "same", "same_lower", [[0, 2]]],
    }
    hold_inferred(grid("conv", range(1, 11), kernel=range(1, 5), **every), 1500)


def test_opset_19_rounds_up_as_its_text_says_and_not_as_onnx_runtime_does() -> None:
    """Both facts: shape inference keeps a last window that starts in the padding, ONNX Runtime drops it at every opset."""
    cases = [
        case
        for k in range(1, 5)
        for case in grid(
            "maxpool", range(1, 13), kernel=[k], stride=[1, 2, 3, 4], padding=range(k), ceil=[True]
        )
    ]
    old, new = answers(cases, "onnx:19"), answers(cases, "onnx:22")
    kept = [(case, one, other) for case, one, other in zip(cases, old, new, strict=True) if one != other]
    assert len(kept) > 50
    only = [case for case, _, _ in kept]
    assert inferred(only, 19) == [one.sizes for _, one, _ in kept]
    assert inferred(only, 22) == [other.sizes for _, _, other in kept]
    assert executed(only, 19) == executed(only, 22) == [other.visible for _, _, other in kept]
    assert all(one.sizes[0] == other.sizes[0] + 1 and not one.reads[0][-1] for _, one, other in kept)
    hold(cases, 400, opset=19, rules=22)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "old", "new"),
    [(2, 3, 3, 1, 2, 1), (9, 4, 4, 2, 4, 3), (5, 2, 2, 1, 4, 3)],
)
def test_sizes_that_changed_with_opset_22(
    size: int, kernel: int, stride: int, padding: int, old: int, new: int
) -> None:
    case = Case("maxpool", {"kernel": kernel, "stride": stride, "padding": padding, "ceil": True}, (1, size))
    assert (inferred([case], 19), inferred([case], 22)) == ([(old,)], [(new,)])
    assert (answers([case], "onnx:19")[0].sizes, answers([case], "onnx:22")[0].sizes) == ((old,), (new,))
    assert executed([case], 19)[0].sizes == executed([case], 22)[0].sizes == (new,)


@pytest.mark.parametrize(
    ("op", "name"), [("maxpool", "MaxPool"), ("lppool", "LpPool"), ("avgpool", "AveragePool")]
)
def test_pools_take_a_dilation_since_the_opset_that_gave_it_to_them(op: str, name: str) -> None:
    for opset in range(7, 23):
        has_dilation = "dilations" in onnx.defs.get_schema(name, opset).attributes
        case = Case(op, {"kernel": 2, "stride": 1, "dilation": 2}, (1, 9))
        assert (records([case], f"onnx:{opset}") != ["E305"]) is has_dilation, opset


def test_normalizations_learn_what_their_operators_take() -> None:
    """Beside the map: factors and offsets, of batch norm the statistics too, which are buffers."""
    for op, name, buffers in (("bn", "BatchNormalization", 2), ("instance_norm", "InstanceNormalization", 0)):
        taken = len(onnx.defs.get_schema(name, 22).inputs) - 1
        (record,) = records([Case(op, {}, (3, 9))], "onnx")
        assert not isinstance(record, str)
        assert (record.params, record.buffers) == (3 * (taken - buffers), 3 * buffers)


# --- where text, ONNX Runtime and shape inference part: cnncalc follows the text


def test_onnx_runtime_refuses_pools_padded_by_their_kernel() -> None:
    cases = grid("maxpool", range(3, 8), kernel=[1, 2, 3], stride=[1, 2], padding=[1, 2, 3, 4])
    for case, got, there in zip(cases, answers(cases, "onnx"), executed(cases), strict=True):
        if case.args["padding"] < case.args["kernel"]:
            assert there == got, case
        else:
            assert "Pad should be smaller than kernel" in str(there.refusal), case
            assert got.sizes == inferred([case])[0], case


def test_onnx_runtime_leaves_dilation_out_of_auto_pad_or_refuses_it() -> None:
    """Pools are padded as if the kernel were not dilated, convolutions refused."""
    pool = Case("maxpool", {"kernel": 3, "stride": 1, "padding": "same", "dilation": 2}, (1, 8))
    undilated = pool._replace(args={**pool.args, "padding": 1})
    assert answers([pool], "onnx")[0].sizes == inferred([pool])[0] == (8,)
    assert executed([pool])[0].sizes == executed([undilated])[0].sizes == (6,)
    conv = pool._replace(op="conv")
    assert answers([conv], "onnx")[0].sizes == inferred([conv])[0] == (8,)
    assert "Dilation not supported for AutoPadType" in str(executed([conv])[0].refusal)


def test_onnx_runtime_shifts_or_refuses_auto_pad_where_the_stride_exceeds_the_kernel() -> None:
    """No padding is needed there; ONNX Runtime halves the negative difference, which crops, and max pools refuse it."""
    args = {"kernel": 1, "stride": 4, "padding": "same"}
    cases = [Case(op, args, (1, 8)) for op in ("conv", "avgpool", "maxpool")]
    assert answers(cases, "onnx") == [Answer((((0,), (4,)),))] * 3
    assert inferred(cases) == [(2,)] * 3
    conv, average, largest = executed(cases)
    assert conv == average == Answer((((1,), (5,)),))
    assert "padding values must be non-negative" in str(largest.refusal)


def test_onnx_runtime_gives_one_output_of_a_pool_that_does_not_fit_by_less_than_its_stride() -> None:
    """It and shape inference divide towards zero where the text has floor; with ceil_mode it gives an empty tensor."""
    cases = grid("maxpool", range(1, 6), kernel=range(2, 7), stride=[1, 2, 3, 4])
    misfits = [case for case, got in zip(cases, records(cases, "onnx"), strict=True) if got == "E301"]
    near = [case for case in misfits if case.args["kernel"] - case.sizes[0] < case.args["stride"]]
    assert len(near) > 20
    assert [len(there.reads[0]) for there in executed(near)] == [1] * len(near)
    assert inferred(near) == [(1,)] * len(near)
    up = [case._replace(args={**case.args, "ceil": True}) for case in near]
    fitting = [isinstance(got, str) for got in records(up, "onnx")]
    assert [there.refusal == "empty" for there in executed(up)] == fitting


def test_auto_pad_valid_rounds_up_with_ceil_mode_although_its_formula_does_not() -> None:
    """The text gives ceil((n - k_e + 1) / s), which is floor((n - k_e) / s) + 1; ONNX Runtime and shape inference do round up."""
    cases = grid("maxpool", range(4, 13), kernel=[1, 2, 3], stride=[2, 3], padding=["valid"], ceil=[True])
    got = [answer.sizes for answer in answers(cases, "onnx")]
    assert got == [answer.sizes for answer in executed(cases)] == inferred(cases)
    text = [(-(-(case.sizes[0] - case.args["kernel"] + 1) // case.args["stride"]),) for case in cases]
    assert sum(one != other for one, other in zip(got, text, strict=True)) > 10
    case = Case("maxpool", {"kernel": 3, "stride": 2, "padding": "valid", "ceil": True}, (1, 8))
    assert executed([case])[0].sizes == inferred([case])[0] == (4,) != (-(-(8 - 3 + 1) // 2),)


def test_shape_inference_before_opset_22_rounds_auto_pad_up_once_more() -> None:
    """SAME gives ceil(n/s); with ceil_mode and a stride beyond the kernel shape inference of old opsets gives one more."""
    cases = grid("avgpool", [2, 4, 8], kernel=[1], stride=[2], padding=["same", "same_lower"], ceil=[True])
    assert [answer.sizes for answer in answers(cases, "onnx:19")] == [(n // 2,) for n in (2, 2, 4, 4, 8, 8)]
    assert [answer.sizes for answer in executed(cases, 19)] == [(n // 2,) for n in (2, 2, 4, 4, 8, 8)]
    assert inferred(cases, 19) == [(n // 2 + 1,) for n in (2, 2, 4, 4, 8, 8)]
    assert inferred(cases, 22) == [(n // 2,) for n in (2, 2, 4, 4, 8, 8)]


def test_transposed_convolutions_under_auto_pad_whose_stride_exceeds_the_kernel() -> None:
    """The text and ONNX's reference give n*s; ONNX Runtime and shape inference pad nothing and give (n-1)*s + k_e."""
    from onnx.reference import ReferenceEvaluator

    cases = grid("conv_transpose", range(1, 6), kernel=[1, 2], stride=[3, 4], padding=["same", "same_lower"])
    got = [answer.sizes[0] for answer in answers(cases, "onnx")]
    assert got == [case.sizes[0] * case.args["stride"] for case in cases]
    made, feeds = model(cases, 22)
    assert got == [result.shape[2] for result in ReferenceEvaluator(made).run(None, feeds)]
    shorter = [(case.sizes[0] - 1) * case.args["stride"] + case.args["kernel"] for case in cases]
    assert shorter == [answer.sizes[0] for answer in executed(cases)] == [size[0] for size in inferred(cases)]


def test_output_padding_under_auto_pad() -> None:
    """The text says n*s whatever the output padding, and ONNX Runtime gives that; shape inference adds the output padding."""
    cases = [
        case
        for s in (2, 3)
        for case in grid(
            "conv_transpose",
            range(1, 6),
            kernel=[3, 4],
            stride=[s],
            padding=["same", "same_lower"],
            output_padding=range(1, s),
        )
    ]
    got = answers(cases, "onnx")
    agree(disagreements(cases, got, executed(cases)), len(cases))
    assert [answer.sizes[0] for answer in got] == [case.sizes[0] * case.args["stride"] for case in cases]
    assert inferred(cases) == [
        (case.sizes[0] * case.args["stride"] + case.args["output_padding"],) for case in cases
    ]


def test_onnx_runtime_refuses_output_padding_of_the_stride_that_it_says_it_allows() -> None:
    """Its message allows what is smaller than stride or dilation; only what is smaller than the stride runs."""
    cases = grid(
        "conv_transpose", [3, 4], kernel=[2, 3], stride=[1, 2], output_padding=[1, 2, 3], dilation=[3]
    )
    for case, got, there in zip(cases, records(cases, "onnx"), executed(cases), strict=True):
        if case.args["output_padding"] == 3:
            assert got == "E305"
            assert "must be less than max(stride, dilation)" in str(there.refusal)
        else:
            assert not isinstance(got, str)
            assert (there.refusal is None) == (case.args["output_padding"] < case.args["stride"]), case
