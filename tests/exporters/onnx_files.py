"""Exported ONNX files checked by the onnx package and run by ONNX Runtime; both must be there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import onnx
import onnxruntime

onnxruntime.set_default_logger_severity(3)
LEARNED = ("running_mean", "running_var")


class Ran(NamedTuple):
    """What ONNX Runtime computed: every declared tensor by its name."""

    tensors: dict[str, Any]


def sizes(value: Any) -> list[int | str]:
    """The axes of a tensor; open ones by their names."""
    return [dim.dim_value or dim.dim_param for dim in value.type.tensor_type.shape.dim]


def checked(data: bytes) -> Any:
    """The model, held to the format and to ONNX's own inference of every shape that the file states."""
    model = onnx.load_from_string(data)
    onnx.checker.check_model(model)
    stated = {value.name: sizes(value) for value in (*model.graph.value_info, *model.graph.output)}
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]
    for output in bare.graph.output:
        output.type.tensor_type.ClearField("shape")
    inferred = onnx.shape_inference.infer_shapes(bare, check_type=True, strict_mode=True, data_prop=True)
    found = {value.name: sizes(value) for value in (*inferred.graph.value_info, *inferred.graph.output)}
    for name, axes in stated.items():
        # an inference that gives up says nothing; open axes have names of their own
        pairs = list(zip(found[name][1:], axes[1:], strict=True)) if found[name] else []
        known = [(one, other) for one, other in pairs if isinstance(one, int) and isinstance(other, int)]
        assert all(one == other or not one for one, other in known), (name, found[name], axes)
    return model


def session(model: Any) -> Any:
    """A session that gives out every tensor whose shape the file states."""
    given = {output.name for output in model.graph.output}
    model.graph.output.extend(value for value in model.graph.value_info if value.name not in given)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def run(model: Any, feeds: dict[str, Any] | None = None) -> dict[str, Any]:
    """Every tensor whose shape the file states, of these inputs or of zeros."""
    found = session(model)
    if feeds is None:
        feeds = {
            one.name: np.zeros(
                [axis if isinstance(axis, int) else 1 for axis in one.shape],
                np.int64 if "int64" in one.type else np.float32,
            )
            for one in found.get_inputs()
        }
    names = [one.name for one in found.get_outputs()]
    return dict(zip(names, found.run(names, feeds), strict=True))


def filled(model: Any, value: float) -> Any:
    """The model with all that is learned, and the running statistics, of one value."""
    for node in model.graph.node:
        if node.op_type == "ConstantOfShape" and "." in node.output[0]:
            node.attribute[0].t.CopyFrom(onnx.numpy_helper.from_array(np.array([value], np.float32)))
    return model


def wrong_shapes(tensors: dict[str, Any], stated: Iterable[Any]) -> list[str]:
    """The tensors that came out in another shape than the file states."""
    axes = {value.name: sizes(value)[1:] for value in stated}
    return [
        f"{name}: {list(tensor.shape)} instead of {axes[name]}"
        for name, tensor in tensors.items()
        if name in axes
        and any(
            isinstance(axis, int) and axis != size
            for axis, size in zip(axes[name], tensor.shape[1:], strict=True)
        )
    ]
