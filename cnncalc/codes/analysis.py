"""W5: what the analysis itself remarks on valid networks; other advice is declared where it is made, in
``cnncalc/advice``.
"""

from __future__ import annotations

from cnncalc.codes.code import Code

CODES = (
    Code(
        "W501",
        "a pyramid level with other bins than asked for",
        "The paper's rule, window ceil(a/n) and stride floor(a/n), gives n bins only where the remainder "
        "of a/n is at most the quotient. The vector is then longer than the levels say. The message names "
        "the modes that give the number of bins asked for.",
        """
        input: [256, 10, 10]
        layers:
          - spp: {levels: [6], mode: paper}
        """,
        """
        input: [256, 10, 10]
        layers:
          - spp: {levels: [6], mode: exact}
        """,
    ),
    Code(
        "W502",
        "branches that are not aligned",
        "The receptive fields of the branches of a join have different centres: padding or cropping "
        "differs between the branches, so features of different places are combined. The message gives "
        "the offset of their centres in input positions. Where upsampling alone is the cause, W519 "
        "reports it. Along an axis whose windows are padded only before (causal), branches are aligned "
        "where their last positions agree; so they are behind layers that look ahead, where all of them do "
        "so as far. A skip around such a layer is reported: its padding does not tell whether that is meant.",
        """
        input: [8, 32, 32]
        layers:
          - add:
              early: [conv3x3: {out: 8, padding: [[0, 2], [0, 2]]}]
              late: [conv3x3: {out: 8, padding: 1}]
        """,
        """
        input: [8, 32, 32]
        layers:
          - add:
              early: [conv3x3: {out: 8, padding: 1}]
              late: [conv3x3: {out: 8, padding: 1}]
        """,
    ),
    Code(
        "W503",
        "branches that are assumed to be aligned",
        "With padding `same` and a stride the padding depends on the input size, which is not given. The "
        "branches of the join are assumed to be aligned; with `input` it is known whether they are.",
        """
        framework: tensorflow
        layers:
          - concat:
              wide: [conv3x3: {out: 8, stride: 2, padding: same}]
              narrow: [conv5x5: {out: 8, stride: 2, padding: same}]
        """,
        """
        framework: tensorflow
        input: [8, 32, 32]
        layers:
          - concat:
              wide: [conv3x3: {out: 8, stride: 2, padding: same}]
              narrow: [conv5x5: {out: 8, stride: 2, padding: same}]
        """,
    ),
    Code(
        "W519",
        "branches that upsampling misaligns by phase",
        "The units of an upsampled map share the receptive field of the unit they are copied from, so "
        "their centres are alternately to the left and to the right of those of a finer map they are "
        "joined with. Every decoder has this, and no padding fixes it, so `check` shows it only where "
        "selected. The message gives the largest offset in input positions.",
        """
        input: [8, 32, 32]
        layers:
          - {conv3x3: {out: 8, padding: 1}, name: skip}
          - maxpool2
          - conv_transpose2x2: {out: 8, stride: 2}
          - concat: [skip, prev]
        """,
        """
        input: [8, 32, 32]
        layers:
          - {conv3x3: {out: 8, padding: 1}, name: skip}
          - conv3x3: {out: 8, padding: 1}
          - concat: [skip, prev]
        """,
        quiet=True,
    ),
)
