"""Networks side by side: each metric with its difference and ratio to the first network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from os.path import basename
from typing import TYPE_CHECKING, Any, NamedTuple

from cnncalc.analysis.report import LayerReport, Report, as_report
from cnncalc.geometry.shape import Size
from cnncalc.render.columns import field_size, field_stride
from cnncalc.render.document import Document, Rows
from cnncalc.render.listing import Column, Listing, Raw, fits
from cnncalc.render.listings.networks import Entry, reports_of
from cnncalc.render.surface import Surface
from cnncalc.render.text import NOTHING, UNKNOWN, change, difference, exact, inert, ratio
from cnncalc.render.view import View

if TYPE_CHECKING:
    from cnncalc.checks.budgets import Verdict
    from cnncalc.checks.changes import Change, Pairing
    from cnncalc.network.model import Model


Group = tuple[str, Sequence[Report]]
"""Networks that are compared with the first of them, under a title."""


class Comparison(Document):
    """The listing of ``compare``: networks against the first of them, or against the first of each group."""

    def __init__(
        self,
        entries: Sequence[Entry],
        groups: Sequence[Group] = (),
        pairings: Sequence[Pairing] = (),
        verdicts: Sequence[Verdict] = (),
    ) -> None:
        self.entries = entries
        self.reports = reports_of(entries)
        self.groups = (groups or (("", self.reports),)) if self.reports else ()
        self.pairings = pairings
        self.verdicts = verdicts
        self.models: Sequence[Model] = ()
        """What the reports are of, one for each, where it is known."""
        self.texts: Mapping[str, Sequence[str]] = {}
        """The lines of the specs, by the files of the reports."""

    def __repr__(self) -> str:
        return f"<Comparison {', '.join(labels(self.reports))}>" if self.reports else "<Comparison>"

    def listings(self, surface: Surface) -> Iterator[Listing[Any]]:
        """A table per group."""
        return (beside(group, "compare", surface)._replace(title=title) for title, group in self.groups)

    def rows(self) -> tuple[Rows, ...]:
        """A row per metric and network."""
        return (Rows((), [((), complete(group)) for _, group in self.groups]),)

    def json(self) -> str:
        """The networks with all their layers, and the comparison beside them."""
        from cnncalc.render.records import render

        return render(
            self.entries,
            View("compare"),
            comparison=changes(self.reports) if self.reports else None,
            pairs=_pairs(self.pairings),
            budgets=_budgets(self.verdicts),
        )

    def picture(self) -> str:
        from cnncalc.render.pictures import Drawing, draw

        return draw("scatter", Drawing(tuple(self.reports))) if self.reports else ""

    def page(self) -> str:
        from cnncalc.render.drawings import FORMS, Request
        from cnncalc.render.pictures import Drawing

        if not self.reports:
            return ""
        drawing = Drawing(tuple(self.reports))
        return FORMS.render("html", Request(None, drawing, tuple(self.models), self.texts, self))


def compare(*reports: Report) -> Comparison:
    """Networks against the first of them, as something that shows itself in a notebook.

    Raises:
        TypeError: for what is no report.
    """
    return Comparison(tuple(map(as_report, reports)))


def beside(reports: Sequence[Report], command: str, surface: Surface) -> Listing[Any]:
    """Networks in columns, or in lines below each other where a terminal is too narrow for them."""
    whole = listing(reports, command)
    needed = whole._replace(columns=tuple(column for column in whole.columns if column.rank <= 0))
    return whole if fits(needed, surface.width) else lines(reports, command)


class Metric(NamedTuple):
    """One line of the comparison: a number of each network, or a text that has no difference."""

    key: str
    title: str
    numbers: tuple[Size, ...] | None
    texts: tuple[str, ...]

    @property
    def kind(self) -> str:
        """What it is for the eye, as in the tables of layers."""
        return "size" if self.key == "output" else "count" if self.numbers is not None else "field"


_NUMBERS: tuple[tuple[str, str, Callable[[Report], Size]], ...] = (
    ("params", "params", lambda report: report.totals.params),
    ("weights", "  weights", lambda report: report.totals.weights),
    ("biases", "  biases", lambda report: report.totals.biases),
    ("buffers", "buffers", lambda report: report.totals.buffers),
    ("macs", "MACs", lambda report: report.totals.macs),
    ("activations", "activations", lambda report: report.totals.activations),
    ("peak", "peak activations", lambda report: report.peak),
)


def _output(report: Report) -> str:
    """The main output, then those of the heads."""
    return ", ".join(str(output.shape) for output in report.outputs) or UNKNOWN


def _of_local(show: Callable[[LayerReport], str]) -> Callable[[Report], str]:
    def text(report: Report) -> str:
        main = report.main
        if main is not None and all(main.field.sees_all):
            main = report.last_local or main
        return UNKNOWN if main is None else show(main)

    return text


_TEXTS: tuple[tuple[str, str, Callable[[Report], str]], ...] = (
    ("output", "output", _output),
    ("rf_size", "rf size", _of_local(field_size)),
    ("rf_stride", "rf stride", _of_local(field_stride)),
)


_SHOWN = {
    "rf": ("rf_size", "rf_stride", "output", "params", "macs"),
    "shapes": ("output", "params", "macs"),
    "params": ("params", "buffers", "macs", "output", "rf_size"),
}
"""What is set side by side beneath the tables of a command; everything where it is not named."""


MOST_COLUMNS = 4
"""More networks than these do not fit beside each other on a terminal."""


def metrics(reports: Sequence[Report], command: str = "compare") -> tuple[Metric, ...]:
    """Every metric in which the networks have something to show, those the command is about first."""
    numbers = ((key, title, tuple(map(number, reports))) for key, title, number in _NUMBERS)
    counts = tuple(
        Metric(key, title, found, tuple(map(exact, found)))
        for key, title, found in numbers
        if set(found) != {0}
    )
    shapes = tuple(Metric(key, title, None, tuple(map(text, reports))) for key, title, text in _TEXTS)
    found_by_key = {metric.key: metric for metric in counts + shapes}
    return tuple(found_by_key[key] for key in _SHOWN.get(command, tuple(found_by_key)) if key in found_by_key)


def labels(reports: Sequence[Report]) -> tuple[str, ...]:
    """The networks' names, with their files where some are the same; of several files a variant of a network
    is named with its file, since its own name says little.
    """
    names = [report.name for report in reports]
    files_of_each = [report.file for report in reports]
    if len(set(files_of_each)) == 1:
        return tuple(map(inert, names))
    told_apart = _told_apart(files_of_each)
    files = [told_apart[file] for file in files_of_each]
    if len(set(names)) == 1:
        return tuple(map(inert, files))
    named, filed = Counter(names), Counter(files_of_each)

    def is_clear(report: Report) -> bool:
        return report.network is None and named[report.name] == filed[report.file] == 1

    return tuple(
        inert(one.name if one.name == file or is_clear(one) else f"{file}:{one.name}")
        for one, file in zip(reports, files, strict=True)
    )


def _told_apart(files: Sequence[str]) -> dict[str, str]:
    """Files by their names alone, where these say which is which."""
    short = {file: basename(file).removesuffix(".yaml").removesuffix(".yml") for file in files}
    return short if len(set(short.values())) == len(short) else dict(zip(files, files, strict=True))


def listing(reports: Sequence[Report], command: str = "compare") -> Listing[Any]:
    """Two networks with their differences; a few in columns with ratio lines; many in lines below each
    other.
    """
    if len(reports) == 2:
        return _beside(reports, command)
    return _columns(reports, command) if len(reports) <= MOST_COLUMNS else lines(reports, command)


def changes(reports: Sequence[Report]) -> dict[str, Any]:
    """The comparison for JSON: numbers of each network and, after the first, difference and ratio."""
    return {
        "base": reports[0].name,
        "models": [report.name for report in reports],
        "files": [report.file for report in reports],
        "metrics": {
            metric.key: [_change(metric, at) for at in range(len(reports))] for metric in metrics(reports)
        },
    }


def _change(metric: Metric, at: int) -> dict[str, Any]:
    if metric.numbers is None:
        return {"value": metric.texts[at]}
    pair = _pair(metric, at, 0)
    return {"value": metric.numbers[at], "difference": _raw_difference(pair), "ratio": _raw_ratio(pair)}


def _pairs(pairings: Sequence[Pairing]) -> list[dict[str, Any]]:
    """The pairs for JSON, with every layer that changed."""
    return [
        {
            "name": pairing.name,
            "old": None if pairing.old is None else pairing.old.file,
            "new": None if pairing.new is None else pairing.new.file,
            "metrics": changes(pairing.reports)["metrics"],
            "layers": [_record(change) for change in pairing.changes],
        }
        for pairing in pairings
    ]


def _record(change: Change) -> dict[str, Any]:
    from cnncalc.render.records import layer_of

    return {
        "change": change.kind,
        "path": change.path,
        "differs": list(change.differs),
        "old": None if change.old is None else layer_of(change.old),
        "new": None if change.new is None else layer_of(change.new),
    }


def _budgets(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Budgets for JSON."""
    return [
        {
            "budget": one.budget.text,
            "model": one.model,
            "metric": one.budget.metric,
            "kept": one.kept,
            "message": one.message,
        }
        for one in verdicts
    ]


