"""E3: shapes."""

from __future__ import annotations

from cnncalc.codes.code import Code

CODES = (
    Code(
        "E301",
        "a window that does not fit",
        "The kernel, with its dilation, is larger than the padded map, so there is no output. Usually the "
        "input is smaller than the network was made for; the message gives the smallest size that works "
        "at this layer.",
        """
        input: [3, 8, 8]
        layers:
          - maxpool2
          - conv5x5: 64
        """,
        """
        input: [3, 16, 16]
        layers:
          - maxpool2
          - conv5x5: 64
        """,
    ),
    Code(
        "E302",
        "channels that cannot be divided",
        "Groups, channel shuffles and pixel shuffles need a number of channels that they can divide "
        "without remainder.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, groups: 2}
        """,
        """
        input: [4, 32, 32]
        layers:
          - conv3x3: {out: 64, groups: 2}
        """,
    ),
    Code(
        "E303",
        "branches that cannot be joined",
        "`concat` needs maps of the same size; `add` and `mul` need the same channels as well. In a "
        "residual whose body has a stride or changes the channels, `shortcut: project` makes the shortcut "
        "follow.",
        """
        input: [64, 32, 32]
        layers:
          - residual: [conv3x3: {out: 128, stride: 2, padding: 1}]
        """,
        """
        input: [64, 32, 32]
        layers:
          - residual: {body: [conv3x3: {out: 128, stride: 2, padding: 1}], shortcut: project}
        """,
    ),
    Code(
        "E304",
        "another number of axes than the map has",
        "The number of spatial sizes of `input` makes every layer 1-, 2- or 3-dimensional. A kernel, "
        "stride or padding gives one value for all axes, or one for each.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3x3: 64
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: 64
        """,
    ),
    Code(
        "E305",
        "rejected by the framework",
        "The framework of the spec rejects this when the network is built there. The rules are those of "
        "`framework`, PyTorch by default.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, stride: 2, padding: same}
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, stride: 2, padding: half}
        """,
    ),
    Code(
        "E306",
        "a vector where a map is needed, or the reverse",
        "After `flatten` or `linear` there are no positions left for a window to slide over; `embedding` "
        "reads a sequence.",
        """
        input: [3, 32, 32]
        layers:
          - flatten
          - conv3x3: 64
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: 64
          - flatten
        """,
    ),
    Code(
        "E307",
        "a crop that leaves nothing",
        "More is cut off than the map has, or a map is to be cropped to a larger one.",
        """
        input: [3, 8, 8]
        layers:
          - crop: 4
        """,
        """
        input: [3, 8, 8]
        layers:
          - crop: 3
        """,
    ),
    Code(
        "E308",
        "a pyramid level that its mode cannot divide",
        "The rule of an SPP mode gives no windows for that many bins on a map of that size: a stride of "
        "0, or a padding as large as the kernel, where Caffe stops. `adaptive` bins may overlap and "
        "always exist.",
        """
        input: [64, 5, 5]
        layers:
          - spp: {levels: [4], mode: caffe}
        """,
        """
        input: [64, 5, 5]
        layers:
          - spp: {levels: [4], mode: adaptive}
        """,
    ),
    Code(
        "E309",
        "a slice beyond the channels",
        "`slice` takes `[first, count]` of the channels, counted from 0, and all of them must exist.",
        """
        input: [4, 8, 8]
        layers:
          - slice: [2, 4]
        """,
        """
        input: [4, 8, 8]
        layers:
          - slice: [2, 2]
        """,
    ),
    Code(
        "E310",
        "weights that do not fit their input",
        "A file of another format stores weights for another number of channels than comes into their layer, "
        "so that no runtime can run it. The node and both shapes are named; nothing is imported instead.",
        "$ cnncalc rf misfit.onnx",
        "$ cnncalc rf small.onnx",
    ),
    Code(
        "E320",
        "a question that has no answer for this network",
        "`sizes`, `tile`, `stream` and `solve` answer exactly or not at all. The message "
        "names the layer that prevents it, or the limit that was reached, and what would work.",
        "$ cnncalc sizes net.yaml --input 8",
        "$ cnncalc sizes net.yaml",
    ),
    Code(
        "E330",
        "a layer that cannot be exported",
        "The form that `export` writes has no way to say this layer, and nothing else is written instead. "
        "All such layers are named in one run.",
        "$ cnncalc export custom.yaml --to torch",
        "$ cnncalc export net.yaml --to torch",
    ),
)
