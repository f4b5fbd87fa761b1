"""Single layers run in TensorFlow and Keras: sizes, positions read, parameters, 1-D to 3-D; and fields of stacks under `same`."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest

tf = pytest.importorskip("tensorflow")

import numpy as np  # noqa: E402

import cnncalc  # noqa: E402
from cnncalc.analysis.report import ReceptiveField  # noqa: E402
from tests.oracle.grids import Answer, Case, answers, disagreements, drawn, grid, records  # noqa: E402
from tests.oracle.probing import impulses, positions, probed  # noqa: E402

PADDINGS = ("same", "valid")
STRIDES: dict[int, Sequence[int]] = {1: (1, 2, 3), 2: (1, 2, 3), 3: (1, 2)}
"""By the number of axes: under `same` TensorFlow crops what longer strides in 3-D skip."""
NO_OUTPUT = ("output size would be negative", "output size would be zero or negative")
Args = dict[str, Any]


def per_axis(value: Any, rank: int) -> list[int]:
    return list(value) if isinstance(value, list) else [value] * rank


def ones(case: Case) -> Any:
    """A kernel of ones from one channel to one."""
    return tf.ones([*per_axis(case.args["kernel"], len(case.sizes)), 1, 1])


def over_axes(case: Case, name: str) -> list[int]:
    """An argument of the case as ``tf.nn`` takes it, with the batch and the channels around the axes."""
    return [1, *per_axis(case.args.get(name, 1), len(case.sizes)), 1]


def padding(case: Case) -> Any:
    """The padding as ``tf.nn`` takes it: a word, or pairs with those of the batch and the channels around them."""
    given = case.args["padding"]
    if isinstance(given, str):
        return given.upper()
    pairs = [pair if isinstance(pair, list) else [pair, pair] for pair in per_axis(given, len(case.sizes))]
    return [[0, 0], *pairs, [0, 0]]


def convolved(case: Case, x: Any) -> Any:
    rank = len(case.sizes)
    if rank == 1:
        stride, dilation = case.args.get("stride", 1), case.args.get("dilation", 1)
        return tf.nn.conv1d(x, ones(case), stride, padding(case), dilations=dilation)
    function = tf.nn.conv2d if rank == 2 else tf.nn.conv3d
    return function(
        x, ones(case), over_axes(case, "stride"), padding(case), dilations=over_axes(case, "dilation")
    )


def depthwise(case: Case, x: Any) -> Any:
    dilation = per_axis(case.args.get("dilation", 1), 2)
    return tf.nn.depthwise_conv2d(x, ones(case), over_axes(case, "stride"), padding(case), dilations=dilation)


def pooled(case: Case, x: Any) -> Any:
    function = tf.nn.max_pool if case.op == "maxpool" else tf.nn.avg_pool
    rank = len(case.sizes)
    stride = per_axis(case.args["stride"], rank)
    return function(x, per_axis(case.args["kernel"], rank), stride, padding(case))


def dilated_pool(case: Case, x: Any) -> Any:
    kind = "MAX" if case.op == "maxpool" else "AVG"
    rank = len(case.sizes)
    kernel, dilation = (per_axis(case.args[name], rank) for name in ("kernel", "dilation"))
    return tf.nn.pool(x, kernel, kind, padding=padding(case), dilations=dilation)


def executed(case: Case, layer: Callable[[Case, Any], Any]) -> Answer:
    """What a layer reads, or that it gives nothing; any other refusal in its own words."""

    def channels_first(x: Any) -> Any:
        return np.moveaxis(layer(case, tf.constant(np.moveaxis(x, 1, -1))).numpy(), -1, 1)

    try:
        return probed(channels_first, case.sizes)
    except (tf.errors.OpError, ValueError) as error:
        return Answer(refusal="E301" if any(words in str(error) for words in NO_OUTPUT) else str(error))


def hold(cases: Sequence[Case], at_least: int, layer: Callable[[Case, Any], Any]) -> None:
    """All cases agree with TensorFlow, and there are as many as announced."""
    assert len(cases) >= at_least
    wrong = disagreements(cases, answers(cases, "tensorflow"), [executed(case, layer) for case in cases])
    assert not wrong, f"{len(wrong)} of {len(cases)}\n" + "\n".join(wrong[:10])


def fitting(cases: Sequence[Case]) -> list[Case]:
    """The cases with an output: a pool without one ends the process of TensorFlow 2.21 in an arithmetic exception."""
    return [case for case, got in zip(cases, records(cases, "tensorflow"), strict=True) if got != "E301"]


def under(case: Case, **args: Any) -> Case:
    return case._replace(args={**case.args, **args})


# --- tf.nn


@pytest.mark.parametrize("kernel", range(1, 6))
def test_every_small_convolution(kernel: int) -> None:
    every = {"stride": range(1, 5), "padding": PADDINGS, "dilation": [1, 2, 3]}
    hold(grid("conv", range(1, 15), kernel=[kernel], **every), 336, convolved)


@pytest.mark.parametrize("given", [*PADDINGS, None])
@pytest.mark.parametrize("rank", [2, 3])
def test_convolutions_over_several_axes(rank: int, given: str | None) -> None:
    """With explicit padding and dilation in 2-D alone, where ``tf.nn`` has them, and in 3-D up to stride 2."""
    every: dict[str, Sequence[Any]] = {
        "kernel": [1, 2, 3, 4],
        "stride": STRIDES[rank],
        "dilation": [1, 2][: 4 - rank],
    }
    if given is None:
        hold(
            drawn("conv", 200, 2, range(1, 9), **every, padding=[[0, 0], [1, 1], [0, 1], [2, 1]]),
            200,
            convolved,
        )
    else:
        hold(
            [under(case, padding=given) for case in drawn("conv", 200, rank, range(1, 9), **every)],
            200,
            convolved,
        )


@pytest.mark.parametrize("given", PADDINGS)
def test_depthwise_convolutions(given: str) -> None:
    """Strides are equal along both axes and not combined with dilation, as ``tf.nn`` wants them."""
    cases = drawn("depthwise", 300, 2, range(1, 9), kernel=[1, 2, 3, 4], dilation=[1, 1, 2])
    cases = [under(case, padding=given, stride=1 + i % 3) for i, case in enumerate(cases)]
    hold(
        fitting([case for case in cases if case.args["dilation"] == [1, 1] or case.args["stride"] == 1]),
        100,
        depthwise,
    )


@pytest.mark.parametrize("op", ["maxpool", "avgpool"])
@pytest.mark.parametrize("kernel", range(1, 6))
def test_every_small_pool(op: str, kernel: int) -> None:
    hold(fitting(grid(op, range(1, 15), kernel=[kernel], stride=range(1, 6), padding=PADDINGS)), 110, pooled)


@pytest.mark.parametrize("op", ["maxpool", "avgpool"])
@pytest.mark.parametrize("rank", [2, 3])
def test_pools_over_several_axes(op: str, rank: int) -> None:
    cases = drawn(op, 200, rank, range(1, 9), kernel=[1, 2, 3, 4], stride=STRIDES[rank])
    hold(fitting([under(case, padding=PADDINGS[i % 2]) for i, case in enumerate(cases)]), 120, pooled)


def test_max_pools_with_explicit_padding() -> None:
    """In 2-D, with padding below the kernel."""
    cases = drawn(
        "maxpool",
        200,
        2,
        range(2, 9),
        kernel=[2, 3, 4],
        stride=[1, 2, 3],
        padding=[[0, 0], [1, 1], [0, 1], [1, 0]],
    )
    hold(fitting(cases), 150, pooled)


@pytest.mark.parametrize("op", ["maxpool", "avgpool"])
def test_dilated_pools(op: str) -> None:
    """``tf.nn.pool`` dilates with stride 1 and without `same` only."""
    cases = grid(op, range(1, 13), kernel=range(1, 5), stride=[1], padding=["valid"], dilation=[2, 3])
    hold(fitting(cases), 50, dilated_pool)


@pytest.mark.parametrize("given", PADDINGS)
def test_transposed_convolutions(given: str) -> None:
    """Told the size that cnncalc gives, ``tf.nn`` accepts it and reads the same."""
    cases = grid("conv_transpose", range(1, 9), kernel=range(1, 6), stride=range(1, 6), padding=[given])
    sizes = {str(case): got.sizes for case, got in zip(cases, answers(cases, "tensorflow"), strict=True)}

    def told(case: Case, x: Any) -> Any:
        shape = (x.shape[0], *sizes[str(case)], 1)
        return tf.nn.conv1d_transpose(x, ones(case), shape, case.args["stride"], padding(case))

    hold(cases, 200, told)


@pytest.mark.parametrize("rank", [2, 3])
def test_transposed_convolutions_over_several_axes(rank: int) -> None:
    cases = drawn("conv_transpose", 150, rank, range(1, 5), kernel=[1, 2, 3, 4], stride=[1, 2, 3])
    cases = [under(case, padding=PADDINGS[i % 2]) for i, case in enumerate(cases)]
    sizes = {str(case): got.sizes for case, got in zip(cases, answers(cases, "tensorflow"), strict=True)}
    function = tf.nn.conv2d_transpose if rank == 2 else tf.nn.conv3d_transpose

    def told(case: Case, x: Any) -> Any:
        return function(
            x, ones(case), (x.shape[0], *sizes[str(case)], 1), over_axes(case, "stride"), padding(case)
        )

    hold(cases, 150, told)


# --- tf.keras.layers


def keras(name: str, **fixed: Any) -> Callable[[Case, Any], Any]:
    """A layer of Keras, by its name without the number of axes, with its own default strides where the case has none."""
    words = {"kernel": "kernel_size", "stride": "strides", "dilation": "dilation_rate"}
    if "Pooling" in name:
        words["kernel"] = "pool_size"

    def call(case: Case, x: Any) -> Any:
        args = {
            words.get(key, key): tuple(value) if isinstance(value, list) else value
            for key, value in case.args.items()
        }
        return getattr(tf.keras.layers, name.format(f"{len(case.sizes)}D"))(**args, **fixed)(x)

    return call


CONVOLUTION = {"filters": 1, "kernel_initializer": "ones"}


@pytest.mark.parametrize("given", PADDINGS)
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_convolutions_of_keras(rank: int, given: str) -> None:
    """Strides or dilation, since Keras refuses both together."""
    strided = drawn("conv", 80, rank, range(1, 9), kernel=[1, 2, 3, 4], stride=STRIDES[rank])
    dilated = drawn("conv", 40, rank, range(1, 9), kernel=[1, 2, 3], dilation=[1, 2, 3] if rank < 3 else [1])
    hold([under(case, padding=given) for case in strided + dilated], 120, keras("Conv{}", **CONVOLUTION))


@pytest.mark.parametrize("given", PADDINGS)
@pytest.mark.parametrize("rank", [1, 2])
def test_depthwise_convolutions_of_keras(rank: int, given: str) -> None:
    strided = [
        under(case, stride=1 + i % 3)
        for i, case in enumerate(drawn("depthwise", 80, rank, range(1, 9), kernel=[1, 2, 3]))
    ]
    dilated = drawn("depthwise", 40, rank, range(1, 9), kernel=[1, 2, 3], dilation=[1, 2, 3])
    hold(
        [under(case, padding=given) for case in strided + dilated],
        120,
        keras("DepthwiseConv{}", depthwise_initializer="ones"),
    )


@pytest.mark.parametrize("given", PADDINGS)
def test_every_small_transposed_convolution_of_keras(given: str) -> None:
    cases = [
        case
        for s in range(1, 5)
        for case in grid(
            "conv_transpose",
            range(1, 7),
            kernel=range(1, 6),
            stride=[s],
            padding=[given],
            output_padding=[None, *range(1, s)],
        )
    ]
    hold(cases, 300, keras("Conv{}Transpose", **CONVOLUTION))


@pytest.mark.parametrize("dilation", [1, 2])
def test_output_padding_that_keras_refuses(dilation: int) -> None:
    """All that is not smaller than the stride, whatever the dilation."""
    cases = grid(
        "conv_transpose",
        [5],
        kernel=[3],
        stride=[1, 2, 3],
        output_padding=[1, 2, 3],
        padding=PADDINGS,
        dilation=[dilation],
    )
    refused = [case for case in cases if case.args["output_padding"] >= case.args["stride"]]
    for case in refused:
        with pytest.raises(ValueError, match="must be strictly less than `strides`"):
            keras("Conv{}Transpose", **CONVOLUTION)(case, tf.zeros((1, 5, 1)))
    assert records(refused, "tensorflow") == ["E305"] * 12


@pytest.mark.parametrize("given", PADDINGS)
@pytest.mark.parametrize("rank", [2, 3])
def test_transposed_convolutions_of_keras_over_several_axes(rank: int, given: str) -> None:
    cases = drawn("conv_transpose", 60, rank, range(1, 5), kernel=[1, 2, 3, 4], stride=[1, 2, 3])
    hold([under(case, padding=given) for case in cases], 60, keras("Conv{}Transpose", **CONVOLUTION))


def test_sizes_of_dilated_transposed_convolutions_of_keras() -> None:
    """As Keras says them, since TensorFlow runs them on a graphics card only."""
    for case, got in _with_answers(
        grid("conv_transpose", range(1, 9), kernel=range(1, 5), padding=PADDINGS, dilation=[2, 3])
    ):
        a = case.args
        layer = tf.keras.layers.Conv1DTranspose(
            1, a["kernel"], padding=a["padding"], dilation_rate=a["dilation"]
        )
        assert layer.compute_output_shape((1, case.sizes[0], 1))[1] == got.sizes[0], case


def test_sizes_of_dilated_convolutions_of_keras_in_3d() -> None:
    """As Keras says them, since TensorFlow runs them on a graphics card or with oneDNN only."""
    cases = drawn("conv", 200, 3, range(5, 12), kernel=[1, 2, 3], dilation=[1, 2])
    for case, got in _with_answers([under(case, padding=PADDINGS[i % 2]) for i, case in enumerate(cases)]):
        a = case.args
        layer = tf.keras.layers.Conv3D(1, a["kernel"], padding=a["padding"], dilation_rate=a["dilation"])
        assert layer.compute_output_shape((1, *case.sizes, 1))[1:-1] == got.sizes, case


def _with_answers(cases: Sequence[Case]) -> list[tuple[Case, Answer]]:
    return list(zip(cases, answers(cases, "tensorflow"), strict=True))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(("op", "name"), [("maxpool", "MaxPooling{}"), ("avgpool", "AveragePooling{}")])
def test_pools_of_keras(op: str, name: str, rank: int) -> None:
    """Their stride is the kernel where none is given."""
    strided = drawn(op, 40, rank, range(1, 9), kernel=[1, 2, 3, 4], stride=STRIDES[rank])
    defaults = drawn(op, 60, rank, range(1, 9), kernel=[1, 2, 3, 4])
    cases = [under(case, padding=PADDINGS[i % 2]) for i, case in enumerate(strided + defaults)]
    hold(fitting(cases), 60, keras(name))


K: Any = tf.keras.layers
MODULES: list[tuple[str, Args, Callable[[], Any]]] = [
    ("conv", {"out": 6, "kernel": 3}, lambda: K.Conv2D(6, 3)),
    ("conv", {"out": 6, "kernel": 3, "bias": False}, lambda: K.Conv2D(6, 3, use_bias=False)),
    ("conv", {"out": 6, "kernel": 3, "groups": 2}, lambda: K.Conv2D(6, 3, groups=2)),
    ("depthwise", {"kernel": 3}, lambda: K.DepthwiseConv2D(3)),
    ("depthwise", {"kernel": 3, "mult": 2}, lambda: K.DepthwiseConv2D(3, depth_multiplier=2)),
    ("conv_transpose", {"out": 6, "kernel": 3}, lambda: K.Conv2DTranspose(6, 3)),
    ("bn", {}, K.BatchNormalization),
    ("bn", {"scale": False}, lambda: K.BatchNormalization(center=False, scale=False)),
    ("gn", {"groups": 2}, lambda: K.GroupNormalization(2)),
    ("ln", {}, K.LayerNormalization),
    ("instance_norm", {}, lambda: K.GroupNormalization(-1)),
    ("prelu", {}, lambda: K.PReLU(shared_axes=[1, 2, 3])),
    ("prelu", {"per_channel": True}, lambda: K.PReLU(shared_axes=[1, 2])),
    ("linear", {"out": 7}, lambda: K.Dense(7)),
    ("separable", {"out": 6, "kernel": 3, "bias": False}, lambda: K.SeparableConv2D(6, 3, use_bias=False)),
    (
        "separable",
        {"out": 6, "kernel": 3, "mult": 2, "bias": False},
        lambda: K.SeparableConv2D(6, 3, depth_multiplier=2, use_bias=False),
    ),
]


def test_what_keras_has_not() -> None:
    """Pools that round up, and `same_lower`."""
    assert not [name for name in inspect.signature(K.MaxPooling2D).parameters if "ceil" in name]
    with pytest.raises(ValueError, match="padding"):
        K.Conv2D(1, 3, padding="same_lower")


def counted(weights: Sequence[Any]) -> int:
    return sum(int(np.prod(weight.shape)) for weight in weights)


@pytest.mark.parametrize(("op", "args", "make"), MODULES, ids=[f"{row[0]} {row[1]}" for row in MODULES])
def test_parameters_and_buffers_of_keras(op: str, args: Args, make: Callable[[], Any]) -> None:
    shape = (4,) if op == "linear" else (4, 9, 9)
    built = make()
    built.build((None, *shape[1:], shape[0]))
    (model,) = cnncalc.loads(json.dumps({"framework": "tensorflow", "input": shape, "layers": [{op: args}]}))
    totals = cnncalc.analyze(model).totals
    assert totals.params == counted(built.trainable_weights)
    assert totals.buffers == counted(built.non_trainable_weights)


def test_separable_convolutions_of_keras_have_one_bias() -> None:
    """After the pointwise convolution alone; cnncalc's `separable` is the two convolutions, each with its own."""
    built = K.SeparableConv2D(6, 3)
    built.build((None, 9, 9, 4))
    assert counted(built.trainable_weights) == 3 * 3 * 4 + 4 * 6 + 6
    (model,) = cnncalc.loads(
        json.dumps(
            {
                "framework": "tensorflow",
                "input": (4, 9, 9),
                "layers": [{"separable": {"out": 6, "kernel": 3}}],
            }
        )
    )
    assert cnncalc.analyze(model).totals.params == counted(built.trainable_weights) + 4


