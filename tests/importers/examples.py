"""One small file of each format that importers read, good and hostile; a test holds that none is missing."""

from __future__ import annotations

import json
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from tests.importers.caffe.networks import conv, data
from tests.importers.darknet.networks import conv as darknet_conv
from tests.importers.darknet.networks import net
from tests.importers.onnx import files as onnx
from tests.importers.pt2.programs import program, relus, zipped


def _keras_layer(kind: str, **settings: object) -> dict[str, object]:
    return {"module": "keras.layers", "class_name": kind, "config": {"name": kind.lower(), **settings}}


def keras_config() -> str:
    layers = [
        _keras_layer("InputLayer", batch_shape=[None, 16, 16, 3]),
        _keras_layer("Conv2D", filters=4, kernel_size=[3, 3]),
    ]
    return json.dumps({"class_name": "Sequential", "config": {"name": "net", "layers": layers}})


def archive(config: bytes) -> bytes:
    """A ``.keras`` file."""
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as file:
        file.writestr("config.json", config)
    return target.getvalue()


def _onnx() -> bytes:
    body = onnx.graph(
        [onnx.node("Conv", ["x", "w"], ["y"], "conv")],
        {"x": (1, 3, 16, 16)},
        ["y"],
        [onnx.weights("w", (4, 3, 3, 3))],
    )
    return onnx.model(body)


EXAMPLES = {
    ".onnx": _onnx(),
    ".pt2": zipped(json.dumps(program(16)).encode()),
    ".keras": archive(keras_config().encode()),
    ".json": keras_config().encode(),
    ".prototxt": (data(16) + conv("one", "data", 4, 3)).encode(),
    ".cfg": (net(16) + darknet_conv(4, 3)).encode(),
}
"""A convolution of 3x3 from 3 to 4 channels on 16x16, by the ending of the file."""

HOSTILE = {
    "brackets.json": b'{"class_name":' + b"[" * 1_000_000,
    "numbers.json": b'{"class_name": "Sequential", "config": ' + b"9" * 5_000_000 + b"}",
    "layers.json": json.dumps(
        {
            "class_name": "Sequential",
            "config": {"layers": [_keras_layer("Conv2D", filters=10**12, kernel_size=[10**9, 1])] * 50_000},
        }
    ).encode(),
    "models.json": (
        b'{"class_name": "Sequential", "config": {"layers": [' * 60
        + json.dumps(_keras_layer("ReLU")).encode()
        + b"]}}" * 60
    ),
    "bomb.keras": archive(b" " * (80 * 2**20)),
    "braces.prototxt": b"layer {" * 2_000_000,
    "layers.prototxt": data(16).encode() + b'layer { type: "ReLU" bottom: "data" top: "data" }\n' * 190_000,
    "text.prototxt": b'name: "' + b"\\377" * 5_000_000 + b'"',
    "sections.cfg": b"[net]\nheight=8\nwidth=8\n" + b"[dropout]\n" * 200_000,
    "routes.cfg": b"[net]\nheight=8\nwidth=8\n" + b"[route]\nlayers=" + b"-1," * 2_000_000,
    "wide.cfg": b"[net]\nheight=8\nwidth=8\n"
    + b"[convolutional]\nfilters=999999999\nsize=999999999\npad=1\nactivation=linear\n" * 200,
    "escapes.cfg": b"[net]\n\x1b[31mheight\x1b[0m=8\n[\x1b]0;owned\x07]\n",
    "nodes.pt2": zipped(json.dumps(relus(10_000)).encode()),
    "bomb.pt2": zipped(b" " * (80 * 2**20)),
    "lengths.onnx": b"\x3a\xff\xff\xff\xff\x0f" + b"\x00" * 100,
    "nested.onnx": b"\x3a" + onnx.varint(2_000_000) + b"\x0a\xff\xff\xff\x07" * 400_000,
    "nodes.onnx": onnx.model(
        onnx.graph(
            [onnx.node("Relu", [f"x{one}"], [f"x{one + 1}"]) for one in range(210_000)],
            {"x0": (1, 3, 8, 8)},
            ["x210000"],
        )
    ),
}
"""Files that ask for too much, by their names."""
