"""Caffe's prototxt files: published totals, each layer by itself, phases, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.errors import CnncalcError
from cnncalc.geometry.shape import Shape
from cnncalc.importers.caffe import read
from cnncalc.importers.items import Malformed, Network, Refused, Request
from cnncalc.importers.translating import translated
from tests.importers.caffe.networks import alexnet, conv, googlenet, pool
from tests.importers.counting import counts


def network(tmp_path: Path, text: str, *, partial: bool = False, size: Shape | None = None) -> Network:
    path = tmp_path / "net.prototxt"
    path.write_text(text, encoding="utf-8")
    return read(Request(str(path), sizes={"": size} if size else {}, partial=partial))


@pytest.mark.parametrize(
    ("text", "params"),
    [
        (alexnet(), 60_965_224),  # BVLC's own AlexNet, as its ONNX file has it
        (googlenet(), 6_998_552),
    ],
    ids=["alexnet", "googlenet"],
)
def test_published_parameters(tmp_path: Path, text: str, params: int) -> None:
    found = network(tmp_path, text)
    assert counts(found).params == params
    assert found.items[-1].shape is not None
    assert found.items[-1].shape.channels == 1000


def test_googlenet_is_written_as_its_inception_modules(tmp_path: Path) -> None:
    """With the names of BVLC's file, whose slashes are scopes."""
    names = re.sub(r'"(\d[a-e])_', r'"inception_\1/', googlenet())
    names = re.sub(r'"relu_(\d[a-e])_', r'"inception_\1/relu_', names)
    names = re.sub(r'"(\d[a-e])"', r'"inception_\1/output"', names)
    text = translated(network(tmp_path, names)).text
    assert text.count("\n") <= 60
    assert "  - Inception: {c: 32, c2: 64, c3: 96, c4: 128, c5: 16, c6: 32}\n    name: inception_3a\n" in text


INPUT = 'layer { name: "d" type: "Input" top: "x" input_param { shape { dim: 1 dim: 8 dim: 15 dim: 20 } } }\n'


def layer(kind: str, parameters: str = "", bottoms: str = "x", tops: str = "y") -> str:
    ends = " ".join(f'bottom: "{name}"' for name in bottoms.split())
    ends += " " + " ".join(f'top: "{name}"' for name in tops.split())
    return f'layer {{ name: "one" type: "{kind}" {ends} {parameters} }}\n'


