"""Each table as it is shown at four widths, plain and in colour: `python -m tests.render.goldens` writes them anew."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cnncalc import analyze, crop, effective, loads, profile, sizes, solve, stream, tile
from cnncalc.analysis.report import Report
from cnncalc.analysis.roofline import Machine
from cnncalc.checks.budgets import hold, parse
from cnncalc.checks.changes import paired
from cnncalc.frameworks import FRAMEWORKS
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.geometry.participation import pooled
from cnncalc.geometry.pyramid import MODES, pyramid
from cnncalc.network.model import Model
from cnncalc.questions.solve import Solution
from cnncalc.questions.sweep import Grid, parse_shapes, sweep
from cnncalc.render.document import Document
from cnncalc.render.listings.answers import Asked
from cnncalc.render.listings.changes import Changes
from cnncalc.render.listings.comparison import Comparison
from cnncalc.render.listings.crops import Crops
from cnncalc.render.listings.effective import Effectives, Profiles
from cnncalc.render.listings.frameworks import Frameworks
from cnncalc.render.listings.networks import Networks
from cnncalc.render.listings.pool import Pools
from cnncalc.render.listings.sizes import FittingSizes
from cnncalc.render.listings.solutions import Solutions
from cnncalc.render.listings.spp import Pyramids
from cnncalc.render.listings.streams import Streams
from cnncalc.render.listings.sweep import Sweep
from cnncalc.render.listings.tiles import Tiles
from cnncalc.render.listings.zoo import Exhibit, Zoo
from cnncalc.render.outputs import FORMATS
from cnncalc.render.surface import Surface
from cnncalc.render.view import View

FOLDER = Path(__file__).parent.parent / "data" / "tables"
WIDTHS = (60, 80, 120, 160)
COMMANDS = ("params", "rf", "shapes", "summary")
SPEC = """\
name: Golden
description: A stem, a stage of three copies of which the first is different, and a head for 10 classes.
vars: {w: 16}
input: [3, 64, 64]
layers:
- conv7x7: {out: w, stride: 2, padding: 3, norm: bn, act: relu}
  name: stem
- maxpool3: {stride: 2, padding: 1, ceil: true}
- residual:
    body:
      - conv3x3: {out: 2*w, stride: 2 if i == 0 else 1, padding: 1, norm: bn, act: relu}
      - conv3x3: {out: 2*w, padding: 1, norm: bn}
    shortcut: project
  name: stage
  repeat: 3
- global_avgpool
- linear: 10
"""


def report(spec: str = SPEC, framework: str | None = None) -> Report:
    (model,) = loads(spec, "golden.yaml")
    return analyze(model, framework=framework)


def _reports() -> list[Report]:
    wide = SPEC.replace("w: 16", "w: 24")
    return [report(), report(wide)._replace(name="Wider"), report(SPEC.replace("3, 64, 64", "3, any, 64"))]


def _pools() -> Pools:
    rules = FRAMEWORKS["pytorch"]
    axes = [
        pooled(rules.pool_window(kernel, 2, AxisPadding(1, 1), 1, None, size, True), size)
        for size, kernel in ((13, 3), (40, 2))
    ]
    return Pools(tuple(axes), rules.name)


def _asked(ask: Callable[[Model], Any], spec: str = SPEC) -> list[Asked[Any]]:
    return [Asked(model, ask(model)) for model in loads(spec, "golden.yaml")]


AUDIO = """\
name: Audio
input: [1, 4000]
layers:
- conv9: {out: 8, stride: 4, padding: causal}
- residual: [conv3: {out: 8, dilation: 2 ** i, padding: causal}]
  name: stage
  repeat: 3
