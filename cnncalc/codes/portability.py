"""W6: where another framework would make something else of the same spec. On with ``--select W6`` or
``--portability``.
"""

from __future__ import annotations

from cnncalc.codes.code import Code

CODES = (
    Code(
        "W601",
        "a size that another framework makes otherwise",
        "Frameworks round pools differently, and fill in different strides. At the input "
        "it has here, this layer would come out"
        " with another size under the framework named; everything behind it follows.",
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
        "windows that lie elsewhere under another framework",
        "The size is the same, but the padding is put elsewhere, so that a unit looks "
        "at other positions. TensorFlow's `same`"
        " with stride 2 pads nothing before an even size where half a kernel on both "
        "sides pads one: weights carried over see a"
        " shifted image.",
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
        "The framework named has no such argument, or refuses this combination. The "
        "layer has to be written otherwise to be"
        " carried over.",
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
