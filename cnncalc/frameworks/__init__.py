"""The rules on which frameworks differ: one file per framework, each a value of ``Framework``."""

from __future__ import annotations

from cnncalc.frameworks.caffe import CAFFE
from cnncalc.frameworks.onnx import NEWEST_OPSET, ONNX, at_opset
from cnncalc.frameworks.pytorch import PYTORCH
from cnncalc.frameworks.rules import Framework
from cnncalc.frameworks.tensorflow import TENSORFLOW

FRAMEWORKS: dict[str, Framework] = {rules.name: rules for rules in (PYTORCH, TENSORFLOW, CAFFE, ONNX)}
"""All frameworks by name, the default first."""


def framework_named(name: str) -> Framework | None:
    """The framework of a name, ``onnx:19`` being ONNX at opset 19; ``None`` where there is none."""
    base, colon, opset = name.partition(":")
    if colon and base == ONNX.name and opset.isascii() and opset.isdigit() and len(opset) < 4 and int(opset):
        return at_opset(int(opset))
    return FRAMEWORKS.get(name)


__all__ = ["CAFFE", "FRAMEWORKS", "NEWEST_OPSET", "ONNX", "PYTORCH", "TENSORFLOW", "Framework", "framework_named"]