Pair = tuple[int, int] | None
"""A network's number and the one it is compared with; ``None`` where there is nothing to compare."""


def _pair(metric: Metric, at: int, base: int) -> Pair:
    if metric.numbers is None or at == 0:
        return None
    number, other = metric.numbers[at], metric.numbers[base]
    return None if number is None or other is None else (number, other)


def _raw_difference(pair: Pair) -> Raw:
    return None if pair is None else pair[0] - pair[1]


def _raw_ratio(pair: Pair) -> Raw:
    return None if pair is None or pair[1] == 0 else pair[0] / pair[1]


def _raw_percent(pair: Pair) -> Raw:
    return None if pair is None or pair[1] == 0 else 100 * (pair[0] - pair[1]) / pair[1]


class Line(NamedTuple):
    """One metric of one network."""

    metric: Metric
    at: int
    label: str
    report: Report


def _beside(reports: Sequence[Report], command: str) -> Listing[Line]:
    base, other = labels(reports)
    columns: tuple[Column[Line], ...] = (
        _METRIC,
        _of("base", base, 0),
        _of("other", other, 1),
        _against_first("difference", "difference", 3, difference, _raw_difference),
        _against_first("percent", "change", 1, change, _raw_percent),
        _against_first("ratio", "ratio", 0, ratio, _raw_ratio),
    )
    return Listing(
        "", columns, tuple(Line(metric, 1, other, reports[1]) for metric in metrics(reports, command))
    )


