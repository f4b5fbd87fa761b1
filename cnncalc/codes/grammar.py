"""E1: files and their grammar."""

from __future__ import annotations

from cnncalc.codes.code import Code

CODES = (
    Code(
        "E101",
        "text that is not a spec",
        "The file is not YAML as specs use it: a bracket or quote that is never closed, a tab as "
        "indentation, a tag, a second document, or bytes that are not UTF-8. The place shown is where "
        "reading stopped; the mistake is often on the line above.",
        """
        input: [3, 32, 32]
        layers: [conv3x3: 64
        """,
        """
        input: [3, 32, 32]
        layers: [conv3x3: 64]
        """,
    ),
    Code(
        "E102",
        "larger than the limits",
        "Specs have limits, so that no file can exhaust the machine that checks it: bytes of text, YAML "
        "nodes, nesting, and layers after repeats and blocks are expanded. The limits are far above "
        "published networks; a file that exceeds them usually contains a mistake. `cnncalc explain "
        "limits` lists them.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, padding: 1}
            repeat: 1000000
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, padding: 1}
            repeat: 10
        """,
    ),
    Code(
        "E103",
        "a duplicate key",
        "A mapping has the same key twice. Many readers silently keep the last one; cnncalc reports it "
        "instead of choosing.",
        """
        input: [3, 32, 32]
        input: [1, 32, 32]
        layers: [conv3x3: 64]
        """,
        """
        input: [1, 32, 32]
        layers: [conv3x3: 64]
        """,
    ),
    Code(
        "E104",
        "an unknown key or argument",
        "No key or argument has this name here. The names that other frameworks use are known, and the "
        "message gives the name that cnncalc uses; `cnncalc layers OP` lists the arguments of an "
        "operation.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {filters: 64}
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64}
        """,
    ),
    Code(
        "E105",
        "a value of the wrong kind",
        "A list is given where a number is expected, a word where a list is expected, and so on. The kind "
        "of a value follows from its key, never from how it looks: `no` is a word, not false.",
        """
        input: [3, 32, 32]
        layers:
          conv3x3: 64
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: 64
        """,
    ),
    Code(
        "E106",
        "a required value is missing",
        "An argument without a default is left out, or a list or mapping that needs at least one entry is "
        "empty.",
        """
        input: [3, 32, 32]
        layers:
          - conv: 64
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv: {out: 64, kernel: 3}
        """,
    ),
    Code(
        "E107",
        "the same thing given in two ways",
        "The same argument is given twice, in its long and its short form, in the operation's name and "
        "beside it, or by two keys that exclude each other. Even where both agree today, one of them will "
        "be forgotten in the next change.",
        """
        input: [3, 33, 33]
        layers:
          - conv3x3: {out: 64, stride: 2, s: 2}
        """,
        """
        input: [3, 33, 33]
        layers:
          - conv3x3: {out: 64, stride: 2}
        """,
    ),
    Code(
        "E108",
        "a list item that is not a layer",
        "An item of `layers` names exactly one operation. A second one usually lacks its own `- `.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: 64
            relu:
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: 64
          - relu
        """,
    ),
    Code(
        "E109",
        "a number out of range",
        "A stride of 0, a negative padding, a rate above 1, a range whose minimum is above its maximum: "
        "no network has this.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, stride: 0}
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, stride: 1}
        """,
    ),
    Code(
        "E110",
        "a file that cannot be read",
        "There is no such file, or permission to read it is missing, or it is a folder or a device. A "
        "name without a slash and without an ending is also looked up among the bundled networks.",
        "$ cnncalc check nets/missing.yaml",
        "$ cnncalc check net.yaml",
    ),
    Code(
        "E111",
        "an unknown operation",
        "No operation and no block of the file has this name. Names from PyTorch, Keras and Caffe are "
        "known, and the message gives the name that cnncalc uses; `cnncalc layers` lists all operations.",
        """
        input: [3, 32, 32]
        layers:
          - Conv2d: 64
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: 64
        """,
    ),
    Code(
        "E112",
        "an unknown word for an option",
        "The argument takes one of a few words, and this is none of them.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, padding: reflect}
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 64, padding: half}
        """,
    ),
    Code(
        "E113",
        "a request that does not fit the file",
        "An option of the command line names a variable, a variant or a framework that does not exist.",
        "$ cnncalc check net.yaml --set width=64",
        "$ cnncalc check net.yaml",
    ),
    Code(
        "E114",
        "a name that is not allowed",
        "Names of layers, branches, blocks and inputs contain no `/` and no index at the end, which are "
        "parts of paths, and are not `prev`. Names of variables and parameters consist of letters, digits "
        "and `_`, and are not words of the expression language.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: 64
            name: stem/conv
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: 64
            name: stem_conv
        """,
    ),
    Code(
        "E115",
        "no spec to check",
        "A folder or a pattern contains no spec: no .yaml or .yml file with `layers` or `models` at its "
        "top level. A check of nothing fails, because otherwise renaming a folder would disable a CI job "
        "without anyone noticing.",
        "$ cnncalc check empty",
        "$ cnncalc check net.yaml",
    ),
    Code(
        "E116",
        "a file that is not what its name says",
        "A file of another format (ONNX, Keras, Caffe, Darknet) is damaged, cut off, or something else "
        "under that ending. The byte or line shown is where reading stopped. Nothing in such a file is "
        "executed, and limits on lengths and depth keep any file from exhausting the machine.",
        "$ cnncalc rf broken.onnx",
        "$ cnncalc rf small.onnx",
    ),
    Code(
        "E117",
        "something that cannot be imported",
        "The source has an operator, an attribute or an argument that the importer does not understand or "
        "that a spec cannot express. Nothing is guessed or ignored: all of them are listed, each kind "
        "once with a node that has it. With `--partial` each becomes a `custom` layer whose shape and "
        "counts are given.",
        "$ cnncalc import unknown.onnx",
        "$ cnncalc import small.onnx",
    ),
    Code(
        "E118",
        "a spec that is not what its source is",
        "The import compares the spec that it wrote with its source: operation, inputs and shape of every "
        "tensor, and parameters and MACs where they are known. One that differs is not handed over. The "
        "import is at fault, not the source: please report it.",
        "",
        "$ cnncalc import small.onnx",
    ),
)
