"""E2: names and expressions."""

from __future__ import annotations

from cnncalc.codes.code import Code

CODES = (
    Code(
        "E201",
        "no earlier tensor of that name",
        "`from`, joins, `share`, `crop_to` and the like refer to layers by name, and only to earlier ones "
        "of the same list or of an enclosing one, so a network has no cycles. A block can use its "
        "parameters, but not names from the place where it is called.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, padding: 1}
            name: stem
          - conv3x3: {out: 64, padding: 1}
          - add: [stam, prev]
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, padding: 1}
            name: stem
          - conv3x3: {out: 64, padding: 1}
          - add: [stem, prev]
        """,
    ),
    Code(
        "E202",
        "an expression that cannot be read",
        "Expressions have `+ - * / // % **`, comparisons, `a if b else c`, and the functions min, max, "
        "ceil, floor, round, abs and divisible. Nothing else is evaluated.",
        """
        vars: {n: 32}
        input: [3, 32, 32]
        layers:
          - conv3x3: 2 * * n
        """,
        """
        vars: {n: 32}
        input: [3, 32, 32]
        layers:
          - conv3x3: 2 * n
        """,
    ),
    Code(
        "E203",
        "an unknown name in an expression",
        "An expression may use `vars`, the parameters of the block that contains it, and inside repeats "
        "the index `i`.",
        """
        vars: {width: 32}
        input: [3, 32, 32]
        layers:
          - conv3x3: 2 * with
          - conv3x3: width
        """,
        """
        vars: {width: 32}
        input: [3, 32, 32]
        layers:
          - conv3x3: 2 * width
        """,
    ),
    Code(
        "E204",
        "a fraction where a whole number is needed",
        "Expressions are exact, and nothing is rounded unless the expression says so: `//` rounds down, "
        "and `round`, `floor`, `ceil` and `divisible` are functions.",
        """
        vars: {c: 64}
        input: [3, 32, 32]
        layers:
          - conv3x3: c / 3
        """,
        """
        vars: {c: 64}
        input: [3, 32, 32]
        layers:
          - conv3x3: c // 3
        """,
    ),
    Code(
        "E205",
        "a variable that depends on itself",
        "Variables may use each other in any order, but not in a circle.",
        """
        vars: {a: 2*b, b: a//2}
        input: [3, 32, 32]
        layers:
          - conv3x3: a
        """,
        """
        vars: {a: 2*b, b: 32}
        input: [3, 32, 32]
        layers:
          - conv3x3: a
        """,
    ),
    Code(
        "E206",
        "a block that calls itself",
        "A block may call other blocks, but no chain of calls may lead back to it: the expansion would "
        "never end. To repeat a block a number of times, use `repeat`.",
        """
        input: [3, 32, 32]
        blocks:
          stage: {layers: [conv3x3: 64, stage]}
        layers: [stage]
        """,
        """
        input: [3, 32, 32]
        blocks:
          stage: {layers: [conv3x3: 64]}
        layers: [{stage: , repeat: 2}]
        """,
    ),
    Code(
        "E207",
        "an expression without a value",
        "The expression divides by zero, compares a word with a number, or exceeds the limits on length, "
        "exponent and size that keep evaluation cheap.",
        """
        vars: {groups: 0}
        input: [3, 32, 32]
        layers:
          - conv3x3: 64 // groups
        """,
        """
        vars: {groups: 2}
        input: [3, 32, 32]
        layers:
          - conv3x3: 64 // groups
        """,
    ),
    Code(
        "E208",
        "a name that is already in use",
        "Two layers of one list have the same name, a block has the name of an operation, or a block has "
        "a parameter twice: a reference would be ambiguous.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: 64
            name: stem
          - conv3x3: 64
            name: stem
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: 64
            name: stem
          - conv3x3: 64
            name: body
        """,
    ),
    Code(
        "E209",
        "weights that cannot be shared",
        "`share` uses the weights of an earlier layer of the same kind; kernel, channels and number of "
        "layers must be the same.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: 64
            name: first
          - conv3x3: 64
            share: first
        """,
        """
        input: [64, 32, 32]
        layers:
          - conv3x3: 64
            name: first
          - conv3x3: 64
            share: first
        """,
    ),
)
