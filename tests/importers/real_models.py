"""The networks of torchvision and timm of ``tests/data/real_models.csv``, imported and held to its figures.

``python -m tests.importers.real_models [--level AB] [--part N/M] [--write] [NAME...]`` imports them and lists what
came out; ``--write`` puts the table into the guide.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from cnncalc.errors import CnncalcError
from cnncalc.importers.items import Refused
from cnncalc.importers.torch import network_from
from cnncalc.importers.translating import Translated, translated

FIGURES = Path(__file__).parents[1] / "data" / "real_models.csv"
GUIDE = Path(__file__).parents[2] / "cnncalc" / "guide" / "importing.md"
BEGIN, END = "<!-- real models: begin -->", "<!-- real models: end -->"


class Figures(NamedTuple):
    """A network as PyTorch has it."""

    model: str
    input: tuple[int, ...]
    params: int
    running: int
    """Running statistics of norms."""
    macs: int
    """Of convolutions and linear layers, and of the products of attention."""
    level: str
    """What language 1.0 could say of it: all (A), with stand-ins (B), not all (C)."""


class Result(NamedTuple):
    """What came of an import."""

    figures: Figures
    lines: int = 0
    stated: int = 0
    """Layers that are ``custom``."""
    wrong: str = ""
    """What differs from the figures."""
    refused: tuple[tuple[str, str, str], ...] = ()
    """What was not understood: module, function, reason."""
    seconds: float = 0.0
    remarks: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        return not self.wrong and not self.refused


def figures() -> list[Figures]:
    """All rows of the file."""
    with FIGURES.open(encoding="utf-8") as file:
        return [
            Figures(
                model=row["model"],
                input=tuple(map(int, row["input"].split("x"))),
                params=int(row["params"]),
                running=int(row["running_stats"]),
                macs=int(row["macs_conv_linear"]) + int(row["macs_attention_products"]),
                level=row["level"],
            )
            for row in csv.DictReader(file)
        ]


def prepare() -> None:
    """Let torchvision be imported beside a PyTorch that it was not built for: its compiled operators are
    declared, none of them is run.
    """
    for name in ("nms", "qnms"):
        try:
            torch.library.define(
                f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )
        except RuntimeError:
            return  # they are there already


class _Proposals(torch.nn.Module):  # type: ignore[misc]
    """A detector up to the heads of its region proposals."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.backbone = detector.backbone
        self.head = detector.rpn.head

    def forward(self, images: Any) -> Any:
        maps = self.backbone(images)
        return self.head(list(maps.values()) if isinstance(maps, dict) else [maps])


def built(name: str) -> Any:
    """A network without weights, as the file's figures have it."""
    prepare()
    try:
        with torch.device("meta"):
            return _made(name).eval()
    except NotImplementedError:  # widths that are computed with tensors, as RegNet's
        return _made(name).eval()


def _made(name: str) -> Any:
    library, _, model = name.partition(":")
    if library == "timm":
        import timm

        return timm.create_model(model, pretrained=False)
    return _from_torchvision(model)


def _from_torchvision(name: str) -> Any:
    from torchvision import models

    options: dict[str, Any] = {"weights": None}
    detection = getattr(models.detection, name, None)
    segmentation = getattr(models.segmentation, name, None)
    if detection or segmentation:
        options["weights_backbone"] = None
    if segmentation and "lraspp" not in name:
        options["aux_loss"] = True
    if name in ("googlenet", "inception_v3"):
        options |= {"aux_logits": False, "init_weights": False}
    make = segmentation or detection or getattr(models.video, name, None) or getattr(models, name)
    made = make(**options)
    if not detection:
        return made
    return _Proposals(made) if hasattr(made, "rpn") else made.backbone


