"""The rules on which frameworks differ: one file per framework, each a value of ``Framework``."""

from __future__ import annotations

from cnncalc.frameworks.caffe import CAFFE
from cnncalc.frameworks.onnx import ONNX
from cnncalc.frameworks.pytorch import PYTORCH
from cnncalc.frameworks.rules import Framework
from cnncalc.frameworks.tensorflow import TENSORFLOW

FRAMEWORKS: dict[str, Framework] = {rules.name: rules for rules in (PYTORCH, TENSORFLOW, CAFFE, ONNX)}
"""All frameworks by name, the default first."""

__all__ = ["CAFFE", "FRAMEWORKS", "ONNX", "PYTORCH", "TENSORFLOW", "Framework"]