def _of(key: str, title: str, at: int) -> Column[Line]:
    """The numbers of one of two networks."""

    def text(line: Line) -> str:
        return line.metric.texts[at]

    return Column(key, title, text, text, 0, kind_of=lambda line: line.metric.kind)


class Row(NamedTuple):
    """One line over all networks."""

    title: str
    cells: tuple[str, ...]
    kind: str = "share"
    """What it is for the eye; how a number has changed is less than the number."""


def _columns(reports: Sequence[Report], command: str) -> Listing[Row]:
    """A column per network; beneath each number how it has changed from the first and from the one before.

    That is in per cent beneath the tables of another command, else the difference and the ratio.
    """
    titles = labels(reports)
    rows = _differences if command == "compare" else _percents

    def column(at: int) -> Column[Row]:
        return Column(
            key=str(at),
            title=titles[at],
            text=lambda row: row.cells[at],
            raw=lambda row: row.cells[at],
            rank=0,
            kind_of=lambda row: row.kind,
        )

    columns = (_ROW_TITLE, *map(column, range(len(reports))))
    return Listing(
        "", columns, tuple(row for metric in metrics(reports, command) for row in _rows(metric, rows))
    )


Changed = Callable[[str, Sequence["Pair"]], tuple[Row, ...]]


def _rows(metric: Metric, changed: Changed) -> tuple[Row, ...]:
    value = Row(metric.title, metric.texts, metric.kind)
    if metric.numbers is None or len(set(metric.numbers)) == 1:
        return (value,)
    places = range(len(metric.texts))
    first = changed("to the first", [_pair(metric, at, 0) for at in places])
    before = changed("to the one before", [_pair(metric, at, at - 1) for at in places])
    return (value, *first, *before)


def _percents(title: str, pairs: Sequence[Pair]) -> tuple[Row, ...]:
    return (Row(f"    {title}", tuple(map(_percent, pairs))),)


