"""A coverage-guided fuzzer: `python -m tests.fuzz.fuzz_spec [libFuzzer options] [CORPUS...]`; needs `pip install atheris`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["cnncalc"]):
    from cnncalc.errors import CnncalcError
    from tests.fuzz.harness import survive


def one_input(data: bytes) -> None:
    """Bytes as a spec's text."""
    try:
        survive(data.decode("utf-8", "surrogateescape"))
    except CnncalcError as error:
        raise AssertionError("refused outside of reading") from error


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
