"""ONNX files of a report: the graph by our own writer, weights as shapes with one value."""

from __future__ import annotations

from cnncalc.analysis.report import Report
from cnncalc.exporters.onnx.writing import Writing
from cnncalc.exporters.registry import Settings
from cnncalc.importers.onnx.tables import MESSAGES
from cnncalc.support.process import paused_collection
from cnncalc.support.wire_writer import Writer

OPSET = 21
"""The first with group normalization as everyone has it, and read by ONNX Runtime since 1.20 (2024). Newer
ones only change how a pool rounds up, which is written so that both ways give the same.
"""
IR_VERSION = 10
"""The version of the format that belongs to it."""


def write(report: Report, settings: Settings) -> bytes:
    """The bytes of an ONNX file.

    Raises:
        ExportError: naming every layer that ONNX cannot express.
    """
    with paused_collection():
        return _written(report)


def _written(report: Report) -> bytes:
    writing = Writing(report)
    writing.layers()
    writing.refusals.check()
    outputs = list(dict.fromkeys(output.path for output in report.outputs))
    graph = {
        "nodes": writing.nodes,
        "name": report.name,
        "initializers": writing.initializers,
        "inputs": writing.inputs,
        "outputs": [writing.output(path) for path in outputs],
        "values": writing.values,
    }
    model = {
        "ir_version": IR_VERSION,
        "producer_name": "cnncalc",
        "graph": graph,
        "opsets": [{"domain": "", "version": OPSET}],
    }
    return Writer(MESSAGES).message("model", model)
