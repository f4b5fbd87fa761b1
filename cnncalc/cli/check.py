"""``cnncalc check``: whether specs are valid and meet their expectations, and expert advice; for CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, NoReturn

import typer

from cnncalc.bundled import ENDINGS
from cnncalc.checks.files import Checked, Results, Wanted, check_file, nothing_in
from cnncalc.cli import configuration, options
from cnncalc.cli.output import emit, is_watched, keep_specs, surface_of, warn
from cnncalc.cli.paths import Found, files_of
from cnncalc.cli.run import report_diagnostics
from cnncalc.codes import CODES, chosen
from cnncalc.errors import UNDONE, SourceError, UsageError
from cnncalc.loading import Options, is_foreign, resolve
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.render.findings import FORMATS
from cnncalc.render.progress import counted
from cnncalc.render.text import inert
from cnncalc.support.numbers import plural

if TYPE_CHECKING:
    Format = str
else:
    Format = Literal[FORMATS.names]

Codes = list[str] | None


def _codes_like(incomplete: str) -> list[str]:
    """The warnings that a shell may complete a code to."""
    return [
        code
        for code, declared in CODES.items()
        if declared.is_warning and code.startswith(incomplete.upper())
    ]


Select = Annotated[
    Codes,
    typer.Option(
        "--select",
        metavar="CODES",
        autocompletion=_codes_like,
        help="The warnings to show: codes or their beginnings, W for all.",
    ),
]
Ignore = Annotated[
    Codes, typer.Option("--ignore", metavar="CODES", autocompletion=_codes_like, help="Warnings not to show.")
]
Strict = Annotated[
    bool | None,
    typer.Option("--strict/--no-strict", help="Let warnings fail. By default as the project configures it."),
]
RequireExpect = Annotated[
    bool, typer.Option("--require-expect", help="Let a spec without any expectation fail.")
]
Portability = Annotated[
    bool,
    typer.Option(
        "--portability", help="Also report what another framework computes differently (W601 to W603)."
    ),
]
FormatName = Annotated[
    Format | None,
    typer.Option("--format", help="By default full on a terminal, github in GitHub Actions, else concise."),
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help=f"Also write a file, in the format of its ending: {', '.join(FORMATS.endings)}.",
    ),
]
Update = Annotated[
    bool, typer.Option("--update", help="Write the measured value where an expectation failed.")
]
Add = Annotated[
    str | None,
    typer.Option(
        "--add",
        metavar="METRICS",
        help="Write expectations of these metrics, such as shape,params, where a model has none.",
    ),
]
Diff = Annotated[
    bool, typer.Option("--diff", help="Show what --update or --add would write, without writing it.")
]
Watch = Annotated[bool, typer.Option("--watch", help="Check again whenever a file is saved.")]
OutputFormat = Annotated[
    Format | None, typer.Option("--output-format", help="The format of the file of --output.")
]


class Choices(NamedTuple):
    """How the command line chooses and shows findings; ``None`` where it leaves that to the project."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    strict: bool | None = None
    format: str | None = None
    output: str | None = None
    output_format: str | None = None
    portability: bool = False


def check(
    paths: Annotated[
        list[str],
        typer.Argument(
            autocompletion=options.spec_names,
            metavar="PATH...",
            help="Spec files, folders of them, patterns, `-` (standard input), or names of bundled networks.",
            show_default=False,
        ),
    ],
    select: Select = None,
    ignore: Ignore = None,
    strict: Strict = None,
    require_expect: RequireExpect = False,
    portability: Portability = False,
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    max_layers: options.MaxLayers = MOST_LAYERS,
    format: FormatName = None,
    output: Output = None,
    output_format: OutputFormat = None,
    update: Update = False,
    add: Add = None,
    diff: Diff = False,
    watch: Watch = False,
    jobs: options.Jobs = 1,
) -> int:
    """Validity, expectations and advice, for CI."""
    choices = Choices(_codes(select), _codes(ignore), strict, format, output, output_format, portability)
    conditions = Options(options.settings(sets), framework, model, max_layers)
    wanted = Wanted(wanted_codes(choices), conditions, require_expect)
    keep_specs(output, (one.file for path in paths for one in files_of(path) if one.is_named))
    if output is not None:
        format_of_file(choices)  # an unknown ending is rejected before anything is checked
    if update or add is not None or diff:
        _nothing_but_writing(choices, require_expect, watch)
        return _rewrite(paths, wanted, update, add, diff)
    if output is None and output_format is not None:
        raise typer.BadParameter(
            "is the format of the file of --output, which is missing", param_hint="--output-format"
        )
    if watch:
        _watch(paths, wanted, choices, jobs)
    return deliver(examine(paths, wanted, choices, jobs), choices)


