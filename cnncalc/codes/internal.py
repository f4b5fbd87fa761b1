"""E9: errors outside the spec."""

from __future__ import annotations

from cnncalc.codes.code import Code

CODES = (
    Code(
        "E901",
        "an internal error",
        "cnncalc met a situation that it did not foresee. That is a bug of cnncalc, whatever the spec "
        "says: please report it with the spec and the command line. CNNCALC_TRACEBACK=1 shows where it "
        "happened.",
        "",
        "$ CNNCALC_TRACEBACK=1 cnncalc check net.yaml",
    ),
    Code(
        "E902",
        "a result that cannot be written",
        "The file of `--output` cannot be written, or standard output is full or closed, or the file is a "
        "spec, which is never overwritten with a result. The previous content of the file remains.",
        "$ cnncalc check net.yaml --output missing/report.json",
        "$ cnncalc check net.yaml --output report.json",
    ),
    Code(
        "E903",
        "a configuration that cannot be read",
        "The table `[tool.cnncalc]` of the nearest pyproject.toml has the keys `include`, `exclude`, "
        "`select`, `ignore` and `strict`. A file that is not TOML, another key or a value of another type "
        "ends the run.",
        """
        [tool.cnncalc]
        excludes = ["drafts"]
        """,
        """
        [tool.cnncalc]
        exclude = ["drafts"]
        """,
    ),
    Code(
        "E904",
        "a condition that cannot be read",
        "`--fail-if` takes a metric, a comparison and a limit. A limit with a sign is about the change "
        "from the old network to the new one, in per cent where it ends in `%`; one without a sign is "
        "about the new network alone.",
        "$ cnncalc compare net.yaml wide.yaml --fail-if 'params > 5%'",
        "$ cnncalc compare net.yaml wide.yaml --fail-if 'params > 5M'",
    ),
    Code(
        "E905",
        "not enough memory",
        "The process may not use as much memory as the answer takes, which grows with the number of layers: "
        "a few hundred MiB for 100,000 of them. `--max-layers` bounds what a spec may ask for; CSV takes "
        "less than a table or JSON.",
        "",
        "$ cnncalc rf net.yaml --max-layers 10000",
    ),
)