@pytest.mark.parametrize(
    ("text", "ops", "axes"),
    [
        (
            layer("Convolution", "convolution_param { num_output: 4 kernel_h: 3 kernel_w: 5 pad_w: 2 }"),
            "conv",
            (4, 13, 20),
        ),
        (
            layer("Convolution", "convolution_param { num_output: 4 kernel_size: 3 dilation: 2 stride: 2 }"),
            "conv",
            (4, 6, 8),
        ),
        (
            layer("Deconvolution", "convolution_param { num_output: 4 kernel_size: 4 stride: 2 pad: 1 }"),
            "conv_transpose",
            (4, 30, 40),
        ),
        (layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 }"), "maxpool", (8, 8, 10)),
        (
            layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 round_mode: FLOOR }"),
            "maxpool",
            (8, 7, 10),
        ),
        (layer("Pooling", "pooling_param { pool: AVE global_pooling: true }"), "global_avgpool", (8, 1, 1)),
        (layer("Pooling", "pooling_param { kernel_size: 3 }"), "maxpool", (8, 13, 18)),
        (layer("InnerProduct", "inner_product_param { num_output: 5 }"), "linear", (5,)),
        (layer("PReLU"), "prelu", (8, 15, 20)),
        (layer("ReLU", "relu_param { negative_slope: 0.1 }"), "leaky_relu", (8, 15, 20)),
        (layer("Scale", "scale_param { bias_term: true }"), "scale", (8, 15, 20)),
        (layer("BatchNorm"), "bn", (8, 15, 20)),
        (layer("Bias"), "shift", (8, 15, 20)),
        (layer("Power", "power_param { power: 2 }"), "pow", (8, 15, 20)),
        (layer("Flatten"), "flatten", (2400,)),
        (layer("Reshape", "reshape_param { shape { dim: 0 dim: -1 } }"), "flatten", (2400,)),
        (layer("SPP", "spp_param { pyramid_height: 3 }"), "spp", (8 * 21,)),
        (layer("ShuffleChannel", "shuffle_channel_param { group: 4 }"), "channel_shuffle", (8, 15, 20)),
        (
            layer("LRN", "lrn_param { local_size: 3 norm_region: WITHIN_CHANNEL }"),
            "square avgpool pow mul",
            (8, 15, 20),
        ),
        (layer("Normalize", "norm_param { across_spatial: false }"), "l2norm scale", (8, 15, 20)),
        (layer("SeLU"), "selu", (8, 15, 20)),
        (layer("Dropout", "dropout_param { sample_weights_test: true }"), "dropout", (8, 15, 20)),
        (layer("MarginInnerProduct", "margin_inner_product_param { num_output: 5 }"), "linear", (5,)),
        (layer("Interp", "interp_param { height: 29 width: 39 }"), "upsample", (8, 29, 39)),
        (layer("Interp", "interp_param { zoom_factor: 2 }"), "upsample", (8, 29, 39)),
        (layer("Interp", "interp_param { shrink_factor: 7 zoom_factor: 2 }"), "upsample", (8, 5, 5)),
        (layer("Interp", bottoms="x x"), "upsample_to", (8, 15, 20)),
        (
            pool("p", "x", 3, 1) + layer("Reorg", "reorg_param { stride: 1 }"),
            "maxpool pixel_unshuffle",
            (8, 15, 20),
        ),
        (layer("Python", 'python_param { layer: "SpatialDropoutLayer" }'), "dropout", (8, 15, 20)),
    ],
)
def test_layers(tmp_path: Path, text: str, ops: str, axes: tuple[int, ...]) -> None:
    found = network(tmp_path, INPUT + text)
    assert " ".join(item.op for item in found.items) == ops
    assert found.items[-1].shape is not None
    assert found.items[-1].shape.axes == axes


def test_a_pool_with_padding_drops_a_last_window_beyond_the_input(tmp_path: Path) -> None:
    """ceil((15 + 2 - 2)/2) + 1 = 9 windows, the last of which would begin at 16 >= 15 + 1."""
    text = INPUT + layer("Pooling", "pooling_param { kernel_size: 2 stride: 2 pad: 1 }")
    shape = network(tmp_path, text).items[-1].shape
    assert shape is not None
    assert shape.sizes == (8, 11)


def test_a_padded_pool_drops_such_a_window_on_both_axes(tmp_path: Path) -> None:
    """ceil((20 - 1)/3) + 1 = 8 windows across, the last of which would begin at 21 >= 20, as Caffe clips
    both axes where either is padded.
    """
    text = "pooling_param { kernel_h: 3 kernel_w: 1 stride_h: 1 stride_w: 3 pad_h: 1 }"
    found = translated(network(tmp_path, INPUT + layer("Pooling", text)))
    assert found.report.outputs[0].shape.sizes == (15, 7)


def test_slices_have_a_tensor_each(tmp_path: Path) -> None:
    text = INPUT + layer("Slice", "slice_param { slice_point: 3 }", tops="a b")
    text += 'layer { name: "sum" type: "ReLU" bottom: "b" top: "c" }\n'
    found = network(tmp_path, text)
    assert [item.arguments.get("channels") for item in found.items] == [(0, 3), (3, 5), None]
    assert found.items[2].inputs == (found.items[1].output,)


@pytest.mark.parametrize(
    ("parameters", "op"),
    [
        ("", "add"),
        ("eltwise_param { operation: PROD }", "mul"),
        ("eltwise_param { operation: MAX }", "max"),
        ("eltwise_param { coeff: 1 coeff: -1 }", "sub"),
    ],
)
def test_element_wise_joins(tmp_path: Path, parameters: str, op: str) -> None:
    text = INPUT + conv("a", "x", 8, 1) + layer("Eltwise", parameters, bottoms="x a")
    assert network(tmp_path, text).items[-1].op == op


def test_a_blob_that_is_written_over_means_the_new_tensor(tmp_path: Path) -> None:
    found = network(tmp_path, INPUT + conv("a", "x", 4, 1) + conv("b", "a", 4, 1))
    assert found.items[2].inputs == (found.items[1].output,)
    assert found.items[1].op == "relu"