def imported(row: Figures, partial: bool = False) -> Result:
    """A network imported and compared."""
    module, begin = built(row.model), time.perf_counter()
    try:
        found = translated(network_from(module, [row.input], partial=partial))
    except Refused as error:
        problems = tuple((one.node, one.operator, one.reason) for one in error.problems)
        return Result(row, refused=problems, seconds=time.perf_counter() - begin)
    except CnncalcError as error:
        return Result(row, wrong=error.diagnostics[0].message, seconds=time.perf_counter() - begin)
    except Exception as error:  # a defect; the others are tried all the same
        return Result(row, wrong=f"{type(error).__name__}: {error}", seconds=time.perf_counter() - begin)
    return Result(
        row,
        lines=found.text.count("\n"),
        stated=sum(one.op == "custom" for one in found.network.items),
        wrong=_wrong(row, found),
        seconds=time.perf_counter() - begin,
        remarks=found.network.remarks,
    )


def _wrong(row: Figures, found: Translated) -> str:
    """What differs between a spec and PyTorch; weights that are fixed are buffers, but no running statistics."""
    norms = [one for one in found.report.layers if one.op in ("bn", "custom")]
    running = sum((one.buffers or 0) for one in norms if one.shares is None)
    got = (found.report.totals.params, running, found.report.totals.macs)
    names = ("params", "running statistics", "macs")
    return "; ".join(
        f"{name} {one} instead of {other}"
        for name, one, other in zip(names, got, (row.params, row.running, row.macs), strict=True)
        if one != other
    )


def table(results: Sequence[Result]) -> str:
    """The results by level as Markdown, and what was refused by how many networks."""
    lines = [
        "| networks | exact | of these with stated layers | refused | lines, median |",
        "|---|---|---|---|---|",
    ]
    names = {
        "A": "convolutional",
        "B": "convolutional, with ECA, GRN, fixed filters, learned scales and the like",
        "C": "with attention and others, `--partial`",
    }
    for level, name in names.items():
        some = [one for one in results if one.figures.level == level]
        exact = [one for one in some if one.is_exact]
        if some:
            median = sorted(one.lines for one in exact)[len(exact) // 2] if exact else 0
            stated = sum(one.stated > 0 for one in exact)
            refused = sum(bool(one.refused) for one in some)
            lines.append(f"| {len(some)}: {name} | {len(exact)} | {stated} | {refused} | {median} |")
    return "\n".join(lines) + "\n"


def write(results: Sequence[Result]) -> None:
    """Put the table into the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    GUIDE.write_text(f"{before}{BEGIN}\n\n{table(results)}\n{END}{after}", encoding="utf-8")


def chosen(level: str, part: str, names: Iterable[str]) -> list[Figures]:
    """The rows asked for."""
    number, _, of = part.partition("/")
    rows = [row for row in figures() if row.level in level]
    rows = rows[int(number) - 1 :: int(of)] if part else rows
    words = tuple(names)
    return [row for row in rows if not words or any(word in row.model for word in words)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Import and list; 1 where something differs from the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--level", default="ABC")
    parser.add_argument("--part", default="", help="such as 1/3: every third, from the first on")
    parser.add_argument("--partial", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    results, reasons = [], Counter[tuple[str, str]]()
    for row in chosen(given.level, given.part, given.names):
        result = imported(row, given.partial or (given.write and row.level == "C"))
        results.append(result)
        reasons.update({(operator, reason) for _, operator, reason in result.refused})
        print(said(result), flush=True)
    for (operator, reason), count in reasons.most_common():
        print(f"{count:4} {operator}: {reason}")
    print(table(results))
    if given.write:
        write(results)
    return int(any(one.wrong for one in results))


def said(result: Result) -> str:
    """A result on one line."""
    row = result.figures
    what = f"WRONG {result.wrong}" if result.wrong else f"{result.lines} lines"
    if result.refused:
        node, operator, reason = result.refused[0]
        what = f"refused {len(result.refused)}: {node} {operator}: {reason}"
    stated = f", {result.stated} stated" if result.stated else ""
    remarks = f" | {'; '.join(result.remarks)}" if result.remarks else ""
    return f"{row.level} {row.model}: {what}{stated} ({result.seconds:.1f} s){remarks}"


if __name__ == "__main__":
    sys.exit(main())
