"""``cnncalc compare``: networks side by side, a file and its earlier revision, budgets for changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from cnncalc.analysis.report import Report
from cnncalc.checks import budgets
from cnncalc.checks.changes import Pairing, paired
from cnncalc.cli import options, run
from cnncalc.cli.frameworks import across
from cnncalc.cli.output import keep_specs
from cnncalc.cli.revision import is_revision, no_file_of, read_revision
from cnncalc.errors import FINE, INVALID, UNDONE, Diagnostic, SourceError
from cnncalc.loading import Loaded, Options, load_path, load_source
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.render.listings.comparison import Comparison, Group
from cnncalc.render.listings.networks import Entry
from cnncalc.render.text import inert

FailIf = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-if",
        metavar="CONDITION",
        help='Exit with 1 if this is true of the new network: "params > 5M", or of the '
        'change: "params > +5%". Repeatable.',
        show_default=False,
    ),
]
Frameworks = Annotated[
    bool,
    typer.Option("--frameworks", help="Show instead the layers that differ between frameworks."),
]
Changed = Annotated[
    bool | None,
    typer.Option(
        "--changes/--no-changes",
        help="For two files, show also the layers that changed. The default where the format can fold them.",
        show_default=False,
    ),
]
All = Annotated[
    bool, typer.Option("--all", help="With --frameworks, show also the layers that do not differ.")
]
Specs = Annotated[
    list[str],
    typer.Argument(
        autocompletion=options.spec_names,
        metavar="SPEC...",
        help="Spec files, names of bundled configs, or a file in a revision of git: main:nets/a.yaml.",
        show_default=False,
    ),
]


def compare(
    specs: Specs,
    fail_if: FailIf = None,
    changes: Changed = None,
    frameworks: Frameworks = False,
    all_layers: All = False,
    input: options.Input = None,
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    max_layers: options.MaxLayers = MOST_LAYERS,
    format: options.LayersFormatName = None,
    output: options.Output = None,
) -> int:
    """Networks side by side, differences and ratios.

    The first is the old state, and each other one is compared with it. Two files are compared model by model,
    by
    name where there
    are several. With --format markdown two files make a comment for a pull request, with the layers that were
    added, removed
    or changed.

    A condition of --fail-if is METRIC COMPARISON LIMIT. Metrics: params, weights, biases, buffers, macs,
    flops, activations,
    peak (largest number of activations in memory at once), rf. Comparisons: > >= < <= == !=. A limit with a
    sign is about the
    change (macs > +0),
    in per cent where it ends with % (params > +5%), one without a sign about the new network (params > 5M, rf
    <
    200).
    """
    keep_specs(output, specs)
    wanted = [budgets.parse(text) for text in fail_if or ()]
    conditions = Options(options.settings(sets), framework, model, max_layers)
    request = run.Request(tuple(specs), options.input_shape(input), conditions)
    chosen = options.format_of(format, output)
    if changes and len(specs) != 2:
        raise typer.BadParameter(f"two files are needed, not {len(specs)}", param_hint="--changes")
    if frameworks:
        if wanted or changes or framework is not None:
            raise typer.BadParameter(
                "cannot be combined with --fail-if, --changes or --framework", param_hint="--frameworks"
            )
        return across(request, all_layers, chosen, output)
    outcomes = [run.compute(request._replace(specs=(spec,)), _load) for spec in specs]
    outcome = run.Outcome(
        tuple(entry for one in outcomes for entry in one.entries),
        max((one.code for one in outcomes), default=FINE),
    )
    pairings = _pairings([one.entries for one in outcomes])
    verdicts = [
        verdict
        for pairing in pairings
        for budget in wanted
        if (verdict := budgets.hold(budget, pairing.old, pairing.new)) is not None
    ]
    broken = [verdict.diagnostic for verdict in verdicts if not verdict.kept]
    if wanted and outcome.code == FINE and not verdicts:
        broken.append(_nothing_held(specs))
    with_changes = chosen.details if changes is None else changes
    document = _document(outcome.entries, pairings, verdicts, tuple(specs), with_changes)
    run.deliver(document, chosen, output, (*outcome.diagnostics(warnings=False), *broken))
    return max(outcome.code, _code(broken))


def _nothing_held(specs: Sequence[str]) -> Diagnostic:
    help = "two files are compared model by model, by their names"
    return Diagnostic(
        "E113",
        "error",
        f"no network of {', '.join(specs[1:]) or specs[0]} has another one to compare with",
        help,
    )


def _code(broken: Sequence[Diagnostic]) -> int:
    if any(one.code != budgets.BROKEN for one in broken):
        return UNDONE
    return INVALID if broken else FINE


def _load(spec: str, wanted: Options) -> Loaded:
    """``load_path`` that also knows revisions."""
    if is_revision(spec):
        return load_source(read_revision(spec), wanted)
    try:
        return load_path(spec, wanted)
    except SourceError as error:
        found = no_file_of(spec)
        raise error if found is None else SourceError(found) from error


def _pairings(entries: Sequence[Sequence[Entry]]) -> tuple[Pairing, ...]:
    """Two files model by model; otherwise every network against the first. Where a file could not be read,
    nothing is gone.
    """
    reports = [[entry for entry in group if isinstance(entry, Report)] for group in entries]
    if len(reports) == 2:
        whole = all(isinstance(entry, Report) for group in entries for entry in group)
        return tuple(pairing for pairing in paired(*reports) if whole or (pairing.old and pairing.new))
    together = [report for group in reports for report in group]
    return tuple(Pairing(report.name, together[0], report) for report in together[1:])


def _document(
    entries: Sequence[Entry],
    pairings: tuple[Pairing, ...],
    verdicts: Sequence[budgets.Verdict],
    specs: tuple[str, ...],
    with_changes: bool,
) -> Comparison:
    groups = _groups(pairings) if len(specs) == 2 else ()
    if not with_changes or len(specs) != 2 or not pairings:
        return Comparison(entries, groups, pairings, verdicts)
    from cnncalc.render.listings.changes import Changes

    return Changes(entries, groups, pairings, verdicts, (specs[0], specs[1]))


def _groups(pairings: tuple[Pairing, ...]) -> tuple[Group, ...]:
    """The models of two files by name, where there are several and some of them are in both files."""
    if len(pairings) == 1 or not any(len(pairing.reports) == 2 for pairing in pairings):
        return ()
    return tuple((_title(pairing), pairing.reports) for pairing in pairings)


def _title(pairing: Pairing) -> str:
    if len(pairing.reports) == 2:
        return inert(pairing.name)
    return f"{inert(pairing.name)}: only in {inert(pairing.reports[0].file)}"
