"""The coverage-guided fuzzer: `python -m tests.fuzz TARGET [FOLDER] [-max_total_time=1800]`; needs atheris.

A target is `spec`, the ending of a format that is imported (`onnx`), `options`, or a command for its options alone. What is found
is written to the folder `findings`, each place in the code once, and the fuzzer goes on. `FOLDER` holds inputs to begin with, and
receives those that reach new code.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from random import Random
from types import FrameType
from typing import NoReturn

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

with atheris.instrument_imports(include=["cnncalc"]):
    import cnncalc

    for module in walk_packages(cnncalc.__path__, "cnncalc."):  # also those that load when they are used
        if module.name != "cnncalc.__main__":
            import_module(module.name)
    from tests.fuzz.changing import FOLDERS, changed_file, seeds
    from tests.fuzz.commands import COMMANDS, command_line, survive_command
    from tests.fuzz.files import survive_file
    from tests.fuzz.harness import survive
    from tests.fuzz.writing import Writer

SECONDS = 20.0
"""Of processor time: an input of some kilobytes that takes longer is a finding."""
REPORT_EVERY = 2000
LIMITS = ("-rss_limit_mb=1024", "-timeout=200", "-max_len=60000", "-len_control=0")
FORMATS = {ending.lstrip("."): ending for ending in FOLDERS}
TARGETS = ("spec", *FORMATS, "options", *COMMANDS)
Run = Callable[[bytes], str]
"""One run with the fuzzer's bytes; its outcome in a word."""


class TooLong(BaseException):
    """No ``Exception``, which would be caught on its way."""


class Findings:
    """What was raised, each place once, with the input that did."""

    def __init__(self, run: Run, written: Callable[[bytes], bytes], ending: str) -> None:
        self.run, self.written, self.ending = run, written, ending
        self.outcomes: Counter[str] = Counter()
        self.known: set[str] = set()
        self.slowest = 0.0

    def one(self, data: bytes) -> None:
        """One run of the fuzzer."""
        start = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            outcome = self.run(data)
        except (Exception, TooLong) as error:
            outcome = "findings"
            self._keep(data, error)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        self.outcomes[outcome] += 1
        self.slowest = max(self.slowest, time.process_time() - start)
        if self.outcomes.total() % REPORT_EVERY == 0:
            counts = ", ".join(f"{number:,} {word}" for word, number in self.outcomes.most_common())
            print(f"{self.outcomes.total():,} runs: {counts}; slowest {self.slowest:.2f} s", file=sys.stderr)

    def _keep(self, data: bytes, error: BaseException) -> None:
        found = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in found if f"{os.sep}cnncalc{os.sep}" in frame.filename] or found
        place = f"{type(error).__name__}_{Path(ours[-1].filename).stem}_{ours[-1].lineno}"
        printed = re.findall(r'/(\w+)\.py", line (\d+)', str(error))  # a command prints its traceback
        place += "".join(f"_{file}_{line}" for file, line in printed[-1:])
        if place in self.known:
            return
        self.known.add(place)
        Path("findings").mkdir(exist_ok=True)
        Path("findings", place + self.ending).write_bytes(self.written(data))
        print(f"finding {place}: {str(error)[:2000]}", file=sys.stderr)


def spec_of(data: bytes) -> bytes:
    """The spec that some bytes stand for: themselves, a bundled network changed by them, or one written by the grammar."""
    if not data or data[0] % 8 == 0:
        return data[1:]
    choices = atheris.FuzzedDataProvider(data[1:])
    writer = Writer(lambda most: choices.ConsumeIntInRange(0, most))
    return (writer.mutated() if data[0] % 8 < 3 else writer.spec()).encode("utf-8", "surrogatepass")


def options_of(data: bytes, commands: list[str]) -> list[str]:
    """The command line that some bytes stand for."""
    choices = atheris.FuzzedDataProvider(data)

    def choose(most: int) -> int:
        found: int = choices.ConsumeIntInRange(0, most)
        return found

    return command_line(choose, commands[choose(len(commands) - 1)])


def findings_of(target: str) -> Findings:
    if target == "spec":
        return Findings(lambda data: survive(spec_of(data), briefly=True), spec_of, ".yaml")
    if target in FORMATS:
        return Findings(lambda data: survive_file(FORMATS[target], data), bytes, FORMATS[target])
    os.environ["CNNCALC_TRACEBACK"] = "1"
    commands = list(COMMANDS) if target == "options" else [target]
    return Findings(
        lambda data: survive_command(options_of(data, commands)),
        lambda data: "\n".join(options_of(data, commands)).encode("utf-8", "surrogatepass"),
        ".txt",
    )


def mutator(ending: str) -> Callable[[bytes, int, int], bytes]:
    """What changes a file of a format in keeping with it."""
    examples = seeds(ending)

    def mutated(data: bytes, largest: int, seed: int) -> bytes:
        chance = Random(seed)
        found = changed_file(ending, data if len(data) > 2 else chance.choice(examples), chance)
        return found if len(found) <= largest else data

    return mutated


def too_long(number: int, frame: FrameType | None) -> NoReturn:
    raise TooLong(f"more than {SECONDS:.0f} seconds")


def fuzz(target: str, arguments: list[str]) -> None:
    signal.signal(signal.SIGVTALRM, too_long)
    own = {"custom_mutator": mutator(FORMATS[target])} if target in FORMATS else {}
    atheris.Setup([sys.argv[0], *LIMITS, *arguments], findings_of(target).one, **own)
    atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"which target? one of {', '.join(TARGETS)}")
    fuzz(sys.argv[1], sys.argv[2:])