def test_layers_of_the_training_phase_are_left_out(tmp_path: Path) -> None:
    both = INPUT + layer("ReLU", "include { phase: TRAIN }") + layer("Sigmoid", "include { phase: TEST }")
    both += layer("TanH", "exclude { phase: TEST }", tops="z")
    assert [item.op for item in network(tmp_path, both).items] == ["sigmoid"]


def test_old_files_have_types_in_upper_case_and_a_list_called_layers(tmp_path: Path) -> None:
    text = 'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n'
    text += 'layers { name: "c" type: CONVOLUTION bottom: "data" top: "c"'
    text += " convolution_param { num_output: 2 kernel_size: 3 } blobs_lr: 1 weight_decay: 1 }"
    text += (
        'layers { name: "p" type: INNER_PRODUCT bottom: "c" top: "p" inner_product_param { num_output: 5 } }'
    )
    assert counts(network(tmp_path, text)).params == 3 * 9 * 2 + 2 + 2 * 36 * 5 + 5


def test_weights_that_layers_name_alike_are_shared(tmp_path: Path) -> None:
    shared = 'param { name: "w" } param { name: "b" } convolution_param { num_output: 8 kernel_size: 1 }'
    text = INPUT + layer("Convolution", shared) + layer("Convolution", shared, bottoms="y", tops="z")
    found = network(tmp_path, text)
    assert found.items[1].share == found.items[0].output
    assert counts(found).params == 8 * 8 + 8


def test_losses_and_measures_leave_their_input_as_the_output(tmp_path: Path) -> None:
    text = INPUT + layer("InnerProduct", "inner_product_param { num_output: 5 }")
    text += layer("EuclideanLoss", bottoms="y x", tops="loss") + layer("Accuracy", bottoms="y x", tops="acc")
    found = network(tmp_path, text)
    assert found.outputs == (found.items[-1].output,)


DATA = 'layer { name: "d" type: "Data" top: "x" top: "label" data_param { source: "db" } }\n'


def test_a_file_fed_by_a_data_layer_needs_a_size(tmp_path: Path) -> None:
    text = DATA + conv("a", "x", 4, 3) + layer("SoftmaxWithLoss", bottoms="a label", tops="loss")
    with pytest.raises(Refused) as caught:
        network(tmp_path, text)
    (found,) = caught.value.diagnostics
    assert found.message == "input: the file does not say its size"
    assert found.help == "pass --input, for instance --input 3x224x224"
    given = network(tmp_path, text, size=Shape(3, (10, 10)))
    assert [item.op for item in given.items] == ["conv", "relu", "softmax"]


def test_a_crop_of_the_data_is_its_size(tmp_path: Path) -> None:
    text = DATA.replace("data_param", "transform_param { crop_size: 12 } data_param") + conv("a", "x", 4, 3)
    assert network(tmp_path, text).inputs[0][1] == Shape(3, (12, 12))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (layer("Python"), "Python: there is no such layer in the spec language"),
        (
            layer("Convolution", "convolution_param { num_output: 4 kernel_size: 3 axis: 2 }"),
            "Convolution: `axis: 2` is not understood",
        ),
        (
            layer("Convolution", "convolution_param { num_output: 4 kernel_size: 3 nonsense: 2 }"),
            "Convolution: the parameter `nonsense` is not understood",
        ),
        (
            layer("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }"),
            "Pooling: `pool: STOCHASTIC`",
        ),
        (layer("Convolution", "convolution_param { num_output: 4 }"), "Convolution: a kernel of (0, 0)"),
        (
            layer("Pooling", "pooling_param { kernel_size: 3 pad: 3 }"),
            "Pooling: padding 3 is too large for a pool of kernel 3",
        ),
        (layer("ReLU", bottoms="nowhere"), "relu: no layer before it makes the blob `nowhere`"),
        (
            layer("Reshape", "reshape_param { shape { dim: 0 dim: 7 dim: -1 } }"),
            "Reshape: a reshape of 8x15x20 to [0, 7, -1] is not understood",
        ),
        (
            layer("Permute", "permute_param { order: 1 order: 0 }"),
            "Permute: the order [1, 0, 2, 3] of 4 axes is not understood",
        ),
        (layer("Python", 'python_param { layer: "Mine" }'), "Python: there is no such layer"),
        (
            layer("Upsample", "upsample_param { scale: 2 upsample_h: 40 upsample_w: 40 }"),
            "Upsample: sizes of 40x40 from 8x15x20 by 2x2 are not understood",
        ),
        (
            layer("Concat", "concat_param { axis: 2 }", bottoms="x x"),
            "Concat: `axis: 2` is not the channels'",
        ),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(Refused) as caught:
        network(tmp_path, INPUT + text)
    found = caught.value.diagnostics[0]
    assert found.message.startswith(message)
    assert found.location is not None
    assert found.location.line == 2


