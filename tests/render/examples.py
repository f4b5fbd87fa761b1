"""An example of every kind of document, with names that no format may take for its marks."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc import analyze, loads
from cnncalc.analysis.report import Report
from cnncalc.checks.budgets import Verdict, hold, parse
from cnncalc.checks.changes import paired
from cnncalc.errors import Fault
from cnncalc.frameworks import FRAMEWORKS
from cnncalc.geometry.participation import pooled
from cnncalc.geometry.pyramid import pyramid
from cnncalc.geometry.window import Window
from cnncalc.questions.crop import crop
from cnncalc.questions.effective import effective, profile
from cnncalc.questions.sizes import sizes
from cnncalc.questions.solve import Point, Solution
from cnncalc.questions.stream import stream
from cnncalc.questions.sweep import Grid, parse_shapes, sweep
from cnncalc.questions.tile import tile
from cnncalc.render.document import Document
from cnncalc.render.listings.answers import Asked
from cnncalc.render.listings.changes import Changes
from cnncalc.render.listings.comparison import Comparison
from cnncalc.render.listings.crops import Crops
from cnncalc.render.listings.effective import Effectives, Profiles
from cnncalc.render.listings.frameworks import Frameworks
from cnncalc.render.listings.networks import Entry, Networks
from cnncalc.render.listings.pool import Pools
from cnncalc.render.listings.sizes import FittingSizes
from cnncalc.render.listings.solutions import Solutions
from cnncalc.render.listings.spp import Pyramids
from cnncalc.render.listings.streams import Streams
from cnncalc.render.listings.sweep import Sweep
from cnncalc.render.listings.tiles import Tiles
from cnncalc.render.listings.zoo import Exhibit, Zoo
from cnncalc.render.view import Unread, View
from tests.render.reports import misfit

NAME = "a&b_{c}|d`e %#$\\<f>*[g]"
"""What some format or other would read as a mark."""
SPEC = f"""\
name: '{NAME}'
description: '{NAME} described'
input: [3, 112, 112]
layers:
  - conv3x3: {{out: 8, padding: 1}}
    name: '{NAME.replace("[g]", "g")}'
  - maxpool3: {{stride: 2}}
"""


TALK = SPEC.replace("[3, 112, 112]", "[3, 112]").replace("conv3x3", "conv3")


SOLUTION = Solution(
    name=NAME,
    file="net_1.yaml",
    framework="pytorch",
    vary="a_b",
    value="1/2",
    measured={"macs": 5, "rf": [3, 5]},
    next=Point("17/32", {"macs": 6, "rf": [3, float("inf")]}),
    monotone=False,
    tried=7,
)


def report(spec: str = SPEC, framework: str | None = None) -> Report:
    (model,) = loads(spec, "net_1.yaml")
    return analyze(model, framework=framework)


def failed() -> Report:
    return report()._replace(
        failed="head", diagnostics=(misfit("head"),), outputs=(), peak=None, peak_in_place=None
    )


UNREAD = Unread("no.yaml", (misfit("head"),))


def _pairs() -> tuple[list[Entry], list[Verdict]]:
    old, new = report(), report(SPEC.replace("out: 8", "out: 16"))
    verdicts = [hold(parse(text), old, new) for text in ("params > +5%", "macs > 5")]
    return [old, new], [one for one in verdicts if one is not None]


def _changes() -> Changes:
    entries, verdicts = _pairs()
    reports = [entry for entry in entries if isinstance(entry, Report)]
    return Changes(entries, (), paired(reports[:1], reports[1:]), verdicts, ("old_1.yaml", "new_1.yaml"))


def _comparison() -> Comparison:
    entries, verdicts = _pairs()
    return Comparison(entries, (), (), verdicts)


EXAMPLES: dict[type[Document], Callable[[], Document]] = {
    Networks: lambda: Networks([report(), failed(), UNREAD], View("summary")),
    Comparison: _comparison,
    Changes: _changes,
    Frameworks: lambda: Frameworks([[report(framework=name)] for name in FRAMEWORKS], all_layers=False),
    Pools: lambda: Pools((pooled(Window(3, 2, 0, 0), 7),) * 2, "pytorch"),
    Pyramids: lambda: Pyramids([pyramid("paper", (13, 13), (1, 2, 4))], 256),
    FittingSizes: lambda: FittingSizes(
        [Asked(model, sizes(model, 30)) for model in loads(SPEC, "net_1.yaml")]
        + [Asked(model, misfit("head")) for model in loads(SPEC, "net_1.yaml")],
        (misfit("head"),),
    ),
    Tiles: lambda: Tiles(
        [Asked(model, tile(model, (90, 70), tile=40)) for model in loads(SPEC, "net_1.yaml")]
    ),
    Streams: lambda: Streams([Asked(model, stream(model, rate=8000)) for model in loads(TALK, "net_1.yaml")]),
    Solutions: lambda: Solutions([Asked(model, SOLUTION) for model in loads(SPEC, "net_1.yaml")]),
    Effectives: lambda: Effectives([Asked(model, effective(model)) for model in loads(SPEC, "net_1.yaml")]),
    Profiles: lambda: Profiles(
        [Asked(model, profile(model, "maxpool3_1")) for model in loads(SPEC, "net_1.yaml")]
    ),
    Crops: lambda: Crops(
        [Asked(model, crop(model, "maxpool3_1", ((0, 2), (1, 1)))) for model in loads(SPEC, "net_1.yaml")]
    ),
    Sweep: lambda: Sweep(
        "net_1.yaml", tuple(sweep(Grid({"": parse_shapes("3x8..9")}), lambda _: loads(SPEC, "net_1.yaml")))
    ),
    Zoo: lambda: Zoo((Exhibit(NAME, NAME, "2015", NAME, NAME, report()),)),
}
"""How each kind of document is made."""

REFUSED = Pools(None, "pytorch", (Fault("E305", "no such pool").at(None),))
"""A document without any result."""
