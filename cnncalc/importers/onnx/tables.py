"""The messages of an ONNX file by field number; weights are spans, which are not read.

Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

from collections.abc import Mapping

from cnncalc.support.wire import Kind, Message

MESSAGES: Mapping[str, Message] = {
    "model": {
        1: Kind("ir_version", "int"),
        2: Kind("producer_name", "text"),
        3: Kind("producer_version", "text"),
        7: Kind("graph", "graph"),
        8: Kind("opsets", "opset", many=True),
        25: Kind("functions", "function", many=True),
    },
    "opset": {1: Kind("domain", "text"), 2: Kind("version", "int")},
    "graph": {
        1: Kind("nodes", "node", many=True),
        2: Kind("name", "text"),
        5: Kind("initializers", "tensor", many=True),
        11: Kind("inputs", "value", many=True),
        12: Kind("outputs", "value", many=True),
        13: Kind("values", "value", many=True),
        15: Kind("sparse", "sparse", many=True),
    },
    "node": {
        1: Kind("inputs", "text", many=True),
        2: Kind("outputs", "text", many=True),
        3: Kind("name", "text"),
        4: Kind("operator", "text"),
        5: Kind("attributes", "attribute", many=True),
        7: Kind("domain", "text"),
        8: Kind("overload", "text"),
        9: Kind("metadata", "entry", many=True),
    },
    "attribute": {
        1: Kind("name", "text"),
        2: Kind("f", "float"),
        3: Kind("i", "int"),
        4: Kind("s", "span"),
        5: Kind("t", "tensor"),
        6: Kind("g", "graph"),
        7: Kind("floats", "float", many=True),
        8: Kind("ints", "int", many=True),
        9: Kind("strings", "span", many=True),
        10: Kind("tensors", "tensor", many=True),
        11: Kind("graphs", "graph", many=True),
        20: Kind("type", "int"),
        21: Kind("reference", "text"),
        22: Kind("sparse", "sparse"),
    },
    "tensor": {
        1: Kind("dims", "int", many=True),
        2: Kind("type", "int"),
        4: Kind("float_data", "span", many=True),
        5: Kind("int32_data", "span", many=True),
        6: Kind("string_data", "span", many=True),
        7: Kind("int64_data", "span", many=True),
        8: Kind("name", "text"),
        9: Kind("raw", "span"),
        10: Kind("double_data", "span", many=True),
        11: Kind("uint64_data", "span", many=True),
        14: Kind("location", "int"),
    },
    "sparse": {1: Kind("values", "tensor"), 2: Kind("indices", "tensor"), 3: Kind("dims", "int", many=True)},
    "value": {1: Kind("name", "text"), 2: Kind("type", "type")},
    "type": {1: Kind("tensor", "tensor_type")},
    "tensor_type": {1: Kind("element", "int"), 2: Kind("shape", "shape")},
    "shape": {1: Kind("dims", "dimension", many=True)},
    "dimension": {1: Kind("value", "int"), 2: Kind("name", "text")},
    "entry": {1: Kind("key", "text"), 2: Kind("value", "text")},
    "function": {
        1: Kind("name", "text"),
        4: Kind("inputs", "text", many=True),
        5: Kind("outputs", "text", many=True),
        6: Kind("attributes", "text", many=True),
        7: Kind("nodes", "node", many=True),
        9: Kind("opsets", "opset", many=True),
        10: Kind("domain", "text"),
        11: Kind("defaults", "attribute", many=True),
        13: Kind("overload", "text"),
    },
}
"""Left out are documentation, training and quantisation notes: fields without a name here are skipped."""
