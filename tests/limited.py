"""The command line in a process that may use no more than a gigabyte, and some seconds."""

from __future__ import annotations

import subprocess
import sys

MEMORY, SECONDS = 2**30, 20
"""Of processor time; the slowest of the tests take half of it on a machine that has other work."""

_CODE = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
from cnncalc.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_limited(*arguments: str, code: int | None = None) -> str:
    """What a command writes; it ends with an answer or with findings, and each of them says what it is.

    Unless it is to end with a certain exit code, such as 2.
    """
    done = subprocess.run([sys.executable, "-c", _CODE, *arguments], capture_output=True, check=False)
    out, errors = (text.decode() for text in (done.stdout, done.stderr))
    assert done.returncode in ((0, 1) if code is None else (code,)), errors[-2000:]
    assert "Traceback" not in errors, errors[-2000:]
    assert "E901" not in errors
    assert done.returncode in (0, 2) or "error" in out + errors
    return out + errors