# --- receptive fields under `same`


def stack(random: Random, rank: int, words: Sequence[str]) -> list[Case]:
    """Convolutions and pools whose windows leave nothing out, so that the hull of what is read is what is read."""
    layers = []
    for _ in range(random.randint(2, 4)):
        stride = [random.randint(1, 3) for _ in range(rank)]
        args = {
            "kernel": [random.randint(s, s + 3) for s in stride],
            "stride": stride,
            "padding": random.choice(words),
        }
        layers.append(Case(random.choice(("conv", "maxpool", "avgpool")), args, (1,) * (rank + 1)))
    return layers


def field_of(layers: Sequence[Case], sizes: Sequence[int | str]) -> ReceptiveField | None:
    """The field at the end of the stack; ``None`` where something does not fit."""
    steps = [{layer.op: layer.args | ({"out": 1} if layer.op == "conv" else {})} for layer in layers]
    (model,) = cnncalc.loads(json.dumps({"framework": "tensorflow", "input": [1, *sizes], "layers": steps}))
    report = cnncalc.analyze(model)
    return None if report.failed is not None else report.layers[-1].field


def seen(layers: Sequence[Case], sizes: tuple[int, ...], axis: int) -> list[tuple[int, int]]:
    """First and last position along an axis that each unit of the stack responds to."""
    x = tf.constant(np.moveaxis(impulses(sizes, axis), 1, -1))
    for layer in layers:
        x = (convolved if layer.op == "conv" else pooled)(layer, x)
    return [(unit[0], unit[-1]) for unit in positions(np.moveaxis(x.numpy(), -1, 1), axis)]


