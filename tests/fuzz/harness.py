"""One spec through everything: loading, analysis, expectations, all formats. Only errors of the package may come of it."""

from __future__ import annotations

import csv
import io
import json
import pickle
import re
import sys
from collections.abc import Sequence
from itertools import product
from xml.etree import ElementTree
from zlib import crc32

from cnncalc import CnncalcError, analyze
from cnncalc.advice import advise
from cnncalc.analysis.report import Report
from cnncalc.checks.expectations import check
from cnncalc.checks.files import Results, Wanted, check_file
from cnncalc.codes import CODES
from cnncalc.errors import Diagnostic
from cnncalc.language.source import Source, read_source
from cnncalc.loading import Options, load_source
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.network.model import Model
from cnncalc.render import diagnostics as in_full
from cnncalc.render import findings
from cnncalc.render.listings.networks import Entry
from cnncalc.render.outputs import FORMATS as OUTPUTS
from cnncalc.render.surface import Surface
from cnncalc.render.view import Unread, View
from tests.render.writing import compared, networks

WARNINGS = frozenset(code for code, declared in CODES.items() if declared.is_warning)
FEW = 3000
"""Layers that are evaluated when time is short."""
LARGE = 200
"""Networks with more layers are not drawn by every command, to save time."""
SURFACES = (Surface(), Surface(20, False), Surface(80, True, True))
FORMATS = [
    *(("table", surface, None) for surface in SURFACES),
    ("table", SURFACES[0], 1),
    *((format, SURFACES[0], None) for format in OUTPUTS.names if format != "table"),
]
_STYLES = re.compile(r"\x1b\[[0-9;]*m")
_HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def survive(spec: str | bytes, briefly: bool = False) -> str:
    """Everything that is done with a file; what became of it: `refused`, `failed` at a layer, or `fine`.

    Drawing takes most of the time; ``briefly`` draws each spec in one way of all, chosen by the spec, if it is no large one.
    """
    some = (
        crc32(spec if isinstance(spec, bytes) else spec.encode("utf-8", "surrogatepass")) if briefly else None
    )
    most = FEW if briefly else MOST_LAYERS
    try:
        source = Source("<text>", spec) if isinstance(spec, str) else read_source("-", io.BytesIO(spec))
        models = load_source(source, Options(max_layers=most)).whole()
    except CnncalcError as error:
        found = error.diagnostics
        models = ()
    if some is None or some % 4 == 1:
        _checked(spec, most)
    if not models:
        assert found
        _shown(found)
        _rendered([Unread("<stdin>", found)], None, some)
        return "refused"
    expectations = [finding for model in models for finding in check(model)]
    _shown([finding.diagnostic for finding in expectations if finding.diagnostic is not None])
    reports = [analyze(model) for model in models]
    for model, report in zip(models, reports, strict=True):
        _shown((*report.diagnostics, *advise(model, report, WARNINGS)))
        assert report.failed is None or not report.ok
    assert briefly or pickle.loads(pickle.dumps(reports)) == reports
    ranks = {len(layer.field.axes) for report in reports for layer in report.layers}
    _rendered(reports, (1,) * ranks.pop() if len(ranks) == 1 else None, some)
    if some is None or some % 4 == 0:
        for model in models:
            _elsewhere(model)
    return "failed" if any(report.failed for report in reports) else "fine"


def _checked(spec: str | bytes, most: int) -> None:
    """What `check` says of the file, in all its formats."""
    before = sys.stdin
    sys.stdin = io.StringIO(spec) if isinstance(spec, str) else io.TextIOWrapper(io.BytesIO(spec))
    try:
        checked = check_file("-", Wanted(WARNINGS, require_expect=True, options=Options(max_layers=most)))
    finally:
        sys.stdin = before
    assert checked is not None
    for format in findings.FORMATS.names:
        text = findings.FORMATS.render(format, Results((checked,)))
        if format in ("json", "gitlab", "sarif"):
            json.loads(text)
        elif format == "junit":
            ElementTree.fromstring(text)
        check_inert(text, SURFACES[0])


def _elsewhere(model: Model) -> None:
    """The model under the rules of another framework and with another input."""
    analyze(model, framework="tensorflow")
    for shape in ("3xanyxany", "1x3x5"):
        if len(model.inputs) == 1:
            analyze(model, shape)


def _shown(diagnostics: Sequence[Diagnostic]) -> None:
    for found in diagnostics:
        assert found.code in CODES
        assert found.location is None or (
            found.location.line >= 1 and found.location.column >= 1 and found.location.width >= 1
        )
    for surface in SURFACES:
        check_inert(in_full.render(diagnostics, surface), surface)


def _rendered(entries: Sequence[Entry], unit: tuple[int, ...] | None, some: int | None) -> None:
    """All commands in all formats, or one of them."""
    is_large = sum(len(entry.layers) for entry in entries if isinstance(entry, Report)) > LARGE
    commands = ("summary",) if is_large else ("params", "rf", "shapes", "summary")
    ways = list(product(commands, FORMATS))
    for command, (format, surface, depth) in ways if some is None else [ways[some % len(ways)]]:
        view = View(command, depth, unit=unit if command == "rf" else None)
        _check(networks(entries, view, format, surface), format, surface)
    for format in OUTPUTS.names if some is None or some % 8 == 0 else ():
        _check(compared(entries, format, SURFACES[0]), format, SURFACES[0])


def _check(text: str, format: str, surface: Surface) -> None:
    if format == "json":
        json.loads(text)
        return
    check_inert(text, surface)
    if format == "csv":
        assert len({len(row) for row in csv.reader(io.StringIO(text))}) <= 1


def check_inert(text: str, surface: Surface) -> None:
    """Nothing in it moves or restyles a terminal but the styles that are meant."""
    if surface.colour:
        text = _STYLES.sub("", text)
    found = _HARMFUL.search(text)
    assert found is None, f"{found[0]!r} is written"