def test_axes_that_are_moved_and_moved_back_are_nothing(tmp_path: Path) -> None:
    """A softmax over each anchor's two scores, as region proposal networks have it."""
    pairs = (
        'layer {{ name: "r" type: "Reshape" bottom: "{}" top: "{}" reshape_param {{ shape {{ {} }} }} }}\n'
    )
    text = (
        pairs.format("x", "two", "dim: 0 dim: 2 dim: -1 dim: 0")
        + layer("Softmax", bottoms="two", tops="scores")
        + pairs.format("scores", "back", "dim: 0 dim: 8 dim: -1 dim: 0")
        + conv("end", "back", 5, 1)
    )
    found = network(tmp_path, INPUT + text)
    assert [one.op for one in found.items] == ["softmax", "conv", "relu"]
    assert [one.shape for one in found.items[:2]] == [Shape(8, (15, 20)), Shape(5, (15, 20))]
    with pytest.raises(Refused, match="it reads 8x15x20 reshaped or permuted to 2x60x20"):
        network(tmp_path, INPUT + text.replace('bottom: "back"', 'bottom: "scores"'))


def test_a_reshaped_vector_is_a_map(tmp_path: Path) -> None:
    text = (
        layer("InnerProduct", "inner_product_param { num_output: 48 }")
        + layer("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 4 dim: 4 } }", bottoms="y", tops="z")
        + conv("end", "z", 5, 3)
    )
    found = network(tmp_path, INPUT + text)
    assert [one.op for one in found.items] == ["linear", "to_map", "conv", "relu"]
    assert found.items[1].shape == Shape(3, (4, 4))


def head(name: str, bottom: str, out: int) -> str:
    """A head of SSD: a convolution whose channels are moved behind the positions, as one vector."""
    return (
        conv(name, bottom, out, 1)
        + f'layer {{ name: "{name}_p" type: "Permute" bottom: "{name}" top: "{name}_p" '
        + "permute_param { order: 0 order: 2 order: 3 order: 1 } }\n"
        + f'layer {{ name: "{name}_f" type: "Flatten" bottom: "{name}_p" top: "{name}_f" }}\n'
    )


def test_the_boxes_of_ssd_are_its_outputs(tmp_path: Path) -> None:
    text = (
        head("a", "x", 4)
        + pool("small", "x", 2, 2)
        + head("b", "small", 4)
        + layer("Concat", bottoms="a_f b_f", tops="boxes")
        + layer("PriorBox", "prior_box_param { min_size: 60 }", bottoms="x x", tops="p")
        + layer("PriorBox", "prior_box_param { min_size: 90 }", bottoms="small x", tops="q")
        + layer("Concat", "concat_param { axis: 2 }", bottoms="p q", tops="priors")
        + layer("Reshape", "reshape_param { shape { dim: 0 dim: -1 dim: 4 } }", bottoms="boxes", tops="r")
        + layer("Softmax", "softmax_param { axis: 2 }", bottoms="r", tops="s")
        + layer("Flatten", bottoms="s", tops="t")
        + layer("DetectionOutput", bottoms="t priors", tops="found")
    )
    found = network(tmp_path, INPUT + text)
    assert [one.op for one in found.items][-2:] == ["concat", "softmax"]
    assert found.items[-1].shape == Shape(4 * 15 * 20 + 4 * 8 * 10)
    assert len(found.outputs) == 1