@pytest.mark.parametrize(("rank", "count"), [(1, 300), (2, 150)])
def test_fields_of_stacks_under_same_at_a_known_size(rank: int, count: int) -> None:
    random = Random(rank)
    for _ in range(count):
        layers = stack(random, rank, ["same"])
        sizes = tuple(random.randint(6, 40 if rank == 1 else 20) for _ in range(rank))
        field = field_of(layers, sizes)
        assert field is not None
        for axis, size in enumerate(sizes):
            spans = [field.axes[axis].at(unit) for unit in range(field.units[axis] or 0)]
            assert [(max(span[0], 0), min(span[1], size - 1)) for span in spans if span] == seen(
                layers, sizes, axis
            ), (
                layers,
                sizes,
            )


def test_fields_of_stacks_at_an_unknown_size() -> None:
    """Size and stride are those at any size; start is given where it is the same at every size, else unknown with the reason."""
    random, known = Random(7), []
    for _ in range(100):
        layers = stack(random, 1, PADDINGS)[:3]
        field = field_of(layers, ["any"])
        assert field is not None
        at_sizes = [one for size in range(150, 177) if (one := field_of(layers, [size]))]
        assert {(one.size, one.stride) for one in at_sizes} == {(field.size, field.stride)}
        known.append(field.start != (None,))
        if known[-1]:
            assert {one.start for one in at_sizes} == {field.start}
        else:
            assert any(layer.args["padding"] == "same" and layer.args["stride"] != [1] for layer in layers)
            assert (field.reason or "").startswith("needs the input size")
    assert {True, False} == set(known)


