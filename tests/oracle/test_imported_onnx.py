"""ONNX files of torchvision's networks by both of PyTorch's exporters: every tensor's shape is ONNX Runtime's."""

from __future__ import annotations

import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from cnncalc import analyze, load
from cnncalc.importers.items import Request
from cnncalc.importers.onnx import read
from cnncalc.importers.onnx.file import read_model
from cnncalc.importers.onnx.held import Feature
from cnncalc.importers.onnx.network import translation_of
from cnncalc.importers.translating import translated

for package in ("torch", "onnx", "onnxruntime"):
    pytest.importorskip(package)
if not find_spec("torchvision"):
    pytest.skip("torchvision is not there", allow_module_level=True)

from tests.importers.real_models import prepare  # noqa: E402
from tests.rotation import todays  # noqa: E402

pytestmark = pytest.mark.slow

NAMES = (
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3", "mnasnet0_5", "mobilenet_v2",
    "mobilenet_v3_small", "regnet_x_400mf", "regnet_y_400mf", "resnet18", "resnet50", "shufflenet_v2_x1_0", "squeezenet1_1", "vgg11",
    "vgg11_bn",
)  # fmt: skip
LINES = {
    "resnet50": 45, "resnet152": 45, "vgg16": 30, "googlenet": 60, "efficientnet_b0": 70, "mobilenet_v2": 45, "densenet121": 45,
    "convnext_tiny": 45, "inception_v3": 100, "swin_t": 45,
}  # fmt: skip


def exported(name: str, exporter: str, folder: Path, training: bool = False) -> str:
    """A network of torchvision as an ONNX file; ``training`` keeps its batch norms."""
    torch = pytest.importorskip("torch")
    logging.disable(logging.WARNING)
    prepare()
    from torchvision import models  # type: ignore[import-untyped, unused-ignore]

    given: dict[str, Any] = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    network = getattr(models, name)(weights=None, **given).eval()
    size = 299 if name == "inception_v3" else 224
    path = folder / f"{name}.onnx"
    example = (torch.zeros(1, 3, size, size),)
    if exporter == "dynamo":
        torch.onnx.export(network, example, dynamo=True, verbose=False).save(path)
    else:
        keeping = (
            {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False} if training else {}
        )
        torch.onnx.export(network, example, str(path), dynamo=False, opset_version=17, **keeping)
    return str(path)


def run(path: str, wanted: list[str]) -> list[Any]:
    """The tensors of these names, as ONNX Runtime computes them."""
    import numpy
    import onnx
    import onnxruntime

    model = onnx.load(path)
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    (given,) = session.get_inputs()
    return list(session.run(wanted, {given.name: numpy.zeros(given.shape, numpy.float32)}))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "exporter"),
    todays(
        [
            *((name, exporter) for name in NAMES for exporter in ("torchscript", "dynamo")),
            ("swin_t", "torchscript"),
        ],
        parts=6,
    ),
)
def test_every_tensor_has_the_shape_of_onnx_runtime(name: str, exporter: str, tmp_path: Path) -> None:
    path = exported(name, exporter, tmp_path)
    model = read_model(path)
    found = translation_of(model, Request(path))
    made = {output for node in model.graph.nodes for output in node.outputs}
    features = {name: held for name, held in found.held.items() if isinstance(held, Feature) and name in made}
    assert len(features) > 10
    for (tensor, feature), value in zip(features.items(), run(path, list(features)), strict=True):
        assert feature.sizes == value.shape, tensor
    text = translated(read(Request(path))).text
    assert text.count("\n") <= LINES.get(name, 130)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "params", "buffers"), [("resnet18", 11_689_512, 9_600), ("mobilenet_v2", 3_504_872, 34_112)]
)
def test_an_export_that_keeps_batch_norm_has_the_networks_parameters(
    name: str, params: int, buffers: int, tmp_path: Path
) -> None:
    found = read(Request(exported(name, "torchscript", tmp_path, training=True)))
    assert (found.stated.params, found.stated.buffers) == (params, buffers)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "field"), [("resnet50", 427), ("resnet18", 435), ("vgg16", 212)])
def test_receptive_fields_are_those_of_the_bundled_networks(name: str, field: int, tmp_path: Path) -> None:
    path = exported(name, "torchscript", tmp_path)
    found = read(Request(path))
    folded = [] if name == "vgg16" else ["no batch norm in the file"]  # which it never had
    assert [one.partition(":")[0] for one in found.remarks] == folded
    if name == "resnet18":
        assert found.stated.params == 11_684_712  # without the factors of 4,800 channels
    (model,) = load(path)
    sizes = {one.field.size for one in analyze(model).layers if None not in one.field.size}
    assert max(sizes) == (field, field)


@pytest.mark.filterwarnings("ignore")
def test_the_newer_exporter_leaves_out_biases_that_are_all_zero(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Conv2d(4, 5, 3)).eval()
    with torch.no_grad():
        network[0].bias.zero_()
    logging.disable(logging.WARNING)
    path, weights = tmp_path / "net.onnx", 3 * 4 * 9 + 4 * 5 * 9
    for is_new, biases in ((True, 5), (False, 4 + 5)):
        torch.onnx.export(network, (torch.zeros(1, 3, 16, 16),), str(path), dynamo=is_new, verbose=False)
        assert read(Request(str(path))).stated.params == weights + biases


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("bvlc_alexnet", 60_965_224),
        ("inception_v1", 6_998_552),
        ("squeezenet", 1_235_496),
        ("resnet50", 25_557_032),
        ("vgg19", 143_667_240),
    ],
)
def test_light_models_of_the_onnx_package_have_the_published_parameters(name: str, params: int) -> None:
    onnx = pytest.importorskip("onnx")
    path = Path(onnx.__file__).parent / f"backend/test/data/light/light_{name}.onnx"
    found = translated(read(Request(str(path))))
    assert found.report.totals.params == params
