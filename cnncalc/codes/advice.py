"""W5: advice on valid networks. Quiet are those where good designs differ on purpose."""

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
        "reports it.",
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
        "W504",
        "positions dropped by rounding down",
        "The last window ends before the map does, because another whole stride does not fit. The end of "
        "the map is never read, whatever the input; the message says which positions, how many, and which "
        "sizes are read completely.",
        """
        input: [8, 15, 15]
        layers:
          - maxpool2
        """,
        """
        input: [8, 16, 16]
        layers:
          - maxpool2
        """,
    ),
    Code(
        "W505",
        "a stride that skips positions",
        "The stride is larger than the kernel, or shares a divisor with the dilation: between the windows "
        "are positions that none of them reads. What was computed there is not used.",
        """
        input: [8, 32, 32]
        layers:
          - conv2x2: {out: 16, stride: 3, padding: [[0, 1], [0, 1]]}
        """,
        """
        input: [8, 32, 32]
        layers:
          - conv4x4: {out: 16, stride: 4}
        """,
    ),
    Code(
        "W506",
        "holes in the field of dilated convolutions",
        "In a stack of dilated convolutions whose dilations have a common divisor, every tap falls on one "
        "grid: the receptive field is wide but most of it is not read, and neighbouring units read grids "
        "that never meet (gridding). The density is the share of the positions inside the receptive field "
        "that are read.",
        """
        input: [8, 32, 32]
        layers:
          - conv3x3: {out: 8, dilation: 2, padding: 2}
          - conv3x3: {out: 8, dilation: 2, padding: 2}
        """,
        """
        input: [8, 32, 32]
        layers:
          - conv3x3: {out: 8, dilation: 1, padding: 1}
          - conv3x3: {out: 8, dilation: 2, padding: 2}
        """,
    ),
    Code(
        "W507",
        "a transposed convolution with a checkerboard",
        "The stride does not divide the kernel, or has a common factor with the dilation, so the number "
        "of inputs that an output sums varies by phase. Only training can compensate for it, and "
        "generated images show it as a checkerboard.",
        """
        input: [8, 16, 16]
        layers:
          - conv_transpose3x3: {out: 8, stride: 2, padding: 1, output_padding: 1}
        """,
        """
        input: [8, 16, 16]
        layers:
          - conv_transpose4x4: {out: 8, stride: 2, padding: 1}
        """,
    ),
    Code(
        "W508",
        "redundant biases before a normalization",
        "Batch and instance normalization subtract the mean of each channel, and with it the bias. It is "
        "stored and trained and changes no output. `norm: bn` on the layer leaves it out by itself.",
        """
        input: [8, 16, 16]
        layers:
          - conv3x3: 16
          - bn
        """,
        """
        input: [8, 16, 16]
        layers:
          - conv3x3: {out: 16, bias: false}
          - bn
        """,
    ),
    Code(
        "W509",
        "layers that can see nothing new",
        "Where the receptive field exceeds the input already before a layer, its kernel finds no context "
        "that the layers before did not have. Richter et al. (2021) measured that such layers add little "
        "to a classifier. Many published networks have them at 224x224, and skip connections reduce the "
        "effect, so this is shown only where selected. The receptive field is the largest over all paths.",
        """
        input: [3, 16, 16]
        layers:
          - conv9x9: {out: 8, padding: 4}
          - conv9x9: {out: 8, padding: 4}
          - conv3x3: {out: 8, padding: 1}
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv9x9: {out: 8, padding: 4}
          - conv9x9: {out: 8, padding: 4}
          - conv3x3: {out: 8, padding: 1}
        """,
        quiet=True,
    ),
    Code(
        "W510",
        "a field smaller than the input before the last pool",
        "The network ends in a global pool, and no unit before it sees the whole input: the answer is an "
        "average over parts that were judged separately. That can be intended, as in bags of local "
        "features or n-grams, so this is shown only where selected.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 8, padding: 1}
          - global_avgpool
          - linear: 10
        """,
        """
        input: [3, 3, 3]
        layers:
          - conv3x3: {out: 8, padding: 1}
          - global_avgpool
          - linear: 10
        """,
        quiet=True,
    ),
    Code(
        "W511",
        "an unused output",
        "A layer is computed, and no other layer reads it; nor is it the network's output or a `head`. "
        "Usually a later `from` skips it. The same is reported of an input that is never read.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 8, padding: 1}
            name: stem
          - conv3x3: {out: 8, padding: 1}
          - conv3x3: {out: 8, padding: 1}
            from: stem
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 8, padding: 1}
            name: stem
          - conv3x3: {out: 8, padding: 1}
          - conv3x3: {out: 8, padding: 1}
        """,
    ),
    Code(
        "W512",
        "an unused variable",
        "No expression of the file uses the variable, in any of its models: changing it has no effect.",
        """
        vars: {width: 8}
        input: [3, 32, 32]
        layers:
          - conv3x3: 8
        """,
        """
        vars: {width: 8}
        input: [3, 32, 32]
        layers:
          - conv3x3: width
        """,
    ),
    Code(
        "W513",
        "an unused block",
        "No model of the file calls the block, and neither does another block.",
        """
        input: [3, 32, 32]
        blocks:
          stage: {layers: [conv3x3: 8, relu]}
        layers:
          - conv3x3: 8
        """,
        """
        input: [3, 32, 32]
        blocks:
          stage: {layers: [conv3x3: 8, relu]}
        layers:
          - stage
        """,
    ),
    Code(
        "W514",
        "a 1x1 kernel with a stride",
        "A 1x1 kernel with stride 2 reads one position of four and never the others. ResNet's projections "
        "do so by design, so this is shown only where selected.",
        """
        input: [8, 32, 32]
        layers:
          - conv1x1: {out: 16, stride: 2}
        """,
        """
        input: [8, 32, 32]
        layers:
          - avgpool2
          - conv1x1: 16
        """,
        quiet=True,
    ),
    Code(
        "W515",
        "a large kernel that small ones could replace",
        "Two 3x3 convolutions have the receptive field of one 5x5 with 18 weights per pair of channels "
        "instead of 25, and three that of a 7x7 with 27 instead of 49, with more non-linearities. The "
        "figures are for a stack that is as wide as the layer's output throughout. Shown only where "
        "selected.",
        """
        input: [64, 32, 32]
        layers:
          - conv5x5: {out: 64, padding: 2}
        """,
        """
        input: [64, 32, 32]
        layers:
          - conv3x3: {out: 64, padding: 1}
          - relu
          - conv3x3: {out: 64, padding: 1}
        """,
        quiet=True,
    ),
    Code(
        "W516",
        "large kernels over all channels of a wide join",
        "In an inception-like join the 3x3 and 5x5 branches read every input channel. A 1x1 convolution "
        "before them that halves the width saves most of their weights. The figures are for reductions to "
        "half of the input or output channels, whichever is less. Shown only where selected.",
        """
        input: [64, 28, 28]
        layers:
          - inception: {1x1: 64, 3x3: 64}
        """,
        """
        input: [64, 28, 28]
        layers:
          - inception: {1x1: 64, 3x3: [32, 64]}
        """,
        quiet=True,
    ),
    Code(
        "W517",
        "a comment that does not turn off a warning",
        "`# cnncalc: ignore[W504]` turns off the warnings of its line by codes or their beginnings; "
        "without brackets, all of them. This one names a code that does not exist, or its codes are not "
        "in brackets, so it has no effect.",
        """
        input: [3, 15, 15]
        layers:
          - conv3x3: 8  # cnncalc: ignore[504]
        """,
        """
        input: [3, 15, 15]
        layers:
          - maxpool2  # cnncalc: ignore[W504]
        """,
    ),
    Code(
        "W518",
        "an input that seems to have its channels last",
        "All sizes of the input but the last are equal and the last is 1 or 3, as in 224x224x3. Channels "
        "come first, so this is a map of 224 channels and 224x3 positions. Files of TensorFlow and Keras "
        "write them last.",
        """
        input: [224, 224, 3]
        layers:
          - conv3x3: {out: 64, padding: 1}
        """,
        """
        input: [3, 224, 224]
        layers:
          - conv3x3: {out: 64, padding: 1}
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