# --- where documentation and behaviour part, or two parts of TensorFlow


def test_keras_refuses_strides_with_dilation_which_tf_nn_computes() -> None:
    case = Case("conv", {"kernel": 3, "stride": 2, "dilation": 2, "padding": "same"}, (1, 9, 9))
    with pytest.raises(ValueError, match="not supported in conjunction"):
        K.Conv2D(1, 3, strides=2, dilation_rate=2)
    with pytest.raises(ValueError, match="not supported in conjunction"):
        tf.nn.convolution(tf.zeros((1, 9, 9, 1)), tf.zeros((3, 3, 1, 1)), (2, 2), "SAME", dilations=(2, 2))
    hold([case, under(case, padding="valid")], 2, convolved)


@pytest.mark.parametrize("function", [tf.nn.max_pool, tf.nn.avg_pool], ids=["max", "avg"])
def test_in_3d_same_crops_where_the_stride_leaves_positions_out(function: Callable[..., Any]) -> None:
    """The notes on padding have max(..., 0); layers in 1-D and 2-D do as they say, those in 3-D halve the negative difference."""
    (got,) = answers([Case("maxpool", {"kernel": 1, "stride": 3, "padding": "same"}, (1, 6))], "tensorflow")
    assert got.reads == (((0,), (3,)),)
    x = np.moveaxis(impulses((6,), 0), 1, -1)
    flat = function(tf.constant(x), 1, 3, "SAME").numpy()
    deep = function(tf.constant(x[:, :, None, None]), [1, 1, 1], [3, 1, 1], "SAME").numpy()
    convolved_deep = tf.nn.conv3d(
        tf.constant(x[:, :, None, None]), tf.ones((1,) * 5), (1, 3, 1, 1, 1), "SAME"
    ).numpy()
    assert positions(np.moveaxis(flat, -1, 1), 0) == ((0,), (3,))
    assert (
        positions(np.moveaxis(deep, -1, 1), 0)
        == positions(np.moveaxis(convolved_deep, -1, 1), 0)
        == ((1,), (4,))
    )


