"""TensorFlow's functions among the layers of Keras 2, as the operations that Keras 3 has in their place.

Source: tf_keras/src/layers/core/tf_op_layer.py of keras-team/tf-keras
"""

from __future__ import annotations

from typing import Any

from cnncalc.importers.keras.translation import Call

_CLASSES = ("TFOpLambda", "SlicingOpLambda")
_OPERATIONS = {
    "Absolute": "math.abs abs",
    "Add": "__operators__.add math.add add",
    "AddConstant": "nn.bias_add",
    "Cast": "cast",
    "Clip": "clip_by_value",
    "Concatenate": "concat",
    "DepthToSpace": "nn.depth_to_space",
    "Elu": "nn.elu",
    "Exp": "math.exp exp",
    "ExpandDims": "expand_dims",
    "Gelu": "nn.gelu",
    "GetItem": "__operators__.getitem",
    "LeakyRelu": "nn.leaky_relu",
    "Log": "math.log",
    "LogSigmoid": "math.log_sigmoid",
    "Max": "math.reduce_max reduce_max",
    "Maximum": "math.maximum maximum",
    "Mean": "math.reduce_mean reduce_mean",
    "Minimum": "math.minimum minimum",
    "Multiply": "math.multiply multiply __operators__.mul",
    "Negative": "math.negative __operators__.neg",
    "Pad": "pad compat.v1.pad",
    "Relu": "nn.relu",
    "Relu6": "nn.relu6",
    "Reshape": "reshape",
    "Resize": "image.resize compat.v1.image.resize",
    "Rsqrt": "math.rsqrt",
    "Selu": "nn.selu",
    "Sigmoid": "math.sigmoid nn.sigmoid sigmoid",
    "Silu": "nn.silu nn.swish",
    "Softmax": "nn.softmax compat.v1.nn.softmax",
    "Softplus": "math.softplus nn.softplus",
    "Softsign": "nn.softsign",
    "SpaceToDepth": "nn.space_to_depth",
    "Split": "split",
    "Sqrt": "math.sqrt sqrt",
    "Square": "math.square square",
    "Squeeze": "squeeze compat.v1.squeeze",
    "StopGradient": "stop_gradient identity",
    "Subtract": "math.subtract subtract __operators__.sub",
    "Sum": "math.reduce_sum reduce_sum",
    "Tanh": "math.tanh nn.tanh tanh",
    "TrueDivide": "math.truediv math.divide divide __operators__.truediv",
}
_BY_FUNCTION = {name: kind for kind, names in _OPERATIONS.items() for name in names.split()}
_ARGUMENTS = {
    "clip_value_max": "x_max",
    "clip_value_min": "x_min",
    "keep_dims": "keepdims",
    "method": "interpolation",
    "num_or_size_splits": "indices_or_sections",
    "paddings": "pad_width",
    "shape": "newshape",
}
"""Arguments of TensorFlow by those of Keras 3."""
_OF_NO_SHAPE = ("name", "dtype", "constant_values", "preserve_aspect_ratio", "training", "num")


def as_operation(call: Call) -> Call:
    """A function that stands among the layers as the operation that it is; other calls as they are."""
    kind = _BY_FUNCTION.get(str(call.settings.get("function")))
    if call.kind not in _CLASSES or kind is None:
        return call
    settings: dict[str, Any] = {"name": call.name}
    arguments = list(call.arguments)
    for name, value in call.options.items():
        if name == "slice_spec":
            arguments.append(tuple(value) if isinstance(value, list | tuple) else value)
        elif name in ("x", "y", "bias"):
            arguments.append(value)
        elif name not in _OF_NO_SHAPE and value is not None:
            settings[_ARGUMENTS.get(name, name)] = value
    if kind == "LeakyRelu" and "alpha" in settings:
        settings["negative_slope"] = settings.pop("alpha")
    if kind == "Concatenate":
        settings.setdefault("axis", 0)
    if kind == "Split":
        settings["indices_or_sections"] = _places(settings.get("indices_or_sections"))
    if kind == "Pad" and isinstance(settings.get("mode"), str):
        settings["mode"] = settings["mode"].lower()
    return call._replace(
        kind=kind, module="keras.src.ops", settings=settings, arguments=tuple(arguments), options={}
    )


def _places(sizes: object) -> object:
    """Where a tensor is split, of the sizes of its parts."""
    if not isinstance(sizes, list) or not all(isinstance(one, int) for one in sizes):
        return sizes
    return [sum(sizes[:place]) for place in range(1, len(sizes))]
