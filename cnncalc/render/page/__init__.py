"""Networks as a page: one HTML file whose script moves a unit and shows what it sees, without any request."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from html import escape, unescape
from importlib import resources
from typing import NamedTuple

from cnncalc import __version__
from cnncalc.advice import advise, on_networks
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.codes import chosen
from cnncalc.errors import Diagnostic, NoAnswer
from cnncalc.network.model import Model
from cnncalc.questions.answers import layer_of
from cnncalc.render.columns import field_size, field_stride
from cnncalc.render.document import Document
from cnncalc.render.listing import Total
from cnncalc.render.listings.comparison import labels
from cnncalc.render.listings.layers import failure, heading, place_of, totals
from cnncalc.render.outputs.html import tables
from cnncalc.render.page.data import inert_json, model
from cnncalc.render.page.table import table
from cnncalc.render.page.unit import card
from cnncalc.render.pictures import Drawing, draw
from cnncalc.render.pictures.svg import style as style_of_pictures
from cnncalc.render.rows import rows
from cnncalc.render.surface import PLAIN
from cnncalc.render.text import brief, exact, inert
from cnncalc.render.view import View
from cnncalc.support.numbers import plural

HEADLINES = ("params", "MACs", "FLOPs (2 x MACs)", "weight memory in bytes (float32)", "peak activations")
"""The totals that are large on the page; the others are below them."""

_DATA = re.compile(r' data-([a-z]+)="([^"]*)"')
_TITLED = re.compile(r'( data-l="\d+")><title>[^<]*</title></(?:circle|rect)>')
"""A point with its title, of a picture whose titles repeat the table's rows."""


class Shown(NamedTuple):
    """A network of the page."""

    report: Report
    model: Model | None = None
    """What the report is of, for advice on it."""
    lines: Sequence[str] = ()
    """The text of its spec."""


def document(networks: Sequence[Shown], drawing: Drawing, comparison: Document) -> str:
    """The whole file; of several networks each has a tab, after one that compares them."""
    script, style = _file("page.js"), _file("page.css")
    layers = [_layers(one.report, drawing) for one in networks]
    data = [
        model(one.report, shown) | {"start": _start(one.report, drawing, shown)}
        for one, shown in zip(networks, layers, strict=True)
    ]
    digest = b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src blob: data:"
    )
    names = ", ".join(inert(one.report.name) for one in networks)
    panels = [
        _network(
            at, one, shown, drawing.depth, card(at, plain, [layer.path for layer in shown], drawing.behind)
        )
        for at, (one, shown, plain) in enumerate(zip(networks, layers, data, strict=True))
    ]
    tabs = list(labels([one.report for one in networks]))
    if len(networks) > 1:
        panels.insert(0, _comparison(networks, tabs, comparison))
        tabs.insert(0, "Comparison")
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f'<meta name="generator" content="cnncalc {escape(__version__)}">',
            f"<title>{escape(names)} · cnncalc</title>\n<style>\n{style}</style>",
            f"{style_of_pictures()}\n</head>\n<body>",
            *(_tabs(tabs) if len(tabs) > 1 else ()),
            "<main>",
            *(_panel(at, panel, len(tabs) > 1) for at, panel in enumerate(panels)),
            f"</main>\n<footer>cnncalc {escape(__version__)} · one file, nothing is loaded or sent</footer>",
            '<p id="said" class="unseen" aria-live="polite"></p>',
            f'<script type="application/json" id="data">{inert_json(data)}</script>',
            f"<script>{script}</script>\n</body>\n</html>\n",
        ]
    )


def _layers(report: Report, drawing: Drawing) -> tuple[LayerReport, ...]:
    """Those that tables show, and those asked for."""
    shown = {layer.path for layer in rows(report.layers, None, all_layers=False).layers}
    shown |= {layer_of(report, path).path for path in drawing.layers}
    return tuple(layer for layer in report.layers if layer.path in shown)


