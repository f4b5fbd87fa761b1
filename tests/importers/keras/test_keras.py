"""Keras configurations: each layer by itself, both forms of graphs, archives, and what is refused."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from cnncalc.errors import CnncalcError, SourceError
from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Item, Malformed, Network, Refused, Request
from cnncalc.importers.keras import read, recognise
from cnncalc.importers.registry import IMPORTERS
from cnncalc.importers.translating import translated
from tests.importers.counting import counts

Config = dict[str, Any]


def layer(kind: str, name: str = "", **settings: Any) -> Config:
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name or kind.lower(), **settings},
    }


def start(*shape: int | None) -> Config:
    return layer("InputLayer", "input", batch_shape=[None, *shape])


def sequential(*layers: Config) -> Config:
    return {"class_name": "Sequential", "config": {"name": "net", "layers": list(layers)}}


def network(tmp_path: Path, config: object, *, partial: bool = False, size: Shape | None = None) -> Network:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    return read(Request(str(path), sizes={"": size} if size else {}, partial=partial))


@pytest.mark.parametrize(
    ("one", "ops", "axes"),
    [
        (layer("Conv2D", filters=4, kernel_size=[3, 3]), "conv", (4, 13, 18)),
        (layer("Conv2D", filters=4, kernel_size=3, padding="same", strides=2), "conv", (4, 8, 10)),
        (
            layer("Conv2D", filters=4, kernel_size=[3, 1], activation="relu", dilation_rate=[2, 1]),
            "conv relu",
            (4, 11, 20),
        ),
        (layer("DepthwiseConv2D", kernel_size=[3, 3], depth_multiplier=2), "depthwise", (12, 13, 18)),
        (layer("SeparableConv2D", filters=5, kernel_size=[3, 3]), "depthwise conv", (5, 13, 18)),
        (
            layer("Conv2DTranspose", filters=4, kernel_size=[3, 3], strides=[2, 2], padding="same"),
            "conv_transpose",
            (4, 30, 40),
        ),
        (
            layer("Conv2DTranspose", filters=4, kernel_size=[5, 5], strides=[2, 2]),
            "conv_transpose",
            (4, 33, 43),
        ),
        (
            layer(
                "Conv2DTranspose", filters=4, kernel_size=4, strides=2, padding="same", output_padding=[1, 0]
            ),
            "conv_transpose",
            (4, 2 * 14 + 4 - 4 + 1, 2 * 19 + 4 - 4),
        ),
        (
            layer("Conv2DTranspose", filters=4, kernel_size=3, strides=4, output_padding=2),
            "conv_transpose",
            (4, 4 * 14 + 3 + 2, 4 * 19 + 3 + 2),
        ),
        (layer("MaxPooling2D", pool_size=[2, 2], strides=None), "maxpool", (6, 7, 10)),
        (layer("AdaptiveAveragePooling2D", output_size=[5, 4]), "adaptive_avgpool", (6, 5, 4)),
        (layer("AveragePooling2D", pool_size=[3, 3], strides=[2, 2], padding="same"), "avgpool", (6, 8, 10)),
        (layer("GlobalAveragePooling2D", keepdims=True), "global_avgpool", (6, 1, 1)),
        (layer("BatchNormalization", axis=-1, scale=False), "bn", (6, 15, 20)),
        (layer("LayerNormalization", axis=[3]), "ln", (6, 15, 20)),
        (layer("ReLU", max_value=6.0), "relu6", (6, 15, 20)),
        (layer("ReLU", max_value=2.0), "hardtanh", (6, 15, 20)),
        (layer("LeakyReLU", negative_slope=0.2), "leaky_relu", (6, 15, 20)),
        (layer("PReLU", shared_axes=[1, 2]), "prelu", (6, 15, 20)),
        (layer("PReLU", shared_axes=None), "custom", (6, 15, 20)),
        (layer("RMSNormalization", axis=-1), "ln", (6, 15, 20)),
        (layer("ZeroPadding2D", padding=[[1, 0], [2, 3]]), "pad", (6, 16, 25)),
        (layer("CenterCrop", height=12, width=20), "crop", (6, 12, 20)),
        (layer("Cropping2D", cropping=2), "crop", (6, 11, 16)),
        (layer("UpSampling2D", size=[2, 3], interpolation="bilinear"), "upsample", (6, 30, 60)),
        (layer("Flatten"), "flatten", (1800,)),
        (layer("Reshape", target_shape=[-1]), "flatten", (1800,)),
        (layer("Dense", units=7), "linear", (7, 15, 20)),
        (layer("Activation", activation="hard_silu"), "hardswish", (6, 15, 20)),
        (layer("Dense", units=7, activation="log_softmax"), "linear softmax log", (7, 15, 20)),
        (layer("SpatialDropout2D", rate=0.1), "dropout", (6, 15, 20)),
    ],
)
def test_layers(tmp_path: Path, one: Config, ops: str, axes: tuple[int, ...]) -> None:
    found = network(tmp_path, sequential(start(15, 20, 6), one))
    assert " ".join(item.op for item in found.items) == ops
    assert found.items[-1].shape is not None
    assert found.items[-1].shape.axes == axes


def test_layers_that_change_examples_in_training_are_nothing(tmp_path: Path) -> None:
    layers = [
        layer("RandomFlip", mode="horizontal"),
        layer("RandomZoom", height_factor=0.1, width_factor=None),
    ]
    found = network(tmp_path, sequential(start(15, 20, 3), *layers, layer("Resizing", height=30, width=45)))
    assert [(one.op, one.shape) for one in found.items] == [("upsample", Shape(3, (30, 45)))]
    cropped = layer("Resizing", height=30, width=45, crop_to_aspect_ratio=True)
    with pytest.raises(Refused, match="`crop_to_aspect_ratio=True` is not understood"):
        network(tmp_path, sequential(start(15, 20, 3), cropped))


def test_weights_of_each_position_are_stated(tmp_path: Path) -> None:
    one = layer("LocallyConnected2D", filters=4, kernel_size=[3, 2], strides=[2, 1], activation="relu")
    found = translated(network(tmp_path, sequential(start(15, 20, 3), one))).report
    assert found.layers[0].shape == Shape(4, (7, 19))
    assert found.totals.params == 7 * 19 * 4 * (3 * 6 + 1)
    assert found.totals.macs == 7 * 19 * 4 * 3 * 6


def test_columns_become_channels_of_a_sequence(tmp_path: Path) -> None:
    """Between the convolutions and the recurrent layers of readers of text."""
    layers = [layer("Reshape", target_shape=[15, 120]), layer("Conv1D", filters=4, kernel_size=[3])]
    found = network(tmp_path, sequential(start(15, 20, 6), *layers))
    assert [one.shape for one in found.items] == [Shape(120, (15, 1)), Shape(120, (15,)), Shape(4, (13,))]
    report = translated(found).report
    assert report.totals.params == 120 * 3 * 4 + 4
    assert report.layers[-1].field.size == (3, 20)


def test_a_reshaped_vector_is_a_map(tmp_path: Path) -> None:
    """As the generators of DCGAN begin."""
    found = network(
        tmp_path, sequential(start(100), layer("Dense", units=245), layer("Reshape", target_shape=[7, 7, 5]))
    )
    assert [one.op for one in found.items] == ["linear", "to_map"]
    assert found.items[-1].shape == Shape(5, (7, 7))


def test_a_vector_behind_a_global_pool_is_a_map_of_one_position(tmp_path: Path) -> None:
    found = network(
        tmp_path,
        sequential(
            start(4, 4, 6), layer("GlobalAveragePooling2D"), layer("Dense", units=3), layer("Softmax")
        ),
    )
    assert [item.op for item in found.items] == ["global_avgpool", "linear", "softmax"]
    assert counts(found).params == 6 * 3 + 3


def test_a_causal_convolution_keeps_its_length(tmp_path: Path) -> None:
    one = layer("Conv1D", filters=8, kernel_size=[3], padding="causal", dilation_rate=[2])
    found = network(tmp_path, sequential(start(100, 1), one))
    assert found.items[0].shape == Shape(8, (100,))
    assert found.items[0].arguments["padding"] == "causal"


def tensor(name: str, call: int = 0) -> Config:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, call, 0]}}


def calls(one: Config, *arguments: list[Any]) -> Config:
    """A layer with its calls as Keras 3 writes them."""
    return {
        **one,
        "name": one["config"]["name"],
        "inbound_nodes": [{"args": list(given), "kwargs": {}} for given in arguments],
    }


def functional(outputs: list[str], *layers: Config) -> Config:
    return {
        "class_name": "Functional",
        "config": {
            "name": "net",
            "layers": [{**start(8, 8, 4), "name": "input", "inbound_nodes": []}, *layers],
            "input_layers": [["input", 0, 0]],
            "output_layers": [[name, 0, 0] for name in outputs],
        },
    }


CONV = layer("Conv2D", "conv", filters=4, kernel_size=[1, 1])


def test_layers_need_not_be_listed_in_the_order_of_evaluation(tmp_path: Path) -> None:
    config = functional(
        ["sum"],
        calls(layer("Add", "sum"), [[tensor("input"), tensor("conv")]]),
        calls(CONV, [tensor("input")]),
    )
    assert [item.op for item in network(tmp_path, config).items] == ["conv", "add"]


def test_names_are_those_of_the_layers(tmp_path: Path) -> None:
    layers = (
        layer("Conv2D", "stem", filters=4, kernel_size=3),
        layer("Conv2D", "deep", filters=5, kernel_size=3),
    )
    text = translated(network(tmp_path, sequential(start(8, 9, 3), *layers))).text
    assert "input: [3, 8, 9]\n" in text, "channels are first"
    assert re.findall(r"out: (\d), .*\n    name: (\w+)", text) == [("4", "stem"), ("5", "deep")]


def test_a_layer_called_twice_has_its_weights_once(tmp_path: Path) -> None:
    config = functional(
        ["sum"],
        calls(CONV, [tensor("input")], [tensor("conv")]),
        calls(layer("Add", "sum"), [[tensor("conv"), tensor("conv", 1)]]),
    )
    found = network(tmp_path, config)
    assert [item.share for item in found.items] == [None, found.items[0].output, None]
    assert counts(found).params == 4 * 4 + 4


def test_a_separable_convolution_called_twice_has_its_weights_once(tmp_path: Path) -> None:
    twice = calls(
        layer("SeparableConv2D", "s", filters=4, kernel_size=[1, 1]), [tensor("input")], [tensor("s")]
    )
    both = calls(layer("Add", "sum"), [[tensor("s"), tensor("s", 1)]])
    found = network(tmp_path, functional(["sum"], twice, both))
    assert [item.share for item in found.items] == [None, None, "s.depthwise", "s", None]
    assert translated(found).report.totals.params == 4 + 4 * 4 + 4


@pytest.mark.parametrize("kind", ["Average", "Max"])
def test_a_pool_over_the_features_of_each_step(tmp_path: Path, kind: str) -> None:
    """`channels_first` of a pool where the other layers have the channels last, as classifiers of time series have it."""
    conv = layer("Conv1D", filters=7, kernel_size=[1], data_format="channels_last")
    pool = layer(f"Global{kind}Pooling1D", data_format="channels_first")
    found = network(tmp_path, sequential(start(50, 2), conv, pool, layer("Dense", units=3)))
    assert translated(found).report.totals.params == 2 * 7 + 7 + 50 * 3 + 3


@pytest.mark.parametrize(
    ("order", "one", "message"),
    [
        (
            "channels_last",
            layer("MaxPooling2D", data_format="channels_first"),
            "not that of the layers before it",
        ),
        ("channels_first", layer("Dense", units=3), "the last axis, which is not the channels' here"),
    ],
)
def test_layers_of_another_axis_are_refused(tmp_path: Path, order: str, one: Config, message: str) -> None:
    conv = layer("Conv2D", filters=4, kernel_size=[1, 1], data_format=order)
    with pytest.raises(Refused, match=message):
        network(tmp_path, sequential(start(8, 8, 4), conv, one))


def test_a_mask_is_of_the_steps_and_changes_nothing(tmp_path: Path) -> None:
    """As Keras 3 writes a recurrent layer behind an embedding with `mask_zero`."""
    tokens = calls(layer("Embedding", "e", input_dim=9, output_dim=4, mask_zero=True), [tensor("input")])
    compare = {**layer("NotEqual", "n"), "module": "keras.src.ops.numpy"}
    compare["inbound_nodes"] = [{"args": [tensor("input"), 0], "kwargs": {}}]
    lstm = calls(layer("LSTM", "r", units=5), [tensor("e")])
    lstm["inbound_nodes"][0]["kwargs"] = {"mask": tensor("n")}
    found = network(tmp_path, functional(["r"], tokens, compare, lstm), size=Shape(1, (20,)))
    assert [item.op for item in found.items] == ["embedding", "lstm"]


def test_graphs_of_keras_2(tmp_path: Path) -> None:
    old = {**CONV, "name": "conv", "inbound_nodes": [[["input", 0, 0, {}]]]}
    joined = {
        **layer("Concatenate", "cat", axis=3),
        "name": "cat",
        "inbound_nodes": [[["input", 0, 0, {}], ["conv", 0, 0, {}]]],
    }
    found = network(tmp_path, functional(["cat"], old, joined))
    assert found.items[-1].shape == Shape(8, (8, 8))


def test_an_operation_with_a_number_is_no_join(tmp_path: Path) -> None:
    add = {**layer("Add", "plus"), "module": "keras.src.ops.numpy"}
    times = {**layer("Multiply", "times"), "module": "keras.src.ops.numpy"}
    config = functional(
        ["gate"],
        calls(add, [tensor("input"), 3.0]),
        calls(layer("ReLU", "six", max_value=6.0), [tensor("plus")]),
        calls(times, [tensor("six"), 1 / 6]),
        calls(layer("Multiply", "gate"), [[tensor("input"), tensor("times")]]),
    )
    assert [item.op for item in network(tmp_path, config).items] == ["hardsigmoid", "mul"]


def test_a_model_inside_a_model_is_inlined(tmp_path: Path) -> None:
    inner = sequential(CONV, layer("ReLU"))
    inner["config"]["name"] = "body"
    config = functional(["body"], calls(inner, [tensor("input")]))
    found = network(tmp_path, config)
    assert [item.label for item in found.items] == ["body.conv", "body.relu"]


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (layer("Lambda", function="x"), "Lambda: there is no such layer in the spec language"),
        (
            layer("Conv2D", filters=4, kernel_size=3, nonsense=1),
            "Conv2D: the argument `nonsense=1` is not understood",
        ),
        (layer("Conv2D", filters=4, kernel_size=0), "Conv2D: `kernel_size=0` is not one whole number"),
        (layer("Conv2D", filters="4", kernel_size=1), "Conv2D: `filters=4` is no positive whole number"),
        (layer("Activation", activation="step"), "Activation: the activation `step` is not understood"),
        (layer("BatchNormalization", axis=1), "BatchNormalization: `axis=1` is not the channels'"),
        (layer("ReLU", max_value=2.0, negative_slope=0.1), "ReLU: `max_value=2.0`, `negative_slope=0.1`"),
        (layer("Permute", dims=[2, 1, 3]), "Permute: `dims=[2, 1, 3]` changes the order of axes"),
        (
            layer("Conv2DTranspose", filters=4, kernel_size=3, strides=2, output_padding=2),
            "Conv2DTranspose: `output_padding=[2, 2]` is not less than the strides [2, 2]",
        ),
        (layer("RepeatVector", n=3), "RepeatVector: it needs a vector, its input is 6x15x20"),
        (layer("CenterCrop", height=16, width=20), "CenterCrop: 16x20 of 6x15x20 is not understood"),
        (layer("PReLU", shared_axes=[1]), "PReLU: `shared_axes=[1]` are some of the axes"),
        (layer("RNN", cell={"class_name": "Mine"}), "RNN: only cells of LSTM, GRU and SimpleRNN"),
        (
            layer("TimeDistributed", layer=layer("LSTM", units=4)),
            "TimeDistributed: a `LSTM` of each step of 6x15x20",
        ),
        (layer("Reshape", target_shape=[3, 600]), "Reshape: a reshape of 6x15x20 (channels first)"),
        (layer("LSTM", units=4), "LSTM: it needs a sequence"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, one: Config, message: str) -> None:
    config = sequential(start(15, 20, 6), one)
    with pytest.raises(Refused) as caught:
        network(tmp_path, config)
    assert caught.value.diagnostics[0].message.startswith(message)
    assert network(tmp_path, config, partial=True).items[-1].op == "custom"


def test_layers_that_need_each_other_are_refused(tmp_path: Path) -> None:
    config = functional(
        ["a"], calls(layer("ReLU", "a"), [tensor("b")]), calls(layer("ReLU", "b"), [tensor("a")])
    )
    with pytest.raises(Refused, match="it depends on its own output"):
        network(tmp_path, config)


def test_an_input_without_a_shape_needs_one(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="does not say its input's shape"):
        network(tmp_path, sequential(CONV))
    found = network(tmp_path, sequential(CONV), size=Shape(3, (5, 5)))
    assert found.items[0].shape == Shape(4, (5, 5))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "neither an archive nor HDF5 nor JSON: Expecting value"),
        (b"[1, 2", "neither an archive nor HDF5 nor JSON: Expecting ',' delimiter"),
        (b'{"a": 1}', "the JSON is not the configuration of a Keras model"),
        (b"\xff\xfe\x00", "the byte 0xff at offset 0 is not UTF-8"),
        (b"[" * 100_000, "the JSON is nested too deep or has a number too long"),
        (b"PK\x03\x04 and then nothing", "the archive is damaged: File is not a zip file"),
        (b'{"class_name": "Mine", "config": {}}', "the Mine has no list of layers"),
        (b'{"config": {"layers": [{"config": {}}]}}', "layer 1 of the model has no `class_name`"),
    ],
)
def test_files_that_hold_no_model(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(data)
    with pytest.raises(Malformed) as caught:
        read(Request(str(path)))
    assert caught.value.diagnostics[0].message == message


def test_an_archive_holds_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(sequential(start(8, 8, 3), CONV)))
        archive.writestr("model.weights.h5", b"not looked at")
    assert read(Request(str(path))).items[0].shape == Shape(4, (8, 8))


def test_an_archive_without_a_configuration(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with ZipFile(path, "w") as archive:
        archive.writestr("weights", b"")
    with pytest.raises(Malformed, match=r"the archive has no config\.json"):
        read(Request(str(path)))


@pytest.mark.slow
def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive, archive.open("config.json", "w") as file:
        for _ in range(65):
            file.write(b" " * 2**20)
    assert path.stat().st_size < 2**18
    with pytest.raises(Malformed, match=r"config\.json has 68,157,440 bytes"):
        read(Request(str(path)))


def test_every_cut_of_an_archive_is_an_error_of_ours(tmp_path: Path) -> None:
    whole = tmp_path / "whole.keras"
    with ZipFile(whole, "w", ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps(sequential(start(8, 8, 3), CONV)))
    data = whole.read_bytes()
    path = tmp_path / "cut.keras"
    for end in range(len(data)):
        path.write_bytes(data[:end])
        with pytest.raises(CnncalcError):
            read(Request(str(path)))


def test_files_that_need_the_extra_name_it_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra, endings = IMPORTERS["keras"].extra
    monkeypatch.setitem(sys.modules, "h5py", None)
    for ending in endings:
        (tmp_path / f"model{ending}").write_bytes(b"\x89HDF\r\n\x1a\n")
        with pytest.raises(SourceError) as caught:
            read(Request(str(tmp_path / f"model{ending}")))
        (found,) = caught.value.diagnostics
        assert found.message == "reading HDF5 files needs h5py"
        assert f"pip install 'cnncalc[{extra}]'" in (found.help or "")


@pytest.mark.slow
def test_h5_files(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(sequential(start(8, 8, 3), CONV))
    assert read(Request(str(path))).items[0].shape == Shape(4, (8, 8))
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = "conv"
    with pytest.raises(Malformed, match="the file holds weights and no model"):
        read(Request(str(path)))
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(Malformed, match="the HDF5 file is damaged"):
        read(Request(str(path)))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        read(Request(str(tmp_path / "none.keras")))


def test_json_of_models_is_told_from_other_json() -> None:
    assert recognise(b'{"module": "keras", "class_name": "Functional"')
    assert not recognise(b'{"name": "package", "version": "1"}')


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            layer(
                "Convolution2D", nb_filter=5, nb_row=3, nb_col=2, subsample=[2, 1], border_mode="same",
                dim_ordering="tf", bias=False, init="uniform", W_regularizer=None, activation="relu",
            ),
            layer("Conv2D", filters=5, kernel_size=[3, 2], strides=[2, 1], padding="same", use_bias=False, activation="relu"),
        ),
        (
            layer("AtrousConvolution2D", nb_filter=5, nb_row=3, nb_col=3, atrous_rate=[2, 2], border_mode="valid", dim_ordering="tf"),
            layer("Conv2D", filters=5, kernel_size=[3, 3], dilation_rate=[2, 2]),
        ),
        (
            layer("MaxPooling2D", pool_size=[2, 2], strides=[2, 2], border_mode="valid", dim_ordering="tf"),
            layer("MaxPooling2D", pool_size=[2, 2], strides=[2, 2]),
        ),
        (layer("Dense", output_dim=7, input_dim=6, init="uniform", bias=True), layer("Dense", units=7)),
        (layer("Dropout", p=0.5), layer("Dropout", rate=0.5)),
        (layer("BatchNormalization", mode=0, axis=-1, gamma_init="one"), layer("BatchNormalization")),
    ],
    ids=["convolution", "dilated", "pool", "dense", "dropout", "norm"],
)  # fmt: skip
def test_layers_of_keras_1(tmp_path: Path, old: Config, new: Config) -> None:
    found, wanted = (network(tmp_path, sequential(start(15, 20, 6), one)) for one in (old, new))
    assert list(map(_said, found.items)) == list(map(_said, wanted.items))
    assert found.items


def _said(one: Item) -> Item:
    """An item without what its layer is called."""
    return one._replace(output="", label="", inputs=())


def test_recurrent_layers_of_keras_1(tmp_path: Path) -> None:
    """Whose gates have one bias each, as those of Keras 2 before it had the choice."""
    given: Config = {
        "output_dim": 4,
        "inner_activation": "hard_sigmoid",
        "consume_less": "cpu",
        "dropout_W": 0.1,
    }
    found = network(tmp_path, sequential(start(15, 6), layer("LSTM", **given)))
    assert translated(found).report.totals.params == 4 * (4 * 6 + 4 * 4 + 4)
    for old in (layer("GRU", **given), layer("GRU", units=4), layer("GRU", units=4, reset_after=False)):
        with pytest.raises(Refused, match="`reset_after=False` has one bias for each gate, a `gru` has two"):
            network(tmp_path, sequential(start(15, 6), old))
    found = network(tmp_path, sequential(start(15, 6), layer("GRU", units=4, reset_after=True)))
    assert translated(found).report.totals.params == 3 * (4 * 6 + 4 * 4 + 2 * 4)


def test_merges_of_keras_1(tmp_path: Path) -> None:
    merged = {
        **layer("Merge", "sum", mode="sum", concat_axis=-1),
        "inbound_nodes": [[["input", 0, 0], ["a", 0, 0]]],
    }
    first = {**layer("Activation", "a", activation="relu"), "inbound_nodes": [[["input", 0, 0]]]}
    found = network(tmp_path, functional(["sum"], first, merged))
    assert [one.op for one in found.items] == ["relu", "add"]


@pytest.mark.parametrize("line", [True, False])
def test_numbers_of_tokens_are_positions(tmp_path: Path, line: bool) -> None:
    layers = [layer("Embedding", input_dim=100, output_dim=16), layer("Conv1D", filters=4, kernel_size=[3])]
    config = sequential(start(50), *layers) if line else sequential(*layers)
    if not line:
        config["config"]["layers"][0]["config"]["batch_input_shape"] = [None, 50]
    found = network(tmp_path, config)
    assert found.inputs[0][1] == Shape(1, (50,))
    assert [one.shape for one in found.items] == [Shape(16, (50,)), Shape(4, (48,))]
    assert translated(found).report.totals.params == 100 * 16 + 16 * 3 * 4 + 4


def test_what_is_not_trained_is_frozen(tmp_path: Path) -> None:
    one = layer("Conv2D", filters=5, kernel_size=[3, 3], activation="relu", trainable=False)
    found = network(tmp_path, sequential(start(15, 20, 6), one, layer("Dense", units=2)))
    assert [(item.op, item.frozen) for item in found.items] == [
        ("conv", True),
        ("relu", False),
        ("linear", False),
    ]
    assert translated(found).report.totals.trainable == 5 * 2 + 2


def test_a_layer_for_each_step_is_that_layer(tmp_path: Path) -> None:
    inner = {"class_name": "Dense", "config": {"name": "inner", "units": 3, "activation": "softmax"}}
    found = network(tmp_path, sequential(start(15, 6), layer("TimeDistributed", layer=inner)))
    assert [(one.op, one.shape) for one in found.items] == [
        ("linear", Shape(3, (15,))),
        ("softmax", Shape(3, (15,))),
    ]


@pytest.mark.parametrize("bias", [True, False])
def test_attention_of_a_sequence_to_itself(tmp_path: Path, bias: bool) -> None:
    one = layer("MultiHeadAttention", "a", num_heads=2, key_dim=5, value_dim=5, use_bias=bias)
    back = layer("Reshape", "r", target_shape=[8, 8, 4])
    line = calls(layer("Reshape", "s", target_shape=[64, 4]), [tensor("input")])
    attention = calls(one, [tensor("s"), tensor("s")])
    found = network(tmp_path, functional(["r"], line, attention, calls(back, [tensor("a")])))
    assert [item.op for item in found.items] == ["tokens", "attention", "to_map"]
    biases = 3 * 10 + 4 if bias else 0
    assert translated(found).report.totals.params == 4 * 4 * 10 + biases
    other = calls(one, [tensor("s"), tensor("input")])
    with pytest.raises(Refused, match="keys of 4x8x8 beside queries of 4x64 are not understood"):
        network(tmp_path, functional(["r"], line, other, calls(back, [tensor("a")])))


def test_attention_to_another_tensor(tmp_path: Path) -> None:
    one = calls(
        layer("MultiHeadAttention", "a", num_heads=2, key_dim=5, value_dim=3), [tensor("input"), tensor("c")]
    )
    conv = calls(layer("Conv2D", "c", filters=7, kernel_size=[1, 1], use_bias=False), [tensor("input")])
    found = network(tmp_path, functional(["a"], conv, one))
    query, key, value, out = 4 * 10 + 10, 7 * 10 + 10, 7 * 6 + 6, 6 * 4 + 4
    assert translated(found).report.totals.params == 4 * 7 + query + key + value + out


def operation(kind: str, name: str, *arguments: Any, **settings: Any) -> Config:
    """A call of an operation as Keras 3 writes it."""
    return calls({**layer(kind, name, **settings), "module": "keras.src.ops.numpy"}, list(arguments))


ALL = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}
FIRST_THREE = {"class_name": "__slice__", "config": {"start": None, "stop": 3, "step": None}}
FROM_THE_SECOND = {"class_name": "__slice__", "config": {"start": 1, "stop": None, "step": None}}


@pytest.mark.parametrize(
    ("one", "ops", "axes"),
    [
        (operation("Mean", "o", tensor("input"), axis=[1, 2], keepdims=False), "global_avgpool", (4, 1, 1)),
        (operation("Max", "o", tensor("input"), axis=-1, keepdims=True), "channel_max", (1, 8, 8)),
        (operation("Sum", "o", tensor("input"), axis=[3], keepdims=True), "channel_mean", (1, 8, 8)),
        (operation("Clip", "o", tensor("input"), x_min=-1, x_max=2), "hardtanh", (4, 8, 8)),
        (
            operation("Pad", "o", tensor("input"), pad_width=[[0, 0], [1, 2], [0, 1], [0, 0]]),
            "pad",
            (4, 11, 9),
        ),
        (operation("Resize", "o", tensor("input"), size=[5, 6]), "upsample", (4, 5, 6)),
        (operation("Reshape", "o", tensor("input"), newshape=[-1, 64, 4]), "tokens", (4, 64)),
        (operation("GetItem", "o", tensor("input"), [ALL, FIRST_THREE, FROM_THE_SECOND]), "crop", (4, 3, 7)),
        (operation("GetItem", "o", tensor("input"), [ALL, ALL, ALL, FIRST_THREE]), "slice", (3, 8, 8)),
        (operation("Minimum", "o", tensor("input"), tensor("input")), "neg neg max neg", (4, 8, 8)),
        (operation("Minimum", "o", tensor("input"), 1.0), "", (4, 8, 8)),
    ],
)
def test_operations_on_tensors(tmp_path: Path, one: Config, ops: str, axes: tuple[int, ...]) -> None:
    found = network(tmp_path, functional(["o", "e"], one, calls(layer("ELU", "e"), [tensor("o")])))
    assert [item.op for item in found.items] == [*ops.split(), "elu"]
    assert found.items[-1].shape is not None
    assert found.items[-1].shape.axes == axes


def test_operations_that_are_not_understood_are_refused(tmp_path: Path) -> None:
    for one in (
        operation("Mean", "o", tensor("input"), axis=[1], keepdims=False),
        operation("Mean", "o", tensor("input"), axis=None),
        operation("Clip", "o", tensor("input"), x_min=None, x_max=2),
        operation("Pad", "o", tensor("input"), pad_width=[[0, 0], [1, 2], [0, 1], [0, 3]]),
        operation("Reshape", "o", tensor("input"), newshape=[64, 4]),
        operation("GetItem", "o", tensor("input"), [ALL, 0]),
        operation("GetItem", "o", tensor("input"), [FIRST_THREE]),
        operation("Split", "o", tensor("input"), indices_or_sections=3, axis=-1),
        operation("Split", "o", tensor("input"), indices_or_sections=2, axis=1),
    ):
        with pytest.raises(
            Refused, match=r"(not understood|pads the batch|does not keep the batch|are no numbers)"
        ):
            network(tmp_path, functional(["o"], one))


def function(name: str, said: str, *read: str, **options: Any) -> Config:
    """A function of TensorFlow among the layers, as Keras 2 writes it."""
    parts = [[one, 0, 0, options] for one in read]
    node = parts if said == "concat" else parts[0]
    return {**layer("TFOpLambda", name, function=said), "name": name, "inbound_nodes": [node]}


SPEC = {"start": None, "stop": None, "step": None}


@pytest.mark.parametrize(
    ("one", "ops", "axes"),
    [
        (function("o", "math.add", "input", y=3.0), "", (4, 8, 8)),
        (function("o", "math.multiply", "input", y=["conv", 0, 0]), "mul", (4, 8, 8)),
        (function("o", "math.minimum", "input", y=["conv", 0, 0]), "neg neg max neg", (4, 8, 8)),
        (function("o", "concat", "input", "conv", axis=-1), "concat", (8, 8, 8)),
        (function("o", "nn.leaky_relu", "input", alpha=0.1), "leaky_relu", (4, 8, 8)),
        (function("o", "math.reduce_mean", "input", axis=[1, 2], keepdims=True), "global_avgpool", (4, 1, 1)),
        (function("o", "clip_by_value", "input", clip_value_min=0.0, clip_value_max=6.0), "relu6", (4, 8, 8)),
        (function("o", "split", "input", num_or_size_splits=[1, 3], axis=-1), "slice", (1, 8, 8)),
        (function("o", "compat.v1.pad", "input", paddings=[[0, 0], [1, 1], [0, 2], [0, 0]], mode="CONSTANT"), "pad", (4, 10, 10)),
        (function("o", "image.resize", "input", size=[4, 4]), "upsample", (4, 4, 4)),
        (function("o", "reshape", "input", shape=[-1, 64, 4]), "tokens", (4, 64)),
        (function("o", "nn.bias_add", "input", bias=[1.0, 2.0, 3.0, 4.0], data_format="NHWC"), "", (4, 8, 8)),
        (function("o", "nn.depth_to_space", "input", block_size=2), "pixel_shuffle", (1, 16, 16)),
        (function("o", "nn.space_to_depth", "input", block_size=2), "pixel_unshuffle", (16, 4, 4)),
        (
            {
                **function("o", "__operators__.getitem", "input", slice_spec=[{"class_name": "__ellipsis__"}, {**SPEC, "step": -1}]),
                "class_name": "SlicingOpLambda",
            },
            "",
            (4, 8, 8),
        ),
        (
            {
                **function("o", "__operators__.getitem", "input", slice_spec=[SPEC, {**SPEC, "start": 2}]),
                "class_name": "SlicingOpLambda",
            },
            "crop",
            (4, 6, 8),
        ),
        (
            {
                **layer("TFOpLambda", "o", function="math.subtract"),
                "name": "o",
                "inbound_nodes": [["_CONSTANT_VALUE", -1, 1, {"y": ["input", 0, 0], "name": None}]],
            },
            "",
            (4, 8, 8),
        ),
    ],
)  # fmt: skip
def test_functions_of_tensorflow_in_keras_2(
    tmp_path: Path, one: Config, ops: str, axes: tuple[int, ...]
) -> None:
    conv = {**CONV, "name": "conv", "inbound_nodes": [[["input", 0, 0, {}]]]}
    last = {**layer("ELU", "e"), "name": "e", "inbound_nodes": [[["o", 0, 0, {}]]]}
    found = network(tmp_path, functional(["e"], conv, one, last))
    assert [item.op for item in found.items if item.op not in ("conv", "elu")][
        : len(ops.split())
    ] == ops.split()
    assert found.items[-1].shape is not None
    assert found.items[-1].shape.axes == axes


def test_a_function_that_is_not_understood(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="there is no such layer in the spec language"):
        network(tmp_path, functional(["o"], function("o", "compat.v1.transpose", "input", perm=[0, 2, 1, 3])))


def test_hard_sigmoid_as_mobilenet_v3_of_keras_2_has_it(tmp_path: Path) -> None:
    config = functional(
        ["by"],
        function("plus", "__operators__.add", "input", y=3.0),
        function("six", "nn.relu6", "plus"),
        function("by", "math.truediv", "six", y=6.0),
    )
    assert [item.op for item in network(tmp_path, config).items] == ["hardsigmoid"]


def test_channels_split_into_parts(tmp_path: Path) -> None:
    one = operation("Split", "o", tensor("input"), indices_or_sections=[1], axis=-1)
    parts = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": ["o", 0, place]}} for place in (0, 1)
    ]
    both = calls(layer("Concatenate", "c"), [parts])
    found = network(tmp_path, functional(["c"], one, both))
    assert [item.shape for item in found.items] == [Shape(1, (8, 8)), Shape(3, (8, 8)), Shape(4, (8, 8))]


@pytest.mark.parametrize(("mode", "op"), [("sum", "add"), ("ave", "add"), ("mul", "mul")])
def test_both_directions_joined_element_by_element(tmp_path: Path, mode: str, op: str) -> None:
    both = layer("Bidirectional", merge_mode=mode, layer=layer("LSTM", units=5, return_sequences=True))
    found = network(tmp_path, sequential(start(9, 3), both))
    assert [item.op for item in found.items] == ["lstm", "slice", "slice", op]
    assert found.items[-1].shape == Shape(5, (9,))
    assert translated(found).report.totals.params == 2 * 4 * (3 * 5 + 5 * 5 + 5)


def test_a_vector_repeated_at_each_step(tmp_path: Path) -> None:
    found = network(tmp_path, sequential(start(9, 3), layer("LSTM", units=5), layer("RepeatVector", n=7)))
    assert [item.op for item in found.items] == ["lstm", "to_map", "upsample"]
    assert found.items[-1].shape == Shape(5, (7,))


def test_frames_one_by_one(tmp_path: Path) -> None:
    """A network of images at each step of a video: windows of one step, and a vector of each frame."""
    images = sequential(
        layer("Conv2D", "c", filters=5, kernel_size=[3, 3], strides=[2, 2], padding="same"),
        layer("BatchNormalization", "b", axis=3),
        layer("ZeroPadding2D", "z", padding=[[1, 0], [0, 2]]),
        layer("Flatten", "f"),
        layer("Dense", "d", units=2),
    )
    found = network(tmp_path, sequential(start(7, 8, 8, 3), layer("TimeDistributed", "t", layer=images)))
    assert [item.op for item in found.items] == [
        "conv",
        "bn",
        "pad",
        "unfold",
        "squeeze",
        "squeeze",
        "linear",
    ]
    assert found.items[0].label == "t.c"
    assert found.items[-1].shape == Shape(2, (7,))
    totals = translated(found).report.totals
    assert totals.params == (3 * 9 * 5 + 5) + 2 * 5 + (5 * 5 * 6 * 2 + 2)
    assert totals.macs == 7 * (4 * 4 * 3 * 9 * 5 + 5 * 5 * 6 * 2)
    pooled = layer("TimeDistributed", layer=layer("GlobalMaxPooling2D"))
    found = network(tmp_path, sequential(start(7, 8, 8, 3), pooled, layer("GRU", units=2, reset_after=True)))
    assert [item.op for item in found.items] == ["maxpool", "squeeze", "squeeze", "gru"]


@pytest.mark.parametrize("number", [0, 1])
def test_a_model_inside_another_counts_its_own_graph_as_a_call(tmp_path: Path, number: int) -> None:
    """As Keras 2 saves models that were made of models."""
    inner = {
        **functional(["b"], {**layer("ReLU", "b"), "inbound_nodes": [[["input", 0, 0]]]}),
        "name": "inner",
        "inbound_nodes": [[["input", 0, 0, {}]]],
    }
    last = {**layer("Softmax", "c"), "inbound_nodes": [[["inner", number, 0, {}]]]}
    found = network(tmp_path, functional(["c"], inner, last))
    assert [one.op for one in found.items] == ["relu", "softmax"]


def test_models_of_tensorflow_js(tmp_path: Path) -> None:
    config = sequential(start(15, 20, 6), layer("Conv2D", filters=5, kernel_size=[3, 3]))
    wanted = network(tmp_path, config).items
    for topology in (config, {"keras_version": "2.8.0", "model_config": config}):
        file: Config = {"format": "layers-model", "modelTopology": topology, "weightsManifest": []}
        assert network(tmp_path, file).items == wanted
        assert recognise(json.dumps(file).encode()[:64])
    with pytest.raises(Malformed, match="a graph of operations, without layers"):
        network(tmp_path, {"format": "graph-model", "modelTopology": {"node": []}})


def test_text_that_was_written_as_json_once_more(tmp_path: Path) -> None:
    config = sequential(start(15, 20, 6), layer("ReLU"))
    text = json.dumps(config)
    assert network(tmp_path, text).items == network(tmp_path, config).items
    assert recognise(json.dumps(text).encode()[:80])
