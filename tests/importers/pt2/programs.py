"""Programs of torch.export made by hand."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile


def tensor(*sizes: int) -> dict[str, Any]:
    return {"sizes": [{"as_int": size} for size in sizes], "requires_grad": True}


def argument(name: str, kind: str, value: Any) -> dict[str, Any]:
    return {"name": name, "arg": {kind: value}, "kind": 1}


def program(size: int = 8) -> dict[str, Any]:
    """A convolution of 3x3 from 3 to 4 channels."""
    node = {
        "target": "torch.ops.aten.conv2d.default",
        "inputs": [
            argument("input", "as_tensor", {"name": "x"}),
            argument("weight", "as_tensor", {"name": "w"}),
        ],
        "outputs": [{"as_tensor": {"name": "y"}}],
        "metadata": {"nn_module_stack": "L__self__,,Net;L__self__stem,stem,torch.nn.modules.conv.Conv2d"},
    }
    values = {"x": tensor(1, 3, size, size), "w": tensor(4, 3, 3, 3), "y": tensor(1, 4, size - 2, size - 2)}
    signature = {
        "input_specs": [
            {"parameter": {"arg": {"name": "w"}, "parameter_name": "stem.weight"}},
            {"user_input": {"arg": {"as_tensor": {"name": "x"}}}},
        ],
        "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "y"}}}}],
    }
    graph = {"nodes": [node], "tensor_values": values, "sym_int_values": {}}
    return {"graph_module": {"graph": graph, "signature": signature}, "torch_version": "2.13.0"}


def relus(count: int) -> dict[str, Any]:
    """As many ReLUs, each in place."""
    found = program()
    graph = found["graph_module"]["graph"]
    for one in range(count):
        node = {
            "target": "torch.ops.aten.relu_.default",
            "inputs": [argument("self", "as_tensor", {"name": f"y{one}" if one else "y"})],
            "outputs": [{"as_tensor": {"name": f"y{one + 1}"}}],
            "metadata": {},
        }
        graph["nodes"].append(node)
        graph["tensor_values"][f"y{one + 1}"] = tensor(1, 4, 6, 6)
    found["graph_module"]["signature"]["output_specs"][0]["user_output"]["arg"]["as_tensor"]["name"] = (
        f"y{count}"
    )
    return found


def zipped(data: bytes, name: str = "net/models/model.json", sample: bytes = b"") -> bytes:
    """An archive as ``torch.export.save`` writes it, with another file beside the program."""
    memory = BytesIO()
    with ZipFile(memory, "w", ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
        archive.writestr("net/data/sample_inputs/model.pt", sample)
    return memory.getvalue()
