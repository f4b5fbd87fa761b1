"""The generated parts of README.md and the guide: `python -m tests.documents` writes them, a test fails where they are stale."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from cnncalc import errors
from cnncalc.analysis import effort
from cnncalc.cli import main
from cnncalc.cli import tile as cli_tile
from cnncalc.codes import CODES
from cnncalc.exporters.registry import EXPORTERS
from cnncalc.frameworks import FRAMEWORKS, Framework
from cnncalc.geometry import axis, participation, shape
from cnncalc.guide import page, topics
from cnncalc.importers import building
from cnncalc.importers.caffe import prototxt
from cnncalc.importers.darknet import cfg
from cnncalc.importers.keras import model as keras_model
from cnncalc.importers.onnx import file as onnx_file
from cnncalc.importers.onnx import folding, walk
from cnncalc.importers.pt2 import sizes as pt2_sizes
from cnncalc.importers.registry import IMPORTERS, Importer
from cnncalc.language import (
    arguments,
    arithmetic,
    context,
    definitions,
    expressions,
    parser,
    source,
    variables,
)
from cnncalc.language.vocabulary import operations
from cnncalc.network import graph, naming
from cnncalc.questions import flow, sweep, tile
from cnncalc.render import findings, outputs
from cnncalc.render.formats import Formats
from cnncalc.render.pictures import PICTURES
from cnncalc.support import wire
from tests.test_architecture import ORDER

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
GUIDE = ROOT / "cnncalc" / "guide"
DOCUMENTS = (README, *(GUIDE / f"{topic}.md" for topic in topics()))
_SECTION = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_CONSOLE = re.compile(r"^```console\n\$ (cnncalc .*)\n(?:.*\n)*?```$", re.MULTILINE)


def regenerated(document: str) -> str:
    """The document with the output of every command and every generated section in it made anew."""
    document = _SECTION.sub(lambda found: f"{found[1]}{SECTIONS[found[2]]()}{found[3]}", document)
    return _CONSOLE.sub(lambda block: f"```console\n$ {block[1]}\n{output_of(block[1])}```", document)


def codes() -> str:
    """The codes as a table."""
    rows = [f"| {code.code} | {code.title} | {code.severity} |" for code in CODES.values()]
    return "\n".join(["", "| code | what | |", "| --- | --- | --- |", *rows, ""]) + "\n"


def limits() -> str:
    """The limits as a table, from where they are declared."""
    rows = (
        ("bytes of text", source.MAX_BYTES),
        ("YAML nodes, aliases counted as what they refer to", parser.MAX_NODES),
        ("lists and mappings inside one another", parser.MAX_NESTING),
        ("lists of layers inside one another, calls of blocks included", context.DEEPEST),
        ("layers of a file (`--max-layers`)", graph.MOST_LAYERS),
        ("inputs of all layers, per layer on average", graph.INPUTS_PER_LAYER),
        (
            "nodes read again for blocks, repeats, variants and cases, per layer on average",
            context.REREAD_PER_LAYER,
        ),
        ("characters of the paths of all layers", graph.MOST_CHARACTERS),
        ("variables of a file", variables.MOST_VARIABLES),
        ("parameters of a block", definitions.MOST_PARAMETERS),
        ("a number that is written", arguments.LARGEST),
        ("characters of a name", naming.LONGEST_NAME),
        ("spatial axes of a map", shape.MOST_AXES),
        ("channels or a size that is computed", shape.LARGEST_SIZE),
        ("characters of an expression", expressions.MAX_LENGTH),
        ("an exponent in an expression", arithmetic.MAX_EXPONENT),
        ("units after which a non-uniform receptive field must repeat", axis.LONGEST_PERIOD),
        ("units of a network that are computed one by one for non-uniform fields", effort.MOST_UNITS),
        ("errors of a file that are reported", errors.MOST_ERRORS),
        ("numbers that are added up for effective receptive fields", flow.MOST_ADDED),
        ("combinations of a sweep", sweep.MOST_COMBINATIONS),
        ("combinations of a sweep whose rows are written as they come", sweep.MOST_STREAMED),
        ("positions of an axis whose windows are listed or drawn", participation.LONGEST_AXIS),
        ("positions along an axis of an image to be tiled", cli_tile.LARGEST_IMAGE),
        ("tiles along an axis", tile.MOST_TILES),
    )
    lines = [f"| {what} | {number:,} |" for what, number in rows]
    return "\n".join(["", "| at most | |", "| --- | ---: |", *lines, ""]) + "\n"


def import_limits() -> str:
    """The limits on files of other formats, from where they are declared."""
    rows = (
        ("bytes of a file or archive entry that is text or JSON", building.LARGEST_TEXT),
        ("nodes of an ONNX graph, functions expanded", walk.MOST_NODES),
        ("messages inside one another in an ONNX file", wire.MOST_DEPTH),
        ("fields of an ONNX file", wire.MOST_FIELDS),
        ("bytes of a text in an ONNX file", wire.LONGEST_TEXT),
        ("values of an ONNX constant that are read", onnx_file.MOST_VALUES),
        ("elements of a constant that is computed", folding.MOST_FOLDED),
        ("elements of all constants of a file that are computed", folding.MOST_FOLDED_IN_ALL),
        ("functions and branches of an ONNX graph inside one another", walk.MOST_DEPTH),
        ("layers of a Keras model", keras_model.MOST_LAYERS),
        ("Keras models inside one another", keras_model.DEEPEST),
        ("words of a prototxt", prototxt.MOST_TOKENS),
        ("messages of a prototxt inside one another", prototxt.DEEPEST),
        ("sections of a Darknet file", cfg.MOST_SECTIONS),
        ("characters of a size in a program of torch.export", pt2_sizes.LONGEST),
    )
    lines = [f"| {what} | {number:,} |" for what, number in rows]
    return "\n".join(["", "| at most | |", "| --- | ---: |", *lines, ""]) + "\n"


def contents() -> str:
    """The pages of the guide as a list of links."""
    pages = [page(topic) for topic in topics()]
    lines = [f"- [{one.title}](cnncalc/guide/{one.topic}.md): `cnncalc explain {one.topic}`" for one in pages]
    return "\n".join(["", *lines, ""]) + "\n"


def importers() -> str:
    """The formats that can be imported, from their registry."""
    rows = [
        f"| {one.title} | {', '.join(f'`{source}`' for source in one.sources)} | {_needs(one)} |"
        for one in IMPORTERS.values()
    ]
    return "\n".join(["", "| format | sources | needs |", "|---|---|---|", *rows, ""]) + "\n"


def _needs(one: Importer) -> str:
    extra, files = one.extra
    if one.needs:
        return f"your `{one.needs}`, which runs the code" if one.runs_code else one.needs
    return f"for {', '.join(f'`{ending}`' for ending in files)} the extra `{extra}`" if extra else "nothing"


def exporters() -> str:
    """The forms that networks are exported in, from their registry."""
    rows = [
        f"| `{one.name}` | {one.about} | {', '.join(f'`{ending}`' for ending in one.endings)} |"
        for one in EXPORTERS.values()
    ]
    return "\n".join(["", "| form | what it is | files |", "|---|---|---|", *rows, ""]) + "\n"


def all_operations() -> str:
    """The operations of the language, family by family."""
    rows = [f"| `{one.op}` | {one.summary.replace('``', '`')} |" for one in operations()]
    return "\n".join(["", "| operation | what it is |", "|---|---|", *rows, ""]) + "\n"


def formats(choice: Formats = outputs.COMPARED) -> str:
    """The formats of results, or of another choice, from their registry."""
    rows = [
        f"| `{one.name}` | {one.about} | {', '.join(f'`{one.stem}{ending}`' for ending in one.endings)} |"
        for one in choice
    ]
    return "\n".join(["", "| format | what for | files |", "|---|---|---|", *rows, ""]) + "\n"


def pictures() -> str:
    """The kinds of pictures, from their registry."""
    rows = [f"| `{one.name}` | {one.about} | {one.needs} |" for one in PICTURES.values()]
    return "\n".join(["", "| kind | shows | drawn of |", "|---|---|---|", *rows, ""]) + "\n"


def finding_formats() -> str:
    """The formats of findings."""
    return formats(findings.FORMATS)


def rooms() -> str:
    """The folders of the package, from the ground up, with the first sentence of their docstrings."""
    names = [room for level in ORDER for room in sorted(level) if not room.startswith("__")]
    rows = [f"| `{name}` | {_first_sentence(name)} |" for name in names]
    return "\n".join(["", "| place | owns |", "|---|---|", *rows, ""]) + "\n"


def _first_sentence(room: str) -> str:
    docstring = import_module(f"cnncalc.{room}").__doc__ or ""
    return " ".join(docstring.partition("\n\n")[0].split())


FRAMEWORK_RULES: dict[str, Callable[[Framework], str]] = {
    "pools round": lambda one: "up" if one.pool_rounds_up else "down",
    "`ceil: true`, a last window that would start in the padding": lambda one: one.pool_ceil.value,
    "stride of a pool": lambda one: "the kernel" if one.pool_stride_is_kernel else "1",
    "padding of a pool": lambda one: one.pool_padding.value,
    "`padding: same`": lambda one: one.same.value,
    "`padding: same_lower`": lambda one: "an odd one at the start" if one.same_lower else "is not offered",
    "transposed convolutions, cut to size": lambda one: one.transposed.value,
    "`bn` learns gamma and beta": lambda one: "yes" if one.norm_scale else "no",
    "`instance_norm` learns gamma and beta": lambda one: "yes" if one.instance_norm_affine else "no",
    "`linear` on a map": lambda one: one.linear_on_map.value,
    "biases of recurrent layers": lambda one: (
        ", ".join(f"`{op}` {count}" for op, count in one.recurrent_biases.items()) or "is not offered"
    ),
    "not offered": lambda one: "; ".join(f"{', '.join(what)} of `{op}`" for op, what in one.lacks.items()),
    "older rules": lambda one: f"`{one.name}:{one.versions.word.upper()}`" if one.versions else "",
}
"""What a framework decides, in words; of each field that is a rule."""


def frameworks() -> str:
    """The rules of the frameworks as a table, a column each."""
    heads = [f"[{one.title}]({one.source})" for one in FRAMEWORKS.values()]
    lines = [["rule", *heads], ["---"] * (len(heads) + 1), ["", *(f"`{name}`" for name in FRAMEWORKS)]]
    lines += [[rule, *map(words, FRAMEWORKS.values())] for rule, words in FRAMEWORK_RULES.items()]
    return "\n".join(["", *(f"| {' | '.join(cells)} |" for cells in lines), ""]) + "\n"


SECTIONS = {
    "frameworks": frameworks,
    "codes": codes,
    "limits": limits,
    "import_limits": import_limits,
    "contents": contents,
    "importers": importers,
    "exporters": exporters,
    "formats": formats,
    "findings": finding_formats,
    "operations": all_operations,
    "pictures": pictures,
    "rooms": rooms,
}
"""The text between ``<!-- generated: NAME -->`` and ``<!-- end -->``."""


def output_of(command: str) -> str:
    """What a command prints into a pipe, diagnostics first, run from the root of the project."""
    words = shlex.split(command)
    out, err = io.StringIO(), io.StringIO()
    before = Path.cwd()
    os.chdir(ROOT)
    os.environ.pop("GITHUB_ACTIONS", None)  # what `check` prints would follow it
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main(words[1:])
    finally:
        os.chdir(before)
    return err.getvalue() + out.getvalue()


if __name__ == "__main__":
    for document in DOCUMENTS:
        document.write_text(regenerated(document.read_text(encoding="utf-8")), encoding="utf-8")