def _nothing_but_writing(choices: Choices, require_expect: bool, watch: bool) -> None:
    """Reject options about findings beside those that write: there are no findings to choose or to show.

    Raises:
        typer.BadParameter
    """
    given = {f"--{name.replace('_', '-')}": value for name, value in choices._asdict().items()}
    given |= {"--require-expect": require_expect, "--watch": watch}
    refused = [name for name, value in given.items() if value]
    if refused:
        raise typer.BadParameter(
            "cannot be combined with --update, --add or --diff", param_hint=" and ".join(refused)
        )


def _rewrite(paths: list[str], wanted: Wanted, update: bool, add: str | None, diff: bool) -> int:
    """Write what is measured, or show it; only under the conditions that the files themselves give."""
    from cnncalc.cli.update import Wish, metrics_of, run

    if wanted.options.sets or wanted.options.framework:
        raise typer.BadParameter(
            "cannot be combined with --set or --framework, which change what is measured"
        )
    metrics = () if add is None else metrics_of(add)
    wish = Wish(metrics, update or add is None, diff, wanted.options)
    files = {path: list(_taken(files_of(path))) for path in paths}
    report_diagnostics(
        [
            problem.diagnostic
            for path, found in files.items()
            if not found
            for problem in _nothing(path).problems
        ]
    )
    code = run({one.identity: one for found in files.values() for one in found}.values(), wish)
    return code if all(files.values()) else UNDONE


def _watch(paths: list[str], wanted: Wanted, choices: Choices, jobs: int) -> NoReturn:
    """Check again whenever a file is saved."""
    from cnncalc.cli.watch import watch

    if "-" in paths:
        raise typer.BadParameter("standard input cannot be watched", param_hint="--watch")

    for path in paths:
        if not any(os.path.exists(one) for one in _read(path)):
            warn(f"waiting for {inert(path)}, which does not exist yet\n")

    def again() -> None:
        configuration.forget()
        try:
            deliver(examine(paths, wanted, choices, jobs), choices)
        except (
            UsageError
        ) as error:  # a configuration that is being written ends the watch no more than a spec does
            report_diagnostics(error.diagnostics)

    watch(again, lambda: depended_on(paths))


def _read(path: str) -> Iterator[str]:
    """The files that a path leads to now."""
    for found in _checkable(path):
        try:
            yield resolve(found.file)
        except SourceError:
            yield found.file


def depended_on(paths: Iterable[str]) -> Iterator[str]:
    """The files that a check of some paths reads, and configurations that it would; one may be missing, or be
    created later.
    """
    folders: dict[str, None] = {}
    for path in paths:
        folders[os.path.abspath(path)] = None
        for found in _checkable(path):
            folders[os.path.dirname(os.path.abspath(found.file))] = None
        yield from _read(path)
    yield from configuration.places(folders)


def wanted_codes(
    choices: Choices, settings: configuration.Settings = configuration.NOTHING
) -> frozenset[str]:
    """The warnings that are selected and not ignored: by the command line, else by the project."""
    try:
        ignore = settings.ignore if choices.ignore is None else choices.ignore
        wanted = chosen(settings.select if choices.select is None else choices.select, ignore)
        return wanted | chosen(("W6",), ignore) if choices.portability else wanted
    except ValueError as error:
        given = [name for name in ("select", "ignore") if getattr(choices, name) is not None]
        hint = " and ".join(f"--{name}" for name in given or ("select", "ignore"))
        raise typer.BadParameter(str(error), param_hint=hint) from error


class _Job(NamedTuple):
    """A file to check, and what is wanted of it."""

    one: Found
    wanted: Wanted


def examine(paths: Sequence[str], wanted: Wanted, choices: Choices, jobs: int = 1) -> Results:
    """Everything that is found in the files of some paths, in their order, each under its project's
    configuration.
    """
    found = [(path, list(_taken(_checkable(path)))) for path in paths]
    work: dict[str, _Job] = {}
    for _, these in found:
        for one in these:
            if one.identity not in work:
                work[one.identity] = _Job(one, _wanted(one, wanted, choices))
    results = map(_checked, work.values()) if jobs == 1 else _in_processes(list(work.values()), jobs)
    done = dict(zip(work, counted(results, "check", len(work), is_watched()), strict=True))
    files: list[Checked] = []
    seen: set[str] = set()
    for path, these in found:
        new = dict.fromkeys(one.identity for one in these if one.identity not in seen)
        files += [checked for identity in new if (checked := done[identity]) is not None]
        seen.update(new)
        if not any(done[one.identity] for one in these):
            files.append(_nothing(path))
    skipped = tuple(job.one.file for identity, job in work.items() if done[identity] is None)
    return Results(tuple(files), skipped)


