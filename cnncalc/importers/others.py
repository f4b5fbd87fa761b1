"""Files that are neither a spec nor a network in a format that is read, and what to do instead."""

from __future__ import annotations

from os.path import splitext

from cnncalc.bundled import ENDINGS
from cnncalc.support.words import shown

_CONVERTED = "write the network as ONNX with the framework's exporter, and name that file"
_WEIGHTS = "it has weights and no network"
_PICKLE = (
    "pickles of PyTorch are not opened, since that runs code: name the code, `cnncalc import net.py:Net -o "
    "net.yaml`, or write the network with `torch.export` (.pt2) or as ONNX"
)
_INSTEAD = {
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".pkl", ".bin"), _PICKLE),
    **dict.fromkeys(
        (".safetensors", ".npz", ".npy", ".msgpack", ".pdparams"), f"{_WEIGHTS}: name the network's code"
    ),
    ".caffemodel": f"{_WEIGHTS}: name the .prototxt that it belongs to",
    ".weights": f"{_WEIGHTS}: name the .cfg that it belongs to",
    ".pb": "a graph of TensorFlow is not read: save the network as .keras, or convert it with tf2onnx",
    **dict.fromkeys(
        (".tflite", ".mlmodel", ".engine", ".trt", ".pdmodel", ".ncnn", ".mnn", ".uff"), _CONVERTED
    ),
}


def instead_of(path: str) -> str | None:
    """What would work in place of a file, by its ending; ``None`` where its ending says nothing."""
    ending = splitext(path)[1].lower()
    if ending == ".py":
        return f"name the module or what makes it: `cnncalc import {shown(path)}:Net -o net.yaml`"
    if ending in ENDINGS:
        return "it is a spec already, if it is a network: every command takes it as it is"
    return _INSTEAD.get(ending)
