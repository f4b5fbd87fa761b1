"""One file of another format through loading, analysis and import. Only errors of the package may come of it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import cnncalc
from cnncalc import CnncalcError, analyze
from cnncalc.codes import CODES
from cnncalc.errors import UsageError
from cnncalc.importers.items import Malformed, Refused, Request
from cnncalc.importers.translating import Disagrees, read_network, translated
from cnncalc.render.diagnostics import render
from cnncalc.render.surface import PLAIN
from tests.fuzz.harness import check_inert

_OUTCOMES = {Malformed: "malformed", Refused: "refused", Disagrees: "disagreeing"}


def survive_file(ending: str, data: bytes) -> str:
    """Load and analyze a file, and import it with ``--partial``; the outcome of the first.

    A network that is invalid in its source is reported as one that disagrees.
    """
    with TemporaryDirectory() as folder:
        path = str(Path(folder) / f"net{ending}")
        Path(path).write_bytes(data)
        try:
            reports = [analyze(model) for model in cnncalc.load(path)]
            outcome = "fine" if all(one.ok for one in reports) else "failed"
        except CnncalcError as error:
            outcome = _refused(error)
        try:
            translated(read_network(Request(path, partial=True)), flat=len(data) % 2 == 0)
        except CnncalcError as error:
            _refused(error)
        return outcome


def _refused(error: CnncalcError) -> str:
    assert error.diagnostics
    for one in error.diagnostics:
        assert one.code in CODES
        assert one.location or one.path or isinstance(error, UsageError | Disagrees), f"no place: {one}"
    check_inert(render(error.diagnostics, PLAIN), PLAIN)
    return _OUTCOMES.get(type(error), "other")
