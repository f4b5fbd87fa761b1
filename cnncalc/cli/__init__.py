"""The command line: one file per command or kind of commands, and how a run ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

from cnncalc import __version__
from cnncalc.cli.command import Command, Group
from cnncalc.cli.output import CANNOT_WRITE, Trouble, emit, silence, surface_of, target_surface, warn
from cnncalc.errors import FINE, INTERRUPTED, INVALID, UNDONE, CnncalcError, NoAnswer, UsageError

INTERNAL = "E901"
EXHAUSTED = "E905"
WIDEST = 120
"""Columns of help on a wide terminal."""

COMPLETE = "_CNNCALC_COMPLETE"
"""What a shell sets to ask for completions; only then, and where no command is named, what completes them is
loaded.
"""

COMPLETION = ("--install-completion", "--show-completion")
POWERSHELL = ("pwsh", "powershell")
SHELL_BY_NAME = "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"
"""What lets typer's options for completion take the name of a shell."""

# What typer raises for any wrong command line: in its older versions it has no public name.
_MISUSE: type[Exception] = typer.BadParameter.__mro__[1]

COMMANDS = {
    "params": "networks",
    "rf": "networks",
    "shapes": "networks",
    "summary": "networks",
    "spp": "spp",
    "pool": "pool",
    "compare": "compare",
    "sweep": "sweep",
    "sizes": "sizes",
    "tile": "tile",
    "stream": "stream",
    "solve": "solve",
    "import": "importing",
    "export": "export",
    "draw": "draw",
    "check": "check",
    "explain": "explain",
    "layers": "layers",
    "schema": "schema",
    "zoo": "zoo",
}
"""The file of each command, in the order of the help."""


def application(commands: Iterable[str] = COMMANDS, completion: bool = False) -> typer.Typer:
    """The command line with some of its commands; the files of the others are not imported."""
    app = typer.Typer(
        name="cnncalc",
        cls=Group,
        add_completion=completion,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={
            "help_option_names": ["-h", "--help"],
            "max_content_width": WIDEST,
            "color": surface_of(sys.stdout).colour,
        },
    )
    app.callback()(_cnncalc)
    for name in commands:
        app.command(name, cls=Command)(_function(name))
    return app


def _function(name: str) -> Callable[..., int]:
    """The function of a command, in its file; one that is a word of Python has `_` at its end."""
    module = import_module(f"cnncalc.cli.{COMMANDS[name]}")
    function: Callable[..., int] = getattr(module, name, None) or getattr(module, f"{name}_")
    return function


def _show_version(asked: bool) -> None:
    if asked:
        emit(f"cnncalc {__version__}\n")
        raise typer.Exit


