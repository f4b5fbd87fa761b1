"""``cnncalc check``: whether specs are valid and keep what they promise, in plain text for CI."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from operator import add
from typing import Annotated, NamedTuple

import typer

from cnncalc import expectations, load
from cnncalc.cli import options
from cnncalc.cli.output import emit
from cnncalc.cli.run import FINE, INVALID, UNDONE, report_diagnostics
from cnncalc.errors import CnncalcError, Diagnostic, SourceError, UsageError
from cnncalc.render.diagnostics import render
from cnncalc.render.text import inert, plural
from cnncalc.spec import source as yaml

EXPECTATION = "E4"
"""Codes of broken promises; all others are errors in the way of them."""
ENDINGS = (".yaml", ".yml")
_TOP_KEY = re.compile(r"""^["']?(layers|models)["']?[ \t]*:""", re.MULTILINE)


class Tally(NamedTuple):
    """What a run has found so far."""

    files: int = 0
    held: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    undone: int = 0

    def plus(self, other: Tally) -> Tally:
        return Tally(*map(add, self, other))

    def __str__(self) -> str:
        parts = [f"{plural(self.held, 'expectation')} held, {self.failed:,} failed"]
        parts += [plural(self.errors, "error")] if self.errors else []
        parts += [f"{plural(self.skipped, 'file')} skipped"] if self.skipped else []
        return f"{plural(self.files, 'file')}: {', '.join(parts)}"

    @property
    def code(self) -> int:
        if self.undone or not self.files:
            return UNDONE
        return INVALID if self.failed or self.errors else FINE


class Checked(NamedTuple):
    """What one file adds to a run: numbers, and texts that each end in a newline."""

    tally: Tally
    texts: tuple[str, ...] = ()


def check(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="Spec files, folders of them, `-`, or names of bundled configs.", show_default=False
        ),
    ],
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    output: options.Output = None,
) -> int:
    """Validity and expectations, for CI."""
    tally = Tally()
    texts: list[str] = []
    for path in paths:
        for spec, is_spec in _specs(path):
            found = _checked(spec, options.settings(sets), model, framework) if is_spec else Checked(Tally(skipped=1))
            tally = tally.plus(found.tally)
            texts += found.texts
    emit("".join([*texts, f"{tally}\n"]), output)
    return tally.code


def _specs(path: str) -> Iterator[tuple[str, bool]]:
    """The files a path stands for, and whether each is a spec; a file that is named is taken for one."""
    if path == "-" or not os.path.isdir(path):
        yield path, True
        return
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            if name.endswith(ENDINGS):
                spec = os.path.join(folder, name)
                yield spec, _is_spec(spec)


def _is_spec(path: str) -> bool:
    """Whether a file has ``layers`` or ``models`` at its top."""
    try:
        source = yaml.read_source(path)
    except CnncalcError:
        return True
    try:
        root, _ = yaml.parse(source)
    except CnncalcError:
        return _TOP_KEY.search(source.text) is not None
    return isinstance(root, yaml.Mapping) and any(root.get(key) is not None for key in ("layers", "models"))


def _checked(spec: str, sets: Mapping[str, str], model: str | None, framework: str | None) -> Checked:
    """Load a spec and hold its models and their cases against what they promise."""
    try:
        models = load(spec, sets=sets, framework=framework, model=model)
    except (SourceError, UsageError) as error:
        report_diagnostics(error.diagnostics)
        return Checked(Tally(undone=1))
    except CnncalcError as error:
        return Checked(Tally(files=1, errors=len(error.diagnostics)), _in_full(error.diagnostics))
    findings = [finding for model in models for finding in expectations.check(model)]
    wrong = [(finding.what, finding.diagnostic) for finding in findings if finding.diagnostic is not None]
    broken = [_line(what, one) for what, one in wrong if one.code.startswith(EXPECTATION)]
    errors = tuple(dict.fromkeys(one for _, one in wrong if not one.code.startswith(EXPECTATION)))
    tally = Tally(1, held=len(findings) - len(wrong), failed=len(broken), errors=len(errors))
    return Checked(tally, (*broken, *_in_full(errors)))


def _line(what: str, broken: Diagnostic) -> str:
    """A broken promise in one line, the place first."""
    place = broken.location
    where = f"{place.file}:{place.line}:{place.column}: " if place is not None else ""
    return inert(f"{where}{broken.code} {what}: {broken.message}" + (f" ({broken.help})" if broken.help else "")) + "\n"


def _in_full(diagnostics: tuple[Diagnostic, ...]) -> tuple[str, ...]:
    return (render(diagnostics) + "\n",) if diagnostics else ()
