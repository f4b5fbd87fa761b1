"""From a source to the checked text of a spec: read, clean, nest, write, read again, compare."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from cnncalc import bundled
from cnncalc.analysis.report import Report
from cnncalc.errors import CnncalcError, Diagnostic, Location, ShapeError, SpecError, UsageError
from cnncalc.importers.checking import Agreement, Disagreement, compared
from cnncalc.importers.items import Item, Malformed, Network, Refused, Request
from cnncalc.importers.others import instead_of
from cnncalc.importers.passes import cleaned, structured
from cnncalc.importers.passes.labelling import node_name
from cnncalc.importers.registry import IMPORTERS, Importer, first_bytes, importer_for
from cnncalc.importers.unforeseen import reported
from cnncalc.language.context import Context
from cnncalc.language.decode import decode
from cnncalc.language.parser import parse
from cnncalc.language.source import Source, read_source
from cnncalc.language.writer import axes_of, grouped, text_of
from cnncalc.language.written import evaluated
from cnncalc.network.model import Model
from cnncalc.support.process import paused_collection
from cnncalc.support.words import shown


class Translated(NamedTuple):
    """The text of a spec that agrees with its source."""

    text: str
    network: Network
    report: Report
    agreement: Agreement
    nodes: Mapping[str, str]
    """What the source calls the layers of the report, by their paths."""


class Disagrees(CnncalcError):
    """A written spec that is not what its source is; it is not handed over."""


def read_network(request: Request, importer: Importer | None = None, name: str | None = None) -> Network:
    """The network of a source, by the importer that its ending or its first bytes tell.

    Raises:
        Malformed, Refused, SourceError, UsageError
    """
    found = importer or importer_for(request.source, first_bytes(request.source))
    if found is None:
        _refuse_unreadable(request.source)
        known = ", ".join(
            ending for one in IMPORTERS.values() for ending in (*one.endings, *one.shared_endings)
        )
        message = f"it is not known which format `{shown(request.source)}` is of"
        help = _instead(request.source) or f"known endings: {known}; or pass --from"
        raise UsageError(Diagnostic("E113", "error", message, help))
    place = Location(request.source, 1, 1, node="")
    try:
        network = found.read(request) if found.runs_code else _read(found, request)
    except Refused as refused:
        raise Refused([one._replace(place=one.place or place) for one in refused.problems]) from None
    except UsageError as error:
        raise UsageError(
            *(one if one.location else one._replace(location=place) for one in error.diagnostics)
        ) from None
    return network if name is None else network._replace(name=name)


def _refuse_unreadable(path: str) -> None:
    """Refuse a file whose ending other texts share, and that is none, as every command does.

    Raises:
        SourceError: where it cannot be read.
        SpecError: where it is no text, or empty.
    """
    if os.path.isdir(path) or _shares_ending(path):
        _, problems = parse(read_source(path))
        errors = [one for one in problems if one.severity == "error"]
        if errors:
            raise SpecError(*errors)


def _shares_ending(path: str) -> bool:
    return any(path.lower().endswith(one.shared_endings) for one in IMPORTERS.values() if one.shared_endings)


def _instead(source: str) -> str | None:
    """What would work in place of a source, or tell its format."""
    if not _shares_ending(source):
        is_bundled = source in bundled.names() or source in bundled.models()
        return "it is a bundled network, which every command takes" if is_bundled else instead_of(source)
    return "JSON of Keras has `class_name`, a Darknet network begins with `[net]`; a spec needs no import"


def _read(importer: Importer, request: Request) -> Network:
    """The network that a file holds.

    Raises:
        Malformed: also where nothing comes in or out.
        Refused: also where so much is not understood that nothing comes out.
    """
    with reported(request.source), paused_collection():
        network = importer.read(request)
    if network.unknown and not network.outputs:
        raise Refused(network.unknown)
    if not network.inputs or not network.outputs:
        raise Malformed(request.source, f"the network has no {'output' if network.inputs else 'input'}")
    return network


def translated(network: Network, flat: bool = False, file: str | None = None) -> Translated:
    """The spec of a network, after it was held to it; ``file`` is where errors of the network are.

    Raises:
        Refused: where a layer reads nothing.
        ShapeError: with what is wrong with the layers of the source.
        Disagrees: E118, naming the first tensor that differs.
    """
    with paused_collection():
        return _translated(network, flat, file)


def _translated(network: Network, flat: bool, file: str | None) -> Translated:
    network = cleaned(network, flat)
    sheet = structured(network, flat)
    items: list[Item] = list(evaluated(sheet.pieces))
    try:
        report = _report(text_of(sheet), network)
    except CnncalcError as error:
        raise _failure(network, file or network.name) from error
    if not report.ok:
        raise _failure(network, file or network.name)
    names = {tensor: name for tensor, name in sheet.names.items() if tensor in dict(network.inputs)}
    found = compared(network, items, report, names)
    if not isinstance(found, Agreement):
        raise _disagreement(network, found, file)
    text = text_of(sheet._replace(expect=_expected(report, network)))
    return Translated(
        text=text,
        network=network,
        report=report,
        agreement=found,
        nodes={
            path: label
            for path, one in zip(found.paths, items, strict=True)
            if (label := node_name(one.label))
        },
    )


def _disagreement(network: Network, found: Disagreement, file: str | None) -> Disagrees:
    where = f"at `{found.tensor}` " if found.tensor else ""
    message = f"the spec of {network.name} would disagree with its source: {where}{found.message}"
    help = "please report it; `--flat` writes the layers without structure"
    place = None if file is None else Location(file, 1, 1, node=node_name(found.tensor))
    return Disagrees(Diagnostic("E118", "error", message, help, location=place))


def _failure(network: Network, file: str) -> CnncalcError:
    """What is wrong with the layers of a source: the errors of a list in which each has its own name. Where
    that has none, the structure of the spec is at fault.
    """
    sheet = structured(network, flat=True, all_named=True)
    try:
        found = _report(text_of(sheet), network).diagnostics
    except CnncalcError as error:
        found = error.diagnostics
    labels = {
        sheet.names[one.output]: node_name(one.label) for one in network.items if one.output in sheet.names
    }
    errors = [_at_node(one, labels, file) for one in found if one.severity == "error"]
    if not errors:
        return _disagreement(network, Disagreement("", "it cannot be computed"), file)
    return ShapeError(*errors)


def _at_node(error: Diagnostic, labels: Mapping[str, str], file: str) -> Diagnostic:
    """An error of a written list with the node of its source in place of a line."""
    node = labels.get(error.path or "") or error.path
    return error._replace(location=Location(file, 1, 1, node=node), path=None, excerpt=None, chain=())


def _expected(report: Report, network: Network) -> dict[str, Any]:
    """What the file then expects of itself: the main output's shape, parameters and MACs."""
    found: dict[str, Any] = {}
    shape = report.outputs[0].shape if report.outputs else None
    if shape is not None and shape.known:
        found["shape"] = axes_of(shape)
    if report.totals.params is not None:
        found["params"] = grouped(report.totals.params)
    if report.totals.macs is not None:
        found["macs"] = grouped(report.totals.macs)
    return found


def _report(text: str, network: Network) -> Report:
    from cnncalc.analysis.run import analyze

    return analyze(model_of(text, network.name))


def model_of(text: str, name: str) -> Model:
    """The one model of a written spec."""
    source = Source(name, text)
    root, diagnostics = parse(source)
    context = Context(source)
    context.diagnostics.extend(diagnostics)
    decoded = decode(context, root, {})
    if decoded.error is not None:
        raise decoded.error
    return decoded.models[0]


def with_hash(network: Network, request: Request) -> Network:
    """The network with the beginning of its file's SHA-256 in what ``source:`` says."""
    name = os.path.basename(request.source)
    if not os.path.isfile(request.source) or not network.source.startswith(name):
        return network
    import hashlib

    digest = hashlib.sha256()
    with open(request.source, "rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    said = f"{name} (sha256 {digest.hexdigest()[:12]}){network.source[len(name) :]}"
    return network._replace(source=said)