def _file(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text(encoding="utf-8")


def _start(report: Report, drawing: Drawing, layers: Sequence[LayerReport]) -> list[object]:
    """The layer and unit shown first: those asked for, else the middle of the last layer that sees a part."""
    paths = [layer.path for layer in layers]
    asked = [paths.index(layer_of(report, path).path) for path in drawing.layers]
    local = [at for at, layer in enumerate(layers) if any(axis.maps for axis in layer.field.axes)]
    first = next(iter(asked or local[-1:]), 0)
    units = layers[first].field.units if layers else ()
    if drawing.at and len(drawing.at) == len(units):
        unit = list(drawing.at)
    else:
        unit = [((count or 1) - 1) // 2 for count in units]
    return [first, [*unit, 0] if len(unit) % 2 else unit]


def _tabs(names: Sequence[str]) -> Iterator[str]:
    yield '<div class="tabs" role="tablist" aria-label="networks">'
    for at, name in enumerate(names):
        yield f'<button role="tab" id="tab{at}" aria-controls="panel{at}">{escape(name)}</button>'
    yield "</div>"


def _panel(at: int, inside: str, is_tab: bool) -> str:
    role = f' role="tabpanel" aria-labelledby="tab{at}" tabindex="-1"' if is_tab else ""
    return f'<section class="network" id="panel{at}"{role}>\n{inside}\n</section>'


def _network(at: int, one: Shown, layers: Sequence[LayerReport], depth: int | None, unit: str) -> str:
    report = one.report
    name = inert(report.name)
    conditions = heading(report, report.framework, PLAIN, is_named=True).removeprefix(f"{name} · ")
    parts = [f'<header><h1>{escape(name)}</h1><p class="soft">{escape(conditions)}</p>']
    parts += [f"<p>{escape(inert(' '.join((report.description or '').split())))}</p>"]
    parts.append("</header>")
    failed = failure(report)
    if failed is not None:
        parts.append(f'<p class="failed"><b>The analysis ended early.</b> {escape(failed)}</p>')
    parts += _totals(report)
    places = {layer.path: at for at, layer in enumerate(layers)}
    parts.append(f'<div class="stage" data-model="{at}">')
    parts.append(_card("What one unit sees", unit, "field"))
    curve = _TITLED.sub(r"\1/>", _picture("growth", (report,), places))  # the script titles them
    growth = _card("Growth of the receptive field", curve, "growth")
    parts.append(f'<div class="side">{growth}\n{_card("Notes", _notes(one, places), "notes")}</div>')
    hidden = len(report.layers) - len(layers)
    note = f"; {plural(hidden, 'layer')} without parameters that keep their shape left out" if hidden else ""
    parts.append(
        _card(
            "Layers",
            f'<div class="tools"><p class="soft">Counts are rounded, exact ones are their titles{note}.</p>'
            '<span><button data-open="all">Open all</button> '
            '<button data-open="none">Close all</button></span>'
            f'</div><div class="scroll">{table(layers, depth)}</div>',
            "layers",
        )
    )
    parts.append(_card("The network as a graph", _picture("graph", (report,), places), "graph"))
    if one.lines:
        parts.append(_card(f"Spec: {place_of(report.file)}", _spec(one.lines), "spec"))
    parts.append("</div>")
    return "\n".join(parts)


def _card(title: str, inside: str, kind: str) -> str:
    return f'<section class="card {kind}"><h2>{escape(title)}</h2>\n{inside}\n</section>'


def _picture(kind: str, reports: tuple[Report, ...], places: Mapping[str, int]) -> str:
    """A picture whose elements name layers by their places in the page's data, or why there is none."""
    try:
        text = draw(kind, Drawing(reports))
    except NoAnswer as error:
        return f'<p class="soft">{escape(error.diagnostics[0].message)}</p>'

    def named(match: re.Match[str]) -> str:
        at = places.get(unescape(match[2])) if match[1] == "layer" else None
        return "" if at is None else f' data-l="{at}"'

    bare = text.replace(f"{style_of_pictures()}\n", "")
    return f'<div class="scroll picture">{re.sub(_DATA, named, bare)}</div>'


def _totals(report: Report) -> Iterator[str]:
    """The sums, the sizes of outputs, and what the last layer sees that does not see all."""
    sums = {total.title.strip(): total for total in totals(report, View("summary"))}
    yield '<dl class="totals">'
    for title in HEADLINES:
        yield _headline(sums[title])
    last = report.last_local
    if last is not None:
        where = f"receptive field at {inert(last.path)}, stride {field_stride(last)}"
        yield f"<div><dt>{escape(where)}</dt><dd>{escape(field_size(last))}</dd></div>"
    yield "</dl>"
    others = [f"{title} {total.exact}" for title, total in sums.items() if title not in HEADLINES]
    outputs = [f"{inert(output.path)} {output.shape}" for output in report.outputs]
    said = ([f"output {', '.join(outputs)}"] if outputs else []) + others
    yield f'<p class="soft sums">{escape(" · ".join(said))}</p>'


def _headline(total: Total) -> str:
    title, words = escape(total.title), escape(total.rounded or total.exact)
    return f'<div><dt>{title}</dt><dd title="{escape(total.exact)}">{words}</dd></div>'


def _notes(one: Shown, places: Mapping[str, int]) -> str:
    """The diagnostics of the analysis and the advice on a whole network."""
    found = [*one.report.diagnostics]
    if one.model is not None and one.report.failed is None:
        found += advise(one.model, one.report, chosen() & frozenset(on_networks()))
    said = ""
    if _joins(one.report) and all(_is_aligned(layer) for layer in one.report.layers):
        said = "The branches of every join have their centres at the same places. "
    if not found and one.model is not None:
        said += f"There is nothing {'else ' if said else ''}to remark."
    notes = "".join(_note(one, places) for one in dict.fromkeys(found))
    return (f'<p class="soft">{said}</p>' if said else "") + (f"<ul>{notes}</ul>" if notes else "")


def _joins(report: Report) -> bool:
    return any(len(layer.inputs) > 1 for layer in report.layers)


def _is_aligned(layer: LayerReport) -> bool:
    """Whether it is known to be, and not only taken to be: a join of branches whose places are unknown is."""
    return layer.field.aligned and (len(layer.inputs) < 2 or layer.field.reason is None)


def _note(found: Diagnostic, places: Mapping[str, int]) -> str:
    place = places.get(found.path or "")
    at = "" if place is None else f' data-l="{place}"'
    path = f"<code>{escape(inert(found.path))}</code> " if found.path else ""
    help = f'<br><span class="soft">{escape(inert(found.help))}</span>' if found.help else ""
    kind = "failed" if found.severity == "error" else "warn"
    return (
        f'<li{at}><b class="{kind}">{escape(found.code)}</b> {path}{escape(inert(found.message))}{help}</li>'
    )


def _spec(lines: Sequence[str]) -> str:
    """The lines as they are, each an element that the script marks."""
    text = "\n".join(lines).rstrip("\n").split("\n")
    spans = "".join(f"<span>{escape(inert(line), quote=False)}</span>" for line in text)
    return f'<pre class="scroll" tabindex="0" aria-label="the text of the spec">{spans}</pre>'


def _comparison(networks: Sequence[Shown], names: Sequence[str], comparison: Document) -> str:
    """Several networks in a table, as points where there is such a picture, and how they differ."""
    heads = ("network", "input", "parameters", "MACs", "peak activations", "receptive field", "stride")
    lines = []
    for at, (one, name) in enumerate(zip(networks, names, strict=True), start=1):
        report, sums = one.report, one.report.totals
        inputs = ", ".join(str(shape) for _, shape in report.inputs)
        last = report.last_local
        counts = "".join(
            f'<td class="n" title="{exact(number)}">{brief(number)}</td>'
            for number in (sums.params, sums.macs, report.peak)
        )
        field = ("-", "-") if last is None else (field_size(last), field_stride(last))
        lines.append(
            f'<tr><th scope="row"><button class="link" data-tab="{at}">{escape(name)}</button></th>'
            f"<td>{escape(inputs)}</td>{counts}{''.join(f'<td>{escape(word)}</td>' for word in field)}</tr>"
        )
    head = "".join(
        f'<th scope="col"{" class=n" if at in (2, 3, 4) else ""}>{word}</th>' for at, word in enumerate(heads)
    )
    parts = [
        f"<header><h1>{plural(len(networks), 'network')}</h1></header>",
        _card(
            "Side by side",
            f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{''.join(lines)}</tbody></table></div>",
            "layers",
        ),
    ]
    reports = tuple(one.report for one in networks)
    parts.append(_card("Cost and size", _picture("scatter", reports, {}), "picture"))
    parts.append(_card("Differences", f'<div class="scroll">{tables(comparison)}</div>', "differences"))
    return "\n".join(parts)