def _wanted(one: Found, wanted: Wanted, choices: Choices) -> Wanted:
    """What is wanted of a file, by the command line and its project."""
    settings = configuration.settings_for(one.file)
    strict = settings.strict if choices.strict is None else choices.strict
    return wanted._replace(codes=wanted_codes(choices, settings), strict=strict)


def _checked(job: _Job) -> Checked | None:
    return check_file(job.one.file, job.wanted, job.one.is_named)


def _in_processes(work: Sequence[_Job], jobs: int) -> Iterator[Checked | None]:
    """The same in several processes; standard input can only be read by this one."""
    from concurrent.futures import ProcessPoolExecutor

    executor = ProcessPoolExecutor(min(jobs, max(len(work), 1)))
    try:
        tasks = [None if job.one.file == "-" else executor.submit(_checked, job) for job in work]
        for job, task in zip(work, tasks, strict=True):
            yield _checked(job) if task is None else task.result()
    finally:
        executor.shutdown(cancel_futures=True)


def _checkable(path: str) -> Iterator[Found]:
    """The specs that a path means, and the files of other formats that the configuration names."""

    def is_named(file: str) -> bool:
        try:
            return configuration.settings_for(file).names(file) and is_foreign(file)
        except UsageError:
            return False  # a broken configuration is reported where specs are taken

    return files_of(path, is_named)


def _taken(found: Iterable[Found]) -> Iterator[Found]:
    """The files that are named, and of the others those that their project does not leave out."""
    return (one for one in found if one.is_named or configuration.settings_for(one.file).takes(one.file))


def _nothing(path: str) -> Checked:
    """No spec in a folder or pattern, for whatever reason."""
    left_out = [
        one
        for one in files_of(path)
        if not one.is_named and not configuration.settings_for(one.file).takes(one.file)
    ]
    if not left_out:
        return nothing_in(path, _foreign_in(path))
    settings = configuration.settings_for(left_out[0].file)
    keys = " and ".join(f"`{key}`" for key in ("include", "exclude") if getattr(settings, key))
    file = os.path.relpath(os.path.join(settings.root, configuration.FILE))
    return nothing_in(
        path, f"{plural(len(left_out), 'file')} left out by {keys} of [{configuration.TABLE}] in {file}"
    )


def _foreign_in(path: str) -> str | None:
    """How the files of other formats are checked that are there instead of specs; ``None`` where none is."""
    found = [one.file for one in files_of(path, is_foreign) if is_foreign(one.file)]
    if not found:
        return None
    endings = sorted({os.path.splitext(file)[1] for file in found})
    patterns = ", ".join(f'"*{ending}"' for ending in (ENDINGS[0], *endings))
    held = f"{plural(len(found), 'file')} of other formats ({', '.join(endings)})"
    return (
        f"it has {held}: check one by its name, `cnncalc check {inert(found[0])}`, or all of them by "
        f"`include = [{patterns}]` of [{configuration.TABLE}] in {configuration.FILE}"
    )


def deliver(results: Results, choices: Choices) -> int:
    """The findings to standard output, and to the file where one is named; the exit code."""
    format = choices.format or usual_format(os.environ, sys.stdout)
    emit(FORMATS.render(format, results, surface_of(sys.stdout)))
    if not FORMATS[format].diagnostics:
        report_diagnostics(results.undone)
    if choices.output is not None:
        emit(FORMATS.render(format_of_file(choices), results), choices.output)
    return results.code


def usual_format(environment: Mapping[str, str], stream: object) -> str:
    """What suits the environment: annotations in GitHub Actions, full texts on a terminal, else lines."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return "github"
    is_terminal = getattr(stream, "isatty", None)
    return "full" if is_terminal is not None and is_terminal() else "concise"


def format_of_file(choices: Choices) -> str:
    """The format of ``--output``: the one said, else by its ending, which ``--format`` may narrow down."""
    if choices.output_format is not None:
        return choices.output_format
    found = options.of_ending(FORMATS, choices.output or "", choices.format)
    return choices.format or FORMATS.default.name if found is None else found.name


def _codes(given: Codes) -> tuple[str, ...] | None:
    """``W504,W51`` as codes, also of options given several times; none in ``""``, which is not the same as no
    option.
    """
    return None if given is None else tuple(code for text in given for code in text.replace(",", " ").split())