def test_regions_of_interest_are_counted_once(tmp_path: Path) -> None:
    text = (
        layer("Python", 'python_param { layer: "ProposalLayer" }', tops="rois")
        + layer("ROIPooling", "roi_pooling_param { pooled_h: 7 pooled_w: 7 }", bottoms="x rois")
        + layer("InnerProduct", "inner_product_param { num_output: 21 }", bottoms="y", tops="z")
    )
    found = network(tmp_path, INPUT + text)
    assert counts(found).params == 8 * 49 * 21 + 21
    assert found.remarks == ("the layers behind the proposals are counted for one region of interest",)


@pytest.mark.parametrize(
    ("parameters", "axes"), [("scale: 2", (8, 16, 20)), ("scale: 2 pad_out_h: true", (8, 15, 20))]
)
def test_an_unpooling_reads_the_mask_of_its_pool(
    tmp_path: Path, parameters: str, axes: tuple[int, ...]
) -> None:
    pooled = pool("p", "x", 2, 2).replace('top: "p"', 'top: "p" top: "mask"')
    found = network(
        tmp_path, INPUT + pooled + layer("Upsample", f"upsample_param {{ {parameters} }}", bottoms="p mask")
    )
    assert found.items[-1].shape is not None
    assert found.items[-1].shape.axes == axes
    assert found.items[1].note is not None


def test_the_data_of_the_training_are_the_input_of_a_file_without_others(tmp_path: Path) -> None:
    text = (
        'layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TRAIN } '
        "transform_param { crop_size: 32 } }\n" + conv("one", "data", 4, 3)
    )
    assert network(tmp_path, text).inputs == (("data", Shape(3, (32, 32))),)


def test_one_cause_is_one_report(tmp_path: Path) -> None:
    text = INPUT + conv("a", "nowhere", 4, 1) + conv("b", "a", 4, 1) + conv("c", "b", 4, 1)
    with pytest.raises(Refused) as caught:
        network(tmp_path, text)
    assert len(caught.value.diagnostics) == 1


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("layer {", "found the end of the file where a field's name is expected", (1, 8)),
        ("layer { name }", "`name` has no value", (1, 14)),
        (
            'layer { name: "a',
            "a text in quotes does not end on its line or has more than 65,536 characters",
            (1, 15),
        ),
        ("layer { name: §", "the character '§' means nothing here", (1, 15)),
        ("net: 3", "there is no `layer` in the file", (1, 1)),
        ("a: [1 2]", "found `2` in a list", (1, 7)),
        ("a {" * 100, "more than 64 messages inside one another", (1, 195)),
    ],
)
def test_a_file_that_is_no_prototxt(tmp_path: Path, text: str, message: str, place: tuple[int, int]) -> None:
    with pytest.raises(Malformed) as caught:
        network(tmp_path, text)
    (found,) = caught.value.diagnostics
    assert found.location is not None
    assert (found.message, (found.location.line, found.location.column)) == (message, place)


def test_texts_are_joined_and_escapes_read(tmp_path: Path) -> None:
    found = network(tmp_path, "name: \"a\\x2d\" 'b\\n'\n" + INPUT + layer("ReLU"))
    assert found.name == "a-b\n"


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 3000), st.text(max_size=6))
def test_damage_ends_in_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, at: int, inserted: str
) -> None:
    text = alexnet()
    path = tmp_path_factory.mktemp("caffe") / "net.prototxt"
    path.write_text(text[:at] + inserted + text[at + 3 :], encoding="utf-8", errors="replace")
    try:
        read(Request(str(path)))
    except CnncalcError as error:
        assert error.diagnostics


@pytest.mark.parametrize("size", [28, 33, 224])
@pytest.mark.parametrize("pad", [0, 1])
def test_pools_round_as_the_analysis_does(tmp_path: Path, size: int, pad: int) -> None:
    """The importer's own count, which the written spec is held against, is not the analysis' code."""
    text = f'input: "x" input_dim: 1 input_dim: 1 input_dim: {size} input_dim: {size}\n'
    shape = network(tmp_path, text + pool("p", "x", 3, 2, pad)).items[-1].shape
    outputs = -(-(size + 2 * pad - 3) // 2) + 1
    if pad and (outputs - 1) * 2 >= size + pad:
        outputs -= 1
    assert shape is not None
    assert shape.sizes == (outputs, outputs)
