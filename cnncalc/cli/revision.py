"""Networks out of a git repository: ``main:nets/a.yaml``, as git names what a file was in a revision."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import NoReturn

from cnncalc.bundled import ENDINGS
from cnncalc.errors import CnncalcError, Diagnostic, SourceError
from cnncalc.language.source import Source, source_of
from cnncalc.loading import Input, is_foreign, model_in_file, source_at
from cnncalc.support.words import shown

_NONE_HERE = "not a git repository (or any"
"""How git begins where there is none; a named one that is none, as in GIT_DIR, is told otherwise."""


def is_revision(spec: str) -> bool:
    """Whether a SPEC names a file in a revision: it has a colon, and is neither a file nor a model of one,
    nor what makes a module in a file of Python.
    """
    before = spec.partition(":")[0]
    drive = os.name == "nt" and len(before) == 1
    if before.endswith(".py") and os.path.isfile(before):
        return False
    return ":" in spec and not drive and not os.path.exists(spec) and model_in_file(spec) is None


def read_revision(spec: str, input: Input = None) -> Source:
    """The text of ``REVISION:PATH``, of a file of another format that of a spec which agrees with it; paths
    count from the repository's root, those that begin with ``./`` from here.

    Raises:
        SourceError: where git, the repository, the revision or the file in it is missing.
        SpecError: where it is no text.
        CnncalcError: where a file of another format cannot be translated.
        InputError: for an input that is none.
    """
    revision, _, path = spec.partition(":")
    if revision.startswith("-"):
        _unreadable(f"`{shown(revision)}` is not a revision", None)
    done = _git("cat-file", "blob", spec)
    if done.returncode == 0:
        return _translated(spec, done.stdout, input) or source_of(spec, done.stdout)
    _refuse_folder(spec)
    there = _git("rev-parse", "--git-dir")
    if there.returncode != 0:
        _no_repository(spec, there.stderr.decode("utf-8", "replace").split())
    if revision and _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").returncode != 0:
        shallow = _git("rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
        help = (
            "the clone is shallow: fetch the revision first"
            if shallow
            else "`git branch --all` and `git log` list revisions"
        )
        _unreadable(f"git knows no revision `{shown(revision)}`", help)
    where = f"`{shown(revision)}`" if revision else "the index"
    _unreadable(f"there is no file `{shown(path)}` in {where}", _NEW if _is_new(path) else _from_here(spec))


def _translated(spec: str, data: bytes, input: Input) -> Source | None:
    """The spec of a file of another format, which importers read from a disk; ``None`` for other files."""
    name = spec.replace(":", "/").rpartition("/")[2]
    if name.endswith(ENDINGS) or "." not in name:
        return None
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = os.path.join(folder, name)
        with open(file, "wb") as written:
            written.write(data)
        if not is_foreign(file):
            return None
        try:
            found = source_at(file, input)
        except CnncalcError as error:
            error.diagnostics = tuple(_renamed(one, file, spec) for one in error.diagnostics)
            raise
    return Source(spec, found.text, is_shown=False, nodes=found.nodes)


def _renamed(one: Diagnostic, file: str, spec: str) -> Diagnostic:
    """A diagnostic of a file under the name by which the user knows it."""
    return one._replace(
        message=one.message.replace(file, spec),
        help=None if one.help is None else one.help.replace(file, spec),
        location=None if one.location is None else one.location._replace(file=spec),
    )


def files_in_revision(spec: str) -> tuple[str, ...] | None:
    """The files in ``REVISION:FOLDER`` by their paths in it; ``None`` where it is no folder of a revision."""
    if not is_revision(spec) or spec.startswith("-") or not shutil.which("git"):
        return None
    if _git("cat-file", "-t", spec).stdout.strip() != b"tree":
        return None
    names = _git("ls-tree", "-r", "-z", "--name-only", spec.rstrip("/")).stdout.decode("utf-8", "replace")
    return tuple(filter(None, names.split("\0")))


def is_foreign_in_revision(spec: str) -> bool:
    """Whether ``REVISION:PATH`` is a file of another format."""
    return is_foreign(spec.partition(":")[2], lambda _: _git("cat-file", "blob", spec).stdout)


def no_file_of(revision: str) -> Diagnostic | None:
    """What is wrong with a SPEC that is a revision alone; ``None`` where git knows no such revision."""
    if revision.startswith("-") or "/" in revision or not shutil.which("git"):
        return None
    if _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").returncode != 0:
        return None
    help = f"for instance `{shown(revision)}:nets/a.yaml`; `{shown(revision)}:./a.yaml` counts from here"
    return Diagnostic("E110", "error", f"`{shown(revision)}` is a revision: name a file in it", help)


def _refuse_folder(spec: str) -> None:
    """Refuse a folder of a revision, with a spec in it that could be meant."""
    files = _git("ls-tree", "-r", "--name-only", "-z", spec)
    if files.returncode != 0:
        return
    names = [os.fsdecode(name) for name in files.stdout.split(b"\0")]
    inside = next((name for name in names if name.endswith(ENDINGS)), None)
    joined = spec if spec.endswith((":", "/")) else f"{spec}/"
    help = f"name a file in it, for instance `{shown(joined + inside)}`" if inside else "name a file"
    _unreadable(f"`{shown(spec)}` is a folder", help)


_NEW = "the file is new: there is nothing to compare it with yet"


def _is_new(path: str) -> bool:
    """Whether what a revision lacks is a file of the working tree."""
    is_from_here = path.startswith(("./", "../"))
    top = "" if is_from_here else os.fsdecode(_git("rev-parse", "--show-toplevel").stdout.removesuffix(b"\n"))
    return os.path.isfile(os.path.join(top, path))


def _no_repository(spec: str, words: list[str]) -> NoReturn:
    """What git says of a repository that it does not use, the first sentence before what it advises."""
    said = " ".join(words).removeprefix("fatal: ")
    if not said or said.startswith(_NONE_HERE):
        _unreadable(
            f"`{shown(spec)}` names a revision, but this folder is not in a git repository", "name a file"
        )
    fault, advises, advice = said.partition(" To add an exception")
    _unreadable(
        f"`{shown(spec)}` names a revision, and git says: {fault}", f"{advises.strip()}{advice}" or None
    )


def _from_here(spec: str) -> str | None:
    """For a path that was meant from the folder one is in."""
    revision, _, path = spec.partition(":")
    here = f"{revision}:./{path}"
    return f"did you mean `{shown(here)}`?" if _git("cat-file", "-e", here).returncode == 0 else None


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        environment = {**os.environ, "LC_ALL": "C"}  # its words are read
        return subprocess.run(
            ("git", *arguments), capture_output=True, check=False, stdin=subprocess.DEVNULL, env=environment
        )
    except OSError:
        _unreadable(
            "a SPEC with a colon names a git revision, but git cannot be run", "install git, or name a file"
        )


def _unreadable(message: str, help: str | None) -> NoReturn:
    raise SourceError(Diagnostic("E110", "error", message, help))