def test_tf_nn_pool_refuses_what_the_pools_of_their_own_name_compute() -> None:
    x = tf.zeros((1, 9, 1))
    with pytest.raises(ValueError, match="not supported due to inconsistency"):
        tf.nn.pool(x, [2], "MAX", strides=[3], padding="SAME")
    assert tf.nn.max_pool1d(x, 2, 3, "SAME").shape[1] == 3
    with pytest.raises(ValueError, match="not implemented for `dilation_rate`"):
        tf.nn.pool(x, [2], "MAX", padding="SAME", dilations=[2])
    with pytest.raises(ValueError, match="not supported in conjunction"):
        tf.nn.pool(x, [2], "MAX", strides=[2], padding="VALID", dilations=[2])


def test_tf_nn_gives_an_empty_map_where_a_window_does_not_fit_by_one_stride() -> None:
    cases = [
        Case("conv", {"kernel": 4, "stride": stride, "padding": "valid"}, (1, 3)) for stride in (1, 2, 3)
    ]
    for case in cases:
        assert tf.nn.conv1d(tf.zeros((1, 3, 1)), ones(case), case.args["stride"], "VALID").shape == (1, 0, 1)
    assert records(cases, "tensorflow") == ["E301"] * 3


def test_an_explicit_output_padding_of_0_is_not_none_to_keras() -> None:
    """``None`` gives n*s; 0 gives (n-1)*s + 1 for odd kernels, and for even ones a size that TensorFlow then refuses."""
    x = tf.zeros((1, 5, 1))
    assert K.Conv1DTranspose(1, 3, strides=2, padding="same")(x).shape[1] == 10
    assert K.Conv1DTranspose(1, 3, strides=2, padding="same", output_padding=0)(x).shape[1] == 9
    with pytest.raises(tf.errors.OpError):
        K.Conv1DTranspose(1, 2, strides=2, padding="same", output_padding=0)(x)


def test_the_notes_on_padding() -> None:
    """The example of the documentation: 13 positions, kernel 6, stride 5; two windows, or three with padding 1 and 2."""
    same, valid = (Case("conv", {"kernel": 6, "stride": 5, "padding": word}, (1, 13)) for word in PADDINGS)
    assert [got.sizes for got in answers([same, valid], "tensorflow")] == [(3,), (2,)]
    (record,) = records([same], "tensorflow")
    assert not isinstance(record, str)
    assert record.windows is not None
    assert record.windows[0].padding == (1, 2)
    hold([same, valid], 2, convolved)
