"""W6: what another framework computes differently, shown with ``--select W6`` or ``--portability``."""

from __future__ import annotations

from cnncalc.codes.code import Code

CODES = (
    Code(
        "W601",
        "a different size under another framework",
        "Frameworks round pools differently, and have different default strides. At its input here, this "
        "layer would have another output size under the framework named; everything after it changes as "
        "well.",
        """
        input: [3, 112, 112]
        layers:
          - maxpool3: {stride: 2}
        """,
        """
        input: [3, 112, 112]
        layers:
          - maxpool3: {stride: 2, ceil: false}
        """,
        quiet=True,
    ),
    Code(
        "W602",
        "windows at other positions under another framework",
        "The size is the same, but the padding is placed differently, so a unit reads other positions. "
        "TensorFlow's `same` with stride 2 pads nothing before an even size where half a kernel on both "
        "sides pads one: weights that are converted see a shifted image.",
        """
        input: [3, 112, 112]
        layers:
          - conv3x3: {out: 8, stride: 2, padding: 1}
        """,
        """
        input: [3, 113, 113]
        layers:
          - conv3x3: {out: 8, stride: 2, padding: 1}
        """,
        quiet=True,
    ),
    Code(
        "W603",
        "a layer that another framework rejects",
        "The framework named has no such argument, or rejects this combination. The layer must be written "
        "differently to be used there.",
        """
        input: [3, 112, 112]
        layers:
          - conv3x3: {out: 8, padding: same}
        """,
        """
        input: [3, 112, 112]
        layers:
          - conv3x3: {out: 8, padding: 1}
        """,
        quiet=True,
    ),
)