def _cnncalc(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Shapes, parameters, MACs and receptive fields of convolutional networks, from a YAML spec."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code: 0 fine, 1 invalid, 2 not done, 130 interrupted.

    A closed pipe ends a run quietly. An unforeseen error is reported as such, with its traceback where
    ``CNNCALC_TRACEBACK=1`` asks for it.
    """
    try:
        return _ended(sys.argv[1:] if arguments is None else arguments)
    except MemoryError:
        pass  # what filled the memory is let go of before anything is said
    help = "give it more memory, or ask about less: `cnncalc explain limits`"
    warn(f"error[{EXHAUSTED}]: not enough memory for the answer\n  = help: {help}\n")
    return UNDONE


def _ended(arguments: Sequence[str]) -> int:
    """The exit code of a run, with what ended it reported.

    Raises:
        MemoryError
    """
    asked = next((word for word in arguments if not word.startswith("-")), None)
    try:
        return _run(arguments, asked)
    except _MISUSE as error:
        _misused(error, asked)
    except UsageError as error:
        _refused(error)
    except NoAnswer as error:
        _refused(error)
        return INVALID
    except Trouble as trouble:
        _troubled(trouble)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        silence(sys.stdout)
        return FINE
    except MemoryError:
        raise
    except Exception as error:  # the last resort, distinguished from findings by its exit code
        _broken(error)
    return UNDONE


def _run(arguments: Sequence[str], asked: str | None) -> int:
    if not arguments and COMPLETE not in os.environ:
        from cnncalc.cli.overview import render

        emit(render({name: _function(name) for name in COMMANDS}, target_surface(None)))
        return UNDONE
    is_known = asked in COMMANDS and COMPLETE not in os.environ
    for option in COMPLETION:
        if option in arguments and not is_known:
            return _complete(option, arguments, asked)
    app = application([asked], False) if asked is not None and is_known else application(completion=True)
    code = app(args=arguments, prog_name="cnncalc", standalone_mode=False)
    return code if isinstance(code, int) else FINE


def _complete(option: str, arguments: Sequence[str], asked: str | None) -> int:
    """Set up or show what completes commands in a shell, which typer does.

    Raises:
        typer.BadParameter: for a word, which typer would take no notice of.
        Trouble: where a file cannot be written, or a program that knows its place is missing.
    """
    if asked is not None and not os.environ.get(SHELL_BY_NAME):
        message = f"takes no value, but found '{asked}': it is for the shell that cnncalc is started from"
        raise typer.BadParameter(message, param_hint=option)
    from subprocess import CalledProcessError

    try:
        application(completion=True)(args=arguments, prog_name="cnncalc", standalone_mode=False)
    except FileNotFoundError as error:
        name = str.__str__(error.filename)  # a word of typer's choice, which shows itself by its class
        what = f"PowerShell (`{name}`) is not installed" if name in POWERSHELL else f"there is no `{name}`"
        raise Trouble(f"completion cannot be installed: {what}") from error
    except CalledProcessError as error:
        raise Trouble(f"completion cannot be installed: `{str.__str__(error.cmd[0])}` fails") from error
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Trouble(f"completion cannot be installed in {error.filename}: {reason}") from error
    return FINE


def _troubled(trouble: Trouble) -> None:
    from cnncalc.render.text import inert

    warn(f"error[{CANNOT_WRITE}]: {inert(str(trouble))}\n")


def _misused(error: Any, asked: str | None) -> None:
    from cnncalc.render.surface import BOLD_RED
    from cnncalc.render.text import inert, wrapped

    context = getattr(error, "ctx", None)
    # An option without its value is refused before there is a context.
    known = f"cnncalc {asked}" if asked in COMMANDS else "cnncalc"
    command = context.command_path if context is not None else known
    message = _unquoted(error.format_message())
    surface = surface_of(sys.stderr)
    text = f"cnncalc: {inert(message)}{_meant(message)}"
    first, *more = [text] if surface.width is None else wrapped(text, surface.width)
    head = first.replace("cnncalc:", surface.styled("cnncalc:", BOLD_RED), 1)
    warn("\n".join((head, *more, f"Try `{command} --help`.")) + "\n")


def _unquoted(message: str) -> str:
    """What typer says of a wrong line, with options and arguments written as they are in ours."""
    import re

    named = re.match(r"(?:Invalid value for|Missing option|Missing argument) '[^:]*'(?=:|\.)", message)
    if named is not None:
        return named[0].replace("'", "") + message[named.end() :]
    found = re.fullmatch(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", message, re.DOTALL)
    return f"Unexpected argument: {found[1]}" if found else message


def _meant(message: str) -> str:
    """The word that was probably meant, where typer lists those that are possible."""
    import re

    from cnncalc.support.words import did_you_mean

    found = re.search("'([^']*)' is not one of (.*)", message)
    guess = did_you_mean(found[1], re.findall("'(.*?)'", found[2])) if found else None
    if guess:
        return f" Did you mean '{guess}'?"
    spec = re.search("No such command '([^']*)'", message)
    return f" Did you mean `cnncalc summary {spec[1]}`?" if spec and _is_spec(spec[1]) else ""


def _is_spec(word: str) -> bool:
    from cnncalc import bundled

    return os.path.isfile(word) or word in bundled.names() or word in bundled.models()


def _refused(error: CnncalcError) -> None:
    from cnncalc.cli.run import report_diagnostics

    report_diagnostics(error.diagnostics)


def _broken(error: Exception) -> None:
    from cnncalc.render.text import inert

    if os.environ.get("CNNCALC_TRACEBACK") == "1":
        from traceback import format_exc

        warn(format_exc())
    what = f"{type(error).__name__}: {inert(str(error))}"
    warn(f"error[{INTERNAL}]: internal error, please report it with the spec and the command line: {what}\n")
