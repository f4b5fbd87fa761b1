"""Every number of every golden, read back from its text and worked out anew from reports and answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cache
from importlib import import_module
from itertools import pairwise, product
from pkgutil import iter_modules
from typing import Any

import pytest

from cnncalc import analyze, crop, effective, loads, profile, stream, tile
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.frameworks import FRAMEWORKS
from cnncalc.geometry.pyramid import MODES, pyramid
from cnncalc.geometry.shape import Shape
from cnncalc.render import listings
from cnncalc.render.document import Document
from cnncalc.render.listings.answers import Answers
from tests.render import goldens
from tests.render.goldens import AUDIO, FLAT, RESIZED, SPEC, TABLES, WIDTHS
from tests.render.sheet import Entry, Sheet
from tests.render.test_goldens import kept

UNKNOWN_SIZE = SPEC.replace("3, 64, 64", "3, any, 64")
WIDER = SPEC.replace("w: 16", "w: 24")


@cache
def report(spec: str = SPEC, framework: str | None = None) -> Report:
    return goldens.report(spec, framework)


solution = cache(goldens.solution)
many = cache(goldens.many)


@cache
def of_size(spec: str, *sizes: int) -> Report:
    """The network with images of another size."""
    (model,) = loads(spec)
    return analyze(model, (3, *sizes))


# How numbers are written


def count(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


def shape(one: Shape) -> str:
    return "x".join("?" if axis is None else str(axis) for axis in one.axes)


def once(numbers: Iterable[object]) -> str:
    """What all axes have, or each axis its own."""
    words = list(map(str, numbers))
    return words[0] if len(set(words)) == 1 else "x".join(words)


def whole(number: Fraction | int) -> str:
    """A multiple of a half."""
    return f"{float(number):g}"


def per_cent(new: int, old: int) -> str:
    return f"{100 * (new - old) / old:+.1f} %"


def is_near(words: str, exact: int, factor: int, letters: str) -> None:
    """A number that is rounded to a tenth of the unit behind it."""
    size, unit = re.fullmatch(r"([\d,.]+) ?(\w+)", words).groups()  # type: ignore[union-attr]
    power = factor ** (letters.index(unit[0]) + 1)
    assert abs(Fraction(size.replace(",", "")) - Fraction(exact, power)) <= Fraction(1, 20), (words, exact)


def is_rounded(words: Sequence[str], exact: int | None) -> None:
    """The exact number, and where there is a second one, it rounded."""
    assert words[0] == count(exact)
    if len(words) > 1:
        assert exact is not None
        is_near(words[1], exact, 1024 if words[1].endswith("B") else 1000, "KMGT")


def title(sheet: Sheet, name: str, of: Report, *more: str) -> None:
    inputs = ", ".join(shape(one) for _, one in of.inputs)
    assert sheet.says(" · ".join((name, inputs, of.framework, *more)))


def all_columns(sheet: Sheet, found: Iterable[str], wanted: Iterable[str]) -> None:
    """What a terminal has no room for is named, and nothing else is."""
    dropped = sheet.dropped()
    shown = [one for one in found if one and not one.endswith("|")]
    assert sorted(shown + dropped) == sorted(one for one in wanted if one)


def cells(row: dict[str, str], wanted: dict[str, str]) -> None:
    for key, text in row.items():
        if not key.endswith("|"):
            assert text == wanted[key], (key, row, wanted)


# Layers


def seen(layer: LayerReport) -> dict[str, str]:
    """The receptive field of the first unit, for networks whose fields are uniform."""
    axes = list(zip(layer.field.size, layer.field.stride, layer.field.start, strict=True))
    if any(None in axis for axis in axes) or not axes:
        nothing = dict.fromkeys(("rf stride", "rf padding", "rf centre", "rf offset"), "-")
        return {"rf size": "all", **nothing}
    known: list[tuple[int, Fraction, int]] = axes  # type: ignore[assignment]
    middles = [Fraction(2 * start + size - 1, 2) for size, _, start in known]
    offsets = [middle - (stride - 1) / 2 for middle, (_, stride, _) in zip(middles, known, strict=True)]
    return {
        "rf size": "x".join(str(size) for size, _, _ in known),
        "rf stride": once(stride for _, stride, _ in known),
        "rf padding": once(-start for _, _, start in known),
        "rf centre": once(map(whole, middles)),
        "rf offset": once(map(whole, offsets)),
    }


def counted(layer: LayerReport) -> dict[str, str]:
    windows = layer.windows or ()
    return {
        "op": layer.op,
        "kernel": "x".join(str(window.kernel) for window in windows),
        "stride": once(window.stride for window in windows) if windows else "",
        "padding": once(window.before for window in windows) if windows else "",
        "weights": count(layer.weights),
        "biases": count(layer.biases),
        "params": count(
            None if layer.weights is None or layer.biases is None else layer.weights + layer.biases
        ),
        "buffers": count(layer.buffers),
        "MACs": count(layer.macs),
    }


def layers(sheet: Sheet, of: Report, wanted: dict[str, Callable[[LayerReport], str]]) -> list[Entry]:
    """A tree of layers: each row is about all its paths, and what has no row is said to have none."""
    by_path = {layer.path: layer for layer in of.layers}
    ends = {
        "/".join(layer.path.split("/")[:depth]): layer
        for layer in of.layers
        for depth in range(1, layer.path.count("/") + 1)
    }
    found = sheet.tree()
    for paths, row in found:
        for title in list(row)[1:]:
            if title.endswith("|"):
                continue
            for path in paths:
                layer = by_path.get(path, ends.get(path))
                assert layer is not None, path
                is_of_end = (
                    title == "output" or title in seen(layer) or title in ("region", "units that see it")
                )
                is_of_end = is_of_end or title.startswith("erf")
                if path not in by_path and not is_of_end:
                    assert row[title] == ""
                elif title not in seen(layer) or path == paths[-1]:  # of copies, the field of the last
                    assert row[title] == wanted[title](layer), (path, title)
    if any(len(paths) > 1 for paths, _ in found):
        field = ", with the field of the last" if "buffers" in wanted and "rf size" in wanted else ""
        assert sheet.says(f"xN: N copies that are alike{field} (--all shows each)")
    shown = {path for paths, _ in found for path in paths}
    hidden = [layer for layer in of.layers if layer.path not in shown]
    assert not any(layer.params or layer.buffers or layer.macs for layer in hidden)
    says_hidden(sheet, len(hidden))
    all_columns(sheet, found[0].cells, ["layer", *wanted])
    return found


def says_hidden(sheet: Sheet, hidden: int) -> None:
    if hidden == 1:
        assert sheet.says("1 layer without parameters that keeps its shape is not shown (--all)")
    elif hidden:
        assert sheet.says(f"{hidden} layers without parameters that keep their shape are not shown (--all)")


def column(group: Callable[[LayerReport], dict[str, str]], name: str) -> Callable[[LayerReport], str]:
    return lambda layer: group(layer)[name]


OUTPUT = {"output": lambda layer: shape(layer.shape)}
WINDOWS = {name: column(counted, name) for name in ("kernel", "stride", "padding")}
COUNTS = {name: column(counted, name) for name in ("params", "buffers", "MACs")}
FIELDS = {name: column(seen, name) for name in ("rf size", "rf stride", "rf padding", "rf centre")}
OP = {"op": column(counted, "op")}


def sums(sheet: Sheet, of: Report, width: int, is_summary: bool) -> dict[str, list[str]]:
    """The totals, from the layers alone."""
    found = sheet.totals()

    def total(name: str) -> int | None:
        numbers = [getattr(layer, name) for layer in of.layers]
        return None if None in numbers else sum(numbers)

    macs, params = total("macs"), total("params")
    exact = {name: total(name) for name in ("params", "weights", "biases", "buffers")}
    exact |= {"MACs": macs, "FLOPs (2 x MACs)": None if macs is None else 2 * macs}
    word = {4: "float32", 2: "float16"}[width]
    exact[f"weight memory in bytes ({word})"] = None if params is None else width * params
    if is_summary:
        shapes = {**dict(of.inputs), **{layer.path: layer.shape for layer in of.layers}}
        moved = [
            total_of([*(shapes[path] for path in dict.fromkeys(layer.inputs)), layer.shape], layer.params)
            for layer in of.layers
        ]
        all_moved = None if None in moved else width * sum(moved)  # type: ignore[arg-type]
        exact["activations"] = total_of([layer.shape for layer in of.layers])
        exact["peak activations"], exact["peak (in place)"] = of.peak, of.peak_in_place
        exact[f"bytes moved ({word})"] = all_moved
        per_byte = found.pop("FLOPs per byte, of layers with MACs")
        if macs is None or all_moved is None:
            assert per_byte == ["?"]
        else:
            with_macs = sum(one or 0 for one, layer in zip(moved, of.layers, strict=True) if layer.macs)
            assert per_byte == [f"{2 * macs / (width * with_macs):.2f}"]
    for name, number in exact.items():
        is_rounded(found.pop(name), number)
    return found


def total_of(shapes: Iterable[Shape], more: int | None = 0) -> int | None:
    numbers = [more]
    for one in shapes:
        size: int | None = 1
        for axis in one.axes:
            size = None if size is None or axis is None else size * axis
        numbers.append(size)
    return None if None in numbers else sum(numbers)  # type: ignore[arg-type]


def params(sheet: Sheet, _: int) -> None:
    title(sheet, "Golden", report())
    counts = {name: column(counted, name) for name in ("weights", "biases", "params", "buffers", "MACs")}
    layers(sheet, report(), {**OP, **OUTPUT, **counts})
    assert not sums(sheet, report(), 4, is_summary=False)


def rf(sheet: Sheet, _: int) -> None:
    title(sheet, "Golden", report())
    layers(sheet, report(), {**OUTPUT, **FIELDS, "rf offset": column(seen, "rf offset")})


def shapes(sheet: Sheet, _: int) -> None:
    title(sheet, "Golden", report())
    layers(sheet, report(), {**OP, **WINDOWS, **OUTPUT})


def summary(sheet: Sheet, _: int) -> None:
    summary_of(sheet, report())


def unknown(sheet: Sheet, _: int) -> None:
    summary_of(sheet, report(UNKNOWN_SIZE))
    assert sheet.says("? needs the input size: add `input: ...` or pass --input")


def summary_of(sheet: Sheet, of: Report) -> None:
    title(sheet, "Golden", of)
    assert sheet.says(str(of.description))
    found = layers(sheet, of, {**OP, **WINDOWS, **OUTPUT, **COUNTS, **FIELDS})
    assert not sums(sheet, of, 4, is_summary=True)
    for name in ("params |", "MACs |"):
        bars = [(len(row[name]), row[name.removesuffix(" |")]) for _, row in found if row.get(name)]
        if bars:
            longest = max(int(number.replace(",", "")) for _, number in bars)
            assert all(length == -(-6 * int(number.replace(",", "")) // longest) for length, number in bars)


def asked(sheet: Sheet, _: int) -> None:
    """The unit 3,16, the position 10,20 and the effective fields."""
    whole, fields = report(), {one.path: one for one in effective(loads(SPEC)[0]).layers}
    title(sheet, "Golden", whole)
    units = (3, 16)

    def region(layer: LayerReport) -> str:
        if any(size is not None and at >= size for at, size in zip(units, layer.field.units, strict=True)):
            return "no such unit"
        spans = spans_of(layer, units)
        return "all" if spans is None else ", ".join(f"{first}..{last}" for first, last in spans)

    def inside(layer: LayerReport) -> str:
        if region(layer) in ("all", "no such unit"):
            return region(layer).replace("no such unit", "-")
        return ", ".join(f"{max(first, 0)}..{min(last, 63)}" for first, last in spans_of(layer, units) or ())

    def seeing(layer: LayerReport) -> str:
        found = []
        for axis, position in enumerate((10, 20)):
            size = layer.shape.sizes[axis] if layer.shape.rank else 1
            spans = [spans_of(layer, (at, at)) for at in range(size or 0)]
            if None in spans:
                return "all"
            at = [
                unit for unit, span in enumerate(spans) if span and span[axis][0] <= position <= span[axis][1]
            ]
            found.append(f"{at[0]}..{at[-1]}")
        return ", ".join(found)

    erf = {name: (lambda layer, at=at: erf_cells(fields[layer.path])[at]) for at, name in enumerate(ERF)}
    wanted = {
        **OUTPUT,
        **FIELDS,
        "rf offset": column(seen, "rf offset"),
        "region": region,
        "inside the input": inside,
    }
    found = layers(sheet, whole, {**wanted, "units that see it": seeing, **erf})
    missing = sum(row["region"] == "no such unit" for _, row in found)
    if "region" in found[0].cells:
        heads = sum(paths[0] not in {layer.path for layer in whole.layers} for paths, _ in found)
        assert sheet.says(f"{missing - heads} layers shown have no unit 3,16 in the output")


def spans_of(layer: LayerReport, units: tuple[int, ...]) -> list[tuple[int, int]] | None:
    """What a unit sees, from size, stride and start alone; ``None`` for all."""
    spans = []
    for at, size, stride, start in zip(units, *measures(layer), strict=False):
        if size is None or stride is None or start is None:
            return None
        spans.append((int(start + at * stride), int(start + at * stride + size - 1)))
    return spans or None


def measures(
    layer: LayerReport,
) -> tuple[Sequence[int | None], Sequence[Fraction | None], Sequence[int | None]]:
    return layer.field.size, layer.field.stride, layer.field.start


ERF = ("erf std", "erf width", "erf/rf")


def erf_cells(field: Any) -> tuple[str, str, str]:
    if None in field.width or not field.width:
        return "-", "-", "-"
    return (
        once(f"{one:.2f}" for one in field.std),
        "x".join(map(str, field.width)),
        once(f"{100 * one:.0f} %" for one in field.ratio),
    )


def timed(sheet: Sheet, _: int) -> None:
    """19.5 operations and 2 bytes per second: each structure is one row whose numbers are sums."""
    of = report()
    title(sheet, "Golden", of)
    assert sheet.says(str(of.description))
    shapes = {**dict(of.inputs), **{layer.path: layer.shape for layer in of.layers}}
    groups: dict[str, list[LayerReport]] = {}
    for layer in of.layers:
        groups.setdefault(layer.path.split("/")[0], []).append(layer)

    def bound(layer: LayerReport) -> tuple[Fraction, str]:
        moved = total_of([*(shapes[path] for path in dict.fromkeys(layer.inputs)), layer.shape], layer.params)
        assert moved is not None and layer.macs is not None
        compute, memory = Fraction(20 * layer.macs, 195), Fraction(2 * moved, 2)
        return max((compute, "compute"), (memory, "memory"))

    def least(some: Sequence[LayerReport]) -> tuple[str, str]:
        found = [bound(layer) for layer in some]
        kinds = {kind for _, kind in found}
        return f"{float(sum(time for time, _ in found)):,.0f} s", kinds.pop() if len(kinds) == 1 else "both"

    found = sheet.tree()
    for paths, row in found:
        for path in paths:
            group = groups[path]
            last = group[-1]
            own = counted(last) if len(group) == 1 else {"op": last.op, **dict.fromkeys(WINDOWS, "")}
            own |= {name: count(sum(getattr(one, name.lower()) for one in group)) for name in COUNTS}
            own |= {"output": shape(last.shape), **(seen(last) if path == paths[-1] else {})}
            own["at least"], own["bound by"] = least(group)
            for name, cell in list(row.items())[1:]:
                if name in own and not name.endswith("|"):
                    assert cell == own[name], (path, name)
    shown = {path for paths, _ in found for path in paths}
    says_hidden(sheet, len(set(groups) - shown))
    assert sheet.says("xN: N copies that are alike, with the field of the last (--all shows each)")
    wanted = ["layer", *OP, *WINDOWS, *OUTPUT, *COUNTS, *FIELDS, "at least", "bound by"]
    all_columns(sheet, found[0].cells, wanted)
    rest = sums(sheet, of, 2, is_summary=True)
    time, kind = least(of.layers)
    assert rest in ({"time: at least": [time]}, {"time: at least": [time, f"bound by {kind}"]})


# Comparisons


def figures(of: Report) -> dict[str, int | None]:
    layers = of.layers
    counts = {
        name: None
        if None in (numbers := [getattr(layer, name.lower()) for layer in layers])
        else sum(numbers)
        for name in ("params", "weights", "biases", "buffers", "MACs")
    }
    return {**counts, "activations": total_of([layer.shape for layer in layers]), "peak activations": of.peak}


def texts(of: Report) -> dict[str, str]:
    local = [layer for layer in of.layers if None not in layer.field.size and layer.field.axes]
    last = seen(local[-1])
    return {"output": shape(of.outputs[0].shape), "rf size": last["rf size"], "rf stride": last["rf stride"]}


def two() -> tuple[Report, Report]:
    return report(), report(WIDER)._replace(name="Wider")


def compare(sheet: Sheet, _: int) -> None:
    old, new = two()
    found = sheet.table()
    wanted = {"side by side", "Golden", "Wider", "difference", "change", "ratio"}
    for row in found:
        name = row["side by side"]
        if name in texts(old):
            cells(
                row,
                dict.fromkeys(wanted, "")
                | {"side by side": name, "Golden": texts(old)[name], "Wider": texts(new)[name]},
            )
            continue
        one, other = figures(old)[name], figures(new)[name]
        assert one is not None and other is not None
        numbers = {"Golden": count(one), "Wider": count(other), "difference": f"{other - one:+,}"}
        shares = {"change": per_cent(other, one), "ratio": f"x{other / one:.3f}"}
        cells(row, {"side by side": row["side by side"], **numbers, **shares})
    assert [row["side by side"] for row in found] == [*figures(old), *texts(old)]
    all_columns(sheet, found[0], wanted)


def compare_three(sheet: Sheet, _: int) -> None:
    reports = [*two(), report(UNKNOWN_SIZE)]
    lines = sheet.lines
    assert re.split(" {2,}", lines[0]) == ["side by side", "Golden", "Wider", "Golden"]
    found = iter(lines[2:])
    for name in figures(reports[0]):
        numbers = [figures(one)[name] for one in reports]
        assert re.split(" {2,}", next(found).strip()) == [name, *map(count, numbers)]
        for word, bases in (("to the first", numbers[:1] * 2), ("to the one before", numbers)):
            pairs = [
                (one, base) for one, base in zip(numbers[1:], bases, strict=False) if None not in (one, base)
            ]
            differences = [f"{one - base:+,}" if one != base else "0" for one, base in pairs]  # type: ignore[operator]
            ratios = [f"x{one / base:.3f}" for one, base in pairs]  # type: ignore[operator]
            assert re.split(" {2,}", next(found).strip()) == [word, *differences]
            assert re.split(" {2,}", next(found).strip()) == ["ratio", *ratios]
    for name in texts(reports[0]):
        assert re.split(" {2,}", next(found)) == [name, *(texts(one)[name] for one in reports)]
    assert not list(found)
    sheet.is_read = [True] * len(lines)


def compare_many(sheet: Sheet, _: int) -> None:
    reports = many()
    rows = iter(sheet.table())
    titles: Iterable[str] = ()
    for name in (*figures(reports[0]), *texts(reports[0])):
        before = None
        for at, one in enumerate(reports):
            row = next(rows)
            titles = titles or row
            own = dict.fromkeys(
                ("difference", "to the first", "ratio to first", "to the above", "ratio to above"), ""
            )
            own |= {"side by side": "" if at else name, "model": one.name}
            if name in texts(one):
                own["value"] = texts(one)[name]
            else:
                first, number = figures(reports[0])[name], figures(one)[name]
                assert first is not None and number is not None
                own["value"] = count(number)
                if before is not None:
                    own["difference"] = f"{number - first:+,}"
                    own["to the first"] = (
                        f"x{number / first:.1f}" if number >= 10 * first else per_cent(number, first)
                    )
                    own["ratio to first"] = f"x{number / first:.3f}"
                    own["to the above"] = per_cent(number, before)
                    own["ratio to above"] = f"x{number / before:.3f}"
                before = number
            cells(row, own)
    assert not list(rows)
    names = ["side by side", "model", "value", "difference", "to the first", "ratio to first"]
    all_columns(sheet, titles, [*names, "to the above", "ratio to above"])


def changes(sheet: Sheet, _: int) -> None:
    old, new = two()
    assert sheet.says("Golden → Wider")
    first = sheet.table()
    named = {"parameters": "params"}
    names = ["parameters", "MACs", "peak activations", "receptive field", "output", "weights", "biases"]
    assert [row[""] for row in first] == [*names, "buffers", "activations"]
    for row in first:
        name = row[""]
        if name in ("receptive field", "output"):
            key = name.replace("receptive field", "rf size")
            values = {"old.yaml": texts(old)[key], "new.yaml": texts(new)[key], "change": ""}
        else:
            one, other = (figures(of)[named.get(name, name)] for of in (old, new))
            assert one is not None and other is not None
            values = {"old.yaml": count(one), "new.yaml": count(other)}
            values["change"] = f"{other - one:+,} ({per_cent(other, one)})"
        cells(row, {"": name, **values})
    all_columns(sheet, first[0], ["", "old.yaml", "new.yaml", "change"])
    assert sheet.says(f"Layers: {len(new.layers)} changed")
    second = sheet.table()
    by_path = {layer.path: layer for layer in old.layers}
    assert [row["layer"] for row in second] == [layer.path for layer in new.layers]
    for row, layer in zip(second, new.layers, strict=True):
        before = by_path[layer.path]
        pairs = {
            "shape": (shape(before.shape), shape(layer.shape)),
            "window": (window(before), window(layer)),
            "params": (count(before.params), count(layer.params)),
            "MACs": (count(before.macs), count(layer.macs)),
            "rf size": (seen(before)["rf size"], seen(layer)["rf size"]),
        }
        own = {name: one if one == other else f"{one} → {other}" for name, (one, other) in pairs.items()}
        own_kind = next(key for key in row if key.endswith("|"))
        assert row[own_kind] == "changed"
        cells(row, {"layer": layer.path, **own})
    all_columns(sheet, second[0], ["layer", "shape", "window", "params", "MACs", "rf size"])


def window(layer: LayerReport) -> str:
    if not layer.windows:
        return ""
    one = layer.windows[0]
    assert set(layer.windows) == {one}
    stride = f"/{one.stride}" if one.stride > 1 else ""
    padding = f" padding {one.padding[0]}" if one.padding and one.padding[0] else ""
    return f"{one.kernel}x{one.kernel}{stride}{padding}"


def budgets(sheet: Sheet, width: int) -> None:
    changes(sheet, width)
    old, new = map(figures, two())
    rows: list[dict[str, str]] = []
    for row in sheet.table():
        if row["condition"]:
            rows.append(row)
        else:  # prose that goes on
            rows[-1]["measured"] += f" {row['measured']}"
    was = {name: (old[name], new[name]) for name in ("params", "peak activations")}
    both = [f"was {count(one)} and is {count(other)} ({per_cent(other, one)})" for one, other in was.values()]  # type: ignore[arg-type]
    measured = [f"params {both[0]}", f"macs is {count(new['MACs'])}", "rf is all", f"peak {both[1]}"]
    outcomes = ["failed", "fine", "fine", "failed"]
    assert [list(row.values()) for row in rows] == [
        list(one) for one in zip(goldens.BUDGETS, outcomes, measured, strict=True)
    ]


def frameworks(sheet: Sheet, width: int) -> None:
    reports = {name: report(framework=name) for name in FRAMEWORKS}
    title = ", ".join(reports)
    assert sheet.says(f"Golden · 3x64x64 · {title}")
    found = sheet.tree()
    by_path = {name: {layer.path: layer for layer in of.layers} for name, of in reports.items()}
    paths = dict.fromkeys(layer.path for of in reports.values() for layer in of.layers)

    def cell(name: str, path: str) -> str:
        layer = by_path[name].get(path)
        if layer is None:
            return "-"
        padding = seen(layer)["rf padding"]
        return shape(layer.shape) if padding == "-" else f"{shape(layer.shape)} / {padding}"

    rows = {paths[0]: row for paths, row in found if any(list(row.values())[1:])}
    differing = {path for path in paths if len({cell(name, path) for name in reports}) > 1}
    assert set(rows) == differing
    for path, row in rows.items():
        cells(
            {key: text for key, text in row.items() if key != "layer"},
            {name: cell(name, path) for name in reports},
        )
    assert sheet.says(f"{len(differing)} layers differ")
    assert sheet.says(
        f"{len(paths) - len(differing)} layers that are the same in all of them are not shown (--all)"
    )
    for name, of in reports.items():
        if of.failed:
            assert sheet.says(f"{name}: {of.failed}: {of.diagnostics[0].message}")
    all_columns(sheet, found[0].cells, ["layer", *reports])
    assert width > 60 or "onnx" not in found[0].cells


def sweep(sheet: Sheet, _: int) -> None:
    sizes = (1, 17, 33, 49)
    assert sheet.says(f"golden.yaml: {len(sizes)} combinations")
    found = sheet.table()
    names = [
        "model",
        "input",
        "output",
        "params",
        "MACs",
        "activations",
        "peak",
        "dropped",
        "rf",
        "rf stride",
    ]
    for row, size in zip(found, sizes, strict=True):
        of = of_size(SPEC, size, size)
        numbers, words = figures(of), texts(of)
        last = [layer for layer in of.layers if layer.field.axes and None not in layer.field.size][-1]
        own = {"model": "Golden", "input": f"3x{size}x{size}", "output": words["output"], "valid": "yes"}
        own |= {name: count(numbers[name]) for name in ("params", "MACs", "activations")}
        own |= {"peak": count(of.peak), "dropped": count(dropped(of)), "rf": words["rf size"].split("x")[0]}
        own |= {"rf stride": words["rf stride"], "rf offset": seen(last)["rf offset"]}
        cells(row, own)
    all_columns(sheet, found[0], [*names, "rf offset", "valid"])


def sweep_invalid(sheet: Sheet, width: int) -> None:
    sizes = (3, 19, 35)
    assert sheet.says(f"resized.yaml: {len(sizes)} combinations, 1 invalid")
    found = sheet.table()
    rows: list[dict[str, str]] = []
    for row in found:
        if row["input"]:
            rows.append(row)
        else:  # an error that goes on
            rows[-1]["error"] += f" {row['error']}"
    for row, size in zip(rows, sizes, strict=True):
        of = of_size(RESIZED, size, size)
        own = {"model": "Resized", "input": f"3x{size}x{size}", "valid": "no" if of.failed else "yes"}
        names = ("output", "params", "MACs", "activations", "peak", "dropped", "rf", "rf stride", "rf offset")
        if of.failed:
            (error,) = of.diagnostics
            own |= dict.fromkeys(names, "-") | {"error": f"{error.code} {error.message} ({of.failed})"}
        else:
            numbers = figures(of)
            own |= {name: count(numbers[name]) for name in ("params", "MACs", "activations")} | {"error": ""}
            own |= {"output": "5", "peak": count(of.peak), "dropped": count(dropped(of))}
            local = [layer for layer in of.layers if layer.field.axes and None not in layer.field.size]
            seen_last = seen(local[-1])
            own |= {"rf": seen_last["rf size"].split("x")[0], "rf stride": seen_last["rf stride"]}
            own["rf offset"] = seen_last["rf offset"]
        cells(row, own)
    shown = [name for name in found[0] if not name.endswith("|")]
    assert width < 80 or "MACs" in shown


def zoo(sheet: Sheet, _: int) -> None:
    (row,) = sheet.table()
    assert sheet.says("1 network")
    of = report()
    own = {
        "spec": "golden",
        "model": "Golden",
        "year": "2015",
        "input": "3x64x64",
        "source": "Somebody et al.",
    }
    own |= {"params": count(figures(of)["params"]), "MACs": count(figures(of)["MACs"])}
    cells(row, {**own, "rf size": texts(of)["rf size"]})
    all_columns(sheet, row, [*own, "rf size"])


# Windows and pyramids


def drawn(sheet: Sheet, spans: Sequence[tuple[int, int]], size: int) -> None:
    """A line per window, and how often each position is read."""
    first, last = min(0, *(one for one, _ in spans)), max(size - 1, *(one for _, one in spans))
    shown = spans if len(spans) <= 16 else [*spans[:8], *spans[-4:]]
    for begin, end in shown:
        marks = "".join(
            (" " if not 0 <= at < size else "·") if not begin <= at <= end else "█" if 0 <= at < size else "░"
            for at in range(first, last + 1)
        )
        sheet.line(rf" *{begin}\.\.{end}  {re.escape(marks.rstrip())}")
    if shown != spans:
        sheet.line(rf" *⋮  \({len(spans) - len(shown)} windows between not drawn\)")
    counts = [sum(begin <= at <= end for begin, end in spans) for at in range(size)]
    sheet.line(rf" *read  {' ' * -first}{''.join(map(str, counts))}")
    words = {0: "not read", 1: "read once"}
    parts = []
    for times in sorted(set(counts)):
        number = counts.count(times)
        parts.append(f"{words.get(times, f'read {times} times')}: {number} position{'s' * (number != 1)}")
    assert sheet.says("; ".join(parts))


def pool(sheet: Sheet, width: int) -> None:
    assert sheet.says("pooling a map of 13x40")
    found = sheet.table()
    counts = []
    for row, name, size, kernel in zip(found, "yx", (13, 40), (3, 2), strict=True):
        spans = [
            (begin, begin + kernel - 1) for begin in range(-1, size + 1, 2) if begin + kernel <= size + 2
        ]
        spans = [one for one in spans if one[0] < size]
        counts.append([sum(begin <= at <= end for begin, end in spans) for at in range(size)])
        own = {
            "axis": name,
            "in": str(size),
            "kernel": str(kernel),
            "stride": "2",
            "padding": "1",
            "dilation": "1",
        }
        cells(row, {**own, "out": str(len(spans)), "unread": str(counts[-1].count(0))})
        drawn(sheet, spans, size)
    shown = min(len(counts[1]), (width + 1) // 2)
    head = (shown - 1) // 2
    for down in counts[0]:
        numbers = [str(down * across) for across in counts[1]]
        if shown < len(numbers):
            numbers[head : len(numbers) - (shown - 1 - head)] = ["…"]
        sheet.line(re.escape(" ".join(numbers)))
    if shown < len(counts[1]):
        assert sheet.says(
            f"columns {head}..{len(counts[1]) - (shown - 1 - head) - 1} are left out of the drawing"
        )


def paper(size: int, bins: int) -> tuple[int, int]:
    """He et al. 2014: the window is rounded up, the stride down."""
    return -(-size // bins), size // bins


def spp(sheet: Sheet, _: int) -> None:
    assert sheet.says("spatial pyramid on a map of 13x40, mode paper")
    found = sheet.table()
    for row, bins in zip(found, (1, 2, 4), strict=True):
        rules = [paper(size, bins) for size in (13, 40)]
        ends = [[(at * stride, at * stride + window - 1) for at in range(bins)] for window, stride in rules]
        unread = [size - 1 - spans[-1][1] for size, spans in zip((13, 40), ends, strict=True)]
        own = {"bins asked for": f"{bins}x{bins}", "bins obtained": f"{bins}x{bins}", "padding": "0"}
        own |= {"window": "x".join(str(one) for one, _ in rules), "stride": once(one for _, one in rules)}
        cells(row, {**own, "unread": once(unread)})
        for size, spans in zip((13, 40), ends, strict=True):
            assert sheet.says(f"{size} positions into {bins}:")
            drawn(sheet, spans, size)
    all_columns(sheet, found[0], ["bins asked for", "window", "stride", "padding", "bins obtained", "unread"])
    bins = 1 + 4 + 16
    assert sheet.totals() == {
        "bins of all levels": [str(bins)], "vector length with 256 channels": [f"{256 * bins:,}"],
    }  # fmt: skip


def spp_modes(sheet: Sheet, _: int) -> None:
    assert sheet.says("spatial pyramid on a map of 13, mode all")
    found = iter(rows := sheet.table())
    pyramids = {mode: pyramid(mode, (13,), (1, 2, 6)) for mode in MODES}
    for rank, bins in enumerate((1, 2, 6)):
        for mode, one in pyramids.items():
            row, tier = next(found), one.tiers[rank]
            own = {
                "bins asked for": str(bins) if mode == next(iter(MODES)) else "",
                "mode": mode,
                "remark": "",
            }
            if tier.fault is not None:
                nothing = dict.fromkeys(("window", "stride", "padding", "bins obtained", "unread"), "-")
                cells(row, {**own, **nothing, "remark": "not possible"})
                assert sheet.says(tier.fault.message)
                continue
            (axis,) = tier.axes
            starts = [begin for begin, _ in axis.intervals]
            length = {end - begin + 1 for begin, end in axis.intervals}
            steps = {second - first for first, second in pairwise(starts)}
            read = {at for begin, end in axis.intervals for at in range(begin, end + 1)}
            own |= {
                "window": str(max(length)),
                "bins obtained": str(len(starts)),
                "padding": once(axis.padding),
            }
            own["stride"] = (
                "varies" if len(steps) > 1 else str(steps.pop()) if steps else row.get("stride", "")
            )
            cells(row, {**own, "unread": str(len(set(range(13)) - read))})
            if mode == "paper":
                assert (int(row["window"]), int(row["stride"])) == paper(13, bins)
    names = ["bins asked for", "mode", "window", "stride", "padding", "bins obtained", "unread", "remark"]
    all_columns(sheet, rows[0], names)
    for mode, one in pyramids.items():
        obtained = [None if tier.fault else len(tier.axes[0].intervals) for tier in one.tiers]
        vector = None if None in obtained else 256 * sum(filter(None, obtained))
        assert sheet.totals_of(f"vector length with 256 channels, mode {mode}") == [count(vector)]


# Questions


def fitting(sheet: Sheet, spec: str, own: tuple[int, int]) -> None:
    """Sizes in words, held against what the analysis does with each size."""
    (model,) = loads(spec)
    title(sheet, model.name, analyze(model))
    found = sheet.table()
    names = ("height", "width") if "axis" in found[0] else ("",)
    for at, name in enumerate(names):
        mine = [row for row in found if row.get("axis", "") == name]
        word = "axis |" if name else ""
        by_question = {row[word]: row for row in mine}
        flat = analyze(model).layers[-1].in_shape.channels
        outcomes = {}
        for size in range(1, 80):
            given = (size, own[1]) if at == 0 else (own[0], size)
            outcomes[size] = of_size(spec, *(given if name else (size, size)))
        valid = {size for size, one in outcomes.items() if one.failed is None}
        same = {size for size in valid if outcomes[size].layers[-1].in_shape.channels == flat}
        whole_ones = {size for size in valid if not drops(outcomes[size], at)}
        for question, members in (("valid", valid), ("whole", whole_ones), ("same weights", same)):
            row = by_question[question]
            assert {size for size in range(1, 80) if is_said(row["sizes that fit"], size)} == members, (
                question
            )
            assert row["smallest"] == str(min(members))
        assert by_question["kept"]["sizes that fit"] == "none" and by_question["kept"]["smallest"] == "-"
        head = f"near 50 ({name})" if name else "near 50"
        if 50 in whole_ones:
            assert sheet.says(f"{head}: it fits")
            continue
        assert 50 in valid
        below, above = (
            max(size for size in whole_ones if size < 50),
            min(size for size in whole_ones if size > 50),
        )
        assert sheet.says(f"{head}: it fits, but `conv3x3_1` drops positions at the end (golden.yaml:4)")
        assert sheet.says(f"whole near it: {below} (crop {50 - below}) · {above} (pad {above - 50})")


def is_said(words: str, size: int) -> bool:
    """Whether a size is among those that are said to fit."""
    if words == "none":
        return False
    for part in words.split(", "):
        every = re.fullmatch(r"(?:every size )?from (\d+)", part)
        modulo = re.fullmatch(r"(\d+) modulo (\d+) from (\d+)", part)
        span = re.fullmatch(r"(\d+)(?: to (\d+))?", part)
        assert every or modulo or span, words
        if every and size >= int(every[1]):
            return True
        if modulo and size >= int(modulo[3]) and size % int(modulo[2]) == int(modulo[1]):
            return True
        if span and int(span[1]) <= size <= int(span[2] or span[1]):
            return True
    return False


def unread(layer: LayerReport, axis: int) -> int:
    """Positions at the end of an axis that no window reads; what a stride skips is none of them."""
    if not layer.windows or layer.op.startswith("conv_transpose"):
        return 0
    one, size = layer.windows[axis], layer.in_shape.sizes[axis]
    assert size is not None
    units = one.output_size(size)
    assert units is not None
    extent = max(one.dilation * (one.kernel - 1) + 1, one.stride)
    return max(0, size - ((units - 1) * one.stride + extent - (one.before or 0)))


def drops(of: Report, axis: int) -> bool:
    return any(unread(layer, axis) for layer in of.layers)


def dropped(of: Report) -> int:
    """Positions of the maps that are read by no window."""
    found = 0
    for layer in of.layers:
        if layer.windows:
            high, wide = (size or 0 for size in layer.in_shape.sizes)
            found += high * wide - (high - unread(layer, 0)) * (wide - unread(layer, 1))
    return found


def sizes_(sheet: Sheet, _: int) -> None:
    fitting(sheet, RESIZED, (36, 28))


def sizes_alike(sheet: Sheet, _: int) -> None:
    fitting(sheet, SPEC, (64, 64))


def tiles(sheet: Sheet, width: int) -> None:
    """Tiles that together keep each unit once and read all that it sees."""
    (model,) = loads(FLAT)
    whole = of_size(FLAT, 200, 130)
    answer = tile(model, (200, 130), tile=64)
    out = whole.outputs[0].shape
    last = whole.layers[-1]
    found = sheet.table()
    plan: dict[str, list[tuple[int, int, int, int, int]]] = {"height": [], "width": []}
    for row in found:
        first, end = map(int, row["kept"].split(".."))
        assert int(row["tile"]) == len(plan[row["axis"]])
        plan[row["axis"]].append((int(row["begins at"]), int(row["size"]), first, end, int(row["from"])))
    macs = 0
    for axis, (name, size) in enumerate((("height", 200), ("width", 130))):
        kept = [unit for _, _, first, end, _ in plan[name] for unit in range(first, end + 1)]
        assert kept == list(range(out.sizes[axis] or 0))
        for begin, length, first, end, at in plan[name]:
            assert begin % 2 == 0 and begin + length <= size
            low, high = (spans_of(last, (unit, unit)) for unit in (first, end))
            assert low is not None and high is not None
            assert begin <= max(0, low[axis][0]) and min(size - 1, high[axis][1]) < begin + length
            assert at == first - begin // 2
    for tall in plan["height"]:
        for wide in plan["width"]:
            macs += sum(layer.macs or 0 for layer in of_size(FLAT, tall[1], wide[1]).layers)
    total = figures(whole)["MACs"]
    assert total is not None
    number = len(plan["height"]) * len(plan["width"])
    title(sheet, "Flat", whole, f"{number} tiles")
    assert sheet.says("tiles begin at multiples of 2")
    shared = [a[0] + a[1] - b[0] for tiles in plan.values() for a, b in pairwise(tiles)]
    least, most = min(shared), max(shared)
    span = f"{least} to {most}" if least < most else f"{most}"
    assert sheet.says(f"overlap of neighbouring tiles: {span} positions")
    sums = sheet.totals()
    assert sums.pop("MACs") == [f"{macs:,}", per_cent(macs, total)]
    largest = max(
        of_size(FLAT, tall[1], wide[1]).peak or 0 for tall in plan["height"] for wide in plan["width"]
    )
    is_rounded(sums.pop("peak in bytes"), 4 * largest)
    is_rounded(sums.pop("weights in bytes"), 4 * (figures(whole)["params"] or 0))
    is_rounded(sums.pop("peak of the whole image"), 4 * (whole.peak or 0))
    assert not sums and answer.tiles == number
    bars = [line for line in sheet.lines if line.startswith("  ")]
    scale = min(60, width - 8)
    for bar, (begin, length, *_), size in zip(
        bars, [*plan["height"], *plan["width"]], [200] * 4 + [130] * 3, strict=True
    ):
        assert abs(len(bar) - len(bar.lstrip()) - 2 - begin * scale / size) <= 1
        assert abs(len(bar) - 2 - (begin + length) * scale / size) <= 1


def streams(sheet: Sheet, _: int) -> None:
    """Causal windows at 16 kHz: a layer looks back as far as its field does before its own position."""
    (model,) = loads(AUDIO)
    whole = analyze(model)
    answer = stream(model, rate=16_000)
    title(sheet, "Audio", whole)
    found = sheet.tree()
    by_path = {layer.path: layer for layer in whole.layers}
    delays = {layer.path: layer for layer in answer.layers}
    for (path,), row in found:
        layer = by_path[path]
        (size,) = layer.field.size
        assert size is not None
        (one,) = layer.windows or ()
        state = one.dilation * (one.kernel - 1) + 1 - one.stride
        own = {"layer": row["layer"], "op": layer.op, "look-back": count(size - 1), "look-ahead": "0"}
        cells(row, {**own, "state": count(state * (layer.in_shape.channels or 0))})
    shown = {path for paths, _ in found for path in paths}
    hidden = [layer for path, layer in delays.items() if path not in shown]
    assert not any(layer.state for layer in hidden)
    assert sheet.says(f"{len(hidden)} layers that look no further and keep nothing are not shown")
    sums = sheet.totals()

    def time(positions: int) -> list[str]:
        return [f"{positions:,}", f"{positions / 16:.2f} ms"]

    assert sums.pop("look-back") == time((whole.layers[-1].field.size[0] or 0) - 1)
    assert sums.pop("look-ahead") == time(0)
    assert sums.pop("delay") == time(1)
    assert sums.pop("chunk: multiples of") == time(4)
    assert sums.pop("causal") == ["yes"]
    state = sum(int(row["state"].replace(",", "")) for _, row in found)
    assert sums.pop("state") == [f"{state:,}"]
    is_rounded(sums.pop("state in bytes"), 4 * state)
    assert sums.pop("after a first piece of") == time(answer.first)
    assert sums.pop("state of whole chunks only") == [f"{answer.state_whole_chunks:,}"]
    assert not sums


def solutions(sheet: Sheet, _: int) -> None:
    """Every width is tried here; the largest within the budgets is the answer."""

    def of(width: int) -> Report:
        return report(SPEC.replace("w: 16", f"w: {width}"))

    def fits(width: int) -> bool:
        numbers = figures(of(width))
        return (numbers["params"] or 0) < 20_000 and (numbers["MACs"] or 0) < 3_000_000

    largest = max(width for width in range(1, 65) if fits(width))
    assert sheet.says(f"Golden · w = {largest} · pytorch")
    for row, word, width in zip(sheet.table(), ("largest", "next"), (largest, largest + 1), strict=True):
        numbers = figures(of(width))
        own = {"": word, "w": str(width), "params": count(numbers["params"]), "macs": count(numbers["MACs"])}
        cells(row, {**own, "rf": "all"})
    assert sheet.says(f"{solution().tried} values tried")


def effectives(sheet: Sheet, _: int) -> None:
    (model,) = loads(SPEC)
    title(sheet, "Golden", report())
    found = sheet.table()
    answer = effective(model)
    assert [row["layer"] for row in found] == [one.path for one in answer.layers]
    for row, one, layer in zip(found, answer.layers, report().layers, strict=True):
        cells(row, {"layer": one.path, **dict(zip(ERF, erf_cells(one), strict=True))})
        if row["erf width"] != "-":  # a share of the whole field
            width, size = int(row["erf width"].split("x")[0]), layer.field.size[0]
            assert size is not None and row["erf/rf"] == f"{100 * width / size:.0f} %"
    mass = f"{100 * answer.layers[0].mass:.2f} %"
    assert mass == "95.45 %"  # two deviations of a normal distribution
    assert sheet.says(
        f"erf width: the fewest positions in a row that hold {mass} of the gradient at initialisation"
    )


def profiles(sheet: Sheet, _: int) -> None:
    (model,) = loads(FLAT)
    answer = profile(model, "conv3x3_2", unit=(0, 5))
    title(sheet, "Flat", analyze(model), "unit 0,5 of conv3x3_2")
    found = sheet.table()
    for name, axis in zip(("height", "width"), answer.axes, strict=True):
        assert axis is not None
        rows = [row for row in found if row["axis"] == name]
        assert [int(row["input"]) for row in rows] == list(range(axis.first, axis.first + len(axis.paths)))
        unit = {"height": 0, "width": 5}[name]
        taps = product(range(3), range(2), range(3))  # of the second convolution, the pool and the first one
        reached = Counter(2 * (unit - 1 + second) + pool - 1 + first for second, pool, first in taps)
        assert {int(row["input"]): int(row["paths"]) for row in rows} == reached
        for row, paths, gradient in zip(rows, axis.paths, axis.gradient, strict=True):
            assert (row["paths"], row["gradient"]) == (count(paths), f"{100 * gradient:.2f} %")
            assert Fraction(paths, sum(axis.paths)) == pytest.approx(gradient)  # a chain: shares of the paths
            bar = row.get("gradient |")
            assert bar is None or len(bar) == round(30 * gradient / max(axis.gradient))
    bars = ("gradient |",) if any(row.get("gradient |") for row in found) else ()
    assert [*found[0]] == ["axis", "input", "paths", "gradient", *bars]


def profile_wide(sheet: Sheet, _: int) -> None:
    (model,) = loads(SPEC)
    answer = profile(model, "stage[1]")
    title(sheet, "Golden", report(), "unit 4,4 of stage[1]")
    axis = answer.axes[0]
    assert axis is not None and set(answer.axes) == {axis}
    after = axis.first
    most = 0.0
    for row in (found := sheet.table()):
        ends = [int(end) for end in row["input"].split("..")]
        places = range(ends[0] - axis.first, ends[-1] + 1 - axis.first)
        assert ends[0] == after
        after = ends[-1] + 1
        assert row["paths"] == count(sum(axis.paths[at] for at in places))
        share = sum(axis.gradient[at] for at in places)
        assert row["gradient"] == f"{100 * share:.2f} %"
        most = max(most, share)
    assert after == axis.first + len(axis.paths)
    for row in found:
        bar = row.get("gradient |")
        share = float(row["gradient"].removesuffix(" %")) / 100
        assert bar is None or abs(len(bar) - 30 * share / most) <= 0.6


def crops(sheet: Sheet, _: int) -> None:
    (model,) = loads(FLAT)
    whole = analyze(model)
    assert crop(model, "conv3x3_2", ((0, 4), (20, 23))).path == "conv3x3_2"
    title(sheet, "Flat", whole, "units of conv3x3_2")
    last = whole.layers[-1]
    for at, (row, name, units, size) in enumerate(
        zip(sheet.table(), ("height", "width"), ((0, 4), (20, 23)), (64, 48), strict=True)
    ):
        low, high = (spans_of(last, (unit, unit)) for unit in units)
        assert low is not None and high is not None
        first, end = low[at][0], high[at][1]
        before, after = max(0, -first), max(0, end - size + 1)
        padding = [
            f"{number} positions {word}" for number, word in ((before, "before"), (after, "after")) if number
        ]
        own = {"axis": name, "units": f"{units[0]}..{units[1]}", "region": f"{first}..{end}"}
        inside = f"{max(first, 0)}..{min(end, size - 1)}"
        cells(row, {**own, "inside the input": inside, "padding": ", ".join(padding)})


CHECKS: dict[str, Callable[[Sheet, int], None]] = {
    "params": params,
    "rf": rf,
    "shapes": shapes,
    "summary": summary,
    "asked": asked,
    "timed": timed,
    "unknown": unknown,
    "compare": compare,
    "compare_three": compare_three,
    "compare_many": compare_many,
    "changes": changes,
    "budgets": budgets,
    "frameworks": frameworks,
    "sweep": sweep,
    "sweep_invalid": sweep_invalid,
    "pool": pool,
    "spp": spp,
    "spp_modes": spp_modes,
    "sizes": sizes_,
    "sizes_alike": sizes_alike,
    "tile": tiles,
    "stream": streams,
    "solve": solutions,
    "effective": effectives,
    "profile": profiles,
    "profile_wide": profile_wide,
    "crop": crops,
    "zoo": zoo,
}


@pytest.mark.parametrize("name", TABLES)
def test_every_number_of_a_golden_is_worked_out_anew(name: str) -> None:
    for width in WIDTHS:
        sheet = Sheet(kept(name)[width, "plain"])
        CHECKS[name](sheet, width)
        assert not sheet.rest(), (width, sheet.rest())


def documents(of: type[Document] = Document) -> Iterator[type[Document]]:
    for one in of.__subclasses__():
        yield one
        yield from documents(one)


def test_every_table_has_a_golden_and_every_golden_a_check() -> None:
    for module in iter_modules(listings.__path__):
        import_module(f"{listings.__name__}.{module.name}")
    ours = {one for one in documents() if one.__module__.startswith("cnncalc.")}
    assert ours - {Answers} == {type(table()) for table in TABLES.values()}
    assert set(CHECKS) == set(TABLES)
    kept_ones = {path.stem for path in goldens.FOLDER.glob("*.txt")}
    assert kept_ones == set(TABLES)
