"""E4: expectations."""

from __future__ import annotations

from cnncalc.codes.code import Code

CODES = (
    Code(
        "E401",
        "an expectation that is not met",
        "The computed value differs from what `expect` says. Either the network has changed, or the "
        "expectation was never right. The message gives both, and for sums such as `params` the difference "
        "in per cent of the expected one.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, bias: false}
        expect: {params: 1792}
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, bias: false}
        expect: {params: 1728}
        """,
    ),
    Code(
        "E402",
        "an expected error that did not occur",
        "`expect: {error: ...}` says that the network must fail with that code, for instance on an input "
        "that is too small; it failed with another code, or not at all.",
        """
        input: [3, 16, 16]
        layers:
          - conv9x9: 64
        cases:
          - {input: [3, 9, 9], expect: {error: E301}}
        """,
        """
        input: [3, 16, 16]
        layers:
          - conv9x9: 64
        cases:
          - {input: [3, 8, 8], expect: {error: E301}}
        """,
    ),
    Code(
        "E403",
        "an expectation of something unknown",
        "The number cannot be computed from what the spec says, and an unknown number does not meet an "
        "expectation. Usually `input` is missing, or the channels of a layer.",
        """
        layers:
          - conv3x3: 64
        expect: {macs: "<= 1M"}
        """,
        """
        input: [3, 16, 16]
        layers:
          - conv3x3: 64
        expect: {macs: "<= 1M"}
        """,
    ),
    Code(
        "E404",
        "a spec without expectations",
        "Under `--require-expect` each file must contain at least one expectation, so that none is "
        "checked for its grammar alone.",
        "$ cnncalc check --require-expect net.yaml",
        "$ cnncalc check net.yaml",
    ),
    Code(
        "E405",
        "a budget that is exceeded",
        "A condition of `cnncalc compare ... --fail-if` is true, or cannot be decided because one of its "
        "numbers is unknown, or it is about a change of a network that is new or removed. The message "
        "gives the old and the new value.",
        "$ cnncalc compare net.yaml wide.yaml --fail-if 'params > +5%'",
        "$ cnncalc compare net.yaml wide.yaml --fail-if 'params > +200%'",
    ),
)