"""
FLAT = "name: Flat\ninput: [3, 64, 48]\nlayers:\n- conv3x3: {out: 8, padding: 1}\n- maxpool2\n- conv3x3: {out: 4, padding: 1}\n"


RESIZED = """\
name: Resized
input: [3, 36, 28]
layers:
- conv3x3: {out: 4, stride: 2}
- maxpool2
- concat: {own: [conv1x1: 4], finer: [conv_transpose2x2: {out: 4, stride: 2}, maxpool2]}
- flatten
- linear: 5
"""
CONDITIONS = ("params < 20K", "macs < 3M", "rf >= 50")
BUDGETS = ("params > +5%", "macs > 1G", "rf < 100", "peak > +1%")
ASKED = View("rf", unit=(3, 16), effective=True, seen_from=(10, 20))
TIMED = View("summary", depth=1, dtype="float16", machine=Machine(Fraction(195, 10), Fraction(2)))


def _changes(*budgets: str) -> Changes:
    old, new, _ = _reports()
    verdicts = [hold(parse(one), old, new) for one in budgets]
    return Changes(
        [old, new],
        (),
        paired([old], [new]),
        [verdict for verdict in verdicts if verdict is not None],
        ("old.yaml", "new.yaml"),
    )


def many() -> list[Report]:
    """Networks of growing width."""
    return [
        report(SPEC.replace("w: 16", f"w: {width}"))._replace(name=f"w{width}")
        for width in (8, 12, 16, 24, 32)
    ]


def solution() -> Solution:
    """The widest network within some budgets."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "golden.yaml"
        path.write_text(SPEC, encoding="utf-8")
        return solve(path, "w=1..64", CONDITIONS)


TABLES: dict[str, Callable[[], Document]] = {
    **{command: lambda command=command: Networks([report()], View(command)) for command in COMMANDS},  # type: ignore[misc]
    "asked": lambda: Networks([report()], ASKED),
    "timed": lambda: Networks([report()], TIMED),
    "unknown": lambda: Networks([_reports()[2]], View("summary")),
    "compare": lambda: Comparison(_reports()[:2]),
    "compare_three": lambda: Comparison(_reports()),
    "compare_many": lambda: Comparison(many()),
    "changes": _changes,
    "budgets": lambda: _changes(*BUDGETS),
    "frameworks": lambda: Frameworks([[report(framework=name)] for name in FRAMEWORKS], all_layers=False),
    "sweep": lambda: Sweep(
        "golden.yaml",
        tuple(sweep(Grid({"": parse_shapes("3x1..49/16")}), lambda _: loads(SPEC, "golden.yaml"))),
    ),
    "sweep_invalid": lambda: Sweep(
        "resized.yaml",
        tuple(sweep(Grid({"": parse_shapes("3x3..35/16")}), lambda _: loads(RESIZED, "resized.yaml"))),
    ),
    "pool": _pools,
    "spp": lambda: Pyramids([pyramid("paper", (13, 40), (1, 2, 4))], 256),
    "spp_modes": lambda: Pyramids([pyramid(mode, (13,), (1, 2, 6)) for mode in MODES], 256),
    "sizes": lambda: FittingSizes(_asked(lambda model: sizes(model, near=50), RESIZED)),
    "sizes_alike": lambda: FittingSizes(_asked(lambda model: sizes(model, near=50))),
    "solve": lambda: Solutions(_asked(lambda _: solution())),
    "effective": lambda: Effectives(_asked(effective)),
    "profile": lambda: Profiles(_asked(lambda model: profile(model, "conv3x3_2", unit=(0, 5)), FLAT)),
    "profile_wide": lambda: Profiles(_asked(lambda model: profile(model, "stage[1]"))),
    "crop": lambda: Crops(_asked(lambda model: crop(model, "conv3x3_2", ((0, 4), (20, 23))), FLAT)),
    "tile": lambda: Tiles(_asked(lambda model: tile(model, (200, 130), tile=64), FLAT)),
    "stream": lambda: Streams(_asked(lambda model: stream(model, rate=16_000), AUDIO)),
    "zoo": lambda: Zoo((Exhibit("golden", "Golden", "2015", "Somebody et al., 2015", "", report()),)),
}


def sections(name: str) -> dict[tuple[int, bool], str]:
    """The table at each width, plain and in colour."""
    document = TABLES[name]()
    return {
        (width, colour): FORMATS.render("table", document, Surface(width, colour=colour))
        for width in WIDTHS
        for colour in (False, True)
    }


def text_of(name: str) -> str:
    """All of them as one text; escapes are visible."""
    return "".join(
        f"=== {width} columns, {'colour' if colour else 'plain'}\n{text}"
        for (width, colour), text in sections(name).items()
    ).replace("\x1b", "␛")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        (FOLDER / f"{name}.txt").write_text(text_of(name), encoding="utf-8")
