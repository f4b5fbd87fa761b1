"""The rules on which frameworks differ: one file per framework, each a value of ``Framework``."""

from __future__ import annotations

from cnncalc.frameworks.caffe import CAFFE
from cnncalc.frameworks.onnx import NEWEST_OPSET, ONNX, at_opset
from cnncalc.frameworks.pytorch import PYTORCH
from cnncalc.frameworks.rules import Framework
from cnncalc.frameworks.tensorflow import TENSORFLOW
from cnncalc.support.words import did_you_mean, shown

FRAMEWORKS: dict[str, Framework] = {rules.name: rules for rules in (PYTORCH, TENSORFLOW, CAFFE, ONNX)}
"""All frameworks by name, the default first."""


def framework_named(name: str) -> Framework | None:
    """The framework of a name, ``onnx:19`` being ONNX at opset 19; ``None`` where there is none."""
    base, colon, opset = name.partition(":")
    if colon and base == ONNX.name and opset.isascii() and opset.isdigit() and len(opset) < 4 and int(opset):
        return at_opset(int(opset))
    return FRAMEWORKS.get(name)


def unknown_framework(name: str) -> tuple[str, str]:
    """That there is no framework of a name, and which ones there are."""
    guess = _FOREIGN.get(name.lower()) or did_you_mean(name, FRAMEWORKS)
    help = f"did you mean `{guess}`?" if guess else f"possible: {', '.join(FRAMEWORKS)}, {ONNX.name}:OPSET"
    return f"unknown framework `{shown(name)}`", help


_FOREIGN = {
    "torch": "pytorch",
    "tf": "tensorflow",
    "keras": "tensorflow",
    "caffe2": "caffe",
    "onnxruntime": "onnx",
}

__all__ = [
    "CAFFE",
    "FRAMEWORKS",
    "NEWEST_OPSET",
    "ONNX",
    "PYTORCH",
    "TENSORFLOW",
    "Framework",
    "framework_named",
    "unknown_framework",
]
