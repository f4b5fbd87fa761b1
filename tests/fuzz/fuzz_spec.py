"""The coverage-guided fuzzer: `python -m tests.fuzz.fuzz_spec [FOLDER] [-max_total_time=1800]`; needs atheris."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

with atheris.instrument_imports(include=["cnncalc"]):
    from tests.fuzz.harness import survive
    from tests.fuzz.writing import Writer

SLOW = 10.0
"""Seconds: an input of some kilobytes that takes longer is a finding."""
REPORT_EVERY = 5000

outcomes: Counter[str] = Counter()
slowest = 0.0


def text_of(data: bytes) -> bytes:
    """The spec that some bytes stand for: themselves, a bundled network changed by them, or one written by the grammar."""
    if not data or data[0] % 8 == 0:
        return data[1:]
    choices = atheris.FuzzedDataProvider(data[1:])
    writer = Writer(lambda most: choices.ConsumeIntInRange(0, most))
    return (writer.mutated() if data[0] % 8 < 3 else writer.spec()).encode("utf-8", "surrogatepass")


def one(data: bytes) -> None:
    """One run of the fuzzer; anything raised is a finding."""
    global slowest
    spec = text_of(data)
    start = time.process_time()
    try:
        outcomes[survive(spec, briefly=True)] += 1
    except BaseException:
        Path("finding.yaml").write_bytes(spec)
        raise
    slowest = max(slowest, time.process_time() - start)
    if slowest > SLOW:
        Path("finding.yaml").write_bytes(spec)
        raise TimeoutError(f"{slowest:.1f} seconds for {len(spec)} bytes")
    if sum(outcomes.values()) % REPORT_EVERY == 0:
        report()


def report() -> None:
    counts = ", ".join(f"{number:,} {outcome}" for outcome, number in outcomes.most_common())
    print(f"{sum(outcomes.values()):,} specs: {counts}; slowest {slowest:.2f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
