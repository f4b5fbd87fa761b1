"""Exported PyTorch source, executed: what it holds, what comes out and what it costs."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from cnncalc import Report
from cnncalc.exporters.identifiers import class_name, full_name

torch: Any = pytest.importorskip("torch")
torch.set_num_threads(1)


class Held(NamedTuple):
    """What a network has."""

    params: int
    trainable: int
    buffers: int
    shapes: list[tuple[int, ...]]
    macs: int


def executed(text: str, name: str = "net") -> dict[str, Any]:
    """The names that source defines, without its main part."""
    space: dict[str, Any] = {"__name__": name}
    exec(compile(text, f"{name}.py", "exec"), space)
    return space


def held(text: str, report: Report, device: str = "meta") -> Held:
    """Parameters, buffers, shapes and multiply-accumulates of source, by PyTorch's own counting."""
    from torch.utils.flop_counter import FlopCounterMode

    space = executed(text)
    with torch.device(device), torch.no_grad():
        network = space[class_name(full_name(report.name, report.network))]().eval()
        inputs = [torch.zeros(1, *shape.axes) for _, shape in report.inputs]
        with FlopCounterMode(display=False) as counter:
            outputs = network(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return Held(
        params=sum(one.numel() for one in network.parameters()),
        trainable=sum(one.numel() for one in network.parameters() if one.requires_grad),
        buffers=sum(
            one.numel() for name, one in network.named_buffers() if not name.endswith("num_batches_tracked")
        ),
        shapes=[tuple(output.shape[1:]) for output in outputs],
        macs=counter.get_total_flops() // 2,
    )


def expected(report: Report) -> Held:
    """The same as the report has it."""
    totals = report.totals
    assert totals.params is not None and totals.trainable is not None
    assert totals.buffers is not None and totals.macs is not None
    shapes: Any = [output.shape.axes for output in report.outputs]
    return Held(totals.params, totals.trainable, totals.buffers, shapes, totals.macs)