def _differences(title: str, pairs: Sequence[Pair]) -> tuple[Row, ...]:
    return (
        Row(f"    {title}", tuple("" if pair is None else difference(*pair) for pair in pairs)),
        Row("        ratio", tuple("" if pair is None else ratio(*pair) for pair in pairs)),
    )


def _percent(pair: Pair) -> str:
    return "" if pair is None else change(*pair)


def lines(reports: Sequence[Report], command: str = "compare") -> Listing[Line]:
    """A line per metric and network, compared with the first network and with the one above."""
    above = () if len(reports) == 2 else _ABOVE
    columns = (
        _METRIC._replace(rank=-1, folds=True, prose=True),
        _MODEL._replace(rank=-1),
        _VALUE._replace(rank=-1),
        _DIFFERENCE,
        _TO_FIRST,
        _RATIO if len(reports) == 2 else _RATIO_TO_FIRST,
        *above,
    )
    return Listing("", columns, _lines(reports, command))


def complete(reports: Sequence[Report]) -> Listing[Line]:
    """The same for machines, with the files that the networks are from."""
    columns = (_METRIC, _FILE, _MODEL, _VALUE, _DIFFERENCE, _TO_FIRST, _RATIO_TO_FIRST, *_ABOVE)
    return Listing("", columns, _lines(reports, "compare"))


def _lines(reports: Sequence[Report], command: str) -> tuple[Line, ...]:
    named = tuple(enumerate(zip(labels(reports), reports, strict=True)))
    return tuple(
        Line(metric, at, label, report)
        for metric in metrics(reports, command)
        for at, (label, report) in named
    )


def _metric_title(line: Line) -> str:
    return line.metric.title if line.at == 0 or len(line.metric.texts) == 2 else ""


def _value(line: Line) -> Raw:
    return line.metric.texts[line.at] if line.metric.numbers is None else line.metric.numbers[line.at]


_ROW_TITLE: Column[Row] = Column(
    "metric", "side by side", lambda row: row.title, lambda row: row.title, 0, right=False
)
_METRIC: Column[Line] = Column(
    "metric", "side by side", _metric_title, lambda line: line.metric.key, 0, right=False
)

Show = Callable[[int, int], str]


def _against_first(key: str, title: str, rank: int, show: Show, raw: Callable[[Pair], Raw]) -> Column[Line]:
    def pair(line: Line) -> Pair:
        return _pair(line.metric, line.at, 0)

    return _against(pair, key, title, rank, show, raw)


def _against_above(key: str, title: str, rank: int, show: Show, raw: Callable[[Pair], Raw]) -> Column[Line]:
    def pair(line: Line) -> Pair:
        return _pair(line.metric, line.at, line.at - 1)

    return _against(pair, key, title, rank, show, raw)


def _against(
    pair: Callable[[Line], Pair], key: str, title: str, rank: int, show: Show, raw: Callable[[Pair], Raw]
) -> Column[Line]:
    def text(line: Line) -> str:
        numbers = pair(line)
        if numbers is None:
            return "" if line.at == 0 or line.metric.numbers is None else NOTHING
        return show(*numbers)

    return Column(key, title, text, lambda line: raw(pair(line)), rank)


_FILE: Column[Line] = Column(
    "file", "file", lambda line: inert(line.report.file), lambda line: line.report.file, 0, right=False
)
_MODEL: Column[Line] = Column(
    "model", "model", lambda line: line.label, lambda line: line.report.name, 0, False, folds=True, prose=True
)
_VALUE: Column[Line] = Column(
    "value",
    "value",
    lambda line: line.metric.texts[line.at],
    _value,
    0,
    kind_of=lambda line: line.metric.kind,
)
_DIFFERENCE = _against_first("difference", "difference", 1, difference, _raw_difference)
_TO_FIRST = _against_first("percent", "to the first", 3, change, _raw_percent)
_RATIO = _against_first("ratio", "ratio", 0, ratio, _raw_ratio)
_RATIO_TO_FIRST = _RATIO._replace(title="ratio to first")
_ABOVE = (
    _against_above("percent_above", "to the above", 4, change, _raw_percent),
    _against_above("ratio_above", "ratio to above", 2, ratio, _raw_ratio),
)
