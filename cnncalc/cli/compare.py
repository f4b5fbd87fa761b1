"""``cnncalc compare``: networks side by side, a file and its earlier revision, budgets for changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import Annotated, NamedTuple

import typer

from cnncalc.analysis.report import Report
from cnncalc.bundled import ENDINGS
from cnncalc.checks import budgets
from cnncalc.checks.changes import Pairing, paired
from cnncalc.checks.files import looks_like_spec
from cnncalc.cli import options, run
from cnncalc.cli.frameworks import across
from cnncalc.cli.output import keep_specs, warn
from cnncalc.cli.paths import files_of
from cnncalc.cli.revision import (
    files_in_revision,
    is_foreign_in_revision,
    is_revision,
    no_file_of,
    read_revision,
)
from cnncalc.cli.seen import Seen, find
from cnncalc.errors import FINE, INVALID, UNDONE, Diagnostic, SourceError
from cnncalc.language.source import Source, glimpse
from cnncalc.loading import Options, is_foreign
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.render.listings.comparison import Comparison, Group
from cnncalc.render.listings.networks import Entry
from cnncalc.render.outputs import COMPARED, FORMATS
from cnncalc.render.text import inert
from cnncalc.render.view import Unread

MOST_COMPARED = 100
"""Networks that are compared side by side under several values of variables."""

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
        callback=options.read_once,
        metavar="SPEC...",
        help="Spec files, names of bundled networks, or a file in a revision of git: main:nets/a.yaml; "
        "or two folders, whose files are compared by their paths.",
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
    format: options.ComparedFormatName = None,
    output: options.PicturedOutput = None,
) -> int:
    """Networks side by side, differences and ratios.

    With --set d=1,2,4 the networks are those of one spec under these values.

    The first is the old state, and each other one is compared with it. Two files are compared model by model,
    by name where there are several. With --format markdown two files make a comment for a pull request, with
    the layers that were added, removed or changed.

    A condition of --fail-if is METRIC COMPARISON LIMIT. Metrics: params, weights, biases, trainable, buffers,
    macs, flops, activations, peak (largest number of activations in memory at once), and of the output rf and
    size. Comparisons: > >= < <= == !=. A limit with a sign is about the change (macs > +0), in per cent where
    it ends with % (params > +5%), one without a sign about the new network (params > 5M, rf < 200).
    """
    keep_specs(output, specs)
    choices = _choices(sets)
    is_spread = any(len(some) > 1 for some in choices.values())
    wanted = [budgets.parse(text) for text in fail_if or ()]
    settings = None if is_spread else options.settings(sets)
    conditions = Options(settings, framework, model, max_layers)
    request = run.Request(tuple(specs), options.input_shape(input), conditions)
    chosen = options.format_of(format, output, FORMATS if frameworks else COMPARED)
    if changes and len(specs) != 2:
        raise typer.BadParameter(f"two files are needed, not {len(specs)}", param_hint="--changes")
    if is_spread and (len(specs) != 1 or frameworks):
        raise typer.BadParameter(
            "several values of a variable compare one spec, and not with --frameworks: name one spec, or "
            "give each variable one value",
            param_hint="--set",
        )
    if all_layers and not frameworks:
        raise typer.BadParameter("is for --frameworks, which is missing", param_hint="--all")
    if frameworks:
        if wanted or changes or framework is not None:
            raise typer.BadParameter(
                "cannot be combined with --fail-if, --changes or --framework", param_hint="--frameworks"
            )
        return across(request, all_layers, chosen, output)
    seen = Seen(_find)
    outcome, pairings, groups = _compared(request, choices if is_spread else {}, seen)
    if not chosen.diagnostics and not groups and _lacks_one(outcome.entries, pairings, len(specs)):
        run.report_diagnostics(outcome.diagnostics(warnings=False))
        return outcome.code
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
    document = _document(outcome.entries, pairings, verdicts, tuple(specs), with_changes, groups)
    document.models, document.texts = seen.models, seen.texts
    run.deliver(document, chosen, output, (*outcome.diagnostics(warnings=False), *broken))
    return max(outcome.code, _code(broken))


def _compared(
    request: run.Request, choices: Mapping[str, Sequence[str]], seen: Seen
) -> tuple[run.Outcome, tuple[Pairing, ...], tuple[Group, ...]]:
    """The networks of all specs, of one spec under several values, or of two folders file by file."""
    if choices:
        outcomes = [
            _named(request, dict(zip(choices, some, strict=True)), seen) for some in _product(choices)
        ]
        entries = [entry for one in outcomes for entry in one.entries]
        return _joined(outcomes), _pairings([entries]), ()
    folders = _folders(request.specs)
    if folders is not None:
        return _file_by_file(request, folders, seen)
    outcomes = [run.compute(request._replace(specs=(spec,)), seen.read) for spec in request.specs]
    pairings = _pairings([one.entries for one in outcomes])
    return _joined(outcomes), pairings, _groups(pairings) if len(request.specs) == 2 else ()


def _choices(sets: list[str] | None) -> Mapping[str, Sequence[str]]:
    """The values of each variable; a name that is given twice is refused as everywhere."""
    names = [text.partition("=")[0] for text in sets or ()]
    if len(set(names)) < len(names):
        options.settings(sets)
    return options.values(sets)


def _product(choices: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    total = prod(len(some) for some in choices.values())
    if total > MOST_COMPARED:
        raise typer.BadParameter(
            f"{total:,} combinations are more than the {MOST_COMPARED} that one comparison takes; "
            "`cnncalc sweep` computes many",
            param_hint="--set",
        )
    return product(*choices.values())


def _named(request: run.Request, sets: dict[str, str], seen: Seen) -> run.Outcome:
    """The networks of a spec with some variables set, which their names say."""
    said = ", ".join(f"{name}={value}" for name, value in sets.items())
    outcome = run.compute(request._replace(options=request.options._replace(sets=sets)), seen.read)
    reports = [entry for entry in outcome.entries if isinstance(entry, Report)]
    return outcome._replace(
        entries=tuple(
            entry._replace(name=said if len(reports) == 1 else f"{entry.name}, {said}")
            if isinstance(entry, Report)
            else entry
            for entry in outcome.entries
        )
    )


def _lacks_one(entries: Sequence[Entry], pairings: Sequence[Pairing], specs: int) -> bool:
    """Whether of several specs the first, or every other one, cannot be read: the rest is no comparison."""
    if specs < 2 or not any(isinstance(entry, Unread) for entry in entries):
        return False
    return isinstance(entries[0], Unread) or not any(len(pairing.reports) == 2 for pairing in pairings)


def _joined(outcomes: Sequence[run.Outcome]) -> run.Outcome:
    return run.Outcome(
        tuple(entry for one in outcomes for entry in one.entries),
        max((one.code for one in outcomes), default=FINE),
    )


class _Folder(NamedTuple):
    """The specs in a folder by their paths in it, and its files of other formats."""

    specs: dict[str, str]
    foreign: dict[str, str]


def _folders(specs: Sequence[str]) -> tuple[_Folder, _Folder] | None:
    """The files of two folders; ``None`` where these are no two folders."""
    if len(specs) != 2:
        return None
    old, new = map(_files_in, specs)
    if old is None or new is None:
        return None
    return old, new


def _files_in(folder: str) -> _Folder | None:
    if os.path.isdir(folder):
        found = [one.file for one in files_of(folder, is_foreign)]
        by_path = {os.path.relpath(file, folder).replace(os.sep, "/"): file for file in found}
        return _sorted(by_path, is_foreign, glimpse)
    names = files_in_revision(folder)
    if names is None:
        return None
    place = folder if folder.endswith((":", "/")) else f"{folder}/"
    by_path = {name: place + name for name in names}
    return _sorted(by_path, is_foreign_in_revision, lambda file: read_revision(file).text)


def _sorted(files: dict[str, str], is_foreign: Callable[[str], bool], text: Callable[[str], str]) -> _Folder:
    """Files by their paths, told apart by what they are."""
    return _Folder(
        {
            path: file
            for path, file in files.items()
            if path.endswith(ENDINGS) and looks_like_spec(text(file))
        },
        {path: file for path, file in files.items() if is_foreign(file)},
    )


def _file_by_file(
    request: run.Request, folders: tuple[_Folder, _Folder], seen: Seen
) -> tuple[run.Outcome, tuple[Pairing, ...], tuple[Group, ...]]:
    """The networks of two folders, each spec with the one of its path."""
    left = _left(folders)
    outcomes: list[run.Outcome] = []
    pairings: list[Pairing] = []
    groups: list[Group] = []
    for path in dict.fromkeys((*folders[0].specs, *folders[1].specs)):
        both = [
            run.compute(request._replace(specs=(folder.specs[path],)), seen.read)
            if path in folder.specs
            else run.Outcome((), FINE)
            for folder in folders
        ]
        outcomes += both
        found = _pairings([one.entries for one in both])
        pairings += found
        for pairing in found:
            alone = len(found) == 1 and len(pairing.reports) == 2
            groups.append((inert(path) if alone else f"{inert(path)}: {_title(pairing)}", pairing.reports))
    if not pairings:
        message = "there are no specs in these folders"
        raise typer.BadParameter(f"{message}; {left}" if left else message, param_hint="SPEC...")
    if left:
        warn(f"{left}\n")
    return _joined(outcomes), tuple(pairings), tuple(groups)


def _left(folders: tuple[_Folder, _Folder]) -> str:
    """What is said of files of other formats: folders are compared spec by spec."""
    old, new = (folder.foreign for folder in folders)
    names = sorted({*old, *new})
    if not names:
        return ""
    both = next((name for name in names if name in old and name in new), None)
    how = f": `cnncalc compare {inert(old[both])} {inert(new[both])}`" if both else ""
    return f"not compared: {', '.join(map(inert, names))} (name files of other formats one by one{how})"


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


def _find(spec: str, wanted: Options) -> tuple[Source, Options]:
    """As every command finds a SPEC, and in revisions."""
    if is_revision(spec):
        return read_revision(spec, wanted.input), wanted
    try:
        return find(spec, wanted)
    except SourceError as error:
        missing = no_file_of(spec)
        raise error if missing is None else SourceError(missing) from error


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
    groups: tuple[Group, ...],
) -> Comparison:
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
