"""``cnncalc compare --frameworks``: one spec under the rules of every framework."""

from __future__ import annotations

from cnncalc.cli import run
from cnncalc.cli.seen import Seen
from cnncalc.errors import FINE
from cnncalc.frameworks import FRAMEWORKS
from cnncalc.render.formats import Format
from cnncalc.render.listings.frameworks import Frameworks
from cnncalc.render.view import Unread


def across(request: run.Request, all_layers: bool, format: Format, output: str | None) -> int:
    """The layers of each network that differ between frameworks, or all of them; 1 only where no framework
    computes it. What a framework refuses is among the notes, of a format that has them.
    """
    conditions = [request.options._replace(framework=name) for name in FRAMEWORKS]
    read = Seen().read
    outcomes = [run.compute(request._replace(options=one), read) for one in conditions]
    code = min(outcome.code for outcome in outcomes)
    found = [
        one
        for outcome in outcomes
        for entry in outcome.entries
        if code != FINE or not format.notes or isinstance(entry, Unread)
        for one in entry.diagnostics
        if one.severity == "error"
    ]
    document = Frameworks([outcome.entries for outcome in outcomes], all_layers)
    run.deliver(document, format, output, tuple(dict.fromkeys(found)))
    return code
