"""E4: expectations."""

from __future__ import annotations

from cnncalc.codes.code import Code

CODES = (
    Code(
        "E401",
        "an expectation that does not hold",
        "What was computed is not what `expect` says. Either the network has changed, "
        "or the expectation was never right. The"
        " message gives both numbers and the difference in per cent of what was expected.",
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
        "an expected error that did not come",
        "`expect: {error: ...}` says that the network must fail with that code, for "
        "instance on an input that is too small; it"
        " failed otherwise, or not at all.",
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
        "The number cannot be computed from what the spec says, and unknown is not taken "
        "for right. Usually `input` is missing,"
        " or the channels of a layer.",
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
        "a spec that expects nothing",
        "Under `--require-expect` each file must hold at least one expectation, so "
        "that none is checked for grammar alone.",
        "$ cnncalc check --require-expect net.yaml",
        "$ cnncalc check net.yaml",
    ),
    Code(
        "E405",
        "a budget that is not kept",
        "A condition of `cnncalc compare ... --fail-if` is met, or cannot be told "
        "because a number of it is unknown, or it is"
        " about a change of a network that is new or gone. The message gives what was and what is.",
        "$ cnncalc compare net.yaml wide.yaml --fail-if 'params > +5%'",
        "$ cnncalc compare net.yaml wide.yaml --fail-if 'params > +200%'",
    ),
)
